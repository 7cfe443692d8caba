package stock_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// shelves is a shop of n SKUs with 5 units each, shown and in the warehouse.
func shelves(t *testing.T, n int) *world.World {
	w := world.NewWorld(t)
	w.ForSale = nil
	for i := range n {
		name := fmt.Sprintf("ITEM-%02d", i)
		w.Items["s-"+name] = catalogue.Item{ID: "i-" + name, SKU: name}
		w.Stock["i-"+name] = map[string]int{"L1": 5}
		w.ForSale = append(w.ForSale, catalogue.Listing{SKU: world.SKU(name), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 5}}})
	}
	return w
}

// empty takes everything off the shelves of the first n.
func empty(w *world.World, n int) {
	for i := range n {
		w.Stock[fmt.Sprintf("i-ITEM-%02d", i)]["L1"] = 0
	}
}

// A push that would take most of a shop off sale asks first.
func TestPushAsksBeforeItZeroesTheShop(t *testing.T) {
	for name, tc := range map[string]struct {
		skus, empty int
		asks        bool
	}{
		"half of it":               {20, 10, false},
		"more than half":           {20, 11, true},
		"all of it":                {10, 10, true},
		"all of a very small shop": {9, 9, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := shelves(t, tc.skus)
			empty(w, tc.empty)
			_, err := w.StockPush(stock.Options{}).Push(t.Context())
			if errors.Is(err, stock.ErrMassZero) != tc.asks || (len(w.Pushes) == 0) != tc.asks {
				t.Errorf("got %v and %d calls; asks first: want %t", err, len(w.Pushes), tc.asks)
			}
		})
	}
}

func TestPushGoesOnOnceAPersonHasLooked(t *testing.T) {
	for name, after := range map[string]struct {
		happens func(*testing.T, *world.World)
		calls   int
		asked   bool // still
	}{
		"nobody looks": {func(*testing.T, *world.World) {}, 0, true},
		"the levels are right": {func(t *testing.T, w *world.World) {
			for _, c := range casesOf(t, w) {
				if _, err := w.Cases.Decide(t.Context(), c.Key(), exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "all sold"}); err != nil {
					t.Fatal(err)
				}
			}
		}, 12, false},
		"the levels are corrected": {func(_ *testing.T, w *world.World) {
			for i := range 12 {
				w.Stock[fmt.Sprintf("i-ITEM-%02d", i)]["L1"] = 5
			}
		}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := shelves(t, 12)
			empty(w, 12)
			push := w.StockPush(stock.Options{})
			if _, err := push.Push(t.Context()); !errors.Is(err, stock.ErrMassZero) {
				t.Fatalf("the first push: %v", err)
			}
			after.happens(t, w)
			_, err := push.Push(t.Context())
			if errors.Is(err, stock.ErrMassZero) != after.asked || len(w.Pushes) != after.calls || (len(casesOf(t, w)) > 0) != after.asked {
				t.Errorf("got %v, %d calls, %d open cases; want %d calls, asked: %t", err, len(w.Pushes), len(casesOf(t, w)), after.calls, after.asked)
			}
		})
	}
}

func casesOf(t *testing.T, w *world.World) []exceptions.Case {
	t.Helper()
	cases, err := w.Cases.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.MassZero}})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}
