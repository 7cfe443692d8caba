package wire

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// halfHour has a form of its own in a query.
type halfHour int

func (h halfHour) EncodeValues(key string, v *url.Values) error {
	if h < 0 {
		return errors.New("before time began")
	}
	v.Add(key, strings.Repeat("i", int(h)))
	return nil
}

func TestQuery(t *testing.T) {
	type word string
	type request struct {
		Empty    string            `url:"empty"`
		Word     word              `url:"word"`
		Maybe    *int              `url:"maybe,omitempty"`
		Absent   *bool             `url:"absent,omitempty"`
		Flag     *bool             `url:"flag,omitempty"`
		Odd      halfHour          `url:"odd"`
		MaybeOdd *halfHour         `url:"maybe_odd,omitempty"`
		Joined   []word            `url:"joined,comma"`
		Repeated []uint8           `url:"-"`
		Keys     []int64           `url:"keys,omitempty"`
		None     []string          `url:"none,comma"`
		Raw      []json.RawMessage `url:"raw"`
		Rate     float64           `url:"rate"`
		Body     map[string]string `json:"body"`
	}
	in := request{
		Word: "a b", Maybe: new(0), Flag: new(false), Odd: 2, MaybeOdd: new(halfHour(1)),
		Joined: []word{"x", "y,z"}, Repeated: []uint8{1}, Keys: []int64{3, -4}, None: []string{},
		Raw: []json.RawMessage{[]byte(`{"a":1}`)}, Rate: 0.25, Body: map[string]string{"b": "c"},
	}
	want := []string{
		"empty=", "word=a b", "maybe=0", "flag=false", "odd=ii", "maybe_odd=i", "joined=x,y,z", "keys=3", "keys=-4", `raw={"a":1}`, "rate=0.25",
	}
	for name, req := range map[string]any{"value": in, "pointer": &in} {
		var got []string
		if err := Query(req, func(name, value string) { got = append(got, name+"="+value) }); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestQueryRefuses(t *testing.T) {
	type nested struct {
		In struct{} `url:"in"`
	}
	type nestedList struct {
		In []map[string]int `url:"in"`
	}
	type failing struct {
		At halfHour `url:"at"`
	}
	for want, req := range map[string]any{
		"in: a struct {} has no form":      nested{},
		"in: a map[string]int has no form": nestedList{[]map[string]int{nil}},
		"before time began":                failing{-1},
	} {
		err := Query(req, func(name, value string) { t.Errorf("%T: added %s=%s", req, name, value) })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%T: error %v, want %q", req, err, want)
		}
	}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct{ base, path, want string }{
		{"https://h.test", "/a/b", "https://h.test/a/b"},
		{"https://h.test/", "/a/b", "https://h.test/a/b"},
		{"https://h.test/v1", "/a/b", "https://h.test/v1/a/b"},
		{"https://h.test/v1/", "/a/b", "https://h.test/v1/a/b"},
		{"https://h.test/x%2Fy", "/a", "https://h.test/x%2Fy/a"},
		{"https://h.test", "/a%2Fb/c%20d", "https://h.test/a%2Fb/c%20d"},
		{"https://h.test/v1/", "/a(b)/%C3%BC", "https://h.test/v1/a(b)/%C3%BC"},
		{"https://h.test", "/a/", "https://h.test/a/"},
	} {
		base, err := url.Parse(c.base)
		if err != nil {
			t.Fatal(err)
		}
		before := *base
		if got := Join(base, c.path).String(); got != c.want {
			t.Errorf("Join(%s, %s) = %s, want %s", c.base, c.path, got, c.want)
		}
		if *base != before {
			t.Errorf("Join(%s, %s) changed the base", c.base, c.path)
		}
	}
}
