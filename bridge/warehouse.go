package bridge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// parkedByUs reports whether a parked order waits because the bridge has stopped it:
// only then may the bridge let it go.
func parkedByUs(r store.Record, w WarehouseOrder) bool {
	return r.Releasing || w.MadeParked && r.ReleasedAt.IsZero() || r.ParkedAt.After(r.ReleasedAt)
}

// findOwn looks an order up by its reference, and leaves out what the bridge did not
// make.
func findOwn(ctx context.Context, book OrderBook, references ...string) ([]WarehouseOrder, error) {
	found, err := book.FindOrders(ctx, references)
	own, _ := byMaker(found)
	return own, err
}

// byMaker separates the bridge's own orders from those of others.
func byMaker(found []WarehouseOrder) (own, foreign []WarehouseOrder) {
	for _, w := range found {
		if w.Foreign == "" {
			own = append(own, w)
		} else {
			foreign = append(foreign, w)
		}
	}
	return own, foreign
}

// liveParts are the parts of an order that are not cancelled.
func liveParts(found []WarehouseOrder) []WarehouseOrder {
	var live []WarehouseOrder
	for _, w := range found {
		if w.State != Dropped {
			live = append(live, w)
		}
	}
	return live
}

// StateOf is the state of an order whose parts found are, as an [OrderBook]
// returns them: that of the least advanced part that is not cancelled.
func StateOf(found []WarehouseOrder) WarehouseState {
	order := []WarehouseState{Parked, Locked, Open, Processed, Dropped}
	state := Absent
	for _, w := range found {
		if state == Absent || slices.Index(order, w.State) < slices.Index(order, state) {
			state = w.State
		}
	}
	return state
}

func numberOf(found []WarehouseOrder) string {
	var numbers []string
	for _, w := range found {
		numbers = append(numbers, w.Number)
	}
	return strings.Join(numbers, ", ")
}

// OrderTracer finds orders whatever became of them.
type OrderTracer interface {
	// TraceOrders returns what the orders with these ids are now, by the ids given:
	// the order itself, or those that it was merged or split into. An order that is
	// gone without a successor is left out.
	TraceOrders(ctx context.Context, ids []string) (map[string][]WarehouseOrder, error)
	// FindMerged returns the merged orders that hold goods of the shop's orders with
	// these references and have changed since then, by reference: for orders whose id
	// in the warehouse nobody has heard of, and that are no longer found by their
	// reference. What could not be read is in the error, beside what was. It is slow, and
	// seldom needed.
	FindMerged(ctx context.Context, since time.Time, references []string) (map[string][]WarehouseOrder, error)
}

// inDoubt reports whether the warehouse may have an order under an id that the bridge
// has not heard of.
func inDoubt(r store.Record) bool { return r.OutcomeUnknown && len(r.WarehouseIDs) == 0 }

// findMerged looks for orders that are in doubt, and that are not found by their
// reference, among merged ones. An error is about those that it has not found.
func findMerged(ctx context.Context, tracer OrderTracer, doubtful ...store.Record) (map[string][]WarehouseOrder, error) {
	var references []string
	since := doubtful[0].SentAt
	for _, r := range doubtful {
		references = append(references, r.OrderID)
		if r.SentAt.Before(since) {
			since = r.SentAt
		}
	}
	// A creation is repeated, and SentAt is that of the last time.
	merged, err := tracer.FindMerged(ctx, since.Add(-mergedBefore), references)
	if err != nil {
		err = fmt.Errorf("looking for it in merged orders: %w", err)
	}
	live := map[string][]WarehouseOrder{}
	for _, id := range references {
		live[id] = liveParts(merged[id])
	}
	return live, err
}

// mergedBefore is how long before it was last sent an order may have been merged that
// was sent before: it is looked for after each time.
const mergedBefore = 2 * time.Hour

// WarehouseState is what the warehouse may do with an order now.
type WarehouseState string

// WarehouseOrder is an order as Linnworks holds it.
type WarehouseOrder struct {
	// ID is Linnworks' order id, Number the number that people see.
	ID, Number string
	// Reference is the shop's order id, empty for a merged order.
	Reference string
	// References are the shop's orders in a merged order, those that are known.
	References []string
	// Foreign is where the order comes from if the bridge did not make it: a person, or
	// another integration, under the same reference. It is empty for the bridge's own.
	Foreign string
	// Sibling reports whether the bridge of another shop on the same account made the
	// order. Foreign names that shop.
	Sibling bool
	// Split reports whether it is known to be a part of a larger order.
	Split bool
	// MadeParked reports whether it was created from a [NewOrder] that is Parked. That
	// stays so for good: together with the records it says whether the bridge has
	// parked an order that waits, or somebody else.
	MadeParked bool
	// ShippingModel is the one that it was imported with; empty if unknown.
	ShippingModel ShippingModel
	State         WarehouseState
	Stage         stage.Stage
	// LocationID is the stock location that the order draws on.
	LocationID string
	// Carrier and Service are texts that the account's owner chose.
	Carrier, Service string
	Tracking         string
	// LabelError is why the last label failed, in the carrier's words, which may
	// name the buyer.
	LabelError Private
	// HasAddress reports whether the order carries a delivery address.
	HasAddress bool
	// Unpaid reports whether the warehouse takes the order for unpaid; it is parked then.
	Unpaid bool
	// Merged reports whether the order holds the lines of several shop orders and has
	// none of their references.
	Merged bool
	Lines  []WarehouseLine
	// ProcessedAt is zero until the order is processed, UpdatedAt where the list
	// that it comes from does not say.
	ProcessedAt, UpdatedAt time.Time
	// DispatchBy is by when it must be sent; zero if unknown.
	DispatchBy time.Time
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
	// Unlinked reports whether Linnworks does not know which item the line means.
	Unlinked bool
}

// Label is a shipping label of the shop's carrier.
type Label struct {
	PackageID string
	Tracking  string
	Carrier   string
}

// OrderBook is the order book of the warehouse. References are the shop's order
// ids; an OrderBook answers for one shop.
type OrderBook interface {
	// FindOrders returns every order with one of the references, open, processed
	// or cancelled. Those that others made say so, see [WarehouseOrder.Foreign]. A split
	// order appears once per part. One that was merged with others has lost its
	// reference: an [OrderTracer] finds it by its id.
	FindOrders(ctx context.Context, references []string) ([]WarehouseOrder, error)
	// CreateOrders creates orders, except those that exist, and reads them back.
	// It must be safe to repeat, and one order's failure must not keep the others
	// out. The result has an entry for each, in their order. An
	// [exceptions.LaterError] says that the warehouse comes for the order by itself.
	CreateOrders(ctx context.Context, orders []NewOrder) []CreatedOrder
	// ReleaseOrders marks parked orders as paid and lets the warehouse pick them.
	// It must be safe to repeat. The result has an error or nil for each, in their
	// order; what they then are is read back.
	ReleaseOrders(ctx context.Context, orders []OrderRelease) []error
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
	Shipping, ShippingTax money.Amount
	// Fees are lines of the order that are no goods, with their tax in them.
	Fees []Fee
	// Discount is taken off the order as a whole.
	Discount money.Amount
	// TaxStated reports whether Tax and ShippingTax are the shop's word, zero included.
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
	// Sale is the proof of the total, for the record of the order.
	Sale money.Sale
	// Properties keep what the warehouse has no field for.
	Properties                     []exceptions.Property
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
	// Price is of one unit, with Tax in it.
	Price, Tax money.Amount
}
