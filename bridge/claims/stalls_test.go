package claims_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// parcels is a shop whose parcels do not move.
type parcels struct {
	list  []claims.Loss
	err   error
	since []time.Time
}

func (p *parcels) StalledParcels(_ context.Context, since time.Time) ([]claims.Loss, error) {
	p.since = append(p.since, since)
	return p.list, p.err
}

// A parcel without a scan is a case with a clock until it moves; a list that was not read to
// the end closes none and is read again.
func TestStalls(t *testing.T) {
	t.Parallel()
	queue := new(exceptions.Memory).Shop("US")
	now := june.AddDate(0, 0, 6)
	shop := &parcels{list: []claims.Loss{{OrderID: "5761", Tracking: "1Z1", ShippedAt: june, StatusAt: june}, {OrderID: "5762", Parcel: "115", ShippedAt: june}}}
	stalls, err := claims.NewStalls(shop, queue, claims.StallOptions{Market: "US", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	check := func(step string, fails bool, want ...string) {
		t.Helper()
		if err := stalls.Check(t.Context()); (err != nil) != fails {
			t.Errorf("%s: error %v", step, err)
		}
		open, err := queue.Open(t.Context(), exceptions.ParcelStalled)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range open {
			got = append(got, fmt.Sprintf("%s by %s: %s", e.Object, e.Deadline.Format(time.DateOnly), e.Seen))
			if !strings.Contains(e.Do, "claimed until 2026-08-30") {
				t.Errorf("%s: what to do is %q, without the end of the time to claim", step, e.Do)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
	}
	first := "parcel 1Z1 of order 5761 by 2026-06-08: the parcel of order 5761 was last scanned on 2026-06-01"
	second := "parcel 115 of order 5762 by 0001-01-01: order 5762 has left, and its parcel was never scanned"
	check("both stand still", false, first, second)
	shop.list = shop.list[:1]
	check("within six hours", false, first, second)
	now = now.Add(7 * time.Hour)
	shop.err = errors.New("busy")
	check("a list with a gap", true, first, second)
	shop.err = nil
	check("read again at once", false, first)
	if want := june.AddDate(0, 0, 1); len(shop.since) != 3 || !shop.since[0].Equal(want) {
		t.Errorf("the shop was asked for parcels since %v; want three times, first since %v", shop.since, want)
	}
	for _, o := range []claims.StallOptions{{After: -1}, {Every: -1}} {
		if _, err := claims.NewStalls(shop, queue, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// What the shop has paid closes the claims of an order, if it has paid for all of them and
// after they were raised.
func TestPaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		credits []int // days after the case
		open    int
	}{
		"for both":             {[]int{1, 3}, 0},
		"for one of two":       {[]int{1}, 2},
		"one before the case":  {[]int{-1, 2}, 2},
		"of another order":     {nil, 2},
		"more than is claimed": {[]int{1, 2, 3}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queue := new(exceptions.Memory).Shop("TH")
			watch, err := claims.NewWatch(queue, claims.Options{Market: "TH"})
			if err != nil {
				t.Fatal(err)
			}
			lost := claims.Loss{Kind: claims.Parcel, OrderID: "5761", Tracking: "TH1", StatusAt: june, Amount: money.Amount{Minor: 19900, Currency: "THB"}}
			other := lost
			other.Tracking = "TH2"
			if err := watch.Check(t.Context(), lost, other); err != nil {
				t.Fatal(err)
			}
			credits := map[string][]time.Time{"5769": {time.Now().AddDate(0, 0, 1)}}
			for _, days := range c.credits {
				credits["5761"] = append(credits["5761"], time.Now().AddDate(0, 0, days))
			}
			if err := watch.Paid(t.Context(), credits); err != nil {
				t.Fatal(err)
			}
			if open, err := queue.Open(t.Context()); err != nil || len(open) != c.open {
				t.Errorf("%d claims are open (%v), want %d", len(open), err, c.open)
			}
		})
	}
}
