package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// Parts of split orders are resolved to the shop's lines. Each case ships the
// parts in turn, as they leave, and then everything again.
func TestDispatchSplitOrders(t *testing.T) {
	line := func(sku string, quantity int, from ...string) bridge.WarehouseLine {
		l := bridge.WarehouseLine{SKU: sku, Quantity: quantity, FromLineIDs: from}
		if len(from) > 0 {
			l.LineID = from[0]
		}
		if len(from) == quantity {
			l.ShopLineIDs = from
		}
		return l
	}
	for _, tc := range []struct {
		name  string
		order bridge.Order
		parts [][]bridge.WarehouseLine
		want  string // line: number
		open  string // part of what is seen
	}{
		{
			"each line whole", world.AnOrder("1", "MUG", "SPOON"), [][]bridge.WarehouseLine{{line("MUG", 1, "1-1")}, {line("SPOON", 1, "1-2")}},
			"1-1:T1 1-2:T2", "",
		},
		{
			"units of one line", world.AnOrder("1", "MUG", "MUG", "MUG"),
			[][]bridge.WarehouseLine{{line("MUG", 2, "1-1", "1-2", "1-3")}, {line("MUG", 1, "1-1", "1-2", "1-3")}},
			"1-1:T1 1-2:T1 1-3:T2", "",
		},
		{
			"units of one line beside a certain one", world.AnOrder("1", "MUG", "MUG", "SPOON"),
			[][]bridge.WarehouseLine{{line("MUG", 1, "1-1", "1-2"), line("SPOON", 1, "1-3")}, {line("MUG", 1, "1-1", "1-2")}},
			"1-1:T1 1-2:T2 1-3:T1", "",
		},
		{
			"a unit that is certain elsewhere", world.AnOrder("1", "MUG", "MUG"),
			[][]bridge.WarehouseLine{{line("MUG", 1, "1-1", "1-2")}, {line("MUG", 1, "1-1")}},
			"1-1:T2 1-2:T1", "",
		},
		{
			"ids lost, told apart by SKU", world.AnOrder("1", "MUG", "SPOON", "SPOON"),
			[][]bridge.WarehouseLine{{line("spoon ", 1)}, {line("MUG", 1), line("SPOON", 1)}},
			"1-1:T2 1-2:T1 1-3:T2", "",
		},
		{
			"ids of lines that are not the shop's", world.AnOrder("1", "MUG", "SPOON"),
			[][]bridge.WarehouseLine{{line("SPOON", 1, "by hand")}, {line("MUG", 1, "1-1")}},
			"1-1:T2 1-2:T1", "",
		},
		{
			"the SKU is not the shop's", world.AnOrder("1", "MUG", "PLATE"), // PLATE is sold as DISH in the warehouse
			[][]bridge.WarehouseLine{{line("DISH", 1)}, {line("MUG", 1, "1-1")}},
			"1-1:T2 1-2:T1", "",
		},
		{
			"something else was packed", world.AnOrder("1", "MUG", "SPOON"),
			[][]bridge.WarehouseLine{{line("FORK", 1)}, {line("MUG", 1, "1-1")}},
			"1-1:T2", "SKU FORK is not in the shop's order",
		},
		{
			"more than was sold", world.AnOrder("1", "MUG", "SPOON"),
			[][]bridge.WarehouseLine{{line("SPOON", 2)}, {line("MUG", 1, "1-1")}},
			"1-1:T2", "1 more than the shop has left",
		},
		{
			"a bundle's components together", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) {
				o.Lines = append(o.Lines, world.Bundle("1-2", 900, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 3}))
			}), [][]bridge.WarehouseLine{{{LineID: "1-2-1", SKU: "SPOON", Quantity: 3, FromLineIDs: []string{"1-2"}}}, {line("MUG", 1, "1-1")}},
			"1-1:T2 1-2:T1", "",
		},
		{
			"a bundle's components apart", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) {
				o.Lines = append(o.Lines, world.Bundle("1-2", 900, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 3}))
			}), [][]bridge.WarehouseLine{
				{line("MUG", 1, "1-1"), {LineID: "1-2-1", SKU: "SPOON", Quantity: 2, FromLineIDs: []string{"1-2"}}},
				{{LineID: "1-2-1", SKU: "SPOON", Quantity: 1, FromLineIDs: []string{"1-2"}}},
			}, "", "a bundle that SKU SPOON belongs to was divided",
		},
		{
			"two lines of one SKU, ids lost", world.AnOrder("1", "MUG", "SPOON", "SPOON"),
			[][]bridge.WarehouseLine{{line("SPOON", 1), line("SPOON", 1)}, {line("MUG", 1, "1-1")}},
			"1-1:T2 1-2:T1 1-3:T1", "",
		},
		{
			"more units than lines, and no bundle", world.AnOrder("1", "MUG", "MUG"), [][]bridge.WarehouseLine{
				{{LineID: "1-1", SKU: "MUG", Quantity: 2, FromLineIDs: []string{"1-1", "1-2"}}},
				{{LineID: "1-1", SKU: "MUG", Quantity: 1, FromLineIDs: []string{"1-1", "1-2"}}},
			}, "", "a bundle that SKU MUG belongs to was divided",
		},
		{
			"all of it, and a gift in both parcels", world.AnOrder("1", "MUG", "SPOON"),
			[][]bridge.WarehouseLine{{line("MUG", 1, "1-1"), line("SPOON", 1, "1-2"), line("FORK", 1)}, {line("FORK", 1)}},
			"1-1:T1 1-2:T1", "the shop shows tracking T1",
		},
		{
			"a cancelled unit does not count", world.With(world.AnOrder("1", "MUG", "MUG", "SPOON"), func(o *bridge.Order) { o.Lines[1].Cancelled = true }),
			[][]bridge.WarehouseLine{{line("MUG", 1, "1-1", "1-2")}, {line("SPOON", 1, "1-3")}},
			"1-1:T1 1-3:T2", "",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Items["s-PLATE"] = catalogue.Item{ID: "i-dish", SKU: "DISH"}
			w.Put(tc.order)
			d := w.Dispatcher(nil)
			d.Ports().Catalogue = w
			for i, lines := range tc.parts {
				e := w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1"})
				e.State, e.Lines = bridge.Open, lines
				if i > 0 {
					continue
				}
				e.Tracking = "T1"
			}
			for i := range tc.parts {
				w.Book[i].State, w.Book[i].Tracking = bridge.Processed, fmt.Sprintf("T%d", i+1)
				if _, err := d.Dispatch(t.Context(), w.Entries()...); err != nil {
					t.Fatal(err)
				}
			}
			calls := w.Count("Ship")
			for range 2 {
				if _, err := d.Dispatch(t.Context(), w.Entries()...); err != nil {
					t.Fatal(err)
				}
			}
			if w.Count("Ship") != calls {
				t.Errorf("shipped again: %d calls", w.Count("Ship")-calls)
			}
			var got []string
			for _, l := range w.Orders["1"].Lines {
				if l.Tracking != "" {
					got = append(got, l.ID+":"+l.Tracking)
				}
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			open, _ := w.Exceptions.Open(t.Context())
			if found := len(open) == 1 && strings.Contains(open[0].Seen, tc.open); tc.open == "" && len(open) > 0 || tc.open != "" && !found {
				t.Errorf("want %q, open %v", tc.open, open)
			}
		})
	}
}

