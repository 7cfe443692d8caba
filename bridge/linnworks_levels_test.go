package bridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// stockHouse is a Linnworks account with two locations, and its adapter.
type stockHouse struct {
	*linnworkstest.Fake
	book *linnworksadapter.Warehouse
	back linnworks.GUID // the second location
}

func newStore(t *testing.T, opts ...linnworkstest.Option) *stockHouse {
	t.Helper()
	s := &stockHouse{Fake: linnworkstest.New(append([]linnworkstest.Option{linnworkstest.WithoutQuotas()}, opts...)...)}
	s.back = s.AddLocation("Back")
	s.book = s.adapter(t, linnworksadapter.Options{SubSource: "uk"})
	return s
}

func (s *stockHouse) adapter(t *testing.T, o linnworksadapter.Options) *linnworksadapter.Warehouse {
	t.Helper()
	c, err := s.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	book, err := linnworksadapter.New(t.Context(), c, o)
	must(t, err)
	return book
}

// add adds items and returns their ids by SKU.
func (s *stockHouse) add(t *testing.T, items ...linnworkstest.Item) map[string]string {
	t.Helper()
	ids := map[string]string{}
	for _, item := range items {
		id, err := s.AddItem(item)
		must(t, err)
		ids[item.SKU] = string(id)
	}
	return ids
}

// calls is how often an operation was called.
func (s *stockHouse) calls(operation string) int {
	return len(s.Calls(linnworkstest.Operation(operation)))
}

const front = string(linnworks.ZeroGUID)

func (s *stockHouse) levels(front, back int) map[linnworks.GUID]int {
	return map[linnworks.GUID]int{linnworks.ZeroGUID: front, s.back: back}
}

func TestSweepStock(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 199, 200, 201, 400, 450} {
		t.Run(fmt.Sprint(n, " items"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStore(t)
				want := map[string]int{}
				for i := range n {
					id, err := s.AddItem(linnworkstest.Item{SKU: fmt.Sprint("ITEM-", i), Levels: s.levels(i, 1)})
					must(t, err)
					want[string(id)] = i
				}
				began := time.Now()
				got, pages := map[string]int{}, 0
				for reading, err := range s.book.SweepStock(t.Context()) {
					must(t, err)
					if want := began.Add(time.Duration(pages) * time.Second); !reading.At.Equal(want) {
						t.Errorf("page %d: read at %v, want %v: before its call and after the page before was handed out", pages, reading.At, want)
					}
					pages++
					for id, levels := range reading.Available {
						if _, twice := got[id]; twice {
							t.Errorf("item %s came twice", id)
						}
						got[id] = levels[front]
					}
					time.Sleep(time.Second)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("levels (-want +got):\n%s", diff)
				}
				if want := (n + 199) / 200; pages != want {
					t.Errorf("%d pages, want %d", pages, want)
				}
				if calls, want := s.calls("Stock.GetStockItemsFull"), (n+199)/200+1; calls != want {
					t.Errorf("%d calls, want %d", calls, want)
				}
			})
		})
	}
}

