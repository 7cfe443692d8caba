package stock_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// campaign is a shop that refuses to show fewer units than a campaign holds.
type campaign struct {
	*liveWorld
	locked int
}

func (c *campaign) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	list, err := c.liveWorld.ShopStock(ctx, ids)
	for i := range list {
		list[i].Campaign = c.locked
	}
	return list, err
}

func (c *campaign) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	sum := 0
	for _, w := range p.SKUs[0].Stock {
		sum += w.Quantity
	}
	if sum < c.locked {
		return []stock.Refusal{{SKUID: p.SKUs[0].ID, Reason: "locked", Locked: true}}, nil
	}
	return c.liveWorld.PublishStock(ctx, p)
}

// A campaign holds more than the warehouse has. The shop is lowered as far as the lock
// allows, over all its warehouses, and below once the lock is gone.
func TestEngineApproachesALock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &campaign{newLiveWorld(t), 20}
		c.List("MUG", "W1", "W2")
		c.Stock["i-mug"] = map[string]int{"L1": 30, "L2": 12}
		p := c.ports()
		p.Publisher, p.Shown = c, c
		l := engine(t, p, stock.Options{})
		c.start(t, l)
		pass := func(when, want string, open ...string) {
			t.Helper()
			time.Sleep(time.Minute)
			if err := errors.Join(l.Sweep(t.Context()), l.LookAt(t.Context())); err != nil {
				t.Fatal(err)
			}
			c.drain(t, l)
			if got := c.Shown()["MUG"]; got != want {
				t.Errorf("%s: the shop shows %s, want %s", when, got, want)
			}
			if diff := cmp.Diff(open, c.OpenKinds()); diff != "" {
				t.Errorf("%s: %s", when, diff)
			}
		}
		pass("all free", "W1:30 W2:12")
		c.Stock["i-mug"] = map[string]int{"L1": 10, "L2": 0}
		pass("ten are left", "W1:20 W2:0", "stock locked: SKU MUG")
		pushes := len(c.Pushes)
		pass("again", "W1:20 W2:0", "stock locked: SKU MUG")
		if len(c.Pushes) != pushes {
			t.Errorf("published %d times although the shop shows what it can", len(c.Pushes)-pushes)
		}
		c.locked = 14
		pass("fewer are locked", "W1:14 W2:0", "stock locked: SKU MUG")
		c.locked = 0
		pass("none is locked", "W1:10 W2:0")
	})
}

// slowShop takes five seconds for each answer.
type slowShop struct{ *liveWorld }

func (s slowShop) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	time.Sleep(5 * time.Second)
	return s.liveWorld.ShopStock(ctx, ids)
}

// A check of everything is under way. One of a few SKUs waits for the call that is being
// made, not for those that are to come, and not beyond the end of its context.
func TestCheckOfAFewDoesNotWaitForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		const skus = 3000 // five calls
		for i := range skus {
			name := fmt.Sprint("X", i)
			w.Items["s-"+name], w.Stock["i-"+name] = catalogue.Item{ID: "i-" + name, SKU: name}, map[string]int{"L1": 10}
			w.List(name, "W1").Stock[0].Quantity = 10
		}
		p := w.ports()
		p.Shown = slowShop{w}
		l := engine(t, p, stock.Options{})
		if err := l.ReadShop(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- l.LookAt(t.Context()) }()
		time.Sleep(time.Second)
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		start := time.Now()
		if err := l.LookAt(ctx, "s-X7"); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
			t.Errorf("with a second left: %v after %s", err, time.Since(start))
		}
		start = time.Now()
		if err := l.LookAt(t.Context(), "s-X7"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("a check of one SKU took %s beside one of everything, want the rest of a call and its own", took)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// poisoned is a warehouse one page of which cannot be read.
type poisoned struct{ *liveWorld }

func (w poisoned) SweepStock(ctx context.Context) iter.Seq2[stock.Reading, error] {
	return func(yield func(stock.Reading, error) bool) {
		for i, id := range slices.Sorted(maps.Keys(w.Stock)) {
			if i == 1 {
				yield(stock.Reading{}, world.ErrInjected)
				return
			}
			r, err := w.StockLevels(ctx, []string{id})
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// What is behind a page that a sweep cannot read is read by id, and the error is told.
func TestEnginePassesAPoisonedPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		l.Ports().Sweep = poisoned{w}
		time.Sleep(time.Second)
		w.Stock["i-spoon"]["L1"] = 0
		if err := l.Sweep(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Errorf("got %v, want the error of the page", err)
		}
		if w.drain(t, l); w.Shown()["SPOON"] != "W1:0" {
			t.Errorf("the shop shows %s of what is gone", w.Shown()["SPOON"])
		}
	})
}

// A listing that one reading missed goes on being published; one that two missed is gone,
// where nobody can ask the shop for it.
func TestEngineListingMissedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		p := w.ports()
		p.Shown = nil
		l := engine(t, p, stock.Options{})
		w.start(t, l)
		all := w.ForSale
		for reading, want := range []string{"W1:0", "W1:7", "W1:7"} {
			w.ForSale = all[:1]
			if reading == 1 { // it is there again, and missed twice from then on
				w.ForSale = all
			}
			if err := l.ReadShop(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.ForSale = all
			w.Stock["i-spoon"]["L1"] = 7 * reading
			time.Sleep(time.Second)
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if reading == 2 {
				w.ForSale = all[:1]
				if err := l.ReadShop(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.ForSale = all
			}
			if w.drain(t, l); w.Shown()["SPOON"] != want {
				t.Errorf("reading %d: the shop shows %s, want %s", reading+1, w.Shown()["SPOON"], want)
			}
		}
		if n := l.Book().Stats().Listings; n != 1 {
			t.Errorf("%d listings in the book after two readings without one, want 1", n)
		}
	})
}

