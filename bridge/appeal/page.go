package appeal

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"stamp": func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04:05 UTC") },
}).Parse(pageText))

// WritePage writes the pack as one self-contained page for people.
func (p *Pack) WritePage(w io.Writer) error {
	if err := page.Execute(w, p); err != nil {
		return fmt.Errorf("appeal: writing the page: %w", err)
	}
	return nil
}
