package emit

import (
	"bytes"
	"fmt"
	"go/format"
)

// Described returns the source of the list of all operations for the package of
// the fake, which tells with it what it lacks from what does not exist.
func (m *Model) Described() ([]byte, error) {
	var src bytes.Buffer
	fmt.Fprintf(&src, "%spackage %stest\n\n", header, m.API.Package)
	fmt.Fprintf(&src, "// described has a line for every operation of package %s that is not retired:\n// its method, its path on the host and its name.\nconst described = `", m.API.Package)
	prefix := map[string]string{"v2": "/v2", "new": "/v1"}
	for _, method := range sortedMethods(m.Methods) {
		if method.Ledger.Retired != "" {
			continue // the vendor no longer has it
		}
		fmt.Fprintf(&src, "%s %s%s %s\n", method.Method(), prefix[method.Module.Host], method.URL(), method.Ledger.Name())
	}
	src.WriteString("`\n")
	return format.Source(src.Bytes())
}
