package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Cases is the part of an [exceptions.Desk] that is read.
type Cases interface {
	// Cases lists what the filter asks for, in the order of [exceptions.Compare].
	Cases(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error)
}

// Memory remembers who was told what. It is one of all shops: use the memory of a shop
// that there is not, such as store.Memory.Shop("notify").
type Memory interface {
	store.Cursors
	store.Locks
}

// Sender delivers messages to one recipient.
type Sender interface {
	// Send delivers a message. If it fails, the message is made anew at the next run,
	// unless the error is a [PartlyError].
	Send(ctx context.Context, m Message) error
}

// Recipient is a channel, a mailbox or a person.
type Recipient struct {
	// Name is what the recipient is remembered by: unique, and kept.
	Name   string
	Sender Sender
	// Teams are those whose cases are told; none: all. Shops as well.
	Teams []exceptions.Owner
	Shops []string
	// After is for those behind the first on an escalation path: they are told only of
	// urgent cases that nobody has taken on for so long. Zero tells at once.
	After time.Duration
	// Zone is the time zone of Quiet, Daily and Weekly by its IANA name, such as
	// "Europe/London". Required with any of them.
	Zone string
	// Quiet are hours in which only what cannot wait is told.
	Quiet Quiet
	// Daily is when a list of all that is open is sent, such as "07:30"; empty: never. In
	// quiet hours it waits until they end, and one that is more than twelve hours late is
	// left out. Weekly is the weekday on which it comes with what happened in the last
	// seven days, such as "monday", at the time of Daily, or with the next list after it.
	Daily, Weekly string
}

// Ports are what a [Notifier] works on. Both are required.
type Ports struct {
	Cases  Cases
	Memory Memory
}

// Options configure a [Notifier].
type Options struct {
	// Recipients are told. At least one is required.
	Recipients []Recipient
	// Ladder are the times left to act at which a case is told again, the longest first.
	// Default 24, 12, 4 and 1 hours.
	Ladder []time.Duration
	// Repeat is how often a case at the last rung is told again, until somebody takes it
	// on or it is a day late. Default 30 minutes.
	Repeat time.Duration
	// Escalation is how cases become more severe.
	Escalation exceptions.Escalation
	// Collections are the vans of the shops' warehouses, by shop: the warehouse has to act
	// before the last collection that makes a deadline.
	Collections map[string]*policy.Calendar
	// Link returns the address of a case's page; nil: messages have none.
	Link func(exceptions.Case) string
	// Heartbeat is called (GET) after every run that could read the cases and told
	// everybody what was due, unless Alive returns why the bridge does not work. Whoever
	// watches it notices when it stops, which the channel that is broken cannot tell.
	Heartbeat string
	Alive     func(context.Context) error
	// HTTP calls the heartbeat. Default [http.DefaultClient].
	HTTP *http.Client
	// Now replaces time.Now.
	Now func() time.Time
}

// sendWithin is how long one message may take.
const sendWithin = 20 * time.Second

// Notifier tells people. It is safe for concurrent use; of several processes with one
// memory one works at a time.
type Notifier struct {
	ports      Ports
	options    Options
	recipients []recipient
	timings    health.Timings
}

// New returns a Notifier, or an error that names every missing port and every setting
// that is wrong.
func New(p Ports, o Options) (*Notifier, error) {
	errs := []error{part.Required("notify: New", map[string]any{"Cases": p.Cases, "Memory": p.Memory})}
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("notify: New: "+format, args...))
	}
	if len(o.Recipients) == 0 {
		wrong("Recipients: none: nobody would be told")
	}
	if len(o.Ladder) == 0 {
		o.Ladder = []time.Duration{24 * time.Hour, 12 * time.Hour, 4 * time.Hour, time.Hour}
	}
	for i, rung := range o.Ladder {
		if rung <= 0 || i > 0 && rung >= o.Ladder[i-1] {
			wrong("Ladder: %s is not shorter than the rung before, and longer than nothing", rung)
		}
	}
	if o.Repeat < 0 {
		wrong("Repeat: %s is negative", o.Repeat)
	}
	o.Repeat = cmp.Or(o.Repeat, 30*time.Minute)
	o.HTTP = cmp.Or(o.HTTP, http.DefaultClient)
	o.Now = part.Clock(o.Now)
	n := &Notifier{ports: p, options: o}
	names := map[string]bool{}
	for i, r := range o.Recipients {
		checked, err := r.check()
		if err != nil {
			wrong("Recipients[%d] %q: %w", i, part.Clip(r.Name), err)
		}
		if names[r.Name] {
			wrong("Recipients[%d]: the name %q is given twice", i, part.Clip(r.Name))
		}
		names[r.Name] = true
		n.recipients = append(n.recipients, checked)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return n, nil
}

