package bridge

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// processed puts a warehouse order of a shop order into the book, as it is after
// the parcel left.
func (w *world) processed(o Order, tracking string) *bookEntry {
	n, _ := mapOrder(o, itemLookup{items: w.items})
	n.LocationID = "L1"
	e := w.add(n)
	e.State, e.Stage, e.Tracking = Processed, StageProcessed, tracking
	return e
}

// waiting puts the warehouse order into the book as it is before.
func (w *world) waiting(o Order) *bookEntry {
	e := w.processed(o, "")
	e.State, e.Stage = Open, StageNew
	return e
}

func (w *world) entries() []WarehouseOrder {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []WarehouseOrder
	for _, e := range w.book {
		list = append(list, e.WarehouseOrder)
	}
	return list
}

func TestDispatchSellerShipping(t *testing.T) {
	w := newWorld(t)
	o := w.put(anOrder("1", "MUG", "SET"))[0]
	w.processed(o, "RM1")
	d := w.dispatcher(nil)
	if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeShipped {
		t.Fatal(got)
	}
	if len(w.shipped) != 1 || w.shipped[0].CarrierID != "c-1" || w.shipped[0].Tracking != "RM1" || w.shipped[0].LineIDs != nil {
		t.Errorf("%+v", w.shipped)
	}
	if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeConfirmed || len(w.shipped) != 1 {
		t.Errorf("again: %s, shipped %d times", got, len(w.shipped))
	}
}

func TestDispatchOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(w *world, o *Order, e *bookEntry)
		want   Outcome
		open   string
		calls  string // that must not be made
	}{
		{"not processed", func(_ *world, _ *Order, e *bookEntry) { e.State = Open }, OutcomeUnchanged, "", "Ship"},
		{"parked", func(_ *world, _ *Order, e *bookEntry) { e.State = Parked }, OutcomeUnchanged, "", "Ship"},
		{"cancelled in the shop", func(_ *world, o *Order, _ *bookEntry) { o.Status = Cancelled }, OutcomeRaised, "states disagree: order 1", "Ship"},
		{"cancellation requested", func(_ *world, o *Order, _ *bookEntry) { o.CancelRequested = true }, OutcomeRaised, "dispatch refused: order 1", "Ship"},
		{"cancellation pending", func(w *world, _ *Order, _ *bookEntry) {
			w.pending = []Cancellation{{ID: "c", OrderID: "1", Pending: true}}
		}, OutcomeRaised, "dispatch refused: order 1", "Ship"},
		{"no tracking", func(_ *world, _ *Order, e *bookEntry) { e.Tracking = "" }, OutcomeRaised, "no tracking: order 1", "Ship"},
		{"unmapped carrier", func(_ *world, _ *Order, e *bookEntry) { e.Carrier = "Pigeon" }, OutcomeRaised, `unmapped carrier: carrier "Pigeon", service ""`, "Ship"},
		{"no reference", func(_ *world, _ *Order, e *bookEntry) { e.Reference = "" }, OutcomeRaised, "bad order: warehouse order 100", "Ship"},
		{"unknown in the shop", func(w *world, o *Order, _ *bookEntry) { o.ID = "2" }, OutcomeRaised, "states disagree: order 1", "Ship"},
		{"no line left", func(_ *world, o *Order, _ *bookEntry) { o.Lines[0].Cancelled = true }, OutcomeRaised, "dispatch refused: order 1", "Ship"},
		{"unknown status", func(_ *world, o *Order, _ *bookEntry) { o.Status = "ODD" }, OutcomeRaised, "unknown status: order 1", "Ship"},
		{"shipped with the same number", func(_ *world, o *Order, _ *bookEntry) { o.Lines[0].Tracking = "rm1" }, OutcomeConfirmed, "", "Ship"},
		{"shipped with another number", func(_ *world, o *Order, _ *bookEntry) { o.Lines[0].Tracking = "XX" }, OutcomeRaised, "tracking differs: order 1", "Ship"},
		{"collected, another number", func(_ *world, o *Order, _ *bookEntry) { o.Status, o.Lines[0].Tracking = InTransit, "XX" }, OutcomeRaised, "tracking differs: order 1", "Ship"},
		{"entered by hand in the shop", func(_ *world, o *Order, e *bookEntry) {
			o.Status, o.Lines[0].Tracking, e.Tracking = AwaitingCollection, "XX", ""
		}, OutcomeConfirmed, "", "Ship"},
		{"completed", func(_ *world, o *Order, _ *bookEntry) { o.Status = Completed }, OutcomeUnchanged, "", "Ship"},
		{"refused", func(w *world, _ *Order, _ *bookEntry) {
			w.fail = func(_ int, name string) error {
				if name == "Ship" {
					return &RefusedError{Do: "correct the number", Err: errors.New("not a number of this carrier")}
				}
				return nil
			}
		}, OutcomeRaised, "dispatch refused: order 1", ""},
		{"the platform's own warehouse", func(_ *world, o *Order, _ *bookEntry) { o.ShippingModel = FulfilledByTikTok }, OutcomeRaised, "states disagree: order 1", "Ship"},
		{"held with a label to come", func(_ *world, o *Order, e *bookEntry) {
			o.ShippingModel, o.CancelRequested, e.State = TikTokShipping, true, Open
		}, OutcomeHeld, "", "ArrangeShipping"},
		{"unknown in the shop, not processed", func(w *world, o *Order, e *bookEntry) { o.ID, e.State = "2", Open }, OutcomeHeld, "", "ArrangeShipping"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			o := anOrder("1", "MUG")
			e := w.processed(o, "RM1")
			tc.change(w, &o, e)
			w.put(o)
			d := w.dispatcher(nil)
			for range 2 {
				if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != tc.want {
					t.Fatalf("%s, want %s", got, tc.want)
				}
			}
			var open []string
			if tc.open != "" {
				open = []string{tc.open}
			}
			if diff := cmp.Diff(open, w.open()); diff != "" {
				t.Error(diff)
			}
			if tc.calls != "" && slices.Contains(w.calls, tc.calls) {
				t.Errorf("%s was called", tc.calls)
			}
			if list, _ := w.exceptions.Open(t.Context()); tc.open != "" && o.ID == "1" && tc.name != "no reference" && !list[0].Deadline.Equal(o.ShipBy) {
				t.Errorf("deadline %s, want the order's", list[0].Deadline)
			}
		})
	}
}

