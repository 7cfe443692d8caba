package pulled_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/pulled"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// references are what a page of a channel has.
func references(t *testing.T, channel *pulled.Channel, page int) (list []string, more bool) {
	t.Helper()
	orders, more, err := channel.Orders(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		list = append(list, o.Reference)
	}
	return list, more
}

// incomplete fails unless a page says how many orders are missing.
func incomplete(t *testing.T, channel *pulled.Channel, page int, want string) {
	t.Helper()
	if orders, _, err := channel.Orders(t.Context(), page); err == nil || !strings.Contains(err.Error(), want) || len(orders) > 0 {
		t.Errorf("page %d: %d orders and the error %v, want one that says %q", page, len(orders), err, want)
	}
}

// TestLockedOrdersWait checks that an order that somebody works on is left for a later
// pull, holds up no other, and that Linnworks learns that it is missing.
func TestLockedOrdersWait(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		locked := p.place(tiktokshop.OrderStatusAwaitingShipment)
		free := p.place(tiktokshop.OrderStatusAwaitingShipment)
		p.step()
		_, unlock, err := p.locks.Lock(t.Context(), "order/"+locked)
		p.must(err)
		began := time.Now()
		got, more := references(t, p.channel, 1)
		if diff := cmp.Diff([]string{free}, got); diff != "" || !more {
			t.Errorf("while an order is locked, more: %t (-want +got):\n%s", more, diff)
		}
		if took := time.Since(began); took > 7*time.Second {
			t.Errorf("the page took %v, want 7 s at most: Linnworks waits for 10", took)
		}
		incomplete(t, p.channel, 2, "1 of the orders that wait could not be read")
		if _, err := p.app.PullOrders(t.Context()); err == nil {
			t.Error("Linnworks takes an incomplete pull for a complete one")
		}
		if n := len(p.linn.OrdersByReference(source, account, free)); n != 1 {
			t.Errorf("Linnworks has the other order %d times, want once", n)
		}
		unlock()
		if got, want := p.pull(), (linnworkstest.PulledOrders{New: 1, Ignored: 1}); got != want {
			t.Errorf("then pulled %+v, want %+v", got, want)
		}
	})
}

// deaf is a shop that does not answer, or that leaves an order out.
type deaf struct {
	bridge.OrderSource
	err  error
	lost string
}

func (d *deaf) OrdersByID(ctx context.Context, ids []string) (list []bridge.Order, err error) {
	if d.err != nil {
		return nil, d.err
	}
	if list, err = d.OrderSource.OrdersByID(ctx, ids); err != nil {
		return nil, err
	}
	for i, o := range list {
		if o.ID == d.lost {
			return append(list[:i], list[i+1:]...), &exceptions.UnreadableError{Reasons: map[string]string{o.ID: "an amount cannot be read"}}
		}
	}
	return list, nil
}

// TestNotRead checks that what cannot be read in the shop goes on waiting, and that a
// pull which lacks it is never taken for a whole one.
func TestNotRead(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		var ids []string
		for range 3 {
			ids = append(ids, p.place(tiktokshop.OrderStatusAwaitingShipment))
		}
		p.step()
		source := &deaf{OrderSource: p.ports.Orders, err: errors.New("the shop is away")}
		p.ports.Orders = source
		channel, err := pulled.NewChannel(p.ports, pulled.Options{OrdersPage: 2})
		p.must(err)
		incomplete(t, channel, 1, "the shop is away")

		source.err, source.lost = nil, ids[0]
		first, more := references(t, channel, 1)
		second, moreStill := references(t, channel, 2)
		if diff := cmp.Diff(ids[1:], append(first, second...)); diff != "" || !more || !moreStill {
			t.Errorf("without the first order, more: %t, %t (-want +got):\n%s", more, moreStill, diff)
		}
		incomplete(t, channel, 3, "1 of the orders")

		source.lost = ""
		again, _ := references(t, channel, 1)
		last, more := references(t, channel, 2)
		if diff := cmp.Diff(ids, append(again, last...)); diff != "" || more {
			t.Errorf("afterwards, more: %t (-want +got):\n%s", more, diff)
		}
		if n := p.waits(); n != 3 {
			t.Errorf("%d orders wait, want all 3 until Linnworks shows them", n)
		}
	})
}

// forgetful is a shop that no longer knows an order: it answers, and leaves it out.
type forgetful struct {
	bridge.Shop
	forgotten string
}

func (f *forgetful) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	orders, err := f.Shop.OrdersByID(ctx, ids)
	return slices.DeleteFunc(orders, func(o bridge.Order) bool { return o.ID == f.forgotten }), err
}

func (f *forgetful) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for o, err := range f.Shop.OrdersUpdated(ctx, from, to) {
			if o.ID != f.forgotten && !yield(o, err) {
				return
			}
		}
	}
}

