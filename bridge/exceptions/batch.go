package exceptions

import "context"

// ForBatch returns the queue for the work on one batch of objects. What is open is
// read once, when something is first to be closed; closing what was not open then
// costs no call. It is not for use by several goroutines, nor for longer than the
// batch takes: what another program raises meanwhile it does not see.
func ForBatch(q Queue) Queue { return &batchQueue{Queue: q} }

type batchQueue struct {
	Queue
	read bool
	// open are the kinds that are open about each object, and about each order those
	// that list it.
	open map[string]map[Kind]bool
	// more are kinds of which a case does not list all of its orders.
	more map[Kind]bool
}

// Raise raises e.
func (b *batchQueue) Raise(ctx context.Context, e Exception) error {
	if err := b.Queue.Raise(ctx, e); err != nil {
		return err
	}
	if b.read {
		b.note(e)
	}
	return nil
}

// Clear closes what is open.
func (b *batchQueue) Clear(ctx context.Context, object string, kinds ...Kind) error {
	if !b.read {
		list, err := b.Open(ctx)
		if err != nil {
			return err
		}
		b.read, b.open, b.more = true, map[string]map[Kind]bool{}, map[Kind]bool{}
		for _, e := range list {
			b.note(e)
		}
	}
	_, order := OrderOf(object)
	var open []Kind
	for _, k := range kinds {
		if b.open[object][k] || order && b.more[k] {
			open = append(open, k)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return b.Queue.Clear(ctx, object, open...)
}

func (b *batchQueue) note(e Exception) {
	add := func(object string) {
		if b.open[object] == nil {
			b.open[object] = map[Kind]bool{}
		}
		b.open[object][e.Kind] = true
	}
	add(e.Object)
	for _, id := range e.Orders {
		add(ForOrder(id))
	}
	b.more[e.Kind] = b.more[e.Kind] || e.MoreOrders
}
