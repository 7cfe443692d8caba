package bridge

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	reasonBuyer = "seller_cancel_paid_reason_buyer_requested_cancellation"
	reasonStock = "seller_cancel_reason_out_of_stock"
)

func TestRevoke(t *testing.T) {
	carry := RevokeOptions{Reasons: []string{reasonBuyer}}
	for _, tc := range []struct {
		name    string
		options RevokeOptions
		offered []string
		change  func(w *world, o *Order, e *bookEntry)
		want    Outcome // empty: not looked at
		revoked string
		raised  string // part of what was seen
	}{
		{name: "raised by default", offered: []string{reasonBuyer}, want: OutcomeRaised, raised: "not configured"},
		{name: "carried", options: carry, offered: []string{reasonStock, reasonBuyer}, want: OutcomeRevoked, revoked: "1 " + reasonBuyer},
		{name: "spelled for the market", options: carry, offered: []string{reasonBuyer + "_uk"}, want: OutcomeRevoked, revoked: "1 " + reasonBuyer + "_uk"},
		{name: "another reason only", options: carry, offered: []string{reasonStock, "seller_cancel_reason_wrong_price"}, want: OutcomeRaised, raised: "only seller_cancel_reason_wrong_price"},
		{name: "none offered", options: carry, want: OutcomeRaised, raised: "only none"},
		{
			name: "out of stock allowed", options: RevokeOptions{Reasons: []string{reasonStock}, ZeroStock: true}, offered: []string{reasonStock + "_uk"},
			want: OutcomeRevoked, revoked: "1 " + reasonStock + "_uk",
		},
		{name: "on hold", options: carry, offered: []string{reasonBuyer}, change: func(_ *world, o *Order, _ *bookEntry) { o.Status = OnHold }, want: OutcomeRevoked, revoked: "1 " + reasonBuyer},
		{name: "the buyer asks", options: carry, change: func(_ *world, o *Order, _ *bookEntry) { o.CancelRequested = true }, want: OutcomeUnchanged},
		{name: "unpaid", options: carry, change: func(_ *world, o *Order, _ *bookEntry) { o.Status = Unpaid }, want: OutcomeUnchanged},
		{name: "shipped", options: carry, change: func(_ *world, o *Order, _ *bookEntry) { o.Status = InTransit }, want: OutcomeUnchanged},
		{name: "cancelled", options: carry, change: func(_ *world, o *Order, _ *bookEntry) { o.Status = Cancelled }, want: OutcomeUnchanged},
		{name: "the platform's", options: carry, change: func(_ *world, o *Order, _ *bookEntry) { o.ShippingModel = FulfilledByTikTok }, want: OutcomeUnchanged},
		{name: "another part lives", options: carry, change: func(w *world, _ *Order, e *bookEntry) { split(w, e); w.book[1].State = Open }, want: OutcomeUnchanged},
		{name: "open", options: carry, change: func(_ *world, _ *Order, e *bookEntry) { e.State = Open }},
		{name: "merged", options: carry, change: func(_ *world, _ *Order, e *bookEntry) { e.Reference = "" }},
		{
			name: "created anew meanwhile", options: carry, offered: []string{reasonBuyer}, want: OutcomeUnchanged,
			change: func(w *world, _ *Order, _ *bookEntry) {
				w.after = func(_ int, name string) {
					if name == "OrdersByID" {
						w.book[0].State = Open
					}
				}
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.cancelReasons = tc.offered
			o := anOrder("1", "MUG", "SPOON")
			e := w.waiting(o)
			e.State = Dropped
			if tc.change != nil {
				tc.change(w, &o, e)
			}
			w.put(o)
			_ = w.memory.PutReservation(t.Context(), Reservation{OrderID: "1", SeenAt: noon})
			list := w.entries()
			for i := range 2 { // and again
				r, err := w.revoker(tc.options).Revoke(t.Context(), list...)
				want := tc.want
				if i == 1 && want == OutcomeRevoked {
					want = OutcomeUnchanged
				}
				if err != nil || len(r) > 1 || (len(r) == 1) != (tc.want != "") || len(r) == 1 && r[0].Outcome != want {
					t.Fatalf("run %d: %v%v, want %s", i+1, r, err, want)
				}
			}
			if got := strings.Join(w.revoked, ";"); got != tc.revoked || w.zeroed != tc.options.ZeroStock {
				t.Errorf("revoked %q, stock zeroed %t", got, w.zeroed)
			}
			if _, reserved := w.reservation(); reserved == (tc.revoked != "") {
				t.Errorf("reserved: %t", reserved)
			}
			open, _ := w.exceptions.Open(t.Context())
			if raised := len(open) > 0; raised != (tc.raised != "") || raised && (open[0].Kind != KindStatesDisagree || !strings.Contains(open[0].Seen, tc.raised)) {
				t.Errorf("%v, want %q", open, tc.raised)
			}
		})
	}
}

func TestRevokeErrors(t *testing.T) {
	dropped := func() *world {
		w := newWorld(t)
		w.cancelReasons = []string{reasonBuyer}
		w.waiting(w.put(anOrder("1", "MUG"))[0]).State = Dropped
		return w
	}
	w := dropped()
	w.fail = func(_ int, name string) error {
		if name == "CancelInShop" {
			return &RefusedError{Do: "x", Err: errors.New("the order is shipped")}
		}
		return nil
	}
	if got := outcome(t)(w.revoker(RevokeOptions{Reasons: []string{reasonBuyer}}).Revoke(t.Context(), w.entries()...)); got != OutcomeRaised {
		t.Error(got)
	}
	// Stopped anywhere, with the reply lost or not, and run again: once.
	for _, lost := range []bool{false, true} {
		for k := 1; ; k++ {
			w := dropped()
			w.lost = lost
			w.fail = func(n int, _ string) error {
				if n == k {
					return errInjected
				}
				return nil
			}
			v := w.revoker(RevokeOptions{Reasons: []string{reasonBuyer}})
			_, err := v.Revoke(t.Context(), w.entries()...)
			if len(w.calls) < k {
				break
			}
			if !errors.Is(err, errInjected) || v.Health().Failures != 1 {
				t.Errorf("call %d (%s): nobody was told: %v", k, w.calls[k-1], err)
			}
			w.fail = nil
			if _, err := v.Revoke(t.Context(), w.entries()...); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{"1 " + reasonBuyer}, w.revoked); diff != "" {
				t.Errorf("call %d: %s", k, diff)
			}
		}
	}
	for want, o := range map[string]RevokeOptions{
		"set the stock to zero": {Reasons: []string{reasonBuyer, reasonStock + "_uk"}}, "one is empty": {Reasons: []string{" "}},
	} {
		if _, err := NewRevoker(RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := NewRevoker(RevokePorts{}, RevokeOptions{}); err == nil || !strings.Contains(err.Error(), "Desk") {
		t.Errorf("got %v", err)
	}
}

func (w *world) revoker(o RevokeOptions) *Revoker {
	o.Now = w.now
	v, err := NewRevoker(RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w}, o)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}
