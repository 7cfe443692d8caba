package shadow_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/shadow"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// A day on which the other integration writes stock once in two hours: what it sells
// meanwhile that another channel has sold is named order by order, and so is what it sends
// after a cancellation. Neither side is written to.
func TestADayOfOverselling(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		minutes     int   // how long it goes on
		left, every int   // what the other channel leaves at minute 130, and how often stock is written
		at          []int // when buyers order
		without     []int // those that there is nothing for
	}{
		"all at once":                              {24 * 60, 0, 120, []int{62, 143, 177, 230, 900}, []int{143, 177, 230}},
		"two left, seen before their import":       {260, 2, 120, []int{62, 141, 142, 143, 144, 230}, []int{143, 144, 230}},
		"two left, imported before they are seen":  {260, 2, 120, []int{62, 146, 147, 148, 149, 230}, []int{148, 149, 230}},
		"two left, between the two":                {260, 2, 120, []int{62, 148, 149, 151, 152}, []int{151, 152}},
		"two left, and stock is written with them": {260, 2, 10, []int{62, 136, 137, 138, 139}, []int{138, 139}},
		"enough for all":                           {260, 4, 120, []int{62, 141, 142, 148, 149}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && c.minutes > 1000 {
				t.Skip("left out with -short: a whole day; the plain run has it")
			}
			synctest.Test(t, func(t *testing.T) { dayOfOverselling(t, c.minutes, c.left, c.every, c.at, c.without) })
		})
	}
}

func dayOfOverselling(t *testing.T, minutes, left, every int, at, without []int) {
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	shop := tiktokshoptest.New(tiktokshoptest.WithMarket("GB"))
	warehouse := linnworkstest.New()
	must(shop.AddWarehouse(tiktokshop.Warehouse{ID: "W1", Name: "Leeds"}))
	must(shop.AddProduct(tiktokshoptest.Product{ID: "P1", SKUs: []tiktokshoptest.SKU{{ID: "S1", SellerSKU: "MUG", Stock: map[string]int{"W1": 20}}}}))
	_, err := warehouse.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 20}})
	must(err)

	tiktok, err := shop.Client()
	must(err)
	linn, err := warehouse.Client()
	must(err)
	ours, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
	must(err)
	theirs, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "UK"})
	must(err)
	memory := new(store.Memory).Shop("UK")
	engine, err := stock.NewEngine(stock.Ports{
		Listings: ours, Catalogue: theirs, Levels: theirs, Publisher: ours, Shown: ours,
		Ledger: memory, Locks: memory, Exceptions: new(exceptions.Memory).Shop("UK"),
	}, stock.Options{Locations: map[string][]string{"W1": {string(linnworks.ZeroGUID)}}})
	must(err)
	watch, err := shadow.New(shadow.Ports{Orders: ours, Warehouse: theirs, Trace: theirs, Stock: engine, Memory: memory}, shadow.Options{})
	must(err)

	// The other integration: orders within ten minutes, stock once in two hours.
	imported := map[string]linnworks.GUID{}
	native := func(minute int) {
		t.Helper()
		if minute%10 == 0 {
			for _, o := range shop.Orders() {
				if _, known := imported[o.ID]; known || o.Status == tiktokshop.OrderStatusCancelled {
					continue
				}
				id, err := warehouse.AddOrder(linnworkstest.Order{Source: "NATIVE", SubSource: "shop", Reference: o.ID, Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: len(o.LineItems)}}})
				must(err)
				imported[o.ID] = id
			}
		}
		if minute%every == 0 && minute != 130 {
			level, err := warehouse.Level("MUG", linnworks.ZeroGUID)
			must(err)
			must(shop.SetStock("S1", "W1", max(level.Available, 0)))
		}
	}
	placed := map[int]string{}
	for minute := range minutes {
		switch minute {
		case 130: // another channel sells all there is, or nearly
			_, err := warehouse.AddOrder(linnworkstest.Order{Source: "MARKET", SubSource: "UK", Reference: "A1", Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 19 - left}}})
			must(err)
		case 300: // the first buyer cancels, and nobody tells the warehouse
			must(shop.CancelBySeller(placed[62], shop.SellerCancelReasons()[1]))
		case 400:
			must(warehouse.Process(imported[placed[62]]))
		}
		if slices.Contains(at, minute) {
			// What is sold after the next stock run is refused by the shop itself.
			order := tiktokshoptest.OrderOf(tiktokshoptest.Units("S1", 1))
			order.NoHold = true // placed now, and not an hour ago
			if id, err := shop.PlaceOrder(order); err == nil {
				placed[minute] = id
			}
		}
		native(minute)
		if minute%5 == 0 {
			must(watch.Look(t.Context()))
		}
		time.Sleep(time.Minute)
	}
	report, err := watch.Report(t.Context())
	must(err)
	var sold []string
	for _, o := range report.Oversold {
		if len(o.Orders) > 0 && !o.Gone || o.SKU != "MUG" {
			t.Errorf("oversold: %+v", o)
		}
		sold = append(sold, o.Orders...)
	}
	slices.Sort(sold)
	var want []string
	for _, minute := range without {
		want = append(want, placed[minute])
	}
	slices.Sort(want)
	if !slices.Equal(sold, want) || slices.Contains(want, "") || placed[900] != "" {
		t.Errorf("sold without stock: %q, want %q of %v\n%s", sold, want, placed, report)
	}
	if calls := shop.CallsOf(tiktokshoptest.Writes()); len(calls) > 0 {
		t.Errorf("the rehearsal wrote to the shop: %v", calls)
	}
	if minutes < 300 {
		return // before the cancellation
	}
	if diff := cmp.Diff([]string{"it was cancelled in the shop, and the warehouse sent it all the same"}, what(report, placed[62])); diff != "" {
		t.Errorf("differences of the cancelled order (-want +got):\n%s\n%s", diff, report)
	}
	for _, id := range sold {
		if !strings.Contains(report.String(), id) {
			t.Errorf("the report does not name the order %s:\n%s", id, report)
		}
	}
	if !strings.HasPrefix(report.Verdict(), "This is no rehearsal yet: it has lasted 23h55m0s") {
		t.Errorf("the verdict after one day: %s", report.Verdict())
	}
}
