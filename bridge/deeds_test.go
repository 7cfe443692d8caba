package bridge_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Only what the bridge has parked does it let go.
func TestImportLeavesWhatAPersonParked(t *testing.T) {
	held := func(o *bridge.Order) { o.Status, o.Recipient = bridge.OnHold, bridge.Address{} }
	for name, tc := range map[string]struct {
		begin func(*bridge.Order)
		do    func(*testing.T, *world.World, func() bridge.Outcome)
		want  bridge.WarehouseState
	}{
		"parked by a person": {do: func(_ *testing.T, w *world.World, _ func() bridge.Outcome) { w.Book[0].State = bridge.Parked }, want: bridge.Parked},
		"parked on hold": {begin: held, do: func(t *testing.T, w *world.World, look func() bridge.Outcome) {
			w.Put(world.AnOrder("1", "MUG"))
			if got := look(); got != bridge.OutcomeReleased {
				t.Errorf("the shop releases it: %s", got)
			}
		}, want: bridge.Open},
		"parked on hold, released, parked by a person": {begin: held, do: func(_ *testing.T, w *world.World, look func() bridge.Outcome) {
			w.Put(world.AnOrder("1", "MUG"))
			look()
			w.Book[0].State = bridge.Parked
		}, want: bridge.Parked},
		"parked on hold, and the memory is lost": {begin: held, do: func(t *testing.T, w *world.World, _ func() bridge.Outcome) {
			if err := w.Memory.DropRecords(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			w.Put(world.AnOrder("1", "MUG"))
		}, want: bridge.Open},
		"held and let go by the canceller, parked by a person": {do: func(t *testing.T, w *world.World, _ func() bridge.Outcome) {
			w.Pending = []bridge.Cancellation{request}
			w.After = func(_ int, name string) {
				if name == "HoldOrder" {
					w.Book[0].Stage = stage.LabelPrinted // it is too late now
				}
			}
			if _, err := w.Canceller(0).Cancel(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			if w.After = nil; w.Book[0].State != bridge.Open {
				t.Errorf("after the canceller it is %s", w.Book[0].State)
			}
			w.Pending, w.Book[0].State = nil, bridge.Parked
		}, want: bridge.Parked},
		"held by a canceller that died": {do: func(t *testing.T, w *world.World, _ func() bridge.Outcome) {
			w.Book[0].State = bridge.Parked
			if _, err := store.UpdateRecords(t.Context(), w.Memory, func(r *store.Record) { r.ParkedAt = w.Now() }, store.Record{OrderID: "1"}); err != nil {
				t.Fatal(err)
			}
		}, want: bridge.Open},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.AnOrder("1", "MUG")
			if tc.begin != nil {
				tc.begin(&o)
			}
			w.Put(o)
			look := func() bridge.Outcome { return world.Outcome(t)(w.ImporterReading().Import(t.Context(), w.Orders["1"])) }
			look()
			tc.do(t, w, look)
			got := look()
			if w.Book[0].State != tc.want {
				t.Errorf("%s: it is %s in the warehouse, want %s", got, w.Book[0].State, tc.want)
			}
			if again := look(); w.Book[0].State != tc.want {
				t.Errorf("at the next look, %s: it is %s in the warehouse, want %s", again, w.Book[0].State, tc.want)
			}
		})
	}
}

