package linnworks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type thing struct {
	IDs    []GUID   `json:"orderIds,omitzero"`
	Status *int     `json:"status,omitzero"`
	Tag    *string  `json:"tag"`
	Paid   *bool    `json:"paid,omitzero"`
	Note   string   `json:"note,omitzero"`
	Price  Decimal  `json:"price,omitzero"`
	At     *Time    `json:"at,omitzero"`
	Parts  []string `json:"parts,omitzero"`
}

// The three shapes in both encodings, as the reference has them: parameters side
// by side, the request wrapped, the request itself.
func TestBodyShapes(t *testing.T) {
	full := &thing{
		IDs: []GUID{"g1", "g2"}, Status: new(1), Paid: new(false), Note: `<b>&"'£日本</b>`, Price: "10.10",
		At: &Time{time.Date(2026, 3, 1, 12, 0, 0, 5e6, time.UTC)}, Parts: []string{},
	}
	text := `{"orderIds":["g1","g2"],"status":1,"tag":null,"paid":false,"note":"<b>&\"'£日本</b>","price":10.10,"at":"2026-03-01T12:00:00.005Z","parts":[]}`
	spread := url.Values{
		"orderIds": {`["g1","g2"]`}, "status": {"1"}, "tag": {"null"}, "paid": {"false"}, "note": {`<b>&"'£日本</b>`},
		"price": {"10.10"}, "at": {"2026-03-01T12:00:00.005Z"}, "parts": {"[]"},
	}
	for name, c := range map[string]struct {
		op   operation
		req  any
		json string
		form url.Values // nil if there is no form
	}{
		"P":                  {operation{body: bodyParams}, full, text, spread},
		"W":                  {operation{body: bodyWrapped}, full, `{"request":` + text + `}`, url.Values{"request": {text}}},
		"F":                  {operation{body: bodyFlat}, full, text, url.Values{"request": {text}}},
		"F by another name":  {operation{body: bodyFlat, bodyName: "action"}, full, text, url.Values{"action": {text}}},
		"v2":                 {operation{body: bodyJSON}, full, text, nil},
		"v2 list":            {operation{body: bodyJSON}, []GUID{"g1"}, `["g1"]`, nil},
		"P of nil pointer":   {operation{body: bodyParams}, (*thing)(nil), `{"tag":null}`, url.Values{"tag": {"null"}}},
		"W of nil pointer":   {operation{body: bodyWrapped}, (*thing)(nil), `{"request":{"tag":null}}`, url.Values{"request": {`{"tag":null}`}}},
		"W without request":  {operation{body: bodyWrapped}, nil, `{"request":{}}`, url.Values{"request": {`{}`}}},
		"no body, a request": {operation{body: bodyNone}, full, "", url.Values{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{}
			client := newTestClient(t, s)
			c.op.name, c.op.method, c.op.path = "Things.Do", "POST", "/api/Things/Do"
			for _, opts := range [][]CallOption{nil, {FormEncoded(false)}} {
				if err := client.call(t.Context(), c.op, nil, c.req, nil, opts); err != nil {
					t.Fatal(err)
				}
				got := s.last(t)
				if d := cmp.Diff(c.json, got.body); d != "" {
					t.Errorf("JSON: %s", d)
				}
				if want := "application/json"; c.json != "" && got.contentType != want || c.json == "" && got.contentType != "" {
					t.Errorf("JSON: Content-Type %q", got.contentType)
				}
			}
			if err := client.call(t.Context(), c.op, nil, c.req, nil, []CallOption{FormEncoded(true)}); err != nil {
				t.Fatal(err)
			}
			got := s.last(t)
			if c.form == nil {
				if got.body != c.json || got.contentType != "application/json" {
					t.Errorf("form: %s %s, want JSON whatever is asked", got.contentType, got.body)
				}
				return
			}
			fields, err := url.ParseQuery(got.body)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.form, fields); d != "" || len(c.form) > 0 && got.contentType != "application/x-www-form-urlencoded" {
				t.Errorf("form: %s: %s", got.contentType, d)
			}
		})
	}
}

