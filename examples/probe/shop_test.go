package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// switched returns a made-up shop in which a quirk is switched, "" for none.
func switched(t *testing.T, name string) (*history, accounts) {
	t.Helper()
	var options []tiktokshoptest.Option
	for _, q := range tiktokshoptest.Quirks() {
		switch {
		case string(q.Quirk) != name:
		case q.Off:
			options = append(options, tiktokshoptest.With(q.Quirk))
		default:
			options = append(options, tiktokshoptest.Without(q.Quirk))
		}
	}
	h, err := newHistory(options)
	if err != nil {
		t.Fatal(err)
	}
	return h, accounts{shop: h.client, sku: testSKU, order: h.order, write: true, limited: true, onAir: h.onAir}
}

// left is what the checks have to leave as it was: the stock of every SKU, and every
// order but the test order. What differs at each reading is left out.
func (h *history) left() (list []string) {
	for _, o := range h.Orders() {
		if o.ID != h.order {
			list = append(list, fmt.Sprint(o.ID, o.Status, o.UpdateTime, o.TrackingNumber, o.IsBuyerRequestCancel, len(o.Packages)))
		}
	}
	for _, sku := range []string{h.mug, h.test, h.bundle} {
		for _, w := range []string{north, south} {
			available, _ := h.Stock(sku, w)
			list = append(list, fmt.Sprintf("%s in %s: %d", sku, w, available))
		}
	}
	return list
}

// backorder is the backorder quantity of the test SKU.
func backorder(t *testing.T, a accounts) (n int) {
	t.Helper()
	l, err := listingOf(t.Context(), a, a.sku)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range l.sku.Inventory {
		n += i.BackorderQuantity
	}
	return n
}

// TestShopChecksKeepTheirWord holds each check against what it says of itself: how many
// calls it makes, that it writes only if it says so, and what it leaves behind.
func TestShopChecksKeepTheirWord(t *testing.T) {
	withoutRaces(t)
	names := []string{""}
	for _, c := range shopChecks() {
		if c.quirk != "" {
			names = append(names, c.quirk)
		}
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, a := switched(t, name)
			for _, c := range shopChecks() {
				before := h.left()
				h.ResetCalls()
				hidden := string(hiddenBy[tiktokshoptest.Quirk(c.quirk)])
				if _, _, err := c.try(t.Context(), a); err != nil && (hidden == "" || hidden != name) {
					t.Errorf("%s: %v", c.assumes, err)
				}
				if got := len(h.Calls()); got > c.calls {
					t.Errorf("%s: %d calls, says %d", c.assumes, got, c.calls)
				}
				if diff := cmp.Diff(before, h.left()); diff != "" {
					t.Errorf("%s: was (-) and is left (+):\n%s", c.assumes, diff)
				}
				for _, call := range h.CallsOf(tiktokshoptest.Writes()) {
					if !c.writes && call.Code == 0 && call.ItemErrors == 0 {
						t.Errorf("%s: it changed something by %s, and does not say that it writes", c.assumes, call.Operation)
					}
				}
			}
			if got := backorder(t, a); got != 0 {
				t.Errorf("backorder quantity of the test SKU: got %d, want the 0 that it was", got)
			}
			for _, c := range h.Cancellations() {
				if c.OrderID == h.order && c.CancelStatus == tiktokshop.CancelStatusPending {
					t.Error("the request for the test order waits still")
				}
			}
		})
	}
}

// TestEmptyShop has no example of anything: what cannot be tried says what is missing.
func TestEmptyShop(t *testing.T) {
	client, err := tiktokshoptest.New().Client(tiktokshop.WithMiddleware(bent))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, c := range shopChecks() {
		r := c.result(t.Context(), accounts{shop: client})
		switch r.Outcome {
		case asAssumed:
			tried++
		case skipped:
		default:
			t.Errorf("%s: got %s (%s), want holds or not tried", r.Assumes, r.Outcome, r.Seen)
		}
	}
	if tried < 10 {
		t.Errorf("%d checks need no example, want 10 or more", tried)
	}
}

// TestShopIsLeftAsItWasWhenCallsFail breaks one call of each check that writes after the
// other: one that reads is refused, and the reply of one that writes is lost.
func TestShopIsLeftAsItWasWhenCallsFail(t *testing.T) {
	withoutRaces(t)
	for _, c := range shopChecks() {
		if !c.writes {
			continue
		}
		t.Run(c.assumes, func(t *testing.T) {
			t.Parallel()
			for n := range c.calls {
				h, a := switched(t, c.quirk)
				before := h.left()
				h.breakCall(n)
				_, _, err := c.try(t.Context(), a)
				calls := h.Calls()
				if len(calls) <= n {
					break // the check makes no more
				}
				repeated := len(calls) > n+1 && calls[n].Operation == calls[n+1].Operation // by the client
				if err == nil && !repeated {
					t.Errorf("call %d, %s, failed and no error came", n+1, calls[n].Operation)
				}
				if diff := cmp.Diff(before, h.left()); diff != "" {
					t.Errorf("call %d failed (%v): was (-) and is left (+):\n%s", n+1, err, diff)
				}
				if got := backorder(t, a); got != 0 {
					t.Errorf("call %d failed (%v): a backorder quantity of %d is left", n+1, err, got)
				}
			}
		})
	}
}

// breakCall lets the call after n others fail.
func (h *history) breakCall(n int) {
	seen, broken := 0, false
	h.Fail(func(c tiktokshoptest.Call) bool {
		seen++
		broken = broken || seen == n+1 && tiktokshoptest.Writes()(c)
		return broken
	}, 1, tiktokshoptest.Fault{Drop: true, After: true})
	h.Fail(func(tiktokshoptest.Call) bool {
		return seen == n+1 && !broken
	}, 1, tiktokshoptest.Fault{Code: badParameter, Status: 400, Message: "Invalid param"})
}
