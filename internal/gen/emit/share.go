package emit

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
	"github.com/linnbridge/linnbridge/internal/gen/naming"
)

// propose adds the lines to the ledger that give equal objects one type. It
// builds the client with a type of its own for every new place, finds what
// turned out equal, and repeats, because objects become equal once their parts
// are. What the ledger knows already is never touched.
func propose(api *API) error {
	for {
		trial := *api
		trial.Ledger = api.Ledger.Clone()
		b, err := build(&trial)
		if err != nil {
			return err
		}
		if !b.share(api.Ledger) {
			return nil
		}
		if len(b.errs) > 0 {
			return b.errs[0]
		}
	}
}

// places are the places of one type.
type places struct {
	t     *Type
	all   []string // sorted
	known string   // the ledger's name, if one of them stands there
	word  string   // what the last word of the places calls it, if they agree
	base  string   // the operation without its version and the path, if it is one place of it
}

// share adds lines for the new types that equal others to the ledger, and
// reports whether there were any.
func (b *builder) share(l *ledger.Ledger) bool {
	byType := map[string][]string{}
	for place, name := range b.Ledger.Types {
		byType[name] = append(byType[name], place)
	}
	groups := map[string][]*places{}
	for _, name := range slices.Sorted(maps.Keys(byType)) {
		t := b.model.Types[name]
		if t == nil || !t.In && !t.Out || len(t.Fields) == 0 {
			continue
		}
		p := b.placesOf(t, byType[name], l)
		key := b.shape(t)
		if t.Top || t.Reply {
			key = "top " + key
		}
		groups[key] = append(groups[key], p)
	}
	changed := false
	// The names of frequent types are chosen first.
	order := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(len(groups[b])-len(groups[a]), strings.Compare(groups[a][0].t.Name, groups[b][0].t.Name))
	})
	for _, key := range order {
		group := groups[key]
		if strings.HasPrefix(key, "top ") {
			for _, part := range b.sameOperation(group) {
				changed = b.shareTop(l, part) || changed
			}
			continue
		}
		for _, part := range b.sameThing(group) {
			changed = b.shareNested(l, part) || changed
		}
	}
	return changed
}

func (b *builder) placesOf(t *Type, all []string, l *ledger.Ledger) *places {
	slices.Sort(all)
	p := &places{t: t, all: all}
	for i, place := range all {
		if l.Types[place] != "" {
			p.known = t.Name
		}
		word := lastWord(place)
		if i == 0 {
			p.word = word
		} else if p.word != word {
			p.word = ""
		}
	}
	if op := b.Ledger.Ops[operationOf(all[0])]; op != nil && len(all) == 1 {
		_, path, _ := strings.Cut(strings.TrimPrefix(all[0], op.Key), " ")
		p.base = op.Service + "." + unversioned(op.Method) + " " + path
	}
	return p
}

var version = regexp.MustCompile(`V20\d{4}$`)

// unversioned returns the name of a method or a type without its version.
func unversioned(name string) string { return version.ReplaceAllString(name, "") }

// lastWord returns what a place calls the object in it, in the singular.
func lastWord(place string) string {
	if _, def, ok := strings.Cut(place, "#"); ok {
		place = def
	}
	words := strings.FieldsFunc(place, func(r rune) bool { return r == '.' || r == ' ' })
	last := words[len(words)-1]
	if strings.HasSuffix(last, "]") || strings.HasSuffix(last, "}") {
		return naming.Singular(strings.TrimRight(last, "[]{}"))
	}
	return naming.Exported(last)
}

// words returns the names on the way to a place, the last one last.
func words(place string) []string {
	if _, def, ok := strings.Cut(place, "#"); ok {
		place = def
	} else if f := strings.Fields(place); len(f) > 2 {
		place = strings.Join(f[2:], " ")
	}
	var w []string
	for _, s := range strings.Split(place, ".")[1:] {
		if t := strings.TrimRight(s, "[]{}"); t != s {
			w = append(w, naming.Singular(t))
		} else if s != "" {
			w = append(w, naming.Exported(s))
		}
	}
	return w
}

