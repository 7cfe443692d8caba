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

var june = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func ExampleRules_Clock() {
	lost := claims.Loss{Kind: claims.Parcel, OrderID: "5761", Tracking: "1Z999", ShippedAt: june}
	clock, _ := claims.DefaultRules().Clock("US", lost)
	fmt.Println("claim by", clock.By.Format(time.DateOnly), "at most", clock.Most)
	// Output: claim by 2026-08-30 at most 200.00 USD
}

func TestClock(t *testing.T) {
	t.Parallel()
	all := claims.Loss{ShippedAt: june, StatusAt: june.AddDate(0, 0, 3), RefundedAt: june.AddDate(0, 0, 10)}
	for _, c := range []struct {
		market string
		kind   claims.Kind
		change func(*claims.Loss)
		want   string // by and sure; empty for no limit
	}{
		{"US", claims.Parcel, nil, "2026-08-30 true"},
		{"TH", claims.Parcel, nil, "2026-07-14 true"},
		{"MY", claims.Parcel, nil, "2026-07-14 false"},
		{"VN", claims.Return, nil, "2026-06-18 true"},
		{"GB", claims.Return, nil, ""},
		{"GB", claims.Parcel, nil, ""},
		{"XX", claims.Return, nil, ""},
		{"TH", claims.Parcel, func(l *claims.Loss) { l.StatusAt = time.Time{} }, "0001-01-01 true"},
		{"VN", claims.Return, func(l *claims.Loss) { l.RefundedAt = june.AddDate(-2, 0, 0) }, ""}, // before the limit was in force
	} {
		l := all
		l.Kind = c.kind
		if c.change != nil {
			c.change(&l)
		}
		got := ""
		if clock, ok := claims.DefaultRules().Clock(c.market, l); ok {
			got = fmt.Sprint(clock.By.Format(time.DateOnly), " ", clock.Sure)
		}
		if got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.market, c.kind, got, c.want)
		}
	}
}

// A loss is a case with its deadline until the goods are back or it is paid.
func TestCheck(t *testing.T) {
	t.Parallel()
	queue := new(exceptions.Memory).Shop("TH")
	now := june.AddDate(0, 0, 12)
	watch, err := claims.NewWatch(queue, claims.Options{Market: "TH", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	parcel := claims.Loss{Kind: claims.Parcel, OrderID: "5761", Tracking: "TH1", StatusAt: june, Amount: money.Amount{Minor: 19900, Currency: "THB"}}
	back := claims.Loss{Kind: claims.Return, OrderID: "5762", ReturnID: "4035", RefundedAt: june, Amount: money.Amount{Minor: 9900, Currency: "THB"}}
	open := func() (list []string) {
		t.Helper()
		cases, err := queue.Open(t.Context(), exceptions.ClaimToMake)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range cases {
			list = append(list, fmt.Sprintf("%s by %s: %s", e.Object, e.Deadline.Format(time.DateOnly), e.Do))
		}
		return list
	}
	if err := watch.Check(t.Context(), parcel, back); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"claim for return 4035 by 2026-06-08: the time to claim is over: write the loss off",
		"claim for parcel TH1 of order 5761 by 2026-07-11: claim it in Seller Center by the deadline, with the number of the parcel and the day's manifest",
	}
	if diff := cmp.Diff(want, open()); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
	parcel.Paid, back.GoodsBack = true, true
	if err := watch.Check(t.Context(), parcel); err != nil {
		t.Fatal(err)
	}
	if got := open(); len(got) != 1 || !strings.Contains(got[0], "4035") {
		t.Errorf("after the claim was paid: %q, want the return's case alone", got)
	}
	if err := watch.Check(t.Context(), back); err != nil || len(open()) != 0 {
		t.Errorf("after the goods came back: %v, %q", err, open())
	}
	if err := watch.Check(t.Context(), claims.Loss{Kind: "vase", OrderID: "1"}); err == nil || !strings.Contains(err.Error(), "vase") {
		t.Errorf("an unknown kind: error %v", err)
	}
}

func TestNewWatch(t *testing.T) {
	t.Parallel()
	if _, err := claims.NewWatch(nil, claims.Options{Market: "GB"}); err == nil {
		t.Error("no queue: no error")
	}
	if _, err := claims.NewWatch(new(exceptions.Memory).Shop("a"), claims.Options{Market: "GBR"}); err == nil || !strings.Contains(err.Error(), "Market") {
		t.Errorf("no market: error %v", err)
	}
}

func TestReadRules(t *testing.T) {
	t.Parallel()
	const row = "market loss from days since most sure source\nGB parcel 2026-01-01 30 dispatch 20_GBP yes page\n"
	if _, err := claims.ReadRules(strings.NewReader(row)); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"market ": "country ", " page": "", "GB parcel": "uk parcel", "parcel 2": "vase 2", "2026-01-01": "soon", " 30 ": " 0 ", "dispatch": "birth", "20_GBP": "20", " yes ": " maybe ",
	} {
		_, err := claims.ReadRules(strings.NewReader(strings.Replace(row, from, to, 1)))
		if err == nil || !strings.Contains(err.Error(), "line ") {
			t.Errorf("%q for %q: error %v, want one that names the line", to, from, err)
		}
	}
}

func FuzzReadRules(f *testing.F) {
	f.Add(claims.DefaultRules().String())
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := claims.ReadRules(strings.NewReader(text))
		if err != nil {
			return
		}
		if again, err := claims.ReadRules(strings.NewReader(rules.String())); err != nil || again.String() != rules.String() {
			t.Fatal(errors.Join(err, errors.New("does not read back")))
		}
	})
}

// A case that cannot be closed and a loss without its ids keep no other loss from being told of, and an amount that
// nobody knows is not zero.
func TestOneFailureStopsNoOther(t *testing.T) {
	queue := new(exceptions.Memory).Shop("TH")
	w, err := claims.NewWatch(noClear{queue}, claims.Options{Market: "TH", Now: func() time.Time { return june }})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Check(t.Context(), claims.Loss{Kind: claims.Return, OrderID: "1", ReturnID: "r1", Paid: true}, claims.Loss{Kind: claims.Parcel, OrderID: "3"}, claims.Loss{Kind: claims.Return, OrderID: "2", ReturnID: "r2", RefundedAt: june})
	open, failed := queue.Open(t.Context())
	if err == nil || failed != nil || len(open) != 1 || strings.Contains(open[0].Seen, "0.00") {
		t.Errorf("error %v, cases %v (%v); want the error of the one, and the case of the other without an amount", err, open, failed)
	}
}

type noClear struct{ exceptions.Queue }

func (noClear) Clear(context.Context, string, ...exceptions.Kind) error { return errors.New("busy") }
