package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func (l *driftLab) pusher() *stock.Engine {
	l.Helper()
	p, err := stock.NewEngine(stock.Ports{
		Listings: l.shop, Catalogue: l.house, Levels: l.house, SeeOrders: world.AllSeen, Ledger: l.memory, Publisher: l.shop, Locks: l.memory, Exceptions: l.queue,
	}, stock.Options{Locations: l.locations})
	must(l.T, err)
	return p
}

// A program that overwrites our pushes on three SKUs three times stops them, with
// one exception, until a person has resolved it; two SKUs, or two times, are no
// second writer.
func TestStockCheckSecondWriter(t *testing.T) {
	for _, tc := range []struct {
		name    string
		shapes  []string
		rounds  int
		ours    bool // we push in between
		value   func(l *driftLab, to target) int
		stopped bool
	}{
		{"its own numbers", []string{"single", "kit", "two warehouses"}, 3, true, func(l *driftLab, to target) int { return l.shown(to) + 5 }, true},
		{"what it was before our push", []string{"single", "kit", "two warehouses"}, 3, true, func(*driftLab, target) int { return 9 }, true},
		{"two SKUs", []string{"single", "kit"}, 5, true, func(l *driftLab, to target) int { return l.shown(to) + 5 }, false},
		{"twice", []string{"single", "kit", "two warehouses"}, 2, true, func(l *driftLab, to target) int { return l.shown(to) + 5 }, false},
		{"not after a push of ours", []string{"single", "kit", "two warehouses"}, 5, false, func(l *driftLab, to target) int { return l.shown(to) + 5 }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, targets := newDriftLab(t)
				var r stock.CheckResult
				for range tc.rounds {
					for _, shape := range tc.shapes {
						l.set(targets[shape], tc.value(l, targets[shape]))
					}
					l.quiet()
					r = l.look()
					if tc.ours && !r.Stopped {
						l.publish()
					}
					l.quiet()
				}
				open := l.open()
				if r.Stopped != tc.stopped || open[exceptions.SecondWriter] != map[bool]int{true: 1}[tc.stopped] {
					t.Fatalf("stopped %t, open %v\n%s", r.Stopped, open, r)
				}
				if !tc.stopped {
					return
				}
				l.tiktok.ResetCalls()
				writes := tiktokshoptest.On("Product.UpdateInventory")
				if _, err := l.pusher().Push(t.Context()); !errors.Is(err, stock.ErrSecondWriter) || len(l.tiktok.CallsOf(writes)) > 0 {
					t.Errorf("a push: %v, %d calls", err, len(l.tiktok.CallsOf(writes)))
				}
				live, err := stock.NewEngine(stock.Ports{
					Listings: l.shop, Catalogue: l.house, Levels: l.house, Sweep: l.house, Ledger: world.Current{Ledger: l.memory}, Publisher: l.shop, Locks: l.memory, Exceptions: l.queue,
				}, stock.Options{Locations: l.locations})
				must(t, errors.Join(err, live.ReadShop(t.Context()), live.Sweep(t.Context())))
				if did, err := live.Publish(t.Context()); did || !errors.Is(err, stock.ErrSecondWriter) {
					t.Errorf("live: %t, %v", did, err)
				}
				drifted := open[exceptions.StockDrift]
				l.set(targets["part of a bundle"], 3)
				if r := l.look(); !r.Stopped || l.open()[exceptions.StockDrift] > drifted {
					t.Errorf("while it is stopped, every drift is raised as well: %v\n%s", l.open(), r)
				}
				_, err = l.cases.Decide(t.Context(), "shop|"+string(exceptions.SecondWriter)+"|stock of the shop", exceptions.Decision{
					Verb: exceptions.VerbResolved, By: "ops", Note: "switched the other off",
				})
				must(t, err)
				must(t, live.Report(t.Context()))
				if did, err := live.Publish(t.Context()); !did || err != nil {
					t.Errorf("resolved, but: %t, %v", did, err)
				}
				if r, err := l.pusher().Push(t.Context()); err != nil || r.Published == 0 {
					t.Errorf("resolved, but: %s%v", r, err)
				}
				l.quiet()
				if r := l.look(); r.Stopped {
					t.Errorf("it is counted on from before: %s", r)
				}
			})
		})
	}
}

// breaking fails one call of a check.
type breaking struct {
	store.Ledger
	l    *driftLab
	at   int
	n    int
	name string
}

var errBroken = errors.New("the line went dead")

func (b *breaking) call(name string) error {
	b.n++
	if b.n == b.at {
		b.name = name
		return errBroken
	}
	return nil
}

func (b *breaking) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	if err := b.call("ShopStock"); err != nil {
		return nil, err
	}
	return b.l.ShopStock(ctx, ids)
}

