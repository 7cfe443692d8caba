package stock_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// liveSale is a world whose shop is 60 ms away, and whose orders are seen a second after
// they were placed, or lag if it is set, and in the warehouse another second later.
type liveSale struct {
	*liveWorld
	lag   func() time.Duration
	calls atomic.Int32
	ahead time.Duration // of our clock: the shop's
	last  liveWrite
	soon  []liveWrite // that came too soon after the one before
}

// liveWrite is a call that has set a number.
type liveWrite struct {
	at    time.Time
	units int
}

// writeSpace is how far apart two writes of a SKU are, unless the later lowers the number:
// that does not wait.
const writeSpace = 2 * time.Second

// measured is a clock that replies have told of, half a second wrong.
type measured time.Duration

func (m measured) ShopAhead() (time.Duration, bool) { return time.Duration(m) + time.Second/2, true }

func (s *liveSale) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	time.Sleep(60 * time.Millisecond)
	s.calls.Add(1)
	w := liveWrite{time.Now(), p.SKUs[0].Stock[0].Quantity}
	if w.at.Sub(s.last.at) < writeSpace && w.units >= s.last.units { // of one product, calls never overlap
		s.soon = append(s.soon, w)
	}
	s.last = w
	r, err := s.liveWorld.PublishStock(ctx, p)
	time.Sleep(60 * time.Millisecond)
	return r, err
}

func (s *liveSale) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	return map[string]time.Time{"shop": time.Now().Add(-2 * time.Second)}, ctx.Err()
}

// sell takes a unit off what the shop shows, if it shows one, and sees to its order.
func (s *liveSale) sell(ctx context.Context, id string) bool {
	at := time.Now().Add(s.ahead).Truncate(time.Second)
	s.Mu.Lock()
	have := s.ForSale[0].Stock[0].Quantity > 0
	if have {
		s.ForSale[0].Stock[0].Quantity--
	}
	s.Mu.Unlock()
	if !have {
		return false
	}
	lag := time.Second
	if s.lag != nil {
		lag = s.lag()
	}
	go func() {
		time.Sleep(lag)
		r := store.Reservation{
			OrderID: id, LocationID: "L1", CreatedAt: at, SeenAt: time.Now(), Items: map[string]int{"i-mug": 1},
			Lines: []store.ReservedLine{{LineID: id, SKUID: "s-MUG", Items: map[string]int{"i-mug": 1}}},
		}
		_ = s.Memory.PutReservations(ctx, r)
		time.Sleep(time.Second)
		s.Mu.Lock()
		s.Stock["i-mug"]["L1"]--
		s.Mu.Unlock()
		r.VisibleAt = time.Now()
		_ = s.Memory.PutReservations(ctx, r)
	}()
	return true
}

