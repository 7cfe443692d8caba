package bridgetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// drawLive draws, on one day of twenty, when a LIVE begins; else it returns the zero time.
func (l *lab) drawLive() time.Time {
	r := rand.New(rand.NewPCG(l.config.Seed, 0x11fe))
	if r.IntN(20) > 0 {
		return time.Time{}
	}
	return l.start.Add(10*time.Minute + time.Duration(r.Int64N(max(int64(l.config.Trading-20*time.Minute), 1))))
}

// live sells a single item and a kit of it in a LIVE, five orders a second for some seconds
// of it. Meanwhile the bridge goes on without a pause, as a program does that has a
// scheduler of its own and calls what [stock.Engine] has for that.
func (l *lab) live(ctx context.Context) error {
	const ordersPerSecond, lasts = 5, 10 * time.Second
	r := rand.New(rand.NewPCG(l.config.Seed, 0x11ff))
	s := l.shops[r.IntN(len(l.shops))]
	single, kit := l.items[1], l.items[5]
	l.report.Lives++
	start := time.Now()
	for at := time.Duration(0); at < lasts; at += time.Duration(r.ExpFloat64() * float64(time.Second) / ordersPerSecond) {
		it := single
		if r.IntN(4) == 0 {
			it = kit
		}
		spec := tiktokshoptest.OrderSpec{
			Lines: []tiktokshoptest.Line{{SKUID: it.skuID, Quantity: 1}}, State: tiktokshop.OrderStatusOnHold, WarehouseID: warehouseIDs[r.IntN(2)],
		}
		l.schedule(start.Add(at), func() { s.place(spec) })
	}
	for at := start; at.Before(start.Add(3 * lasts)); at = at.Add(time.Second) {
		if err := l.waitUntil(ctx, at); err != nil {
			return err
		}
		_ = l.passOf(ctx, (*shop).workLive) // what failed is for the next second
	}
	return nil
}

// workLive is what the bridge does in a second of a LIVE.
func (s *shop) workLive(ctx context.Context) error {
	taken, err := s.takeIn(ctx)
	if taken.Complete() {
		s.truth.counted = s.truth.known
	} else {
		s.truth.blind = true
	}
	errs := []error{err}
	if !s.shopRead {
		if err := s.stock.ReadShop(ctx); err != nil {
			return errors.Join(append(errs, err)...)
		}
		s.shopRead = true
	}
	_, err = s.stock.Check().Check(ctx)
	errs = append(errs, err, s.stock.Sweep(ctx), s.stock.ReadTouched(ctx))
	for range 20 { // products, some of them again
		did, err := s.stock.Publish(ctx)
		if errs = append(errs, err); !did || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(append(errs, s.stock.Report(ctx))...)
}
