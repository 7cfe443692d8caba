package stock_test

import (
	"context"
	"errors"
	"fmt"
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

// passes are an engine that is run in passes beside an intake of its own.
func passes(t *testing.T, w *liveWorld, change func(*stock.Ports)) *stock.Engine {
	t.Helper()
	p := w.ports()
	p.SeeOrders = w.SeeOrders
	if change != nil {
		change(&p)
	}
	return engine(t, p, stock.Options{})
}

// A campaign holds more than the warehouse has. A pass lowers the shop as far as the lock
// allows, whether it finds the lock before it publishes or is refused because of it, and
// the first pass after the lock has ended lowers the rest.
func TestPushApproachesALock(t *testing.T) {
	for name, tc := range map[string]struct {
		shown           int // in the second warehouse
		before, refused int // the lock, and from the refusal on
		want            string
	}{
		"a lock that is seen first":          {12, 20, 20, "W1:20 W2:0"},
		"a lock that began with the pass":    {12, 0, 20, "W1:20 W2:0"},
		"a lock of all that is shown":        {0, 0, 30, "W1:30 W2:0"},
		"a lock that the warehouse can fill": {12, 5, 5, "W1:10 W2:0"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &campaign{newLiveWorld(t), tc.before}
				c.List("MUG", "W1", "W2")
				c.Stock["i-mug"] = map[string]int{"L1": 30, "L2": tc.shown}
				e := passes(t, c.liveWorld, func(p *stock.Ports) { p.Publisher, p.Shown = c, c })
				if _, err := e.Push(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				c.Stock["i-mug"] = map[string]int{"L1": 10, "L2": 0}
				c.Fail = func(_ int, call string) error {
					if call == "StockLevels" { // after the check
						c.locked = tc.refused
					}
					return nil
				}
				result, err := e.Push(t.Context())
				if got := c.Shown()["MUG"]; err != nil || got != tc.want {
					t.Errorf("the shop shows %s, want %s; %v\n%s", got, tc.want, err, result)
				}
				var open []string
				if tc.refused > 10 {
					open = []string{"stock locked: SKU MUG"}
				}
				if diff := cmp.Diff(open, c.OpenKinds()); diff != "" {
					t.Error(diff)
				}
				time.Sleep(time.Minute)
				c.Fail, c.locked = nil, 0
				result, err = e.Push(t.Context())
				if got := c.Shown()["MUG"]; err != nil || got != "W1:10 W2:0" || len(c.OpenKinds()) > 0 {
					t.Errorf("the lock has ended: the shop shows %s, want W1:10 W2:0; cases %q; %v\n%s", got, c.OpenKinds(), err, result)
				}
			})
		})
	}
}

// The shop zeroes a SKU because the bridge has cancelled an order of it, a moment after
// it took a level. The next pass puts it on sale again at once, and tells nobody.
func TestPushPutsRightWhatItHadZeroed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON", "SET")
		e := passes(t, w, nil)
		if _, err := e.Push(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := w.Shown()["MUG"]
		for i := range w.ForSale {
			if w.ForSale[i].SellerSKU == "MUG" {
				e.Book().ExpectZero(w.ForSale[i].ID)
				for j := range w.ForSale[i].Stock {
					w.ForSale[i].Stock[j].Quantity = 0
				}
			}
		}
		result, err := e.Push(t.Context())
		if got := w.Shown()["MUG"]; err != nil || got != before {
			t.Errorf("the shop shows %s, want %s again; %v\n%s", got, before, err, result)
		}
		if open := w.OpenKinds(); len(open) > 0 {
			t.Errorf("cases %q, want none", open)
		}
	})
}

// Another program writes after every pass. The third time passes stop, until a person has
// resolved it.
func TestPushFindsASecondWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON", "SET")
		e := passes(t, w, nil)
		var err error
		for pass := range 3 {
			if _, err = e.Push(t.Context()); err != nil {
				t.Fatalf("pass %d: %v", pass+1, err)
			}
			time.Sleep(time.Minute)
			for i := range w.ForSale {
				w.ForSale[i].Stock[0].Quantity += 5
			}
		}
		calls := len(w.Pushes)
		for range 2 {
			if _, err = e.Push(t.Context()); !errors.Is(err, stock.ErrSecondWriter) || len(w.Pushes) != calls {
				t.Errorf("the other has written three times: got %v and %d calls, want %v and none", err, len(w.Pushes)-calls, stock.ErrSecondWriter)
			}
		}
		resolve(t, w.World, exceptions.SecondWriter)
		if _, err = e.Push(t.Context()); err != nil || w.Shown()["MUG"] != "W1:10" {
			t.Errorf("resolved: %v, the shop shows %v", err, w.Shown())
		}
	})
}

