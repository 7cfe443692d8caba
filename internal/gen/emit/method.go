package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/naming"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

func (p *printer) method(m *Method) {
	l := m.Ledger
	var params, args []string
	for _, name := range m.PathNames {
		arg := naming.Unexported(name)
		params, args = append(params, arg+" string"), append(args, arg)
	}
	p.comment(m)
	signature := strings.Join(slices.Concat([]string{"ctx context.Context"}, params, []string{"req *" + m.RequestName}), ", ")
	path := "nil"
	if len(args) > 0 {
		path = "[]string{" + strings.Join(args, ", ") + "}"
	}
	p.f("func (s *%sService) %s(%s, opts ...CallOption) (%s, error) {\n\tvar out %s\n", l.Service, l.Method, signature, m.result(), m.result())
	p.f("\terr := s.client.call(ctx, operation{\n%s\n\t}, %s, req, &out, opts)\n\treturn out, err\n}\n\n", p.operation(m), path)
	if m.Page != nil {
		p.iterator(m, signature, args)
	}
	for _, b := range m.Batches {
		p.batch(m, signature, args, b.Field, b.Max)
	}
}

// result returns the type of what a method returns beside its error.
func (m *Method) result() string {
	if m.Response.Kind == object && m.Response.Prefix == "" {
		return "*" + m.ResponseName
	}
	return m.Response.String()
}

func (p *printer) operation(m *Method) string {
	l := m.Ledger
	f := []string{
		fmt.Sprintf("name: %q, method: %q, path: %q", l.Name(), m.Method(), m.URL()),
	}
	var more []string
	if len(m.Query) > 0 {
		more = append(more, "query: true")
	}
	body := map[string]string{
		spec.BodyJSON: "bodyJSON", spec.BodyMultipart: "bodyMultipart", spec.BodyParams: "bodyParams",
		spec.BodyWrapped: "bodyWrapped", spec.BodyFlat: "bodyFlat",
	}[m.Body]
	if m.Whole {
		body = "bodyWhole"
	}
	if body != "" {
		more = append(more, "body: "+body)
	}
	if m.BodyName != "" {
		more = append(more, fmt.Sprintf("bodyName: %q", m.BodyName))
	}
	if l.Form {
		more = append(more, "form: true")
	}
	if l.JSONLists {
		more = append(more, "jsonArrays: true")
	}
	switch l.Replay {
	case "read":
		more = append(more, "replay: replayRead")
	case "write":
		more = append(more, "replay: replayWrite")
	}
	if p.model.API.Package == "tiktokshop" && m.NoCipher {
		more = append(more, "noCipher: true")
	}
	if p.model.mayBeEmpty(m) {
		more = append(more, "empty: true")
	}
	if p.model.API.Package == "linnworks" {
		more = append(more, m.shape()...)
	}
	if l.Limit > 0 {
		more = append(more, fmt.Sprintf("limit: %d", l.Limit))
	}
	if host := map[string]string{"v2": "hostV2", "new": "hostNew", "auth": "hostAuth"}[m.Module.Host]; host != "" {
		more = append(more, "host: "+host)
	}
	if len(more) > 0 {
		f = append(f, strings.Join(more, ", "))
	}
	return "\t\t" + strings.Join(f, ",\n\t\t") + ","
}

// shape says what the text of a reply may be whose members are not described.
func (m *Method) shape() []string {
	s := m.Operation.Response
	switch {
	case m.Response.Kind != raw || m.Response.Prefix != "":
	case s.Kind == spec.OneOf && slices.ContainsFunc(s.Members, spec.IsNumber):
		return []string{"number: true"}
	case s.Kind == spec.Ref && len(m.Module.Types[s.Ref].Fields) == 0:
		return []string{"hollow: true"}
	}
	return nil
}

// mayBeEmpty reports whether a reply that holds nothing is a result. At TikTok Shop,
// which marks no field of a reply as required, that is where the reply is a list that
// may be empty, or answers with lists alone, such as that of the items that failed.
func (m *Model) mayBeEmpty(method *Method) bool {
	t := m.Types[method.Response.Base]
	if method.Ledger.Empty || m.API.Package != "tiktokshop" {
		return method.Ledger.Empty
	}
	if t == nil || method.Response.Prefix != "" || method.Page != nil {
		return true
	}
	for _, name := range []string{"total_count", "next_page_token", "has_more"} {
		if t.Fields[name] != nil {
			return true
		}
	}
	for _, f := range t.Fields {
		if f.Type.Prefix == "" {
			return false
		}
	}
	return len(t.Fields) > 0 // else there is nothing to read
}

