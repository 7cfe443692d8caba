package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

func TestDispatchSellerShipping(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.AnOrder("1", "MUG", "SET"))[0]
	w.Processed(o, "RM1")
	d := w.Dispatcher(nil)
	if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeShipped {
		t.Fatal(got)
	}
	if len(w.Shipped) != 1 || w.Shipped[0].CarrierID != "c-1" || w.Shipped[0].Tracking != "RM1" || w.Shipped[0].LineIDs != nil {
		t.Errorf("%+v", w.Shipped)
	}
	if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeConfirmed || len(w.Shipped) != 1 {
		t.Errorf("again: %s, shipped %d times", got, len(w.Shipped))
	}
}

func TestDispatchOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world.World, o *bridge.Order, e *world.BookEntry)
		want   bridge.Outcome
		open   string
		calls  string // that must not be made
	}{
		{"not processed", func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.State = bridge.Open }, bridge.OutcomeUnchanged, "", "Ship"},
		{"parked", func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.State = bridge.Parked }, bridge.OutcomeUnchanged, "", "Ship"},
		{"cancelled in the shop", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Status = bridge.Cancelled }, bridge.OutcomeUnchanged, "", "Ship"},
		{"cancellation requested", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.CancelRequested = true }, bridge.OutcomeRaised, "dispatch refused: order 1", "Ship"},
		{"cancellation pending", func(w *world.World, _ *bridge.Order, _ *world.BookEntry) {
			w.Pending = []bridge.Cancellation{{ID: "c", OrderID: "1", Pending: true}}
		}, bridge.OutcomeRaised, "dispatch refused: order 1", "Ship"},
		{"no tracking", func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.Tracking = "" }, bridge.OutcomeRaised, "no tracking: order 1", "Ship"},
		{"unmapped carrier", func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.Carrier = "Pigeon" }, bridge.OutcomeRaised, `unmapped carrier: carrier "Pigeon", service ""`, "Ship"},
		{"no reference", func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.Reference = "" }, bridge.OutcomeRaised, "parcel without a shop order: warehouse order 100", "Ship"},
		{"unknown in the shop", func(w *world.World, o *bridge.Order, _ *world.BookEntry) { o.ID = "2" }, bridge.OutcomeRaised, "parcel without a shop order: order 1", "Ship"},
		{"no line left", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Lines[0].Cancelled = true }, bridge.OutcomeRaised, "dispatch refused: order 1", "Ship"},
		{"unknown status", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Status = "ODD" }, bridge.OutcomeHeld, "", "Ship"},
		{"shipped with the same number", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Lines[0].Tracking = "rm1" }, bridge.OutcomeConfirmed, "", "Ship"},
		{"shipped with another number", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Lines[0].Tracking = "XX" }, bridge.OutcomeRaised, "tracking differs: order 1", "Ship"},
		{"collected, another number", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) {
			o.Status, o.Lines[0].Tracking = bridge.InTransit, "XX"
		}, bridge.OutcomeRaised, "tracking differs: order 1", "Ship"},
		{"entered by hand in the shop", func(_ *world.World, o *bridge.Order, e *world.BookEntry) {
			o.Status, o.Lines[0].Tracking, e.Tracking = bridge.AwaitingCollection, "XX", ""
		}, bridge.OutcomeConfirmed, "", "Ship"},
		{"completed", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Status = bridge.Completed }, bridge.OutcomeUnchanged, "", "Ship"},
		{"refused", func(w *world.World, _ *bridge.Order, _ *world.BookEntry) {
			w.Fail = func(_ int, name string) error {
				if name == "Ship" {
					return &exceptions.RefusedError{Do: "correct the number", Err: errors.New("not a number of this carrier")}
				}
				return nil
			}
		}, bridge.OutcomeRaised, "dispatch refused: order 1", ""},
		{"the platform's own warehouse", func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.ShippingModel = bridge.FulfilledByTikTok }, bridge.OutcomeRaised, "sent out of turn: order 1", "Ship"},
		{"held with a label to come", func(_ *world.World, o *bridge.Order, e *world.BookEntry) {
			o.ShippingModel, o.CancelRequested, e.State = bridge.TikTokShipping, true, bridge.Open
		}, bridge.OutcomeHeld, "", "ArrangeShipping"},
		{"unknown in the shop, not processed", func(w *world.World, o *bridge.Order, e *world.BookEntry) { o.ID, e.State = "2", bridge.Open }, bridge.OutcomeHeld, "", "ArrangeShipping"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.AnOrder("1", "MUG")
			e := w.Processed(o, "RM1")
			tc.change(w, &o, e)
			w.Put(o)
			d := w.Dispatcher(nil)
			for range 2 {
				if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != tc.want {
					t.Fatalf("%s, want %s", got, tc.want)
				}
			}
			var open []string
			if tc.open != "" {
				open = []string{tc.open}
			}
			if diff := cmp.Diff(open, w.OpenKinds()); diff != "" {
				t.Error(diff)
			}
			if tc.calls != "" && slices.Contains(w.Calls, tc.calls) {
				t.Errorf("%s was called", tc.calls)
			}
			if list, _ := w.Exceptions.Open(t.Context()); tc.open != "" && o.ID == "1" && tc.name != "no reference" && !list[0].Deadline.Equal(o.ShipBy) {
				t.Errorf("deadline %s, want the order's", list[0].Deadline)
			}
		})
	}
}

