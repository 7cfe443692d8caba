package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func syncSettings() bridge.Settings {
	return bridge.Settings{
		Shop: "uk-shop", SubSource: "test",
		Locations: map[string][]string{shopWarehouse: {string(linnworks.ZeroGUID)}}, DefaultLocation: string(linnworks.ZeroGUID),
		Carriers: map[string]string{"Tracked 48": "Royal Mail"},
		Buffer:   []stock.BufferRule{{Do: stock.KeepUnits, Units: 1}},
	}
}

// newSync is a Sync over the fakes. Calls of the bridge end with an error while
// down is set.
func newSync(t *testing.T, s *sides, down *outage, settings bridge.Settings) (*bridge.Sync, *bridge.Memory) {
	t.Helper()
	tiktok, err := s.tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: down.over(s.tiktok.RoundTripper())}), tiktokshop.WithMaxAttempts(1))
	must(t, err)
	linn, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{Documents: &http.Client{Transport: s.tiktok.RoundTripper()}})
	must(t, err)
	warehouse, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
	memory := new(bridge.Memory)
	b, err := bridge.NewSync(shop, warehouse, memory.Shop(settings.Shop), settings)
	must(t, err)
	return b, memory
}

// outage can take a side off the network.
type outage struct {
	mu   sync.Mutex
	down bool
}

func (o *outage) set(down bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.down = down
}

func (o *outage) over(next http.RoundTripper) http.RoundTripper {
	return roundTrip(func(r *http.Request) (*http.Response, error) {
		o.mu.Lock()
		down := o.down
		o.mu.Unlock()
		if down {
			return nil, errors.New("no route to the shop")
		}
		return next.RoundTrip(r)
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// shown is what the shop shows of the mug.
func (s *sides) shown(t *testing.T) int {
	t.Helper()
	n, _ := s.tiktok.Stock(mugSKU, shopWarehouse)
	return n
}

// One order's life through a running Sync: bought, imported, sent, shipped; stock
// follows; the settings' pace is kept; nothing goes on after the context has ended.
func TestSyncRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		b, memory := newSync(t, s, new(outage), syncSettings())
		var mu sync.Mutex
		runs := map[string]int{}
		b.Observe = func(_ context.Context, run bridge.FlowRun) {
			mu.Lock()
			defer mu.Unlock()
			runs[run.Flow]++
			if run.Err != nil || run.Shop != "uk-shop" || run.Start.IsZero() || run.Result == nil {
				t.Errorf("observed %+v", run)
			}
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(time.Minute)
		if got := s.shown(t); got != 9 {
			t.Errorf("the shop shows %d mugs, want 10 less the one that is kept back", got)
		}
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2), NoHold: true})
		must(t, b.Hint(ctx, id)) // a webhook: nothing waits for the next poll
		time.Sleep(5 * time.Second)
		found := s.inLinnworks(id)
		if len(found) != 1 {
			t.Fatalf("%d orders in Linnworks five seconds after a hint, want 1", len(found))
		}
		time.Sleep(time.Minute)
		if got := s.shown(t); got != 7 {
			t.Errorf("the shop shows %d mugs after two were sold, want 7", got)
		}
		time.Sleep(time.Hour) // the buyer's
		must(t, s.linn.SetTracking(found[0].OrderID, s.linn.AddPostalService("Tracked 48", "Royal Mail"), "RM1"))
		must(t, s.linn.Process(found[0].OrderID))
		time.Sleep(2 * time.Minute)
		if o, _ := s.tiktok.Order(id); o.Status != tiktokshop.OrderStatusInTransit && o.Status != tiktokshop.OrderStatusAwaitingCollection {
			t.Errorf("the shop's order is %s two minutes after the parcel left", o.Status)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want that the context has ended", err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, f := range b.Flows {
			if runs[f.Name] == 0 {
				t.Errorf("the flow %s never ran", f.Name)
			}
		}
		h := b.Health()
		for _, f := range b.Flows {
			if got := h.Flows[f.Name]; got.Runs != runs[f.Name] || got.Failures > 0 || got.LastSuccess.IsZero() {
				t.Errorf("health of %s: %s, want %d runs and no failure", f.Name, got, runs[f.Name])
			}
		}
		for part, flow := range h.Parts {
			// The revoker and the dispatcher have had their one order each, or none.
			if flow.Failures > 0 || flow.Runs == 0 && part != "Revoker" && part != "Canceller" {
				t.Errorf("health of the part %s: %s", part, flow)
			}
		}
		cases, err := memory.Cases(t.Context(), exceptions.Filter{Owner: exceptions.OwnerEcommerce})
		must(t, err)
		if len(cases) == 0 || cases[0].Shop != "uk-shop" {
			t.Errorf("the listing without an item is not raised for the shop: %v", cases)
		}
	})
}

