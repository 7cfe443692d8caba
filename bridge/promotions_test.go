package bridge_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// promotion is an order of a made-up promotion, with what must become of it.
type promotion struct {
	order tiktokshop.Order
	// total is what Linnworks must show.
	total money.Amount
	// units are the stock units that must be packed, by item id.
	units map[string]int
	// raised are the keys of the exceptions.
	raised []string
	// names are the components that the exception of a bundle must name.
	names map[string][]string

	r        *rand.Rand
	currency string
	sums     map[string]int64 // of the payment, by TikTok's field
	live     int64            // price and tax of the lines that are not cancelled
	counted  bool             // the sums count cancelled lines
}

// promotionItems are what the warehouse has: singles, a kit, a kit of kits.
func promotionItems() map[string]catalogue.Item {
	box := catalogue.Item{ID: "i-box", SKU: "BOX", Kit: []catalogue.Component{{Item: world.Set, Quantity: 2}, {Item: catalogue.Item{ID: "i-card", SKU: "CARD"}, Quantity: 1}}}
	return map[string]catalogue.Item{
		"s-MUG": world.Mug, "s-SPOON": world.Spoon, "s-SET": world.Set, "s-BOX": box,
		"s-SAME":  {ID: "i-same", SKU: "SAME", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 2}, {Item: world.Spoon, Quantity: 1}}},
		"s-OTHER": {ID: "i-other", SKU: "OTHER", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 1}, {Item: world.Spoon, Quantity: 1}}},
	}
}

func components(list ...catalogue.BundleComponent) (out []tiktokshop.OrderLineItemCombinedListingSKU) {
	for _, c := range list {
		out = append(out, tiktokshop.OrderLineItemCombinedListingSKU{
			ProductID: c.Listing.ProductID, SKUID: c.Listing.ID, SellerSKU: c.Listing.SellerSKU, SKUCount: c.Quantity,
		})
	}
	return out
}

func newPromotion(seed uint64, items map[string]catalogue.Item) *promotion {
	r := rand.New(rand.NewPCG(seed, 11))
	p := &promotion{
		r: r, currency: []string{"GBP", "USD", "EUR", "JPY", "THB", "VND", "MYR", "KWD"}[r.IntN(8)],
		units: map[string]int{}, names: map[string][]string{}, sums: map[string]int64{}, counted: r.IntN(2) == 0,
	}
	p.order = tiktokshop.Order{
		ID: fmt.Sprintf("5764%06d", seed), Status: "AWAITING_SHIPMENT", ShippingType: "SELLER", FulfillmentType: "FULFILLMENT_BY_SELLER",
		IsOnHoldOrder: true, CreateTime: tiktokshop.At(world.Noon), RTSSLATime: tiktokshop.At(world.Noon.Add(48 * time.Hour)),
		RecipientAddress: tiktokshop.OrderRecipientAddress{Name: "Ada", AddressLine1: "1 High St", RegionCode: "GB"},
	}
	taxByLine := r.IntN(2) == 0
	for range 1 + r.IntN(5) {
		p.sell(items, taxByLine)
	}
	p.pay()
	r.Shuffle(len(p.order.LineItems), func(a, b int) {
		p.order.LineItems[a], p.order.LineItems[b] = p.order.LineItems[b], p.order.LineItems[a]
	})
	slices.Sort(p.raised)
	p.raised = slices.Compact(p.raised)
	return p
}

