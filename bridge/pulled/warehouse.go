package pulled

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
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
// safe for concurrent use.
type Warehouse struct {
	bridge.Warehouse
	options WarehouseOptions

	mu      sync.Mutex
	waiting map[string]*waiting // by reference
	next    int                 // number of the next one
}

// waiting is an order that waits to be pulled.
type waiting struct {
	number int // in the order in which they came
	order  bridge.NewOrder
	// handed reports whether it was handed out: Linnworks may have it.
	handed bool
}

// NewWarehouse wraps a warehouse, or returns an error that says what is missing.
func NewWarehouse(w bridge.Warehouse, o WarehouseOptions) (*Warehouse, error) {
	if err := part.Required("pulled: NewWarehouse", map[string]any{"Warehouse": w}); err != nil {
		return nil, err
	}
	if o.LookAgain < 0 {
		return nil, fmt.Errorf("pulled: NewWarehouse: LookAgain is negative: %v", o.LookAgain)
	}
	o.LookAgain, o.Now = cmp.Or(o.LookAgain, 5*time.Minute), part.Clock(o.Now)
	return &Warehouse{Warehouse: w, options: o, waiting: map[string]*waiting{}}, nil
}

// CreateOrders implements [bridge.OrderBook]: orders that the warehouse does not have
// are put out to be pulled, in the place of what was put out for them before. Their
// error is an [exceptions.LaterError].
func (w *Warehouse) CreateOrders(ctx context.Context, orders []bridge.NewOrder) []bridge.CreatedOrder {
	results := make([]bridge.CreatedOrder, len(orders))
	for i, o := range orders {
		results[i] = w.create(ctx, o)
	}
	return results
}

func (w *Warehouse) create(ctx context.Context, o bridge.NewOrder) bridge.CreatedOrder {
	result := bridge.CreatedOrder{Reference: o.Reference}
	if len(o.Lines) == 0 {
		result.Err = &exceptions.RefusedError{Do: "compare the order with the shop", Err: errors.New("the order has no lines")}
		return result
	}
	if w.wasHanded(o.Reference) { // it may have arrived since
		found, err := w.FindOrders(ctx, []string{o.Reference})
		if err != nil {
			result.Err = fmt.Errorf("the warehouse may have the order, looking for it: %w", err)
			return result
		}
		if result.Found = slices.DeleteFunc(found, func(f bridge.WarehouseOrder) bool { return f.Foreign != "" }); len(result.Found) > 0 {
			return result
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.waiting[o.Reference]
	if known == nil {
		w.next++
		known = &waiting{number: w.next}
		w.waiting[o.Reference] = known
	}
	known.order = o
	result.Err = &exceptions.LaterError{Text: "waits for Linnworks to pull it", At: w.options.Now().UTC().Add(w.options.LookAgain)}
	return result
}

func (w *Warehouse) wasHanded(reference string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.waiting[reference]
	return known != nil && known.handed
}

// cancelling marks a context in which an order counts as cancelled in the warehouse,
// because somebody is cancelling it there at this moment.
type cancelling struct{}

// FindOrders implements [bridge.OrderBook]. What the warehouse has waits no longer.
func (w *Warehouse) FindOrders(ctx context.Context, references []string) ([]bridge.WarehouseOrder, error) {
	found, err := w.Warehouse.FindOrders(ctx, references)
	if err != nil {
		return nil, err
	}
	asked, _ := ctx.Value(cancelling{}).(string)
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range found {
		if found[i].Foreign != "" {
			continue
		}
		for reference := range w.waiting {
			if strings.EqualFold(reference, found[i].Reference) {
				delete(w.waiting, reference)
			}
		}
		if asked != "" && strings.EqualFold(asked, found[i].Reference) && found[i].State != bridge.Processed {
			found[i].State = bridge.Dropped
		}
	}
	return found, nil
}

// drop forgets an order that is no longer to be pulled.
func (w *Warehouse) drop(reference string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiting, reference)
}

// hand returns an order that still waits, and notes that it was handed out.
func (w *Warehouse) hand(reference string) (bridge.NewOrder, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	known := w.waiting[reference]
	if known == nil {
		return bridge.NewOrder{}, false
	}
	known.handed = true
	return known.order, true
}

// order returns an order that waits.
func (w *Warehouse) order(reference string) (bridge.NewOrder, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if known := w.waiting[reference]; known != nil {
		return known.order, true
	}
	return bridge.NewOrder{}, false
}

// references of what waits, the oldest first, and of those that were handed out before.
func (w *Warehouse) references() (all, handed []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for reference, known := range w.waiting {
		all = append(all, reference)
		if known.handed {
			handed = append(handed, reference)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Compare(w.waiting[a].number, w.waiting[b].number) })
	slices.Sort(handed)
	return all, handed
}

// Waiting returns how many orders wait to be pulled, those that were handed out and are
// not seen in the warehouse yet included.
func (w *Warehouse) Waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting)
}
