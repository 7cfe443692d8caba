package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func none(string) string { return "" }

// The made-up accounts have something of most kinds, and every output tells it.
func TestAudit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	var out bytes.Buffer
	code, err := run(t.Context(), []string{
		"-promotion", "MUG-RED, LAMP-OAK,KETTLE", "-title", "Before the LIVE", "-account", "Mugs Ltd", "-csv", file("a.csv"), "-html", file("a.html"), "-json", file("a.json"), "-imports", file("imports"),
	}, none, &out, io.Discard)
	if err != nil || code != toMend {
		t.Fatalf("exit code %d, %v; want %d", code, err, toMend)
	}
	for _, want := range []string{
		"Before the LIVE\nShop: ", "Linnworks account: Mugs Ltd (channel ",
		"9 listings, 19 findings: 6 urgent, 5 warnings, 8 notices\n",
		"SKU LAMP-OAK: listing without an item", "2 x MUG-RED", `did you mean 7117858858072016687 (Royal Mail)?`,
		"channel TIKTOK, old shop: second integration is on", "shipping model tiktok: shipping model without labels", "return warehouse: no return warehouse",
		"webhook ORDER_STATUS_CHANGE: webhook not set", "(Bristol): stock location that feeds nothing", "22 units of 2 listed items", "TO LOOK AT BY HAND",
		"MUG-RED: ready, 24 free", "KETTLE: not ready: promoted and not listed",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if rows, err := csv.NewReader(bytes.NewReader(read("a.csv"))).ReadAll(); err != nil || len(rows) != 1+4+19+3+3 {
		t.Errorf("the CSV has %d rows, %v; want a head, 4 of what it is about, 19 findings, 3 verdicts and 3 things to look at", len(rows), err)
	}
	if got := string(read("imports/composites.csv")); got != "Composite SKU,Component SKU,Quantity\nTEA-FOR-TWO,MUG-RED,2\nTEA-FOR-TWO,TEA-EARL,1\n" {
		t.Errorf("the composites to import are %q", got)
	}
	if page := string(read("a.html")); !strings.Contains(page, "LAMP-OAK") || strings.Contains(page, "http://") || strings.Contains(page, "https://") {
		t.Error("the page lacks a finding, or needs another")
	}
	var report struct{ Findings []struct{ Rule string } }
	if err := json.Unmarshal(read("a.json"), &report); err != nil || len(report.Findings) != 19 {
		t.Errorf("the JSON has %d findings, %v", len(report.Findings), err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-live"}, {"-settings", "x.json"}, {"more"}, {"-nonsense"}, {"-live", "-settings", "not-there.json"}, {"-csv", "no/such/folder/a.csv"}, {"-imports", "main.go/folder"}} {
		var progress bytes.Buffer
		if code, err := run(t.Context(), args, none, io.Discard, &progress); err == nil || code != trouble || strings.Contains(progress.String(), "reading:") {
			t.Errorf("%q: exit code %d, %v; want %d and why, before anything is read: %s", args, code, err, trouble, progress.String())
		}
	}
	if code, err := run(t.Context(), []string{"-help"}, none, io.Discard, io.Discard); err != nil || code != clean {
		t.Errorf("-help: exit code %d, %v", code, err)
	}
}
