// Command onecall calls one operation of each client. A test looks at what the
// linker kept of the others.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	shop, err := tiktokshop.NewClient(tiktokshop.App{Key: os.Getenv("TIKTOK_APP_KEY"), Secret: tiktokshop.NewSecret(os.Getenv("TIKTOK_APP_SECRET"))})
	if err != nil {
		return err
	}
	orders, err := shop.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{PageSize: 10})
	if err != nil {
		return err
	}
	warehouse, err := linnworks.NewClient(linnworks.Credentials{Token: linnworks.NewSecret(os.Getenv("LINNWORKS_TOKEN"))})
	if err != nil {
		return err
	}
	locations, err := warehouse.Inventory.GetStockLocations(ctx, nil)
	fmt.Println(len(orders.Orders), len(locations))
	return err
}
