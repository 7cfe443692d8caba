package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/notify"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// box keeps what it was sent.
type box struct {
	messages []notify.Message
	err      error
}

func (b *box) Send(_ context.Context, m notify.Message) error {
	if b.err != nil {
		return b.err
	}
	b.messages = append(b.messages, m)
	return nil
}

// bench is a desk, a clock, and what notifiers remember.
type bench struct {
	t      *testing.T
	now    time.Time
	desk   exceptions.Memory
	memory store.Memory
}

// noon is a Wednesday.
var noon = time.Date(2026, 12, 2, 12, 0, 0, 0, time.UTC)

func newBench(t *testing.T) *bench {
	b := &bench{t: t, now: noon}
	b.desk.Now = func() time.Time { return b.now }
	b.memory.Now = b.desk.Now
	return b
}

func (b *bench) notifier(o notify.Options) *notify.Notifier {
	b.t.Helper()
	o.Now = b.desk.Now
	n, err := notify.New(notify.Ports{Cases: &b.desk, Memory: b.memory.Shop("notify")}, o)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bench) raise(kind exceptions.Kind, object string, left time.Duration) {
	b.t.Helper()
	deadline := time.Time{}
	if left != 0 {
		deadline = b.now.Add(left)
	}
	if err := b.desk.Shop("UK").Raise(b.t.Context(), exceptions.New(kind, object, deadline, "seen", "do this")); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) clear(kind exceptions.Kind, object string) {
	b.t.Helper()
	if err := b.desk.Shop("UK").Clear(b.t.Context(), object, kind); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) decide(d exceptions.Decision) {
	b.t.Helper()
	cases, err := b.desk.Cases(b.t.Context(), exceptions.Filter{})
	if err != nil || len(cases) == 0 {
		b.t.Fatalf("%d cases, %v", len(cases), err)
	}
	if _, err := b.desk.Decide(b.t.Context(), cases[0].Key(), d); err != nil {
		b.t.Fatal(err)
	}
}

// run runs the notifier every step until so much time is over, and returns what each box
// was told, with the minutes since the start.
func (b *bench) run(n *notify.Notifier, step, long time.Duration, boxes ...*box) []string {
	b.t.Helper()
	var told []string
	for start := b.now; b.now.Sub(start) <= long; b.now = b.now.Add(step) {
		before := make([]int, len(boxes))
		for i := range boxes {
			before[i] = len(boxes[i].messages)
		}
		if _, err := n.Run(b.t.Context()); err != nil {
			b.t.Fatalf("after %s: %v", b.now.Sub(start), err)
		}
		for i := range boxes {
			for _, m := range boxes[i].messages[before[i]:] {
				for _, l := range m.Lines {
					told = append(told, fmt.Sprintf("%s %s: %s, %s", b.now.Sub(start), m.To, l.Case.Object, l.Why))
				}
			}
		}
	}
	return told
}

// A case is told when it is new, once at each rung, and again and again at the last one
// until somebody takes it on.
func TestLadder(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	got := b.run(n, 10*time.Minute, 30*time.Hour+20*time.Minute, inbox)
	want := []string{
		"0s bench: order 1, new",
		"6h0m0s bench: order 1, 24 hours left",
		"18h0m0s bench: order 1, 12 hours left",
		"26h0m0s bench: order 1, 4 hours left",
		"29h0m0s bench: order 1, 60 minutes left",
		"29h30m0s bench: order 1, nobody has taken it on, 30 minutes left",
		"30h0m0s bench: order 1, 0 minutes late",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("told (-want +got):\n%s", diff)
	}
	b.decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Until: b.now.Add(2 * time.Hour)})
	if got := b.run(n, 10*time.Minute, 100*time.Minute, inbox); len(got) > 0 {
		t.Errorf("told while Ann is on it: %q", got)
	}
	got = b.run(n, 10*time.Minute, 72*time.Hour, inbox)
	if len(got) == 0 || !strings.HasPrefix(got[0], "10m0s bench: order 1, nobody has taken it on, 2 hours late") {
		t.Errorf("after Ann's time is over: %q, want it told again", got)
	}
	// 22 hours are left of the day in which it repeats.
	if len(got) < 40 || len(got) > 46 {
		t.Errorf("told %d times in three days, want every half hour for the rest of the first", len(got))
	}
}

