package channelapp

import (
	"context"
	"time"
)

// Ports are what a [Handler] works on. Their methods are called on several goroutines
// at once. Each has until its context ends; one that takes longer is not waited for. A
// panic costs the one call. Where a method returns a list of errors, it has one or nil
// for each row, in their order.
type Ports struct {
	// Admit says who may install the integration: Linnworks' call to install it
	// carries no secret, so that anybody who knows the address can make one. It
	// returns a [RefusedError] for those who may not. Whoever is admitted reads the
	// orders, with buyers' addresses. See [OnlyAccounts]; another way is a [Step] that
	// asks for a password which you give your customer.
	Admit    func(context.Context, Account) error
	Orders   OrderSource
	Despatch Despatcher

	// The others are optional.

	// Installations keeps who installed the integration. Default
	// [integration.MemoryInstallations]: after a restart the integration has to be set up again in
	// Linnworks.
	Installations Installations
	// Test is asked when somebody presses "Test" in the channel's settings.
	Test func(context.Context, Installation) error
	// Tags lists what the mapping screens show. Without it they are empty.
	Tags TagSource
	// Products lists what the channel sells. Without it Linnworks maps nothing by
	// itself, and pushes no stock.
	Products ProductSource
	// Inventory takes stock levels, Prices takes prices. Without one, each row is
	// refused.
	Inventory InventoryTaker
	Prices    PriceTaker
	// Cancels and Refunds carry out what people do in Linnworks. Without one it is not
	// offered there.
	Cancels Canceller
	Refunds Refunder
}

// OrderSource has the channel's orders.
type OrderSource interface {
	// Orders returns a page of those that changed at or after a moment, paid and unpaid,
	// at most 100 on a page as Linnworks advises; pages are counted from 1. more reports
	// whether there is another page. Linnworks ignores an order whose reference it
	// knows and whose payment status is the same.
	//
	// since is when Linnworks last asked with success, or an earlier moment that
	// somebody has set.
	Orders(ctx context.Context, in Installation, since time.Time, page int) (orders []Order, more bool, err error)
}

// Despatcher is told of orders that have left.
type Despatcher interface {
	// Despatch is told of parcels. The same may come again, and an order may come in
	// parts.
	Despatch(ctx context.Context, in Installation, orders []Despatch) []error
}

// TagSource lists what people map to the services and payment methods of Linnworks.
type TagSource interface {
	ShippingTags(ctx context.Context, in Installation) ([]Tag, error)
	PaymentTags(ctx context.Context, in Installation) ([]Tag, error)
}

// ProductSource lists what the channel sells.
type ProductSource interface {
	// Products returns a page, counted from 1.
	Products(ctx context.Context, in Installation, page int) (products []Product, more bool, err error)
}

// InventoryTaker takes stock levels, up to a thousand in one call.
type InventoryTaker interface {
	UpdateInventory(ctx context.Context, in Installation, levels []Level) []error
}

// PriceTaker takes prices, up to a thousand in one call.
type PriceTaker interface {
	UpdatePrices(ctx context.Context, in Installation, prices []Price) []error
}

// Canceller cancels orders in the channel that somebody has cancelled in Linnworks.
type Canceller interface {
	// CancelOptions says what people may cancel, and for which reasons.
	CancelOptions(ctx context.Context, in Installation) (CancelOptions, error)
	// Cancel cancels an order, or lines of it. The same may come again.
	Cancel(ctx context.Context, in Installation, cancellation *Cancellation) error
}

// Refunder refunds buyers.
type Refunder interface {
	// RefundOptions says what people may refund, and for which reasons.
	RefundOptions(ctx context.Context, in Installation) (RefundOptions, error)
	// Refund refunds, and returns the channel's reference of the refund, which must not
	// be empty. The same may come again when the answer was lost: it is refunded once.
	Refund(ctx context.Context, in Installation, refund *Refund) (reference string, err error)
}