// An order of which nobody knows whether the warehouse has it, and which the shop
// cancels, is looked for until it must have appeared.
func TestCancelledWhileItsCreationIsInDoubt(t *testing.T) {
	for name, shows := range map[string]time.Duration{"shows after a while": 20 * time.Minute, "never arrived": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(10 * time.Minute)
				w := world.NewWorld(t)
				w.Now, w.Account.Now = time.Now, nil
				begun := time.Now()
				w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) {
					o.CreatedAt, o.PaidAt, o.UpdatedAt, o.ShipBy = begun, begun, begun, begun.Add(48*time.Hour)
				}))
				in, err := bridge.NewIntake(bridge.IntakePorts{
					Orders: windowed{w}, OpenOrders: w, Handle: bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), nil),
					Cursors: w.Memory, Hints: w.Memory, Revisits: w.Memory, Locks: w, Exceptions: w,
				}, bridge.IntakeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				w.Hidden = true // the warehouse has taken it, and does not show it yet
				if shows == 0 {
					w.Fail = world.FailOn("CreateOrders")
				}
				runIntake(t, in)
				w.Fail = nil
				time.Sleep(time.Minute)
				w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status, o.UpdatedAt = bridge.Cancelled, time.Now() }))
				for range 3 * 60 {
					runIntake(t, in)
					time.Sleep(time.Minute)
					w.Hidden = time.Since(begun) < shows
				}
				if shows > 0 && w.Book[0].State != bridge.Dropped {
					t.Errorf("it is %s in the warehouse, and cancelled in the shop", w.Book[0].State)
				}
				before := w.Count("FindOrders")
				for range 3 * 60 {
					runIntake(t, in)
					time.Sleep(time.Minute)
				}
				if after := w.Count("FindOrders"); after != before {
					t.Errorf("it is looked for %d times more, hours later", after-before)
				}
				records, _, err := w.Memory.RecordsOf(t.Context(), "1")
				if r := records["1"]; err != nil || r.EndedAt.IsZero() || r.OutcomeUnknown {
					t.Errorf("the record says %+v, %v; want that it has ended", r, err)
				}
			})
		})
	}
}

// An order that is cancelled has ended, however that came about: nothing keeps its
// record for ever.
func TestRecordOfACancelledOrderEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		request bridge.Cancellation // zero: it is cancelled in the shop
		begin   func(*world.World)
	}{
		"in the shop":                {},
		"at its buyer's request":     {request: bridge.Cancellation{ID: "c1", OrderID: "1", Pending: true}},
		"after it was merged":        {begin: func(w *world.World) { merge(w) }},
		"at request, after a merger": {request: bridge.Cancellation{ID: "c1", OrderID: "1", Pending: true}, begin: func(w *world.World) { merge(w) }},
	} {
		w := world.NewWorld(t)
		w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))
		take := bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), w)
		_, err := take(t.Context(), []bridge.Order{w.Orders["1"], w.Orders["2"]})
		must(t, err)
		if tc.begin != nil {
			tc.begin(w)
		}
		if w.Pending = []bridge.Cancellation{tc.request}; tc.request.ID == "" {
			w.Pending = nil
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
		}
		orders, err := w.OrdersByID(t.Context(), []string{"1"})
		must(t, err)
		_, err = take(t.Context(), orders)
		must(t, err)
		records, _, err := w.Memory.RecordsOf(t.Context(), "1", "2")
		must(t, err)
		if r := records["1"]; r.EndedAt.IsZero() || r.Status != string(bridge.Cancelled) || r.ParkedAt.After(r.ReleasedAt) || r.OutcomeUnknown || w.Orders["1"].Status != bridge.Cancelled {
			t.Errorf("cancelled %s (%s): the record says %+v, want that it has ended and is not held", name, w.Orders["1"].Status, r)
		}
		if r := records["2"]; !r.EndedAt.IsZero() {
			t.Errorf("cancelled %s: the other order has ended too: %+v", name, r)
		}
	}
}

// windowed lists what changed in the window asked for.
type windowed struct{ *world.World }

func (w windowed) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for o, err := range w.World.OrdersUpdated(ctx, from, to) {
			if in := !o.UpdatedAt.Before(from) && o.UpdatedAt.Before(to); (err != nil || in) && !yield(o, err) {
				return
			}
		}
	}
}

