package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Each setting reaches the part that it is for, and no other one in its place.
func TestSettingsReachTheParts(t *testing.T) {
	t.Parallel()
	s, zero := newSides(t, "GB"), string(linnworks.ZeroGUID)
	set := bridge.Settings{
		Shop: "uk-shop", Locations: map[string][]string{shopWarehouse: {zero, "second"}}, DefaultLocation: "other", PlatformLocation: "platform",
		Carriers: map[string]string{"Tracked 48": "Royal Mail"}, FirstLook: bridge.Duration(72 * time.Hour), ParkUnpaid: true, FindFirst: true,
		StatusTable: []string{"seller UNPAID absent skip"}, Kinds: []string{"exchange skip line line no all"}, CutOff: stage.Picking,
		LateRequests: bridge.AnswerReject, DueRequests: bridge.AnswerByPerson, RejectReasons: []string{"r"}, CancelReasons: []string{"c_out_of_stock"}, ZeroStock: true,
		AtDeadline: bridge.ShipAtDeadline, Market: "IE", Measures: []string{"valid_tracking IE ? >=90 ? * a mail"},
		Collections: &policy.Collections{Zone: "Europe/London", Days: map[string]string{"friday": "16:30"}},
		Every:       bridge.Pace{Orders: bridge.Duration(11 * time.Second), Stock: bridge.Duration(12 * time.Second), Dispatch: bridge.Duration(13 * time.Second), Deadlines: bridge.Duration(14 * time.Second)},
	}
	b, err := bridge.NewSync(s.shop, s.book, new(bridge.Memory).Shop("uk-shop"), set)
	must(t, err)
	im, c, in, v := b.Importer.Options(), b.Canceller.Options(), b.Intake.Options(), b.Revoker.Options()
	d := b.Deadlines.Options()
	cell, _ := im.Table.Action(bridge.SellerShipping, bridge.Unpaid, bridge.Absent)
	type wired map[string]any
	got := wired{
		"locations": im.Locations, "default_location": im.DefaultLocation, "platform_location": im.PlatformLocation, "park_unpaid": im.ParkUnpaid, "find_first": im.FindFirst,
		"status_table": cell, "kinds of the importer": im.Kinds.Of("exchange").Import, "kinds of the canceller": c.Kinds.Of("exchange").Import, "kinds of the deadlines": d.Kinds.Of("exchange").Import,
		"cut_off": c.CutOff, "late_requests": c.LateAnswer, "due_requests": c.DueAnswer, "reject_reasons": c.RejectReasons,
		"cancel_reasons": v.Reasons, "zero_stock": v.ZeroStock, "at_deadline": b.Gate.Options().AtDeadline,
		"first_look": []time.Duration{in.FirstWindow, v.FirstWindow, b.Dispatch.Options().FirstWindow}, "requests": in.RequestsEvery,
		"carriers": b.Dispatcher.Options().Carriers, "market": d.Market, "collections": d.Collections != nil,
	}
	if limit, ok := d.Measures.At(policy.ValidTracking, "IE", time.Now()); ok {
		got["measures"] = limit.Percent
	}
	for _, f := range b.Flows {
		got["pace of "+f.Name] = f.Every
	}
	want := wired{
		"locations": map[string][]string{shopWarehouse: {zero, "second"}}, "default_location": "other", "platform_location": "platform", "park_unpaid": true, "find_first": true,
		"status_table": bridge.ActionSkip, "kinds of the importer": policy.TakeNot, "kinds of the canceller": policy.TakeNot, "kinds of the deadlines": policy.TakeNot,
		"cut_off": stage.Picking, "late_requests": bridge.AnswerReject, "due_requests": bridge.AnswerByPerson, "reject_reasons": []string{"r"},
		"cancel_reasons": []string{"c_out_of_stock"}, "zero_stock": true, "at_deadline": bridge.ShipAtDeadline,
		"first_look": []time.Duration{72 * time.Hour, 72 * time.Hour, 72 * time.Hour}, "requests": 11 * time.Second / 2,
		"carriers": map[string]string{"Tracked 48": "Royal Mail"}, "market": "IE", "collections": true, "measures": 90.0,
		"pace of orders": 11 * time.Second, "pace of references": 11 * time.Second, "pace of stock": 12 * time.Second, "pace of revocations": 13 * time.Second,
		"pace of dispatch": 13 * time.Second, "pace of deadlines": 14 * time.Second, "pace of shop status": 14 * time.Second, "pace of returns": 14 * time.Second, "pace of retention": time.Hour, "pace of names": time.Hour,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the settings say of stock and SKUs is seen by what the shop is told.
func TestSettingsReachTheStock(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*bridge.Settings)
		shown  int
	}{
		"as it is":      {func(*bridge.Settings) {}, 9},
		"buffer":        {func(s *bridge.Settings) { s.Buffer = []stock.BufferRule{{Do: stock.KeepUnits, Units: 4}} }, 6},
		"no buffer":     {func(s *bridge.Settings) { s.Buffer = nil; s.MaxStock = 8 }, 8},
		"max_stock":     {func(s *bridge.Settings) { s.MaxStock = 5 }, 5},
		"keep_items":    {func(s *bridge.Settings) { s.KeepItems = map[string]int{"mug": 3} }, 6},
		"leave_alone":   {func(s *bridge.Settings) { s.LeaveAlone = []string{"MUG"} }, 10},
		"by its id":     {func(s *bridge.Settings) { s.LeaveAlone = []string{mugSKU} }, 10},
		"another alone": {func(s *bridge.Settings) { s.LeaveAlone = []string{"SPOON"} }, 9},
		"skus":          {func(s *bridge.Settings) { s.SKUs = map[string]string{mugSKU: "no such item"} }, 10},
		"two locations": {func(s *bridge.Settings) { s.Locations[shopWarehouse] = append(s.Locations[shopWarehouse], "second") }, 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, "GB"), syncSettings()
				tc.change(&settings)
				if len(settings.Locations[shopWarehouse]) > 1 {
					settings.Locations[shopWarehouse][1] = string(s.linn.AddLocation("second"))
				}
				b, _ := newSync(t, s, new(outage), settings)
				_, _ = b.Step(t.Context())
				if got := s.shown(t); got != tc.shown {
					t.Errorf("the shop shows %d mugs, want %d", got, tc.shown)
				}
			})
		})
	}
}