// 300 units sell out in a LIVE, and five seconds after its begin one unit is sold in
// another channel. What is published because of that puts no sold unit back on sale, it
// does not go on for ever, and what is left when the sale is over is on sale. The shop's
// clock may be minutes ahead of ours. Where it is measured, no more units are held back
// than are sold in two seconds.
func TestEngineInALive(t *testing.T) {
	seeds := uint64(7)
	if testing.Short() {
		seeds = 2
	}
	leftByRight := 0 // of 5 orders a second, by clocks that agree
	for _, tc := range []struct {
		perSecond float64
		ahead     time.Duration
		clock     stock.Clock
	}{
		{0.5, 0, nil}, {2, 0, nil}, {5, 0, nil}, {20, 0, nil}, {5, 4 * time.Minute, nil}, {5, -20 * time.Second, nil},
		{5, 90 * time.Second, measured(90 * time.Second)}, {5, -90 * time.Second, measured(-90 * time.Second)},
	} {
		perSecond := tc.perSecond
		oversold, calls, left, most := 0, 0, 0, 0.0
		for seed := range seeds {
			synctest.Test(t, func(t *testing.T) {
				const units = 300
				s := &liveSale{liveWorld: newLiveWorld(t, "MUG"), ahead: tc.ahead}
				s.Stock["i-mug"]["L1"], s.ForSale[0].Stock[0].Quantity = units, units
				l := s.live(t, stock.Options{})
				l.Ports().Publisher, l.Ports().Ledger = s, s
				l.SetLedger(s)
				l.SetClock(tc.clock)
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- l.Run(ctx, func(err error) { t.Error(err) }) }()
				time.Sleep(5 * time.Second)
				rng := rand.New(rand.NewPCG(seed, 2))
				sold, elsewhere, start, begun := 0, 0, time.Now(), s.calls.Load()
				for length := time.Duration(units * 1.3 / perSecond * float64(time.Second)); time.Since(start) < length; {
					time.Sleep(time.Duration(rng.ExpFloat64() * float64(time.Second) / perSecond))
					if elsewhere == 0 && time.Since(start) > 5*time.Second {
						elsewhere++
						s.Mu.Lock()
						s.Stock["i-mug"]["L1"]--
						s.Mu.Unlock()
					}
					if s.sell(ctx, fmt.Sprint(sold)) {
						sold++
					}
				}
				made := int(s.calls.Load() - begun)
				most = max(most, float64(made)/time.Since(start).Seconds())
				calls += made
				time.Sleep(5 * time.Minute)
				stop()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				for _, w := range s.soon {
					t.Errorf("%v orders a second, seed %d: %s after its begin %d was set, which is no less than what was set within %s before", perSecond, seed, w.at.Sub(start), w.units, writeSpace)
				}
				oversold += max(sold+elsewhere-units, 0)
				free := max(units-sold-elsewhere, 0)
				left += free
				if got := s.ForSale[0].Stock[0].Quantity; got != free {
					t.Errorf("%v orders a second, the shop's clock %s ahead, seed %d: five minutes after the sale the shop shows %d, want the %d that are left", perSecond, tc.ahead, seed, got, free)
				}
			})
		}
		t.Logf("%v orders a second, the shop's clock %s ahead: %d oversold in %d sales, %d left when demand ended, %d calls, at most %.2f a second", perSecond, tc.ahead, oversold, seeds, left, calls, most)
		switch {
		case perSecond != 5:
		case tc.ahead == 0:
			leftByRight = left
		case tc.clock != nil && left > leftByRight+int(2*perSecond)*int(seeds):
			t.Errorf("the shop's clock %s ahead, and measured: %d left in %d sales, %d with clocks that agree", tc.ahead, left, seeds, leftByRight)
		}
		if oversold > 0 || most > 0.5 {
			t.Errorf("%v orders a second, the shop's clock %s ahead: %d oversold, want none; %.2f calls a second, want 0.5 at most", perSecond, tc.ahead, oversold, most)
		}
	}
}

// In the first three seconds of a LIVE, in which few of its orders have been seen, one unit is
// sold in another channel. The number that is published because of that may put back on sale
// what nobody has told of yet, 25 units at 20 orders a second. It is cut again before they are
// sold twice.
//
// Of 40 units, which 20 orders a second sell out in two seconds, one was sold twice in 31 of
// 300 such sales, since nobody can know of the other channel's sale so soon, and two in 2 of
// them. An engine that waited with small cuts until the rate was known put at most one unit
// back, and sold one twice in 105 of 300.
func TestEngineAtTheBeginningOfALive(t *testing.T) {
	for _, tc := range []struct {
		perSecond float64
		units     int
	}{{0.5, 10}, {2, 20}, {5, 40}, {20, 100}, {20, 300}} {
		for seed := range uint64(15) {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 2))
				s := &liveSale{liveWorld: newLiveWorld(t, "MUG"), lag: func() time.Duration { return time.Duration(200+rng.IntN(1300)) * time.Millisecond }}
				s.Stock["i-mug"]["L1"], s.ForSale[0].Stock[0].Quantity = tc.units, tc.units
				l := s.live(t, stock.Options{})
				l.Ports().Publisher, l.Ports().Ledger = s, s
				l.SetLedger(s)
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- l.Run(ctx, func(err error) { t.Error(err) }) }()
				time.Sleep(5 * time.Second)
				sold, start := 0, time.Now()
				time.AfterFunc(time.Duration(rng.Float64()*3*float64(time.Second)), func() {
					s.Mu.Lock()
					defer s.Mu.Unlock()
					s.Stock["i-mug"]["L1"]--
				})
				for length := time.Duration(float64(tc.units) * 1.3 / tc.perSecond * float64(time.Second)); time.Since(start) < length; {
					time.Sleep(time.Duration(rng.ExpFloat64() * float64(time.Second) / tc.perSecond))
					if s.sell(ctx, fmt.Sprint(sold)) {
						sold++
					}
				}
				time.Sleep(5 * time.Minute)
				stop()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				if want := tc.units - 1; sold > want || s.ForSale[0].Stock[0].Quantity != want-sold {
					t.Errorf("%v orders a second, seed %d: %d of %d sold, and %d on sale; want at most %d sold, and the rest on sale",
						tc.perSecond, seed, sold, tc.units, s.ForSale[0].Stock[0].Quantity, want)
				}
			})
		}
	}
}

