package linnworkstest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

func TestPrintingALabelBuysItAndCancellingFreesTheOrder(t *testing.T) {
	a := open(t, linnworkstest.WithCourier(func(o linnworks.OrderDetails) error {
		if o.GeneralInfo.ReferenceNum == "bad" {
			return errors.New("no such postcode")
		}
		return nil
	}))
	ids := a.create(t, paid("1", "c-mug", 1), paid("bad", "c-mug", 1), unpaid("parked", "c-mug", 1))
	got := a.print(t, append(ids, a.mug)...)
	if !cmp.Equal(got.IDsProcessed, ids[:1]) || len(got.KeyedError) != 3 || got.KeyedError[0].Error != "no such postcode" || got.PageCount != 1 ||
		!strings.HasPrefix(got.URL, "https://eu-ext.linnworkstest.example/print/") {
		t.Errorf("printed %+v", got)
	}
	if g := a.details(t, ids[1]).GeneralInfo; g.LabelPrinted || g.LabelError != "no such postcode" {
		t.Errorf("label %t, error %q", g.LabelPrinted, g.LabelError)
	}
	cancel := func(id linnworks.GUID) linnworks.CancelOrderShippingLabelResponse {
		out, err := a.c.Shipping.CancelOrderShippingLabel(t.Context(), &linnworks.CancelOrderShippingLabelRequest{OrderID: id})
		if out == nil {
			t.Fatal(err)
		}
		return *out
	}
	if tracking := a.details(t, ids[0]).ShippingInfo.TrackingNumber; tracking == "" || !cancel(ids[0]).LabelCanceled {
		t.Errorf("tracking %q, label not cancelled", tracking)
	}
	o := a.details(t, ids[0])
	if o.GeneralInfo.LabelPrinted || o.ShippingInfo.TrackingNumber != "" || !a.Labels(ids[0])[0].Cancelled {
		t.Errorf("after cancelling: printed %t, tracking %q", o.GeneralInfo.LabelPrinted, o.ShippingInfo.TrackingNumber)
	}
	must(a.c.Orders.SetLabelsPrinted(t.Context(), &linnworks.SetLabelsPrintedRequest{OrderIDs: ids[1:2]}))(t)
	if !cancel(ids[1]).MustCancelManually || !cancel(a.mug).IsError || !cancel(ids[0]).IsError {
		t.Error("a label that was not bought here was cancelled")
	}
	a.print(t, ids[0])
	check(t, a.Process(ids[0]))
	if !cancel(ids[0]).IsError || len(a.print(t, ids[0]).IDsProcessed) != 1 || len(a.Labels(ids[0])) != 2 {
		t.Errorf("labels %+v of a processed order", a.Labels(ids[0]))
	}
	for typ, want := range map[string]int{"Invoice Template": 1, "Nothing": 0} {
		out, _ := a.c.Print.CreatePDFFromJobForceTemplate(t.Context(), &linnworks.CreatePDFFromJobForceTemplateRequest{TemplateType: &typ, IDs: ids[1:2]})
		if out == nil || out.PageCount != want {
			t.Errorf("%s: %+v", typ, out)
		}
	}
	if !a.details(t, ids[1]).GeneralInfo.InvoicePrinted {
		t.Error("the invoice is not marked as printed")
	}
	if a.Labels(a.mug) != nil || a.AuditTrail(a.mug) != nil {
		t.Error("an item has labels")
	}
}

