package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// LiveLines returns the lines of the order that are not cancelled.
func (o Order) LiveLines() []OrderLine {
	return slices.DeleteFunc(slices.Clone(o.Lines), func(l OrderLine) bool { return l.Cancelled })
}

// LineIDs returns the ids of lines.
func LineIDs(lines []OrderLine) []string {
	ids := make([]string, len(lines))
	for i, l := range lines {
		ids[i] = l.ID
	}
	return ids
}

// trackings lists the numbers of the lines, each once.
func trackings(lines []OrderLine) []string {
	var list []string
	for _, line := range lines {
		if line.Tracking != "" && !slices.Contains(list, line.Tracking) {
			list = append(list, line.Tracking)
		}
	}
	return list
}

// firstDeadline is the earlier of the order's two clocks, zero if it has none.
func firstDeadline(o Order) time.Time {
	if o.ShipBy.IsZero() || !o.CancelledBy.IsZero() && o.CancelledBy.Before(o.ShipBy) {
		return o.CancelledBy
	}
	return o.ShipBy
}

func ordersByID(orders []Order) map[string]*Order {
	byID := make(map[string]*Order, len(orders))
	for i := range orders {
		byID[orders[i].ID] = &orders[i]
	}
	return byID
}

// shippable reports whether goods may move. With the shop's own carrier they still
// lie in the warehouse when the label exists and the order awaits collection;
// with the seller's they have left by then.
func shippable(o Order) bool {
	switch o.Status {
	case AwaitingShipment, PartiallyShipping:
		return true
	case AwaitingCollection:
		return o.ShippingModel == TikTokShipping
	}
	return false
}

// cancelledProperty is the extended property that says what of the sale is cancelled.
const cancelledProperty = "tiktok.cancelled"

func orderLock(id string) string { return part.OrderLock(id) }

// maxLocks is how many locks a store is asked for at once.
const maxLocks = 200

// lockOrders takes the locks of orders, and waits for those that others have: each
// once and in one order, so that two that want several cannot wait for one another.
// Where nobody has any of them, that is one call.
func lockOrders(ctx context.Context, locks store.Locks, ids []string) (held context.Context, unlock func(), err error) {
	var keys []string
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		keys = append(keys, orderLock(id))
	}
	if len(keys) > 1 && len(keys) <= maxLocks {
		held, taken, unlock, err := locks.TryLock(ctx, keys...)
		if err != nil || len(taken) == len(keys) {
			return held, unlock, err
		}
		unlock()
	}
	var unlocks []func()
	unlock = func() {
		for _, u := range unlocks {
			u()
		}
	}
	for _, key := range keys {
		held, u, err := locks.Lock(ctx, key)
		if err != nil {
			unlock()
			return ctx, nil, err
		}
		ctx, unlocks = held, append(unlocks, u) //nolint:fatcontext // it carries the locks taken so far
	}
	return ctx, unlock, nil
}

// readOrder reads one order as the shop has it now.
func readOrder(ctx context.Context, source OrderSource, id string) (Order, error) {
	orders, err := source.OrdersByID(ctx, []string{id})
	if err != nil {
		return Order{}, fmt.Errorf("reading it in the shop: %w", err)
	}
	if len(orders) != 1 || orders[0].ID != id {
		return Order{}, errNotReturned
	}
	return orders[0], nil
}

// gone reports whether the goods have left, whoever sent them.
func gone(o Order) bool {
	return o.Status == InTransit || o.Status == Delivered || o.Status == Completed
}

// sent reports whether the shop counts the goods as handed over, or to be collected.
func sent(o Order) bool { return o.Status == AwaitingCollection || gone(o) }

var errNotReturned = errors.New("the shop does not return the order")

// shippingDeadline is the first of the shop's deadlines for an order that is not
// shipped yet; zero if there is none.
func shippingDeadline(o Order) time.Time {
	switch o.Status {
	case Unpaid, OnHold, AwaitingShipment, PartiallyShipping:
		if part.CompareTimes(o.CancelledBy, o.ShipBy) < 0 {
			return o.CancelledBy.UTC()
		}
		return o.ShipBy.UTC()
	}
	return time.Time{}
}

// PackageIDs returns the packages of lines, each once.
func PackageIDs(lines []OrderLine) []string {
	var list []string
	for _, l := range lines {
		if l.PackageID != "" && !slices.Contains(list, l.PackageID) {
			list = append(list, l.PackageID)
		}
	}
	return list
}

// listingsOf lists every listing that the orders name, once.
func listingsOf(orders []Order) []catalogue.SKU {
	var list []catalogue.SKU
	seen := map[catalogue.SKU]bool{}
	add := func(l catalogue.SKU) {
		if !seen[l] {
			seen[l] = true
			list = append(list, l)
		}
	}
	for _, o := range orders {
		for _, line := range o.Lines {
			add(line.Listing)
			for _, c := range line.Components {
				add(c.Listing)
			}
		}
	}
	return list
}