// Of several rungs that are due at once only the last is told.
func TestOnlyTheMostUrgentRung(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
	b.raise(exceptions.NoTracking, "order 1", 3*time.Hour)
	got := b.run(n, 10*time.Minute, 125*time.Minute, inbox)
	want := []string{"0s bench: order 1, new, 3 hours left", "2h0m0s bench: order 1, 60 minutes left"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// A deadline that moves away is climbed again.
func TestDeadlineThatMoves(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
	b.raise(exceptions.NoTracking, "order 1", 3*time.Hour)
	b.run(n, time.Minute, 0, inbox)
	b.raise(exceptions.NoTracking, "order 1", 13*time.Hour)
	got := b.run(n, 10*time.Minute, 10*time.Hour, inbox)
	want := []string{"1h0m0s bench: order 1, 12 hours left", "9h0m0s bench: order 1, 4 hours left"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// What people have put off is told when that is over, and never later than its deadline.
func TestSnoozedCase(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	b.run(n, 10*time.Minute, 0, inbox)
	b.decide(exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: noon.Add(19 * time.Hour)})
	got := b.run(n, 10*time.Minute, 20*time.Hour, inbox)
	want := []string{"18h50m0s bench: order 1, 11 hours left"} // the rungs in between were put off
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	b.decide(exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: b.now.Add(30 * time.Minute)})
	if got, want := b.run(n, 10*time.Minute, 2*time.Hour, inbox), []string{"30m0s bench: order 1, put off until now"}; !cmp.Equal(want, got) {
		t.Errorf("no rung in between: told %q, want %q", got, want)
	}
}

// In quiet hours only what cannot wait is told; the rest comes when they end.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	// London is at UTC in December. Sunday, the 6th, is quiet as a whole.
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{
		Name: "bench", Sender: inbox, Zone: "Europe/London", Quiet: notify.Quiet{From: "20:00", To: "06:30", Days: []string{"sunday"}},
	}}})
	b.now = time.Date(2026, 12, 2, 23, 0, 0, 0, time.UTC)
	b.raise(exceptions.SpellingDiffers, "SKU A", 0)
	b.raise(exceptions.MassZero, "shop", 0)
	b.raise(exceptions.NoTracking, "order 1", 6*time.Hour)
	got := b.run(n, 10*time.Minute, 8*time.Hour, inbox)
	first := map[string]string{}
	for _, line := range got {
		at, rest, _ := strings.Cut(line, " bench: ")
		object, why, _ := strings.Cut(rest, ", ")
		if first[object] == "" {
			first[object] = at + " " + why
		}
	}
	want := map[string]string{"shop": "0s new, 15 minutes left", "order 1": "5h0m0s new, 60 minutes left", "SKU A": "7h30m0s new"}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("first told at night (-want +got):\n%s", diff)
	}
	b, inbox = newBench(t), &box{}
	n = b.notifier(notify.Options{Recipients: []notify.Recipient{{
		Name: "bench", Sender: inbox, Zone: "Europe/London", Quiet: notify.Quiet{From: "20:00", To: "06:30", Days: []string{"sunday"}},
	}}})
	b.now = time.Date(2026, 12, 6, 12, 0, 0, 0, time.UTC)
	b.raise(exceptions.SpellingDiffers, "SKU A", 0)
	if got, want := b.run(n, 10*time.Minute, 24*time.Hour, inbox), []string{"18h30m0s bench: SKU A, new"}; !cmp.Equal(want, got) {
		t.Errorf("on a Sunday: %q, want %q", got, want)
	}
}

