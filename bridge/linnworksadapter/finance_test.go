package linnworksadapter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// salesHouse is a warehouse that sells mugs for the shop "uk". No call is made twice.
func salesHouse(t *testing.T) (*linnworkstest.Fake, *linnworks.Client, *linnworksadapter.Warehouse) {
	t.Helper()
	fake := linnworkstest.New(linnworkstest.WithoutQuotas())
	if _, err := fake.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 5000}}); err != nil {
		t.Fatal(err)
	}
	client, err := fake.Client(linnworks.WithMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	house, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "uk"})
	if err != nil {
		t.Fatal(err)
	}
	return fake, client, house
}

// What the import has left on orders, open, processed and cancelled, comes back as sales,
// 200 orders a call.
func TestSales(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake, client, house := salesHouse(t)
		start := time.Now().UTC()
		gbp := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }
		order := func(reference, subSource, currency string) linnworks.ChannelOrder {
			n := bridge.NewOrder{
				Reference: reference, Currency: currency, ReceivedAt: start, PaidAt: start, DispatchBy: start.Add(48 * time.Hour), Shipping: gbp(299), TaxStated: true,
				Lines: []bridge.NewOrderLine{{LineID: reference + "-1", LineIDs: []string{reference + "-1"}, SKU: "MUG", Title: "Mug", Quantity: 1, Price: gbp(2400), Tax: gbp(400)}},
				Fees:  []bridge.Fee{{Name: "small_order_fee", Amount: gbp(50)}},
			}
			n.Properties = []exceptions.Property{
				{Name: "tiktok.paid", Value: "26.49"}, {Name: "tiktok.platform_funded", Value: "1.00"}, {Name: "tiktok.tax", Value: "0.00"}, {Name: "tiktok.included.tax", Value: "4.00"},
				{Name: "tiktok.shipping", Value: "2.99"}, {Name: "tiktok.shipping_funded", Value: "0.50"}, {Name: "tiktok.fee.small_order_fee", Value: "0.50"},
			}
			c := house.ChannelOrder(n)
			c.SubSource = subSource
			return c
		}
		create := func(orders ...linnworks.ChannelOrder) {
			t.Helper()
			_, err := client.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Location: "Default", Orders: orders})
			if err != nil {
				t.Fatal(err)
			}
		}
		var all []linnworks.ChannelOrder
		for i := range 250 {
			all = append(all, order(fmt.Sprint(5760000+i), "uk", "GBP"))
		}
		for chunk := range slices.Chunk(all, 20) {
			create(chunk...)
		}
		foreign := order("5769999", "us", "GBP")
		create(foreign)
		find := func(reference string) linnworks.GUID {
			return fake.OrdersByReference("TIKTOKBRIDGE", "uk", reference)[0].OrderID
		}
		time.Sleep(time.Hour)
		for _, err := range []error{fake.Process(find("5760001")), fake.Cancel(find("5760002"))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		byHand := order("5760900", "uk", "GBP")
		byHand.ExtendedProperties = byHand.ExtendedProperties[:1]
		wrong := order("5760901", "uk", "GBP")
		for i, p := range wrong.ExtendedProperties {
			if p.Name == "tiktok.paid" {
				wrong.ExtendedProperties[i].Value = "a lot"
			}
		}
		create(byHand, wrong)

		before := len(fake.Calls(linnworkstest.Operation("Orders.GetOrdersByID")))
		sales, unread, err := house.Sales(t.Context(), start.Add(-time.Hour), start.Add(2*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(fake.Calls(linnworkstest.Operation("Orders.GetOrdersByID"))) - before; n != 2 {
			t.Errorf("%d calls for 253 orders, want 2", n)
		}
		if len(unread) != 1 || unread[0].ID != "5760901" || unread[0].Kind != "order" || !strings.Contains(unread[0].Why, "tiktok.paid") {
			t.Errorf("unread %v", unread)
		}
		got := map[string]finance.Sale{}
		for _, s := range sales {
			got[s.OrderID] = s
		}
		if len(sales) != 251 || len(got) != 251 {
			t.Fatalf("%d sales of %d orders, want 251", len(sales), len(got))
		}
		want := finance.Sale{
			OrderID: "5760000", Currency: "GBP", Numbers: got["5760000"].Numbers, Paid: 2649, Funded: 100, TaxIncluded: 400, Fees: 50, Shipping: 299, ShippingFunded: 50,
			Total: 2749, TotalKnown: true, Units: 1, Rates: []finance.Rate{{Percent: "20", Gross: 2400}}, OrderedAt: start.Truncate(time.Second),
		}
		if diff := cmp.Diff(want, got["5760000"]); diff != "" || len(want.Numbers) != 1 {
			t.Errorf("open (-want +got):\n%s", diff)
		}
		if s := got["5760001"]; s.ShippedAt.IsZero() || s.Total != 2749 || s.Void {
			t.Errorf("processed: %+v", s)
		}
		if s := got["5760002"]; !s.Void || s.Cancelled != 2749 || s.TotalKnown {
			t.Errorf("cancelled: %+v", s)
		}
		if s := got["5760900"]; s.Paid != 2749 || s.Funded != 0 {
			t.Errorf("made by hand: %+v", s)
		}
		if sales, _, err := house.Sales(t.Context(), start.Add(time.Hour), start.Add(2*time.Hour)); err != nil || len(sales) > 0 {
			t.Errorf("another period: %d sales, %v", len(sales), err)
		}
		fake.Fail("Orders.GetOrdersByID", 1, linnworkstest.Reply(503, "busy"))
		if sales, _, err := house.Sales(t.Context(), start.Add(-time.Hour), start.Add(2*time.Hour)); err == nil || len(sales) > 0 {
			t.Errorf("Linnworks is down: %d sales, %v", len(sales), err)
		}
	})
}

