package returns

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
)

// Ports are what a [Watch] works on. All but Orders are required.
type Ports struct {
	Shop       Shop
	Exceptions exceptions.Queue
	// Orders tells what kind of order a return is about: without it, nobody is told that a
	// refund is asked for in a unit that the kind does not allow.
	Orders OrderSource
}

// Options configure a [Watch].
type Options struct {
	// Kinds says which kinds of orders are refunded in which unit. Default
	// [policy.DefaultKinds].
	Kinds *policy.Kinds
	// Now replaces time.Now.
	Now func() time.Time
}

// Watch watches the returns of one shop. It is safe for concurrent use.
type Watch struct {
	ports   Ports
	options Options
	timings health.Timings
}

// NewWatch returns a Watch, or an error that names every missing port.
func NewWatch(p Ports, o Options) (*Watch, error) {
	if err := part.Required("returns: NewWatch", map[string]any{"Shop": p.Shop, "Exceptions": p.Exceptions}); err != nil {
		return nil, err
	}
	o.Kinds = cmp.Or(o.Kinds, policy.DefaultKinds())
	o.Now = part.Clock(o.Now)
	return &Watch{ports: p, options: o}, nil
}

// Health returns how the checks went so far.
func (w *Watch) Health() health.Flow { return w.timings.Health() }

// Report is what a check found.
type Report struct {
	At time.Time
	// Waiting are the returns that wait for the seller, those that the shop decides
	// first in front and those without a deadline last.
	Waiting []Return
	// Closed is how many were found decided.
	Closed int
}

// MarshalJSON returns the report for programs.
func (r Report) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is one line for a log or a terminal.
func (r Report) String() string {
	s := fmt.Sprintf("%s to decide", part.Count(len(r.Waiting), "return"))
	if len(r.Waiting) > 0 && !r.Waiting[0].Deadline.IsZero() {
		s += ", the first by " + r.Waiting[0].Deadline.UTC().Format("2006-01-02 15:04 UTC")
	}
	if r.Closed > 0 {
		s += fmt.Sprintf("; %d decided", r.Closed)
	}
	return s
}

// kinds are those of the watch.
var kinds = []exceptions.Kind{exceptions.ReturnToDecide, exceptions.GoodsToCheck}

