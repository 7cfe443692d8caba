package stock

import (
	"fmt"
	"slices"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// seenAt is a shelf where what is committed is known.
func seenAt(shown, expected, committed, explained int) shopShelf {
	return shopShelf{shown: shown, expected: expected, committed: committed, explained: explained, based: true}
}

func (s shopShelf) with(change func(*shopShelf)) shopShelf {
	change(&s)
	return s
}

func TestClassifyShelf(t *testing.T) {
	unconfirmed := func(before int) func(*shopShelf) {
		return func(s *shopShelf) { s.before, s.unconfirmed = before, true }
	}
	earlier := func(least, most int) func(*shopShelf) {
		return func(s *shopShelf) { s.earlier[1] = pushed{least, most, true} }
	}
	for _, tc := range []struct {
		name   string
		shelf  shopShelf
		kind   DriftKind
		unseen int
	}{
		{"right", seenAt(10, 10, 3, 3), "", 0},
		{"shipped", seenAt(10, 10, 1, 3), "", 0},
		{"first look, nothing is known of what is committed", shopShelf{shown: 10, expected: 10, committed: 5}, "", 0},
		{"first look, lower", shopShelf{shown: 8, expected: 10, committed: 1}, SetLower, 1},
		{"first look, sold", shopShelf{shown: 8, expected: 10, committed: 2}, UnseenSale, 2},
		{"sold", seenAt(8, 10, 5, 3), UnseenSale, 2},
		{"sold, and a push undid it", seenAt(10, 10, 5, 3), UnseenSale, 2},
		{"sold, and a push undid half of it", seenAt(9, 10, 5, 3), UnseenSale, 2},
		{"sold, and set lower beyond that", seenAt(5, 10, 5, 3), SetLower, 5},
		{"sold, and set higher", seenAt(15, 10, 5, 3), SetHigher, 2},
		{"sold out", seenAt(0, 10, 13, 3), UnseenSale, 10},
		{"given back", seenAt(12, 10, 1, 3), GivenBack, 0},
		{"given back, and one more shipped", seenAt(12, 10, 0, 3), GivenBack, 0},
		{"more than was given back", seenAt(14, 10, 1, 3), SetHigher, 0},
		{"set higher", seenAt(14, 10, 3, 3), SetHigher, 0},
		{"set lower, nothing in orders", seenAt(4, 10, 0, 0), SetLower, 0},
		{"set lower, two in orders", seenAt(4, 10, 2, 2), SetLower, 2},
		{"set lower by one, two in orders", seenAt(9, 10, 2, 2), SetLower, 1},
		{"an order of the very moment", seenAt(8, 10, 2, 2).with(func(s *shopShelf) { s.maybe = 2 }), "", 0},
		{"more than the orders of the very moment", seenAt(7, 10, 2, 2).with(func(s *shopShelf) { s.maybe = 2 }), SetLower, 2},
		{"raising push lost", seenAt(6, 10, 0, 0).with(unconfirmed(6)), LostPush, 0},
		{"raising push lost, or sold while as much was shipped", seenAt(6, 10, 2, 2).with(unconfirmed(6)), LostPush, 2},
		{"lowering push lost", seenAt(15, 10, 2, 2).with(unconfirmed(15)), LostPush, 0},
		{"push lost, and sold", seenAt(5, 10, 1, 0).with(unconfirmed(6)), LostPush, 1},
		{"not what was before", seenAt(7, 10, 0, 0).with(unconfirmed(6)), SetLower, 0},
		{"back to what was before, after the push was seen", seenAt(6, 10, 0, 0).with(func(s *shopShelf) { s.before = 6 }), SetLower, 0},
		{"late", seenAt(20, 10, 0, 0).with(earlier(20, 20)), LatePush, 0},
		{"late, less what was sold since", seenAt(19, 10, 0, 0).with(earlier(18, 20)), LatePush, 0},
		{"above the late one", seenAt(21, 10, 0, 0).with(earlier(18, 20)), SetHigher, 0},
		{"an earlier zero that never was", seenAt(0, 10, 0, 0), SetLower, 0},
		{"an earlier zero that was", seenAt(0, 10, 0, 0).with(earlier(0, 0)), LatePush, 0},
	} {
		if f := tc.shelf.classify(); f.kind != tc.kind || f.unseen != tc.unseen {
			t.Errorf("%s: %q, %d unseen, want %q, %d", tc.name, f.kind, f.unseen, tc.kind, tc.unseen)
		}
	}
}

func TestClassifySKU(t *testing.T) {
	for _, tc := range []struct {
		name    string
		shelves []shopShelf
		kind    DriftKind
		unseen  []int
	}{
		{"no warehouse", nil, "", nil},
		{"right", []shopShelf{seenAt(1, 1, 0, 0), seenAt(2, 2, 5, 5)}, "", nil},
		{"zeroed", []shopShelf{seenAt(0, 10, 0, 1)}, Zeroed, nil},
		{"zeroed everywhere, the order was in the other", []shopShelf{seenAt(0, 10, 4, 4), seenAt(0, 0, 1, 2)}, Zeroed, []int{4, 0}},
		{"one warehouse is no zeroing", []shopShelf{seenAt(0, 10, 1, 2), seenAt(5, 5, 0, 0)}, SetLower, []int{1, 0}},
		{"zero, and no order has left", []shopShelf{seenAt(0, 10, 2, 2)}, SetLower, []int{2}},
		{"sold out while more was shipped is not told from zeroed", []shopShelf{seenAt(0, 1, 1, 2)}, Zeroed, []int{1}},
		{"zero as expected", []shopShelf{seenAt(0, 0, 1, 2)}, "", nil},
		{"the worse of two", []shopShelf{seenAt(8, 10, 2, 0), seenAt(9, 5, 0, 0)}, SetHigher, []int{2, 0}},
	} {
		kind, unseen := classifySKU(tc.shelves)
		if kind != tc.kind || !slices.Equal(unseen, tc.unseen) {
			t.Errorf("%s: %q, %v, want %q, %v", tc.name, kind, unseen, tc.kind, tc.unseen)
		}
	}
}

// Whatever is sold, given back and shipped, and then told in full: what is found
// is innocent, and never fewer units count as sold than nobody knows of, but for
// what was shipped at the same time.
func TestClassifyExplainsWhatCanHappen(t *testing.T) {
	for known := range 3 {
		for unseen := range 3 {
			for back := range 3 {
				for shipped := range 3 {
					expected, explained := 10-known, 5+known
					s := seenAt(expected-unseen+back, expected, explained+unseen-back-shipped, explained)
					f := s.classify()
					name := fmt.Sprintf("%d known, %d unseen, %d given back, %d shipped: %q, %d count as sold", known, unseen, back, shipped, f.kind, f.unseen)
					if f.unseen < unseen-back && s.shown < expected {
						t.Errorf("%s: too few", name)
					}
					if shipped == 0 && (f.kind == SetHigher || f.kind == SetLower) {
						t.Errorf("%s: nobody set anything", name)
					}
					if f.unseen > unseen {
						t.Errorf("%s: too many", name)
					}
				}
			}
		}
	}
}

func TestLockKind(t *testing.T) {
	for _, tc := range []struct {
		wanted            []bookShelf
		campaign, creator int
		want              DriftKind
	}{
		{wanting(5, 5), 10, 0, ""}, {wanting(5, 4), 10, 0, CampaignLock}, {wanting(9), 0, 10, CreatorLock}, {wanting(9), 5, 5, BothLocks},
		{nil, 10, 0, ""}, {wanting(0), 0, 0, ""},
	} {
		if got := lockKind(tc.wanted, tc.campaign, tc.creator); got != tc.want {
			t.Errorf("%v wanted, %d and %d locked: %q, want %q", tc.wanted, tc.campaign, tc.creator, got, tc.want)
		}
	}
}

// wanting are shelves that should show so much.
func wanting(units ...int32) (shelves []bookShelf) {
	for _, n := range units {
		shelves = append(shelves, bookShelf{wanted: n})
	}
	return shelves
}

func TestBundleRight(t *testing.T) {
	at := func(id string, n int) []ShownWarehouse { return []ShownWarehouse{{WarehouseID: id, Available: n}} }
	parts := []catalogue.BundleComponent{{Listing: catalogue.SKU{ID: "a"}, Quantity: 2}, {Listing: catalogue.SKU{ID: "b"}, Quantity: 1}}
	shown := map[string]ShownStock{"a": {Warehouses: at("W1", 9)}, "b": {Warehouses: at("W1", 7)}}
	locked := map[string]ShownStock{"a": {Warehouses: at("W1", 9), Campaign: 2}, "b": {Warehouses: at("W1", 7)}}
	for _, tc := range []struct {
		name   string
		bundle []ShownWarehouse
		parts  []catalogue.BundleComponent
		shown  map[string]ShownStock
		want   bundleVerdict
	}{
		{"right", at("W1", 4), parts, shown, bundleAgrees},
		{"more", at("W1", 5), parts, shown, bundleDiffers},
		{"less", at("W1", 3), parts, shown, bundleDiffers},
		{"less, of which some are locked", at("W1", 3), parts, locked, bundleAgrees},
		{"more than all, locked or not", at("W1", 5), parts, locked, bundleDiffers},
		{"nothing is known of its parts", at("W1", 4), nil, shown, bundleUnknown},
		{"a part is missing", at("W1", 4), parts, map[string]ShownStock{"a": shown["a"]}, bundleUnknown},
		{"a part is elsewhere", at("W2", 4), parts, shown, bundleUnknown},
	} {
		if got := bundleRight(tc.bundle, tc.parts, tc.shown); got != tc.want {
			t.Errorf("%s: %d, want %d", tc.name, got, tc.want)
		}
	}
}
