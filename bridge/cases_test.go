package bridge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The life of a case, an hour between two things that happen to it.
func TestCaseLife(t *testing.T) {
	at := func(hour int) time.Time { return noon.Add(time.Duration(hour) * time.Hour) }
	seen := func(deadline time.Time) func(Case, time.Time) (Case, error) {
		return func(c Case, now time.Time) (Case, error) {
			return c.Raise(raise(KindNoTracking, "order 1", deadline, "seen", "do"), now), nil
		}
	}
	again, gone := seen(time.Time{}), func(c Case, now time.Time) (Case, error) { return c.Clear(now), nil }
	decide := func(d Decision) func(Case, time.Time) (Case, error) {
		return func(c Case, now time.Time) (Case, error) { return c.Decide(d, now) }
	}
	by := func(verb CaseVerb, who string) func(Case, time.Time) (Case, error) {
		return decide(Decision{Verb: verb, By: who, Note: "because"})
	}
	for _, test := range []struct {
		name  string
		steps []func(Case, time.Time) (Case, error)
		err   error  // of the last step
		want  string // state, holder, count, first, reopened
		verbs string
	}{
		{"counted up", []func(Case, time.Time) (Case, error){again, again, again}, nil, "open, nobody, 3 since 0, back 0", "raised"},
		{"gone and back", []func(Case, time.Time) (Case, error){again, again, gone, gone, again}, nil, "open, nobody, 1 since 4, back 1", "raised cleared returned"},
		{"gone", []func(Case, time.Time) (Case, error){again, gone}, nil, "cleared, nobody, 1 since 0, back 0", "raised cleared"},
		{"claimed", []func(Case, time.Time) (Case, error){again, by(VerbClaimed, "Ann"), again}, nil, "open, Ann, 2 since 0, back 0", "raised claimed"},
		{"claimed twice by one", []func(Case, time.Time) (Case, error){again, by(VerbClaimed, "Ann"), by(VerbClaimed, "Ann")}, nil, "open, Ann, 1 since 0, back 0", "raised claimed claimed"},
		{"claimed by another", []func(Case, time.Time) (Case, error){again, by(VerbClaimed, "Ann"), by(VerbClaimed, "Bob")}, ErrCaseClaimed, "open, Ann, 1 since 0, back 0", "raised claimed"},
		{"claim released by a colleague", []func(Case, time.Time) (Case, error){again, by(VerbClaimed, "Ann"), by(VerbReleased, "Bob"), by(VerbClaimed, "Bob")}, nil, "open, Bob, 1 since 0, back 0", "raised claimed released claimed"},
		{"nothing to release", []func(Case, time.Time) (Case, error){again, by(VerbReleased, "Bob")}, nil, "open, nobody, 1 since 0, back 0", "raised"},
		{"claim that is over", []func(Case, time.Time) (Case, error){again, decide(Decision{Verb: VerbClaimed, By: "Ann", Until: at(2)}), again}, nil, "open, nobody, 2 since 0, back 0", "raised claimed"},
		{"claim that is over, taken", []func(Case, time.Time) (Case, error){again, decide(Decision{Verb: VerbClaimed, By: "Ann", Until: at(2)}), by(VerbClaimed, "Bob")}, nil, "open, Bob, 1 since 0, back 0", "raised claimed claimed"},
		{"claim that lasts", []func(Case, time.Time) (Case, error){again, decide(Decision{Verb: VerbClaimed, By: "Ann", Until: at(3)}), by(VerbClaimed, "Bob")}, ErrCaseClaimed, "open, Ann, 1 since 0, back 0", "raised claimed"},
		{"resolved by another than the holder", []func(Case, time.Time) (Case, error){again, by(VerbClaimed, "Ann"), by(VerbResolved, "Bob")}, nil, "resolved, nobody, 1 since 0, back 0", "raised claimed resolved"},
		{"resolved twice", []func(Case, time.Time) (Case, error){again, by(VerbResolved, "Ann"), by(VerbResolved, "Bob")}, ErrCaseState, "resolved, nobody, 1 since 0, back 0", "raised resolved"},
		{"resolved and seen again", []func(Case, time.Time) (Case, error){again, by(VerbClaimed, "Ann"), by(VerbResolved, "Ann"), again}, nil, "open, nobody, 2 since 0, back 1", "raised claimed resolved returned"},
		{"accepted as it is", []func(Case, time.Time) (Case, error){again, decide(Decision{Verb: VerbResolved, By: "Ann", Note: "it is so", Until: at(4)}), again, again}, nil, "resolved, nobody, 3 since 0, back 0", "raised resolved"},
		{"accepted for a while", []func(Case, time.Time) (Case, error){again, decide(Decision{Verb: VerbResolved, By: "Ann", Note: "it is so", Until: at(3)}), again, again}, nil, "open, nobody, 3 since 0, back 1", "raised resolved returned"},
		{"accepted, gone, another cause", []func(Case, time.Time) (Case, error){again, decide(Decision{Verb: VerbResolved, By: "Ann", Note: "it is so", Until: at(9)}), gone, again}, nil, "open, nobody, 1 since 3, back 1", "raised resolved cleared returned"},
		{"reopened", []func(Case, time.Time) (Case, error){again, by(VerbResolved, "Ann"), by(VerbReopened, "Bob")}, nil, "open, nobody, 1 since 0, back 1", "raised resolved reopened"},
		{"reopened after it was cleared", []func(Case, time.Time) (Case, error){again, gone, by(VerbReopened, "Bob"), again}, nil, "open, nobody, 2 since 0, back 1", "raised cleared reopened"},
		{"reopened while open", []func(Case, time.Time) (Case, error){again, by(VerbReopened, "Bob")}, ErrCaseState, "open, nobody, 1 since 0, back 0", "raised"},
		{"claimed after it was closed", []func(Case, time.Time) (Case, error){again, gone, by(VerbClaimed, "Bob")}, ErrCaseState, "cleared, nobody, 1 since 0, back 0", "raised cleared"},
		{"deadline kept", []func(Case, time.Time) (Case, error){seen(at(9)), again, by(VerbResolved, "Ann"), again}, nil, "open, nobody, 3 since 0, back 1, by 9", "raised resolved returned"},
		{"deadline moved", []func(Case, time.Time) (Case, error){seen(at(9)), seen(at(8))}, nil, "open, nobody, 2 since 0, back 0, by 8", "raised"},
		{"deadline of another cause", []func(Case, time.Time) (Case, error){seen(at(9)), gone, again}, nil, "open, nobody, 1 since 2, back 1", "raised cleared returned"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c Case
			now := noon
			for i, step := range test.steps {
				var err error
				now = at(i)
				before := c.Clone()
				old := c
				c, err = step(c, now)
				if i == len(test.steps)-1 && !errors.Is(err, test.err) || i < len(test.steps)-1 && err != nil {
					t.Fatalf("step %d: %v, want %v", i, err, test.err)
				}
				if diff := cmp.Diff(before, old); diff != "" {
					t.Errorf("step %d changed the case that it was given: %s", i, diff)
				}
				if err != nil {
					if diff := cmp.Diff(before, c); diff != "" {
						t.Errorf("step %d was refused, and changed the case: %s", i, diff)
					}
				}
				if c.State == CaseOpen != c.ClosedAt.IsZero() {
					t.Errorf("step %d: %s, closed at %v", i, c.State, c.ClosedAt)
				}
				if step := c.History[len(c.History)-1]; step.At.After(now) {
					t.Errorf("step %d: %+v", i, step)
				}
			}
			holder := c.Holder(now)
			if holder == "" {
				holder = "nobody"
			}
			got := fmt.Sprintf("%s, %s, %d since %v, back %d", c.State, holder, c.Count, c.First.Sub(noon).Hours(), c.Reopened)
			if !c.Deadline.IsZero() {
				got += fmt.Sprintf(", by %v", c.Deadline.Sub(noon).Hours())
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			var verbs []string
			for _, e := range c.History {
				verbs = append(verbs, string(e.Verb))
			}
			if got := strings.Join(verbs, " "); got != test.verbs {
				t.Errorf("history %s, want %s", got, test.verbs)
			}
		})
	}
}