// No number is right for what is tracked elsewhere only: it is left alone, and raised.
func TestUntrackedWhereItIsSoldFrom(t *testing.T) {
	b := mugs(t)
	b.SetLevels(b.Mark(), stock.Reading{
		At: world.Noon, Available: map[string]map[string]int{"i-mug": {"L1": 0, "L9": 3}}, UntrackedIn: map[string]map[string]bool{"i-mug": {"L1": true}},
	}, "i-mug")
	p := b.Plan()
	var open []string
	for _, e := range p.Problems {
		open = append(open, fmt.Sprintf("%s: %s", e.Kind, e.Object))
	}
	if diff := cmp.Diff([]string{"impossible stock level: SKU MUG"}, open); diff != "" || len(p.Products) > 0 {
		t.Errorf("%s\n%s", p, diff)
	}
}

// Options that keep units back, or listings alone.
func TestWhatIsNotPublished(t *testing.T) {
	now := world.Noon
	later := func() time.Time { return now.Add(20 * time.Minute) }
	for _, tc := range []struct {
		name string
		o    stock.Options
		want map[string]string
	}{
		{"nothing is kept", stock.Options{}, map[string]string{"MUG": "W1:10", "SPOON": "W1:9", "SET": "W1:4"}},
		{"the last mugs, in kits too", stock.Options{KeepItems: map[string]int{"MUG": 7}}, map[string]string{"MUG": "W1:3", "SPOON": "W1:9", "SET": "W1:3"}},
		{"more than there are", stock.Options{KeepItems: map[string]int{"SPOON": 30}}, map[string]string{"MUG": "W1:10", "SPOON": "W1:0", "SET": "W1:0"}},
		{
			"made to order", stock.Options{LeaveAlone: func(l catalogue.Listing) bool { return l.SellerSKU == "SET" }},
			map[string]string{"MUG": "W1:10", "SPOON": "W1:9", "SET": "W1:77"},
		},
		{"levels old, and nobody minds", stock.Options{Now: later}, map[string]string{"MUG": "W1:10", "SPOON": "W1:9", "SET": "W1:4"}},
		{"levels too old", stock.Options{Now: later, ZeroAfter: 19 * time.Minute}, map[string]string{"MUG": "W1:0", "SPOON": "W1:0", "SET": "W1:0"}},
		{"levels old enough", stock.Options{Now: later, ZeroAfter: 20 * time.Minute}, map[string]string{"MUG": "W1:10", "SPOON": "W1:9", "SET": "W1:4"}},
	} {
		tc.o.Locations = map[string][]string{"W1": {"L1"}}
		b, err := stock.NewBook(tc.o)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		var listings []catalogue.Listing
		for _, name := range []string{"MUG", "SPOON", "SET"} {
			got[name] = "W1:77"
			listings = append(listings, catalogue.Listing{SKU: world.SKU(name), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 77}}})
		}
		b.SetCatalogue(b.Mark(), now, listings, map[string]catalogue.Item{"s-MUG": world.Mug, "s-SPOON": world.Spoon, "s-SET": world.Set}, nil)
		b.SetLevels(b.Mark(), stock.Reading{At: now, Available: map[string]map[string]int{"i-mug": {"L1": 10}, "i-spoon": {"L1": 9}}})
		plan := b.Plan()
		for _, p := range plan.Products {
			for _, s := range p.SKUs {
				got[s.SellerSKU] = fmt.Sprintf("%s:%d", s.Stock[0].WarehouseID, s.Stock[0].Quantity)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" || len(plan.Problems) > 0 {
			t.Errorf("%s (-want +got):\n%s%v", tc.name, diff, plan.Problems)
		}
	}
	for _, o := range []stock.Options{{KeepItems: map[string]int{"MUG": -1}}, {KeepItems: map[string]int{"": 1}}, {ZeroAfter: -1}} {
		o.Locations = map[string][]string{"W1": {"L1"}}
		if _, err := stock.NewBook(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

// Linnworks leaves an item out, and nobody knows why. What is made of it is not raised, but
// it is cut: by its other parts, and by what other shops sell of the item meanwhile.
func TestCutsOfWhatHasVanished(t *testing.T) {
	for name, tc := range map[string]struct {
		before, spoons, sold int // whether mugs were ever read
		want                 map[string]string
	}{
		"nothing else happens":               {1, 9, 0, map[string]string{"MUG": "W1:10", "SET": "W1:4", "SPOON": "W1:9"}},
		"there are more of the other part":   {1, 50, 0, map[string]string{"MUG": "W1:10", "SET": "W1:4", "SPOON": "W1:50"}},
		"the other part is gone":             {1, 0, 0, map[string]string{"MUG": "W1:10", "SET": "W1:0", "SPOON": "W1:0"}},
		"another shop sells seven":           {1, 9, 7, map[string]string{"MUG": "W1:3", "SET": "W1:3", "SPOON": "W1:9"}},
		"it was never read":                  {0, 9, 0, map[string]string{"MUG": "W1:7", "SET": "W1:4", "SPOON": "W1:9"}},
		"never read, the other part is gone": {0, 1, 7, map[string]string{"MUG": "W1:7", "SET": "W1:0", "SPOON": "W1:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG", "SPOON", "SET")
				e := passes(t, w, nil)
				push := func() {
					t.Helper()
					if _, err := e.Push(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Minute)
				}
				for i, shown := range []int{7, 9, 5} {
					w.ForSale[i].Stock[0].Quantity = shown
				}
				if tc.before > 0 {
					push()
				}
				w.Gone, w.states = map[string]bool{"i-mug": true}, map[string]stock.ItemState{"i-mug": {}}
				w.Stock["i-spoon"]["L1"] = tc.spoons
				if tc.sold > 0 {
					other := store.Reservation{OrderID: "1", LocationID: "L1", CreatedAt: time.Now(), SeenAt: time.Now(), Items: map[string]int{"i-mug": tc.sold}}
					if err := w.Account.Shop("other").PutReservations(t.Context(), other); err != nil {
						t.Fatal(err)
					}
				}
				push()
				if diff := cmp.Diff(tc.want, w.Shown()); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff([]string{"unmapped SKU: SKU MUG", "unmapped SKU: SKU SET"}, w.OpenKinds()); diff != "" {
					t.Error(diff)
				}
				w.Gone = nil
				w.Stock["i-spoon"]["L1"] = 9
				push()
				if got := w.Shown()["SPOON"]; got != "W1:9" || len(w.OpenKinds()) > 0 {
					t.Errorf("it is back: the shop shows %s, want W1:9; cases %q, want none", got, w.OpenKinds())
				}
			})
		})
	}
}

