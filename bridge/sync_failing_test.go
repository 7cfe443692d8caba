package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var errOfOne = errors.New("it cannot be done")

// faultyShop and faultyWarehouse fail one thing about one object.
type faultyShop struct {
	bridge.Shop
	fails, object string
}

func (s *faultyShop) at(call, object string) error {
	if call == s.fails && object == s.object {
		return errOfOne
	}
	return nil
}

func (s *faultyShop) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	if s.fails == "read" && slices.Contains(ids, s.object) {
		return nil, errOfOne
	}
	return s.Shop.OrdersByID(ctx, ids)
}

func (s *faultyShop) CancelReasons(ctx context.Context, id string, _ []string) ([]string, error) {
	return []string{"x"}, s.at("revoke", id)
}

func (s *faultyShop) Ship(ctx context.Context, sh bridge.Shipment) (string, error) {
	if err := s.at("ship", sh.Order.ID); err != nil {
		return "", err
	}
	return s.Shop.Ship(ctx, sh)
}

func (s *faultyShop) ArrangeShipping(ctx context.Context, sh bridge.Shipment) (bridge.Label, error) {
	if err := s.at("label", sh.Order.ID); err != nil {
		return bridge.Label{}, err
	}
	return s.Shop.ArrangeShipping(ctx, sh)
}

func (s *faultyShop) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	if err := s.at("publish", p.ProductID); err != nil {
		return nil, err
	}
	return s.Shop.PublishStock(ctx, p)
}

type faultyWarehouse struct {
	bridge.Warehouse
	fails, object string
}

func (w *faultyWarehouse) CreateOrders(ctx context.Context, orders []bridge.NewOrder) []bridge.CreatedOrder {
	created := w.Warehouse.CreateOrders(ctx, slices.DeleteFunc(slices.Clone(orders), func(o bridge.NewOrder) bool { return w.fails == "create" && o.Reference == w.object }))
	for i, o := range orders {
		if w.fails == "create" && o.Reference == w.object {
			created = slices.Insert(created, i, bridge.CreatedOrder{Reference: o.Reference, Err: errOfOne})
		}
	}
	return created
}

func (w *faultyWarehouse) CancelOrder(ctx context.Context, o bridge.WarehouseOrder, note string) error {
	if w.fails == "cancel" && o.Reference == w.object {
		return errOfOne
	}
	return w.Warehouse.CancelOrder(ctx, o, note)
}