// The second on a path hears of an urgent case that the first has left alone, and of none
// that somebody took on in time.
func TestEscalationPath(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		claimAt time.Duration
		want    []string
	}{
		"left alone":   {time.Hour, []string{"0s bench: shop, new, 15 minutes left", "20m0s bench: shop, 5 minutes late", "30m0s manager: shop, new, 15 minutes late"}},
		"taken on":     {20 * time.Minute, []string{"0s bench: shop, new, 15 minutes left", "20m0s bench: shop, 5 minutes late"}},
		"another team": {-1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, first, second := newBench(t), &box{}, &box{}
			teams := []exceptions.Owner{exceptions.OwnerIntegration, exceptions.OwnerEcommerce}
			if c.claimAt < 0 {
				teams = []exceptions.Owner{exceptions.OwnerFinance}
			}
			n := b.notifier(notify.Options{Recipients: []notify.Recipient{
				{Name: "bench", Sender: first, Teams: teams}, {Name: "manager", Sender: second, After: 30 * time.Minute, Teams: teams},
			}})
			b.raise(exceptions.MassZero, "shop", 0)
			var got []string
			for ; b.now.Sub(noon) <= 40*time.Minute; b.now = b.now.Add(10 * time.Minute) {
				if b.now.Sub(noon) == c.claimAt {
					b.decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann"})
				}
				if _, err := n.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				for _, inbox := range []*box{first, second} {
					for _, m := range inbox.messages {
						got = append(got, fmt.Sprintf("%s %s: %s, %s", b.now.Sub(noon), m.To, m.Lines[0].Case.Object, m.Lines[0].Why))
					}
					inbox.messages = nil
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// Who cannot be reached keeps nobody else from being told, and is told later, once.
func TestSenderThatFails(t *testing.T) {
	t.Parallel()
	b, good, bad := newBench(t), &box{}, &box{err: errors.New("no route")}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bad", Sender: bad}, {Name: "good", Sender: good}}})
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	for range 2 {
		if _, err := n.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "bad: no route") {
			t.Errorf("error %v, want who was not reached and why", err)
		}
		b.now = b.now.Add(time.Minute)
	}
	bad.err = nil
	b.run(n, time.Minute, 5*time.Minute)
	if len(good.messages) != 1 || len(bad.messages) != 1 {
		t.Errorf("%d and %d messages, want one each", len(good.messages), len(bad.messages))
	}
	if h := n.Health(); h.Failures != 2 {
		t.Errorf("health: %v, want 2 failures", h)
	}
}

// What was told is remembered over a restart; two processes do not tell at once.
func TestSeveralProcesses(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	o := notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}}
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	b.run(b.notifier(o), time.Minute, 0)
	b.run(b.notifier(o), time.Minute, 10*time.Minute)
	if len(inbox.messages) != 1 {
		t.Errorf("%d messages, want one: a restart tells nothing again", len(inbox.messages))
	}
	b.raise(exceptions.NoTracking, "order 2", 30*time.Hour)
	_, unlock, err := b.memory.Shop("notify").Lock(t.Context(), "notify")
	if err != nil {
		t.Fatal(err)
	}
	report, err := b.notifier(o).Run(t.Context())
	if err != nil || !report.Elsewhere || len(inbox.messages) != 1 {
		t.Errorf("while another process is at it: %v, %v, %d messages", report, err, len(inbox.messages))
	}
	unlock()
	if report, err = b.notifier(o).Run(t.Context()); err != nil || report.Sent["bench"] != 1 || report.Open != 2 {
		t.Errorf("then: %v, %v", report, err)
	}
}

// A case that comes and goes is not new each time, but it is the next day.
func TestCaseThatComesAndGoes(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
	for range 5 {
		b.raise(exceptions.NoTracking, "order 1", 0)
		b.run(n, time.Minute, 0)
		b.clear(exceptions.NoTracking, "order 1")
		b.run(n, time.Minute, 5*time.Minute)
	}
	if len(inbox.messages) != 1 {
		t.Errorf("%d messages in half an hour, want one", len(inbox.messages))
	}
	b.run(n, time.Minute, 2*time.Hour)
	b.raise(exceptions.NoTracking, "order 1", 0)
	b.run(n, time.Minute, 0)
	if len(inbox.messages) != 2 {
		t.Errorf("%d messages, want a second one for what came back after hours", len(inbox.messages))
	}
}

// The warehouse has to act before the van that makes the deadline has left.
func TestLastCollection(t *testing.T) {
	t.Parallel()
	calendar, err := policy.Collections{Zone: "Europe/London", Days: map[string]string{"wednesday": "17:00", "thursday": "17:00"}}.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{
		Recipients:  []notify.Recipient{{Name: "bench", Sender: inbox}},
		Collections: map[string]*policy.Calendar{"UK": calendar},
	})
	b.raise(exceptions.NoTracking, "order 1", 11*time.Hour)       // 23:00, the van leaves at 17:00
	b.raise(exceptions.LateCancellation, "order 2", 11*time.Hour) // customer service has no van
	b.run(n, time.Minute, 0)
	got := map[string]string{}
	for _, l := range inbox.messages[0].Lines {
		got[l.Case.Object] = l.Why + " by " + l.ActBy.Format("15:04")
	}
	want := map[string]string{"order 1": "new, 5 hours left by 17:00", "order 2": "new, 11 hours left by 23:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// The list of the day comes once, and on its day with the week's numbers.
func TestDigests(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox, Zone: "Europe/London", Daily: "07:30", Weekly: "monday"}}})
	b.raise(exceptions.NoTracking, "order 1", 100*time.Hour)
	b.raise(exceptions.NoTracking, "order 2", 2*time.Hour)
	b.raise(exceptions.NoTracking, "order 3", 3*time.Hour)
	b.raise("a kind of a newer version", "order 4", 0)
	b.run(n, 30*time.Minute, 90*time.Minute)
	b.clear("a kind of a newer version", "order 4") // it has no time to act
	b.clear(exceptions.NoTracking, "order 2")       // just in time
	b.run(n, 30*time.Minute, 2*time.Hour)
	b.clear(exceptions.NoTracking, "order 3") // too late
	b.run(n, 30*time.Minute, 5*24*time.Hour)  // over Monday, the 7th
	var digests []string
	for _, m := range inbox.messages {
		if m.About != notify.AboutCases {
			digests = append(digests, m.At.Format("Mon 15:04 ")+m.Subject())
			if m.About == notify.AboutWeek {
				want := notify.Week{
					From: m.At.Add(-7 * 24 * time.Hour), To: m.At, Raised: 4, InTime: 1, Narrow: 1, Late: 1, Untimed: 1, Open: 1, Overdue: 1,
					Kinds: map[exceptions.Kind]int{exceptions.NoTracking: 3, "a kind of a newer version": 1},
				}
				if diff := cmp.Diff(&want, m.Week); diff != "" {
					t.Errorf("week (-want +got):\n%s", diff)
				}
			}
		}
	}
	want := []string{
		"Thu 07:30 Daily list: 1 open", "Fri 07:30 Daily list: 1 open", "Sat 07:30 Daily list: 1 open", "Sun 07:30 Daily list: 1 open",
		"Mon 07:30 Weekly digest: 1 open",
	}
	if diff := cmp.Diff(want, digests); diff != "" {
		t.Errorf("digests (-want +got):\n%s", diff)
	}
}

