package bridge

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"
)

func BenchmarkMapOrder(b *testing.B) {
	o := anOrder("576461413038785752", "MUG", "MUG", "SPOON", "SET")
	o.Lines = append(o.Lines, bundle("x", 2599, BundleComponent{sku("MUG"), 1}, BundleComponent{sku("SPOON"), 2}))
	known := itemLookup{items: map[string]StockItem{"s-MUG": mug, "s-SPOON": spoon, "s-SET": set}}
	b.ReportAllocs()
	for b.Loop() {
		if n, _ := mapOrder(o, known); len(n.Lines) == 0 {
			b.Fatal("no lines")
		}
	}
}

// A permit for 50 orders, without what the shop takes to answer.
func BenchmarkGateCheck50(b *testing.B) {
	orders := map[string]Order{}
	var ids []string
	for i := range 50 {
		o := anOrder(fmt.Sprintf("57646141303878%04d", i), "MUG", "SPOON")
		orders[o.ID] = o
		ids = append(ids, o.ID)
	}
	g, err := NewGate(GatePorts{Orders: shelf(orders), Cancellations: shelf(orders)}, GateOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if permits, err := g.Check(b.Context(), ids...); err != nil || !permits[49].Granted {
			b.Fatal(permits, err)
		}
	}
}

// shelf is a shop that answers at once.
type shelf map[string]Order

func (s shelf) OrdersUpdated(context.Context, time.Time, time.Time) iter.Seq2[Order, error] {
	return nil
}

func (s shelf) OrdersByID(_ context.Context, ids []string) ([]Order, error) {
	list := make([]Order, 0, len(ids))
	for _, id := range ids {
		list = append(list, s[id])
	}
	return list, nil
}

func (s shelf) PendingCancellations(context.Context, []string) ([]Cancellation, error) {
	return nil, nil
}

// bigShop has 10,000 SKUs in two warehouses; every fifth is a kit of two items.
type bigShop struct {
	listings []Listing
	items    map[string]StockItem
	levels   map[string]map[string]int
}

func newBigShop() *bigShop {
	s := &bigShop{items: map[string]StockItem{}, levels: map[string]map[string]int{}}
	for i := range 10_000 {
		id := fmt.Sprint(i)
		item := StockItem{ID: "i" + id, SKU: "SKU-" + id}
		if i%5 == 4 {
			for j := 1; j <= 2; j++ {
				part := fmt.Sprint(i - j)
				item.Kit = append(item.Kit, KitComponent{StockItem{ID: "i" + part, SKU: "SKU-" + part}, j})
			}
		}
		s.items[id] = item
		s.levels[item.ID] = map[string]int{"L1": i % 50, "L2": i % 7}
		s.listings = append(s.listings, Listing{
			ListingSKU: ListingSKU{ProductID: fmt.Sprint(i / 4), ID: id, SellerSKU: item.SKU},
			Stock:      []WarehouseStock{{"W1", i % 50}, {"W2", i % 3}},
		})
	}
	return s
}

func (s *bigShop) Listings(context.Context) iter.Seq2[Listing, error] {
	return func(yield func(Listing, error) bool) {
		for _, l := range s.listings {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (s *bigShop) StockItems(context.Context, []ListingSKU) (map[string]StockItem, map[string]error, error) {
	return s.items, nil, nil
}

func (s *bigShop) StockLevels(context.Context, []string) (StockReading, error) {
	return StockReading{At: noon, Available: s.levels}, nil
}

func (s *bigShop) PublishStock(context.Context, ProductStock) ([]StockRefusal, error) {
	return nil, nil
}

func BenchmarkStockPlan(b *testing.B) {
	shop, memory := newBigShop(), new(Memory)
	for i := range 500 {
		_ = memory.PutReservation(b.Context(), Reservation{OrderID: fmt.Sprint(i), LocationID: "L1", Items: map[string]int{fmt.Sprint("i", i): 1}})
	}
	push, err := NewStockPush(StockPorts{
		Listings: shop, Catalogue: shop, Levels: shop, Ledger: memory, Publisher: shop, Locks: memory, Exceptions: new(MemoryExceptions),
	}, StockOptions{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, Buffer: FixedBuffer(2)})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		plan, err := push.Plan(b.Context())
		if err != nil || len(plan.Products) == 0 || len(plan.Problems) > 0 {
			b.Fatal(len(plan.Products), plan.Problems, err)
		}
	}
}

// hugeBook has 100,000 SKUs in two warehouses, of which 20,000 are kits of three
// components, and their levels; everything is published.
func hugeBook(tb testing.TB) (book *StockBook, singles []string) {
	tb.Helper()
	const skus = 100_000
	book, err := NewStockBook(StockOptions{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, Buffer: FixedBuffer(2)})
	if err != nil {
		tb.Fatal(err)
	}
	listings, items := make([]Listing, 0, skus), make(map[string]StockItem, skus)
	reading := StockReading{At: noon, Available: map[string]map[string]int{}}
	for i := range skus {
		item := StockItem{ID: fmt.Sprintf("i%06d", i), SKU: fmt.Sprintf("SKU-%06d", i)}
		if i%5 == 4 {
			for j := 1; j <= 3; j++ {
				item.Kit = append(item.Kit, KitComponent{StockItem{ID: fmt.Sprintf("i%06d", i-j), SKU: fmt.Sprintf("SKU-%06d", i-j)}, j})
			}
		} else {
			singles = append(singles, item.ID)
			reading.Available[item.ID] = map[string]int{"L1": 10 + i%50, "L2": 10 + i%7}
		}
		id := fmt.Sprintf("s%06d", i)
		items[id] = item
		listings = append(listings, Listing{
			ListingSKU: ListingSKU{ProductID: fmt.Sprintf("p%05d", i/4), ID: id, SellerSKU: item.SKU},
			Stock:      []WarehouseStock{{"W1", 0}, {"W2", 0}},
		})
	}
	book.SetCatalogue(book.Mark(), noon, listings, items, nil)
	book.SetLevels(book.Mark(), reading)
	for _, p := range book.Plan().Products {
		book.Accepted(noon, p)
	}
	if p := book.Plan(); p.Unchanged != skus || len(p.Products) > 0 || len(p.Problems) > 0 {
		tb.Fatalf("%d right, %d products wrong, %v", p.Unchanged, len(p.Products), p.Problems)
	}
	return book, singles
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkStockBook plans 100,000 SKUs: all of them again with 1 % changed, and
// only what changed, at 1 % and at a tenth of that.
func BenchmarkStockBook(b *testing.B) {
	before := liveHeap()
	book, singles := hugeBook(b)
	size := float64(liveHeap()-before) / 1e6
	level, at := 10, noon
	run := func(name string, changed int, all bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				level, at = 30-level, at.Add(1)
				reading := StockReading{At: at, Available: make(map[string]map[string]int, changed)}
				for i := range changed {
					reading.Available[singles[i*len(singles)/changed]] = map[string]int{"L1": level, "L2": level}
				}
				b.StartTimer()
				book.SetLevels(book.Mark(), reading)
				if all {
					book.Recompute()
				}
				plan := book.Plan()
				b.StopTimer()
				if len(plan.Products) < changed/2 {
					b.Fatalf("%d products planned for %d changes", len(plan.Products), changed)
				}
				for _, p := range plan.Products {
					book.Accepted(at, p)
				}
				book.Plan()
				b.StartTimer()
			}
			b.ReportMetric(size, "MB-book")
		})
	}
	run("all of 100000, 1000 changed", 1000, true)
	run("only 1000 changed", 1000, false)
	run("only 100 changed", 100, false)
}
