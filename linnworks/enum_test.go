package linnworks

import (
	"encoding/json"
	"testing"
)

func TestEnumDecoding(t *testing.T) {
	t.Parallel()
	type color string
	for in, want := range map[string]color{
		`"Red"`: "Red", `"Purple"`: "Purple", `0`: "Red", `1`: "Green", `7`: "7", `-1`: "-1", `null`: "before", `""`: "",
	} {
		got := color("before")
		if err := decodeEnum([]byte(in), &got, "Red", "Green"); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{`true`, `1.5`, `{}`, `[1]`} {
		var got color
		if err := decodeEnum([]byte(in), &got, "Red"); err == nil {
			t.Errorf("%s: accepted as %q", in, got)
		}
	}
}

// TestEnumInReply checks one generated type through the decoder.
func TestEnumInReply(t *testing.T) {
	t.Parallel()
	var e PickWaveAllocateCheckResultErrorErrorType
	first := PickWaveAllocateCheckResultErrorErrorType("")
	if err := json.Unmarshal([]byte(`0`), &first); err != nil || first == "" || first == "0" {
		t.Errorf("number 0: %q, %v", first, err)
	}
	if err := json.Unmarshal([]byte(`"New"`), &e); err != nil || e != "New" {
		t.Errorf("an unknown name: %q, %v", e, err)
	}
}
