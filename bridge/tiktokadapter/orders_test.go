package tiktokadapter_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A line is one unit. One that says it stands for more, as seen in one market, is
// not read as one: the order is raised, and nothing is sent short.
func TestLineOfSeveralUnits(t *testing.T) {
	client, err := tiktokshoptest.New().Client()
	if err != nil {
		t.Fatal(err)
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for quantity, unreadable := range map[int64]bool{0: false, 1: false, 2: true} {
		o := tiktokshop.Order{ID: "57", Status: tiktokshop.OrderStatusAwaitingShipment, LineItems: []tiktokshop.OrderLineItem{{ID: "1", SKUID: "s", Quantity: quantity}}}
		o.Payment.Currency = "USD"
		if got := shop.Order(o).Unreadable; strings.Contains(got, "line 1 is for 2 units") != unreadable {
			t.Errorf("a line of %d units: unreadable %q, want that it says so: %t", quantity, got, unreadable)
		}
	}
}

// Orders that are paid on delivery have no payment until then: the remorse window
// counts from when they were placed.
func TestHoldOfCashOnDelivery(t *testing.T) {
	client, err := tiktokshoptest.New().Client()
	if err != nil {
		t.Fatal(err)
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{HoldWindow: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	at := func(minute int) time.Time { return time.Date(2026, 11, 27, 12, minute, 0, 0, time.UTC) }
	for _, tc := range []struct {
		name  string
		order tiktokshop.Order
		want  time.Time
	}{
		{"paid", tiktokshop.Order{CreateTime: tiktokshop.At(at(0)), PaidTime: tiktokshop.At(at(5))}, at(65)},
		{"not paid yet", tiktokshop.Order{CreateTime: tiktokshop.At(at(0))}, time.Time{}},
		{"paid on delivery", tiktokshop.Order{CreateTime: tiktokshop.At(at(0)), IsCOD: true}, at(60)},
		{"paid on delivery, delivered", tiktokshop.Order{CreateTime: tiktokshop.At(at(0)), PaidTime: tiktokshop.At(at(59)), IsCOD: true}, at(60)},
		{"the shop holds it", tiktokshop.Order{CreateTime: tiktokshop.At(at(0)), IsCOD: true, IsOnHoldOrder: true}, time.Time{}},
	} {
		if got := shop.Order(tc.order).HoldUntil; !got.Equal(tc.want) {
			t.Errorf("%s: held until %s, want %s", tc.name, got, tc.want)
		}
	}
	o := shop.Order(tiktokshop.Order{TTSSLATime: tiktokshop.At(at(1)), PickUpCutOffTime: tiktokshop.At(at(2))})
	if !o.HandOverBy.Equal(at(1)) || !o.PickUpBy.Equal(at(2)) {
		t.Errorf("to be handed over by %s and picked up by %s, want %s and %s", o.HandOverBy, o.PickUpBy, at(1), at(2))
	}
}

// limiterFunc is a limiter that never waits.
type limiterFunc func(ctx context.Context)

func (l limiterFunc) Wait(ctx context.Context, _ tiktokshop.LimitKey) error {
	l(ctx)
	return nil
}

// A list of all open orders, for the clocks or a sweep, is read when nobody else wants to
// call: what is imported does not wait for it.
func TestOpenOrdersAreReadInBulk(t *testing.T) {
	fake := tiktokshoptest.New()
	if err := fake.AddWarehouse(tiktokshop.Warehouse{ID: "7000000000000000001"}); err != nil {
		t.Fatal(err)
	}
	if err := fake.AddProduct(tiktokshoptest.Product{ID: "1729", SKUs: []tiktokshoptest.SKU{{ID: "2729", SellerSKU: "MUG", Price: "5.00", Stock: map[string]int{"7000000000000000001": 3}}}}); err != nil {
		t.Fatal(err)
	}
	id, err := fake.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{tiktokshoptest.Units("2729", 1)}, NoHold: true})
	if err != nil {
		t.Fatal(err)
	}
	marks := map[int]int{}
	client, err := fake.Client(tiktokshop.WithLimiter(limiterFunc(func(ctx context.Context) { marks[tiktokshop.Urgency(ctx)]++ })))
	if err != nil {
		t.Fatal(err)
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for o, err := range shop.OrdersByStatus(t.Context(), bridge.AwaitingShipment, time.Time{}) {
		if err != nil || o.ID != id {
			t.Fatalf("order %q, error %v, want %q alone", o.ID, err, id)
		}
		seen++
	}
	if seen != 1 {
		t.Fatalf("%d orders, want 1", seen)
	}
	if want := map[int]int{-1: 2}; !maps.Equal(marks, want) {
		t.Errorf("calls by urgency: %v, want %v: the list and the details, both in bulk", marks, want)
	}
	if _, err := shop.OrdersByID(t.Context(), []string{id}); err != nil {
		t.Fatal(err)
	}
	if marks[0] != 1 {
		t.Errorf("an order that is asked for by its id: %v, want one call that is not in bulk", marks)
	}
}
