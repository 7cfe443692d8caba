package bridge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// tiktokOrder reads TikTok's JSON, with what every order has.
func tiktokOrder(t testing.TB, text string) bridge.Order {
	t.Helper()
	o := tiktokshop.Order{
		ID: "57646", Status: "AWAITING_SHIPMENT", ShippingType: "SELLER", FulfillmentType: "FULFILLMENT_BY_SELLER", OrderType: "NORMAL",
		IsOnHoldOrder: true, CreateTime: tiktokshop.At(world.Noon), RTSSLATime: tiktokshop.At(world.Noon.Add(48 * time.Hour)),
	}
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return theShop().Order(o)
}

// theShop and theWarehouse translate orders; nobody calls anything.
var (
	theShop = sync.OnceValue(func() *tiktokadapter.Shop {
		client, err := tiktokshoptest.New().Client()
		if err != nil {
			panic(err)
		}
		shop, err := tiktokadapter.New(client, tiktokadapter.Options{HoldWindow: time.Hour})
		if err != nil {
			panic(err)
		}
		return shop
	})
	theWarehouse = sync.OnceValue(func() *linnworksadapter.Warehouse {
		client, err := linnworkstest.New().Client(linnworks.WithLimiter(noLimit{}))
		if err != nil {
			panic(err)
		}
		warehouse, err := linnworksadapter.New(context.Background(), client, linnworksadapter.Options{
			Source: "S", SubSource: "s", Service: map[string]string{"some delivery_option_id": "by id"},
		})
		if err != nil {
			panic(err)
		}
		return warehouse
	})
)