func TestDispatchMendsItself(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.AnOrder("1", "MUG"))[0]
	e := w.Processed(o, "")
	if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	e.Tracking, e.Carrier = "RM1", "Pigeon"
	if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	d := w.Dispatcher(map[string]string{" PIGEON ": "royal mail"})
	if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeShipped || w.OpenKinds() != nil {
		t.Errorf("%s, %v", got, w.OpenKinds())
	}
}

func TestDispatchCarriers(t *testing.T) {
	for _, tc := range []struct{ service, vendor, want string }{
		{"", "royal mail", "c-1"}, {"", "ROYAL MAIL ", "c-1"}, {"Tracked 48", "x", "c-2"}, {"tracked 48", "Royal Mail", "c-2"},
		{"Special", "Royal Mail", "c-1"}, {"By id", "", "c-2"}, {"Elsewhere", "DPD", "c-2"}, {"", "", ""}, {"Special", "Pigeon", ""},
	} {
		d := world.NewWorld(t).Dispatcher(map[string]string{"Tracked 48": "dpd", "by ID": "c-2", "Elsewhere": "UPS"})
		c, ok := d.Carrier(bridge.WarehouseOrder{Service: tc.service, Carrier: tc.vendor}, world.NewWorld(t).CarrierList)
		if c.ID != tc.want || ok != (tc.want != "") {
			t.Errorf("service %q, vendor %q: %+v, want %q", tc.service, tc.vendor, c, tc.want)
		}
	}
}

func TestNewDispatcherRefuses(t *testing.T) {
	w := world.NewWorld(t)
	ports := bridge.DispatchPorts{Gate: w.Gate(), Orders: w, Shipper: w, OrderBook: w, Tracking: w, Locks: w, Exceptions: w}
	for want, o := range map[string]map[string]string{
		`"dpd" is mapped to`: {"DPD": "a", "dpd ": "b"}, "both must be named": {"DPD": ""},
	} {
		if _, err := bridge.NewDispatcher(ports, bridge.DispatchOptions{Carriers: o}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v", o, err)
		}
	}
	if _, err := bridge.NewDispatcher(bridge.DispatchPorts{}, bridge.DispatchOptions{}); err == nil || !strings.Contains(err.Error(), "Gate") {
		t.Errorf("got %v", err)
	}
}

func TestDispatchReplyLost(t *testing.T) {
	for _, tc := range []struct {
		model bridge.ShippingModel
		call  string
		// want is what becomes of the run: what was sent without a reply is settled by
		// reading back, where there is something to read.
		want bridge.Outcome
	}{
		{bridge.SellerShipping, "Ship", bridge.OutcomeShipped},
		{bridge.TikTokShipping, "ArrangeShipping", bridge.OutcomeFailed},
		{bridge.TikTokShipping, "SetTracking", bridge.OutcomeLabelled},
	} {
		t.Run(tc.call, func(t *testing.T) {
			w := world.NewWorld(t)
			o := w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = tc.model }))[0]
			if tc.model == bridge.SellerShipping {
				w.Processed(o, "RM1")
			} else {
				w.Waiting(o)
			}
			w.Lost, w.Fail = true, world.FailOn(tc.call)
			d := w.Dispatcher(nil)
			r, err := d.Dispatch(t.Context(), w.Entries()...)
			if failed := tc.want == bridge.OutcomeFailed; len(r) != 1 || r[0].Outcome != tc.want || errors.Is(err, world.ErrInjected) != failed {
				t.Fatalf("got %s%v, want %s", r, err, tc.want)
			}
			w.Fail = nil
			if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeConfirmed && got != bridge.OutcomeLabelled {
				t.Error(got)
			}
			if n := len(w.Shipped) + w.Labels; n != 1 {
				t.Errorf("shipped %d times", n)
			}
			if w.Book[0].Tracking == "" {
				t.Error("the warehouse has no tracking number")
			}
		})
	}
}

