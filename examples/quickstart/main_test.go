package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// The demo is the main job end to end: the report must show every kind of
// outcome that the story was written for, a case for each team, and nothing that
// failed.
func TestDemoTellsTheWholeStory(t *testing.T) {
	t.Parallel()
	out := runDemo(t)
	passes := strings.Split(out, "\n== ")
	if len(passes) != 6 {
		t.Fatalf("%d sections, want introduction, three passes, what needs a person and timings:\n%s", len(passes), out)
	}
	for _, want := range []struct {
		pass  int
		story string
		text  string
	}{
		{1, madeup.Plain, "created  "},
		{1, madeup.Held, "created parked"},
		{1, madeup.NotPaid, "reserved"},
		{1, madeup.Unmapped, "raised"},
		{1, madeup.Bundle, "created  "},
		{1, madeup.OddTotal, "created  "},
		{1, madeup.Platform, "labelled"},
		{2, madeup.Early, "cancelled"},
		{2, madeup.Late, "raised"},
		{2, madeup.Dropped, "cancelled in the shop"},
		{2, madeup.Plain, "shipped"},
		{2, madeup.NoCarrier, "raised"},
		{2, madeup.NoNumber, "raised"},
		{3, madeup.Held, "released"},
		{3, madeup.Platform, "confirmed"},
		{3, madeup.Today, "shipped"},
	} {
		if !hasLine(passes[want.pass], want.text, want.story) {
			t.Errorf("pass %d does not report %q for %q:\n%s", want.pass, want.text, want.story, passes[want.pass])
		}
	}
	teams := map[string]string{}
	for _, team := range strings.Split(passes[4], "\nFor ")[1:] {
		owner, cases, _ := strings.Cut(team, "\n")
		teams[owner] = cases
	}
	for owner, kind := range map[exceptions.Owner]exceptions.Kind{
		exceptions.OwnerWarehouse:       exceptions.NoTracking,
		exceptions.OwnerCustomerService: exceptions.LateCancellation,
		exceptions.OwnerEcommerce:       exceptions.MissingComposite,
		exceptions.OwnerFinance:         exceptions.TotalDiffers,
		exceptions.OwnerIntegration:     exceptions.UnmappedCarrier,
	} {
		if !strings.Contains(teams[string(owner)], ": "+string(kind)+" (") {
			t.Errorf("no case %q for %s:\n%s", kind, owner, passes[4])
		}
	}
	// What was near its deadline has left: that case is closed.
	if !strings.Contains(passes[1], "deadlines near 1") || !strings.Contains(passes[3], "deadlines near 0") || strings.Contains(passes[4], string(exceptions.DeadlineNear)) {
		t.Errorf("the order that had to leave was not watched until it left:\n%s", out)
	}
	if !hasLine(passes[4], string(exceptions.TotalDiffers), "Ann is on it") {
		t.Errorf("nobody has taken on what finance has to do:\n%s", passes[4])
	}
	for _, part := range []string{"gate", "dispatch"} {
		if !hasLine(passes[5], part, "p50") {
			t.Errorf("no timings of %s:\n%s", part, passes[5])
		}
	}
	if strings.Contains(strings.ReplaceAll(out, " 0 failed", ""), "failed") {
		t.Errorf("something failed:\n%s", out)
	}
	story, _, _ := strings.Cut(out, "\n== Timings") // which differ by the clients' waits
	again, _, _ := strings.Cut(runDemo(t), "\n== Timings")
	if diff := cmp.Diff(story, again); diff != "" {
		t.Errorf("a second run tells another story (-first +second):\n%s", diff)
	}
}

// runDemo runs the program at a fixed time.
func runDemo(t *testing.T) string {
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		if err := run(t.Context(), nil, noEnvironment, &out, io.Discard); err != nil {
			t.Fatal(err)
		}
	})
	return out.String()
}

// What -live does without -write must not write.
func TestSurveyOnlyReads(t *testing.T) {
	t.Parallel()
	w, err := madeup.New(tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linnworkstest.New())
	if err != nil {
		t.Fatal(err)
	}
	s, err := connectDemo(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s.out = &out
	if err := s.survey(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MUG-RED", "unmapped SKU", "order " + w.Orders[madeup.Plain]} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the survey does not mention %q:\n%s", want, out.String())
		}
	}
	if calls := w.Shop.CallsOf(tiktokshoptest.Writes()); len(calls) > 0 {
		t.Errorf("calls that write in the shop: %v", calls)
	}
	if orders := w.Warehouse.Orders(); len(orders) > 0 {
		t.Errorf("%d orders were made in Linnworks", len(orders))
	}
}