// A desk that cannot be read is an error, and no reason to think that all is well.
func TestUnreadableDesk(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n, err := notify.New(notify.Ports{Cases: broken{}, Memory: b.memory.Shop("notify")}, notify.Options{
		Recipients: []notify.Recipient{{Name: "bench", Sender: inbox, Zone: "UTC", Daily: "07:30"}}, Now: b.desk.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 48 {
		if _, err := n.Run(t.Context()); err == nil {
			t.Fatal("no error, want one")
		}
		b.now = b.now.Add(time.Hour)
	}
	if len(inbox.messages) > 0 {
		t.Errorf("%d messages, want none: nothing is known", len(inbox.messages))
	}
}

type broken struct{}

func (broken) Cases(context.Context, exceptions.Filter) ([]exceptions.Case, error) {
	return nil, errors.New("the disk is full")
}

// Everything that is wrong with the options is said at once, before anything is done.
func TestBadOptions(t *testing.T) {
	t.Parallel()
	good := func() notify.Recipient { return notify.Recipient{Name: "bench", Sender: &box{}} }
	for want, change := range map[string]func(*notify.Options, *notify.Recipient){
		`Zone: "Moon"`:                    func(_ *notify.Options, r *notify.Recipient) { r.Zone = "Moon" },
		`Zone: ""`:                        func(_ *notify.Options, r *notify.Recipient) { r.Daily = "07:30" },
		`Zone: "Local"`:                   func(_ *notify.Options, r *notify.Recipient) { r.Zone = "Local" },
		"Name: give one":                  func(_ *notify.Options, r *notify.Recipient) { r.Name = " bench" },
		"Sender: missing":                 func(_ *notify.Options, r *notify.Recipient) { r.Sender = nil },
		"After: -1m0s is negative":        func(_ *notify.Options, r *notify.Recipient) { r.After = -time.Minute },
		`there is no team "cooks"`:        func(_ *notify.Options, r *notify.Recipient) { r.Teams = []exceptions.Owner{"cooks"} },
		`Quiet.From: "8pm"`:               func(_ *notify.Options, r *notify.Recipient) { r.Zone, r.Quiet.From, r.Quiet.To = "UTC", "8pm", "07:00" },
		`Quiet.To: ""`:                    func(_ *notify.Options, r *notify.Recipient) { r.Zone, r.Quiet.From = "UTC", "20:00" },
		`"someday" is no weekday`:         func(_ *notify.Options, r *notify.Recipient) { r.Zone, r.Quiet.Days = "UTC", []string{"someday"} },
		"Weekly: it comes at the time of": func(_ *notify.Options, r *notify.Recipient) { r.Zone, r.Weekly = "UTC", "monday" },
		"Ladder: 4h0m0s is not shorter":   func(o *notify.Options, _ *notify.Recipient) { o.Ladder = []time.Duration{time.Hour, 4 * time.Hour} },
		"Repeat: -1s is negative":         func(o *notify.Options, _ *notify.Recipient) { o.Repeat = -time.Second },
	} {
		var o notify.Options
		r := good()
		change(&o, &r)
		o.Recipients = []notify.Recipient{r}
		if _, err := notify.New(notify.Ports{Cases: &exceptions.Memory{}, Memory: new(store.Memory).Shop("notify")}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	_, err := notify.New(notify.Ports{}, notify.Options{Recipients: []notify.Recipient{good(), good()}})
	for _, want := range []string{"missing ports: Cases, Memory", "given twice"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if _, err := notify.New(notify.Ports{Cases: &exceptions.Memory{}, Memory: new(store.Memory).Shop("notify")}, notify.Options{}); err == nil || !strings.Contains(err.Error(), "nobody would be told") {
		t.Errorf("error %v without recipients", err)
	}
}

// A message is cut after the first cases, and these are the worst as they are now: a warning
// whose deadline is near goes before what was raised as urgent and can wait.
func TestTheWorstComeFirst(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
	warning := exceptions.NoTracking
	for i := range 20 {
		b.raise(exceptions.ParcelToPull, fmt.Sprintf("order %d", 100+i), 30*time.Hour)
		b.raise(exceptions.MassZero, fmt.Sprintf("shop %d", i), 30*time.Hour)
	}
	b.raise(warning, "order 1", 40*time.Minute)
	b.run(n, time.Minute, 0, inbox)
	if len(inbox.messages) != 1 {
		t.Fatalf("%d messages, want 1", len(inbox.messages))
	}
	m := inbox.messages[0]
	if !slices.IsSortedFunc(m.Lines, func(a, b notify.Line) int { return int(b.Severity) - int(a.Severity) }) || m.Lines[0].Case.Object != "order 1" {
		t.Errorf("the first is %s, %s, of %d", m.Lines[0].Case.Object, m.Lines[0].Severity, len(m.Lines))
	}
	if !strings.HasPrefix(m.Text(), "URGENT: no tracking, order 1 [UK, warehouse] - new, 40 minutes left\n") {
		t.Errorf("the text begins with %.120q", m.Text())
	}
}

// Who took a case on for a while is not said to be on it when that is over.
func TestClaimThatIsOver(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
	b.raise(exceptions.NoTracking, "order 1", 5*time.Hour)
	b.decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Until: b.now.Add(2 * time.Hour)})
	b.run(n, 10*time.Minute, 5*time.Hour, inbox)
	for _, m := range inbox.messages {
		held := m.At.Before(noon.Add(2 * time.Hour))
		if text := m.Text(); strings.Contains(text, "Ann is on it") != held || held && strings.Contains(text, "nobody has taken it on") {
			t.Errorf("at %s, held %t: %q", m.At.Format("15:04"), held, text)
		}
	}
	if len(inbox.messages) < 3 {
		t.Errorf("%d messages, want one when it is new, one after the claim, and one at the last rung", len(inbox.messages))
	}
}

// What a receiver that is down misses of the week is told with the next list, and no list
// comes at night: not the one of a quiet day, nor one that a program was down for.
func TestListsThatWereMissed(t *testing.T) {
	t.Parallel()
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 12, day, hour, minute, 0, 0, time.UTC) }
	night := notify.Quiet{From: "20:00", To: "06:30", Days: []string{"sunday"}}
	for name, c := range map[string]struct {
		r notify.Recipient
		// From down to up nothing runs.
		down, up time.Time
		want     []string
	}{
		"a quiet Sunday": {notify.Recipient{Quiet: night, Daily: "07:00", Weekly: "monday"}, at(20, 0, 0), at(20, 0, 0),
			[]string{"Sat 07:00 Daily list", "Mon 07:00 Weekly digest", "Tue 07:00 Daily list", "Wed 07:00 Daily list"}},
		"down over the time of the week": {notify.Recipient{Quiet: night, Daily: "07:00", Weekly: "monday"}, at(7, 5, 0), at(8, 15, 0),
			[]string{"Sat 07:00 Daily list", "Tue 15:00 Weekly digest", "Wed 07:00 Daily list"}},
		"down until the night": {notify.Recipient{Quiet: night, Daily: "07:00"}, at(8, 5, 0), at(8, 23, 0),
			[]string{"Sat 07:00 Daily list", "Mon 07:00 Daily list", "Wed 07:00 Daily list"}},
		"late by some hours": {notify.Recipient{Quiet: night, Daily: "07:00"}, at(8, 5, 0), at(8, 11, 0),
			[]string{"Sat 07:00 Daily list", "Mon 07:00 Daily list", "Tue 11:00 Daily list", "Wed 07:00 Daily list"}},
		"a time that is in the quiet hours": {notify.Recipient{Quiet: notify.Quiet{From: "20:00", To: "08:00"}, Daily: "07:30"}, at(20, 0, 0), at(20, 0, 0),
			[]string{"Sat 08:00 Daily list", "Sun 08:00 Daily list", "Mon 08:00 Daily list", "Tue 08:00 Daily list", "Wed 08:00 Daily list"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, inbox := newBench(t), &box{}
			c.r.Name, c.r.Sender, c.r.Zone = "bench", inbox, "Europe/London"
			n := b.notifier(notify.Options{Recipients: []notify.Recipient{c.r}})
			for b.now = at(4, 12, 0); b.now.Before(at(9, 12, 0)); b.now = b.now.Add(30 * time.Minute) {
				if !b.now.Before(c.down) && b.now.Before(c.up) {
					continue
				}
				if _, err := n.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, m := range inbox.messages {
				got = append(got, m.At.Format("Mon 15:04 ")+strings.TrimSuffix(m.Subject(), ": 0 open"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("lists (-want +got):\n%s", diff)
			}
		})
	}
}

// Quiet hours and lists go by the clock on the wall, also on the days on which it is changed.
func TestClockIsChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from time.Time // midnight in London
		// The first minute after the quiet hours, and the list, in UTC.
		loud, list string
	}{
		"in March":   {time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), "05:30", "06:00"},
		"in October": {time.Date(2026, 10, 24, 23, 0, 0, 0, time.UTC), "06:30", "07:00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, inbox := newBench(t), &box{}
			b.now = c.from.Add(-4 * time.Hour) // 20:00
			n := b.notifier(notify.Options{Recipients: []notify.Recipient{{
				Name: "bench", Sender: inbox, Zone: "Europe/London", Quiet: notify.Quiet{From: "20:00", To: "06:30"}, Daily: "07:00",
			}}})
			b.raise(exceptions.SpellingDiffers, "SKU A", 0)
			b.run(n, time.Minute, 12*time.Hour, inbox)
			var got []string
			for _, m := range inbox.messages {
				got = append(got, m.At.Format("15:04 ")+string(m.About))
			}
			if diff := cmp.Diff([]string{c.loud + " cases", c.list + " daily list"}, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

// halfway fails every other time, before or after the message is out.
type halfway struct {
	box
	after bool
	calls int
}

func (h *halfway) Send(ctx context.Context, m notify.Message) error {
	h.calls++
	if h.calls%2 == 1 && !h.after {
		return errors.New("no answer")
	}
	if err := h.box.Send(ctx, m); err != nil || h.calls%2 == 0 {
		return err
	}
	return errors.New("no answer")
}

// A receiver that fails half of the time is told everything: once if it fails before the
// message is out, and at most twice if it fails afterwards.
func TestReceiverThatFailsHalfOfTheTime(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		b, inbox := newBench(t), &halfway{after: after}
		n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox}}})
		b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
		for end := b.now.Add(28 * time.Hour); b.now.Before(end); b.now = b.now.Add(time.Minute) {
			_, _ = n.Run(t.Context()) // half of those that tell something
		}
		count := map[string]int{}
		for _, m := range inbox.messages {
			count[m.Lines[0].Why]++
		}
		want := map[string]int{"new": 1, "23 hours left": 1, "11 hours left": 1, "3 hours left": 1}
		if after {
			want = map[string]int{"new": 2, "24 hours left": 1, "23 hours left": 1, "12 hours left": 1, "11 hours left": 1, "4 hours left": 1, "3 hours left": 1}
		}
		if diff := cmp.Diff(want, count); diff != "" {
			t.Errorf("it fails after the message is out: %t: told (-want +got):\n%s", after, diff)
		}
	}
}

