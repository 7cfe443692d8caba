package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// imported places an order and brings it into Linnworks.
func (s *sides) imported(t *testing.T, spec tiktokshoptest.OrderSpec) (string, linnworks.OrderDetails) {
	t.Helper()
	id := s.place(t, spec)
	_, err := s.importer(t, s.book, s.memory).Import(t.Context(), s.orders(t)...)
	must(t, err)
	return id, s.inLinnworks(id)[0]
}

// cancel runs the canceller on what waits and what is cancelled.
func (s *sides) cancel(t *testing.T, c *bridge.Canceller) bridge.OrderResults {
	t.Helper()
	pending, err := s.shop.PendingCancellations(t.Context(), nil)
	must(t, err)
	r, err := c.Cancel(t.Context(), append(pending, bridge.CancellationsOf(s.orders(t)...)...)...)
	must(t, err)
	return r
}

// A permit for 50 orders is one call to the shop, and a doubt a second.
func TestPermitsFor50OrdersAreOneCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		must(t, s.tiktok.AddProduct(tiktokshoptest.Product{ID: "1729592969712207009", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207901", SellerSKU: "MANY", Price: "1.00", Stock: map[string]int{shopWarehouse: 100}},
		}}))
		var ids []string
		for range 50 {
			ids = append(ids, s.place(t, tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: "1729592969712207901", Quantity: 1}}}))
		}
		gate, err := bridge.NewGate(bridge.GatePorts{Orders: s.shop, Cancellations: s.shop}, bridge.GateOptions{})
		must(t, err)
		check := func(wantHeld int, wantCalls map[string]int) {
			t.Helper()
			s.tiktok.ResetCalls()
			permits, err := gate.Check(t.Context(), ids...)
			must(t, err)
			held, calls := 0, map[string]int{}
			for _, p := range permits {
				if !p.Granted {
					held++
				}
			}
			for _, c := range s.tiktok.Calls() {
				calls[c.Operation]++
			}
			if diff := cmp.Diff(wantCalls, calls); diff != "" || held != wantHeld {
				t.Errorf("%d held, want %d\n%s", held, wantHeld, diff)
			}
		}
		const detail, search = "Order.GetOrderDetail", "ReturnRefund.SearchCancellationsV202309"
		check(0, map[string]int{detail: 1})
		request, err := s.tiktok.RequestCancellation(ids[3], "")
		must(t, err)
		check(1, map[string]int{detail: 1})
		must(t, s.tiktok.WithdrawCancellation(request)) // the details still tell when it was made
		check(0, map[string]int{detail: 1, search: 1})
	})
}

// A seller in the US cancels one of two mugs and a set: the line of Linnworks
// keeps its number and loses a unit, the stock is free, and nobody stops it.
func TestLinesComeOffTheLinnworksOrder(t *testing.T) {
	t.Parallel()
	s := newSides(t, "US")
	id := s.place(t, tiktokshoptest.OrderSpec{Lines: append(mugs(2), tiktokshoptest.Line{SKUID: setSKU, Quantity: 1})})
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: s.book, Tracer: s.book, Catalogue: s.book, Ledger: s.memory, Records: s.memory, Locks: s.memory, Exceptions: s.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	must(t, err)
	_, err = im.Import(t.Context(), s.orders(t)...)
	must(t, err)
	lines := func() (list []string) {
		for _, item := range s.inLinnworks(id)[0].Items {
			list = append(list, fmt.Sprintf("%s×%d", item.SKU, item.Quantity))
		}
		slices.Sort(list)
		return list
	}
	o, _ := s.tiktok.Order(id)
	client, err := s.tiktok.Client()
	must(t, err)
	for _, step := range []struct {
		sku         string
		want        []string
		mugs, spoon int // free
	}{
		{mugSKU, []string{"MUG×1", "SET×1"}, 8, 8},
		{setSKU, []string{"MUG×1"}, 9, 10},
	} {
		at := slices.IndexFunc(o.LineItems, func(l tiktokshop.OrderLineItem) bool { return l.SKUID == step.sku })
		_, err = client.ReturnRefund.CancelOrderV202309(t.Context(), &tiktokshop.CancelOrderV202309Request{
			OrderID: id, CancelReason: s.tiktok.SellerCancelReasons()[0], OrderLineItemIDs: []string{o.LineItems[at].ID},
		})
		must(t, err)
		for _, want := range []bridge.Outcome{bridge.OutcomeCancelled, bridge.OutcomeUnchanged} {
			if r := s.cancel(t, s.canceller(t)); len(r) != 1 || r[0].Outcome != want {
				t.Fatalf("%v, want %s", r, want)
			}
		}
		if diff := cmp.Diff(step.want, lines()); diff != "" {
			t.Error(diff)
		}
		s.proveTotal(t, id)
		for sku, want := range map[string]int{"MUG": step.mugs, "SPOON": step.spoon} {
			if level, _ := s.linn.Level(sku, linnworks.ZeroGUID); level.Available != want {
				t.Errorf("%d of %s free, want %d", level.Available, sku, want)
			}
		}
	}
	if found, err := s.book.FindOrders(t.Context(), []string{id}); err != nil || found[0].State != bridge.Open || len(s.open(t)) != 0 {
		t.Errorf("%v, %v, open %v", found, err, s.open(t))
	}
}

