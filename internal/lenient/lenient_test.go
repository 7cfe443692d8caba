package lenient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// amount has a decoder of its own, as the value types of the clients.
type amount string

func (a *amount) UnmarshalJSON(b []byte) error {
	if b[0] == '{' || b[0] == '[' || b[0] == 't' {
		return errors.New("not an amount: " + string(b))
	}
	*a = amount(strings.Trim(string(b), `"`))
	return nil
}

type token struct{ text string }

func (t *token) UnmarshalText(b []byte) error { t.text = string(b); return nil }

type base struct {
	Depth int
	Name  string `json:"base_name"`
}

type line struct {
	ID    string `json:"id"`
	SKU   string `json:"seller_sku"`
	Count int    `json:"count"`
	Lines []line `json:"lines"`
}

type record struct {
	base

	ID      string                `json:"id"`
	Status  string                `json:"status"`
	Paid    bool                  `json:"paid"`
	Count   int                   `json:"count"`
	Small   int8                  `json:"small"`
	Size    uint16                `json:"size"`
	Ratio   float64               `json:"ratio"`
	Amount  amount                `json:"amount"`
	Token   token                 `json:"token"`
	At      *time.Time            `json:"at"`
	Address struct{ Town string } `json:"address"`
	Lines   []line                `json:"lines"`
	Rights  []int                 `json:"rights"`
	ByName  map[string]line       `json:"by_name"`
	Any     any                   `json:"any"`
	Raw     json.RawMessage       `json:"raw"`
	Bytes   []byte                `json:"bytes"`
	Pointer *int                  `json:"pointer"`
	Self    *record               `json:"self"`
}

type reply struct {
	Records []record `json:"records"`
	Total   int      `json:"total"`
	Next    string   `json:"next_page_token"`
	Meta    struct {
		Pages int `json:"pages"`
	} `json:"meta"`
}

var compare = cmp.AllowUnexported(record{}, token{})

// One odd member in the second of two records, that stands for a value.
func TestSameValue(t *testing.T) {
	for odd, want := range map[string]record{
		`"status":7`:                           {Status: "7"},
		`"status":1e3`:                         {Status: "1e3"},
		`"status":true`:                        {Status: "true"},
		`"id":576461413038785752`:              {ID: "576461413038785752"},
		`"paid":"true "`:                       {Paid: true},
		`"paid":"FALSE"`:                       {},
		`"paid":1`:                             {Paid: true},
		`"paid":""`:                            {},
		`"count":" 7"`:                         {Count: 7},
		`"count":7.00`:                         {Count: 7},
		`"count":7e2`:                          {Count: 700},
		`"count":""`:                           {},
		`"count":"9007199254740993"`:           {Count: 9007199254740993},
		`"size":"65535"`:                       {Size: 65535},
		`"ratio":"1.50"`:                       {Ratio: 1.5},
		`"amount":10.10,"count":"1"`:           {Amount: "10.10", Count: 1},
		`"token":5`:                            {Token: token{"5"}},
		`"address":[]`:                         {},
		`"address":""`:                         {},
		`"address":{"town":5}`:                 {Address: struct{ Town string }{"5"}},
		`"lines":{}`:                           {},
		`"lines":""`:                           {},
		`"lines":" "`:                          {},
		`"lines":[{"id":9,"count":"2"}]`:       {Lines: []line{{ID: "9", Count: 2}}},
		`"lines":[],"count":"1"`:               {Lines: []line{}, Count: 1},
		`"rights":["1",2]`:                     {Rights: []int{1, 2}},
		`"by_name":[]`:                         {},
		`"by_name":{"a\"b":{"count":"1"}}`:     {ByName: map[string]line{`a"b`: {Count: 1}}},
		`"any":{"x":[1]},"count":"1"`:          {Any: map[string]any{"x": []any{1.0}}, Count: 1},
		`"raw":{"x":[1]},"count":"1"`:          {Raw: json.RawMessage(`{"x":[1]}`), Count: 1},
		`"bytes":"aGk=","count":"1"`:           {Bytes: []byte("hi"), Count: 1},
		`"pointer":"3"`:                        {Pointer: new(3)},
		`"pointer":null,"count":"1"`:           {Count: 1},
		`"self":{"self":{"count":"1"}}`:        {Self: &record{Self: &record{Count: 1}}},
		`"depth":"3","base_name":4`:            {base: base{3, "4"}},
		`"STATUS":7`:                           {Status: "7"},
		`"st\u0061tus":7`:                      {Status: "7"},
		`"unknown":{"a":["\"]}"]},"count":"1"`: {Count: 1},
		`"status":"\ud83d\ude00","count":"1"`:  {Status: "😀", Count: 1},
	} {
		for _, form := range []string{`{"records":[{"small":1},{%s}],"total":2}`, " { \"records\" : [ { \"small\" : 1 } ,\n{%s}\t]\r, \"total\" : 2 } "} {
			var got reply
			unread, err := Unmarshal(fmt.Appendf(nil, form, odd), &got)
			if err != nil || len(unread) != 0 {
				t.Errorf("%s: %v, %v", odd, unread, err)
			}
			if d := cmp.Diff(reply{Records: []record{{Small: 1}, want}, Total: 2}, got, compare); d != "" {
				t.Errorf("%s (-want +got):\n%s", odd, d)
			}
		}
	}
}

