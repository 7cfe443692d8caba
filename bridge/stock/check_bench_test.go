package stock_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// stalls is a shop of many SKUs that answers at once.
type stalls map[string]stock.ShownStock

func (s stalls) ShopStock(_ context.Context, ids []string) ([]stock.ShownStock, error) {
	list := make([]stock.ShownStock, len(ids))
	for i, id := range ids {
		list[i] = s[id]
	}
	return list, nil
}

func (s stalls) StockLevels(context.Context, []string) (stock.Reading, error) {
	return stock.Reading{}, nil
}

// A check of 40,000 SKUs, of which one in a hundred was changed by hand.
func BenchmarkStockCheck40000(b *testing.B) {
	const n = 40_000
	shop, items := stalls{}, map[string]catalogue.Item{}
	levels := stock.Reading{At: world.Noon, Available: map[string]map[string]int{}}
	var listings []catalogue.Listing
	for i := range n {
		l := catalogue.Listing{
			SKU:   catalogue.SKU{ProductID: fmt.Sprint("p-", i/4), ID: fmt.Sprint("s-", i), SellerSKU: fmt.Sprint("SKU-", i)},
			Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}},
		}
		listings = append(listings, l)
		items[l.ID] = catalogue.Item{ID: fmt.Sprint("i-", i), SKU: l.SellerSKU}
		levels.Available[items[l.ID].ID] = map[string]int{"L1": 10}
		shop[l.ID] = stock.ShownStock{SKU: l.SKU, Warehouses: []stock.ShownWarehouse{{WarehouseID: "W1", Available: 10, Committed: i % 3}}}
	}
	for _, changed := range []int{0, n / 100} {
		b.Run(fmt.Sprintf("%d changed", changed), func(b *testing.B) {
			book, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}})
			if err != nil {
				b.Fatal(err)
			}
			check, err := stock.NewCheck(stock.CheckPorts{Book: book, Shop: shop, Ledger: new(store.Memory).Shop("shop"), Levels: shop, Exceptions: new(exceptions.Memory).Shop("shop")}, stock.CheckOptions{})
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