func (p *printer) comment(m *Method) {
	l := m.Ledger
	p.f("// %s calls %s %s.\n//\n", l.Method, m.Method(), m.URL())
	var facts []string
	switch l.Replay {
	case "read":
		facts = append(facts, "It only reads, and is retried.")
	case "write":
		facts = append(facts, "Repeating it changes nothing more, so it is retried.")
	default:
		facts = append(facts, "It is never retried once the request may have reached the server.")
	}
	if l.Limit > 0 {
		facts = append(facts, fmt.Sprintf("At most %d calls a minute.", l.Limit))
	}
	if m.Permission != "" {
		facts = append(facts, "Needs the permission "+m.Permission+".")
	}
	if scopes := p.model.API.Notes.Scope(l.Service, l.Method); len(scopes) > 0 {
		facts = append(facts, "Needs the scope ["+strings.Join(scopes, "] or [")+"].")
	}
	if m.Version != "" {
		facts = append(facts, "Version "+m.Version+".")
	}
	if l.Empty && len(p.model.Types[m.Response.Base].Fields) > 0 {
		facts = append(facts, map[bool]string{
			true:  "Where there is nothing to tell, the result is nil.",
			false: "The reply may be empty, and so the result.",
		}[l.Replay == "read" && p.model.API.Package == "linnworks"])
	}
	p.f("%s", paragraph(strings.Join(facts, " ")))
	if m.Newest != nil {
		p.f("// The newest version is [%s].\n", reference(m.Newest.Ledger.Name()))
	}
	if m.Module.Overlay {
		p.f("// Newer than the official description, so less sure: %s.\n", m.Confidence)
	}
	if m.Note != "" {
		p.f("//\n%s", paragraph(m.Note))
	}
	if page := p.model.API.Page(m); page != "" {
		p.f("//\n// Official page: %s\n", page)
	}
	switch {
	case l.Retired != "":
		p.f("//\n// Deprecated: %s retired it; use [%s].\n", p.model.API.Vendor, reference(l.Retired))
	case m.Deprecated:
		p.f("//\n// Deprecated: the official description marks it so.\n")
	}
}

