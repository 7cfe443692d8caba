package importer

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/linnbridge/linnbridge/internal/gen/naming"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

// TikTokShop reads the description's folder (index.json beside paths/).
func TikTokShop(dir string) ([]*spec.Module, error) {
	files, err := filepath.Glob(filepath.Join(dir, "paths", "*.json"))
	if err != nil {
		return nil, err
	}
	var modules []*spec.Module
	for _, file := range files {
		doc, err := read(file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		m := &spec.Module{Name: name, Source: "paths/" + name + ".json", Operations: map[string]*spec.Operation{}}
		for _, path := range sortedKeys(doc.Paths) {
			for method, in := range doc.Paths[path] {
				m.Operations[strings.ToUpper(method)+" "+path] = tiktokOperation(in)
			}
		}
		modules = append(modules, m)
	}
	return modules, nil
}

func tiktokOperation(in *operation) *spec.Operation {
	c := &converter{hint: tiktokHint}
	section, version, _ := strings.Cut(in.Tags[0], "_v2")
	op := &spec.Operation{
		Name: in.Summary, Tag: section, Version: "2" + version, Deprecated: in.Deprecated, NoCipher: true,
		Path: map[string]*spec.Schema{}, Query: map[string]*spec.Schema{},
	}
	op.Page = pageSlug(in.Summary) + "-" + op.Version
	for _, p := range in.Parameters {
		p.Schema.Description, p.Schema.Example = p.Description, p.Example
		s := c.convert(p.Name, p.Schema)
		switch {
		case p.In == "path":
			op.Path[p.Name] = s
		case p.Name == "shop_cipher":
			op.NoCipher = false
		case p.In == "query":
			s.Required = p.Required
			op.Query[p.Name] = s
		}
	}
	if in.RequestBody != nil {
		for typ, body := range in.RequestBody.Content {
			op.Body, op.Request = spec.BodyJSON, c.convert("", body.Schema)
			if typ == "multipart/form-data" {
				op.Body = spec.BodyMultipart
			}
		}
	}
	for _, body := range in.Responses["200"].Content {
		if data := body.Schema.Properties["data"]; data != nil && len(data.Properties) > 0 {
			op.Response = c.convert("data", data)
		}
	}
	return op
}

// pageSlug follows the addresses of the official pages: the words of the
// operation's title with dashes.
func pageSlug(name string) string {
	var words []string
	for _, w := range naming.Words(name) {
		words = append(words, strings.ToLower(w))
	}
	return strings.Join(words, "-")
}

var (
	valuesLead = regexp.MustCompile(`(?i)(possible|available|valid|supported|allowed) (values?|enumerations?|options?|return value)[^\n]*|\benums?:|\bvalues?:`)
	valueLine  = regexp.MustCompile("^\\s*(?:[-*•]|\\d+\\.)?\\s*`?\"?([A-Z0-9][A-Z0-9_]*[A-Z][A-Z0-9_]*)\"?`?\\s*(?:$|[:：,;.(=\\-–])")
	// A remark in brackets at the beginning; in it, the field to use instead.
	deprecation = regexp.MustCompile(`(?is)^[\s*]*[\[(（]\**deprecated\**([^\])）]*)`)
	replacement = regexp.MustCompile("`([a-z0-9_.]+)`")
	unixWords   = regexp.MustCompile(`(?i)unix|timestamp`)
	millis      = regexp.MustCompile(`(?i)milli`)
	timeName    = regexp.MustCompile(`(?:^|_)(?:time|date|timestamp|deadline|at)(?:_(?:ge|lt|le|gt))?$`)
	moneyName   = regexp.MustCompile(`(?:^|_)(?:amount|price|fee|fees|discount|tax|total|subtotal|cost|gmv|revenue|payable|commission|refund_total|refund_subtotal|refund_tax)$`)
	number      = regexp.MustCompile(`^-?\d+(?:\.\d+)?$`)
)

// tiktokHint reads the facts that stand in the words of the description,
// because its schemas carry no enum, no format of amounts and no limits.
func tiktokHint(name string, in *schema, out *spec.Schema) {
	text := in.Description
	if m := deprecation.FindStringSubmatch(text); m != nil {
		out.Deprecated = spec.Dropped
		if at := replacement.FindStringSubmatch(m[1]); at != nil {
			out.Deprecated = at[1]
		}
	}
	switch out.Kind {
	case spec.Int64, spec.Int32:
		example, _ := in.Example.(float64)
		seconds := example >= 1e9 && example < 5e9
		if timeName.MatchString(name) && !millis.MatchString(text) && (seconds || example == 0 && unixWords.MatchString(text)) {
			out.Kind = spec.Unix
			return
		}
		tiktokLimit(text, out)
	case spec.String:
		example, _ := in.Example.(string)
		if moneyName.MatchString(name) && (number.MatchString(example) || example == "") {
			out.Kind = spec.Decimal
			return
		}
		if values := tiktokValues(text); !openList(name, values) {
			out.Enum = values
		} else {
			tiktokLimit(text, out)
		}
	case spec.Object:
		// An amount beside its currency.
		if v := out.Fields["value"]; out.Fields["currency"] != nil && v != nil && v.Kind == spec.String {
			v.Kind = spec.Decimal
		}
	case spec.Array:
		tiktokLimit(text, out)
		if values := tiktokValues(text); out.Elem.Kind == spec.String && len(out.Elem.Enum) == 0 && !openList(name, values) {
			out.Elem.Enum = values
		}
		out.Elem.Min, out.Elem.Max = 0, 0
	}
}

// tiktokValues returns the values listed under a lead such as "Possible
// values". Two are the least that make a list; prose is left alone.
func tiktokValues(text string) []string {
	at := valuesLead.FindStringIndex(text)
	if at == nil {
		return nil
	}
	var values []string
	seen := map[string]bool{}
	for line := range strings.Lines(text[at[0]:]) {
		m := valueLine.FindStringSubmatch(strings.TrimRight(line, "\r\n "))
		if m == nil || seen[m[1]] || len(m[1]) < 2 {
			continue
		}
		seen[m[1]] = true
		values = append(values, m[1])
	}
	if len(values) < 2 {
		return nil
	}
	return values
}

var (
	market   = regexp.MustCompile(`^[A-Z]{2}$`)
	openName = regexp.MustCompile(`currency$|regions?$|country`)
)

// openList reports whether a list names countries or currencies. Those are no
// vocabulary of the API, and such lists also follow remarks about markets.
func openList(name string, values []string) bool {
	if openName.MatchString(name) {
		return true
	}
	for _, v := range values {
		if !market.MatchString(v) {
			return false
		}
	}
	return true
}
