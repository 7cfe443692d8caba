package bridge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// lookFirst begins with the importer's look, if it still holds and is enough to begin
// with, and looks for itself if not.
func (r *cancelRun) lookFirst(ctx context.Context) error {
	if err := r.recall(ctx); err != nil {
		return err
	}
	r.order, r.lines = Order{}, nil
	l, now := r.handed, r.options.Now()
	if !l.good(now, r.record) {
		if err := r.find(ctx); err != nil {
			return err
		}
		return r.scope(ctx)
	}
	if !r.request.Pending && recent(l.order.ReadAt, now) {
		r.order = l.order
	}
	r.found, r.partly = slices.Clone(l.found), true
	r.noteHeld()
	if l.settled(r.request, r.record) {
		return nil
	}
	if err := r.scope(ctx); err != nil || r.enough() {
		return err
	}
	return r.find(ctx)
}

// enough reports whether the first deed may go by the importer's look: before a request
// is granted the order is held and looked for again, and what is parked has not been
// printed meanwhile.
func (r *cancelRun) enough() bool {
	plan := r.plan()
	return len(plan.steps) > 0 && plan.doubt == "" && r.late(plan) == "" &&
		(r.request.Pending || !slices.ContainsFunc(plan.steps, func(s removalStep) bool { return s.order.State != Parked }))
}

// settled reports whether a look shows that what the shop has cancelled is off, and the
// bridge has written down that it saw to that, by the reference.
func (l look) settled(c Cancellation, record store.Record) bool {
	if c.Pending || l.byReference {
		return false
	}
	if len(c.LineIDs) == 0 {
		return record.Notes[noteCarriedOut] != "" && len(liveParts(l.found)) == 0
	}
	off := strings.Fields(record.Notes[noteCancelled])
	return !slices.ContainsFunc(c.LineIDs, func(id string) bool { return !slices.Contains(off, id) }) && !holdsCancelled(l.order, l.found)
}

// look reads what the bridge remembers of the order, and the order in the warehouse.
func (r *cancelRun) look(ctx context.Context) error {
	if err := r.recall(ctx); err != nil {
		return err
	}
	return r.find(ctx)
}

func (r *cancelRun) recall(ctx context.Context) error {
	records, _, err := r.ports.Records.RecordsOf(ctx, r.request.OrderID)
	if err != nil {
		return fmt.Errorf("reading what it was imported as: %w", err)
	}
	r.record = records[r.request.OrderID]
	r.record.OrderID = r.request.OrderID
	return nil
}

// find looks for the order in the warehouse, by the reference.
func (r *cancelRun) find(ctx context.Context) error {
	found, err := r.ports.OrderBook.FindOrders(ctx, []string{r.request.OrderID})
	if err != nil {
		return fmt.Errorf("looking for it in the warehouse: %w", err)
	}
	r.found, r.foreign = byMaker(found)
	r.emptied, r.shared, r.partly = nil, map[string]bool{}, false
	if err := r.findMerged(ctx); err != nil {
		return err
	}
	r.noteHeld()
	return nil
}

// noteHeld adds to what was found what only the bridge knows.
func (r *cancelRun) noteHeld() {
	for i, w := range r.found {
		if !r.record.LabelAt.IsZero() && w.Stage >= stage.New {
			r.found[i].Stage = max(w.Stage, stage.LabelPrinted) // the warehouse does not know: it is the shop's label
		}
		holding := slices.ContainsFunc(r.held, func(h WarehouseOrder) bool { return h.ID == w.ID })
		if w.State == Parked && r.parked() && !holding {
			r.held = append(r.held, w) // by a run that was stopped
		}
	}
	r.result.WarehouseOrder = numberOf(r.found)
}

// parked reports whether the bridge has parked the order for a cancellation, and has
// not let it go.
func (r *cancelRun) parked() bool { return r.record.ParkedAt.After(r.record.ReleasedAt) }

// own are the order's lines, as it was imported.
func (r *cancelRun) own() ownLines {
	own := ownLines{}
	for line := range r.record.Lines {
		own[line] = true
	}
	return own
}

// findMerged adds the order's share of the orders that it was merged into.
func (r *cancelRun) findMerged(ctx context.Context) error {
	if len(r.found) > 0 || len(r.record.WarehouseIDs) == 0 || len(r.record.Lines) == 0 {
		return nil
	}
	traced, err := r.ports.Tracer.TraceOrders(ctx, r.record.WarehouseIDs)
	if err != nil {
		return fmt.Errorf("looking for what it was merged into: %w", err)
	}
	own := r.own()
	for _, id := range r.record.WarehouseIDs {
		for _, w := range liveParts(traced[id]) {
			if !w.Merged {
				continue
			}
			share := own.share(r.request.OrderID, w)
			switch {
			case len(share.Lines) > 0:
				r.found = union(r.found, []WarehouseOrder{share})
				r.shared[w.ID] = len(share.Lines) < len(w.Lines) || slices.ContainsFunc(w.Lines, func(l WarehouseLine) bool { return own.others(l) > 0 })
			case !r.parked():
			case w.State == Parked:
				r.emptied = union(r.emptied, []WarehouseOrder{w})
			case w.State == Locked: // else nobody would know any longer that the bridge has parked it
				return fmt.Errorf("warehouse order %s, which the bridge has parked, is locked: it is released when it is unlocked", w.Number)
			}
		}
	}
	return nil
}

// scope finds out whether the cancellation concerns the whole order.
func (r *cancelRun) scope(ctx context.Context) (err error) {
	if len(r.request.LineIDs) == 0 {
		return nil
	}
	if r.order.ID == "" {
		if r.order, err = readOrder(ctx, r.ports.Orders, r.request.OrderID); err != nil {
			return err
		}
	}
	lines := map[string]bool{}
	for _, id := range r.request.LineIDs {
		lines[id] = true
	}
	whole := true
	for _, l := range r.order.Lines {
		// Lines that were cancelled before go with them.
		lines[l.ID] = lines[l.ID] || l.Cancelled
		whole = whole && lines[l.ID]
	}
	if !whole && r.order.Status != Cancelled {
		maps.DeleteFunc(lines, func(_ string, gone bool) bool { return !gone })
		r.lines = lines
	}
	return nil
}

// mergedInto names the warehouse orders that an order went into which is no longer
// found by its reference, and of which it is not known what in them is its share.
func (r *cancelRun) mergedInto(ctx context.Context) (string, error) {
	ids := r.record.WarehouseIDs
	if inDoubt(r.record) {
		merged, err := findMerged(ctx, r.ports.Tracer, r.record)
		if number := numberOf(merged[r.request.OrderID]); number != "" {
			return number, nil
		}
		return "", err
	}
	if len(ids) == 0 || len(r.record.Lines) > 0 {
		return "", nil
	}
	traced, err := r.ports.Tracer.TraceOrders(ctx, ids)
	if err != nil {
		return "", fmt.Errorf("looking for what it was merged into: %w", err)
	}
	var list []WarehouseOrder
	for _, id := range ids {
		list = union(list, liveParts(traced[id]))
	}
	return numberOf(list), nil
}
