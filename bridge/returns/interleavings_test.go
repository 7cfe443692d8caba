package returns_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var (
	seeds  = flag.Int("returns.seeds", 30, "how many random lives of returns are tried")
	all    = flag.Bool("returns.all", false, "try all interleavings, half a minute's worth, not one in six")
	golden = flag.Bool("returns.golden", false, "write the outcomes of the interleavings anew")
)

// aLife is one return of one mug of an order of two, and what happens to it.
type aLife struct {
	*sides
	order tiktokshop.Order
	id    string
}

func (l *aLife) decide(t *testing.T, accept bool, asks ...returns.Ask) {
	r, _ := l.tiktok.Return(l.id)
	for _, ask := range asks {
		d := returns.Decision{ReturnID: l.id, Ask: ask, Accept: accept}
		if reasons, err := l.shop.RefusalReasons(t.Context(), l.id); err == nil && !accept {
			d.Reason = reasons[0]
		}
		_ = l.watch.Decide(t.Context(), d) // what the return does not wait for is refused
	}
	if now, _ := l.tiktok.Return(l.id); now.ReturnStatus != r.ReturnStatus {
		l.buyer(t)
	}
}

// buyer sends what may be sent.
func (l *aLife) buyer(t *testing.T) {
	if r, _ := l.tiktok.Return(l.id); r.ReturnStatus == tiktokshop.ReturnStatusAwaitingBuyerShip {
		must(t, l.tiktok.SendReturn(l.id, "RM1"))
	}
}

// events are what may happen to a return, in any order.
var events = map[string]func(*testing.T, *aLife){
	"approve": func(t *testing.T, l *aLife) { l.decide(t, true, returns.AskReturn, returns.AskRefund) },
	"reject": func(t *testing.T, l *aLife) {
		l.decide(t, false, returns.AskReturn, returns.AskRefund, returns.AskGoods)
	},
	"receive": func(t *testing.T, l *aLife) { l.bookIn(t, l.order.ID) },
	"refund":  func(t *testing.T, l *aLife) { l.decide(t, true, returns.AskGoods) },
	"TikTok": func(t *testing.T, l *aLife) {
		_ = l.tiktok.GrantReturn(l.id) // it has nothing to decide
		l.buyer(t)
	},
	"cut": func(_ *testing.T, l *aLife) {
		l.linn.Fail("ReturnsRefunds.Create*", 1, linnworkstest.CutAfter())
	},
	"withdraw": func(_ *testing.T, l *aLife) {
		_ = l.tiktok.WithdrawReturn(l.id) // it may be too late
	},
	"offer": func(t *testing.T, l *aLife) {
		_, err := l.client.ReturnRefund.ApproveReturn(t.Context(), l.id, &tiktokshop.ApproveReturnRequest{
			Decision: "OFFER_PARTIAL_REFUND", PartialRefund: &tiktokshop.Money{Amount: "5.00", Currency: "GBP"},
		})
		if err == nil { // otherwise it waits for no such answer
			must(t, l.tiktok.AnswerOffer(l.id, true))
		}
	},
	"by hand": func(t *testing.T, l *aLife) {
		list, err := l.shop.Returns(t.Context(), []string{l.id})
		must(t, err)
		in := l.linn.OrdersByReference("TIKTOKBRIDGE", "test", l.order.ID)[0]
		for range 50 { // until Linnworks answers, and shows it
			sent, err := l.book.SentOrders(t.Context(), l.order.ID, []string{string(in.OrderID)})
			if err != nil || !list[0].Refunded {
				continue
			}
			if slices.ContainsFunc(sent[0].Refunds, func(b returns.BookedRefund) bool { return strings.Contains(b.Reference, l.id) }) {
				break
			}
			_, _ = l.api.ReturnsRefunds.CreateRefund(t.Context(), &linnworks.CreateRefundRequest{OrderID: in.OrderID, RefundLines: []linnworks.NewRefundLine{{
				RefundedUnit: new(linnworks.NewRefundLineRefundedUnit("Additional")), Amount: new(linnworks.Decimal(list[0].Refund.Decimal())), ExternalReference: new("return " + l.id),
			}}})
		}
	},
}

