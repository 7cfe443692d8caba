package importer

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// Linnworks reads the description's folders 1.0 and 2.0.
func Linnworks(dir string) ([]*spec.Module, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.0", "*.json"))
	if err != nil {
		return nil, err
	}
	var modules []*spec.Module
	for _, file := range files {
		doc, err := read(file)
		if err != nil {
			return nil, err
		}
		folder := filepath.Base(filepath.Dir(file))
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		m := &spec.Module{
			Name: name, Source: folder + "/" + filepath.Base(file), Host: linnworksHost(folder, name),
			Operations: map[string]*spec.Operation{}, Types: map[string]*spec.Schema{},
		}
		c := &converter{types: doc.types(), hint: linnworksHint}
		for _, t := range sortedKeys(c.types) {
			m.Types[t] = c.convert(t, c.types[t])
		}
		for _, path := range sortedKeys(doc.Paths) {
			for method, in := range doc.Paths[path] {
				m.Operations[strings.ToUpper(method)+" "+path] = linnworksOperation(c, path, in)
			}
		}
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b *spec.Module) int { return strings.Compare(a.Name, b.Name) })
	return modules, nil
}

func linnworksHost(folder, name string) string {
	switch {
	case name == "auth":
		return "auth"
	case strings.HasSuffix(name, "-new"):
		return "new"
	case folder == "2.0":
		return "v2"
	}
	return "v1"
}

var (
	rateLimit  = regexp.MustCompile(`(?i)rate limit:.*?>(\d+)<.*?/ minute`)
	permission = regexp.MustCompile(`(?i)permissions required:\W*(?:b>\W*)?(GlobalPermissions\.[\w.]*\w)`)
)

func linnworksOperation(c *converter, path string, in *operation) *spec.Operation {
	op := &spec.Operation{
		Name: in.OperationID, Tag: in.Tags[0], Deprecated: in.Deprecated,
		Path: map[string]*spec.Schema{}, Query: map[string]*spec.Schema{},
	}
	if rest, ok := strings.CutPrefix(path, "/api/"); ok {
		op.Page = strings.Replace(rest, "/", "-", 1) // version 2 has no page of its own
	}
	if op.Name == "" {
		op.Name = in.Summary
	}
	if op.Name == "" {
		op.Name = lastWord(path)
	}
	if m := rateLimit.FindStringSubmatch(in.Description); m != nil {
		op.Limit, _ = strconv.Atoi(m[1])
	}
	if m := permission.FindStringSubmatch(in.Description); m != nil {
		op.Permission = m[1]
	}
	for _, p := range in.Parameters {
		if p.In == "body" {
			op.Request = c.convert(p.Name, p.Schema)
			op.Body = bodyShape(c, p)
			if op.Body == spec.BodyFlat && p.Name != "request" {
				op.BodyName = p.Name
			}
			continue
		}
		typ := p.Schema
		if typ == nil {
			typ = &p.schema
		}
		s := c.convert(p.Name, typ)
		if p.In == "path" {
			op.Path[p.Name] = s
			continue
		}
		s.Required = p.Required
		op.Query[p.Name] = s
	}
	if in.RequestBody != nil {
		op.Body, op.Request = spec.BodyJSON, c.convert("", in.RequestBody.Content["application/json"].Schema)
	}
	for _, status := range sortedKeys(in.Responses) {
		r := in.Responses[status]
		if status[0] != '2' {
			continue
		}
		s := r.Schema
		if s == nil {
			s = r.Content["application/json"].Schema
		}
		if s != nil {
			op.Response = c.convert("", s)
		}
	}
	return op
}

// bodyShape tells the three forms of a body of version 1 apart: a required
// parameter names an object with one property per parameter, of which a single
// one called request is a wrapper; an optional parameter is the object itself.
func bodyShape(c *converter, p *parameter) string {
	if !p.Required {
		return spec.BodyFlat
	}
	props := c.types[refName(p.Schema.Ref)].Properties
	if inner := props["request"]; len(props) == 1 && inner != nil && inner.Ref != "" {
		return spec.BodyWrapped
	}
	return spec.BodyParams
}

// lastWord returns the last segment of a path that is not a placeholder.
func lastWord(path string) string {
	segments := strings.Split(path, "/")
	for _, s := range slices.Backward(segments) {
		if !strings.HasPrefix(s, "{") {
			return s
		}
	}
	return path
}

var namedNumber = regexp.MustCompile(`(\w+)=(\d+);`)

// linnworksHint gives the numbers of an enum the names that the description
// lists for them.
func linnworksHint(_ string, in *schema, out *spec.Schema) {
	if len(out.Enum) == 0 || !strings.HasPrefix(out.Enum[0], "=") {
		return
	}
	names := map[string]string{}
	for _, m := range namedNumber.FindAllStringSubmatch(in.Description, -1) {
		names[m[2]] = m[1]
	}
	for i, v := range out.Enum {
		name := names[v[1:]]
		if name == "" {
			out.Enum = nil // numbers without names say nothing
			return
		}
		out.Enum[i] = name + v
	}
}
