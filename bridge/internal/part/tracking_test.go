package part_test

import (
	"testing"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

func TestTracking(t *testing.T) {
	for text, want := range map[string]string{
		"": "", " ": "", "\u00a0\ufeff\r\n": "",
		"JV123456789GB":                   "JV123456789GB",
		"JV 123 456 789 GB":               "JV123456789GB",
		" JV123456789GB\r\n":              "JV123456789GB",
		"\ufeffJV123456789GB\u00a0":       "JV123456789GB",
		"JV123\u200b456789GB":             "JV123456789GB",
		"1Z 999 AA1 01 2345 6784":         "1Z999AA10123456784",
		"RM1, RM2":                        "RM1, RM2",
		"RM1;RM2 / RM3|RM4\nRM5":          "RM1, RM2, RM3, RM4, RM5",
		"JV 123 456 789 GB,JV987654321GB": "JV123456789GB, JV987654321GB",
		"JV123456789GB JV987654321GB":     "JV123456789GB, JV987654321GB",
	} {
		if got := part.Tracking(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