// What a run cannot do about one object is in the error of the run, for who looks at
// nothing else, and in the queue, for who looks at nothing else, from its first run on.
// It stops nothing else: the other order goes through, and stock is published.
func TestOneFailureIsToldTwice(t *testing.T) {
	t.Parallel()
	await := tiktokshop.OrderStatusAwaitingShipment
	sent := func(t *testing.T, s *sides, id string) {
		t.Helper()
		found := s.inLinnworks(id)
		must(t, s.linn.SetTracking(found[0].OrderID, s.linn.AddPostalService("Tracked 48", "Royal Mail"), "RM"+id[len(id)-6:]))
		must(t, s.linn.Process(found[0].OrderID))
	}
	for name, tc := range map[string]struct {
		shop, warehouse string // what fails
		flow            string
		spec            tiktokshoptest.OrderSpec
		// then is what happens to both orders once they are in the warehouse.
		then func(t *testing.T, s *sides, b *bridge.Sync, id string)
	}{
		"an import": {warehouse: "create", flow: bridge.FlowOrders},
		"a reading": {shop: "read", flow: bridge.FlowOrders, then: func(t *testing.T, _ *sides, b *bridge.Sync, id string) {
			t.Helper()
			must(t, b.Hint(t.Context(), id))
		}},
		"a cancellation": {warehouse: "cancel", flow: bridge.FlowOrders, then: func(t *testing.T, s *sides, _ *bridge.Sync, id string) {
			t.Helper()
			must(t, s.tiktok.CancelBySeller(id, s.tiktok.SellerCancelReasons()[2]))
		}},
		"a revocation": {shop: "revoke", flow: bridge.FlowRevocations, then: func(t *testing.T, s *sides, _ *bridge.Sync, id string) {
			t.Helper()
			must(t, s.linn.Cancel(s.inLinnworks(id)[0].OrderID))
		}},
		"a shipment": {shop: "ship", flow: bridge.FlowDispatch, then: func(t *testing.T, s *sides, _ *bridge.Sync, id string) {
			t.Helper()
			sent(t, s, id)
		}},
		"a label": {shop: "label", flow: bridge.FlowDispatch, spec: tiktokshoptest.OrderSpec{ShippingType: tiktokshop.ShippingTypeTikTok}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, "GB"), syncSettings()
				settings.CancelReasons = []string{"x"}
				shop, warehouse := &faultyShop{Shop: s.shop, fails: tc.shop}, &faultyWarehouse{Warehouse: s.book, fails: tc.warehouse}
				memory := new(bridge.Memory)
				b, err := bridge.NewSync(shop, warehouse, memory.Shop(settings.Shop), settings)
				must(t, err)
				spec := tc.spec
				spec.Lines, spec.State = mugs(1), await
				bad, good := s.place(t, spec), s.place(t, spec)
				if tc.then != nil {
					must(t, errOf(b.Step(t.Context())))
					tc.then(t, s, b, bad)
					tc.then(t, s, b, good)
					time.Sleep(2 * time.Minute)
				}
				shop.object, warehouse.object = bad, bad
				did, err := b.Step(t.Context())
				failing, openErr := memory.Cases(t.Context(), exceptions.Filter{Object: "flow " + tc.flow})
				must(t, openErr)
				if err == nil || !strings.Contains(err.Error(), tc.flow+": ") || !strings.Contains(err.Error(), bad) || !errors.Is(err, errOfOne) || strings.Contains(err.Error(), good) {
					t.Errorf("the error is %v, want it to name the flow %s and order %s alone", err, tc.flow, bad)
				}
				if one, ok := errors.AsType[*bridge.OrdersError](err); !ok || one.Failed[0].OrderID != bad {
					t.Errorf("got %v, want an OrdersError of order %s", one, bad)
				}
				if len(failing) != 1 || !strings.Contains(failing[0].Seen, bad) || failing[0].Severity != exceptions.Notice {
					t.Errorf("cases of the flow: %v, want a notice that names order %s", failing, bad)
				}
				for _, run := range did {
					if run.Flow != tc.flow && run.Err != nil {
						t.Errorf("%s failed too: %v", run.Flow, run.Err)
					}
				}
				// The runs in between go well, and the order has still failed: its case stays.
				for range 3 {
					time.Sleep(5 * time.Second)
					_, _ = b.Step(t.Context())
				}
				if got, err := memory.Cases(t.Context(), exceptions.Filter{Object: "flow " + tc.flow}); err != nil || len(got) != 1 || got[0].Count != 1 {
					t.Errorf("between two tries: %v, %v; want the one case, told once", got, err)
				}
				shop.object, warehouse.object = "", ""
				for range 25 {
					time.Sleep(10 * time.Minute)
					must(t, errOf(b.Step(t.Context())))
				}
				if got, err := memory.Cases(t.Context(), exceptions.Filter{Object: "flow " + tc.flow}); err != nil || len(got) != 0 {
					t.Errorf("once it is mended: %v, %v; want the case closed", got, err)
				}
			})
		})
	}
	// A product has no OrdersError, and is told as loudly.
	t.Run("a product", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s, settings := newSides(t, "GB"), syncSettings()
			memory := new(bridge.Memory)
			b, err := bridge.NewSync(&faultyShop{Shop: s.shop, fails: "publish", object: mugProduct}, s.book, memory.Shop(settings.Shop), settings)
			must(t, err)
			_, err = b.Step(t.Context())
			cases, openErr := memory.Cases(t.Context(), exceptions.Filter{Object: "flow " + bridge.FlowStock})
			must(t, openErr)
			if !errors.Is(err, errOfOne) || !strings.Contains(err.Error(), mugProduct) || len(cases) != 1 || !strings.Contains(cases[0].Seen, mugProduct) {
				t.Errorf("the error is %v and the cases %v, want product %s in both", err, cases, mugProduct)
			}
		})
	})
}