// linnworksTotal adds an order up as Linnworks does: prices with their tax in
// them, postage, less the discount.
func linnworksTotal(t testing.TB, o linnworks.ChannelOrder) money.Amount {
	t.Helper()
	read := func(d linnworks.Decimal) money.Amount {
		m, err := money.Parse(string(d), o.Currency)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	total := read(o.PostalServiceCost).Minus(read(o.Discount))
	for _, item := range o.OrderItems {
		if !item.TaxCostInclusive || item.LineDiscount != "0" {
			t.Fatalf("line %s: %+v is not added up here", item.ItemNumber, item)
		}
		price := read(item.PricePerUnit)
		price.Minor *= int64(item.Qty)
		total = total.Plus(price)
	}
	return total
}

func property(n bridge.NewOrder, name string) string {
	for _, p := range n.Properties {
		if p.Name == "tiktok."+name {
			return p.Value
		}
	}
	return ""
}

// The total in Linnworks is what the buyer paid plus what others fund, in every
// market, and the properties prove it.
func TestMapOrderTotals(t *testing.T) {
	known := catalogue.Lookup{Items: world.NewWorld(t).Items}
	for _, tc := range []struct {
		name, payment, lines string
		fields               string // others of the order
		total                string // in Linnworks
		sent                 string // its lines, and postage
		properties           string
		problem              string
	}{
		{
			name:    "UK: tax in the prices, both discounts, shipping that the platform pays in part",
			payment: `"currency":"GBP","original_total_product_price":"30.00","seller_discount":"3.00","platform_discount":"2.00","sub_total":"25.00","original_shipping_fee":"3.99","shipping_fee_seller_discount":"1.00","shipping_fee_platform_discount":"0.99","shipping_fee":"2.00","tax":"0","total_amount":"27.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","original_price":"15.00","sale_price":"12.00","seller_discount":"1.50","platform_discount":"1.50"},{"id":"2","sku_id":"s-MUG","original_price":"15.00","sale_price":"13.00","seller_discount":"1.50","platform_discount":"0.50"}`,
			total:   "29.99 GBP", sent: "2 × MUG 13.50, postage 2.99",
			properties: "paid 27.00, platform_funded 2.99, residual 0.00, tax 0.00, seller_discount 3.00, platform_discount 2.00, shipping_funded 0.99, shipping_seller_discount 1.00, discounts.1 list 15.00, seller 1.50, platform 1.50",
		},
		{
			name:    "US: tax on top, by line and on shipping, and a state's delivery fee",
			payment: `"currency":"USD","original_total_product_price":"30.00","sub_total":"30.00","original_shipping_fee":"5.00","shipping_fee":"5.00","product_tax":"2.48","shipping_fee_tax":"0.41","tax":"2.89","retail_delivery_fee":"0.28","total_amount":"38.17"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"20.00","item_tax":[{"tax_type":"SALES_TAX","tax_amount":"1.65","tax_rate":"0.0825"}]},{"id":"2","sku_id":"s-SPOON","sale_price":"10.00","item_tax":[{"tax_type":"SALES_TAX","tax_amount":"0.83","tax_rate":"0.0825"}]}`,
			total:   "38.17 USD", sent: "1 × MUG 21.65 at 8.250000%, 1 × SPOON 10.83 at 8.300000%, 1 × retail_delivery_fee 0.28 (Retail delivery fee), postage 5.41 at 8.200000%",
			properties: "paid 38.17, platform_funded 0.00, residual 0.00, tax 2.89, shipping_tax 0.41, fee.retail_delivery_fee 0.28, tax.1 2 × SALES_TAX 0.0825",
		},
		{
			name:    "US: tax not told by line is shared by price, to the cent",
			payment: `"currency":"USD","sub_total":"30.00","shipping_fee":"0","tax":"1.00","total_amount":"31.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.00"},{"id":"2","sku_id":"s-MUG","sale_price":"10.00"},{"id":"3","sku_id":"s-MUG","sale_price":"10.00"}`,
			total:   "31.00 USD", sent: "1 × MUG 10.34 at 3.400000%, 2 × MUG 10.33 at 3.300000%, postage 0.00 at 0%",
		},
		{
			name:    "US: a state without sales tax is told as such",
			payment: `"currency":"USD","sub_total":"10.00","shipping_fee":"0","tax":"0","total_amount":"10.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.00"}`,
			total:   "10.00 USD", sent: "1 × MUG 10.00 at 0%, postage 0.00 at 0%",
		},
		{
			name:    "US: tax on neither goods nor shipping",
			payment: `"currency":"USD","sub_total":"10.00","shipping_fee":"2.00","product_tax":"0.80","shipping_fee_tax":"0.10","tax":"1.00","total_amount":"13.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.00"}`,
			total:   "13.00 USD", sent: "1 × MUG 10.80 at 8.000000%, 1 × other_tax 0.10 (Other tax), postage 2.10 at 5.000000%",
		},
		{
			name:    "across a border: the tax that is stated is in the prices",
			payment: `"currency":"EUR","sub_total":"24.00","shipping_fee":"0","product_tax":"4.00","tax":"4.00","total_amount":"24.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"24.00"}`,
			total:   "24.00 EUR", sent: "1 × MUG 24.00, postage 0.00", properties: "tax 0.00, residual 0.00, included.tax 4.00",
		},
		{
			name:    "Germany: a deposit on top of the price",
			payment: `"currency":"EUR","sub_total":"12.00","shipping_fee":"0","total_amount":"12.50"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"12.00","pfand_fee":"0.50"}`,
			total:   "12.50 EUR", sent: "1 × MUG 12.00, 1 × deposit 0.50 (Deposit), postage 0.00", properties: "fee.deposit 0.50, deposit.1 0.50",
		},
		{
			name:    "Germany: a deposit that was not paid",
			payment: `"currency":"EUR","sub_total":"12.00","shipping_fee":"0","total_amount":"12.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"12.00","pfand_fee":"0.50"}`,
			total:   "12.00 EUR", sent: "1 × MUG 12.00, 1 × deposit 0.50 (Deposit), postage 0.00, discount 0.50", properties: "residual -0.50", problem: "differ by -0.50 EUR",
		},
		{
			name:    "Thailand: small order fee, handling fee, insurance",
			payment: `"currency":"THB","sub_total":"80.00","shipping_fee":"30.00","small_order_fee":"20.00","handling_fee":"2.00","item_insurance_fee":"3.00","shipping_insurance_fee":"4.00","total_amount":"139.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"80.00","small_order_fee":"20.00"}`,
			total:   "139.00 THB", sent: "1 × MUG 80.00, 1 × handling_fee 2.00 (Handling fee), 1 × item_insurance_fee 3.00 (Item insurance fee), 1 × shipping_insurance_fee 4.00 (Shipping insurance fee), 1 × small_order_fee 20.00 (Small order fee), postage 30.00",
		},
		{
			name:    "a payment provider's discount is funded",
			payment: `"currency":"SGD","sub_total":"50.00","shipping_fee":"0","payment_platform_discount":"5.00","payment_discount_service_fee":"0.50","total_amount":"45.50"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"50.00"}`,
			total:   "50.50 SGD", sent: "1 × MUG 50.00, 1 × payment_discount_service_fee 0.50 (Payment discount service fee), postage 0.00", properties: "paid 45.50, platform_funded 5.00, payment_discount 5.00",
		},
		{
			name:    "UK: the total is before a payment provider's discount",
			payment: `"currency":"GBP","sub_total":"50.00","shipping_fee":"0","payment_platform_discount":"5.00","total_amount":"50.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"50.00"}`,
			total:   "50.00 GBP", sent: "1 × MUG 50.00, postage 0.00", properties: "platform_funded 0.00, included.payment_discount 5.00",
		},
		{
			name:    "UK: a tax in the prices and a provider's discount of the same amount are no tax on top",
			payment: `"currency":"GBP","sub_total":"6.00","tax":"1.00","payment_platform_discount":"1.00","total_amount":"6.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"6.00"}`,
			total:   "6.00 GBP", sent: "1 × MUG 6.00, postage 0.00", properties: "tax 0.00, residual 0.00, included.tax 1.00, included.payment_discount 1.00",
		},
		{
			name:    "Singapore: a discount that the total should be without, and is not, is told",
			payment: `"currency":"SGD","sub_total":"50.00","shipping_fee":"0","payment_platform_discount":"5.00","total_amount":"50.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"50.00"}`,
			total:   "55.00 SGD", sent: "1 × MUG 50.00, 1 × residual 5.00 (Difference to the shop's total), postage 0.00", properties: "payment_discount 5.00, residual 5.00", problem: "differ by 5.00 SGD",
		},
		{
			name:    "US: tax that does not add up stays tax on top",
			payment: `"currency":"USD","sub_total":"10.00","shipping_fee":"0","tax":"1.00","total_amount":"10.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.00"}`,
			total:   "10.00 USD", sent: "1 × MUG 11.00 at 10.000000%, postage 0.00 at 0%, discount 1.00", properties: "residual -1.00", problem: "differ by -1.00 USD",
		},
		{
			name:    "US: a line's tax finer than a cent",
			payment: `"currency":"USD","sub_total":"15.00","total_amount":"16.31","tax":"1.31","product_tax":"1.31"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"15.00","currency":"USD","item_tax":[{"tax_type":"SALES_TAX","tax_amount":"1.3125","tax_rate":"0.0875"}]}`,
			total:   "16.31 USD", sent: "1 × MUG 16.31 at 8.733333%, postage 0.00 at 0%", properties: "residual 0.00, exact.item_tax 1.3125",
		},
		{
			name:    "US: one line's tax cannot be read: it is shared by price, not by the other line's",
			payment: `"currency":"USD","sub_total":"20.00","total_amount":"22.00","tax":"2.00","product_tax":"2.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.00","item_tax":[{"tax_amount":"***"}]},{"id":"2","sku_id":"s-SPOON","sale_price":"10.00","item_tax":[{"tax_amount":"1.00"}]}`,
			total:   "22.00 USD", sent: "1 × MUG 11.00 at 10.000000%, 1 × SPOON 11.00 at 10.000000%, postage 0.00 at 0%", properties: "residual 0.00, unread.item_tax ***", problem: `order 57646 has "***" as its item_tax`,
		},
		{
			name:   "a replacement without a payment: its line names the currency, and it is worth nothing",
			fields: `"is_replacement_order":true,`,
			lines:  `{"id":"1","sku_id":"s-MUG","sale_price":"12.00","currency":"GBP"}`,
			total:  "0.00 GBP", sent: "1 × MUG 0.00, postage 0.00", properties: "paid 0.00, residual 0.00",
		},
		{
			name:   "a sample without any currency: that of the buyer's market",
			fields: `"is_sample_order":true,"recipient_address":{"region_code":"JP"},`,
			lines:  `{"id":"1","sku_id":"s-MUG","sale_price":"0"}`,
			total:  "0 JPY", sent: "1 × MUG 0, postage 0", properties: "paid 0, residual 0",
		},
		{
			name:    "the currency in lower case",
			payment: `"currency":"gbp","sub_total":"10.90","total_amount":"10.90"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.90","currency":"GBP"}`,
			total:   "10.90 GBP", sent: "1 × MUG 10.90, postage 0.00",
		},
		{
			name:    "no minor unit",
			payment: `"currency":"JPY","sub_total":"1500","shipping_fee":"500","shipping_fee_platform_discount":"100","platform_discount":"250","total_amount":"2000"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"1500","platform_discount":"250","original_price":"1750"}`,
			total:   "2350 JPY", sent: "1 × MUG 1750, postage 600", properties: "paid 2000, platform_funded 350, residual 0",
		},
		{
			name:    "no minor unit, written with one",
			payment: `"currency":"VND","sub_total":"150000.00","shipping_fee":"0.00","total_amount":"150000.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"150000.00"}`,
			total:   "150000 VND", sent: "1 × MUG 150000, postage 0",
		},
		{
			name:    "a line cancelled before, which the totals still count, with its tax",
			payment: `"currency":"USD","sub_total":"30.00","shipping_fee":"4.00","product_tax":"3.00","tax":"3.00","total_amount":"37.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.00","display_status":"CANCELLED"},{"id":"2","sku_id":"s-SPOON","sale_price":"20.00"}`,
			total:   "26.00 USD", sent: "1 × SPOON 22.00 at 10.000000%, postage 4.00 at 0%", properties: "paid 37.00, cancelled 11.00, residual 0.00",
		},
		{
			name:    "a line cancelled before, which the totals have forgotten",
			payment: `"currency":"GBP","sub_total":"20.00","shipping_fee":"4.00","total_amount":"24.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"10.00","display_status":"CANCELLED"},{"id":"2","sku_id":"s-SPOON","sale_price":"20.00"}`,
			total:   "24.00 GBP", sent: "1 × SPOON 20.00, postage 4.00", properties: "paid 24.00, residual 0.00",
		},
		{
			name:    "an amount that nobody knows: the buyer paid more",
			payment: `"currency":"GBP","sub_total":"300.00","shipping_fee":"0","total_amount":"307.49"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"300.00"}`,
			total:   "307.49 GBP", sent: "1 × MUG 300.00, 1 × residual 7.49 (Difference to the shop's total), postage 0.00", properties: "residual 7.49",
			problem: "differ by 7.49 GBP",
		},
		{
			name:    "an amount that nobody knows: the buyer paid less",
			payment: `"currency":"GBP","sub_total":"300.00","shipping_fee":"0","total_amount":"292.51"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"300.00"}`,
			total:   "292.51 GBP", sent: "1 × MUG 300.00, postage 0.00, discount 7.49", properties: "residual -7.49", problem: "differ by -7.49 GBP",
		},
		{
			name:    "a free sample",
			payment: `"currency":"GBP","sub_total":"0","shipping_fee":"0","total_amount":"0.00"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"0.00","original_price":"0"}`,
			total:   "0.00 GBP", sent: "1 × MUG 0.00, postage 0.00", properties: "paid 0.00, residual 0.00",
		},
		{
			name:    "a gift beside what it came with",
			payment: `"currency":"GBP","sub_total":"9.99","shipping_fee":"0","total_amount":"9.99"`,
			lines:   `{"id":"1","sku_id":"s-MUG","sale_price":"9.99"},{"id":"2","sku_id":"s-MUG","sale_price":"0","is_gift":true,"gift_retail_price":"9.99"}`,
			total:   "9.99 GBP", sent: "1 × MUG 9.99, 1 × MUG 0.00 (gift), postage 0.00", properties: "gift_retail_price.2 9.99",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := tiktokOrder(t, `{`+tc.fields+`"payment":{`+tc.payment+`},"line_items":[`+tc.lines+`]}`)
			n, problems := bridge.MapOrder(o, known)
			seen := ""
			for _, p := range problems {
				seen += p.Seen
			}
			if !strings.Contains(seen, tc.problem) || (seen == "") != (tc.problem == "") {
				t.Fatalf("problems: %v", problems)
			}
			sent := theWarehouse().ChannelOrder(n)
			if got := linnworksTotal(t, sent); got.String() != tc.total || got != n.Total() {
				t.Errorf("total %s, by Total %s, want %s", got, n.Total(), tc.total)
			}
			if diff := cmp.Diff(tc.sent, written(sent)); diff != "" {
				t.Error(diff)
			}
			for p := range strings.SplitSeq(tc.properties, ", ") {
				name, value, _ := strings.Cut(p, " ")
				if name == "seller" || name == "platform" { // of the discounts
					continue
				}
				if got := property(n, name); !strings.HasPrefix(got, value) {
					t.Errorf("property %s is %q, want %q", name, got, value)
				}
			}
		})
	}
}