// A process that begins in the middle of a burst knows from the one before how fast the
// shop sells.
func TestWhatSellsIsKeptOverARestart(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	w.List("MUG", "W1")
	w.Stock["i-mug"]["L1"] = 500
	push := func() *stock.Engine {
		p, err := stock.NewEngine(stock.Ports{
			Listings: w, Catalogue: w, Levels: w, SeeOrders: world.AllSeen, Ledger: w, Values: w.Memory, Publisher: w, Locks: w, Exceptions: w,
		}, stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: w.Now})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	var list []store.Reservation
	for i := range 100 { // five a second
		r := soldMugs(fmt.Sprint(i), 1, now.Add(-time.Duration(i)*200*time.Millisecond))
		r.SeenAt = r.CreatedAt.Add(time.Second)
		list = append(list, r)
	}
	if err := w.Memory.PutReservations(t.Context(), list...); err != nil {
		t.Fatal(err)
	}
	p := push()
	if _, err := p.Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := w.ForSale[0].Stock[0].Quantity
	if first >= 395 || first < 350 {
		t.Errorf("published %d while five a second are sold, want some fewer than the 400 that are free", first)
	}
	// They are gone from the ledger, and the process with them.
	for _, r := range list {
		if err := w.Memory.DropReservations(t.Context(), r.OrderID); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Second)
	w.Stock["i-mug"]["L1"], w.ForSale[0].Stock[0].Quantity = 400, 0
	if _, err := push().Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.ForSale[0].Stock[0].Quantity; got >= 398 || got < 350 {
		t.Errorf("after a restart %d are published, want some fewer than 400", got)
	}
	// What was kept and cannot be read is measured anew.
	if err := w.Memory.PutValue(t.Context(), stock.FlightValue, []byte("{")); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, err := push().Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.ForSale[0].Stock[0].Quantity; got != 400 {
		t.Errorf("with nothing known %d are published, want 400", got)
	}
}

// Ten mugs were sold at one in two seconds, and then there was none to sell for half a minute.
// That nobody bought one meanwhile does not say that nobody wants any: when one of three is
// sold elsewhere, the two that are left are not put on sale over what was sold on the way.
// They go on sale as soon as nothing can be on the way.
func TestNothingOnSaleSaysNothingAboutSales(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	w.List("MUG", "W1")
	e := engine(t, stock.Ports{
		Listings: w, Catalogue: w, Levels: w, SeeOrders: world.AllSeen, Ledger: w, Publisher: w, Locks: w, Exceptions: w,
	}, stock.Options{Now: w.Now})
	for i := range 10 {
		r := soldMugs(fmt.Sprint(i), 1, now.Add(-time.Duration(i)*2*time.Second))
		r.SeenAt = r.CreatedAt.Add(time.Second)
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		after       time.Duration
		level, want int // ten of the level are sold
	}{{0, 10, 0}, {30 * time.Second, 13, 3}, {2 * time.Second, 12, 0}, {30 * time.Second, 12, 2}} {
		now = now.Add(step.after)
		w.Stock["i-mug"]["L1"] = step.level
		if _, err := e.Push(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.ForSale[0].Stock[0].Quantity; got != step.want {
			t.Errorf("%s later, %d of them free: %d on sale, want %d", step.after, step.level-10, got, step.want)
		}
	}
}

// Orders placed about when a number was set may be in what the shop shows or not. While it
// sells that is left alone, and afterwards the number is set again.
func TestOrdersAboutAPushAreSettled(t *testing.T) {
	now := world.Noon
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	b.SetCatalogue(b.Mark(), now, []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 10}}}},
		map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
	readMugs(b, b.Mark(), now, 10)
	now = now.Add(time.Minute)
	b.Accepted(now, stock.ProductStock{ProductID: "p-MUG", SKUs: []stock.SKUStock{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 6}}}}})
	b.SetSeenUpTo(now)
	now = now.Add(time.Second)
	var changes []store.Change
	for i, id := range []string{"1", "2", "3", "4"} {
		changes = append(changes, put(soldMugs(id, 1, now), store.Revision(i+1)))
	}
	b.SetChanges(now, 0, 4, changes)
	if p := b.Plan(); len(p.Products) != 0 {
		t.Errorf("while it sells: %s", p)
	}
	now = now.Add(10 * time.Minute)
	b.Recompute()
	if p := b.Plan(); len(p.Products) != 1 || p.Products[0].SKUs[0].Stock[0].Quantity != 6 {
		t.Errorf("later: %s\nwant 6 set once more", p)
	}
}