// While orders cannot be read nothing is published: what was bought meanwhile is
// not counted. It is logged and counted, and goes on by itself.
func TestSyncPublishesNothingWhileBlind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, down := newSides(t, "GB"), new(outage)
		b, _ := newSync(t, s, down, syncSettings())
		var log bytes.Buffer
		b.Log = slog.New(slog.NewTextHandler(&log, nil))
		down.set(true)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(5 * time.Minute)
		s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(3), State: tiktokshop.OrderStatusAwaitingShipment})
		if n := len(s.tiktok.CallsOf(tiktokshoptest.Writes())); n > 0 {
			t.Errorf("%d writes while the shop cannot be reached", n)
		}
		down.set(false)
		time.Sleep(5 * time.Minute)
		if got := s.shown(t); got != 6 {
			t.Errorf("the shop shows %d mugs, want 10 less 3 sold and 1 kept back", got)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want %v", err, context.Canceled)
		}
		if !strings.Contains(log.String(), "no route to the shop") {
			t.Errorf("the log does not say what failed:\n%s", log.String())
		}
	})
}

func TestSyncStep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, down := newSides(t, "GB"), new(outage)
		b, _ := newSync(t, s, down, syncSettings())
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusAwaitingShipment})
		_, err := b.Step(t.Context())
		must(t, err)
		time.Sleep(time.Second) // a reading from the second of the import may be older than that
		did, err := b.Step(t.Context())
		if err != nil || len(did) != len(b.Flows) || len(s.inLinnworks(id)) != 1 || s.shown(t) != 8 {
			t.Errorf("%d flows ran, %v; %d orders in Linnworks, the shop shows %d; want all, 1 and 8:\n%s", len(did), err, len(s.inLinnworks(id)), s.shown(t), did)
		}
		down.set(true)
		did, err = b.Step(t.Context())
		if err == nil || len(did) != len(b.Flows) || !strings.Contains(err.Error(), "stock: reading the listings") {
			t.Errorf("%d flows ran without the shop, want all: %v", len(did), err)
		}
		if text := did.String(); strings.Count(text, "failed: ") < 3 || !strings.HasPrefix(text, "orders:\n") {
			t.Errorf("the result does not say what failed:\n%s", text)
		}
		// A flow can be replaced.
		b.Flows = []bridge.Flow{{Name: "mine", Run: func(context.Context) (fmt.Stringer, error) { return nil, nil }}}
		if did, err = b.Step(t.Context()); err != nil || did.String() != "mine:\n" {
			t.Errorf("got %q, %v", did, err)
		}
		if got := b.Health().Flows["mine"]; got.Runs != 1 {
			t.Errorf("health of a flow of one's own: %s", got)
		}
	})
}

