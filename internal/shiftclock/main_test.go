package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestShiftedRefusesAnUnknownClock(t *testing.T) {
	for name, source := range map[string]string{
		"gone":     "package time\n",
		"renamed":  "package time\n\nfunc Now() (t Time) {\n}\n",
		"repeated": "package time\n" + strings.Repeat("\nfunc Now() Time {\n}\n", 2),
	} {
		if out, err := shifted([]byte(source), time.Hour); err == nil {
			t.Errorf("%s: no error, but\n%s", name, out)
		}
	}
}

// A clock that is not shifted is noticed.
func TestProbeFails(t *testing.T) {
	dir := t.TempDir()
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := probe(t.Context(), dir, overlay, 400*24*time.Hour)
	if err == nil || !strings.Contains(err.Error(), "--- FAIL: TestNow") || strings.Contains(err.Error(), "--- FAIL: TestBubble") {
		t.Errorf("a clock that is not shifted: %v", err)
	}
}
