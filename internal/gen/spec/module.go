package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Body encodings.
const (
	BodyJSON      = "json"      // the schema as it stands
	BodyMultipart = "multipart" // TikTok Shop uploads
	BodyParams    = "params"    // Linnworks: one property per parameter
	BodyWrapped   = "wrapped"   // Linnworks: inside {"request": ...}
	BodyFlat      = "flat"      // Linnworks: the request object itself
)

// Module is the snapshot of one file of a description.
type Module struct {
	Name       string                `json:"-"`
	Source     string                `json:"source"`         // file of the drop, or where an overlay comes from
	Host       string                `json:"host,omitempty"` // Linnworks: v1, v2, new or auth
	Operations map[string]*Operation `json:"operations"`     // by "METHOD /path"
	Types      map[string]*Schema    `json:"types,omitempty"`
	Overlay    bool                  `json:"-"`
}

// Operation is one call.
type Operation struct {
	Name       string             `json:"name"`              // the vendor's own name
	Tag        string             `json:"tag,omitempty"`     // the vendor's section, where a file has several
	Version    string             `json:"version,omitempty"` // TikTok Shop: yyyymm
	Page       string             `json:"page,omitempty"`    // slug of the official page
	Deprecated bool               `json:"deprecated,omitempty"`
	NoCipher   bool               `json:"no_cipher,omitempty"`  // TikTok Shop: takes no shop_cipher
	Limit      int                `json:"limit,omitempty"`      // calls a minute
	Permission string             `json:"permission,omitempty"` // Linnworks: what the application must have been granted
	Path       map[string]*Schema `json:"path,omitempty"`
	Query      map[string]*Schema `json:"query,omitempty"`
	Body       string             `json:"body,omitempty"`
	BodyName   string             `json:"body_name,omitempty"` // of a flat body as a form field, if not "request"
	Request    *Schema            `json:"request,omitempty"`
	Response   *Schema            `json:"response,omitempty"`

	// Of overlay entries: where the facts come from and how sure they are, what
	// a caller must know, and whether the entry only adds fields to an operation
	// of the description.
	Evidence   string `json:"evidence,omitempty"`
	Confidence string `json:"confidence,omitempty"`
	Note       string `json:"note,omitempty"`
	Adds       bool   `json:"adds,omitempty"`

	Key    string  `json:"-"` // "METHOD /path"
	Module *Module `json:"-"`
}

// Method and URL are the two halves of the key.
func (o *Operation) Method() string { m, _, _ := strings.Cut(o.Key, " "); return m }

// URL returns the path with its placeholders.
func (o *Operation) URL() string { _, p, _ := strings.Cut(o.Key, " "); return p }

// Keys returns the sorted keys of the operations.
func (m *Module) Keys() []string { return slices.Sorted(maps.Keys(m.Operations)) }

// Encode returns the committed form of the module.
func (m *Module) Encode() ([]byte, error) {
	raw, err := encode(m)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := json.Indent(&buf, raw, "", " "); err != nil {
		return nil, err
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}

// Decode reads the committed form.
func Decode(name string, b []byte) (*Module, error) {
	m := &Module{Name: name}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for key, op := range m.Operations {
		op.Key, op.Module = key, m
	}
	return m, nil
}

// Load reads all modules of a snapshot directory: the descriptions' own and
// those under overlay/, sorted by name, the descriptions' first.
func Load(dir string) ([]*Module, error) {
	var all []*Module
	for _, sub := range []string{"", "overlay"} {
		files, err := filepath.Glob(filepath.Join(dir, sub, "*.json"))
		if err != nil {
			return nil, err
		}
		slices.Sort(files)
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			m, err := Decode(strings.TrimSuffix(filepath.Base(f), ".json"), b)
			if err != nil {
				return nil, err
			}
			m.Overlay = sub != ""
			all = append(all, m)
		}
	}
	seen := map[string]*Operation{}
	for _, m := range all {
		for _, key := range m.Keys() {
			op := m.Operations[key]
			switch {
			case op.Adds:
				if err := seen[key].add(op); err != nil {
					return nil, fmt.Errorf("overlay of %s: %w", key, err)
				}
				delete(m.Operations, key)
			case seen[key] != nil:
				return nil, fmt.Errorf("%s stands twice; if the description has it now, take it out of the overlay", key)
			default:
				seen[key] = op
			}
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no snapshots", dir)
	}
	return all, nil
}