// What was paid, the sum of the goods and their prices must be known: an order
// without them is not imported, whatever else can be read of it.
func TestOrderWithoutWhatWasPaid(t *testing.T) {
	known := catalogue.Lookup{Items: world.NewWorld(t).Items}
	for name, tc := range map[string]struct{ payment, price, want string }{
		"no payment":            {``, "10.00", "the shop states no total of the order"},
		"no total":              {`"currency":"GBP","sub_total":"10.00"`, "10.00", "the shop states no total of the order"},
		"a masked total":        {`"currency":"GBP","sub_total":"10.00","total_amount":"***"`, "10.00", `amount "***" GBP`},
		"a masked sum":          {`"currency":"GBP","sub_total":"***","total_amount":"10.00"`, "10.00", `amount "***" GBP`},
		"a masked price":        {`"currency":"GBP","sub_total":"10.00","total_amount":"10.00"`, "***", `amount "***" GBP`},
		"a total of half pence": {`"currency":"GBP","sub_total":"10.00","total_amount":"10.005"`, "10.00", "more than 2 decimal places"},
	} {
		o := tiktokOrder(t, `{"payment":{`+tc.payment+`},"line_items":[{"id":"1","sku_id":"s-MUG","sale_price":"`+tc.price+`"}]}`)
		_, problems := bridge.MapOrder(o, known)
		if len(problems) != 1 || problems[0].Kind != exceptions.BadOrder || !strings.Contains(problems[0].Seen, tc.want) {
			t.Errorf("%s: got %v, want a %s with %q", name, problems, exceptions.BadOrder, tc.want)
		}
	}
}

