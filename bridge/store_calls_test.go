package bridge_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// countedStore counts the calls of a shop's memory, by name, and the rows that they return,
// as a database on another machine would have to serve them. It embeds nothing, so that
// no method is forgotten. A lock that is given back is a call too.
type countedStore struct {
	shop store.Shop

	mu          sync.Mutex
	calls, rows map[string]int
}

func (c *countedStore) note(name string, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls, c.rows = map[string]int{}, map[string]int{}
	}
	c.calls[name]++
	c.rows[name] += rows
}

// since returns what was counted since the last time.
func (c *countedStore) since() (calls, rows map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls, rows = maps.Clone(c.calls), maps.Clone(c.rows)
	clear(c.calls)
	clear(c.rows)
	return calls, rows
}

// sum adds up what was counted.
func sum(counts map[string]int) (n int) {
	for _, v := range counts {
		n += v
	}
	return n
}

func (c *countedStore) Cursor(ctx context.Context, name string) (store.Cursor, error) {
	c.note("Cursor", 1)
	return c.shop.Cursor(ctx, name)
}

func (c *countedStore) SetCursor(ctx context.Context, name string, v store.Cursor) error {
	c.note("SetCursor", 0)
	return c.shop.SetCursor(ctx, name, v)
}

func (c *countedStore) AddHint(ctx context.Context, list, orderID string) error {
	c.note("AddHint", 0)
	return c.shop.AddHint(ctx, list, orderID)
}

func (c *countedStore) Hints(ctx context.Context, list string) ([]store.Hint, error) {
	found, err := c.shop.Hints(ctx, list)
	c.note("Hints", len(found))
	return found, err
}

func (c *countedStore) DropHints(ctx context.Context, list string, hints ...store.Hint) error {
	c.note("DropHints", 0)
	return c.shop.DropHints(ctx, list, hints...)
}

func (c *countedStore) PutRevisits(ctx context.Context, list string, entries ...store.Revisit) error {
	c.note("PutRevisits", 0)
	return c.shop.PutRevisits(ctx, list, entries...)
}

func (c *countedStore) DropRevisits(ctx context.Context, list string, ids ...string) error {
	c.note("DropRevisits", 0)
	return c.shop.DropRevisits(ctx, list, ids...)
}

func (c *countedStore) Revisits(ctx context.Context, list string) ([]store.Revisit, error) {
	found, err := c.shop.Revisits(ctx, list)
	c.note("Revisits", len(found))
	return found, err
}

func (c *countedStore) PutReservations(ctx context.Context, list ...store.Reservation) error {
	c.note("PutReservations", 0)
	return c.shop.PutReservations(ctx, list...)
}

func (c *countedStore) DropReservations(ctx context.Context, ids ...string) error {
	c.note("DropReservations", 0)
	return c.shop.DropReservations(ctx, ids...)
}

func (c *countedStore) ReservationsOf(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
	found, err := c.shop.ReservationsOf(ctx, ids...)
	c.note("ReservationsOf", len(found))
	return found, err
}

func (c *countedStore) Reservations(ctx context.Context) ([]store.Reservation, error) {
	found, err := c.shop.Reservations(ctx)
	c.note("Reservations", len(found))
	return found, err
}

func (c *countedStore) LedgerChanges(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
	found, now, err := c.shop.LedgerChanges(ctx, after)
	c.note("LedgerChanges", len(found))
	return found, now, err
}

func (c *countedStore) SetSeenUpTo(ctx context.Context, moment time.Time) error {
	c.note("SetSeenUpTo", 0)
	return c.shop.SetSeenUpTo(ctx, moment)
}

func (c *countedStore) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	found, err := c.shop.SeenUpTo(ctx)
	c.note("SeenUpTo", len(found))
	return found, err
}

func (c *countedStore) RecordsOf(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
	found, since, err := c.shop.RecordsOf(ctx, ids...)
	c.note("RecordsOf", len(found))
	return found, since, err
}

func (c *countedStore) PutRecords(ctx context.Context, list ...store.Record) ([]int64, error) {
	c.note("PutRecords", 0)
	return c.shop.PutRecords(ctx, list...)
}

func (c *countedStore) DropRecords(ctx context.Context, ids ...string) error {
	c.note("DropRecords", 0)
	return c.shop.DropRecords(ctx, ids...)
}

