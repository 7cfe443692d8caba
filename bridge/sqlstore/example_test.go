package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What one process has written, the next one finds.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "sqlstore")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "bridge.db")

	monday, err := sqlstore.Open(ctx, path)
	if err != nil {
		fmt.Println(err)
		return
	}
	shop := monday.Shop("uk")
	_, err = shop.PutRecords(ctx, store.Record{OrderID: "5764", Status: "AWAITING_SHIPMENT", WarehouseIDs: []string{"100023"}})
	fmt.Println("kept the order:", err)
	err = shop.Raise(ctx, exceptions.New(exceptions.UnmappedCarrier, `carrier "Owl"`, time.Time{}, "the shop has no such carrier", "add it to the settings"))
	fmt.Println("raised the case:", err)
	fmt.Println("closed:", monday.Close())

	tuesday, err := sqlstore.Open(ctx, path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = tuesday.Close() }()
	records, _, err := tuesday.Shop("uk").RecordsOf(ctx, "5764")
	fmt.Println("order 5764 is in the warehouse as", records["5764"].WarehouseIDs, err)
	cases, err := tuesday.Cases(ctx, exceptions.Filter{}) // of all shops
	for _, c := range cases {
		fmt.Println("open:", c.Shop, c.Object, err)
	}
	// Output:
	// kept the order: <nil>
	// raised the case: <nil>
	// closed: <nil>
	// order 5764 is in the warehouse as [100023] <nil>
	// open: uk carrier "Owl" <nil>
}

// Two processes share the budgets of their clients: what one has sent, the other knows of.
func ExampleDB_LinnworksLimiter() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "sqlstore")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()
	shop, warehouse := tiktokshoptest.New(), linnworkstest.New() // in their place: tiktokshop.NewClient, linnworks.NewClient
	one := func(key linnworks.LimitKey) float64 {
		if key.Operation == "Inventory.GetStockLocations" {
			return 1 // a minute
		}
		return key.Published()
	}

	for _, name := range []string{"the first process", "the second process"} {
		db, err := sqlstore.Open(ctx, filepath.Join(dir, "bridge.db"))
		if err != nil {
			fmt.Println(err)
			return
		}
		defer func() { _ = db.Close() }()
		tiktok, err := shop.Client(tiktokshop.WithLimiter(db.TikTokLimiter(nil)))
		if err != nil {
			fmt.Println(err)
			return
		}
		linn, err := warehouse.Client(linnworks.WithLimiter(db.LinnworksLimiter(one)))
		if err != nil {
			fmt.Println(err)
			return
		}
		soon, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		_, err = tiktok.Order.GetOrderList(soon, &tiktokshop.GetOrderListRequest{PageSize: 10})
		fmt.Println(name, "reads the orders:", err)
		_, err = linn.Inventory.GetStockLocations(soon, nil)
		late, ok := errors.AsType[*linnworks.LimitError](err)
		fmt.Println(name, "reads the locations:", err == nil, "too late:", ok && late.Wait > 50*time.Second)
	}
	// Output:
	// the first process reads the orders: <nil>
	// the first process reads the locations: true too late: false
	// the second process reads the orders: <nil>
	// the second process reads the locations: false too late: true
}
