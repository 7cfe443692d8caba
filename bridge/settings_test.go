package bridge_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
)

// readErrors returns the lines of the error of reading settings that are otherwise
// complete.
func readErrors(t *testing.T, more string) []string {
	t.Helper()
	text := `{"shop": "uk", "locations": {"1": ["a"]}, "default_location": "a"` + more + `}`
	_, err := bridge.ReadSettings(strings.NewReader(text))
	if err == nil {
		return nil
	}
	what, ok := strings.CutPrefix(err.Error(), "bridge: settings: ")
	if !ok {
		t.Errorf("the error does not say that it is about settings: %v", err)
	}
	return strings.Split(what, "\n")
}

// What has another kind than the setting is said in plain words, with its path, all
// of it at once, and what cannot be read is not said to be missing too.
func TestReadSettingsSaysWhatKindIsWanted(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][]string{
		`, "max_stock": "many"`:                  {`max_stock: want a whole number, got text`},
		`, "max_stock": 1.5`:                     {`max_stock: want a whole number, got the number 1.5`},
		`, "max_stock": 99999999999999999999`:    {`max_stock: want a whole number, got the number 99999999999999999999`},
		`, "park_unpaid": "yes"`:                 {`park_unpaid: want true or false, got text`},
		`, "first_look": 48`:                     {`first_look: want a duration such as "90s" or "1h30m", got the number 48`},
		`, "first_look": "2 days"`:               {`first_look: want a duration such as "90s" or "1h30m", got "2 days"`},
		`, "every": "30s"`:                       {`every: want an object, got text`},
		`, "every": {"orders": 30, "stock": []}`: {`every.orders: want a duration such as "90s" or "1h30m", got the number 30`, `every.stock: want a duration such as "90s" or "1h30m", got a list`},
		`, "buffer": {"do": "keep units"}`:       {`buffer: want a list, got an object`},
		`, "skus": ["a"], "carriers": {"a": 1}`:  {`carriers.a: want text, got the number 1`, `skus: want an object, got a list`},
		`, "cancel_reasons": ["a", false]`:       {`cancel_reasons[1]: want text, got false`},
		`, "buffer": [{"do": "keep units", "units": "2"}, {"do": "keep percent", "percent": "5"}]`: {
			`buffer[0].units: want a whole number, got text`, `buffer[1].percent: want a number, got text`,
		},
		`, "buffer": [{"do": "add up", "rules": [{"do": "keep units"}, {"do": 7}]}]`: {`buffer[0].rules[1].do: want text, got the number 7`},
		`, "buffer": [{"do": "keep computed", "source": "sales"}]`:                   {`buffer[0].source: it cannot be set in a file`},
		`, "sessions": [{"name": "a", "start": "tomorrow", "end": 5}]`: {
			`sessions[0].end: want a moment such as "2026-12-01T18:00:00Z", got the number 5`, `sessions[0].start: want a moment such as "2026-12-01T18:00:00Z", got "tomorrow"`,
		},
		`, "locations": {"1": "a"}, "default_location": 3`: { // no word of what is missing
			`default_location: it is there twice`, `default_location: want text, got the number 3`, `locations.1: want a list, got text`, `locations: it is there twice`,
		},
		`, "collections": "daily"`:                           {`collections: want an object, got text`},
		`, "collections": {"days": [1]}`:                     {`collections.days: want an object, got a list`},
		`, "max_stock": null, "every": null, "buffer": null`: nil, // not set
	} {
		got := readErrors(t, more)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", more, diff)
		}
	}
}