func (c *countedStore) DueRecords(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
	found, err := c.shop.DueRecords(ctx, at, after, limit)
	c.note("DueRecords", len(found))
	return found, err
}

func (c *countedStore) ReferencesDue(ctx context.Context, refusedBefore time.Time, limit int) ([]store.Record, error) {
	found, err := c.shop.ReferencesDue(ctx, refusedBefore, limit)
	c.note("ReferencesDue", len(found))
	return found, err
}

func (c *countedStore) EndedRecords(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
	found, err := c.shop.EndedRecords(ctx, before, after, limit)
	c.note("EndedRecords", len(found))
	return found, err
}

func (c *countedStore) Forget(ctx context.Context, records ...store.Record) (int, error) {
	c.note("Forget", 0)
	return c.shop.Forget(ctx, records...)
}

func (c *countedStore) PutLabel(ctx context.Context, l store.LabelDocument) error {
	c.note("PutLabel", 0)
	return c.shop.PutLabel(ctx, l)
}

func (c *countedStore) Label(ctx context.Context, orderID, packageID string) (store.LabelDocument, bool, error) {
	c.note("Label", 1)
	return c.shop.Label(ctx, orderID, packageID)
}

func (c *countedStore) DropLabels(ctx context.Context, ids ...string) error {
	c.note("DropLabels", 0)
	return c.shop.DropLabels(ctx, ids...)
}

func (c *countedStore) PutValue(ctx context.Context, name string, value []byte) error {
	c.note("PutValue", 0)
	return c.shop.PutValue(ctx, name, value)
}

func (c *countedStore) Value(ctx context.Context, name string) ([]byte, bool, error) {
	c.note("Value", 1)
	return c.shop.Value(ctx, name)
}

func (c *countedStore) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	c.note("Lock", 0)
	held, unlock, err := c.shop.Lock(ctx, key)
	return held, c.unlocking(unlock), err
}

func (c *countedStore) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	held, taken, unlock, err := c.shop.TryLock(ctx, keys...)
	c.note("TryLock", 0)
	return held, taken, c.unlocking(unlock), err
}

func (c *countedStore) unlocking(unlock func()) func() {
	if unlock == nil {
		return nil
	}
	return func() {
		c.note("unlock", 0)
		unlock()
	}
}

// countedQueue counts the calls of a queue.
type countedQueue struct {
	exceptions.Queue
	calls int
}

func (c *countedQueue) Raise(ctx context.Context, e exceptions.Exception) error {
	c.calls++
	return c.Queue.Raise(ctx, e)
}

func (c *countedQueue) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	c.calls++
	return c.Queue.Clear(ctx, object, kinds...)
}

func (c *countedQueue) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	c.calls++
	return c.Queue.Open(ctx, kinds...)
}

// setShop is a big shop that shows what it is told.
type setShop struct {
	*bigShop
	place map[string]int // of the listings
	calls int
}

func (s *setShop) PublishStock(_ context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	s.calls++
	for _, sku := range p.SKUs {
		copy(s.listings[s.place[sku.ID]].Stock, sku.Stock)
	}
	return nil, nil
}