// oneBad is a warehouse that refuses to read the levels of one item, and of all that are asked
// for with it; down one that answers nothing.
type oneBad struct {
	*liveWorld
	id    string
	down  bool
	calls int
}

func (b *oneBad) StockLevels(ctx context.Context, ids []string) (stock.Reading, error) {
	b.calls++
	if b.down || slices.Contains(ids, b.id) {
		return stock.Reading{}, world.ErrInjected
	}
	return b.liveWorld.StockLevels(ctx, ids)
}

// The levels of one item cannot be read. Those of all the others are, and are published; the
// error names the item. When nothing can be read that is not found out item by item.
func TestLevelsOfAllButOne(t *testing.T) {
	for name, run := range map[string]func(context.Context, *stock.Engine) error{
		"a pass": func(ctx context.Context, e *stock.Engine) error { _, err := e.Push(ctx); return err },
		"a sweep by id": func(ctx context.Context, e *stock.Engine) error {
			err := errors.Join(e.ReadShop(ctx), e.Sweep(ctx))
			for did := true; did; {
				var broke error
				did, broke = e.Publish(ctx)
				err = errors.Join(err, broke)
			}
			return err
		},
	} {
		for _, bad := range []int{0, 7, 250, 399, 410} {
			t.Run(fmt.Sprint(name, " but item ", bad), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &oneBad{liveWorld: newLiveWorld(t), id: fmt.Sprintf("i-X%03d", bad)}
					for i := range 411 {
						name := fmt.Sprintf("X%03d", i)
						b.Items["s-"+name], b.Stock["i-"+name] = catalogue.Item{ID: "i-" + name, SKU: name}, map[string]int{"L1": 5}
						b.List(name, "W1").Stock[0].Quantity = 9
					}
					p := b.ports()
					p.Levels, p.Sweep, p.Touches = b, nil, nil
					e := engine(t, p, stock.Options{})
					err := run(t.Context(), e)
					if !errors.Is(err, world.ErrInjected) || !strings.Contains(fmt.Sprint(err), b.id) {
						t.Errorf("got %v, want an error about %s", err, b.id)
					}
					for id, got := range b.Shown() {
						want := "W1:5"
						if "i-"+id == b.id {
							want = "W1:9"
						}
						if got != want {
							t.Errorf("%s: the shop shows %s, want %s", id, got, want)
						}
					}
					b.down, b.calls = true, 0
					if err := run(t.Context(), e); err == nil || b.calls > 3 {
						t.Errorf("down: %d calls, want 3 at most; %v", b.calls, err)
					}
				})
			})
		}
	}
}