func TestReadSettingsSuggestsNames(t *testing.T) {
	t.Parallel()
	want := []string{
		`buffer[0].unit: unknown setting; did you mean "units"?`, `collections.zones: unknown setting; did you mean "zone"?`, `colour: unknown setting`, `every.order: unknown setting; did you mean "orders"?`,
		`sesions: unknown setting; did you mean "sessions"?`,
	}
	got := readErrors(t, `, "colour": 1, "sesions": [], "collections": {"zones": "Europe/London"}, "every": {"order": "1m"}, "buffer": [{"do": "keep units", "unit": 1}]`)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every bad rule, session and row is named.
func TestReadSettingsNamesEveryRule(t *testing.T) {
	t.Parallel()
	want := []string{
		`buffer[0]: keep units: Units -1 is negative`, `buffer[2].rules[0]: Do "x" is no action`, `sessions[0]: Name is empty`,
		`sessions[1] (b): End 2026-12-01T18:00:00Z is not after Start 2026-12-01T18:00:00Z`, `sessions[1].rule: Do is not set`,
		`measures[0]: 1 columns, not measure, market, from, limit, window, model, source`, `status_table[0]: 1 words, not model, status, state and action`, `status_table[2]: "nowhere" is not a state of the warehouse`,
	}
	got := readErrors(t, `, "buffer": [{"do": "keep units", "units": -1}, {"do": "keep units"}, {"do": "add up", "rules": [{"do": "x"}]}],
		"sessions": [{"start": "2026-12-01T18:00:00Z", "end": "2026-12-01T20:00:00Z", "rule": {"do": "keep units"}},
			{"name": "b", "start": "2026-12-01T18:00:00Z", "end": "2026-12-01T18:00:00Z"}],
		"measures": ["nonsense"], "status_table": ["nonsense", "seller UNPAID absent skip", "seller UNPAID nowhere skip"]`)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Rows that contradict one another are seen only together.
	got = readErrors(t, `, "status_table": ["seller UNPAID absent skip", "seller UNPAID absent wait"]`)
	if len(got) != 1 || !strings.HasPrefix(got[0], "status_table: ") || !strings.Contains(got[0], "given twice") {
		t.Errorf("two rows for one cell: got %q", got)
	}
}

// A pace that would storm is refused, in a file and by NewSync.
func TestSettingsHaveALeastPace(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"orders", "stock", "dispatch", "deadlines"} {
		for pace, refused := range map[string]bool{"1ns": true, "4999ms": true, "5s": false, "0s": false} {
			got := readErrors(t, `, "every": {"`+name+`": "`+pace+`"}`)
			if (len(got) > 0) != refused || refused && (!strings.Contains(got[0], "every."+name) || !strings.Contains(got[0], bridge.LeastPace.String())) {
				t.Errorf("every.%s of %s: got %q, want refused: %t", name, pace, got, refused)
			}
		}
	}
	s, settings := newSides(t, "GB"), syncSettings()
	settings.Every.Stock = bridge.Duration(time.Millisecond)
	if _, err := bridge.NewSync(s.shop, s.book, new(bridge.Memory).Shop("uk-shop"), settings); err == nil || !strings.Contains(err.Error(), "every.stock: 1ms is too fast") {
		t.Errorf("NewSync: got %v", err)
	}
}

// How an editor saves a file is no reason to refuse it, or it is said how to.
func TestReadSettingsEncodings(t *testing.T) {
	t.Parallel()
	const text = `{"shop": "uk", "locations": {"1": ["a"]}, "default_location": "a"}`
	if s, err := bridge.ReadSettings(strings.NewReader("\xef\xbb\xbf" + text)); err != nil || s.Shop != "uk" {
		t.Errorf("behind a byte order mark: %v, %v", s, err)
	}
	for in, want := range map[string]string{
		"\xff\xfe{\x00}\x00":      "save it as UTF-8",
		"\xfe\xff\x00{\x00}":      "save it as UTF-8",
		"{\"shop\": \"Caf\xe9\"}": "save it as UTF-8",
		"":                        "there is nothing in it",
		" \n":                     "there is nothing in it",
		"\xef\xbb\xbf":            "there is nothing in it",
		"{\n  \"shop\": \"ü\", \"locations\" {}\n}": "line 2, column 28: this is not JSON",
		`{"shop": "uk"`: "the text breaks off",
		`["uk"]`:        "want one object, got a list",
		"{} \n{}":       "line 2, column 1: something comes behind",
		"null":          "want one object, got nothing",
	} {
		_, err := bridge.ReadSettings(strings.NewReader(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", in, err, want)
		}
	}
}

// Every setting that there is can be written and read again: none is unknown to the
// reader.
func TestSettingsOfEveryKindAreRead(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(bridge.Settings{Shop: "uk", Sessions: make([]bridge.Session, 1), ZeroStock: true, CancelReasons: []string{"x"}})
	must(t, err)
	_, err = bridge.ReadSettings(strings.NewReader(string(text)))
	if err == nil || strings.Contains(err.Error(), "unknown setting") || strings.Contains(err.Error(), "want ") {
		t.Errorf("got %v, want only that settings are missing", err)
	}
}

// The least settings that the documentation shows are enough.
func TestSettingsExampleInTheDocumentation(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("settings.go")
	must(t, err)
	_, text, ok := strings.Cut(string(source), "The least is\n//\n")
	text, _, closed := strings.Cut(text, "\n//\n// with")
	if !ok || !closed {
		t.Fatal("the documentation of Settings shows no example")
	}
	s, err := bridge.ReadSettings(strings.NewReader(strings.ReplaceAll(text, "//\t", "")))
	if err != nil || s.Shop != "uk-shop" || len(s.Locations) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}
