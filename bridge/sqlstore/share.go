package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ErrNoBudget is wrapped by the error of a call that was not sent because the database,
// which knows what other processes have sent, could not be asked for [Config.Patience].
// The call may be made again when the database is back.
var ErrNoBudget = errors.New("sqlstore: the budget of calls that processes share cannot be asked for")

// shares are the budgets that this process has calls under.
type shares struct {
	mu      sync.Mutex
	byName  map[string]*share
	closed  bool
	running sync.WaitGroup
}

// share is the part of this process in a budget: the calls that wait and the slots that
// it has. Calls get slots when these are due, and not before, so that an urgent one that
// comes late still gets the next.
type share struct {
	db      *DB
	process string // its name in the timetable
	name    string
	quota   quota

	mu      sync.Mutex
	calls   [levels][]*call
	turns   turns
	slots   []lent // in order
	heard   []heard
	running bool          // whether there is a goroutine
	changed chan struct{} // has room for one

	// As of the last look:

	again  time.Time // when to look again for calls that were left without a slot
	left   int       // the most urgent level of these, or levels
	fresh  bool      // whether others have come since that want a look at once
	next   time.Time // the first slot that nobody has
	every  time.Duration
	others [levels]int
	held   time.Time     // no slot before is used
	late   time.Duration // how late slots were used lately
}

// call is one that waits.
type call struct {
	level    int
	since    time.Time
	deadline time.Time
	has      bool       // a deadline
	slot     *lent      // that it was given
	ready    chan error // has room for one
}

// lent is a slot by the clock of this process. It is due when the database's clock says
// so for sure, and over when that may say so.
type lent struct {
	slot
	from, due, until time.Time // due is the earliest moment that from may be
	got              time.Time
}

// heard is a refusal and when it was heard of.
type heard struct {
	refusal
	admitted, at time.Time
}

// share returns the process's part in a budget.
func (d *DB) share(name string, q quota) *share {
	d.shares.mu.Lock()
	defer d.shares.mu.Unlock()
	s, known := d.shares.byName[name]
	if known {
		return s
	}
	if len(d.shares.byName)%256 == 255 { // names of raw calls may be many
		for name, s := range d.shares.byName {
			if s.idle() {
				delete(d.shares.byName, name)
			}
		}
	}
	if d.shares.byName == nil {
		d.shares.byName = map[string]*share{}
	}
	s = &share{db: d, process: rand.Text(), name: name, quota: q, changed: make(chan struct{}, 1), left: levels}
	d.shares.byName[name] = s
	return s
}

// idle reports whether nothing is lost with it.
func (s *share) idle() bool {
	if !s.mu.TryLock() { // who has it may wait for the list of all
		return false
	}
	defer s.mu.Unlock()
	return !s.running && time.Now().After(s.held)
}

// wait blocks until a call may go.
func (s *share) wait(ctx context.Context, level int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &call{level: level, since: time.Now(), ready: make(chan error, 1)}
	c.deadline, c.has = ctx.Deadline()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.tooLate(c, len(s.calls[level])); err != nil && s.left < levels {
		return err
	}
	s.calls[level] = append(s.calls[level], c)
	s.fresh = s.fresh || level < s.left
	for {
		s.wake()
		s.mu.Unlock()
		var err error
		select {
		case err = <-c.ready:
		case <-ctx.Done():
			err = ctx.Err()
		}
		s.mu.Lock()
		now := time.Now()
		switch i := slices.Index(s.calls[level], c); {
		case i >= 0:
			s.calls[level] = slices.Delete(s.calls[level], i, i+1)
			s.wake()
			return err
		case ctx.Err() != nil && c.slot != nil: // at the same moment: the next one has it
			s.slots = append([]lent{*c.slot}, s.slots...)
			s.wake()
			return ctx.Err()
		case err != nil || c.slot == nil || !now.After(c.slot.until):
			return err
		}
		// It was woken too late.
		s.lag(now, c)
		c.slot, c.since, s.fresh = nil, now, true
		s.calls[level] = append([]*call{c}, s.calls[level]...)
	}
}

// lag notes how late a call gets to use a slot.
func (s *share) lag(now time.Time, c *call) {
	late := now.Sub(latest(c.slot.due, c.slot.got, c.since))
	s.late = min(max(s.late, late), micros(s.quota.Window)/2)
}

// refused notes what the server has told, and returns for how long nothing goes.
func (s *share) refused(r refusal, admitted time.Time) time.Duration {
	now := time.Now()
	hold := throttledFor(r.retryAfter, s.quota.Window)
	if r.overload {
		hold = max(r.retryAfter, shortPause.Microseconds())
	}
	if admitted.IsZero() {
		admitted = now
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, heard{r, admitted, now})
	if until := now.Add(micros(hold)); until.After(s.held) {
		s.held = until
	}
	s.wake()
	return s.held.Sub(now)
}

