package channelapp_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
	"github.com/linnbridge/linnbridge/linnworks/internal/calledtest"
)

const account = calledtest.Account

// channel answers with what a test has put into it, and keeps what it was told.
type channel struct {
	mu     sync.Mutex
	asked  int
	orders func(ctx context.Context, since time.Time, page int) ([]channelapp.Order, bool, error)

	despatched []channelapp.Despatch
	levels     []channelapp.Level
	prices     []channelapp.Price
	cancelled  []channelapp.Cancellation
	refunded   []channelapp.Refund
	// answer is what becomes of a row, by reference or SKU.
	answer func(ctx context.Context, key string) error
}

func (c *channel) Orders(ctx context.Context, _ channelapp.Installation, since time.Time, page int) ([]channelapp.Order, bool, error) {
	c.ask()
	if c.orders == nil {
		return nil, false, nil
	}
	return c.orders(ctx, since, page)
}

func (c *channel) ask() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
}

func (c *channel) say(ctx context.Context, key string) error {
	if c.answer == nil {
		return nil
	}
	return c.answer(ctx, key)
}

func (c *channel) Despatch(ctx context.Context, _ channelapp.Installation, orders []channelapp.Despatch) (errs []error) {
	c.ask()
	c.despatched = append(c.despatched, orders...)
	for _, o := range orders {
		errs = append(errs, c.say(ctx, o.Reference))
	}
	return errs
}

func (c *channel) UpdateInventory(ctx context.Context, _ channelapp.Installation, levels []channelapp.Level) (errs []error) {
	c.ask()
	c.levels = append(c.levels, levels...)
	for _, l := range levels {
		errs = append(errs, c.say(ctx, l.SKU))
	}
	return errs
}

func (c *channel) UpdatePrices(ctx context.Context, _ channelapp.Installation, prices []channelapp.Price) (errs []error) {
	c.ask()
	c.prices = append(c.prices, prices...)
	for _, p := range prices {
		errs = append(errs, c.say(ctx, p.SKU))
	}
	return errs
}

func (c *channel) Products(context.Context, channelapp.Installation, int) ([]channelapp.Product, bool, error) {
	c.ask()
	return []channelapp.Product{
		{SKU: "MUG", Reference: "17", Title: "Mug", Quantity: 4, Price: "5.25"},
		{SKU: "CUP", Title: "Cup"},
		{SKU: "BAD", Title: "Bad", Quantity: -1},
	}, true, nil
}

func (c *channel) ShippingTags(context.Context, channelapp.Installation) ([]channelapp.Tag, error) {
	return []channelapp.Tag{{Tag: "std", Name: "Standard", Site: "UK"}}, nil
}

func (c *channel) PaymentTags(context.Context, channelapp.Installation) ([]channelapp.Tag, error) {
	return []channelapp.Tag{{Tag: strings.Repeat("x", 65), Name: "Card"}}, nil
}

func (c *channel) CancelOptions(context.Context, channelapp.Installation) (channelapp.CancelOptions, error) {
	return channelapp.CancelOptions{PartsOfLines: true, Refunds: true, Reasons: []channelapp.Reason{
		{Tag: "damaged", Name: "Damaged", More: []channelapp.Reason{{Tag: "water", Name: "By water"}}},
	}}, nil
}

func (c *channel) Cancel(ctx context.Context, _ channelapp.Installation, cancellation *channelapp.Cancellation) error {
	c.ask()
	c.cancelled = append(c.cancelled, *cancellation)
	return c.say(ctx, cancellation.Reference)
}

func (c *channel) RefundOptions(context.Context, channelapp.Installation) (channelapp.RefundOptions, error) {
	return channelapp.RefundOptions{
		Items: true, Shipping: channelapp.ShippingWithItem | channelapp.ShippingAlone,
		ItemReasons: []channelapp.Reason{{Tag: "damaged", Name: "Damaged"}}, ShippingReasons: []channelapp.Reason{{Tag: "late", Name: "Late"}},
	}, nil
}

func (c *channel) Refund(ctx context.Context, _ channelapp.Installation, refund *channelapp.Refund) (string, error) {
	c.ask()
	c.refunded = append(c.refunded, *refund)
	return "RF-1", c.say(ctx, refund.Reference)
}

// all are ports that are all there.
func (c *channel) all() channelapp.Ports {
	return channelapp.Ports{Orders: c, Despatch: c, Inventory: c, Prices: c, Products: c, Tags: c, Cancels: c, Refunds: c}
}

// app is a handler that is installed.
type app struct {
	*calledtest.App
	*channelapp.Handler

	channel *channel
}

// open makes a handler with all ports, unless change takes some away, and installs it.
func open(t testing.TB, options channelapp.Options, change ...func(*channelapp.Ports)) *app {
	t.Helper()
	a := &app{channel: new(channel)}
	ports := a.channel.all()
	ports.Admit = channelapp.OnlyAccounts(account)
	for _, c := range change {
		c(&ports)
	}
	log := new(calledtest.Log)
	options.Log = log.Logger()
	h, err := channelapp.New(ports, options)
	if err != nil {
		t.Fatal(err)
	}
	a.Handler, a.App = h, calledtest.Open(t, h, log)
	return a
}

// order is one that Linnworks can take.
func order(reference string) channelapp.Order {
	return channelapp.Order{
		Reference: reference, PaymentStatus: channelapp.Paid, Currency: "GBP",
		ReceivedAt:      linnworks.Time{Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		DeliveryAddress: channelapp.Address{FullName: "Jane Doe", CountryCode: "GB"},
		Items:           []channelapp.OrderItem{{Line: "1", SKU: "MUG", Title: "Mug", Quantity: 2, Price: "5.25"}},
	}
}
