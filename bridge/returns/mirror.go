package returns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// MirrorPorts are what a [Mirror] works on. All but Orders, Cancellations, Claims and Decide
// are required.
type MirrorPorts struct {
	Shop       Shop
	Changes    Changes
	Warehouse  Warehouse
	Records    store.Records
	Values     store.Values
	Locks      store.Locks
	Exceptions exceptions.Queue
	// Orders tells orders that the platform's warehouse has sent, which no other has.
	Orders OrderSource
	// Cancellations are those that come after the order has left. Without it they are left
	// to people.
	Cancellations Cancellations
	// Claims is told of parcels that are lost; it needs Cancellations.
	Claims Claims
	// Decide carries an answer to the shop, as [Watch.Decide] does: for
	// [Rules].AcceptReceived.
	Decide func(context.Context, Decision) error
}

// Rules are what is done about returns without asking. They are part of the settings of
// a shop.
type Rules struct {
	// Location is the id of the stock location that goods come back to. Empty: the one
	// that sent them.
	Location string `json:"location,omitempty"`
	// Scrap books all goods that come back as scrap.
	Scrap bool `json:"scrap,omitempty"`
	// KeepOpen leaves refunds in the warehouse for a person to make final.
	KeepOpen bool `json:"keep_open,omitempty"`
	// AcceptReceived tells the shop that the goods are back once the warehouse has booked
	// all of them into stock. What is scrapped, a person decides.
	AcceptReceived bool `json:"accept_received,omitempty"`
	// ByHand leaves all booking to people: a Sync makes no [Mirror].
	ByHand bool `json:"by_hand,omitempty"`
	// StalledDays is how many days a parcel to a buyer may go without a scan before somebody
	// is told, at most 60. Default 5.
	StalledDays int `json:"stalled_days,omitempty"`
	// LostReasons and UndeliveredReasons are words in the shop's codes of reasons that
	// replace those of tiktokadapter.Options. Who makes the adapter hands them on.
	LostReasons        []string `json:"lost_reasons,omitempty"`
	UndeliveredReasons []string `json:"undelivered_reasons,omitempty"`
}

// MirrorOptions configure a [Mirror]. Zero values take the defaults.
type MirrorOptions struct {
	Rules
	// FirstLook is how far the first run looks back. Default 48 hours.
	FirstLook time.Duration
	// Settle is how long a booking that may have been made is looked for before it is
	// made again. How soon Linnworks shows one is not documented. Default 15 minutes.
	Settle time.Duration
	// MissingAfter is how long after a refund goods may be on their way before somebody
	// is told. Default 72 hours, from which on TikTok takes an appeal in South-East Asia.
	MissingAfter time.Duration
	// UndeliveredAfter is the same for a parcel that could not be delivered and is on its
	// way back. Default 14 days.
	UndeliveredAfter time.Duration
	// ClaimBy tells until when the shop takes an appeal about goods that did not come back
	// after a refund at that moment, zero if that is not known: the deadline of the case.
	// Nil: none is known.
	ClaimBy func(refunded time.Time) time.Time
	// Now replaces time.Now.
	Now func() time.Time
}

// Mirror books in the warehouse what the shop has paid back and the goods that are on
// their way back, under the id of the return. Before it books it looks, so a run that was
// cut off, a lost reply and a second process book nothing twice; and it compares the
// amounts of both sides afterwards.
//
// A refund of the same amount that names no return, or only the order, is taken to be one that
// a person has booked. It is safe for concurrent use.
type Mirror struct {
	ports   MirrorPorts
	options MirrorOptions
	timings health.Timings
}

// NewMirror returns a Mirror, or an error that names every missing port.
func NewMirror(p MirrorPorts, o MirrorOptions) (*Mirror, error) {
	if err := part.Required("returns: NewMirror", map[string]any{
		"Shop": p.Shop, "Changes": p.Changes, "Warehouse": p.Warehouse, "Records": p.Records, "Values": p.Values, "Locks": p.Locks, "Exceptions": p.Exceptions,
	}); err != nil {
		return nil, err
	}
	if o.FirstLook < 0 || o.Settle < 0 || o.MissingAfter < 0 || o.UndeliveredAfter < 0 {
		return nil, errors.New("returns: NewMirror: FirstLook, Settle, MissingAfter and UndeliveredAfter must not be negative")
	}
	if p.Claims != nil && p.Cancellations == nil {
		return nil, errors.New("returns: NewMirror: the port Claims needs the port Cancellations")
	}
	if o.AcceptReceived && p.Decide == nil {
		return nil, errors.New("returns: NewMirror: AcceptReceived needs the port Decide")
	}
	o.FirstLook = cmp.Or(o.FirstLook, 48*time.Hour)
	o.Settle = cmp.Or(o.Settle, 15*time.Minute)
	o.MissingAfter = cmp.Or(o.MissingAfter, 72*time.Hour)
	o.UndeliveredAfter = cmp.Or(o.UndeliveredAfter, undeliveredTime)
	o.Now = part.Clock(o.Now)
	return &Mirror{ports: p, options: o}, nil
}

