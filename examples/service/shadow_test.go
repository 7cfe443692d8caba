package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/shadow"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// TestRehearsal looks at both sides while another integration works, and neither is written
// to; a second process prints what was seen, and what is still to do.
func TestRehearsal(t *testing.T) {
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	c, err := readConfig(w.file, w.getenv)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- rehearse(ctx, c, 200*time.Millisecond, slog.New(slog.DiscardHandler)) }()
	// An order that the other integration brings in, and one that it forgets.
	id, err := w.Shop.PlaceOrder(tiktokshoptest.OrderSpec{NoHold: true, Lines: []tiktokshoptest.Line{tiktokshoptest.Units("1729592969712207101", 1)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Warehouse.AddOrder(linnworkstest.Order{Source: "TIKTOK", SubSource: "native", Reference: id, Lines: []linnworkstest.Line{{SKU: "MUG-RED", Quantity: 1}}}); err != nil {
		t.Fatal(err)
	}
	report := func() (string, error) {
		var out bytes.Buffer
		err := reportRehearsals(t.Context(), c, &out)
		return out.String(), err
	}
	within(t, soon, "a look has seen both orders", func() error {
		text, _ := report()
		if !strings.Contains(text, string(shadow.Create)) {
			return fmt.Errorf("the report has no %q yet:\n%s", shadow.Create, text)
		}
		return nil
	})
	text, err := report()
	if err == nil || !strings.Contains(err.Error(), "still to do before the switch") {
		t.Errorf("error %v, want one that counts what is left: minutes are no rehearsal", err)
	}
	for _, want := range []string{"MADE-UP", "The switch of made-up", "[ ] The rehearsal has looked for 72 hours or longer", "[?] Place a test order", "The way back, at any time", "cancel the second order of each reference, and keep the one of the source"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	w.silent(t, "the report", text)
	db, err := sqlstore.Open(t.Context(), c.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	line := "[?] Start the service"
	for _, seen := range []time.Time{{}, time.Now().Add(-time.Hour), time.Now()} {
		if !seen.IsZero() {
			if err := db.Shop("made-up").SetSeenUpTo(t.Context(), seen); err != nil {
				t.Fatal(err)
			}
		}
		if time.Since(seen) < time.Minute {
			line = "[x] Start the service"
		}
		if text, _ := report(); !strings.Contains(text, line) {
			t.Errorf("with orders seen up to %s the report lacks %q:\n%s", seen, line, text)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the rehearsal ended with %v", err)
	}
	if wrote := w.Shop.CallsOf(tiktokshoptest.Writes()); len(wrote) > 0 {
		t.Errorf("the shop was written to: %v", wrote)
	}
	for _, o := range w.Warehouse.Orders() {
		if o.GeneralInfo.Source == "TIKTOKBRIDGE" {
			t.Errorf("the rehearsal has made the order %s", o.GeneralInfo.ReferenceNum)
		}
	}
}

func TestChecklist(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	good := shadow.Report{From: now.Add(-80 * time.Hour), To: now, Looks: 960, Gap: 6 * time.Minute}
	short := good
	short.From = now.Add(-70 * time.Hour)
	gap := good
	gap.Gap = time.Hour
	old := good
	old.From, old.To = old.From.AddDate(0, -2, 0), old.To.AddDate(0, -2, 0)
	blind := good
	blind.Not = []string{"the stock was never seen"}
	native := []audit.Channel{{Source: "TIKTOKBRIDGE", Own: true, TikTok: true}, {Source: "TIKTOK", SubSource: "maple", TikTok: true}, {Source: "EBAY"}}
	for name, test := range map[string]struct {
		report   shadow.Report
		settings error
		channels []audit.Channel
		err      error
		open     []string // what each line that is not done begins with
		seen     string
	}{
		"all done":            {report: good, channels: native[:1]},
		"too short":           {report: short, open: []string{"The rehearsal"}, seen: "looks: 960 in 70h0m0s"},
		"a gap":               {report: gap, open: []string{"The rehearsal"}, seen: "the longest gap 1h0m0s"},
		"it was half blind":   {report: blind, open: []string{"The rehearsal"}},
		"it ended long ago":   {report: old, open: []string{"The rehearsal"}, seen: "the last at 2026-01-01"},
		"wrong settings":      {report: good, settings: errors.New("2 problems"), open: []string{"Settings"}, seen: "2 problems: run -check"},
		"another one is on":   {report: good, channels: native, open: []string{"No other integration"}, seen: "on: TIKTOK maple"},
		"Linnworks is silent": {report: good, err: errors.New("no answer"), open: []string{"No other integration"}, seen: "could not be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			var open []item
			for _, i := range checklist(test.report, test.settings, test.channels, test.err, now.Add(5*time.Minute)) {
				if !i.done && !i.byHand {
					open = append(open, i)
				}
			}
			if len(open) != len(test.open) {
				t.Fatalf("open: %v, want %q", open, test.open)
			}
			for i := range open {
				if !strings.HasPrefix(open[i].what, test.open[i]) || !strings.Contains(open[i].seen, test.seen) {
					t.Errorf("open: %q, %q; want %q, %q", open[i].what, open[i].seen, test.open[i], test.seen)
				}
			}
		})
	}
}

func TestModesDoNotGoTogether(t *testing.T) {
	for _, args := range [][]string{{"-config", "x", "-shadow", "-check"}, {"-config", "x", "-shadow", "-report"}, {"-demo", "-report"}, {"-shadow"}} {
		if err := run(t.Context(), args, func(string) string { return "" }, strings.NewReader(""), io.Discard, io.Discard); err == nil {
			t.Errorf("%q is not refused", args)
		}
	}
}
