package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// dispatchBatchSize is how many shop orders are worked on at once: as many as
// one permit call takes.
const dispatchBatchSize = 50

// batchLength is how many of the orders make a batch.
func batchLength(orders []WarehouseOrder) int {
	ids := map[string]bool{}
	for i, w := range orders {
		for _, id := range w.shopOrders() {
			ids[id] = true
		}
		if i > 0 && (len(ids) > dispatchBatchSize || i == dispatchBatchSize) {
			return i
		}
	}
	return len(orders)
}

// dispatchRun is what one call of Dispatch keeps.
type dispatchRun struct {
	*Dispatcher
	providers map[string][]Carrier // by delivery option and market
	// unanswered is how many batches in a row the shop did not answer for at all,
	// and why.
	unanswered int
	silence    error
}

// dispatchBatch are orders that are worked on together, under their locks.
type dispatchBatch struct {
	*dispatchRun
	jobs    []*dispatchJob
	permits map[string]Permit
	refused map[string]error // orders that no permit could be read for
	// sent are the tracking numbers that were sent, by line id and by package id.
	sent map[string]string
	// labels are what was arranged, by package id.
	labels map[string]Label
	// arrived are the orders all of whose lines have arrived.
	arrived map[string]bool
}

// dispatchJob is one shop order in one warehouse order.
type dispatchJob struct {
	warehouse WarehouseOrder
	orderID   string
	result    OrderResult
	// others are the other parts of the same order that were read.
	others []WarehouseOrder
	// lines are the shop's lines in the parcel.
	lines []OrderLine
	// unread are the lines that the shop was told about and has to show now, label was
	// written to the warehouse, which has to show it now; reply is what they said.
	unread  []string
	label   *Label
	reply   error
	carrier Carrier
}

