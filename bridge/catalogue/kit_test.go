package catalogue_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var (
	tea  = catalogue.Item{ID: "i-tea", SKU: "TEA"}
	gift = catalogue.Item{ID: "i-gift", SKU: "GIFT", Kit: []catalogue.Component{{Item: world.Set, Quantity: 2}, {Item: tea, Quantity: 1}}} // set: 1 mug, 2 spoons
)

func TestPartsAtALocationThatHoldsTheKit(t *testing.T) {
	stockedSet := world.Set
	stockedSet.StockedIn = []string{"shop", "attic"}
	stockedGift := catalogue.Item{ID: "i-gift", SKU: "GIFT", Kit: []catalogue.Component{{Item: stockedSet, Quantity: 2}, {Item: tea, Quantity: 1}}, StockedIn: []string{"attic"}}
	for _, tc := range []struct {
		name, at string
		item     catalogue.Item
		want     map[string]int
	}{
		{"a single item is always stocked", "shop", world.Mug, map[string]int{"i-mug": 3}},
		{"a kit that is stocked nowhere", "shop", world.Set, map[string]int{"i-mug": 3, "i-spoon": 6}},
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
	sell := func(item catalogue.Item, n int) {
		parts, err := item.Parts(n)
		if err != nil {
			t.Fatal(err)
		}
		for id, units := range parts {
			free[id] -= units
		}
	}
	show := func() (n [3]int) {
		for i, item := range []catalogue.Item{world.Mug, world.Set, gift} {
			var err error
			if n[i], err = item.Available("", free); err != nil {
				t.Fatal(err)
			}
		}
		return n
	}
	for _, step := range []struct {
		sold catalogue.Item
		n    int
		want [3]int // mugs, sets, gifts
	}{
		{world.Mug, 0, [3]int{10, 10, 4}}, {world.Mug, 3, [3]int{7, 7, 3}}, {world.Set, 2, [3]int{5, 5, 2}}, {gift, 2, [3]int{1, 1, 0}}, {world.Set, 1, [3]int{0, 0, 0}},
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
	item := world.Mug
	for i := range catalogue.MaxKitDepth {
		kit := catalogue.Item{ID: fmt.Sprint("k", i), SKU: fmt.Sprint("K", i)}
		for range 50 {
			kit.Kit = append(kit.Kit, catalogue.Component{Item: item, Quantity: 1})
		}
		item = kit
	}
	_, err := item.Parts(1)
	if kit, ok := errors.AsType[*catalogue.KitError](err); !ok {
		t.Errorf("50 to the power of %d lines: %v, want a *KitError", catalogue.MaxKitDepth, kit)
	}
}

// randomItem is an item of at most depth levels, without cycles, some of it
// stocked at location "a" or "b".
func randomItem(r *rand.Rand, depth int, name string) catalogue.Item {
	if depth == 0 || r.IntN(3) == 0 {
		id := fmt.Sprint(r.IntN(6)) // shared with other kits
		return catalogue.Item{ID: "i" + id, SKU: "I" + id}
	}
	kit := catalogue.Item{ID: "k" + name, SKU: "K" + name}
	for c := range 1 + r.IntN(4) {
		kit.Kit = append(kit.Kit, catalogue.Component{Item: randomItem(r, depth-1, fmt.Sprint(name, ".", c)), Quantity: 1 + r.IntN(4)})
	}
	for _, at := range []string{"a", "b"} {
		if r.IntN(4) == 0 {
			kit.StockedIn = append(kit.StockedIn, at)
		}
	}
	return kit
}

// shuffled is the kit with its components in another order, at every level.
func shuffled(r *rand.Rand, item catalogue.Item) catalogue.Item {
	kit := slices.Clone(item.Kit)
	r.Shuffle(len(kit), func(i, j int) { kit[i], kit[j] = kit[j], kit[i] })
	for i := range kit {
		kit[i].Item = shuffled(r, kit[i].Item)
	}
	item.Kit = kit
	return item
}

// flat is the kit with the items it takes at a location as its only components.
func flat(t *testing.T, item catalogue.Item, at string) catalogue.Item {
	t.Helper()
	parts, err := item.PartList(at, 1)
	if err != nil {
		t.Fatal(err)
	}
	kit := catalogue.Item{ID: "flat", SKU: "FLAT"}
	for _, p := range parts {
		leaf := catalogue.Item{ID: p.Item.ID, SKU: p.Item.SKU}
		kit.Kit = append(kit.Kit, catalogue.Component{Item: leaf, Quantity: p.Per})
	}
	return kit
}

// lines counts the units at a location by walking the tree.
func lines(item catalogue.Item, at string, n int) int {
	if item.StockedAt(at) {
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
	items := map[string]catalogue.Item{"s-mug": world.Mug, "s-spoon": world.Spoon, "s-set": world.Set, "s-loop": {ID: "", SKU: "LOST"}}
	part := func(sku string, n int) catalogue.BundleComponent {
		return catalogue.BundleComponent{Listing: catalogue.SKU{ID: "s-" + sku, SellerSKU: strings.ToUpper(sku)}, Quantity: n}
	}
	for _, tc := range []struct {
		name   string
		bundle []catalogue.BundleComponent
		kit    catalogue.Item
		want   []string
	}{
		{"the same", []catalogue.BundleComponent{part("spoon", 2), part("mug", 1)}, world.Set, nil},
		{"a component twice", []catalogue.BundleComponent{part("spoon", 1), part("mug", 1), part("spoon", 1)}, world.Set, nil},
		{"a kit among the components", []catalogue.BundleComponent{part("set", 2)}, catalogue.Item{ID: "k", SKU: "K", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 2}, {Item: world.Spoon, Quantity: 4}}}, nil},
		{"another quantity", []catalogue.BundleComponent{part("spoon", 3), part("mug", 1)}, world.Set, []string{"SPOON: 3 in the shop, 2 in the warehouse"}},
		{"one too many and one too few", []catalogue.BundleComponent{part("mug", 1)}, catalogue.Item{ID: "k", SKU: "K", Kit: []catalogue.Component{{Item: tea, Quantity: 1}}},
			[]string{"MUG: 1 in the shop, 0 in the warehouse", "TEA: 0 in the shop, 1 in the warehouse"}},
		{"the warehouse has a single item", []catalogue.BundleComponent{part("mug", 2)}, world.Mug, []string{"MUG: 2 in the shop, 1 in the warehouse"}},
		{"a component without an item", []catalogue.BundleComponent{part("mug", 1), part("ghost", 1)}, world.Set, []string{"GHOST: the warehouse has no item for it"}},
		{"a composite that cannot be used", []catalogue.BundleComponent{part("mug", 1)}, catalogue.Item{ID: "k", SKU: "K", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 0}}},
			[]string{"K: kit K: component MUG: quantity 0 is not usable"}},
		{"a bundle with a count that cannot be used", []catalogue.BundleComponent{part("mug", -1)}, world.Set, []string{"MUG: kit MUG: component MUG: quantity -1 is not usable"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, d := range catalogue.CompareKit(tc.bundle, items, tc.kit) {
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
	kit := world.Set // 1 mug, 2 spoons
	kit.StockedIn = []string{"A"}
	items := map[string]catalogue.Item{"s-set": kit, "s-mug": world.Mug}
	listing := func(id string) catalogue.Listing {
		return catalogue.Listing{SKU: catalogue.SKU{ProductID: "p-" + id, ID: "s-" + id}, Stock: []catalogue.WarehouseStock{{WarehouseID: "w1", Quantity: 0}, {WarehouseID: "w2", Quantity: 0}}}
	}
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"w1": {"A"}, "w2": {"B", "C"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.SetCatalogue(b.Mark(), world.Noon, []catalogue.Listing{listing("set"), listing("mug")}, items, nil)
	if diff := cmp.Diff([]string{"i-mug", "i-set", "i-spoon"}, b.ItemIDs()); diff != "" {
		t.Errorf("items to read (-want +got):\n%s", diff)
	}
	levels := map[string]map[string]int{
		"i-set": {"A": 4, "B": 99, "C": 99}, // Linnworks' own sum where it computes one
		"i-mug": {"A": 50, "B": 5, "C": 2}, "i-spoon": {"A": 0, "B": 7, "C": 10},
	}
	b.SetLevels(b.Mark(), stock.Reading{At: world.Noon, Available: levels})
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
	reserve := func(id, at string, n int) store.Reservation {
		units, err := kit.PartsAt(at, n)
		if err != nil {
			t.Fatal(err)
		}
		return store.Reservation{OrderID: id, Items: units, LocationID: at}
	}
	b.SetReservations(world.Noon, []store.Reservation{reserve("1", "A", 3), reserve("2", "B", 2)})
	if diff := cmp.Diff(map[string][]int{"s-set": {1, 1 + 2}, "s-mug": {50, 5}}, shown()); diff != "" {
		t.Errorf("wanted after 3 + 2 kits were sold (-want +got):\n%s", diff)
	}
}

func TestImportReservesTheKitWhereItIsStocked(t *testing.T) {
	w := world.NewWorld(t)
	kit := world.Set
	kit.StockedIn = []string{"L1"}
	w.Items["s-SET"] = kit
	if _, err := w.Importer().Import(t.Context(), w.Put(world.With(world.AnOrder("1", "SET"), func(o *bridge.Order) { o.Status = bridge.OnHold }))...); err != nil {
		t.Fatal(err)
	}
	r, _ := w.Reservation()
	if r.LocationID != "L1" {
		t.Fatalf("the order is taken from %s, want L1", r.LocationID)
	}
	if diff := cmp.Diff(map[string]int{"i-set": 1}, r.Items); diff != "" {
		t.Errorf("reserved (-want +got):\n%s", diff)
	}
}

func TestAmbiguousSKUsBlockAndSaySo(t *testing.T) {
	w := world.NewWorld(t)
	several := &catalogue.AmbiguousError{Items: []catalogue.ItemRef{{ID: "i-1", SKU: "MUG"}, {ID: "i-2", SKU: "mug"}}, By: []catalogue.MatchedBy{catalogue.MatchedBySellerSKU, catalogue.MatchedBySellerSKU}}
	delete(w.Items, "s-MUG")
	w.Broken["s-MUG"] = several
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), w.Put(world.AnOrder("1", "MUG"))...)); got != bridge.OutcomeRaised {
		t.Errorf("the order was %s", got)
	}
	open, _ := w.Exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != exceptions.AmbiguousSKU || !strings.Contains(open[0].Seen, "mug (by seller SKU, id i-2)") {
		t.Errorf("raised %v", open)
	}
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"w1": {"A"}}})
	if err != nil {
		t.Fatal(err)
	}
	l := catalogue.Listing{SKU: catalogue.SKU{ID: "s-MUG", SellerSKU: "MUG"}, Stock: []catalogue.WarehouseStock{{WarehouseID: "w1", Quantity: 5}}}
	b.SetCatalogue(b.Mark(), world.Noon, []catalogue.Listing{l}, nil, w.Broken)
	if plan := b.Plan(); len(plan.Products) != 0 || len(plan.Problems) != 1 || plan.Problems[0].Kind != exceptions.AmbiguousSKU {
		t.Errorf("planned %v with %v", plan.Products, plan.Problems)
	}
}

