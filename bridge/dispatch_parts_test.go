package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// A number is corrected for the lines that are in the parcel, and cases of the order close
// only when it is in no other.
func TestDispatchCorrectsAParcel(t *testing.T) {
	for _, tc := range []struct {
		name  string
		parts [][]string // the first one is corrected
		lines [][]string // that the shop is named
		want  []string
		open  int
	}{
		{"all of the order", [][]string{{"1-1", "1-2"}}, [][]string{nil}, []string{"RM2", "RM2"}, 0},
		{"a part of it", [][]string{{"1-1"}, {"1-2"}}, [][]string{{"1-1"}}, []string{"RM2", "RM9"}, 1},
	} {
		w := world.NewWorld(t)
		w.Now = world.AtNoon
		o := world.AnOrder("1", "MUG", "SPOON")
		o.Status, o.ShippedAt = bridge.AwaitingCollection, world.Noon.Add(-time.Hour)
		for i, ids := range tc.parts {
			e := w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1"})
			e.State, e.Tracking, e.Split = bridge.Processed, []string{"RM2", "RM9"}[i], len(tc.parts) > 1
			for _, id := range ids {
				e.Lines = append(e.Lines, bridge.WarehouseLine{LineID: id, Quantity: 1, FromLineIDs: []string{id}, ShopLineIDs: []string{id}})
				o.Lines[slices.IndexFunc(o.Lines, func(l bridge.OrderLine) bool { return l.ID == id })].Tracking = []string{"RM1", "RM9"}[i]
			}
		}
		w.Put(o)
		must(t, w.Exceptions.Raise(t.Context(), exceptions.New(exceptions.TrackingDiffers, exceptions.ForOrder("1"), time.Time{}, "seen", "do")))
		d, c := w.Dispatcher(nil), &corrector{World: w, most: 1}
		d.Ports().Corrector, d.Ports().Records = c, new(store.Memory).Shop("shop")
		if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()[0])); got != bridge.OutcomeCorrected {
			t.Fatalf("%s: %s", tc.name, got)
		}
		if diff := cmp.Diff(tc.lines, c.lines); diff != "" {
			t.Errorf("%s: lines that the shop was named (-want +got):\n%s", tc.name, diff)
		}
		if got := []string{w.Orders["1"].Lines[0].Tracking, w.Orders["1"].Lines[1].Tracking}; !slices.Equal(got, tc.want) || len(w.OpenKinds()) != tc.open {
			t.Errorf("%s: the shop shows %q, open %v, want %q and %d", tc.name, got, w.OpenKinds(), tc.want, tc.open)
		}
	}
}