// sealed is a shop of which one product cannot be read, or none.
type sealed struct {
	*liveWorld
	product string // all if it is empty
	calls   int
}

func (s *sealed) IsBundle(_ context.Context, productID string) (bool, error) {
	s.calls++
	if s.product == "" || productID == s.product {
		return false, world.ErrInjected
	}
	return false, nil
}

func (s *sealed) Bundle(ctx context.Context, productID string) (map[string][]catalogue.BundleComponent, error) {
	_, err := s.IsBundle(ctx, productID)
	return nil, err
}

// Of one product that is in no warehouse nobody can say whether it is a bundle of the shop's,
// and a bundle cannot be read. All other stock is published, and the error names the product.
// When no product can be read, that is not tried for each.
func TestPushBesideAProductThatCannotBeRead(t *testing.T) {
	for name, bundle := range map[string]bool{"perhaps a bundle": false, "a bundle": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &sealed{liveWorld: newLiveWorld(t, "MUG", "SPOON"), product: "p-SEALED"}
				for _, name := range []string{"SEALED", "X1", "X2", "X3", "X4"} {
					s.List(name, "W1").Derived = bundle
				}
				p := s.ports()
				p.Bundles, p.Components, p.SeeOrders = s, s, s.SeeOrders
				e := engine(t, p, stock.Options{})
				_, err := e.Push(t.Context())
				if !errors.Is(err, world.ErrInjected) || !strings.Contains(fmt.Sprint(err), "p-SEALED") {
					t.Errorf("got %v, want an error about p-SEALED", err)
				}
				if got := s.Shown(); got["MUG"] != "W1:10" || got["SPOON"] != "W1:9" {
					t.Errorf("the shop shows %v, want W1:10 and W1:9", got)
				}
				s.product, s.calls = "", 0
				if _, err := e.Push(t.Context()); !errors.Is(err, world.ErrInjected) || s.calls > 3 {
					t.Errorf("no product can be read: %d calls, want 3 at most; %v", s.calls, err)
				}
			})
		})
	}
}

// The search of the shop leaves listings out again and again that it goes on selling: as long
// as it knows their stock they are published. What it does not know either is gone.
func TestPushGoesOnWithWhatTheShopStillSells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		hidden := false
		p := w.ports()
		p.SeeOrders, p.Listings = w.SeeOrders, listingsFunc(func(ctx context.Context) iter.Seq2[catalogue.Listing, error] {
			if hidden {
				return func(func(catalogue.Listing, error) bool) {}
			}
			return w.Listings(ctx)
		})
		e := engine(t, p, stock.Options{})
		for pass, level := range []int{8, 7, 6, 5} {
			hidden = pass > 0
			w.Stock["i-mug"]["L1"] = level
			if _, err := e.Push(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got, want := w.Shown()["MUG"], fmt.Sprintf("W1:%d", level); got != want {
				t.Errorf("left out %d times: the shop shows %s, want %s", pass, got, want)
			}
			time.Sleep(time.Minute)
		}
		w.ForSale = w.ForSale[:1]
		for range 2 {
			if _, err := e.Push(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := e.Book().Totals().Listings; got != 1 {
			t.Errorf("%d SKUs in the book, want the one that the shop has", got)
		}
	})
}