func TestSweepStockTellsWhereAnItemIsTracked(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ids := s.add(t,
		linnworkstest.Item{SKU: "MUG", Levels: s.levels(5, 3)},
		linnworkstest.Item{SKU: "BAG", Untracked: true},
		linnworkstest.Item{SKU: "SET", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 2}}},
		linnworkstest.Item{SKU: "BOX", Levels: s.levels(5, 3)},
	)
	s.minimum(t, ids["BOX"], s.back, -1)
	var swept stock.Reading
	for reading, err := range s.book.SweepStock(t.Context()) {
		must(t, err)
		swept = reading
	}
	targeted, err := s.book.StockLevels(t.Context(), slices.Collect(maps.Values(ids)))
	must(t, err)
	for name, r := range map[string]stock.Reading{"sweep": swept, "targeted": targeted} {
		got := map[string][2]bool{}
		for sku, id := range ids {
			got[sku] = [2]bool{r.Tracked(id, front), r.Tracked(id, string(s.back))}
		}
		want := map[string][2]bool{"MUG": {true, true}, "BAG": {}, "SET": {}, "BOX": {true, false}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: tracked (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(map[string]int{front: 5, string(s.back): 3}, r.Available[ids["MUG"]]); diff != "" {
			t.Errorf("%s: the mug's levels (-want +got):\n%s", name, diff)
		}
		if r.Untracked[ids["BOX"]] || !r.Untracked[ids["BAG"]] {
			t.Errorf("%s: untracked everywhere is %v, want the bag alone", name, r.Untracked)
		}
	}
}

// minimum sets the minimum level of an item at a location: -1 ends its tracking.
func (s *stockHouse) minimum(t *testing.T, id string, at linnworks.GUID, level int) {
	t.Helper()
	c, err := s.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	item := linnworks.GUID(id)
	must(t, errOf(c.Stock.UpdateStockMinimumLevel(t.Context(), &linnworks.UpdateStockMinimumLevelRequest{StockItemID: item, LocationID: at, MinimumLevel: &level})))
}

func TestSweepStockStops(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for i := range 450 {
		s.add(t, linnworkstest.Item{SKU: fmt.Sprint("ITEM-", i), Levels: s.levels(1, 1)})
	}
	for _, err := range s.book.SweepStock(t.Context()) {
		must(t, err)
		break
	}
	if n := s.calls("Stock.GetStockItemsFull"); n != 1 {
		t.Errorf("%d calls after the caller stopped at the first page", n)
	}
	s.Fail("Stock.GetStockItemsFull", 1, linnworkstest.Reply(400, "Object reference not set to an instance of an object."))
	var errs, pages int
	for _, err := range s.book.SweepStock(t.Context()) {
		if err != nil {
			errs++
		} else {
			pages++
		}
	}
	if errs != 1 || pages != 0 {
		t.Errorf("%d errors, %d pages from a failed call: a failure is not the end of the pages", errs, pages)
	}
}

func TestItemsTouched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		ids := s.add(t,
			linnworkstest.Item{SKU: "MUG", Levels: s.levels(500, 0)},
			linnworkstest.Item{SKU: "SPOON", Levels: s.levels(900, 0)},
			linnworkstest.Item{SKU: "SET", Components: []linnworkstest.Component{{SKU: "SPOON", Quantity: 2}}},
			linnworkstest.Item{SKU: "TEA", Levels: s.levels(10, 0)},
			linnworkstest.Item{SKU: "CUP", Levels: s.levels(10, 0)},
		)
		order := func(source, reference, sku string) linnworks.GUID {
			id, err := s.AddOrder(linnworkstest.Order{Source: source, SubSource: "uk", Reference: reference, Lines: []linnworkstest.Line{{SKU: sku, Quantity: 1}}})
			must(t, err)
			return id
		}
		touched := func(since time.Time) []string {
			t.Helper()
			got, err := s.book.ItemsTouched(t.Context(), since)
			must(t, err)
			if !got.UpTo.Equal(time.Now().UTC()) {
				t.Errorf("read up to %v, want the moment before the call", got.UpTo)
			}
			return got.ItemIDs
		}
		want := func(skus ...string) []string {
			var list []string
			for _, sku := range skus {
				list = append(list, ids[sku])
			}
			slices.Sort(list)
			return list
		}
		dispatched, cancelled := order("AMAZON-X", "1", "TEA"), order("SHOP", "2", "CUP")
		time.Sleep(time.Hour)
		since := time.Now()
		for i := range 230 {
			order("SHOP", fmt.Sprint("m", i), "MUG")
		}
		order("OTHER", "s", "SET")
		if diff := cmp.Diff(want("MUG", "SET", "SPOON"), touched(since)); diff != "" {
			t.Errorf("items of new orders (-want +got):\n%s", diff)
		}
		if n := len(s.Calls(linnworkstest.Operation("OrdersV2.GetOrders"), linnworkstest.Answered(200))); n != 2 {
			t.Errorf("%d calls for 231 orders", n)
		}
		time.Sleep(time.Hour)
		since = time.Now()
		if got := touched(since); len(got) != 0 {
			t.Errorf("touched without a change: %v", got)
		}
		must(t, s.Process(dispatched))
		must(t, s.Cancel(cancelled))
		if diff := cmp.Diff(want("TEA", "CUP"), touched(since)); diff != "" {
			t.Errorf("items of dispatched and cancelled orders (-want +got):\n%s", diff)
		}
	})
}

