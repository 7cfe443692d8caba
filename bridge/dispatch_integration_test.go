package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// dispatching is sides with a queue, whose stores outlive it.
type dispatching struct {
	*sides
	maxDocument int64
	source      func(*linnworksadapter.Warehouse) bridge.DispatchSource
	staff       *linnworks.Client
	tracking    bridge.TrackingWriter
}

func newDispatching(t *testing.T, market string) *dispatching {
	t.Helper()
	d := &dispatching{
		sides:  newSides(t, market),
		source: func(l *linnworksadapter.Warehouse) bridge.DispatchSource { return l },
	}
	var err error
	d.staff, err = d.linn.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	d.tracking = d.book
	return d
}

// run lets a new process dispatch what there is.
func (d *dispatching) run(t *testing.T) bridge.DispatchReport {
	t.Helper()
	report, err := d.try(t)
	must(t, err)
	return report
}

// try is run where something may fail.
func (d *dispatching) try(t *testing.T) (bridge.DispatchReport, error) {
	t.Helper()
	client, err := d.tiktok.Client()
	must(t, err)
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{
		Documents: &http.Client{Transport: d.tiktok.RoundTripper()}, MaxDocument: d.maxDocument,
		Parcel: tiktokadapter.Parcel{LengthCM: 20, WidthCM: 15, HeightCM: 10, WeightGrams: 500},
	})
	must(t, err)
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: shop, Cancellations: shop}, bridge.GateOptions{})
	must(t, err)
	dispatcher, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: gate, Orders: shop, Shipper: shop, OrderBook: d.book, Tracking: d.tracking, Locks: d.memory, Exceptions: d.queue,
		Reader: d.book, Catalogue: d.book, Measures: d.book, Documents: shop, Labels: d.memory, Corrector: shop, Records: d.memory,
	}, bridge.DispatchOptions{})
	must(t, err)
	q, err := bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: dispatcher, Source: d.source(d.book), Reader: d.book, Cursors: d.memory, Revisits: d.memory, Locks: d.memory, Exceptions: d.queue,
	}, bridge.DispatchQueueOptions{})
	must(t, err)
	return q.Run(t.Context())
}

// imported places orders, lets the bridge import them, and returns their ids.
func (d *dispatching) imported(t *testing.T, specs ...tiktokshoptest.OrderSpec) []string {
	t.Helper()
	var ids []string
	for _, spec := range specs {
		ids = append(ids, d.place(t, spec))
	}
	_, err := d.importer(t, d.book, d.memory).Import(t.Context(), d.orders(t)...)
	must(t, err)
	return ids
}

// send processes a warehouse order with a tracking number.
func (d *dispatching) send(t *testing.T, id linnworks.GUID, tracking string) {
	t.Helper()
	carrier := d.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].Name
	must(t, d.linn.SetTracking(id, d.linn.AddPostalService(carrier+" "+tracking, carrier), tracking))
	must(t, d.linn.Process(id))
}

// shown are the tracking numbers that the shop shows, one per unit.
func (d *dispatching) shown(t *testing.T, id string) []string {
	t.Helper()
	o, ok := d.tiktok.Order(id)
	if !ok {
		t.Fatalf("no order %s", id)
	}
	var list []string
	for _, l := range o.LineItems {
		list = append(list, l.TrackingNumber)
	}
	slices.Sort(list)
	return list
}

func (d *dispatching) shipCalls() int {
	return len(d.tiktok.CallsOf(tiktokshoptest.On("Fulfillment.MarkPackageAsShipped", "Fulfillment.ShipPackage", "Fulfillment.CreatePackages")))
}