// proveTotal adds up what the properties of an order in Linnworks and its record say
// that it is worth.
func (s *sides) proveTotal(t *testing.T, id string) {
	t.Helper()
	o := s.inLinnworks(id)[0]
	amounts := map[string]money.Amount{}
	for _, p := range o.ExtendedProperties {
		if m, err := money.Parse(p.Value, o.TotalsInfo.Currency); err == nil {
			amounts[p.Name] = m
		}
	}
	total, err := money.Parse(string(o.TotalsInfo.TotalCharge), o.TotalsInfo.Currency)
	must(t, err)
	if got := amounts["tiktok.paid"].Plus(amounts["tiktok.platform_funded"]).Minus(amounts["tiktok.cancelled"]); got != total {
		t.Errorf("paid %s + platform_funded %s - cancelled %s is %s, the total %s", amounts["tiktok.paid"], amounts["tiktok.platform_funded"], amounts["tiktok.cancelled"], got, total)
	}
	records, _, err := s.memory.RecordsOf(t.Context(), id)
	must(t, err)
	if sale, known, err := money.SaleOf(records[id].Notes); err != nil || !known || sale.Total() != total {
		t.Errorf("by its record it is worth %s (known %t, %v), the total is %s", sale.Total(), known, err, total)
	}
}

// Lines come off a parked order too, which stays parked.
func TestLinesComeOffAParkedOrder(t *testing.T) {
	t.Parallel()
	s := newSides(t, "US")
	id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(3)})
	must(t, s.linn.Park(o.OrderID, true))
	found, err := s.book.FindOrders(t.Context(), []string{id})
	must(t, err)
	for range 2 { // the second time there is nothing to do
		must(t, s.book.ReduceLines(t.Context(), found[0], []bridge.LineChange{{LineID: found[0].Lines[0].LineID, Keep: 1}}, nil))
	}
	if o := s.inLinnworks(id)[0]; o.Items[0].Quantity != 1 || o.Items[0].ItemNumber == "" || !o.GeneralInfo.IsParked {
		t.Errorf("%d units, number %q, parked %t", o.Items[0].Quantity, o.Items[0].ItemNumber, o.GeneralInfo.IsParked)
	}
	must(t, s.linn.Lock(o.OrderID, true))
	if err := s.book.ReduceLines(t.Context(), found[0], []bridge.LineChange{{LineID: found[0].Lines[0].LineID}}, nil); err == nil {
		t.Error("a locked order was edited")
	}
}

