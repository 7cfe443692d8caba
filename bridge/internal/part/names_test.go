package part_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

func TestNoSuch(t *testing.T) {
	places := []part.Named{{"7f3a-01", "Leeds"}, {"8b11-02", "Hull"}}
	services := []part.Named{{"", "Tracked 48"}, {"", "Royal Mail"}, {"", "Royal Mail"}}
	var many []part.Named
	for i := range 100 {
		many = append(many, part.Named{ID: fmt.Sprintf("warehouse %02d", i)})
	}
	for _, tc := range []struct {
		unknown []string
		known   []part.Named
		want    string
	}{
		{[]string{"leeds"}, places, `no thing is called "leeds" (did you mean 7f3a-01 (Leeds)?); there are 7f3a-01 (Leeds), 8b11-02 (Hull)`},
		{[]string{"8b12-02", "x", "8b12-02"}, places, `no thing is called "8b12-02" (did you mean 8b11-02 (Hull)?), "x"; there are 7f3a-01 (Leeds), 8b11-02 (Hull)`},
		{[]string{"Trackd 48"}, services, `no thing is called "Trackd 48" (did you mean Tracked 48?); there are Royal Mail, Tracked 48`},
		{[]string{"a"}, nil, `no thing is called "a"; there are none`},
	} {
		if got := part.NoSuch("thing", tc.unknown, tc.known); got != tc.want {
			t.Errorf("NoSuch(%q):\ngot  %s\nwant %s", tc.unknown, got, tc.want)
		}
	}
	got := part.NoSuch("thing", []string{strings.Repeat("x", 999)}, many)
	if !strings.Contains(got, "warehouse 59, and 40 more") || strings.Contains(got, "warehouse 60") || len(got) > 2000 {
		t.Errorf("a long list: got %s", got)
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "",
		strings.Repeat("x", 500):          strings.Repeat("x", 500),
		strings.Repeat("x", 501):          strings.Repeat("x", 500) + " ...",
		strings.Repeat("x", 499) + "éxxx": strings.Repeat("x", 499) + " ...",
	} {
		if got := part.Short(in); got != want {
			t.Errorf("Short of %d bytes: got %q, want %q", len(in), got, want)
		}
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{"7068": "7068", "first_look": "first_look", "Évri-2": "Évri-2", "": `""`, "a b": `"a b"`, "a.b": `"a.b"`, "a\nb": `"a\nb"`} {
		if got := part.Name(in); got != want {
			t.Errorf("Name(%q): got %s, want %s", in, got, want)
		}
	}
}