func TestDispatchMendsItself(t *testing.T) {
	w := newWorld(t)
	o := w.put(anOrder("1", "MUG"))[0]
	e := w.processed(o, "")
	if got := outcome(t)(w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)); got != OutcomeRaised {
		t.Fatal(got)
	}
	e.Tracking, e.Carrier = "RM1", "Pigeon"
	if got := outcome(t)(w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)); got != OutcomeRaised {
		t.Fatal(got)
	}
	d := w.dispatcher(map[string]string{" PIGEON ": "royal mail"})
	if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeShipped || w.open() != nil {
		t.Errorf("%s, %v", got, w.open())
	}
}

func TestDispatchCarriers(t *testing.T) {
	for _, tc := range []struct{ service, vendor, want string }{
		{"", "royal mail", "c-1"}, {"", "ROYAL MAIL ", "c-1"}, {"Tracked 48", "x", "c-2"}, {"tracked 48", "Royal Mail", "c-2"},
		{"Special", "Royal Mail", "c-1"}, {"By id", "", "c-2"}, {"Elsewhere", "DPD", "c-2"}, {"", "", ""}, {"Special", "Pigeon", ""},
	} {
		d := newWorld(t).dispatcher(map[string]string{"Tracked 48": "dpd", "by ID": "c-2", "Elsewhere": "UPS"})
		c, ok := d.carrier(WarehouseOrder{Service: tc.service, Carrier: tc.vendor}, newWorld(t).carriers)
		if c.ID != tc.want || ok != (tc.want != "") {
			t.Errorf("service %q, vendor %q: %+v, want %q", tc.service, tc.vendor, c, tc.want)
		}
	}
}

