package emit

import "github.com/linnbridge/linnbridge/internal/gen/ledger"

// checkNotes refuses notes about what is not in the client.
func (b *builder) checkNotes() {
	fields, methods := map[string]bool{}, map[string]bool{}
	for _, t := range b.model.Types {
		if !t.In && !t.Out {
			continue
		}
		for _, f := range t.Fields {
			fields[t.Name+"."+f.Name], fields["*."+f.Name] = true, true
		}
	}
	for _, m := range b.model.Methods {
		methods[m.Ledger.Name()], methods[m.Ledger.Service+".*"] = true, true
	}
	b.checkNotesOf("field", b.Notes.Fields, fields)
	b.checkNotesOf("method", b.Notes.Scopes, methods)
}

func (b *builder) checkNotesOf(what string, notes map[string]ledger.Note, known map[string]bool) {
	for at, note := range notes {
		if !known[at] {
			b.fail("%s:%d: there is no %s %s", b.Notes.Path, note.Line, what, at)
		}
	}
}
