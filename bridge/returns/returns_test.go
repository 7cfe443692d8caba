package returns_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/returns"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// shop has returns by id. Those in unlisted are missing in the list of what waits.
type shop struct {
	returns  map[string]returns.Return
	unlisted []string
	listErr  error
	readErr  error
	reasons  []string
	answered []string // decisions with their keys
	answer   func(returns.Decision) error
}

func (s *shop) WaitingReturns(context.Context) (list []returns.Return, err error) {
	for id, r := range s.returns {
		if !slices.Contains(s.unlisted, id) {
			list = append(list, r)
		}
	}
	return list, s.listErr
}

func (s *shop) Returns(_ context.Context, ids []string) (list []returns.Return, err error) {
	for _, id := range ids {
		if r, ok := s.returns[id]; ok {
			list = append(list, r)
		}
	}
	return list, s.readErr
}

func (s *shop) RefusalReasons(context.Context, string) ([]string, error) { return s.reasons, nil }

func (s *shop) AnswerReturn(_ context.Context, d returns.Decision, key string) error {
	s.answered = append(s.answered, d.String()+" "+key)
	if s.answer != nil {
		return s.answer(d)
	}
	r := s.returns[d.ReturnID]
	r.Ask, r.Deadline, r.Status = "", time.Time{}, "DECIDED"
	s.returns[d.ReturnID] = r
	return nil
}

// waiting is a return that asks.
func waiting(id string, ask returns.Ask, left time.Duration) returns.Return {
	return returns.Return{
		ID: id, OrderID: "5764", Ask: ask, Deadline: noon.Add(left), Status: "PENDING", Reason: "Product damaged",
		Lines: []returns.Line{{OrderLineID: "1", SellerSKU: "MUG"}, {OrderLineID: "2", SellerSKU: "MUG"}}, Refund: money.Amount{Minor: 2500, Currency: "GBP"},
	}
}

func bench(t *testing.T, list ...returns.Return) (*shop, exceptions.Queue, *returns.Watch) {
	t.Helper()
	s := &shop{returns: map[string]returns.Return{}, reasons: []string{"not damaged", "not ours"}}
	for _, r := range list {
		s.returns[r.ID] = r
	}
	queue := new(exceptions.Memory).Shop("uk")
	w, err := returns.NewWatch(returns.Ports{Shop: s, Exceptions: queue}, returns.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return s, queue, w
}

// open lists kind and object of what is open.
func open(t *testing.T, queue exceptions.Queue) (list []string) {
	t.Helper()
	cases, err := queue.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range cases {
		list = append(list, fmt.Sprintf("%s: %s", e.Kind, e.Object))
	}
	slices.Sort(list)
	return list
}

func check(t *testing.T, w *returns.Watch) returns.Report {
	t.Helper()
	r, err := w.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A return is a case of customer service until it is answered, and one of the warehouse
// once the goods are back.
func TestCheck(t *testing.T) {
	t.Parallel()
	s, queue, w := bench(t, waiting("7", returns.AskReturn, time.Hour), waiting("8", returns.AskRefund, 30*time.Hour))
	report := check(t, w)
	if got, want := report.String(), "2 returns to decide, the first by 2026-11-29 13:00 UTC"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	check(t, w)
	cases, err := queue.Open(t.Context())
	if err != nil || len(cases) != 2 {
		t.Fatalf("open: %v, %v", cases, err)
	}
	e := cases[0]
	if e.Object != "return 7" || e.Owner != exceptions.OwnerCustomerService || !e.Deadline.Equal(noon.Add(time.Hour)) || e.Count != 1 {
		t.Errorf("got %s, %d times", e, e.Count)
	}
	for _, want := range []string{"order 5764", "return of 2 x MUG", "refund 25.00 GBP", "Product damaged", "the shop accepts it for you"} {
		if !strings.Contains(e.String(), want) {
			t.Errorf("%q is not in: %s", want, e)
		}
	}

	s.returns["7"] = waiting("7", returns.AskGoods, 40*time.Hour) // granted, and sent
	delete(s.returns, "8")
	s.returns["8"] = returns.Return{ID: "8", OrderID: "5764", Status: "REFUNDED"}
	if report = check(t, w); report.Closed != 2 || len(report.Waiting) != 1 {
		t.Errorf("got %s, %d closed, want 1 waiting and 2 closed", report, report.Closed)
	}
	if diff := cmp.Diff([]string{"returned goods to check: return 7"}, open(t, queue)); diff != "" {
		t.Errorf("open (-want +got):\n%s", diff)
	}
	s.returns["7"] = returns.Return{ID: "7", OrderID: "5764", Status: "REFUNDED"}
	check(t, w)
	if got := open(t, queue); len(got) != 0 {
		t.Errorf("open at the end: %q", got)
	}
}

// What is missing, or was not read, is not decided.
func TestCheckClosesOnlyWhatItHasSeenDecided(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*shop){
		"the list misses it":             func(s *shop) { s.unlisted = []string{"7"} },
		"nobody has it":                  func(s *shop) { delete(s.returns, "7") },
		"the list breaks off before it":  func(s *shop) { s.unlisted, s.listErr = []string{"7"}, errors.New("page 2") },
		"neither list nor id can be had": func(s *shop) { clear(s.returns); s.listErr, s.readErr = errors.New("down"), errors.New("down") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, queue, w := bench(t, waiting("7", returns.AskRefund, time.Hour))
			check(t, w)
			change(s)
			report, err := w.Check(t.Context())
			if wantErr := s.listErr != nil; (err != nil) != wantErr {
				t.Errorf("error %v, want one: %t", err, wantErr)
			}
			if diff := cmp.Diff([]string{"return to decide: return 7"}, open(t, queue)); diff != "" || report.Closed != 0 {
				t.Errorf("%d closed; open (-want +got):\n%s", report.Closed, diff)
			}
		})
	}
}

