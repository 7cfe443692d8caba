package bridge

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// stalls is a shop of many SKUs that answers at once.
type stalls map[string]ShownStock

func (s stalls) ShopStock(_ context.Context, ids []string) ([]ShownStock, error) {
	list := make([]ShownStock, len(ids))
	for i, id := range ids {
		list[i] = s[id]
	}
	return list, nil
}

func (s stalls) StockLevels(context.Context, []string) (StockReading, error) {
	return StockReading{}, nil
}

// A check of 40,000 SKUs, of which one in a hundred was changed by hand.
func BenchmarkStockCheck40000(b *testing.B) {
	const n = 40_000
	shop, items := stalls{}, map[string]StockItem{}
	levels := StockReading{At: noon, Available: map[string]map[string]int{}}
	var listings []Listing
	for i := range n {
		l := Listing{
			ListingSKU: ListingSKU{ProductID: fmt.Sprint("p-", i/4), ID: fmt.Sprint("s-", i), SellerSKU: fmt.Sprint("SKU-", i)},
			Stock:      []WarehouseStock{{"W1", 10}},
		}
		listings = append(listings, l)
		items[l.ID] = StockItem{ID: fmt.Sprint("i-", i), SKU: l.SellerSKU}
		levels.Available[items[l.ID].ID] = map[string]int{"L1": 10}
		shop[l.ID] = ShownStock{ListingSKU: l.ListingSKU, Warehouses: []ShownWarehouse{{WarehouseID: "W1", Available: 10, Committed: i % 3}}}
	}
	for _, changed := range []int{0, n / 100} {
		b.Run(fmt.Sprintf("%d changed", changed), func(b *testing.B) {
			book, err := NewStockBook(StockOptions{Locations: map[string][]string{"W1": {"L1"}}})
			if err != nil {
				b.Fatal(err)
			}
			check, err := NewStockCheck(StockCheckPorts{Book: book, Shop: shop, Ledger: new(Memory), Levels: shop, Exceptions: new(MemoryExceptions)}, StockCheckOptions{})
			if err != nil {
				b.Fatal(err)
			}
			book.SetCatalogue(book.Mark(), time.Now(), listings, items, nil)
			book.SetLevels(book.Mark(), levels)
			if r, err := check.Check(b.Context()); err != nil || r.Right != n || r.Calls != 67 {
				b.Fatal(r, err)
			}
			b.ReportAllocs()
			for round := 0; b.Loop(); round++ {
				for i := range changed {
					shop[listings[i*100].ID].Warehouses[0].Available = 11 + round%2
				}
				if r, err := check.Check(b.Context()); err != nil || len(r.Drifts) != changed {
					b.Fatal(r.Checked, len(r.Drifts), err)
				}
			}
			for i := range changed {
				shop[listings[i*100].ID].Warehouses[0].Available = 10
			}
		})
	}
}