// paragraph breaks a text into lines of a comment.
func paragraph(text string) string {
	var b strings.Builder
	line := "//"
	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) >= 80 {
			b.WriteString(line + "\n")
			line = "//"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

// reference turns Service.Method into a link of the documentation.
func reference(name string) string {
	service, method, _ := strings.Cut(name, ".")
	return service + "Service." + method
}

func (p *printer) iterator(m *Method, signature string, args []string) {
	l := m.Ledger
	selector, elem, totals := p.model.listExpr(m)
	name := iteratorName(m)
	call := strings.Join(append([]string{"ctx"}, args...), ", ")
	head := fmt.Sprintf("func (s *%sService) %s(%s, opts ...CallOption)", l.Service, name, signature)
	p.f("%s", paragraph(fmt.Sprintf("%s iterates over all %s of [%sService.%s], fetching pages as needed, and stops at the first error but an [UnreadableError].",
		name, m.Page.elements(), l.Service, l.Method)))
	if size, limit := p.pageSize(m.Request); limit > 0 {
		p.f("// Pages hold %d unless req.%s says otherwise.\n", limit, size)
	}
	if l.Retired != "" || m.Deprecated {
		p.f("//\n// Deprecated: as the method that it calls.\n")
	}
	list := "out" + selector
	if selector == "-" {
		elem, list = "*"+elem, "[]*"+elem+"{out}"
	}
	p.f("%s iter.Seq2[%s, error] {\n", head, elem)
	if m.Page.Style == "token" {
		t, from, to, nested := m.Request, "start", "r", numbering{}
		token := t.Fields[m.Page.Token]
		if token == nil { // inside an object
			outer, inner, _ := strings.Cut(m.Page.Token, ".")
			f := t.Fields[outer]
			t, to = p.model.Types[f.Type.Base], "inner"
			token = t.Fields[inner]
			value, address := "r."+f.Go, ""
			from = "start." + f.Go
			if pointer, _ := m.Request.form(f, false); pointer {
				value, from, address = "valueOf("+value+")", "valueOf("+from+")", "&"
			}
			nested = numbering{before: "\t\t\tinner := " + value + "\n", set: "\t\t\tr." + f.Go + " = " + address + "inner\n"}
		}
		next := p.model.Types[m.Response.Base].Fields[m.Page.Next]
		nextText := "out." + next.Go
		if next.Type.Base != "string" {
			nextText = "string(" + nextText + ")"
		}
		value, from := "&token", "tokenOf("+from+"."+token.Go+")"
		convert := ""
		if token.Type.Base != "string" {
			convert = fmt.Sprintf("\t\t\ttoken := %s(token)\n", token.Type.Base)
		}
		if pointer, _ := t.form(token, false); !pointer {
			value, from = "token", strings.Replace(from, "tokenOf", "string", 1)
		}
		p.f("\tstart := valueOf(req)\n")
		if size, limit := p.pageSize(m.Request); limit > 0 {
			p.f("\tif start.%s == 0 {\n\t\tstart.%s = %d\n\t}\n", size, size, limit)
		}
		p.f("\treturn tokenPages(%q, %s, func(token string) ([]%s, string, pageHead, error) {\n\t\tr := start\n\t\tif token != \"\" {\n%s%s\t\t\t%s.%s = %s\n%s\t\t}\n",
			l.Service+"."+l.Method, from, elem, convert, nested.before, to, token.Go, value, nested.set)
		p.f("\t\tout, err := s.%s(%s, &r, opts...)\n\t\tif err != nil && !inPart(err) {\n\t\t\treturn nil, \"\", pageHead{}, err\n\t\t}\n\t\treturn %s, %s, pageHead{%s}, err\n\t})\n}\n\n", l.Method, call, list, nextText, totals)
		return
	}
	n := p.numbering(m)
	p.f("\tstart := valueOf(req)\n%s\treturn numberedPages(%q, %s, %s, %d, %s, func(page int) ([]%s, pageHead, error) {\n\t\tr := start\n%s",
		n.before, l.Service+"."+l.Method, n.first, n.size, n.limit, p.key(elem), elem, n.set)
	p.f("\t\tout, err := s.%s(%s, &r, opts...)\n\t\tif err != nil && !inPart(err) {\n\t\t\treturn nil, pageHead{}, err\n\t\t}\n\t\treturn %s, pageHead{%s}, err\n\t})\n}\n\n",
		l.Method, call, list, totals)
}

// key is the source of the function that identifies an entry of a list, nil for
// none.
func (p *printer) key(elem string) string {
	t := p.model.Types[elem]
	if t == nil {
		return "nil"
	}
	for _, name := range sortedFields(t) {
		if p.model.API.Ledger.Key[t.Name+"."+name] {
			return fmt.Sprintf("func(e %s) any { return e.%s }", elem, t.Fields[name].Go)
		}
	}
	return "nil"
}

// numbering is the source that reads and sets the number of a page.
type numbering struct {
	before, first, size, set string
	limit                    int // of the size, as documented
}

func (p *printer) numbering(m *Method) numbering {
	t, from, to := m.Request, "start", "r"
	number, size := m.Page.Number, m.Page.Size
	n := numbering{size: "0"}
	before, after := "", "" // assignments around the one of the number
	if outer, inner, nested := strings.Cut(number, "."); nested && t.Fields[number] == nil {
		f := t.Fields[outer]
		number, size = inner, strings.TrimPrefix(size, outer+".")
		value, pointer := "start."+f.Go, ""
		if isPointer, _ := t.form(f, false); isPointer {
			value, pointer = "valueOf("+value+")", "&"
		}
		n.before = "\tparameters := " + value + "\n"
		before, after = "\t\tinner := parameters\n", "\t\tr."+f.Go+" = "+pointer+"inner\n"
		t, from, to = p.model.Types[f.Type.Base], "parameters", "inner"
	}
	read := func(f *Field) string {
		if pointer, _ := t.form(f, false); pointer {
			return "numberOf(" + from + "." + f.Go + ")"
		}
		return from + "." + f.Go
	}
	page, value := t.Fields[number], "page"
	n.first = read(page)
	if pointer, _ := t.form(page, false); pointer {
		value = "&page"
	}
	n.set = before + "\t\t" + to + "." + page.Go + " = " + value + "\n" + after
	if f := t.Fields[size]; f != nil {
		n.size, n.limit = read(f), p.limit(t, f)
	}
	return n
}

// pageSize returns the field of a request that must say the size of a page,
// and the largest size. An iterator asks for it if the caller does not.
func (p *printer) pageSize(t *Type) (field string, limit int) {
	f := t.Fields["page_size"]
	if f == nil || f.Type.Kind != number {
		return "", 0
	}
	if pointer, _ := t.form(f, false); pointer {
		return "", 0 // the server has a default
	}
	return f.Go, p.limit(t, f)
}

// batchName returns the name of the helper that splits a list.
func (m *Method) batchName(f *Field) string {
	switch name := m.Ledger.Method; {
	case len(m.Batches) > 1:
		return name + "By" + f.Go
	case strings.Contains(name, "Batch"):
		return name + "InParts"
	default:
		return name + "Batched"
	}
}

func (p *printer) batch(m *Method, signature string, args []string, field string, limit int) {
	l := m.Ledger
	f := m.Request.Fields[field]
	name := m.batchName(f)
	elem := strings.TrimPrefix(f.Type.String(), "[]")
	result := m.result()
	p.f("%s", paragraph(fmt.Sprintf("%s sends req.%s in parts of at most %d and iterates over the replies of [%sService.%s]. It stops at the first error but an [UnreadableError].",
		name, f.Go, limit, l.Service, l.Method)))
	p.f("func (s *%sService) %s(%s, opts ...CallOption) iter.Seq2[%s, error] {\n", l.Service, name, signature, result)
	p.f("\tstart := valueOf(req)\n\treturn batches(start.%s, %d, func(part []%s) (%s, error) {\n\t\tr := start\n\t\tr.%s = part\n\t\treturn s.%s(%s, &r, opts...)\n\t})\n}\n\n",
		f.Go, limit, elem, result, f.Go, l.Method, strings.Join(append([]string{"ctx"}, args...), ", "))
}