// Orders that people merged are one sale of all, with the amounts of all; a part that was split
// off before belongs to it.
func TestSalesOfMergedOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		fake, client, house := salesHouse(t)
		start := time.Now().UTC()
		gbp := func(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }
		create := func(reference, paid string) linnworks.GUID {
			_, err := client.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Location: "Default", Orders: []linnworks.ChannelOrder{house.ChannelOrder(bridge.NewOrder{
				Reference: reference, Currency: "GBP", ReceivedAt: start, PaidAt: start, DispatchBy: start.Add(48 * time.Hour), Shipping: gbp(0),
				Lines:      []bridge.NewOrderLine{{LineID: reference + "-1", LineIDs: []string{reference + "-1"}, SKU: "MUG", Title: "Mug", Quantity: 2, Price: gbp(1000), Tax: gbp(0)}},
				Properties: []exceptions.Property{{Name: "tiktok.paid", Value: paid}, {Name: "tiktok.tax", Value: "1.00"}},
			})}})
			must(err)
			return fake.OrdersByReference("TIKTOKBRIDGE", "uk", reference)[0].OrderID
		}
		sales := func() map[string]finance.Sale {
			list, unread, err := house.Sales(t.Context(), start.Add(-time.Hour), start.Add(time.Hour))
			must(err)
			found := map[string]finance.Sale{}
			for _, s := range list {
				found[s.OrderID] = s
			}
			if len(unread) > 0 || len(found) != len(list) {
				t.Errorf("unread %v, sales %v", unread, list)
			}
			return found
		}
		var ids []linnworks.GUID
		for i := range 4 {
			ids = append(ids, create(fmt.Sprint(576+i), fmt.Sprintf("2%d.00", i)))
		}
		_, err := client.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{OrdersToMerge: []linnworks.GUID{ids[1], ids[0]}})
		must(err)
		got := sales()
		want := finance.Sale{
			OrderID: "576", With: []string{"577"}, Numbers: got["576"].Numbers, Currency: "GBP", Paid: 4100, Tax: 200, Total: 4000, TotalKnown: true, Units: 4,
			Rates: []finance.Rate{{Percent: "0", Gross: 4000}}, OrderedAt: start.Truncate(time.Second),
		}
		if diff := cmp.Diff(want, got["576"]); diff != "" || len(got) != 3 || len(want.Numbers) != 1 {
			t.Errorf("%d sales; merged (-want +got):\n%s", len(got), diff)
		}
		// A part of one is split off, and the other merged with the rest.
		whole, _ := fake.Order(ids[2])
		_, err = client.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{OrderID: ids[2], NewOrders: []linnworks.OrderSplit{{
			Items: []linnworks.OrderSplitOutItem{{RowID: &whole.Items[0].RowID, Quantity: new(1)}},
		}}})
		must(err)
		parts := fake.OrdersByReference("TIKTOKBRIDGE", "uk", "578")
		_, err = client.Orders.MergeOrders(t.Context(), &linnworks.MergeOrdersRequest{OrdersToMerge: []linnworks.GUID{ids[3], parts[0].OrderID}})
		must(err)
		got = sales()
		want = finance.Sale{
			OrderID: "578", With: []string{"579"}, Numbers: got["578"].Numbers, Currency: "GBP", Paid: 4500, Tax: 200, Total: 4000, TotalKnown: true, Units: 4,
			Rates: []finance.Rate{{Percent: "0", Gross: 4000}}, OrderedAt: start.Truncate(time.Second),
		}
		if diff := cmp.Diff(want, got["578"]); diff != "" || len(got) != 2 || len(want.Numbers) != len(parts) {
			t.Errorf("%d sales; split and merged (-want +got):\n%s", len(got), diff)
		}
	})
}