// Two orders that Linnworks merged into one parcel: each gets its number.
func TestMergedOrderIsDispatched(t *testing.T) {
	t.Parallel()
	for name, split := range map[string]bool{"one parcel": false, "split again": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, "GB")
				spec := tiktokshoptest.OrderSpec{Lines: mugs(1), BuyerID: "7494000000000000123"}
				two := spec
				two.Lines = append(mugs(1), tiktokshoptest.Line{SKUID: setSKU, Quantity: 1})
				ids := d.imported(t, spec, two)
				merged, err := d.staff.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{
					OrdersToMerge:    []linnworks.GUID{d.inLinnworks(ids[0])[0].OrderID, d.inLinnworks(ids[1])[0].OrderID},
					FulfilmentCenter: new(linnworks.ZeroGUID),
				})
				must(t, err)
				want := [][]string{{"M1"}, {"M1", "M1"}}
				if !split {
					d.send(t, merged.OrderID, "M1")
				} else {
					// The set travels alone.
					o, _ := d.linn.Order(merged.OrderID)
					var row linnworks.GUID
					for _, item := range o.Items {
						if item.SKU == "SET" {
							row = item.RowID
						}
					}
					parts, err := d.staff.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: merged.OrderID, NewOrders: []linnworks.OrderSplit{{
						Items: []linnworks.OrderSplitOutItem{{RowID: &row, Quantity: new(1)}},
					}}})
					must(t, err)
					d.send(t, parts[0].OrderID, "M1")
					d.send(t, parts[1].OrderID, "M2")
					want = [][]string{{"M1"}, {"M1", "M2"}}
				}
				for range 2 {
					report := d.run(t)
					if report.Waiting != 0 {
						t.Fatal(report)
					}
				}
				if diff := cmp.Diff(want, [][]string{d.shown(t, ids[0]), d.shown(t, ids[1])}); diff != "" {
					t.Error(diff)
				}
				if n, calls := len(want[0])+len(slices.Compact(want[1])), d.shipCalls(); calls != n || len(d.open(t)) != 0 {
					t.Errorf("%d ship calls, want %d; open %v", calls, n, d.open(t))
				}
			})
		})
	}
}

// Two orders are merged before the bridge has heard what became of their creation. Once
// they are sent it knows where they are, and does not create what it cannot find.
func TestMergedBeforeItWasReadBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDispatching(t, "GB")
		spec := tiktokshoptest.OrderSpec{Lines: mugs(1), BuyerID: "7494000000000000123"}
		ids := d.imported(t, spec, spec)
		merged, err := d.staff.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{
			OrdersToMerge:    []linnworks.GUID{d.inLinnworks(ids[0])[0].OrderID, d.inLinnworks(ids[1])[0].OrderID},
			FulfilmentCenter: new(linnworks.ZeroGUID),
		})
		must(t, err)
		records, _, err := d.memory.RecordsOf(t.Context(), ids...)
		must(t, err)
		for _, r := range records { // as a process leaves them that dies in the call
			_, err := store.UpdateRecords(t.Context(), d.memory, func(r *store.Record) { r.WarehouseIDs, r.Lines, r.OutcomeUnknown = nil, nil, true }, r)
			must(t, err)
		}
		d.send(t, merged.OrderID, "M1")
		d.run(t)
		results, err := d.importer(t, d.book, d.memory).Import(t.Context(), d.orders(t)...)
		if err != nil {
			t.Errorf("the importer does not find them: %v%s", err, results)
		}
		if diff := cmp.Diff([][]string{{"M1"}, {"M1"}}, [][]string{d.shown(t, ids[0]), d.shown(t, ids[1])}); diff != "" || len(d.open(t)) != 0 {
			t.Errorf("open %v, shown (-want +got):\n%s", d.open(t), diff)
		}
	})
}