// Each sign that Linnworks leaves is a stage, and a point of no return.
func TestStagesInLinnworks(t *testing.T) {
	t.Parallel()
	for want, reach := range map[stage.Stage]func(s *sides, o linnworks.OrderDetails) error{
		stage.New:          func(*sides, linnworks.OrderDetails) error { return nil },
		stage.Picking:      func(s *sides, o linnworks.OrderDetails) error { return s.linn.StartPicking(o.OrderID) },
		stage.LabelPrinted: func(s *sides, o linnworks.OrderDetails) error { return s.linn.SetTracking(o.OrderID, "", "RM1") },
		stage.Processed:    func(s *sides, o linnworks.OrderDetails) error { return s.linn.Process(o.OrderID) },
	} {
		s := newSides(t, "GB")
		id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		must(t, reach(s, o))
		if found, err := s.book.FindOrders(t.Context(), []string{id}); err != nil || found[0].Stage != want {
			t.Errorf("%v, %v; want %s", found, err, want)
		}
	}
	// The shop's own carrier: its number is there before anybody has the label.
	s := newSides(t, "GB")
	id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1), ShippingType: tiktokshop.ShippingTypeTikTok})
	must(t, s.linn.SetTracking(o.OrderID, "", "TT1"))
	if found, err := s.book.FindOrders(t.Context(), []string{id}); err != nil || found[0].Stage != stage.New {
		t.Errorf("%v, %v", found, err)
	}
}

// An order at a fulfilment centre can be cancelled until it is submitted.
func TestCutOffAtAFulfilmentCentre(t *testing.T) {
	t.Parallel()
	for status, want := range map[linnworks.FulfillmentStatus]bridge.Outcome{
		linnworks.FulfillmentStatusAssigned:  bridge.OutcomeCancelled,
		linnworks.FulfillmentStatusSubmitted: bridge.OutcomeRaised,
		linnworks.FulfillmentStatusAccepted:  bridge.OutcomeRaised,
	} {
		s := newSides(t, "GB")
		centre := s.linn.AddLocationOf(linnworkstest.Location{Name: "Centre", FulfilmentCentre: true})
		_, s.book = s.adapters(t)
		id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		client, err := s.linn.Client()
		must(t, err)
		_, err = client.Orders.MoveToLocation(t.Context(), &linnworks.MoveToLocationRequest{
			OrderIDs: []linnworks.GUID{o.OrderID}, StockLocationID: centre,
			FulfillmentStatusToApply: new(linnworks.MoveToLocationRequestFulfillmentStatusToApply(status)),
		})
		must(t, err)
		must(t, s.tiktok.CancelBySeller(id, s.tiktok.SellerCancelReasons()[1]))
		if r := s.cancel(t, s.canceller(t)); len(r) != 1 || r[0].Outcome != want {
			t.Errorf("%s: %v, want %s", status, r, want)
		}
	}
}

// A late request is rejected with a reason that the shop accepts, once, and the
// order goes on.
func TestLateRequestIsRejected(t *testing.T) {
	t.Parallel()
	for _, market := range []string{"GB", "US"} {
		s := newSides(t, market)
		id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		must(t, s.linn.PrintLabel(o.OrderID))
		request, err := s.tiktok.RequestCancellation(id, "")
		must(t, err)
		c, err := bridge.NewCanceller(bridge.CancelPorts{
			Orders: s.shop, Desk: s.shop, OrderBook: s.book, Warehouse: s.book, Lines: s.book, Tracer: s.book, Records: s.memory,
			Ledger: s.memory, Locks: s.memory, Exceptions: s.queue,
		}, bridge.CancelOptions{LateAnswer: bridge.AnswerReject})
		must(t, err)
		if r := s.cancel(t, c); len(r) != 1 || r[0].Outcome != bridge.OutcomeRejected {
			t.Errorf("%s: %v", market, r)
		}
		got, _ := s.tiktok.Cancellation(request)
		if o, _ := s.tiktok.Order(id); got.CancelStatus == tiktokshop.CancelStatusPending || o.Status != tiktokshop.OrderStatusAwaitingShipment || len(s.open(t)) > 0 {
			t.Errorf("%s: request %s, order %s, open %v", market, got.CancelStatus, o.Status, s.open(t))
		}
	}
}

