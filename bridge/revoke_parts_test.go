package bridge_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// zeroExpected notes what it is told.
type zeroExpected []string

func (z *zeroExpected) ExpectZero(skus ...string) { *z = append(*z, skus...) }

// The mug of an order of two mugs and a spoon is split off and cancelled, or what each
// case makes of it.
func TestShortOrders(t *testing.T) {
	rest := bridge.RevokeOptions{Short: policy.ShortRest, ZeroStock: true, Reasons: []string{world.ReasonBuyer}}
	whole := bridge.RevokeOptions{Short: policy.ShortWhole, Reasons: []string{world.ReasonBuyer}}
	// line is a line of a part: its id, the shop's lines it was made for, and how many units.
	line := func(id, sku string, n int, from ...string) bridge.WarehouseLine {
		return bridge.WarehouseLine{LineID: id, SKU: sku, Quantity: n, FromLineIDs: from}
	}
	mugs, spoon := func(n int) bridge.WarehouseLine { return line("1-1", "MUG", n, "1-1", "1-2") }, line("1-3", "SPOON", 1, "1-3")
	for name, c := range map[string]struct {
		options       bridge.RevokeOptions
		offered       []string
		live, dropped []bridge.WarehouseLine
		change        func(o *bridge.Order, live *world.BookEntry)
		want          bridge.Outcome
		revoked       string
		zeroed        []string
		raised        string
	}{
		"by default a person decides": {
			live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon}, want: bridge.OutcomeRaised, raised: "(order 100b), and the shop says AWAITING_SHIPMENT: only 1 × SPOON; the rest goes on",
		},
		"to wait is said too": {
			options: bridge.RevokeOptions{Short: policy.ShortWaits, Reasons: []string{world.ReasonBuyer}}, offered: []string{world.ReasonBuyer},
			live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon}, want: bridge.OutcomeRaised, raised: "only 1 × SPOON; the rest goes on",
		},
		"the rest": {
			options: rest, offered: []string{world.ReasonStock + "_uk", world.ReasonBuyer}, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			want: bridge.OutcomeRevoked, revoked: "1 1-3 " + world.ReasonStock + "_uk", zeroed: []string{"s-SPOON"},
		},
		"the rest of a line": {
			options: rest, offered: []string{world.ReasonStock}, live: []bridge.WarehouseLine{mugs(1), spoon}, dropped: []bridge.WarehouseLine{mugs(1)},
			want: bridge.OutcomeRevoked, revoked: "1 1-2 " + world.ReasonStock, zeroed: []string{"s-MUG"},
		},
		"units that are sent stay": {
			options: rest, offered: []string{world.ReasonStock}, live: []bridge.WarehouseLine{mugs(1), spoon}, dropped: []bridge.WarehouseLine{mugs(1)},
			change: func(o *bridge.Order, _ *world.BookEntry) { o.Lines[1].Tracking = "JV1" },
			want:   bridge.OutcomeRevoked, revoked: "1 1-1 " + world.ReasonStock, zeroed: []string{"s-MUG"},
		},
		"the rest, once the shop has the first parcel": {
			options: rest, offered: []string{world.ReasonStock}, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			change: func(o *bridge.Order, live *world.BookEntry) {
				o.Status, o.Lines[0].Tracking, o.Lines[1].Tracking, live.State = bridge.PartiallyShipping, "JV1", "JV1", bridge.Processed
			},
			want: bridge.OutcomeRevoked, revoked: "1 1-3 " + world.ReasonStock, zeroed: []string{"s-SPOON"},
		},
		"by default a person decides about the rest": {
			live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			change: func(o *bridge.Order, live *world.BookEntry) {
				o.Status, o.Lines[0].Tracking, o.Lines[1].Tracking, live.State = bridge.PartiallyShipping, "JV1", "JV1", bridge.Processed
			},
			want: bridge.OutcomeRaised, raised: "and the shop says PARTIALLY_SHIPPING: only 1 × SPOON; the rest goes on",
		},
		"more units than are not sent": {
			options: rest, offered: []string{world.ReasonStock}, live: []bridge.WarehouseLine{spoon}, dropped: []bridge.WarehouseLine{mugs(2)},
			change: func(o *bridge.Order, _ *world.BookEntry) { o.Lines[1].Tracking = "JV1" },
			want:   bridge.OutcomeRaised, raised: "only a part of it, and units of line 1-1 are sent already",
		},
		"no single lines in this market": {
			options: rest, offered: []string{world.ReasonBuyer}, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			want: bridge.OutcomeRaised, raised: "only 1 × SPOON; the shop does not let single lines of it be cancelled",
		},
		"the whole order": {
			options: whole, offered: []string{world.ReasonBuyer}, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			want: bridge.OutcomeRevoked, revoked: "1 " + world.ReasonBuyer,
		},
		"the whole order, and a label is printed": {
			options: whole, offered: []string{world.ReasonBuyer}, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			change: func(_ *bridge.Order, live *world.BookEntry) { live.Stage = stage.LabelPrinted },
			want:   bridge.OutcomeRaised, raised: "too late to cancel the whole order, because part 100 is at stage \"label printed\"",
		},
		"the whole order, and a part has left": {
			options: whole, offered: []string{world.ReasonBuyer}, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			change: func(_ *bridge.Order, live *world.BookEntry) { live.State = bridge.Processed },
			want:   bridge.OutcomeRaised, raised: "too late",
		},
		"cancelled in the shop already": {
			options: rest, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{spoon},
			change: func(o *bridge.Order, _ *world.BookEntry) { o.Lines[2].Cancelled = true }, want: bridge.OutcomeUnchanged,
		},
		"made anew": {
			options: rest, live: []bridge.WarehouseLine{mugs(2), spoon}, dropped: []bridge.WarehouseLine{spoon}, want: bridge.OutcomeUnchanged,
		},
		"one of two made anew": {
			options: rest, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{mugs(2)}, want: bridge.OutcomeUnchanged,
		},
		"nobody knows what it was sold as": {
			options: rest, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{line("x", "LID", 1)}, want: bridge.OutcomeRaised, raised: "only a part of it, and it is not known what 1 × SKU LID in it was sold as",
		},
		"units went missing another way": {
			options: rest, live: []bridge.WarehouseLine{line("1-1", "MUG", 1, "1-1", "1-2", "1-3")}, dropped: []bridge.WarehouseLine{line("1-1", "MUG", 1, "1-1", "1-2", "1-3")},
			want: bridge.OutcomeRaised, raised: "line 1-1 was made for 3 units; 1 are cancelled and 1 are not",
		},
		"a component of a bundle": {
			options: rest, live: []bridge.WarehouseLine{mugs(2), line("1-3-1", "CUP", 1, "1-3")}, dropped: []bridge.WarehouseLine{line("1-3-2", "SAUCER", 2, "1-3")},
			want: bridge.OutcomeRaised, raised: "line 1-3 is a bundle of which only a part is cancelled",
		},
		"a component of one bundle, and another of both": {
			options: rest, live: []bridge.WarehouseLine{line("1-1", "MUG", 1, "1-1"), line("1-2-1", "CUP", 1, "1-2", "1-3")},
			dropped: []bridge.WarehouseLine{line("1-2-1", "CUP", 1, "1-2", "1-3"), line("1-2-2", "SAUCER", 2, "1-2", "1-3")},
			want:    bridge.OutcomeRaised, raised: "line 1-2 is a bundle of which only a part is cancelled",
		},
		"all that was sold, beside what was added by hand": {
			options: rest, live: []bridge.WarehouseLine{line("x", "FORK", 1)}, dropped: []bridge.WarehouseLine{mugs(2), line("1-3", "SPOON", 1, "1-3")},
			want: bridge.OutcomeRaised, raised: "all its lines are cancelled in one part and alive in another",
		},
		"all is cancelled in the shop": {
			options: rest, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{line("1-3", "SPOON", 1, "1-3")}, want: bridge.OutcomeUnchanged,
			change: func(o *bridge.Order, _ *world.BookEntry) {
				for i := range o.Lines {
					o.Lines[i].Cancelled = true
				}
			},
		},
		"more units than were sold": {
			options: rest, live: []bridge.WarehouseLine{line("1-1", "MUG", 1, "1-1", "1-2")}, dropped: []bridge.WarehouseLine{line("1-1", "MUG", 2, "1-1", "1-2")},
			want: bridge.OutcomeRaised, raised: "line 1-1 was made for 2 units; 2 are cancelled and 1 are not",
		},
		"beside a line that was changed by hand": {
			options: rest, offered: []string{world.ReasonStock}, live: []bridge.WarehouseLine{line("1-1", "MUG", 1, "1-1", "1-2")}, dropped: []bridge.WarehouseLine{line("1-3", "SPOON", 1, "1-3")},
			want: bridge.OutcomeRevoked, revoked: "1 1-3 " + world.ReasonStock, zeroed: []string{"s-SPOON"},
		},
		"a whole bundle": {
			options: rest, offered: []string{world.ReasonStock}, live: []bridge.WarehouseLine{mugs(2)}, dropped: []bridge.WarehouseLine{line("1-3-1", "CUP", 1, "1-3"), line("1-3-2", "SAUCER", 2, "1-3")},
			want: bridge.OutcomeRevoked, revoked: "1 1-3 " + world.ReasonStock, zeroed: []string{"s-SPOON"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.CancelReasonList = c.offered
			o := world.AnOrder("1", "MUG", "MUG", "SPOON")
			live := w.Waiting(o)
			part := *live
			live.Lines = c.live
			part.ID, part.Number, part.State, part.Lines = live.ID+"b", live.Number+"b", bridge.Dropped, c.dropped
			w.Book = append(w.Book, &part)
			if c.change != nil {
				c.change(&o, live)
			}
			w.Put(o)
			var zeroed zeroExpected
			c.options.Now = w.Now
			v, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w, Zeroes: &zeroed, Revisits: w.Memory}, c.options)
			must(t, err)
			list := []bridge.WarehouseOrder{part.WarehouseOrder} // what is cancelled is what is listed
			if got := world.Outcome(t)(v.Revoke(t.Context(), list...)); got != c.want {
				t.Errorf("outcome %q, want %q", got, c.want)
			}
			again := c.want
			if again == bridge.OutcomeRevoked {
				again = bridge.OutcomeUnchanged
			}
			if got := world.Outcome(t)(v.Revoke(t.Context(), list...)); got != again {
				t.Errorf("and again: outcome %q, want %q", got, again)
			}
			if got := strings.Join(w.Revoked, ";"); got != c.revoked {
				t.Errorf("cancelled in the shop: %q, want %q", got, c.revoked)
			}
			if diff := cmp.Diff(c.zeroed, []string(zeroed)); diff != "" {
				t.Errorf("zeros that are expected (-want +got):\n%s", diff)
			}
			noted, err := w.Memory.Revisits(t.Context(), stock.ZeroedList)
			must(t, err)
			var others []string
			for _, z := range noted {
				others = append(others, z.OrderID)
			}
			if diff := cmp.Diff(c.zeroed, others); diff != "" {
				t.Errorf("zeros that other processes are told of (-want +got):\n%s", diff)
			}
			// The importer looks at the order all the time, and closes nothing that is open.
			_, err = w.Importer().Import(t.Context(), w.Orders["1"])
			must(t, err)
			open, err := w.Exceptions.Open(t.Context(), exceptions.CancelledInLinnworks)
			must(t, err)
			if raised := len(open) > 0; raised != (c.raised != "") || raised && !strings.Contains(open[0].Seen, c.raised) {
				t.Errorf("cases %v, want one that says %q", open, c.raised)
			}
		})
	}
}