// A bundle of the shop whose composite holds something else is imported as the
// composite, and raised until both are the same.
func TestImportRaisesABundleThatDiffers(t *testing.T) {
	w := world.NewWorld(t)
	order := func(id string, mugs, spoons int) bridge.Order {
		o := world.AnOrder(id)
		line := world.Bundle(id+"-1", 1000, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: mugs}, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: spoons})
		line.Listing = world.SKU("SET") // 1 mug, 2 spoons in the warehouse
		o.Lines = []bridge.OrderLine{line}
		return world.Priced(o)
	}
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), w.Put(order("1", 1, 3))...)); got != bridge.OutcomeCreated {
		t.Errorf("the order was %s", got)
	}
	open, _ := w.Exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != exceptions.BundleDiffers || !strings.Contains(open[0].Seen, "SPOON: 3 in the shop, 2 in the warehouse") {
		t.Errorf("raised %v", open)
	}
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), w.Put(order("2", 1, 2))...)); got != bridge.OutcomeCreated || w.OpenKinds() != nil {
		t.Errorf("the same on both sides: %s, open %v", got, w.OpenKinds())
	}
}

func TestKitParts(t *testing.T) {
	nested := catalogue.Item{ID: "n", SKU: "N", Kit: []catalogue.Component{{Item: world.Set, Quantity: 3}, {Item: world.Mug, Quantity: 2}}}
	for _, tc := range []struct {
		item     catalogue.Item
		quantity int
		want     map[string]int
		problem  string
	}{
		{item: world.Mug, quantity: 5, want: map[string]int{"i-mug": 5}},
		{item: world.Set, quantity: 2, want: map[string]int{"i-mug": 2, "i-spoon": 4}},
		{item: nested, quantity: 2, want: map[string]int{"i-mug": 10, "i-spoon": 12}},
		{item: world.Mug, quantity: 0, problem: "quantity 0"},
		{item: world.Mug, quantity: -1, problem: "quantity -1"},
		{item: world.Set, quantity: catalogue.MaxKitQuantity + 1, problem: "not usable"},
		{item: catalogue.Item{SKU: "X"}, quantity: 1, problem: "does not exist"},
		{item: catalogue.Item{ID: "k", SKU: "K", Kit: []catalogue.Component{{Item: catalogue.Item{SKU: "LOST"}, Quantity: 1}}}, quantity: 1, problem: "component LOST: does not exist"},
		{item: catalogue.Item{ID: "k", SKU: "K", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 1 << 62}}}, quantity: 4, problem: "component MUG: quantity 4611686018427387904 is not usable"},
		{item: catalogue.Item{ID: "k", SKU: "K", Kit: []catalogue.Component{{Item: catalogue.Item{ID: "k", SKU: "K"}, Quantity: 1}}}, quantity: 1, problem: "contains itself"},
		{item: deep(catalogue.MaxKitDepth + 1), quantity: 1, problem: "nested too deeply"},
		{item: deep(catalogue.MaxKitDepth), quantity: 1, want: map[string]int{"i-mug": 1}},
	} {
		got, err := tc.item.Parts(tc.quantity)
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%d of %s: %s", tc.quantity, tc.item.SKU, diff)
		}
		if (err == nil) != (tc.problem == "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
			t.Errorf("%d of %s: %v, want %q", tc.quantity, tc.item.SKU, err, tc.problem)
		}
	}
}