// A merged order of which nobody can say what is in it is raised, and blocks
// nothing.
func TestMergedOrderOfUnknownOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDispatching(t, "GB")
		var ids []linnworks.GUID
		for _, reference := range []string{"1", "2"} { // as another program imported them
			id, err := d.linn.AddOrder(linnworkstest.Order{Source: "TIKTOKBRIDGE", SubSource: "test", Reference: reference, Lines: []linnworkstest.Line{{SKU: "MUG"}}})
			must(t, err)
			ids = append(ids, id)
		}
		merged, err := d.staff.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{OrdersToMerge: ids, FulfilmentCenter: new(linnworks.ZeroGUID)})
		must(t, err)
		d.send(t, merged.OrderID, "M1")
		other := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})[0]
		d.send(t, d.inLinnworks(other)[0].OrderID, "T1")
		report := d.run(t)
		if diff := cmp.Diff([]string{"shipped"}, d.shownOutcomes(report, other)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{fmt.Sprintf("parcel without a shop order: warehouse order %d", merged.NumOrderID)}, d.open(t)); diff != "" {
			t.Error(diff)
		}
	})
}

func (d *dispatching) shownOutcomes(r bridge.DispatchReport, id string) (list []string) {
	for _, o := range r.Results {
		if o.OrderID == id {
			list = append(list, string(o.Outcome))
		}
	}
	return list
}

// Units of one line in two parcels, and the second parcel leaves later.
func TestSplitOrderIsDispatched(t *testing.T) {
	t.Parallel()
	for _, market := range []string{"GB", "US"} {
		t.Run(market, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, market)
				id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(3)})[0]
				whole := d.inLinnworks(id)[0]
				parts, err := d.staff.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: whole.OrderID, NewOrders: []linnworks.OrderSplit{{
					Items: []linnworks.OrderSplitOutItem{{RowID: &whole.Items[0].RowID, Quantity: new(1)}},
				}}})
				must(t, err)
				d.send(t, parts[0].OrderID, "T1")
				d.run(t)
				if diff := cmp.Diff([]string{"", "T1", "T1"}, d.shown(t, id)); diff != "" {
					t.Fatal(diff)
				}
				time.Sleep(time.Hour)
				d.send(t, parts[1].OrderID, "T2")
				for range 2 {
					d.run(t)
				}
				if diff := cmp.Diff([]string{"T1", "T1", "T2"}, d.shown(t, id)); diff != "" {
					t.Error(diff)
				}
				if n := d.shipCalls(); n != 2 || len(d.open(t)) != 0 {
					t.Errorf("%d ship calls, open %v", n, d.open(t))
				}
			})
		})
	}
}

// Orders that TikTok has combined into one package are shipped with one call.
func TestCombinedPackageShipsOnce(t *testing.T) {
	t.Parallel()
	for _, model := range []tiktokshop.ShippingType{tiktokshop.ShippingTypeSeller, tiktokshop.ShippingTypeTikTok} {
		t.Run(string(model), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, "TH")
				spec := tiktokshoptest.OrderSpec{Lines: mugs(1), BuyerID: "7494000000000000123", ShippingType: model, WarehouseID: shopWarehouse}
				ids := d.imported(t, spec, spec)
				client, err := d.tiktok.Client()
				must(t, err)
				_, err = client.Fulfillment.CombinePackage(t.Context(), &tiktokshop.CombinePackageRequest{
					CombinablePackages: []tiktokshop.CombinePackageRequestCombinablePackage{{OrderIDs: ids}},
				})
				must(t, err)
				d.tiktok.ResetCalls()
				if model == tiktokshop.ShippingTypeSeller {
					for _, id := range ids {
						d.send(t, d.inLinnworks(id)[0].OrderID, "T1")
					}
				}
				var report bridge.DispatchReport
				for range 3 {
					report = d.run(t)
					time.Sleep(20 * time.Minute)
				}
				if report.Waiting != 0 || d.shipCalls() != 1 || len(d.open(t)) != 0 {
					t.Errorf("%d ship calls, open %v, %s", d.shipCalls(), d.open(t), report)
				}
				if one, two := d.shown(t, ids[0]), d.shown(t, ids[1]); one[0] == "" || !slices.Equal(one, two) {
					t.Errorf("shown %q and %q", one, two)
				}
			})
		})
	}
}