// deaf takes a cancellation of lines, and shows what it likes.
type deaf struct {
	*world.World
	shows bridge.OrderStatus
}

func (d deaf) CancelInShop(_ context.Context, id, _ string, _ []string) error {
	d.Put(world.With(d.Orders[id], func(o *bridge.Order) { o.Status = d.shows }))
	return nil
}

// Lines that the shop goes on showing are not cancelled, unless all of the order is.
func TestShortOrdersAreReadBack(t *testing.T) {
	for status, want := range map[bridge.OrderStatus]bridge.Outcome{bridge.AwaitingShipment: bridge.OutcomeFailed, bridge.Cancelled: bridge.OutcomeRevoked} {
		w := world.NewWorld(t)
		w.CancelReasonList = []string{world.ReasonStock}
		e := w.Waiting(w.Put(world.AnOrder("1", "MUG", "SPOON"))[0])
		split(w, e)
		w.Book[1].State = bridge.Dropped
		v, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: deaf{w, status}, OrderBook: w, Ledger: w, Locks: w, Exceptions: w},
			bridge.RevokeOptions{Short: policy.ShortRest, ZeroStock: true, Now: w.Now})
		must(t, err)
		results, err := v.Revoke(t.Context(), w.Book[1].WarehouseOrder)
		if len(results) != 1 || results[0].Outcome != want || (err != nil) != (want == bridge.OutcomeFailed) {
			t.Errorf("the shop shows %s: %s%v, want %s", status, results, err, want)
		}
	}
}

