package bridge_test

import (
	"encoding/json"
	"os"
	"reflect"
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

const noZone = `collections.zone: "" is no time zone such as Europe/London (a system without time zones needs a program that imports time/tzdata)`

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
			`sessions[0].end: want a moment such as "2026-12-01T18:00:00Z", got the number 5`, `sessions[0].rule.do: not set`, `sessions[0].start: want a moment such as "2026-12-01T18:00:00Z", got "tomorrow"`,
		},
		`, "locations": {"1": "a"}, "default_location": 3`: { // no word of what is missing
			`default_location: it is there twice`, `default_location: want text, got the number 3`, `locations.1: want a list, got text`, `locations: it is there twice`,
		},
		`, "collections": "daily"`:                           {`collections: want an object, got text`},
		`, "collections": {"days": [1]}`:                     {`collections.days: want an object, got a list`, noZone},
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
		`buffer[0].unit: unknown setting; did you mean "units"?`, `collections.zones: unknown setting; did you mean "zone"?`, `collections.days: none: name the weekdays with a collection`, `colour: unknown setting`, `every.order: unknown setting; did you mean "orders"?`,
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
		`buffer[0].units: -1 is negative`, `buffer[2].rules[0].do: "x" is no action`, `sessions[0].name: empty`,
		`sessions[1].end: 2026-12-01T18:00:00Z is not after Start 2026-12-01T18:00:00Z`, `sessions[1].rule.do: not set`,
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

// A value that cannot be read hides nothing else that is wrong, at any depth: not in the
// same object, list or map, and not behind it in the file. What was written is not said
// to be missing too.
func TestReadSettingsHidesNoMistake(t *testing.T) {
	t.Parallel()
	for more, want := range map[string][]string{
		`, "every": {"orders": 30, "stock": "1ms", "dispach": "1m"}`: {
			`every.dispach: unknown setting; did you mean "dispatch"?`, `every.orders: want a duration such as "90s" or "1h30m", got the number 30`, `every.stock: 1ms is too short: the least is 5s`,
		},
		`, "buffer": [{"do": "keep unit", "units": "2", "sku": ["A"]}, {"do": "keep units", "units": -1}]`: {
			`buffer[0].do: "keep unit" is no action; did you mean "keep units"?`, `buffer[0].sku: unknown setting; did you mean "skus"?`, `buffer[0].units: want a whole number, got text`, `buffer[1].units: -1 is negative`,
		},
		`, "buffer": [{"do": "add up", "rules": [7, {"do": "heaviest", "rules": [{"do": "keep percent", "percent": 101, "round": 5, "skus": ["A", 1, ""]}]}]}]`: {
			`buffer[0].rules[0]: want an object, got the number 7`,
			`buffer[0].rules[1].rules[0].percent: 101 is over 100`, `buffer[0].rules[1].rules[0].round: want text, got the number 5`,
			`buffer[0].rules[1].rules[0].skus[1]: want text, got the number 1`, `buffer[0].rules[1].rules[0].skus[2]: empty`,
		},
		`, "carriers": {"DPD": 1, "Evri": "", "Royal Mail 48": {}}`: {
			`carriers."Royal Mail 48": want text, got an object`, `carriers.DPD: want text, got the number 1`, `carriers.Evri: empty`,
		},
		`, "collections": {"zone": 1, "days": {"monday": 17, "tuesday": "5pm", "mittwoch": "17:00"}, "holidays": ["x", 5]}`: {
			`collections.days.mittwoch: no weekday such as monday`, `collections.days.monday: want text, got the number 17`, `collections.days.tuesday: "5pm" is no time such as 17:30`,
			`collections.holidays[0]: "x" is no date such as 2026-12-25`, `collections.holidays[1]: want text, got the number 5`, `collections.zone: want text, got the number 1`,
		},
		`, "sessions": [{"names": "tea", "start": "2026-12-01T18:00:00Z", "end": "2026-12-01T17:00:00Z", "ahead": "-5m", "rule": {"do": 5}}]`: {
			`sessions[0].ahead: -5m0s is negative`, `sessions[0].end: 2026-12-01T17:00:00Z is not after Start 2026-12-01T18:00:00Z`,
			`sessions[0].names: unknown setting; did you mean "name"?`, `sessions[0].rule.do: want text, got the number 5`,
		},
		`, "measures": ["nonsense", 5], "kinds": [5, "nonsense"], "status_table": "nonsense"`: {
			`kinds[0]: want text, got the number 5`, `kinds[1]: 1 columns, not kind, import, cancel, refund, revenue, measures`, `measures[0]: 1 columns, not measure, market, from, limit, window, model, source`,
			`measures[1]: want text, got the number 5`, `status_table: want a list, got text`,
		},
		// The first of two counts for nothing, and is looked at all the same.
		`, "every": {"orders": 5, "orders": "1m"}, "every": {"stock": "1ms"}`: {
			`every.orders: it is there twice`, `every.orders: want a duration such as "90s" or "1h30m", got the number 5`, `every.stock: 1ms is too short: the least is 5s`, `every: it is there twice`,
		},
	} {
		got := readErrors(t, more)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", more, diff)
		}
	}
	// What is misspelt is not missing too, and all of the required ones are.
	_, err := bridge.ReadSettings(strings.NewReader(`{"shpo": "uk", "locatoins": {}, "default_locations": "a"}`))
	if err == nil || strings.Count(err.Error(), "\n") != 2 || strings.Count(err.Error(), "did you mean") != 3 {
		t.Errorf("misspelt names: got %v, want three lines", err)
	}
}

