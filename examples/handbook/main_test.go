package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

func written(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(args, &out, io.Discard); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return out.String()
}

var (
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	linked  = regexp.MustCompile(`\[[^]]*\]\(#([^)]*)\)`)
)

func TestHandbookHasEveryKind(t *testing.T) {
	text := written(t)
	sections := map[string]string{} // text by anchor
	var anchors []string
	at := heading.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		a := anchor(text[m[2]:m[3]])
		if _, twice := sections[a]; twice {
			t.Errorf("two headings have the anchor %q", a)
		}
		sections[a] = text[m[0]:end]
		anchors = append(anchors, a)
	}
	links := map[string]bool{}
	for _, m := range linked.FindAllStringSubmatch(text, -1) {
		links[m[1]] = true
		if sections[m[1]] == "" {
			t.Errorf("a link leads to %q, which is no heading: %q", m[1], anchors)
		}
	}
	kinds := exceptions.Kinds()
	for _, k := range kinds {
		section := sections[anchor(string(k.Kind))]
		parts := append([]string{k.Meaning, k.Closes, title(k.Severity.String()) + ", for " + teams[k.Owner].name, words(k.Within)}, k.Steps...)
		for _, part := range append(parts, k.Where...) {
			if !strings.Contains(section, part) {
				t.Errorf("%s: the section lacks %q", k.Kind, part)
			}
		}
		if !links[anchor(string(k.Kind))] || !links[anchor(string(k.Owner))] {
			t.Errorf("%s of %s is not in the contents", k.Kind, k.Owner)
		}
		if teams[k.Owner].name == "" || teams[k.Owner].who == "" {
			t.Errorf("who is %s?", k.Owner)
		}
	}
	if len(kinds) < 20 {
		t.Errorf("%d kinds only", len(kinds))
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimRight(line, " \t") != line && !strings.Contains(line, "_") {
			t.Errorf("%q ends with blanks", line)
		}
	}
}

func TestHandbookIsStable(t *testing.T) {
	first := written(t)
	for range 5 { // maps come in another order
		if diff := cmp.Diff(first, written(t)); diff != "" {
			t.Fatal(diff)
		}
	}
	path := filepath.Join(t.TempDir(), "handbook.md")
	if out := written(t, "-o", path); out != "" {
		t.Errorf("with -o it also prints %q", out)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, string(file)); diff != "" {
		t.Error(diff)
	}
}

func TestReference(t *testing.T) {
	text := written(t)
	if !strings.Contains(text, bridge.DefaultStatusTable().String()) {
		t.Error("the status table is missing")
	}
	if len(stages) != int(stage.Processed) {
		t.Errorf("%d stages are explained, there are %d", len(stages), stage.Processed)
	}
	for i, s := range stages {
		if int(s.stage) != i+1 || !strings.Contains(text, "| "+s.stage.String()+" | "+s.when+" |\n") {
			t.Errorf("stage %d: %v", i+1, s)
		}
	}
	const cells = "seller UNPAID absent park\n"
	path := filepath.Join(t.TempDir(), "client.txt")
	if err := os.WriteFile(path, []byte(cells), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := bridge.DefaultStatusTable().Override(strings.NewReader(cells))
	if err != nil {
		t.Fatal(err)
	}
	if client := written(t, "-override", path); !strings.Contains(client, table.String()) || client == text {
		t.Error("the client's table is missing")
	}
}

// TestShippingRules checks that a client's rules are in its handbook, and how the view is
// set up in everybody's.
func TestShippingRules(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.json")
	const settings = `{"shop": "uk", "locations": {"7": ["a"]}, "default_location": "a", "print_view": {"identifier": "READY"},
		"shipping_rules": [{"model": "seller", "market": "GB", "up_to_grams": 2000, "service": "Tracked 48"}]}`
	if err := os.WriteFile(path, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	plain, client := written(t), written(t, "-settings", path)
	if !strings.Contains(plain, "## The printing view") || strings.Contains(plain, "Tracked 48") {
		t.Error("the plain handbook lacks the printing view, or has rules")
	}
	if want := "seller  any              GB      2000 g  Tracked 48      as the warehouse chooses"; !strings.Contains(client, want) {
		t.Errorf("the client's handbook lacks %q", want)
	}
}

func TestRefused(t *testing.T) {
	for _, args := range [][]string{{"more"}, {"-what"}, {"-override", "no such file"}, {"-settings", "no such file"}, {"-o", filepath.Join("no", "such", "folder")}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is not refused", args)
		}
	}
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30 * time.Minute: "30 minutes", time.Minute: "1 minute", time.Hour: "1 hour", 90 * time.Minute: "90 minutes",
		24 * time.Hour: "1 day", 36 * time.Hour: "36 hours", 7 * 24 * time.Hour: "7 days",
	} {
		if got := words(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