// Health returns how the runs went so far, and how many returns are not settled.
func (m *Mirror) Health() health.Flow { return m.timings.Health() }

// MirrorReport is what a run did.
type MirrorReport struct {
	At time.Time
	// Refunds and Goods are how many were booked, Accepted how many parcels the shop was
	// told of.
	Refunds, Goods, Accepted int
	// Open is how many returns wait for something, Raised how many of them for a person.
	Open, Raised int
}

// String is one line for a log or a terminal.
func (r MirrorReport) String() string {
	s := fmt.Sprintf("%s and %s booked, %s open", part.Count(r.Refunds, "refund"), part.Count(r.Goods, "parcel"), part.Count(r.Open, "return"))
	if r.Accepted > 0 {
		s += fmt.Sprintf(", %d accepted", r.Accepted)
	}
	if r.Raised > 0 {
		s += fmt.Sprintf(", %s a person", part.Count(r.Raised, "needs", "need"))
	}
	return s
}

// MarshalJSON returns the report for programs.
func (r MirrorReport) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// overlap is how much of what was read is read again: lists may lag behind.
const overlap = 10 * time.Minute

// missingFor is how long the shop may leave out an open return, asked for by its id, before
// somebody is told.
const missingFor = 24 * time.Hour

// mirrorKinds are those of the mirror that a run raises and closes.
var mirrorKinds = []exceptions.Kind{exceptions.RefundNotBooked, exceptions.RefundDiffers, exceptions.GoodsMissing}

// Run reads what has changed since the last run and what was left open, and books it. What
// fails is with the next run, and holds up nothing else.
func (m *Mirror) Run(ctx context.Context) (report MirrorReport, err error) {
	start := m.options.Now()
	defer func() { m.timings.Done(start, m.options.Now(), err) }()
	report.At = start.UTC()
	fail := func(err error) error { return fmt.Errorf("returns: mirroring: %w", err) }
	ctx, unlock, err := m.ports.Locks.Lock(ctx, mirrorLock)
	if err != nil {
		return report, fail(err)
	}
	defer unlock()
	state, err := m.load(ctx)
	if err != nil {
		return report, fail(err)
	}
	cases, err := m.ports.Exceptions.Open(ctx, mirrorKinds...)
	if err != nil {
		return report, fail(fmt.Errorf("reading the exceptions: %w", err))
	}
	list, unreadable, seen, errs := m.read(ctx, state)
	if err := m.tellUnreadable(ctx, state, unreadable); err != nil {
		seen, errs = state.Seen, append(errs, err)
	}
	report.Raised += len(unreadable)
	for _, r := range list {
		if ctx.Err() != nil {
			break
		}
		run := mirrorRun{Mirror: m, state: state, r: r, now: m.options.Now(), report: &report, cases: cases}
		if err := run.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", r.noun(), r.ID, err))
		}
	}
	if err := context.Cause(ctx); err != nil {
		errs = append(errs, err)
	} else {
		if err := m.giveUp(ctx, state, &report); err != nil {
			errs = append(errs, err)
		}
		state.Seen = seen // not before: what a run that is cut off has not begun is read again
	}
	for _, o := range state.Open {
		if !o.Done {
			report.Open++
		}
	}
	m.timings.Waiting(report.Open, time.Time{})
	if err := m.save(ctx, state); err != nil {
		errs = append(errs, err)
	}
	if err := part.Join(errs...); err != nil {
		return report, fail(err)
	}
	return report, nil
}