// Of a run of which many orders failed the text is short, and all of them are wrapped;
// nothing of the buyers is in it.
func TestErrorsOfManyOrdersAreShort(t *testing.T) {
	t.Parallel()
	var results bridge.OrderResults
	last := errors.New("the last one")
	for i := range 47 {
		r := bridge.OrderResult{OrderID: fmt.Sprint(i), Outcome: bridge.OutcomeFailed, Err: errors.New(strings.Repeat("no answer ", 1000))}
		if i == 46 {
			r.Err = last
		}
		results = append(results, r, bridge.OrderResult{OrderID: "fine", Outcome: bridge.OutcomeCreated})
	}
	err := results.Err()
	if !errors.Is(err, last) || len(err.Error()) > 6000 || !strings.HasSuffix(err.Error(), "\nand 37 more") || strings.Contains(err.Error(), "fine") {
		t.Errorf("got %d bytes that end with %q, want at most 6000 and how many more there are", len(err.Error()), err.Error()[max(0, len(err.Error())-40):])
	}
	if (bridge.OrderResults{{OrderID: "fine"}}).Err() != nil {
		t.Error("an error although no order failed")
	}
}

// Another order that fails while the case is open is told too, and an outage after it
// begins at its own beginning.
func TestSyncTellsOfEveryFailingOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var fails error
		one := func(id string) error {
			return fmt.Errorf("intake: %w", bridge.OrderResults{{OrderID: id, Err: errOfOne}}.Err())
		}
		s, settings := newSides(t, "GB"), syncSettings()
		memory := new(bridge.Memory)
		b, err := bridge.NewSync(s.shop, s.book, memory.Shop(settings.Shop), settings)
		must(t, err)
		b.Log = slog.New(slog.NewTextHandler(&log, nil))
		b.Flows = []bridge.Flow{{Name: "mine", Run: func(context.Context) (fmt.Stringer, error) { return nil, fails }}}
		step := func(err error) []exceptions.Case {
			t.Helper()
			fails = err
			_, _ = b.Step(t.Context())
			cases, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.RunFailing}})
			must(t, err)
			return cases
		}
		for i, tc := range []struct {
			after    time.Duration
			err      error
			severity exceptions.Severity
			count    int // zero: no case
			seen     string
		}{
			{0, one("1"), exceptions.Notice, 1, "order 1: "},
			{time.Minute, one("1"), exceptions.Notice, 1, "order 1: "},
			{time.Minute, one("2"), exceptions.Notice, 2, "order 2: "},
			{2 * time.Hour, one("1"), exceptions.Notice, 3, "order 1: "}, // never more than a notice: it has a case of its own by then
			{20 * time.Minute, nil, exceptions.Notice, 3, "order 1: "},   // it may be waiting for its next try
			{time.Minute, errors.New("away"), exceptions.Notice, 4, "away"},
			{15 * time.Minute, errors.Join(one("1"), errors.New("away")), exceptions.Warning, 5, "away"},
			{time.Minute, nil, 0, 0, ""},
			{time.Minute, one("3"), exceptions.Notice, 1, "order 3: "},
			{25 * time.Minute, nil, 0, 0, ""},
		} {
			time.Sleep(tc.after)
			cases := step(tc.err)
			switch {
			case tc.count == 0 && len(cases) == 0:
			case len(cases) != 1 || cases[0].Severity != tc.severity || cases[0].Count != tc.count || !strings.Contains(cases[0].Seen, tc.seen):
				t.Errorf("step %d: got %v, want %s with %q", i, cases, tc.severity, tc.seen)
			}
		}
	})
}

// thrower is a log handler that does not return.
type thrower struct {
	slog.Handler
	do func()
}