// A buyer may cancel until the carrier has the parcel, and Linnworks does not know
// that the shop's label was handed out.
func TestCancelledAfterTheShopsLabelWasHandedOut(t *testing.T) {
	for _, tc := range []struct {
		cutOff stage.Stage
		want   []string
		state  bridge.WarehouseState
	}{
		{0, []string{"late cancellation: order 1"}, bridge.Open},
		{stage.Processed, []string{"parcel to pull: order 1"}, bridge.Dropped},
	} {
		q := newQueueWorld(t)
		o := q.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel, o.Market = bridge.TikTokShipping, "MY" }))[0]
		e := q.Waiting(o)
		e.ShippingModel, e.UpdatedAt, e.DispatchBy = bridge.TikTokShipping, q.now, q.now.Add(48*time.Hour)
		q.run(t)
		if _, have, err := q.Memory.Label(t.Context(), "1", "pkg-TT-1"); !have || err != nil {
			t.Fatalf("no label was kept: %v", err)
		}
		q.Put(world.With(q.Orders["1"], func(o *bridge.Order) { o.Status, o.CancelReason = bridge.Cancelled, "changed my mind" }))
		for range 2 { // the second finds nothing to do, and closes nothing
			if _, err := q.Canceller(tc.cutOff).Cancel(t.Context(), bridge.CancellationsOf(q.Orders["1"])...); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(tc.want, q.OpenKinds()); diff != "" || e.State != tc.state {
			t.Errorf("cut-off %s: it is %s in the warehouse, want %s; open (-want +got):\n%s", tc.cutOff, e.State, tc.state, diff)
		}
	}
}

// merge makes one order of all that are in the book.
func merge(w *world.World) *world.BookEntry {
	m := &world.BookEntry{WarehouseOrder: bridge.WarehouseOrder{
		ID: "wM", Number: "900", State: bridge.Open, Stage: stage.New, LocationID: "L1", HasAddress: true, Merged: true,
	}}
	for _, e := range w.Book {
		m.References, m.Parents, m.Lines = append(m.References, e.Reference), append(m.Parents, e.ID), append(m.Lines, e.Lines...)
	}
	w.Book = []*world.BookEntry{m}
	return m
}

