package bridge

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// OrderStatus is the shop's status of an order. The list is open: unknown
// values pass through and become exceptions where they would decide something.
type OrderStatus string

// The statuses of TikTok Shop.
//
// https://partner.tiktokshop.com/docv2/page/order-api-overview
const (
	Unpaid             OrderStatus = "UNPAID"
	OnHold             OrderStatus = "ON_HOLD" // paid, in the remorse window
	AwaitingShipment   OrderStatus = "AWAITING_SHIPMENT"
	PartiallyShipping  OrderStatus = "PARTIALLY_SHIPPING"
	AwaitingCollection OrderStatus = "AWAITING_COLLECTION"
	InTransit          OrderStatus = "IN_TRANSIT"
	Delivered          OrderStatus = "DELIVERED"
	Completed          OrderStatus = "COMPLETED"
	Cancelled          OrderStatus = "CANCELLED"
)

// ShippingModel says who provides the shipping of an order.
type ShippingModel string

// The shipping models.
const (
	// SellerShipping: the seller's carrier; tracking goes from Linnworks to the shop.
	SellerShipping ShippingModel = "seller"
	// TikTokShipping: the platform's carrier; label and tracking go from the shop to Linnworks.
	TikTokShipping ShippingModel = "tiktok"
	// FulfilledByTikTok: the platform's warehouse; the bridge must not ship it.
	FulfilledByTikTok ShippingModel = "fbt"
)

// Order is an order as the shop described it at one moment.
type Order struct {
	// ID is the shop's order id.
	ID            string
	Status        OrderStatus
	ShippingModel ShippingModel
	// Market is the two-letter code of the buyer's country, empty while unknown.
	Market string
	// CancelRequested tells that the buyer asked for a cancellation.
	CancelRequested bool
	// CancelRequestedAt is when the buyer last asked, zero if never. A request that
	// was decided or taken back leaves it set.
	CancelRequestedAt time.Time
	// CancelReason is the shop's reason of a cancelled order.
	CancelReason string
	// HoldUntil is the end of the remorse window if the seller has to wait it
	// out: orders of shops without the on-hold status arrive ready at once.
	HoldUntil time.Time
	// WarehouseID is the shop's warehouse that the order draws on.
	WarehouseID      string
	DeliveryOptionID string
	DeliveryOption   string
	// Lines has one entry per unit.
	Lines []OrderLine
	// Recipient is empty until the shop releases it. AddressChanged tells that the
	// buyer has changed it since the order was placed.
	Recipient      Address
	AddressChanged bool
	Totals         Totals
	// BuyerName is the shop's nickname of the buyer, Note what the buyer wrote.
	BuyerName, Note Private
	// Unreadable says what of the shop's reply could not be read, such as an
	// amount. Such an order is raised and not imported; others go on.
	Unreadable string

	CreatedAt, PaidAt, UpdatedAt time.Time
	// ShipBy is the latest time to ship without counting as late.
	ShipBy time.Time
	// CancelledBy is when the shop cancels an order that was not shipped,
	// CollectBy when it cancels one that the carrier has not collected.
	CancelledBy, CollectBy time.Time
	// ShippedAt and CollectedAt are when it was shipped, as the shop counts, and
	// collected by the carrier; zero until then.
	ShippedAt, CollectedAt time.Time
	// CancelInitiator is who cancelled a cancelled order: SELLER, BUYER or SYSTEM.
	CancelInitiator string
}

// Held tells whether the order must not be shipped yet at now.
func (o Order) Held(now time.Time) bool {
	return o.Status == Unpaid || o.Status == OnHold || o.HoldUntil.After(now)
}

// OrderLine is one unit of an order.
type OrderLine struct {
	// ID is the shop's line id.
	ID        string
	Listing   ListingSKU
	Title     string
	Cancelled bool
	// Price is what the seller earns for the unit before fees: what the buyer
	// pays plus what the platform funds.
	Price Money
	// Components are set when the shop sells the unit as a bundle of its own.
	Components []BundleComponent
	PackageID  string
	Tracking   string
	// CarrierID and Carrier are the shop's shipping provider, once shipped.
	CarrierID, Carrier string
}