func TestNewDispatcherRefuses(t *testing.T) {
	w := newWorld(t)
	ports := DispatchPorts{Gate: w.gate(), Orders: w, Shipper: w, OrderBook: w, Tracking: w, Locks: w, Exceptions: w}
	for want, o := range map[string]map[string]string{
		`"dpd" is mapped to`: {"DPD": "a", "dpd ": "b"}, "both must be named": {"DPD": ""},
	} {
		if _, err := NewDispatcher(ports, DispatchOptions{Carriers: o}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v", o, err)
		}
	}
	if _, err := NewDispatcher(DispatchPorts{}, DispatchOptions{}); err == nil || !strings.Contains(err.Error(), "Gate") {
		t.Errorf("got %v", err)
	}
}

func TestDispatchReplyLost(t *testing.T) {
	for _, tc := range []struct {
		model ShippingModel
		call  string
	}{{SellerShipping, "Ship"}, {TikTokShipping, "ArrangeShipping"}, {TikTokShipping, "SetTracking"}} {
		t.Run(tc.call, func(t *testing.T) {
			w := newWorld(t)
			o := w.put(with(anOrder("1", "MUG"), func(o *Order) { o.ShippingModel = tc.model }))[0]
			if tc.model == SellerShipping {
				w.processed(o, "RM1")
			} else {
				w.waiting(o)
			}
			w.lost, w.fail = true, failOn(tc.call)
			d := w.dispatcher(nil)
			// A ship call without a reply is settled by reading back.
			if r, err := d.Dispatch(t.Context(), w.entries()...); tc.call != "Ship" && !errors.Is(err, errInjected) || tc.call == "Ship" && (err != nil || r[0].Outcome != OutcomeShipped) {
				t.Fatalf("%s%v", r, err)
			}
			w.fail = nil
			if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeConfirmed && got != OutcomeLabelled {
				t.Error(got)
			}
			if n := len(w.shipped) + w.labels; n != 1 {
				t.Errorf("shipped %d times", n)
			}
			if w.book[0].Tracking == "" {
				t.Error("the warehouse has no tracking number")
			}
		})
	}
}

func TestDispatchNotVisibleYet(t *testing.T) {
	w := newWorld(t)
	o := w.put(anOrder("1", "MUG"))[0]
	w.processed(o, "RM1")
	w.blind = true
	if _, err := w.dispatcher(nil).Dispatch(t.Context(), w.entries()...); err == nil || !strings.Contains(err.Error(), `does not show tracking "RM1" yet`) {
		t.Fatalf("got %v", err)
	}
	w.blind = false
	w.mark("1", "RM1", nil)
	if got := outcome(t)(w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)); got != OutcomeConfirmed {
		t.Error(got)
	}
}

func TestDispatchPartlyVisible(t *testing.T) {
	w := newWorld(t)
	w.processed(w.put(anOrder("1", "MUG", "SPOON"))[0], "RM1")
	w.blind = true
	w.after = func(_ int, name string) {
		if name == "Ship" {
			w.mark("1", "RM1", []string{"1-1"})
		}
	}
	if r, err := w.dispatcher(nil).Dispatch(t.Context(), w.entries()...); err == nil {
		t.Errorf("%s: one line of two was taken for both", r)
	}
}

func TestDispatchAlreadyShipped(t *testing.T) {
	for shown, want := range map[string]Outcome{"RM1": OutcomeShipped, "OTHER": OutcomeRaised} {
		w := newWorld(t)
		o := w.put(anOrder("1", "MUG"))[0]
		w.processed(o, "RM1")
		w.after = func(_ int, name string) { // somebody is faster
			if name == "Carriers" {
				w.mark("1", shown, nil)
			}
		}
		if got := outcome(t)(w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)); got != want || len(w.shipped) != 0 {
			t.Errorf("shop shows %s: %s, want %s", shown, got, want)
		}
	}
}