func TestDispatchNotVisibleYet(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.AnOrder("1", "MUG"))[0]
	w.Processed(o, "RM1")
	w.Blind = true
	if _, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...); err == nil || !strings.Contains(err.Error(), `does not show tracking "RM1" yet`) {
		t.Fatalf("got %v", err)
	}
	w.Blind = false
	w.Mark("1", "RM1", nil)
	if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeConfirmed {
		t.Error(got)
	}
}

func TestDispatchPartlyVisible(t *testing.T) {
	w := world.NewWorld(t)
	w.Processed(w.Put(world.AnOrder("1", "MUG", "SPOON"))[0], "RM1")
	w.Blind = true
	w.After = func(_ int, name string) {
		if name == "Ship" {
			w.Mark("1", "RM1", []string{"1-1"})
		}
	}
	if r, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...); err == nil {
		t.Errorf("%s: one line of two was taken for both", r)
	}
}

func TestDispatchAlreadyShipped(t *testing.T) {
	for shown, want := range map[string]bridge.Outcome{"RM1": bridge.OutcomeShipped, "OTHER": bridge.OutcomeRaised} {
		w := world.NewWorld(t)
		o := w.Put(world.AnOrder("1", "MUG"))[0]
		w.Processed(o, "RM1")
		w.After = func(_ int, name string) { // somebody is faster
			if name == "Carriers" {
				w.Mark("1", shown, nil)
			}
		}
		if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != want || len(w.Shipped) != 0 {
			t.Errorf("shop shows %s: %s, want %s", shown, got, want)
		}
	}
}

func TestDispatchSplitOrder(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.AnOrder("1", "MUG", "MUG", "SPOON"))[0]
	part := func(tracking, sku string, ids ...string) *world.BookEntry {
		e := w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1", Lines: []bridge.NewOrderLine{{LineID: ids[0], LineIDs: ids, SKU: sku, Quantity: len(ids)}}})
		e.State, e.Stage, e.Tracking = bridge.Processed, stage.Processed, tracking
		return e
	}
	part("RM1", "MUG", "1-1", "1-2")
	second := part("RM2", "SPOON", "1-3")
	second.State = bridge.Open
	d := w.Dispatcher(nil)
	r, err := d.Dispatch(t.Context(), w.Entries()...)
	if err != nil || r[0].Outcome != bridge.OutcomeShipped || r[1].Outcome != bridge.OutcomeUnchanged {
		t.Fatalf("%s%v", r, err)
	}
	if w.Orders[o.ID].Status != bridge.PartiallyShipping {
		t.Errorf("the shop says %s", w.Orders[o.ID].Status)
	}
	second.State = bridge.Processed
	r, err = d.Dispatch(t.Context(), w.Entries()...)
	if err != nil || r[0].Outcome != bridge.OutcomeConfirmed || r[1].Outcome != bridge.OutcomeShipped {
		t.Fatalf("%s%v", r, err)
	}
	var got [][]string
	for _, s := range w.Shipped {
		got = append(got, append([]string{s.Tracking}, s.LineIDs...))
	}
	if diff := cmp.Diff([][]string{{"RM1", "1-1", "1-2"}, {"RM2", "1-3"}}, got); diff != "" {
		t.Error(diff)
	}
}

// A bundle's line of several units has no line ids of its own: an order that is
// not split ships all its lines all the same.
func TestDispatchWholeOrderWithBundle(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "MUG")
	o.Lines = append(o.Lines, world.Bundle("1-2", 900, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 3}))
	w.Put(o)
	w.Processed(o, "RM1")
	if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeShipped {
		t.Fatal(got)
	}
	if w.Shipped[0].LineIDs != nil || w.Orders["1"].Status != bridge.AwaitingCollection {
		t.Errorf("shipped lines %v, the shop says %s", w.Shipped[0].LineIDs, w.Orders["1"].Status)
	}
}

func TestDispatchShipsWhatIsLeft(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "MUG", "SPOON")
	o.Status, o.Lines[0].Tracking = bridge.PartiallyShipping, "RM1"
	w.Put(o)
	w.Processed(o, "RM1")
	if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeShipped {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"1-2"}, w.Shipped[0].LineIDs); diff != "" {
		t.Error(diff)
	}
}