func deep(n int) catalogue.Item {
	item := world.Mug
	for i := range n {
		item = catalogue.Item{ID: fmt.Sprint("k", i), SKU: fmt.Sprint("K", i), Kit: []catalogue.Component{{Item: item, Quantity: 1}}}
	}
	return item
}

func TestStockItemAvailable(t *testing.T) {
	for _, tc := range []struct {
		item catalogue.Item
		free map[string]int
		want int
	}{
		{world.Mug, map[string]int{"i-mug": 7}, 7}, {world.Mug, nil, 0}, {world.Mug, map[string]int{"i-mug": -7}, 0},
		{world.Set, map[string]int{"i-mug": 7, "i-spoon": 5}, 2}, {world.Set, map[string]int{"i-mug": 7}, 0}, {world.Set, map[string]int{"i-mug": 1, "i-spoon": 99}, 1},
	} {
		if got, err := tc.item.Available("", tc.free); err != nil || got != tc.want {
			t.Errorf("%s of %v: %d, %v, want %d", tc.item.SKU, tc.free, got, err, tc.want)
		}
	}
	for _, item := range []catalogue.Item{{ID: "u", SKU: "U", Untracked: true}, {SKU: "X"}} {
		if n, err := item.Available("", nil); err == nil {
			t.Errorf("%s: %d available, although nobody can know", item.SKU, n)
		}
	}
}

