package tiktokadapter_test

import (
	"strings"
	"testing"

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
