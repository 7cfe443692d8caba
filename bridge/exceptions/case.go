package exceptions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Desk is what people use: the cases of all shops.
type Desk interface {
	// Cases lists what the filter asks for, in the order of [Compare]. A filter that
	// fails [Filter.Check] is refused: nothing is not what was asked for.
	Cases(ctx context.Context, filter Filter) ([]Case, error)
	// Decide does what a person has decided about the case with the key, and
	// returns the case as it is then. Errors wrap [ErrNoCase], [ErrCaseClaimed] or
	// [ErrCaseState]; other refusals are about the decision itself.
	Decide(ctx context.Context, key string, d Decision) (Case, error)
}

// Errors of a [Desk].
var (
	ErrNoCase      = errors.New("exceptions: no such case")
	ErrCaseClaimed = errors.New("exceptions: the case is claimed")
	ErrCaseState   = errors.New("exceptions: the case is not in the state for that")
)

// Case is an exception and what people have done about it.
//
// A store keeps cases by [Exception.Key] and changes them with [Case.Raise],
// [Case.Clear], [Case.Without] and [Case.Decide] only, one at a time for a key: all
// that there is to decide is decided there.
type Case struct {
	Exception
	// Standing is set if the cause was seen without an order too: then it does not
	// close with the last of its orders.
	Standing bool
	State    State
	// ClaimedBy is who has taken the case on, until ClaimedUntil if that is set.
	// [Case.Holder] says whether that still holds.
	ClaimedBy    string
	ClaimedUntil time.Time
	// SnoozedUntil is when people want to be reminded of an open case again, never after
	// the time to act; zero if they did not put it off. See [Case.Snoozed].
	SnoozedUntil time.Time
	// QuietUntil is how long sightings do not reopen a resolved case.
	QuietUntil time.Time
	// ClosedAt is when the case was resolved or cleared; zero while it is open.
	ClosedAt time.Time
	// Reopened is how often the case came back after it was closed.
	Reopened int
	// History is what happened, oldest first: the beginning and the last
	// [MaxEvents] - 1 events.
	History []Event
}

// MaxEvents bounds the history of a case.
const MaxEvents = 50

// State is what a case waits for.
type State string

// The states.
const (
	CaseOpen     State = "open"     // for a person
	CaseResolved State = "resolved" // for nothing: a person closed it
	CaseCleared  State = "cleared"  // for nothing: the cause is gone
)

// Event is an entry of a case's history.
type Event struct {
	At   time.Time
	Verb Verb
	// By is the person or team that did it; empty for the bridge.
	By string
	// Note is what they wrote.
	Note string
	// Until is the end of a claim, of a snooze, or of the quiet after a resolution.
	Until time.Time
}

// Verb is what happened to a case.
type Verb string

// What happens to cases. All but the first three can be decided.
const (
	VerbRaised   Verb = "raised"
	VerbReturned Verb = "returned" // seen again after it was closed
	VerbCleared  Verb = "cleared"
	VerbClaimed  Verb = "claimed"
	VerbReleased Verb = "released"
	VerbResolved Verb = "resolved"
	VerbReopened Verb = "reopened"
	VerbNoted    Verb = "noted"
	VerbSnoozed  Verb = "snoozed"
)

// verbs are all of them; from firstDecision on they can be decided.
var verbs = []Verb{VerbRaised, VerbReturned, VerbCleared, VerbClaimed, VerbReleased, VerbResolved, VerbReopened, VerbNoted, VerbSnoozed}

const firstDecision = 3

// Decision is what a person or a team does with a case.
//
//	VerbClaimed    takes an open case on. One that another holds is refused; the
//	               holder may claim again, to extend the time.
//	VerbReleased   gives a claim back, one's own or that of somebody who is away
//	VerbResolved   closes an open case, whoever holds it. A note is required.
//	VerbReopened   opens a closed case
//	VerbNoted      adds a note, which is required, to a case in any state
//	VerbSnoozed    puts an open case off: nobody is reminded of it until Until, which is
//	               required. One after the time to act ([Exception.ActBy]) is refused.
type Decision struct {
	Verb Verb
	// By is required: a person's or a team's name, up to 100 bytes.
	By string
	// Note is kept and shown as it is, up to 1,000 bytes: no buyers' data.
	Note string
	// Until ends a claim by itself; zero keeps it until it is released.
	// For a resolution it is how long sightings count up without reopening the
	// case, for what a person has accepted as it is; zero reopens at the next one.
	// For a snooze it is its end.
	Until time.Time
}