// A kit that a fuzzer describes: each byte pair adds a component, nested by the
// high bit, an earlier kit by the next.
func kitFrom(data []byte) catalogue.Item {
	kit := catalogue.Item{ID: "k0", SKU: "K0"}
	for i := 0; i+1 < len(data) && i < 40; i += 2 {
		c := catalogue.Item{ID: fmt.Sprint("i", data[i]&7), SKU: fmt.Sprint("I", data[i]&7)}
		if data[i]&0x40 != 0 {
			c.ID = fmt.Sprint("k", data[i]&7) // perhaps itself
		}
		kit.Kit = append(kit.Kit, catalogue.Component{Item: c, Quantity: int(int8(data[i+1]))})
		if data[i]&0x20 != 0 {
			kit.StockedIn = []string{"shop"}
		}
		if data[i]&0x80 != 0 {
			kit = catalogue.Item{ID: fmt.Sprint("k", i/2+1), SKU: fmt.Sprint("K", i/2+1), Kit: []catalogue.Component{{Item: kit, Quantity: 1 + int(data[i+1]&3)}}}
		}
	}
	return kit
}

// leaves counts units by walking the tree; ok is false if it holds what Parts
// must refuse.
func leaves(i catalogue.Item, n int, path []string) (units int, ok bool) {
	for _, p := range path {
		if p == i.ID {
			return 0, false
		}
	}
	if len(i.Kit) == 0 {
		return n, true
	}
	for _, c := range i.Kit {
		if c.Quantity < 1 {
			return 0, false
		}
		m, fine := leaves(c.Item, n*c.Quantity, append(path[:len(path):len(path)], i.ID))
		if !fine {
			return 0, false
		}
		units += m
	}
	return units, true
}

func FuzzKitParts(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, 1)
	f.Add([]byte{0x81, 2, 3, 4, 0x82, 1}, 3)
	f.Add([]byte{0x40, 1}, 1)
	f.Add([]byte{1, 0}, 1)
	f.Fuzz(func(t *testing.T, data []byte, quantity int) {
		item := kitFrom(data)
		parts, err := item.Parts(quantity)
		if err != nil {
			return
		}
		want, ok := leaves(item, quantity, nil)
		if !ok {
			t.Fatalf("%+v was accepted", item)
		}
		free := map[string]int{}
		for id, n := range parts {
			want -= n
			free[id] = n
		}
		if want != 0 {
			t.Errorf("%d units over", want)
		}
		if n, err := item.Available("", free); err != nil || n != quantity {
			t.Errorf("the parts of %d are enough for %d, %v", quantity, n, err)
		}
		there, err := item.PartsAt("shop", quantity)
		if err != nil {
			t.Fatalf("%+v has parts, but not where some of it is stocked: %v", item, err)
		}
		sum := 0
		for _, n := range there {
			sum += n
		}
		if want := lines(item, "shop", quantity); sum != want {
			t.Errorf("%d units where some of it is stocked, want %d", sum, want)
		}
	})
}
