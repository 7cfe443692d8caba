package lenient

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type fees struct {
	Known  amount `json:"known_fee,omitzero"`
	Nested struct {
		Count int `json:"count,omitzero"`
	} `json:"nested,omitzero"`
	Others map[string]amount `json:"-"`
}

func (f *fees) UnmarshalJSON(b []byte) error {
	type plain fees
	return DecodeOthers(b, (*plain)(f), &f.Others)
}

func (f fees) MarshalJSON() ([]byte, error) {
	type plain fees
	return EncodeOthers(plain(f), f.Others)
}

func TestOthers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   string
		want fees
		out  string
	}{
		{`{}`, fees{}, `{}`},
		{`{"known_fee":"-1"}`, fees{Known: "-1"}, `{"known_fee":"-1"}`},
		{`{"Known_Fee":"-1"}`, fees{Known: "-1"}, `{"known_fee":"-1"}`},
		{`{"new_fee":"-2","known_fee":"-1","nested":{"a":1}}`, fees{Known: "-1", Others: map[string]amount{"new_fee": "-2"}}, `{"known_fee":"-1","new_fee":"-2"}`},
		{`{"new_fee":"-2"}`, fees{Others: map[string]amount{"new_fee": "-2"}}, `{"new_fee":"-2"}`},
		{`{"object":{"a":"1"},"list":[],"nothing":null,"new_fee":"3"}`, fees{Others: map[string]amount{"new_fee": "3"}}, `{"new_fee":"3"}`},
	} {
		// What an earlier reply left behind must not stay.
		got := fees{Others: map[string]amount{"old_fee": "9"}}
		if err := json.Unmarshal([]byte(test.in), &got); err != nil {
			t.Errorf("%s: %v", test.in, err)
			continue
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.in, diff)
		}
		out, err := json.Marshal(got)
		if err != nil || string(out) != test.out {
			t.Errorf("%s: wrote %s, %v; want %s", test.in, out, err, test.out)
		}
	}
	for in, want := range map[string]string{
		`{"known_fee":{"a":"MARKED"}}`:                  "known_fee is a JSON object that is no lenient.amount",
		`{"nested":{"count":"MARKED"},"known_fee":"1"}`: "nested.count is a JSON string, not a int",
		`{"nested":"","known_fee":true}`:                "known_fee is a JSON bool that is no lenient.amount",
		`["MARKED"]`:                                    "the value is a JSON array, not an object",
	} {
		if err := json.Unmarshal([]byte(in), new(fees)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

// An odd fee costs no more than an odd field of another type does: nothing where
// it says the same, else its row.
func TestOthersInRecords(t *testing.T) {
	t.Parallel()
	type row struct {
		ID   string `json:"id"`
		Fees fees   `json:"fees"`
	}
	for in, want := range map[string]struct {
		rows   []row
		unread string
	}{
		`{"nested":"","new_fee":"3"}`: {[]row{{ID: "1"}, {ID: "2", Fees: fees{Others: map[string]amount{"new_fee": "3"}}}}, ""},
		`{"nested":{"count":"7"},"new_fee":3}`: {[]row{{ID: "1"}, {ID: "2", Fees: fees{Nested: struct {
			Count int `json:"count,omitzero"`
		}{7}, Others: map[string]amount{"new_fee": "3"}}}}, ""},
		`[]`:                            {[]row{{ID: "1"}, {ID: "2"}}, ""},
		`""`:                            {[]row{{ID: "1"}, {ID: "2"}}, ""},
		`{"new_fee":{"a":"MARKED"}}`:    {[]row{{ID: "1"}, {ID: "2"}}, ""},
		`{"known_fee":{"a":"MARKED"}}`:  {[]row{{ID: "1"}}, "record[1] (id 2): fees.known_fee is a JSON object that is no lenient.amount"},
		`{"nested":{"count":"MARKED"}}`: {[]row{{ID: "1"}}, "record[1] (id 2): fees.nested.count is a JSON string, not a int"},
		`7`:                             {[]row{{ID: "1"}}, "record[1] (id 2): fees is a JSON number, not an object"},
	} {
		var rows []row
		unread, err := Unmarshal([]byte(`[{"id":"1","fees":{}},{"id":"2","fees":`+in+`}]`), &rows)
		text := ""
		for _, u := range unread {
			text += u.String()
		}
		if err != nil || text != want.unread {
			t.Errorf("%s: %q, %v; want %q", in, text, err, want.unread)
		}
		if d := cmp.Diff(want.rows, rows); d != "" {
			t.Errorf("%s (-want +got):\n%s", in, d)
		}
	}
}