// The label of TikTok Shipping: number in Linnworks, document kept once.
func TestLabelDocuments(t *testing.T) {
	t.Parallel()
	for _, market := range []string{"GB", "US", "TH"} {
		t.Run(market, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, market)
				id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1), ShippingType: tiktokshop.ShippingTypeTikTok})[0]
				var report bridge.DispatchReport
				for range 4 {
					report = d.run(t)
					time.Sleep(20 * time.Minute)
				}
				o, _ := d.tiktok.Order(id)
				line := o.LineItems[0]
				doc, ok, err := d.memory.Label(t.Context(), id, line.PackageID)
				must(t, err)
				if !ok || !strings.HasPrefix(string(doc.Content), "%PDF") || doc.ContentType != "application/pdf" || doc.FetchedAt.IsZero() {
					t.Errorf("%t: %v", ok, doc)
				}
				if got := d.inLinnworks(id)[0].ShippingInfo.TrackingNumber; got == "" || got != line.TrackingNumber {
					t.Errorf("Linnworks has %q, the shop %q", got, line.TrackingNumber)
				}
				if report.Waiting != 0 || len(d.open(t)) != 0 || d.shipCalls() != 1 {
					t.Errorf("%d ship calls, open %v, %s", d.shipCalls(), d.open(t), report)
				}
				for _, text := range []string{fmt.Sprint(doc), fmt.Sprintf("%+v", doc), fmt.Sprintf("%#v", doc), fmt.Sprintf("%x", doc)} {
					if strings.Contains(text, "PDF") || strings.Contains(text, fmt.Sprintf("%x", "PDF")) {
						t.Errorf("the document prints as %s", text)
					}
				}
			})
		})
	}
}

func TestLabelsThatFail(t *testing.T) {
	t.Parallel()
	t.Run("document too large", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := newDispatching(t, "GB")
			d.maxDocument = 10
			id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1), ShippingType: tiktokshop.ShippingTypeTikTok})[0]
			for range 3 {
				d.run(t)
				time.Sleep(20 * time.Minute)
			}
			if diff := cmp.Diff([]string{"label failed: order " + id}, d.open(t)); diff != "" {
				t.Error(diff)
			}
			d.maxDocument = 0
			if report := d.run(t); report.Waiting != 0 || len(d.open(t)) != 0 || d.shipCalls() != 1 {
				t.Errorf("after the limit was raised: %s, open %v, %d ship calls", report, d.open(t), d.shipCalls())
			}
		})
	})
	t.Run("in Linnworks", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := newDispatching(t, "GB")
			id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})[0]
			d.run(t)
			o := d.inLinnworks(id)[0]
			must(t, d.linn.FailLabel(o.OrderID, "Ms Secret's postcode is not known"))
			d.run(t)
			open, err := d.queue.Open(t.Context())
			must(t, err)
			if len(open) != 1 || open[0].Kind != exceptions.LabelFailed || strings.Contains(fmt.Sprint(open), "Secret") {
				t.Fatalf("open %v", open)
			}
			d.send(t, o.OrderID, "T1")
			time.Sleep(20 * time.Minute)
			if report := d.run(t); len(d.open(t)) != 0 || report.Waiting != 0 || d.shown(t, id)[0] != "T1" {
				t.Errorf("after it was sent: %v, %s", d.open(t), report)
			}
		})
	})
}

// hasty is a warehouse in which people process an order a moment before the bridge writes
// the number of the shop's label into it.
type hasty struct {
	*linnworksadapter.Warehouse
	process func(linnworks.GUID) error
}

func (h hasty) SetTracking(ctx context.Context, w bridge.WarehouseOrder, l bridge.Label) error {
	return errors.Join(h.process(linnworks.GUID(w.ID)), h.Warehouse.SetTracking(ctx, w, l))
}