func TestDispatchTikTokShipping(t *testing.T) {
	w := world.NewWorld(t)
	o := w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }))[0]
	e := w.Waiting(o)
	d := w.Dispatcher(nil)
	w.NoNumber = true
	if _, err := d.Dispatch(t.Context(), w.Entries()...); err == nil || !strings.Contains(err.Error(), "no tracking number yet") {
		t.Fatalf("got %v", err)
	}
	w.NoNumber, w.Stubborn = false, true
	if _, err := d.Dispatch(t.Context(), w.Entries()...); err == nil || !strings.Contains(err.Error(), "does not show tracking TT-1 yet") {
		t.Fatalf("got %v", err)
	}
	w.Stubborn = false // the label is there, its number not in the warehouse
	if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeLabelled || e.Tracking != "TT-1" {
		t.Fatalf("%s, tracking %q", got, e.Tracking)
	}
	if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeConfirmed {
		t.Error(got)
	}
	if w.Labels != 1 {
		t.Errorf("%d labels bought", w.Labels)
	}
}

// A number that the warehouse refuses to take is an error that says what it said.
func TestDispatchNumberNotWritten(t *testing.T) {
	w := world.NewWorld(t)
	w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }))[0])
	w.Fail = world.FailOn("SetTracking")
	results, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)
	if len(results) != 1 || results[0].Outcome != bridge.OutcomeFailed || !errors.Is(err, world.ErrInjected) {
		t.Errorf("got %v, %v, want a failure with what the warehouse said", results, err)
	}
}

// Whoever dispatches by a list and permits that are no longer true looks again
// before anything is shipped.
func TestDispatchRaces(t *testing.T) {
	t.Run("two processes, one label", func(t *testing.T) {
		w := world.NewWorld(t)
		w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }))[0])
		list := w.Entries()
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := w.Dispatcher(nil).Dispatch(t.Context(), list...); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if w.Labels != 1 {
			t.Errorf("%d labels bought", w.Labels)
		}
	})
	for name, race := range map[string]func(w *world.World){
		"cancelled in the warehouse": func(w *world.World) { w.Book[0].State = bridge.Dropped },
		"parked for a cancellation":  func(w *world.World) { w.Book[0].State = bridge.Parked },
		"cancellation requested":     func(w *world.World) { w.Pending = []bridge.Cancellation{{ID: "c", OrderID: "1", Pending: true}} },
		"cancelled in the shop": func(w *world.World) {
			w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled })
		},
		"merged": func(w *world.World) { w.Book = nil },
	} {
		t.Run(name+" after the list was made", func(t *testing.T) {
			w := world.NewWorld(t)
			w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }))[0])
			list := w.Entries()
			race(w)
			r, _ := w.Dispatcher(nil).Dispatch(t.Context(), list...)
			if w.Labels != 0 || len(r) != 1 || r[0].Outcome == bridge.OutcomeLabelled {
				t.Errorf("a label was bought: %s", r)
			}
		})
	}
	t.Run("dispatch against cancellation", func(t *testing.T) {
		for range 50 {
			w := world.NewWorld(t)
			w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel, o.CancelRequested = bridge.TikTokShipping, false }))[0])
			list, request := w.Entries(), bridge.Cancellation{ID: "c", OrderID: "1", Pending: true}
			w.Pending = []bridge.Cancellation{request}
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = w.Dispatcher(nil).Dispatch(t.Context(), list...) })
			wg.Go(func() { _, _ = w.Canceller(0).Cancel(t.Context(), request) })
			wg.Wait()
			if w.Labels != 0 || w.Book[0].State != bridge.Dropped {
				t.Fatalf("%d labels, warehouse %s", w.Labels, w.Book[0].State)
			}
		}
	})
}

func TestDispatchReadErrors(t *testing.T) {
	for _, name := range []string{"OrdersByID", "PendingCancellations"} {
		w := world.NewWorld(t)
		w.Processed(w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequestedAt = world.Noon }))[0], "RM1")
		w.Fail = world.FailOn(name)
		if r, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...); !errors.Is(err, world.ErrInjected) || r[0].Outcome != bridge.OutcomeFailed || len(w.Shipped) > 0 {
			t.Errorf("%s fails: %s%v", name, r, err)
		}
	}
	w := world.NewWorld(t)
	w.Processed(w.Put(world.AnOrder("1", "MUG"))[0], "RM1")
	w.Processed(w.Put(world.AnOrder("2", "MUG"))[0], "RM2")
	w.Fail = func(_ int, name string) error {
		if name == "Ship" && w.Count("Ship") == 1 {
			return world.ErrInjected
		}
		return nil
	}
	r, err := w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)
	if !errors.Is(err, world.ErrInjected) || r[0].Outcome != bridge.OutcomeFailed || r[1].Outcome != bridge.OutcomeShipped {
		t.Errorf("%s%v", r, err)
	}
}