// read returns what has changed and what is open, each once, by id, and the moment up to
// which everything is seen once that is done: a later one only if all of it was read.
// unreadable says why not, by the keys of what a person is told of instead.
func (m *Mirror) read(ctx context.Context, state *mirrorState) (list []Return, unreadable map[string]string, seen time.Time, errs []error) {
	since := state.Seen.Add(-overlap)
	if state.Seen.IsZero() {
		since = m.options.Now().Add(-m.options.FirstLook)
	}
	found := map[string]Return{}
	latest := state.Seen
	now := m.options.Now()
	unreadable = map[string]string{}
	add := func(list []Return, err error, what, prefix string) (all bool) {
		reasons, err := exceptions.UnreadableIn(err)
		if why, nameless := reasons[""]; nameless {
			err = fmt.Errorf("one has no id: %s", why)
		}
		for id, why := range reasons {
			if id != "" {
				unreadable[prefix+id] = why
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("reading %s: %w", what, err))
		}
		for _, r := range list {
			found[r.key()] = r
			// A moment that has not come is a mistake, or the shop's clock is ahead: to read
			// from there on would leave out what changes until then.
			if r.UpdatedAt.After(latest) && !r.UpdatedAt.After(now) {
				latest = r.UpdatedAt.UTC()
			}
		}
		return err == nil
	}
	changed, err := m.ports.Changes.ReturnsSince(ctx, since)
	whole := add(changed, err, "what has changed", "")
	if m.ports.Cancellations != nil {
		changed, err := m.ports.Cancellations.CancellationsSince(ctx, since)
		whole = add(changed, err, "what was cancelled", cancellationPrefix) && whole
	}
	// What is read again because lists lag, and has not changed, is not done again.
	maps.DeleteFunc(state.Settled, func(_ string, at time.Time) bool { return at.Before(state.Seen.Add(-overlap)) })
	maps.DeleteFunc(found, func(_ string, r Return) bool {
		return !r.UpdatedAt.IsZero() && state.Settled[r.settledKey()].Equal(r.UpdatedAt)
	})
	var ids, cancelled []string
	for key, o := range state.Open {
		if _, ok := found[key]; ok || o.Done || unreadable[key] != "" {
			continue
		}
		if id, ok := strings.CutPrefix(key, cancellationPrefix); ok {
			cancelled = append(cancelled, id)
		} else {
			ids = append(ids, key)
		}
	}
	if seen = latest; seen.IsZero() { // nothing has changed yet, and nothing was overlooked
		seen = since.UTC()
	}
	missing := func(prefix string, ids []string) {
		for _, id := range ids {
			if _, shown := found[prefix+id]; !shown && unreadable[prefix+id] == "" && state.Open[prefix+id].Missing.IsZero() {
				state.Open[prefix+id].Missing = m.options.Now().UTC()
			}
		}
	}
	if slices.Sort(ids); len(ids) > 0 { // they stay open, whether they are read or not
		open, err := m.ports.Shop.Returns(ctx, ids)
		if add(open, err, "open returns", "") {
			missing("", ids)
		}
	}
	if slices.Sort(cancelled); len(cancelled) > 0 && m.ports.Cancellations != nil {
		open, err := m.ports.Cancellations.Cancellations(ctx, cancelled)
		if add(open, err, "open cancellations", cancellationPrefix) {
			missing(cancellationPrefix, cancelled)
		}
	}
	if err := m.forget(ctx, state, found); err != nil {
		errs, whole = append(errs, err), false
	}
	if !whole {
		seen = state.Seen
	}
	for _, id := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[id])
	}
	return list, unreadable, seen, errs
}

// tellUnreadable raises a case for each return that cannot be read. It stays open, and is
// read again by its id until it can be.
func (m *Mirror) tellUnreadable(ctx context.Context, state *mirrorState, unreadable map[string]string) error {
	var list []exceptions.Exception
	for _, key := range slices.Sorted(maps.Keys(unreadable)) {
		r := Return{}
		r.ID, r.Cancellation = strings.CutPrefix(key, cancellationPrefix)
		if state.Open[key] == nil {
			state.Open[key] = &opened{Since: m.options.Now()}
		}
		list = append(list, exceptions.New(exceptions.RefundNotBooked, r.object(), time.Time{}, fmt.Sprintf("a %s of the shop cannot be read: %s", r.noun(), part.Short(unreadable[key])),
			"look in Seller Center; if the buyer has the money, book the refund in Linnworks with the id of the "+r.noun()+" as external reference; tell the integrator",
			exceptions.Evidence(r.noun(), r.ID)...))
	}
	if err := exceptions.RaiseAll(ctx, m.ports.Exceptions, list); err != nil {
		return fmt.Errorf("telling of what cannot be read: %w", err)
	}
	return nil
}

