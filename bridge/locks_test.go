package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// An order that somebody else is at work on is waited for, and keeps none of the
// others of its batch waiting.
func TestImportWaitsForABusyOrderLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.NewWorld(t)
		orders := w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "MUG"), world.AnOrder("3", "MUG"))
		_, unlock, err := w.Memory.Lock(t.Context(), "order/2")
		must(t, err)
		var results bridge.OrderResults
		done := make(chan error, 1)
		go func() {
			var err error
			results, err = w.Importer().Import(t.Context(), orders...)
			done <- err
		}()
		synctest.Wait()
		imported := func() (ids []string) {
			for _, e := range w.Entries() {
				ids = append(ids, e.Reference)
			}
			return ids
		}
		if diff := cmp.Diff([]string{"1", "3"}, imported()); diff != "" {
			t.Errorf("in the warehouse while order 2 is locked (-want +got):\n%s", diff)
		}
		for _, id := range []string{"1", "3"} { // done with: nobody waits for them any longer
			_, taken, give, err := w.Memory.TryLock(t.Context(), "order/"+id)
			must(t, err)
			if len(taken) != 1 {
				t.Errorf("order %s is locked although it is done", id)
			}
			give()
		}
		unlock()
		must(t, <-done)
		if diff := cmp.Diff([]string{"1", "3", "2"}, imported()); diff != "" {
			t.Errorf("in the warehouse (-want +got):\n%s", diff)
		}
		for i, id := range []string{"1", "2", "3"} {
			if results[i].OrderID != id || results[i].Outcome != bridge.OutcomeCreated {
				t.Errorf("result %d is %+v, want order %s created", i, results[i], id)
			}
		}
	})
}

// A batch whose orders are all busy is not worked on before they are free, and one that
// need not wait any longer says so.
func TestImportGivesUpOnABusyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.NewWorld(t)
		orders := w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "MUG"))
		_, _, unlock, err := w.Memory.TryLock(t.Context(), "order/1", "order/2")
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan bridge.OrderResults, 1)
		go func() {
			results, _ := w.Importer().Import(ctx, orders...)
			done <- results
		}()
		synctest.Wait()
		if len(w.Entries()) > 0 {
			t.Errorf("%d orders were created under the lock of another", len(w.Entries()))
		}
		cancel()
		for _, r := range <-done {
			if r.Outcome != bridge.OutcomeFailed || r.Err == nil {
				t.Errorf("order %s: %s, %v; want it to fail", r.OrderID, r.Outcome, r.Err)
			}
		}
		unlock()
		if _, taken, give, err := w.Memory.TryLock(t.Context(), "order/1", "order/2"); err != nil || len(taken) != 2 {
			t.Errorf("locks are left behind: %q, %v", taken, err)
		} else {
			give()
		}
	})
}

// Two dispatches want the same orders, in any order, and one at a time has them.
func TestDispatchesOfTheSameOrdersFollowOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.NewWorld(t)
		for i := range 4 {
			w.Processed(w.Put(world.AnOrder(fmt.Sprint(i+1), "MUG"))[0], fmt.Sprint("RM", i))
		}
		_, unlock, err := w.Memory.Lock(t.Context(), "order/3")
		must(t, err)
		entries := w.Entries()
		done := make(chan error, 2)
		for range 2 {
			batch := slices.Clone(entries)
			d := w.Dispatcher(nil)
			go func() {
				_, err := d.Dispatch(t.Context(), batch...)
				done <- err
			}()
			slices.Reverse(entries)
		}
		synctest.Wait()
		if len(w.Shipped) > 0 {
			t.Errorf("%d orders were shipped under the lock of another", len(w.Shipped))
		}
		unlock()
		must(t, <-done)
		must(t, <-done)
		if len(w.Shipped) != len(entries) {
			t.Errorf("%d shipments, want each of %d orders shipped once", len(w.Shipped), len(entries))
		}
	})
}
