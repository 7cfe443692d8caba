package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// clockMargin is by how much the shop's clock may differ from that of the records.
const clockMargin = 10 * time.Minute

// find looks for the orders in the warehouse.
//
// Orders that the records know are looked up by the warehouse's ids. An order
// that was never sent by their word is new if they were begun before it was placed: it
// is written down before an order is first sent, so no importer that shares the
// records can have sent it. It is not looked for, unless it could not be imported at
// once, or others have put it into the warehouse too: see [Importer.NoteForeign]. CreateOrders would not make a second one
// either, as long as Linnworks knows the first by its reference; and it is only
// after merges, deletions and cancellations that this is not sure. Everything
// else is looked up by reference, one call each: orders older than the records,
// and those of which a run that died knew not what became.
func (b *importBatch) find(ctx context.Context) {
	var ids []string
	for _, t := range b.still(func(*importing) bool { return true }) {
		ids = append(ids, t.order.ID)
	}
	if len(ids) == 0 {
		return
	}
	records, since, err := b.ports.Records.RecordsOf(ctx, ids...)
	if err != nil {
		err = fmt.Errorf("reading what was imported: %w", err)
		b.each(ctx, func(t *importing) error { return errors.Join(err, b.unasked(ctx, t)) })
		return
	}
	ids = nil
	for _, t := range b.tasks {
		t.record = records[t.order.ID]
		t.stored, t.since = t.record, since
		ids = append(ids, t.record.WarehouseIDs...)
	}
	b.reserveFirst(ctx)
	began := b.options.Now()
	traced, err := b.trace(ctx, ids)
	if err != nil {
		err = fmt.Errorf("looking for it in the warehouse: %w", err)
	}
	b.each(ctx, func(t *importing) error {
		byID := len(t.record.WarehouseIDs) > 0
		t.lookedAt = began
		if byID && err != nil {
			return errors.Join(err, b.unasked(ctx, t))
		}
		for _, id := range t.record.WarehouseIDs {
			t.found = union(t.found, traced[id])
		}
		t.found = shareOf(t.order, t.found)
		twin := t.record.Notes[noteTwin] != ""
		untouched := t.record.SentAt.IsZero() && !byID && t.record.Notes[noteBlocked] == "" && !twin
		isNew := untouched && t.order.CreatedAt.After(since.Add(clockMargin)) && !sent(t.order) && !b.options.FindFirst &&
			!b.strangers.mayHave(t.order.ID)
		if isNew || byID && (!short(t.order, t.found) || over(t)) && !twin {
			return nil
		}
		byReference, err := b.ports.OrderBook.FindOrders(ctx, []string{t.order.ID})
		if err != nil {
			return errors.Join(fmt.Errorf("looking for it in the warehouse: %w", err), b.unasked(ctx, t))
		}
		own, foreign := byMaker(byReference)
		t.found, t.foreign, t.byReference = union(t.found, own), foreign, true
		if len(liveParts(foreign)) == 0 {
			t.record.SetNote(noteTwin, "") // it is there once
		}
		return nil
	})
	b.findMerged(ctx)
	for _, t := range b.tasks {
		t.result.WarehouseOrder = numberOf(slices.Concat(t.found, t.foreign))
	}
}

// findMerged looks for orders that were sent, and merged before anybody heard of them.
func (b *importBatch) findMerged(ctx context.Context) {
	doubtful := b.still(func(t *importing) bool { return inDoubt(t.record) && len(t.found) == 0 })
	if len(doubtful) == 0 || b.ports.Tracer == nil {
		return
	}
	records := make([]store.Record, len(doubtful))
	for i, t := range doubtful {
		records[i] = t.record
	}
	merged, err := findMerged(ctx, b.ports.Tracer, records...)
	for _, t := range doubtful {
		if t.found = shareOf(t.order, merged[t.order.ID]); len(t.found) == 0 && err != nil {
			b.fail(ctx, t, errors.Join(err, b.unasked(ctx, t)))
		}
	}
}

// over reports whether an order is cancelled on both sides, and was before: whoever wrote
// that down has looked by its reference that nothing is left of it.
func over(t *importing) bool {
	return t.order.Status == Cancelled && t.record.Status == string(Cancelled) && !t.record.EndedAt.IsZero() && len(t.found) > 0 && len(liveParts(t.found)) == 0
}

// trace finds orders by the warehouse's ids, where the warehouse can.
func (im importRun) trace(ctx context.Context, ids []string) (map[string][]WarehouseOrder, error) {
	if im.ports.Tracer == nil || len(ids) == 0 {
		return nil, nil
	}
	return im.ports.Tracer.TraceOrders(ctx, ids)
}

// short reports whether the warehouse holds fewer units than the shop has sold:
// another part of the order may be there, after a split.
func short(o Order, found []WarehouseOrder) bool {
	units := 0
	for _, line := range o.Lines {
		if !line.Cancelled {
			units++
		}
	}
	for _, w := range liveParts(found) {
		for _, line := range w.Lines {
			units -= line.Quantity
		}
	}
	return units > 0 || len(found) == 0
}

func (b *importBatch) readAgain(ctx context.Context, tasks []*importing) error {
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.order.ID
	}
	orders, err := readOrders(ctx, b.ports.Orders, ids)
	if err != nil {
		return fmt.Errorf("reading it in the shop: %w", err)
	}
	fresh := make(map[string]Order, len(orders))
	for _, o := range orders {
		fresh[o.ID] = o
	}
	for _, t := range tasks {
		o, ok := fresh[t.order.ID]
		if !ok {
			b.fail(ctx, t, errors.Join(errNotReturned, b.unasked(ctx, t)))
			continue
		}
		t.order = o
		b.choose(t)
	}
	return nil
}

