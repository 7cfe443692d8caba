package rates_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/rates"
)

// refunds is a shop that has granted some.
type refunds struct {
	list  []rates.Refund
	err   error
	since []time.Time
}

func (r *refunds) Refunds(_ context.Context, since time.Time) ([]rates.Refund, error) {
	r.since = append(r.since, since)
	return r.list, r.err
}

// placed is an order that counts as good in both measures.
func placed(id string) rates.Order {
	return rates.Order{
		ID: id, Placed: noon.Add(-24 * time.Hour), Market: "GB", Model: "seller",
		Good: []policy.Measure{policy.LateAtReady, policy.SellerFaultReturns},
	}
}

// Orders that came back at the seller's fault count as bad, once, also if they are counted
// again, by another process, or only after they came back; others do not.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := newShop(t, "wrong", "wrong twice", "regretted", "damaged", "kept", "later")
	now := noon
	tally := newTally(t, s, noon)
	shop := &refunds{list: []rates.Refund{
		{OrderID: "wrong", Reason: "ecom_order_delivered_refund_reason_wrong_product_uk"},
		{OrderID: "wrong twice", Reason: "ecom_order_delivered_refund_reason_wrong_product_uk"},
		{OrderID: "wrong twice", Reason: "ecom_order_delivered_refund_reason_missing_product_uk"},
		{OrderID: "regretted", Reason: "ecom_order_delivered_refund_reason_no_need_uk"},
		{OrderID: "damaged", Reason: "ecom_order_delivered_refund_reason_damaged_uk"},
		{OrderID: "later", Reason: "ecom_order_delivered_refund_reason_defective_uk"},
		{OrderID: "of another shop", Reason: "ecom_order_delivered_refund_reason_defective_uk"},
	}}
	faults, err := rates.NewFaults(shop, tally, rates.FaultOptions{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	count := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			if err := tally.Count(t.Context(), placed(id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	look := func(when string, want rates.Count) {
		t.Helper()
		if err := faults.Count(t.Context()); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		// Another process reads what is stored.
		counts, err := newTally(t, s, noon).Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		week := noon.Add(-7 * 24 * time.Hour)
		if diff := cmp.Diff(want, counts.Of(policy.SellerFaultReturns, "GB", "", week)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		if got := counts.Of(policy.LateAtReady, "GB", "", week); got != (rates.Count{Orders: want.Orders}) {
			t.Errorf("%s: late orders are %v, want none of %d", when, got, want.Orders)
		}
	}
	count("wrong", "wrong twice", "regretted", "damaged", "kept")
	look("first", rates.Count{Orders: 5, Bad: 2})
	look("again", rates.Count{Orders: 5, Bad: 2})
	shop.list = nil        // nobody says it a second time
	count("wrong", "kept") // they are completed
	look("counted again", rates.Count{Orders: 5, Bad: 2})
	now = now.Add(time.Hour)
	count("later") // it was refunded before it was counted
	look("counted later", rates.Count{Orders: 6, Bad: 3})
	if diff := cmp.Diff([]time.Time{noon.Add(-40 * 24 * time.Hour), noon.Add(-time.Hour), noon.Add(-time.Hour), noon.Add(-time.Hour)}, shop.since); diff != "" {
		t.Errorf("read since (-want +got):\n%s", diff)
	}
}

// What cannot be read is read the next time; what could is counted, and the error says so.
func TestFaultsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newShop(t, "1", "2")
	tally := newTally(t, s, noon)
	if err := tally.Count(t.Context(), placed("1"), placed("2")); err != nil {
		t.Fatal(err)
	}
	shop := &refunds{list: []rates.Refund{{OrderID: "1", Reason: "wrong_product"}}, err: errAway}
	faults, err := rates.NewFaults(shop, tally, rates.FaultOptions{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	bad := func() int {
		t.Helper()
		counts, err := tally.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return counts.Of(policy.SellerFaultReturns, "GB", "", time.Time{}).Bad
	}
	if err := faults.Count(t.Context()); !errors.Is(err, errAway) || bad() != 1 {
		t.Errorf("got %v and %d bad, want what the shop said and 1", err, bad())
	}
	shop.list, shop.err = append(shop.list, rates.Refund{OrderID: "2", Reason: "wrong_product"}), nil
	s.fail = func(call string) error {
		if call == "PutValue" {
			return errAway
		}
		return nil
	}
	if err := faults.Count(t.Context()); !errors.Is(err, errAway) {
		t.Errorf("the store is away: got %v", err)
	}
	s.fail, shop.list = nil, nil
	if err := faults.Count(t.Context()); err != nil || bad() != 2 {
		t.Errorf("got %v and %d bad, want 2: what was read is not forgotten", err, bad())
	}
	if shop.since[1] != shop.since[0] {
		t.Errorf("after a reading that broke off it was read since %v, want %v again", shop.since[1], shop.since[0])
	}
	for _, missing := range []func() (*rates.Faults, error){
		func() (*rates.Faults, error) { return rates.NewFaults(nil, tally, rates.FaultOptions{}) },
		func() (*rates.Faults, error) { return rates.NewFaults(shop, nil, rates.FaultOptions{}) },
	} {
		if _, err := missing(); err == nil {
			t.Error("made although a port is missing")
		}
	}
}

// Any order of counting and blaming ends in the same counts.
func TestBlameInAnyOrder(t *testing.T) {
	t.Parallel()
	for i := range 24 {
		s := newShop(t, "1")
		tally := newTally(t, s, noon)
		steps := []func() error{
			func() error { return tally.Count(t.Context(), placed("1")) },
			func() error { return tally.Count(t.Context(), placed("1")) },
			func() error { _, err := tally.Blame(t.Context(), policy.SellerFaultReturns, "1"); return err },
			func() error { _, err := tally.Blame(t.Context(), policy.SellerFaultReturns, "1"); return err },
		}
		var order []int
		for n, left := i, []int{0, 1, 2, 3}; len(left) > 0; n /= len(left) + 1 {
			at := n % len(left)
			order = append(order, left[at])
			left = append(append([]int(nil), left[:at]...), left[at+1:]...)
		}
		for _, at := range order {
			if err := steps[at](); err != nil {
				t.Fatal(err)
			}
		}
		if later, err := tally.Blame(t.Context(), policy.SellerFaultReturns, "1"); err != nil || len(later) > 0 {
			t.Fatalf("%v: %v, %v", order, later, err)
		}
		counts, err := tally.Counts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := counts.Of(policy.SellerFaultReturns, "GB", "", time.Time{}); got != (rates.Count{Orders: 1, Bad: 1}) {
			t.Errorf("%s: got %v, want 1 of 1", fmt.Sprint(order), got)
		}
	}
	if later, err := newTally(t, newShop(t, "1"), noon).Blame(t.Context(), policy.SellerFaultReturns, "1", "unknown"); err != nil || len(later) != 1 {
		t.Errorf("an order that is not counted yet: got %v, %v, want it back, and not the one without a record", later, err)
	}
}