func (h thrower) Handle(context.Context, slog.Record) error { h.do(); return nil }

// silent is an error that cannot be read.
type silent struct{ secret string }

func (e *silent) Error() string { panic(e.secret) }

// unlike is an error that cannot be compared.
type unlike struct{ secret string }

func (e unlike) Error() string { return "unlike" }
func (e unlike) Is(error) bool { panic(e.secret) }

// Whatever the log, the observer, an error or the flow itself does: Step returns, the
// other flows run, the error and the queue say what it was, without what was thrown.
func TestSyncContainsWhatDoesNotReturn(t *testing.T) {
	t.Parallel()
	const secret = "Robin Example, 1 Mill Lane"
	panics := func() { panic(secret) }
	for name, tc := range map[string]struct {
		log, observe func()
		flow         func() error
		object, want string
	}{
		"a log that panics":        {log: panics, object: "what watches flow bad", want: "the handler of the log panicked: a value of the type string"},
		"a log that ends":          {log: runtime.Goexit, object: "what watches flow bad", want: "the handler of the log called runtime.Goexit"},
		"a log of what fails":      {log: panics, flow: func() error { return errors.New("away") }, object: "flow bad", want: "away"},
		"a log of what panics":     {log: panics, flow: func() error { panic(secret) }, object: "flow bad", want: "the flow panicked: a value of the type string"},
		"an observer that panics":  {observe: panics, object: "what watches flow bad", want: "Observe panicked: a value of the type string"},
		"an observer that ends":    {observe: runtime.Goexit, object: "what watches flow bad", want: "Observe called runtime.Goexit"},
		"a flow that ends":         {flow: func() error { runtime.Goexit(); return nil }, object: "flow bad", want: "the flow called runtime.Goexit"},
		"an error that panics":     {flow: func() error { return &silent{secret} }, object: "flow bad", want: "an error of the type *bridge_test.silent, of which a method panics"},
		"an error whose Is panics": {flow: func() error { return unlike{secret} }, object: "flow bad", want: "an error of the type bridge_test.unlike, of which a method panics"},
		"an error that is nothing": {flow: func() error { var e *silent; return e }, object: "flow bad", want: "an error of the type *bridge_test.silent, of which a method panics"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, "GB"), syncSettings()
				memory := new(bridge.Memory)
				b, err := bridge.NewSync(s.shop, s.book, memory.Shop(settings.Shop), settings)
				must(t, err)
				var bad, good atomic.Int32
				b.Flows = []bridge.Flow{
					{Name: "bad", Every: time.Minute, Run: func(context.Context) (fmt.Stringer, error) {
						bad.Add(1)
						if tc.flow == nil {
							return nil, nil
						}
						return nil, tc.flow()
					}},
					{Name: "good", Every: time.Minute, Run: func(context.Context) (fmt.Stringer, error) { good.Add(1); return nil, nil }},
				}
				if tc.log != nil {
					b.Log = slog.New(thrower{slog.NewTextHandler(new(bytes.Buffer), &slog.HandlerOptions{Level: slog.LevelDebug}), tc.log})
				}
				b.Observe = func(_ context.Context, run bridge.FlowRun) {
					if tc.observe != nil && run.Flow == "bad" {
						tc.observe()
					}
				}
				did, err := b.Step(t.Context())
				cases, openErr := memory.Cases(t.Context(), exceptions.Filter{Object: tc.object})
				must(t, openErr)
				if len(did) != 2 || good.Load() != 1 || err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%d runs, the other flow %d times, error %v; want both, once and %q", len(did), good.Load(), err, tc.want)
				}
				if len(cases) != 1 || cases[0].Kind != exceptions.RunFailing || !strings.Contains(cases[0].Seen, tc.want) {
					t.Errorf("cases about %q: %v, want one with %q", tc.object, cases, tc.want)
				}
				if h := b.Health(); h.Healthy || h.Flows["bad"].Healthy() || !strings.Contains(h.Flows["bad"].LastError, tc.want) {
					t.Errorf("health: %s, want %q", h.Flows["bad"], tc.want)
				}
				if text := fmt.Sprint(err, cases, b.Health()); strings.Contains(text, secret) {
					t.Errorf("what was thrown is told: %s", text)
				}
				// And it is tried again for ever.
				stop := start(t, b)
				time.Sleep(3*time.Minute + time.Second)
				stop()
				tc.log, tc.observe, tc.flow = nil, nil, nil
				b.Log = nil
				if bad.Load() != 5 || good.Load() != 5 {
					t.Errorf("in three minutes of Run: %d and %d runs in all, want 5 of each", bad.Load(), good.Load())
				}
				must(t, errOf(b.Step(t.Context())))
				if left, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.RunFailing}}); err != nil || len(left) != 0 {
					t.Errorf("when all is well again: %v, %v; want no case", left, err)
				}
			})
		})
	}
}