// A fee that nobody can read in every order of a day is one case, and every order is
// in Linnworks.
func TestUnreadAmountIsOneCase(t *testing.T) {
	w := world.NewWorld(t)
	im := w.Importer()
	var orders []bridge.Order
	for i := range 30 {
		o := tiktokOrder(t, fmt.Sprintf(`{"id":"%d","payment":{"currency":"GBP","sub_total":"10.00","total_amount":"10.00","handling_fee":"n/a"},
			"line_items":[{"id":"%d-1","sku_id":"s-MUG","sale_price":"10.00"}]}`, 100+i, 100+i))
		orders = append(orders, o)
	}
	for _, o := range orders {
		w.Put(o)
	}
	_, err := im.Import(t.Context(), orders...)
	must(t, err)
	open, err := w.Exceptions.Open(t.Context())
	must(t, err)
	if len(open) != 1 || open[0].Kind != exceptions.AmountUnread || len(open[0].Orders) != 30 || open[0].Object != "amount handling_fee" {
		t.Errorf("got %v, want one case that lists 30 orders", open)
	}
	if len(w.Book) != 30 {
		t.Errorf("got %d orders in the warehouse, want 30", len(w.Book))
	}
}

// written is an order's money in one line.
func written(o linnworks.ChannelOrder) string {
	rate := func(r linnworks.Decimal) string {
		if !o.UseChannelTax {
			return ""
		}
		return " at " + string(r) + "%"
	}
	var parts []string
	for _, i := range o.OrderItems {
		text := fmt.Sprintf("%d × %s %s", i.Qty, i.ChannelSKU, i.PricePerUnit)
		switch {
		case i.IsService:
			text += " (" + i.ItemTitle + ")"
		case strings.Contains(i.ItemTitle, "(gift)"):
			text += " (gift)"
		default:
			text += rate(i.TaxRate)
		}
		parts = append(parts, text)
	}
	parts = append(parts, "postage "+string(o.PostalServiceCost)+rate(o.PostalServiceTaxRate))
	if o.Discount != "" {
		parts = append(parts, "discount "+string(o.Discount))
	}
	return strings.Join(parts, ", ")
}