type listingsFunc func(context.Context) iter.Seq2[catalogue.Listing, error]

func (f listingsFunc) Listings(ctx context.Context) iter.Seq2[catalogue.Listing, error] {
	return f(ctx)
}

// skewed is a shop whose stock names other SKUs and warehouses than its listings.
type skewed struct {
	*liveWorld
	change func([]stock.ShownStock) []stock.ShownStock
	unread string // a SKU whose stock cannot be read
}

func (s *skewed) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	list, err := s.liveWorld.ShopStock(ctx, ids)
	if s.change != nil {
		list = s.change(list)
	}
	if err == nil && slices.Contains(ids, s.unread) {
		list = slices.DeleteFunc(list, func(l stock.ShownStock) bool { return l.ID == s.unread })
		err = &exceptions.UnreadableError{Reasons: map[string]string{s.unread: "no number"}}
	}
	return list, err
}

// The two lists of the shop do not agree on what it sells from where, and that does not pass:
// the bridge goes by the listings, and ten minutes later somebody is told.
func TestPushWhereTheShopDisagreesWithItself(t *testing.T) {
	for name, change := range map[string]func([]stock.ShownStock) []stock.ShownStock{
		"a warehouse too many": func(list []stock.ShownStock) []stock.ShownStock {
			list[0].Warehouses = append(list[0].Warehouses, stock.ShownWarehouse{WarehouseID: "W9", Available: 5})
			return list
		},
		"a warehouse missing": func(list []stock.ShownStock) []stock.ShownStock {
			list[0].Warehouses = list[0].Warehouses[:1]
			return list
		},
		"the SKU missing": func(list []stock.ShownStock) []stock.ShownStock { return list[1:] },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &skewed{liveWorld: newLiveWorld(t)}
				s.List("MUG", "W1", "W2")
				s.List("SPOON", "W1", "W2")
				p := s.ports()
				p.Shown, p.SeeOrders = s, s.SeeOrders
				e := engine(t, p, stock.Options{})
				push := func() {
					t.Helper()
					if _, err := e.Push(t.Context()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Minute)
				}
				push()
				if open := s.OpenKinds(); len(open) > 0 {
					t.Fatal(open)
				}
				s.change = change
				push()
				if open := s.OpenKinds(); len(open) > 0 {
					t.Errorf("once: cases %q, want none: the shop may just be changing it", open)
				}
				for minute := range 12 {
					level, open := 4+minute%5, []string(nil)
					s.Stock["i-mug"]["L1"] = level
					push()
					if got, want := s.Shown()["MUG"], fmt.Sprintf("W1:%d W2:3", level); got != want {
						t.Errorf("the shop shows %s, want %s", got, want)
					}
					if minute >= 9 {
						open = []string{"stock changed in the shop: SKU MUG"}
					}
					if diff := cmp.Diff(open, s.OpenKinds()); diff != "" {
						t.Errorf("minute %d: %s", minute, diff)
					}
				}
				s.change = nil
				push()
				if open := s.OpenKinds(); len(open) > 0 {
					t.Errorf("they agree again: cases %q, want none", open)
				}
			})
		})
	}
}

// The shop has set a SKU to zero, and Linnworks cannot read the levels of its item: it is
// not put back before they were read, and everything else goes on.
func TestPushBesideAZeroedSKUThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG", "SPOON"), units: 2}
		b := &oneBad{liveWorld: c.liveWorld}
		e := passes(t, c.liveWorld, func(p *stock.Ports) { p.Shown, p.Levels = c, b })
		push := func(want map[string]string, failed string) {
			t.Helper()
			time.Sleep(time.Minute)
			_, err := e.Push(t.Context())
			if failed == "" && err != nil || failed != "" && (!errors.Is(err, world.ErrInjected) || !strings.Contains(err.Error(), failed)) {
				t.Errorf("got %v, want an error about %q", err, failed)
			}
			if diff := cmp.Diff(want, c.Shown()); diff != "" {
				t.Error(diff)
			}
		}
		for range 2 {
			push(map[string]string{"MUG": "W1:10", "SPOON": "W1:9"}, "")
		}
		c.ForSale[0].Stock[0].Quantity, c.units = 0, 0
		b.id = "i-mug"
		c.Stock["i-mug"]["L1"], c.Stock["i-spoon"]["L1"] = 6, 4
		for range 2 {
			push(map[string]string{"MUG": "W1:0", "SPOON": "W1:4"}, "i-mug")
		}
		if diff := cmp.Diff([]string{"stock set to zero: SKU MUG"}, c.OpenKinds()); diff != "" {
			t.Error(diff)
		}
		b.id = ""
		push(map[string]string{"MUG": "W1:6", "SPOON": "W1:4"}, "")
		push(map[string]string{"MUG": "W1:6", "SPOON": "W1:4"}, "")
		if open := c.OpenKinds(); len(open) > 0 {
			t.Errorf("it can be read again: cases %q, want none", open)
		}
	})
}