func TestPickWavesMoveThroughTheirStates(t *testing.T) {
	a := open(t)
	ids := a.create(t, paid("1", "c-set", 1), paid("2", "c-mug", 1), paid("3", "c-mug", 1))
	check(t, a.StartPicking(ids[:2]...))
	state := func() string {
		waves := must(a.c.Picking.GetAllPickingWaveHeaders(t.Context(), &linnworks.GetAllPickingWaveHeadersRequest{LocationID: new(home)}))(t).PickwaveHeaders
		out := string(waves[0].State)
		for _, o := range waves[0].Orders {
			out += " " + string(o.PickState)
		}
		return out
	}
	for _, step := range []struct {
		do   func() error
		want string
	}{
		{func() error { return nil }, "InProgress Unpicked Unpicked"},
		{func() error { return a.Pick(ids[0]) }, "InProgress Picked Unpicked"},
		{func() error { return a.Park(ids[1], true) }, "InProgress Picked LockedOrParked"},
		{func() error { return a.Park(ids[1], false) }, "InProgress Picked Unpicked"},
		{func() error { return a.Pick(ids[1]) }, "Complete Picked Picked"},
		{func() error { return a.Process(ids[0]) }, "Complete Processed Picked"},
		{func() error { return a.Cancel(ids[1]) }, "Complete Processed Cancelled"},
	} {
		check(t, step.do())
		if got := state(); got != step.want {
			t.Errorf("%s, want %s", got, step.want)
		}
	}
	if err := a.Pick(ids[2]); err == nil {
		t.Error("an order in no wave was picked")
	}
	check(t, a.StartPicking(ids[2]))
	numbers := []int{a.details(t, ids[2]).NumOrderID, 5}
	out := must(a.c.Picking.DeleteOrdersFromPickingWaves(t.Context(), &linnworks.DeleteOrdersFromPickingWavesRequest{OrderIDs: numbers}))(t)
	if !cmp.Equal(out.ProcessedOrderIDs, numbers[:1]) || !cmp.Equal(out.NoPickwaves, numbers[1:]) || len(a.details(t, ids[2]).GeneralInfo.PickwaveIDs) != 0 {
		t.Errorf("taken out %+v", out)
	}
	detail := must(a.c.Picking.GetPickingWave(t.Context(), &linnworks.GetPickingWaveRequest{PickingWaveID: 1}))(t)
	if len(detail.PickingWaves) != 1 || len(detail.PickingWaves[0].Orders[0].Items) != 2 || len(detail.SKUs) != 2 {
		t.Errorf("wave %+v, want the kit's components", detail)
	}
	there := must(a.AddOrder(linnworkstest.Order{Reference: "4", Lines: []linnworkstest.Line{{SKU: "MUG"}}}))(t)
	a.moveTo(t, there, a.overflow)
	if err := a.StartPicking(ids[2], there); err == nil {
		t.Error("a wave of two locations was started")
	}
}

func TestRefundsAreBookedThenActionedUpToTheTotal(t *testing.T) {
	a := open(t)
	o := a.details(t, a.order(t, paid("1", "c-mug", 2)))
	check(t, a.Process(o.OrderID))
	refund := func(amount linnworks.Decimal) *linnworks.CreateRefundResponse {
		out, err := a.c.ReturnsRefunds.CreateRefund(t.Context(), &linnworks.CreateRefundRequest{
			OrderID: o.OrderID, ChannelInitiated: new(true), RefundLines: []linnworks.NewRefundLine{{
				OrderItemRowID: &o.Items[0].RowID, RefundedUnit: new(linnworks.NewRefundLineRefundedUnit("Item")), Amount: &amount, ExternalReference: new("R1"),
			}},
		})
		if out == nil {
			t.Fatal(err)
		}
		return out
	}
	totals := func() linnworks.ExistingRefundTotal {
		return *must(a.c.ProcessedOrders.GetTotalRefunds(t.Context(), &linnworks.ProcessedOrdersGetTotalRefundsRequest{OrderID: o.OrderID}))(t)
	}
	first := refund("15")
	if first.RefundHeaderID == 0 || first.Status.StatusHeader != "OPEN" || totals().Amount != "0" {
		t.Errorf("booked %+v, totals %+v", first, totals())
	}
	if more := refund("6"); more.RefundHeaderID != 0 || len(more.Errors) == 0 {
		t.Errorf("refunded 21 of 20: %+v", more)
	}
	done := must(a.c.ReturnsRefunds.ActionRefund(t.Context(), &linnworks.ActionRefundRequest{RefundHeaderID: first.RefundHeaderID}))(t)
	if !done.SuccessfullyActioned || !done.RefundLines[0].Actioned {
		t.Errorf("actioned %+v", done)
	}
	if diff := cmp.Diff(linnworks.ExistingRefundTotal{Amount: "15", TotalCharge: "20", Refundable: "5"}, totals()); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	check(t, errOf(a.c.ReturnsRefunds.RefundOrder(t.Context(), &linnworks.RefundOrderRequest{OrderID: o.OrderID, RefundReference: new("rest")})))
	if totals().Refundable != "0" || refund("1").CannotRefundReason != "OrderIsFullyRefundedInLinnworks" {
		t.Errorf("totals %+v, want all refunded", totals())
	}
	if _, err := a.c.ReturnsRefunds.RefundOrder(t.Context(), &linnworks.RefundOrderRequest{OrderID: o.OrderID}); err == nil {
		t.Error("refunded twice")
	}
	if _, err := a.c.ReturnsRefunds.DeleteRefund(t.Context(), &linnworks.DeleteRefundRequest{RefundHeaderID: first.RefundHeaderID}); err == nil {
		t.Error("an actioned refund was deleted")
	}
	headers := must(a.c.ReturnsRefunds.GetRefundHeadersByOrderID(t.Context(), &linnworks.GetRefundHeadersByOrderIDRequest{OrderID: o.OrderID}))(t)
	if len(headers.RefundHeaders) != 2 || headers.RefundHeaders[0].ExternalReference != "R1" {
		t.Errorf("headers %+v", headers)
	}
}