// Orders that a shop of the bridge has sold come with what they take.
func TestTouchedOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		ids := s.add(t,
			linnworkstest.Item{SKU: "MUG", Levels: s.levels(500, 0)},
			linnworkstest.Item{SKU: "SPOON", Levels: s.levels(900, 0)},
			linnworkstest.Item{SKU: "SET", Components: []linnworkstest.Component{{SKU: "SPOON", Quantity: 2}}},
		)
		order := func(source, shop, reference string, lines ...linnworkstest.Line) linnworks.GUID {
			id, err := s.AddOrder(linnworkstest.Order{Source: source, SubSource: shop, Reference: reference, Lines: lines})
			must(t, err)
			return id
		}
		mugs := linnworkstest.Line{SKU: "MUG", Quantity: 3}
		since := time.Now()
		open, kit := order("TIKTOKBRIDGE", "uk", "1", mugs), order("tiktokbridge", "uk", "2", mugs, linnworkstest.Line{SKU: "SET", Quantity: 2})
		sent, dropped := order("TIKTOKBRIDGE", "uk", "3", mugs), order("TIKTOKBRIDGE", "uk", "4", mugs)
		other, web := order("TIKTOKBRIDGE", "south", "5", mugs), order("WEBSHOP", "uk", "6", mugs)
		time.Sleep(time.Minute)
		must(t, errors.Join(s.Lock(kit, true), s.Lock(other, true), s.Lock(web, true), s.Process(sent), s.Cancel(dropped)))
		at := time.Now().UTC()
		time.Sleep(time.Minute)

		got, err := s.book.ItemsTouched(t.Context(), since)
		must(t, err)
		slices.SortFunc(got.Orders, func(a, b stock.TouchedOrder) int { return strings.Compare(a.OrderIDs[0], b.OrderIDs[0]) })
		place := string(linnworks.ZeroGUID)
		want := []stock.TouchedOrder{
			{ID: string(open), OrderIDs: []string{"1"}, UpdatedAt: since.UTC(), LocationID: place, Items: map[string]int{ids["MUG"]: 3}},
			{ID: string(kit), OrderIDs: []string{"2"}, UpdatedAt: at, LocationID: place, Locked: true, Items: map[string]int{ids["MUG"]: 3, ids["SET"]: 2, ids["SPOON"]: 4}},
			{ID: string(sent), OrderIDs: []string{"3"}, UpdatedAt: at, LocationID: place, Items: map[string]int{ids["MUG"]: 3}},
			{ID: string(dropped), OrderIDs: []string{"4"}, UpdatedAt: at, LocationID: place},
			{ID: string(other), OrderIDs: []string{"5"}, UpdatedAt: at, LocationID: place, Locked: true, Elsewhere: true, Items: map[string]int{ids["MUG"]: 3}},
		}
		if diff := cmp.Diff(want, got.Orders); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A locked order that was merged has lost its reference: it is named by what was