// The safety margin before the shop grants a request by itself.
func TestRequestIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, "GB")
		id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		must(t, s.linn.PrintLabel(o.OrderID))
		_, err := s.tiktok.RequestCancellation(id, "")
		must(t, err)
		c, err := bridge.NewCanceller(bridge.CancelPorts{
			Orders: s.shop, Desk: s.shop, OrderBook: s.book, Warehouse: s.book, Lines: s.book, Tracer: s.book, Records: s.memory,
			Ledger: s.memory, Locks: s.memory, Exceptions: s.queue,
		}, bridge.CancelOptions{DueAnswer: bridge.AnswerReject, AnswerMargin: 3 * time.Hour})
		must(t, err)
		if r := s.cancel(t, c); r[0].Outcome != bridge.OutcomeRaised {
			t.Fatal(r)
		}
		list, _ := s.queue.Open(t.Context())
		if want := time.Now().Add(tiktokshoptest.DecisionTime).UTC(); len(list) != 1 || !list[0].Deadline.Equal(want.Truncate(time.Second)) {
			t.Errorf("%v, want the request's own deadline %s", list, want)
		}
		time.Sleep(tiktokshoptest.DecisionTime - 3*time.Hour)
		if r := s.cancel(t, c); r[0].Outcome != bridge.OutcomeRejected {
			t.Error(r)
		}
		time.Sleep(4 * time.Hour)
		if o, _ := s.tiktok.Order(id); o.Status == tiktokshop.OrderStatusCancelled || len(s.open(t)) > 0 {
			t.Errorf("%s, open %v", o.Status, s.open(t))
		}
	})
}

// The lists of what was cancelled overlap: what the last one had is not read again, and
// what is new is.
func TestCancelledOrdersAreReadOnce(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	list := func() (references []string, calls int) {
		t.Helper()
		s.linn.ForgetCalls()
		orders, err := s.book.OrdersCancelled(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Minute))
		must(t, err)
		for _, w := range orders {
			references = append(references, w.Reference)
		}
		slices.Sort(references)
		return references, len(s.linn.Calls())
	}
	var want []string
	for _, calls := range []int{3, 3} { // the list, what was merged, the orders
		id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		must(t, s.linn.Cancel(o.OrderID))
		want = append(want, id)
		for _, calls := range []int{calls, 1} {
			got, n := list()
			if diff := cmp.Diff(want, got); diff != "" || n != calls {
				t.Errorf("%d calls, want %d; orders (-want +got):\n%s", n, calls, diff)
			}
		}
	}
}

// Orders that the warehouse cancels are cancelled in the shop, with a reason that
// leaves its stock alone; those that were merged are not.
func TestCancelledInLinnworks(t *testing.T) {
	t.Parallel()
	const reason = "seller_cancel_paid_reason_address_not_deliver"
	for market, want := range map[string]string{"US": reason, "GB": reason + "_uk"} {
		s := newSides(t, market)
		id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		must(t, s.linn.Cancel(o.OrderID))
		v, err := bridge.NewRevoker(bridge.RevokePorts{
			Orders: s.shop, Desk: s.shop, OrderBook: s.book, Ledger: s.memory, Locks: s.memory, Exceptions: s.queue,
		}, bridge.RevokeOptions{Reasons: []string{"seller_cancel_reason_of_another_market", reason}})
		must(t, err)
		for _, outcome := range []bridge.Outcome{bridge.OutcomeRevoked, bridge.OutcomeUnchanged} {
			dropped, err := s.book.OrdersCancelled(t.Context(), time.Now().Add(-time.Hour), time.Now())
			must(t, err)
			r, err := v.Revoke(t.Context(), dropped...)
			must(t, err)
			if len(r) != 1 || r[0].Outcome != outcome {
				t.Errorf("%s: %v, want %s", market, r, outcome)
			}
		}
		inShop, _ := s.tiktok.Order(id)
		if inShop.Status != tiktokshop.OrderStatusCancelled || inShop.CancelReason != want || len(s.tiktok.Cancellations()) != 1 {
			t.Errorf("%s: %s, %q, %d cancellations", market, inShop.Status, inShop.CancelReason, len(s.tiktok.Cancellations()))
		}
		stock := 0
		for l, err := range s.shop.Listings(t.Context()) {
			must(t, err)
			if l.ID == mugSKU {
				stock = l.Stock[0].Quantity
			}
		}
		if stock != 10 {
			t.Errorf("%s: the shop shows %d mugs", market, stock)
		}
	}
}

