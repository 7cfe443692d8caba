package bridge_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

func TestRevoke(t *testing.T) {
	carry := bridge.RevokeOptions{Reasons: []string{world.ReasonBuyer}}
	for _, tc := range []struct {
		name    string
		options bridge.RevokeOptions
		offered []string
		change  func(w *world.World, o *bridge.Order, e *world.BookEntry)
		want    bridge.Outcome // empty: not looked at
		revoked string
		raised  string // part of what was seen
	}{
		{name: "raised by default", offered: []string{world.ReasonBuyer}, want: bridge.OutcomeRaised, raised: "not set up"},
		{name: "carried", options: carry, offered: []string{world.ReasonStock, world.ReasonBuyer}, want: bridge.OutcomeRevoked, revoked: "1 " + world.ReasonBuyer},
		{name: "spelled for the market", options: carry, offered: []string{world.ReasonBuyer + "_uk"}, want: bridge.OutcomeRevoked, revoked: "1 " + world.ReasonBuyer + "_uk"},
		{name: "another reason only", options: carry, offered: []string{world.ReasonStock, "seller_cancel_reason_wrong_price"}, want: bridge.OutcomeRaised, raised: "only seller_cancel_reason_wrong_price"},
		{name: "none offered", options: carry, want: bridge.OutcomeRaised, raised: "only none"},
		{
			name: "out of stock allowed", options: bridge.RevokeOptions{Reasons: []string{world.ReasonStock}, ZeroStock: true}, offered: []string{world.ReasonStock + "_uk"},
			want: bridge.OutcomeRevoked, revoked: "1 " + world.ReasonStock + "_uk",
		},
		{name: "on hold", options: carry, offered: []string{world.ReasonBuyer}, change: func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Status = bridge.OnHold }, want: bridge.OutcomeRevoked, revoked: "1 " + world.ReasonBuyer},
		{name: "the buyer asks", options: carry, change: func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.CancelRequested = true }, want: bridge.OutcomeUnchanged},
		{name: "unpaid", options: carry, change: func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Status = bridge.Unpaid }, want: bridge.OutcomeUnchanged},
		{
			name: "a part is shipped", options: carry, offered: []string{world.ReasonBuyer}, want: bridge.OutcomeRaised, raised: "a part of it is sent already",
			change: func(_ *world.World, o *bridge.Order, _ *world.BookEntry) {
				o.Status, o.Lines[0].Tracking = bridge.PartiallyShipping, "JV1"
			},
		},
		{name: "shipped", options: carry, change: func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Status = bridge.InTransit }, want: bridge.OutcomeUnchanged},
		{name: "cancelled", options: carry, change: func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.Status = bridge.Cancelled }, want: bridge.OutcomeUnchanged},
		{name: "the platform's", options: carry, change: func(_ *world.World, o *bridge.Order, _ *world.BookEntry) { o.ShippingModel = bridge.FulfilledByTikTok }, want: bridge.OutcomeUnchanged},
		{name: "another part lives", options: carry, change: func(w *world.World, _ *bridge.Order, e *world.BookEntry) { split(w, e); w.Book[1].State = bridge.Open }, want: bridge.OutcomeRaised, raised: "only 1 × MUG; the rest goes on"},
		{name: "open", options: carry, change: func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.State = bridge.Open }},
		{name: "merged", options: carry, change: func(_ *world.World, _ *bridge.Order, e *world.BookEntry) { e.Reference = "" }},
		{
			name: "created anew meanwhile", options: carry, offered: []string{world.ReasonBuyer}, want: bridge.OutcomeUnchanged,
			change: func(w *world.World, _ *bridge.Order, _ *world.BookEntry) {
				w.After = func(_ int, name string) {
					if name == "OrdersByID" {
						w.Book[0].State = bridge.Open
					}
				}
			},
		},
		{
			name: "asked for by the buyer meanwhile", options: carry, offered: []string{world.ReasonBuyer}, want: bridge.OutcomeUnchanged,
			change: func(w *world.World, _ *bridge.Order, _ *world.BookEntry) {
				w.After = func(_ int, name string) {
					if name == "OrdersByID" {
						w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.CancelRequested = true })
					}
				}
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.CancelReasonList = tc.offered
			o := world.AnOrder("1", "MUG", "SPOON")
			e := w.Waiting(o)
			e.State = bridge.Dropped
			if tc.change != nil {
				tc.change(w, &o, e)
			}
			w.Put(o)
			_ = w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1", SeenAt: world.Noon})
			list := w.Entries()
			for i := range 2 { // and again
				r, err := w.Revoker(tc.options).Revoke(t.Context(), list...)
				want := tc.want
				if i == 1 && want == bridge.OutcomeRevoked {
					want = bridge.OutcomeUnchanged
				}
				if err != nil || len(r) > 1 || (len(r) == 1) != (tc.want != "") || len(r) == 1 && r[0].Outcome != want {
					t.Fatalf("run %d: %v%v, want %s", i+1, r, err, want)
				}
			}
			if got := strings.Join(w.Revoked, ";"); got != tc.revoked || w.Zeroed != tc.options.ZeroStock {
				t.Errorf("revoked %q, stock zeroed %t", got, w.Zeroed)
			}
			if _, reserved := w.Reservation(); reserved == (tc.revoked != "") {
				t.Errorf("reserved: %t", reserved)
			}
			open, _ := w.Exceptions.Open(t.Context())
			if raised := len(open) > 0; raised != (tc.raised != "") || raised && (open[0].Kind != exceptions.CancelledInLinnworks || !strings.Contains(open[0].Seen, tc.raised)) {
				t.Errorf("%v, want %q", open, tc.raised)
			}
		})
	}
}

// A shop that takes the cancellation and does nothing is not believed: the order fails,
// keeps its units, and is tried again.
func TestRevokeBelievesWhatTheShopShows(t *testing.T) {
	w := world.NewWorld(t)
	w.CancelReasonList = []string{world.ReasonBuyer}
	w.Waiting(w.Put(world.AnOrder("1", "MUG"))[0]).State = bridge.Dropped
	must(t, w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1", SeenAt: world.Noon}))
	w.After = func(_ int, name string) {
		if name == "CancelInShop" {
			w.Orders["1"] = world.With(w.Orders["1"], func(o *bridge.Order) { o.Status = bridge.AwaitingShipment })
		}
	}
	v := w.Revoker(bridge.RevokeOptions{Reasons: []string{world.ReasonBuyer}})
	r, err := v.Revoke(t.Context(), w.Entries()...)
	if len(r) != 1 || r[0].Outcome != bridge.OutcomeFailed || err == nil || !strings.Contains(err.Error(), "shows the order as AWAITING_SHIPMENT") {
		t.Errorf("got %v%v, want that it failed because the shop shows it alive", r, err)
	}
	if _, reserved := w.Reservation(); !reserved {
		t.Error("its units are free although the shop still sells them")
	}
	w.After = nil
	if r, err = v.Revoke(t.Context(), w.Entries()...); err != nil || r[0].Outcome != bridge.OutcomeRevoked {
		t.Errorf("the next run: %v%v, want it cancelled", r, err)
	}
}

func TestRevokeErrors(t *testing.T) {
	dropped := func() *world.World {
		w := world.NewWorld(t)
		w.CancelReasonList = []string{world.ReasonBuyer}
		w.Waiting(w.Put(world.AnOrder("1", "MUG"))[0]).State = bridge.Dropped
		return w
	}
	w := dropped()
	w.Fail = func(_ int, name string) error {
		if name == "CancelInShop" {
			return &exceptions.RefusedError{Do: "x", Err: errors.New("the order is shipped")}
		}
		return nil
	}
	if got := world.Outcome(t)(w.Revoker(bridge.RevokeOptions{Reasons: []string{world.ReasonBuyer}}).Revoke(t.Context(), w.Entries()...)); got != bridge.OutcomeRaised {
		t.Error(got)
	}
	// Stopped anywhere, with the reply lost or not, and run again: once.
	for _, lost := range []bool{false, true} {
		for k := 1; ; k++ {
			w := dropped()
			w.Lost = lost
			w.Fail = func(n int, _ string) error {
				if n == k {
					return world.ErrInjected
				}
				return nil
			}
			v := w.Revoker(bridge.RevokeOptions{Reasons: []string{world.ReasonBuyer}})
			_, err := v.Revoke(t.Context(), w.Entries()...)
			if len(w.Calls) < k {
				break
			}
			if !errors.Is(err, world.ErrInjected) || v.Health().Failures != 1 {
				t.Errorf("call %d (%s): nobody was told: %v", k, w.Calls[k-1], err)
			}
			w.Fail = nil
			if _, err := v.Revoke(t.Context(), w.Entries()...); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{"1 " + world.ReasonBuyer}, w.Revoked); diff != "" {
				t.Errorf("call %d: %s", k, diff)
			}
		}
	}
	for want, o := range map[string]bridge.RevokeOptions{
		"set the stock to zero": {Reasons: []string{world.ReasonBuyer, world.ReasonStock + "_uk"}}, "one is empty": {Reasons: []string{" "}},
	} {
		if _, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := bridge.NewRevoker(bridge.RevokePorts{}, bridge.RevokeOptions{}); err == nil || !strings.Contains(err.Error(), "Desk") {
		t.Errorf("got %v", err)
	}
}
