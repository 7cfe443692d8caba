package stock_test

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// counter is a shop that sells one SKU from one warehouse, and the stockroom
// behind it.
type counter struct{ available, committed, free int }

func (c *counter) ShopStock(_ context.Context, ids []string) ([]stock.ShownStock, error) {
	var list []stock.ShownStock
	for _, id := range ids {
		list = append(list, stock.ShownStock{
			SKU:        catalogue.SKU{ProductID: "p-1", ID: id, SellerSKU: "MUG"},
			Warehouses: []stock.ShownWarehouse{{WarehouseID: "W1", Available: c.available, Committed: c.committed}},
		})
	}
	return list, nil
}

func (c *counter) StockLevels(_ context.Context, ids []string) (stock.Reading, error) {
	r := stock.Reading{At: time.Now(), Available: map[string]map[string]int{}}
	for _, id := range ids {
		r.Available[id] = map[string]int{"L1": c.free}
	}
	return r, nil
}

// Somebody sets the stock of a SKU by hand. The check finds it, tells who has to
// know, and the next push corrects it. What was sold and not heard of yet is not
// put up for sale again.
func ExampleCheck_Check() {
	ctx := context.Background()
	shop := &counter{available: 10, free: 10}
	book, _ := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}})
	queue := new(exceptions.Memory).Shop("shop")
	check, _ := stock.NewCheck(stock.CheckPorts{
		Book: book, Shop: shop, Ledger: new(store.Memory).Shop("shop"), Levels: shop, Exceptions: queue,
	}, stock.CheckOptions{})

	mug := catalogue.Listing{
		SKU:   catalogue.SKU{ProductID: "p-1", ID: "s-1", SellerSKU: "MUG"},
		Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}},
	}
	book.SetCatalogue(book.Mark(), time.Now(), []catalogue.Listing{mug}, map[string]catalogue.Item{"s-1": {ID: "i-1", SKU: "MUG"}}, nil)
	reading, _ := shop.StockLevels(ctx, book.ItemIDs())
	book.SetLevels(book.Mark(), reading)

	result, _ := check.Check(ctx)
	fmt.Print(result)

	shop.available = 25
	result, _ = check.Check(ctx)
	fmt.Print(result)
	fmt.Print(book.Plan())

	shop.available, shop.committed = 8, 2 // the push came through, and two were sold
	for _, p := range book.Plan().Products {
		book.Accepted(time.Now().Add(-time.Minute), p)
	}
	result, _ = check.Check(ctx)
	fmt.Print(result)
	fmt.Print(book.Plan())
	open, _ := queue.Open(ctx)
	fmt.Println(len(open), "open")
	// Output:
	// 1 SKU checked in 1 call, 1 right
	// 1 SKU checked in 1 call, 0 right
	// SKU MUG: set higher in the shop, shows 25, expected 10, committed 0 in warehouse W1: the next push corrects it, raised
	// SKU MUG                   W1: 25 -> 10
	// 1 product to update, 0 SKUs right already, 0 skipped
	// 1 SKU checked in 1 call, 0 right
	// SKU MUG: sold, order not seen yet, shows 8, expected 10, committed 2 in warehouse W1; counts as sold: 2 in warehouse W1: nothing to correct
	// 0 products to update, 1 SKU right already, 0 skipped
	// 1 open
}