// What is urgent and has no deadline is told at night too, hours before its time is over; quiet
// hours begin and end on the minute, by day as well.
func TestWhatQuietHoursLetThrough(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox, Zone: "UTC", Quiet: notify.Quiet{From: "12:00", To: "13:00"}}}})
	b.raise(exceptions.UnmappedSKU, "SKU A", 0)
	b.raise(exceptions.SpellingDiffers, "SKU B", 0)
	info, _ := exceptions.UnmappedSKU.Info()
	if info.Severity != exceptions.Urgent || info.Within <= time.Hour {
		t.Fatalf("%s is %s within %s, want urgent and hours", info.Kind, info.Severity, info.Within)
	}
	got := b.run(n, 30*time.Minute, 30*time.Minute, inbox)
	if diff := cmp.Diff([]string{"0s bench: SKU A, new, 2 hours left"}, got); diff != "" {
		t.Errorf("told until 13:00 (-want +got):\n%s", diff)
	}
	if got := b.run(n, time.Minute, 0, inbox); !slices.Contains(got, "0s bench: SKU B, new") {
		t.Errorf("told at 13:00 %q, want the other too", got)
	}
}

// A recipient of one shop hears nothing of another.
func TestRecipientOfAShop(t *testing.T) {
	t.Parallel()
	b, uk, ie := newBench(t), &box{}, &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{
		{Name: "uk", Sender: uk, Shops: []string{"UK"}, Zone: "UTC", Daily: "12:05"}, {Name: "ie", Sender: ie, Shops: []string{"IE"}, Zone: "UTC", Daily: "12:05"},
	}})
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	b.run(n, time.Minute, 10*time.Minute)
	if len(uk.messages) != 2 || len(uk.messages[1].Lines) != 1 {
		t.Errorf("the shop's own recipient has %d messages, want the case and the list with it", len(uk.messages))
	}
	if len(ie.messages) != 1 || len(ie.messages[0].Lines) != 0 {
		t.Errorf("the other shop's recipient has %v, want a list of nothing", ie.messages)
	}
}

