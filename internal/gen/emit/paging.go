package emit

import (
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/naming"
)

// Paging says how to walk the pages of a method. In the ledger:
//
//	page=token:<token>:<next>:<list>          opaque tokens
//	page=number:<number>:<size>:<list>        pages counted from one
//	page=none                                 looks paged but is not
//
// Names are those on the wire; what stands inside an object has a dot, "-"
// stands for a whole page (several lists) and "." for a reply that is itself a
// list.
type Paging struct {
	Style       string // token or number
	Token, Next string // token
	Number      string // number
	Size        string
	List        string
}

// elements names what an iterator iterates over, as the list is called on the
// wire.
func (p *Paging) elements() string {
	list := strings.ToLower(strings.Join(naming.Words(naming.Exported(p.List[strings.LastIndexByte(p.List, '.')+1:])), " "))
	switch {
	case p.List == "-":
		return "pages"
	case list == "", list == "data", list == "list", strings.HasPrefix(list, "result"), !strings.HasSuffix(list, "s"):
		return "items"
	}
	return list
}

func parsePaging(s string) *Paging {
	f := strings.Split(s, ":")
	switch {
	case len(f) == 4 && f[0] == "token":
		return &Paging{Style: f[0], Token: f[1], Next: f[2], List: f[3]}
	case len(f) == 4 && f[0] == "number":
		return &Paging{Style: f[0], Number: f[1], Size: f[2], List: f[3]}
	}
	return nil
}

// pages fills in the paging of every method.
func (b *builder) pages() {
	for _, m := range b.model.Methods {
		if m.Ledger.Page == "" {
			shape := b.proposePaging(m)
			if shape == "" {
				continue
			}
			b.add("set %s page=%s", m.Key, shape)
		}
		m.Page = parsePaging(m.Ledger.Page)
		if m.Page == nil && m.Ledger.Page != "none" {
			b.fail("%s: cannot read page=%s", m.Key, m.Ledger.Page)
		}
	}
}

func (b *builder) proposePaging(m *Method) string {
	find := func(names ...string) string { return b.find(m.Request, true, names) }
	t := b.model.Types[m.Response.Base]
	if token := b.find(m.Request, true, []string{"page_token", "searchtoken"}); token != "" && t != nil {
		for _, next := range []string{"next_page_token", "NextSearchToken"} {
			if t.Fields[next] != nil {
				return "token:" + token + ":" + next + ":" + b.list(t)
			}
		}
	}
	number := find("pagenumber", "pagenum", "page_offset")
	if number == "" {
		return ""
	}
	size := find("entriesperpage", "numentriesperpage", "resultsperpage", "pagesize", "page_size")
	if size == "" {
		size = "-"
	}
	switch {
	case strings.HasPrefix(m.Response.Prefix, "[]"):
		return "number:" + number + ":" + size + ":."
	case t == nil:
		return "none"
	}
	if list := b.list(t); list != "-" {
		return "number:" + number + ":" + size + ":" + list
	}
	for _, name := range sortedFields(t) {
		inner := b.model.Types[t.Fields[name].Type.Base]
		if inner != nil && t.Fields[name].Type.Prefix == "" && b.list(inner) != "-" {
			return "number:" + number + ":" + size + ":" + name + "." + b.list(inner)
		}
	}
	return "none"
}

// find returns the field of a request that has one of the names, or that field
// of an object in it.
func (b *builder) find(t *Type, deep bool, names []string) string {
	for _, name := range sortedFields(t) {
		if slices.Contains(names, strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])) {
			return name
		}
	}
	for _, name := range sortedFields(t) {
		f := t.Fields[name]
		if inner := b.model.Types[f.Type.Base]; deep && inner != nil && f.Type.Prefix == "" {
			if found := b.find(inner, false, names); found != "" {
				return name + "." + found
			}
		}
	}
	return ""
}

// list returns the only list of a reply, or "-".
func (b *builder) list(t *Type) string {
	found := "-"
	for _, name := range sortedFields(t) {
		f := t.Fields[name]
		low := strings.ToLower(name)
		if !strings.HasPrefix(f.Type.Prefix, "[]") || low == "errors" || low == "warnings" {
			continue
		}
		if found != "-" {
			return "-"
		}
		found = name
	}
	return found
}

func sortedFields(t *Type) []string {
	names := make([]string, 0, len(t.Fields))
	for n := range t.Fields {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// totals are the fields of a page that tell how long the list is, in lower case,
// and the fields of pageHead that they go to. A total of the last style may be that
// of the page: it never ends a walk, but the walk must reach it.
var totals = []struct{ field, head, style string }{
	{"totalpages", "Pages", "number"}, {"totalentries", "Entries", "number"},
	{"resultcountremovedbypostfilter", "LeftOut", "number"}, {"total_count", "Entries", "token"},
	{"has_more", "More", "token"},
}

// listExpr returns the Go selector of the list below out and its element, and
// the fields of a pageHead as far as the reply tells them.
func (m *Model) listExpr(method *Method) (selector, elem, head string) {
	p := method.Page
	if p.List == "." {
		return "", strings.TrimPrefix(method.Response.String(), "[]"), ""
	}
	t := m.Types[method.Response.Base]
	if p.List == "-" {
		return "-", method.Response.Base, ""
	}
	names := strings.Split(p.List, ".")
	for i, name := range names {
		f := t.Fields[name]
		if i == len(names)-1 {
			var told []string
			for _, total := range totals {
				for n, other := range t.Fields {
					if !strings.EqualFold(n, total.field) || total.style != p.Style {
						continue
					}
					value := "out" + selector + "." + other.Go
					if base := other.Type.String(); base != "int" && base != "bool" {
						value = "int(" + value + ")"
					}
					told = append(told, total.head+": "+value)
				}
			}
			return selector + "." + f.Go, strings.TrimPrefix(f.Type.String(), "[]"), strings.Join(told, ", ")
		}
		selector += "." + f.Go
		t = m.Types[f.Type.Base]
	}
	return selector, elem, ""
}

func iteratorName(m *Method) string {
	if m.Page.List == "-" {
		return m.Ledger.Method + "Pages"
	}
	return m.Ledger.Method + "All"
}
