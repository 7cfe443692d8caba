package pulled

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// maxRead is how many orders one read of the shop asks for.
const maxRead = 50

// Orders returns a page of the orders that wait, counted from 1, and whether there is
// another. Since when Linnworks asks does not matter: an order waits until the
// warehouse shows it, and Linnworks takes it once however often it gets it.
//
// Only ids are kept of what waits. So each order is read in the shop at this moment, goes
// through the importer again and, under its lock, past the gate. One that was cancelled
// meanwhile is not handed out; nor, this time, one that the intake has to look at again,
// which it is told, nor one that has a case by now, such as an unmapped SKU.
//
// What cannot be read, or is locked for longer than a page may take, goes on waiting and
// holds up no other. Linnworks learns that something is missing: behind the last page
// there is one more then, which is an error that says how many orders wait.
//
// An order that the shop answers about and does not return, as if it had never been, goes
// on waiting too, and is asked for by each pull, but makes none of them fail: nobody
// knows whether it ever comes back. The intake looks at it as well, with pauses that know
// its deadline, and raises it ([exceptions.OrderStuck]).
func (c *Channel) Orders(ctx context.Context, page int) (orders []bridge.NewOrder, more bool, err error) {
	if page < 1 {
		return nil, false, &RefusedError{Text: "There is no page of that number."}
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.PageWithin)
	defer cancel()
	w, err := c.walk(ctx, page)
	if err != nil {
		return nil, false, err
	}
	from := min((page-1)*c.options.OrdersPage, len(w.IDs))
	to := min(from+c.options.OrdersPage, len(w.IDs))
	if from == to {
		if n := len(w.Unread); n > 0 {
			return nil, false, &RefusedError{Text: fmt.Sprintf("%d of the orders that wait could not be read in TikTok Shop just now. They go on waiting, and come with a later pull.", n)}
		}
		return nil, false, nil
	}
	var unread []string
	for chunk := range slices.Chunk(w.IDs[from:to], maxRead) {
		some, missing, err := c.readAndHandOut(ctx, chunk)
		if err != nil && len(orders) == 0 {
			return nil, false, fmt.Errorf("pulled: handing out orders: %w", err)
		}
		if err != nil {
			missing = chunk
		}
		orders, unread = append(orders, some...), append(unread, missing...)
	}
	before := slices.Clone(w.Unread)
	w.Unread = append(slices.DeleteFunc(w.Unread, func(id string) bool { return slices.Contains(w.IDs[from:to], id) }), unread...)
	if !slices.Equal(before, w.Unread) {
		// Whoever answers the next page has to know. If that cannot be written, nor can
		// the page be right.
		if err := c.keepWalk(context.WithoutCancel(ctx), w); err != nil {
			return nil, false, err
		}
	}
	return orders, to < len(w.IDs) || len(w.Unread) > 0, nil
}

// walk is a walk over the pages, kept for whichever process is asked for the next one.
type walk struct {
	// IDs are what waited when the first page was asked for, Unread what of it could not
	// be handed out for a reason that passes.
	IDs    []string `json:"ids"`
	Unread []string `json:"unread,omitempty"`
}

const walkValue = "pulled/walk"

// walk begins a walk with page 1, and goes on with the others.
func (c *Channel) walk(ctx context.Context, page int) (w walk, err error) {
	if page > 1 {
		text, known, err := c.ports.Values.Value(ctx, walkValue)
		if err != nil || !known {
			return w, err
		}
		return w, json.Unmarshal(text, &w)
	}
	all, handed, err := c.ports.Warehouse.references(ctx)
	if err != nil {
		return w, fmt.Errorf("pulled: reading what waits: %w", err)
	}
	for _, id := range handed { // Linnworks has had the time to save them
		if err := c.ports.Hint(ctx, id); err != nil {
			return w, fmt.Errorf("pulled: having an order looked at: %w", err)
		}
	}
	w.IDs = all
	return w, c.keepWalk(ctx, w)
}

func (c *Channel) keepWalk(ctx context.Context, w walk) error {
	text, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return c.ports.Values.PutValue(ctx, walkValue, text)
}

