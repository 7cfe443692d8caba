package wire

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

type testID string

type testRequest struct {
	List    []int                   `json:"list"`
	Missing []int                   `json:"missing,omitzero"`
	Query   []int                   `url:"query" json:"-"`
	Map     map[string]int          `json:"map"`
	ID      testID                  `json:"id"`
	Text    string                  `json:"text"`
	Null    *[]int                  `json:"null"`
	Hidden  []int                   `json:"-"`
	Inner   testInner               `json:"inner"`
	Inners  []*testInner            `json:"inners,omitzero"`
	Self    *testRequest            `json:"self,omitzero"`
	Names   map[string]testInner    `json:"names,omitzero"`
	private []int                   //nolint:unused // must not be looked at
	Any     any                     `json:"any,omitzero"`
	Matrix  [][]testInner           `json:"matrix,omitzero"`
	Ignored func(testRequest) error `json:"-"`
	At      testMoment              `json:"-" url:"at"`
	Maybe   *testMoment             `json:"maybe,omitzero"`
	Times   []*testMoment           `json:"times,omitzero"`

	PageSize       int `json:"-" url:"page_size"`
	EntriesPerPage int `json:"EntriesPerPage"`
	ResultsPerPage int `json:"resultsPerPage,omitzero"`
	Number         int `json:"number"`
}

// testMoment is not read if it is below zero.
type testMoment int

func (m testMoment) Err() error {
	if m < 0 {
		return errors.New("no moment")
	}
	return nil
}

type testInner struct {
	List []int `json:"list"`
}

func TestRequired(t *testing.T) {
	isID := func(t reflect.Type) bool { return t == reflect.TypeFor[testID]() }
	good := func() *testRequest {
		return &testRequest{List: []int{}, Query: []int{1}, Map: map[string]int{}, ID: "1", Inner: testInner{[]int{}}, PageSize: 1, EntriesPerPage: 1}
	}
	for _, tt := range []struct {
		name   string
		change func(*testRequest)
		want   string
	}{
		{"complete", func(*testRequest) {}, ""},
		{"list", func(r *testRequest) { r.List = nil }, "List"},
		{"in the query", func(r *testRequest) { r.Query = nil }, "Query"},
		{"map", func(r *testRequest) { r.Map = nil }, "Map"},
		{"id", func(r *testRequest) { r.ID = "" }, "ID"},
		{"size of a page, in the query", func(r *testRequest) { r.PageSize = 0 }, "PageSize"},
		{"size of a page", func(r *testRequest) { r.EntriesPerPage = 0 }, "EntriesPerPage"},
		{"inside an object", func(r *testRequest) { r.Inner.List = nil }, "Inner.List"},
		{"inside a list", func(r *testRequest) { r.Inners = []*testInner{nil, {[]int{}}, {}} }, "Inners[2].List"},
		{"inside a list of lists", func(r *testRequest) { r.Matrix = [][]testInner{nil, {{}}} }, "Matrix[1][0].List"},
		{"not read, in the query", func(r *testRequest) { r.At = -1 }, "=At cannot be sent: no moment"},
		{"not read, behind a pointer", func(r *testRequest) { r.Maybe = new(testMoment(-1)) }, "=Maybe cannot be sent: no moment"},
		{"not read, in a list", func(r *testRequest) { r.Times = []*testMoment{nil, new(testMoment(1)), new(testMoment(-1))} }, "=Times[2] cannot be sent: no moment"},
		{"read", func(r *testRequest) { r.At, r.Maybe = 1, new(testMoment(1)) }, ""},
		{"inside its own kind", func(r *testRequest) { r.Self = good(); r.Self.Self = good(); r.Self.Self.ID = "" }, "Self.Self.ID"},
	} {
		r := good()
		tt.change(r)
		want, _ := strings.CutPrefix(tt.want, "=")
		if want != "" && want == tt.want {
			want = tt.want + " is required and was not set"
		}
		got := ""
		if err := Required(r, isID); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", tt.name, got, want)
		}
	}
	for _, req := range []any{nil, (*testRequest)(nil), []int(nil), map[string]int(nil), "text"} {
		if err := Required(req, isID); err != nil {
			t.Errorf("%T: got %v, want nil", req, err)
		}
	}
}

func TestCheckRead(t *testing.T) {
	loop := map[string]any{}
	loop["a"], loop["b"] = loop, loop
	type body struct {
		At     testMoment
		Next   *body
		Any    any
		hidden testMoment
	}
	for _, tt := range []struct {
		name string
		body any
		want string
	}{
		{"nil", nil, ""},
		{"a text", "text", ""},
		{"bytes", []byte("text"), ""},
		{"read", map[string]any{"a": &body{At: 1, Any: []any{nil, testMoment(2)}, hidden: -1}}, ""},
		{"nothing required", testRequest{}, ""},
		{"itself", testMoment(-1), "the body cannot be sent: no moment"},
		{"in a map", map[string]any{"request": body{At: -1}}, "the body[request].At cannot be sent: no moment"},
		{"behind pointers and interfaces", &body{Next: &body{Any: []any{1, new(testMoment(-1))}}}, "the body.Next.Any[1] cannot be sent: no moment"},
		{"by type in a map", map[string]testMoment{"a": -1}, "the body[a] cannot be sent: no moment"},
	} {
		got := ""
		if err := CheckRead(tt.body); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if err := CheckRead(loop); err == nil || !strings.HasSuffix(err.Error(), "holds itself") || len(err.Error()) > 300 {
		t.Errorf("a body that holds itself: got %v", err)
	}
}

func BenchmarkRequired(b *testing.B) {
	isID := func(t reflect.Type) bool { return t == reflect.TypeFor[testID]() }
	r := &testRequest{List: []int{}, Query: []int{1}, Map: map[string]int{}, ID: "1", Inners: make([]*testInner, 20), PageSize: 1, EntriesPerPage: 1}
	for b.Loop() {
		_ = Required(r, isID)
	}
}
