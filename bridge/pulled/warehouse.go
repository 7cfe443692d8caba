package pulled

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// WarehouseOptions configure a [Warehouse].
type WarehouseOptions struct {
	// LookAgain is how long after an order was put out to be pulled the importer looks
	// whether Linnworks has it. Default five minutes. A pull has it look at once.
	LookAgain time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Warehouse is a warehouse that new orders are not sent to: they wait until they are
// pulled, see [Channel.Orders]. Everything else is as in the one that it wraps. It is
// safe for concurrent use, and by several processes on one store.
//
// Of an order that waits only the id is kept, and since when: nothing about its buyer.
type Warehouse struct {
	bridge.Warehouse
	kept    store.Revisits
	options WarehouseOptions
}

// The lists of ids: what waits to be pulled, and what of that was handed out, so that
// Linnworks may have it.
const (
	listWaiting = "waits to be pulled"
	listHanded  = "handed out to Linnworks"
)

// NewWarehouse wraps a warehouse, or returns an error that says what is missing. The
// memory of the shop keeps which orders wait.
func NewWarehouse(w bridge.Warehouse, memory store.Revisits, o WarehouseOptions) (*Warehouse, error) {
	if err := part.Required("pulled: NewWarehouse", map[string]any{"Warehouse": w, "memory": memory}); err != nil {
		return nil, err
	}
	if o.LookAgain < 0 {
		return nil, fmt.Errorf("pulled: NewWarehouse: LookAgain is negative: %v", o.LookAgain)
	}
	o.LookAgain, o.Now = cmp.Or(o.LookAgain, 5*time.Minute), part.Clock(o.Now)
	return &Warehouse{Warehouse: w, kept: memory, options: o}, nil
}

// CreateOrders implements [bridge.OrderBook]: orders that the warehouse does not have
// are put out to be pulled. Their error is an [exceptions.LaterError].
func (w *Warehouse) CreateOrders(ctx context.Context, orders []bridge.NewOrder) []bridge.CreatedOrder {
	results := make([]bridge.CreatedOrder, len(orders))
	waiting, handed, err := w.lists(ctx)
	var fresh []store.Revisit
	var waits []int
	now := w.options.Now().UTC()
	for i, o := range orders {
		results[i].Reference = o.Reference
		switch {
		case err != nil:
			results[i].Err = fmt.Errorf("reading what waits to be pulled: %w", err)
			continue
		case len(o.Lines) == 0:
			results[i].Err = &exceptions.RefusedError{Do: "compare the order with the shop", Err: errors.New("the order has no lines")}
			continue
		case handed[o.Reference] && !pulls(ctx, o.Reference): // it may have arrived since
			if results[i].Found, results[i].Err = w.arrived(ctx, o.Reference); results[i].Err != nil || len(results[i].Found) > 0 {
				continue
			}
		}
		results[i].Err = &exceptions.LaterError{Text: "waits for Linnworks to pull it", At: now.Add(w.options.LookAgain)}
		waits = append(waits, i)
		if !waiting[o.Reference] {
			fresh = append(fresh, store.Revisit{OrderID: o.Reference, Due: now, Known: true})
		}
	}
	if len(fresh) > 0 {
		err = w.kept.PutRevisits(ctx, listWaiting, fresh...)
	}
	if err == nil && len(waits) > 0 {
		if p, pulled := ctx.Value(pulling{}).(pull); pulled {
			mapped := make([]bridge.NewOrder, len(waits))
			for i, at := range waits {
				mapped[i] = orders[at]
			}
			err = p.handOut(ctx, mapped)
		}
	}
	if err != nil {
		for _, i := range waits {
			results[i].Err = fmt.Errorf("putting it out to be pulled: %w", err)
		}
	}
	return results
}

// pull is one call of Linnworks', in the context of the importer: what the importer would
// create goes to handOut, under the locks of the orders.
type pull struct {
	references []string
	handOut    func(ctx context.Context, orders []bridge.NewOrder) error
}

// pulling is the key of a [pull] in a context.
type pulling struct{}

// pulls reports whether an order is being pulled in a context.
func pulls(ctx context.Context, reference string) bool {
	p, _ := ctx.Value(pulling{}).(pull)
	return slices.Contains(p.references, reference)
}

// lists are the ids of both lists.
func (w *Warehouse) lists(ctx context.Context) (waiting, handed map[string]bool, err error) {
	lists := []map[string]bool{{}, {}}
	for i, list := range []string{listWaiting, listHanded} {
		entries, err := w.kept.Revisits(ctx, list)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			lists[i][e.OrderID] = true
		}
	}
	return lists[0], lists[1], nil
}