// An operation may be form-encoded by itself, and a call may say otherwise.
func TestFormByOperation(t *testing.T) {
	s := &server{}
	c := newTestClient(t, s)
	op := operation{name: "Things.Do", method: "POST", path: "/api/Things/Do", body: bodyParams, form: true}
	if err := c.call(t.Context(), op, nil, &thing{}, nil, nil); err != nil || s.last(t).body != "tag=null" {
		t.Errorf("%v, sent %q", err, s.last(t).body)
	}
	if err := c.call(t.Context(), op, nil, &thing{}, nil, []CallOption{FormEncoded(false)}); err != nil || s.last(t).body != `{"tag":null}` {
		t.Errorf("%v, sent %q", err, s.last(t).body)
	}
}

func TestUnencodableBody(t *testing.T) {
	s := &server{}
	op := operation{name: "Things.Do", method: "POST", path: "/api/Things/Do", body: bodyParams}
	err := newTestClient(t, s).call(t.Context(), op, nil, map[string]any{"Price": Decimal("ten")}, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "linnworks: Things.Do: encoding the body") {
		t.Errorf("err = %v", err)
	}
	if logins, calls := s.count(); logins+calls != 0 {
		t.Error("sent all the same")
	}
}

func TestQuery(t *testing.T) {
	type kind string
	type request struct {
		Key    *string           `url:"keyWord,omitempty" json:"-"`
		Size   *int              `url:"entriesPerPage,omitempty" json:"-"`
		All    *bool             `url:"all,omitempty" json:"-"`
		Kind   *kind             `url:"kind,omitempty" json:"-"`
		From   *Time             `url:"from,omitempty" json:"-"`
		IDs    []GUID            `url:"ids,omitempty" json:"-"`
		Rows   []int             `url:"request.rows,omitempty" json:"-"`
		Raw    []json.RawMessage `url:"raw,omitempty" json:"-"`
		Member string            `url:"-" json:"member"`
	}
	at := Time{time.Date(2026, 3, 1, 13, 30, 15, 5e6, time.FixedZone("", 3600))}
	full := &request{Key: new("a&b=ü"), Size: new(0), All: new(false), From: &at, IDs: []GUID{"g1", "g2"}, Rows: []int{1}, Member: "m"}
	rest := "all=false&entriesPerPage=0&from=2026-03-01T12%3A30%3A15.005Z&"
	for name, c := range map[string]struct {
		op   operation
		req  any
		want string
	}{
		"repeated keys": {operation{query: true}, full, rest + "ids=g1&ids=g2&keyWord=a%26b%3D%C3%BC&request.rows=1"},
		"JSON arrays":   {operation{query: true, jsonArrays: true}, full, rest + "ids=%5B%22g1%22%2C%22g2%22%5D&keyWord=a%26b%3D%C3%BC&request.rows=%5B1%5D"},
		"one element":   {operation{query: true, jsonArrays: true}, &request{IDs: []GUID{"g1"}}, "ids=%5B%22g1%22%5D"},
		"raw JSON":      {operation{query: true, jsonArrays: true}, &request{Raw: []json.RawMessage{[]byte(`{"a":1}`), []byte(`2`)}}, "raw=%5B%7B%22a%22%3A1%7D%2C2%5D"},
		"other words":   {operation{query: true}, &request{Kind: new(kind("a b")), Key: new("")}, "keyWord=&kind=a+b"},
		"empty lists":   {operation{query: true}, &request{IDs: []GUID{}, Rows: []int{}}, ""},
		"nothing":       {operation{query: true, jsonArrays: true}, &request{}, ""},
		"nil":           {operation{query: true, jsonArrays: true}, (*request)(nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{}
			c.op.name, c.op.method, c.op.path = "Things.Get", "GET", "/api/Things/Get"
			if err := newTestClient(t, s).call(t.Context(), c.op, nil, c.req, nil, nil); err != nil {
				t.Fatal(err)
			}
			_, query, _ := strings.Cut(s.last(t).url, "?")
			if d := cmp.Diff(c.want, query); d != "" || s.last(t).body != "" {
				t.Errorf("body %q, query %s", s.last(t).body, d)
			}
		})
	}
}

