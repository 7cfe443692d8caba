package bridge_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// benchOrder has five units: two singles, a kit, a bundle with a composite and one
// without, with discounts, tax and a fee.
func benchOrder() tiktokshop.Order {
	o := tiktokshop.Order{
		ID: "576461413038785752", Status: "AWAITING_SHIPMENT", ShippingType: "SELLER", FulfillmentType: "FULFILLMENT_BY_SELLER", OrderType: "NORMAL",
		IsOnHoldOrder: true, CreateTime: 1790000000, PaidTime: 1790000060, RTSSLATime: 1790170000, ShippingDueTime: 1790600000,
		BuyerNickname: "ada_b", BuyerMessage: "ring twice", DeliveryOptionName: "Standard shipping", DeliveryOptionID: "7101", WarehouseID: "W1",
		RecipientAddress: tiktokshop.OrderRecipientAddress{
			Name: "Ada Lane", AddressLine1: "1 Main St", PostalCode: "90012", RegionCode: "US",
			DistrictInfo: []tiktokshop.OrderRecipientAddressDistrictInfo{
				{AddressLevel: "L0", AddressName: "United States"}, {AddressLevel: "L1", AddressName: "California"},
				{AddressLevel: "L2", AddressName: "Los Angeles County"}, {AddressLevel: "L3", AddressName: "Los Angeles"},
			},
		},
		Payment: tiktokshop.OrderPayment{
			Currency: "USD", OriginalTotalProductPrice: "64.95", SellerDiscount: "5.00", PlatformDiscount: "2.50", SubTotal: "57.45",
			OriginalShippingFee: "4.99", ShippingFee: "4.99", Tax: "5.15", ProductTax: "4.75", ShippingFeeTax: "0.40", RetailDeliveryFee: "0.28", TotalAmount: "67.87",
		},
	}
	for i, name := range []string{"MUG", "SPOON", "SET", "SAME", "LOST"} {
		l := tiktokshop.OrderLineItem{
			ID: fmt.Sprint("57646141303878575", i), SKUID: "s-" + name, SellerSKU: name, ProductName: name, SKUName: "red", DisplayStatus: "AWAITING_SHIPMENT", Currency: "USD",
			OriginalPrice: "12.99", SellerDiscount: "1.00", PlatformDiscount: "0.50", SalePrice: "11.49",
			ItemTax: []tiktokshop.OrderLineItemItemTax{{TaxType: "SALES_TAX", TaxAmount: "0.95", TaxRate: "0.0825"}},
		}
		switch name {
		case "SAME":
			l.CombinedListingSKUs = components(catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 2}, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 1})
		case "LOST":
			l.CombinedListingSKUs = components(catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 1}, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 2})
		}
		o.LineItems = append(o.LineItems, l)
	}
	return o
}

// BenchmarkOrder is the way of one order of five lines from the shop's reply to
// what Linnworks is sent, the steps of it, and a bare copy of the same data to
// compare with.
func BenchmarkOrder(b *testing.B) {
	shop, warehouse := theShop(), theWarehouse()
	known, o := catalogue.Lookup{Items: promotionItems()}, benchOrder()
	read := shop.Order(o)
	n, problems := bridge.MapOrder(read, known)
	if len(n.Lines) != 7 || len(problems) != 1 || read.Unreadable != "" {
		b.Fatalf("%d lines, %v, %s", len(n.Lines), problems, read.Unreadable)
	}
	for _, bench := range []struct {
		name string
		do   func() bool
	}{
		{"whole", func() bool {
			n, _ := bridge.MapOrder(shop.Order(o), known)
			return len(warehouse.ChannelOrder(n).OrderItems) == 8
		}},
		{"read", func() bool { return len(shop.Order(o).Lines) == 5 }},
		{"map", func() bool { n, _ := bridge.MapOrder(read, known); return len(n.Lines) == 7 }},
		{"send", func() bool { return len(warehouse.ChannelOrder(n).OrderItems) == 8 }},
		{"copy", func() bool {
			c := read
			c.Lines, c.Details, c.Totals.Fees = slices.Clone(read.Lines), slices.Clone(read.Details), slices.Clone(read.Totals.Fees)
			return len(c.Lines)+len(c.Details)+len(c.Totals.Fees) >= 5
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !bench.do() {
					b.Fatal("not what was expected")
				}
			}
		})
	}
}

// bigShop has many SKUs in two warehouses; every fifth is a kit of two items.
type bigShop struct {
	listings []catalogue.Listing
	items    map[string]catalogue.Item
	levels   map[string]map[string]int
}

