package returns_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// sides is a shop and a warehouse, both fakes, with the bridge's parts between them.
type sides struct {
	tiktok *tiktokshoptest.Fake
	linn   *linnworkstest.Fake
	client *tiktokshop.Client
	api    *linnworks.Client // Linnworks as its people have it
	shop   *tiktokadapter.Shop
	book   *linnworksadapter.Warehouse
	memory store.Shop
	queue  exceptions.Queue
	watch  *returns.Watch
	mirror *returns.Mirror
	// reference is what a refund "return" that is booked by hand is booked under.
	reference string
}

const (
	leeds     = "7068517275539719942"
	mugSKU    = "1729592969712207101"
	pairSKU   = "1729592969712207501"
	mugsThere = 1000
)

type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }

func newSides(t testing.TB, rules returns.Rules) *sides {
	t.Helper()
	s := &sides{
		tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket("GB")), linn: linnworkstest.New(linnworkstest.WithoutQuotas()),
		memory: new(store.Memory).Shop("uk"), queue: new(exceptions.Memory).Shop("uk"),
	}
	_, err := s.linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: mugsThere}})
	must(t, err)
	must(t, s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: leeds, Name: "Leeds"}))
	stock := map[string]int{leeds: mugsThere}
	for _, p := range []tiktokshoptest.Product{
		{ID: "1729592969712207001", Title: "Mug", SKUs: []tiktokshoptest.SKU{{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: stock}}},
		{ID: "1729592969712207005", Title: "Pair", SKUs: []tiktokshoptest.SKU{{ID: pairSKU, SellerSKU: "PAIR", Price: "19.99",
			Components: []tiktokshoptest.Component{{SKUID: mugSKU, Count: 2}}}}},
	} {
		must(t, s.tiktok.AddProduct(p))
	}
	s.client, err = s.tiktok.Client(tiktokshop.WithMaxAttempts(1))
	must(t, err)
	s.api, err = s.linn.Client(linnworks.WithLimiter(unpaced{}), linnworks.WithMaxAttempts(1))
	must(t, err)
	s.shop, err = tiktokadapter.New(s.client, tiktokadapter.Options{})
	must(t, err)
	s.book, err = linnworksadapter.New(t.Context(), s.api, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
	s.restart(t, rules)
	return s
}

// restart makes the parts anew, as another process would.
func (s *sides) restart(t testing.TB, rules returns.Rules) {
	t.Helper()
	var err error
	s.watch, err = returns.NewWatch(returns.Ports{Shop: s.shop, Exceptions: s.queue, Orders: s.shop}, returns.Options{})
	must(t, err)
	lost, err := claims.NewWatch(s.queue, claims.Options{Market: "GB"})
	must(t, err)
	s.mirror, err = returns.NewMirror(returns.MirrorPorts{
		Shop: s.shop, Changes: s.shop, Cancellations: s.shop, Claims: lost, Warehouse: s.book, Orders: s.shop, Decide: s.watch.Decide,
		Records: s.memory, Values: s.memory, Locks: s.memory, Exceptions: s.queue,
	}, returns.MirrorOptions{Rules: rules, ClaimBy: func(refunded time.Time) time.Time { return refunded.Add(7 * 24 * time.Hour) }})
	must(t, err)
}

// sold is an order of n units that the buyer has, in both places.
func (s *sides) sold(t testing.TB, sku string, n int) tiktokshop.Order {
	t.Helper()
	o := s.sent(t, sku, n)
	for _, in := range s.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID) {
		must(t, s.linn.Process(in.OrderID))
	}
	return o
}

// sent is an order that the buyer has, and that nobody has processed in Linnworks.
func (s *sides) sent(t testing.TB, sku string, n int) tiktokshop.Order {
	t.Helper()
	id, err := s.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: sku, Quantity: n}}, ShippingFee: "4.00"})
	must(t, err)
	s.imported(t, id)
	_, err = s.client.Fulfillment.MarkPackageAsShipped(t.Context(), id, &tiktokshop.MarkPackageAsShippedRequest{
		TrackingNumber: "T" + id, ShippingProviderID: s.tiktok.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
	})
	must(t, err)
	must(t, s.tiktok.Collect(id))
	must(t, s.tiktok.Deliver(id))
	o, _ := s.tiktok.Order(id)
	return o
}

