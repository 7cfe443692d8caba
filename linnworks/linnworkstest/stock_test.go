package linnworkstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

func TestStockFollowsTheLifeOfAnOrder(t *testing.T) {
	type level = linnworkstest.Level
	a := open(t)
	id := a.order(t, paid("1", "c-mug", 3))
	ids := []linnworks.GUID{id}
	for _, step := range []struct {
		name string
		do   func() error
		want level
	}{
		{"an order reserves", func() error { return nil }, level{10, 3, 7}},
		{"parking keeps the reservation", func() error { return a.Park(id, true) }, level{10, 3, 7}},
		{"unparking changes nothing", func() error { return a.Park(id, false) }, level{10, 3, 7}},
		{"locking frees the stock", func() error {
			return errOf(a.c.Orders.LockOrder(t.Context(), &linnworks.LockOrderRequest{OrderIDs: ids, LockOrder: true}))
		}, level{10, 0, 10}},
		{"unlocking reserves again", func() error { return a.Lock(id, false) }, level{10, 3, 7}},
		{"more sold than there is", func() error { a.order(t, paid("2", "c-mug", 9)); return nil }, level{10, 12, -2}},
		{"processing deducts", func() error { return a.Process(id) }, level{7, 9, -2}},
		{"cancelling frees", func() error { return a.Cancel(a.OrdersByReference("SHOP", "UK", "2")[0].OrderID) }, level{7, 0, 7}},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, a.level(t, "MUG", home)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
	if got := a.level(t, "MUG", a.overflow); got != (level{4, 0, 4}) {
		t.Errorf("the other location has %+v, want it untouched", got)
	}
}

func TestKitsReserveAndDeductTheirComponentsOnly(t *testing.T) {
	type level = linnworkstest.Level
	a := open(t)
	if got := a.level(t, "SET", home); got != (level{10, 0, 10}) {
		t.Errorf("kit %+v at Default, want the 10 that 10 mugs and 30 teas make", got)
	}
	if got := a.level(t, "SET", a.overflow); got != (level{}) {
		t.Errorf("kit %+v at Overflow, want 0: components are not pooled over locations", got)
	}
	id := a.order(t, paid("1", "c-set", 2))
	want := map[string]level{"MUG": {10, 2, 8}, "TEA": {30, 6, 24}, "SET": {8, 0, 8}}
	for sku, want := range want {
		if got := a.level(t, sku, home); got != want {
			t.Errorf("ordered: %s %+v, want %+v", sku, got, want)
		}
	}
	check(t, a.Process(id))
	want = map[string]level{"MUG": {8, 0, 8}, "TEA": {24, 0, 24}, "SET": {8, 0, 8}}
	for sku, want := range want {
		if got := a.level(t, sku, home); got != want {
			t.Errorf("processed: %s %+v, want %+v", sku, got, want)
		}
	}
}

func TestKitsAreNeverNegative(t *testing.T) {
	a := open(t)
	a.order(t, paid("1", "c-mug", 12))
	if got := a.level(t, "SET", home).Available; got != 0 {
		t.Errorf("%d kits available, want 0", got)
	}
}

func TestUntrackedItemsStandStill(t *testing.T) {
	a := open(t)
	must(a.AddItem(linnworkstest.Item{SKU: "CARD", Untracked: true}))(t)
	in := paid("1", "CARD", 5)
	in.AutomaticallyLinkBySKU = true
	check(t, a.Process(a.order(t, in)))
	if got := a.level(t, "CARD", home); got != (linnworkstest.Level{}) {
		t.Errorf("level %+v, want none", got)
	}
	must(a.AddItem(linnworkstest.Item{SKU: "GIFT", Components: []linnworkstest.Component{{SKU: "CARD", Quantity: 1}, {SKU: "MUG", Quantity: 2}}}))(t)
	if got := a.level(t, "GIFT", home).Available; got != 5 {
		t.Errorf("%d kits, want 5: untracked components do not limit them", got)
	}
}

func TestSetStockLevelIsAbsoluteAndFailsAsAWhole(t *testing.T) {
	a := open(t)
	set := func(rows ...linnworks.StockLevelUpdate) ([]linnworks.StockItemLevel, error) {
		return a.c.Stock.SetStockLevel(t.Context(), &linnworks.SetStockLevelRequest{StockLevels: rows})
	}
	a.order(t, paid("1", "c-mug", 1))
	rows := must(set(linnworks.StockLevelUpdate{SKU: "MUG", LocationID: home, Level: 50}))(t)
	if len(rows) != 1 || rows[0].StockLevel != 50 || rows[0].InOrderBook != 1 || rows[0].Available != 49 {
		t.Errorf("reply %+v, want 50 on hand, 1 in orders, 49 available", rows)
	}
	_, err := set(linnworks.StockLevelUpdate{SKU: "MUG", LocationID: home, Level: 1},
		linnworks.StockLevelUpdate{SKU: "CUP", LocationID: home, Level: 1}, linnworks.StockLevelUpdate{SKU: "JUG", LocationID: home, Level: 1})
	if !linnworks.IsNotFound(err) || !strings.Contains(err.Error(), "No item found for the following SKUs: CUP, JUG") {
		t.Errorf("error %v, want the unknown SKUs", err)
	}
	if got := a.level(t, "MUG", home).OnHand; got != 50 {
		t.Errorf("%d on hand after the failed call, want 50", got)
	}
}

func sweep(page int, kits bool) *linnworks.GetStockItemsFullRequest {
	return &linnworks.GetStockItemsFullRequest{
		Keyword: new(""), LoadCompositeParents: &kits, LoadVariationParents: new(true), EntriesPerPage: new(2), PageNumber: &page,
		DataRequirements: []linnworks.StockDataRequirement{"StockLevels"}, SearchTypes: []linnworks.StockSearchType{"SKU"},
	}
}

func skus(items []linnworks.StockItemFull) []string {
	var out []string
	for _, i := range items {
		out = append(out, i.ItemNumber)
	}
	return out
}

func TestSweepEndsWithARefusal(t *testing.T) {
	a := open(t)
	for page, want := range [][]string{1: {"MUG", "TEA"}, 2: {"SET"}} {
		if page == 0 {
			continue
		}
		got := must(a.c.Stock.GetStockItemsFull(t.Context(), sweep(page, true)))(t)
		if diff := cmp.Diff(want, skus(got)); diff != "" {
			t.Errorf("page %d (-want +got):\n%s", page, diff)
		}
	}
	if _, err := a.c.Stock.GetStockItemsFull(t.Context(), sweep(3, true)); !linnworks.IsNoMorePages(err) {
		t.Errorf("error %v past the last page, want IsNoMorePages", err)
	}
	tooMany := sweep(1, true)
	tooMany.EntriesPerPage = new(201)
	if _, err := a.c.Stock.GetStockItemsFull(t.Context(), tooMany); err == nil || !strings.Contains(err.Error(), "Number must be between 1 and 200") {
		t.Errorf("error %v for 201 entries", err)
	}
}

func TestSweepHidesKitsAndArchivedItems(t *testing.T) {
	a := open(t)
	if got := skus(must(a.c.Stock.GetStockItemsFull(t.Context(), sweep(1, false)))(t)); !cmp.Equal(got, []string{"MUG", "TEA"}) {
		t.Errorf("without composite parents: %q", got)
	}
	check(t, a.Archive("MUG", true))
	if got := skus(must(a.c.Stock.GetStockItemsFull(t.Context(), sweep(1, true)))(t)); !cmp.Equal(got, []string{"TEA", "SET"}) {
		t.Errorf("with an archived item: %q", got)
	}
	info := must(a.c.Stock.GetStockItemTypeInfo(t.Context(), &linnworks.GetStockItemTypeInfoRequest{SKUs: []string{"MUG", "SET", "NONE"}}))(t).StockItemInfo
	if len(info) != 2 || !info[0].IsArchived || info[0].IsCompositeParent || info[1].IsArchived || !info[1].IsCompositeParent {
		t.Errorf("type info %+v, want MUG archived and SET composite", info)
	}
}

func TestSweepHasLevelsOnlyOnRequest(t *testing.T) {
	a := open(t)
	req := sweep(1, true)
	got := must(a.c.Stock.GetStockItemsFull(t.Context(), req))(t)
	if n := len(got[0].StockLevels); n != 2 {
		t.Errorf("%d levels, want one per location", n)
	}
	req.DataRequirements = nil
	if got = must(a.c.Stock.GetStockItemsFull(t.Context(), req))(t); len(got[0].StockLevels) != 0 {
		t.Errorf("levels %+v without asking", got[0].StockLevels)
	}
}

func TestStockItemsShowOneLocationAndTheCompositeFlag(t *testing.T) {
	a := open(t)
	page := must(a.c.Stock.GetStockItems(t.Context(), &linnworks.GetStockItemsRequest{
		LocationID: &a.overflow, EntriesPerPage: new(2), PageNumber: new(2),
	}))(t)
	if page.TotalEntries != 3 || page.TotalPages != 2 || len(page.Data) != 1 || !page.Data[0].IsCompositeParent || page.Data[0].MinimumLevel != -1 {
		t.Errorf("second page %+v, want the kit alone, untracked", page)
	}
	page = must(a.c.Stock.GetStockItems(t.Context(), &linnworks.GetStockItemsRequest{
		KeyWord: new("red"), LocationID: &a.overflow, EntriesPerPage: new(200), ExcludeComposites: new(true),
	}))(t)
	if len(page.Data) != 1 || page.Data[0].Available != 4 {
		t.Errorf("found %+v, want the red mug with its 4 at Overflow", page.Data)
	}
}

func TestUnknownIdsAndSKUsAreLeftOut(t *testing.T) {
	a := open(t)
	ids := must(a.c.Inventory.GetStockItemIDsBySKU(t.Context(), &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{"NONE", "MUG"}}))(t)
	if len(ids.Items) != 1 || ids.Items[0].StockItemID != a.mug {
		t.Errorf("ids %+v, want the mug's alone", ids)
	}
	some := []linnworks.GUID{a.overflow, linnworks.GUID(strings.ToUpper(string(a.mug))), a.set}
	levels := must(a.c.Stock.GetStockLevelBatch(t.Context(), &linnworks.GetStockLevelBatchRequest{StockItemIDs: some}))(t)
	if len(levels) != 2 || levels[0].StockItemID != a.mug || levels[0].StockItemLevels[1].Location.LocationName != "Overflow" || levels[1].StockItemLevels[0].Available != 10 {
		t.Errorf("levels %+v", levels)
	}
	kits := must(a.c.Inventory.GetInventoryItemsCompositionByIDs(t.Context(), &linnworks.GetInventoryItemsCompositionByIDsRequest{InventoryItemIDs: some}))(t).InventoryItemsCompositionByIDs
	if len(kits) != 1 || len(kits[string(a.set)]) != 2 || kits[string(a.set)][1].SKU != "TEA" || kits[string(a.set)][1].Quantity != 3 {
		t.Errorf("compositions %+v, want the kit's alone", kits)
	}
}