func TestDispatchSplitOrder(t *testing.T) {
	w := newWorld(t)
	o := w.put(anOrder("1", "MUG", "MUG", "SPOON"))[0]
	part := func(tracking, sku string, ids ...string) *bookEntry {
		e := w.add(NewOrder{Reference: "1", LocationID: "L1", Lines: []NewOrderLine{{LineID: ids[0], LineIDs: ids, SKU: sku, Quantity: len(ids)}}})
		e.State, e.Stage, e.Tracking = Processed, StageProcessed, tracking
		return e
	}
	part("RM1", "MUG", "1-1", "1-2")
	second := part("RM2", "SPOON", "1-3")
	second.State = Open
	d := w.dispatcher(nil)
	r, err := d.Dispatch(t.Context(), w.entries()...)
	if err != nil || r[0].Outcome != OutcomeShipped || r[1].Outcome != OutcomeUnchanged {
		t.Fatalf("%s%v", r, err)
	}
	if w.orders[o.ID].Status != PartiallyShipping {
		t.Errorf("the shop says %s", w.orders[o.ID].Status)
	}
	second.State = Processed
	r, err = d.Dispatch(t.Context(), w.entries()...)
	if err != nil || r[0].Outcome != OutcomeConfirmed || r[1].Outcome != OutcomeShipped {
		t.Fatalf("%s%v", r, err)
	}
	var got [][]string
	for _, s := range w.shipped {
		got = append(got, append([]string{s.Tracking}, s.LineIDs...))
	}
	if diff := cmp.Diff([][]string{{"RM1", "1-1", "1-2"}, {"RM2", "1-3"}}, got); diff != "" {
		t.Error(diff)
	}
}

// A bundle's line of several units has no line ids of its own: an order that is
// not split ships all its lines all the same.
func TestDispatchWholeOrderWithBundle(t *testing.T) {
	w := newWorld(t)
	o := anOrder("1", "MUG")
	o.Lines = append(o.Lines, bundle("1-2", 900, BundleComponent{sku("SPOON"), 3}))
	w.put(o)
	w.processed(o, "RM1")
	if got := outcome(t)(w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)); got != OutcomeShipped {
		t.Fatal(got)
	}
	if w.shipped[0].LineIDs != nil || w.orders["1"].Status != AwaitingCollection {
		t.Errorf("shipped lines %v, the shop says %s", w.shipped[0].LineIDs, w.orders["1"].Status)
	}
}

func TestDispatchShipsWhatIsLeft(t *testing.T) {
	w := newWorld(t)
	o := anOrder("1", "MUG", "SPOON")
	o.Status, o.Lines[0].Tracking = PartiallyShipping, "RM1"
	w.put(o)
	w.processed(o, "RM1")
	if got := outcome(t)(w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)); got != OutcomeShipped {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"1-2"}, w.shipped[0].LineIDs); diff != "" {
		t.Error(diff)
	}
}

func TestDispatchTikTokShipping(t *testing.T) {
	w := newWorld(t)
	o := w.put(with(anOrder("1", "MUG"), func(o *Order) { o.ShippingModel = TikTokShipping }))[0]
	e := w.waiting(o)
	d := w.dispatcher(nil)
	w.noNumber = true
	if _, err := d.Dispatch(t.Context(), w.entries()...); err == nil || !strings.Contains(err.Error(), "no tracking number yet") {
		t.Fatalf("got %v", err)
	}
	w.noNumber, w.stubborn = false, true
	if _, err := d.Dispatch(t.Context(), w.entries()...); err == nil || !strings.Contains(err.Error(), "does not show tracking TT-1 yet") {
		t.Fatalf("got %v", err)
	}
	w.stubborn = false // the label is there, its number not in the warehouse
	if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeLabelled || e.Tracking != "TT-1" {
		t.Fatalf("%s, tracking %q", got, e.Tracking)
	}
	if got := outcome(t)(d.Dispatch(t.Context(), w.entries()...)); got != OutcomeConfirmed {
		t.Error(got)
	}
	if w.labels != 1 {
		t.Errorf("%d labels bought", w.labels)
	}
}