// An order of TikTok Shipping that is processed while its label is arranged has left
// without it, or with another one: people hear of it in the same run, in words that help
// them, and the runs after it say the same until the carrier has the parcel.
func TestProcessedWhileItsLabelIsArranged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		own  string // the number that people have entered
		want string // the case
		do   string
	}{
		"without a number": {"", "sent out of turn: order ", "print the label in Seller Center"},
		"with its own":     {"OWN1", "tracking differs: order ", "which label the parcel bears"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, "GB")
				id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1), ShippingType: tiktokshop.ShippingTypeTikTok})[0]
				if test.own != "" {
					must(t, d.linn.SetTracking(d.inLinnworks(id)[0].OrderID, d.linn.AddPostalService("Own", "Own"), test.own))
				}
				d.tracking = hasty{d.book, d.linn.Process}
				for _, run := range []string{"the run in which it happened", "the next", "the one after that"} {
					report, err := d.try(t)
					if err != nil || report.Waiting != 1 {
						t.Errorf("%s: error %v, %s", run, err, report)
					}
					if diff := cmp.Diff([]string{test.want + id}, d.open(t)); diff != "" {
						t.Errorf("%s: %s", run, diff)
					}
					open, err := d.queue.Open(t.Context())
					must(t, err)
					if len(open) == 1 && !strings.Contains(open[0].Do, test.do) {
						t.Errorf("%s: people are told to %q, want %q in it", run, open[0].Do, test.do)
					}
					time.Sleep(20 * time.Minute)
				}
				if d.shipCalls() != 1 {
					t.Errorf("%d calls that ship, want 1", d.shipCalls())
				}
				must(t, d.tiktok.Collect(id)) // it had the label after all
				d.run(t)
				if open := d.open(t); test.own == "" && len(open) > 0 {
					t.Errorf("the carrier has scanned it, and still open: %v", open)
				}
			})
		})
	}
}

// withoutV2 is a Linnworks whose v2 is not to be had.
type withoutV2 struct{ *linnworksadapter.Warehouse }

func (withoutV2) OrdersChanged(context.Context, time.Time) iter.Seq2[bridge.WarehouseOrder, error] {
	return func(yield func(bridge.WarehouseOrder, error) bool) {
		yield(bridge.WarehouseOrder{}, errors.New("forbidden"))
	}
}

// forgetfulV2 is a Linnworks whose v2 does not list the processed orders.
type forgetfulV2 struct{ *linnworksadapter.Warehouse }

func (f forgetfulV2) OrdersChanged(ctx context.Context, from time.Time) iter.Seq2[bridge.WarehouseOrder, error] {
	return func(yield func(bridge.WarehouseOrder, error) bool) {
		for w, err := range f.Warehouse.OrdersChanged(ctx, from) {
			if w.State != bridge.Processed && !yield(w, err) {
				return
			}
		}
	}
}

// Each way to read the processed orders finds them, and does so once.
func TestWaysToReadWhatToDispatch(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]func(*linnworksadapter.Warehouse) bridge.DispatchSource{
		"v2":          func(l *linnworksadapter.Warehouse) bridge.DispatchSource { return l },
		"without v2":  func(l *linnworksadapter.Warehouse) bridge.DispatchSource { return withoutV2{l} },
		"by sweeping": func(l *linnworksadapter.Warehouse) bridge.DispatchSource { return forgetfulV2{l} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, "GB")
				d.source = source
				first := d.run(t) // the first sweep
				if got := first.Fallback != ""; got != (name == "without v2") {
					t.Errorf("fallback %q", first.Fallback)
				}
				var ids []string
				for i := range 4 { // over a night
					id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})[0]
					ids = append(ids, id)
					d.send(t, d.inLinnworks(id)[0].OrderID, fmt.Sprintf("T%d", i))
					time.Sleep(4 * time.Hour)
					d.run(t)
				}
				for range 5 {
					time.Sleep(3 * time.Hour)
					d.run(t)
				}
				for _, id := range ids {
					if d.shown(t, id)[0] == "" {
						t.Errorf("order %s was left behind", id)
					}
				}
				if n := d.shipCalls(); n != len(ids) {
					t.Errorf("%d ship calls for %d orders", n, len(ids))
				}
				d.tiktok.ResetCalls()
				if report := d.run(t); len(report.Results) != 0 || len(d.tiktok.Calls()) != 0 {
					t.Errorf("with nothing to do, %d calls to the shop: %s", len(d.tiktok.Calls()), report)
				}
			})
		})
	}
}

