package stock_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// storefront shows what its book wants, in two warehouses.
type storefront struct{ stock.Reader }

const leeds, york = "7068517275539719942", "7068517275539719943"

func (storefront) ShopStock(_ context.Context, ids []string) ([]stock.ShownStock, error) {
	list := make([]stock.ShownStock, len(ids))
	for i, id := range ids {
		list[i] = stock.ShownStock{SKU: catalogue.SKU{ID: id, ProductID: productOf(id)}, Warehouses: []stock.ShownWarehouse{
			{WarehouseID: leeds, Available: 10, Committed: 1}, {WarehouseID: york, Available: 10},
		}}
	}
	return list, nil
}

// productOf is the id of the product that a SKU belongs to, four of each.
func productOf(skuID string) string {
	var n int
	_, _ = fmt.Sscanf(skuID[9:], "%d", &n)
	return fmt.Sprintf("1729592%012d", n/4)
}

// largeBook is a book of so many SKUs, a fifth of them kits of two, with ids as long as
// the real ones, all of which had to wait for the orders, were published and have been
// checked. Nothing else keeps any of it.
func largeBook(tb testing.TB, skus int) *stock.Book {
	tb.Helper()
	book, err := stock.NewBook(stock.Options{Locations: map[string][]string{leeds: {guid(1)}, york: {guid(2)}}})
	if err != nil {
		tb.Fatal(err)
	}
	singles := skus * 4 / 5
	items := make(map[string]catalogue.Item, skus)
	reading := stock.Reading{At: world.Noon, Available: make(map[string]map[string]int, singles)}
	listings := make([]catalogue.Listing, 0, skus)
	single := func(n int) catalogue.Item {
		return catalogue.Item{ID: guid(1000 + n), SKU: fmt.Sprintf("SKU-%06d-BLUE-L", n)}
	}
	for n := range skus {
		item := single(n)
		if n < singles {
			reading.Available[single(n).ID] = map[string]int{guid(1): 10, guid(2): 10}
		} else {
			item.Kit = []catalogue.Component{{Item: single((n * 7) % singles), Quantity: 1}, {Item: single((n*7 + 1) % singles), Quantity: 1}}
		}
		id := fmt.Sprintf("1729593%012d", n)
		items[id] = item
		listings = append(listings, catalogue.Listing{
			SKU:   catalogue.SKU{ProductID: productOf(id), ID: id, SellerSKU: strings.Clone(item.SKU)},
			Title: fmt.Sprintf("Insulated stainless steel travel mug with a lid, 450 ml, %06d", n),
			Stock: []catalogue.WarehouseStock{{WarehouseID: strings.Clone(leeds)}, {WarehouseID: strings.Clone(york)}},
		})
	}
	check, err := stock.NewCheck(stock.CheckPorts{
		Book: book, Shop: storefront{}, Ledger: new(store.Memory).Shop("shop"), Levels: storefront{}, Exceptions: new(exceptions.Memory).Shop("shop"),
	}, stock.CheckOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	book.SetSeenUpTo(time.Time{})
	book.SetCatalogue(book.Mark(), world.Noon, listings, items, nil)
	book.SetLevels(book.Mark(), reading)
	if p := book.Plan(); p.Unchanged != skus {
		tb.Fatalf("%d SKUs wait for the orders to be seen, want all", p.Unchanged)
	}
	book.SetSeenUpTo(time.Now().Add(time.Hour))
	plan := book.Plan()
	if len(plan.Products) != skus/4 {
		tb.Fatalf("%d products to publish, want all", len(plan.Products))
	}
	for _, p := range plan.Products {
		book.Accepted(time.Now(), p)
	}
	if r, err := check.Check(tb.Context()); err != nil || r.Right != skus {
		tb.Fatalf("%d of %d right, %v", r.Right, skus, err)
	}
	if p := book.Plan(); p.Unchanged != skus || len(p.Products) > 0 || len(p.Problems) > 0 {
		tb.Fatalf("%d right, %d products wrong, %v", p.Unchanged, len(p.Products), p.Problems)
	}
	return book
}

// kept is how many bytes a book of so many SKUs with its check keeps alive.
func kept(tb testing.TB, skus int) float64 {
	tb.Helper()
	heap := func() float64 {
		runtime.GC()
		runtime.GC() // what a pool gives up at the first
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before := heap()
	book := largeBook(tb, skus)
	size := heap() - before
	runtime.KeepAlive(book)
	return size
}

// A book of 100,000 SKUs keeps 64 MB at most, as its documentation promises.
func TestBookMemory(t *testing.T) {
	const skus = 20_000
	if got := kept(t, skus) / skus; got > 640 {
		t.Errorf("a book keeps %.0f bytes for each SKU, want 640 at most", got)
	}
}

// BenchmarkStockBookMemory reports what a book with its check keeps alive: 62.7 MB for
// 100,000 SKUs and 125.2 MB for 200,000, which is 626 bytes for each. TestStockMemory of the
// package bridge has the SKU map and the adapters besides.
func BenchmarkStockBookMemory(b *testing.B) {
	for _, skus := range []int{100_000, 200_000} {
		b.Run(fmt.Sprint(skus, " SKUs"), func(b *testing.B) {
			for b.Loop() {
				size := kept(b, skus)
				b.ReportMetric(size/1e6, "MB-live")
				b.ReportMetric(size/float64(skus), "B/SKU")
			}
		})
	}
}

func guid(n int) string { return fmt.Sprintf("69000000-0000-4000-8000-%012d", n) }