// A list that breaks off is worked off as far as it goes.
func TestCheckRaisesWhatItCouldRead(t *testing.T) {
	t.Parallel()
	s, queue, w := bench(t, waiting("7", returns.AskRefund, time.Hour))
	s.listErr = errors.New("one return cannot be read")
	if _, err := w.Check(t.Context()); err == nil || w.Health().Healthy() {
		t.Errorf("error %v, health %+v", err, w.Health())
	}
	if got := open(t, queue); len(got) != 1 {
		t.Errorf("open: %q, want the return that was read", got)
	}
}

// Words that nobody knows, amounts that are none and times that are missing are cases too.
func TestCheckOfOddReturns(t *testing.T) {
	t.Parallel()
	odd := waiting("7", "SELLER_RESPOND_EXCHANGE", time.Hour)
	unread := waiting("8", returns.AskRefund, 0)
	unread.Deadline, unread.RefundUnread, unread.Refund = time.Time{}, true, money.Amount{}
	quick := waiting("9", returns.AskGoods, 2*time.Hour)
	quick.RefundedFirst, quick.Tracking = true, "RM 123"
	_, queue, w := bench(t, odd, unread, quick)
	if got := check(t, w); got.Waiting[2].ID != "8" {
		t.Errorf("without a deadline comes last: got %v", got.Waiting)
	}
	cases, err := queue.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for object, want := range map[string]string{
		"return 7": "SELLER_RESPOND_EXCHANGE", "return 8": "refund not read", "return 9": "the buyer has the money already",
	} {
		i := slices.IndexFunc(cases, func(e exceptions.Exception) bool { return e.Object == object })
		if i < 0 || !strings.Contains(cases[i].String(), want) {
			t.Errorf("%s: want %q in %v", object, want, cases)
		}
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	type decision = returns.Decision
	for name, tt := range map[string]struct {
		d        decision
		answer   func(returns.Decision) error
		want     string // in the error; empty: none
		sent     bool
		isOpened bool
	}{
		"accepted":               {d: decision{ReturnID: "7", Ask: returns.AskReturn, Accept: true}, sent: true},
		"accepted without goods": {d: decision{ReturnID: "7", Ask: returns.AskReturn, Accept: true, KeepGoods: true}, sent: true},
		"refused":                {d: decision{ReturnID: "7", Ask: returns.AskReturn, Reason: "not ours"}, sent: true},
		"a reason that the shop does not take": {
			d: decision{ReturnID: "7", Ask: returns.AskReturn, Reason: "no"}, want: "it takes not damaged, not ours", isOpened: true,
		},
		"no reason":          {d: decision{ReturnID: "7", Ask: returns.AskReturn}, want: "Reason is missing", isOpened: true},
		"a reason to accept": {d: decision{ReturnID: "7", Ask: returns.AskReturn, Accept: true, Reason: "x"}, want: "only refusing has one", isOpened: true},
		"goods that come back, kept": {
			d: decision{ReturnID: "7", Ask: returns.AskGoods, Accept: true, KeepGoods: true}, want: "KeepGoods", isOpened: true,
		},
		"nothing at all":     {want: "ReturnID is missing", isOpened: true},
		"a word of the shop": {d: decision{ReturnID: "7", Ask: "X", Accept: true}, want: "answer it in Seller Center", isOpened: true},
		"another question": {
			d: decision{ReturnID: "7", Ask: returns.AskGoods, Accept: true}, want: `asks "return", not "goods that came back"`, isOpened: true,
		},
		"nobody's": {d: decision{ReturnID: "9", Ask: returns.AskGoods, Accept: true}, want: "no such return", isOpened: true},
		"refused by the shop": {
			d:      decision{ReturnID: "7", Ask: returns.AskReturn, Accept: true},
			answer: func(returns.Decision) error { return errors.New("25001057") }, want: "25001057", sent: true, isOpened: true,
		},
		"without effect": {
			d:      decision{ReturnID: "7", Ask: returns.AskReturn, Accept: true},
			answer: func(returns.Decision) error { return nil }, want: "still shows it as PENDING", sent: true, isOpened: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, queue, w := bench(t, waiting("7", returns.AskReturn, time.Hour))
			check(t, w)
			s.answer = tt.answer
			err := w.Decide(t.Context(), tt.d)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
			if (len(s.answered) == 1) != tt.sent || (len(open(t, queue)) == 1) != tt.isOpened {
				t.Errorf("sent %q, open %q; want sent: %t, open: %t", s.answered, open(t, queue), tt.sent, tt.isOpened)
			}
		})
	}
}

