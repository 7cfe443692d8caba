package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// The made-up shop trades from begin on, and the books are read at the end of the last day.
var begin = time.Date(2026, time.June, 1, 8, 0, 0, 0, time.UTC)

const days = 36

// month is a month of trade on the two fakes.
type month struct {
	now       time.Time
	clean     bool
	chance    *rand.Rand
	fake      *tiktokshoptest.Fake
	linn      *linnworkstest.Fake
	client    *tiktokshop.Client
	shop      *tiktokadapter.Shop
	warehouse *linnworksadapter.Warehouse
	importer  *bridge.Importer
	transit   map[int][]string // orders by the day on which they are delivered
	late      []string         // orders that something happens to after their delivery
	sold      int
}

// trade lets the month pass.
func trade(ctx context.Context, clean bool) (*month, error) {
	m, err := open(ctx, clean)
	if err != nil {
		return nil, err
	}
	for day := range days {
		if err := m.day(ctx, day); err != nil {
			return nil, fmt.Errorf("day %d: %w", day+1, err)
		}
		m.now = m.now.Add(24 * time.Hour)
	}
	return m, nil
}

// open stocks shop and warehouse and wires the import between them.
func open(ctx context.Context, clean bool) (*month, error) {
	m := &month{now: begin, clean: clean, chance: rand.New(rand.NewPCG(2026, 6)), transit: map[int][]string{}}
	clock := func() time.Time { return m.now }
	m.fake = tiktokshoptest.New(tiktokshoptest.WithMarket("GB"), tiktokshoptest.WithClock(clock), tiktokshoptest.WithStampClock(time.Now))
	m.linn = linnworkstest.New(linnworkstest.WithClock(clock), linnworkstest.WithoutQuotas())
	m.fake.CarryNegative()
	errs := []error{m.fake.AddWarehouse(tiktokshop.Warehouse{ID: warehouseID, Name: "Leeds"})}
	for i, item := range []struct{ sku, title, price string }{{"MUG-RED", "Mug, red", "12.50"}, {"TEA-EARL", "Earl Grey, 50 bags", "6.95"}, {"GIFT-SET", "Gift set", "24.99"}} {
		_, err := m.linn.AddItem(linnworkstest.Item{SKU: item.sku, Title: item.title, Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 5000}})
		errs = append(errs, err, m.fake.AddProduct(tiktokshoptest.Product{ID: fmt.Sprint(1729592969712207001 + i), Title: item.title, SKUs: []tiktokshoptest.SKU{
			{ID: skuID(i), SellerSKU: item.sku, Price: item.price, Stock: map[string]int{warehouseID: 5000}},
		}}))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var err error
	if m.client, err = m.fake.Client(); err != nil {
		return nil, err
	}
	if m.shop, err = tiktokadapter.New(m.client, tiktokadapter.Options{Now: clock}); err != nil {
		return nil, err
	}
	linn, err := m.linn.Client(linnworks.WithLimiter(unpaced{}))
	if err != nil {
		return nil, err
	}
	if m.warehouse, err = linnworksadapter.New(ctx, linn, linnworksadapter.Options{SubSource: "uk", Now: clock}); err != nil {
		return nil, err
	}
	memory := new(bridge.Memory).Shop("uk")
	m.importer, err = bridge.NewImporter(bridge.ImportPorts{
		OrderBook: m.warehouse, Catalogue: m.warehouse, Ledger: memory, Records: memory, Locks: memory, Exceptions: memory,
	}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID), Now: clock})
	return m, err
}

const warehouseID = "7068517275539719942"

func skuID(i int) string { return fmt.Sprint(1729592969712207101 + i*100) }

// unpaced is a Linnworks limiter that never waits.
type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }

// day sells and ships what is sold, delivers what left two days ago, and lets the platform
// do what it does.
func (m *month) day(ctx context.Context, day int) error {
	for range 3 + m.chance.IntN(4) {
		id, err := m.sell(ctx)
		if err != nil {
			return err
		}
		m.transit[day+2] = append(m.transit[day+2], id)
	}
	var errs []error
	for i, id := range m.transit[day] {
		errs = append(errs, m.fake.Deliver(id))
		if day%6 == 0 && i == 0 {
			m.late = append(m.late, id)
		}
	}
	if day%9 == 8 && len(m.late) > 1 { // one comes back, before it is settled or after
		id := m.late[len(m.late)-1]
		returned, err := m.fake.RequestReturn(id, tiktokshoptest.ReturnSpec{Type: "REFUND"})
		if err == nil {
			_, err = m.client.ReturnRefund.ApproveReturn(ctx, returned, &tiktokshop.ApproveReturnRequest{Decision: "APPROVE_REFUND"})
		}
		errs = append(errs, err)
	}
	switch day {
	case 4: // before anything is settled: carried into the first payout
		errs = append(errs, second(m.fake.Adjust("GMV_PAYMENT_FOR_ADS", "", "-15.00")))
	case 14:
		held := 10 // days, of a reserve that is forgotten
		if m.clean {
			held = 60
		}
		errs = append(errs, second(m.fake.ReserveUntil(m.late[0], "8.00", m.now.AddDate(0, 0, held))))
		errs = append(errs, second(m.fake.ReserveUntil(m.late[1], "5.00", m.now.AddDate(0, 0, 60))))
	case 17:
		errs = append(errs, second(m.fake.Adjust("PLATFORM_PENALTY", m.late[1], "-3.00")), second(m.fake.Adjust("LOGISTICS_REIMBURSEMENT", m.late[0], "6.95")))
	case 20:
		errs = append(errs, m.fake.PayIn("EUR", "1.17"))
	case 22:
		errs = append(errs, m.failPayment(ctx))
	}
	return errors.Join(errs...)
}