// Stopped anywhere, with the reply lost or not, and run again: lines are cancelled once,
// and whoever puts the zero right is told.
func TestShortOrdersStoppedAnywhere(t *testing.T) {
	for _, lost := range []bool{false, true} {
		for k := 1; ; k++ {
			w := world.NewWorld(t)
			w.CancelReasonList = []string{world.ReasonStock}
			e := w.Waiting(w.Put(world.AnOrder("1", "MUG", "SPOON"))[0])
			split(w, e)
			w.Book[1].State = bridge.Dropped
			var zeroed zeroExpected
			v, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w, Zeroes: &zeroed},
				bridge.RevokeOptions{Short: policy.ShortRest, ZeroStock: true, Now: w.Now})
			must(t, err)
			w.Lost, w.Fail = lost, func(n int, _ string) error {
				if n == k {
					return world.ErrInjected
				}
				return nil
			}
			_, err = v.Revoke(t.Context(), w.Entries()...)
			if len(w.Calls) < k {
				break
			}
			if !errors.Is(err, world.ErrInjected) {
				t.Errorf("call %d (%s): nobody was told: %v", k, w.Calls[k-1], err)
			}
			w.Fail = nil
			must(t, errOf(v.Revoke(t.Context(), w.Entries()...)))
			if got, want := strings.Join(w.Revoked, ";"), "1 1-2 "+world.ReasonStock; got != want || !slices.Contains(zeroed, "s-SPOON") {
				t.Errorf("call %d, lost %t: cancelled %q, want %q; zeros expected of %v, want s-SPOON", k, lost, got, want, zeroed)
			}
		}
	}
}

