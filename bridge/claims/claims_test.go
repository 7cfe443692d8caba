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
		"claim for return 4035 by 2026-06-08: the time to claim is over: write the loss off; if the goods turn up, book them in and resolve this",
		"claim for parcel TH1 of order 5761 by 2026-07-11: claim it in Seller Center by the deadline, with the number of the parcel and the day's manifest; if the goods turn up, book them in and resolve this",
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
	queue := new(exceptions.Memory).Shop("a")
	for _, market := range []string{"GBR", "th", "Th"} { // the rules have none of these, and every clock would be missing
		if _, err := claims.NewWatch(queue, claims.Options{Market: market}); err == nil || !strings.Contains(err.Error(), market) {
			t.Errorf("market %s: error %v, want one that names it", market, err)
		}
		if _, err := claims.NewStalls(new(parcels), queue, claims.StallOptions{Market: market}); err == nil || !strings.Contains(err.Error(), market) {
			t.Errorf("market %s of parcels: error %v, want one that names it", market, err)
		}
	}
	for _, market := range []string{"", "TH"} {
		_, err := claims.NewWatch(queue, claims.Options{Market: market})
		_, failed := claims.NewStalls(new(parcels), queue, claims.StallOptions{Market: market})
		if err != nil || failed != nil {
			t.Errorf("market %q: errors %v and %v", market, err, failed)
		}
	}
}

// A case says what was refunded, how much of it is covered, and what is to be done by when.
func TestWhatACaseSays(t *testing.T) {
	t.Parallel()
	const lookUp, soon = "look in Seller Center until when it may be claimed, and claim it", "; no page says for certain"
	for _, c := range []struct {
		market    string
		loss      claims.Loss
		after     time.Duration // since it was shipped
		seen, do  string
		not, dont string
	}{
		{"US", claims.Loss{ShippedAt: june, Amount: money.Amount{Minor: 25000, Currency: "USD"}}, 90 * 24 * time.Hour, "was refunded 250.00 USD and its parcel is gone, of which at most 200.00 USD is covered", "by the deadline", "0.00 and", soon},
		{"US", claims.Loss{ShippedAt: june}, 90*24*time.Hour + 1, "was refunded and its parcel is gone", "the time to claim is over", "0.00 USD and", "by the deadline"},
		{"MY", claims.Loss{StatusAt: june}, 0, "its parcel is gone", soon, "covered", "over"},
		{"MY", claims.Loss{ShippedAt: june}, 0, "its parcel is gone", lookUp, "covered", soon}, // nobody knows when it last moved
		{"GB", claims.Loss{ShippedAt: june}, 0, "its parcel is gone", lookUp, "covered", soon},
		{"", claims.Loss{ShippedAt: june}, 0, "its parcel is gone", lookUp, "covered", soon},
	} {
		queue := new(exceptions.Memory).Shop("a")
		watch, err := claims.NewWatch(queue, claims.Options{Market: c.market, Now: func() time.Time { return june.Add(c.after) }})
		if err != nil {
			t.Fatal(err)
		}
		c.loss.Kind, c.loss.OrderID, c.loss.Parcel = claims.Parcel, "5761", "115"
		if err := watch.Check(t.Context(), c.loss); err != nil {
			t.Fatal(err)
		}
		open, err := queue.Open(t.Context())
		if err != nil || len(open) != 1 {
			t.Fatalf("%s: %d cases (%v), want 1", c.market, len(open), err)
		}
		if got := open[0]; !strings.Contains(got.Seen, c.seen) || strings.Contains(got.Seen, c.not) || !strings.Contains(got.Do, c.do) || strings.Contains(got.Do, c.dont) {
			t.Errorf("market %q: seen %q, to do %q; want %q and %q, without %q and %q", c.market, got.Seen, got.Do, c.seen, c.do, c.not, c.dont)
		}
	}
}