func newBigShop(skus int) *bigShop {
	s := &bigShop{items: map[string]catalogue.Item{}, levels: map[string]map[string]int{}}
	for i := range skus {
		id := fmt.Sprint(i)
		item := catalogue.Item{ID: "i" + id, SKU: "SKU-" + id}
		if i%5 == 4 {
			for j := 1; j <= 2; j++ {
				part := fmt.Sprint(i - j)
				item.Kit = append(item.Kit, catalogue.Component{Item: catalogue.Item{ID: "i" + part, SKU: "SKU-" + part}, Quantity: j})
			}
		}
		s.items[id] = item
		s.levels[item.ID] = map[string]int{"L1": i % 50, "L2": i % 7}
		s.listings = append(s.listings, catalogue.Listing{
			SKU:   catalogue.SKU{ProductID: fmt.Sprint(i / 4), ID: id, SellerSKU: item.SKU},
			Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: i % 50}, {WarehouseID: "W2", Quantity: i % 3}},
		})
	}
	return s
}

func (s *bigShop) Listings(context.Context) iter.Seq2[catalogue.Listing, error] {
	return func(yield func(catalogue.Listing, error) bool) {
		for _, l := range s.listings {
			if !yield(l, nil) {
				return
			}
		}
	}
}

func (s *bigShop) StockItems(context.Context, []catalogue.SKU) (map[string]catalogue.Item, map[string]error, error) {
	return s.items, nil, nil
}

func (s *bigShop) StockLevels(context.Context, []string) (stock.Reading, error) {
	return stock.Reading{At: world.Noon, Available: s.levels}, nil
}

func (s *bigShop) PublishStock(context.Context, stock.ProductStock) ([]stock.Refusal, error) {
	return nil, nil
}

func BenchmarkStockPlan(b *testing.B) {
	shop, memory := newBigShop(10_000), new(store.Memory).Shop("shop")
	for i := range 500 {
		_ = memory.PutReservations(b.Context(), store.Reservation{OrderID: fmt.Sprint(i), LocationID: "L1", Items: map[string]int{fmt.Sprint("i", i): 1}})
	}
	push, err := stock.NewEngine(stock.Ports{
		Listings: shop, Catalogue: shop, Levels: shop, SeeOrders: world.AllSeen, Ledger: memory, Publisher: shop, Locks: memory, Exceptions: new(exceptions.Memory).Shop("shop"),
	}, stock.Options{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, Buffer: stock.Fixed(2)})
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

// hugeBook has so many SKUs in two warehouses, of which a fifth are kits of three
// components, and their levels; everything is published.
func hugeBook(tb testing.TB, skus int) (book *stock.Book, singles []string) {
	tb.Helper()
	book, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, Buffer: stock.Fixed(2)})
	if err != nil {
		tb.Fatal(err)
	}
	listings, items := make([]catalogue.Listing, 0, skus), make(map[string]catalogue.Item, skus)
	reading := stock.Reading{At: world.Noon, Available: map[string]map[string]int{}}
	for i := range skus {
		item := catalogue.Item{ID: fmt.Sprintf("i%06d", i), SKU: fmt.Sprintf("SKU-%06d", i)}
		if i%5 == 4 {
			for j := 1; j <= 3; j++ {
				item.Kit = append(item.Kit, catalogue.Component{Item: catalogue.Item{ID: fmt.Sprintf("i%06d", i-j), SKU: fmt.Sprintf("SKU-%06d", i-j)}, Quantity: j})
			}
		} else {
			singles = append(singles, item.ID)
			reading.Available[item.ID] = map[string]int{"L1": 10 + i%50, "L2": 10 + i%7}
		}
		id := fmt.Sprintf("s%06d", i)
		items[id] = item
		listings = append(listings, catalogue.Listing{
			SKU:   catalogue.SKU{ProductID: fmt.Sprintf("p%05d", i/4), ID: id, SellerSKU: item.SKU},
			Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 0}, {WarehouseID: "W2", Quantity: 0}},
		})
	}
	book.SetCatalogue(book.Mark(), world.Noon, listings, items, nil)
	book.SetLevels(book.Mark(), reading)
	for _, p := range book.Plan().Products {
		book.Accepted(world.Noon, p)
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

// Planning what 1,000 changed levels need makes half a megabyte of garbage at most, however
// large the shop is.
func TestStockPlanGarbage(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector takes room of its own")
	}
	const skus, changed = 10_000, 1000
	book, singles := hugeBook(t, skus)
	reading := stock.Reading{At: world.Noon.Add(1), Available: make(map[string]map[string]int, changed)}
	for i := range changed {
		reading.Available[singles[i*len(singles)/changed]] = map[string]int{"L1": 20, "L2": 20}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	book.SetLevels(book.Mark(), reading)
	plan := book.Plan()
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<19 || len(plan.Products) < changed/2 {
		t.Errorf("planning %d products took %d bytes, want %d at most", len(plan.Products), got, 1<<19)
	}
}

// BenchmarkStockBook plans 100,000 SKUs: all of them again with 1 % changed, and
// only what changed, at 1 % and at a tenth of that.
func BenchmarkStockBook(b *testing.B) {
	before := liveHeap()
	book, singles := hugeBook(b, 100_000)
	size := float64(liveHeap()-before) / 1e6
	level, at := 10, world.Noon
	run := func(name string, changed int, all bool) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				level, at = 30-level, at.Add(1)
				reading := stock.Reading{At: at, Available: make(map[string]map[string]int, changed)}
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