// While the shop does not answer, Linnworks knows enough to decide by.
func TestKnownOrders(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	id, o := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
	parked, p := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(2)})
	dropped, d := s.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
	must(t, s.linn.Park(p.OrderID, true))
	must(t, s.linn.Cancel(d.OrderID))
	known, err := s.book.KnownOrders(t.Context(), []string{id, parked, dropped, "576"})
	must(t, err)
	if len(known) != 2 || known[0].Status != bridge.AwaitingShipment || known[1].Status != bridge.OnHold {
		t.Fatalf("%+v", known)
	}
	inShop, err := s.shop.OrdersByID(t.Context(), []string{id})
	must(t, err)
	got, want := known[0], inShop[0]
	if got.ID != id || got.ShippingModel != bridge.SellerShipping || !got.CancelledBy.Equal(want.CancelledBy) || got.ShipBy.IsZero() {
		t.Errorf("%+v\nthe shop says %s, %s", got, want.ShipBy, want.CancelledBy)
	}
	// The shop goes away, near the deadline.
	queue := new(exceptions.Memory).Shop("shop")
	client, err := s.tiktok.Client(tiktokshop.WithMaxAttempts(1))
	must(t, err)
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
	must(t, err)
	gate, err := bridge.NewGate(bridge.GatePorts{Orders: shop, Cancellations: shop, Known: s.book, Exceptions: queue}, bridge.GateOptions{
		AtDeadline: bridge.ShipAtDeadline, Now: func() time.Time { return got.ShipBy.Add(-time.Hour) },
	})
	must(t, err)
	s.tiktok.Fail(nil, 1, tiktokshoptest.Fault{Status: 503})
	permits, err := gate.Check(t.Context(), id, parked)
	if err == nil || len(permits) != 2 || !permits[0].Blind || !permits[0].Granted || permits[1].Granted {
		t.Errorf("%v, %v", permits, err)
	}
	var kinds []string
	list, _ := queue.Open(t.Context())
	for _, e := range list {
		kinds = append(kinds, string(e.Kind)+": "+e.Object)
	}
	if !strings.Contains(o.GeneralInfo.ReferenceNum, id) || !cmp.Equal(kinds, []string{"held at its deadline: order " + parked, "sent unchecked: order " + id}) {
		t.Error(kinds)
	}
}

// An order that the shop cancels after it was merged with another one: its goods
// come out, and the other one is sent.
func TestCancelledAfterItWasMerged(t *testing.T) {
	t.Parallel()
	for _, locked := range []bool{false, true} {
		t.Run(fmt.Sprintf("locked meanwhile: %t", locked), func(t *testing.T) { cancelsMerged(t, locked) })
	}
}

// cutAfter is a warehouse that people do something in as lines are taken off an order, and
// whose reply is lost.
type cutAfter struct {
	bridge.LineReducer
	then func()
}

func (c cutAfter) ReduceLines(ctx context.Context, o bridge.WarehouseOrder, changes []bridge.LineChange, properties []exceptions.Property) error {
	defer c.then()
	return errors.Join(c.LineReducer.ReduceLines(ctx, o, changes, properties), errors.New("connection reset"))
}

