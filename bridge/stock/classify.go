package stock

import (
	"slices"
)

// DriftKind is why the shop does not show what was expected.
type DriftKind string

// The kinds of drift. Those up to ReadBack are innocent: the shop counts
// right, and the bridge had not heard of it yet.
const (
	// InFlight: a push or a sale of the last moments is on its way. The next
	// check looks again.
	InFlight DriftKind = "in flight"
	// UnseenSale: units lie in orders that the bridge has not seen yet.
	UnseenSale DriftKind = "sold, order not seen yet"
	// GivenBack: a cancellation gave units back.
	GivenBack DriftKind = "given back by a cancellation"
	// ReadBack: the outcome of a push was unknown, and is known now.
	ReadBack DriftKind = "outcome of a push read back"

	// Zeroed: an out-of-stock cancellation made the shop set the SKU to zero.
	Zeroed DriftKind = "zeroed by the shop"
	// SetHigher and SetLower: somebody else set another quantity.
	SetHigher DriftKind = "set higher in the shop"
	SetLower  DriftKind = "set lower in the shop"
	// LostPush: the shop accepted a quantity and goes on showing the one before.
	LostPush DriftKind = "push lost"
	// LatePush: the shop shows what an earlier push has set.
	LatePush DriftKind = "older push landed late"

	// The locks: more units are set aside than may be published.
	CampaignLock DriftKind = "locked by a campaign"
	CreatorLock  DriftKind = "locked by a creator"
	BothLocks    DriftKind = "locked by a campaign and a creator"

	// The catalogue has to be read again.
	SKUGone        DriftKind = "SKU gone from the shop"
	WarehouseGone  DriftKind = "warehouse taken off the SKU"
	WarehouseAdded DriftKind = "warehouse added to the SKU"
	Frozen         DriftKind = "product frozen"
	Deactivated    DriftKind = "product deactivated by the shop"
	Deleted        DriftKind = "product deleted"

	// ShopClosed: the shop as a whole sells nothing, and shows everything as sold out.
	ShopClosed DriftKind = "sold out with the whole shop"

	// Bundle: a bundle of the shop does not follow its components.
	Bundle DriftKind = "bundle differs from its components"
)

// DriftKinds are all kinds of drift.
func DriftKinds() []DriftKind {
	return []DriftKind{
		InFlight, UnseenSale, GivenBack, ReadBack, Zeroed, SetHigher, SetLower, LostPush, LatePush,
		CampaignLock, CreatorLock, BothLocks, SKUGone, WarehouseGone, WarehouseAdded,
		Frozen, Deactivated, Deleted, ShopClosed, Bundle,
	}
}

// foreign are the kinds that somebody who writes stock beside us leaves.
func (k DriftKind) foreign() bool {
	return k == SetHigher || k == SetLower || k == LostPush || k == LatePush
}

// shopShelf is a SKU in one of the shop's warehouses at one look.
//
// The shop keeps two numbers. What is available is set by a push; an order takes
// its units off at once and adds them to what is committed; a cancellation moves
// them back; shipping takes them off what is committed alone; a cancellation of
// the seller's for want of stock gives nothing back, but sets what is available
// to zero in all warehouses. So
//
//	expected  = last quantity accepted or seen − units of orders placed since
//	explained = committed at the last look     + units of orders placed since
//
// and what is committed is more than explained only if an order is unknown.
type shopShelf struct {
	shown, expected int
	// maybe are units of orders placed about when expected was set: it may have
	// them or not.
	maybe int
	// committed is more than explained by units that nobody has told of. based is
	// false at the first look.
	committed, explained int
	based                bool
	// before is what was expected before the last push, if no look has seen the
	// shop show that push.
	before      int
	unconfirmed bool
	earlier     [pastPushes]pushed // zero ones are none
}

// pushed is an earlier push: the shop would show from least to most if it landed
// now, or at any time since.
type pushed struct {
	least, most int
	known       bool
}

// finding is what became of a shopShelf; kind is empty if it is right.
type finding struct {
	kind DriftKind
	// unseen are units that count as sold until their orders appear.
	unseen int
}

// classify finds the simplest cause that explains a shopShelf: first orders, then
// pushes, and last somebody else.
func (s shopShelf) classify() finding {
	var f finding
	moved := 0
	if s.based {
		moved = s.committed - s.explained
	}
	diff := s.shown - s.expected
	if moved > 0 {
		f.kind, f.unseen = UnseenSale, moved
		if diff < 0 { // else a push has undone what the shop took off
			diff += min(moved, -diff)
		}
	}
	switch left := s.expected + diff; {
	case diff == 0, diff < 0 && -diff <= s.maybe:
		return f
	case diff > 0 && diff <= -moved:
		f.kind = GivenBack
	case !s.based && diff < 0 && -diff <= s.committed:
		f.kind = UnseenSale
	case s.unconfirmed && left == s.before:
		f.kind = LostPush
	case slices.ContainsFunc(s.earlier[:], func(p pushed) bool { return p.known && p.least <= left && left <= p.most }):
		f.kind = LatePush
	case diff > 0:
		f.kind = SetHigher
	default:
		f.kind = SetLower
	}
	// What was sold while as much was shipped looks the same: what may lie in orders
	// is not offered again before its order would have appeared.
	f.unseen += min(max(-diff, 0), max(s.committed-f.unseen, 0))
	return f
}

// driftRank orders kinds: a SKU has the one that comes last in any of its
// warehouses.
var driftRank = map[DriftKind]int{
	"": 0, GivenBack: 1, UnseenSale: 2, LostPush: 3, LatePush: 4, SetLower: 5, SetHigher: 6,
}

// classifySKU finds the cause of what all shelves of a SKU show, and how many
// units count as sold on each.
func classifySKU(shelves []shopShelf) (kind DriftKind, unseen []int) {
	empty, fell := true, false
	for i, s := range shelves {
		empty = empty && s.shown == 0
		fell = fell || s.based && s.committed < s.explained
		f := s.classify()
		if f.unseen > 0 {
			if unseen == nil {
				unseen = make([]int, len(shelves))
			}
			unseen[i] = f.unseen
		}
		if driftRank[f.kind] > driftRank[kind] {
			kind = f.kind
		}
	}
	if kind == SetLower && empty && fell {
		// An order has left, and instead of giving its units back all were taken.
		return Zeroed, unseen
	}
	return kind, unseen
}

// lockKind reports whether locks keep the shop from taking what is wanted.
func lockKind(wants []bookShelf, campaign, creator int) DriftKind {
	switch {
	case wants == nil || wantedUnits(wants) >= campaign+creator:
		return ""
	case creator == 0:
		return CampaignLock
	case campaign == 0:
		return CreatorLock
	}
	return BothLocks
}
