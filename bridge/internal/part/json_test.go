package part_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

type inner struct{ ID string }

type own struct{}

func (own) MarshalJSON() ([]byte, error) { return []byte(`"mine"`), nil }

type result struct {
	inner
	OrderID    string
	SKUs       []string
	StalestSKU string
	P50        time.Duration
	At, Never  time.Time
	Err, None  error
	ByName     map[string]int
	Nested     []inner
	Own        own
	Any        any
	secret     string
}

// MarshalJSON would call itself for ever if JSON asked the outermost value.
func (r result) MarshalJSON() ([]byte, error) { return part.JSON(r) }

func TestJSON(t *testing.T) {
	full := result{
		inner{"x"}, "1", []string{"A"}, "B", time.Minute, time.Date(2026, 11, 27, 13, 0, 0, 0, time.FixedZone("CET", 3600)), time.Time{},
		errors.New(`it is "down"`), nil, map[string]int{"b": 2, "a": 1}, []inner{{"y"}}, own{}, inner{"z"}, "hidden",
	}
	for _, test := range []struct {
		of   result
		want string
	}{
		{full, `{"order_id":"1","skus":["A"],"stalest_sku":"B","p50":"1m0s","at":"2026-11-27T12:00:00Z","err":"it is \"down\"","none":null,` +
			`"by_name":{"a":1,"b":2},"nested":[{"id":"y"}],"own":"mine","any":{"id":"z"}}`},
		{result{}, `{"order_id":"","skus":[],"stalest_sku":"","p50":"0s","err":null,"none":null,"by_name":{},"nested":[],"own":"mine","any":null}`},
	} {
		got, err := json.Marshal(test.of)
		if err != nil || string(got) != test.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
		}
	}
	type Embedded struct{ A, B string }
	if got, err := part.JSON(struct {
		Embedded
		C int
	}{Embedded{"1", "2"}, 3}); err != nil || string(got) != `{"a":"1","b":"2","c":3}` {
		t.Errorf("embedded: %s, %v", got, err)
	}
	if _, err := part.JSON(struct{ F func() }{func() {}}); err == nil {
		t.Error("a function was encoded")
	}
}
