package stock_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// Another process has cancelled an order as out of stock. What the shop zeroes then is put
// right here within seconds, also if that happens minutes after it was noted; nobody is
// told, and the note is gone when no zero is expected any longer.
func TestZeroedByAnotherProcess(t *testing.T) {
	for name, late := range map[string]time.Duration{"at once": 0, "late": 9 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG", "SPOON", "SET")
				p := w.ports()
				p.SeeOrders, p.Zeroed = w.SeeOrders, w.Memory
				e := engine(t, p, stock.Options{Pace: stock.Pace{CheckEvery: time.Hour}}) // which would find it, too
				ctx, cancel := context.WithCancel(t.Context())
				var running sync.WaitGroup
				defer running.Wait()
				defer cancel()
				running.Go(func() { _ = e.Run(ctx, nil) })
				time.Sleep(time.Minute)
				before := w.Shown()["MUG"]

				i := slices.IndexFunc(w.ForSale, func(s catalogue.Listing) bool { return s.SellerSKU == "MUG" })
				zero := func() {
					w.Mu.Lock()
					defer w.Mu.Unlock()
					for j := range w.ForSale[i].Stock {
						w.ForSale[i].Stock[j].Quantity = 0
					}
				}
				if late == 0 {
					zero()
				}
				if err := stock.NoteZeroed(t.Context(), w.Memory, time.Now(), w.ForSale[i].ID); err != nil {
					t.Fatal(err)
				}
				if late > 0 {
					time.Sleep(late)
					zero()
					time.Sleep(10*time.Minute - late)
				}
				time.Sleep(15 * time.Second)
				if got := w.Shown()["MUG"]; got != before {
					t.Errorf("the shop shows %s, want %s again", got, before)
				}
				time.Sleep(10 * time.Minute)
				if open := w.OpenKinds(); len(open) > 0 {
					t.Errorf("cases %q, want none", open)
				}
				if left, err := w.Memory.Revisits(t.Context(), stock.ZeroedList); err != nil || len(left) > 0 {
					t.Errorf("still noted: %v, %v, want nothing", left, err)
				}
			})
		})
	}
}