// What the shop says of the stock of one SKU cannot be read, nor of one product that takes
// none: everything else is compared and published. The SKU is not taken for gone.
func TestPushBesideStockThatCannotBeRead(t *testing.T) {
	for name, change := range map[string]func(*stock.Ports, *skewed){
		"the stock of a SKU": func(p *stock.Ports, s *skewed) { s.unread = "s-MUG" },
		"a product that takes none": func(p *stock.Ports, _ *skewed) {
			p.ProductStates = statesFunc(func() (map[string]stock.ProductState, error) {
				return nil, &exceptions.UnreadableError{Reasons: map[string]string{"s-MUG": "no number"}}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &skewed{liveWorld: newLiveWorld(t, "MUG", "SPOON")}
				e := passes(t, s.liveWorld, func(p *stock.Ports) { p.Shown = s; change(p, s) })
				for minute := range 12 {
					s.Stock["i-mug"]["L1"], s.Stock["i-spoon"]["L1"] = 5+minute%3, 4+minute%3
					if _, err := e.Push(t.Context()); !strings.Contains(fmt.Sprint(err), `"s-MUG": no number`) {
						t.Errorf("got %v, want what cannot be read", err)
					}
					want := map[string]string{"MUG": fmt.Sprint("W1:", 5+minute%3), "SPOON": fmt.Sprint("W1:", 4+minute%3)}
					if diff := cmp.Diff(want, s.Shown()); diff != "" {
						t.Error(diff)
					}
					time.Sleep(time.Minute)
				}
				if open := s.OpenKinds(); len(open) > 0 {
					t.Errorf("cases %q, want none", open)
				}
			})
		})
	}
}

type statesFunc func() (map[string]stock.ProductState, error)

func (f statesFunc) ProductsOff(context.Context, time.Time) (map[string]stock.ProductState, error) {
	return f()
}

// A location holds a kit ready-made. What is sold of it without an order being known takes
// the kit there, not its components; and it is the kit's own level that is read before what
// the shop has zeroed is put back.
func TestUnseenSalesOfAReadyMadeKit(t *testing.T) {
	for name, tc := range map[string]struct {
		shown, committed, level int // after the first pass
		want                    string
	}{
		"sold, and no order is known": {4, 2, 5, "W1:4"},
		"zeroed, and there is none":   {0, 0, 0, "W1:0"},
		"zeroed, and there are some":  {0, 0, 3, "W1:3"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &committing{liveWorld: newLiveWorld(t, "SET"), units: 1}
				set := world.Set
				set.StockedIn = []string{"L1"}
				c.Items["s-SET"] = set
				c.Stock["i-set"] = map[string]int{"L1": 5}
				l := c.checked(t)
				if got := c.Shown()["SET"]; got != "W1:5" {
					t.Fatalf("the shop shows %s, want W1:5", got)
				}
				time.Sleep(time.Minute)
				c.ForSale[0].Stock[0].Quantity, c.units, c.Stock["i-set"]["L1"] = tc.shown, tc.committed, tc.level
				if err := errors.Join(l.LookAt(t.Context()), l.ReadTouched(t.Context())); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				if c.drain(t, l); c.Shown()["SET"] != tc.want {
					t.Errorf("the shop shows %s, want %s", c.Shown()["SET"], tc.want)
				}
			})
		})
	}
}

