// Package ledger keeps the names and decisions that the generated clients
// promise to their users. A ledger is a text file that only grows at its end.
//
// Its lines:
//
//	op <METHOD> <path> <Service>.<Method> replay=read|write|never [body=...] [limit=...] [page=...] [form=yes] [empty=ok] [lists=json]
//	set <METHOD> <path> key=value ...      later value of an attribute of op
//	retired <METHOD> <path> <Service>.<Method of the successor>
//	type <place> <Go type>                 place: "METHOD /path data.orders[]" or "module#Definition"
//	same <Go type> <Go type>               requests or replies that are one type, under two names
//	enum <Go type>.<field> <Go type>
//	const <Go enum> <value> <Go constant>  also adds a value that the description lacks
//	field <Go type>.<field> <Go field>
//	kind <Go type>.<field> <kind>          a better type than the description's
//	opaque <place>                         an object without known members: json.RawMessage for good
//	required <Go type>.<field>             plain, always sent
//	always <Go type>.<field>               every reply has it: one that lacks it cannot be read
//	key <Go type>.<field>                  two entries of a list are one if they have it in common
//	private <Go type>.<field>              personal data, never printed; or public, where the name misleads
//	print <Go type> <Go fields>            holds personal data and prints these fields alone
//	null <Go type>.<field>                 pointer, nil is sent as null
//	max <Go type>.<field> <number>         a documented limit that the description lacks
//	use <Go type> in|out|both              direction that fixed the type's shape
//	batch <Service>.<Method> <field> <maximum>
package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Op is what the ledger knows of an operation.
type Op struct {
	Key             string // "METHOD /path"
	Service, Method string
	Replay          string
	Body            string
	Limit           int
	Page            string // see emit.Paging
	Form            bool
	JSONLists       bool   // lists in the query go as JSON text, not as repeated keys
	Empty           bool   // a reply without content is known to be normal
	Retired         string // the successor
}

// Name returns Service.Method.
func (o *Op) Name() string { return o.Service + "." + o.Method }

// Batch says that a method splits a list of a request at a maximum.
type Batch struct {
	Method, Field string
	Max           int
}

// Ledger is a parsed ledger with the lines added since.
type Ledger struct {
	Ops      map[string]*Op
	Types    map[string]string
	Same     map[string]string // other names of requests and replies
	Enums    map[string]string
	Consts   map[string]string // "Enum value" -> constant
	Fields   map[string]string
	Kinds    map[string]string
	Required map[string]bool
	Always   map[string]bool
	Null     map[string]bool
	Key      map[string]bool
	Private  map[string]bool
	Public   map[string]bool
	Print    map[string][]string // Go type -> Go fields
	Opaque   map[string]bool
	Max      map[string]int
	Use      map[string]string
	Batches  []Batch

	methods map[string]string // Service.Method -> operation, to refuse doubles
	text    []byte
	added   []string
}

// ErrChanged is returned when a line that was published has changed or gone.
var ErrChanged = errors.New("the ledger only grows at its end: an existing line was changed, moved or removed")

// Load reads a ledger and checks it against its lock, which holds the length
// and the digest of what was published.
func Load(path string) (*Ledger, error) {
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	lock, err := os.ReadFile(path + ".lock")
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if err := checkLock(text, lock); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	l, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s:%w", path, err)
	}
	return l, nil
}