// wake has the goroutine look at what has changed.
func (s *share) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
	if s.running {
		return
	}
	d := s.db
	d.shares.mu.Lock()
	defer d.shares.mu.Unlock()
	if d.shares.closed {
		s.fail(errClosed)
		return
	}
	s.running = true
	d.shares.running.Go(s.run)
}

// run serves the calls as long as there are any.
func (s *share) run() {
	looked := make(chan error, 1)
	looking := false
	timer := time.NewTimer(0)
	defer timer.Stop()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for {
		s.mu.Lock()
		now := time.Now()
		s.serve(now)
		due, again := s.due(now)
		switch {
		case due && !looking:
			looking = true
			l, heard := s.prepare()
			go func() { looked <- s.look(ctx, l, heard) }()
		case !looking && s.waiting() == 0:
			s.running = false
			s.mu.Unlock()
			return
		}
		wake := now.Add(time.Hour)
		if !due && again.After(now) {
			wake = again
		}
		if len(s.slots) > 0 && s.slots[0].from.After(now) && s.slots[0].from.Before(wake) {
			wake = s.slots[0].from
		}
		timer.Reset(wake.Sub(now))
		s.mu.Unlock()
		select {
		case err := <-looked:
			looking = false
			s.mu.Lock()
			s.fail(err)
			s.mu.Unlock()
		case <-timer.C:
		case <-s.changed:
		case <-s.db.closed:
			cancel()
			if looking {
				<-looked //nolint:errcheck // it has ended, as its context has
			}
			s.end()
			return
		}
	}
}

func (s *share) waiting() (n int) {
	for _, calls := range s.calls {
		n += len(calls)
	}
	return n
}

// serve gives the slots that are due to the calls whose turn it is.
func (s *share) serve(now time.Time) {
	s.slots = slices.DeleteFunc(s.slots, func(l lent) bool { return l.from.Before(s.held) })
	for len(s.slots) > 0 && s.waiting() > 0 && !s.slots[0].from.After(now) {
		l := s.slots[0]
		s.slots = s.slots[1:]
		var waiting [levels]int
		for level, calls := range s.calls {
			waiting[level] = len(calls)
		}
		turns := s.turns
		level, _ := turns.next(waiting)
		c := s.calls[level][0]
		c.slot = &l
		s.lag(now, c)
		if now.After(l.until) {
			c.slot, s.fresh = nil, true
			continue
		}
		s.turns, s.calls[level] = turns, s.calls[level][1:]
		c.ready <- nil
	}
}

func latest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if t.After(first) {
			first = t
		}
	}
	return first
}

// due reports whether to look at the timetable now, or when.
func (s *share) due(now time.Time) (due bool, again time.Time) {
	switch missing := s.waiting() - len(s.slots); {
	case len(s.heard) > 0, missing < 0:
		return true, now
	case missing > 0 && (s.fresh || s.left == levels || !s.again.After(now)):
		return true, now
	case missing > 0:
		return false, s.again
	}
	return false, time.Time{}
}

// prepare is what to say at the next look.
func (s *share) prepare() (look, []heard) {
	l := look{process: s.process, quota: s.quota, late: (s.late * 5 / 2).Microseconds()}
	covered := len(s.slots)
	for level, calls := range s.calls {
		n := min(covered, len(calls))
		covered -= n
		l.waiting[level] = len(calls) - n
	}
	if covered > 0 {
		keep := len(s.slots) - covered
		for _, back := range s.slots[keep:] {
			l.back = append(l.back, back.slot)
		}
		s.slots = s.slots[:keep]
	}
	heard := s.heard
	s.heard, s.fresh = nil, false
	s.late -= s.late / 16
	return l, heard
}