// Linnworks cannot be read for longer than the settings allow: the shop shows what it sells as
// sold out.
func TestSyncWithoutLinnworks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, settings := newSides(t, "GB"), syncSettings()
		settings.ZeroAfter = bridge.Duration(10 * time.Minute)
		b, _ := newSync(t, s, new(outage), settings)
		pass := func(when string, want int) {
			t.Helper()
			_, err := b.RunFlow(t.Context(), bridge.FlowStock)
			if got := s.shown(t); got != want {
				t.Errorf("%s: the shop shows %d mugs, want %d; %v", when, got, want, err)
			}
		}
		pass("at first", 9)
		s.linn.Fail("Stock.GetStockLevelBatch", 1000, linnworkstest.Reply(http.StatusBadRequest, "no"))
		time.Sleep(9 * time.Minute)
		pass("nine minutes without Linnworks", 9)
		time.Sleep(2 * time.Minute)
		pass("eleven minutes without it", 0)
	})
}

// What items weigh in the warehouse reaches the labels that are bought in the US.
func TestSyncWeighsParcels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "US")
		_, err := s.linn.AddItem(linnworkstest.Item{SKU: "GHOST", Size: linnworkstest.Size{Weight: "270", Height: "1", Width: "3", Depth: "2"}})
		must(t, err)
		settings := syncSettings()
		settings.Carriers = nil
		b, _ := newSync(t, s, new(outage), settings)
		spec := tiktokshoptest.OrderOf(tiktokshoptest.Units(ghostSKU, 2))
		spec.ShippingType = tiktokshop.ShippingTypeTikTok
		s.place(t, spec)
		for range 2 {
			_, err = b.Step(t.Context()) // TikTok takes a while for the document
			time.Sleep(2 * time.Hour)
		}
		must(t, err)
		bought := s.tiktok.CallsOf(tiktokshoptest.On("Fulfillment.CreatePackages"))
		if len(bought) != 1 || !strings.Contains(bought[0].Body, `"value":"540"`) || !strings.Contains(bought[0].Body, `"height":"2","length":"3"`) {
			t.Errorf("got %v, want one label for 540 g and 3 by 2 by 2 cm", bought)
		}
	})
}

// A hint is followed at once, long before the next poll.
func TestSyncHintWakesTheFlowOfOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, _ := newSync(t, newSides(t, "GB"), new(outage), syncSettings())
		var orders, other atomic.Int64
		count := func(n *atomic.Int64) func(context.Context) (fmt.Stringer, error) {
			return func(ctx context.Context) (fmt.Stringer, error) { n.Add(1); return nothing(ctx) }
		}
		b.Flows = []bridge.Flow{{Name: bridge.FlowOrders, Every: time.Hour, Run: count(&orders)}, {Name: "other", Every: time.Hour, Run: count(&other)}}
		stop := start(t, b)
		for i := range 3 {
			time.Sleep(time.Minute)
			must(t, b.Hint(t.Context(), "1"))
			time.Sleep(time.Second)
			if orders.Load() != int64(i+2) || other.Load() != 1 {
				t.Errorf("after hint %d the flow of orders ran %d times and the other %d, want %d and 1", i+1, orders.Load(), other.Load(), i+2)
			}
		}
		stop()
	})
}

