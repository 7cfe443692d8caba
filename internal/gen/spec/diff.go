package spec

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Changed names the places where two operations or types differ, such as
// "request.skus -gone +new ~changed"; "" means that they agree.
func Changed(a, b any) string {
	var out []string
	walk("", generic(a), generic(b), &out)
	const most = 8 // enough to see the kind of change; the diff has the rest
	if len(out) > most {
		out = append(out[:most], "...")
	}
	return strings.Join(out, " ")
}

func generic(v any) any {
	raw, err := encode(v)
	if err != nil {
		panic(err) // our own types always encode
	}
	var g any
	if err := json.Unmarshal(raw, &g); err != nil {
		panic(err)
	}
	return g
}

func walk(path string, a, b any, out *[]string) {
	am, aOK := a.(map[string]any)
	bm, bOK := b.(map[string]any)
	if !aOK || !bOK {
		if string(must(a)) != string(must(b)) {
			*out = append(*out, "~"+path)
		}
		return
	}
	keys := maps.Clone(am)
	maps.Copy(keys, bm)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		sub := strings.TrimPrefix(path+"."+k, ".")
		av, inA := am[k]
		bv, inB := bm[k]
		switch {
		case !inA:
			*out = append(*out, "+"+sub)
		case !inB:
			*out = append(*out, "-"+sub)
		default:
			walk(sub, av, bv, out)
		}
	}
}

func must(v any) []byte {
	raw, err := encode(v)
	if err != nil {
		panic(err)
	}
	return raw
}