// giveUp tells of open returns that the shop no longer shows, and of those that have been open
// for too long: these are then forgotten, until they change.
func (m *Mirror) giveUp(ctx context.Context, state *mirrorState, report *MirrorReport) error {
	now := m.options.Now()
	var list []exceptions.Exception
	var old []string
	for _, key := range slices.Sorted(maps.Keys(state.Open)) {
		o := state.Open[key]
		stale, gone := now.Sub(o.Since) > keepFor, !o.Missing.IsZero() && now.Sub(o.Missing) >= missingFor
		if o.Done || !stale && !gone {
			continue
		}
		r := Return{}
		r.ID, r.Cancellation = strings.CutPrefix(key, cancellationPrefix)
		what := "the " + r.noun()
		if o.OrderID != "" { // otherwise it was never read
			what += " of order " + o.OrderID
		}
		seen := fmt.Sprintf("%s has been open since %s: the bridge stops looking at it until it changes in the shop", what, o.Since.UTC().Format(time.DateOnly))
		if gone {
			seen = fmt.Sprintf("%s is open, and the shop has not shown it since %s", what, o.Missing.Format(time.DateOnly))
		}
		list = append(list, exceptions.New(exceptions.RefundNotBooked, r.object(), time.Time{}, seen,
			"look in Seller Center what has become of it; if the buyer has the money, see that Linnworks has the refund, with the id of the "+r.noun()+" as external reference; if goods are not coming, delete their booking there; then resolve this",
			exceptions.Evidence(r.noun(), r.ID, "order", o.OrderID)...))
		if stale {
			old = append(old, key)
		}
	}
	if err := exceptions.RaiseAll(ctx, m.ports.Exceptions, list); err != nil {
		return fmt.Errorf("telling of what is given up: %w", err)
	}
	report.Raised += len(list)
	for _, key := range old {
		delete(state.Open, key)
	}
	return nil
}

// mirrorRun is the work on one return.
type mirrorRun struct {
	*Mirror
	state  *mirrorState
	r      Return
	now    time.Time
	report *MirrorReport
	cases  []exceptions.Exception
	// wanted are the cases that the return needs.
	wanted []exceptions.Exception
	// partSent is how much of a cancellation had left, if not all of it had.
	partSent string
}

func (m *mirrorRun) do(ctx context.Context) error {
	o := m.state.Open[m.r.key()]
	dead := m.r.Over || m.r.ReplacedBy != ""
	if o == nil && (dead || !m.r.Refunded && !m.r.GoodsSent && !m.r.Unknown) {
		return nil // nothing to book, or nothing was
	}
	if o == nil {
		o = &opened{OrderID: m.r.OrderID, Since: m.now}
		m.state.Open[m.r.key()] = o
	}
	o.Missing = time.Time{}
	err := m.book(ctx, o, dead)
	if ctx.Err() != nil {
		return err
	}
	if failed := m.tell(ctx, err == nil); failed != nil {
		return errors.Join(err, failed)
	}
	if err == nil && o.Done {
		m.state.Settled[m.r.settledKey()] = m.r.UpdatedAt.UTC()
		if o.Adopted == "" && !o.Claimed {
			delete(m.state.Open, m.r.key())
		}
	}
	return err
}