// Whoever dispatches by a list and permits that are no longer true looks again
// before anything is shipped.
func TestDispatchRaces(t *testing.T) {
	t.Run("two processes, one label", func(t *testing.T) {
		w := newWorld(t)
		w.waiting(w.put(with(anOrder("1", "MUG"), func(o *Order) { o.ShippingModel = TikTokShipping }))[0])
		list := w.entries()
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := w.dispatcher(nil).Dispatch(t.Context(), list...); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if w.labels != 1 {
			t.Errorf("%d labels bought", w.labels)
		}
	})
	for name, race := range map[string]func(w *world){
		"cancelled in the warehouse": func(w *world) { w.book[0].State = Dropped },
		"parked for a cancellation":  func(w *world) { w.book[0].State = Parked },
		"cancellation requested":     func(w *world) { w.pending = []Cancellation{{ID: "c", OrderID: "1", Pending: true}} },
		"cancelled in the shop":      func(w *world) { w.orders["1"] = with(w.orders["1"], func(o *Order) { o.Status = Cancelled }) },
		"merged":                     func(w *world) { w.book = nil },
	} {
		t.Run(name+" after the list was made", func(t *testing.T) {
			w := newWorld(t)
			w.waiting(w.put(with(anOrder("1", "MUG"), func(o *Order) { o.ShippingModel = TikTokShipping }))[0])
			list := w.entries()
			race(w)
			r, _ := w.dispatcher(nil).Dispatch(t.Context(), list...)
			if w.labels != 0 || len(r) != 1 || r[0].Outcome == OutcomeLabelled {
				t.Errorf("a label was bought: %s", r)
			}
		})
	}
	t.Run("dispatch against cancellation", func(t *testing.T) {
		for range 50 {
			w := newWorld(t)
			w.waiting(w.put(with(anOrder("1", "MUG"), func(o *Order) { o.ShippingModel, o.CancelRequested = TikTokShipping, false }))[0])
			list, request := w.entries(), Cancellation{ID: "c", OrderID: "1", Pending: true}
			w.pending = []Cancellation{request}
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = w.dispatcher(nil).Dispatch(t.Context(), list...) })
			wg.Go(func() { _, _ = w.canceller(0).Cancel(t.Context(), request) })
			wg.Wait()
			if w.labels != 0 || w.book[0].State != Dropped {
				t.Fatalf("%d labels, warehouse %s", w.labels, w.book[0].State)
			}
		}
	})
}

func TestDispatchReadErrors(t *testing.T) {
	for _, name := range []string{"OrdersByID", "PendingCancellations"} {
		w := newWorld(t)
		w.processed(w.put(with(anOrder("1", "MUG"), func(o *Order) { o.CancelRequestedAt = noon }))[0], "RM1")
		w.fail = failOn(name)
		if r, err := w.dispatcher(nil).Dispatch(t.Context(), w.entries()...); !errors.Is(err, errInjected) || r[0].Outcome != OutcomeFailed || len(w.shipped) > 0 {
			t.Errorf("%s fails: %s%v", name, r, err)
		}
	}
	w := newWorld(t)
	w.processed(w.put(anOrder("1", "MUG"))[0], "RM1")
	w.processed(w.put(anOrder("2", "MUG"))[0], "RM2")
	w.fail = func(_ int, name string) error {
		if name == "Ship" && w.count("Ship") == 1 {
			return errInjected
		}
		return nil
	}
	r, err := w.dispatcher(nil).Dispatch(t.Context(), w.entries()...)
	if !errors.Is(err, errInjected) || r[0].Outcome != OutcomeFailed || r[1].Outcome != OutcomeShipped {
		t.Errorf("%s%v", r, err)
	}
}