// sortedLines puts the lines into one order: the shop's changes between calls.
func sortedLines(lines []OrderLine) []OrderLine {
	return slices.SortedFunc(slices.Values(lines), func(a, b OrderLine) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
}

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
	// Kinds is empty for an ordinary sale.
	Kinds []policy.Kind
	// RelatedID is the order that this one replaces, or is exchanged for.
	RelatedID string
	// Market is the two-letter code of the buyer's country, empty while unknown.
	Market string
	// CancelRequested reports whether the buyer asked for a cancellation.
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
	// AddressChanged reports whether the buyer changed the address after ordering.
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
	// Details are what else the shop says about the order, by the shop's name.
	// They are kept with the order in the warehouse. Never buyers' data.
	Details []exceptions.Property
	// Unread are amounts that could not be read, by the shop's name, and count as
	// zero. The order is imported without them, and they are raised.
	Unread []exceptions.Property
	// Unreadable says what of the shop's reply could not be read and is needed, such
	// as what was paid. Such an order is raised and not imported; others go on.
	Unreadable string

	// ReadAt is when the reading of the order began, by the clock of whoever read it;
	// zero if it is not known how old it is.
	ReadAt time.Time

	CreatedAt, PaidAt, UpdatedAt time.Time
	// ReleaseAt is when a pre-order becomes ready to ship.
	ReleaseAt time.Time
	// ShipBy, HandOverBy and PromisedBy are the latest times to ship, to be
	// collected by the carrier, and to be delivered, without counting as late.
	ShipBy, HandOverBy, PromisedBy time.Time
	// PickUpBy is the last pick-up of the platform's carrier that does not count as
	// late, where the shop tells (South-East Asia).
	PickUpBy time.Time
	// CancelledBy is when the shop cancels an order that was not shipped,
	// CollectBy when it cancels one that the carrier has not collected, DeliverBy
	// when it cancels one that was not delivered.
	CancelledBy, CollectBy, DeliverBy time.Time
	// ShippedAt, CollectedAt and DeliveredAt are when it was shipped, as the shop
	// counts, collected by the carrier, and delivered; zero until then.
	ShippedAt, CollectedAt, DeliveredAt time.Time
}

// Held reports whether the order must not be shipped yet at now.
func (o Order) Held(now time.Time) bool {
	return o.Status == Unpaid || o.Status == OnHold || o.HoldUntil.After(now)
}

// PlacedAt is when the order counts as placed: paid, or, if it is paid on delivery,
// ordered. Zero while a payment is awaited.
func (o Order) PlacedAt() time.Time {
	if o.CashOnDelivery && o.Status != Unpaid {
		return o.CreatedAt
	}
	return o.PaidAt
}

