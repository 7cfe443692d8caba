package audit

import (
	"cmp"
	"context"
	"time"
)

// Named tells which shop is looked at. tiktokadapter.Shop is one.
type Named interface {
	ShopName(ctx context.Context) (ShopName, error)
}

// ShopName is which shop a report is about. Name and Region may be empty.
type ShopName struct{ ID, Name, Region string }

// String is the shop for people, empty if nobody knows it.
func (n ShopName) String() string {
	if n.ID == "" {
		return ""
	}
	s := cmp.Or(n.Name, "shop")
	if n.Region != "" {
		s += ", " + n.Region
	}
	return s + ", id " + n.ID
}

// Grants tells what the seller has granted the app. tiktokadapter.Grants is one.
type Grants interface {
	Grant(ctx context.Context) (Grant, error)
}

// Grant is what a seller has granted.
type Grant struct {
	// Missing are the scopes that the bridge needs and the seller has not granted.
	Missing []string
	// Ends is when only a new consent of the seller helps; zero if that is not known.
	Ends time.Time
}

// Webhooks tells where the shop sends its events. tiktokadapter.Shop is one.
type Webhooks interface {
	// WebhookAddresses returns the address of each event that the bridge listens to, empty
	// for one that goes nowhere. It does not see what is set in Partner Center alone.
	WebhookAddresses(ctx context.Context) (map[string]string, error)
}

// ShopSetup tells how the shop is set up for selling. tiktokadapter.Shop is one. An error
// that wraps [errors.ErrUnsupported] says that the shop cannot be asked for it: the
// report then lists it under [Report.ByHand].
type ShopSetup interface {
	ShopWarehouses(ctx context.Context) ([]ShopWarehouse, error)
	// ShippingTemplates returns the names of the shipping templates that can be used.
	ShippingTemplates(ctx context.Context) ([]string, error)
	// ShopTerms returns what the shop says of its tax form and its currency.
	ShopTerms(ctx context.Context) (Terms, error)
}

// ShopWarehouse is a warehouse of the shop.
type ShopWarehouse struct {
	ID, Name string
	// Returns reports that it takes returns; otherwise parcels are picked up there.
	Returns bool
	// Usable reports whether the shop lets it be used, Status is the shop's word for that.
	Usable bool
	Status string
	// Delivery are the delivery options of one that parcels are picked up at.
	Delivery []string
}

// Terms are what a shop says of its tax form and its currency.
type Terms struct {
	// TaxForm is the shop's word for the state of the seller's tax form, empty if it has none.
	TaxForm string
	// Currency is the ISO 4217 code of its prices, empty if it has no product yet.
	Currency string
}

// ModelCounter counts the orders of each shipping model. tiktokadapter.Shop is one.
type ModelCounter interface {
	OrdersByModel(ctx context.Context, from, to time.Time) (map[string]int, error)
}

// WarehouseSetup tells how the warehouse is set up. linnworksadapter.Warehouse is one.
type WarehouseSetup interface {
	// Channels lists the sales channels of the warehouse that are switched on.
	Channels(ctx context.Context) ([]Channel, error)
	// ServicesUsed counts the shop's parcels that left in [from, to), by postal service.
	ServicesUsed(ctx context.Context, from, to time.Time) (map[string]int, error)
	// Currencies lists the ISO 4217 codes that the warehouse has a rate for.
	Currencies(ctx context.Context) ([]string, error)
}

// Channel is a sales channel of the warehouse that is switched on.
type Channel struct {
	Source, SubSource string
	// TikTok reports that it is an integration with TikTok Shop, Own that it is the channel
	// of this bridge.
	TikTok, Own bool
	// SetsStock and SetsPrices report what it writes into the shop by itself.
	// LinksBySKU reports that it links orders' lines by their SKU, AnswersCancellations
	// that it answers buyers' requests to cancel.
	SetsStock, SetsPrices, LinksBySKU, AnswersCancellations bool
}

// Clock is a side with a clock of its own. Both adapters are one.
type Clock interface {
	// ClockAhead returns by how much the side's clock is ahead of ours, and how far off
	// that may be. The error wraps [errors.ErrUnsupported] if the side does not tell.
	ClockAhead(ctx context.Context) (ahead, within time.Duration, err error)
}

// Quotas tells how the calls of the last hours went. [Meter] is one.
type Quotas interface {
	Quotas() []Quota
}

// Quota is how often an operation was called, and how often the other side refused it for
// its pace.
type Quota struct {
	Side, Operation string
	Calls, Refused  int
}
