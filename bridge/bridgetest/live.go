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
	l.liveRand = rand.New(rand.NewPCG(l.config.Seed, 0x11fe))
	if l.liveRand.IntN(20) > 0 {
		return time.Time{}
	}
	return l.start.Add(10*time.Minute + time.Duration(l.liveRand.Int64N(max(int64(l.config.Trading-20*time.Minute), 1))))
}

// liveLasts is how long buyers order in a LIVE, livePlays how long the bridge goes on so.
const liveLasts, livePlays = 10 * time.Second, 30 * time.Second

// live has the bridge go on without a pause during a LIVE and some time after it, as a
// program does that has a scheduler of its own and calls what [stock.Engine] has for that.
func (l *lab) live(ctx context.Context) error {
	l.planLive()
	start := time.Now()
	for at := start; at.Before(start.Add(livePlays)); at = at.Add(time.Second) {
		if err := l.waitUntil(ctx, at); err != nil {
			return err
		}
		_ = l.passOf(ctx, (*shop).workLive) // what failed is for the next second
	}
	return nil
}

// planLive has buyers order, five a second.
func (l *lab) planLive() {
	const ordersPerSecond = 5
	s := l.shops[l.liveRand.IntN(len(l.shops))]
	l.report.Lives++
	for at := time.Duration(0); at < liveLasts; at += time.Duration(l.liveRand.ExpFloat64() * float64(time.Second) / ordersPerSecond) {
		l.schedule(time.Now().Add(at), s.buyInLive)
	}
}

// buyInLive places an order for a single item, or for a kit of it.
func (s *shop) buyInLive() {
	it := s.items[1]
	if s.liveRand.IntN(4) == 0 {
		it = s.items[5] // the kit
	}
	s.place(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{{SKUID: it.skuID, Quantity: 1}}, State: tiktokshop.OrderStatusOnHold, WarehouseID: warehouseIDs[s.liveRand.IntN(2)],
	})
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
	errs = append(errs, err, s.stock.Sweep(ctx))
	askErr := s.stock.ReadTouched(ctx)
	errs = append(errs, askErr)
	for range 20 { // products, some of them again
		did, err := s.stock.Publish(ctx)
		if errs = append(errs, err); !did || ctx.Err() != nil {
			break
		}
	}
	s.judgeCuts(askErr)
	return errors.Join(append(errs, s.stock.Report(ctx))...)
}
