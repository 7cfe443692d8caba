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

// Change is an operation or a type that is new, gone or different.
type Change struct {
	// Module is the module of the fresh description, Old that of the snapshot.
	Module, Old *spec.Module
	What        string // "operation" or "type"
	Key         string // "METHOD /path", or the name of the type
	State       string // "new", "gone", or "changed: " and where
}

// String is a line of the report.
func (c Change) String() string {
	return fmt.Sprintf("%s: %s %s %s", c.Module.Name, c.What, c.Key, c.State)
}

// Write replaces the snapshots in dir and returns what changed. A module that is
// gone is a change of all its operations.
func Write(dir string, modules []*spec.Module) ([]Change, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var changes []Change
	keep := map[string]bool{}
	for _, m := range modules {
		file := filepath.Join(dir, m.Name+".json")
		keep[file] = true
		want, err := m.Encode()
		if err != nil {
			return nil, err
		}
		have, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		if bytes.Equal(want, have) {
			continue
		}
		old := &spec.Module{}
		if len(have) > 0 {
			if old, err = spec.Decode(m.Name, have); err != nil {
				return nil, err
			}
		}
		changes = append(changes, Diff(old, m)...)
		if err := os.WriteFile(file, want, 0o644); err != nil {
			return nil, err
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if keep[f] {
			continue
		}
		have, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		old, err := spec.Decode(name, have)
		if err != nil {
			return nil, err
		}
		changes = append(changes, Diff(old, &spec.Module{Name: name})...)
		if err := os.Remove(f); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// Diff returns every operation and type that differs.
func Diff(old, fresh *spec.Module) []Change {
	return append(diff(old, fresh, "operation", old.Operations, fresh.Operations), diff(old, fresh, "type", old.Types, fresh.Types)...)
}

func diff[V any](before, after *spec.Module, what string, old, fresh map[string]V) (list []Change) {
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
			list = append(list, Change{after, before, what, k, state})
		}
	}
	return list
}