func TestAReturnGoesBackIntoStockAndAResendIsANewOrder(t *testing.T) {
	a := open(t)
	o := a.details(t, a.order(t, paid("1", "c-set", 3)))
	row := &o.Items[0].RowID
	book := func(req linnworks.CreateRMABookingRequest) *linnworks.CreateRMABookingResponse {
		req.OrderID = o.OrderID
		out, err := a.c.ReturnsRefunds.CreateRMABooking(t.Context(), &req)
		if out == nil {
			t.Fatal(err)
		}
		return out
	}
	back := func(n, scrap int) []linnworks.ReturnItem {
		return []linnworks.ReturnItem{{OrderItemRowID: row, ReturnQuantity: &n, ScrapQuantity: &scrap, ReturnLocation: &a.overflow}}
	}
	if early := book(linnworks.CreateRMABookingRequest{ReturnItems: back(1, 0)}); early.RMAHeaderID != 0 || len(early.Errors) == 0 {
		t.Errorf("an open order was returned: %+v", early)
	}
	check(t, a.Process(o.OrderID))
	booking := book(linnworks.CreateRMABookingRequest{ReturnItems: back(2, 1), ResendItems: []linnworks.ResendItem{{OrderItemRowID: row, ResendQuantity: new(1)}}})
	before := a.level(t, "TEA", a.overflow).OnHand
	done := must(a.c.ReturnsRefunds.ActionRMABooking(t.Context(), &linnworks.ActionRMABookingRequest{RMAHeaderID: booking.RMAHeaderID}))(t)
	if got := a.level(t, "TEA", a.overflow).OnHand - before; got != 3 || a.level(t, "MUG", a.overflow).OnHand != 5 {
		t.Errorf("%d teas back, want 3 of the kit that is not scrapped", got)
	}
	again := a.details(t, done.Items[1].NewOrderID)
	if again.GeneralInfo.Status != 4 || again.GeneralInfo.ReferenceNum != "1" || again.TotalsInfo.TotalCharge != "0" || again.Processed {
		t.Errorf("resend %+v", again.GeneralInfo)
	}
	if over := book(linnworks.CreateRMABookingRequest{ReturnItems: back(2, 0)}); len(over.Errors) == 0 {
		t.Error("more came back than was sent")
	}
	info := must(a.c.ProcessedOrders.GetReturnItemsInfo(t.Context(), &linnworks.GetReturnItemsInfoRequest{OrderID: o.OrderID}))(t)
	if info[0].ReturnableQty != 1 || !info[0].IsCompositeParent || info[0].ChildItems[1].ParentRatio != 3 || info[0].ChildItems[1].ReturnableQty != 3 {
		t.Errorf("returnable %+v", info)
	}
	last := book(linnworks.CreateRMABookingRequest{ReturnItems: back(1, 0)})
	remove := &linnworks.DeleteRMARequest{RMAHeaderID: &last.RMAHeaderID}
	check(t, errOf(a.c.ReturnsRefunds.DeleteRMA(t.Context(), remove)))
	if again := book(linnworks.CreateRMABookingRequest{ReturnItems: back(1, 0)}); again.RMAHeaderID == 0 {
		t.Errorf("after a booking was deleted, its units cannot be booked: %+v", again)
	}
	for _, id := range []int{last.RMAHeaderID, booking.RMAHeaderID} {
		if _, err := a.c.ReturnsRefunds.DeleteRMA(t.Context(), &linnworks.DeleteRMARequest{RMAHeaderID: &id}); err == nil {
			t.Errorf("booking %d was deleted, which is gone or was actioned", id)
		}
	}
	for name, req := range map[string]linnworks.CreateRMABookingRequest{
		"empty":    {},
		"nowhere":  {ReturnItems: []linnworks.ReturnItem{{OrderItemRowID: row, ReturnQuantity: new(1), ReturnLocation: &a.mug}}},
		"no item":  {ResendItems: []linnworks.ResendItem{{OrderItemRowID: &a.mug, ResendQuantity: new(1)}}},
		"nothing":  {ResendItems: []linnworks.ResendItem{{OrderItemRowID: row}}},
		"for what": {ExchangeItems: []linnworks.ExchangeItem{{OrderItemRowID: row, ReturnQuantity: new(1)}}},
	} {
		if got := book(req); got.RMAHeaderID != 0 || len(got.Errors) == 0 {
			t.Errorf("%s: booked %+v", name, got)
		}
	}
}