// sameThing splits equal types into those that are one thing: by the table of
// plain things, by the word that the places have for it, and by the operation
// of which they are versions.
func (b *builder) sameThing(group []*places) [][]*places {
	by := map[string][]*places{}
	var keys []string
	for _, p := range group {
		key := "word " + p.word
		if name := b.plain(p); name != "" {
			key = "plain " + name
		} else if p.word == "" {
			key = "type " + p.t.Name
		}
		if by[key] == nil {
			keys = append(keys, key)
		}
		by[key] = append(by[key], p)
	}
	out := make([][]*places, 0, len(keys))
	for _, key := range slices.SortedFunc(slices.Values(keys), func(x, y string) int {
		return cmp.Or(len(by[y])-len(by[x]), strings.Compare(x, y))
	}) {
		out = append(out, by[key])
	}
	return out
}

func (b *builder) shareNested(l *ledger.Ledger, group []*places) bool {
	name := b.plain(group[0])
	for _, p := range group {
		if name == "" {
			name = p.known
		}
	}
	if name == "" {
		if len(group) == 1 {
			return false
		}
		name = b.sharedName(group)
	}
	b.taken[name] = true
	changed := false
	for _, p := range group {
		if p.known != "" || p.t.Name == name && l.Types[p.all[0]] == name {
			continue
		}
		for _, place := range p.all {
			changed = b.line(l, "type %s %s", place, name) || changed
		}
		b.carry(l, p.t.Name, name)
	}
	return changed
}

// sameOperation splits equal requests or replies into those of versions of one
// operation. An API that does not grow any more has them all in one.
func (b *builder) sameOperation(group []*places) [][]*places {
	if b.Frozen {
		return [][]*places{group}
	}
	by := map[string][]*places{}
	for _, p := range group {
		by[p.base] = append(by[p.base], p)
	}
	var out [][]*places
	for _, base := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[base])
	}
	return out
}

// shareTop makes the requests or replies of several operations one type. Each
// keeps its name.
func (b *builder) shareTop(l *ledger.Ledger, group []*places) bool {
	if len(group) == 1 {
		return false
	}
	first := slices.MinFunc(group, func(x, y *places) int {
		return cmp.Or(cmp.Compare(y.known, x.known), len(x.t.Name)-len(y.t.Name), strings.Compare(x.t.Name, y.t.Name))
	})
	changed := false
	for _, p := range group {
		for _, place := range p.all {
			if l.Types[place] == "" {
				b.line(l, "type %s %s", place, p.t.Name)
			}
		}
		if p == first || p.known != "" {
			continue
		}
		changed = b.line(l, "same %s %s", p.t.Name, first.t.Name) || changed
		b.carry(l, p.t.Name, first.t.Name)
	}
	return changed
}

func (b *builder) line(l *ledger.Ledger, format string, args ...any) bool {
	if err := l.Add(format, args...); err != nil {
		b.errs = append(b.errs, err)
		return false
	}
	return true
}

// carry repeats for the shared type what the ledger says of the fields of a
// type that is merged into it.
func (b *builder) carry(l *ledger.Ledger, from, to string) {
	for _, line := range l.About(from, to) {
		b.line(l, "%s", line)
	}
}

// vague words say nothing without the word before them.
var vague = setOf("Value Item Detail Data Info List Result Content Rule Option Error Config Condition Setting Record Element Unit Component" +
	" Address Status Type Field Node Key Total Range Limit Period Date Time Code Tag Entry Group Member Message Note Reason Request Response Description" +
	" Attribute Property Template File Parameter Filter Requirement Failed Warning Rate Amount Interval Metric Performance Comparison")

// setOf returns the words of a text as a set.
func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