// Health returns how the runs went so far.
func (n *Notifier) Health() health.Flow { return n.timings.Health() }

// Report is what a run did.
type Report struct {
	At time.Time
	// Open is how many cases are open.
	Open int
	// Sent is how many messages were delivered, Told how many cases they had, Waiting how
	// many wait for the end of quiet hours, by the name of the recipient.
	Sent, Told, Waiting map[string]int
	// Elsewhere reports that another process is at it: nothing was done.
	Elsewhere bool
}

// MarshalJSON returns the report for programs.
func (r Report) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is one line for a log or a terminal.
func (r Report) String() string {
	if r.Elsewhere {
		return "another process tells people"
	}
	sum := func(m map[string]int) (n int) {
		for _, v := range m {
			n += v
		}
		return n
	}
	return fmt.Sprintf("%s open, %s sent, %d told, %d wait for the end of quiet hours", part.Count(r.Open, "case"), part.Count(sum(r.Sent), "message"), sum(r.Told), sum(r.Waiting))
}

// lockKey is who may tell.
const lockKey = "notify"

// Run tells everybody what is due. One recipient who cannot be reached does not keep the
// others from being told; the error names each. A run that breaks off between a message
// and its note sends that message again: none is lost.
func (n *Notifier) Run(ctx context.Context) (report Report, err error) {
	start := n.options.Now()
	defer func() { n.timings.Done(start, n.options.Now(), err) }()
	report = Report{At: start.UTC(), Sent: map[string]int{}, Told: map[string]int{}, Waiting: map[string]int{}}
	ctx, taken, unlock, err := n.ports.Memory.TryLock(ctx, lockKey)
	if err != nil {
		return report, fmt.Errorf("notify: taking the lock: %w", err)
	}
	defer unlock()
	if report.Elsewhere = len(taken) == 0; report.Elsewhere {
		return report, nil
	}
	open, err := n.ports.Cases.Cases(ctx, exceptions.Filter{})
	if err != nil {
		return report, fmt.Errorf("notify: reading the cases: %w", err)
	}
	report.Open = len(open)
	views, err := n.look(ctx, open, start)
	if err != nil {
		return report, err
	}
	var errs []error
	for _, r := range n.recipients {
		if err := n.tell(ctx, r, views, start, &report); err != nil {
			errs = append(errs, fmt.Errorf("notify: %s: %w", r.Name, err))
		}
		if ctx.Err() != nil {
			return report, errors.Join(append(errs, context.Cause(ctx))...)
		}
	}
	if len(errs) > 0 {
		return report, errors.Join(errs...)
	}
	return report, n.beat(ctx)
}

// pressingCursor remembers since when cases press that nobody has taken on.
const pressingCursor = "notify pressing"

