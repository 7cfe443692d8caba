package stock_test

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// stockroom is a warehouse of one's own: free units by SKU, all in one place.
type stockroom struct {
	levels map[string]int
	kits   map[string][]catalogue.Component
}

// StockItems takes the seller SKU for the item's id.
func (s stockroom) StockItems(_ context.Context, listings []catalogue.SKU) (map[string]catalogue.Item, map[string]error, error) {
	items := map[string]catalogue.Item{}
	for _, l := range listings {
		if _, single := s.levels[l.SellerSKU]; single || s.kits[l.SellerSKU] != nil {
			items[l.ID] = catalogue.Item{ID: l.SellerSKU, SKU: l.SellerSKU, Kit: s.kits[l.SellerSKU]}
		}
	}
	return items, nil, nil
}

func (s stockroom) StockLevels(_ context.Context, ids []string) (stock.Reading, error) {
	r := stock.Reading{At: time.Now(), Available: map[string]map[string]int{}}
	for _, id := range ids {
		r.Available[id] = map[string]int{"main": s.levels[id]}
	}
	return r, nil
}

// market is a shop of one's own.
type market struct{ listings []catalogue.Listing }

func (m market) Listings(context.Context) iter.Seq2[catalogue.Listing, error] {
	return func(yield func(catalogue.Listing, error) bool) {
		for _, l := range m.listings {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (m market) PublishStock(_ context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	for _, sku := range p.SKUs {
		fmt.Println("published:", sku.SellerSKU, sku.Stock)
	}
	return nil, nil
}

// noMore takes in no orders: a program runs its intake here.
func noMore(context.Context) error { return nil }

func ExampleBook() {
	book, err := stock.NewBook(stock.Options{
		Locations: map[string][]string{"shop-1": {"main"}}, Buffer: stock.Fixed(2),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	mug := catalogue.Item{ID: "i1", SKU: "MUG"}
	pair := catalogue.Item{ID: "i2", SKU: "TWO-MUGS", Kit: []catalogue.Component{{Item: mug, Quantity: 2}}}
	var listings []catalogue.Listing
	for _, sku := range []string{"MUG", "TWO-MUGS"} {
		listings = append(listings, catalogue.Listing{
			SKU:   catalogue.SKU{ProductID: "p-" + sku, ID: sku, SellerSKU: sku},
			Stock: []catalogue.WarehouseStock{{WarehouseID: "shop-1", Quantity: 8}},
		})
	}
	book.SetCatalogue(book.Mark(), now, listings, map[string]catalogue.Item{"MUG": mug, "TWO-MUGS": pair}, nil)

	// Three mugs are sold in the shop, and the warehouse does not know it yet.
	book.SetReservations(now, []store.Reservation{{OrderID: "1", LocationID: "main", Items: map[string]int{"i1": 3}}})
	mark := book.Mark()
	book.SetLevels(mark, stock.Reading{At: now, Available: map[string]map[string]int{"i1": {"main": 13}}})
	plan := book.Plan()
	fmt.Print(plan)
	for _, call := range plan.Products {
		book.Accepted(now, call) // once the shop has taken it
	}
	fmt.Print(book.Plan())
	// Output:
	// SKU TWO-MUGS              shop-1: 8 -> 3
	// 1 product to update, 1 SKU right already, 0 skipped
	// 0 products to update, 2 SKUs right already, 0 skipped
}

func ExampleEngine() {
	ctx := context.Background()
	mug := catalogue.Item{ID: "MUG", SKU: "MUG"}
	warehouse := stockroom{
		levels: map[string]int{"MUG": 9, "TEA": 40},
		kits:   map[string][]catalogue.Component{"TWO-MUGS": {{Item: mug, Quantity: 2}}},
	}
	var shop market
	for _, sku := range []string{"MUG", "TEA", "TWO-MUGS"} {
		shop.listings = append(shop.listings, catalogue.Listing{
			SKU:   catalogue.SKU{ProductID: sku, ID: "id-" + sku, SellerSKU: sku},
			Stock: []catalogue.WarehouseStock{{WarehouseID: "shop-1", Quantity: 38}},
		})
	}
	memory := new(store.Memory).Shop("shop")
	push, err := stock.NewEngine(stock.Ports{
		Listings: shop, Catalogue: warehouse, Levels: warehouse, SeeOrders: noMore, Ledger: memory, Publisher: shop, Locks: memory,
		Exceptions: new(exceptions.Memory).Shop("shop"),
	}, stock.Options{Locations: map[string][]string{"shop-1": {"main"}}, Buffer: stock.Fixed(2)})
	if err != nil {
		fmt.Println(err)
		return
	}
	// One mug was sold in the shop, and the warehouse does not know it yet.
	err = memory.PutReservations(ctx, store.Reservation{OrderID: "1", LocationID: "main", Items: map[string]int{"MUG": 1}})
	if err != nil {
		fmt.Println(err)
	}
	result, err := push.Push(ctx)
	fmt.Print(result)
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// published: TWO-MUGS [{shop-1 2}]
	// published: MUG [{shop-1 6}]
	// SKU TWO-MUGS              shop-1: 38 -> 2
	// SKU MUG                   shop-1: 38 -> 6
	// 2 products to update, 1 SKU right already, 0 skipped
	// 2 SKUs published, 0 refused
}
