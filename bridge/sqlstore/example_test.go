package sqlstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
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