// One correction, by order or by package, then the shop refuses.
func TestCorrectTracking(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		lines int // of three that are corrected; 0 for all
		wait  time.Duration
		want  bool
	}{{"the order", 0, time.Hour, true}, {"a package", 1, time.Hour, true}, {"too late", 0, 80 * time.Hour, false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDispatching(t, "GB")
				id := d.place(t, tiktokshoptest.OrderSpec{Lines: mugs(3)})
				read := func() bridge.Order {
					orders, err := d.shop.OrdersByID(t.Context(), []string{id})
					must(t, err)
					return orders[0]
				}
				o := read()
				carriers, err := d.shop.Carriers(t.Context(), o)
				must(t, err)
				ship := func(number string, lines ...string) error {
					_, err := d.shop.Ship(t.Context(), bridge.Shipment{Order: read(), Tracking: number, CarrierID: carriers[0].ID, LineIDs: lines})
					return err
				}
				var named []string
				if c.lines > 0 {
					named = []string{o.Lines[0].ID}
					must(t, ship("T1", o.Lines[0].ID))
				}
				must(t, ship("T0"))
				time.Sleep(c.wait)
				correct := func(number string) error {
					return d.shop.CorrectTracking(t.Context(), bridge.Shipment{Order: read(), Tracking: number, CarrierID: carriers[0].ID, LineIDs: named})
				}
				err = correct("T2")
				_, refused := errors.AsType[*exceptions.RefusedError](err)
				if refused == c.want || !refused && err != nil {
					t.Fatalf("the first correction: %v", err)
				}
				if c.want {
					must(t, correct("T2")) // it is there already
					if got := read().Lines[0].Tracking; got != "T2" {
						t.Errorf("the shop shows %q", got)
					}
					if err := correct("T3"); err == nil {
						t.Error("a second correction was accepted")
					} else if _, refused := errors.AsType[*exceptions.RefusedError](err); !refused {
						t.Errorf("the second correction: %v", err)
					}
				}
			})
		})
	}
}

// packagingSplit answers GetOrderPackagingSplit for orders in several parcels, which
// the fake does not have.
type packagingSplit struct {
	next http.RoundTripper
	body *string
}

func (p packagingSplit) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/GetOrderPackagingSplit") {
		return p.next.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(*p.body)),
	}, nil
}

