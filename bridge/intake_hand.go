package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// batch collects orders until there are enough to hand on, each once and as it
// was seen last.
type batch struct {
	size   int
	orders []Order
	at     map[string]int
	hand   func(context.Context, []Order) error
	after  func(context.Context) error // of a full batch
}

func (b *batch) add(ctx context.Context, o Order) error {
	if i, ok := b.at[o.ID]; ok {
		if !o.UpdatedAt.Before(b.orders[i].UpdatedAt) {
			b.orders[i] = o
		}
		return nil
	}
	b.at[o.ID] = len(b.orders)
	if b.orders = append(b.orders, o); len(b.orders) < b.size {
		return nil
	}
	if err := b.flush(ctx); err != nil || b.after == nil {
		return err
	}
	return b.after(ctx)
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.orders) == 0 {
		return nil
	}
	orders := b.orders
	b.orders = nil // the handler may keep them
	clear(b.at)
	return b.hand(ctx, orders)
}

var errNoResult = errors.New("the handler did not say what became of the order")

// report is what the handler said of an order, over all of its results.
type report struct {
	err error
	// again is when it wants to see the order next.
	again time.Time
	// raised reports whether a person has to do something about it, open whether a case
	// says so.
	raised, open bool
	// unseen reports whether it failed before it looked at the order.
	unseen bool
}

// waitFor adds to the reports of orders that a person has to do something about when
// to look at them again, and whether a case is open that may be resolved before.
func (r *intakeRun) waitFor(ctx context.Context, orders []Order, reports map[string]report) error {
	raised := map[string]bool{}
	for _, o := range orders {
		if reports[o.ID].raised {
			raised[o.ID] = true
		}
	}
	open, err := withCase(ctx, r.ports.Exceptions, raised)
	if err != nil {
		return err
	}
	for _, o := range orders {
		if said := reports[o.ID]; said.raised {
			said.again, said.open = earlier(said.again, r.raisedAgain(o)), open[o.ID]
			reports[o.ID] = said
		}
	}
	return nil
}

// keepRaised is how long after its last change an order is looked at again that the
// shop is done with and a person is not.
const keepRaised = 7 * 24 * time.Hour

// raisedAgain is when to look at an order again that a person has to do something
// about: nobody tells when the cause is mended, and the deadline does not wait. If the
// shop is done with the order there is no hurry: it is looked at to close the case.
func (r *intakeRun) raisedAgain(o Order) time.Time {
	now := r.now()
	switch {
	case slices.Contains(r.options.SweepStatuses, o.Status):
		return r.list.pause(shippingDeadline(o), now)
	case now.Sub(o.UpdatedAt) < keepRaised:
		return now.Add(6 * r.options.RetryMax)
	}
	return time.Time{}
}

// settle stores what is to be done about the orders handed on at the moment began. down
// is why the handler was given up before it had got all of them.
func (r *intakeRun) settle(ctx context.Context, began time.Time, orders []Order, reports map[string]report, down error) error {
	var puts []store.Revisit
	var drops []string
	var raised []exceptions.Exception
	for _, o := range orders {
		said, reported := reports[o.ID]
		err := said.err
		if !reported {
			err = cmp.Or(down, errNoResult)
			r.result.Results = append(r.result.Results, OrderResult{OrderID: o.ID, Outcome: OutcomeFailed, Err: err})
		}
		old, had := r.list.entries[o.ID]
		deadline, end := shippingDeadline(o), r.holdEnd(o)
		if said.again.After(began) && (!end.After(began) || said.again.Before(end)) {
			end = said.again
		}
		switch {
		case err != nil && o.ID == "":
			r.result.Failed++
			raised = append(raised, orderStuck(store.Revisit{Deadline: deadline, LastError: err.Error()}))
			continue
		case !reported && down != nil && had:
			// It was not its turn. As it is due still, it comes before those that
			// were tried, so that they cannot keep it from the handler for ever.
			r.result.Failed++
			continue
		case err != nil:
			r.result.Failed++
			v := r.failure(old, o.ID, deadline, true, err)
			// An entry of an order that only a hint told of was never handed on.
			v.Unseen = (old.Unseen || !old.Known) && (said.unseen || !reported)
			puts = append(puts, v)
			if v.Raised {
				raised = append(raised, orderStuck(v))
			}
			continue
		case end.After(began):
			v := store.Revisit{OrderID: o.ID, Due: end.UTC(), Deadline: deadline, Known: true}
			if said.open {
				v.CaseOf = o.ID
			}
			if v != old {
				puts = append(puts, v)
			}
		case had:
			drops = append(drops, o.ID)
		}
		if old.Attempts > 0 || r.stuck[o.ID] { // its entry may be gone, and the exception not
			if err := r.ports.Exceptions.Clear(ctx, exceptions.ForOrder(o.ID), exceptions.OrderStuck); err != nil {
				return fmt.Errorf("closing an exception: %w", err)
			}
			delete(r.stuck, o.ID)
		}
	}
	if err := r.store(ctx, puts, drops, raised); err != nil {
		return err
	}
	for _, o := range orders {
		r.settled[o.ID] = markOf(o)
		if !o.UpdatedAt.IsZero() && o.ID != "" {
			r.cursor.Seen[o.ID] = r.settled[o.ID]
		}
	}
	return nil
}

