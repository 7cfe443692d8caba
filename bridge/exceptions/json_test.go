package exceptions_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// A case as programs get it, to the letter.
func TestCaseJSON(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	c := exceptions.Case{}.Raise(exceptions.Exception{
		Shop: "UK", Kind: exceptions.NoTracking, Owner: exceptions.OwnerWarehouse, Severity: exceptions.Urgent, Object: "order 1",
		Seen: "seen", Do: "do", Deadline: world.Noon.Add(time.Hour).In(berlin),
	}, world.Noon.In(berlin))
	want := `{"key":"UK|no tracking|order 1","shop":"UK","kind":"no tracking","object":"order 1","owner":"warehouse","severity":"urgent",` +
		`"deadline":"2026-11-27T13:00:00Z","act_by":"2026-11-27T13:00:00Z","seen":"seen","do":"do","evidence":[],"orders":[],"order_count":0,"more_orders":false,` +
		`"count":1,"first":"2026-11-27T12:00:00Z","last":"2026-11-27T12:00:00Z",` +
		`"standing":false,"state":"open","reopened":0,"history":[{"at":"2026-11-27T12:00:00Z","verb":"raised"}]}`
	got, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	got, err = json.Marshal(exceptions.Exception{Kind: exceptions.UnmappedSKU, Object: "SKU A", Owner: exceptions.OwnerEcommerce})
	if want := `{"key":"|unmapped SKU|SKU A","shop":"","kind":"unmapped SKU","object":"SKU A","owner":"e-commerce","severity":"notice",` +
		`"seen":"","do":"","evidence":[],"orders":[],"order_count":0,"more_orders":false,"count":0}`; err != nil || string(got) != want {
		t.Errorf("not raised yet: got %s, %v\nwant %s", got, err, want)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	e := exceptions.Exception{
		Shop: "UK", Kind: exceptions.UnmappedCarrier, Owner: exceptions.OwnerIntegration, Severity: exceptions.Warning, Object: `carrier "Owl", service ""`,
		Deadline: world.Noon.Add(123456789), Seen: "<seen> & \"said\"", Do: "do\nit", Evidence: exceptions.Evidence("number", "7", "carrier", "Owl"), Orders: []string{"2", "1"},
	}
	c := exceptions.Case{}.Raise(e, world.Noon)
	decided := func(d exceptions.Decision) {
		t.Helper()
		var err error
		if c, err = c.Decide(d, world.Noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	claim := exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Note: "on it", Until: world.Noon.Add(time.Hour)}
	cases := []exceptions.Case{c}
	decided(claim)
	cases = append(cases, c)
	decided(exceptions.Decision{Verb: exceptions.VerbResolved, By: "Bob", Note: "done", Until: world.Noon.Add(2 * time.Hour)})
	cases = append(cases, c, c.Clear(world.Noon.Add(time.Minute)), exceptions.Case{}.Raise(exceptions.New("of tomorrow", "x", time.Time{}, "", ""), world.Noon))
	cases[len(cases)-1].Owner = "a new team"
	putOff, err := cases[len(cases)-1].Decide(exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: world.Noon.Add(time.Hour)}, world.Noon)
	if err != nil {
		t.Fatal(err)
	}
	cases = append(cases, putOff)
	for i, want := range cases {
		var got exceptions.Case
		roundTrip(t, want, &got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("case %d: %s", i, diff)
		}
	}
	var exception exceptions.Exception
	roundTrip(t, e, &exception)
	if diff := cmp.Diff(e, exception); diff != "" {
		t.Error(diff)
	}
	var decision exceptions.Decision
	roundTrip(t, claim, &decision)
	if diff := cmp.Diff(claim, decision); diff != "" {
		t.Error(diff)
	}
}

func roundTrip(t *testing.T, v, into any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestJSONThatIsRefused(t *testing.T) {
	exception := `"shop":"UK","kind":"no tracking","object":"order 1","owner":"warehouse","severity":"urgent"`
	for _, test := range []struct {
		into       any
		text, says string
	}{
		{new(exceptions.Exception), `{}`, "kind is empty\nobject is empty\nowner is empty\nseverity is missing"},
		{new(exceptions.Exception), `[]`, "cannot unmarshal"},
		{new(exceptions.Exception), strings.Replace(`{`+exception+`}`, "urgent", "dire", 1), `severity "dire" is unknown`},
		{new(exceptions.Exception), strings.Replace(`{`+exception+`}`, `"urgent"`, `2`, 1), "cannot unmarshal"},
		{new(exceptions.Exception), strings.Replace(`{`+exception+`}`, "UK", "U|K", 1), `shop "U|K"`},
		{new(exceptions.Exception), `{"key":"DE|no tracking|order 1",` + exception + `}`, `key is "DE|no tracking|order 1"`},
		{new(exceptions.Exception), `{"count":-1,` + exception + `}`, "count is -1"},
		{new(exceptions.Exception), `{"deadline":"tomorrow",` + exception + `}`, "parsing time"},
		{new(exceptions.Case), `{` + exception + `}`, `state "" is unknown`},
		{new(exceptions.Case), `{"state":"lost",` + exception + `}`, `state "lost" is unknown`},
		{new(exceptions.Case), `{"state":"open","history":[{"verb":"burnt"}],` + exception + `}`, `event 0: verb "burnt" is unknown`},
		{new(exceptions.Case), `{"state":"open","orders":["2","1"],` + exception + `}`, "orders are not sorted"},
		{new(exceptions.Case), `{"state":"open"}`, "severity is missing"},
		{new(exceptions.Decision), `{"verb":"claimed"}`, "By must name"},
		{new(exceptions.Decision), `{"verb":"raised","by":"Ann"}`, `"raised" cannot be decided`},
		{new(exceptions.Decision), `{"verb":"resolved","by":"Ann"}`, "Note is empty"},
		{new(exceptions.Decision), `{"verb":"claimed","by":"Ann","untl":"2026-11-27T12:00:00Z"}`, "unknown field"},
		{new(exceptions.Decision), `null`, "cannot be decided"},
	} {
		if err := json.Unmarshal([]byte(test.text), test.into); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%T of %s: %v, want one that says %q", test.into, test.text, err, test.says)
		}
	}
	if _, err := json.Marshal(exceptions.Exception{Severity: 7}); err == nil {
		t.Error("a severity without a name was written")
	}
}

// An end of an order closes what its row in the table says, and nothing else.
func TestClose(t *testing.T) {
	for _, end := range []exceptions.End{exceptions.EndVoid, exceptions.EndCancelled, exceptions.EndDelivered} {
		queue := new(exceptions.Memory).Shop("shop")
		want := map[exceptions.Kind]bool{}
		for _, k := range exceptions.Kinds() {
			e := exceptions.New(k.Kind, exceptions.ForOrder("1"), time.Time{}, "seen", "do")
			if k.Cause {
				e.Object, e.Orders = "the cause", []string{"1"}
			}
			if err := queue.Raise(t.Context(), e); err != nil {
				t.Fatal(err)
			}
			want[k.Kind] = true
			for _, closing := range k.Ends {
				if closing == end {
					delete(want, k.Kind)
				}
			}
		}
		if err := exceptions.Close(t.Context(), queue, "1", end); err != nil {
			t.Fatal(err)
		}
		open, err := queue.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := map[exceptions.Kind]bool{}
		for _, e := range open {
			got[e.Kind] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: open (-want +got):\n%s", end, diff)
		}
		if n := len(exceptions.Kinds()) - len(want); n < 10 {
			t.Errorf("%s closes %d kinds only", end, n)
		}
	}
}