// sell adds units of one listing at one price, of which one may be cancelled.
func (p *promotion) sell(items map[string]catalogue.Item, taxByLine bool) {
	r := p.r
	l := tiktokshop.OrderLineItem{Currency: p.currency}
	takes := map[string]int{}
	name := []string{"MUG", "SPOON", "SET", "BOX", "SAME", "OTHER", "LOST", "LOST"}[r.IntN(8)]
	listing := world.SKU(name)
	switch name {
	case "SAME": // the shop's bundle is the composite
		l.CombinedListingSKUs = components(catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 1}, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 2})
	case "OTHER": // it is not
		l.CombinedListingSKUs = components(catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 2})
		p.raised = append(p.raised, "bundle differs|SKU OTHER")
		p.names["SKU OTHER"] = []string{"MUG: 2 in the shop, 1 in the warehouse", "SPOON: 0 in the shop, 1 in the warehouse"}
	case "LOST": // there is none; components may be kits, and kits of kits
		listing.ID, listing.SellerSKU = fmt.Sprint("s-LOST-", len(p.order.LineItems)), ""
		object := listing.String()
		parts := []string{"MUG", "SPOON", "SET", "BOX"}
		r.Shuffle(4, func(a, b int) { parts[a], parts[b] = parts[b], parts[a] })
		for _, part := range parts[:1+r.IntN(3)] {
			n := 1 + r.IntN(6)
			l.CombinedListingSKUs = append(l.CombinedListingSKUs, components(catalogue.BundleComponent{Listing: world.SKU(part), Quantity: n})...)
			unit, _ := items["s-"+part].Parts(n)
			for id, n := range unit {
				takes[id] += n
			}
			p.names[object] = append(p.names[object], fmt.Sprintf("%d × %s", n, part))
		}
		p.raised = append(p.raised, "missing composite|"+object)
	}
	if item, ok := items[listing.ID]; ok {
		takes, _ = item.Parts(1)
	}
	l.ProductID, l.SKUID, l.SellerSKU, l.ProductName = listing.ProductID, listing.ID, listing.SellerSKU, name
	if l.IsGift = r.IntN(8) == 0; l.IsGift {
		l.GiftRetailPrice = "9"
	}
	list := int64(0)
	if !l.IsGift {
		list = r.Int64N(20_000)
	}
	seller := r.Int64N(list/2 + 1)
	platform := r.Int64N(list/3 + 1)
	cancelled := -1
	taxUnknown := p.currency == "USD" && !taxByLine && p.counted // what a cancelled line takes with it is not told
	if n := r.IntN(8); len(p.order.LineItems) > 0 && len(l.CombinedListingSKUs) == 0 && !taxUnknown {
		cancelled = n
	}
	for i := range 1 + r.IntN(4) {
		l.ID = fmt.Sprint(100 + len(p.order.LineItems))
		l.OriginalPrice, l.SellerDiscount, l.PlatformDiscount = p.decimal(list), p.decimal(seller), p.decimal(platform)
		l.SalePrice = p.decimal(list - seller - platform)
		tax := int64(0)
		if p.currency == "USD" {
			tax = (list - seller - platform) * int64(r.IntN(11)) / 100
			if l.ItemTax = nil; taxByLine {
				l.ItemTax = []tiktokshop.OrderLineItemItemTax{{TaxType: "SALES_TAX", TaxAmount: p.decimal(tax)}}
			}
		}
		if l.DisplayStatus = "AWAITING_SHIPMENT"; i == cancelled {
			l.DisplayStatus = "CANCELLED"
		}
		if i != cancelled || p.counted {
			p.sums["original_total_product_price"] += list
			p.sums["seller_discount"] += seller
			p.sums["platform_discount"] += platform
			p.sums["tax"] += tax
		}
		if i != cancelled {
			p.live += list - seller + tax
			for id, n := range takes {
				p.units[id] += n
			}
		}
		p.order.LineItems = append(p.order.LineItems, l)
	}
}

// pay adds shipping, fees, and adds up.
func (p *promotion) pay() {
	r, s := p.r, p.sums
	shipping := r.Int64N(1000)
	bySeller := r.Int64N(shipping/2 + 1)
	byPlatform := r.Int64N(shipping/2 + 1)
	shippingTax, small, retail, insurance, provider := int64(0), int64(0), int64(0), int64(0), int64(0)
	switch p.currency {
	case "USD":
		shippingTax, retail = r.Int64N(50), int64(28*r.IntN(2))
	case "THB":
		small = r.Int64N(2000)
	case "MYR":
		insurance, provider = r.Int64N(300), r.Int64N(300)
	}
	sub := s["original_total_product_price"] - s["seller_discount"] - s["platform_discount"]
	pay := &p.order.Payment
	pay.Currency = p.currency
	pay.OriginalTotalProductPrice, pay.SubTotal = p.decimal(s["original_total_product_price"]), p.decimal(sub)
	pay.SellerDiscount, pay.PlatformDiscount = p.decimal(s["seller_discount"]), p.decimal(s["platform_discount"])
	pay.OriginalShippingFee, pay.ShippingFee = p.decimal(shipping), p.decimal(shipping-bySeller-byPlatform)
	pay.ShippingFeeSellerDiscount, pay.ShippingFeePlatformDiscount = p.decimal(bySeller), p.decimal(byPlatform)
	if r.IntN(2) == 0 {
		pay.ShippingFeeCofundedDiscount, pay.ShippingFeeSellerDiscount = pay.ShippingFeeSellerDiscount, p.decimal(0)
	}
	pay.Tax, pay.ProductTax, pay.ShippingFeeTax = p.decimal(s["tax"]+shippingTax), p.decimal(s["tax"]), p.decimal(shippingTax)
	pay.SmallOrderFee, pay.RetailDeliveryFee, pay.ShippingInsuranceFee = p.decimal(small), p.decimal(retail), p.decimal(insurance)
	pay.PaymentPlatformDiscount = p.decimal(provider)
	fees := small + retail + insurance
	pay.TotalAmount = p.decimal(sub + shipping - bySeller - byPlatform + s["tax"] + shippingTax + fees - provider)
	p.total = money.Amount{Minor: p.live + shipping - bySeller + shippingTax + fees, Currency: p.currency}
}

func (p *promotion) decimal(minor int64) tiktokshop.Decimal {
	return tiktokshop.Decimal(money.Amount{Minor: minor, Currency: p.currency}.Decimal())
}

