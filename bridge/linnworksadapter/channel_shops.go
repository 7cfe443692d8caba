package linnworksadapter

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/linnworks/channelapp"
)

// ChannelShops are ports for a channel integration that one Linnworks account installs
// once for each of several shops. find returns the ports of a shop, such as
// [Warehouse.ChannelPorts] returns, by the name that people gave the integration; an error
// of it is what they read, if it is a [channelapp.RefusedError]. Admit and Installations
// are still to be set, as there.
func ChannelShops(find func(accountName string) (channelapp.Ports, error)) channelapp.Ports {
	c := shopChannels{find}
	return channelapp.Ports{Orders: c, Despatch: c, Products: c, Inventory: c, Cancels: c, Test: func(_ context.Context, in channelapp.Installation) error {
		_, err := find(in.Account.Name)
		return err
	}}
}

// shopChannels finds the shop of each call.
type shopChannels struct {
	find func(accountName string) (channelapp.Ports, error)
}

func (c shopChannels) Orders(ctx context.Context, in channelapp.Installation, since time.Time, page int) ([]channelapp.Order, bool, error) {
	ports, err := c.find(in.Account.Name)
	if err != nil {
		return nil, false, err
	}
	return ports.Orders.Orders(ctx, in, since, page)
}

func (c shopChannels) Despatch(ctx context.Context, in channelapp.Installation, orders []channelapp.Despatch) []error {
	ports, err := c.find(in.Account.Name)
	if err != nil {
		return forAll(len(orders), err)
	}
	return ports.Despatch.Despatch(ctx, in, orders)
}

func (c shopChannels) Products(ctx context.Context, in channelapp.Installation, page int) ([]channelapp.Product, bool, error) {
	ports, err := c.find(in.Account.Name)
	if err != nil {
		return nil, false, err
	}
	return ports.Products.Products(ctx, in, page)
}

func (c shopChannels) UpdateInventory(ctx context.Context, in channelapp.Installation, levels []channelapp.Level) []error {
	ports, err := c.find(in.Account.Name)
	if err != nil {
		return forAll(len(levels), err)
	}
	return ports.Inventory.UpdateInventory(ctx, in, levels)
}

// CancelOptions are empty where a shop has no port for it: who cancels all the same reads why
// that is not done.
func (c shopChannels) CancelOptions(ctx context.Context, in channelapp.Installation) (channelapp.CancelOptions, error) {
	ports, err := c.find(in.Account.Name)
	if err != nil || ports.Cancels == nil {
		return channelapp.CancelOptions{}, err
	}
	return ports.Cancels.CancelOptions(ctx, in)
}

func (c shopChannels) Cancel(ctx context.Context, in channelapp.Installation, cancellation *channelapp.Cancellation) error {
	ports, err := c.find(in.Account.Name)
	switch {
	case err != nil:
		return err
	case ports.Cancels == nil:
		return channelapp.Refuse("This integration cancels nothing in TikTok Shop. Cancel the order in Seller Center.")
	}
	return ports.Cancels.Cancel(ctx, in, cancellation)
}

func forAll(n int, err error) []error {
	errs := make([]error, n)
	for i := range errs {
		errs[i] = err
	}
	return errs
}
