package importer

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// Write replaces the snapshots in dir and tells what changed: operations that
// are new, gone or different, and the same for types. It returns the number of
// differences.
func Write(w *strings.Builder, dir string, modules []*spec.Module) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	changes := 0
	keep := map[string]bool{}
	for _, m := range modules {
		file := filepath.Join(dir, m.Name+".json")
		keep[file] = true
		want, err := m.Encode()
		if err != nil {
			return 0, err
		}
		have, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			return 0, err
		}
		if bytes.Equal(want, have) {
			continue
		}
		old := &spec.Module{}
		if len(have) > 0 {
			if old, err = spec.Decode(m.Name, have); err != nil {
				return 0, err
			}
		}
		changes += Diff(w, old, m)
		if err := os.WriteFile(file, want, 0o644); err != nil {
			return 0, err
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return 0, err
	}
	for _, f := range files {
		if keep[f] {
			continue
		}
		changes++
		fmt.Fprintf(w, "%s: module gone\n", strings.TrimSuffix(filepath.Base(f), ".json"))
		if err := os.Remove(f); err != nil {
			return 0, err
		}
	}
	return changes, nil
}

// Diff writes one line for every operation and type that differs.
func Diff(w *strings.Builder, old, fresh *spec.Module) int {
	n := 0
	n += diff(w, fresh.Name, "operation", old.Operations, fresh.Operations)
	n += diff(w, fresh.Name, "type", old.Types, fresh.Types)
	return n
}

func diff[V any](w *strings.Builder, module, what string, old, fresh map[string]V) int {
	n := 0
	keys := sortedKeys(old)
	for _, k := range sortedKeys(fresh) {
		if _, ok := old[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		a, inOld := old[k]
		b, inNew := fresh[k]
		state := ""
		switch {
		case !inOld:
			state = "new"
		case !inNew:
			state = "gone"
		default:
			if changed := spec.Changed(a, b); changed != "" {
				state = "changed: " + changed
			}
		}
		if state != "" {
			n++
			fmt.Fprintf(w, "%s: %s %s %s\n", module, what, k, state)
		}
	}
	return n
}