// A case of what still fails comes back: a person who has resolved it may be wrong, and
// so may another process, in which it went well.
func TestWhatStillFailsIsToldAgain(t *testing.T) {
	t.Parallel()
	for name, closing := range map[string]func(t *testing.T, memory *bridge.Memory, other *bridge.Sync){
		"resolved": func(t *testing.T, memory *bridge.Memory, _ *bridge.Sync) {
			t.Helper()
			_, err := memory.Decide(t.Context(), "uk-shop|"+string(exceptions.RunFailing)+"|flow bad", exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "done"})
			must(t, err)
		},
		"it went well elsewhere": func(t *testing.T, _ *bridge.Memory, other *bridge.Sync) {
			t.Helper()
			must(t, errOf(other.Step(t.Context())))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, "GB"), syncSettings()
				memory := new(bridge.Memory)
				process := func(err error) *bridge.Sync {
					b, newErr := bridge.NewSync(s.shop, s.book, memory.Shop(settings.Shop), settings)
					must(t, newErr)
					b.Flows = []bridge.Flow{{Name: "bad", Every: time.Minute, Run: func(context.Context) (fmt.Stringer, error) { return nil, err }}}
					return b
				}
				b := process(errors.New("away"))
				open := func() int {
					cases, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.RunFailing}})
					must(t, err)
					return len(cases)
				}
				for range 90 {
					_, _ = b.Step(t.Context())
					time.Sleep(time.Minute)
				}
				closing(t, memory, process(nil))
				if n := open(); n != 0 {
					t.Fatalf("%d cases are open, want none", n)
				}
				for range 16 {
					_, _ = b.Step(t.Context())
					time.Sleep(time.Minute)
				}
				if n := open(); n != 1 {
					t.Errorf("%d cases are open of what still fails, want one", n)
				}
			})
		})
	}
}

// While the settings cannot be compared with both sides nothing runs, and whoever looks
// at the queue or the health alone sees why.
func TestSyncTellsThatItCannotBegin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := new(outage)
		b, memory := newSync(t, newSides(t, "GB"), down, syncSettings())
		down.set(true)
		for _, want := range []exceptions.Severity{exceptions.Notice, exceptions.Urgent} {
			if _, err := b.Step(t.Context()); err == nil {
				t.Fatal("a step without the shop: got no error")
			}
			cases, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.RunFailing}})
			must(t, err)
			if len(cases) != 1 || cases[0].Severity != want || !strings.Contains(cases[0].Seen, "no route to the shop") {
				t.Errorf("got %v, want one case, %s, with the error", cases, want)
			}
			if h := b.Health(); h.Healthy || !strings.Contains(h.Check.LastError, "no route to the shop") {
				t.Errorf("healthy %t, the check %s; want the error", h.Healthy, h.Check)
			}
			time.Sleep(2 * time.Hour)
		}
		down.set(false)
		must(t, errOf(b.Step(t.Context())))
		cases, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.RunFailing}})
		must(t, err)
		if h := b.Health(); len(cases) > 0 || !h.Healthy {
			t.Errorf("when all works: healthy %t, %v", h.Healthy, cases)
		}
	})
}