func resolve(t *testing.T, w *world.World, kind exceptions.Kind) {
	t.Helper()
	cases, err := w.Cases.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{kind}})
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases of %q, %v", len(cases), kind, err)
	}
	for _, c := range cases {
		if _, err := w.Cases.Decide(t.Context(), c.Key(), exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "seen to"}); err != nil {
			t.Fatal(err)
		}
	}
}

// Of a call whose outcome is unknown a pass asks the shop, and repeats it only if it was not
// taken.
func TestPushLooksUpWhatBecameOfACall(t *testing.T) {
	for _, took := range []bool{true, false} {
		t.Run(fmt.Sprintf("the shop took it: %t", took), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				e := passes(t, w, nil)
				calls := 0
				w.Fail = func(_ int, call string) error {
					if call != "PublishStock" {
						return nil
					}
					if calls++; calls > 1 {
						return nil
					}
					if took {
						w.ForSale[0].Stock[0].Quantity = 10
					}
					return world.ErrInjected
				}
				if _, err := e.Push(t.Context()); err != nil {
					t.Error(err)
				}
				want := map[bool]int{true: 1, false: 2}[took]
				if calls != want || w.Shown()["MUG"] != "W1:10" {
					t.Errorf("%d calls, want %d; the shop shows %s", calls, want, w.Shown()["MUG"])
				}
			})
		})
	}
}

// An order is cancelled, and the intake of the pass drops it. The shop has given the units
// back, or has set the SKU to zero: the same pass looks, and shows what is right.
func TestPushSellsWhatWasCancelled(t *testing.T) {
	for name, shown := range map[string]int{"given back": 10, "set to zero": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				var drop func() error
				e := passes(t, w, func(p *stock.Ports) {
					p.Shown = slowShop{w}
					p.SeeOrders = func(context.Context) error {
						if drop == nil {
							return nil
						}
						return drop()
					}
				})
				if err := w.Memory.PutReservations(t.Context(), soldMugs("1", 3, time.Now())); err != nil {
					t.Fatal(err)
				}
				if _, err := e.Push(t.Context()); err != nil || w.Shown()["MUG"] != "W1:7" {
					t.Fatalf("%v; the shop shows %s, want W1:7", err, w.Shown()["MUG"])
				}
				time.Sleep(time.Minute)
				drop = func() error { // between the check and the orders
					w.ForSale[0].Stock[0].Quantity, drop = shown, nil
					return w.Memory.DropReservations(t.Context(), "1")
				}
				if _, err := e.Push(t.Context()); err != nil || w.Shown()["MUG"] != "W1:10" {
					t.Errorf("%v; the shop shows %s, want W1:10", err, w.Shown()["MUG"])
				}
			})
		})
	}
}

// The engine that publishes without a pause asks before it zeroes the shop, as a pass does,
// and goes on once a person has looked.
func TestPublishAsksBeforeItZeroesTheShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &liveWorld{World: shelves(t, 12)}
		w.Now = time.Now
		e := w.live(t, stock.Options{})
		w.start(t, e)
		time.Sleep(time.Second)
		empty(w.World, 12)
		if err := e.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if did, err := e.Publish(t.Context()); did || !errors.Is(err, stock.ErrMassZero) {
				t.Errorf("published %t, %v; want %v", did, err, stock.ErrMassZero)
			}
			if err := e.Report(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		resolve(t, w.World, exceptions.MassZero)
		if err := e.Report(t.Context()); err != nil {
			t.Fatal(err)
		}
		if calls := w.drain(t, e); calls != 12 || w.Shown()["ITEM-00"] != "W1:0" {
			t.Errorf("resolved: %d calls, want 12; the shop shows %s", calls, w.Shown()["ITEM-00"])
		}
	})
}

