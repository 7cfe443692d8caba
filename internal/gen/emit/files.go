package emit

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
)

// WriteFiles writes the generated files and the list of them, and removes
// those of the previous list that are no longer generated.
func WriteFiles(dir, list string, files map[string][]byte) error {
	old, err := os.ReadFile(list)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for name := range strings.FieldsSeq(string(old)) {
		if files[name] == nil {
			if err := os.Remove(filepath.Join(dir, name)); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
	}
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names {
		path := filepath.Join(dir, name)
		// An unchanged file keeps its time, so that builds stay cached.
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, files[name]) {
			continue
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(list, []byte(strings.Join(names, "\n")+"\n"), 0o644)
}

var operationName = regexp.MustCompile(`\bname: "(\w+)\.\w+", method: "(\w+)", path: "([^"]+)"`)

// Count prints, per service and module, how many operations the description
// has and how many of them stand as methods in the generated files of dir.
func (m *Model) Count(out io.Writer, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.gen.go"))
	if err != nil {
		return err
	}
	found := map[string]int{} // operation -> methods
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		for _, match := range operationName.FindAllSubmatch(src, -1) {
			found[string(match[2])+" "+string(match[3])]++
		}
	}
	type row struct{ described, generated, overlay int }
	rows := map[string]*row{}
	var total row
	for _, method := range m.Methods {
		key := method.Ledger.Service + "\t" + method.Module.Name
		if rows[key] == nil {
			rows[key] = new(row)
		}
		n := found[method.Key]
		if n > 1 {
			return fmt.Errorf("%s has %d methods", method.Key, n)
		}
		for _, r := range []*row{rows[key], &total} {
			if method.Module.Overlay {
				r.overlay += n
				continue
			}
			r.described++
			r.generated += n
		}
	}
	var w strings.Builder
	fmt.Fprintf(&w, "%s\tmodule\tgenerated\tin description\tbeyond it\n", m.API.Package)
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		r := rows[key]
		fmt.Fprintf(&w, "%s\t%d\t%d\t%d\n", key, r.generated, r.described, r.overlay)
	}
	fmt.Fprintf(&w, "total\t\t%d\t%d\t%d\n", total.generated, total.described, total.overlay)
	tab := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(tab, w.String()); err != nil {
		return err
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	if total.generated != total.described {
		return fmt.Errorf("%d of %d operations have no method", total.described-total.generated, total.described)
	}
	return nil
}
