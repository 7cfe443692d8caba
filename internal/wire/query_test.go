package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-querystring/query"
)

// Whatever goes into the body, the query is that of package query.
func TestQuery(t *testing.T) {
	type mixed struct {
		Filter *string  `json:"filter" url:"-"`
		Size   int      `json:"-" url:"page_size"`
		Token  *string  `json:"-" url:"page_token,omitempty"`
		IDs    []string `json:"-" url:"ids,comma,omitempty"`
		Deep   *bool    `json:"-" url:"request.deep,omitempty"`
	}
	type all struct {
		Name string `url:"name"`
	}
	type none struct {
		Name string `json:"name" url:"-"`
	}
	for name, req := range map[string]any{
		"set":      &mixed{Filter: new("body"), Size: 50, Token: new("a b"), IDs: []string{"1", "2"}, Deep: new(false)},
		"not set":  &mixed{Filter: new("body")},
		"a value":  mixed{Size: 1},
		"all":      &all{"x"},
		"none":     &none{"x"},
		"nil":      (*mixed)(nil),
		"a number": 1,
	} {
		for range 2 { // the second is by the plan of the first
			got, gotErr := Query(req)
			want, wantErr := query.Values(req)
			if diff := cmp.Diff(want, got); diff != "" || (gotErr == nil) != (wantErr == nil) {
				t.Errorf("%s: error %v, want %v (-want +got)\n%s", name, gotErr, wantErr, diff)
			}
		}
	}
}