// book does what is to be done. What is left to do is with the next run, unless the
// return is marked as done.
func (m *mirrorRun) book(ctx context.Context, o *opened, dead bool) error {
	o.Done = false
	if m.r.Cancellation && m.now.Sub(o.Since) < afterCanceller {
		return nil
	}
	records, _, err := m.ports.Records.RecordsOf(ctx, m.r.OrderID)
	if err != nil {
		return fmt.Errorf("reading what is known of order %s: %w", m.r.OrderID, err)
	}
	orders, err := m.ports.Warehouse.SentOrders(ctx, m.r.OrderID, records[m.r.OrderID].WarehouseIDs)
	if err != nil {
		return fmt.Errorf("reading order %s in the warehouse: %w", m.r.OrderID, err)
	}
	orders = slices.DeleteFunc(slices.Clone(orders), func(s Sent) bool { return s.Dropped })
	if m.r.Cancellation {
		gone, done, wait := m.left(orders, takenOff(records[m.r.OrderID].Notes))
		if done || wait {
			o.Done = done
			return nil
		}
		orders = gone
	}
	if len(orders) == 0 {
		return m.noOrder(ctx, o, dead)
	}
	if dead {
		return m.takeBack(ctx, o, orders)
	}
	if m.r.Unknown && !m.r.Refunded && len(m.booked(o, orders)) == 0 {
		m.raise(exceptions.RefundNotBooked, fmt.Sprintf("the shop shows the return of order %s as %s, which the bridge does not know: perhaps the buyer has the money", m.r.OrderID, part.Short(m.r.Status)),
			"look in Seller Center; if the buyer has the money, book the refund in Linnworks with the id of the return as external reference; tell the integrator the word")
	}
	goodsIn := true
	if m.r.GoodsSent {
		if goodsIn, err = m.expect(ctx, o, orders); err != nil {
			return err
		}
	}
	if m.r.Refunded {
		if o.RefundedAt.IsZero() {
			o.RefundedAt = m.now
		}
		if err := m.refund(ctx, o, orders); err != nil {
			return err
		}
	}
	if err := m.claim(ctx, o); err != nil {
		return err
	}
	switch {
	case goodsIn || !m.r.Refunded:
	case m.r.Cancellation:
		if m.now.Sub(o.RefundedAt) >= m.options.UndeliveredAfter {
			m.raise(exceptions.GoodsMissing, fmt.Sprintf("order %s could not be delivered, its buyer has the money since %s, and %s has not been booked in", m.r.OrderID, o.RefundedAt.Format(time.DateOnly), m.r.skus()),
				"look for the parcel and ask the carrier for it; if it is there, book it in; if it is lost, claim it in Seller Center, and delete the booking in Linnworks once that is decided")
		}
	case m.now.Sub(o.RefundedAt) >= m.options.MissingAfter:
		m.raiseBy(m.claimBy(o), exceptions.GoodsMissing, fmt.Sprintf("the buyer of order %s has the money since %s, and %s has not been booked in", m.r.OrderID, o.RefundedAt.Format(time.DateOnly), m.r.skus()),
			"look for the parcel; if it is there, book it in; if not, appeal in Seller Center, and delete the booking in Linnworks once that is decided")
	}
	o.Done = m.r.Refunded && goodsIn && o.Booked && len(m.wanted) == 0
	return nil
}

// noOrder is for a return whose order the warehouse does not have, or no longer.
func (m *mirrorRun) noOrder(ctx context.Context, o *opened, dead bool) error {
	if dead {
		o.Done = true
		return nil
	}
	if m.ports.Orders != nil {
		sold, err := m.ports.Orders.SoldOrders(ctx, []string{m.r.OrderID})
		if err != nil {
			return fmt.Errorf("reading order %s: %w", m.r.OrderID, err)
		}
		if len(sold) == 1 && slices.Contains(sold[0].Kinds, policy.ByTikTok) {
			o.Done = true
			return nil
		}
	}
	if m.r.Refunded {
		m.raise(exceptions.RefundNotBooked, fmt.Sprintf("the shop has refunded %s of order %s, which is not in Linnworks, or was cancelled there", m.r.refund(), m.r.OrderID),
			"look for the order in Linnworks by its reference; if it was sent, book the refund there with the id of the "+m.r.noun()+" as external reference")
	}
	return nil
}

// takeBack is for a return that has ended without a refund.
func (m *mirrorRun) takeBack(ctx context.Context, o *opened, orders []Sent) error {
	o.Awaited = nil
	for _, s := range orders {
		for _, g := range s.Goods {
			if g.Reference == m.r.ID && !g.Done {
				if err := m.ports.Warehouse.DropGoods(ctx, g.ID); err != nil {
					return fmt.Errorf("taking back the booking of the goods: %w", err)
				}
			}
		}
		for _, b := range s.Refunds {
			if names(b.Reference, m.r.ID) || o.Adopted != "" && b.ID == o.Adopted {
				m.raise(exceptions.RefundDiffers, fmt.Sprintf("Linnworks has a refund of %s for order %s, and the shop shows the return as %s", b.Amount, m.r.OrderID, m.r.Status),
					"look in Seller Center whether the buyer has the money; if not, delete the refund in Linnworks")
			}
		}
	}
	o.Done = len(m.wanted) == 0
	return nil
}