func TestMapOrderKinds(t *testing.T) {
	known := catalogue.Lookup{Items: world.NewWorld(t).Items}
	const money = `"payment":{"currency":"GBP","sub_total":"0","total_amount":"0"},"line_items":[{"id":"1","sku_id":"s-MUG","product_name":"Mug","sku_name":"red","sale_price":"0"}]`
	for _, tc := range []struct {
		name, fields string
		title        string
		kinds        string
		related      string
		despatch     time.Time
	}{
		{name: "sale", fields: `"order_type":"NORMAL"`, title: "Mug red", despatch: world.Noon.Add(48 * time.Hour)},
		{name: "sample", fields: `"is_sample_order":true`, title: "Mug red (free sample)", kinds: "free sample", despatch: world.Noon.Add(48 * time.Hour)},
		{name: "replacement", fields: `"is_replacement_order":true,"replaced_order_id":"57000"`, title: "Mug red (replacement)", kinds: "replacement", related: "57000", despatch: world.Noon.Add(48 * time.Hour)},
		{name: "exchange", fields: `"is_exchange_order":true,"exchange_source_order_id":"57001"`, title: "Mug red (exchange)", kinds: "exchange", related: "57001", despatch: world.Noon.Add(48 * time.Hour)},
		{name: "pre-order", fields: `"order_type":"PRE_ORDER","rts_sla_time":0,"release_date":1796126400`, title: "Mug red", kinds: "pre-order", despatch: time.Unix(1796126400, 0).UTC()},
		{name: "lottery", fields: `"order_type":"ZERO_LOTTERY"`, title: "Mug red", kinds: "lottery win", despatch: world.Noon.Add(48 * time.Hour)},
		{name: "unknown", fields: `"order_type":"TIME_SALE"`, title: "Mug red", kinds: "time_sale", despatch: world.Noon.Add(48 * time.Hour)},
		{name: "replaced pre-order", fields: `"order_type":"PRE_ORDER","is_replacement_order":true`, title: "Mug red (replacement)", kinds: "pre-order, replacement", despatch: world.Noon.Add(48 * time.Hour)},
		{name: "cancelled first", fields: `"rts_sla_time":0,"shipping_due_time":1796126400,"collection_due_time":1796999999`, title: "Mug red", despatch: time.Unix(1796126400, 0).UTC()},
		{name: "cancelled first, in the old field", fields: `"rts_sla_time":0,"cancel_order_sla_time":1796126400`, title: "Mug red", despatch: time.Unix(1796126400, 0).UTC()},
		{name: "no deadline at all", fields: `"rts_sla_time":0`, title: "Mug red", despatch: world.Noon},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n, problems := bridge.MapOrder(tiktokOrder(t, "{"+tc.fields+","+money+"}"), known)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			kinds := property(n, "kind")
			sent := theWarehouse().ChannelOrder(n)
			if sent.OrderItems[0].ItemTitle != tc.title || kinds != tc.kinds || sent.SecondaryReferenceNumber != tc.related ||
				property(n, "related_order") != tc.related || !sent.DispatchBy.Equal(tc.despatch) {
				t.Errorf("title %q, kinds %q, related %q, despatch by %s", sent.OrderItems[0].ItemTitle, kinds, sent.SecondaryReferenceNumber, sent.DispatchBy)
			}
		})
	}
}