// The goods of a cancelled order come out of the order that it was merged into, and
// that one goes on.
func TestCancelOneOfMergedOrders(t *testing.T) {
	all := []string{"1-1 MUG", "2-1 SPOON"}
	for name, tc := range map[string]struct {
		change func(*world.World, *world.BookEntry)
		lines  []string
		open   []string
		state  bridge.WarehouseState
	}{
		"cancelled in the shop": {lines: all[1:], state: bridge.Open, change: func(w *world.World, _ *world.BookEntry) {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
		}},
		"asked for": {lines: all[1:], state: bridge.Open, change: func(w *world.World, _ *world.BookEntry) {
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
		}},
		"asked for, and held by a run that died": {lines: all[1:], state: bridge.Open, change: func(w *world.World, m *world.BookEntry) {
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
			m.State = bridge.Parked
			if _, err := store.UpdateRecords(w.T.Context(), w.Memory, func(r *store.Record) { r.ParkedAt = w.Now() }, store.Record{OrderID: "1"}); err != nil {
				w.T.Fatal(err)
			}
		}},
		"asked for, and parked by a person": {lines: all[1:], state: bridge.Parked, change: func(w *world.World, m *world.BookEntry) {
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
			m.State = bridge.Parked
		}},
		"after the label was printed": {lines: all, state: bridge.Open, open: []string{"late cancellation: order 1"}, change: func(w *world.World, m *world.BookEntry) {
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
			m.Stage = stage.LabelPrinted
		}},
		"after it was sent": {lines: all, state: bridge.Processed, open: []string{"late cancellation: order 1"}, change: func(w *world.World, m *world.BookEntry) {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
			m.State, m.Stage = bridge.Processed, stage.Processed
		}},
		"locked by a person": {lines: all, state: bridge.Locked, open: []string{"cancellation stuck: order 1"}, change: func(w *world.World, m *world.BookEntry) {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
			m.State = bridge.Locked
		}},
		"with a line of both": {lines: []string{"1-1 MUG"}, state: bridge.Open, change: func(w *world.World, m *world.BookEntry) {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
			m.Lines = []bridge.WarehouseLine{{LineID: "1-1", SKU: "MUG", Quantity: 2, FromLineIDs: []string{"1-1", "2-1"}, ShopLineIDs: []string{"1-1", "2-1"}}}
		}},
		"with a line of both, of which one unit is gone": {lines: []string{"1-1 MUG"}, state: bridge.Open, open: []string{"cancellation stuck: order 1"}, change: func(w *world.World, m *world.BookEntry) {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
			m.Lines = []bridge.WarehouseLine{{LineID: "1-1", SKU: "MUG", Quantity: 1, FromLineIDs: []string{"1-1", "2-1", "2-2"}}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"))
			if _, err := w.Importer().Import(t.Context(), w.Orders["1"], w.Orders["2"]); err != nil {
				t.Fatal(err)
			}
			m := merge(w)
			tc.change(w, m)
			for range 2 {
				pass := append(slices.Clone(w.Pending), bridge.CancellationsOf(w.Orders["1"])...)
				pass = slices.DeleteFunc(pass, func(c bridge.Cancellation) bool { return c.ID != "" && !c.Pending })
				if _, err := w.Canceller(0).Cancel(t.Context(), pass...); err != nil {
					t.Fatal(err)
				}
				// The importer looks at it too, and must not forget what it was imported as.
				if _, err := w.Importer().Import(t.Context(), w.Orders["1"]); err != nil {
					t.Fatal(err)
				}
			}
			var lines []string
			for _, l := range m.Lines {
				lines = append(lines, l.LineID+" "+l.SKU)
			}
			if diff := cmp.Diff(tc.lines, lines); diff != "" || m.State != tc.state {
				t.Errorf("the merged order is %s, want %s; its lines (-want +got):\n%s", m.State, tc.state, diff)
			}
			if diff := cmp.Diff(tc.open, w.OpenKinds()); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
			if requested := len(w.Pending) > 0; requested && (len(w.Approved) > 0) != (tc.open == nil) {
				t.Errorf("approved: %v", w.Approved)
			}
		})
	}
}

// An order that a person or another integration has created under the same reference
// is never doubled.
func TestImportNeverDoublesWhatOthersCreated(t *testing.T) {
	newer := func(o *bridge.Order) { o.CreatedAt = world.Noon.Add(2 * time.Hour) }
	for name, tc := range map[string]struct {
		order          bridge.Order
		before, during bool // when it was made by hand: before the bridge saw it, or while it was blocked
		findFirst      bool
		want           int // orders in the book
		open           []string
	}{
		"by hand, before":                       {order: world.AnOrder("1", "MUG"), before: true, want: 1, open: []string{"duplicate order: order 1"}},
		"by hand, while it was blocked":         {order: world.With(world.AnOrder("1", "GHOST"), newer), during: true, want: 1, open: []string{"duplicate order: order 1"}},
		"by another integration":                {order: world.With(world.AnOrder("1", "MUG"), newer), before: true, findFirst: true, want: 1, open: []string{"duplicate order: order 1"}},
		"nobody":                                {order: world.AnOrder("1", "MUG"), want: 1},
		"by hand, of an order that was shipped": {order: world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.Delivered }), before: true, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Put(tc.order)
			byHand := func() *world.BookEntry {
				e := w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1", Recipient: world.Home, Lines: []bridge.NewOrderLine{{LineID: "x", SKU: "MUG", Quantity: 1}}})
				e.Foreign = "DIRECT"
				return e
			}
			var made *world.BookEntry
			if tc.before {
				made = byHand()
			}
			im, err := bridge.NewImporter(bridge.ImportPorts{
				OrderBook: w, Tracer: w, Orders: w, Catalogue: w, Ledger: w, Records: w, Locks: w, Exceptions: w,
			}, bridge.ImportOptions{DefaultLocation: "L1", FindFirst: tc.findFirst, Now: w.Now})
			if err != nil {
				t.Fatal(err)
			}
			look := func() {
				t.Helper()
				if _, err := im.Import(t.Context(), w.Orders["1"]); err != nil {
					t.Fatal(err)
				}
			}
			look()
			if tc.during {
				made = byHand()
				w.Items["s-GHOST"] = catalogue.Item{ID: "i-ghost", SKU: "GHOST"}
				w.Stock["i-ghost"] = map[string]int{}
			}
			look()
			if diff := cmp.Diff(tc.open, w.OpenKinds()); diff != "" || len(w.Book) != tc.want {
				t.Errorf("%d orders in the warehouse, want %d; open (-want +got):\n%s", len(w.Book), tc.want, diff)
			}
			if made == nil || tc.open == nil {
				return
			}
			if r, ok := w.Reservation(); ok && r.VisibleAt.IsZero() {
				t.Error("its units count as unseen, and the order made by hand takes them: they are counted twice")
			}
			// The remedy: the order is cancelled, and the bridge imports the sale.
			made.State = bridge.Dropped
			look()
			if len(w.Book) != 2 || w.OpenKinds() != nil {
				t.Errorf("after the other order was cancelled: %d orders, open %v", len(w.Book), w.OpenKinds())
			}
			if tc.during {
				return
			}
			// Or both are there: one too many.
			made.State = bridge.Open
			if err := w.Memory.DropRecords(t.Context(), "1"); err != nil {
				t.Fatal(err)
			}
			look()
			if diff := cmp.Diff([]string{"duplicate order: order 1"}, w.OpenKinds()); diff != "" {
				t.Errorf("both are open (-want +got):\n%s", diff)
			}
		})
	}
}

