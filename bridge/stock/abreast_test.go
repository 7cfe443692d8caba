package stock_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// slowReader has one reading take a minute each time it is told to.
type slowReader struct {
	stock.Reader
	slow atomic.Bool
}

func (r *slowReader) StockLevels(ctx context.Context, ids []string) (stock.Reading, error) {
	reading, err := r.Reader.StockLevels(ctx, ids)
	if r.slow.CompareAndSwap(true, false) {
		time.Sleep(time.Minute)
	}
	return reading, err
}

// Readings of what is hot that take long, as those that were lost and are repeated, do not
// hold up the next ones, and take nothing back when they come in late.
func TestEngineReadsAbreast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		reader := &slowReader{Reader: w}
		ports := w.ports()
		ports.Levels = reader
		e := engine(t, ports, stock.Options{Pace: stock.Pace{Hot: func(catalogue.Listing, time.Time) bool { return true }}})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx, func(err error) { t.Error(err) }) }()
		time.Sleep(10 * time.Second)
		for range 3 {
			reader.slow.Store(true)
			time.Sleep(time.Second)
		}
		w.Mu.Lock()
		w.Stock["i-mug"]["L1"] = 3
		w.Mu.Unlock()
		for _, wait := range []time.Duration{time.Second, 2 * time.Minute} {
			time.Sleep(wait)
			if got := w.Shown()["MUG"]; got != "W1:3" {
				t.Errorf("%s later the shop shows %s, want W1:3", wait, got)
			}
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