// A loss from the day on which a limit begins has it, and of two limits that hold the first counts.
func TestWhichLimitHolds(t *testing.T) {
	t.Parallel()
	rules, err := claims.ReadRules(strings.NewReader("market loss from days since most sure source\n" +
		"GB parcel 2026-06-01 30 dispatch - yes new\nGB parcel 2025-01-01 1 dispatch - yes old\nGB return 2025-01-01 366 refund 0.00_GBP yes last\n"))
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		loss claims.Loss
		want string
	}{
		{claims.Loss{Kind: claims.Parcel, ShippedAt: day}, "2026-07-01 new"},
		{claims.Loss{Kind: claims.Parcel, ShippedAt: day.Add(-1)}, "2026-06-01 old"},
		{claims.Loss{Kind: claims.Return, RefundedAt: day}, "2027-06-02 last"},
	} {
		clock, _ := rules.Clock("GB", c.loss)
		if got := clock.By.Format(time.DateOnly) + " " + clock.Source; got != c.want {
			t.Errorf("%+v: got %q, want %q", c.loss, got, c.want)
		}
	}
}

// A queue that fails is told of, never passed over.
func TestAQueueThatFails(t *testing.T) {
	t.Parallel()
	now := june.AddDate(0, 0, 9)
	for verb, calls := range map[string][]string{"raise": {"Check", "Stalls"}, "clear": {"Check", "Paid", "Stalls"}, "open": {"Paid", "Stalls"}} {
		for _, call := range calls {
			clock := func() time.Time { return now }
			memory := (&exceptions.Memory{Now: clock}).Shop("TH")
			queue := &broken{Queue: memory}
			watch, err := claims.NewWatch(queue, claims.Options{Market: "TH", Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			shop := &parcels{list: []claims.Loss{{OrderID: "5761", Tracking: "TH1", StatusAt: june}}}
			stalls, err := claims.NewStalls(shop, queue, claims.StallOptions{Market: "TH", Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			lost := claims.Loss{Kind: claims.Parcel, OrderID: "5761", Tracking: "TH1", StatusAt: june}
			if verb != "raise" {
				if err := errors.Join(watch.Check(t.Context(), lost), stalls.Check(t.Context())); err != nil {
					t.Fatal(err)
				}
				shop.list, lost.Paid = nil, true
				now = now.Add(7 * time.Hour)
			}
			do := map[string]func() error{
				"Check": func() error { return watch.Check(t.Context(), lost) }, "Stalls": func() error { return stalls.Check(t.Context()) },
				"Paid": func() error {
					return watch.Paid(t.Context(), map[string][]time.Time{"5761": {now.AddDate(0, 0, 1)}})
				},
			}[call]
			queue.verb = verb
			if err := do(); err == nil || !strings.Contains(err.Error(), "disk is full") {
				t.Errorf("%s when %s fails: error %v, want that of the queue", call, verb, err)
			}
			queue.verb = ""
			if err := do(); err != nil { // nothing is taken for done
				t.Errorf("%s again: %v", call, err)
			}
			open, err := memory.Open(t.Context(), map[string]exceptions.Kind{"Check": exceptions.ClaimToMake, "Paid": exceptions.ClaimToMake, "Stalls": exceptions.ParcelStalled}[call])
			if want := map[bool]int{true: 1}[verb == "raise"]; err != nil || len(open) != want {
				t.Errorf("%s when %s fails, and again: %d cases (%v), want %d", call, verb, len(open), err, want)
			}
		}
	}
}

// broken is a queue that fails at one verb.
type broken struct {
	exceptions.Queue
	verb string
}

func (q *broken) fail(verb string) error {
	if q.verb == verb {
		return errors.New("the disk is full")
	}
	return nil
}

func (q *broken) Raise(ctx context.Context, e exceptions.Exception) error {
	return errors.Join(q.fail("raise"), q.Queue.Raise(ctx, e))
}

func (q *broken) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	if err := q.fail("clear"); err != nil {
		return err
	}
	return q.Queue.Clear(ctx, object, kinds...)
}

func (q *broken) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	list, err := q.Queue.Open(ctx, kinds...)
	return list, errors.Join(q.fail("open"), err)
}

func TestReadRules(t *testing.T) {
	t.Parallel()
	const row = "market loss from days since most sure source\nGB parcel 2026-01-01 30 dispatch 20_GBP yes page\n"
	if _, err := claims.ReadRules(strings.NewReader(row)); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"market ": "country ", " page": "", "GB parcel": "uk parcel", "GB ": "GBR ", "20_GBP ": "20_GBPX ", " 20_": " -20_", " 30 d": " 367 d", "parcel 2": "vase 2", "2026-01-01": "soon", " 30 ": " 0 ", "dispatch": "birth", "20_GBP": "20", " yes ": " maybe ",
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