// look looks at the timetable.
func (s *share) look(ctx context.Context, l look, heard []heard) error {
	ctx, cancel := context.WithTimeout(ctx, s.db.config.Patience)
	defer cancel()
	var out seen
	var c clock
	err := s.db.timetable(ctx, s.name, func(read clock, b *budget) {
		l := l
		c, l.late = read, max(l.late, 2*read.after.Sub(read.before).Microseconds())
		for _, h := range heard {
			h.refusal.admitted, h.refusal.at = c.micros(h.admitted), c.micros(h.at)
			l.refused = append(l.refused, h.refusal)
		}
		out = b.look(c.now, l)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%w (%s): %w", ErrNoBudget, s.name, err)
	}
	for _, given := range out.slots {
		from := c.local(given.At)
		due := from.Add(c.before.Sub(c.after))
		s.slots = append(s.slots, lent{slot: given, from: from, due: due, until: due.Add(micros(given.Late)), got: c.before})
	}
	slices.SortFunc(s.slots, func(a, b lent) int { return a.from.Compare(b.from) })
	s.again, s.next, s.every, s.others = c.local(out.again), c.local(out.next), micros(out.every), out.others
	s.refuse()
	s.left = levels
	missing := s.waiting() - len(s.slots)
	for level := levels - 1; level >= 0 && missing > 0; level-- {
		if n := len(s.calls[level]); n > 0 {
			s.left, missing = level, missing-n
		}
	}
	return nil
}

// lateError says that the turn of a call comes after its deadline. It has the fields of
// the clients' own.
type lateError struct {
	Wait, Left time.Duration
	Ahead      int
}

func (e *lateError) Error() string {
	return fmt.Sprintf("the turn of this call comes in about %v, with %d before it, but its deadline in %v", e.Wait, e.Ahead, e.Left)
}

// refuse ends the wait of the calls whose turn comes after their deadline.
func (s *share) refuse() {
	for level, calls := range s.calls {
		i := 0
		s.calls[level] = slices.DeleteFunc(calls, func(c *call) bool {
			err := s.tooLate(c, i)
			if err == nil {
				i++
				return false
			}
			c.ready <- err
			return true
		})
	}
}

// tooLate returns an error if the turn of a call, of which n of its level wait before it,
// comes after its deadline though nobody else comes.
func (s *share) tooLate(c *call, n int) error {
	if !c.has {
		return nil
	}
	ahead := n
	for level := range c.level {
		ahead += len(s.calls[level]) + s.others[level]
	}
	ahead = max(min(ahead, (overtaken+1)*(n+1)-1)-len(s.slots), 0) // of others its share is passed by no more
	now := time.Now()
	at := latest(s.next, s.held, now).Add(time.Duration(ahead) * s.every)
	if len(s.slots) > n || !at.After(c.deadline) {
		return nil
	}
	return &lateError{Wait: at.Sub(now), Left: c.deadline.Sub(now), Ahead: ahead}
}

// fail ends the wait of all calls, unless err is nil.
func (s *share) fail(err error) {
	if err == nil {
		return
	}
	for level, calls := range s.calls {
		for _, c := range calls {
			c.ready <- err
		}
		s.calls[level] = nil
	}
	s.slots, s.left = nil, levels
}

var errClosed = errors.New("sqlstore: the database is closed")

// end gives back what the process has, since the database is closed.
func (s *share) end() {
	s.mu.Lock()
	s.fail(errClosed)
	s.running = false
	l := look{process: s.process, quota: s.quota}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), grace) // by then it is taken for dead
	defer cancel()
	_ = s.db.timetable(ctx, s.name, func(c clock, b *budget) { b.look(c.now, l) })
}

// clock is what the database's clock said between two moments of this process.
type clock struct {
	before, after time.Time
	now           int64
}

// local is the latest moment of this process that a moment of the database may be.
func (c clock) local(at int64) time.Time { return c.after.Add(micros(at - c.now)) }

// micros is a moment of this process by the database's clock.
func (c clock) micros(at time.Time) int64 { return c.now - c.after.Sub(at).Microseconds() }

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

// timetable has f look at a budget while nobody else does.
func (d *DB) timetable(ctx context.Context, name string, f func(clock, *budget)) error {
	lock := ""
	if d.dialect.numbered {
		lock = ` FOR UPDATE`
	}
	return d.unfenced(ctx, "sharing a budget of calls", d.dialect.lazy, nil, func(ctx context.Context, t *tx) error {
		var b budget
		read := func(rows *sql.Rows) error {
			b = budget{}
			return scanDocument(rows, &b)
		}
		n, err := t.exec(ctx, `INSERT INTO lb_budgets (name, used, doc) VALUES (?, 0, '{}') ON CONFLICT (name) DO NOTHING`, name)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := t.query(ctx, `SELECT doc FROM lb_budgets WHERE name = ?`+lock, read, name); err != nil {
				return err
			}
		}
		c, err := t.clock(ctx) // when nobody else is waited for any more
		if err != nil {
			return err
		}
		f(c, &b)
		doc, err := document(b)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `UPDATE lb_budgets SET used = ?, doc = ? WHERE name = ?`, c.now, doc, name)
		return err
	})
}

// clock reads the database's clock.
func (t *tx) clock(ctx context.Context) (c clock, err error) {
	c.before = time.Now().Add(-t.db.dialect.tick)
	if t.db.clock != nil {
		c.now = t.db.clock()
	} else {
		err = t.row(ctx, `SELECT {now}`, []any{&c.now})
	}
	c.after = time.Now()
	return c, err
}