// Values that some part would take and that nobody can mean.
func TestReadSettingsRefusesAbsurdValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 201)
	for more, want := range map[string]string{
		`"locations": {"w": ["l", "m", "l"]}`:                                   `locations.w[2]: "l" is in the list twice`,
		`"locations": {"w": ["5A2D", "5a2d"]}`:                                  `locations.w[1]: "5a2d" is in the list twice`,
		`"locations": {"w": ["l", ""]}`:                                         `locations.w[1]: empty`,
		`"locations": {"w": []}`:                                                `locations.w: none`,
		`"locations": {"w": null}`:                                              `locations.w: none`,
		`"locations": {" w": ["l"]}`:                                            `locations." w": " w" has a blank at an end`,
		`"locations": {"w": ["l\t"]}`:                                           `locations.w[0]: "l\t" has a blank at an end`,
		`"locations": {"w": ["l\u0000m"]}`:                                      `locations.w[0]: "l\x00m" has a character that cannot be seen`,
		`"locations": {"w": ["` + long + `"]}`:                                  `longer than 200 bytes`,
		`"default_location": " "`:                                               `default_location: empty`,
		`"default_location": "l "`:                                              `default_location: "l " has a blank at an end`,
		`"sub_source": "uk\u200b"`:                                              `sub_source: "uk\u200b" has a character that cannot be seen`,
		`"shop": "uk "`:                                                         `shop: `,
		`"platform_location": " "`:                                              `platform_location: empty`,
		`"platform_location": "L"`:                                              `platform_location: L feeds the shop`,
		`"skus": {"1": "MUG "}`:                                                 `skus.1: "MUG " has a blank at an end`,
		`"skus": {" 1": "MUG"}`:                                                 `skus." 1": " 1" has a blank at an end`,
		`"services": {"": "x"}`:                                                 `services."": empty`,
		`"carriers": {"DPD": " "}`:                                              `carriers.DPD: empty`,
		`"reject_reasons": ["a", "b", "a"]`:                                     `reject_reasons[2]: "a" is in the list twice`,
		`"cancel_reasons": ["", "x_out_of_stock"]`:                              "cancel_reasons[0]: empty\ncancel_reasons[1]: with",
		`"selling_statuses": [""]`:                                              `selling_statuses[0]: empty`,
		`"max_stock": 1000000`:                                                  `max_stock: 1000000 is too many: the most is 999999`,
		`"zero_after": "1m"`:                                                    `zero_after: 1m0s is too short: the least is 5m0s`,
		`"max_stock": -1`:                                                       `max_stock: -1 is negative`,
		`"units": {"weight": "stone", "length": "cm"}`:                          `units.weight: want one of g, kg, lb, oz`,
		`"units": {"length": "yd"}`:                                             `units.length: want one of cm, in, m, mm`,
		`"keep_items": {"MUG": -1}`:                                             `keep_items.MUG: -1 is negative`,
		`"keep_items": {"MUG": 1000000}`:                                        `keep_items.MUG: 1000000 is too many: the most is 999999`,
		`"leave_alone": ["MUG", "mug", "MUG"]`:                                  `leave_alone[2]: "MUG" is in the list twice`,
		`"buffer": [{"do": "keep percent", "percent": 1e400}]`:                  `buffer[0].percent: `,
		`"leave_alone": ["MUG", "mug "]`:                                        `leave_alone[1]: "mug " has a blank at an end`,
		`"finance": {"fees": ["GB 2026-01-01"]}`:                                `finance.fees[0]: fee rules: row 1 has 2 words`,
		`"returns": {"stalled_days": 61, "lost_reasons": [""]}`:                 `returns.stalled_days: 61`,
		`"orders_per_day": 2000000000, "zone": "Europe/London"`:                 `orders_per_day: 2000000000 is too many`,
		`"zone": "Local"`:                                                       `zone: "Local" is no time zone`,
		`"zone": "` + long + `"`:                                                `is no time zone`,
		`"buffer": [{"do": "keep units", "units": 20000000}]`:                   `buffer[0].units: 20000000 is more than any warehouse holds`,
		`"buffer": [{"do": "publish at most", "units": 5, "percent": 3}]`:       `buffer[0].percent: set, but "publish at most" does not use it`,
		`"buffer": [{"do": "keep computed"}]`:                                   `buffer[0].source: not set: only a program can bring`,
		`"buffer": [{"do": "keep units", "skus": [" "]}]`:                       `buffer[0].skus[0]: empty`,
		`"market": "XX"`:                                                        `market: "XX" is no market: there are BR, DE, ES, FR, GB,`,
		`"market": "UK"`:                                                        `market: "UK" is no market`,
		`"market": " GB"`:                                                       `market: " GB" is no market`,
		`"first_look": "-1h"`:                                                   `first_look: -1h0m0s is negative`,
		`"first_look": "87600h"`:                                                `first_look: 87600h0m0s is too long: the most is 8784h0m0s`,
		`"forget_after": "-1ns"`:                                                `forget_after: -1ns is negative`,
		`"forget_after": "2540400h"`:                                            `forget_after: 2540400h0m0s is too long`,
		`"every": {"orders": "25h"}`:                                            `every.orders: 25h0m0s is too long: the most is 24h0m0s`,
		`"every": {"deadlines": "-5m"}`:                                         `every.deadlines: -5m0s is negative`,
		`"sessions": [` + session(`"ahead": "9000h"`) + `]`:                     `sessions[0].ahead: 9000h0m0s is too long`,
		`"late_requests": "Reject"`:                                             `late_requests: "Reject" is neither`,
		`"collections": {"zone": "Europe/London", "days": {"Monday": "17:00"}}`: `collections.days.Monday: no weekday such as monday`,
		`"cut_off": "` + strings.Repeat("label printed", 500) + `"`:             `cut_off: `,
		`"buffer": ` + strings.Repeat(`[{"rules": `, 40) + `5` + strings.Repeat(`}]`, 40): `nested too deep`,
		`"kinds": [` + strings.Repeat(`5,`, 300) + `5]`:                                   `and 101 more`,
	} {
		text := `{"shop": "uk", "locations": {"1": ["l"]}, "default_location": "l"}`
		if name, _, _ := strings.Cut(more, ":"); strings.Contains(text, name+":") { // in place of it
			text = strings.Replace(text, name+":", `"unused":`, 1)
		}
		_, err := bridge.ReadSettings(strings.NewReader(text[:len(text)-1] + ", " + more + "}"))
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 20_000 {
			t.Errorf("%s:\ngot %v\nwant %q", more[:min(len(more), 200)], err, want)
		}
	}
	for _, more := range []string{ // what is odd and may be meant
		`"market": "SG"`, `"market": "XX", "measures": ["valid_tracking XX ? >=90 ? * a mail"]`, `"max_stock": 999999`, `"first_look": "8784h"`, `"every": {"stock": "24h"}`,
		`"buffer": [{"do": "keep units", "skus": ["MUG "]}]`, `"locations": {"a": ["l"], "b": ["l"]}`, `"zone": "UTC"`,
	} {
		text := `{"shop": "uk", "default_location": "l", ` + more + `}`
		if !strings.Contains(more, "locations") {
			text = `{"locations": {"1": ["l"]}, ` + text[1:]
		}
		if _, err := bridge.ReadSettings(strings.NewReader(text)); err != nil {
			t.Errorf("%s: got %v, want it taken", more, err)
		}
	}
}

