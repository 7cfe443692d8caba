package returns

import (
	"context"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/money"
)

// Changes is what happened to returns of a shop.
type Changes interface {
	// ReturnsSince returns every return that changed at a moment of the shop's clock or
	// after it, in any order. Those that there are may be more than could be read: then
	// the list has what was, beside the error. If that is an [exceptions.UnreadableError], it
	// names all that are missing.
	ReturnsSince(ctx context.Context, since time.Time) ([]Return, error)
}

// Sent is an order of the warehouse that holds units of an order of the shop, with what
// was booked for it after it had left.
type Sent struct {
	ID, Number, LocationID string
	// Gone reports that it was sent: only then can anything be booked. Dropped reports
	// that it was cancelled.
	Gone, Dropped bool
	Currency      string
	Rows          []Row
	Refunds       []BookedRefund
	Goods         []BookedGoods
}

// Row is a line of a warehouse order.
type Row struct {
	ID, SKU  string
	Quantity int
	// Worth is what it was sold for, in minor units: it shares out the refund of a bundle
	// that the warehouse has as several rows.
	Worth int64
	// LineIDs are the units of the shop that it is made of. A row may hold several units,
	// and a unit several rows.
	LineIDs []string
}

// units is how many units of the row belong to so many of its shop lines.
func (r Row) units(lines int) int {
	if lines >= len(r.LineIDs) {
		return r.Quantity
	}
	return r.Quantity * lines / len(r.LineIDs)
}

// BookedRefund is a refund that the warehouse has on record.
type BookedRefund struct {
	// ID is the warehouse's, Reference the one that it was booked under.
	ID, Reference string
	Amount        money.Amount
	// Unread reports that its amount is none.
	Unread bool
	// Done reports that nothing is left to do about it in the warehouse.
	Done bool
	At   time.Time
}

// BookedGoods are goods that the warehouse waits for, or has received if Done is set.
type BookedGoods struct {
	ID, Reference string
	Rows          []GoodsRow
	Done          bool
}

// GoodsRow is how many units of a row come back, and how many of them are scrapped.
type GoodsRow struct {
	RowID           string
	Quantity, Scrap int
}

// quantity is how many units of a row are in it.
func (g BookedGoods) quantity(rowID string) (n int) {
	for _, r := range g.Rows {
		if r.RowID == rowID {
			n += r.Quantity
		}
	}
	return n
}

// scraps reports whether any of it is scrapped.
func (g BookedGoods) scraps() bool {
	return slices.ContainsFunc(g.Rows, func(r GoodsRow) bool { return r.Scrap > 0 })
}

// RefundUnit is what a line of a refund is for.
type RefundUnit string

// The units.
const (
	RefundItem     RefundUnit = "item"
	RefundShipping RefundUnit = "shipping"
	RefundOther    RefundUnit = "other"
)

// RefundLine is a part of a refund. RowID and Quantity are those of an item.
type RefundLine struct {
	Unit     RefundUnit
	RowID    string
	Quantity int
	Amount   money.Amount
}

// RefundBooking is a refund to be booked for one order of the warehouse.
type RefundBooking struct {
	WarehouseID, Reference, Note string
	Lines                        []RefundLine
}

// GoodsBooking are goods of one order of the warehouse that come back to a location.
type GoodsBooking struct {
	WarehouseID, Reference, Note, LocationID string
	Rows                                     []GoodsRow
}

// Warehouse is where refunds and goods that come back are booked. What it does not take
// is an [exceptions.RefusedError]; after any other error a booking may have been made.
//
// [exceptions.RefusedError]: https://pkg.go.dev/github.com/linnbridge/linnbridge/bridge/exceptions#RefusedError
type Warehouse interface {
	// SentOrders returns the orders that hold the units of an order of the shop. ids are
	// those that the bridge remembers, which may have been split or merged since; without
	// any, orders are found by the shop's order id.
	SentOrders(ctx context.Context, orderID string, ids []string) ([]Sent, error)
	// BookRefund books a refund, FinishRefund makes it final.
	BookRefund(ctx context.Context, b RefundBooking) error
	FinishRefund(ctx context.Context, warehouseID, refundID string) error
	// BookGoods books goods that are to come, FinishGoods moves them into stock, or scraps
	// them, and DropGoods takes the booking back.
	BookGoods(ctx context.Context, b GoodsBooking) error
	FinishGoods(ctx context.Context, warehouseID, bookingID string) error
	DropGoods(ctx context.Context, bookingID string) error
}