func second[T any](_ T, err error) error { return err }

// sell lets a buyer buy, the bridge import it and the warehouse ship it.
func (m *month) sell(ctx context.Context) (string, error) {
	spec := tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: skuID(m.chance.IntN(3)), Quantity: 1 + m.chance.IntN(2)}}, ShippingFee: "2.99"}
	if m.chance.IntN(3) == 0 {
		spec.Lines[0].PlatformDiscount = "1.00"
	}
	if m.chance.IntN(4) == 0 {
		spec.Lines[0].SellerDiscount = "0.75"
	}
	if m.chance.IntN(3) == 0 {
		spec.ShippingPlatformDiscount = "2.99"
	}
	id, err := m.fake.PlaceOrder(spec)
	if err != nil {
		return "", err
	}
	if m.chance.IntN(3) == 0 {
		if err := m.fake.ChargeFee(id, "affiliate_commission_amount", "1.10"); err != nil {
			return "", err
		}
	}
	m.sold++
	if !m.clean && m.sold == overcharged {
		if err := m.fake.ChargeFee(id, "referral_fee_amount", "0.60"); err != nil {
			return "", err
		}
	}
	if m.clean || m.sold != forgotten {
		if err := m.bring(ctx, id); err != nil {
			return "", err
		}
	}
	_, err = m.client.Fulfillment.MarkPackageAsShipped(ctx, id, &tiktokshop.MarkPackageAsShippedRequest{
		TrackingNumber: "RM" + id, ShippingProviderID: m.fake.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
	})
	if err == nil {
		err = m.fake.Collect(id)
	}
	return id, err
}

// forgotten is the order that nobody imports, overcharged the one for which the shop takes
// more than its published commission.
const (
	forgotten   = 11
	overcharged = 23
)

// bring imports an order, and has the warehouse send it.
func (m *month) bring(ctx context.Context, id string) error {
	orders, err := m.shop.OrdersByID(ctx, []string{id})
	if err != nil {
		return err
	}
	results, err := m.importer.Import(ctx, orders...)
	if err != nil {
		return err
	}
	found := m.linn.OrdersByReference("TIKTOKBRIDGE", "uk", id)
	if len(found) != 1 {
		return fmt.Errorf("order %s was not imported: %v", id, results)
	}
	return m.linn.Process(found[0].OrderID)
}

// failPayment lets the latest payment fail.
func (m *month) failPayment(ctx context.Context) error {
	if m.clean {
		return nil
	}
	payments, _, err := m.shop.Payments(ctx, begin, m.now.Add(time.Hour))
	if err != nil || len(payments) == 0 {
		return err
	}
	return m.fake.FailPayment(payments[len(payments)-1].ID)
}

// reconcile reads the books of both sides and compares them.
func (m *month) reconcile(ctx context.Context) (*finance.Report, error) {
	var statements finance.StatementSource = m.shop
	if !m.clean {
		statements = pennyShort{m.shop}
	}
	reader, err := finance.NewReader(finance.Ports{Statements: statements, Payments: m.shop, Withdrawals: m.shop, Estimates: m.shop, Sales: m.warehouse, Orders: m.shop})
	if err != nil {
		return nil, err
	}
	books, err := reader.Read(ctx, begin.Truncate(24*time.Hour), m.now)
	if err != nil {
		return nil, err
	}
	return finance.Reconcile(books, finance.Options{Shop: "UK", AsOf: m.now, Market: "GB", Basis: finance.ByOrder, Rates: map[finance.Category]string{finance.Affiliate: "0"}})
}

// pennyShort is a shop that settles one line of a statement a penny short. A port can be
// wrapped in anything.
type pennyShort struct{ finance.StatementSource }

func (p pennyShort) StatementLines(ctx context.Context, s finance.Statement) (finance.Statement, []finance.Unread, error) {
	s, unread, err := p.StatementSource.StatementLines(ctx, s)
	if s.At.Day() == 18 && len(s.Lines) > 1 {
		s.Lines[1].Settlement--
	}
	return s, unread, err
}