func TestMapOrderUnpaid(t *testing.T) {
	known := catalogue.Lookup{Items: world.NewWorld(t).Items}
	for _, tc := range []struct {
		name   string
		change func(*bridge.Order)
		want   linnworks.PaymentStatus
	}{
		{"ready", func(*bridge.Order) {}, linnworks.PaymentStatusPaid},
		{"on hold", func(o *bridge.Order) { o.Status = bridge.OnHold }, linnworks.PaymentStatusPaid},
		{"unpaid", func(o *bridge.Order) { o.Status = bridge.Unpaid }, linnworks.PaymentStatusUnpaid},
		{"cash on delivery", func(o *bridge.Order) { o.CashOnDelivery, o.PaidAt = true, time.Time{} }, linnworks.PaymentStatusPaid},
		{"free", func(o *bridge.Order) { o.PaidAt = time.Time{} }, linnworks.PaymentStatusPaid},
	} {
		n, _ := bridge.MapOrder(world.With(world.AnOrder("1", "MUG"), tc.change), known)
		if got := theWarehouse().ChannelOrder(n).PaymentStatus; got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestMapOrderAddresses(t *testing.T) {
	for _, tc := range []struct {
		name, order string
		want        bridge.Address
	}{
		{
			name: "UK", order: `"recipient_address":{"region_code":"GB","name":"Ada Lane","first_name":"Ada","last_name":"Lane","phone_number":"(+44)7700900123","address_line1":"1 High St","address_line2":"Flat 2","address_detail":"1 High St, Flat 2","post_town":"Leeds","postal_code":"LS1 4DY","district_info":[{"address_level":"L0","address_name":"United Kingdom"},{"address_level":"L1","address_name":"England"},{"address_level":"L2","address_name":"West Yorkshire"}]},"buyer_email":"a@chat.example"`,
			want: bridge.Address{Name: "Ada Lane", Line1: "1 High St", Line2: "Flat 2", Line3: "West Yorkshire", Town: "Leeds", Region: "England", Postcode: "LS1 4DY", Country: "GB", Phone: "(+44)7700900123", Email: "a@chat.example"},
		},
		{
			name: "US", order: `"recipient_address":{"region_code":"US","name":"Ada Lane","address_line1":"1 Main St","postal_code":"90012","delivery_preferences":{"drop_off_location":"Front door"},"district_info":[{"address_level":"L3","address_name":"Los Angeles"},{"address_level":"L1","address_name":"California"},{"address_level":"L0","address_name":"United States"},{"address_level":"L2","address_name":"Los Angeles County"}]}`,
			want: bridge.Address{Name: "Ada Lane", Line1: "1 Main St", Line3: "Los Angeles County", Town: "Los Angeles", Region: "California", Postcode: "90012", Country: "US", Instructions: "Front door"},
		},
		{
			name: "Vietnam: districts instead of lines", order: `"recipient_address":{"region_code":"VN","name":"Nguyen A","address_detail":"12 Le Loi","district_info":[{"address_level":"L0","iso_code":"VN"},{"address_level":"L1","address_name":"Da Nang"},{"address_level":"L2","address_name":"Hai Chau"},{"address_level":"L3","address_name":"Hai Chau 1"}]}`,
			want: bridge.Address{Name: "Nguyen A", Line1: "12 Le Loi", Line3: "Hai Chau", Town: "Hai Chau 1", Region: "Da Nang", Country: "VN"},
		},
		{
			name: "Brazil: the name is the first name", order: `"recipient_address":{"region_code":"BR","first_name":"Ana Silva","address_line1":"Rua A","address_line2":"12","address_line3":"Casa 2","address_line4":"Centro","postal_code":"80010-000","district_info":[{"address_level":"L1","address_name":"Parana"},{"address_level":"L2","address_name":"Curitiba"}]}`,
			want: bridge.Address{Name: "Ana Silva", Line1: "Rua A", Line2: "12", Line3: "Casa 2 Centro", Town: "Curitiba", Region: "Parana", Postcode: "80010-000", Country: "BR"},
		},
		{
			name: "not released", order: `"status":"ON_HOLD","recipient_address":{"region_code":"US"}`,
		},
		{
			name: "masked until the order may be shipped", order: `"status":"ON_HOLD","recipient_address":{"region_code":"US","name":"A** L**","address_line1":"1 M***","postal_code":"9****"}`,
		},
		{
			name: "masked again once it is cancelled", order: `"status":"CANCELLED","recipient_address":{"region_code":"US","name":"A** L**","address_line1":"1 M***","postal_code":"9****"}`,
		},
		{
			name: "TikTok Shipping: masked for good, and told apart", order: `"shipping_type":"TIKTOK","recipient_address":{"region_code":"US","name":"A** L**","address_line1":"1 M***","postal_code":"9****"}`,
			want: bridge.Address{Name: "A** L** (order 57646)", Line1: "1 M***", Postcode: "9****", Country: "US"},
		},
		{
			name: "TikTok Shipping: never merged, even if it is clear", order: `"shipping_type":"TIKTOK","recipient_address":{"region_code":"GB","name":"Ada Lane","address_line1":"1 High St","postal_code":"LS1 4DY"}`,
			want: bridge.Address{Name: "Ada Lane (order 57646)", Line1: "1 High St", Postcode: "LS1 4DY", Country: "GB"},
		},
		{
			name: "masked without a reason that we know", order: `"recipient_address":{"region_code":"MY","address_line1":"1 Jalan ***","postal_code":"30000"}`,
			want: bridge.Address{Name: "(order 57646)", Line1: "1 Jalan ***", Postcode: "30000", Country: "MY"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := bridge.ClearAddress(tiktokOrder(t, "{"+tc.order+"}")); got != tc.want {
				type shown bridge.Address // an Address prints as a placeholder
				t.Error(cmp.Diff(shown(tc.want), shown(got)))
			}
		})
	}
}

// Two strangers whose addresses are masked must not look like one buyer to
// Linnworks, which merges orders of one name and address.
func TestMaskedAddressesStayApart(t *testing.T) {
	o := tiktokOrder(t, `{"shipping_type":"TIKTOK","recipient_address":{"region_code":"US","name":"A*** B***","address_line1":"***","postal_code":"9****"},
		"payment":{"currency":"USD"},"line_items":[{"id":"1","sku_id":"s-MUG"}]}`)
	known := catalogue.Lookup{Items: world.NewWorld(t).Items}
	addresses := map[string]bool{}
	for _, id := range []string{"57646", "57647"} {
		o.ID = id
		n, _ := bridge.MapOrder(o, known)
		a := theWarehouse().ChannelOrder(n).DeliveryAddress
		addresses[strings.ToLower(a.FullName+"|"+a.Address1+"|"+a.PostCode)] = true
	}
	if len(addresses) != 2 {
		t.Errorf("they look alike: %v", addresses)
	}
}

func TestMapOrderProperties(t *testing.T) {
	o := world.AnOrder("1", "MUG", "MUG")
	o.Totals = bridge.Totals{Currency: "GBP", Items: world.GBP(1500), PlatformDiscount: world.GBP(500), SellerDiscount: world.GBP(200), Shipping: world.GBP(299),
		ShippingFunded: world.GBP(100), Paid: world.GBP(1500 + 299 + 749), Fees: []bridge.Fee{{Name: "small_order_fee", Amount: world.GBP(700)}}}
	n, _ := bridge.MapOrder(o, catalogue.Lookup{Items: world.NewWorld(t).Items})
	want := []exceptions.Property{
		{Name: "tiktok.shipping_model", Value: "seller"}, {Name: "tiktok.line_ids.1-1", Value: "1-1,1-2"}, {Name: "tiktok.paid", Value: "25.48"}, {Name: "tiktok.platform_funded", Value: "6.00"},
		{Name: "tiktok.residual", Value: "0.49"}, {Name: "tiktok.tax", Value: "0.00"}, {Name: "tiktok.seller_discount", Value: "2.00"}, {Name: "tiktok.platform_discount", Value: "5.00"},
		{Name: "tiktok.items", Value: "15.00"}, {Name: "tiktok.shipping", Value: "2.99"}, {Name: "tiktok.shipping_funded", Value: "1.00"}, {Name: "tiktok.fee.small_order_fee", Value: "7.00"},
		{Name: "tiktok.ship_by", Value: "2026-11-29T12:00:00Z"}, {Name: "tiktok.cancelled_by", Value: "2026-12-01T12:00:00Z"},
	}
	if diff := cmp.Diff(want, n.Properties); diff != "" {
		t.Error(diff)
	}
	if n.Shipping != world.GBP(399) || !n.DispatchBy.Equal(o.ShipBy) {
		t.Errorf("shipping %s, despatch by %s", n.Shipping, n.DispatchBy)
	}
}

// A bundle of the shop is imported by its composite, and compared with it.
func TestBundleAgainstComposite(t *testing.T) {
	items := promotionItems()
	items["s-PACKED"] = catalogue.Item{ID: "i-packed", SKU: "PACKED"}
	for _, tc := range []struct {
		name, sku  string
		components []catalogue.BundleComponent
		seen       string // empty: nothing is raised
	}{
		{"the same", "SET", []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 1}, {Listing: world.SKU("SPOON"), Quantity: 2}}, ""},
		{"the same in parts", "SET", []catalogue.BundleComponent{{Listing: world.SKU("SPOON"), Quantity: 1}, {Listing: world.SKU("MUG"), Quantity: 1}, {Listing: world.SKU("SPOON"), Quantity: 1}}, ""},
		{"the same, with a kit in it", "BOX", []catalogue.BundleComponent{{Listing: world.SKU("SET"), Quantity: 1}, {Listing: world.SKU("CARD"), Quantity: 1}, {Listing: world.SKU("MUG"), Quantity: 1}, {Listing: world.SKU("SPOON"), Quantity: 2}}, ""},
		{"no bundle", "SET", nil, ""},
		{"another quantity", "SET", []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 1}, {Listing: world.SKU("SPOON"), Quantity: 3}}, "SPOON: 3 in the shop, 2 in the warehouse"},
		{"one less", "SET", []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 1}}, "SPOON: 0 in the shop, 2 in the warehouse"},
		{"one more", "SET", []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 1}, {Listing: world.SKU("SPOON"), Quantity: 2}, {Listing: world.SKU("CARD"), Quantity: 1}}, "CARD: 1 in the shop, 0 in the warehouse"},
		{"packed before it is sold", "PACKED", []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 2}}, "MUG: 2 in the shop, 0 in the warehouse; PACKED: 0 in the shop, 1 in the warehouse"},
		{"a component that is not mapped", "SET", []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 1}, {Listing: world.SKU("GHOST"), Quantity: 2}}, "GHOST: the warehouse has no item for it"},
		{"a component without quantity", "SET", []catalogue.BundleComponent{{Listing: world.SKU("MUG"), Quantity: 0}}, "quantity 0 is not usable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Items = maps.Clone(items)
			w.Items["s-CARD"] = catalogue.Item{ID: "i-card", SKU: "CARD"}
			o := world.AnOrder("1", tc.sku, tc.sku)
			for i := range o.Lines {
				o.Lines[i].Components = tc.components
			}
			if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeCreated {
				t.Fatalf("%s, %v", got, w.OpenKinds())
			}
			if l := w.Book[0].From.Lines; len(l) != 1 || l[0].SKU != tc.sku || l[0].Quantity != 2 {
				t.Errorf("imported as %+v", l)
			}
			open, _ := w.Exceptions.Open(t.Context())
			if tc.seen == "" {
				if len(open) > 0 {
					t.Error(open)
				}
				return
			}
			if len(open) != 1 || open[0].Kind != exceptions.BundleDiffers || open[0].Object != "SKU "+tc.sku || open[0].Count != 1 || !strings.Contains(open[0].Seen, tc.seen) {
				t.Fatalf("%v, want %q", open, tc.seen)
			}
			again := world.AnOrder("2", tc.sku) // after both sides were made the same
			if got := world.Outcome(t)(w.Importer().Import(t.Context(), again)); got != bridge.OutcomeCreated || w.OpenKinds() != nil {
				t.Errorf("%s, still open: %v", got, w.OpenKinds())
			}
		})
	}
}