// remember stores what was found of the orders, and what the shop says of them. Those
// that are to be created are stored before they are sent.
func (b *importBatch) remember(ctx context.Context) {
	now := b.options.Now().UTC()
	for _, t := range b.still(func(*importing) bool { return true }) {
		r := &t.record
		r.OrderID = t.order.ID
		if r.Status == string(Cancelled) && t.order.Status != Cancelled {
			continue // the shop's details lag behind what was decided
		}
		r.Status, r.Deadline = string(t.order.Status), shippingDeadline(t.order)
		if t.action == ActionBook {
			r.SetNote(noteBooking, "begun")
		}
		if t.order.UpdatedAt.After(r.UpdatedAt) {
			r.UpdatedAt = t.order.UpdatedAt.UTC()
		}
		switch ended := t.action == ActionDone || t.action == ActionSkip && !r.OutcomeUnknown; {
		case !ended:
			r.EndedAt = time.Time{}
		case r.EndedAt.IsZero():
			r.EndedAt = now
		}
		if len(t.found) == 0 {
			continue
		}
		if r.SentAt.IsZero() && len(r.WarehouseIDs) == 0 && slices.ContainsFunc(t.found, func(w WarehouseOrder) bool { return w.HasAddress }) {
			r.Address = addressMark(t.order.ID, clearAddress(t.order)) // as good as taken over
		}
		*r = foundRecord(*r, t.order, t.found)
		r.OutcomeUnknown = false
	}
	b.storeRecordsIf(ctx, func(t *importing) bool { return !b.creates(t) || b.madeElsewhere(t) })
}

// creates reports whether an order has to be created in the warehouse.
func (b *importBatch) creates(t *importing) bool {
	return (t.action == ActionPark || t.action == ActionImport || t.action == ActionBook) && len(t.found) == 0
}

// storeRecords stores the records that have changed. If that fails the orders
// fail whose records they are.
func (b *importBatch) storeRecords(ctx context.Context) {
	b.storeRecordsIf(ctx, func(*importing) bool { return true })
}

func (b *importBatch) storeRecordsIf(ctx context.Context, wanted func(*importing) bool) {
	changed := b.still(func(t *importing) bool { return wanted(t) && !t.record.Equal(t.stored) })
	if err := b.storeRecordsOf(ctx, changed...); err != nil {
		b.failAll(changed, err)
	}
}

// storeRecordsOf stores what the importer answers for in the records of some
// orders. What other parts have put meanwhile stays.
func (b *importBatch) storeRecordsOf(ctx context.Context, tasks ...*importing) error {
	if len(tasks) == 0 {
		return nil
	}
	ours := make(map[string]store.Record, len(tasks))
	have := make([]store.Record, len(tasks))
	for i, t := range tasks {
		ours[t.record.OrderID], have[i] = t.record, t.stored
		have[i].OrderID = t.record.OrderID
	}
	stored, err := store.UpdateRecords(ctx, b.ports.Records, func(r *store.Record) {
		mine := ours[r.OrderID]
		r.WarehouseIDs, r.Lines, r.SentAt, r.OutcomeUnknown, r.Address = mine.WarehouseIDs, mine.Lines, mine.SentAt, mine.OutcomeUnknown, mine.Address
		r.Releasing, r.ReleasedAt = mine.Releasing, mine.ReleasedAt
		r.Status, r.UpdatedAt, r.Deadline, r.EndedAt = mine.Status, mine.UpdatedAt, mine.Deadline, mine.EndedAt
		for _, name := range importNotes {
			r.SetNote(name, mine.Notes[name])
		}
	}, have...)
	if err != nil {
		return fmt.Errorf("recording what was imported: %w", err)
	}
	for i, t := range tasks {
		t.record, t.stored = stored[i], stored[i]
	}
	return nil
}

// surplus says whether the warehouse holds more of a SKU than the shop sold:
// the parts of a split add up, a duplicate does not.
func surplus(o Order, known catalogue.Lookup, found []WarehouseOrder) string {
	live := liveParts(found)
	if len(live) < 2 {
		return ""
	}
	// Cancelled lines count: the order may have been imported before. A bundle
	// counts as itself and as its components: it may have been imported as either.
	sold, most := map[string]int{}, 0
	add := func(l catalogue.SKU, n int) {
		if item, err := known.Item(l); err == nil {
			sold[strings.ToLower(item.SKU)] += n
		}
		most += n
	}
	for _, line := range o.Lines {
		add(line.Listing, 1)
		for _, c := range line.Components {
			add(c.Listing, c.Quantity)
		}
	}
	held, total := map[string]int{}, 0
	for _, w := range live {
		for _, line := range w.Lines {
			held[strings.ToLower(line.SKU)] += line.Quantity
			total += line.Quantity
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(held)) {
		if n, ours := sold[sku]; ours && held[sku] > n {
			return fmt.Sprintf("the shop sold %d of SKU %s, and Linnworks orders %s hold %d", n, sku, numberOf(live), held[sku])
		}
	}
	if total > most {
		return fmt.Sprintf("the shop sold %d units, and Linnworks orders %s hold %d", most, numberOf(live), total)
	}
	return ""
}

// keepLooks keeps the looks at the orders that nothing was done about, or that were
// looked at again after they were released.
func (b *importBatch) keepLooks() {
	for _, t := range b.tasks {
		merged := slices.ContainsFunc(t.found, func(w WarehouseOrder) bool { return w.Merged })
		still := t.result.Outcome == OutcomeUnchanged || t.result.Outcome == OutcomeReleased
		if still && t.result.Err == nil && len(t.found) > 0 && !merged {
			b.looks[t.order.ID] = look{order: t.order, found: t.found, began: t.lookedAt, version: t.stored.Version, byReference: t.byReference}
		}
	}
}
