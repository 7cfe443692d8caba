package stock

import (
	"context"
	"iter"
	"time"
)

// Reader reads stock levels of the warehouse.
type Reader interface {
	// StockLevels reads the items by id. An item that the warehouse does not
	// return is left out: that is not the same as zero.
	StockLevels(ctx context.Context, itemIDs []string) (Reading, error)
}

// Reading is a set of levels.
type Reading struct {
	// At is when the reading began: everything that happened before it is in it.
	At time.Time
	// Available is what is free to sell, by item id and location id. It may be
	// negative. A location that is missing holds none.
	Available map[string]map[string]int
	// Untracked are the ids of items that the warehouse keeps no stock of: they
	// do not limit a kit, and no number would be right for them alone.
	Untracked map[string]bool
	// UntrackedIn are the locations, by item id and location id, where the
	// warehouse keeps no stock of an item that it tracks elsewhere. What
	// Available says about it there means nothing.
	UntrackedIn map[string]map[string]bool
}

// Tracked reports whether the warehouse keeps stock of an item at a location, so
// that the number in Available counts. It does of an item that was not read.
func (r Reading) Tracked(itemID, locationID string) bool {
	return !r.Untracked[itemID] && !r.UntrackedIn[itemID][locationID]
}

// Sweeper reads the levels of every item of the warehouse.
type Sweeper interface {
	// SweepStock yields the levels a page at a time, each page with its own
	// moment, kits among them. It ends at the first error. Items that are added or
	// removed during a sweep may move others from one page to another, so that one
	// comes twice or not at all: what is missing from a sweep need not be gone.
	SweepStock(ctx context.Context) iter.Seq2[Reading, error]
}

// Touches reports which items' stock may have changed, and which orders are locked.
type Touches interface {
	// ItemsTouched reads the orders of any channel that changed since a moment.
	ItemsTouched(ctx context.Context, since time.Time) (Touched, error)
}

// Touched is what the orders that changed since a moment say of stock.
type Touched struct {
	// ItemIDs are those of the items on them, each once and sorted; of a kit also of its
	// components. Levels that change without an order (deliveries, counts, returns, a
	// line taken off an order) are not in it: they need a sweep.
	ItemIDs []string
	// Orders are those of them that the shops of the bridge have sold, open or not.
	Orders []TouchedOrder
	// UpTo is when the read began, the moment to ask from next time, less an overlap that
	// the caller chooses: it has to cover the difference between the two clocks and the
	// lag of the warehouse's lists.
	UpTo time.Time
}

// TouchedOrder is an order of the warehouse that a shop of the bridge has sold.
type TouchedOrder struct {
	// ID is the warehouse's id, OrderIDs are the shop's: several if orders were merged,
	// none if it cannot be told which.
	ID       string
	OrderIDs []string
	// UpdatedAt is when it changed last.
	UpdatedAt time.Time
	// Elsewhere reports whether another shop of the account has sold it.
	Elsewhere bool
	// Locked reports whether a person or a rule has locked it: the warehouse gives the
	// units of such an order free, although they are sold.
	Locked bool
	// Items are the units that it takes, by item id, of a kit also those of its components,
	// and LocationID is where. An order that is cancelled takes none.
	Items      map[string]int
	LocationID string
}

// ItemStates reports what became of items that a reading left out.
type ItemStates interface {
	// ItemStates returns the state of every item that is asked for, by id.
	ItemStates(ctx context.Context, itemIDs []string) (map[string]ItemState, error)
}

// ItemState is what the warehouse says about an item.
type ItemState struct {
	// SKU is empty where it is not known.
	SKU string
	// Archived items are in no list and no reading.
	Archived bool
	// Deleted items are unknown to the warehouse.
	Deleted bool
	// Kit reports whether the item is made of others.
	Kit bool
}

// Active reports whether the item can be sold: its level can be read, and if a
// reading left it out, it is to be read again.
func (s ItemState) Active() bool { return !s.Archived && !s.Deleted }

// String is the state in a word or two.
func (s ItemState) String() string {
	switch {
	case s.Deleted:
		return "deleted"
	case s.Archived:
		return "archived"
	case s.Kit:
		return "active kit"
	}
	return "active"
}
