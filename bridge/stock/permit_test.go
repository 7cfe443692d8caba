package stock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// permits gives leave after a while, in which the world may move.
type permits struct {
	given  int
	waits  func(n int) error
	urgent []bool
}

type permitted struct{}

func (p *permits) StockPermit(ctx context.Context, urgent bool) (context.Context, error) {
	p.given++
	p.urgent = append(p.urgent, urgent)
	return context.WithValue(ctx, permitted{}, p.given), p.waits(p.given)
}

// leaves notes with which permit each call was made.
type leaves struct {
	stock.Publisher
	used []any
}

func (l *leaves) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	l.used = append(l.used, ctx.Value(permitted{}))
	return l.Publisher.PublishStock(ctx, p)
}

// What is sold while a push waits for its turn is taken off the number that is sent, and
// a permit whose product has come right is used for the next.
func TestStockPushTakesThePermitFirst(t *testing.T) {
	w := world.NewWorld(t)
	w.List("SPOON", "W1").Stock[0].Quantity = 12
	w.List("MUG", "W1")
	sell := func(id, item string, units int) {
		t.Helper()
		r := store.Reservation{
			OrderID: id, LocationID: "L1", CreatedAt: w.Now().Add(time.Hour), SeenAt: w.Now(), Items: map[string]int{item: units},
		}
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	gate, calls := &permits{}, &leaves{Publisher: w}
	gate.waits = func(n int) error {
		if n == 1 {
			sell("1", "i-spoon", 2)
		}
		return nil
	}
	push, err := stock.NewEngine(stock.Ports{
		Listings: w, Catalogue: w, Levels: w, SeeOrders: world.AllSeen, Ledger: w, Publisher: calls, Permits: gate, Locks: w, Exceptions: w,
	}, stock.Options{Locations: map[string][]string{"W1": {"L1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := push.Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"SPOON": "W1:7", "MUG": "W1:10"}, w.Shown()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{1, 2}, calls.used); diff != "" || gate.given != 2 {
		t.Errorf("%d permits given, those used: %s", gate.given, diff)
	}

	// Nothing is left to lower by the time of the third: it serves the next product.
	w.ForSale[0].Stock[0].Quantity, w.Stock["i-mug"]["L1"] = 8, 11
	gate.waits = func(n int) error { w.Stock["i-spoon"]["L1"] = 9; sell("2", "i-spoon", -1); return nil }
	if _, err := push.Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{1, 2, 3}, calls.used); diff != "" || w.Shown()["MUG"] != "W1:11" {
		t.Errorf("shown %v; permits used: %s", w.Shown(), diff)
	}

	// Without leave nothing is sent.
	w.Stock["i-mug"]["L1"] = 5
	gate.waits = func(int) error { return world.ErrInjected }
	if _, err := push.Push(t.Context()); !errors.Is(err, world.ErrInjected) || len(calls.used) != 3 {
		t.Errorf("%v; %d calls, want the three from before", err, len(calls.used))
	}
}

// Publishers wait for no more permits than there are products to publish, and what is
// urgent says so.
func TestEngineTakesThePermitFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		gate, calls := &permits{}, &leaves{Publisher: w}
		gate.waits = func(int) error { time.Sleep(time.Minute); return nil }
		l.Ports().Permits, l.Ports().Publisher = gate, calls
		w.Stock["i-mug"]["L1"] = 0
		time.Sleep(time.Second)
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		for range 3 {
			go func() {
				_, err := l.Publish(t.Context())
				done <- err
			}()
		}
		time.Sleep(time.Second)
		r := store.Reservation{OrderID: "1", LocationID: "L1", CreatedAt: time.Now(), SeenAt: time.Now(), Items: map[string]int{"i-spoon": 4}}
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff([]bool{true}, gate.urgent); diff != "" {
			t.Errorf("permits asked for: %s", diff)
		}
		if diff := cmp.Diff([]any{1}, calls.used); diff != "" || w.Shown()["MUG"] != "W1:0" {
			t.Errorf("shown %v; permits used: %s", w.Shown(), diff)
		}
		// What is sold while it waits is off the number that goes.
		gate.waits = func(int) error {
			r := store.Reservation{OrderID: "2", LocationID: "L1", CreatedAt: time.Now(), SeenAt: time.Now(), Items: map[string]int{"i-spoon": 2}}
			return w.Memory.PutReservations(t.Context(), r)
		}
		w.drain(t, l)
		if diff := cmp.Diff([]any{1, 2}, calls.used); diff != "" || w.Shown()["SPOON"] != "W1:3" {
			t.Errorf("shown %v; permits used: %s", w.Shown(), diff)
		}
		// Without leave nothing is sent, and the product waits.
		w.Stock["i-mug"]["L1"] = 3
		time.Sleep(time.Second)
		gate.waits = func(int) error { return world.ErrInjected }
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if did, err := l.Publish(t.Context()); did || !errors.Is(err, world.ErrInjected) || len(calls.used) != 2 {
			t.Errorf("%t, %v; %d calls, want the two from before", did, err, len(calls.used))
		}
		gate.waits = func(int) error { return nil }
		if w.drain(t, l); w.Shown()["MUG"] != "W1:3" {
			t.Errorf("shown %v", w.Shown())
		}
	})
}