// written into those that it was merged from.
func TestTouchedMergedOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		s.add(t, linnworkstest.Item{SKU: "MUG", Levels: s.levels(500, 0)})
		c, err := s.Client(linnworks.WithLimiter(unpaced{}))
		must(t, err)
		since := time.Now()
		var parts []linnworks.GUID
		for _, reference := range []string{"1", "2"} {
			id, err := s.AddOrder(linnworkstest.Order{Source: "TIKTOKBRIDGE", SubSource: "uk", Reference: reference, Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 1}}})
			must(t, err)
			must(t, errOf(c.Orders.AddExtendedProperties(t.Context(), &linnworks.AddExtendedPropertiesRequest{
				OrderID: id, ExtendedProperties: []linnworks.BasicExtendedProperty{{Name: "tiktok.order_id", Value: reference, Type: "Order"}},
			})))
			parts = append(parts, id)
		}
		merged, err := c.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{OrdersToMerge: parts, FulfilmentCenter: new(linnworks.ZeroGUID)})
		must(t, err)
		must(t, s.Lock(merged.OrderID, true))
		got, err := s.book.ItemsTouched(t.Context(), since)
		must(t, err)
		i := slices.IndexFunc(got.Orders, func(o stock.TouchedOrder) bool { return o.Locked })
		if i < 0 || !slices.Equal(got.Orders[i].OrderIDs, []string{"1", "2"}) {
			t.Errorf("touched %+v, want a locked order of 1 and 2", got.Orders)
		}
	})
}

func TestItemStates(t *testing.T) {
	t.Parallel()
	// How the adapter came to know the items must not matter.
	ways := map[string]func(*testing.T, *stockHouse, []string){
		"swept": func(t *testing.T, s *stockHouse, _ []string) {
			for _, err := range s.book.SweepStock(t.Context()) {
				must(t, err)
			}
		},
		"swept, then found by SKU": func(t *testing.T, s *stockHouse, _ []string) {
			for _, err := range s.book.SweepStock(t.Context()) {
				must(t, err)
			}
			_, err := s.book.ItemsBySKU(t.Context(), []string{"MUG", "TEA", "CUP", "SET"})
			must(t, err)
		},
		"levels read": func(t *testing.T, s *stockHouse, ids []string) {
			_, err := s.book.StockLevels(t.Context(), ids)
			must(t, err)
		},
		"found by SKU": func(t *testing.T, s *stockHouse, _ []string) {
			var listings []catalogue.SKU
			for _, sku := range []string{"MUG", "TEA", "CUP", "SET"} {
				listings = append(listings, catalogue.SKU{ID: "s-" + sku, SellerSKU: sku})
			}
			_, _, err := s.book.StockItems(t.Context(), listings)
			must(t, err)
		},
	}
	for name, meet := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			ids := s.add(t,
				linnworkstest.Item{SKU: "MUG"}, linnworkstest.Item{SKU: "TEA"}, linnworkstest.Item{SKU: "CUP"},
				linnworkstest.Item{SKU: "SET", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 1}}},
			)
			asked := slices.Collect(maps.Values(ids))
			meet(t, s, asked)
			must(t, s.Archive("TEA", true))
			must(t, s.Delete("CUP"))
			s.add(t, linnworkstest.Item{SKU: "CUP"}) // another item with its SKU
			s.rename(t, ids["MUG"], "BEAKER")
			ghost := "99999999-0000-4000-8000-000000000000"
			got, err := s.book.ItemStates(t.Context(), append(asked, ghost))
			must(t, err)
			want := map[string]stock.ItemState{
				ids["MUG"]: {SKU: "BEAKER"}, ids["TEA"]: {SKU: "TEA", Archived: true}, ids["CUP"]: {SKU: "CUP", Deleted: true},
				ids["SET"]: {SKU: "SET", Kit: true}, ghost: {Deleted: true},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
			if active := got[ids["MUG"]].Active() && !got[ids["TEA"]].Active() && !got[ids["CUP"]].Active(); !active {
				t.Errorf("only the mug is active: %v", got)
			}
			if n := s.calls("Stock.GetStockItemTypeInfo"); n != 1 {
				t.Errorf("%d calls for five items", n)
			}
		})
	}
	t.Run("renamed and archived", func(t *testing.T) {
		t.Parallel()
		s := newStore(t)
		ids := s.add(t, linnworkstest.Item{SKU: "MUG"})
		ways["swept, then found by SKU"](t, s, nil)
		s.rename(t, ids["MUG"], "OLD-MUG")
		must(t, s.Archive("OLD-MUG", true))
		got, err := s.book.ItemStates(t.Context(), []string{ids["MUG"]})
		must(t, err)
		if diff := cmp.Diff(map[string]stock.ItemState{ids["MUG"]: {SKU: "OLD-MUG", Archived: true}}, got); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	})
	t.Run("not seen before", func(t *testing.T) {
		t.Parallel()
		s := newStore(t)
		ids := s.add(t, linnworkstest.Item{SKU: "MUG"})
		got, err := s.book.ItemStates(t.Context(), []string{ids["MUG"]})
		must(t, err)
		if diff := cmp.Diff(map[string]stock.ItemState{ids["MUG"]: {SKU: "MUG"}}, got); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
	})
}