// A part whose other parts nobody finds is a part all the same.
func TestDispatchAPartAlone(t *testing.T) {
	for _, tc := range []struct {
		name, want, open string
		split            bool
		lines            []bridge.WarehouseLine
		fail             string
	}{
		{name: "whole", want: "T1 T1", lines: []bridge.WarehouseLine{{LineID: "1-1", SKU: "MUG", Quantity: 1, FromLineIDs: []string{"1-1", "1-2"}}}},
		{name: "split", split: true, want: "T1 ", lines: []bridge.WarehouseLine{{LineID: "1-1", SKU: "MUG", Quantity: 1, FromLineIDs: []string{"1-1", "1-2"}}}},
		{name: "ids lost", split: true, want: "T1 ", lines: []bridge.WarehouseLine{{SKU: "MUG", Quantity: 1}}},
		{name: "ids lost, and the catalogue is away", split: true, want: " ", fail: "StockItems", lines: []bridge.WarehouseLine{{SKU: "MUG", Quantity: 1}}},
		{name: "no lines", split: true, want: " ", open: "it has no lines"},
	} {
		w := world.NewWorld(t)
		w.Put(world.AnOrder("1", "MUG", "MUG"))
		e := w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1"})
		e.State, e.Tracking, e.Split, e.Lines = bridge.Processed, "T1", tc.split, tc.lines
		d := w.Dispatcher(nil)
		d.Ports().Catalogue = w
		if tc.fail != "" {
			w.Fail = world.FailOn(tc.fail)
		}
		_, err := d.Dispatch(t.Context(), w.Entries()...)
		if errors.Is(err, world.ErrInjected) != (tc.fail != "") {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := w.Orders["1"].Lines[0].Tracking + " " + w.Orders["1"].Lines[1].Tracking; got != tc.want {
			t.Errorf("%s: the shop shows %q, want %q", tc.name, got, tc.want)
		}
		w.Fail = nil
		open, _ := w.Exceptions.Open(t.Context())
		if (len(open) > 0) != (tc.open != "") || len(open) > 0 && !strings.Contains(open[0].Seen, tc.open) {
			t.Errorf("%s: open %v, want %q", tc.name, open, tc.open)
		}
	}
}

// packaging knows the parcels of warehouse orders.
type packaging struct {
	parcels map[string][]bridge.WarehouseOrder
	asked   []string
	err     error
}

func (p *packaging) PackedParcels(_ context.Context, w bridge.WarehouseOrder) ([]bridge.WarehouseOrder, error) {
	p.asked = append(p.asked, w.ID)
	return p.parcels[w.ID], p.err
}

// One warehouse order in several parcels.
func TestDispatchPackaging(t *testing.T) {
	parcelsOf := func(e *world.BookEntry) []bridge.WarehouseOrder {
		one, two := e.WarehouseOrder, e.WarehouseOrder
		one.Tracking, two.Tracking = "A1", "A2"
		one.Lines = []bridge.WarehouseLine{{LineID: "1-1", FromLineIDs: []string{"1-1", "1-2"}, SKU: "MUG", Quantity: 1}}
		two.Lines = []bridge.WarehouseLine{
			{LineID: "1-1", FromLineIDs: []string{"1-1", "1-2"}, SKU: "MUG", Quantity: 1},
			{LineID: "1-3", FromLineIDs: []string{"1-3"}, ShopLineIDs: []string{"1-3"}, SKU: "SPOON", Quantity: 1},
		}
		return []bridge.WarehouseOrder{one, two}
	}
	for _, tc := range []struct {
		name, tracking string
		known          bool
		err            error
		asked          int
		want, open     string
	}{
		{"one number", "A1", true, nil, 0, "A1 A1 A1", ""},
		{"two numbers, known parcels", "A1, A2", true, nil, 1, "A1 A2 A2", ""},
		{"the numbers are with the parcels", "", true, nil, 1, "A1 A2 A2", ""},
		{"two numbers, unknown parcels", "A1;A2", false, nil, 1, "  ", "dispatch refused: order 1"},
		{"no number at all", "", false, nil, 1, "  ", "no tracking: order 1"},
		{"the warehouse does not say", "A1/A2", true, world.ErrInjected, 1, "  ", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			e := w.Processed(w.Put(world.AnOrder("1", "MUG", "MUG", "SPOON"))[0], tc.tracking)
			p := &packaging{parcels: map[string][]bridge.WarehouseOrder{}, err: tc.err}
			if tc.known {
				p.parcels[e.ID] = parcelsOf(e)
			}
			d := w.Dispatcher(nil)
			d.Ports().Packaging = p
			r, err := d.Dispatch(t.Context(), w.Entries()...)
			if (err != nil) != (tc.err != nil) {
				t.Fatal(err)
			}
			if len(p.asked) != tc.asked {
				t.Errorf("asked %d times", len(p.asked))
			}
			o := w.Orders["1"]
			if got := fmt.Sprint(o.Lines[0].Tracking, " ", o.Lines[1].Tracking, " ", o.Lines[2].Tracking); got != tc.want {
				t.Errorf("shown %q, want %q; %s", got, tc.want, r)
			}
			if got := strings.Join(w.OpenKinds(), "; "); got != tc.open {
				t.Errorf("open %q", got)
			}
		})
	}
}