func session(more string) string {
	return `{"name": "tea", "start": "2026-12-01T18:00:00Z", "end": "2026-12-01T20:00:00Z", "rule": {"do": "keep units"}, ` + more + `}`
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
	if _, err := bridge.NewSync(s.shop, s.book, new(bridge.Memory).Shop("uk-shop"), settings); err == nil || !strings.Contains(err.Error(), "every.stock: 1ms is too short") {
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
		`["uk"]`:        "want an object, got a list",
		"{} \n{}":       "line 2, column 1: something comes behind",
		"null":          "want an object, got nothing",
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

// A copy of the settings shares no map and no list with them, also of a setting that is
// added tomorrow.
func TestSettingsClone(t *testing.T) {
	t.Parallel()
	var settings bridge.Settings
	fill(reflect.ValueOf(&settings).Elem(), 3)
	clone := bridge.CloneSettings(settings)
	if diff := cmp.Diff(settings, clone); diff != "" {
		t.Errorf("settings -, copy +:\n%s", diff)
	}
	shared(t, "settings", reflect.ValueOf(settings), reflect.ValueOf(clone))
}

// fill puts one entry into every list and map of v, and something behind every pointer.
// Lists of their own kind end at depth.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() && f.Kind() != reflect.Interface {
				fill(f, depth)
			}
		}
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0), depth-1)
		}
	case reflect.Map:
		elem := reflect.New(v.Type().Elem()).Elem()
		fill(elem, depth-1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.Zero(v.Type().Key()), elem)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth-1)
	}
}