// A thousand promotions: bundles with and without a composite, and with another
// one; odd prices, discounts of both, gifts, taxes, fees; several currencies. No
// order is blocked, every unit is packed, and Linnworks shows to the minor unit
// what the buyer paid plus what others fund.
func TestRandomPromotions(t *testing.T) {
	t.Parallel()
	const orders = 1000
	items := promotionItems()
	warehouse, client, fake := promotionWarehouse(t, items)
	var list []linnworks.ChannelOrder
	counted := map[string]int{}
	for seed := range uint64(orders) {
		p := newPromotion(seed, items)
		n, problems := bridge.MapOrder(theShop().Order(p.order), catalogue.Lookup{Items: items})
		var raised []string
		for _, e := range problems {
			raised = append(raised, string(e.Kind)+"|"+e.Object)
			for _, name := range p.names[e.Object] {
				if !strings.Contains(e.Do+e.Seen, name) {
					t.Errorf("seed %d: the exception of %s does not name %s: %s", seed, e.Object, name, e)
				}
			}
			counted[string(e.Kind)]++
		}
		slices.Sort(raised)
		if diff := gocmp.Diff(p.raised, raised); diff != "" || len(n.Lines) == 0 {
			t.Fatalf("seed %d: blocked, or raised other exceptions: %v", seed, problems)
		}
		if n.Total() != p.total || property(n, "residual") != (money.Amount{Minor: 0, Currency: p.currency}).Decimal() {
			t.Errorf("seed %d: total %s, residual %s, want %s", seed, n.Total(), property(n, "residual"), p.total)
		}
		if diff := gocmp.Diff(p.units, packed(t, n, items)); diff != "" {
			t.Errorf("seed %d: units: %s", seed, diff)
		}
		names := map[string]bool{}
		for _, property := range n.Properties {
			if names[property.Name] || property.Value == "" {
				t.Errorf("seed %d: property %s twice, or empty: Linnworks keeps one of a name", seed, property.Name)
			}
			names[property.Name] = true
		}
		counted[p.currency]++
		if property(n, "cancelled") != "" {
			counted["totals with cancelled lines in them"]++
		}
		list = append(list, warehouse.ChannelOrder(n))
	}
	for part := range slices.Chunk(list, 20) {
		if _, err := client.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: part, Location: "Default"}); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range uint64(orders) {
		p := newPromotion(seed, items)
		found := fake.OrdersByReference("S", "s", p.order.ID)
		if len(found) != 1 {
			t.Fatalf("seed %d: %d orders in Linnworks", seed, len(found))
		}
		total, err := money.Parse(string(found[0].TotalsInfo.TotalCharge), p.currency)
		if hundredths := money.Places(p.currency) < 3; hundredths && (err != nil || total != p.total) { // Linnworks rounds to them
			t.Errorf("seed %d: Linnworks shows %s, want %s (%v)", seed, found[0].TotalsInfo.TotalCharge, p.total, err)
		}
		for _, line := range found[0].Items {
			if line.IsUnlinked {
				t.Errorf("seed %d: line %s (%s) is not linked", seed, line.ItemNumber, line.ChannelSKU)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(counted)) {
		t.Logf("%5d %s", counted[key], key)
	}
}

// packed is what the lines of an order take from stock.
func packed(t *testing.T, n bridge.NewOrder, items map[string]catalogue.Item) map[string]int {
	t.Helper()
	units, ids := map[string]int{}, map[string]bool{}
	for _, line := range n.Lines {
		if ids[line.LineID] || line.Quantity < 1 || line.Price.Minor < 0 {
			t.Errorf("line %+v", line)
		}
		ids[line.LineID] = true
		parts, err := items["s-"+line.SKU].Parts(line.Quantity)
		if err != nil {
			t.Error(err)
		}
		for id, n := range parts {
			units[id] += n
		}
	}
	return units
}

// promotionWarehouse is a Linnworks with the items.
func promotionWarehouse(t *testing.T, items map[string]catalogue.Item) (*linnworksadapter.Warehouse, *linnworks.Client, *linnworkstest.Fake) {
	t.Helper()
	fake := linnworkstest.New(linnworkstest.WithoutQuotas())
	singles := slices.SortedFunc(maps.Values(items), func(a, b catalogue.Item) int { return cmp.Compare(a.SKU, b.SKU) })
	singles = slices.DeleteFunc(singles, func(i catalogue.Item) bool { return len(i.Kit) > 0 })
	for _, item := range append(singles, catalogue.Item{SKU: "CARD"}) {
		_, err := fake.AddItem(linnworkstest.Item{SKU: item.SKU, Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 100_000}})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"s-SET", "s-BOX", "s-SAME", "s-OTHER"} {
		var parts []linnworkstest.Component
		for _, c := range items[id].Kit {
			parts = append(parts, linnworkstest.Component{SKU: c.Item.SKU, Quantity: c.Quantity})
		}
		if _, err := fake.AddItem(linnworkstest.Item{SKU: items[id].SKU, Components: parts}); err != nil {
			t.Fatal(err)
		}
	}
	client, err := fake.Client(linnworks.WithLimiter(noLimit{}))
	if err != nil {
		t.Fatal(err)
	}
	warehouse, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{Source: "S", SubSource: "s"})
	if err != nil {
		t.Fatal(err)
	}
	return warehouse, client, fake
}

type noLimit struct{}

func (noLimit) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }
