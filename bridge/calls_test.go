package bridge_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What one order costs from the sale to the end, alone in each run: bought, held for an
// hour, let go, sent, scanned, delivered, completed. That is what it costs besides the
// lists that each run reads anyway; in a busy shop many orders share most of these calls,
// see TestImportAtTheLimits and TestDispatchSpeed.
//
// It was 50 calls when the importer asked for the items of an order at every look, and
// read each order again before it acted. One that is cancelled before it is seen was 8, one
// whose buyer asks to cancel it 48.
func TestCallsOfOneOrder(t *testing.T) {
	t.Parallel()
	type step func(*testing.T, *sides, string) error
	later := func(wait time.Duration, do func(*tiktokshoptest.Fake, string) error) step {
		return func(_ *testing.T, s *sides, id string) error {
			time.Sleep(wait)
			return do(s.tiktok, id)
		}
	}
	for _, test := range []struct {
		name  string
		spec  tiktokshoptest.OrderSpec
		first step // before the bridge sees it
		steps []step
		want  map[string]int
	}{
		{
			name: "the whole way", spec: tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true},
			steps: []step{
				later(time.Hour, func(*tiktokshoptest.Fake, string) error { return nil }), // the hold is over
				func(t *testing.T, s *sides, id string) error {
					o := s.inLinnworks(id)[0]
					must(t, s.linn.SetTracking(o.OrderID, s.linn.AddPostalService("Tracked 48", "Royal Mail"), "RM"+id))
					return s.linn.Process(o.OrderID)
				},
				later(0, func(*tiktokshoptest.Fake, string) error { return nil }),
				later(3*time.Hour, (*tiktokshoptest.Fake).Collect),
				later(3*time.Hour, (*tiktokshoptest.Fake).Deliver),
				later(3*time.Hour, (*tiktokshoptest.Fake).Complete),
			},
			want: map[string]int{
				// Which item it is: once, of all orders of some minutes.
				"Inventory.GetStockItemIDsBySKU": 1, "Inventory.GetInventoryItemsCompositionByIDs": 1, "Inventory.BatchGetInventoryItemChannelSKUs": 1, "Stock.GetStockItemsFull": 1,
				"Orders.CreateOrders": 1, "Order.AddExternalOrderReferences": 1,
				"Orders.ChangeOrderTag": 1, "Orders.RunRulesEngine": 1,
				"Logistics.GetShippingProviders": 1, "Fulfillment.MarkPackageAsShipped": 1,
				// A look at one side each; two more are the sweep for what to dispatch.
				"Order.GetOrderDetail": 10, "Orders.GetOrdersByID": 9,
				"Orders.GetAllOpenOrders": 1, "ProcessedOrders.SearchProcessedOrders": 1,
			},
		},
		{
			name: "a buyer asks to cancel", spec: tiktokshoptest.OrderSpec{Lines: mugs(1), NoHold: true},
			steps: []step{
				later(time.Hour, func(*tiktokshoptest.Fake, string) error { return nil }), // the hold is over
				later(0, func(f *tiktokshoptest.Fake, id string) error { _, err := f.RequestCancellation(id, ""); return err }),
				later(0, func(*tiktokshoptest.Fake, string) error { return nil }),
				later(time.Hour, func(*tiktokshoptest.Fake, string) error { return nil }),
			},
			want: map[string]int{
				"Inventory.GetStockItemIDsBySKU": 1, "Inventory.GetInventoryItemsCompositionByIDs": 1, "Inventory.BatchGetInventoryItemChannelSKUs": 1, "Stock.GetStockItemsFull": 1,
				"Orders.CreateOrders": 1, "Order.AddExternalOrderReferences": 1, "Orders.RunRulesEngine": 1,
				// Let go, held for the buyer, and unparked to be cancelled.
				"Orders.ChangeOrderTag": 3, "ReturnRefund.ApproveCancellation": 1, "Orders.CancelOrder": 1,
				"Order.GetOrderDetail": 8, "ReturnRefund.SearchCancellationsV202309": 1, "Orders.GetOrdersByID": 9,
				// The canceller begins with the importer's look. It looks by reference while the
				// order is held and after it, and no more when the shop shows it as cancelled.
				"Orders.GetOrderDetailsByReferenceID": 2,
				"Orders.GetOrdersRelations":           1, // the list of what the warehouse has cancelled, once
			},
		},
		{
			name: "cancelled before it is seen", spec: tiktokshoptest.OrderSpec{Lines: mugs(1), State: "ON_HOLD"},
			first: later(0, func(f *tiktokshoptest.Fake, id string) error { return f.CancelByBuyer(id, "") }),
			steps: []step{later(0, func(*tiktokshoptest.Fake, string) error { return nil })},
			want:  map[string]int{"Order.GetOrderDetail": 2},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSides(t, "GB")
				b, _ := newSync(t, s, new(outage), syncSettings())
				run := func() {
					t.Helper()
					time.Sleep(10 * time.Minute)
					for _, flow := range []string{bridge.FlowOrders, bridge.FlowReferences, bridge.FlowRevocations, bridge.FlowDispatch} {
						if r, err := b.RunFlow(t.Context(), flow); err != nil {
							t.Fatalf("%s: %v\n%v", flow, err, r.Result)
						}
					}
				}
				// during counts the calls, but for those of a session that has expired.
				during := func(do func()) map[string]int {
					s.linn.ForgetCalls()
					s.tiktok.ResetCalls()
					do()
					calls := map[string]int{}
					for _, c := range s.linn.Calls() {
						if c.Status == http.StatusOK && c.Operation != "Auth.AuthorizeByApplication" {
							calls[c.Operation]++
						}
					}
					for _, c := range s.tiktok.Calls() {
						calls[c.Operation]++
					}
					return calls
				}
				run()
				run()
				idle := during(func() {
					for range 1 + len(test.steps) {
						run()
					}
				})
				got := during(func() {
					id := s.place(t, test.spec)
					if test.first != nil {
						must(t, test.first(t, s, id))
					}
					run()
					for _, do := range test.steps {
						must(t, do(t, s, id))
						run()
					}
				})
				for name, n := range idle {
					if got[name] -= n; got[name] == 0 {
						delete(got, name)
					}
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				t.Logf("%d calls: %v", sum(got), got)
			})
		})
	}
}