// What cannot be read costs the record of the outermost list, or is the reply's.
func TestUnread(t *testing.T) {
	const others = `{"id":"1"},{"id":"3"}`
	for in, want := range map[string][]string{
		`{"records":[{"id":"2","count":1.5},` + others + `]}`:                                  {"records[0] (id 2): count is a JSON number, not a int"},
		`{"records":[{"count":"MARKED","order_id":2},` + others + `]}`:                         {"records[0] (id 2): count is a JSON string, not a int"},
		`{"records":[{"id":"2","paid":"MARKED"},` + others + `]}`:                              {"records[0] (id 2): paid is a JSON string, not a bool"},
		`{"records":[{"id":"2","paid":2,"count":{}},` + others + `]}`:                          {"records[0] (id 2): paid is a JSON number, not a bool"},
		`{"records":[{"id":"2","status":{}},` + others + `]}`:                                  {"records[0] (id 2): status is a JSON object, not a string"},
		`{"records":[{"id":"2","small":128},` + others + `]}`:                                  {"records[0] (id 2): small is a JSON number, not a int8"},
		`{"records":[{"id":"2","size":-1},` + others + `]}`:                                    {"records[0] (id 2): size is a JSON number, not a uint16"},
		`{"records":[{"id":"2","ratio":"0x1p4"},` + others + `]}`:                              {"records[0] (id 2): ratio is a JSON string, not a float64"},
		`{"records":[{"id":"2","amount":{"a":"MARKED"}},` + others + `]}`:                      {"records[0] (id 2): amount is a JSON object that is no lenient.amount"},
		`{"records":[{"id":"2","at":"MARKED"},` + others + `]}`:                                {"records[0] (id 2): at is a JSON string that is no time.Time"},
		`{"records":[{"id":"2","lines":[{"id":"9","lines":[{"count":"x"}]}]},` + others + `]}`: {"records[0] (id 2): lines.lines.count is a JSON string, not a int"},
		`{"records":[{"id":"2","lines":5},` + others + `]}`:                                    {"records[0] (id 2): lines is a JSON number, not a []lenient.line"},
		`{"records":[{"id":"2","bytes":"?"},` + others + `]}`:                                  {"records[0] (id 2): bytes is no base64"},
		`{"records":[5,` + others + `,"x"]}`:                                                   {"records[0]: the value is a JSON number, not a lenient.record", "records[3]: the value is a JSON string, not a lenient.record"},
		`{"records":[{"name":"MARKED","buyer_id":"MARKED","count":[]},` + others + `]}`:        {"records[0]: count is a JSON array, not a int"},
		`{"records":[{"id":"Ada Lovelace","pkOrderID":7,"count":[]},` + others + `]}`:          {"records[0] (id 7): count is a JSON array, not a int"},
		`{"records":[` + others + `],"total":"MARKED","next_page_token":5}`:                    {"total is a JSON string, not a int"},
		`{"records":[` + others + `],"next_page_token":false,"total":"x"}`:                     {"total is a JSON string, not a int"},
		`{"records":[` + others + `],"next_page_token":true}`:                                  {"next_page_token is a JSON bool, not a string"},
		`{"records":[` + others + `],"meta":{"pages":[]},"total":"x"}`:                         {"meta.pages is a JSON array, not a int", "total is a JSON string, not a int"},
	} {
		var got reply
		unread, err := Unmarshal([]byte(in), &got)
		var texts []string
		for _, u := range unread {
			texts = append(texts, u.String())
		}
		if d := cmp.Diff(want, texts); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", in, err, d)
		}
		if d := cmp.Diff([]record{{ID: "1"}, {ID: "3"}}, got.Records, compare); d != "" {
			t.Errorf("%s: the others (-want +got):\n%s", in, d)
		}
		if got.Next == "false" || got.Next == "true" {
			t.Errorf("%s: the page token %q", in, got.Next)
		}
		if strings.Contains(strings.Join(texts, ""), "MARKED") {
			t.Errorf("%s: a value is repeated: %q", in, texts)
		}
	}
}