func (b *breaking) StockLevels(ctx context.Context, ids []string) (stock.Reading, error) {
	if err := b.call("StockLevels"); err != nil {
		return stock.Reading{}, err
	}
	return b.l.house.StockLevels(ctx, ids)
}

func (b *breaking) LedgerChanges(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
	if err := b.call("LedgerChanges"); err != nil {
		return nil, 0, err
	}
	return b.l.memory.LedgerChanges(ctx, after)
}

func (b *breaking) Raise(ctx context.Context, e exceptions.Exception) error {
	if err := b.call("Raise"); err != nil {
		return err
	}
	return b.l.queue.Raise(ctx, e)
}

func (b *breaking) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	if err := b.call("Clear"); err != nil {
		return err
	}
	return b.l.queue.Clear(ctx, object, kinds...)
}

func (b *breaking) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	if err := b.call("Open"); err != nil {
		return nil, err
	}
	return b.l.queue.Open(ctx, kinds...)
}

func (b *breaking) Bundle(ctx context.Context, productID string) (map[string][]catalogue.BundleComponent, error) {
	if err := b.call("Bundle"); err != nil {
		return nil, err
	}
	return b.l.shop.Bundle(ctx, productID)
}

func (b *breaking) ProductsOff(ctx context.Context, since time.Time) (map[string]stock.ProductState, error) {
	if err := b.call("ProductsOff"); err != nil {
		return nil, err
	}
	return b.l.shop.ProductsOff(ctx, since)
}

// A check that is stopped at any of its calls and run again leaves the queue and
// the plan as one that was not.
func TestStockCheckStoppedAnywhere(t *testing.T) {
	run := func(t *testing.T, at int) (state, stopped string) {
		synctest.Test(t, func(t *testing.T) {
			l, targets := newDriftLab(t)
			must(t, l.queue.Raise(t.Context(), exceptions.Exception{Kind: exceptions.StockDrift, Object: "SKU SET"}))
			l.place(targets["single"], 1)
			l.takeIn()
			l.readLevels()
			l.publish()
			l.quiet()
			l.look()
			must(t, l.queue.Raise(t.Context(), exceptions.Exception{Kind: exceptions.StockDrift, Object: "SKU SET"}))
			must(t, l.tiktok.CancelBySeller(l.tiktok.Orders()[0].ID, l.tiktok.SellerCancelReasons()[0]))
			l.set(targets["two warehouses"], 99)
			must(t, l.tiktok.SetProductStatus(targets["kit, two warehouses"].product, tiktokshop.ProductStatusFreeze))
			l.only(targets["bundle"], func(s *stock.ShownStock) { s.Warehouses[0].Available++ })
			b := &breaking{Ledger: l.memory, l: l, at: at}
			check, err := stock.NewCheck(stock.CheckPorts{
				Book: l.book, Shop: b, Ledger: b, Levels: b, Exceptions: b, Bundles: b, States: b,
			}, stock.CheckOptions{})
			must(t, err)
			l.quiet()
			if _, err := check.Check(t.Context()); at > 0 && b.name != "" && !errors.Is(err, errBroken) {
				t.Errorf("%s failed: %v", b.name, err)
			}
			stopped = b.name
			b.at = 0
			_, err = check.Check(t.Context())
			must(t, err)
			open, err := l.queue.Open(t.Context())
			must(t, err)
			for _, e := range open {
				state += fmt.Sprintf("%s: %s\n", e.Object, e.Kind)
			}
			state += l.book.Plan().String()
		})
		return state, stopped
	}
	want, _ := run(t, 0)
	if strings.Count(want, "\n") < 6 {
		t.Fatalf("too little happens:\n%s", want)
	}
	var seen []string
	for at := 1; ; at++ {
		got, stopped := run(t, at)
		if stopped == "" {
			break
		}
		seen = append(seen, stopped)
		if got != want {
			t.Errorf("stopped at call %d, %s:\n%s\nwant:\n%s", at, stopped, got, want)
		}
	}
	slices.Sort(seen)
	if kinds := slices.Compact(slices.Clone(seen)); len(kinds) != 8 {
		t.Errorf("stopped at %v only", kinds)
	}
}