// An order that the ledger and the warehouse have is worked on without the catalogue.
// What the warehouse turns out not to count any longer is looked up, so that the ledger
// has its units; if that fails the order does, and keeps what it had.
func TestImportAsksTheCatalogueWhenItMust(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*world.World)
		down   bool // the catalogue
		want   bridge.Outcome
		calls  int // of the catalogue
		unseen store.Unseen
	}{
		"nothing has changed": {change: func(*world.World) {}, down: true, want: bridge.OutcomeUnchanged},
		"locked":              {change: func(w *world.World) { w.Book[0].State = bridge.Locked }, want: bridge.OutcomeUnchanged, calls: 1, unseen: store.UnseenLocked},
		"locked, and the catalogue is down": {
			change: func(w *world.World) { w.Book[0].State = bridge.Locked }, down: true, want: bridge.OutcomeFailed, calls: 1,
		},
		"no longer in the ledger": {
			change: func(w *world.World) { must(w.T, w.Memory.DropReservations(w.T.Context(), "1")) }, down: true, want: bridge.OutcomeUnchanged,
		},
		"no longer in the ledger, and locked": {
			change: func(w *world.World) {
				must(w.T, w.Memory.DropReservations(w.T.Context(), "1"))
				w.Book[0].State = bridge.Locked
			},
			want: bridge.OutcomeUnchanged, calls: 1, unseen: store.UnseenLocked,
		},
		"delivered": {
			change: func(w *world.World) {
				w.Book[0].State, w.Book[0].Tracking = bridge.Processed, "RM1"
				w.Mark("1", "RM1", nil)
				w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Delivered })
			},
			down: true, want: bridge.OutcomeUnchanged,
		},
		"there twice, in parts": {
			change: func(w *world.World) {
				twin := *w.Book[0]
				twin.ID, twin.Number = "another", "999"
				w.Book = append(w.Book, &twin)
				_, err := store.UpdateRecords(w.T.Context(), w.Memory, func(r *store.Record) { r.WarehouseIDs = append(r.WarehouseIDs, "another") }, store.Record{OrderID: "1"})
				if err != nil {
					w.T.Fatal(err)
				}
			},
			want: bridge.OutcomeRaised, calls: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world.NewWorld(t)
			w.Put(world.AnOrder("1", "MUG", "SPOON"))
			im := w.Importer()
			if _, err := im.Import(t.Context(), w.Orders["1"]); err != nil {
				t.Fatal(err)
			}
			before, _ := w.Reservation()
			test.change(w)
			calls := w.Count("StockItems")
			if test.down {
				w.Fail = world.FailOn("StockItems")
			}
			results, err := im.Import(t.Context(), w.Orders["1"])
			if len(results) != 1 || results[0].Outcome != test.want || errors.Is(err, world.ErrInjected) != (test.want == bridge.OutcomeFailed) {
				t.Errorf("got %v, %v, want %s", results, err, test.want)
			}
			if got := w.Count("StockItems") - calls; (got > 0) != (test.calls > 0) {
				t.Errorf("the catalogue was asked %d times, want %d", got, test.calls)
			}
			after, kept := w.Reservation()
			if !kept {
				return
			}
			if diff := cmp.Diff(before.Items, after.Items); diff != "" || after.Unseen != test.unseen {
				t.Errorf("unseen %q, want %q; units (-before +after):\n%s", after.Unseen, test.unseen, diff)
			}
		})
	}
}