// The same decision has one key, another has another: a reply that is lost doubles nothing.
func TestDecideAgain(t *testing.T) {
	t.Parallel()
	s, _, w := bench(t, waiting("7", returns.AskReturn, time.Hour))
	s.answer = func(returns.Decision) error { return errors.New("the reply was lost") }
	accept := returns.Decision{ReturnID: "7", Ask: returns.AskReturn, Accept: true}
	for _, d := range []returns.Decision{accept, accept, {ReturnID: "7", Ask: returns.AskReturn, Accept: true, KeepGoods: true}} {
		if err := w.Decide(t.Context(), d); err == nil {
			t.Error("no error")
		}
	}
	if s.answered[0] != s.answered[1] || s.answered[1] == s.answered[2] {
		t.Errorf("got %q", s.answered)
	}
	s.answer = nil
	if err := w.Decide(t.Context(), accept); err != nil {
		t.Errorf("at last: %v", err)
	}
	// The buyer asks anew, or the shop does after an appeal: that is another question.
	s.answer = func(returns.Decision) error { return errors.New("the reply was lost") }
	s.returns["7"] = waiting("7", returns.AskReturn, 48*time.Hour)
	if err := w.Decide(t.Context(), accept); err == nil || s.answered[len(s.answered)-1] == s.answered[0] {
		t.Errorf("asked anew: %v, sent %q, want another key", err, s.answered)
	}
	s.answer = nil
	if err := w.Decide(t.Context(), accept); err != nil {
		t.Errorf("asked anew, at last: %v", err)
	}
	if err := w.Decide(t.Context(), accept); !errors.Is(err, returns.ErrDecided) || !strings.Contains(err.Error(), "DECIDED") {
		t.Errorf("once more: got %v, want ErrDecided with the status", err)
	}
}

func TestReportAsJSON(t *testing.T) {
	t.Parallel()
	_, _, w := bench(t)
	got, err := json.Marshal(check(t, w))
	if want := `{"at":"2026-11-29T12:00:00Z","waiting":[],"closed":0}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestNewWatchNeedsItsPorts(t *testing.T) {
	t.Parallel()
	if _, err := returns.NewWatch(returns.Ports{}, returns.Options{}); err == nil || !strings.Contains(err.Error(), "Shop") || !strings.Contains(err.Error(), "Exceptions") {
		t.Errorf("got %v", err)
	}
}