// look judges every open case, and notes since when those press that nobody holds.
func (n *Notifier) look(ctx context.Context, open []exceptions.Case, now time.Time) ([]view, error) {
	before, err := n.ports.Memory.Cursor(ctx, pressingCursor)
	if err != nil {
		return nil, fmt.Errorf("notify: reading since when cases press: %w", err)
	}
	pressing := map[string]store.Mark{}
	views := make([]view, 0, len(open))
	changed := false
	for _, c := range open {
		v := n.options.view(c, now)
		if v.severity == exceptions.Urgent && c.Holder(now) == "" && !c.Snoozed(now) {
			mark, known := before.Seen[c.Key()]
			if !known {
				mark = store.Mark{UpdatedAt: now.UTC()}
				changed = true
			}
			pressing[c.Key()], v.pressing = mark, now.Sub(mark.UpdatedAt)
		} else {
			v.pressing = -1
		}
		views = append(views, v)
	}
	// A message is cut after the first of them, which are to be the worst as they are now.
	slices.SortStableFunc(views, func(a, b view) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), part.CompareTimes(a.actBy, b.actBy))
	})
	if !changed && len(pressing) == len(before.Seen) {
		return views, nil
	}
	if err := n.ports.Memory.SetCursor(ctx, pressingCursor, store.Cursor{Seen: pressing}); err != nil {
		return nil, fmt.Errorf("notify: noting since when cases press: %w", err)
	}
	return views, nil
}

// tell sends one recipient what is due, and notes it.
func (n *Notifier) tell(ctx context.Context, r recipient, views []view, now time.Time, report *Report) error {
	name := "notify to " + r.Name
	told, err := n.ports.Memory.Cursor(ctx, name)
	if err != nil {
		return fmt.Errorf("reading what was told: %w", err)
	}
	next := store.Cursor{Seen: map[string]store.Mark{}, Partial: told.Partial}
	var due []Line
	quiet := r.quiet(now)
	for _, v := range views {
		key := v.Case.Key()
		mark, known := told.Seen[key]
		if !r.wants(v, known) {
			continue
		}
		why := v.why(mark, known, now, n.options.Repeat)
		switch {
		case v.Case.Snoozed(now):
			if known {
				next.Seen[key] = mark
			}
		case why == "":
			next.Seen[key] = v.lowered(mark)
		case quiet && !v.loud:
			report.Waiting[r.Name]++
			if known {
				next.Seen[key] = mark
			}
		default:
			due = append(due, Line{Case: v.Case, Severity: v.severity, Why: why, ActBy: v.actBy, Link: n.link(v.Case)})
			next.Seen[key] = v.mark(now)
		}
	}
	keepRecent(told.Seen, next.Seen, now)
	var partly error
	if len(due) > 0 {
		sent, err := n.send(ctx, r, Message{To: r.Name, About: AboutCases, At: now.UTC(), Zone: r.zone, Lines: due})
		if partly = err; !sent {
			return err
		}
		report.Sent[r.Name]++
		report.Told[r.Name] = len(due)
	}
	if !same(told.Seen, next.Seen) {
		if err := n.ports.Memory.SetCursor(ctx, name, next); err != nil {
			return errors.Join(partly, fmt.Errorf("noting what was told: %w", err))
		}
	}
	return errors.Join(partly, n.digest(ctx, r, name, next, views, now, report))
}

// send reports whether the message is out, which it is too if not everybody got it.
func (n *Notifier) send(ctx context.Context, r recipient, m Message) (sent bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	err = r.Sender.Send(ctx, m)
	_, partly := errors.AsType[*PartlyError](err)
	return err == nil || partly, err
}

func (n *Notifier) link(c exceptions.Case) string {
	if n.options.Link == nil {
		return ""
	}
	return n.options.Link(c)
}

// forgets is how long a case that was closed is remembered as told: one that comes and
// goes every few minutes is not new each time.
const forgets = time.Hour

// keepRecent keeps what was told lately about cases that are not open.
func keepRecent(before, next map[string]store.Mark, now time.Time) {
	for key, mark := range before {
		if _, open := next[key]; !open && now.Sub(mark.UpdatedAt) < forgets {
			next[key] = mark
		}
	}
}

// same reports whether two sets of marks are equal.
func same(a, b map[string]store.Mark) bool {
	if len(a) != len(b) {
		return false
	}
	for key, mark := range a {
		other, ok := b[key]
		if !ok || mark.Digest != other.Digest || !mark.UpdatedAt.Equal(other.UpdatedAt) {
			return false
		}
	}
	return true
}

