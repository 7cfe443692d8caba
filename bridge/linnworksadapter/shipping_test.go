package linnworksadapter_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// A parcel is found by its number, as people type it, among the orders of the shop that
// have left: not those of others, and not by a part of the number.
func TestOrdersByTracking(t *testing.T) {
	f := linnworkstest.New()
	if _, err := f.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10}}); err != nil {
		t.Fatal(err)
	}
	service := f.AddPostalService("Tracked 48", "Royal Mail")
	send := func(subSource, reference, number string) {
		t.Helper()
		id, err := f.AddOrder(linnworkstest.Order{Source: "TIKTOKBRIDGE", SubSource: subSource, Reference: reference, Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 1}}})
		if err == nil {
			err = f.SetTracking(id, service, number)
		}
		if err == nil {
			err = f.Process(id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	send("uk", "5761", "RM123456789GB")
	send("uk", "5762", "RM1234567890GB")
	send("de", "5763", "RM123456789GB")
	client, err := f.Client()
	if err != nil {
		t.Fatal(err)
	}
	w, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "uk"})
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[string][]string{"RM123456789GB": {"5761"}, "RM123456789": nil, "XX": nil} {
		got, err := w.OrdersByTracking(t.Context(), number)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v, want (-) and got (+):\n%s", number, err, diff)
		}
	}
}

// Staff know an order by its number in Linnworks: it leads to the shop's id, for orders of
// the shop alone.
func TestOrdersByNumber(t *testing.T) {
	f := linnworkstest.New()
	if _, err := f.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10}}); err != nil {
		t.Fatal(err)
	}
	client, err := f.Client()
	if err != nil {
		t.Fatal(err)
	}
	w, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "uk"})
	if err != nil {
		t.Fatal(err)
	}
	for subSource, want := range map[string][]string{"uk": {"5761"}, "de": nil} {
		id, err := f.AddOrder(linnworkstest.Order{Source: "TIKTOKBRIDGE", SubSource: subSource, Reference: "5761", Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		made, err := client.Orders.GetOrderByID(t.Context(), &linnworks.GetOrderByIDRequest{OrderID: id})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.OrdersByNumber(t.Context(), strconv.Itoa(made.NumOrderID))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: error %v, want (-) and got (+):\n%s", subSource, err, diff)
		}
	}
	if got, err := w.OrdersByNumber(t.Context(), "987654"); err != nil || len(got) > 0 {
		t.Errorf("a number that no order has: %v, %v; want none", got, err)
	}
	if got, err := w.OrdersByNumber(t.Context(), "5761x"); err == nil {
		t.Errorf("no number: %v and no error", got)
	}
}