func (d Decision) check(now time.Time) error {
	switch {
	case strings.TrimSpace(d.By) == "" || len(d.By) > 100 || !utf8.ValidString(d.By):
		return fmt.Errorf("exceptions: decision %q: By must name a person or a team in up to 100 bytes", d.Verb)
	case len(d.Note) > 1000 || !utf8.ValidString(d.Note):
		return fmt.Errorf("exceptions: decision %q: Note must be a text of up to 1,000 bytes", d.Verb)
	case (d.Verb == VerbResolved || d.Verb == VerbNoted) && strings.TrimSpace(d.Note) == "":
		return fmt.Errorf("exceptions: decision %q: Note is empty: say what was done", d.Verb)
	case d.Verb == VerbSnoozed && d.Until.IsZero():
		return fmt.Errorf("exceptions: decision %q: Until is missing: say when to come back to it", d.Verb)
	case !d.Until.IsZero() && d.Verb != VerbClaimed && d.Verb != VerbResolved && d.Verb != VerbSnoozed:
		return fmt.Errorf("exceptions: decision %q: it has no end: Until must be zero", d.Verb)
	case !d.Until.IsZero() && !d.Until.After(now):
		return fmt.Errorf("exceptions: decision %q: Until %s is over", d.Verb, d.Until.UTC().Format(time.RFC3339))
	}
	return nil
}

// Raise returns the case after e was seen. The zero Case is one that was not
// known. Of a kind with [Info.Cause] the orders of e join those of the case, unless
// that was closed, and the earliest deadline of them stays.
func (c Case) Raise(e Exception, now time.Time) Case {
	now = now.UTC()
	old := c
	c.Exception = e
	c.Deadline, c.Evidence = utc(e.Deadline), slices.Clone(e.Evidence)
	c.First, c.Last, c.Count = now, now, 1
	if c.State == CaseOpen || c.State == CaseResolved { // the same cause
		c.First, c.Count = old.First, old.Count+1
		if e.Deadline.IsZero() {
			c.Deadline = old.Deadline // seen from a side that knows none
		}
	}
	goesOn := c.State == CaseOpen || c.State == CaseResolved && c.QuietUntil.After(now)
	c.Orders, c.MoreOrders, c.Standing = nil, false, kinds[e.Kind].Cause && len(e.Orders) == 0
	if goesOn {
		c.Orders, c.MoreOrders, c.Standing = old.Orders, old.MoreOrders, c.Standing || old.Standing
		if len(e.Orders) > 0 && !old.Deadline.IsZero() && old.Deadline.Before(c.Deadline) {
			c.Deadline = old.Deadline
		}
	}
	c.list(e.Orders)
	switch {
	case c.State == "":
		c.State = CaseOpen
		c.note(Event{At: now, Verb: VerbRaised})
	case !goesOn:
		c.reopen()
		c.note(Event{At: now, Verb: VerbReturned})
	}
	return c
}

// Clear returns the case after its cause was found to be gone. The quiet of a
// resolved one ends: what comes next is another cause.
func (c Case) Clear(now time.Time) Case {
	if c.State == CaseOpen || c.State == CaseResolved {
		c.close(CaseCleared, now)
		c.note(Event{At: now.UTC(), Verb: VerbCleared})
	}
	return c
}

// Without returns the case after its cause was found to hold up an order no
// longer. It closes with the last of its orders, unless it is Standing. If there
// were more than [MaxOrders], those that it does not list raise it again.
func (c Case) Without(order string, now time.Time) Case {
	at, found := slices.BinarySearch(c.Orders, order)
	if !found || c.State == CaseCleared {
		return c
	}
	c.Orders = slices.Delete(slices.Clone(c.Orders), at, at+1)
	if len(c.Orders) == 0 && !c.Standing {
		return c.Clear(now)
	}
	return c
}

// list adds orders, never in place: other copies of the case share the list.
func (c *Case) list(orders []string) {
	if len(orders) == 0 {
		return
	}
	list := slices.Clone(c.Orders)
	for _, id := range orders {
		switch at, found := slices.BinarySearch(list, id); {
		case found:
		case len(list) == MaxOrders:
			c.MoreOrders = true
		default:
			list = slices.Insert(list, at, id)
		}
	}
	c.Orders = list
}

// Decide returns the case after d. If it refuses, the case is as it was.
func (c Case) Decide(d Decision, now time.Time) (Case, error) {
	if err := d.check(now); err != nil {
		return c, err
	}
	open := c.State == CaseOpen
	switch d.Verb {
	case VerbClaimed:
		if holder := c.Holder(now); holder != "" && holder != d.By {
			return c, fmt.Errorf("%w by %s%s", ErrCaseClaimed, holder, until(c.ClaimedUntil))
		}
	case VerbReopened:
		open = !open
	case VerbNoted:
		open = true // in any state
	case VerbReleased, VerbResolved, VerbSnoozed:
	default:
		return c, fmt.Errorf("exceptions: %q is nothing to decide", d.Verb)
	}
	if !open {
		return c, fmt.Errorf("%w: %s is %s, it cannot be %s", ErrCaseState, c.Object, c.State, d.Verb)
	}
	switch d.Verb {
	case VerbClaimed:
		c.ClaimedBy, c.ClaimedUntil = d.By, utc(d.Until)
	case VerbReleased:
		if c.Holder(now) == "" {
			return c, nil // nothing to give back
		}
		c.ClaimedBy, c.ClaimedUntil = "", time.Time{}
	case VerbResolved:
		c.close(CaseResolved, now)
		c.QuietUntil = utc(d.Until)
	case VerbReopened:
		c.reopen()
	case VerbSnoozed:
		if by := c.ActBy(); !by.IsZero() && d.Until.After(by) {
			return c, fmt.Errorf("exceptions: decision %q: Until %s is after the time to act, %s", d.Verb, stamp(d.Until), stamp(by))
		}
		c.SnoozedUntil = utc(d.Until)
	}
	c.note(Event{At: now.UTC(), Verb: d.Verb, By: d.By, Note: d.Note, Until: utc(d.Until)})
	return c, nil
}

