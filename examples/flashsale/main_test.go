package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestProgram runs all of it for half an hour of the sale: the order of the
// policies shows by then.
func TestProgram(t *testing.T) {
	t.Parallel()
	minutes := "30"
	if raceDetector {
		minutes = "2"
	}
	file := filepath.Join(t.TempDir(), "page.html")
	var out, progress bytes.Buffer
	if err := run(t.Context(), []string{"-seed", "3", "-minutes", minutes, "-o", file}, &out, &progress); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	checkTable(t, out.String())
	checkPage(t, string(page))
	if !strings.Contains(out.String(), file) {
		t.Error("the output does not say where the page is")
	}
	if progress.Len() == 0 {
		t.Error("no progress was shown")
	}
}

// checkTable looks at the numbers that the program printed.
func checkTable(t *testing.T, out string) {
	t.Helper()
	lines := strings.Split(out, "\n")
	head := -1
	for i, line := range lines {
		if strings.HasPrefix(line, "policy ") {
			head = i
		}
	}
	if head < 0 || head+len(policies) >= len(lines) {
		t.Fatalf("no table:\n%s", out)
	}
	for _, c := range columns {
		if !strings.Contains(lines[head], c.Title) {
			t.Errorf("the table has no column %q", c.Title)
		}
		if !strings.Contains(out, "\n"+c.Title+": "+c.About) {
			t.Errorf("column %q is not explained", c.Title)
		}
	}
	oversold := map[string]int{}
	for i, p := range policies {
		rest, ok := strings.CutPrefix(lines[head+1+i], p.Name)
		fields := strings.Fields(rest)
		if !ok || len(fields) < len(columns) {
			t.Fatalf("row %d is not that of %q: %s", i+1, p.Name, lines[head+1+i])
		}
		n, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Errorf("%q: %v", p.Name, err)
		}
		oversold[p.Name] = n
		if !strings.Contains(out, p.Story) {
			t.Errorf("%q is not explained", p.Name)
		}
	}
	if raceDetector {
		return
	}
	poll, fast, sight := oversold["Ten-minute poll"], oversold["Six-second poll"], oversold["First sight"]
	if poll <= fast || fast <= 50 || fast <= 10*sight || oversold["Computed buffer"] > 0 || oversold["LIVE window"] > 0 {
		t.Errorf("oversold: %v", oversold)
	}
}

// checkPage looks for what makes a page unusable.
func checkPage(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.AutoClose, d.Entity = xml.HTMLAutoClose, xml.HTMLEntity
	d.Strict = false
	ids, charts, sections := map[string]bool{}, 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range e.Attr {
			switch {
			case a.Name.Local == "role" && a.Value == "img":
				charts++
			case a.Name.Local == "id":
				if ids[a.Value] {
					t.Errorf("id %q is given twice", a.Value)
				}
				ids[a.Value] = true
			case a.Name.Local == "src" || a.Name.Local == "href":
				t.Errorf("<%s> needs %q", e.Name.Local, a.Value)
			}
		}
		switch e.Name.Local {
		case "section":
			sections++
		case "script", "link", "img":
			t.Errorf("the page has a <%s>", e.Name.Local)
		}
	}
	if sections != len(policies) || charts != 2*len(policies) {
		t.Errorf("%d sections with %d charts, want %d with two each", sections, charts, len(policies))
	}
	for _, bad := range []string{"NaN", "Inf", "ZgotmplZ", "@import", "url(http"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
	for _, p := range policies {
		if !strings.Contains(page, "<h2>"+p.Name+"</h2>") {
			t.Errorf("the page lacks %q", p.Name)
		}
	}
}

// The end of the stock is on the page, however fast it comes.
func TestEndOfTheStock(t *testing.T) {
	t.Parallel()
	for gone, want := range map[time.Duration][2]time.Duration{
		12 * time.Minute:  {6 * time.Minute, 18 * time.Minute},
		59 * time.Second:  {30 * time.Second, 90 * time.Second},
		3 * time.Minute:   {2 * time.Minute, 6 * time.Minute},
		300 * time.Minute: {180 * time.Minute, 420 * time.Minute},
	} {
		curve := []point{{At: 0, Free: 300}, {At: gone, Free: 0}, {At: gone + time.Second, Free: -1}}
		got := comparison{setting: setting{Lasts: 600 * time.Minute}, Rows: []row{{First: result{Curve: curve}}}}.end()
		if got.From != want[0] || got.To != want[1] {
			t.Errorf("gone after %s: from %s to %s, want %s to %s", gone, got.From, got.To, want[0], want[1])
		}
	}
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		`unexpected argument "now"`: {"now"},
		"-seeds 0: at least one":    {"-seeds", "0"},
		"-minutes -1: at least one": {"-minutes", "-1"},
		"-rate 0: at least one":     {"-rate", "0"},
		"at most 6000":              {"-rate", "6001"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %q", args, err, want)
		}
	}
}

// Others act while time passes: in order, and not after it.
func TestClock(t *testing.T) {
	c, did := clock{now: start}, []string(nil)
	at := func(d time.Duration, name string) {
		c.at(start.Add(d), func() { did = append(did, name+" "+c.now.Sub(start).String()) })
	}
	at(3*time.Second, "c")
	at(time.Second, "a")
	at(time.Second, "b")
	at(9*time.Second, "d")
	c.at(start.Add(2*time.Second), func() { at(3*time.Second, "late") })
	c.pass(4 * time.Second)
	if got, want := strings.Join(did, ", "), "a 1s, b 1s, c 3s, late 3s"; got != want || c.now.Sub(start) != 4*time.Second {
		t.Errorf("got %s at %s, want %s", got, c.now.Sub(start), want)
	}
	c.waitUntil(start.Add(time.Minute), func() bool { return len(did) == 5 })
	if c.now.Sub(start) != 9*time.Second {
		t.Errorf("waited until %s for what happened at 9s", c.now.Sub(start))
	}
}