// expect books the goods that are on their way, and reports whether all of them are in.
func (m *mirrorRun) expect(ctx context.Context, o *opened, orders []Sent) (all bool, err error) {
	all, scrapped := true, false
	deleted, known := m.deleted(o, orders)
	var bookings []GoodsBooking
	for _, s := range orders {
		var rest []GoodsRow
		for _, want := range m.r.rows(s) {
			ours, ins, taken, awaited := 0, 0, 0, 0
			for _, g := range s.Goods {
				n := g.quantity(want.RowID)
				taken += n
				switch own := mine(g.Reference, m.r.ID); {
				case own:
					ours += n
					scrapped = scrapped || n > 0 && g.scraps()
					if g.Done {
						ins += n
					}
				case !g.Done:
					awaited += n
				}
			}
			left := s.quantity(want.RowID) - taken
			missing := want.Quantity - ours
			// What others have booked of the row cannot come a second time, and what they
			// await has not come.
			others := max(0, missing-max(0, left))
			if n := missing - others; n > 0 {
				row := GoodsRow{RowID: want.RowID, Quantity: n}
				if m.options.Scrap {
					row.Scrap = n
				}
				rest = append(rest, row)
			}
			all = all && ins+max(0, others-awaited) >= want.Quantity
		}
		if len(rest) > 0 {
			bookings = append(bookings, GoodsBooking{
				WarehouseID: s.ID, Reference: m.r.ID, Note: m.note(), LocationID: cmp.Or(m.options.Location, s.LocationID), Rows: rest,
			})
		}
	}
	if len(deleted) > 0 && !all {
		return known && len(deleted) == len(o.Awaited), nil // nothing is expected against a person's word
	}
	if err := m.expectMore(ctx, o, orders, bookings); err != nil {
		return all, err
	}
	if all && !scrapped && m.r.Ask == AskGoods && m.options.AcceptReceived {
		err := m.ports.Decide(ctx, Decision{ReturnID: m.r.ID, Ask: AskGoods, Accept: true})
		switch {
		case err == nil:
			m.report.Accepted++
		case !errors.Is(err, ErrDecided):
			return all, err
		}
	}
	return all, nil
}

// deleted returns the bookings of the goods that are gone from the warehouse: a person who is
// certain that nothing comes has deleted them. known reports that they do not just show late.
func (m *mirrorRun) deleted(o *opened, orders []Sent) (ids []string, known bool) {
	known = true
	seen := map[string]awaited{}
	for _, s := range orders {
		is := func(id string) func(BookedGoods) bool { return func(g BookedGoods) bool { return g.ID == id } }
		for id, a := range o.Awaited {
			if a.WarehouseID != s.ID || slices.ContainsFunc(s.Goods, is(id)) {
				continue
			}
			if a.Gone.IsZero() {
				a.Gone = m.now.UTC()
			}
			ids, known = append(ids, id), known && m.now.Sub(a.Gone) >= m.options.Settle
			seen[id] = a
		}
		for _, g := range s.Goods {
			if g.Reference == m.r.ID && !g.Done {
				seen[g.ID] = awaited{WarehouseID: s.ID}
			}
		}
	}
	o.Awaited = seen
	return ids, known
}

// expectMore makes the bookings, each once.
func (m *mirrorRun) expectMore(ctx context.Context, o *opened, orders []Sent, bookings []GoodsBooking) error {
	if len(bookings) == 0 {
		return m.sent(ctx, &o.GoodsSent, time.Time{})
	}
	if m.unsettled(o.GoodsSent) {
		return nil
	}
	if open := notGone(orders); open != "" {
		return nil // the refund says so, if there is one
	}
	if err := m.sent(ctx, &o.GoodsSent, m.now); err != nil {
		return err
	}
	for _, b := range bookings {
		if err := m.ports.Warehouse.BookGoods(ctx, b); err != nil {
			return m.refused(ctx, err, &o.GoodsSent, "booking the goods that come back")
		}
		m.report.Goods++
	}
	return m.sent(ctx, &o.GoodsSent, time.Time{})
}