func checkLock(text, lock []byte) error {
	if len(lock) == 0 {
		return nil
	}
	var size int
	var want string
	if _, err := fmt.Sscanf(string(lock), "%d %s", &size, &want); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if size > len(text) || digest(text[:size]) != want {
		return ErrChanged
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Parse reads the text of a ledger.
func Parse(text []byte) (*Ledger, error) {
	l := &Ledger{
		Ops: map[string]*Op{}, Types: map[string]string{}, Same: map[string]string{}, Enums: map[string]string{}, Consts: map[string]string{}, Fields: map[string]string{},
		Kinds: map[string]string{}, Required: map[string]bool{}, Always: map[string]bool{}, Null: map[string]bool{}, Key: map[string]bool{}, Private: map[string]bool{}, Public: map[string]bool{}, Print: map[string][]string{}, Opaque: map[string]bool{}, Max: map[string]int{}, Use: map[string]string{},
		methods: map[string]string{}, text: text,
	}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if err := l.line(strings.TrimSpace(string(line))); err != nil {
			return nil, fmt.Errorf("%d: %w", n, err)
		}
	}
	return l, nil
}

func (l *Ledger) line(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	f := strings.Fields(line)
	// An operation has two words, so places in it are one longer.
	operation := func() string { return f[1] + " " + f[2] }
	switch {
	case f[0] == "op" && len(f) >= 5:
		return l.op(operation(), f[3], f[4:])
	case f[0] == "set" && len(f) >= 4:
		op := l.Ops[operation()]
		if op == nil {
			return fmt.Errorf("set before op: %s", line)
		}
		return op.set(f[3:])
	case f[0] == "retired" && len(f) == 4:
		op := l.Ops[operation()]
		if op == nil {
			return fmt.Errorf("retired before op: %s", line)
		}
		op.Retired = f[3]
		return nil
	case f[0] == "type" && len(f) >= 3:
		return once(l.Types, strings.Join(f[1:len(f)-1], " "), f[len(f)-1])
	case f[0] == "same" && len(f) == 3:
		return once(l.Same, f[1], f[2])
	case f[0] == "enum" && len(f) == 3:
		return once(l.Enums, f[1], f[2])
	case f[0] == "const" && len(f) == 4:
		return once(l.Consts, f[1]+" "+f[2], f[3])
	case f[0] == "field" && len(f) == 3:
		return once(l.Fields, f[1], f[2])
	case f[0] == "kind" && len(f) == 3:
		return once(l.Kinds, f[1], f[2])
	case f[0] == "use" && len(f) == 3:
		return once(l.Use, f[1], f[2])
	case f[0] == "required" && len(f) == 2:
		l.Required[f[1]] = true
		return nil
	case f[0] == "always" && len(f) == 2:
		l.Always[f[1]] = true
		return nil
	case f[0] == "null" && len(f) == 2:
		l.Null[f[1]] = true
		return nil
	case f[0] == "key" && len(f) == 2:
		l.Key[f[1]] = true
		return nil
	case f[0] == "private" && len(f) == 2:
		l.Private[f[1]] = true
		return nil
	case f[0] == "public" && len(f) == 2:
		l.Public[f[1]] = true
		return nil
	case f[0] == "print" && len(f) >= 2:
		l.Print[f[1]] = f[2:]
		return nil
	case f[0] == "opaque" && len(f) >= 2:
		l.Opaque[strings.Join(f[1:], " ")] = true
		return nil
	case f[0] == "max" && len(f) == 3:
		limit, err := strconv.Atoi(f[2])
		l.Max[f[1]] = limit
		return err
	case f[0] == "batch" && len(f) == 4:
		limit, err := strconv.Atoi(f[3])
		l.Batches = append(l.Batches, Batch{f[1], f[2], limit})
		return err
	}
	return fmt.Errorf("cannot read %q", line)
}

func (l *Ledger) op(key, name string, attributes []string) error {
	service, method, ok := strings.Cut(name, ".")
	if !ok {
		return fmt.Errorf("want Service.Method, got %q", name)
	}
	if l.Ops[key] != nil {
		return fmt.Errorf("%s stands twice", key)
	}
	if other := l.methods[name]; other != "" {
		return fmt.Errorf("%s names both %s and %s", name, other, key)
	}
	l.methods[name] = key
	op := &Op{Key: key, Service: service, Method: method}
	l.Ops[key] = op
	return op.set(attributes)
}

func (o *Op) set(attributes []string) error {
	for _, a := range attributes {
		key, value, _ := strings.Cut(a, "=")
		var err error
		switch key {
		case "replay":
			if value != "read" && value != "write" && value != "never" {
				err = fmt.Errorf("unknown replay class %q", value)
			}
			o.Replay = value
		case "body":
			o.Body = value
		case "limit":
			o.Limit, err = strconv.Atoi(value)
		case "page":
			o.Page = value
		case "form":
			o.Form = value == "yes"
		case "lists":
			o.JSONLists = value == "json"
		case "empty":
			o.Empty = value == "ok"
		default:
			err = fmt.Errorf("unknown attribute %q", a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// once records a value that may be repeated but never contradicted.
func once(m map[string]string, key, value string) error {
	if have, ok := m[key]; ok && have != value {
		return fmt.Errorf("%s is already %s", key, have)
	}
	m[key] = value
	return nil
}

// Add appends a line.
func (l *Ledger) Add(format string, args ...any) error {
	line := fmt.Sprintf(format, args...)
	if err := l.line(line); err != nil {
		return err
	}
	l.added = append(l.added, line)
	return nil
}

// Clone returns a copy to try things with.
func (l *Ledger) Clone() *Ledger {
	c, err := Parse(fmt.Appendf(bytes.Clone(l.text), "\n%s\n", strings.Join(l.added, "\n")))
	if err != nil {
		panic(err) // every line was parsed before
	}
	return c
}

// About returns the lines about the fields of one type as lines about another,
// without those that stand there already.
func (l *Ledger) About(from, to string) []string {
	var lines []string
	for at, text := range l.about(from) {
		if known := l.about(to); known[at] == "" {
			lines = append(lines, strings.Replace(text, " "+from+".", " "+to+".", 1))
		}
	}
	slices.Sort(lines)
	return lines
}

// about returns the decisions about the fields of a type, by kind and field.
func (l *Ledger) about(name string) map[string]string {
	lines := map[string]string{}
	note := func(kind, at, value string) {
		if owner, field, _ := strings.Cut(at, "."); owner == name {
			lines[kind+" "+field] = strings.TrimSpace(kind + " " + at + " " + value)
		}
	}
	for kind, values := range map[string]map[string]string{"enum": l.Enums, "field": l.Fields, "kind": l.Kinds} {
		for at, value := range values {
			note(kind, at, value)
		}
	}
	for kind, values := range map[string]map[string]bool{"required": l.Required, "always": l.Always, "null": l.Null, "key": l.Key} {
		for at := range values {
			note(kind, at, "")
		}
	}
	for at, limit := range l.Max {
		note("max", at, strconv.Itoa(limit))
	}
	return lines
}

// Added returns the lines appended since Load.
func (l *Ledger) Added() []string { return l.added }

// Save writes the ledger with the added lines under a heading, and locks it.
func (l *Ledger) Save(path, heading string) error {
	text := bytes.Clone(l.text)
	if len(l.added) > 0 {
		text = fmt.Appendf(text, "\n# %s\n%s\n", heading, strings.Join(l.added, "\n"))
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return err
	}
	return os.WriteFile(path+".lock", fmt.Appendf(nil, "%d %s\n", len(text), digest(text)), 0o644)
}