// arrived looks whether the warehouse has an order that was handed out.
func (w *Warehouse) arrived(ctx context.Context, reference string) ([]bridge.WarehouseOrder, error) {
	found, err := w.FindOrders(ctx, []string{reference})
	if err != nil {
		return nil, fmt.Errorf("the warehouse may have the order, looking for it: %w", err)
	}
	return slices.DeleteFunc(found, func(f bridge.WarehouseOrder) bool { return f.Foreign != "" }), nil
}

// cancelling marks a context in which an order counts as cancelled in the warehouse,
// because somebody is cancelling it there at this moment.
type cancelling struct{}

// FindOrders implements [bridge.OrderBook]. What the warehouse has, whoever made it, waits
// no longer. Orders that are being pulled are not looked for: that takes a call each, and
// Linnworks takes a reference once.
func (w *Warehouse) FindOrders(ctx context.Context, references []string) ([]bridge.WarehouseOrder, error) {
	references = slices.DeleteFunc(slices.Clone(references), func(id string) bool { return pulls(ctx, id) })
	if len(references) == 0 {
		return nil, nil
	}
	found, err := w.Warehouse.FindOrders(ctx, references)
	if err != nil {
		return nil, err
	}
	asked, _ := ctx.Value(cancelling{}).(string)
	var there []string
	for i := range found {
		for _, reference := range references {
			if strings.EqualFold(reference, found[i].Reference) {
				there = append(there, reference)
			}
		}
		if asked != "" && strings.EqualFold(asked, found[i].Reference) && found[i].Foreign == "" && found[i].State != bridge.Processed {
			found[i].State = bridge.Dropped
		}
	}
	if len(there) == 0 {
		return found, nil
	}
	if err := w.drop(ctx, there...); err != nil {
		return nil, err
	}
	return found, nil
}

// drop forgets orders that are no longer to be pulled.
func (w *Warehouse) drop(ctx context.Context, references ...string) error {
	for _, list := range []string{listWaiting, listHanded} {
		if err := w.kept.DropRevisits(ctx, list, references...); err != nil {
			return fmt.Errorf("noting what waits to be pulled no longer: %w", err)
		}
	}
	return nil
}

// handed notes orders that are handed out.
func (w *Warehouse) handed(ctx context.Context, references []string) error {
	now := w.options.Now().UTC()
	entries := make([]store.Revisit, len(references))
	for i, id := range references {
		entries[i] = store.Revisit{OrderID: id, Due: now, Known: true}
	}
	return w.kept.PutRevisits(ctx, listHanded, entries...)
}

// references of what waits, what waits longest first, and of those that were handed out
// before.
func (w *Warehouse) references(ctx context.Context) (all, handed []string, err error) {
	waiting, err := w.kept.Revisits(ctx, listWaiting)
	if err != nil {
		return nil, nil, err
	}
	out, err := w.kept.Revisits(ctx, listHanded)
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(waiting, func(a, b store.Revisit) int { return a.Due.Compare(b.Due) })
	return ids(waiting), ids(out), nil
}

func ids(entries []store.Revisit) []string {
	list := make([]string, len(entries))
	for i, e := range entries {
		list[i] = e.OrderID
	}
	return list
}

// Waiting returns how many orders wait to be pulled, those that were handed out and are
// not seen in the warehouse yet included.
func (w *Warehouse) Waiting(ctx context.Context) (int, error) {
	waiting, err := w.kept.Revisits(ctx, listWaiting)
	return len(waiting), err
}