// Whether stock is pushed as usual depends on whether every order is counted, not on the
// error of the intake: one that failed and is counted holds up no stock.
func TestSyncPushesWhenEveryOrderIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		b, memory := newSync(t, s, new(outage), syncSettings())
		m := memory.Shop("uk-shop")
		must(t, b.Check(t.Context()))
		var handle func(bridge.Order) (bridge.OrderResults, error)
		intake, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: s.shop, Cursors: m, Hints: m, Revisits: m, Locks: m, Exceptions: m,
			Handle: func(_ context.Context, orders []bridge.Order) (bridge.OrderResults, error) { return handle(orders[0]) },
		}, bridge.IntakeOptions{SweepEvery: -1})
		must(t, err)
		b.Intake = intake
		i := slices.IndexFunc(b.Flows, func(f bridge.Flow) bool { return f.Name == bridge.FlowStock })
		push := func() error { return errOf(b.Flows[i].Run(t.Context())) }
		s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusAwaitingShipment})
		handle = func(bridge.Order) (bridge.OrderResults, error) { return nil, errors.New("no catalogue") }
		if err := push(); err == nil || !strings.Contains(err.Error(), "1 order not counted yet") {
			t.Errorf("with an order that nobody has counted: got %v, want an error that says so", err)
		}
		if err := push(); err == nil || !strings.Contains(err.Error(), "1 order not counted yet") {
			t.Errorf("while it waits for its next try: got %v, want an error that says so", err)
		}
		time.Sleep(time.Minute)
		handle = func(o bridge.Order) (bridge.OrderResults, error) {
			return bridge.OrderResults{{OrderID: o.ID, Outcome: bridge.OutcomeFailed, Err: errors.New("no answer")}}, nil
		}
		if err := push(); err != nil || s.shown(t) != 9 {
			t.Errorf("with an order that failed and is counted: got %v and %d shown; want none and 9", err, s.shown(t))
		}
		if open, err := m.Open(t.Context(), exceptions.OrderStuck); err != nil || len(open) != 0 {
			t.Errorf("raised after two tries: %v, %v", open, err)
		}
	})
}

// An order that is over counts in the rates, although checks no longer read it.
func TestSyncCountsOrdersThatAreOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		b, _ := newSync(t, s, new(outage), syncSettings())
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		_, err := b.Step(t.Context())
		must(t, err)
		must(t, s.tiktok.CancelBySeller(id, s.tiktok.SellerCancelReasons()[0]))
		time.Sleep(time.Minute)
		_, err = b.Step(t.Context())
		must(t, err)
		r, err := b.Deadlines.Check(t.Context())
		must(t, err)
		for _, rate := range r.Rates {
			if rate.Measure == policy.SellerCancellation && rate.Bad == 1 && rate.Orders == 1 {
				return
			}
		}
		t.Errorf("the order that the seller cancelled is in no rate of\n%s", r)
	})
}

// A status that the bridge does not know counts as one with which the shop sells once the
// settings say so.
func TestSettingsReachTheShopStatus(t *testing.T) {
	t.Parallel()
	for stopped, words := range map[bool][]string{true: {"OPEN"}, false: {"OPEN", "INACTIVE"}} {
		synctest.Test(t, func(t *testing.T) {
			s, set := newSides(t, "GB"), syncSettings()
			set.SellingStatuses = words
			b, _ := newSync(t, s, new(outage), set)
			s.tiktok.SetShopActive(false) // the fake's word is INACTIVE
			if r, err := b.ShopStatus.Check(t.Context()); err != nil || r.Status.Shop != "INACTIVE" || (r.Stop != "") != stopped {
				t.Errorf("with the selling statuses %q: status %q, stopped because %q, %v; want it stopped: %t", words, r.Status.Shop, r.Stop, err, stopped)
			}
		})
	}
}

// Who goes on with the settings for the next shop changes nothing of this one.
func TestSyncKeepsItsSettings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		settings := syncSettings()
		b, _ := newSync(t, newSides(t, "GB"), new(outage), settings)
		settings.Locations["of the next shop"] = []string{"unknown"}
		settings.Locations[shopWarehouse][0] = "unknown"
		settings.Carriers["unknown"] = "unknown"
		must(t, b.Check(t.Context()))
	})
}