// Who was told of a case further up the path hears how it goes on, also when somebody has
// taken it on and does not get it done.
func TestPathGoesOn(t *testing.T) {
	t.Parallel()
	b, second := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: &box{}}, {Name: "manager", Sender: second, After: 30 * time.Minute}}})
	b.raise(exceptions.NoTracking, "order 1", 5*time.Hour)
	got := b.run(n, 10*time.Minute, 40*time.Minute, second)
	b.decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann"})
	got = append(got, b.run(n, 10*time.Minute, 5*time.Hour, second)...)
	want := []string{"30m0s manager: order 1, new, 4 hours left", "10m0s manager: order 1, 4 hours left", "3h10m0s manager: order 1, 60 minutes left", "4h10m0s manager: order 1, 0 minutes late"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// ending ends the program that it is told by.
type ending struct{ end context.CancelFunc }

func (e ending) Send(ctx context.Context, _ notify.Message) error {
	e.end()
	return ctx.Err()
}

// A program that ends goes on to nobody.
func TestEnding(t *testing.T) {
	t.Parallel()
	b, next := newBench(t), &box{}
	ctx, end := context.WithCancel(t.Context())
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "first", Sender: ending{end}}, {Name: "next", Sender: next}}})
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	if _, err := n.Run(ctx); !errors.Is(err, context.Canceled) || len(next.messages) > 0 {
		t.Errorf("error %v, and %d messages to the next; want the context's and none", err, len(next.messages))
	}
}

