package stock

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// What the tests outside the package look at.
const AbsurdStock = absurdStock

var PoissonLimit = poissonLimit

type DelayMeter = delayMeter

func (m *delayMeter) Add(d time.Duration)                     { m.add(d) }
func (m *delayMeter) Limit(least time.Duration) time.Duration { return m.limit(least) }

func (b *Book) Take(now time.Time, fair int, fairAfter time.Duration) (ProductStock, bool) {
	p, _, ok := b.take(now, fair, fairAfter)
	return p, ok
}

func (b *Book) Done(now time.Time, p ProductStock, accepted []SKUStock) {
	b.done(now, p, published{accepted: accepted}, nil, &LiveOptions{})
}
func (b *Book) PutBack(productID string, again time.Time) { b.putBack(productID, again) }
func (b *Book) HeatUp(now time.Time, declared func(catalogue.Listing, time.Time) bool, most int) []string {
	return b.heatUp(now, declared, most)
}
func (b *Book) WaitsSince(skuID string, since time.Time) {
	b.listings[b.bySKUID[skuID]].lag.since = since
}

func (l *Live) Ports() *LivePorts { return &l.ports }
func (l *Live) Book() *Book       { return l.book }
func (l *Live) LookAt(ctx context.Context, skuIDs ...string) error {
	return l.check(ctx, skuIDs...)
}
