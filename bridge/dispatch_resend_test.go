package bridge_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What Linnworks sends again, or sends in exchange, has the reference of the order that it
// belongs to. It is never told to the shop as that order's parcel, and never taken for a
// second import of it, whichever of the two leaves first.
func TestResendsAndExchangesAreToldToNobody(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"resend", "exchange"} {
		for _, told := range []bool{true, false} {
			t.Run(kind+map[bool]string{true: ", the order was told of", false: ", before the order was told of"}[told], func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					d := newDispatching(t, "GB")
					id := d.imported(t, tiktokshoptest.OrderSpec{Lines: mugs(2)})[0]
					original := d.inLinnworks(id)[0]
					d.send(t, original.OrderID, "T1")
					if told {
						d.run(t)
					}
					again := d.sendAgain(t, original, kind)
					time.Sleep(time.Minute)
					d.send(t, again, "R1")
					for range 2 {
						time.Sleep(10 * time.Minute)
						d.run(t)
					}
					for _, number := range d.shown(t, id) {
						if number != "T1" {
							t.Errorf("the shop shows %q, want the parcel of the order alone", d.shown(t, id))
						}
					}
					if got := d.shipCalls(); got != 1 {
						t.Errorf("the shop was told %d times, want once", got)
					}
					results, err := d.importer(t, d.book, d.memory).Import(t.Context(), d.orders(t)...)
					must(t, err)
					if len(results) != 1 || results[0].Outcome != bridge.OutcomeUnchanged {
						t.Errorf("importing again: %v", results)
					}
					if open := d.open(t); len(open) != 0 {
						t.Errorf("open are %q, want none", open)
					}
					found, err := d.book.FindOrders(t.Context(), []string{id})
					must(t, err)
					if len(found) != 1 || found[0].ID != string(original.OrderID) {
						t.Errorf("the order is found as %+v, want %d alone", found, original.NumOrderID)
					}
				})
			})
		}
	}
}

// sendAgain has the people of the warehouse send a unit of an order once more, or another
// of it in exchange.
func (d *dispatching) sendAgain(t *testing.T, o linnworks.OrderDetails, kind string) linnworks.GUID {
	t.Helper()
	client, err := d.linn.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	request := &linnworks.CreateRMABookingRequest{OrderID: o.OrderID, ResendItems: []linnworks.ResendItem{{OrderItemRowID: &o.Items[0].RowID, ResendQuantity: new(1)}}}
	if kind == "exchange" {
		request.ResendItems = nil
		request.ExchangeItems = []linnworks.ExchangeItem{{
			OrderItemRowID: &o.Items[0].RowID, ReturnQuantity: new(1), ExchangeStockItemID: &o.Items[0].StockItemID, ExchangeQuantity: new(1),
		}}
	}
	booking, err := client.ReturnsRefunds.CreateRMABooking(t.Context(), request)
	must(t, err)
	done, err := client.ReturnsRefunds.ActionRMABooking(t.Context(), &linnworks.ActionRMABookingRequest{RMAHeaderID: booking.RMAHeaderID})
	must(t, err)
	again := done.Items[0].NewOrderID
	for _, sent := range d.inLinnworks(o.GeneralInfo.ReferenceNum) {
		if sent.OrderID == again {
			return again
		}
	}
	t.Fatalf("the %s does not have the reference of its order", kind)
	return ""
}