func TestPackedParcels(t *testing.T) {
	t.Parallel()
	d := newDispatching(t, "GB")
	id := d.imported(t, tiktokshoptest.OrderSpec{Lines: append(mugs(2), tiktokshoptest.Line{SKUID: setSKU, Quantity: 1})})[0]
	body := ""
	client, err := d.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithHTTPClient(&http.Client{Transport: packagingSplit{d.linn.RoundTripper(), &body}}))
	must(t, err)
	book, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
	o := d.inLinnworks(id)[0]
	rows := map[string]linnworks.GUID{}
	for _, item := range o.Items {
		rows[item.SKU] = item.RowID
	}
	read, err := book.ReadOrders(t.Context(), []string{string(o.OrderID)})
	must(t, err)
	item := func(sku string, quantity int, number string) string {
		return fmt.Sprintf(`{"RowId":%q,"SKU":%q,"Quantity":%d,"TrackingNumber":%q}`, rows[sku], sku, quantity, number)
	}
	for _, c := range []struct {
		name, body string
		want       []string // number: quantity × SKU (certain lines)
	}{
		{"never divided", `[]`, nil},
		{"one bin", `[{"TrackingNumbers":"A","Items":[` + item("MUG", 2, "") + `]}]`, nil},
		{"without numbers", `[{"Items":[` + item("MUG", 2, "") + `]},{"Items":[` + item("SET", 1, "") + `]}]`, nil},
		{
			"numbers of bins", `[{"TrackingNumbers":"B","Items":[` + item("MUG", 1, "") + `]},{"TrackingNumbers":"A","Items":[` + item("MUG", 1, "") + "," + item("SET", 1, "") + `]}]`,
			[]string{"A: 1 × MUG (0 of 2), 1 × SET (1 of 1)", "B: 1 × MUG (0 of 2)"},
		},
		{
			"numbers of items", `[{"Items":[` + item("MUG", 2, "A") + "," + item("SET", 1, "B") + `]}]`,
			[]string{"A: 2 × MUG (2 of 2)", "B: 1 × SET (1 of 1)"},
		},
		{
			"an item that the order does not have", `[{"TrackingNumbers":"A","Items":[{"RowId":"0","SKU":"BOX","Quantity":1}]},{"TrackingNumbers":"B","Items":[` + item("SET", 1, "") + `]}]`,
			[]string{"A: 1 × BOX (0 of 0)", "B: 1 × SET (1 of 1)"},
		},
	} {
		body = c.body
		parcels, err := book.PackedParcels(t.Context(), read[0])
		must(t, err)
		var got []string
		for _, p := range parcels {
			var lines []string
			for _, l := range p.Lines {
				lines = append(lines, fmt.Sprintf("%d × %s (%d of %d)", l.Quantity, l.SKU, len(l.ShopLineIDs), len(l.FromLineIDs)))
			}
			got = append(got, p.Tracking+": "+strings.Join(lines, ", "))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// An order that a person made in Linnworks under the shop's source, with a reference of
// their own, and one that reads oddly by now, keep no other parcel from being told.
func TestDispatchBesideWhatTheShopDoesNotReturn(t *testing.T) {
	t.Parallel()
	for _, reference := range []string{"576461413030009999", "576461413030000001-RESEND", "RESEND"} {
		synctest.Test(t, func(t *testing.T) {
			d := newDispatching(t, "GB")
			id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})[0]
			resend, err := d.linn.AddOrder(linnworkstest.Order{Source: "TIKTOKBRIDGE", SubSource: "test", Reference: reference, Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 1}}})
			must(t, err)
			d.send(t, resend, "R1")
			d.send(t, d.inLinnworks(id)[0].OrderID, "T1")
			d.run(t)
			if got := d.shown(t, id)[0]; got != "T1" {
				t.Errorf("beside %s: the shop shows %q, want T1", reference, got)
			}
			if open := d.open(t); len(open) != 1 || !strings.HasSuffix(open[0], "order "+reference) {
				t.Errorf("beside %s: open are %q, want one about it", reference, open)
			}
		})
	}
	t.Run("an order that cannot be read", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			d := newDispatching(t, "GB")
			mug := tiktokshoptest.OrderSpec{Lines: mugs(1)}
			ids := d.imported(t, mug, mug, mug)
			for i, id := range ids {
				d.send(t, d.inLinnworks(id)[0].OrderID, fmt.Sprint("T", i))
			}
			d.spoilt(t, "/orders", func(body string) string {
				return strings.Replace(body, `"id":"`+ids[1]+`"`, `"buyer_message":{},"id":"`+ids[1]+`"`, 1)
			})
			orders, err := d.book.FindOrders(t.Context(), ids)
			must(t, err)
			_, err = d.dispatcher(t).Dispatch(t.Context(), orders...)
			must(t, err)
			if open := d.open(t); len(open) != 1 || !strings.HasSuffix(open[0], "order "+ids[1]) {
				t.Errorf("open are %q, want one about order %s", open, ids[1])
			}
			for i, id := range ids {
				if got, want := d.shown(t, id)[0], []string{"T0", "", "T2"}[i]; got != want {
					t.Errorf("order %s: the shop shows %q, want %q", id, got, want)
				}
			}
		})
	})
}