// store writes the list before it raises: what is on the list is looked at
// again, and raised again, if the exception does not get through.
func (r *intakeRun) store(ctx context.Context, puts []store.Revisit, drops []string, raised []exceptions.Exception) error {
	if err := r.list.put(ctx, puts...); err != nil {
		return err
	}
	if err := exceptions.RaiseAll(ctx, r.ports.Exceptions, raised); err != nil {
		return err
	}
	return r.list.drop(ctx, drops...)
}

// failure is the entry of an order that failed once more.
func (r *intakeRun) failure(old store.Revisit, id string, deadline time.Time, known bool, err error) store.Revisit {
	v := store.Revisit{OrderID: id, Attempts: old.Attempts, Known: known || old.Known, Unseen: old.Unseen}
	if !deadline.IsZero() {
		v.Deadline = deadline.UTC()
	}
	return r.list.inVain(v, err.Error(), true, r.now())
}

// escalateLate raises orders whose deadline came near while they could not even
// be tried again.
func (r *intakeRun) escalateLate(ctx context.Context) error {
	puts := r.list.untold(r.now())
	var raised []exceptions.Exception
	for _, v := range puts {
		raised = append(raised, orderStuck(v))
	}
	// Raised twice is better than marked as raised and lost.
	if err := exceptions.RaiseAll(ctx, r.ports.Exceptions, raised); err != nil {
		return err
	}
	return r.store(ctx, puts, nil, nil)
}

func orderStuck(v store.Revisit) exceptions.Exception {
	severity := exceptions.Urgent
	object, seen, do := exceptions.ForOrder(v.OrderID), fmt.Sprintf("it has failed %s, most recently: %s", part.Count(v.Attempts, "time"), v.LastError),
		"correct what the error names; the bridge tries again by itself"
	switch {
	case v.OrderID == "":
		object, seen, do = "order without id", v.LastError, "report it to the integrator; the order was not processed"
	case !v.Known:
		severity = exceptions.Warning
		do = "look for the order in Seller Center: a webhook mentioned it, and the shop does not show it"
	case v.LastError == errNotReturned.Error():
		do = "look for the order in Seller Center: the shop has shown it before, and does not any more; if it is not there, it is not to be sent"
	}
	return exceptions.Exception{
		Kind: exceptions.OrderStuck, Owner: exceptions.OwnerIntegration, Severity: severity, Object: object, Deadline: v.Deadline, Seen: seen, Do: do,
	}
}

// holdEnd is when an order is worth a look although nothing happens to it: the
// end of its remorse window, whoever waits it out, and while the buyer asks for a
// cancellation, because the shop's status does not change if that is turned down.
func (r *intakeRun) holdEnd(o Order) time.Time {
	switch {
	case o.CancelRequested && !shippingDeadline(o).IsZero():
		return r.list.pause(shippingDeadline(o), r.now())
	case o.Status == OnHold && o.HoldUntil.IsZero() && !o.PlacedAt().IsZero():
		return o.PlacedAt().Add(r.options.HoldWindow)
	case o.Status == OnHold, o.Status == AwaitingShipment:
		return o.HoldUntil
	}
	return time.Time{}
}