// Going live is rehearsed against the fakes on their ports: the same program, the same
// credentials' names, two more variables.
func TestLiveAgainstTheFakes(t *testing.T) {
	t.Parallel()
	var serve http.Handler
	warehouse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serve.ServeHTTP(w, r) }))
	defer warehouse.Close()
	w, err := madeup.New(tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linnworkstest.New(linnworkstest.WithServerURL(warehouse.URL)))
	if err != nil {
		t.Fatal(err)
	}
	serve = w.Warehouse
	shop := httptest.NewServer(w.Shop)
	defer shop.Close()
	account := w.Warehouse.Credentials()
	environment := map[string]string{
		"TIKTOK_APP_KEY": w.Shop.App().Key, "TIKTOK_APP_SECRET": w.Shop.App().Secret.Reveal(), "TIKTOK_ACCESS_TOKEN": w.Shop.Token().AccessToken.Reveal(),
		"LINNWORKS_APPLICATION_ID": account.ApplicationID, "LINNWORKS_APPLICATION_SECRET": account.ApplicationSecret.Reveal(), "LINNWORKS_TOKEN": account.Token.Reveal(),
		"TIKTOK_URL": shop.URL, "LINNWORKS_URL": warehouse.URL, "BRIDGE_SUBSOURCE": madeup.SubSource,
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-live", "-write"}, func(name string) string { return environment[name] }, &out, io.Discard); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{`"Bristol" sells the location "Bristol"`, `"Leeds" sells the default location`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %s:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "offered twice") {
		t.Errorf("one location is offered in two warehouses:\n%s", out.String())
	}
	if id := w.Orders[madeup.Plain]; len(w.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, id)) != 1 {
		t.Errorf("the order %s is not in the warehouse:\n%s", id, out.String())
	}
}

// side has places.
type side []catalogue.Place

func (s side) Places(context.Context) ([]catalogue.Place, error) { return s, nil }

// places makes a side of ids and names, in turn.
func places(pairs ...string) (s side) {
	for i := 0; i+1 < len(pairs); i += 2 {
		s = append(s, catalogue.Place{ID: pairs[i], Name: pairs[i+1]})
	}
	return s
}

// Without settings the locations follow from the names, as far as they tell.
func TestMapByName(t *testing.T) {
	t.Parallel()
	const def = "00000000-0000-0000-0000-000000000000"
	for name, c := range map[string]struct {
		shop, warehouse side
		want            map[string][]string
		says            string // of what is not mapped, or the error
	}{
		"one of each":        {places("w1", "Main"), places(def, "Default"), map[string][]string{"w1": {def}}, ""},
		"same names":         {places("w1", "LEEDS", "w2", "Bristol"), places("l1", "Bristol", "l2", "Leeds"), map[string][]string{"w1": {"l2"}, "w2": {"l1"}}, ""},
		"one is left":        {places("w1", "Leeds", "w2", "Bristol"), places(def, "Default", "l1", "Bristol"), map[string][]string{"w1": {def}, "w2": {"l1"}}, ""},
		"two are left":       {places("w1", "A", "w2", "B", "w3", "C"), places(def, "Default", "l1", "C"), map[string][]string{"w3": {"l1"}}, `"A" sells nothing`},
		"twice the same":     {places("w1", "A", "w2", "A"), places("l1", "A", def, "Default"), map[string][]string{"w1": {"l1"}, "w2": {def}}, ""},
		"no name says":       {places("w1", "A", "w2", "B"), places(def, "Default"), nil, `there is the location ` + def},
		"no warehouse there": {nil, places(def, "Default"), nil, "BRIDGE_LOCATIONS is not set"},
	} {
		got, said, err := mapByName(t.Context(), c.shop, c.warehouse)
		if err != nil {
			said = append(said, err.Error())
		}
		if diff := cmp.Diff(c.want, got); diff != "" || (err == nil) != (c.want != nil) {
			t.Errorf("%s: error %v; locations (-want +got):\n%s", name, err, diff)
		}
		if !strings.Contains(strings.Join(said, "\n"), c.says) {
			t.Errorf("%s: says %q, want %q", name, said, c.says)
		}
	}
}

// hasLine reports whether one line holds all the texts.
func hasLine(text string, all ...string) bool {
	for line := range strings.Lines(text) {
		found := true
		for _, part := range all {
			found = found && strings.Contains(line, part)
		}
		if found {
			return true
		}
	}
	return false
}

func noEnvironment(string) string { return "" }

func TestBadArguments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"write alone":       {args: []string{"-write"}, want: "-write only goes with -live"},
		"stray argument":    {args: []string{"now"}, want: `unexpected argument "now"`},
		"negative window":   {args: []string{"-since", "-1h"}, want: "not positive"},
		"no credentials":    {args: []string{"-live"}, want: "LINNWORKS_TOKEN is not set"},
		"malformed mapping": {args: []string{"-live"}, env: map[string]string{"BRIDGE_LOCATIONS": "7068517275539719942"}, want: "is not of the form from=to"},
		"malformed buffer":  {args: []string{"-live"}, env: map[string]string{"BRIDGE_BUFFER": "-3"}, want: "not a whole number of units"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), c.args, func(k string) string { return c.env[k] }, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestHelpNamesTheEnvironment(t *testing.T) {
	t.Parallel()
	var progress bytes.Buffer
	err := run(context.Background(), []string{"-help"}, noEnvironment, io.Discard, &progress)
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(progress.String(), "TIKTOK_APP_KEY") {
		t.Errorf("error %v, help:\n%s", err, progress.String())
	}
}