// Orders with a refund in a period are found, over as long a period as it may be.
func TestRefundedOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		fake, client, house := salesHouse(t)
		start := time.Now().UTC()
		refund := func(reference, subSource string, lines int) {
			t.Helper()
			c := house.ChannelOrder(bridge.NewOrder{
				Reference: reference, Currency: "GBP", ReceivedAt: time.Now(), PaidAt: time.Now(), DispatchBy: time.Now().Add(48 * time.Hour), Shipping: money.Amount{Currency: "GBP"},
				Lines: []bridge.NewOrderLine{{LineID: reference, LineIDs: []string{reference}, SKU: "MUG", Title: "Mug", Quantity: 1, Price: money.Amount{Minor: 2000, Currency: "GBP"}, Tax: money.Amount{Currency: "GBP"}}},
			})
			c.SubSource = subSource
			_, err := client.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Location: "Default", Orders: []linnworks.ChannelOrder{c}})
			must(err)
			id := fake.OrdersByReference("TIKTOKBRIDGE", subSource, reference)[0].OrderID
			must(fake.Process(id))
			for range lines {
				out, err := client.ReturnsRefunds.CreateRefund(t.Context(), &linnworks.CreateRefundRequest{OrderID: id, RefundLines: []linnworks.NewRefundLine{{
					RefundedUnit: new(linnworks.NewRefundLineRefundedUnit("Additional")), Amount: new(linnworks.Decimal("1.00")),
				}}})
				if err != nil || out.RefundHeaderID == 0 {
					t.Fatalf("refund of %s: %+v, %v", reference, out, err)
				}
			}
		}
		refund("576", "uk", 2)
		refund("577", "us", 1)
		time.Sleep(200 * 24 * time.Hour)
		refund("578", "uk", 1)
		for _, tc := range []struct {
			from, to time.Time
			want     []string
		}{
			{start.Add(-time.Hour), time.Now().Add(time.Hour), []string{"576", "578"}},
			{start.Add(time.Hour), time.Now().Add(time.Hour), []string{"578"}},
			{start.Add(-time.Hour), start.Add(time.Hour), []string{"576"}},
		} {
			if got, err := house.RefundedOrders(t.Context(), tc.from, tc.to); err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("%s to %s: got %q, %v; want %q", tc.from, tc.to, got, err, tc.want)
			}
		}
		fake.Fail("ReturnsRefunds.SearchReturnsRefundsPaged", 1, linnworkstest.Reply(503, "busy"))
		if got, err := house.RefundedOrders(t.Context(), start, time.Now()); err == nil || got != nil {
			t.Errorf("Linnworks is down: %q, %v", got, err)
		}
	})
}