func TestShortOrdersRefused(t *testing.T) {
	sides := newSides(t, "GB")
	for want, o := range map[string]bridge.RevokeOptions{
		`"sometimes" is none of`: {Short: "sometimes"},
		"needs a reason":         {Short: policy.ShortWhole},
		"as out of stock":        {Short: policy.ShortRest},
	} {
		w := world.NewWorld(t)
		_, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w}, o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want an error that says %q", o, err, want)
		}
		settings := syncSettings()
		settings.ShortOrders = o.Short
		_, err = bridge.NewSync(sides.shop, sides.book, new(bridge.Memory).Shop("x"), settings)
		if err == nil || !strings.Contains(err.Error(), "short_orders: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("settings: %v, want an error of short_orders that says %q", err, want)
		}
	}
}

// Over both fakes: people split an order in Linnworks and cancel the part that they do
// not have. The shop cancels those lines and zeroes what they sold, which is sold again
// at once; the rest is sent.
func TestSyncShipsTheRest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		market string
		policy policy.ShortOrders
		want   []bool // lines that are cancelled in the shop
		raised bool
	}{
		"United Kingdom":                     {"GB", policy.ShortRest, []bool{false, true}, false},
		"a market that cancels whole orders": {"DE", policy.ShortRest, []bool{false, false}, true},
		"whole":                              {"GB", policy.ShortWhole, []bool{true, true}, false},
		"unsaid":                             {"GB", "", []bool{false, false}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, settings := newSides(t, c.market), syncSettings()
				settings.ShortOrders, settings.ZeroStock = c.policy, true
				settings.CancelReasons = []string{"seller_cancel_paid_reason_address_not_deliver"}
				settings.Every.Stock = bridge.Duration(time.Hour) // nobody but the Revoker wakes it
				b, memory := newSync(t, s, new(outage), settings)
				id := s.place(t, tiktokshoptest.OrderSpec{
					Lines: []tiktokshoptest.Line{{SKUID: setSKU, Quantity: 1}, {SKUID: mugSKU, Quantity: 1}}, State: tiktokshop.OrderStatusAwaitingShipment,
				})
				must(t, errOf(b.Step(t.Context())))
				time.Sleep(time.Minute)
				must(t, errOf(b.Step(t.Context())))
				client, err := s.linn.Client(linnworks.WithLimiter(unpaced{}))
				must(t, err)
				whole := s.inLinnworks(id)[0]
				mug := whole.Items[slices.IndexFunc(whole.Items, func(i linnworks.OrderItem) bool { return i.SKU == "MUG" })]
				_, err = client.Orders.SplitOrder(t.Context(), &linnworks.SplitOrderRequest{
					OrderID:   whole.OrderID,
					NewOrders: []linnworks.OrderSplit{{Items: []linnworks.OrderSplitOutItem{{RowID: new(mug.RowID), Quantity: new(1)}}}},
				})
				must(t, err)
				for _, o := range s.inLinnworks(id) {
					if len(o.Items) == 1 && o.Items[0].SKU == "MUG" && !o.Processed {
						must(t, s.linn.Cancel(o.OrderID))
					}
				}
				before := s.shown(t)
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- b.Run(ctx) }()
				time.Sleep(5 * time.Minute)
				stop()
				if err := <-ended; !errors.Is(err, context.Canceled) {
					t.Errorf("it ended with %v, want that its context did", err)
				}
				o, _ := s.tiktok.Order(id)
				var got []bool
				for _, l := range o.LineItems {
					got = append(got, l.CancelReason != "")
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("lines cancelled in the shop (-want +got):\n%s", diff)
				}
				if n := s.shown(t); n < before {
					t.Errorf("the shop shows %d mugs, %d before: it was left at what the cancellation set", n, before)
				}
				cases, err := memory.Cases(t.Context(), exceptions.Filter{Kinds: []exceptions.Kind{exceptions.CancelledInLinnworks}})
				must(t, err)
				if len(cases) > 0 != c.raised {
					t.Errorf("cases %v, want any: %t", cases, c.raised)
				}
				open := 0
				for _, part := range s.inLinnworks(id) {
					if !part.Processed {
						open++
					}
				}
				if want := 1; c.policy != policy.ShortWhole && open != want || c.policy == policy.ShortWhole && open != 0 {
					t.Errorf("%d parts wait in Linnworks", open)
				}
			})
		})
	}
}

var _ stock.ZeroExpecter = (*stock.Book)(nil)