// PolicyKinds are the order's kinds, those that its lines and its shipping show too.
func (o Order) PolicyKinds() []policy.Kind {
	kinds := slices.Clone(o.Kinds)
	for _, k := range [...]struct {
		kind policy.Kind
		is   bool
	}{
		{policy.GiftWithPurchase, slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return l.Gift })},
		{policy.Bundle, slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return len(l.Components) > 0 })},
		{policy.ByTikTok, o.ShippingModel == FulfilledByTikTok},
	} {
		if k.is {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// OrderLine is one unit of an order.
type OrderLine struct {
	// ID is the shop's line id.
	ID        string
	Listing   catalogue.SKU
	Title     string
	Cancelled bool
	// CancelReason is the shop's reason of a cancelled line.
	CancelReason string
	// Gift units are free and are shipped like others.
	Gift bool
	// Price is what the seller earns for the unit before fees: what the buyer
	// pays plus what the platform funds. Tax that comes on top is not in it.
	Price money.Amount
	// ListPrice is before both discounts. The seller's is the seller's loss, the
	// platform's is paid to the seller by the platform, and so part of Price.
	ListPrice, SellerDiscount, PlatformDiscount money.Amount
	// Tax is what the buyer pays for the unit on top of its price.
	Tax money.Amount
	// Components are set when the shop sells the unit as a bundle of its own.
	Components []catalogue.BundleComponent
	PackageID  string
	Tracking   string
	// CarrierID and Carrier are the shop's shipping provider, once shipped.
	CarrierID, Carrier string
	// Details are what else the shop says about the unit, by the shop's name.
	Details []exceptions.Property
}

// Totals are the sums of an order as the shop states them. What the buyer paid is
//
//	Paid = Items + Shipping + Tax + Fees - PaymentDiscount
//
// unless the shop computes differently.
type Totals struct {
	Currency string
	// ListPrice is the price of all lines before both discounts, Items after them.
	ListPrice, Items money.Amount
	SellerDiscount   money.Amount
	PlatformDiscount money.Amount
	// ShippingListPrice is before all discounts, Shipping what the buyer pays.
	ShippingListPrice, Shipping money.Amount
	// ShippingFunded is the part of the shipping fee that the platform pays. The
	// seller pays the other two; of the co-funded one the platform returns a part
	// later, which is in its statement and not here.
	ShippingFunded, ShippingSellerDiscount, ShippingCofundedDiscount money.Amount
	// TaxOnTop reports whether prices are without tax, as in the US. Tax is then what
	// the buyer pays on top, and ShippingTax the part of it that is on shipping.
	TaxOnTop         bool
	Tax, ShippingTax money.Amount
	// Fees are further amounts that the buyer pays; none is zero.
	Fees []Fee
	// PaymentDiscount is what the payment provider pays in the buyer's place.
	PaymentDiscount money.Amount
	// Paid is what the buyer pays in total.
	Paid money.Amount
}

// Funded is what others pay for the buyer, and the seller gets.
func (t Totals) Funded() money.Amount {
	return money.Amount{Currency: t.Currency}.Plus(t.PlatformDiscount, t.ShippingFunded, t.PaymentDiscount)
}

// Fee is an amount other than goods, shipping and tax.
type Fee struct {
	// Name is the shop's, such as "small_order_fee".
	Name   string
	Amount money.Amount
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

// masked reports whether the shop hides part of the address.
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
	// OrdersByID reads orders as they are now. Ids that the shop does not know, or
	// refuses to show, are left out and cost the others nothing. So are orders that
	// cannot be read. An [exceptions.UnreadableError] beside the others may name them
	// with the reason; any other error means that the shop did not answer.
	OrdersByID(ctx context.Context, ids []string) ([]Order, error)
}

// OpenOrderSource lists the shop's orders by what they are, not by when they
// changed.
type OpenOrderSource interface {
	// OrdersByStatus yields the orders that have the status now and were placed at
	// or after from, those placed first first. It ends at the first error.
	OrdersByStatus(ctx context.Context, status OrderStatus, from time.Time) iter.Seq2[Order, error]
}

// The states of an order in Linnworks.
const (
	Absent    WarehouseState = "absent"    // there is no such order
	Parked    WarehouseState = "parked"    // reserved, nobody may ship it
	Open      WarehouseState = "open"      // free to pick
	Locked    WarehouseState = "locked"    // stopped by a person or a rule; does not reserve
	Processed WarehouseState = "processed" // gone
	Dropped   WarehouseState = "cancelled" // cancelled in the warehouse
)

// shopOrders are the shop's orders in it.
func (w WarehouseOrder) shopOrders() []string {
	if w.Reference != "" {
		return []string{w.Reference}
	}
	return w.References
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

// Total is what the warehouse will show as the total of the order.
func (n NewOrder) Total() money.Amount {
	sum := n.Shipping.Minus(n.Discount)
	sum.Currency = n.Currency
	for _, line := range n.Lines {
		sum.Minor += line.Price.Minor * int64(line.Quantity)
	}
	for _, fee := range n.Fees {
		sum.Minor += fee.Amount.Minor
	}
	return sum
}

// fmt prints a pointer within a list or a map with %s or %q without asking its
// fields how they print: an address would show. What holds buyers' data
// therefore has a short text of its own for these two verbs, and prints all of
// its fields, each in its own way, for the others.

// Format prints the order's id for %s and %q.
func (o Order) Format(f fmt.State, verb rune) {
	type fields Order
	format(f, verb, "order "+o.ID, fields(o))
}

// Format prints the order's reference for %s and %q.
func (n NewOrder) Format(f fmt.State, verb rune) {
	type fields NewOrder
	format(f, verb, "new order "+n.Reference, fields(n))
}

// Format prints the reference of the order for %s and %q.
func (c CreatedOrder) Format(f fmt.State, verb rune) {
	type fields CreatedOrder
	format(f, verb, "created order "+c.Reference, fields(c))
}

// Format prints the number of the order for %s and %q.
func (w WarehouseOrder) Format(f fmt.State, verb rune) {
	type fields WarehouseOrder
	format(f, verb, "warehouse order "+w.Number, fields(w))
}

// Format prints the number of the order for %s and %q.
func (r OrderRelease) Format(f fmt.State, verb rune) {
	type fields OrderRelease
	format(f, verb, "release of warehouse order "+r.Order.Number, fields(r))
}

func format(f fmt.State, verb rune, short string, fields any) {
	if verb == 's' || verb == 'q' {
		fields = short
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), fields)
}

// readOrders reads orders by id. Those that cannot be read are left out as those
// that the shop does not know.
func readOrders(ctx context.Context, source OrderSource, ids []string) ([]Order, error) {
	orders, err := source.OrdersByID(ctx, ids)
	_, err = exceptions.UnreadableIn(err)
	return orders, err
}

// firstSet returns the first moment that is set: the warehouse demands a
// despatch date even where the shop gives none.
func firstSet(moments ...time.Time) time.Time {
	for _, t := range moments {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Time{}
}