// The shop does not have a SKU any more: what was raised of what it shows is closed, by the
// process that raised it and by one that has never known the SKU. As long as a product of
// the shop cannot be read nobody can tell.
func TestCasesOfASKUThatIsGone(t *testing.T) {
	for name, restart := range map[string]bool{"the same process": false, "another process": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG", "SPOON")
				unread := false
				listings := func(p *stock.Ports) {
					p.Listings = listingsFunc(func(ctx context.Context) iter.Seq2[catalogue.Listing, error] {
						return func(yield func(catalogue.Listing, error) bool) {
							if unread && !yield(catalogue.Listing{}, &exceptions.UnreadableError{Reasons: map[string]string{"p-1": "no text"}}) {
								return
							}
							for l, err := range w.Listings(ctx) {
								if !yield(l, err) {
									return
								}
							}
						}
					})
				}
				e := passes(t, w, listings)
				push := func(open ...string) {
					t.Helper()
					if _, err := e.Push(t.Context()); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(open, w.OpenKinds()); diff != "" {
						t.Error(diff)
					}
					time.Sleep(time.Minute)
				}
				push()
				cases := []string{"stock changed in the shop: SKU MUG", "stock locked: SKU MUG", "stock refused: SKU MUG", "stock set to zero: SKU MUG"}
				for _, kind := range []exceptions.Kind{exceptions.StockDrift, exceptions.StockLocked, exceptions.StockRefused, exceptions.StockZeroed} {
					if err := w.Exceptions.Raise(t.Context(), exceptions.New(kind, "SKU MUG", time.Time{}, "9 instead of 10", "look")); err != nil {
						t.Fatal(err)
					}
				}
				w.ForSale, unread = w.ForSale[1:], true
				if restart {
					e = passes(t, w, listings)
				}
				for range 3 {
					push(append(slices.Clip(cases), "unreadable product: product p-1")...)
				}
				unread = false
				push()
			})
		})
	}
}

// A product takes no stock, and somebody is told. What they do is to delete it: the case is
// closed.
func TestCaseOfAProductThatIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		off := map[string]stock.ProductState{}
		e := passes(t, w, func(p *stock.Ports) {
			p.ProductStates = statesFunc(func() (map[string]stock.ProductState, error) { return off, nil })
		})
		push := func(open ...string) {
			t.Helper()
			if _, err := e.Push(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(open, w.OpenKinds()); diff != "" {
				t.Error(diff)
			}
			time.Sleep(time.Minute)
		}
		push()
		w.ForSale, off["p-MUG"] = w.ForSale[1:], stock.ProductFrozen
		push("stock refused: product p-MUG")
		clear(off)
		push("stock refused: product p-MUG")
		off["p-MUG"] = stock.ProductDeleted
		push()
	})
}

// What the shop has zeroed is not put back by a level from before, also where levels are not
// read again because they are old.
func TestZeroedSKUWaitsForItsLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG"), units: 1}
		l := c.checked(t)
		c.ForSale[0].Stock[0].Quantity, c.units = 0, 0
		c.Fail = world.FailOn("StockLevels")
		if err := l.LookAt(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Errorf("got %v, want that the level cannot be read", err)
		}
		time.Sleep(time.Second)
		if c.drain(t, l); c.Shown()["MUG"] != "W1:0" {
			t.Errorf("the shop shows %s before the level was read, want W1:0", c.Shown()["MUG"])
		}
		c.Fail = nil
		if err := l.LookAt(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if c.drain(t, l); c.Shown()["MUG"] != "W1:10" {
			t.Errorf("the shop shows %s, want W1:10", c.Shown()["MUG"])
		}
	})
}

// strict is a shop that refuses a call as a whole for one SKU in it: always, or if it would
// show less of it than is locked.
type strict struct {
	*liveWorld
	bad    string
	locked int
	calls  int
}

func (s *strict) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	list, err := s.liveWorld.ShopStock(ctx, ids)
	for i := range list {
		if list[i].ID == s.bad {
			list[i].Campaign = s.locked
		}
	}
	return list, err
}

func (s *strict) PublishStock(ctx context.Context, p stock.ProductStock) (refusals []stock.Refusal, err error) {
	s.calls++
	if !slices.ContainsFunc(p.SKUs, func(sku stock.SKUStock) bool {
		return sku.ID == s.bad && (s.locked == 0 || sku.Stock[0].Quantity < s.locked)
	}) {
		return s.liveWorld.PublishStock(ctx, p)
	}
	for _, sku := range p.SKUs {
		refusals = append(refusals, stock.Refusal{SKUID: sku.ID, Reason: "no", Locked: s.locked > 0})
	}
	return refusals, nil
}