// cancelsMerged is that. Somebody may lock the merged order when the goods are out of it,
// and the bridge has not let it go again.
func cancelsMerged(t *testing.T, locked bool) {
	s := newSides(t, "GB")
	id, other := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)}), s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
	records := new(store.Memory).Shop("shop")
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: s.book, Tracer: s.book, Addresses: s.book, Orders: s.shop, Catalogue: s.book, Ledger: s.memory, Records: records, Locks: s.memory, Exceptions: s.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	must(t, err)
	_, err = im.Import(t.Context(), s.orders(t)...)
	must(t, err)
	client, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	merged, err := client.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{
		OrdersToMerge: []linnworks.GUID{s.inLinnworks(id)[0].OrderID, s.inLinnworks(other)[0].OrderID}, FulfilmentCenter: new(linnworks.ZeroGUID),
	})
	must(t, err)
	if locked { // the bridge holds what it takes apart for a buyer's request
		_, err = s.tiktok.RequestCancellation(id, "")
	} else {
		err = s.tiktok.CancelBySeller(id, s.tiktok.SellerCancelReasons()[1])
	}
	must(t, err)
	try := func(lines bridge.LineReducer) (bridge.OrderResults, error) {
		t.Helper()
		c, err := bridge.NewCanceller(bridge.CancelPorts{
			Orders: s.shop, Desk: s.shop, OrderBook: s.book, Warehouse: s.book, Lines: lines, Tracer: s.book, Records: records,
			Ledger: s.memory, Locks: s.memory, Exceptions: s.queue,
		}, bridge.CancelOptions{})
		must(t, err)
		pending, err := s.shop.PendingCancellations(t.Context(), nil)
		must(t, err)
		return c.Cancel(t.Context(), append(pending, bridge.CancellationsOf(s.orders(t)...)...)...)
	}
	take := func(lines bridge.LineReducer) bridge.OrderResults {
		t.Helper()
		r, err := try(lines)
		must(t, err)
		return r
	}
	if r := take(nil); len(r) != 1 || r[0].Outcome != bridge.OutcomeRaised { // nobody can
		t.Errorf("%v", r)
	}
	list, _ := s.queue.Open(t.Context())
	if len(list) != 1 || !strings.Contains(list[0].Seen, fmt.Sprintf("merged into Linnworks order %d", merged.NumOrderID)) {
		t.Errorf("%v", list)
	}
	want := bridge.OutcomeCancelled
	if locked {
		if _, err := try(cutAfter{s.book, func() { must(t, s.linn.Lock(merged.OrderID, true)) }}); err == nil {
			t.Error("no error from lines whose reply is lost")
		}
		if r, err := try(s.book); err == nil || !strings.Contains(err.Error(), "is locked: it is released when it is unlocked") {
			t.Errorf("%v, %v, want that it waits for the lock", r, err)
		}
		must(t, s.linn.Lock(merged.OrderID, false))
		want = bridge.OutcomeUnchanged
	}
	if r := take(s.book); len(r) != 1 || r[0].Outcome != want || len(s.open(t)) > 0 {
		t.Errorf("%v, open %v", r, s.open(t))
	}
	rows, err := client.Orders.GetOrderItems(t.Context(), &linnworks.GetOrderItemsRequest{OrderID: merged.OrderID})
	must(t, err)
	kept, _ := s.tiktok.Order(other)
	var left []string
	for _, row := range rows {
		left = append(left, row.ItemNumber)
	}
	if diff := cmp.Diff([]string{kept.LineItems[0].ID}, left); diff != "" {
		t.Errorf("lines of the merged order (-want +got):\n%s", diff)
	}
	if o, _ := s.linn.Order(merged.OrderID); o.GeneralInfo.IsParked || o.GeneralInfo.Marker != 0 || o.Processed {
		t.Errorf("the rest of the merged order cannot be picked: %+v", o.GeneralInfo)
	}
	if r := take(s.book); len(r) != 1 || r[0].Outcome != bridge.OutcomeUnchanged || len(s.open(t)) > 0 {
		t.Errorf("again: %v, open %v", r, s.open(t))
	}
}
