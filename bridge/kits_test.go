package bridge

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	tea  = StockItem{ID: "i-tea", SKU: "TEA"}
	gift = StockItem{ID: "i-gift", SKU: "GIFT", Kit: []KitComponent{{set, 2}, {tea, 1}}} // set: 1 mug, 2 spoons
)

func TestPartsAtALocationThatHoldsTheKit(t *testing.T) {
	stockedSet := set
	stockedSet.StockedIn = []string{"shop", "attic"}
	stockedGift := StockItem{ID: "i-gift", SKU: "GIFT", Kit: []KitComponent{{stockedSet, 2}, {tea, 1}}, StockedIn: []string{"attic"}}
	for _, tc := range []struct {
		name, at string
		item     StockItem
		want     map[string]int
	}{
		{"a single item is always stocked", "shop", mug, map[string]int{"i-mug": 3}},
		{"a kit that is stocked nowhere", "shop", set, map[string]int{"i-mug": 3, "i-spoon": 6}},
		{"a kit that is stocked here", "shop", stockedSet, map[string]int{"i-set": 3}},
		{"a kit that is stocked elsewhere", "cellar", stockedSet, map[string]int{"i-mug": 3, "i-spoon": 6}},
		{"a nested kit that is stocked here", "shop", stockedGift, map[string]int{"i-set": 6, "i-tea": 3}},
		{"the outer one counts", "attic", stockedGift, map[string]int{"i-gift": 3}},
		{"no location", "", stockedGift, map[string]int{"i-mug": 6, "i-spoon": 12, "i-tea": 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.item.PartsAt(tc.at, 3)
			if diff := cmp.Diff(tc.want, got); err != nil || diff != "" {
				t.Errorf("error %v, parts (-want +got):\n%s", err, diff)
			}
		})
	}
	free := map[string]int{"i-set": 7, "i-mug": 1, "i-spoon": 99, "i-tea": 2}
	for at, want := range map[string]int{"shop": 7, "cellar": 1} {
		if n, err := stockedSet.Available(at, free); n != want || err != nil {
			t.Errorf("%d sets available in the %s, %v, want %d", n, at, err, want)
		}
	}
}