// A location that does not exist would read as one that holds nothing: nothing is
// published, and the error says what there is.
func TestSyncRefusesUnknownPlaces(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*bridge.Settings){
		"stock location": func(s *bridge.Settings) {
			s.Locations = map[string][]string{shopWarehouse: {"11111111-0000-0000-0000-000000000000"}}
		},
		"stock location by name": func(s *bridge.Settings) { s.DefaultLocation = "Leeds" },
		"warehouse of the shop":  func(s *bridge.Settings) { s.Locations["7000"] = []string{string(linnworks.ZeroGUID)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, "GB"), syncSettings()
				change(&settings)
				b, _ := newSync(t, s, new(outage), settings)
				kind, _, _ := strings.Cut(name, " by")
				for way, run := range map[string]func() error{
					"Step": func() error { return errOf(b.Step(t.Context())) },
					"Run":  func() error { return b.Run(t.Context()) },
				} {
					err := run()
					if err == nil || !strings.Contains(err.Error(), "no "+kind) || !strings.Contains(err.Error(), "there are ") {
						t.Errorf("%s: got %v, want that there is no such %s, and those that there are", way, err, kind)
					}
				}
				if got := s.shown(t); got != 10 {
					t.Errorf("the shop shows %d mugs, want the 10 it showed before", got)
				}
			})
		})
	}
}

func TestNewSyncNeedsAll(t *testing.T) {
	if _, err := bridge.NewSync(nil, nil, nil, syncSettings()); err == nil || !strings.Contains(err.Error(), "required") {
		t.Errorf("got %v", err)
	}
	s := newSides(t, "GB")
	_, err := bridge.NewSync(s.shop, s.book, new(bridge.Memory).Shop("x"), bridge.Settings{})
	for _, want := range []string{"shop: ", "locations: ", "default_location: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a line with %q", err, want)
		}
	}
}

// Every failure of every part is in the error of the run and in the queue, says more
// the longer it lasts, and is closed when the part works again.
func TestSyncTellsWhatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, down := newSides(t, "GB"), new(outage)
		b, memory := newSync(t, s, down, syncSettings())
		must(t, errOf(b.Step(t.Context())))
		failing := func() map[string]exceptions.Case {
			t.Helper()
			cases, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.RunFailing}})
			must(t, err)
			byFlow := map[string]exceptions.Case{}
			for _, c := range cases {
				byFlow[strings.TrimPrefix(c.Object, "flow ")] = c
			}
			return byFlow
		}
		if got := failing(); len(got) != 0 {
			t.Errorf("open without a failure: %v", got)
		}
		down.set(true)
		began := time.Now()
		for _, tc := range []struct {
			after    time.Duration
			severity exceptions.Severity
			told     int
		}{{0, exceptions.Notice, 1}, {5 * time.Minute, exceptions.Notice, 1}, {15 * time.Minute, exceptions.Warning, 2}, {time.Hour, exceptions.Urgent, 3}, {2 * time.Hour, exceptions.Urgent, 4}} {
			time.Sleep(time.Until(began.Add(tc.after)))
			did, err := b.Step(t.Context())
			if err == nil || len(did) != len(b.Flows) {
				t.Fatalf("%d flows ran, %v; want all, and errors", len(did), err)
			}
			cases, failed := failing(), 0
			for _, run := range did {
				c, told := cases[run.Flow]
				if run.Err == nil {
					if told {
						t.Errorf("%s works and is told to fail: %s", run.Flow, c)
					}
					continue
				}
				failed++
				switch {
				case !strings.Contains(err.Error(), run.Flow+": "):
					t.Errorf("the error does not name %s: %v", run.Flow, err)
				case !told:
					t.Errorf("%s fails and nobody is told: %v", run.Flow, run.Err)
				case c.Severity != tc.severity || c.Count != tc.told || !strings.Contains(c.Seen, "no route to the shop"):
					t.Errorf("after %s: got %s, want %s, told %d times, with the error", tc.after, c, tc.severity, tc.told)
				}
			}
			if failed < 4 {
				t.Errorf("without the shop %d flows fail, want 4 or more:\n%s", failed, did)
			}
		}
		down.set(false)
		must(t, errOf(b.Step(t.Context())))
		if got := failing(); len(got) != 0 {
			t.Errorf("still open when all works: %v", got)
		}
		// A case of another process is closed by the first run that goes well.
		must(t, memory.Shop("uk-shop").Raise(t.Context(), exceptions.New(exceptions.RunFailing, "flow "+bridge.FlowStock, time.Time{}, "it fails", "wait")))
		again, err := bridge.NewSync(s.shop, s.book, memory.Shop("uk-shop"), syncSettings())
		must(t, err)
		must(t, errOf(again.Step(t.Context())))
		if got := failing(); len(got) != 0 {
			t.Errorf("still open after another process worked: %v", got)
		}
	})
}