// The payload of a reply must be of its kind: nothing is not an empty one.
func TestRoot(t *testing.T) {
	for in, out := range map[string]any{
		`{}`: new([]line), `""`: new([]line), `{"a":1}`: new([]line), `[]`: new(line), `"x"`: new(line), `[1]`: new(line), `5`: new(map[string]line),
	} {
		if unread, err := Unmarshal([]byte(in), out); err != nil || len(unread) != 1 || unread[0].Record || unread[0].Field != "" {
			t.Errorf("%s into %T: %v, %v", in, out, unread, err)
		}
	}
	// The payload may be a member.
	for in, want := range map[string]int{`{"code":"0","data":[]}`: 1, `{"code":"0","data":{"lines":{}}}`: 0, `{"code":[],"data":{}}`: 1} {
		var data line
		envelope := struct{ Code, Data any }{new(int), &data}
		if unread := Read([]byte(in), &envelope, 1); len(unread) != want {
			t.Errorf("%s: %v, want %d", in, unread, want)
		}
	}
	var list []line
	unread, err := Unmarshal([]byte(`[{"id":"1"},{"id":"2","count":"x"}]`), &list)
	if len(list) != 1 || err != nil || len(unread) != 1 || unread[0].String() != "record[1] (id 2): count is a JSON string, not a int" {
		t.Errorf("a list: %v, %v, %v", list, unread, err)
	}
	var byID map[string]line
	unread, err = Unmarshal([]byte(`{"a":{"id":"1"},"b":{"count":"x"},"Ada Lovelace":5}`), &byID)
	if len(byID) != 1 || err != nil || len(unread) != 2 ||
		unread[0].String() != "record (id b): count is a JSON string, not a int" || unread[1].String() != "record: the value is a JSON number, not a lenient.line" {
		t.Errorf("a map: %v, %v, %v", byID, unread, err)
	}
	for _, in := range []string{``, `{`, `<html>`, `{"id":"1"} x`} {
		if _, err := Unmarshal([]byte(in), new(line)); err == nil {
			t.Errorf("%q was read", in)
		}
	}
}