// TestForgottenByTheShop checks that an order which the shop no longer returns stops no
// pull: the others come, people are told, and it comes too once the shop returns it.
func TestForgottenByTheShop(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		lost := p.place(tiktokshop.OrderStatusAwaitingShipment)
		p.step()
		shop := &forgetful{p.shop, lost}
		sync, err := bridge.NewSync(shop, p.waiting, p.locks, p.settings)
		p.must(err)
		ports := p.ports
		ports.Orders, ports.Importer, ports.Gate, ports.Hint = shop, sync.Importer, sync.Gate, sync.Hint
		channel, err := pulled.NewChannel(ports, pulled.Options{OrdersPage: 2})
		p.must(err)

		raised := func() *exceptions.Exception {
			open, err := p.locks.Open(t.Context(), exceptions.OrderStuck)
			p.must(err)
			if i := slices.IndexFunc(open, func(e exceptions.Exception) bool { return e.Object == exceptions.ForOrder(lost) }); i >= 0 {
				return &open[i]
			}
			return nil
		}
		var others []string
		for range 3 {
			others = append(others, p.place(tiktokshop.OrderStatusAwaitingShipment))
			time.Sleep(20 * time.Minute)
			_, _ = sync.Step(t.Context()) // which fails over the one order, and says so
			var got []string
			for page, more := 1, true; more; page++ {
				var some []string
				some, more = references(t, channel, page)
				got = append(got, some...)
			}
			if diff := cmp.Diff(others, got); diff != "" {
				t.Fatalf("after %d pulls (-want +got):\n%s", len(others), diff)
			}
		}
		for range 8 {
			time.Sleep(15 * time.Minute)
			_, _ = sync.Step(t.Context())
		}
		switch e := raised(); {
		case e == nil:
			t.Error("after three hours nobody is told of the order that the shop does not return")
		case e.Owner != exceptions.OwnerIntegration || !strings.Contains(e.Do, "Seller Center") || !e.Deadline.Equal(p.inShop(lost).RTSSLATime.Time()):
			t.Errorf("the case is %v, want one for the integrator, with the order's deadline and what to do", e)
		}
		if n := p.waits(); n != len(others)+1 {
			t.Errorf("%d orders wait, want %d: the order goes on waiting", n, len(others)+1)
		}

		shop.forgotten = ""
		if got, _ := references(t, channel, 1); !slices.Contains(got, lost) {
			t.Errorf("page 1 has %v, want the order that the shop returns again, %s", got, lost)
		}
		p.must(sync.Hint(t.Context(), lost))
		if _, err := sync.Step(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if e := raised(); e != nil {
			t.Errorf("the case stays open: %v", e)
		}
	})
}

// TestTwoProcesses checks that Linnworks may call another process than the one that
// imports, for each page another, and gets each order as it is by then.
func TestTwoProcesses(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		var ids []string
		for range 3 {
			ids = append(ids, p.place(tiktokshop.OrderStatusAwaitingShipment))
		}
		p.step()
		other, err := pulled.NewWarehouse(p.waiting.Warehouse, p.locks, pulled.WarehouseOptions{})
		p.must(err)
		sync, err := bridge.NewSync(p.shop, other, p.locks, p.settings)
		p.must(err)
		ports := p.ports
		ports.Warehouse, ports.Importer, ports.Gate, ports.Hint = other, sync.Importer, sync.Gate, sync.Hint
		channel, err := pulled.NewChannel(ports, pulled.Options{OrdersPage: 2})
		p.must(err)

		p.must(p.tiktok.CancelBySeller(ids[0], p.tiktok.SellerCancelReasons()[0]))
		address := p.inShop(ids[1]).RecipientAddress
		address.AddressLine1 = "9 Other Street"
		p.must(p.tiktok.ChangeAddress(ids[1], address))
		orders, more, err := channel.Orders(t.Context(), 1)
		p.must(err)
		if len(orders) != 1 || orders[0].Reference != ids[1] || !more {
			t.Fatalf("the other process hands out %d orders, more: %t; want %s alone, and more", len(orders), more, ids[1])
		}
		if got := orders[0].Recipient.Line1; got != "9 Other Street" {
			t.Errorf("the first line of the address is %q, want the one that the buyer has by now", got)
		}
		if got, more := references(t, p.channel, 2); len(got) != 1 || got[0] != ids[2] || more {
			t.Errorf("page 2, from the first process: %v, more: %t; want %s", got, more, ids[2])
		}
		if n := p.waits(); n != 2 {
			t.Errorf("%d orders wait, want 2: one is cancelled", n)
		}
	})
}

// TestPageIsCheap counts the calls that a page of 50 orders makes: it has to be done in
// less than ten seconds with sides that take 400 ms a call.
func TestPageIsCheap(t *testing.T) {
	run(t, nil, func(t *testing.T, p *pair) {
		p.must(p.tiktok.SetStock(p.sku, "7100000000000000001", 60))
		for range 50 {
			_, err := p.tiktok.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(p.sku, 1)))
			p.must(err)
		}
		p.step()
		for _, pull := range []string{"first", "second"} { // the second pull finds what was handed out
			tiktok, linn := len(p.tiktok.Calls()), len(p.linn.Calls())
			channel, err := pulled.NewChannel(p.ports, pulled.Options{})
			p.must(err)
			if got, more := references(t, channel, 1); len(got) != 50 || more {
				t.Fatalf("%s pull: %d orders, more: %t; want 50", pull, len(got), more)
			}
			if tiktok, linn = len(p.tiktok.Calls())-tiktok, len(p.linn.Calls())-linn; tiktok+linn > 10 {
				t.Errorf("%s pull: a page costs %d calls of TikTok and %d of Linnworks, want 10 at most", pull, tiktok, linn)
			}
		}
	})
}
