package stock

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// What the tests outside the package look at.
const AbsurdStock = absurdStock

var PoissonLimit = poissonLimit

type DelayMeter = delayMeter

func (m *delayMeter) Add(d time.Duration)                     { m.add(d) }
func (m *delayMeter) Limit(least time.Duration) time.Duration { return m.limit(least) }

func (b *Book) Take(now time.Time, fair int, fairAfter time.Duration) (ProductStock, bool) {
	p, _, ok := b.take(now, "", fair, fairAfter)
	return p, ok
}

func (b *Book) Done(now time.Time, p ProductStock, accepted []SKUStock) {
	b.done(now, p, published{accepted: accepted}, nil)
}
func (b *Book) PutBack(productID string, again time.Time) { b.putBack(productID, again) }
func (b *Book) HeatUp(now time.Time, declared func(catalogue.Listing, time.Time) bool, most int) []string {
	return b.heatUp(now, declared, most)
}
func (b *Book) WaitsSince(skuID string, since time.Time) {
	n, _ := b.listings.Find(skuID)
	b.listings.At(n).lag.since = since
}

func (e *Engine) Ports() *Ports { return &e.ports }
func (e *Engine) LookAt(ctx context.Context, skuIDs ...string) error {
	return e.look(ctx, skuIDs...)
}

func (e *Engine) SetClock(c Clock) { e.book.flight.clock = c }

var SeenMoment = seenMoment

var ReadLedger = readLedger

// Believed is what the book believes the shop to show of a SKU.
func (b *Book) Believed(skuID string) (units int) {
	n, _ := b.listings.Find(skuID)
	for _, w := range b.listings.At(n).stock() {
		units += w.Quantity
	}
	return units
}

func (b *Book) Wanted(skuID string) (int, bool)      { return b.wants(skuID) }
func (b *Book) SuspectProduct(productID string) bool { return b.suspects(productID) }

const FlightValue = flightValue

// SetLedger replaces the ledger that is read.
func (e *Engine) SetLedger(ledger store.Ledger) { e.reader.ports.Ledger = ledger }

// Orders is how many orders the book keeps.
func (b *Book) Orders() int { return len(b.orders) }

// Touched are the items to read at once.
func (e *Engine) Touched() []string { return e.touched }
