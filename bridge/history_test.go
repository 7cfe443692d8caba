package bridge_test

import (
	"context"
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// longTrade puts the memory of a busy account into a shop's: reservations of orders
// that are open, and records of orders that ended in the last month.
func longTrade(tb testing.TB, s store.Shop, now time.Time, reservations, finished int) {
	tb.Helper()
	const page = 2500
	for from := 0; from < reservations; from += page {
		var list []store.Reservation
		for i := from; i < min(from+page, reservations); i++ {
			list = append(list, store.Reservation{
				OrderID: fmt.Sprint("open", i), LocationID: "elsewhere", Items: map[string]int{fmt.Sprint("i", i%1000): 1}, SeenAt: now,
				Lines: []store.ReservedLine{{LineID: "1", SKUID: "s", SKU: "SKU", Items: map[string]int{fmt.Sprint("i", i%1000): 1}}},
			})
		}
		if err := s.PutReservations(tb.Context(), list...); err != nil {
			tb.Fatal(err)
		}
	}
	for from := 0; from < finished; from += page {
		var list []store.Record
		for i := from; i < min(from+page, finished); i++ {
			id := fmt.Sprint("done", i)
			list = append(list, store.Record{
				OrderID: id, Status: string(bridge.Completed), WarehouseIDs: []string{id}, Reference: store.WrittenReference{WarehouseID: id, At: now},
				EndedAt: now.Add(-30 * 24 * time.Hour).Add(time.Duration(i) * time.Second / 2),
			})
		}
		if _, err := s.PutRecords(tb.Context(), list...); err != nil {
			tb.Fatal(err)
		}
	}
}

// What a Sync asks of its store depends on what there is to do, not on what was ever
// done: with 50,000 reservations and 200,000 finished orders it makes the same calls,
// and gets the same rows. The stock push alone reads the whole ledger, which is what it
// computes the stock from.
func TestNoRunWalksThroughWhatIsDone(t *testing.T) {
	t.Parallel()
	reservations, finished := 50_000, 200_000
	if testing.Short() || raceDetector {
		reservations, finished = 5000, 20_000
	}
	counts := func(reservations, finished int) (calls, rows map[string]int) {
		calls, rows = map[string]int{}, map[string]int{}
		synctest.Test(t, func(t *testing.T) {
			s := newSides(t, "GB")
			memory := &countedStore{shop: new(store.Memory).Shop("uk-shop")}
			longTrade(t, memory.shop, time.Now(), reservations, finished)
			queue := new(exceptions.Memory).Shop("uk-shop")
			b, err := bridge.NewSync(s.shop, s.book, struct {
				*countedStore
				exceptions.Queue
			}{memory, queue}, syncSettings())
			must(t, err)
			b.Observe = func(_ context.Context, run bridge.FlowRun) { // one flow after the other
				c, r := memory.since()
				for name, n := range c {
					calls[run.Flow+" "+name] += n
					rows[run.Flow+" "+name] += r[name]
				}
			}
			step := func() {
				t.Helper()
				time.Sleep(time.Hour) // every flow is due
				r, err := b.Step(t.Context())
				if err != nil {
					t.Fatalf("%v\n%s", err, r)
				}
			}
			step()
			time.Sleep(time.Second) // they are placed after the records began
			var ids []string
			for range 3 {
				ids = append(ids, s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true}))
			}
			clear(calls)
			clear(rows)
			step()
			for _, id := range ids {
				found := s.inLinnworks(id)
				if len(found) != 1 {
					t.Fatalf("order %s: %d orders in Linnworks", id, len(found))
				}
				must(t, s.linn.SetTracking(found[0].OrderID, s.linn.AddPostalService("Tracked 48", "Royal Mail"), "RM"+id))
				must(t, s.linn.Process(found[0].OrderID))
			}
			step()
			step()
		})
		return calls, rows
	}
	calls, rows := counts(0, 0)
	longCalls, longRows := counts(reservations, finished)
	if diff := cmp.Diff(calls, longCalls); diff != "" {
		t.Errorf("calls of the store without a history and with one:\n%s", diff)
	}
	const ledger = bridge.FlowStock + " LedgerChanges"
	if got := longRows[ledger] - rows[ledger]; got != 0 {
		t.Errorf("stock pushes read %d reservations besides those of the new orders, want none: the first has read them all", got)
	}
	delete(rows, ledger)
	delete(longRows, ledger)
	if diff := cmp.Diff(rows, longRows); diff != "" {
		t.Errorf("rows that the store handed out without a history and with one:\n%s", diff)
	}
	for _, call := range []string{bridge.FlowOrders + " RecordsOf", bridge.FlowDispatch + " TryLock", bridge.FlowReferences + " ReferencesDue", bridge.FlowRetention + " EndedRecords"} {
		if longCalls[call] == 0 {
			t.Errorf("not everything ran: no call of %s", call)
		}
	}
	t.Logf("calls %v, rows %v", longCalls, longRows)
}