func TestCancellationsAfterSaleAreInternal(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 1))
	options := must(a.c.PostSale.GetCancellationOptions(t.Context(), &linnworks.GetCancellationOptionsRequest{OrderID: id}))(t)
	if !options.CanCancelInternally || options.CanCancel {
		t.Errorf("options %+v", options)
	}
	cancel := func(internal bool) linnworks.ValidatedCancellation {
		out, err := a.c.PostSale.CreateCancellation(t.Context(), &linnworks.CreateCancellationRequest{OrderID: id, InternalOnly: &internal})
		if out == nil {
			t.Fatal(err)
		}
		return *out
	}
	if got := cancel(false); got.Status != "ERROR" || len(got.Errors) != 1 {
		t.Errorf("on the channel: %s %q", got.Status, got.Errors)
	}
	if got := cancel(true); got.Status != "PROCESSED" || !a.details(t, id).Processed {
		t.Errorf("internal: %s %q", got.Status, got.Errors)
	}
	if got := cancel(true); got.Status != "ERROR" {
		t.Errorf("again: %s", got.Status)
	}
}

func TestOrdersAreProcessedInBatchesAndByReference(t *testing.T) {
	a := open(t)
	ids := a.create(t, paid("1", "c-mug", 1), unpaid("2", "c-mug", 1), paid("3", "c-mug", 1))
	results, _ := a.c.Orders.ProcessOrdersInBatch(t.Context(), &linnworks.ProcessOrdersInBatchRequest{OrdersIDs: append(ids[:2:2], a.mug)})
	if len(results) != 2 || !results[0].Processed || results[1].Processed || results[1].Error == "" {
		t.Errorf("batch %+v", results)
	}
	must(a.c.Orders.AddOrdersNote(t.Context(), &linnworks.AddOrdersNoteRequest{OrderIDs: ids[2:], NoteText: new("check"), IsInternal: new(true), IsProcessingNote: new(true)}))(t)
	process := func(text string, acknowledged bool) string {
		out, err := a.c.Orders.ProcessOrderByOrderIDOrReference(t.Context(), &linnworks.ProcessOrderByOrderIDOrReferenceRequest{
			OrderOrReferenceID: text, OrderProcessingNotesAcknowledged: &acknowledged,
		})
		if out == nil {
			t.Fatal(err)
		}
		return string(out.ProcessedState)
	}
	for _, test := range []struct {
		text, want   string
		acknowledged bool
	}{{"1", "NOT_FOUND", false}, {"2", "NOT_PROCESSED", false}, {"3", "NOTE_ACKNOWLEDGEMENT_REQUIRED", false}, {"100003", "PROCESSED", true}} {
		if got := process(test.text, test.acknowledged); got != test.want {
			t.Errorf("%s: %s, want %s", test.text, got, test.want)
		}
	}
}

func TestADeletedOrderLeavesNoTrace(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 1))
	check(t, errOf(a.c.Orders.DeleteOrder(t.Context(), &linnworks.DeleteOrderRequest{OrderID: id})))
	if len(a.Orders()) != 0 || len(a.open(t)) != 0 || a.level(t, "MUG", home).InOrders != 0 || len(a.poll(t, func(*linnworks.OrdersV2GetOrdersRequest) {})) != 0 {
		t.Error("the order left a trace")
	}
	again := a.order(t, paid("1", "c-mug", 1))
	check(t, a.Process(again))
	if _, err := a.c.Orders.DeleteOrder(t.Context(), &linnworks.DeleteOrderRequest{OrderID: again}); err == nil {
		t.Error("a processed order was deleted")
	}
}