// What sells of a kit and of its component draws on the same units.
func TestKitsShareTheirComponents(t *testing.T) {
	free := map[string]int{"i-mug": 10, "i-spoon": 21, "i-tea": 4}
	sell := func(item StockItem, n int) {
		parts, err := item.Parts(n)
		if err != nil {
			t.Fatal(err)
		}
		for id, units := range parts {
			free[id] -= units
		}
	}
	show := func() (n [3]int) {
		for i, item := range []StockItem{mug, set, gift} {
			var err error
			if n[i], err = item.Available("", free); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	for _, step := range []struct {
		sold StockItem
		n    int
		want [3]int // mugs, sets, gifts
	}{
		{mug, 0, [3]int{10, 10, 4}}, {mug, 3, [3]int{7, 7, 3}}, {set, 2, [3]int{5, 5, 2}}, {gift, 2, [3]int{1, 1, 0}}, {set, 1, [3]int{0, 0, 0}},
	} {
		if step.n > 0 {
			sell(step.sold, step.n)
		}
		if diff := cmp.Diff(step.want, show()); diff != "" {
			t.Errorf("after %d × %s (-want +got):\n%s", step.n, step.sold.SKU, diff)
		}
	}
}

func TestAKitOfKitsOfKitsIsRefusedInTime(t *testing.T) {
	item := mug
	for i := range maxKitDepth {
		kit := StockItem{ID: fmt.Sprint("k", i), SKU: fmt.Sprint("K", i)}
		for range 50 {
			kit.Kit = append(kit.Kit, KitComponent{item, 1})
		}
		item = kit
	}
	_, err := item.Parts(1)
	if kit, ok := errors.AsType[*KitError](err); !ok {
		t.Errorf("50 to the power of %d lines: %v, want a *KitError", maxKitDepth, kit)
	}
}

// randomItem is an item of at most depth levels, without cycles, some of it
// stocked at location "a" or "b".
func randomItem(r *rand.Rand, depth int, name string) StockItem {
	if depth == 0 || r.IntN(3) == 0 {
		id := fmt.Sprint(r.IntN(6)) // shared with other kits
		return StockItem{ID: "i" + id, SKU: "I" + id}
	}
	kit := StockItem{ID: "k" + name, SKU: "K" + name}
	for c := range 1 + r.IntN(4) {
		kit.Kit = append(kit.Kit, KitComponent{randomItem(r, depth-1, fmt.Sprint(name, ".", c)), 1 + r.IntN(4)})
	}
	for _, at := range []string{"a", "b"} {
		if r.IntN(4) == 0 {
			kit.StockedIn = append(kit.StockedIn, at)
		}
	}
	return kit
}

// shuffled is the kit with its components in another order, at every level.
func shuffled(r *rand.Rand, item StockItem) StockItem {
	kit := slices.Clone(item.Kit)
	r.Shuffle(len(kit), func(i, j int) { kit[i], kit[j] = kit[j], kit[i] })
	for i := range kit {
		kit[i].Item = shuffled(r, kit[i].Item)
	}
	item.Kit = kit
	return item
}

// flat is the kit with the items it takes at a location as its only components.
func flat(t *testing.T, item StockItem, at string) StockItem {
	t.Helper()
	parts, err := item.parts(at, 1)
	if err != nil {
		t.Fatal(err)
	}
	kit := StockItem{ID: "flat", SKU: "FLAT"}
	for _, p := range parts {
		leaf := StockItem{ID: p.item.ID, SKU: p.item.SKU}
		kit.Kit = append(kit.Kit, KitComponent{leaf, p.per})
	}
	return kit
}

// lines counts the units at a location by walking the tree.
func lines(item StockItem, at string, n int) int {
	if item.stockedIn(at) {
		return n
	}
	sum := 0
	for _, c := range item.Kit {
		sum += lines(c.Item, at, n*c.Quantity)
	}
	return sum
}

func TestKitProperties(t *testing.T) {
	seed := rand.Uint64()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		item, at, n := randomItem(r, 4, ""), []string{"", "a", "b", "c"}[r.IntN(4)], 1+r.IntN(5)
		parts, err := item.PartsAt(at, n)
		if err != nil {
			t.Fatalf("%+v at %q: %v", item, at, err)
		}
		sum := 0
		for id, units := range parts {
			sum += units
			if strings.HasPrefix(id, "k") && at != "a" && at != "b" {
				t.Fatalf("%+v at %q takes the kit %s, which is stocked in a and b at most", item, at, id)
			}
		}
		if want := lines(item, at, n); sum != want {
			t.Fatalf("%d × %+v at %q takes %d units, want %d: expansion conserves components", n, item, at, sum, want)
		}
		other, err := shuffled(r, item).PartsAt(at, n)
		if diff := cmp.Diff(parts, other); err != nil || diff != "" {
			t.Fatalf("%+v at %q: the order of components matters: %v %s", item, at, err, diff)
		}
		level := flat(t, item, at)
		if other, err = level.PartsAt(at, n); err != nil || !cmp.Equal(parts, other) {
			t.Fatalf("%+v at %q: flattened it takes %v, %v, nested %v", item, at, other, err, parts)
		}
		free := map[string]int{}
		for id := range parts {
			free[id] = r.IntN(40) - 5
		}
		before, err := item.Available(at, free)
		if err != nil {
			t.Fatal(err)
		}
		if flatly, err := level.Available(at, free); flatly != before || err != nil {
			t.Fatalf("%+v at %q with %v: %d available, flattened %d, %v", item, at, free, before, flatly, err)
		}
		// What is available can be taken, and no unit more.
		one, err := item.PartsAt(at, 1)
		if err != nil {
			t.Fatal(err)
		}
		enough := func(n int) bool {
			for id, per := range one {
				if n*per > max(free[id], 0) {
					return false
				}
			}
			return true
		}
		if !enough(before) || enough(before+1) {
			t.Fatalf("%+v at %q with %v: %d available", item, at, free, before)
		}
		for id := range parts {
			free[id]++
			if after, err := item.Available(at, free); after < before || err != nil {
				t.Fatalf("%+v at %q: one more of %s lowers what is available from %d to %d, %v", item, at, id, before, after, err)
			}
			free[id]--
		}
	}
}

func TestCompareKit(t *testing.T) {
	items := map[string]StockItem{"s-mug": mug, "s-spoon": spoon, "s-set": set, "s-loop": {ID: "", SKU: "LOST"}}
	part := func(sku string, n int) BundleComponent {
		return BundleComponent{Listing: ListingSKU{ID: "s-" + sku, SellerSKU: strings.ToUpper(sku)}, Quantity: n}
	}
	for _, tc := range []struct {
		name   string
		bundle []BundleComponent
		kit    StockItem
		want   []string
	}{
		{"the same", []BundleComponent{part("spoon", 2), part("mug", 1)}, set, nil},
		{"a component twice", []BundleComponent{part("spoon", 1), part("mug", 1), part("spoon", 1)}, set, nil},
		{"a kit among the components", []BundleComponent{part("set", 2)}, StockItem{ID: "k", SKU: "K", Kit: []KitComponent{{mug, 2}, {spoon, 4}}}, nil},
		{"another quantity", []BundleComponent{part("spoon", 3), part("mug", 1)}, set, []string{"SPOON: 3 in the shop, 2 in the warehouse"}},
		{"one too many and one too few", []BundleComponent{part("mug", 1)}, StockItem{ID: "k", SKU: "K", Kit: []KitComponent{{tea, 1}}},
			[]string{"MUG: 1 in the shop, 0 in the warehouse", "TEA: 0 in the shop, 1 in the warehouse"}},
		{"the warehouse has a single item", []BundleComponent{part("mug", 2)}, mug, []string{"MUG: 2 in the shop, 1 in the warehouse"}},
		{"a component without an item", []BundleComponent{part("mug", 1), part("ghost", 1)}, set, []string{"GHOST: the warehouse has no item for it"}},
		{"a composite that cannot be used", []BundleComponent{part("mug", 1)}, StockItem{ID: "k", SKU: "K", Kit: []KitComponent{{mug, 0}}},
			[]string{"K: kit K: component MUG: quantity 0 is not usable"}},
		{"a bundle with a count that cannot be used", []BundleComponent{part("mug", -1)}, set, []string{"MUG: kit MUG: component MUG: quantity -1 is not usable"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, d := range CompareKit(tc.bundle, items, tc.kit) {
				got = append(got, d.String())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
		})
	}
}

// A kit that one location holds ready-made sells its own stock there and its
// components' elsewhere, and an order takes what it sells.
func TestStockBookKitStockedInOneLocation(t *testing.T) {
	kit := set // 1 mug, 2 spoons
	kit.StockedIn = []string{"A"}
	items := map[string]StockItem{"s-set": kit, "s-mug": mug}
	listing := func(id string) Listing {
		return Listing{ListingSKU: ListingSKU{ProductID: "p-" + id, ID: "s-" + id}, Stock: []WarehouseStock{{"w1", 0}, {"w2", 0}}}
	}
	b, err := NewStockBook(StockOptions{Locations: map[string][]string{"w1": {"A"}, "w2": {"B", "C"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.SetCatalogue(b.Mark(), noon, []Listing{listing("set"), listing("mug")}, items, nil)
	if diff := cmp.Diff([]string{"i-mug", "i-set", "i-spoon"}, b.ItemIDs()); diff != "" {
		t.Errorf("items to read (-want +got):\n%s", diff)
	}
	levels := map[string]map[string]int{
		"i-set": {"A": 4, "B": 99, "C": 99}, // Linnworks' own sum where it computes one
		"i-mug": {"A": 50, "B": 5, "C": 2}, "i-spoon": {"A": 0, "B": 7, "C": 10},
	}
	b.SetLevels(b.Mark(), StockReading{At: noon, Available: levels})
	shown := func() map[string][]int {
		got := map[string][]int{}
		for _, p := range b.Plan().Products {
			for _, s := range p.SKUs {
				for _, w := range s.Stock {
					got[s.ID] = append(got[s.ID], w.Quantity)
				}
			}
		}
		return got
	}
	if diff := cmp.Diff(map[string][]int{"s-set": {4, 3 + 2}, "s-mug": {50, 7}}, shown()); diff != "" {
		t.Errorf("wanted (-want +got):\n%s", diff)
	}
	reserve := func(id, at string, n int) Reservation {
		units, err := kit.PartsAt(at, n)
		if err != nil {
			t.Fatal(err)
		}
		return Reservation{OrderID: id, Items: units, LocationID: at}
	}
	b.SetReservations(noon, []Reservation{reserve("1", "A", 3), reserve("2", "B", 2)})
	if diff := cmp.Diff(map[string][]int{"s-set": {1, 1 + 2}, "s-mug": {50, 5}}, shown()); diff != "" {
		t.Errorf("wanted after 3 + 2 kits were sold (-want +got):\n%s", diff)
	}
}

func TestImportReservesTheKitWhereItIsStocked(t *testing.T) {
	w := newWorld(t)
	kit := set
	kit.StockedIn = []string{"L1"}
	w.items["s-SET"] = kit
	if _, err := w.importer().Import(t.Context(), w.put(with(anOrder("1", "SET"), func(o *Order) { o.Status = OnHold }))...); err != nil {
		t.Fatal(err)
	}
	r, _ := w.reservation()
	if r.LocationID != "L1" {
		t.Fatalf("the order is taken from %s, want L1", r.LocationID)
	}
	if diff := cmp.Diff(map[string]int{"i-set": 1}, r.Items); diff != "" {
		t.Errorf("reserved (-want +got):\n%s", diff)
	}
}

func TestAmbiguousSKUsBlockAndSaySo(t *testing.T) {
	w := newWorld(t)
	several := &AmbiguousSKUError{Items: []ItemRef{{"i-1", "MUG"}, {"i-2", "mug"}}, By: []MatchedBy{MatchedBySellerSKU, MatchedBySellerSKU}}
	delete(w.items, "s-MUG")
	w.broken["s-MUG"] = several
	if got := outcome(t)(w.importer().Import(t.Context(), w.put(anOrder("1", "MUG"))...)); got != OutcomeRaised {
		t.Errorf("the order was %s", got)
	}
	open, _ := w.exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != KindAmbiguousSKU || !strings.Contains(open[0].Seen, "mug (by seller SKU, id i-2)") {
		t.Errorf("raised %v", open)
	}
	b, err := NewStockBook(StockOptions{Locations: map[string][]string{"w1": {"A"}}})
	if err != nil {
		t.Fatal(err)
	}
	l := Listing{ListingSKU: ListingSKU{ID: "s-MUG", SellerSKU: "MUG"}, Stock: []WarehouseStock{{"w1", 5}}}
	b.SetCatalogue(b.Mark(), noon, []Listing{l}, nil, w.broken)
	if plan := b.Plan(); len(plan.Products) != 0 || len(plan.Problems) != 1 || plan.Problems[0].Kind != KindAmbiguousSKU {
		t.Errorf("planned %v with %v", plan.Products, plan.Problems)
	}
}

// A bundle of the shop whose composite holds something else is imported as the
// composite, and raised until both are the same.
func TestImportRaisesABundleThatDiffers(t *testing.T) {
	w := newWorld(t)
	order := func(id string, mugs, spoons int) Order {
		o := anOrder(id)
		line := bundle(id+"-1", 1000, BundleComponent{sku("MUG"), mugs}, BundleComponent{sku("SPOON"), spoons})
		line.Listing = sku("SET") // 1 mug, 2 spoons in the warehouse
		o.Lines = []OrderLine{line}
		return priced(o)
	}
	if got := outcome(t)(w.importer().Import(t.Context(), w.put(order("1", 1, 3))...)); got != OutcomeCreated {
		t.Errorf("the order was %s", got)
	}
	open, _ := w.exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != KindBundleDiffers || !strings.Contains(open[0].Seen, "SPOON: 3 in the shop, 2 in the warehouse") {
		t.Errorf("raised %v", open)
	}
	if got := outcome(t)(w.importer().Import(t.Context(), w.put(order("2", 1, 2))...)); got != OutcomeCreated || w.open() != nil {
		t.Errorf("the same on both sides: %s, open %v", got, w.open())
	}
}