// Whatever is sold, cancelled, shipped, pushed and set by hand: nothing is
// published above what is free, and once it is quiet the shop comes right.
func TestStockCheckComesRight(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 6))
			l, targets := newDriftLab(t)
			names := []string{"single", "kit", "two warehouses", "kit, two warehouses", "part of a bundle", "bundle"}
			shapes := names[:5]
			for range 60 {
				to := targets[shapes[r.IntN(len(shapes))]]
				switch r.IntN(10) {
				case 0, 1, 2:
					to = targets[names[r.IntN(len(names))]]
					_, err := l.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{
						Lines: []tiktokshoptest.Line{{SKUID: to.sku, Quantity: 1 + r.IntN(3)}}, WarehouseID: to.warehouse, State: tiktokshop.OrderStatusOnHold,
					})
					if err != nil && !errors.Is(err, tiktokshoptest.ErrOutOfStock) {
						t.Fatal(err)
					}
				case 3:
					if orders := l.tiktok.Orders(); len(orders) > 0 { // may be too late: never mind
						_ = l.tiktok.CancelByBuyer(orders[r.IntN(len(orders))].ID, "")
					}
				case 4:
					if orders := l.tiktok.Orders(); len(orders) > 0 {
						_ = l.tiktok.CancelBySeller(orders[r.IntN(len(orders))].ID, l.tiktok.SellerCancelReasons()[r.IntN(2)])
					}
				case 5:
					l.set(to, r.IntN(60))
				case 6:
					l.cut(to, r.IntN(7)-3)
				case 7, 8:
					l.takeIn()
				default:
					if r.IntN(2) == 0 { // else it has not heard of the last orders
						l.takeIn()
					}
					l.readLevels()
					l.look()
					l.publish()
					for _, shape := range shapes {
						l.within(seed, targets[shape])
					}
					l.sent = nil
				}
				time.Sleep(time.Duration(r.IntN(60)) * time.Second)
			}
			for range 3 {
				time.Sleep(6 * time.Minute)
				l.takeIn()
				l.readLevels()
				l.look()
				l.publish()
			}
			time.Sleep(6 * time.Minute)
			if result := l.look(); len(result.Drifts) > 0 {
				t.Errorf("seed %d: %s", seed, result)
			}
			if plan := l.book.Plan(); len(plan.Products) > 0 {
				t.Errorf("seed %d: the shop does not come right:\n%s", seed, plan)
			}
			for _, shape := range shapes {
				if to := targets[shape]; shape != "kit, two warehouses" && shape != "kit" && l.shown(to) != max(l.free(to), 0) {
					t.Errorf("seed %d: %s shows %d, %d are free", seed, shape, l.shown(to), l.free(to))
				}
			}
		})
		if t.Failed() {
			return
		}
	}
}

// within checks what was published. Units of a cancelled order are free, whether
// Linnworks has heard of it or not.
func (l *driftLab) within(seed uint64, to target) {
	l.Helper()
	free := l.free(to)
	for _, o := range l.tiktok.Orders() {
		if o.Status == tiktokshop.OrderStatusCancelled && o.WarehouseID == to.warehouse {
			for _, line := range o.LineItems {
				if line.SKUID == to.sku || line.SellerSKU == "TWO-CUPS" && to.item == "CUP" {
					free += map[bool]int{true: 1, false: 2}[line.SKUID == to.sku]
				}
			}
		}
	}
	for _, p := range l.sent {
		for _, s := range p.SKUs {
			for _, w := range s.Stock {
				if s.ID == to.sku && w.WarehouseID == to.warehouse && w.Quantity > max(free, 0) {
					l.Errorf("seed %d: published %d of %s, %d are free", seed, w.Quantity, to.name, free)
				}
			}
		}
	}
}

func TestNewStockCheckRefuses(t *testing.T) {
	l := &driftLab{}
	book, err := stock.NewBook(stock.Options{Locations: map[string][]string{west: {"L1"}}})
	must(t, err)
	b := &breaking{Ledger: l.memory, l: l}
	ports := stock.CheckPorts{Book: book, Shop: b, Ledger: b, Levels: b, Exceptions: b}
	for name, o := range map[string]stock.CheckOptions{
		"Settle -1s is negative":    {Settle: -time.Second},
		"UnseenFor -1s is negative": {UnseenFor: -time.Second},
		"WriterChecks -1":           {WriterChecks: -1},
	} {
		if _, err := stock.NewCheck(ports, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
	if _, err := stock.NewCheck(stock.CheckPorts{Book: book}, stock.CheckOptions{}); err == nil || !strings.Contains(err.Error(), "Exceptions, Ledger, Levels, Shop") {
		t.Errorf("got %v", err)
	}
	ports.Book = nil
	if _, err := stock.NewCheck(ports, stock.CheckOptions{}); err == nil || !strings.Contains(err.Error(), "Book") {
		t.Errorf("got %v", err)
	}
}

// Units that count as sold without an order go when the order appears, at once:
// it counts them itself.
func TestStockCheckUnseenUnitsGoWithTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, targets := newDriftLab(t)
		for _, shape := range []string{"single", "kit", "two warehouses"} {
			to := targets[shape]
			want := l.shown(to) - 2
			l.place(to, 2)
			l.quiet()
			l.look()
			l.takeIn()
			l.publish()
			if got := l.shown(to); got != want {
				t.Errorf("%s: %d shown once the order is seen, want %d", shape, got, want)
			}
		}
	})
}