func TestLinkingAnUnlinkedLineReservesAndKeepsItsIdentity(t *testing.T) {
	a := open(t)
	id := a.order(t, paid("1", "unknown", 2))
	check(t, errOf(a.c.Orders.UpdateLinkItem(t.Context(), &linnworks.UpdateLinkItemRequest{
		StockItemID: &a.set, Source: new("SHOP"), SubSource: new("UK"), ChannelSKU: new("unknown"),
	})))
	line := a.details(t, id).Items[0]
	if line.SKU != "SET" || line.ItemNumber != "1" || line.IsUnlinked || a.level(t, "TEA", home).InOrders != 6 {
		t.Errorf("line %+v", line)
	}
	if later := a.details(t, a.order(t, paid("2", "unknown", 1))).Items[0]; later.SKU != "SET" {
		t.Errorf("a later line is %q", later.SKU)
	}
	must(a.c.Orders.RemoveOrderItem(t.Context(), &linnworks.RemoveOrderItemRequest{OrderID: id, RowID: line.RowID}))(t)
	if o := a.details(t, id); len(o.Items) != 0 || o.TotalsInfo.TotalCharge != "0" || a.level(t, "TEA", home).InOrders != 3 {
		t.Errorf("order of %d lines and %s", len(o.Items), o.TotalsInfo.TotalCharge)
	}
}

func TestSearchFindsAnOrderInEveryViewThatShowsIt(t *testing.T) {
	a := open(t)
	ids := a.create(t, paid("find-1", "c-mug", 1), unpaid("find-2", "c-mug", 1), paid("find-3", "c-mug", 1))
	check(t, a.Process(ids[2]))
	got := must(a.c.OpenOrders.SearchOrders(t.Context(), &linnworks.SearchOrdersRequest{LocationID: new(home), SearchTerm: new("FIND"), IncludeProcessed: new(true)}))(t)
	if len(got.OpenOrders) != 2 || !cmp.Equal(got.OpenOrders[0].OrderIDs, ids[:2]) || !cmp.Equal(got.OpenOrders[1].OrderIDs, ids[:1]) || !cmp.Equal(got.ProcessedOrders, ids[2:]) {
		t.Errorf("found %+v", got)
	}
	left := must(a.c.OpenOrders.FilterNotProcessedOpenOrders(t.Context(), &linnworks.FilterNotProcessedOpenOrdersRequest{OrderIDs: []int{100001, 100003}}))(t)
	if !slices.Equal(left.OrderIDs, []int{100001}) {
		t.Errorf("not processed %v", left.OrderIDs)
	}
	a.AddIdentifier("VIP", "Very important")
	tagged, _ := a.c.OpenOrders.AssignOrderIdentifier(t.Context(), &linnworks.AssignOrderIdentifierRequest{OrderIDs: ids, Tag: new("vip")})
	if tagged == nil || !cmp.Equal(tagged.Changed, ids[:1]) || !cmp.Equal(tagged.NotChanged, ids[1:]) {
		t.Errorf("tagged %+v, want the order that is open and not parked", tagged)
	}
	if _, err := a.c.OpenOrders.AssignOrderIdentifier(t.Context(), &linnworks.AssignOrderIdentifierRequest{OrderIDs: ids, Tag: new("none")}); err == nil {
		t.Error("an unknown identifier was assigned")
	}
}

// A day's 10,000 orders: created, polled and processed.
func BenchmarkTenThousandOrders(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		now := opening
		f := linnworkstest.New(linnworkstest.WithoutQuotas(), linnworkstest.WithClock(func() time.Time { return now }))
		if _, err := f.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{home: 20000}}); err != nil {
			b.Fatal(err)
		}
		c, err := f.Client(linnworks.WithLimiter(unlimited{}))
		if err != nil {
			b.Fatal(err)
		}
		processed := 0
		for batch := range 500 {
			now = now.Add(time.Minute)
			req := &linnworks.CreateOrdersRequest{Location: "Default"}
			for i := range 20 {
				o := linnworkstest.Order{Reference: string(rune('a'+i)) + now.String(), Lines: []linnworkstest.Line{{SKU: "MUG"}}}.Build()
				o.AutomaticallyLinkBySKU = true
				req.Orders = append(req.Orders, o)
			}
			ids, err := c.Orders.CreateOrders(b.Context(), req)
			if err != nil || len(ids) != 20 {
				b.Fatal(batch, len(ids), err)
			}
			page, err := c.OrdersV2.GetOrders(b.Context(), &linnworks.OrdersV2GetOrdersRequest{FromDate: &linnworks.Time{Time: now}, IncludeProcessed: new(true)})
			if err != nil || len(page.OpenOrders) != 20 {
				b.Fatal(batch, err)
			}
			results, err := c.Orders.ProcessOrdersInBatch(b.Context(), &linnworks.ProcessOrdersInBatchRequest{OrdersIDs: ids})
			if err != nil {
				b.Fatal(err)
			}
			processed += len(results)
		}
		if level, err := f.Level("MUG", home); err != nil || level.OnHand != 10000 || processed != 10000 {
			b.Fatal(level, processed, err)
		}
	}
}
