// Package environ connects an example to a real shop and warehouse, or to the fakes on
// their ports (examples/fakes), with credentials from the environment.
package environ

import (
	"context"
	"errors"
	"fmt"

	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Help is what a program's -help says of the variables that [Connect] reads.
const Help = `  TIKTOK_APP_KEY, TIKTOK_APP_SECRET   the app in Partner Center
  TIKTOK_ACCESS_TOKEN                 an access token of the seller
  TIKTOK_SHOP_ID                      the shop, if the token covers several
  LINNWORKS_APPLICATION_ID, LINNWORKS_APPLICATION_SECRET, LINNWORKS_TOKEN
                                      the application and its installation
  TIKTOK_URL, LINNWORKS_URL           to rehearse: where the fakes listen
`

// Missing reports which of the credentials, and of the variables named beside, are not
// set, each as an error.
func Missing(getenv func(string) string, more ...string) []error {
	var errs []error
	for _, name := range append([]string{
		"TIKTOK_APP_KEY", "TIKTOK_APP_SECRET", "TIKTOK_ACCESS_TOKEN",
		"LINNWORKS_APPLICATION_ID", "LINNWORKS_APPLICATION_SECRET", "LINNWORKS_TOKEN",
	}, more...) {
		if getenv(name) == "" {
			errs = append(errs, fmt.Errorf("%s is not set: see -help", name))
		}
	}
	return errs
}

// Connect opens both sides. It only reads.
func Connect(ctx context.Context, getenv func(string) string, warehouse linnworksadapter.Options) (*tiktokadapter.Shop, *linnworksadapter.Warehouse, error) {
	shopClient, warehouseClient, err := Clients(ctx, getenv, More{})
	if err != nil {
		return nil, nil, err
	}
	shop, err := tiktokadapter.New(shopClient, tiktokadapter.Options{})
	if err != nil {
		return nil, nil, err
	}
	w, err := linnworksadapter.New(ctx, warehouseClient, warehouse)
	return shop, w, err
}

// More are options of the clients beside those that they get from the environment.
type More struct {
	Shop      []tiktokshop.Option
	Warehouse []linnworks.Option
}

// Clients returns a client of each side, the first bound to the shop. It only reads.
func Clients(ctx context.Context, getenv func(string) string, more More) (*tiktokshop.Client, *linnworks.Client, error) {
	if err := errors.Join(Missing(getenv)...); err != nil {
		return nil, nil, err
	}
	shop, err := connectShop(ctx, getenv, more.Shop)
	if err != nil {
		return nil, nil, err
	}
	options := more.Warehouse
	if url := getenv("LINNWORKS_URL"); url != "" {
		options = append(options, linnworks.WithAuthURL(url), linnworks.WithV2URL(url))
	}
	warehouse, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID: getenv("LINNWORKS_APPLICATION_ID"), ApplicationSecret: linnworks.NewSecret(getenv("LINNWORKS_APPLICATION_SECRET")),
		Token: linnworks.NewSecret(getenv("LINNWORKS_TOKEN")),
	}, options...)
	return shop, warehouse, err
}

func connectShop(ctx context.Context, getenv func(string) string, more []tiktokshop.Option) (*tiktokshop.Client, error) {
	options := []tiktokshop.Option{tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret(getenv("TIKTOK_ACCESS_TOKEN"))))}
	if url := getenv("TIKTOK_URL"); url != "" {
		options = append(options, tiktokshop.WithBaseURL(url), tiktokshop.WithAuthURL(url))
	}
	client, err := tiktokshop.NewClient(tiktokshop.App{Key: getenv("TIKTOK_APP_KEY"), Secret: tiktokshop.NewSecret(getenv("TIKTOK_APP_SECRET"))}, append(options, more...)...)
	if err != nil {
		return nil, err
	}
	return client.ForShopID(ctx, getenv("TIKTOK_SHOP_ID"))
}
