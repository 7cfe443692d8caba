package stock_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// SweepStock makes a stockroom a [stock.Sweeper]: all of it is one page.
func (s stockroom) SweepStock(ctx context.Context) iter.Seq2[stock.Reading, error] {
	return func(yield func(stock.Reading, error) bool) {
		var ids []string
		for id := range s.levels {
			ids = append(ids, id)
		}
		yield(s.StockLevels(ctx, ids))
	}
}

// A program with a scheduler of its own calls the methods that Run calls.
func ExampleEngine_Publish() {
	ctx := context.Background()
	warehouse := stockroom{levels: map[string]int{"MUG": 9, "TEA": 40}}
	var shop market
	for sku, shown := range map[string]int{"MUG": 12, "TEA": 30} {
		shop.listings = append(shop.listings, catalogue.Listing{
			SKU:   catalogue.SKU{ProductID: sku, ID: "id-" + sku, SellerSKU: sku},
			Stock: []catalogue.WarehouseStock{{WarehouseID: "shop-1", Quantity: shown}},
		})
	}
	// A LIVE sells tea: it is read and published before others, and 5 are kept back.
	now := time.Now()
	rules, err := stock.NewBufferRules(stock.BufferOptions{Sessions: []stock.LiveSession{{
		Name: "tea time", Start: now.Add(10 * time.Minute), End: now.Add(time.Hour), Ahead: 15 * time.Minute,
		Rule: stock.BufferRule{Do: stock.KeepUnits, Units: 5, SKUs: []string{"TEA"}},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	memory := new(store.Memory).Shop("shop")
	live, err := stock.NewEngine(stock.Ports{
		Listings: shop, Catalogue: warehouse, Levels: warehouse, Sweep: warehouse, Ledger: memory, Publisher: shop, Locks: memory,
		Exceptions: new(exceptions.Memory).Shop("shop"),
	}, stock.Options{Locations: map[string][]string{"shop-1": {"main"}}, Buffer: rules.Buffer(), Pace: stock.Pace{Hot: rules.Live}})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = errors.Join(live.ReadShop(ctx), live.Sweep(ctx))
	if err == nil {
		err = memory.SetSeenUpTo(ctx, time.Now()) // as a run of the intake does
	}
	for did := true; did && err == nil; {
		did, err = live.Publish(ctx)
	}
	if err != nil {
		fmt.Println(err)
	}

	warehouse.levels["TEA"] = 3 // sold elsewhere
	read, err := live.ReadHot(ctx)
	fmt.Println(read, "item read", err)
	_, err = live.Publish(ctx)
	fmt.Println(live.Book().Stats().Waiting, "SKUs wait", err)
	// Output:
	// published: MUG [{shop-1 9}]
	// published: TEA [{shop-1 35}]
	// 1 item read <nil>
	// published: TEA [{shop-1 0}]
	// 0 SKUs wait <nil>
}