// refund books the refund, unless it is there, and compares the amounts.
func (m *mirrorRun) refund(ctx context.Context, o *opened, orders []Sent) error {
	byID := func(s Sent) bool {
		return slices.ContainsFunc(s.Refunds, func(b BookedRefund) bool { return names(b.Reference, m.r.ID) })
	}
	if m.r.RefundUnread {
		if slices.ContainsFunc(orders, byID) { // by a person, who has looked it up
			o.Booked = true
			return nil
		}
		m.raise(exceptions.RefundNotBooked, fmt.Sprintf("the shop has refunded order %s, and its amount cannot be read", m.r.OrderID),
			"look up the amount in Seller Center, and book the refund in Linnworks with the id of the "+m.r.noun()+" as external reference")
		return nil
	}
	if !m.booksItself(orders) {
		o.Booked = len(m.wanted) == 0
		return nil
	}
	if m.r.Refund.Minor == 0 {
		o.Booked = true
		return nil
	}
	due, err := refundOf(m.r, orders)
	if err != nil {
		return err
	}
	for _, s := range orders {
		if due[s.ID] != nil && s.Currency != m.r.Refund.Currency {
			if slices.ContainsFunc(orders, byID) { // by a person, who has converted it
				o.Booked = true
				return nil
			}
			m.raise(exceptions.RefundNotBooked, fmt.Sprintf("the shop has refunded %s of order %s, and Linnworks order %s is in %s", m.r.refund(), m.r.OrderID, s.Number, s.Currency),
				"book the refund in Linnworks in the currency of the order there, with the id of the "+m.r.noun()+" as external reference")
			return nil
		}
	}
	booked := m.booked(o, orders)
	if len(booked) == 0 {
		if b, ok := m.byHand(orders); ok {
			o.Adopted, booked = b.ID, []BookedRefund{b}
		}
	}
	missing := slices.DeleteFunc(slices.Clone(orders), func(s Sent) bool {
		return due[s.ID] == nil || o.Adopted != "" || byID(s)
	})
	if len(missing) == 0 {
		if err := m.finish(ctx, o, orders); err != nil {
			return err
		}
		m.compare(booked)
		o.Booked = true
		return m.sent(ctx, &o.RefundSent, time.Time{})
	}
	if m.unsettled(o.RefundSent) {
		return nil
	}
	if open := notGone(missing); open != "" {
		m.raise(exceptions.RefundNotBooked, fmt.Sprintf("the shop has refunded %s of order %s, and Linnworks order %s is still open", m.r.refund(), m.r.OrderID, open),
			"find out whether the order was sent; process it if it was, or cancel it: the refund is then booked by itself, or not needed")
		return nil
	}
	if err := m.sent(ctx, &o.RefundSent, m.now); err != nil {
		return err
	}
	for _, s := range missing {
		b := RefundBooking{WarehouseID: s.ID, Reference: m.r.ID, Note: m.note(), Lines: due[s.ID]}
		if err := m.ports.Warehouse.BookRefund(ctx, b); err != nil {
			return m.refused(ctx, err, &o.RefundSent, fmt.Sprintf("booking the refund of %s", m.r.refund()))
		}
	}
	m.report.Refunds++
	return nil // it is read back, compared and made final by the next run
}

// booked are the refunds of this return.
func (m *mirrorRun) booked(o *opened, orders []Sent) (list []BookedRefund) {
	for _, s := range orders {
		for _, b := range s.Refunds {
			if names(b.Reference, m.r.ID) || o.Adopted != "" && b.ID == o.Adopted {
				list = append(list, b)
			}
		}
	}
	return list
}

// byHand finds a refund of the same amount that a person has booked, and no other return
// has been given.
func (m *mirrorRun) byHand(orders []Sent) (BookedRefund, bool) {
	for _, s := range orders {
		for _, b := range s.Refunds {
			taken := slices.ContainsFunc(slices.Collect(maps.Values(m.state.Open)), func(o *opened) bool { return o.Adopted == b.ID })
			nameless := strings.TrimSpace(b.Reference) == "" || names(b.Reference, m.r.OrderID)
			if nameless && !taken && !b.Unread && b.Amount == m.r.Refund {
				return b, true
			}
		}
	}
	return BookedRefund{}, false
}

// finish makes the refund final.
func (m *mirrorRun) finish(ctx context.Context, o *opened, orders []Sent) error {
	if m.options.KeepOpen || o.Adopted != "" {
		return nil
	}
	for _, s := range orders {
		for _, b := range s.Refunds {
			if !names(b.Reference, m.r.ID) || b.Done {
				continue
			}
			if err := m.ports.Warehouse.FinishRefund(ctx, s.ID, b.ID); err != nil {
				return m.refused(ctx, err, nil, "making the refund final")
			}
		}
	}
	return nil
}

// compare raises what was booked otherwise than refunded.
func (m *mirrorRun) compare(booked []BookedRefund) {
	sum, unread := money.Amount{Currency: m.r.Refund.Currency}, false
	for _, b := range booked {
		unread = unread || b.Unread || b.Amount.Currency != sum.Currency
		sum.Minor += b.Amount.Minor
	}
	if unread || sum != m.r.Refund {
		has := sum.String()
		if unread {
			has = "an amount in another currency, or none that can be read"
		}
		m.raise(exceptions.RefundDiffers, fmt.Sprintf("the shop has refunded %s of order %s, and Linnworks has %s", m.r.refund(), m.r.OrderID, has),
			"compare both; correct the refund in Linnworks, or book the difference there with the id of the "+m.r.noun()+" as external reference")
	}
}