// What sells is raised two seconds after it was published, not before; it is lowered at once.
func TestRaisesOfWhatSellsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		w.Stock["i-mug"]["L1"], w.Stock["i-spoon"]["L1"] = 300, 300
		l := w.live(t, stock.Options{})
		w.start(t, l)
		publish := func(what string, mugs, want int) {
			t.Helper()
			w.Stock["i-mug"]["L1"] = mugs
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.drain(t, l)
			if got := w.ForSale[0].Stock[0].Quantity; got != want {
				t.Errorf("%s: the shop shows %d, want %d", what, got, want)
			}
		}
		time.Sleep(time.Second)
		publish("lowered", 200, 200)
		publish("raised at once, for it does not sell", 250, 250)
		r := soldMugs("1", 1, time.Now())
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		publish("lowered while it sells", 100, 99)
		time.Sleep(time.Second)
		publish("raised a second later", 150, 99)
		publish("lowered a second later", 90, 89)
		time.Sleep(time.Second)
		publish("raised a second after that", 150, 89)
		time.Sleep(time.Second)
		publish("raised two seconds after that", 150, 149)
	})
}

// The last units of a pool sell as singles and in kits: what the kits sell is on its way
// for the singles, too.
func TestOnTheWayIsCountedByItem(t *testing.T) {
	now := world.Noon
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	b.SetCatalogue(b.Mark(), now, []catalogue.Listing{
		{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 500}}},
		{SKU: world.SKU("SET"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 500}}},
	}, map[string]catalogue.Item{"s-MUG": world.Mug, "s-SET": world.Set}, nil)
	var changes []store.Change
	for i := range 40 {
		r := soldMugs(fmt.Sprint(i), 1, now.Add(-time.Duration(i)*100*time.Millisecond))
		r.SeenAt, r.Lines = r.CreatedAt.Add(time.Second), nil // of another shop
		changes = append(changes, put(r, store.Revision(i+1)))
	}
	b.SetChanges(now, 0, 40, changes)
	b.SetLevels(b.Mark(), stock.Reading{At: now, Available: map[string]map[string]int{"i-mug": {"L1": 200}, "i-spoon": {"L1": 1000}}})
	for _, p := range b.Plan().Products {
		n := p.SKUs[0].Stock[0].Quantity
		if n >= 160 || n < 130 {
			t.Errorf("%s: %d published, want some fewer than the 160 that are free", p.SKUs[0].SellerSKU, n)
		}
	}
	now = now.Add(10 * time.Minute) // nothing sells any more
	b.Recompute()
	for _, p := range b.Plan().Products {
		if n := p.SKUs[0].Stock[0].Quantity; n != 160 {
			t.Errorf("%s: %d published later, want 160", p.SKUs[0].SellerSKU, n)
		}
	}
	changes = nil
	for i := range 40 { // no clock differs so much
		r := soldMugs(fmt.Sprint("tomorrow's ", i), 1, now.Add(24*time.Hour))
		r.SeenAt, r.Lines = now, nil
		changes = append(changes, put(r, store.Revision(41+i)))
	}
	b.SetChanges(now, 40, 80, changes)
	for _, p := range b.Plan().Products {
		if n := p.SKUs[0].Stock[0].Quantity; n != 120 {
			t.Errorf("%s: %d published with orders placed tomorrow, want 120", p.SKUs[0].SellerSKU, n)
		}
	}
}