// live lets the events happen to a new return, and returns what comes of it.
func live(t *testing.T, kind tiktokshop.ReturnType, happens []string) string {
	s := newSides(t, returns.Rules{AcceptReceived: true})
	o := s.sold(t, mugSKU, 2)
	before := s.mugs(t)
	l := &aLife{s, o, s.asks(t, o.ID, tiktokshoptest.ReturnSpec{Type: kind, LineIDs: []string{o.LineItems[0].ID}})}
	step := func() {
		_, _ = s.mirror.Run(t.Context()) // a call that was cut is tried again
		time.Sleep(20 * time.Minute)
	}
	for _, name := range happens {
		step()
		events[name](t, l)
		step()
	}
	for range 8 { // TikTok decides what nobody has
		time.Sleep(24 * time.Hour)
		l.buyer(t)
		_, err := s.mirror.Run(t.Context())
		must(t, err)
	}
	r, _ := s.tiktok.Return(l.id)
	books := s.books(t, o.ID)
	refunded := r.ReturnStatus == tiktokshop.ReturnStatusReturnOrRefundRequestSuccess || r.ReturnStatus == tiktokshop.ReturnStatusReturnOrRefundRequestComplete
	if n := strings.Count(books, "refund 12.50 GBP"); n > 1 || refunded != (n == 1) || strings.Count(books, "refund") != n {
		t.Errorf("%v: TikTok shows %s, Linnworks %q", happens, r.ReturnStatus, books)
	}
	back := s.mugs(t) - before
	if n := strings.Count(books, "1 back, 0 scrap") - strings.Count(books, "expected"); back != n {
		t.Errorf("%v: %d mugs are back in stock, Linnworks says %q", happens, back, books)
	}
	words := []string{string(r.ReturnStatus), cmp.Or(books, "nothing in Linnworks")}
	return strings.Join(append(words, open(t, s.queue)...), "; ")
}

// orders are all orders of some things.
func orders(things []string) (all [][]string) {
	if len(things) == 0 {
		return [][]string{nil}
	}
	for i := range things {
		for _, rest := range orders(slices.Concat(things[:i], things[i+1:])) {
			all = append(all, append([]string{things[i]}, rest...))
		}
	}
	return all
}