// The day's orders and the shop's status are watched over both fakes.
func TestSyncWatchesTheShop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, settings := newSides(t, "GB"), syncSettings()
		settings.OrdersPerDay, settings.Zone = 3, "Europe/London"
		b, memory := newSync(t, s, new(outage), settings)
		open := func() (kinds []string) {
			t.Helper()
			cases, err := memory.Cases(t.Context(), exceptions.Filter{Object: "shop"})
			must(t, err)
			for _, c := range cases {
				kinds = append(kinds, c.Severity.String()+" "+string(c.Kind))
			}
			return kinds
		}
		time.Sleep(2 * time.Hour) // of the day: what is placed now is paid an hour ago
		for range 3 {
			s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		}
		must(t, errOf(b.Step(t.Context())))
		if diff := cmp.Diff([]string{"urgent daily order limit"}, open()); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		if why, err := b.ShopStatus.SalesStopped(t.Context()); err != nil || !strings.Contains(why, "limit of 3") {
			t.Errorf("nothing is sold because %q, %v; want the limit", why, err)
		}
		time.Sleep(24 * time.Hour)
		must(t, errOf(b.ShopStatus.Check(t.Context())))
		if got := open(); len(got) != 0 {
			t.Errorf("the next day open are %q, want none", got)
		}
		s.tiktok.SetShopActive(false)
		r, err := b.ShopStatus.Check(t.Context())
		if r.Status.Shop != "INACTIVE" || !strings.Contains(r.Stop, "INACTIVE") {
			t.Errorf("a closed shop: %s, %v", r, err)
		}
		s.tiktok.SetShopActive(true)
		s.tiktok.SetSellerActive(false)
		if r, err := b.ShopStatus.Check(t.Context()); err != nil || !r.Status.Stopped || !strings.Contains(r.Stop, "refuses to trade") {
			t.Errorf("a suspended seller: %s, %v", r, err)
		}
		if diff := cmp.Diff([]string{"urgent shop does not sell"}, open()); diff != "" {
			t.Errorf("open (-want +got):\n%s", diff)
		}
	})
}

// The client's own measures, kinds of orders, and vans are those that the deadlines are
// watched by.
func TestSyncWatchesByItsSettings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, settings := newSides(t, "GB"), syncSettings()
		settings.Market, settings.Measures = "GB", []string{"late_at_ready_to_ship GB ? <=50 ? * a mail"}
		settings.Kinds = []string{"free_sample import order none no none"}
		settings.Collections = &policy.Collections{Zone: "Europe/London", Days: map[string]string{"monday": "17:00"}}
		b, _ := newSync(t, s, new(outage), settings)
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		sample := bridge.Order{ID: "s", Kinds: []policy.Kind{policy.FreeSample}, Status: bridge.AwaitingShipment, ShippingModel: bridge.SellerShipping, PaidAt: time.Now(), ShipBy: time.Now().Add(-time.Hour)}
		other := sample
		other.ID, other.Kinds = "o", nil
		r, err := b.Deadlines.Check(t.Context(), sample, other)
		must(t, err)
		found := false
		for _, rate := range r.Rates {
			if rate.Measure == policy.LateAtReady && rate.Market == "GB" {
				found = true
				if rate.Limit.Percent != 50 || rate.Bad != 1 {
					t.Errorf("got %s, want the limit of the settings, and no sample", rate)
				}
			}
		}
		if !found {
			t.Errorf("no rate of the market of the settings in\n%s", r)
		}
		if r.Next.OrderID != id || r.Next.LastCollection.IsZero() {
			t.Errorf("next is %s, want order %s by the last van", r.Next, id)
		}
	})
}