// What was corrected is not corrected again, though the shop shows the old number: it
// allows that once.
func TestDispatchCorrectsNoNumberTwice(t *testing.T) {
	for name, tc := range map[string]struct {
		before store.Correction
		want   bridge.Outcome
	}{
		"never":                       {store.Correction{}, bridge.OutcomeCorrected},
		"the shop has taken this one": {store.Correction{From: "RM1", To: "RM2", At: world.Noon, Done: true}, bridge.OutcomeRaised},
		"nobody knows whether":        {store.Correction{From: "RM1", To: "rm2", At: world.Noon}, bridge.OutcomeCorrected},
		"another one may have gone":   {store.Correction{From: "RM1", To: "RM3", At: world.Noon}, bridge.OutcomeRaised},
	} {
		w := world.NewWorld(t)
		w.Now = world.AtNoon
		o := world.AnOrder("1", "MUG")
		o.Status, o.ShippedAt, o.Lines[0].Tracking = bridge.AwaitingCollection, world.Noon.Add(-time.Hour), "RM1"
		w.Processed(w.Put(o)[0], "RM2")
		kept := new(store.Memory).Shop("shop")
		_, err := kept.PutRecords(t.Context(), store.Record{OrderID: "1", Correction: tc.before})
		must(t, err)
		d := w.Dispatcher(nil)
		d.Ports().Corrector, d.Ports().Records = &corrector{World: w, most: 1}, kept
		if got := world.Outcome(t)(d.Dispatch(t.Context(), w.Entries()...)); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}

// mergedOf is one warehouse order of whole shop orders, in a state.
func mergedOf(w *world.World, state bridge.WarehouseState, orders ...bridge.Order) *world.BookEntry {
	e := w.Add(bridge.NewOrder{LocationID: "L1"})
	e.State, e.Merged = state, true
	for _, o := range orders {
		e.References = append(e.References, o.ID)
		for _, l := range o.Lines {
			e.Lines = append(e.Lines, bridge.WarehouseLine{LineID: l.ID, SKU: l.Listing.SellerSKU, Quantity: 1, FromLineIDs: []string{l.ID}, ShopLineIDs: []string{l.ID}})
		}
	}
	return e
}

// A batch has as many shop orders as one permit call takes, unless one warehouse order
// has more of them, and as many warehouse orders.
func TestDispatchBatchOfMergedOrders(t *testing.T) {
	for _, tc := range []struct {
		name           string
		merged         []int // of so many orders each
		parts          int   // of one more order
		asked, reading int
	}{
		{"two that fit", []int{20, 30}, 0, 1, 1},
		{"two that do not", []int{20, 31}, 0, 2, 2},
		{"one that is too large for any", []int{51}, 0, 1, 1},
		{"and one after it", []int{51, 1}, 0, 2, 2},
		{"many parts of one order", nil, 51, 2, 2},
	} {
		w := world.NewWorld(t)
		n := 0
		for _, size := range tc.merged {
			var orders []bridge.Order
			for range size {
				n++
				orders = append(orders, w.Put(world.AnOrder(fmt.Sprint(n), "MUG"))...)
			}
			mergedOf(w, bridge.Processed, orders...).Tracking = fmt.Sprintf("RM%d", n)
		}
		if tc.parts > 0 {
			o := world.AnOrder("split", slices.Repeat([]string{"MUG"}, tc.parts)...)
			w.Put(o)
			for _, l := range o.Lines {
				e := w.Add(bridge.NewOrder{Reference: o.ID, LocationID: "L1"})
				e.State, e.Split, e.Tracking = bridge.Processed, true, "RM"+l.ID
				e.Lines = []bridge.WarehouseLine{{LineID: l.ID, SKU: "MUG", Quantity: 1, FromLineIDs: []string{l.ID}, ShopLineIDs: []string{l.ID}}}
			}
		}
		permits := &asking{PermitSource: w.Gate()}
		d := w.Dispatcher(nil)
		d.Ports().Reader, d.Ports().Gate = w, permits
		_, err := d.Dispatch(t.Context(), w.Entries()...)
		must(t, err)
		if permits.calls != tc.asked || w.Count("ReadOrders") != tc.reading {
			t.Errorf("%s: %d permit calls and %d readings of the warehouse, want %d and %d", tc.name, permits.calls, w.Count("ReadOrders"), tc.asked, tc.reading)
		}
		for id, o := range w.Orders {
			for _, l := range o.Lines {
				if l.Tracking == "" {
					t.Errorf("%s: line %s of order %s was not sent", tc.name, l.ID, id)
				}
			}
		}
	}
}

// asking counts how often permits are asked for.
type asking struct {
	bridge.PermitSource
	calls int
}

func (a *asking) Check(ctx context.Context, ids ...string) ([]bridge.Permit, error) {
	a.calls++
	return a.PermitSource.Check(ctx, ids...)
}

// Where an order was merged to is written down if nobody knew what became of it, and only
// then.
func TestDispatchNotesWhatWasMerged(t *testing.T) {
	unknown := store.Record{OrderID: "1", OutcomeUnknown: true, SentAt: world.Noon}
	for name, tc := range map[string]struct {
		record store.Record
		state  bridge.WarehouseState
		unread bool   // the shop does not return the order
		fail   string // what fails
		want   []string
	}{
		"created, as far as anybody knows": {record: unknown, state: bridge.Processed, want: []string{"w100"}},
		"still open":                       {record: unknown, state: bridge.Open, want: []string{"w100"}},
		"the merged order is cancelled":    {record: unknown, state: bridge.Dropped},
		"never sent":                       {record: store.Record{OrderID: "1"}, state: bridge.Processed},
		"known to be elsewhere":            {record: store.Record{OrderID: "1", OutcomeUnknown: true, WarehouseIDs: []string{"w7"}}, state: bridge.Processed, want: []string{"w7"}},
		"not an order of the shop":         {record: unknown, state: bridge.Processed, unread: true},
		"the record cannot be read":        {record: unknown, state: bridge.Processed, fail: "RecordsOf"},
	} {
		w := world.NewWorld(t)
		one, two := world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON")
		if w.Put(two); !tc.unread {
			w.Put(one)
		}
		mergedOf(w, tc.state, one, two).Tracking = "RM1"
		_, err := w.Memory.PutRecords(t.Context(), tc.record)
		must(t, err)
		d := w.Dispatcher(nil)
		d.Ports().Reader, d.Ports().Records = w, w
		if tc.fail != "" {
			w.Fail = world.FailOn(tc.fail)
		}
		_, err = d.Dispatch(t.Context(), w.Entries()...)
		if (tc.fail != "") != errors.Is(err, world.ErrInjected) || tc.fail != "" && w.Count("Ship") > 0 {
			t.Errorf("%s: error %v, %d parcels sent", name, err, w.Count("Ship"))
		}
		w.Fail = nil
		records, _, err := w.Memory.RecordsOf(t.Context(), "1")
		must(t, err)
		if got := records["1"].WarehouseIDs; !slices.Equal(got, tc.want) {
			t.Errorf("%s: recorded in %q, want %q", name, got, tc.want)
		}
	}
}

// packer is the shop's carrier where packages are there since payment.
type packer struct {
	*world.World
	calls int
}

func (p *packer) ArrangeShipping(_ context.Context, s bridge.Shipment) (bridge.Label, error) {
	p.calls++
	return bridge.Label{PackageID: s.Order.Lines[0].PackageID, Tracking: "TT-" + s.Order.Lines[0].PackageID, Carrier: "J&T"}, nil
}

// Orders that were merged in the warehouse get one label if the shop has combined them,
// and none if it ships them one by one.
func TestDispatchLabelsMergedOrders(t *testing.T) {
	for name, tc := range map[string]struct {
		packages []string // of the two orders
		calls    int
		raised   bool
	}{
		"one package":        {[]string{"p1", "p1"}, 1, false},
		"two packages":       {[]string{"p1", "p2"}, 0, true},
		"no package yet":     {[]string{"", ""}, 0, true},
		"one has no package": {[]string{"p1", ""}, 0, true},
		"the other has none": {[]string{"", "p1"}, 0, true},
	} {
		w := world.NewWorld(t)
		var orders []bridge.Order
		for i, pkg := range tc.packages {
			orders = append(orders, world.With(world.AnOrder(fmt.Sprint(i+1), "MUG"), func(o *bridge.Order) {
				o.ShippingModel, o.Lines[0].PackageID = bridge.TikTokShipping, pkg
			}))
		}
		w.Put(orders...)
		e := mergedOf(w, bridge.Open, orders...)
		p := &packer{World: w}
		d := w.Dispatcher(nil)
		d.Ports().Reader, d.Ports().Shipper = w, p
		results, err := d.Dispatch(t.Context(), w.Entries()...)
		must(t, err)
		raised := slices.ContainsFunc(results, func(r bridge.OrderResult) bool { return r.Outcome == bridge.OutcomeRaised })
		if p.calls != tc.calls || raised != tc.raised || (e.Tracking != "") != (tc.calls > 0) {
			t.Errorf("%s: %d labels, tracking %q, raised %t, want %d and %t: %s", name, p.calls, e.Tracking, raised, tc.calls, tc.raised, results)
		}
		open, _ := w.Exceptions.Open(t.Context(), exceptions.DispatchRefused)
		for _, c := range open {
			if !strings.Contains(c.Seen, "which the shop ships one by one") {
				t.Errorf("%s: %s", name, c.Seen)
			}
		}
	}
}

// A label mends what stood in its way once all of the order has one.
func TestDispatchLabelClosesCases(t *testing.T) {
	for name, tc := range map[string]struct{ lines, open int }{"all of it": {2, 0}, "a part": {1, 1}} {
		w := world.NewWorld(t)
		e := w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG", "SPOON"), func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }))[0])
		e.Split, e.Lines = tc.lines == 1, e.Lines[:tc.lines]
		must(t, w.Exceptions.Raise(t.Context(), exceptions.New(exceptions.LabelFailed, exceptions.ForOrder("1"), time.Time{}, "seen", "do")))
		if got := world.Outcome(t)(w.Dispatcher(nil).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeLabelled || len(w.OpenKinds()) != tc.open {
			t.Errorf("%s: %s, open %v, want %d", name, got, w.OpenKinds(), tc.open)
		}
	}
}