// A case that a person has resolved is raised again while its cause is still there, and
// not again and again while it is open.
func TestReportRaisesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		w.Stock["i-mug"]["L1"] = -3
		e := w.live(t, stock.Options{})
		w.start(t, e)
		report := func(want int) {
			t.Helper()
			for range 3 {
				if err := e.Report(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			open, err := w.Exceptions.Open(t.Context(), exceptions.BadLevel)
			if err != nil || len(open) != 1 || open[0].Count != want {
				t.Errorf("%v, %v; want one, counted %d times", open, err, want)
			}
		}
		report(1)
		resolve(t, w.World, exceptions.BadLevel)
		report(2)
	})
}

// What comes up while a pass runs is published in it.
func TestPushPublishesWhatComesUp(t *testing.T) {
	w := newLiveWorld(t, "MUG", "SPOON")
	w.ForSale[1].Stock[0].Quantity = 9 // right
	e := passes(t, w, nil)
	w.Fail = func(_ int, call string) error {
		if call != "PublishStock" || w.Count(call) > 1 {
			return nil
		}
		r := soldMugs("1", 4, w.Now())
		r.Items = map[string]int{"i-spoon": 4}
		return w.Memory.PutReservations(t.Context(), r)
	}
	result, err := e.Push(t.Context())
	if diff := cmp.Diff(map[string]string{"MUG": "W1:10", "SPOON": "W1:5"}, w.Shown()); err != nil || diff != "" || result.Published != 2 {
		t.Errorf("%v\n%s%s", err, result, diff)
	}
}

// Two processes of the bridge take turns at one shop. What the one has published is no news
// to the other: nobody is told that somebody has changed it, and nothing stops.
func TestPushesOfTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t)
		for i := range 5 {
			name := fmt.Sprint("X", i)
			w.Items["s-"+name], w.Stock["i-"+name] = catalogue.Item{ID: "i-" + name, SKU: name}, map[string]int{"L1": 20}
			w.List(name, "W1")
		}
		share := func(p *stock.Ports) { p.Values = w.Memory }
		engines := []*stock.Engine{passes(t, w, share), passes(t, w, share)}
		for pass := range 12 {
			if _, err := engines[pass%2].Push(t.Context()); err != nil {
				t.Fatalf("pass %d: %v", pass+1, err)
			}
			if got, want := w.Shown()["X0"], fmt.Sprintf("W1:%d", 20-pass); got != want || len(w.OpenKinds()) > 0 {
				t.Fatalf("pass %d: the shop shows %s, want %s; cases %q, want none", pass+1, got, want, w.OpenKinds())
			}
			time.Sleep(time.Minute)
			for _, levels := range w.Stock {
				levels["L1"]--
			}
		}
		// Somebody else is found by the process that has published last.
		w.ForSale[0].Stock[0].Quantity += 5
		if _, err := engines[1].Push(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"stock changed in the shop: SKU X0"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
	})
}

// What sells is set with what will be sold on the way taken off, which is less than a
// campaign holds, although what is left is not: the shop is lowered as far as the lock
// allows, and nobody is told of a lock that takes nothing from anybody.
func TestPushApproachesALockOfWhatSells(t *testing.T) {
	for name, lockedFirst := range map[string]bool{"a lock that is seen first": true, "a lock that began with the pass": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &campaign{newLiveWorld(t), 0}
				if lockedFirst {
					c.locked = 20
				}
				c.List("MUG", "W1")
				c.Stock["i-mug"] = map[string]int{"L1": 60}
				e := passes(t, c.liveWorld, func(p *stock.Ports) { p.Publisher, p.Shown = c, c })
				if _, err := e.Push(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				for i := range 20 { // two a second
					r := store.Reservation{
						OrderID: fmt.Sprint(i), LocationID: "L1", CreatedAt: time.Now(), SeenAt: time.Now().Add(time.Second), Items: map[string]int{"i-mug": 1},
						Lines: []store.ReservedLine{{LineID: fmt.Sprint(i), SKUID: "s-MUG", Items: map[string]int{"i-mug": 1}}},
					}
					if err := c.Memory.PutReservations(t.Context(), r); err != nil {
						t.Fatal(err)
					}
					c.ForSale[0].Stock[0].Quantity--
					time.Sleep(500 * time.Millisecond)
				}
				c.Stock["i-mug"]["L1"] = 42 // 22 are left, and at that rate more than two will be sold on the way
				c.Fail = func(_ int, call string) error {
					if call == "StockLevels" { // after the check
						c.locked = 20
					}
					return nil
				}
				result, err := e.Push(t.Context())
				if got := c.Shown()["MUG"]; err != nil || got != "W1:20" || len(c.OpenKinds()) > 0 {
					t.Errorf("the shop shows %s, want W1:20; cases %q, want none; %v\n%s", got, c.OpenKinds(), err, result)
				}
			})
		})
	}
}

