package emit

import (
	"fmt"
	"slices"
	"strings"
)

// secrets returns the names of the fields of t that hold credentials.
func secrets(t *Type) []string {
	return slices.DeleteFunc(sortedFields(t), func(name string) bool { return t.Fields[name].Type.Base != "Secret" })
}

// checkSecrets refuses credentials where [printer.secrets] cannot let them out.
func (b *builder) checkSecrets() {
	for _, t := range b.model.Types {
		for _, name := range secrets(t) {
			if f := t.Fields[name]; t.In && (!t.Top || f.In != "body" || f.Type.Prefix != "") {
				b.fail("%s.%s: a Secret is sent as a property of a body only", t.Name, name)
			}
		}
	}
}

// secrets prints the method by which the client alone encodes the credentials of
// a request. What it returns has texts that hide the fields of the same names.
func (p *printer) secrets(t *Type) {
	names := secrets(t)
	if !t.Top || len(names) == 0 {
		return
	}
	var fields, texts, pointers []string
	for _, name := range names {
		f, at := t.Fields[name], "r."+t.Fields[name].Go
		pointer, omit := t.form(f, p.model.API.Ledger.Null[t.Name+"."+f.Name])
		reveal := at + ".reveal()"
		if !pointer {
			at = "&" + at
		}
		fields = append(fields, fmt.Sprintf("%s *string `%s`", f.Go, p.tag(t, f, omit)))
		texts, pointers = append(texts, reveal), append(pointers, at)
	}
	p.f("func (r *%s) revealed() (any, []*Secret) {\n\ttype plain %s\n\treturn struct {\n\t\t*plain\n\t\t%s\n\t}{(*plain)(r), %s}, []*Secret{%s}\n}\n\n",
		t.Name, t.Name, strings.Join(fields, "\n\t\t"), strings.Join(texts, ", "), strings.Join(pointers, ", "))
}
