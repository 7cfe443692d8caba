package release

import (
	"context"
	"fmt"

	"github.com/linnbridge/linnbridge/bridge"
)

// Order is an open order of the warehouse.
type Order struct {
	bridge.WarehouseOrder

	// Shown reports whether people see it in the printing view.
	Shown bool
	// Stopped reports whether people or rules have stopped it: it is locked, not paid, or
	// parked. It is not shown then.
	Stopped bool
	// InWave reports whether it is in a pick wave.
	InWave bool
	// Grams is what it weighs; zero if that is not known.
	Grams int
	// Address is what the shop says now, for [View.Show]: an order that waited without one
	// gets it then.
	Address bridge.Address
}

// shopOrders are the shop's orders in it: none if they are not known.
func (o Order) shopOrders() []string {
	if o.Reference != "" {
		return []string{o.Reference}
	}
	return o.References
}

// View is the list of orders that people print and pick from.
// linnworksadapter.PrintView is one.
type View interface {
	// OpenOrders returns all orders of the shop that are neither processed nor cancelled.
	OpenOrders(ctx context.Context) ([]Order, error)
	// Show puts orders into the view, Hide takes them out, and out of their pick waves. Both are safe to repeat, and one order's failure must not keep
	// the others. The result has nil for each that was seen to be so, in their order.
	Show(ctx context.Context, orders []Order) []error
	Hide(ctx context.Context, orders []Order) []error
}

// ServiceWriter gives orders their postal service.
type ServiceWriter interface {
	// SetService keeps everything else of the order's shipping as it is.
	SetService(ctx context.Context, order bridge.WarehouseOrder, service string) error
}

// ParkedRows are rows of the status table for warehouses where what is parked is what the
// printing view does not show: orders come in parked, and only a [Release] lets them go.
func ParkedRows() []string {
	var rows []string
	for _, model := range []bridge.ShippingModel{bridge.SellerShipping, bridge.TikTokShipping} {
		rows = append(rows,
			fmt.Sprintf("%s %s %s %s", model, bridge.AwaitingShipment, bridge.Absent, bridge.ActionPark),
			fmt.Sprintf("%s %s %s %s", model, bridge.AwaitingShipment, bridge.Parked, bridge.ActionWait),
			fmt.Sprintf("%s %s %s %s", model, bridge.PartiallyShipping, bridge.Parked, bridge.ActionWait))
	}
	return rows
}