// Linnworks cannot be read. Passes fail, and after the time that the client has chosen they
// take everything off sale all the same, without asking whether so many zeros are right; who
// has chosen none is told that the levels are old. Once it can be read the units are on sale
// again with the next pass.
func TestPushWithoutLinnworks(t *testing.T) {
	for _, tc := range []struct {
		zeroAfter time.Duration
		fails     string
		want      string
	}{
		{10 * time.Minute, "StockLevels", "W1:0"},
		{10 * time.Minute, "StockItems", "W1:0"},
		{0, "StockLevels", "W1:5"},
	} {
		t.Run(fmt.Sprintf("%s fails, zero after %s", tc.fails, tc.zeroAfter), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &liveWorld{World: shelves(t, 12)}
				w.Now = time.Now
				p := w.ports()
				p.SeeOrders = w.SeeOrders
				e := engine(t, p, stock.Options{ZeroAfter: tc.zeroAfter})
				if _, err := e.Push(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.Fail = world.FailOn(tc.fails)
				for minute := 1; minute <= 20; minute++ {
					time.Sleep(time.Minute)
					if _, err := e.Push(t.Context()); !errors.Is(err, world.ErrInjected) {
						t.Fatalf("minute %d: %v, want what has failed", minute, err)
					}
					want := "W1:5"
					if minute > 10 {
						want = tc.want
					}
					if got := w.Shown()["ITEM-11"]; got != want {
						t.Fatalf("minute %d: the shop shows %s, want %s", minute, got, want)
					}
				}
				if diff := cmp.Diff([]string{"old stock levels: stock levels"}, w.OpenKinds()); diff != "" {
					t.Error(diff)
				}
				w.Fail = nil
				result, err := e.Push(t.Context())
				if got := w.Shown()["ITEM-11"]; err != nil || got != "W1:5" || len(w.OpenKinds()) > 0 {
					t.Errorf("it can be read again: the shop shows %s, want W1:5; cases %q, want none; %v\n%s", got, w.OpenKinds(), err, result)
				}
			})
		})
	}
}

// The shop refuses one of two SKUs and does not say which. The other is looked up, and the
// one that is left has to be it: somebody is told of it.
func TestPushOfWhatIsRefusedWithoutAName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		w.ForSale[1].ProductID = w.ForSale[0].ProductID
		w.Refusals["s-MUG"] = stock.Refusal{Reason: "code X_17: no"}
		e := passes(t, w, nil)
		_, _ = e.Push(t.Context())
		if diff := cmp.Diff(map[string]string{"MUG": "W1:0", "SPOON": "W1:9"}, w.Shown()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"stock refused: SKU MUG"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(20 * time.Minute)
		clear(w.Refusals)
		if _, err := e.Push(t.Context()); err != nil || w.Shown()["MUG"] != "W1:10" || len(w.OpenKinds()) > 0 {
			t.Errorf("it is taken: the shop shows %s, want W1:10; cases %q, want none; %v", w.Shown()["MUG"], w.OpenKinds(), err)
		}
	})
}