// Check reads what waits for the seller, raises a case for each, and closes those that
// are decided. A list that could be read in part raises what it has; a case is closed
// only by a return that was read and waits no longer, never by one that is missing.
func (w *Watch) Check(ctx context.Context) (report Report, err error) {
	start := w.options.Now()
	defer func() { w.timings.Done(start, w.options.Now(), err) }()
	report.At = start.UTC()
	waiting, err := w.ports.Shop.WaitingReturns(ctx)
	if err != nil {
		err = fmt.Errorf("returns: reading what waits for the seller: %w", err)
	}
	waiting = slices.DeleteFunc(slices.Clone(waiting), func(r Return) bool { return r.Ask == "" })
	slices.SortFunc(waiting, func(a, b Return) int {
		if c := part.CompareTimes(a.Deadline, b.Deadline); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	report.Waiting = waiting
	if ctx.Err() != nil {
		return report, err
	}
	wrong, failed := w.units(ctx, waiting...)
	if failed != nil {
		err = errors.Join(err, fmt.Errorf("returns: %w", failed))
	}
	list := make([]exceptions.Exception, len(waiting))
	for i, r := range waiting {
		list[i] = w.exception(r, wrong[r.ID])
	}
	if failed := exceptions.Escalate(ctx, w.ports.Exceptions, list, kinds...); failed != nil {
		return report, errors.Join(err, fmt.Errorf("returns: %w", failed))
	}
	closed, failed := w.close(ctx, list)
	report.Closed = closed
	if failed != nil {
		err = errors.Join(err, fmt.Errorf("returns: %w", failed))
	}
	return report, err
}

// close closes the cases of returns that no longer ask what the case says.
func (w *Watch) close(ctx context.Context, raised []exceptions.Exception) (closed int, err error) {
	open, err := w.ports.Exceptions.Open(ctx, kinds...)
	if err != nil {
		return 0, fmt.Errorf("reading the exceptions: %w", err)
	}
	still := map[exceptions.Ref]bool{}
	for _, e := range raised {
		still[e.Ref()] = true
	}
	var ids []string
	for _, e := range open {
		if id, ok := strings.CutPrefix(e.Object, objectPrefix); ok && !still[e.Ref()] && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	// The list may have missed one that changed while its pages were read.
	found, err := w.ports.Shop.Returns(ctx, ids)
	if err != nil {
		err = fmt.Errorf("reading returns by their ids: %w", err)
	}
	for _, r := range found {
		for _, kind := range kinds {
			if ref := (exceptions.Ref{Kind: kind, Object: object(r.ID)}); still[ref] || kindOf(r) == kind ||
				!slices.ContainsFunc(open, func(e exceptions.Exception) bool { return e.Ref() == ref }) {
				continue
			}
			if failed := w.ports.Exceptions.Clear(ctx, object(r.ID), kind); failed != nil {
				return closed, errors.Join(err, fmt.Errorf("closing %q: %w", kind, failed))
			}
			closed++
		}
	}
	return closed, err
}

const objectPrefix = "return "

func object(id string) string { return objectPrefix + id }

// kindOf is the kind of the case of a return, empty if it needs none.
func kindOf(r Return) exceptions.Kind {
	switch r.Ask {
	case "":
		return ""
	case AskGoods:
		return exceptions.GoodsToCheck
	}
	return exceptions.ReturnToDecide
}

// exception is the case of a return that waits. wrong is why it cannot be granted.
func (w *Watch) exception(r Return, wrong string) exceptions.Exception {
	seen := fmt.Sprintf("the buyer of order %s asks for a %s of %s, refund %s (%s)", r.OrderID, r.Ask, r.skus(), r.refund(), part.Short(r.Reason))
	do := "accept or refuse it in Seller Center; after the deadline the shop accepts it for you"
	switch {
	case r.Ask == AskGoods:
		seen = fmt.Sprintf("%s of order %s is on its way back or has arrived, refund %s (%s)", r.skus(), r.OrderID, r.refund(), part.Short(r.Reason))
		do = "look for the parcel, check what is in it, and accept or refuse it in Seller Center; after the deadline the shop accepts it for you"
		if r.RefundedFirst {
			do = "look for the parcel and check what is in it; the buyer has the money already, so object in Seller Center if something is missing"
		}
	case !r.Ask.known():
		seen = fmt.Sprintf("the shop waits for an answer about order %s that the bridge does not know: %s", r.OrderID, part.Short(string(r.Ask)))
		do = "answer it in Seller Center, and tell the integrator the words"
	case wrong != "":
		seen += "; " + wrong
		do = "refuse it in Seller Center with the reason that fits; after the deadline the shop accepts it for you"
	}
	return exceptions.New(kindOf(r), object(r.ID), r.Deadline, seen, do, exceptions.Evidence(
		"return", r.ID, "order", r.OrderID, "status in the shop", r.Status, "refund", r.refund(), "carrier", r.Carrier, "tracking number", part.Tracking(r.Tracking),
	)...)
}

// ErrDecided is wrapped by the error of [Watch.Decide] for a return that does not wait
// for the answer: it was decided otherwise, by a person, the buyer or the shop.
var ErrDecided = errors.New("the return does not wait for this answer")

// Decide carries an answer to the shop, reads it back, and closes the case. The same
// decision again is carried once. A refusal needs one of the reasons that the shop takes
// for this return: an error names them. Pictures that a reason needs as evidence are
// added in Seller Center.
func (w *Watch) Decide(ctx context.Context, d Decision) error {
	fail := func(err error) error { return fmt.Errorf("returns: deciding return %s: %w", d.ReturnID, err) }
	if err := d.check(); err != nil {
		return fail(err)
	}
	before, err := w.read(ctx, d.ReturnID)
	if err != nil {
		return fail(err)
	}
	if before.Ask != d.Ask {
		return fail(fmt.Errorf("%w: it is %s, and asks %q, not %q", ErrDecided, before.Status, before.Ask, d.Ask))
	}
	if d.Accept {
		wrong, err := w.units(ctx, before)
		if err != nil {
			return fail(err)
		}
		why, known := wrong[d.ReturnID]
		if !known && w.ports.Orders != nil {
			return fail(fmt.Errorf("the shop does not show order %s, and nobody can tell in which unit it is refunded: try again later, or accept it in Seller Center", before.OrderID))
		}
		if why != "" {
			return fail(fmt.Errorf("%w: %s: refuse it, or accept it in Seller Center", ErrUnit, why))
		}
	} else {
		reasons, err := w.ports.Shop.RefusalReasons(ctx, d.ReturnID)
		if err != nil {
			return fail(fmt.Errorf("reading the reasons that the shop takes: %w", err))
		}
		if !slices.Contains(reasons, d.Reason) {
			return fail(fmt.Errorf("the shop does not take the reason %q: it takes %s", d.Reason, strings.Join(reasons, ", ")))
		}
	}
	if err := w.ports.Shop.AnswerReturn(ctx, d, d.key(before.Deadline)); err != nil {
		return fail(err)
	}
	after, err := w.read(ctx, d.ReturnID)
	if err != nil {
		return fail(fmt.Errorf("the shop took it, and could not be read back: %w", err))
	}
	if after.Ask == d.Ask {
		return fail(fmt.Errorf("the shop took it, and still shows it as %s: look again in a minute, and decide it again if it has not changed", after.Status))
	}
	if err := w.ports.Exceptions.Clear(ctx, object(d.ReturnID), kindOf(before)); err != nil {
		return fail(fmt.Errorf("it is decided, and its case could not be closed, which the next check does: %w", err))
	}
	return nil
}

// read reads one return.
func (w *Watch) read(ctx context.Context, id string) (Return, error) {
	found, err := w.ports.Shop.Returns(ctx, []string{id})
	for _, r := range found {
		if r.ID == id {
			return r, nil
		}
	}
	if err != nil {
		return Return{}, fmt.Errorf("reading it: %w", err)
	}
	return Return{}, errors.New("the shop has no such return: compare its id with Seller Center")
}

// key makes the same decision one, however often it is sent. A return that asks anew, after an
// appeal, has another deadline.
func (d Decision) key(deadline time.Time) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q %q %t %t %q %d", d.ReturnID, d.Ask, d.Accept, d.KeepGoods, d.Reason, deadline.Unix())))
}