var finishedCount = flag.Int("finished", 200_000, "how many finished orders BenchmarkBatchAfterLongTrade has on record")

// BenchmarkBatchAfterLongTrade imports and dispatches 200 orders, with nothing in the
// memory and with 50,000 reservations and many finished orders. The sides answer at
// once, so what is measured is the bridge and the memory alone.
//
// A batch allocates 13.7 MB in 50,200 pieces with nothing in the memory, and 13.8 MB in
// as many with 50,000 reservations and 5 million finished orders: half a per cent more. A
// batch took from 20 ms on, on a machine that others used, in no relation to what was in
// the memory. That has 46 MB for 50,000 reservations and 0.57 kB for a finished order,
// 2.9 GB for 5 million, which the garbage collector has to walk through: a shop of that
// size has a database for its memory, or forgets sooner (Settings.ForgetAfter).
func BenchmarkBatchAfterLongTrade(b *testing.B) {
	for _, bench := range []struct {
		name                   string
		reservations, finished int
	}{
		{"new", 0, 0},
		{"50000 reservations", 50_000, 0},
		{fmt.Sprint("50000 reservations, ", *finishedCount, " finished"), 50_000, *finishedCount},
	} {
		b.Run(bench.name, func(b *testing.B) {
			before := liveHeap()
			memory := new(store.Memory).Shop("shop")
			longTrade(b, memory, world.Noon, bench.reservations, bench.finished)
			size := float64(liveHeap()-before) / 1e6
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				w := world.NewWorld(nil)
				var orders []bridge.Order
				var ids []string
				for range 200 {
					n++
					orders = append(orders, w.Put(world.AnOrder(fmt.Sprint(n), "MUG", "SPOON"))...)
					ids = append(ids, fmt.Sprint(n))
				}
				queue := new(exceptions.Memory).Shop("shop")
				im, err := bridge.NewImporter(bridge.ImportPorts{OrderBook: w, Tracer: w, Catalogue: w, Ledger: memory, Records: memory, Locks: memory, Exceptions: queue},
					bridge.ImportOptions{DefaultLocation: "L1", Now: w.Now})
				if err != nil {
					b.Fatal(err)
				}
				d, err := bridge.NewDispatcher(bridge.DispatchPorts{Gate: w.Gate(), Orders: w, Shipper: w, OrderBook: w, Tracking: w, Records: memory, Locks: memory, Exceptions: queue},
					bridge.DispatchOptions{Now: w.Now})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				imported, err := im.Import(b.Context(), orders...)
				if err != nil || len(imported) != 200 {
					b.Fatal(len(imported), err)
				}
				b.StopTimer()
				for i, e := range w.Book {
					e.State, e.Stage, e.Tracking = bridge.Processed, stage.Processed, fmt.Sprint("RM", i)
				}
				b.StartTimer()
				sent, err := d.Dispatch(b.Context(), w.Entries()...)
				b.StopTimer()
				if err != nil || len(sent) != 200 || len(w.Shipped) != 200 {
					b.Fatal(len(sent), len(w.Shipped), err)
				}
				// The next batch finds the memory as this one did.
				if err := memory.DropReservations(context.Background(), ids...); err != nil {
					b.Fatal(err)
				}
				if err := memory.DropRecords(context.Background(), ids...); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(size, "MB-memory")
		})
	}
}