// The bridge does not touch what it did not make, and says so.
func TestCancelledButMadeByHand(t *testing.T) {
	for _, pending := range []bool{false, true} {
		w := world.NewWorld(t)
		w.Put(world.AnOrder("1", "MUG"))
		e := w.Waiting(w.Orders["1"])
		e.Foreign = "DIRECT"
		if pending {
			w.Pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
		} else {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled }))
		}
		cancel := func() {
			t.Helper()
			if _, err := w.Canceller(0).Cancel(t.Context(), append(slices.Clone(w.Pending), bridge.CancellationsOf(w.Orders["1"])...)...); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		list, _ := w.Exceptions.Open(t.Context())
		if len(list) != 1 || list[0].Kind != exceptions.CancellationStuck || !strings.Contains(list[0].Seen, "source DIRECT") || e.State != bridge.Open || len(w.Approved) > 0 {
			t.Errorf("pending %t: %v, the order is %s, approved %v", pending, list, e.State, w.Approved)
		}
		if e.State = bridge.Dropped; pending {
			continue
		}
		if cancel(); w.OpenKinds() != nil {
			t.Errorf("after somebody cancelled it: open %v", w.OpenKinds())
		}
	}
}

// What people have shipped in Seller Center, while the order was blocked, comes in as
// shipped: the sale is in the books and the units are off the shelf.
func TestImportBooksWhatWasShippedByHand(t *testing.T) {
	ship := func(o *bridge.Order) {
		o.Status, o.Lines[0].Tracking, o.Lines[0].Carrier = bridge.InTransit, "RM1", "Royal Mail"
	}
	for name, tc := range map[string]struct {
		begin     func(*bridge.Order)
		processor bool
		stop      string // a call that fails once
		want      string
		open      []string
	}{
		"after it was blocked":               {begin: func(*bridge.Order) {}, processor: true, want: "processed RM1"},
		"stopped before it was processed":    {begin: func(*bridge.Order) {}, processor: true, stop: "BookShipped", want: "processed RM1"},
		"stopped while it was created":       {begin: func(*bridge.Order) {}, processor: true, stop: "CreateOrders", want: "processed RM1"},
		"where nothing can be booked":        {begin: func(*bridge.Order) {}, want: "absent", open: []string{"shop and warehouse disagree: order 1", "unmapped SKU: SKU GHOST"}},
		"shipped before the bridge was born": {begin: ship, processor: true, want: "absent"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.AnOrder("1", "GHOST")
			tc.begin(&o)
			w.Put(o)
			ports := bridge.ImportPorts{OrderBook: w, Tracer: w, Orders: w, Catalogue: w, Ledger: w, Records: w, Locks: w, Exceptions: w}
			if tc.processor {
				ports.Processor = w
			}
			im, err := bridge.NewImporter(ports, bridge.ImportOptions{DefaultLocation: "L1", Now: w.Now})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := im.Import(t.Context(), w.Orders["1"]); err != nil { // there is no such SKU
				t.Fatal(err)
			}
			w.Items["s-GHOST"] = catalogue.Item{ID: "i-ghost", SKU: "GHOST"}
			w.Stock["i-ghost"] = map[string]int{"L1": 5}
			w.Put(world.With(w.Orders["1"], ship))
			failed := 0
			w.Fail = func(_ int, name string) error {
				if name == tc.stop && failed == 0 {
					failed++
					return world.ErrInjected
				}
				return nil
			}
			if tc.stop != "" {
				if _, err := im.Import(t.Context(), w.Orders["1"]); err == nil {
					t.Error("no error although a call failed")
				}
				if r, ok := w.Reservation(); !ok || tc.stop == "CreateOrders" && !r.VisibleAt.IsZero() {
					t.Errorf("its units are not reserved, and the warehouse may count them as free: %+v", r)
				}
			}
			for range 2 { // once more changes nothing
				if _, err := im.Import(t.Context(), w.Orders["1"]); err != nil {
					t.Fatal(err)
				}
			}
			got := "absent"
			if len(w.Book) > 0 {
				got = strings.TrimSpace(string(w.Book[0].State) + " " + w.Book[0].Tracking)
			}
			if diff := cmp.Diff(tc.open, w.OpenKinds()); diff != "" || got != tc.want || len(w.Book) > 1 {
				t.Errorf("in the warehouse it is %s (%d orders), want %s; open (-want +got):\n%s", got, len(w.Book), tc.want, diff)
			}
			if left := w.Stock["i-ghost"]["L1"]; tc.want != "absent" && left != 4 {
				t.Errorf("%d units are on the shelf, want 4", left)
			}
		})
	}
}