// shared tells what a and b, of which one is a copy of the other, have in common.
func shared(t *testing.T, path string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range a.NumField() {
			shared(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Slice, reflect.Map, reflect.Pointer:
		if a.IsNil() {
			return
		}
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
		switch a.Kind() {
		case reflect.Pointer:
			shared(t, path, a.Elem(), b.Elem())
		case reflect.Slice:
			for i := range a.Len() {
				shared(t, path+"[]", a.Index(i), b.Index(i))
			}
		default:
			for _, key := range a.MapKeys() {
				shared(t, path+"[]", a.MapIndex(key), b.MapIndex(key))
			}
		}
	}
}

// What is wrong with the printing view and the shipping rules is told by its path.
func TestShippingSettings(t *testing.T) {
	for text, want := range map[string][]string{
		`, "print_view": {"folder": "Ready"}, "shipping_rules": [{"service": "Tracked 48"}]`: nil,
		`, "print_view": {}`: {`print_view: choose one of identifier, folder and parked`},
		`, "print_view": {"folder": "Ready", "parked": true}, "shipping_rules": [{"model": "x", "service": "a"}, {}]`: {
			`print_view: choose one of identifier, folder and parked`, `shipping_rules[0].model: "x" is neither "seller" nor "tiktok"`, `shipping_rules[1].service: empty: name the postal service of the warehouse`,
		},
		`, "shipping_rules": [{"service": "Tracked 48"}]`: {`shipping_rules: without print_view nobody applies them`},
	} {
		if diff := cmp.Diff(want, readErrors(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