// BundleComponent is what one unit of a shop's bundle is made of.
type BundleComponent struct {
	Listing  ListingSKU
	Quantity int
}

// Totals are the sums of an order as the shop states them.
type Totals struct {
	Currency string
	// Items is the price of all lines after both discounts.
	Items            Money
	SellerDiscount   Money
	PlatformDiscount Money
	// Shipping is what the buyer pays for shipping; ShippingFunded is the part
	// of the shipping fee that the platform pays.
	Shipping, ShippingFunded Money
	Tax                      Money
	// Paid is what the buyer pays in total.
	Paid Money
}

// Address is where an order goes. It prints as "[address]": buyers' data stays
// out of logs.
type Address struct {
	Name, Company          string
	Line1, Line2, Line3    string
	Town, Region, Postcode string
	// Country is the two-letter code.
	Country      string
	Phone, Email string
}

// Format prints a placeholder for every verb.
func (a Address) Format(f fmt.State, _ rune) {
	text := "[address]"
	if a == (Address{}) {
		text = "[no address]"
	}
	_, _ = fmt.Fprint(f, text)
}

// MarshalJSON hides the address from encoders that log; code that needs it
// reads the fields. An order therefore does not survive JSON: queue its id and
// read it again, which is also the only way to act on what the shop says now.
func (a Address) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", fmt.Sprint(a)), nil }

// Private is a text about or from a buyer. It prints and encodes as
// "[private]", or as nothing if it is empty; code that needs it converts it to
// a string.
type Private string

// Format prints a placeholder for every verb.
func (p Private) Format(f fmt.State, _ rune) {
	if p != "" {
		_, _ = fmt.Fprint(f, "[private]")
	}
}

// MarshalText hides the text from encoders that log.
func (p Private) MarshalText() ([]byte, error) { return fmt.Append(nil, p), nil }

// OrderSource reads the shop's orders.
type OrderSource interface {
	// OrdersUpdated yields the orders whose status changed in [from, to), oldest
	// first. It ends at the first error.
	OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[Order, error]
	// OrdersByID reads orders as they are now. Ids that the shop does not know
	// are left out.
	OrdersByID(ctx context.Context, ids []string) ([]Order, error)
}

// Stage is how far the warehouse has come with an order. Later stages are
// larger; a cut-off is a stage.
type Stage int

// The stages, in the order in which a warehouse reaches them.
const (
	StageNew Stage = iota + 1
	StagePickListPrinted
	StagePicking
	StageInvoicePrinted
	StageLabelPrinted
	StagePartShipped
	StageProcessed
)

var stageNames = [...]string{"unknown", "new", "pick list printed", "picking", "invoice printed", "label printed", "part shipped", "processed"}

// String names the stage.
func (s Stage) String() string {
	if s < 0 || int(s) >= len(stageNames) {
		return fmt.Sprintf("Stage(%d)", int(s))
	}
	return stageNames[s]
}

// WarehouseState is what the warehouse may do with an order now.
type WarehouseState string

// The states of an order in Linnworks.
const (
	Absent    WarehouseState = "absent"    // there is no such order
	Parked    WarehouseState = "parked"    // reserved, nobody may ship it
	Open      WarehouseState = "open"      // free to pick
	Locked    WarehouseState = "locked"    // stopped by a person or a rule; does not reserve
	Processed WarehouseState = "processed" // gone
	Dropped   WarehouseState = "cancelled" // cancelled in the warehouse
)

