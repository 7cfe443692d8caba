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
	synctest.Test(t, func(t *testing.T) {
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
		watch, err := shadow.New(shadow.Ports{Orders: ours, Warehouse: theirs, Stock: engine, Memory: memory}, shadow.Options{})
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
			if minute%120 == 0 {
				level, err := warehouse.Level("MUG", linnworks.ZeroGUID)
				must(err)
				must(shop.SetStock("S1", "W1", max(level.Available, 0)))
			}
		}
		placed := map[int]string{}
		for minute := range 24 * 60 {
			switch minute {
			case 130: // another channel sells all there is
				_, err := warehouse.AddOrder(linnworkstest.Order{Source: "MARKET", SubSource: "UK", Reference: "A1", Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 20}}})
				must(err)
			case 62, 143, 177, 230, 900:
				// What is sold after the next stock run is refused by the shop itself.
				order := tiktokshoptest.OrderOf(tiktokshoptest.Units("S1", 1))
				order.NoHold = true // placed now, and not an hour ago
				if id, err := shop.PlaceOrder(order); err == nil {
					placed[minute] = id
				}
			case 300: // the first buyer cancels, and nobody tells the warehouse
				must(shop.CancelBySeller(placed[62], shop.SellerCancelReasons()[1]))
			case 400:
				must(warehouse.Process(imported[placed[62]]))
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
			if !o.Gone || o.SKU != "MUG" {
				t.Errorf("oversold: %+v", o)
			}
			sold = append(sold, o.Orders...)
		}
		slices.Sort(sold)
		if want := []string{placed[143], placed[177], placed[230]}; !slices.Equal(sold, want) || placed[900] != "" {
			t.Errorf("sold without stock: %q, want %q; placed at last: %q\n%s", sold, want, placed[900], report)
		}
		if diff := cmp.Diff([]string{"it was cancelled in the shop, and the warehouse sent it all the same"}, what(report, placed[62])); diff != "" {
			t.Errorf("differences of the cancelled order (-want +got):\n%s\n%s", diff, report)
		}
		for _, id := range sold {
			if !strings.Contains(report.String(), id) {
				t.Errorf("the report does not name the order %s:\n%s", id, report)
			}
		}
		if calls := shop.CallsOf(tiktokshoptest.Writes()); len(calls) > 0 {
			t.Errorf("the rehearsal wrote to the shop: %v", calls)
		}
		if !strings.HasPrefix(report.Verdict(), "This is no rehearsal yet: it has lasted 23h55m0s") {
			t.Errorf("the verdict after one day: %s", report.Verdict())
		}
	})
}
