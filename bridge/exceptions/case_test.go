package exceptions_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
)

// The life of a case, an hour between two things that happen to it.
func TestCaseLife(t *testing.T) {
	at := func(hour int) time.Time { return world.Noon.Add(time.Duration(hour) * time.Hour) }
	seen := func(deadline time.Time) func(exceptions.Case, time.Time) (exceptions.Case, error) {
		return func(c exceptions.Case, now time.Time) (exceptions.Case, error) {
			return c.Raise(exceptions.New(exceptions.NoTracking, "order 1", deadline, "seen", "do"), now), nil
		}
	}
	again, gone := seen(time.Time{}), func(c exceptions.Case, now time.Time) (exceptions.Case, error) { return c.Clear(now), nil }
	decide := func(d exceptions.Decision) func(exceptions.Case, time.Time) (exceptions.Case, error) {
		return func(c exceptions.Case, now time.Time) (exceptions.Case, error) { return c.Decide(d, now) }
	}
	by := func(verb exceptions.Verb, who string) func(exceptions.Case, time.Time) (exceptions.Case, error) {
		return decide(exceptions.Decision{Verb: verb, By: who, Note: "because"})
	}
	for _, test := range []struct {
		name  string
		steps []func(exceptions.Case, time.Time) (exceptions.Case, error)
		err   error  // of the last step
		want  string // state, holder, count, first, reopened
		verbs string
	}{
		{"counted up", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, again, again}, nil, "open, nobody, 3 since 0, back 0", "raised"},
		{"gone and back", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, again, gone, gone, again}, nil, "open, nobody, 1 since 4, back 1", "raised cleared returned"},
		{"gone", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, gone}, nil, "cleared, nobody, 1 since 0, back 0", "raised cleared"},
		{"claimed", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbClaimed, "Ann"), again}, nil, "open, Ann, 2 since 0, back 0", "raised claimed"},
		{"claimed twice by one", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbClaimed, "Ann"), by(exceptions.VerbClaimed, "Ann")}, nil, "open, Ann, 1 since 0, back 0", "raised claimed claimed"},
		{"claimed by another", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbClaimed, "Ann"), by(exceptions.VerbClaimed, "Bob")}, exceptions.ErrCaseClaimed, "open, Ann, 1 since 0, back 0", "raised claimed"},
		{"claim released by a colleague", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbClaimed, "Ann"), by(exceptions.VerbReleased, "Bob"), by(exceptions.VerbClaimed, "Bob")}, nil, "open, Bob, 1 since 0, back 0", "raised claimed released claimed"},
		{"nothing to release", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbReleased, "Bob")}, nil, "open, nobody, 1 since 0, back 0", "raised"},
		{"claim that is over", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Until: at(2)}), again}, nil, "open, nobody, 2 since 0, back 0", "raised claimed"},
		{"claim that is over, taken", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Until: at(2)}), by(exceptions.VerbClaimed, "Bob")}, nil, "open, Bob, 1 since 0, back 0", "raised claimed claimed"},
		{"claim that lasts", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, decide(exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Until: at(3)}), by(exceptions.VerbClaimed, "Bob")}, exceptions.ErrCaseClaimed, "open, Ann, 1 since 0, back 0", "raised claimed"},
		{"resolved by another than the holder", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbClaimed, "Ann"), by(exceptions.VerbResolved, "Bob")}, nil, "resolved, nobody, 1 since 0, back 0", "raised claimed resolved"},
		{"resolved twice", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbResolved, "Ann"), by(exceptions.VerbResolved, "Bob")}, exceptions.ErrCaseState, "resolved, nobody, 1 since 0, back 0", "raised resolved"},
		{"resolved and seen again", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbClaimed, "Ann"), by(exceptions.VerbResolved, "Ann"), again}, nil, "open, nobody, 2 since 0, back 1", "raised claimed resolved returned"},
		{"accepted as it is", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, decide(exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "it is so", Until: at(4)}), again, again}, nil, "resolved, nobody, 3 since 0, back 0", "raised resolved"},
		{"accepted for a while", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, decide(exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "it is so", Until: at(3)}), again, again}, nil, "open, nobody, 3 since 0, back 1", "raised resolved returned"},
		{"accepted, gone, another cause", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, decide(exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "it is so", Until: at(9)}), gone, again}, nil, "open, nobody, 1 since 3, back 1", "raised resolved cleared returned"},
		{"reopened", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbResolved, "Ann"), by(exceptions.VerbReopened, "Bob")}, nil, "open, nobody, 1 since 0, back 1", "raised resolved reopened"},
		{"reopened after it was cleared", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, gone, by(exceptions.VerbReopened, "Bob"), again}, nil, "open, nobody, 2 since 0, back 1", "raised cleared reopened"},
		{"reopened while open", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbReopened, "Bob")}, exceptions.ErrCaseState, "open, nobody, 1 since 0, back 0", "raised"},
		{"claimed after it was closed", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, gone, by(exceptions.VerbClaimed, "Bob")}, exceptions.ErrCaseState, "cleared, nobody, 1 since 0, back 0", "raised cleared"},
		{"noted while open and after", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, by(exceptions.VerbNoted, "Ann"), gone, by(exceptions.VerbNoted, "Bob")}, nil, "cleared, nobody, 1 since 0, back 0", "raised noted cleared noted"},
		{"put off", []func(exceptions.Case, time.Time) (exceptions.Case, error){seen(at(9)), decide(exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: at(9)}), again}, nil, "open, nobody, 2 since 0, back 0, by 9", "raised snoozed"},
		{"put off for too long", []func(exceptions.Case, time.Time) (exceptions.Case, error){seen(at(9)), decide(exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: at(9).Add(time.Second)})}, errAny, "open, nobody, 1 since 0, back 0, by 9", "raised"},
		{"put off after it was closed", []func(exceptions.Case, time.Time) (exceptions.Case, error){again, gone, decide(exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: at(3)})}, exceptions.ErrCaseState, "cleared, nobody, 1 since 0, back 0", "raised cleared"},
		{"deadline kept", []func(exceptions.Case, time.Time) (exceptions.Case, error){seen(at(9)), again, by(exceptions.VerbResolved, "Ann"), again}, nil, "open, nobody, 3 since 0, back 1, by 9", "raised resolved returned"},
		{"deadline moved", []func(exceptions.Case, time.Time) (exceptions.Case, error){seen(at(9)), seen(at(8))}, nil, "open, nobody, 2 since 0, back 0, by 8", "raised"},
		{"deadline of another cause", []func(exceptions.Case, time.Time) (exceptions.Case, error){seen(at(9)), gone, again}, nil, "open, nobody, 1 since 2, back 1", "raised cleared returned"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var c exceptions.Case
			now := world.Noon
			for i, step := range test.steps {
				var err error
				now = at(i)
				before := c.Clone()
				old := c
				c, err = step(c, now)
				want := test.err
				if i < len(test.steps)-1 {
					want = nil
				}
				if right := errors.Is(err, want) || errors.Is(want, errAny) && err != nil; !right {
					t.Fatalf("step %d: %v, want %v", i, err, want)
				}
				if diff := cmp.Diff(before, old); diff != "" {
					t.Errorf("step %d changed the case that it was given: %s", i, diff)
				}
				if err != nil {
					if diff := cmp.Diff(before, c); diff != "" {
						t.Errorf("step %d was refused, and changed the case: %s", i, diff)
					}
				}
				if c.State == exceptions.CaseOpen != c.ClosedAt.IsZero() {
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
			got := fmt.Sprintf("%s, %s, %d since %v, back %d", c.State, holder, c.Count, c.First.Sub(world.Noon).Hours(), c.Reopened)
			if !c.Deadline.IsZero() {
				got += fmt.Sprintf(", by %v", c.Deadline.Sub(world.Noon).Hours())
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

// errAny stands for an error that wraps none of the package's.
var errAny = errors.New("any")

// A case is put off until the moment that was named, or until it is time to act, whichever
// comes first, and no longer once it was closed.
func TestSnoozed(t *testing.T) {
	at := func(hours int) time.Time { return world.Noon.Add(time.Duration(hours) * time.Hour) }
	raise := func(c exceptions.Case, deadline time.Time) exceptions.Case {
		return c.Raise(exceptions.New(exceptions.NoTracking, "order 1", deadline, "seen", "do"), world.Noon)
	}
	c := raise(exceptions.Case{}, at(9))
	c, err := c.Decide(exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann", Until: at(6)}, world.Noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		c    exceptions.Case
		at   int
		want bool
	}{
		"before":                   {c, 5, true},
		"then":                     {c, 6, false},
		"after the deadline moved": {raise(c, at(3)), 4, false},
		"closed and back":          {raise(c.Clear(at(1)), at(9)), 2, false},
	} {
		if got := test.c.Snoozed(at(test.at)); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestDecisionsThatAreRefused(t *testing.T) {
	c := exceptions.Case{}.Raise(exceptions.New(exceptions.NoTracking, "order 1", time.Time{}, "seen", "do"), world.Noon)
	for _, test := range []struct {
		d    exceptions.Decision
		says string
	}{
		{exceptions.Decision{Verb: exceptions.VerbClaimed}, "By must name"},
		{exceptions.Decision{Verb: exceptions.VerbNoted, By: "Ann"}, "Note is empty"},
		{exceptions.Decision{Verb: exceptions.VerbSnoozed, By: "Ann"}, "Until is missing"},
		{exceptions.Decision{Verb: exceptions.VerbClaimed, By: " \t"}, "By must name"},
		{exceptions.Decision{Verb: exceptions.VerbClaimed, By: strings.Repeat("a", 101)}, "By must name"},
		{exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann\xff"}, "By must name"},
		{exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Until: world.Noon}, "is over"},
		{exceptions.Decision{Verb: exceptions.VerbClaimed, By: "Ann", Note: strings.Repeat("a", 1001)}, "Note must be"},
		{exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann"}, "Note is empty"},
		{exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "done", Until: world.Noon.Add(-1)}, "is over"},
		{exceptions.Decision{Verb: exceptions.VerbReleased, By: "Ann", Until: world.Noon.Add(1)}, "must be zero"},
		{exceptions.Decision{Verb: exceptions.VerbRaised, By: "Ann"}, "nothing to decide"},
		{exceptions.Decision{Verb: "burn", By: "Ann"}, "nothing to decide"},
		{exceptions.Decision{By: "Ann"}, "nothing to decide"},
	} {
		after, err := c.Decide(test.d, world.Noon)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%+v: %v, want one that says %q", test.d, err, test.says)
		}
		if diff := cmp.Diff(c, after); diff != "" {
			t.Errorf("%+v: %s", test.d, diff)
		}
	}
}

func TestCaseHistoryIsBounded(t *testing.T) {
	var c exceptions.Case
	e := exceptions.New(exceptions.NoTracking, "order 1", time.Time{}, "seen", "do")
	for i := range 3 * exceptions.MaxEvents {
		c = c.Raise(e, world.Noon.Add(time.Duration(i)*time.Minute)).Clear(world.Noon.Add(time.Duration(i) * time.Minute))
		if want := min(2*(i+1), exceptions.MaxEvents); len(c.History) != want {
			t.Fatalf("%d events after %d rounds, want %d", len(c.History), i+1, want)
		}
	}
	last := world.Noon.Add(time.Duration(3*exceptions.MaxEvents-1) * time.Minute)
	if h := c.History; h[0].Verb != exceptions.VerbRaised || !h[0].At.Equal(world.Noon) || h[len(h)-1].Verb != exceptions.VerbCleared || !h[len(h)-1].At.Equal(last) {
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
		kind   exceptions.Kind
		left   time.Duration // to the deadline; 0: it has none
		age    time.Duration
		policy exceptions.Escalation
		want   exceptions.Severity
	}{
		{"far off", exceptions.SpellingDiffers, 48 * time.Hour, 0, exceptions.Escalation{}, exceptions.Notice},
		{"a day left", exceptions.SpellingDiffers, 24 * time.Hour, 0, exceptions.Escalation{}, exceptions.Warning},
		{"a little more than a day", exceptions.SpellingDiffers, 24*time.Hour + 1, 0, exceptions.Escalation{}, exceptions.Notice},
		{"four hours left", exceptions.SpellingDiffers, 4 * time.Hour, 0, exceptions.Escalation{}, exceptions.Urgent},
		{"passed", exceptions.SpellingDiffers, -time.Hour, 0, exceptions.Escalation{}, exceptions.Urgent},
		{"never less than it was", exceptions.NoTracking, 400 * time.Hour, 0, exceptions.Escalation{}, exceptions.Urgent},
		{"other times", exceptions.TrackingDiffers, 5 * time.Hour, 0, exceptions.Escalation{Urgent: 6 * time.Hour}, exceptions.Urgent},
		{"no deadline, young", exceptions.SpellingDiffers, 0, time.Hour, exceptions.Escalation{}, exceptions.Notice},
		{"no deadline, time is over", exceptions.SpellingDiffers, 0, 7 * 24 * time.Hour, exceptions.Escalation{}, exceptions.Warning},
		{"no deadline, long over", exceptions.SpellingDiffers, 0, 700 * 24 * time.Hour, exceptions.Escalation{}, exceptions.Warning},
		{"no deadline, a warning", exceptions.BadLevel, 0, 25 * time.Hour, exceptions.Escalation{}, exceptions.Urgent},
		{"no deadline, urgent", exceptions.NoTracking, 0, 700 * time.Hour, exceptions.Escalation{}, exceptions.Urgent},
		{"a kind of tomorrow", "tomorrow's", 0, 700 * time.Hour, exceptions.Escalation{}, exceptions.Notice},
	} {
		e := exceptions.New(test.kind, "order 1", time.Time{}, "seen", "do")
		e.First = world.Noon.Add(-test.age)
		if test.left != 0 {
			e.Deadline = world.Noon.Add(test.left)
		}
		got := test.policy.Apply(e, world.Noon)
		if got.Severity != test.want {
			t.Errorf("%s: %s, want %s", test.name, got.Severity, test.want)
		}
		if got.Severity = e.Severity; cmp.Diff(e, got) != "" {
			t.Errorf("%s: more than the severity changed: %s", test.name, cmp.Diff(e, got))
		}
	}
	if e := (exceptions.Escalation{}).Apply(exceptions.New(exceptions.SpellingDiffers, "SKU A", time.Time{}, "", ""), world.Noon); e.Severity != exceptions.Notice {
		t.Errorf("never seen: %s", e.Severity)
	}
}

func TestMemoryExceptionsForgetTheOldestClosed(t *testing.T) {
	now := world.Noon
	m := exceptions.Memory{Now: func() time.Time { return now }, KeepClosed: 8}
	ctx, queue := t.Context(), m.Shop("shop")
	object := func(i int) string { return fmt.Sprintf("order %03d", i) }
	for i := range 100 {
		now = now.Add(time.Minute)
		_ = queue.Raise(ctx, exceptions.New(exceptions.NoTracking, object(i), time.Time{}, "seen", "do"))
		switch i {
		case 0: // stays open
		case 1:
			d := exceptions.Decision{Verb: exceptions.VerbResolved, By: "Ann", Note: "so be it", Until: world.Noon.Add(90 * time.Minute)}
			if _, err := m.Decide(ctx, "shop|"+string(exceptions.NoTracking)+"|"+object(i), d); err != nil {
				t.Fatal(err)
			}
		default:
			_ = queue.Clear(ctx, object(i), exceptions.NoTracking)
		}
		all, _ := m.Cases(ctx, exceptions.Filter{States: []exceptions.State{exceptions.CaseOpen, exceptions.CaseResolved, exceptions.CaseCleared}})
		if len(all) > 1+10 {
			t.Fatalf("%d cases are kept after %d", len(all), i+1)
		}
		if quiet := i >= 1 && i < 89; quiet && all[0].Object != object(1) && all[1].Object != object(1) {
			t.Fatalf("after %d: the one that is accepted is forgotten: %v", i+1, all)
		}
	}
	closed, _ := m.Cases(ctx, exceptions.Filter{States: []exceptions.State{exceptions.CaseResolved, exceptions.CaseCleared}})
	if len(closed) < 8 || closed[len(closed)-1].Object != object(99) || closed[0].Object < object(88) {
		t.Errorf("%d closed ones: %v", len(closed), closed)
	}
}

// A filter by a state that does not exist finds nothing because it is mistyped, and an
// exception of nothing can neither be found nor closed.
func TestMemoryRefusesWhatIsNothing(t *testing.T) {
	var m exceptions.Memory
	queue := m.Shop("shop")
	for want, do := range map[string]func() error{
		`state "opne"`: func() error {
			_, err := m.Cases(t.Context(), exceptions.Filter{States: []exceptions.State{exceptions.CaseOpen, "opne"}})
			return err
		},
		"a kind and an object": func() error {
			return queue.Raise(t.Context(), exceptions.Exception{Kind: exceptions.NoTracking})
		},
		`"" about "order 1"`: func() error { return queue.Raise(t.Context(), exceptions.Exception{Object: "order 1"}) },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %s", err, want)
		}
	}
	if open, err := m.Cases(t.Context(), exceptions.Filter{Owner: exceptions.OwnerWarehouse}); err != nil || len(open) != 0 {
		t.Errorf("open are %v, %v, want none", open, err)
	}
}