// With 40,000 SKUs and 10,000 open orders, and nothing to do, a pass of everything makes
// fewer than 200 calls of the store: it would take seconds longer over a slow line.
func TestStoreCallsOfAPassAtRest(t *testing.T) {
	t.Parallel()
	const orders, most = 10_000, 200
	skus := 40_000
	if raceDetector {
		skus = orders
	}

	t.Run("stock", func(t *testing.T) {
		shop := &setShop{bigShop: newBigShop(skus), place: make(map[string]int, skus)}
		for i, l := range shop.listings {
			shop.place[l.ID] = i
		}
		memory, queue := &countedStore{shop: new(store.Memory).Shop("shop")}, &countedQueue{Queue: new(exceptions.Memory).Shop("shop")}
		open := make([]store.Reservation, orders)
		for i := range open {
			item := fmt.Sprint("i", i-i%5)
			open[i] = store.Reservation{OrderID: fmt.Sprint("open", i), LocationID: "L1", Items: map[string]int{item: 1},
				Lines: []store.ReservedLine{{LineID: "1", SKUID: fmt.Sprint(i - i%5), Items: map[string]int{item: 1}}}}
		}
		must(t, memory.shop.PutReservations(t.Context(), open...))
		push, err := stock.NewEngine(stock.Ports{
			Listings: shop, Catalogue: shop, Levels: shop, SeeOrders: world.AllSeen, Ledger: memory, Publisher: shop, Locks: memory, Values: memory, Exceptions: queue,
		}, stock.Options{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, Now: world.AtNoon})
		must(t, err)
		plan, err := push.Plan(t.Context())
		must(t, err)
		const left = 200
		if len(plan.Products) < 2*left {
			t.Fatalf("%d products to publish at first", len(plan.Products))
		}
		for _, p := range plan.Products[left:] { // by somebody else
			_, err := shop.PublishStock(t.Context(), p)
			must(t, err)
		}
		shop.calls, queue.calls = 0, 0
		memory.since()
		_, err = push.Push(t.Context())
		must(t, err)
		published := shop.calls
		calls, rows := memory.since()
		t.Logf("a pass that published %d products: %d calls of the store and %d of the queue, %d reservations read: %v", published, sum(calls), queue.calls, rows["LedgerChanges"], calls)
		// Before each call the store is asked for changes, which are read once.
		if published != left || rows["LedgerChanges"] != orders || calls["LedgerChanges"] > left+10 {
			t.Errorf("%d reservations were read in %d calls of the store for %d to the shop; want %d, each once, for %d", rows["LedgerChanges"], calls["LedgerChanges"], published, orders, left)
		}
		queue.calls = 0
		_, err = push.Push(t.Context())
		must(t, err)
		if shop.calls != published {
			t.Fatalf("%d products were published of a shop at rest", shop.calls-published)
		}
		calls, rows = memory.since()
		t.Logf("a pass at rest: %d calls of the store and %d of the queue: %v", sum(calls), queue.calls, calls)
		if sum(calls)+queue.calls >= most || rows["LedgerChanges"] > 0 {
			t.Errorf("%d calls of the store and %d of the queue, %d reservations read; want fewer than %d, and none: %v", sum(calls), queue.calls, rows["LedgerChanges"], most, calls)
		}
	})

	t.Run("orders", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newBusyDay(time.Now().Add(-10*24*time.Hour), orders, 10*24*time.Hour/time.Duration(orders+1))
			in := s.intake(t, bridge.IntakeOptions{})
			for range 2 {
				runIntake(t, in)
				time.Sleep(time.Hour)
			}
			handed := s.handed
			s.memory.since()
			runIntake(t, in)
			calls, rows := s.memory.since()
			t.Logf("a run at rest: %d calls, %d rows: %v", sum(calls), sum(rows), calls)
			if handed < orders || s.handed != handed {
				t.Fatalf("%d orders handed on at first, want all %d, and %d at rest", handed, orders, s.handed-handed)
			}
			if sum(calls) >= most {
				t.Errorf("%d calls of the store, want fewer than %d: %v", sum(calls), most, calls)
			}
		})
	})

	t.Run("every flow", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSides(t, "GB")
			memory, queue := &countedStore{shop: new(store.Memory).Shop("uk-shop")}, &countedQueue{Queue: new(exceptions.Memory).Shop("uk-shop")}
			longTrade(t, memory.shop, time.Now(), orders, 0)
			var open []store.Record
			for i := range orders {
				id := fmt.Sprint("open", i)
				open = append(open, store.Record{OrderID: id, Status: string(bridge.AwaitingShipment), WarehouseIDs: []string{id},
					Reference: store.WrittenReference{WarehouseID: id, At: time.Now()}, Deadline: time.Now().Add(48 * time.Hour)})
			}
			_, err := memory.shop.PutRecords(t.Context(), open...)
			must(t, err)
			b, err := bridge.NewSync(s.shop, s.book, struct {
				*countedStore
				exceptions.Queue
			}{memory, queue}, syncSettings())
			must(t, err)
			for range 2 {
				time.Sleep(time.Hour) // every flow is due
				memory.since()
				queue.calls = 0
				if r, err := b.Step(t.Context()); err != nil {
					t.Fatalf("%v\n%s", err, r)
				}
			}
			calls, rows := memory.since()
			t.Logf("a step at rest: %d calls of the store, %d rows, and %d of the queue: %v", sum(calls), sum(rows), queue.calls, calls)
			if sum(calls)+queue.calls >= most {
				t.Errorf("%d calls of the store and %d of the queue, want fewer than %d: %v", sum(calls), queue.calls, most, calls)
			}
		})
	})
}
