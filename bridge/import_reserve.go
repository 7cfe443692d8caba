package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// Reserve counts the units of orders that are new to the bridge, before Import gets to
// them: with the orders before them that may take minutes at the warehouse's limits, and
// what nobody counts is offered again. It reads no order, and of the warehouse only the
// items of listings that the catalogue does not know yet.
//
// It takes the locks that are free. left are the orders whose units it cannot vouch for:
// somebody is at work on them, they are older than the bridge's records, so that the
// warehouse may count them already, or something failed, which the error says. Import
// counts them all. What was imported before, is cancelled or takes nothing is left alone.
func (im *Importer) Reserve(ctx context.Context, orders ...Order) (left []string, err error) {
	var errs []error
	for len(orders) > 0 {
		n := batchLen(orders)
		l, err := im.reserveNew(ctx, orders[:n])
		if left, orders = append(left, l...), orders[n:]; err != nil {
			errs = append(errs, fmt.Errorf("bridge: reserving orders: %w", err))
		}
	}
	return left, errors.Join(errs...)
}

func (im *Importer) reserveNew(ctx context.Context, orders []Order) (left []string, err error) {
	var wanted []Order
	for _, o := range orders {
		action, _ := im.action(o, nil)
		switch {
		case o.ID == "" || o.Unreadable != "":
			left = append(left, o.ID)
		case o.Status != Cancelled && o.ShippingModel != FulfilledByTikTok && action != ActionSkip:
			wanted = append(wanted, o)
		}
	}
	if len(wanted) == 0 {
		return left, nil
	}
	ids, keys := make([]string, len(wanted)), make([]string, len(wanted))
	for i, o := range wanted {
		ids[i], keys[i] = o.ID, orderLock(o.ID)
	}
	fail := func(err error) ([]string, error) { return append(left, ids...), err }
	held, taken, unlock, err := im.ports.Locks.TryLock(ctx, keys...)
	if err != nil {
		return fail(err)
	}
	defer unlock()
	free := make(map[string]bool, len(taken))
	for _, key := range taken {
		free[key] = true
	}
	reserved, err := im.ports.Ledger.ReservationsOf(held, ids...)
	if err != nil {
		return fail(fmt.Errorf("reading the ledger: %w", err))
	}
	// Who has worked on an order since it was read, and has found it cancelled perhaps, has
	// written that down.
	records, since, err := im.ports.Records.RecordsOf(held, ids...)
	if err != nil {
		return fail(fmt.Errorf("reading what was imported: %w", err))
	}
	var anew []Order
	for _, o := range wanted {
		_, have := reserved[o.ID]
		switch {
		case have || records[o.ID].OrderID != "":
		case !free[orderLock(o.ID)] || !placedSince(o, since):
			left = append(left, o.ID)
		default:
			anew = append(anew, o)
		}
	}
	run := im.newRun(reserved)
	if err := run.lookUp(held, anew); err != nil {
		return fail(fmt.Errorf("reading the catalogue: %w", err))
	}
	var puts []store.Reservation
	for _, o := range anew {
		if run.lost[o.ID] != nil {
			left = append(left, o.ID)
			continue
		}
		puts = append(puts, run.firstReservation(o, since))
	}
	if len(puts) == 0 {
		return left, nil
	}
	if err := im.ports.Ledger.PutReservations(held, puts...); err != nil {
		return fail(fmt.Errorf("reserving their units: %w", err))
	}
	return left, nil
}

// placedSince reports whether an order that takes units of the seller was placed since
// there are records: if there is none of it, the bridge has not imported it.
func placedSince(o Order, since time.Time) bool {
	return takes(o) && !sent(o) && o.CreatedAt.After(since)
}

// firstReservation is that of an order that neither was imported nor is reserved.
func (im importRun) firstReservation(o Order, since time.Time) store.Reservation {
	unseen := store.UnseenAbsent
	if im.options.FindFirst || !o.CreatedAt.After(since.Add(clockMargin)) {
		unseen = store.UnseenUnknown // others may have created it, and it is looked for
	}
	return im.reservation(o, im.placesOf(o)[0], im.options.Now().UTC(), time.Time{}, unseen)
}

// reserveFirst counts the units of new orders before anything is looked for, which may take
// a call for each. If that fails it is done again, and told, once they were looked for.
func (b *importBatch) reserveFirst(ctx context.Context) {
	var puts []store.Reservation
	for _, t := range b.still(func(*importing) bool { return true }) {
		if _, have := b.reserved[t.order.ID]; !have && t.record.OrderID == "" && placedSince(t.order, t.since) {
			if action, _ := b.action(t.order, nil); action != ActionSkip {
				puts = append(puts, b.firstReservation(t.order, t.since))
			}
		}
	}
	if len(puts) == 0 || b.ports.Ledger.PutReservations(ctx, puts...) != nil {
		return
	}
	for _, r := range puts {
		b.reserved[r.OrderID] = r
	}
}
