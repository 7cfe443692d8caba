package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/finance"
)

func reconcile(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, &out, io.Discard)
	return out.String(), err
}

// What was done wrong on purpose is found, each once, and nothing else.
func TestWhatWentWrongIsFound(t *testing.T) {
	t.Parallel()
	out, err := reconcile(t)
	if !errors.Is(err, errLook) {
		t.Fatalf("error %v, want that somebody has to look", err)
	}
	_, look, _ := strings.Cut(out, "Somebody has to look\n")
	look, _, _ = strings.Cut(look, "\n\n")
	var found []string
	for line := range strings.Lines(look) {
		if !strings.HasPrefix(line, "      ") {
			found = append(found, line)
		}
	}
	want := []string{"order not in the warehouse", "-0.01 GBP line does not add up", "payment failed", "reserve not released in time", "fee above the published rule"}
	if len(found) != len(want) {
		t.Fatalf("found %d things, want %d:\n%s", len(found), len(want), out)
	}
	for i, w := range want {
		if !strings.Contains(found[i], w) {
			t.Errorf("found %q, want %q", found[i], w)
		}
	}
}

func TestACleanMonth(t *testing.T) {
	t.Parallel()
	out, err := reconcile(t, "-clean")
	if err != nil || strings.Contains(out, "Somebody") || strings.Contains(out, "not explained") {
		t.Errorf("error %v:\n%s", err, out)
	}
}

// The same month twice is the same report, byte for byte, in every form.
func TestFiles(t *testing.T) {
	t.Parallel()
	var all [2][]byte
	for i := range all {
		dir := t.TempDir()
		page := filepath.Join(dir, "page.html")
		if _, err := reconcile(t, "-csv", dir, "-html", page); !errors.Is(err, errLook) {
			t.Fatal(err)
		}
		for _, name := range []string{"page.html", "journal.csv", "journal-june.csv", "payouts.csv", "orders.csv", "balance.csv"} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			all[i] = append(all[i], text...)
			if strings.HasSuffix(name, ".csv") {
				rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
				if err != nil || len(rows) < 20 {
					t.Errorf("%s: %d rows, %v", name, len(rows), err)
				}
				continue
			}
			for _, outside := range []string{"href=", "src=", "url(", "<link", "@import"} {
				if bytes.Contains(text, []byte(outside)) {
					t.Errorf("the page is not self-contained: it has %s", outside)
				}
			}
		}
	}
	if !slices.Equal(all[0], all[1]) {
		t.Error("two runs differ")
	}
}

// Whoever is sent the page reads no less than whoever is sent the text.
func TestThePageSaysWhatTheTextSays(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.html")
	text, err := reconcile(t, "-html", file)
	if !errors.Is(err, errLook) {
		t.Fatal(err)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range regexp.MustCompile(`-?[0-9]+\.[0-9]{2}|[0-9]{19}|[a-z]+_[a-z_]+`).FindAllString(text, -1) {
		if !strings.Contains(string(page), word) {
			t.Errorf("%s is in the text, and not on the page", word)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want string
	}{{[]string{"june"}, "june"}, {[]string{"-csv", "/dev/null/x"}, "/dev/null"}, {[]string{"-html", "/dev/null/x"}, "/dev/null"}} {
		if _, err := reconcile(t, tc.args...); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want an error with %s", tc.args, err, tc.want)
		}
	}
	if _, err := reconcile(t, "-help"); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-help: %v", err)
	}
}

// What the journal leaves out is on the page.
func TestThePageSaysWhatIsNotPosted(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 9, 0, 0, 0, 0, time.UTC)
	report, err := finance.Reconcile(finance.Books{Statements: []finance.Statement{{ID: "700", Currency: "GBP", At: at, Settlement: 1820}}}, finance.Options{Shop: "UK", AsOf: at.AddDate(0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	page, err := pageOf(report)
	if want := "Statement 700 of 8 Jun 2026 is not in the journal: 18.20 GBP"; err != nil || !strings.Contains(string(page), want) {
		t.Errorf("%v: the page lacks %q", err, want)
	}
}
