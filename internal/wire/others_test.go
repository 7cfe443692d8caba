package wire

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type fees struct {
	Known  string            `json:"known_fee,omitzero"`
	Nested struct{}          `json:"nested,omitzero"`
	Others map[string]string `json:"-"`
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
		{`{"new_fee":"-2","known_fee":"-1","nested":{"a":1}}`, fees{Known: "-1", Others: map[string]string{"new_fee": "-2"}}, `{"known_fee":"-1","new_fee":"-2"}`},
		{`{"new_fee":"-2"}`, fees{Others: map[string]string{"new_fee": "-2"}}, `{"new_fee":"-2"}`},
		{`{"object":{"a":"1"},"list":[],"nothing":null,"new_fee":"3"}`, fees{Others: map[string]string{"new_fee": "3"}}, `{"new_fee":"3"}`},
	} {
		// What an earlier reply left behind must not stay.
		got := fees{Others: map[string]string{"old_fee": "9"}}
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
	if err := json.Unmarshal([]byte(`{"known_fee":7}`), new(fees)); err == nil {
		t.Error("a known field of another kind was accepted")
	}
}