// unsettled reports whether something that was sent may still show up.
func (m *mirrorRun) unsettled(sent time.Time) bool {
	return !sent.IsZero() && m.now.Sub(sent) < m.options.Settle
}

// sent writes down when something was sent, before it is, and that it is known afterwards.
func (m *mirrorRun) sent(ctx context.Context, at *time.Time, when time.Time) error {
	if at.Equal(when) {
		return nil
	}
	*at = when.UTC()
	if when.IsZero() {
		*at = time.Time{}
	}
	return m.save(ctx, m.state)
}

// refused raises what the warehouse does not take. Any other error is tried again, once
// it is known what became of it.
func (m *mirrorRun) refused(ctx context.Context, err error, sent *time.Time, what string) error {
	refused, ok := errors.AsType[*exceptions.RefusedError](err)
	if !ok {
		return fmt.Errorf("%s: %w", what, err)
	}
	m.raise(exceptions.RefundNotBooked, fmt.Sprintf("order %s: %s: Linnworks does not take it: %s", m.r.OrderID, what, part.Short(refused.Err.Error())), refused.Do)
	if sent == nil {
		return nil
	}
	return m.sent(ctx, sent, time.Time{})
}

// raise notes a case of the return.
func (m *mirrorRun) raise(kind exceptions.Kind, seen, do string) {
	m.raiseBy(time.Time{}, kind, seen, do)
}

// claimBy is until when the shop may be asked for goods that are missing.
func (m *mirrorRun) claimBy(o *opened) time.Time {
	if m.options.ClaimBy == nil {
		return time.Time{}
	}
	return m.options.ClaimBy(o.RefundedAt)
}

func (m *mirrorRun) raiseBy(by time.Time, kind exceptions.Kind, seen, do string) {
	m.wanted = append(m.wanted, exceptions.New(kind, m.r.object(), by, seen, do, exceptions.Evidence(
		m.r.noun(), m.r.ID, "order", m.r.OrderID, "status in the shop", m.r.Status, "refund", m.r.refund(), "tracking number", part.Tracking(m.r.Tracking),
	)...))
}

// tell raises the cases that the return needs, and closes the others if all of the work
// on it was done.
func (m *mirrorRun) tell(ctx context.Context, done bool) error {
	if len(m.wanted) > 0 {
		m.report.Raised++
		if err := exceptions.RaiseAll(ctx, m.ports.Exceptions, m.wanted); err != nil {
			return err
		}
	}
	if !done {
		return nil
	}
	for _, kind := range mirrorKinds {
		is := func(e exceptions.Exception) bool { return e.Kind == kind && e.Object == m.r.object() }
		if slices.ContainsFunc(m.cases, is) && !slices.ContainsFunc(m.wanted, is) {
			if err := m.ports.Exceptions.Clear(ctx, m.r.object(), kind); err != nil {
				return fmt.Errorf("closing %q: %w", kind, err)
			}
		}
	}
	return nil
}

// note is what a booking says of itself.
func (m *mirrorRun) note() string {
	return fmt.Sprintf("TikTok %s %s: %s", m.r.noun(), m.r.ID, part.Short(m.r.Reason))
}

// names reports whether the reference of a refund has an id in it. People write it with a word
// before it.
func names(reference, id string) bool {
	return reference == id || slices.Contains(strings.FieldsFunc(reference, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), id)
}

// mine reports whether a booking is of a return: the one that waits for its goods has the
// return's id, that of a parcel which has come in the parcel's behind it.
func mine(reference, returnID string) bool {
	return reference == returnID || strings.HasPrefix(reference, returnID+"/")
}

// rows are how many units of the rows of an order the return is about.
func (r Return) rows(s Sent) (list []GoodsRow) {
	for _, row := range s.Rows {
		lines := 0
		for _, l := range r.Lines {
			if slices.Contains(row.LineIDs, l.OrderLineID) {
				lines++
			}
		}
		if lines > 0 {
			list = append(list, GoodsRow{RowID: row.ID, Quantity: row.units(lines)})
		}
	}
	return list
}

// quantity is how many units a row has.
func (s Sent) quantity(rowID string) int {
	for _, r := range s.Rows {
		if r.ID == rowID {
			return r.Quantity
		}
	}
	return 0
}

// notGone is the number of an order that has not left, empty if all have.
func notGone(orders []Sent) string {
	for _, s := range orders {
		if !s.Gone {
			return s.Number
		}
	}
	return ""
}