// A merged order that is stopped for one of its orders is not let go for another.
func TestImportLeavesAMergedOrderThatWaits(t *testing.T) {
	w := world.NewWorld(t)
	hold := func(o *bridge.Order) { o.Status = bridge.OnHold }
	w.Put(world.With(world.AnOrder("1", "MUG"), hold), world.With(world.AnOrder("2", "SPOON"), hold))
	if _, err := w.ImporterReading().Import(t.Context(), w.Orders["1"], w.Orders["2"]); err != nil {
		t.Fatal(err)
	}
	m := merge(w)
	m.State, m.MadeParked = bridge.Parked, true
	w.Put(world.AnOrder("2", "SPOON"))
	if _, err := w.ImporterReading().Import(t.Context(), w.Orders["2"]); err != nil {
		t.Fatal(err)
	}
	if m.State != bridge.Parked {
		t.Errorf("the merged order is %s, and the shop still holds order 1", m.State)
	}
}

// An order that was shipped by hand is booked once: not where a person has booked it,
// and not before the warehouse shows it as gone.
func TestImportBooksOnce(t *testing.T) {
	shipped := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) {
		o.Status, o.CreatedAt, o.Lines[0].Tracking = bridge.InTransit, world.Noon.Add(2*time.Hour), "RM1"
	})
	t.Run("booked by hand", func(t *testing.T) {
		w := world.NewWorld(t)
		w.Put(shipped)
		by := w.Waiting(shipped)
		by.Foreign = "DIRECT"
		if got := world.Outcome(t)(w.ImporterReading().Import(t.Context(), shipped)); got != bridge.OutcomeRaised || len(w.Book) != 1 {
			t.Errorf("before it is processed: %s, and the warehouse has %d orders; want it raised, and one", got, len(w.Book))
		}
		by.State, by.Stage, by.Tracking = bridge.Processed, stage.Processed, "RM1"
		if got := world.Outcome(t)(w.ImporterReading().Import(t.Context(), shipped)); got != bridge.OutcomeUnchanged || len(w.Book) != 1 || w.OpenKinds() != nil {
			t.Errorf("%s, and the warehouse has %d orders, open %v; want nothing to do", got, len(w.Book), w.OpenKinds())
		}
	})
	t.Run("the warehouse does not show it", func(t *testing.T) {
		w := world.NewWorld(t)
		w.Put(shipped)
		w.Stubborn = true
		r, err := w.ImporterReading().Import(t.Context(), shipped)
		if err == nil || len(r) != 1 || r[0].Outcome != bridge.OutcomeFailed {
			t.Errorf("it is still %s in the warehouse: %s%v; want it to fail", w.Book[0].State, r, err)
		}
		w.Stubborn = false
		if got := world.Outcome(t)(w.ImporterReading().Import(t.Context(), shipped)); got != bridge.OutcomeBooked {
			t.Errorf("the next run: %s, want it booked", got)
		}
	})
}