// The shop refuses all SKUs of a product for one of them. Those that have to be lowered are
// tried one by one at once, the others when it is time; it is that one alone which stays
// refused.
func TestOneSKUForWhichTheShopRefusesAll(t *testing.T) {
	for name, run := range map[string]func(t *testing.T, w *liveWorld, e *stock.Engine){
		"passes": func(t *testing.T, _ *liveWorld, e *stock.Engine) {
			if _, err := e.Push(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"without a pause": func(t *testing.T, w *liveWorld, e *stock.Engine) {
			if err := errors.Join(e.ReadShop(t.Context()), e.Sweep(t.Context()), e.ReadTouched(t.Context())); err != nil {
				t.Fatal(err)
			}
			w.drain(t, e)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &strict{liveWorld: newLiveWorld(t, "BAD", "MUG", "SPOON", "SET"), bad: "s-BAD"}
				s.Items["s-BAD"], s.Stock["i-bad"] = catalogue.Item{ID: "i-bad", SKU: "BAD"}, map[string]int{"L1": 1}
				for i, shown := range []int{2, 20, 5, 9} {
					s.ForSale[i].ProductID, s.ForSale[i].Stock[0].Quantity = "p", shown
				}
				e := passes(t, s.liveWorld, func(p *stock.Ports) { p.Publisher = s })
				run(t, s.liveWorld, e)
				if diff := cmp.Diff(map[string]string{"BAD": "W1:2", "MUG": "W1:10", "SPOON": "W1:5", "SET": "W1:4"}, s.Shown()); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff([]string{"stock refused: SKU BAD", "stock refused: SKU SPOON"}, s.OpenKinds()); diff != "" || s.calls != 4 {
					t.Errorf("%d calls, want 4; %s", s.calls, diff)
				}
				time.Sleep(16 * time.Minute)
				run(t, s.liveWorld, e)
				if diff := cmp.Diff(map[string]string{"BAD": "W1:2", "MUG": "W1:10", "SPOON": "W1:9", "SET": "W1:4"}, s.Shown()); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff([]string{"stock refused: SKU BAD"}, s.OpenKinds()); diff != "" || s.calls > 7 {
					t.Errorf("%d calls, want 7 at most; %s", s.calls, diff)
				}
			})
		})
	}
}

// The shop refuses all SKUs of a product for the lock of one, which began with the pass: the
// same pass lowers that one as far as the lock allows, and the others.
func TestOneLockForWhichTheShopRefusesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &strict{liveWorld: newLiveWorld(t, "MUG", "SPOON"), bad: "s-MUG"}
		s.ForSale[1].ProductID = s.ForSale[0].ProductID
		s.ForSale[0].Stock[0].Quantity, s.ForSale[1].Stock[0].Quantity = 50, 60
		e := passes(t, s.liveWorld, func(p *stock.Ports) { p.Publisher, p.Shown = s, s })
		s.Fail = func(_ int, call string) error {
			if call == "StockLevels" { // after the check
				s.locked = 30
			}
			return nil
		}
		result, err := e.Push(t.Context())
		if err != nil || result.Published != 2 || len(result.Plan.Products) != 1 || len(result.Plan.Products[0].SKUs) != 2 {
			t.Errorf("%v\n%s", err, result)
		}
		if diff := cmp.Diff(map[string]string{"MUG": "W1:30", "SPOON": "W1:9"}, s.Shown()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"stock locked: SKU MUG"}, s.OpenKinds()); diff != "" {
			t.Error(diff)
		}
	})
}

// The shop refuses whatever is set for a product, and ten SKUs of it have to be lowered: that
// is tried for three of them, not for each.
func TestProductThatTheShopRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		for i := range 10 {
			name := fmt.Sprint("X", i)
			w.Items["s-"+name], w.Stock["i-"+name] = catalogue.Item{ID: "i-" + name, SKU: name}, map[string]int{"L1": 5}
			l := w.List(name, "W1")
			l.ProductID, l.Stock[0].Quantity = "p", 9
		}
		calls, sent := 0, map[string]bool{}
		e := passes(t, w, func(p *stock.Ports) {
			p.Publisher = publisherFunc(func(p stock.ProductStock) (refusals []stock.Refusal) {
				calls++
				for _, sku := range p.SKUs {
					refusals = append(refusals, stock.Refusal{SKUID: sku.ID, Reason: "no"})
					sent[sku.ID] = sent[sku.ID] || len(p.SKUs) == 1
				}
				return refusals
			})
		})
		for round := range 5 {
			before := calls
			for range 3 {
				if _, err := e.Push(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
			}
			if calls-before > 8 {
				t.Errorf("round %d: %d calls, want 8 at most", round+1, calls-before)
			}
			time.Sleep(15 * time.Minute)
		}
		for id, alone := range sent {
			if !alone {
				t.Errorf("%s was never tried by itself", id)
			}
		}
		if n := len(w.OpenKinds()); n != 10 {
			t.Errorf("%d cases, want one for each SKU", n)
		}
	})
}

type publisherFunc func(stock.ProductStock) []stock.Refusal

func (f publisherFunc) PublishStock(_ context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	return f(p), nil
}