// Where to leave the parcel is known once the address is: it becomes a note of the
// order, and one note however often the address is written.
func TestInstructionsBecomeANote(t *testing.T) {
	warehouse, client, fake := promotionWarehouse(t, promotionItems())
	n, _ := bridge.MapOrder(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status, o.Recipient = bridge.OnHold, bridge.Address{} }), catalogue.Lookup{Items: promotionItems()})
	n.Parked = true
	if _, err := client.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{
		Orders: []linnworks.ChannelOrder{warehouse.ChannelOrder(n)}, Location: "Default",
	}); err != nil {
		t.Fatal(err)
	}
	notes := func() (texts []string) {
		for _, note := range fake.OrdersByReference("S", "s", "1")[0].Notes {
			texts = append(texts, note.Note)
		}
		return texts
	}
	if diff := cmp.Diff([]string{"ring twice, Ada"}, notes()); diff != "" {
		t.Error(diff)
	}
	to := world.Home
	to.Instructions = "Front door"
	w := bridge.WarehouseOrder{ID: string(fake.OrdersByReference("S", "s", "1")[0].OrderID), State: bridge.Parked}
	for range 2 {
		if err := warehouse.ReleaseOrder(t.Context(), w, to); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"ring twice, Ada", "Leave the parcel at: Front door"}, notes()); diff != "" {
		t.Error(diff)
	}
}
