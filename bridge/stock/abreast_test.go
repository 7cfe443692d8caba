package stock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// slowPublisher takes a time for each call once it is set, and notes when the last ended.
type slowPublisher struct {
	stock.Publisher
	each time.Duration
	last time.Time
}

func (p *slowPublisher) PublishStock(ctx context.Context, product stock.ProductStock) ([]stock.Refusal, error) {
	time.Sleep(p.each)
	p.last = time.Now()
	return p.Publisher.PublishStock(ctx, product)
}

// slowReader has one reading take a minute once it is told to.
type slowReader struct {
	stock.Reader
	next bool
}

func (r *slowReader) StockLevels(ctx context.Context, ids []string) (stock.Reading, error) {
	reading, err := r.Reader.StockLevels(ctx, ids)
	if slow := r.next; slow {
		r.next = false
		time.Sleep(time.Minute)
	}
	return reading, err
}

// A reading that takes long, and calls that take a while, hold up none of the others.
func TestEngineRunsAbreast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		skus := []string{"MUG", "SPOON"}
		w := newLiveWorld(t, skus...)
		reader, publisher := &slowReader{Reader: w}, &slowPublisher{Publisher: w}
		ports := w.ports()
		ports.Levels, ports.Publisher = reader, publisher
		e := engine(t, ports, stock.Options{Pace: stock.Pace{
			Hot: func(catalogue.Listing, time.Time) bool { return true },
		}})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- e.Run(ctx, func(err error) { t.Error(err) }) }()
		time.Sleep(10 * time.Second)
		for range 3 { // the hot ones of now, of which one hangs
			reader.next, publisher.each = true, 2*time.Second
			time.Sleep(600 * time.Millisecond)
		}
		w.Mu.Lock()
		for id := range w.Stock {
			w.Stock[id]["L1"] = 3
		}
		changed := time.Now()
		w.Mu.Unlock()
		time.Sleep(20 * time.Second)
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for _, sku := range skus {
			if got := w.Shown()[sku]; got != "W1:3" {
				t.Errorf("%s shows %s, want W1:3", sku, got)
			}
		}
		if took := publisher.last.Sub(changed); took > 3*time.Second {
			t.Errorf("two products were published in %s, at two seconds a call; want them side by side", took)
		}
	})
}