func (s *sides) imported(t testing.TB, ids ...string) {
	t.Helper()
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: s.book, Tracer: s.book, Addresses: s.book, Orders: s.shop, Catalogue: s.book, Ledger: s.memory, Records: s.memory, Locks: s.memory, Exceptions: s.queue,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID)})
	must(t, err)
	orders, err := s.shop.OrdersByID(t.Context(), ids)
	must(t, err)
	_, err = im.Import(t.Context(), orders...)
	must(t, err)
}

func (s *sides) asks(t testing.TB, orderID string, spec tiktokshoptest.ReturnSpec) string {
	t.Helper()
	id, err := s.tiktok.RequestReturn(orderID, spec)
	must(t, err)
	return id
}

// run mirrors until nothing is booked any more.
func (s *sides) run(t testing.TB) {
	t.Helper()
	for range 3 {
		_, err := s.mirror.Run(t.Context())
		must(t, err)
	}
}

// books says what Linnworks has for an order of the shop: refunds, returns and mugs.
func (s *sides) books(t testing.TB, orderID string) string {
	t.Helper()
	var words []string
	for _, o := range s.linn.OrdersByReference("TIKTOKBRIDGE", "test", orderID) {
		sent, err := s.book.SentOrders(t.Context(), orderID, []string{string(o.OrderID)})
		must(t, err)
		for _, b := range sent[0].Refunds {
			words = append(words, fmt.Sprintf("refund %s%s", b.Amount, map[bool]string{true: "", false: " open"}[b.Done]))
		}
		for _, g := range sent[0].Goods {
			for _, r := range g.Rows {
				words = append(words, fmt.Sprintf("%d back, %d scrap%s", r.Quantity, r.Scrap, map[bool]string{true: "", false: " expected"}[g.Done]))
			}
		}
	}
	slices.Sort(words)
	return strings.Join(words, "; ")
}

// mugs is how many are in stock.
func (s *sides) mugs(t testing.TB) int {
	t.Helper()
	level, err := s.linn.Level("MUG", linnworks.ZeroGUID)
	must(t, err)
	return level.OnHand
}

// bookIn has the people of the warehouse book in what waits on an order in Linnworks. They
// try again when it does not answer.
func (s *sides) bookIn(t testing.TB, orderID string) {
	t.Helper()
	for _, o := range s.linn.OrdersByReference("TIKTOKBRIDGE", "test", orderID) {
		var err error
		for range 50 {
			if err = s.bookInNow(t.Context(), o.OrderID); err == nil {
				break
			}
		}
		must(t, err)
	}
}

func (s *sides) bookInNow(ctx context.Context, id linnworks.GUID) error {
	headers, err := s.api.ReturnsRefunds.GetRMAHeadersByOrderID(ctx, &linnworks.GetRMAHeadersByOrderIDRequest{OrderID: id})
	if err != nil {
		return err
	}
	for _, h := range headers.RMAHeaders {
		if _, err := s.api.ReturnsRefunds.ActionRMABooking(ctx, &linnworks.ActionRMABookingRequest{RMAHeaderID: h.RMAHeaderID}); err != nil {
			return err
		}
	}
	return nil
}

// refundByHand books a refund as a person does, and dropRefunds deletes all of them.
func (s *sides) refundByHand(t testing.TB, o tiktokshop.Order, amount linnworks.Decimal, what string) {
	t.Helper()
	in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID)[0]
	line := linnworks.NewRefundLine{RefundedUnit: new(linnworks.NewRefundLineRefundedUnit("Additional")), Amount: &amount}
	if what == "return" {
		line.ExternalReference = &s.reference
	}
	_, err := s.api.ReturnsRefunds.CreateRefund(t.Context(), &linnworks.CreateRefundRequest{OrderID: in.OrderID, RefundLines: []linnworks.NewRefundLine{line}})
	must(t, err)
}

func (s *sides) dropRefunds(t testing.TB, o tiktokshop.Order) {
	t.Helper()
	in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", o.ID)[0]
	headers, err := s.api.ReturnsRefunds.GetRefundHeadersByOrderID(t.Context(), &linnworks.GetRefundHeadersByOrderIDRequest{OrderID: in.OrderID})
	must(t, err)
	for _, h := range headers.RefundHeaders {
		_, err := s.api.ReturnsRefunds.DeleteRefund(t.Context(), &linnworks.DeleteRefundRequest{RefundHeaderID: h.RefundHeaderID})
		must(t, err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// soon passes the time after which a booking that may have been made is made again.
func soon() { time.Sleep(20 * time.Minute) }