// batch works on orders of one batch. An error means that nothing is known about
// any of them.
func (r *dispatchRun) batch(ctx context.Context, orders []WarehouseOrder) (OrderResults, error) {
	ids := map[string]bool{}
	for _, w := range orders {
		for _, id := range w.shopOrders() {
			ids[id] = true
		}
	}
	ctx, unlock, err := lockOrders(ctx, r.ports.Locks, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	defer unlock()
	b := &dispatchBatch{
		dispatchRun: r, permits: map[string]Permit{}, refused: map[string]error{},
		sent: map[string]string{}, labels: map[string]Label{}, arrived: map[string]bool{},
	}
	// The list was made before the locks were had: both sides are read again.
	fresh, err := b.read(ctx, orders, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	if err := b.noteMerged(ctx, fresh); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, w := range orders {
		if seen[w.ID] {
			continue
		}
		seen[w.ID] = true
		if now, found := fresh[w.ID]; found {
			w = now
		} else if len(w.shopOrders()) > 0 {
			w.State = Absent
		}
		b.plan(ctx, w, ids)
	}
	for i, j := range b.jobs {
		err := b.renew(ctx, b.jobs[i:])
		if err == nil {
			err = b.act(ctx, j)
		}
		b.settle(ctx, j, err)
	}
	b.readBack(ctx)
	b.noteTold(ctx)
	b.close(ctx)
	results := make(OrderResults, 0, len(b.jobs))
	for _, j := range b.jobs {
		results = append(results, j.result)
	}
	return results, nil
}

// noteMerged puts on record where orders are that were merged before the importer had
// heard what became of their creation: it has no id to trace them by, and looks for a
// reference that they have lost.
func (b *dispatchBatch) noteMerged(ctx context.Context, fresh map[string]WarehouseOrder) error {
	in := map[string]WarehouseOrder{}
	for _, w := range fresh {
		if w.Merged && w.State != Dropped {
			for _, id := range w.References {
				if b.permits[id].Order.ID == id {
					in[id] = w
				}
			}
		}
	}
	if len(in) == 0 || b.ports.Records == nil {
		return nil
	}
	records, _, err := b.ports.Records.RecordsOf(ctx, slices.Sorted(maps.Keys(in))...)
	maps.DeleteFunc(records, func(_ string, r store.Record) bool { return !r.OutcomeUnknown || len(r.WarehouseIDs) > 0 })
	if err == nil && len(records) > 0 {
		_, err = store.UpdateRecords(ctx, b.ports.Records, func(r *store.Record) {
			if len(r.WarehouseIDs) == 0 {
				order := b.permits[r.OrderID].Order
				*r = foundRecord(*r, order, shareOf(order, []WarehouseOrder{in[r.OrderID]}))
			}
		}, slices.Collect(maps.Values(records))...)
	}
	if err != nil {
		return fmt.Errorf("recording what orders were merged into: %w", err)
	}
	return nil
}

// read asks both sides about orders: one call for all permits, one for all
// warehouse orders. An order that makes the call fail is set aside. If every call
// fails all of them are: each is tried again later, and raised before its
// deadline, and those behind them are not held up.
func (b *dispatchBatch) read(ctx context.Context, orders []WarehouseOrder, ids []string) (map[string]WarehouseOrder, error) {
	tally := part.Tally{Failed: part.MaxStrikes - 8} // enough to find one bad order of 50
	err := part.Isolate(ctx, ids, &tally, func(part []string) error {
		permits, err := b.ports.Gate.Check(ctx, part...)
		if err != nil && !slices.ContainsFunc(permits, func(p Permit) bool { return !p.Unasked }) {
			return err // what was decided without the shop does not help: it has to be told
		}
		for _, p := range permits {
			if p.Unasked {
				b.refused[p.OrderID] = err
				continue
			}
			b.permits[p.OrderID] = p
			delete(b.refused, p.OrderID)
		}
		return nil
	}, func(id string, err error) { b.refused[id] = err })
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		b.unanswered = 0
	} else {
		b.unanswered, b.silence = b.unanswered+1, err
		for _, id := range ids {
			b.refused[id] = cmp.Or(b.refused[id], err)
		}
	}
	found, err := b.readWarehouse(ctx, orders)
	if err != nil {
		return nil, fmt.Errorf("looking for them in the warehouse: %w", err)
	}
	fresh := make(map[string]WarehouseOrder, len(found))
	for _, w := range found {
		fresh[w.ID] = w
	}
	return fresh, nil
}

func (r *dispatchRun) readWarehouse(ctx context.Context, orders []WarehouseOrder) ([]WarehouseOrder, error) {
	var ids, references []string
	for _, w := range orders {
		if len(w.shopOrders()) > 0 && !slices.Contains(ids, w.ID) {
			ids = append(ids, w.ID)
		}
		if w.Reference != "" && !slices.Contains(references, w.Reference) {
			references = append(references, w.Reference)
		}
	}
	if r.ports.Reader != nil && len(ids) > 0 {
		return r.ports.Reader.ReadOrders(ctx, ids)
	}
	// Merged orders have no reference to be looked up by: they are as they were
	// listed.
	list := slices.DeleteFunc(slices.Clone(orders), func(w WarehouseOrder) bool { return w.Reference != "" })
	if len(references) == 0 {
		return list, nil
	}
	found, err := findOwn(ctx, r.ports.OrderBook, references...)
	return append(list, found...), err
}

// plan makes the jobs of a warehouse order.
func (b *dispatchBatch) plan(ctx context.Context, w WarehouseOrder, locked map[string]bool) {
	w.Tracking = part.Tracking(w.Tracking)
	parts := []WarehouseOrder{w}
	var failed error
	if w.State == Processed && len(w.shopOrders()) > 0 && len(part.Trackings(w.Tracking)) != 1 && b.ports.Packaging != nil {
		packed, err := b.ports.Packaging.PackedParcels(ctx, w)
		if err != nil {
			failed = fmt.Errorf("reading in which parcels it was packed: %w", err)
		} else if len(packed) > 0 {
			parts = packed
		}
	}
	for i, part := range parts {
		for _, id := range w.shopOrders() {
			j := &dispatchJob{warehouse: part, orderID: id, result: OrderResult{OrderID: id, WarehouseOrder: w.Number}}
			j.others = slices.Concat(parts[:i], parts[i+1:])
			if !locked[id] {
				failed = errors.New("it has changed meanwhile; the next run looks again")
			}
			if failed != nil {
				j.result.Outcome, j.result.Err = OutcomeFailed, failed
			}
			b.jobs = append(b.jobs, j)
		}
	}
	if len(w.shopOrders()) == 0 {
		b.jobs = append(b.jobs, &dispatchJob{warehouse: w, result: OrderResult{WarehouseOrder: w.Number}})
	}
}

// renew reads both sides again for the jobs that are left if the permit of the
// first has run out.
func (b *dispatchBatch) renew(ctx context.Context, left []*dispatchJob) error {
	if p := b.permits[left[0].orderID]; !p.Granted || p.Valid(b.options.Now()) {
		return nil
	}
	var ids []string
	var orders []WarehouseOrder
	for _, j := range left {
		if j.orderID != "" && !slices.Contains(ids, j.orderID) {
			ids = append(ids, j.orderID)
		}
		orders = append(orders, j.warehouse)
	}
	fresh, err := b.read(ctx, orders, ids)
	if err != nil {
		return err
	}
	for _, j := range left {
		switch now, found := fresh[j.warehouse.ID]; {
		case !found && j.orderID != "":
			j.warehouse.State = Absent
		case len(j.others) == 0 && found: // a parcel of several stays as it was packed
			j.warehouse = now
		}
	}
	return nil
}

// settle writes down what became of a job.
func (b *dispatchBatch) settle(ctx context.Context, j *dispatchJob, err error) {
	if refused, ok := errors.AsType[*exceptions.RefusedError](err); ok {
		err = b.raise(ctx, j, exceptions.DispatchRefused, exceptions.Cause(err), refused.Do)
	}
	if err != nil {
		j.result.Outcome, j.result.Err = OutcomeFailed, err
	}
	j.result.Deadline = j.warehouse.DispatchBy
	if p, ok := b.permits[j.orderID]; ok && p.Order.ID != "" {
		j.result.Deadline = shippingDeadline(p.Order)
	}
}

// order is a shop order as it was read, and with what was sent since.
func (b *dispatchBatch) order(id string) Order {
	o := b.permits[id].Order
	o.Lines = slices.Clone(o.Lines)
	for i, l := range o.Lines {
		if l.Tracking == "" {
			o.Lines[i].Tracking = cmp.Or(b.sent[l.ID], b.sent[l.PackageID])
		}
	}
	return o
}

// readBack asks both sides once more about everything that was sent, and settles
// it.
func (b *dispatchBatch) readBack(ctx context.Context) {
	var ids []string
	var labelled []WarehouseOrder
	for _, j := range b.jobs {
		if len(j.unread) > 0 && !slices.Contains(ids, j.orderID) {
			ids = append(ids, j.orderID)
		}
		if j.label != nil {
			labelled = append(labelled, j.warehouse)
		}
	}
	after := map[string]Order{}
	var shopErr, bookErr error
	if len(ids) > 0 {
		var orders []Order
		orders, shopErr = readOrders(ctx, b.ports.Orders, ids)
		for _, o := range orders {
			after[o.ID] = o
		}
	}
	shown := map[string]WarehouseOrder{}
	if len(labelled) > 0 {
		var found []WarehouseOrder
		found, bookErr = b.readWarehouse(ctx, labelled)
		for _, w := range found {
			shown[w.ID] = w
		}
	}
	for _, j := range b.jobs {
		switch {
		case len(j.unread) > 0 && shopErr != nil:
			b.settle(ctx, j, fmt.Errorf("reading it back in the shop: %w", errors.Join(shopErr, j.reply)))
		case len(j.unread) > 0:
			b.settle(ctx, j, b.shipped(ctx, j, after[j.orderID]))
		case j.label != nil && bookErr != nil:
			b.settle(ctx, j, fmt.Errorf("reading it back from the warehouse: %w", errors.Join(bookErr, j.reply)))
		case j.label != nil:
			b.settle(ctx, j, b.labelled(ctx, j, shown[j.warehouse.ID]))
		}
	}
}

// noteTold puts on record which tracking numbers the shop was told.
func (b *dispatchBatch) noteTold(ctx context.Context) {
	told := map[string][]*dispatchJob{}
	for _, j := range b.jobs {
		if j.result.Outcome == OutcomeShipped {
			told[j.orderID] = append(told[j.orderID], j)
		}
	}
	if len(told) == 0 || b.ports.Records == nil {
		return
	}
	records, _, err := b.ports.Records.RecordsOf(ctx, slices.Sorted(maps.Keys(told))...)
	if err == nil && len(records) > 0 { // one that the bridge did not import has none
		at := b.options.Now().UTC()
		_, err = store.UpdateRecords(ctx, b.ports.Records, func(r *store.Record) {
			for _, j := range told[r.OrderID] {
				r.Told = append(r.Told, store.Told{Tracking: j.warehouse.Tracking, At: at})
			}
		}, slices.Collect(maps.Values(records))...)
	}
	if err == nil {
		return
	}
	for _, jobs := range told {
		for _, j := range jobs {
			b.settle(ctx, j, fmt.Errorf("the shop was told; recording that: %w", err))
		}
	}
}

// close closes what dispatches that arrived have mended: of orders that have
// arrived with all their parts.
func (b *dispatchBatch) close(ctx context.Context) {
	last := map[string]*dispatchJob{}
	for _, j := range b.jobs {
		if last[j.orderID] = j; waits(j.result) {
			delete(b.arrived, j.orderID)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.arrived)) {
		if !b.arrived[id] {
			continue
		}
		err := b.ports.Exceptions.Clear(ctx, exceptions.ForOrder(id),
			exceptions.NoTracking, exceptions.UnmappedCarrier, exceptions.DispatchRefused, exceptions.TrackingDiffers, exceptions.LabelFailed, exceptions.SentOutOfTurn, exceptions.NoShopOrder)
		if err != nil {
			b.settle(ctx, last[id], fmt.Errorf("closing its exceptions: %w", err))
		}
	}
}