// Whatever happens to a return, in whatever order, has the outcome that is written down:
// the money on both sides is the same, and paid once.
func TestInterleavings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind   tiktokshop.ReturnType
		events []string
	}{
		{tiktokshop.ReturnTypeRefund, []string{"approve", "reject", "TikTok", "cut"}},
		{tiktokshop.ReturnTypeReturnAndRefund, []string{"approve", "reject", "receive", "refund", "TikTok", "cut"}},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("testdata", strings.ToLower(string(tt.kind))+".txt")
			want := map[string]string{}
			if text, err := os.ReadFile(file); err == nil {
				outcome := ""
				for line := range strings.Lines(string(text)) {
					if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, "  ") {
						want[strings.TrimSpace(line)] = outcome
					} else {
						outcome = line
					}
				}
			}
			got := map[string]string{}
			for i, happens := range orders(tt.events) {
				if len(tt.events) > 4 && i%6 != 0 && !*golden && !*all {
					continue
				}
				name := strings.Join(happens, ", ")
				synctest.Test(t, func(t *testing.T) { got[name] = live(t, tt.kind, happens) })
				if want[name] == "" {
					want[name] = "not written down"
				}
			}
			if *golden {
				must(t, os.WriteFile(file, []byte(byOutcome(got)), 0o644))
				return
			}
			maps.DeleteFunc(want, func(name, _ string) bool { return got[name] == "" })
			if diff := gocmp.Diff(byOutcome(want), byOutcome(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// byOutcome lists what comes of what.
func byOutcome(outcomes map[string]string) string {
	by := map[string][]string{}
	for name, outcome := range outcomes {
		by[outcome] = append(by[outcome], name)
	}
	var b strings.Builder
	for _, outcome := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintln(&b, outcome)
		for _, name := range slices.Sorted(slices.Values(by[outcome])) {
			fmt.Fprintln(&b, "  "+name)
		}
	}
	return b.String()
}

// Several returns at once, calls that are cut at random, processes that start anew, and
// people who book by hand: nothing is refunded twice, and at the end both sides agree.
func TestNothingIsRefundedTwice(t *testing.T) {
	t.Parallel()
	for seed := range *seeds {
		synctest.Test(t, func(t *testing.T) { randomLife(t, uint64(seed)) })
	}
}

func randomLife(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 17))
	rules := returns.Rules{AcceptReceived: random.IntN(2) == 0, KeepOpen: random.IntN(4) == 0, Scrap: random.IntN(4) == 0}
	s := newSides(t, rules)
	kinds := []tiktokshop.ReturnType{tiktokshop.ReturnTypeRefund, tiktokshop.ReturnTypeReturnAndRefund}
	var lives []*aLife
	for range 2 {
		o := s.sold(t, mugSKU, 1+random.IntN(3))
		for _, l := range o.LineItems {
			if random.IntN(3) > 0 {
				lives = append(lives, &aLife{s, o, s.asks(t, o.ID, tiktokshoptest.ReturnSpec{
					Type: kinds[random.IntN(2)], LineIDs: []string{l.ID}, Quick: random.IntN(3) == 0,
				})})
			}
		}
	}
	names := slices.Sorted(maps.Keys(events))
	faults := []linnworkstest.Fault{linnworkstest.CutAfter(), linnworkstest.CutBefore(), linnworkstest.Truncated(), linnworkstest.NotJSON(502)}
	for range 12 {
		if len(lives) > 0 {
			if name := names[random.IntN(len(names))]; name != "cut" && name != "receive" || random.IntN(2) == 0 {
				events[name](t, lives[random.IntN(len(lives))])
			}
		}
		if random.IntN(3) == 0 {
			s.linn.Fail("ReturnsRefunds.*", 1+random.IntN(2), faults[random.IntN(len(faults))].After(random.IntN(4)))
		}
		_, _ = s.mirror.Run(t.Context()) // a call that was cut is tried again
		time.Sleep(time.Duration(random.IntN(60)) * time.Minute)
		if random.IntN(3) == 0 {
			s.restart(t, rules)
		}
	}
	for range 100 { // what is left of the faults
		_, _ = s.api.ReturnsRefunds.GetRefundHeadersByOrderID(t.Context(), &linnworks.GetRefundHeadersByOrderIDRequest{OrderID: linnworks.ZeroGUID})
	}
	for day := range 14 {
		time.Sleep(24 * time.Hour)
		for _, l := range lives {
			l.buyer(t)
		}
		if _, err := s.mirror.Run(t.Context()); err != nil && day > 10 {
			t.Errorf("seed %d, day %d: %v", seed, day, err)
		}
	}
	due := map[string]int64{}
	for _, l := range lives {
		due[l.order.ID] += 0
		if r, err := s.shop.Returns(t.Context(), []string{l.id}); err == nil && r[0].Refunded {
			due[l.order.ID] += r[0].Refund.Minor
		}
	}
	for id, want := range due {

		in := s.linn.OrdersByReference("TIKTOKBRIDGE", "test", id)[0]
		sent, err := s.book.SentOrders(t.Context(), id, []string{string(in.OrderID)})
		must(t, err)
		var got int64
		references := map[string]int{}
		for _, b := range sent[0].Refunds {
			got += b.Amount.Minor
			if references[b.Reference]++; references[b.Reference] > 1 {
				t.Errorf("seed %d: return %s is refunded twice", seed, b.Reference)
			}
		}
		if got != want {
			t.Errorf("seed %d: order %s: Linnworks has refunds of %d, TikTok of %d", seed, id, got, want)
		}
	}
}