// The bridge is started again while Linnworks cannot be read. That the levels are old stays
// open, and is raised by a process that has never read any.
func TestOldLevelsOverARestart(t *testing.T) {
	for _, fails := range []string{"StockLevels", "StockItems"} {
		t.Run(fails, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				e := passes(t, w, nil)
				push := func(minutes int, failing bool, open ...string) {
					t.Helper()
					for minute := range minutes {
						time.Sleep(time.Minute)
						if _, err := e.Push(t.Context()); (err != nil) != failing {
							t.Fatal(err)
						}
						if got := w.OpenKinds(); failing && minute < minutes-1 && len(open) > 0 {
							continue
						} else if diff := cmp.Diff(open, got); diff != "" {
							t.Errorf("minute %d: %s", minute, diff)
						}
					}
				}
				push(1, false)
				w.Fail = world.FailOn(fails)
				push(17, true, "old stock levels: stock levels")
				e = passes(t, w, nil)
				for range 3 {
					push(1, true, "old stock levels: stock levels")
				}
				if err := w.Exceptions.Clear(t.Context(), "stock levels", exceptions.StaleLevels); err != nil {
					t.Fatal(err)
				}
				p := w.ports()
				p.SeeOrders = w.SeeOrders
				e = engine(t, p, stock.Options{ZeroAfter: 10 * time.Minute})
				push(15, true)
				push(2, true, "old stock levels: stock levels")
				open, err := w.Exceptions.Open(t.Context())
				if err != nil || !strings.Contains(open[0].Do, "sells at old numbers") || w.Shown()["MUG"] != "W1:10" {
					t.Errorf("the shop shows %s; seen %q, do %q, want that it goes on selling; %v", w.Shown()["MUG"], open[0].Seen, open[0].Do, err)
				}
				w.Fail = nil
				push(1, false)
			})
		})
	}
}

// A location of the settings is deleted in Linnworks. No pass can be made, and somebody is
// told at once which it is and what to do; until it is mended, also over a restart.
func TestPushWithoutALocation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		leeds, hull := catalogue.Place{ID: "L1", Name: "Leeds"}, catalogue.Place{ID: "L2", Name: "Hull"}
		places := placesFunc(func() ([]catalogue.Place, error) { return []catalogue.Place{leeds, hull}, nil })
		change := func(p *stock.Ports) { p.Places = &places }
		e := passes(t, w, change)
		push := func(fails bool, open ...string) {
			t.Helper()
			time.Sleep(time.Minute)
			if _, err := e.Push(t.Context()); (err != nil) != fails {
				t.Fatal(err)
			}
			if diff := cmp.Diff(open, w.OpenKinds()); diff != "" {
				t.Error(diff)
			}
		}
		push(false)
		places = func() ([]catalogue.Place, error) { return []catalogue.Place{leeds}, nil }
		push(true, "unmapped warehouse: stock locations")
		open, err := w.Exceptions.Open(t.Context())
		if err != nil || len(open) != 1 {
			t.Fatalf("%d cases, want 1; %v", len(open), err)
		}
		if c := open[0]; !strings.Contains(c.Seen, `"L2"`) || !strings.Contains(c.Seen, `"Hull"`) || !strings.Contains(c.Do, "(locations)") {
			t.Errorf("seen %q, do %q: want the location, its name and the setting", c.Seen, c.Do)
		}
		e = passes(t, w, change)
		push(true, "unmapped warehouse: stock locations")
		places = func() ([]catalogue.Place, error) { return nil, world.ErrInjected }
		push(true, "unmapped warehouse: stock locations")
		e = passes(t, w, change)
		push(true, "unmapped warehouse: stock locations")
		places = func() ([]catalogue.Place, error) { return []catalogue.Place{leeds, hull}, nil }
		push(false)
	})
}

type placesFunc func() ([]catalogue.Place, error)

func (f *placesFunc) Places(context.Context) ([]catalogue.Place, error) { return (*f)() }

// Without Linnworks a pass takes off sale what is too old to sell by. What could be raised of
// the same product stays: its level is old as well.
func TestPushWithoutLinnworksRaisesNothing(t *testing.T) {
	for name, beside := range map[string]bool{"a pass that sees orders": false, "an intake beside it": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &oneBad{liveWorld: newLiveWorld(t, "MUG", "SPOON")}
				b.ForSale[1].ProductID = b.ForSale[0].ProductID
				p := b.ports()
				if p.Levels, p.SeeOrders = b, b.SeeOrders; beside {
					p.SeeOrders = nil
				}
				e := engine(t, p, stock.Options{ZeroAfter: 10 * time.Minute})
				if _, err := e.Push(t.Context()); err != nil {
					t.Fatal(err)
				}
				b.id = "i-mug"
				for range 9 {
					time.Sleep(time.Minute)
					_, _ = e.Push(t.Context())
				}
				b.down = true
				b.ForSale[1].Stock[0].Quantity = 4 // somebody has set it
				time.Sleep(2 * time.Minute)
				_, _ = e.Push(t.Context())
				if diff := cmp.Diff(map[string]string{"MUG": "W1:0", "SPOON": "W1:4"}, b.Shown()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}