func TestUnencodableQuery(t *testing.T) {
	type request struct {
		From *Time `url:"from,omitempty" json:"-"`
	}
	var never Time
	if err := json.Unmarshal([]byte(`"yesterday"`), &never); err != nil {
		t.Fatal(err)
	}
	s := &server{}
	op := operation{name: "Things.Get", method: "GET", path: "/api/Things/Get", query: true}
	err := newTestClient(t, s).call(t.Context(), op, nil, &request{&never}, nil, nil)
	if want := "linnworks: Things.Get: From cannot be sent: " + never.Err().Error(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if logins, calls := s.count(); logins+calls != 0 {
		t.Errorf("%d calls sent, want none", logins+calls)
	}
}

func TestPath(t *testing.T) {
	op := operation{name: "Things.Get", method: "GET", path: "/api/things/{id}/parts/{part}"}
	s := &server{}
	c := newTestClient(t, s)
	if err := c.call(t.Context(), op, []string{"a/b c", "ü?#"}, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := s.last(t).url, "https://eu-ext.linnworks.net/api/things/a%2Fb%20c/parts/%C3%BC%3F%23"; got != want {
		t.Errorf("sent to %s, want %s", got, want)
	}
	for _, args := range [][]string{{"", "p"}, {"a", ""}, {"..", "p"}, {".", "p"}, {"a"}, nil} {
		err := c.call(t.Context(), op, args, nil, nil, nil)
		if err == nil || !strings.HasPrefix(err.Error(), "linnworks: Things.Get: ") {
			t.Errorf("path arguments %q: err = %v", args, err)
		}
	}
	if _, calls := s.count(); calls != 1 {
		t.Errorf("%d calls sent, want 1", calls)
	}
}

func TestReplies(t *testing.T) {
	type item struct {
		ID  GUID
		Qty int
	}
	ptr := func(v any) any { return v }
	for name, c := range map[string]struct {
		body string
		out  any
		want any
	}{
		"object":             {`{"ID":"g","qty":3,"unknown":{}}`, new(item), ptr(&item{"g", 3})},
		"byte order mark":    {"\ufeff{\"ID\":\"g\"}", new(item), ptr(&item{ID: "g"})},
		"empty list":         {"", new([]GUID), ptr(new([]GUID))},
		"empty map":          {"", new(map[string]int), ptr(new(map[string]int))},
		"zeros":              {`{"ID":"","Qty":0}`, new(item), ptr(&item{})},
		"blank":              {" \r\n", new([]GUID), ptr(new([]GUID))},
		"null list":          {"null", new([]GUID), ptr(new([]GUID))},
		"bare list":          {`["a1000000-0000-4000-8000-000000000001","A1000000-0000-4000-8000-000000000001"]`, new([]GUID), ptr(&[]GUID{"a1000000-0000-4000-8000-000000000001", "A1000000-0000-4000-8000-000000000001"})},
		"bare string":        {`"text"`, new(string), ptr(new("text"))},
		"bare number":        {`7`, new(int), ptr(new(7))},
		"bare boolean":       {`true`, new(bool), ptr(new(true))},
		"number as string":   {`7`, new(string), ptr(new("7"))},
		"string as number":   {`"7"`, new(int), ptr(new(7))},
		"empty, no receiver": {"", nil, nil},
		"null, no receiver":  {"null", nil, nil},
		"map like a problem": {`{"title":"a","status":"b"}`, new(map[string]string), ptr(&map[string]string{"title": "a", "status": "b"})},
	} {
		t.Run(name, func(t *testing.T) {
			for _, status := range []int{200, 201} {
				s := &server{answer: func(request) (*http.Response, error) { return respond(status, c.body), nil }}
				if err := newTestClient(t, s).call(t.Context(), readOp, nil, nil, c.out, nil); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(c.want, c.out); d != "" {
					t.Error(d)
				}
			}
		})
	}
	s := &server{answer: status(204, "")}
	if err := newTestClient(t, s).call(t.Context(), readOp, nil, nil, nil, nil); err != nil {
		t.Errorf("204: %v", err)
	}
}

func TestUndocumentedReply(t *testing.T) {
	big := `{"ID":` + strings.Repeat(`"x",`, 4000)
	for name, c := range map[string]struct {
		body string
		out  any
	}{
		"text for an object": {"Saved.", new(thing)},
		"text for a string":  {"Saved.", new(string)},
		"list for an object": {"[1]", new(thing)},
		"object for a list":  {`{"a":1}`, new([]GUID)},
		"object for text":    {`{"a":1}`, new(string)},
		"page for text":      {`<html>`, new(string)},
		"cut off":            {big, new(thing)},
		// Nothing is not zero.
		"empty for an object":         {"", new(thing)},
		"blank for an object":         {" \r\n", new(thing)},
		"null for an object":          {"null", new(thing)},
		"no field of an object":       {"{}", new(thing)},
		"no known field of an object": {`{"status":"Sign in"}`, new(thing)},
		"null for a number":           {"null", new(int)},
		"empty for a bool":            {"", new(bool)},
		"empty text for a list":       {`""`, new([]GUID)},
		"empty object for a list":     {`{}`, new([]GUID)},
		"error for an object":         {`{"Code":"-","Message":"boom"}`, new(thing)},
		"error for a list":            {`{"Code":"-","Message":"boom"}`, new([]GUID)},
		"error for a map":             {`{"Code":"-","Message":"boom"}`, new(map[string]string)},
		"error for a number":          {`{"Message":"boom"}`, new(int)},
		"odd field outside of a list": {`{"price":{}}`, new(thing)},
		"page for nothing":            {`<!DOCTYPE html><title>Sign in</title>`, nil},
		"text for nothing":            {`Saved.`, nil},
		"cut off, nothing expected":   {`{"a":`, nil},
		"error, nothing expected":     {`{"Code":"-","Message":"Object reference not set to an instance of an object."}`, nil},
		"problem of v2 for nothing":   {`{"type":"x","title":"Unprocessable","status":422,"detail":"No such state","traceId":"1"}`, nil},
		"problem of v2 for a list":    {`{"title":"Not Found","status":404}`, new([]GUID)},
		"problem of v2 for a map":     {`{"title":"Not Found","status":404}`, new(map[string]any)},
		"error of .NET for nothing":   {`{"Message":"An error has occurred.","ExceptionMessage":"x","ExceptionType":"y","StackTrace":null}`, nil},
	} {
		s := &server{answer: status(200, c.body)}
		var r Response
		err := newTestClient(t, s).call(t.Context(), readOp, nil, nil, c.out, []CallOption{WithResponse(&r)})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Class != ClassDecode || e.HTTPStatus != 200 || e.Attempts != 1 || e.Err == nil {
			t.Errorf("%s: err = %v", name, err)
			continue
		}
		if want := c.body[:min(len(c.body), 4<<10)]; string(e.Body) != want {
			t.Errorf("%s: kept %d bytes, want the first %d", name, len(e.Body), len(want))
		}
		if string(r.Body) != c.body {
			t.Errorf("%s: the response has %d bytes", name, len(r.Body))
		}
		if strings.Contains(c.body, `"Message":"boom"`) && (e.Message != "boom" || e.Code != "" && e.Code != "-") {
			t.Errorf("%s: code %q, message %q", name, e.Code, e.Message)
		}
		// What a write did is unknown then.
		op := operation{name: "Test.Write", method: "POST", path: "/api/Test/Write"}
		if err := newTestClient(t, s).call(t.Context(), op, nil, nil, c.out, nil); !IsOutcomeUnknown(err) {
			t.Errorf("%s: of a write: %v", name, err)
		}
	}
}

// Operations that are known to answer with nothing.
func TestEmptyReply(t *testing.T) {
	op := readOp
	op.empty = true
	for _, body := range []string{"", "null"} {
		s := &server{answer: status(200, body)}
		out := &thing{}
		if err := newTestClient(t, s).call(t.Context(), op, nil, nil, &out, nil); err != nil {
			t.Errorf("%q: %v", body, err)
		}
	}
	s := &server{answer: status(200, "Saved.")}
	if err := newTestClient(t, s).call(t.Context(), op, nil, nil, nil, nil); err != nil {
		t.Errorf("text: %v", err)
	}
	s = &server{answer: status(200, "<html>")}
	if err := newTestClient(t, s).call(t.Context(), op, nil, nil, nil, nil); err == nil {
		t.Error("a page of HTML was taken for an answer")
	}
}

// One record of several cannot be read: the others are returned beside the error.
func TestUnreadableRecord(t *testing.T) {
	type row struct {
		OrderID GUID
		Count   int
		Price   Decimal
		At      Time
		Parts   []struct{ Name string }
	}
	for name, odd := range map[string]string{
		"count":      `"Count":7.5`,
		"price":      `"Price":{"a":"MARKED"}`,
		"at":         `"At":{}`,
		"Parts.Name": `"Parts":[{"Name":"a"},{"Name":["MARKED"]}]`,
	} {
		name = strings.ToUpper(name[:1]) + name[1:]
		s := &server{answer: status(200, `[{"OrderID":"a"},{"OrderID":"b",`+odd+`},{"OrderID":"c"}]`)}
		var out []row
		err := newTestClient(t, s).call(t.Context(), readOp, nil, nil, &out, nil)
		e, ok := errors.AsType[*UnreadableError](err)
		if !ok || len(e.Records) != 1 || e.Records[0].ID != "b" || e.Records[0].Index != 1 || e.Records[0].Field != name || IsOutcomeUnknown(err) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff([]row{{OrderID: "a"}, {OrderID: "c"}}, out); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, *e, e.Records); strings.Contains(text, "MARKED") || !strings.Contains(err.Error(), "(id b)") {
			t.Errorf("%s: %s", name, text)
		}
	}
	// What a value can carry does not cost its record.
	s := &server{answer: status(200, `[{"OrderID":"a","Price":"1,027.99","At":"30/08/2026 10:00:00","Count":""}]`)}
	var out []row
	if err := newTestClient(t, s).call(t.Context(), readOp, nil, nil, &out, nil); err != nil || len(out) != 1 {
		t.Fatal(out, err)
	}
	if _, ok := out[0].Price.Rat(); ok || out[0].Price.Err() == nil || out[0].At.Err() == nil || out[0].At.IsZero() || out[0].At.Unset() {
		t.Errorf("%+v reads as if it were whole", out[0])
	}
}

// Scalars in another JSON kind than declared.
func TestLenientReply(t *testing.T) {
	type state string
	type part struct {
		State state
		Names []state
		Note  *string
	}
	type reply struct {
		State   state `json:"nState"`
		Count   int
		Big     int64
		Ratio   float64
		Paid    bool
		Price   Decimal
		At      Time
		Secret  Secret
		Parts   []part
		ByName  map[string]part
		Any     any
		Pointer *state
		part
	}
	const in = `{"nState":2,"COUNT":"7","Big":"9007199254740993","Ratio":"1.50","Paid":1,"Price":"1.10","At":"2026-03-01T12:00:00","Secret":5,
		"Parts":[{"State":"NAMED","Names":[1,"B"],"Note":null},{"State":0}],"ByName":{"x":{"State":true}},"Any":{"n":1.10},"Pointer":3,"Names":[4],"Extra":1}`
	var got reply
	if unread, err := decode([]byte(in), &got, operation{}); err != nil || len(unread) > 0 {
		t.Fatal(unread, err)
	}
	want := reply{
		State: "2", Count: 7, Big: 9007199254740993, Ratio: 1.5, Paid: true, Price: "1.10",
		At: Time{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, Secret: NewSecret("5"),
		Parts:  []part{{State: "NAMED", Names: []state{"1", "B"}}, {State: "0"}},
		ByName: map[string]part{"x": {State: "true"}}, Any: map[string]any{"n": 1.1}, Pointer: new(state("3")),
		part: part{Names: []state{"4"}},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(reply{})); d != "" {
		t.Error(d)
	}
	for _, in := range []string{`{"Count":"seven"}`, `{"Count":7.5}`, `{"Paid":"maybe"}`, `{"Count":{}}`, `{"Parts":1}`, `{"Price":{}}`, `[]`, `{`} {
		if _, err := decode([]byte(in), new(reply), operation{}); err == nil {
			t.Errorf("decode(%s) succeeded", in)
		}
	}
}

func TestWithResponse(t *testing.T) {
	s := &server{answer: status(400, `{"Message":"request is empty"}`, "X-Trace", "1")}
	c := newTestClient(t, s)
	var r Response
	if err := c.call(t.Context(), createOp, nil, nil, nil, []CallOption{WithResponse(&r)}); err == nil {
		t.Error("no error")
	}
	if r.Status != 400 || r.Header.Get("X-Trace") != "1" || !bytes.Contains(r.Body, []byte("request is empty")) || r.Attempts != 1 {
		t.Errorf("response %+v", r)
	}
}

func TestRepeatSafe(t *testing.T) {
	n := 0
	s := &server{answer: func(request) (*http.Response, error) {
		if n++; n == 1 {
			return respond(503, ""), nil
		}
		return respond(200, "null"), nil
	}}
	c := newTestClient(t, s)
	c.transport.BackoffBase = time.Nanosecond
	if err := c.call(t.Context(), createOp, nil, nil, nil, []CallOption{RepeatSafe()}); err != nil {
		t.Error(err)
	}
	n = 0
	if err := do(t.Context(), c, createOp); !IsTemporary(err) {
		t.Errorf("err = %v", err)
	}
}

func TestRawCall(t *testing.T) {
	s := &server{answer: status(200, `{"Value":7}`)}
	c := newTestClient(t, s)
	body := map[string]any{
		"text": "a <b>", "number": 1.5, "flag": true, "list": []string{"x", "y"}, "none": nil, "at": Time{time.Unix(0, 0)}, "price": Decimal("1.10"), "id": GUID("g"),
	}
	const sent = `{"at":"1970-01-01T00:00:00.000Z","flag":true,"id":"g","list":["x","y"],"none":null,"number":1.5,"price":1.10,"text":"a <b>"}`
	for _, call := range []struct {
		method, path      string
		query             url.Values
		body              any
		wantURL, wantBody string
	}{
		{"GET", "/api/Things/Get", url.Values{"b": {"1", "2"}, "a": {"x y"}}, nil, "https://eu-ext.linnworks.net/api/Things/Get?a=x+y&b=1&b=2", ""},
		{"GET", "/v2/things/a%2Fb", nil, nil, "https://eu-api.linnworks.net/v2/things/a%2Fb", ""},
		{"POST", "/api/Things/Do", nil, body, "https://eu-ext.linnworks.net/api/Things/Do", sent},
		{"POST", "/api/Things/Do", url.Values{"a": {"1"}}, []int{1, 2}, "https://eu-ext.linnworks.net/api/Things/Do?a=1", `[1,2]`},
		{"POST", "/api/Things/Do", nil, &thing{IDs: []GUID{"g"}}, "https://eu-ext.linnworks.net/api/Things/Do", `{"orderIds":["g"],"tag":null}`},
		{"POST", "/api/Things/Do", nil, nil, "https://eu-ext.linnworks.net/api/Things/Do", ""},
		{"PUT", "/v1/things", nil, body, "https://eu-api.linnworks.net/v1/things", sent},
	} {
		var out struct{ Value int }
		if err := c.Call(t.Context(), call.method, call.path, call.query, call.body, &out); err != nil || out.Value != 7 {
			t.Errorf("%s %s: %v, out %v", call.method, call.path, err, out)
		}
		got := s.last(t)
		if d := cmp.Diff(call.wantURL, got.url); d != "" {
			t.Errorf("%s %s: %s", call.method, call.path, d)
		}
		if d := cmp.Diff(call.wantBody, got.body); d != "" || got.method != call.method {
			t.Errorf("%s %s: sent %s %s", call.method, call.path, got.method, d)
		}
	}
	_, before := s.count()
	for _, call := range []struct {
		method, path string
		out          any
	}{
		{"", "/api/X", nil},
		{"get", "/api/X", nil},
		{"GET", "", nil},
		{"GET", "api/X", nil},
		{"GET", "/api/{id}", nil},
		{"GET", "/api/X?a=b", nil},
		{"GET", "/api/X#a", nil},
		{"GET", "/api/../X", nil},
		{"GET", "/api/%zz", nil},
		{"GET", "/api/X", thing{}},
		{"GET", "/api/X", (*thing)(nil)},
	} {
		if err := c.Call(t.Context(), call.method, call.path, nil, nil, call.out); err == nil || !strings.HasPrefix(err.Error(), "linnworks: Call: ") {
			t.Errorf("Call(%q, %q, %T): err = %v", call.method, call.path, call.out, err)
		}
	}
	if err := c.Call(t.Context(), "POST", "/api/X", nil, map[string]any{"f": func() {}}, nil); err == nil {
		t.Error("an unencodable parameter was accepted")
	}
	if _, after := s.count(); after != before {
		t.Error("a malformed call was sent")
	}
}

func TestResultBesideAnError(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		reply  string
		want   bool // a result
	}{
		"success":       {200, `{"Processed":true}`, true},
		"partial":       {200, `{"Processed":false,"Error":"no"}`, true},
		"refused":       {400, `{"Code":"1","Message":"no"}`, false},
		"another shape": {200, `[]`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{answer: func(request) (*http.Response, error) { return respond(tt.status, tt.reply), nil }}
			got, err := newTestClient(t, s, WithMaxAttempts(1)).Orders.ProcessOrder(t.Context(), &ProcessOrderRequest{OrderID: "11111111-2222-4333-8444-555555555555"})
			if (got != nil) != tt.want {
				t.Errorf("got %v beside %v", got, err)
			}
		})
	}
	s := &server{answer: func(request) (*http.Response, error) { return respond(200, `[{"StockLocationId":`), nil }}
	if got, err := newTestClient(t, s, WithMaxAttempts(1)).Inventory.GetStockLocations(t.Context(), nil); got != nil || err == nil {
		t.Errorf("got %v, %v", got, err)
	}
	// A result without fields is there too.
	s = &server{answer: func(request) (*http.Response, error) { return respond(200, ``), nil }}
	if got, err := newTestClient(t, s).Orders.LockOrder(t.Context(), &LockOrderRequest{OrderIDs: []GUID{"11111111-2222-4333-8444-555555555555"}}); got == nil || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestSecretsInRequests: only the request path encodes the credentials of a
// request, and an error that repeats them is scrubbed of them.
func TestSecretsInRequests(t *testing.T) {
	const other, token = "07e4a990-dead-4bad-8bad-eeeeeeeeeeee", "07e47013-dead-4bad-8bad-ffffffffffff"
	req := &AuthorizeByApplicationRequest{ApplicationID: new(GUID(testApplicationID)), ApplicationSecret: new(NewSecret(other)), Token: new(NewSecret(token))}
	for _, form := range []bool{false, true} {
		var sent string
		s := &server{login: func(_ int, r request) (*http.Response, error) {
			sent, _ = url.QueryUnescape(r.body)
			return nil, errors.New("refused: " + r.body)
		}}
		c := newTestClient(t, s, WithMaxAttempts(1))
		_, err := c.Auth.AuthorizeByApplication(t.Context(), req, FormEncoded(form))
		want := fmt.Sprintf(`{"ApplicationId":%q,"ApplicationSecret":%q,"Token":%q}`, testApplicationID, other, token)
		if !strings.Contains(sent, want) {
			t.Errorf("form %t: sent %s, want %s", form, sent, want)
		}
		if err == nil || strings.Contains(err.Error(), other) || strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "refused: ") {
			t.Errorf("form %t: failed with %v", form, err)
		}
	}
	if out, err := json.Marshal(req); err == nil {
		t.Errorf("a program encodes the secrets as %s", out)
	}
	if out, err := json.Marshal(&AuthorizeByApplicationRequest{ApplicationID: new(GUID("1"))}); err != nil || string(out) != `{"ApplicationId":"1"}` {
		t.Errorf("a request without secrets encodes as %s, %v", out, err)
	}
}

func TestReplyAboveTheLimit(t *testing.T) {
	huge := `"` + strings.Repeat("x", 33<<20) + `"`
	for name, tt := range map[string]struct {
		opts []Option
		body string
		want string // in the error, empty for a success
	}{
		"the default":           {nil, huge, "WithMaxReply allows: 33554432 bytes"},
		"a lower limit":         {[]Option{WithMaxReply(1001)}, huge[:1001] + `"`, "WithMaxReply allows: 1001 bytes"},
		"just within":           {[]Option{WithMaxReply(1002)}, huge[:1001] + `"`, ""},
		"above the default too": {[]Option{WithMaxReply(34 << 20)}, huge, ""},
	} {
		var got string
		err := newTestClient(t, &server{answer: status(200, tt.body)}, tt.opts...).Call(t.Context(), "GET", "/api/Things/Read", nil, nil, &got)
		if tt.want == "" && (err != nil || len(got) != len(tt.body)-2) || tt.want != "" && (!is(err, ClassDecode) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
