package store

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// Revision counts the changes of a ledger. The first change has a revision above
// zero, a later one a higher revision, over all shops of the account and across
// restarts of the store; numbers may be left out.
type Revision int64

// Reservation is what one shop order takes from stock, from the moment the
// bridge first sees the order until a stock reading must have seen it too. It
// holds nothing about the buyer.
type Reservation struct {
	// Shop is the name of the shop whose order it is. The store sets it.
	Shop    string
	OrderID string
	// Lines are the shop's lines that take stock, and what each takes.
	Lines []ReservedLine
	// Items are units by stock item id; kits are broken down. They are the sum
	// of the lines.
	Items map[string]int
	// LocationID is the stock location that the order draws on.
	LocationID string
	// CreatedAt is when the order was placed in the shop, SeenAt when the bridge
	// first saw it.
	CreatedAt, SeenAt time.Time
	// VisibleAt is when the warehouse was known to hold the order and to count
	// its units; zero until then. A reading that began after it has them in it.
	VisibleAt time.Time
	// Unseen says why the warehouse does not count the units, while VisibleAt is
	// zero.
	Unseen Unseen
	// Revision is that of the last put, VisibleFrom that of the put since which the
	// units have been visible without a break, or 0 while they are not. A reading
	// that began when its reader knew VisibleFrom has the units in it, whatever the
	// clocks say. The store sets both.
	Revision, VisibleFrom Revision
}

// Unseen is why the warehouse does not count the units of an order.
type Unseen string

// The reasons.
const (
	UnseenAbsent   Unseen = "not in the warehouse yet"
	UnseenDropped  Unseen = "cancelled in the warehouse, alive in the shop"
	UnseenLocked   Unseen = "locked in the warehouse, which frees its stock"
	UnseenUnlinked Unseen = "a line in the warehouse is not linked to a stock item"
	UnseenUnknown  Unseen = "the warehouse could not be asked for it"
)

// ReservedLine is what one line of a shop order, a unit, takes from stock.
type ReservedLine struct {
	// LineID is the shop's line id, SKUID the shop's id of what was sold.
	LineID, SKUID string
	// SKU is the warehouse's SKU of it, or the seller's where that is not known.
	SKU string
	// Items are units by stock item id; empty if the listing is not mapped.
	Items map[string]int
	// Components are the units that the shop takes off other SKUs of its own, by
	// their ids, because what was sold is a bundle of the shop.
	Components map[string]int
}

// Why says why the units are still reserved.
func (r Reservation) Why() string {
	if r.VisibleAt.IsZero() {
		return string(cmp.Or(r.Unseen, UnseenAbsent))
	}
	return "in the warehouse since " + r.VisibleAt.UTC().Format("2006-01-02 15:04:05 UTC") + "; waits for a stock reading that began later"
}

// clone copies what a caller could change.
func (r Reservation) clone() Reservation {
	r.Items, r.Lines = maps.Clone(r.Items), slices.Clone(r.Lines)
	for i := range r.Lines {
		r.Lines[i].Items, r.Lines[i].Components = maps.Clone(r.Lines[i].Items), maps.Clone(r.Lines[i].Components)
	}
	r.CreatedAt, r.SeenAt, r.VisibleAt = utc(r.CreatedAt), utc(r.SeenAt), utc(r.VisibleAt)
	return r
}

// Change is what became of the reservation of an order.
type Change struct {
	Revision Revision
	// Reservation is what was put. If the order was dropped only Shop and OrderID
	// are set.
	Reservation Reservation
	Dropped     bool
}

// ErrRevision is wrapped by the error of [Ledger.LedgerChanges] for a revision
// since which not all changes are still known, or which the ledger has not
// reached: it was begun anew. Read it from revision 0.
var ErrRevision = errors.New("store: the ledger does not know what changed since that revision: read it again from the start")

// Ledger keeps the reservations that stock readings cannot know yet, by shop and
// order. The shop that it belongs to writes its own; all read those of the
// account, because all sell from the same stock.
type Ledger interface {
	// PutReservations adds or replaces reservations of the shop's orders. Each put
	// is a change with a revision of its own, also if it puts what is there.
	PutReservations(ctx context.Context, reservations ...Reservation) error
	// DropReservations forgets orders of the shop. Unknown ones are ignored.
	DropReservations(ctx context.Context, orderIDs ...string) error
	// ReservationsOf returns those that there are of the shop's orders given, by
	// order id.
	ReservationsOf(ctx context.Context, orderIDs ...string) (map[string]Reservation, error)
	// Reservations returns those of every shop of the account, by shop and order id.
	Reservations(ctx context.Context) ([]Reservation, error)
	// LedgerChanges returns what has changed in the ledger of the account after a
	// revision, by revision, the last change of each order only; and the revision up
	// to which that is everything. Who goes on from there misses nothing: a change
	// never appears at or below a revision that was returned. After 0 these are the
	// reservations that there are. A store may forget what was dropped, but not the
	// last 1,000; a reader that is too far behind gets [ErrRevision].
	LedgerChanges(ctx context.Context, after Revision) (changes []Change, now Revision, err error)
	// SetSeenUpTo notes that every order that the shop had at a moment of its own
	// clock has been seen: its units are reserved, or need not be. A moment before
	// the one noted is ignored.
	SetSeenUpTo(ctx context.Context, moment time.Time) error
	// SeenUpTo returns the moments noted by the shops of the account, by name. It
	// has no entry for a shop that never noted one. Read it before the reservations:
	// they then have all orders of the shop up to that moment.
	SeenUpTo(ctx context.Context) (map[string]time.Time, error)
}