func TestDecisionsThatAreRefused(t *testing.T) {
	c := Case{}.Raise(raise(KindNoTracking, "order 1", time.Time{}, "seen", "do"), noon)
	for _, test := range []struct {
		d    Decision
		says string
	}{
		{Decision{Verb: VerbClaimed}, "By must name"},
		{Decision{Verb: VerbClaimed, By: " \t"}, "By must name"},
		{Decision{Verb: VerbClaimed, By: strings.Repeat("a", 101)}, "By must name"},
		{Decision{Verb: VerbClaimed, By: "Ann\xff"}, "By must name"},
		{Decision{Verb: VerbClaimed, By: "Ann", Until: noon}, "is over"},
		{Decision{Verb: VerbClaimed, By: "Ann", Note: strings.Repeat("a", 1001)}, "Note must be"},
		{Decision{Verb: VerbResolved, By: "Ann"}, "Note is empty"},
		{Decision{Verb: VerbResolved, By: "Ann", Note: "done", Until: noon.Add(-1)}, "is over"},
		{Decision{Verb: VerbReleased, By: "Ann", Until: noon.Add(1)}, "must be zero"},
		{Decision{Verb: VerbRaised, By: "Ann"}, "nothing to decide"},
		{Decision{Verb: "burn", By: "Ann"}, "nothing to decide"},
		{Decision{By: "Ann"}, "nothing to decide"},
	} {
		after, err := c.Decide(test.d, noon)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v, want one that says %q", test.d, err, test.says)
		}
		if diff := cmp.Diff(c, after); diff != "" {
			t.Errorf("%+v: %s", test.d, diff)
		}
	}
}