// sharedName names a type of several places: after their last word, with what
// stands before it where that is vague or taken.
func (b *builder) sharedName(group []*places) string {
	var names []string
	oneBase := true
	for _, p := range group {
		names = append(names, p.t.Name)
		oneBase = oneBase && p.base != "" && p.base == group[0].base
	}
	shortest := slices.MinFunc(names, func(x, y string) int { return cmp.Or(len(x)-len(y), strings.Compare(x, y)) })
	if oneBase { // versions of one operation
		for _, n := range names {
			if !strings.Contains(n, "V20") {
				return n
			}
		}
		return shortest
	}
	var common []string // ends of the ways to the places, as far as they agree
	services, methods := map[string]bool{}, map[string]bool{}
	for i, p := range group {
		for j, place := range p.all {
			if op := b.Ledger.Ops[operationOf(place)]; op != nil {
				services[op.Service] = true
				methods[unversioned(op.Method)] = true
			}
			w := words(place)
			if i == 0 && j == 0 {
				common = w
				continue
			}
			n := 0
			for n < len(w) && n < len(common) && w[len(w)-1-n] == common[len(common)-1-n] {
				n++
			}
			common = common[len(common)-n:]
		}
	}
	word := group[0].word
	var tries []string
	if !vague[word] && len(methods) > 1 {
		tries = append(tries, word)
	}
	for n := 2; n <= len(common); n++ {
		tries = append(tries, joined(common[len(common)-n:]))
	}
	if len(services) == 1 {
		for service := range services {
			tries = append(tries, service+word)
			for n := 2; n <= len(common); n++ {
				tries = append(tries, service+joined(common[len(common)-n:]))
			}
		}
	}
	for _, name := range tries {
		if !b.taken[name] && len(name) <= maxName {
			return name
		}
	}
	return shortest
}

// joined joins words to a name. What the next word repeats is left out.
func joined(w []string) string {
	name := ""
	for _, s := range w {
		if strings.HasPrefix(s, name) {
			name = ""
		}
		name += s
	}
	return name
}

// maxName is the length that a type's name has at most.
const maxName = 60

// plain returns the name of a plain thing, such as money, by the fields and
// where several things have them by the word for it.
func (b *builder) plain(p *places) string {
	var key []string
	counts := false
	for _, name := range sortedFields(p.t) {
		f := p.t.Fields[name]
		mark := ""
		switch {
		case f.Type.Prefix != "":
			mark = "[]"
		case f.Type.Kind == number:
			mark = "#"
			counts = true
		case f.Type.Kind == enum || f.Type.Base == "string" || f.Type.Base == "Decimal":
		default:
			return ""
		}
		key = append(key, name+mark)
	}
	if counts && p.t.In {
		return "" // a number is left out of a request in another way
	}
	for _, thing := range b.Things {
		if thing.Fields == strings.Join(key, " ") && (thing.Word == "" || strings.HasSuffix(p.word, thing.Word)) {
			return thing.Name
		}
	}
	return ""
}

// shape is the same for types that look the same when printed, their names
// aside. Enums are the same that have the same values.
func (b *builder) shape(t *Type) string {
	p := &printer{model: b.model}
	var key strings.Builder
	fmt.Fprint(&key, t.In, t.Out, t.Top, t.Query)
	for _, wire := range sortedFields(t) {
		f := t.Fields[wire]
		pointer, omit := t.form(f, b.Ledger.Null[t.Name+"."+f.Name])
		base := f.Type.Base
		if e := b.model.Enums[base]; e != nil {
			base = strings.Join(slices.Sorted(slices.Values(e.Values)), "|")
		}
		fmt.Fprintf(&key, ";%s %v%s%s %s", f.Go, pointer, f.Type.Prefix, base, p.tag(t, f, omit))
	}
	if t.Others != nil {
		fmt.Fprintf(&key, ";others %s", t.Others.Type)
	}
	return key.String()
}
