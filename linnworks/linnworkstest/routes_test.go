package linnworkstest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// snapshot is what a committed API snapshot says about operations.
type snapshot struct {
	Operations map[string]struct {
		Body    string
		Request string
		Limit   int
	}
	Types map[string]any
}

func TestRoutesAgreeWithTheOfficialDescription(t *testing.T) {
	files, err := filepath.Glob("../../internal/spec/linnworks/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no snapshots: %v", err)
	}
	shapes := map[shape]string{params: "params", wrapped: "wrapped", flat: "flat", loose: "flat"}
	shapes[bodyJSON] = "json"
	known := 0
	for _, name := range files {
		var s snapshot
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for key, op := range s.Operations {
			method, path, _ := strings.Cut(key, " ")
			prefix, hosted := v1Prefix, path
			if strings.HasSuffix(name, "-v2.json") {
				prefix, hosted = "/", "/v2"+path
			}
			r := routeOf(method, hosted)
			if r == nil {
				continue
			}
			known++
			if want := prefix + r.path; path != want {
				t.Errorf("%s: the route's path is %s", key, want)
			}
			if !r.v2 && r.get != (method == "GET") || r.v2 && r.method != method || r.limit != op.Limit || shapes[r.shape] != op.Body {
				t.Errorf("%s: route has get %t, limit %d, body %q; the description has limit %d, body %q", key, r.get, r.limit, shapes[r.shape], op.Limit, op.Body)
			}
			for field, names := range r.enums {
				at := field
				if r.shape == wrapped {
					at = "request." + field
				}
				want := s.enum(strings.TrimPrefix(op.Request, "@"), at)
				if diff := cmp.Diff(want, names); diff != "" {
					t.Errorf("%s: enum %s (-description +route):\n%s", key, field, diff)
				}
			}
		}
	}
	if known != len(routes) {
		t.Errorf("%d of %d routes are described", known, len(routes))
	}
}

// enum returns the values of the enum at a dotted path below a type.
func (s *snapshot) enum(typ, path string) []string {
	field, rest, deeper := strings.Cut(path, ".")
	fields, _ := s.Types[typ].(map[string]any)
	for name, declared := range fields {
		text, _ := declared.(string)
		if !strings.EqualFold(name, field) {
			continue
		}
		text = strings.TrimPrefix(strings.TrimSuffix(text, " readonly"), "[]")
		if deeper {
			return s.enum(strings.TrimPrefix(text, "@"), rest)
		}
		text = strings.TrimPrefix(strings.TrimPrefix(text, "string enum="), "string{")
		return strings.Split(strings.TrimSuffix(text, "}"), "|")
	}
	return nil
}