// readAndHandOut reads orders in the shop and has the importer put them out once more; missing
// are those of which nobody knows now whether Linnworks may have them.
func (c *Channel) readAndHandOut(ctx context.Context, references []string) (orders []bridge.NewOrder, missing []string, err error) {
	read, err := c.ports.Orders.OrdersByID(ctx, references)
	unreadable, err := exceptions.UnreadableIn(err)
	if err != nil {
		return nil, nil, fmt.Errorf("reading them in the shop: %w", err)
	}
	var live []bridge.Order
	for _, o := range read {
		if o.Status != bridge.Cancelled {
			live = append(live, o)
		} else if err := c.cancelled(ctx, o.ID); err != nil {
			return nil, nil, err
		}
	}
	h := &handing{Channel: c, orders: map[string]bridge.NewOrder{}, doubtful: map[string]bool{}}
	results, err := c.ports.Importer.Import(context.WithValue(ctx, pulling{}, pull{references, h.handOut}), live...)
	if len(results) == 0 && err != nil {
		return nil, nil, err
	}
	failed := map[string]bool{}
	for _, r := range results {
		failed[r.OrderID] = r.Err != nil
	}
	for _, id := range references {
		o, out := h.orders[id]
		switch {
		case out:
			orders = append(orders, o)
		case unreadable[id] != "", failed[id], h.doubtful[id]:
			missing = append(missing, id)
		}
	}
	return orders, missing, nil
}

// cancelled has an order looked at that waits no longer, because the shop has cancelled it.
func (c *Channel) cancelled(ctx context.Context, id string) error {
	if err := c.ports.Warehouse.drop(ctx, id); err != nil {
		return err
	}
	if err := c.ports.Hint(ctx, id); err != nil {
		return fmt.Errorf("having order %s looked at, it is cancelled: %w", id, err)
	}
	return nil
}

// handing is what is handed out in one call of Linnworks'.
type handing struct {
	*Channel
	orders   map[string]bridge.NewOrder
	doubtful map[string]bool // the shop did not say whether they may go
}

// handOut asks the gate for orders that were mapped a moment ago, whose locks are held,
// and notes which Linnworks may have.
func (h *handing) handOut(ctx context.Context, orders []bridge.NewOrder) error {
	mapped := map[string]bridge.NewOrder{}
	var references, granted []string
	for _, o := range orders {
		mapped[o.Reference] = o
		references = append(references, o.Reference)
	}
	permits, err := h.ports.Gate.Check(ctx, references...)
	if err != nil {
		return fmt.Errorf("reading them in the shop: %w", err)
	}
	for _, permit := range permits {
		id := permit.OrderID
		switch why := stale(permit, mapped[id]); {
		case permit.Unasked || permit.Order.ID == "": // in doubt it waits
			h.doubtful[id] = true
		case permit.Order.Status == bridge.Cancelled:
			err = h.cancelled(ctx, id)
		case why != "":
			if err = h.ports.Hint(ctx, id); err != nil {
				err = fmt.Errorf("having order %s looked at, %s: %w", id, why, err)
			}
		default:
			granted = append(granted, id)
		}
		if err != nil {
			return err
		}
	}
	if len(granted) == 0 {
		return nil
	}
	if err := h.ports.Warehouse.handed(ctx, granted); err != nil {
		return err
	}
	if ctx.Err() != nil { // a lock was lost: somebody else may be at work on them
		return context.Cause(ctx)
	}
	for _, id := range granted {
		h.orders[id] = mapped[id]
	}
	return nil
}

// stale says why an order is no longer what was mapped, empty if it is.
func stale(p bridge.Permit, n bridge.NewOrder) string {
	var lines []string
	for _, line := range n.Lines {
		lines = append(lines, line.LineIDs...)
	}
	live := bridge.LineIDs(p.Order.LiveLines())
	slices.Sort(lines)
	slices.Sort(live)
	waits := n.Parked || n.Unpaid
	switch {
	case !waits && !p.Granted && slices.Contains([]bridge.OrderStatus{bridge.Unpaid, bridge.OnHold, bridge.AwaitingShipment}, p.Order.Status):
		return "it may not be sent: " + p.Reason
	case !slices.Equal(slices.Compact(lines), live):
		return "its lines have changed"
	}
	return ""
}