func TestCaseHistoryIsBounded(t *testing.T) {
	var c Case
	e := raise(KindNoTracking, "order 1", time.Time{}, "seen", "do")
	for i := range 3 * MaxCaseEvents {
		c = c.Raise(e, noon.Add(time.Duration(i)*time.Minute)).Clear(noon.Add(time.Duration(i) * time.Minute))
		if want := min(2*(i+1), MaxCaseEvents); len(c.History) != want {
			t.Fatalf("%d events after %d rounds, want %d", len(c.History), i+1, want)
		}
	}
	last := noon.Add(time.Duration(3*MaxCaseEvents-1) * time.Minute)
	if h := c.History; h[0].Verb != VerbRaised || !h[0].At.Equal(noon) || h[len(h)-1].Verb != VerbCleared || !h[len(h)-1].At.Equal(last) {
		t.Errorf("it begins with %+v and ends with %+v", h[0], h[len(h)-1])
	}
	for i := 2; i < len(c.History); i++ {
		if c.History[i].At.Before(c.History[i-1].At) {
			t.Errorf("event %d is out of order", i)
		}
	}
}

func TestEscalation(t *testing.T) {
	for _, test := range []struct {
		name   string
		kind   Kind
		left   time.Duration // to the deadline; 0: it has none
		age    time.Duration
		policy Escalation
		want   Severity
	}{
		{"far off", KindNormalisedSKU, 48 * time.Hour, 0, Escalation{}, Notice},
		{"a day left", KindNormalisedSKU, 24 * time.Hour, 0, Escalation{}, Warning},
		{"a little more than a day", KindNormalisedSKU, 24*time.Hour + 1, 0, Escalation{}, Notice},
		{"four hours left", KindNormalisedSKU, 4 * time.Hour, 0, Escalation{}, Urgent},
		{"passed", KindNormalisedSKU, -time.Hour, 0, Escalation{}, Urgent},
		{"never less than it was", KindNoTracking, 400 * time.Hour, 0, Escalation{}, Urgent},
		{"other times", KindTrackingDiffers, 5 * time.Hour, 0, Escalation{Urgent: 6 * time.Hour}, Urgent},
		{"no deadline, young", KindNormalisedSKU, 0, time.Hour, Escalation{}, Notice},
		{"no deadline, time is over", KindNormalisedSKU, 0, 7 * 24 * time.Hour, Escalation{}, Warning},
		{"no deadline, long over", KindNormalisedSKU, 0, 700 * 24 * time.Hour, Escalation{}, Warning},
		{"no deadline, a warning", KindBadQuantity, 0, 25 * time.Hour, Escalation{}, Urgent},
		{"no deadline, urgent", KindNoTracking, 0, 700 * time.Hour, Escalation{}, Urgent},
		{"a kind of tomorrow", "tomorrow's", 0, 700 * time.Hour, Escalation{}, Notice},
	} {
		e := raise(test.kind, "order 1", time.Time{}, "seen", "do")
		e.First = noon.Add(-test.age)
		if test.left != 0 {
			e.Deadline = noon.Add(test.left)
		}
		got := test.policy.Apply(e, noon)
		if got.Severity != test.want {
			t.Errorf("%s: %s, want %s", test.name, got.Severity, test.want)
		}
		if got.Severity = e.Severity; cmp.Diff(e, got) != "" {
			t.Errorf("%s: more than the severity changed: %s", test.name, cmp.Diff(e, got))
		}
	}
	if e := (Escalation{}).Apply(raise(KindNormalisedSKU, "SKU A", time.Time{}, "", ""), noon); e.Severity != Notice {
		t.Errorf("never seen: %s", e.Severity)
	}
}

func TestMemoryExceptionsForgetTheOldestClosed(t *testing.T) {
	now := noon
	m := MemoryExceptions{Now: func() time.Time { return now }, KeepClosed: 8}
	ctx := t.Context()
	object := func(i int) string { return fmt.Sprintf("order %03d", i) }
	for i := range 100 {
		now = now.Add(time.Minute)
		_ = m.Raise(ctx, raise(KindNoTracking, object(i), time.Time{}, "seen", "do"))
		switch i {
		case 0: // stays open
		case 1:
			d := Decision{Verb: VerbResolved, By: "Ann", Note: "so be it", Until: noon.Add(90 * time.Minute)}
			if _, err := m.Decide(ctx, string(KindNoTracking)+"|"+object(i), d); err != nil {
				t.Fatal(err)
			}
		default:
			_ = m.Clear(ctx, object(i), KindNoTracking)
		}
		all, _ := m.Cases(ctx, CaseFilter{States: []CaseState{CaseOpen, CaseResolved, CaseCleared}})
		if len(all) > 1+10 {
			t.Fatalf("%d cases are kept after %d", len(all), i+1)
		}
		if quiet := i >= 1 && i < 89; quiet && all[0].Object != object(1) && all[1].Object != object(1) {
			t.Fatalf("after %d: the one that is accepted is forgotten: %v", i+1, all)
		}
	}
	closed, _ := m.Cases(ctx, CaseFilter{States: []CaseState{CaseResolved, CaseCleared}})
	if len(closed) < 8 || closed[len(closed)-1].Object != object(99) || closed[0].Object < object(88) {
		t.Errorf("%d closed ones: %v", len(closed), closed)
	}
}