// WarehouseOrder is an order as Linnworks holds it.
type WarehouseOrder struct {
	// ID is Linnworks' order id, Number the number that people see.
	ID, Number string
	// Reference is the shop's order id, empty for a merged order.
	Reference string
	// References are the shop's orders in a merged order, as far as they are known.
	References []string
	State      WarehouseState
	Stage      Stage
	// LocationID is the stock location that the order draws on.
	LocationID string
	// Carrier and Service are texts that the account's owner chose.
	Carrier, Service string
	Tracking         string
	LabelError       string
	// HasAddress tells whether the order carries a delivery address.
	HasAddress bool
	// Unpaid tells that the warehouse takes the order for unpaid; it is parked then.
	Unpaid bool
	// Merged tells that the order holds the lines of several shop orders and has
	// the reference of none.
	Merged bool
	Lines  []WarehouseLine
	// ProcessedAt is zero until the order is processed.
	ProcessedAt time.Time
}

// WarehouseLine is a line of an order in Linnworks.
type WarehouseLine struct {
	// LineID is the shop's line id that the line was created with.
	LineID string
	// ShopLineIDs are the shop's lines of the units in it; empty if they are not
	// known, as when the line was split in the warehouse.
	ShopLineIDs []string
	// FromLineIDs are the shop's lines that the line was created for, if that is
	// known. A line that was split or changed since holds only some of them.
	FromLineIDs []string
	SKU         string
	Quantity    int
	// Unlinked tells that Linnworks does not know which item the line means.
	Unlinked bool
}

// OrderBook is the order book of the warehouse. References are the shop's order
// ids; an OrderBook answers for one shop.
type OrderBook interface {
	// FindOrders returns every order with one of the references, open, processed
	// or cancelled. A split order appears once per part. One that was merged with
	// others has lost its reference: an [OrderTracer] finds it by its id.
	FindOrders(ctx context.Context, references []string) ([]WarehouseOrder, error)
	// CreateOrders creates orders, except those that exist, and reads them back.
	// It must be safe to repeat, and one order's failure must not keep the others
	// out. The result has an entry for each, in their order.
	CreateOrders(ctx context.Context, orders []NewOrder) []CreatedOrder
	// ReleaseOrders marks parked orders as paid and lets the warehouse pick them.
	// It must be safe to repeat. The result has an error or nil for each, in their
	// order; what they then are is read back.
	ReleaseOrders(ctx context.Context, orders []OrderRelease) []error
}

// CreatedOrder is what became of an order that was to be created.
type CreatedOrder struct {
	Reference string
	// Found is what the warehouse has of it, whoever created it.
	Found []WarehouseOrder
	// Err says why the order is not there, or why nobody knows.
	Err error
}

// OrderRelease is a parked order to be released. The address replaces the one
// of the order unless it is empty.
type OrderRelease struct {
	Order   WarehouseOrder
	Address Address
}

// NewOrder is an order to create in the warehouse.
type NewOrder struct {
	Reference string
	// Parked reserves the stock but keeps everybody from shipping it. Unpaid orders
	// are parked too, and known as unpaid.
	Parked, Unpaid bool
	// LocationID is the stock location that the order draws on.
	LocationID string
	Lines      []NewOrderLine
	// Shipping is what the seller earns for shipping.
	Shipping Money
	Currency string
	// Service names the shipping service that the shop promised.
	Service   string
	Recipient Address
	// BuyerName is the shop's nickname of the buyer, Note what the buyer wrote.
	BuyerName, Note Private
	// Properties keep what the warehouse has no field for.
	Properties                     []Property
	ReceivedAt, PaidAt, DispatchBy time.Time
}

// NewOrderLine is a line of a [NewOrder]: equal units together.
type NewOrderLine struct {
	// LineID identifies the line within the order: the first of LineIDs.
	LineID string
	// LineIDs are the shop's line ids of the units.
	LineIDs  []string
	SKU      string
	Title    string
	Quantity int
	Price    Money // of one unit
}

// Property is a named text, kept with an order or shown with an exception.
type Property struct{ Name, Value string }