// What the platform's warehouse sends is skipped, or booked as shipped at a location
// of its own: the stock of no listing moves, and nobody is asked for a parcel.
func TestSyncOfPlatformOrders(t *testing.T) {
	t.Parallel()
	for name, booked := range map[string]bool{"skipped": false, "booked": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, "GB"), syncSettings()
				platform := s.linn.AddLocation("TikTok")
				if booked {
					settings.PlatformLocation = string(platform)
				}
				settings.Every.Orders = bridge.Duration(time.Minute)
				b, memory := newSync(t, s, new(outage), settings)
				step := func() {
					t.Helper()
					time.Sleep(2 * time.Minute)
					if did, err := b.Step(t.Context()); err != nil {
						t.Fatal(err, "\n", did)
					}
				}
				step()
				shown := s.shown(t)
				id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2), State: tiktokshop.OrderStatusOnHold, FulfillmentType: tiktokshop.FulfillmentTypeByTikTok})
				step()
				time.Sleep(tiktokshoptest.HoldTime)
				step()
				if got := s.inLinnworks(id); len(got) != 0 {
					t.Errorf("before it is sent Linnworks has %d orders of it, want none", len(got))
				}
				must(t, s.tiktok.Fulfil(id, "TT1"))
				for range 2 {
					step()
				}
				must(t, s.tiktok.Deliver(id))
				for range 2 {
					step()
				}
				got := s.inLinnworks(id)
				if n := map[bool]int{true: 1, false: 0}[booked]; len(got) != n {
					t.Fatalf("Linnworks has %d orders of it, want %d", len(got), n)
				}
				if booked && (!got[0].Processed || got[0].FulfilmentLocationID != platform) {
					t.Errorf("processed %t at location %s, want it processed at %s", got[0].Processed, got[0].FulfilmentLocationID, platform)
				}
				if now := s.shown(t); now != shown {
					t.Errorf("the shop shows %d mugs, want %d as before", now, shown)
				}
				orders := exceptions.Filter{Object: exceptions.ForOrder(id)}
				if cases, err := memory.Cases(t.Context(), orders); err != nil || len(cases) != 0 {
					t.Errorf("open are %v, %v; want no case", cases, err)
				}
			})
		})
	}
}

// A location that TikTok's warehouse does not have is found before the first run.
func TestSyncRefusesAnUnknownPlatformLocation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, settings := newSides(t, "GB"), syncSettings()
		settings.PlatformLocation = "11111111-0000-0000-0000-000000000000"
		b, _ := newSync(t, s, new(outage), settings)
		if err := b.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no stock location") {
			t.Errorf("got %v, want that there is no such location", err)
		}
	})
}