// Where a field must be there, absent is not zero, in replies that are else as
// described too.
func TestMissing(t *testing.T) {
	type level struct {
		At    string `json:"at"`
		Count int    `json:"count" reply:"always"`
		Free  *int   `json:"free" reply:"always"`
	}
	type item struct {
		ID     string            `json:"id"`
		Levels []level           `json:"levels"`
		ByName map[string]*level `json:"by_name"`
		Part   *item             `json:"part"`
	}
	type one struct {
		Name  string `json:"name"`
		Level level  `json:"level" reply:"always"`
	}
	for in, want := range map[string]string{
		`{"levels":[{"count":0,"free":0},{"Free":1,"COUNT":2,"x":{}}]}`:      "",
		`{"levels":[],"by_name":{},"part":null}`:                             "",
		`{"levels":null,"by_name":{"a":null},"part":{"id":"3","levels":[]}}`: "",
		`{"levels":[{"count":"0","free":"7"}]}`:                              "",
		`{"levels":[{"count":1,"free":1},{"free":1}]}`:                       "levels.count is missing",
		`{"levels":[{"count":null,"free":1}]}`:                               "levels.count is missing",
		`{"levels":[{"count":" ","free":1}]}`:                                "levels.count is missing",
		`{"levels":[{"count":1,"free":""}]}`:                                 "levels.free is missing",
		`{"levels":[{}]}`:                                                    "levels.count is missing",
		`{"by_name":{"a":{"count":1}}}`:                                      "by_name.free is missing",
		`{"part":{"part":{"levels":[{"at":"x"}]}}}`:                          "part.part.levels.count is missing",
		`{"levels":[{"count":"MARKED","free":1}]}`:                           "levels.count is a JSON string, not a int",
	} {
		var got []item
		unread, err := Unmarshal([]byte(`[{"id":"1"}, `+strings.Replace(in, "{", `{"id":"2",`, 1)+`]`), &got)
		text, n := "", 2
		for _, u := range unread {
			text, n = text+u.String(), 1
		}
		if want != "" {
			want = "record[1] (id 2): " + want
		}
		if err != nil || text != want || len(got) != n {
			t.Errorf("%s: %d of 2, %q, %v; want %q", in, len(got), text, err, want)
		}
	}
	// What stood there before is no answer.
	used := []level{{Count: 7, Free: new(int)}}
	if unread, err := Unmarshal([]byte(`[{"at":"x"}]`), &used); err != nil || len(unread) != 1 || len(used) != 0 {
		t.Errorf("over what was read before: %v, %v, %v; want the level to be missing", used, unread, err)
	}
	// Outside of a list it is the reply's fault.
	for in, want := range map[string]string{
		`{"name":"a","level":{"count":0,"free":0}}`: "",
		`{"name":"a","level":{"count":0}}`:          "level.free is missing",
		`{"name":"a","level":null}`:                 "level is missing",
		`{"name":"a","level":[]}`:                   "level is missing",
		`{"name":"a","level":{}}`:                   "level.count is missing, level.free is missing, level is missing",
		`{"name":"a"}`:                              "level is missing",
	} {
		var texts []string
		unread, err := Unmarshal([]byte(in), new(one))
		for _, u := range unread {
			texts = append(texts, u.String())
		}
		if got := strings.Join(texts, ", "); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
}

// A null among records is a record that did not come, not one of zeros.
func TestNullElements(t *testing.T) {
	t.Parallel()
	type part struct {
		ID    string            `json:"id"`
		Parts []*part           `json:"parts"`
		Tags  []string          `json:"tags"`
		Any   []any             `json:"any"`
		Map   map[string][]part `json:"map"`
	}
	// A list of texts may have an empty one, and what is documented without fields
	// has none.
	texts, empties := []string(nil), []struct{}(nil)
	for in, out := range map[string]any{`["",null,7]`: &texts, `[{},{"x":1}]`: &empties} {
		if unread, err := Unmarshal([]byte(in), out); len(unread) > 0 || err != nil {
			t.Errorf("%s: %v, %v", in, unread, err)
		}
	}
	if len(texts) != 3 || len(empties) != 2 {
		t.Errorf("read %q and %v", texts, empties)
	}
	var kept []part
	if unread, err := UnmarshalAll([]byte(`[null,{"id":"2","tags":7}]`), &kept); len(unread) != 1 || err != nil || len(kept) != 2 || kept[1].ID != "2" {
		t.Errorf("looked into, with another fault: %+v, %v, %v", kept, unread, err)
	}
	for in, want := range map[string]string{
		`[{"id":"1"}]`:                             "",
		`[null]`:                                   "record[0]: the value is null",
		"[{\"id\":\"1\"}, \n null]":                "record[1]: the value is null",
		`[null,{"id":"2"},null]`:                   "record[0]: the value is null; record[2]: the value is null",
		`[{"id":"1","parts":[{"id":"2"},null]}]`:   "record[0] (id 1): parts is null",
		`[{"id":"1","map":{"a":[null]}}]`:          "record[0] (id 1): map is null",
		`[{"id":"1","parts":null,"map":null}]`:     "",
		`[{}]`:                                     "record[0]: the value is an empty object",
		"[{\"id\":\"1\"}, { \n }]":                 "record[1]: the value is an empty object",
		`[[],{"id":"1"},""]`:                       "record[0]: the value is an empty array; record[2]: the value is an empty string",
		`[{"id":"1","parts":[{}],"any":[{}]}]`:     "",
		`[{"id":"1","parts":[[]]}]`:                "record[0] (id 1): parts is an empty array",
		`[{"id":"1","tags":[null],"any":[null]}]`:  "",
		`[{"id":"1","tags":["[null]",",null"]}]`:   "",
		`[{"id":"1","tags":["a"],"parts":[null]}]`: "record[0] (id 1): parts is null",
	} {
		var got []part
		unread, err := Unmarshal([]byte(in), &got)
		var texts []string
		for _, u := range unread {
			texts = append(texts, u.String())
		}
		if text := strings.Join(texts, "; "); err != nil || text != want {
			t.Errorf("%s: %q, %v; want %q", in, text, err, want)
		}
		for _, p := range got {
			if p.ID == "" && len(p.Tags) == 0 {
				t.Errorf("%s: a record without anything is handed out: %+v", in, p)
			}
		}
		if looked, err := UnmarshalAll([]byte(in), new([]part)); err != nil || len(looked) > 0 && !strings.Contains(in, "[[]") {
			t.Errorf("%s: looked into, %v, %v", in, looked, err)
		}
	}
}

// What is read after a value that was only looked through is read all the same.
func TestIncompleteIsSeenToTheEnd(t *testing.T) {
	type level struct {
		Count int `json:"count" reply:"always"`
	}
	type item struct {
		First, Second level
		List          []level
		Map           map[string]level
	}
	for in, want := range map[string]bool{
		`{"First":{"count":1},"Second":{"count":1},"List":[{"count":1},{"count":2}]}`: true,
		`{"First":{},"Second":{"count":1}}`:                                           false,
		`{"First":{"count":1},"Second":{}}`:                                           false,
		`{"List":[{},{"count":1}]}`:                                                   false,
		`{"List":[{"count":1},{}]}`:                                                   false,
		`{"Map":{"a":{},"b":{"count":1}}}`:                                            false,
		`{"List":[{}],"First":{"count":1}}`:                                           false,
	} {
		if got := complete([]byte(in), infoOf(reflect.TypeFor[item]())); got != want {
			t.Errorf("%s: %t, want %t", in, got, want)
		}
	}
}

func TestKnowsAny(t *testing.T) {
	for in, want := range map[string]bool{
		`{}`: false, `{"Code":"-","Message":"boom"}`: false, `{"x":{"id":1}}`: false, ` { "x":1 , "ID":null } `: true, `[]`: true, `7`: true, ``: true,
	} {
		if got := KnowsAny([]byte(in), new(*line)); got != want {
			t.Errorf("%q: %t, want %t", in, got, want)
		}
	}
	if !KnowsAny([]byte(`{"x":1}`), new(map[string]int)) {
		t.Error("a map knows every member")
	}
}

func TestMember(t *testing.T) {
	const in = ` {"a" : [1,{"b":"\\\"}"}], "b":  "x\"}" ,"c":-1.5e3 } `
	for name, want := range map[string]string{"a": `[1,{"b":"\\\"}"}]`, "b": `"x\"}"`, "c": `-1.5e3`, "d": ""} {
		if got := string(Member([]byte(in), name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// FuzzRead holds the second reading against the first: it never panics, and what
// encoding/json takes, it takes the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"records":[{"id":"2","count":"1","paid":1,"lines":[{"count":{}}],"by_name":{"a":{}},"amount":{},"any":[1,null],"at":null}],"total":"x"}`,
		`{"records":[{"raw":[1],"bytes":"aGk=","pointer":3,"self":{"depth":1},"token":"t","ratio":1e400,"small":-129}]}`,
		`{"records":[{"l":9}]}`, `{"a":{"l":9}}`, `[{"ID":1e2},""]`, `{"\u0072ecords":{},"meta":[]}`, `"\ud800"`, "null", `{"total":1.0,"next":"\\\""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if !json.Valid(in) || repeats(in) {
			return // a repeated member is merged, in a way of encoding/json's own
		}
		for _, pair := range [][2]any{{new(reply), new(reply)}, {new([]record), new([]record)}, {new(map[string]*record), new(map[string]*record)}, {new(any), new(any)}} {
			unread := Read(in, pair[1], 0)
			for _, u := range unread {
				if u.Why == "" {
					t.Errorf("%q: no reason in %+v", in, u)
				}
			}
			if json.Unmarshal(in, pair[0]) != nil {
				continue
			}
			if slices.ContainsFunc(unread, func(u Unread) bool {
				return slices.ContainsFunc([]string{"empty", "null", "nothing", "no documented field"}, func(why string) bool { return strings.Contains(u.Why, why) })
			}) {
				continue // a record of a list or map that says nothing: encoding/json takes it for one
			}
			if d := cmp.Diff(pair[0], pair[1], compare); d != "" || len(unread) != 0 {
				t.Errorf("%q into %T: %v\n%s", in, pair[0], unread, d)
			}
		}
		_ = IDIn(in)
	})
}

// repeats reports whether an object has a member twice, in whatever letters.
func repeats(in []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(in))
	var open [][]string // the members of each object so far, nil for a list
	key := false
	for {
		tok, err := dec.Token()
		if err != nil {
			return false
		}
		last := len(open) - 1
		if name, ok := tok.(string); ok && last >= 0 && open[last] != nil && key {
			if slices.ContainsFunc(open[last], func(s string) bool { return strings.EqualFold(s, name) }) {
				return true
			}
			open[last], key = append(open[last], name), false
			continue
		}
		switch tok {
		case json.Delim('{'):
			open = append(open, []string{"\x00"})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:last]
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}

// benchReply returns a reply of 634 kB, as it should be and with one scalar of
// another kind.
func benchReply() (good, odd []byte) {
	row := `{"id":"576461413038785752","status":"AWAITING_SHIPMENT","paid":true,"count":7,"ratio":1.5,"amount":"53.00","address":{"Town":"London"},"lines":[{"id":"577086512123755123","seller_sku":"red_iphone_256","count":2}],"rights":[1,2],"unknown":"Women's Winter Crochet Clothes"}`
	good = []byte(`{"records":[` + strings.TrimSuffix(strings.Repeat(row+",", 634_000/len(row)), ",") + `]}`)
	return good, bytes.Replace(good, []byte(`"count":7`), []byte(`"count":"7"`), 1)
}

// One odd scalar costs a second reading, which takes as much memory as the first
// and a little for the scalars. A reading through maps of raw values takes seven
// times as much.
func TestMemory(t *testing.T) {
	good, odd := benchReply()
	read := func(in []byte) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var out reply
		if unread, err := Unmarshal(in, &out); err != nil || len(unread) > 0 {
			t.Fatal(unread, err)
		}
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	read(odd) // what is kept of the types
	if strict, lenient := read(good), read(odd); lenient > 3*strict {
		t.Errorf("%.0f bytes were allocated, %.1f times those of a strict reading; want at most 3 times", lenient, lenient/strict)
	}
}

// The metric is the time of the odd reply in times of the other.
func BenchmarkUnmarshal(b *testing.B) {
	good, odd := benchReply()
	read := func(in []byte) time.Duration {
		start := time.Now()
		var out reply
		if unread, err := Unmarshal(in, &out); err != nil || len(unread) > 0 {
			b.Fatal(unread, err)
		}
		return time.Since(start)
	}
	var strict, lenient []time.Duration
	for b.Loop() {
		strict, lenient = append(strict, read(good)), append(lenient, read(odd))
	}
	b.ReportMetric(float64(slices.Min(lenient))/float64(slices.Min(strict)), "times-strict")
	b.ReportMetric(0, "ns/op")
}

// A record of a map has nothing of the one before it, nor has one of a list whose
// memory is used again.
func TestRecordsDoNotMix(t *testing.T) {
	type record struct {
		ID  string `json:"id"`
		Odd int    `json:"odd"`
		Tag string `json:"tag"`
	}
	var byID map[string]record
	if unread := Read([]byte(`{"a":{"id":"1","tag":"x"},"b":{"id":"2","odd":"7"}}`), &byID, 0); len(unread) != 0 {
		t.Errorf("got %v, want nothing unread", unread)
	}
	if d := cmp.Diff(map[string]record{"a": {ID: "1", Tag: "x"}, "b": {ID: "2", Odd: 7}}, byID); d != "" {
		t.Errorf("map (-want +got):\n%s", d)
	}
	list := []record{{ID: "1", Tag: "x"}, {ID: "2", Tag: "y"}}
	if unread := Read([]byte(`[{"id":"3","odd":"7"},{"id":"4"}]`), &list, 0); len(unread) != 0 {
		t.Errorf("got %v, want nothing unread", unread)
	}
	if d := cmp.Diff([]record{{ID: "3", Odd: 7}, {ID: "4"}}, list); d != "" {
		t.Errorf("list (-want +got):\n%s", d)
	}
}

func TestSays(t *testing.T) {
	type inner struct{ Name string }
	type reply struct {
		ID    string
		Count int
		Yes   bool
		Inner inner
		List  []int
	}
	for in, want := range map[string]bool{
		``: false, `null`: false, `{}`: false, `{"x":1}`: false, `{"ID":""}`: false, `{"ID":null,"List":[],"Inner":{}}`: false, `{"Inner":{"x":1}}`: false,
		`{"ID":"1"}`: true, `{"Count":0}`: true, `{"x":{},"Yes":false}`: true, `{"Inner":{"Name":"a"}}`: true, `{"List":[0]}`: true,
	} {
		if got := Says([]byte(in), new(*reply)); got != want {
			t.Errorf("%q: %t, want %t", in, got, want)
		}
	}
}

// A record without a documented field is none, in a list and in a map, at any depth
// outside of records. A list or map of records that is itself an element of one is
// a record of its own: it comes whole or not at all.
func TestHollowRecords(t *testing.T) {
	type record struct {
		ID    string `json:"id"`
		Parts []struct {
			N int `json:"n"`
		} `json:"parts"`
		ByDay map[string][]struct {
			N int `json:"n"`
		} `json:"by_day"`
	}
	type reply struct {
		List  []record          `json:"list"`
		Map   map[string]record `json:"map"`
		Inner struct {
			List []*record `json:"list"`
		} `json:"inner"`
		Lists    map[string][]record          `json:"lists"`
		Maps     map[string]map[string]record `json:"maps"`
		Pointers map[string]*[]*record        `json:"pointers"`
		Square   [][]record                   `json:"square"`
		Texts    map[string][]string          `json:"texts"`
	}
	for in, want := range map[string]string{
		`{"list":[{"id":"1"},{"foo":1}]}`:               "list[1]: the value has no documented field",
		`{"map":{"a":{"foo":1},"b":{"id":"2"}}}`:        "map (id a): the value has no documented field",
		`{"map":{"a":{},"b":{"id":"2"}}}`:               "map (id a): the value is an empty object",
		`{"map":{"a":null,"b":{"id":"2"}}}`:             "map (id a): the value is null",
		`{"inner":{"list":[{"foo":1},{"bar":{}}]}}`:     "inner.list[0]: the value has no documented field; inner.list[1]: the value has no documented field",
		`{"lists":{"a":[{}],"b":[{"id":"2"}]}}`:         "lists (id a): the value is an empty object",
		`{"lists":{"a":[{"id":"1"},null]}}`:             "lists (id a): the value is null",
		`{"lists":{"a":[{"id":"1"},{"foo":1}]}}`:        "lists (id a): the value has no documented field",
		`{"lists":{"a":[{"id":{}}]}}`:                   "lists (id a): id is a JSON object, not a string",
		`{"maps":{"a":{"x":{"foo":1}}}}`:                "maps (id a): the value has no documented field",
		`{"pointers":{"a":[{"id":"1"}],"b":[{"x":1}]}}`: "pointers (id b): the value has no documented field",
		`{"square":[[{"id":"1"}],[{"foo":1}],[{}]]}`:    "square[1]: the value has no documented field; square[2]: the value is an empty object",

		`{"list":[{"id":""}]}`: "", `{"list":[{"ID":"1"}]}`: "",
		`{"list":[{"id":"1","parts":[{"foo":1}]}]}`:            "",
		`{"list":[{"id":"1","by_day":{"a":[{"foo":1},{}]}}]}`:  "",
		`{"lists":{"a":[],"b":null,"c":[{"ID":""}]}}`:          "",
		`{"lists":{"a":[{"id":"1","parts":[{"x":1},{}]}]}}`:    "",
		`{"square":[[],null],"pointers":{"a":null}}`:           "",
		`{"texts":{"a":["",null],"b":null},"maps":{"a":null}}`: "",
	} {
		unread, err := Unmarshal([]byte(in), new(reply))
		var texts []string
		for _, u := range unread {
			texts = append(texts, u.String())
		}
		if got := strings.Join(texts, "; "); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", in, got, err, want)
		}
		var out reply
		if looked := Read([]byte(in), &out, 0); err != nil || len(looked) != len(unread) {
			t.Errorf("%s: read at once, got %v; want %v", in, looked, unread)
		}
		if _, there := out.Lists["a"]; strings.Contains(want, "lists (id a)") && there {
			t.Errorf("%s: the list that lacks an element is handed out: %+v", in, out.Lists)
		}
	}
}