func (c *Case) close(state State, now time.Time) {
	c.State, c.ClosedAt, c.QuietUntil = state, now.UTC(), time.Time{}
	c.ClaimedBy, c.ClaimedUntil, c.SnoozedUntil = "", time.Time{}, time.Time{}
}

func (c *Case) reopen() {
	c.State, c.ClosedAt, c.QuietUntil = CaseOpen, time.Time{}, time.Time{}
	c.Reopened++
}

// note adds to the history, never in place: other copies of the case share it.
func (c *Case) note(e Event) {
	history := append(slices.Clip(c.History), e)
	if len(history) > MaxEvents {
		history = slices.Delete(history, 1, len(history)-MaxEvents+1) // how it began stays
	}
	c.History = history
}

// Holder is who has the case in hand at now, or nobody.
func (c Case) Holder(now time.Time) string {
	if c.State != CaseOpen || !c.ClaimedUntil.IsZero() && !c.ClaimedUntil.After(now) {
		return ""
	}
	return c.ClaimedBy
}

// Snoozed reports whether people have put the case off at now. One whose deadline has
// come nearer since is put off no longer than that.
func (c Case) Snoozed(now time.Time) bool {
	by := c.ActBy()
	return c.State == CaseOpen && c.SnoozedUntil.After(now) && (by.IsZero() || by.After(now))
}

// Clone returns a copy that shares nothing with c.
func (c Case) Clone() Case {
	c.Evidence, c.Orders, c.History = slices.Clone(c.Evidence), slices.Clone(c.Orders), slices.Clone(c.History)
	return c
}

// String is one line for a log or a terminal.
func (c Case) String() string {
	s := fmt.Sprintf("%s, seen %s", c.Exception, part.Count(c.Count, "time"))
	switch {
	case c.State != CaseOpen:
		s += fmt.Sprintf(", %s %s", c.State, stamp(c.ClosedAt))
	case c.ClaimedBy != "":
		s += ", claimed by " + c.ClaimedBy + until(c.ClaimedUntil)
	case !c.SnoozedUntil.IsZero():
		s += ", put off" + until(c.SnoozedUntil)
	}
	return s
}

// Filter says which cases to list. Its zero value asks for all that are open.
type Filter struct {
	// Shop, empty: all.
	Shop string
	// States, none: open ones.
	States []State
	// Kinds, none: all.
	Kinds []Kind
	// Owner and Object, empty: any.
	Owner  Owner
	Object string
	// Severity is the least. To filter by the severity that a case has risen to,
	// ask for all, apply the [Escalation] and use Match.
	Severity Severity
}

// Check returns an error that names a state which does not exist.
func (f Filter) Check() error {
	for _, s := range f.States {
		if s != CaseOpen && s != CaseResolved && s != CaseCleared {
			return fmt.Errorf("exceptions: filter: there is no state %q", s)
		}
	}
	return nil
}

// Match reports whether the filter asks for c.
func (f Filter) Match(c Case) bool {
	state := c.State == CaseOpen
	if len(f.States) > 0 {
		state = slices.Contains(f.States, c.State)
	}
	return state &&
		(f.Shop == "" || f.Shop == c.Shop) &&
		(len(f.Kinds) == 0 || slices.Contains(f.Kinds, c.Kind)) &&
		(f.Owner == "" || f.Owner == c.Owner) &&
		(f.Object == "" || f.Object == c.Object) &&
		c.Severity >= f.Severity
}

// OfOrder lists what has to do with an order of a shop: the cases about it in every state,
// and the open ones that [Exception.Concerns] tells of. It does not read every closed case.
func OfOrder(ctx context.Context, desk interface {
	Cases(ctx context.Context, filter Filter) ([]Case, error)
}, shop, orderID string,
) ([]Case, error) {
	object := ForOrder(orderID)
	list, err := desk.Cases(ctx, Filter{Shop: shop, Object: object, States: []State{CaseOpen, CaseResolved, CaseCleared}})
	if err != nil {
		return nil, err
	}
	open, err := desk.Cases(ctx, Filter{Shop: shop})
	if err != nil {
		return nil, err
	}
	for _, c := range open {
		if c.Object != object && c.Concerns(orderID) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Case) int { return Compare(a.Exception, b.Exception) })
	return list, nil
}

// utc leaves the zero time alone, which has no zone to speak of.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + stamp(t)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
