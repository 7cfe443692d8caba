package returns_test

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
)

// A parcel that stands still is told of before TikTok takes it for lost; then it is a claim,
// until TikTok's statements show that it is paid.
func TestLifeOfALostParcel(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		late, lost := s.onTheWay(t, 1), s.onTheWay(t, 1)
		stalls, err := claims.NewStalls(s.shop, s.queue, claims.StallOptions{Market: "GB"})
		must(t, err)
		paid, err := claims.NewWatch(s.queue, claims.Options{Market: "GB"})
		must(t, err)
		reader, err := finance.NewReader(finance.Ports{Statements: s.shop, Payments: s.shop, Sales: s.book, Refunds: s.book})
		must(t, err)
		books, err := finance.NewWatch(reader, s.queue, finance.WatchOptions{Options: finance.Options{Shop: "uk"}, Days: 60, Claims: paid})
		must(t, err)
		want := func(step string, cases ...string) {
			t.Helper()
			must(t, stalls.Check(t.Context()))
			s.run(t)
			if diff := cmp.Diff(cases, open(t, s.queue)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step, diff)
			}
		}
		time.Sleep(4 * 24 * time.Hour)
		want("after four days")
		time.Sleep(2 * 24 * time.Hour)
		want("after six days", "parcel not moving: parcel T"+late.ID+" of order "+late.ID, "parcel not moving: parcel T"+lost.ID+" of order "+lost.ID)
		must(t, s.tiktok.Deliver(late.ID))
		must(t, s.tiktok.Lose(lost.ID))
		s.later(t)
		time.Sleep(7 * time.Hour)
		claim := "claim to make: claim for parcel T" + lost.ID + " of order " + lost.ID
		want("one has come, one is lost", claim)
		_, err = s.tiktok.Adjust("LOGISTICS_REIMBURSEMENT", lost.ID, "12.50")
		must(t, err)
		time.Sleep(48 * time.Hour) // the statement is made at midnight
		_, err = books.Run(t.Context())
		must(t, err)
		for _, c := range open(t, s.queue) {
			if c == claim {
				t.Errorf("TikTok has paid for the parcel, and its claim is open: %s", c)
			}
		}
	})
}

// The words of a parcel that is lost, or comes back, are settings.
func TestWordsOfLostParcels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		lost, refused := s.onTheWay(t, 1), s.onTheWay(t, 1)
		must(t, s.tiktok.Lose(lost.ID))
		must(t, s.tiktok.Refuse(refused.ID))
		for name, c := range map[string]struct {
			options    tiktokadapter.Options
			lost, sent string
		}{
			"the defaults": {tiktokadapter.Options{}, lost.ID, refused.ID},
			"none":         {tiktokadapter.Options{LostReasons: []string{}, UndeliveredReasons: []string{}}, "", ""},
			"others":       {tiktokadapter.Options{LostReasons: []string{"RETURNED_to"}, UndeliveredReasons: []string{"package_lost"}}, refused.ID, lost.ID},
		} {
			shop, err := tiktokadapter.New(s.client, c.options)
			must(t, err)
			list, err := shop.CancellationsSince(t.Context(), time.Time{}.AddDate(1970, 0, 0))
			must(t, err)
			var isLost, isSent string
			for _, r := range list {
				if r.Lost {
					isLost += r.OrderID
				}
				if r.GoodsSent {
					isSent += r.OrderID
				}
			}
			if isLost != c.lost || isSent != c.sent {
				t.Errorf("%s: lost %q, on its way back %q; want %q, %q", name, isLost, isSent, c.lost, c.sent)
			}
		}
		if _, err := tiktokadapter.New(s.client, tiktokadapter.Options{LostReasons: []string{""}}); err == nil {
			t.Error("an empty word is taken")
		}
	})
}

// A scan with a time that has not come, as microseconds read like one, neither hides a parcel
// that stands still nor puts off the end of the time to claim.
func TestAScanOfTheFuture(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSides(t, returns.Rules{})
		o := s.onTheWay(t, 1)
		left := time.Now()
		last := regexp.MustCompile(`"update_time_millis":\d+`)
		s.over(t, func(body []byte) []byte { return last.ReplaceAll(body, []byte(`"update_time_millis":3000000000000`)) })
		time.Sleep(6 * 24 * time.Hour)
		list, err := s.shop.StalledParcels(t.Context(), time.Now().Add(-5*24*time.Hour))
		must(t, err)
		if len(list) != 1 || list[0].StatusAt.After(left) {
			t.Errorf("parcels that stand still: %+v, want that of order %s, last seen when it left, %s", list, o.ID, left)
		}
	})
}
