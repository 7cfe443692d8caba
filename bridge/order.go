package bridge

import (
	"context"
	"fmt"
	"iter"
	"strings"
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

// OrderKind says what an order is besides an ordinary sale. The list is open:
// unknown values pass through.
type OrderKind string

// The kinds of orders of TikTok Shop. Free and odd prices are normal for them,
// and they are shipped like any other.
const (
	FreeSample  OrderKind = "free sample" // for a creator
	Replacement OrderKind = "replacement" // of an order that went wrong
	Exchange    OrderKind = "exchange"    // for goods that come back
	PreOrder    OrderKind = "pre-order"   // held until its release
	MadeToOrder OrderKind = "made to order"
	BackOrder   OrderKind = "back order"
	LotteryWin  OrderKind = "lottery win" // in a LIVE
)

// Order is an order as the shop described it at one moment.
type Order struct {
	// ID is the shop's order id.
	ID            string
	Status        OrderStatus
	ShippingModel ShippingModel
	// Kinds is empty for an ordinary sale.
	Kinds []OrderKind
	// RelatedID is the order that this one replaces, or is exchanged for.
	RelatedID string
	// Market is the two-letter code of the buyer's country, empty while unknown.
	Market string
	// CancelRequested tells that the buyer asked for a cancellation.
	CancelRequested bool
	// CancelRequestedAt is when the buyer last asked, zero if never. A request that
	// was decided or taken back leaves it set.
	CancelRequestedAt time.Time
	// CancelReason is the shop's reason of a cancelled order, CancelInitiator who
	// cancelled it, in the shop's word.
	CancelReason, CancelInitiator string
	// HoldUntil is the end of the remorse window if the seller has to wait it
	// out: orders of shops without the on-hold status arrive ready at once.
	HoldUntil time.Time
	// WarehouseID is the shop's warehouse that the order draws on.
	WarehouseID      string
	DeliveryOptionID string
	DeliveryOption   string
	// Lines has one entry per unit.
	Lines []OrderLine
	// Recipient is empty until the shop releases it. It may be masked: see
	// [Address].
	Recipient Address
	// AddressChanged tells that the buyer changed the address after ordering.
	AddressChanged bool
	Totals         Totals
	// PaymentMethod is the shop's name of it.
	PaymentMethod string
	// CashOnDelivery orders are shipped before they are paid.
	CashOnDelivery bool
	// BuyerName is the shop's nickname of the buyer, BuyerID the shop's id, Note
	// what the buyer wrote, SellerNote what the seller wrote down in the shop.
	BuyerName, BuyerID, Note, SellerNote Private
	// TaxNumber is the buyer's, for an invoice, and TaxName the name it is
	// registered for (Brazil).
	TaxNumber, TaxName Private
	// Details are what the shop says about the order besides, by the shop's name.
	// They are kept with the order in the warehouse. Never buyers' data.
	Details []Property
	// Unreadable says what of the shop's reply could not be read, such as an
	// amount. Such an order is raised and not imported; others go on.
	Unreadable string

	CreatedAt, PaidAt, UpdatedAt time.Time
	// ReleaseAt is when a pre-order becomes ready to ship.
	ReleaseAt time.Time
	// ShipBy, HandOverBy and PromisedBy are the latest times to ship, to be
	// collected by the carrier, and to be delivered, without counting as late.
	ShipBy, HandOverBy, PromisedBy time.Time
	// CancelledBy is when the shop cancels an order that was not shipped,
	// CollectBy when it cancels one that the carrier has not collected, DeliverBy
	// when it cancels one that was not delivered.
	CancelledBy, CollectBy, DeliverBy time.Time
	// ShippedAt, CollectedAt and DeliveredAt are when it was shipped, as the shop
	// counts, collected by the carrier, and delivered; zero until then.
	ShippedAt, CollectedAt, DeliveredAt time.Time
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
	// CancelReason is the shop's reason of a cancelled line.
	CancelReason string
	// Gift units are free and are shipped like others.
	Gift bool
	// Price is what the seller earns for the unit before fees: what the buyer
	// pays plus what the platform funds. Tax that comes on top is not in it.
	Price Money
	// ListPrice is before both discounts. The seller's is the seller's loss, the
	// platform's is paid to the seller by the platform, and so part of Price.
	ListPrice, SellerDiscount, PlatformDiscount Money
	// Tax is what the buyer pays for the unit on top of its price.
	Tax Money
	// Components are set when the shop sells the unit as a bundle of its own.
	Components []BundleComponent
	PackageID  string
	Tracking   string
	// CarrierID and Carrier are the shop's shipping provider, once shipped.
	CarrierID, Carrier string
	// Details are what the shop says about the unit besides, by the shop's name.
	Details []Property
}

// BundleComponent is what one unit of a shop's bundle is made of.
type BundleComponent struct {
	Listing  ListingSKU
	Quantity int
}

// Totals are the sums of an order as the shop states them. What the buyer paid is
//
//	Paid = Items + Shipping + Tax + Fees - PaymentDiscount
//
// unless the shop computes differently.
type Totals struct {
	Currency string
	// ListPrice is the price of all lines before both discounts, Items after them.
	ListPrice, Items Money
	SellerDiscount   Money
	PlatformDiscount Money
	// ShippingListPrice is before all discounts, Shipping what the buyer pays.
	ShippingListPrice, Shipping Money
	// ShippingFunded is the part of the shipping fee that the platform pays. The
	// seller pays the other two; of the co-funded one the platform returns a part
	// later, which is in its statement and not here.
	ShippingFunded, ShippingSellerDiscount, ShippingCofundedDiscount Money
	// TaxOnTop tells that prices are without tax, as in the US. Tax is then what
	// the buyer pays on top, and ShippingTax the part of it that is on shipping.
	TaxOnTop         bool
	Tax, ShippingTax Money
	// Fees are further amounts that the buyer pays; none is zero.
	Fees []Fee
	// PaymentDiscount is what the payment provider pays in the buyer's place.
	PaymentDiscount Money
	// Paid is what the buyer pays in total.
	Paid Money
}

// Funded is what others pay for the buyer, and the seller gets.
func (t Totals) Funded() Money {
	return Money{Currency: t.Currency}.plus(t.PlatformDiscount, t.ShippingFunded, t.PaymentDiscount)
}

// Fee is an amount besides goods, shipping and tax.
type Fee struct {
	// Name is the shop's, such as "small_order_fee".
	Name   string
	Amount Money
}

// Address is where an order goes. It prints as "[address]": buyers' data stays
// out of logs.
//
// The shop masks addresses with asterisks: all of it until the order may be
// shipped, and parts of it for good where the platform's carrier delivers. Masked
// addresses of strangers look alike; what that means for orders in the warehouse
// is told under "Masked addresses" in the documentation of the package.
type Address struct {
	Name, Company          string
	Line1, Line2, Line3    string
	Town, Region, Postcode string
	// Country is the two-letter code.
	Country      string
	Phone, Email string
	// Instructions say where to leave the parcel.
	Instructions string
}

// masked tells whether the shop hides part of the address.
func (a Address) masked() bool {
	return strings.Contains(a.Name, "*") || strings.Contains(a.Line1, "*") || strings.Contains(a.Postcode, "*")
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
	// first. It ends at the first error. One that cannot be read has its id and
	// [Order.Unreadable] alone.
	OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[Order, error]
	// OrdersByID reads orders as they are now. Ids that the shop does not know
	// are left out. So are orders that cannot be read: an [UnreadableError] names
	// them beside the others.
	OrdersByID(ctx context.Context, ids []string) ([]Order, error)
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
	// Split tells that it is known to be a part of a larger order.
	Split bool
	// ShippingModel is the one that it was imported with; empty if unknown.
	ShippingModel ShippingModel
	State         WarehouseState
	Stage         Stage
	// LocationID is the stock location that the order draws on.
	LocationID string
	// Carrier and Service are texts that the account's owner chose.
	Carrier, Service string
	Tracking         string
	// LabelError is why the last label failed, in the carrier's words, which may
	// name the buyer.
	LabelError Private
	// HasAddress tells whether the order carries a delivery address.
	HasAddress bool
	// Unpaid tells that the warehouse takes the order for unpaid; it is parked then.
	Unpaid bool
	// Merged tells that the order holds the lines of several shop orders and has
	// the reference of none.
	Merged bool
	Lines  []WarehouseLine
	// ProcessedAt is zero until the order is processed, UpdatedAt where the list
	// that it comes from does not say.
	ProcessedAt, UpdatedAt time.Time
	// DispatchBy is by when it must be sent; zero if unknown.
	DispatchBy time.Time
}

// shopOrders are the shop's orders in it.
func (w WarehouseOrder) shopOrders() []string {
	if w.Reference != "" {
		return []string{w.Reference}
	}
	return w.References
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
	// RelatedReference is the shop order that this one replaces or exchanges.
	RelatedReference string
	// Parked reserves the stock but keeps everybody from shipping it. Unpaid orders
	// are parked too, and known as unpaid.
	Parked, Unpaid bool
	// LocationID is the stock location that the order draws on.
	LocationID string
	Lines      []NewOrderLine
	// Shipping is what the seller earns for shipping, with ShippingTax in it.
	Shipping, ShippingTax Money
	// Fees are lines of the order that are no goods, with their tax in them.
	Fees []Fee
	// Discount is taken off the order as a whole.
	Discount Money
	// TaxStated tells that Tax and ShippingTax are the shop's word, zero included.
	// Otherwise the prices contain a tax that the warehouse has to work out.
	TaxStated bool
	Currency  string
	// Service names the shipping service that the shop promised, ServiceID is the
	// shop's id of it.
	Service, ServiceID string
	ShippingModel      ShippingModel
	PaymentMethod      string
	Recipient          Address
	// BuyerName is the shop's nickname of the buyer, Note what the buyer wrote,
	// SellerNote what the seller wrote down in the shop.
	BuyerName, Note, SellerNote Private
	// TaxNumber is the buyer's, for an invoice, and TaxName the name it is
	// registered for.
	TaxNumber, TaxName Private
	// Properties keep what the warehouse has no field for.
	Properties                     []Property
	ReceivedAt, PaidAt, DispatchBy time.Time
}

// Total is what the warehouse will show as the total of the order.
func (n NewOrder) Total() Money {
	sum := n.Shipping.minus(n.Discount)
	sum.Currency = n.Currency
	for _, line := range n.Lines {
		sum.Minor += line.Price.Minor * int64(line.Quantity)
	}
	for _, fee := range n.Fees {
		sum.Minor += fee.Amount.Minor
	}
	return sum
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
	// Price is of one unit, with Tax in it.
	Price, Tax Money
}

// Property is a named text, kept with an order or shown with an exception.
type Property struct{ Name, Value string }