// lockKeys notes which locks are taken.
type lockKeys struct {
	store.Locks
	keys []string
}

func (l *lockKeys) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	l.keys = append(l.keys, key)
	return l.Locks.Lock(ctx, key)
}

func (l *lockKeys) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	l.keys = append(l.keys, keys...)
	return l.Locks.TryLock(ctx, keys...)
}

// Whoever works on an order takes the same lock, so that a cancellation that races an
// import or a shipment has one outcome.
func TestOneLockForAnOrder(t *testing.T) {
	w := cancelWorld(t, bridge.Open, stage.New)
	var want []string
	for _, tc := range []struct {
		name string
		do   func(store.Locks) error
	}{
		{"import", func(l store.Locks) error {
			im, err := bridge.NewImporter(bridge.ImportPorts{OrderBook: w, Catalogue: w, Ledger: w, Records: w, Locks: l, Exceptions: w}, bridge.ImportOptions{DefaultLocation: "L1", Now: w.Now})
			must(t, err)
			_, err = im.Import(t.Context(), w.Orders["1"])
			return err
		}},
		{"dispatch", func(l store.Locks) error {
			d := w.Dispatcher(nil)
			d.Ports().Locks = l
			_, err := d.Dispatch(t.Context(), w.Entries()...)
			return err
		}},
		{"cancellation", func(l store.Locks) error {
			c, err := bridge.NewCanceller(bridge.CancelPorts{Orders: w, Desk: w, OrderBook: w, Warehouse: w, Tracer: w, Records: w, Ledger: w, Locks: l, Exceptions: w}, bridge.CancelOptions{Now: w.Now})
			must(t, err)
			_, err = c.Cancel(t.Context(), request)
			return err
		}},
		{"cancellation from the warehouse", func(l store.Locks) error {
			w.Put(world.AnOrder("1", "MUG"))
			v, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: l, Exceptions: w}, bridge.RevokeOptions{Now: w.Now})
			must(t, err)
			_, err = v.Revoke(t.Context(), w.Entries()...)
			return err
		}},
	} {
		locks := &lockKeys{Locks: w}
		must(t, tc.do(locks))
		if len(locks.keys) == 0 {
			t.Errorf("%s: no lock was taken", tc.name)
		}
		if want == nil {
			want = locks.keys
		}
		if diff := cmp.Diff(want, locks.keys); diff != "" {
			t.Errorf("%s takes other locks than the import (-want +got):\n%s", tc.name, diff)
		}
	}
}

// A sale that could not be imported, and was shipped by hand meanwhile, is in no book:
// its case stays open, whether or not the warehouse can book what was shipped.
func TestBlockedOrderThatWasShippedByHandStaysACase(t *testing.T) {
	for _, processor := range []bool{false, true} {
		w := world.NewWorld(t)
		w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Unreadable = "an amount" }))
		ports := bridge.ImportPorts{OrderBook: w, Tracer: w, Orders: w, Catalogue: w, Ledger: w, Records: w, Locks: w, Exceptions: w}
		if processor {
			ports.Processor = w
		}
		im, err := bridge.NewImporter(ports, bridge.ImportOptions{DefaultLocation: "L1", Now: w.Now})
		must(t, err)
		take := bridge.TakeOrders(im, w.Canceller(0), nil)
		for _, status := range []bridge.OrderStatus{bridge.AwaitingShipment, bridge.InTransit, bridge.Completed} {
			w.Put(world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = status }))
			_, err := take(t.Context(), []bridge.Order{w.Orders["1"]})
			must(t, err)
			if !slices.Contains(w.OpenKinds(), "order cannot be imported: order 1") || len(w.Book) > 0 {
				t.Errorf("%s, with a processor %t: open are %q, %d orders in the warehouse, want its case and none", status, processor, w.OpenKinds(), len(w.Book))
			}
		}
	}
}