func TestBatchesBeyondTheMaximumAreRefused(t *testing.T) {
	a := open(t)
	ids := make([]linnworks.GUID, 201)
	for i := range ids {
		ids[i] = a.mug
	}
	_, err := a.c.Stock.GetStockLevelBatch(t.Context(), &linnworks.GetStockLevelBatchRequest{StockItemIDs: ids})
	if want := "The maximum items count for this call is 200"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	_, err = a.c.Inventory.GetInventoryItemsCompositionByIDs(t.Context(), &linnworks.GetInventoryItemsCompositionByIDsRequest{InventoryItemIDs: ids[:101]})
	if want := "The maximum items count for this call is 100"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	var orders []linnworks.ChannelOrder
	for i := range 21 {
		orders = append(orders, paid(fmt.Sprint(i), "c-mug", 1))
	}
	_, err = a.c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: orders, Location: "Default"})
	if err == nil || len(a.Orders()) != 0 {
		t.Errorf("error %v and %d orders for 21 at once", err, len(a.Orders()))
	}
}

func TestMistakesInATestNameTheObject(t *testing.T) {
	a := open(t)
	_, unknown := a.AddItem(linnworkstest.Item{SKU: "BOX", Components: []linnworkstest.Component{{SKU: "LID", Quantity: 1}}})
	_, twice := a.AddItem(linnworkstest.Item{SKU: "MUG"})
	_, where := a.AddItem(linnworkstest.Item{SKU: "BOX", Levels: map[linnworks.GUID]int{a.mug: 1}})
	_, levelled := a.AddItem(linnworkstest.Item{SKU: "BOX", Levels: map[linnworks.GUID]int{home: 1}, Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 1}}})
	_, level := a.Level("JUG", home)
	parked := a.order(t, func() linnworks.ChannelOrder { o := paid("P9", "c-mug", 1); o.OrderState = "Park"; return o }())
	for err, want := range map[error]string{
		unknown: "LID", twice: "MUG", where: "BOX", levelled: "BOX", level: "JUG",
		a.SetOnHand("SET", home, 1):                 "SET",
		a.SetOnHand("MUG", a.mug, 1):                string(a.mug),
		a.MapChannelSKU("SHOP", "UK", "x", "JUG"):   "JUG",
		a.Process(parked):                           "reference P9) is parked",
		a.SetTracking(parked, "", "X"):              "reference P9) is parked",
		a.PrintLabel(a.mug):                         string(a.mug),
		a.MapPostalService("SHOP", "UK", "x", home): string(home),
	} {
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "linnworkstest: ") {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

func TestDeletedItemsAreGone(t *testing.T) {
	t.Parallel()
	a, ctx := open(t), t.Context()
	if a.Delete("MUG") == nil || a.Delete("NONE") == nil {
		t.Error("an item that a kit holds, or that does not exist, was deleted")
	}
	check(t, a.Delete("SET"))
	check(t, a.Delete("MUG"))
	found := must(a.c.Inventory.GetStockItemIDsBySKU(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: []string{"MUG", "SET", "TEA"}}))(t)
	levels := must(a.c.Stock.GetStockLevelBatch(ctx, &linnworks.GetStockLevelBatchRequest{StockItemIDs: []linnworks.GUID{a.mug, a.set}}))(t)
	types := must(a.c.Stock.GetStockItemTypeInfo(ctx, &linnworks.GetStockItemTypeInfoRequest{SKUs: []string{"MUG"}, StockItemIntIDs: []int{1, 2, 3}}))(t)
	linked := must(a.c.Inventory.IsInventoryItemChannelSKULinked(ctx, &linnworks.IsInventoryItemChannelSKULinkedRequest{
		ChannelSKU: new("c-mug"), Source: new("SHOP"), SubSource: new("UK"),
	}))(t)
	if len(found.Items) != 1 || len(levels) != 0 || len(types.StockItemInfo) != 1 || linked {
		t.Errorf("a deleted item is still shown: found %v, %d levels, types %v, linked %t", found.Items, len(levels), types.StockItemInfo, linked)
	}
	_, err := a.AddItem(linnworkstest.Item{SKU: "MUG"})
	check(t, err)
}
