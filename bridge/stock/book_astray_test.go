package stock_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// An order that draws on a location which supplies no warehouse of its SKU is taken off
// nowhere: somebody hears of it, once for each location.
func TestOrdersFromALocationThatSuppliesNothing(t *testing.T) {
	listing := catalogue.Listing{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}}}
	bundle := listing
	bundle.Derived = true
	for _, tc := range []struct {
		name     string
		listing  catalogue.Listing
		location string
		options  stock.Options
		want     string
	}{
		{"of the warehouse", listing, "L1", stock.Options{}, ""},
		{"of another warehouse", listing, "L2", stock.Options{}, "location L2"},
		{"of none", listing, "L3", stock.Options{}, "location L3"},
		{"spelt otherwise", listing, "l1", stock.Options{}, "location l1"},
		{"the platform's", listing, "L3", stock.Options{PlatformLocation: "L3"}, ""},
		{"of a bundle of the shop", bundle, "L3", stock.Options{}, ""},
		{"of what is left alone", listing, "L3", stock.Options{LeaveAlone: func(catalogue.Listing) bool { return true }}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, catalogueFirst := range []bool{true, false} {
				tc.options.Locations, tc.options.Now = map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, world.AtNoon
				b, err := stock.NewBook(tc.options)
				if err != nil {
					t.Fatal(err)
				}
				first, second := soldMugs("1", 2, world.Noon), soldMugs("2", 1, world.Noon)
				first.LocationID, second.LocationID = tc.location, tc.location
				if !catalogueFirst {
					b.SetChanges(world.Noon, 0, 1, []store.Change{put(first, 1)})
				}
				b.SetCatalogue(b.Mark(), world.Noon, []catalogue.Listing{tc.listing}, map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
				readMugs(b, b.Mark(), world.Noon, 10)
				if catalogueFirst {
					b.SetChanges(world.Noon, 0, 1, []store.Change{put(first, 1)})
				}
				b.SetChanges(world.Noon, 1, 2, []store.Change{put(second, 2)})
				var objects []string
				for _, p := range b.Problems() {
					objects = append(objects, p.Object)
					if p.Kind != exceptions.UnmappedWarehouse || !strings.Contains(p.Seen, "order 1 takes SKU MUG") {
						t.Errorf("raised %v, want the first order and its SKU", p)
					}
				}
				if got := strings.Join(objects, ", "); got != tc.want {
					t.Errorf("raised on %q, want %q", got, tc.want)
				}
			}
		})
	}
}

// The case stays open while the process runs, for the next order goes the same way, and is
// closed by one with locations that agree.
func TestCaseOfALocationThatSuppliesNothingCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		cases := func(e *stock.Engine, want int) {
			t.Helper()
			w.start(t, e)
			if err := e.Report(t.Context()); err != nil {
				t.Fatal(err)
			}
			open, err := w.Exceptions.Open(t.Context(), exceptions.UnmappedWarehouse)
			if err != nil || len(open) != want {
				t.Errorf("%v, %v; want %d", open, err, want)
			}
		}
		order := soldMugs("1", 1, w.Now())
		order.LocationID = "L9"
		if err := w.Memory.PutReservations(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		e := w.live(t, stock.Options{})
		cases(e, 1)
		cases(w.live(t, stock.Options{}), 1) // a restart changes nothing by itself
		if err := w.Memory.DropReservations(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		cases(e, 1)
		cases(w.live(t, stock.Options{}), 0)
	})
}