// heedsRaise is a queue that does something when something is raised.
type heedsRaise struct {
	exceptions.Queue
	then func()
}

func (q *heedsRaise) Raise(ctx context.Context, e exceptions.Exception) error {
	q.then()
	return q.Queue.Raise(ctx, e)
}

// An order may be seen while what the check has found of other SKUs is told: its units are not
// held a second time.
func TestStockCheckAnOrderComesMeanwhile(t *testing.T) {
	shapes := []string{"single", "two warehouses"}
	for _, shape := range shapes {
		synctest.Test(t, func(t *testing.T) {
			l, targets := newDriftLab(t)
			l.readLevels()
			l.publish()
			l.quiet()
			l.look()
			to := targets[shape]
			want := l.shown(to) - 2
			l.place(to, 2)
			for _, other := range shapes {
				if other != shape {
					l.set(targets[other], 99) // somebody
				}
			}
			raised := 0
			check, err := stock.NewCheck(stock.CheckPorts{
				Book: l.book, Shop: l, Ledger: l.memory, Levels: l.house, Bundles: l.shop, States: l.shop,
				Exceptions: &heedsRaise{l.queue, func() {
					raised++
					l.takeIn()
				}},
			}, stock.CheckOptions{})
			must(t, err)
			l.quiet()
			r, err := check.Check(t.Context())
			must(t, err)
			if raised != 1 {
				t.Fatalf("%s: %d raised, want 1\n%s", shape, raised, r)
			}
			l.publish()
			if got := l.shown(to); got != want {
				t.Errorf("%s: %d shown once the order is seen, want %d\n%s", shape, got, want, r)
			}
		})
	}
}

// closedShop says why the shop as a whole sells nothing.
type closedShop struct {
	why string
	err error
}

func (c *closedShop) SalesStopped(context.Context) (string, error) { return c.why, c.err }

// A shop that sells nothing shows everything as sold out: nobody has changed stock,
// nothing is raised, and when it sells again all is as it was. What is not sold out
// is looked at as ever.
func TestStockCheckOfAClosedShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, targets := newDriftLab(t)
		closed := new(closedShop)
		check, err := stock.NewCheck(stock.CheckPorts{
			Book: l.book, Shop: l, Ledger: l.memory, Levels: l.house, Exceptions: l.queue, Bundles: l.shop, States: l.shop, Stops: closed,
		}, stock.CheckOptions{})
		must(t, err)
		look := func() stock.CheckResult {
			t.Helper()
			l.quiet()
			r, err := check.Check(t.Context())
			must(t, err)
			return r
		}
		l.readLevels()
		l.publish()
		if r := look(); r.Right != r.Checked || r.Checked == 0 {
			t.Fatalf("before: %s", r)
		}
		before := l.book.Plan().String()
		empty := func(list []stock.ShownStock) []stock.ShownStock {
			for i := range list {
				for j := range list[i].Warehouses {
					list[i].Warehouses[j].Available = 0
				}
			}
			return list
		}
		l.alter, closed.why = empty, "the daily limit is reached"
		for range 4 {
			r := look()
			if !strings.Contains(r.String(), "the shop sells nothing: the daily limit is reached") || len(r.Drifts) == 0 {
				t.Errorf("got %s, want why everything is sold out", r)
			}
			for _, d := range r.Drifts {
				if d.Kind != stock.ShopClosed || d.Done != stock.Ends || d.Raised || len(d.Unseen) > 0 {
					t.Errorf("got %s, want it left until the shop sells again", d)
				}
			}
		}
		if open, err := l.queue.Open(t.Context()); err != nil || len(open) != 0 {
			t.Errorf("open are %v, %v; want none", open, err)
		}
		if got := l.book.Plan().String(); got != before {
			t.Errorf("to be published is\n%s\nwant as before:\n%s", got, before)
		}
		l.alter, closed.why = nil, ""
		if r := look(); r.Right != r.Checked || r.Closed != "" {
			t.Errorf("when it sells again: %s", r)
		}
		// What still shows units has not been sold out with the shop.
		closed.why = "the daily limit is reached"
		l.set(targets["single"], 99)
		if r := look(); len(r.Drifts) != 1 || r.Drifts[0].Kind != stock.SetHigher {
			t.Errorf("one that was set higher: %s", r)
		}
		// And a shop that really shows nothing, without being closed, is drift.
		closed.why, l.alter = "", empty
		if r := look(); len(r.Drifts) == 0 || r.Drifts[0].Kind == stock.ShopClosed {
			t.Errorf("sold out without a reason: %s", r)
		}
		closed.err = errBroken
		if _, err := check.Check(t.Context()); !errors.Is(err, errBroken) {
			t.Errorf("got %v, want that nobody knows whether the shop sells", err)
		}
	})
}