func (s *stockHouse) rename(t *testing.T, id, sku string) {
	t.Helper()
	c, err := s.Client(linnworks.WithLimiter(unpaced{}))
	must(t, err)
	item := linnworks.GUID(id)
	must(t, errOf(c.Inventory.UpdateInventoryItem(t.Context(), &linnworks.UpdateInventoryItemRequest{
		InventoryItem: &linnworks.InventoryUpdateInventoryItemRequest{StockItemID: &item, ItemNumber: &sku},
	})))
}

// A page may hold items without their levels: that is not zero.
func TestSweepStockLeavesOutWhatHasNoLevels(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ids := s.add(t, linnworkstest.Item{SKU: "MUG", Levels: s.levels(1, 1)}, linnworkstest.Item{SKU: "CUP", Levels: s.levels(1, 1)})
	c, err := s.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMiddleware(func(r *http.Request, next linnworks.Next) (*http.Response, error) {
		reply, err := next(r)
		if err != nil || !strings.HasSuffix(r.URL.Path, "/GetStockItemsFull") || reply.StatusCode != http.StatusOK {
			return reply, err
		}
		var items []map[string]any
		if err := json.NewDecoder(reply.Body).Decode(&items); err != nil {
			return nil, err
		}
		items[1]["StockLevels"] = []any{}
		body, err := json.Marshal(items)
		reply.Body = io.NopCloser(bytes.NewReader(body))
		return reply, err
	}))
	must(t, err)
	book, err := linnworksadapter.New(t.Context(), c, linnworksadapter.Options{SubSource: "uk"})
	must(t, err)
	for reading, err := range book.SweepStock(t.Context()) {
		must(t, err)
		if _, have := reading.Available[ids["CUP"]]; have || len(reading.Available) != 1 {
			t.Errorf("read %v, want the mug alone", reading.Available)
		}
	}
}

// A kit that an account tracks sells its own stock, unless the account is said to
// keep none of kits.
func TestKitsWithStockOfTheirOwn(t *testing.T) {
	s := newStore(t, linnworkstest.WithQuirk(linnworkstest.KitParentsUntracked, false))
	s.add(t, linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 7}},
		linnworkstest.Item{SKU: "PAIR", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 2}}})
	pair := []catalogue.SKU{{ID: "1", SellerSKU: "PAIR"}}
	for _, none := range []bool{false, true} {
		items, broken, err := s.adapter(t, linnworksadapter.Options{SubSource: "uk", KitsHaveNoStock: none}).StockItems(t.Context(), pair)
		must(t, err)
		if got := len(items["1"].StockedIn) > 0; got == none || len(items["1"].Kit) != 1 || len(broken) > 0 {
			t.Errorf("kits have no stock: %t, but %+v is stocked: %t", none, items["1"], got)
		}
	}
}