func TestReadSettings(t *testing.T) {
	t.Parallel()
	text := `{
		"shop": "uk-shop", "sub_source": "uk", "locations": {"7068": ["a", "b"]}, "default_location": "a",
		"skus": {"1729": "MUG"}, "carriers": {"Tracked 48": "Royal Mail"}, "first_look": "24h", "park_unpaid": true,
		"cut_off": "picking", "late_requests": "reject", "at_deadline": "go ahead", "cancel_reasons": ["x"],
		"status_table": ["seller UNPAID absent skip"], "kinds": ["exchange skip line line no all"], "platform_location": "fbt", "orders_per_day": 200, "zone": "Europe/London", "selling_statuses": ["OPEN"], "market": "GB", "measures": ["valid_tracking GB ? >=90 ? * a mail"],
		"collections": {"zone": "Europe/London", "days": {"friday": "16:30"}, "holidays": ["2026-12-25"]},
		"buffer": [{"do": "keep percent", "percent": 5}, {"do": "keep units", "units": 2, "skus": ["MUG"]}],
		"sessions": [{"name": "tea time", "start": "2026-12-01T18:00:00Z", "end": "2026-12-01T20:00:00Z", "ahead": "30m", "rule": {"do": "keep units", "units": 9}}],
		"max_stock": 500, "every": {"orders": "15s", "stock": "20s"}
	}`
	got, err := bridge.ReadSettings(strings.NewReader(text))
	must(t, err)
	want := bridge.Settings{
		Shop: "uk-shop", SubSource: "uk", Locations: map[string][]string{"7068": {"a", "b"}}, DefaultLocation: "a",
		SKUs: map[string]string{"1729": "MUG"}, Carriers: map[string]string{"Tracked 48": "Royal Mail"},
		FirstLook: bridge.Duration(24 * time.Hour), ParkUnpaid: true, CutOff: stage.Picking, LateRequests: bridge.AnswerReject,
		AtDeadline: bridge.ShipAtDeadline, CancelReasons: []string{"x"}, StatusTable: []string{"seller UNPAID absent skip"},
		Kinds: []string{"exchange skip line line no all"}, PlatformLocation: "fbt",
		OrdersPerDay: 200, Zone: "Europe/London", SellingStatuses: []string{"OPEN"},
		Market: "GB", Measures: []string{"valid_tracking GB ? >=90 ? * a mail"},
		Collections: &policy.Collections{Zone: "Europe/London", Days: map[string]string{"friday": "16:30"}, Holidays: []string{"2026-12-25"}},
		Buffer:      []stock.BufferRule{{Do: stock.KeepPercent, Percent: 5}, {Do: stock.KeepUnits, Units: 2, SKUs: []string{"MUG"}}},
		Sessions: []bridge.Session{{Name: "tea time", Start: time.Date(2026, 12, 1, 18, 0, 0, 0, time.UTC), End: time.Date(2026, 12, 1, 20, 0, 0, 0, time.UTC),
			Ahead: bridge.Duration(30 * time.Minute), Rule: stock.BufferRule{Do: stock.KeepUnits, Units: 9}}},
		MaxStock: 500, Every: bridge.Pace{Orders: bridge.Duration(15 * time.Second), Stock: bridge.Duration(20 * time.Second)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	// What is written is read again.
	written, err := json.Marshal(got)
	must(t, err)
	again, err := bridge.ReadSettings(bytes.NewReader(written))
	must(t, err)
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("written and read again (-first +second):\n%s", diff)
	}
}

// A status that the table does not have takes a line for each state of the warehouse:
// none of them is a row by itself.
func TestSettingsWithANewRow(t *testing.T) {
	t.Parallel()
	settings := syncSettings()
	for _, cell := range []string{"absent import", "parked release", "open wait", "locked wait", "processed ship", "cancelled raise"} {
		settings.StatusTable = append(settings.StatusTable, "seller READY_AT_LAST "+cell)
	}
	written, err := json.Marshal(settings)
	must(t, err)
	if _, err := bridge.ReadSettings(bytes.NewReader(written)); err != nil {
		t.Errorf("got %v, want the new row taken", err)
	}
	settings.StatusTable = settings.StatusTable[1:]
	written, err = json.Marshal(settings)
	must(t, err)
	if _, err := bridge.ReadSettings(bytes.NewReader(written)); err == nil || !strings.Contains(err.Error(), "needs the state absent") {
		t.Errorf("got %v, want that a state is missing", err)
	}
}

// Everything that is wrong is said at once.
func TestReadSettingsNamesAllThatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := bridge.ReadSettings(strings.NewReader(`{
		"shop": "", "locations": {"7068": [], "": ["a"]}, "carriers": {"": "x"}, "first_look": "a day", "cut_off": "soon",
		"late_requests": "maybe", "at_deadline": "run", "reject_reasons": [" "], "cancel_reasons": ["seller_out_of_stock"],
		"status_table": ["nonsense"], "kinds": ["sample"], "platform_location": "a", "orders_per_day": -1, "zone": "Mars", "market": "uk", "measures": ["valid"], "collections": {"zone": "Mars"}, "buffer": [{"do": "keep everything"}], "max_stock": -1, "every": {"orders": "-5s"}, "colour": "blue"
	}`))
	if err == nil {
		t.Fatal("accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range []string{
		"shop: ", "locations.7068: none", `locations."": empty`, "default_location: ", `carriers."": empty`, "first_look: ", "cut_off: ", "late_requests: ",
		"at_deadline: ", "reject_reasons[0]", "cancel_reasons[0]", "status_table[0]: ", "kinds[0]: ", "platform_location: a feeds", "orders_per_day: ", "zone: ",
		"market: ", "measures[0]: ", "collections.zone: ", "collections.days: ", "buffer[0].do: ", "max_stock: ", "every.orders: ", "colour: unknown setting",
	} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, want) }) {
			t.Errorf("nothing about %q in:\n%v", want, err)
		}
	}
	for name, text := range map[string]string{
		"shop":             `{"shop": "uk", "locations": {"1": ["a"]}, "default_location": "a", "Shop": "de"}`,
		"locations.1":      `{"shop": "uk", "locations": {"1": ["a"], "1": ["b"]}, "default_location": "a"}`,
		"every.orders":     `{"shop": "uk", "locations": {"1": ["a"]}, "default_location": "a", "every": {"orders": "1m", "orders": "2m"}}`,
		"sessions[0].name": `{"shop": "uk", "locations": {"1": ["a"]}, "default_location": "a", "sessions": [{"name": "a", "name": "b"}]}`,
		"locations.abc1":   `{"shop": "uk", "locations": {"ABC1": ["a"], "abc1": ["a"]}, "default_location": "a"}`,
	} {
		if _, err := bridge.ReadSettings(strings.NewReader(text)); err == nil || !strings.Contains(strings.ToLower(err.Error()), name+": it is there twice") {
			t.Errorf("got %v, want that %s is there twice", err, name)
		}
	}
	for name, text := range map[string]string{"no JSON": "shop = uk", "no object": `["uk"]`, "two objects": `{} {}`, "empty": ""} {
		if _, err := bridge.ReadSettings(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzReadSettings(f *testing.F) {
	f.Add(`{"shop": "uk", "locations": {"1": ["a"]}, "default_location": "a"}`)
	f.Add(`{"every": {"orders": "1s"}, "buffer": [{"do": "add up", "rules": [{}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := bridge.ReadSettings(strings.NewReader(text))
		if err != nil {
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := bridge.ReadSettings(bytes.NewReader(written)); err != nil {
			t.Errorf("what was written cannot be read: %v\n%s", err, written)
		}
	})
}

// What somebody cancels in Linnworks is cancelled in the shop, with the settings'
// defaults too.
func TestSyncRevokes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, settings := newSides(t, "GB"), syncSettings()
		settings.CancelReasons = []string{"seller_cancel_paid_reason_address_not_deliver"}
		b, _ := newSync(t, s, new(outage), settings)
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusAwaitingShipment})
		must(t, errOf(b.Step(t.Context())))
		found := s.inLinnworks(id)
		if len(found) != 1 {
			t.Fatalf("%d orders in Linnworks, want 1", len(found))
		}
		must(t, s.linn.Cancel(found[0].OrderID))
		time.Sleep(time.Minute)
		must(t, errOf(b.Step(t.Context())))
		if o, _ := s.tiktok.Order(id); o.Status != tiktokshop.OrderStatusCancelled {
			t.Errorf("the shop's order is %s after it was cancelled in Linnworks", o.Status)
		}
	})
}