// beat calls the heartbeat.
func (n *Notifier) beat(ctx context.Context) error {
	if n.options.Heartbeat == "" {
		return nil
	}
	if n.options.Alive != nil {
		if err := n.options.Alive(ctx); err != nil {
			return fmt.Errorf("notify: no heartbeat, because the bridge does not work: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, n.options.Heartbeat, http.NoBody)
	if err != nil {
		return errors.New("notify: the heartbeat is no address")
	}
	if err := call(n.options.HTTP, request); err != nil {
		return fmt.Errorf("notify: heartbeat: %w", err)
	}
	return nil
}

// recipient is a [Recipient] that was checked.
type recipient struct {
	Recipient
	zone     *time.Location
	from, to time.Duration // of the quiet hours; equal: none
	days     map[time.Weekday]bool
	daily    time.Duration
	weekly   time.Weekday
}

// wants reports whether a case is the recipient's at all. One further up the path goes
// on with what it was told of.
func (r recipient) wants(v view, told bool) bool {
	if len(r.Teams) > 0 && !slices.Contains(r.Teams, v.Case.Owner) || len(r.Shops) > 0 && !slices.Contains(r.Shops, v.Case.Shop) {
		return false
	}
	return r.After == 0 || told || v.pressing >= r.After
}

// check returns the recipient as it is worked with.
func (r Recipient) check() (recipient, error) {
	checked := recipient{Recipient: r, zone: time.UTC, days: map[time.Weekday]bool{}, daily: -1, weekly: -1}
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if strings.TrimSpace(r.Name) == "" || r.Name != strings.TrimSpace(r.Name) || len(r.Name) > 100 {
		wrong("Name: give one of up to 100 bytes, without blanks around it")
	}
	if r.Sender == nil {
		wrong("Sender: missing")
	}
	if r.After < 0 {
		wrong("After: %s is negative", r.After)
	}
	for _, team := range r.Teams {
		if !slices.Contains(exceptions.Owners, team) {
			wrong("Teams: there is no team %q", part.Clip(string(team)))
		}
	}
	timed := r.Daily != "" || r.Weekly != "" || r.Quiet.From != "" || r.Quiet.To != "" || len(r.Quiet.Days) > 0
	if zone, err := time.LoadLocation(r.Zone); err != nil || timed && r.Zone == "" || r.Zone == "Local" {
		wrong("Zone: %q is no time zone such as Europe/London", part.Clip(r.Zone))
	} else {
		checked.zone = zone
	}
	clock := func(field, text string) time.Duration {
		at, err := time.Parse("15:04", text)
		if err != nil {
			wrong("%s: %q is no time such as 07:30", field, part.Clip(text))
		}
		return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	day := func(field, name string) time.Weekday {
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.EqualFold(d.String(), name) {
				return d
			}
		}
		wrong("%s: %q is no weekday", field, part.Clip(name))
		return 0
	}
	if r.Quiet.From != "" || r.Quiet.To != "" {
		checked.from, checked.to = clock("Quiet.From", r.Quiet.From), clock("Quiet.To", r.Quiet.To)
	}
	for _, name := range r.Quiet.Days {
		checked.days[day("Quiet.Days", name)] = true
	}
	if r.Daily != "" {
		checked.daily = clock("Daily", r.Daily)
	}
	if r.Weekly != "" {
		if r.Daily == "" {
			wrong("Weekly: it comes at the time of Daily, which is not set")
		}
		checked.weekly = day("Weekly", r.Weekly)
	}
	return checked, errors.Join(errs...)
}

// Quiet are hours in which a recipient is told only what cannot wait: what is at the last
// rung of the ladder, and what is urgent without a deadline.
type Quiet struct {
	// From and To are on the clock of the recipient's zone, such as "20:00" and "06:30".
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Days are quiet as a whole, such as "sunday".
	Days []string `json:"days,omitempty"`
}

// quiet reports whether it is quiet at a moment.
func (r recipient) quiet(now time.Time) bool {
	local := now.In(r.zone)
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
	night := clock >= r.from && clock < r.to
	if r.from > r.to { // over midnight
		night = clock >= r.from || clock < r.to
	}
	return night || r.days[local.Weekday()]
}