// silent never answers.
type silent struct{}

func (silent) Send(ctx context.Context, _ notify.Message) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// A receiver that never answers does not keep the next from being told.
func TestReceiverThatNeverAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, next := newBench(t), &box{}
		n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "silent", Sender: silent{}}, {Name: "next", Sender: next}}})
		b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
		start := time.Now()
		if _, err := n.Run(t.Context()); !errors.Is(err, context.DeadlineExceeded) || len(next.messages) != 1 || time.Since(start) > time.Minute {
			t.Errorf("error %v after %s, and %d messages to the next; want one within a minute", err, time.Since(start), len(next.messages))
		}
	})
}

// A week has what was closed in it, and only what was closed late in time is narrow.
func TestWeek(t *testing.T) {
	t.Parallel()
	b, inbox := newBench(t), &box{}
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: inbox, Zone: "UTC", Daily: "07:30", Weekly: "monday"}}})
	b.raise(exceptions.NoTracking, "order 1", 10*time.Hour)
	b.run(n, 30*time.Minute, 0)
	b.clear(exceptions.NoTracking, "order 1")
	b.run(n, 30*time.Minute, 13*24*time.Hour)
	var got []string
	for _, m := range inbox.messages {
		if w := m.Week; w != nil {
			got = append(got, fmt.Sprintf("%d raised, %d in time, %d of them narrowly", w.Raised, w.InTime, w.Narrow))
		}
	}
	if diff := cmp.Diff([]string{"1 raised, 1 in time, 0 of them narrowly", "0 raised, 0 in time, 0 of them narrowly"}, got); diff != "" {
		t.Errorf("weeks (-want +got):\n%s", diff)
	}
}
