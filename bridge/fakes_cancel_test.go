package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// desk is what the world knows of decisions besides approvals.
type desk struct {
	rejected      []string // keys
	rejectReasons []string
	cancelReasons []string
	revoked       []string // order and reason
	zeroed        bool     // a cancellation has set stock to zero
}

// decide ends a request; false if none waits.
func (w *world) decide(id string, approve bool) bool {
	for i, c := range w.pending {
		if c.ID != id || !c.Pending {
			continue
		}
		w.pending[i].Pending = false
		o := w.orders[c.OrderID]
		o.CancelRequested = false
		if approve {
			o.Lines = slices.Clone(o.Lines)
			left := false
			for i, l := range o.Lines {
				o.Lines[i].Cancelled = l.Cancelled || len(c.LineIDs) == 0 || slices.Contains(c.LineIDs, l.ID)
				left = left || !o.Lines[i].Cancelled
			}
			if !left {
				o.Status, o.CancelReason = Cancelled, c.Reason
			}
		}
		w.orders[c.OrderID] = o
		return true
	}
	return false
}

// ApproveCancellation implements CancellationDesk.
func (w *world) ApproveCancellation(ctx context.Context, id, key string) error {
	return w.do(ctx, "ApproveCancellation", func() error {
		if slices.Contains(w.approved, key) {
			return nil
		}
		if !w.decide(id, true) {
			return fmt.Errorf("%w: request %s", ErrDecided, id)
		}
		w.approved = append(w.approved, key)
		return nil
	})
}

// RejectReasons implements CancellationDesk.
func (w *world) RejectReasons(ctx context.Context, _ string) ([]string, error) {
	return w.rejectReasons, w.do(ctx, "RejectReasons", func() error { return nil })
}

// RejectCancellation implements CancellationDesk.
func (w *world) RejectCancellation(ctx context.Context, id, reason, key string) error {
	return w.do(ctx, "RejectCancellation", func() error {
		if slices.Contains(w.rejected, key) {
			return nil
		}
		if !slices.Contains(w.rejectReasons, reason) {
			return errors.New("the shop does not know the reason " + reason)
		}
		if !w.decide(id, false) {
			return fmt.Errorf("%w: request %s", ErrDecided, id)
		}
		w.rejected = append(w.rejected, key)
		return nil
	})
}

// CancelReasons implements SellerDesk.
func (w *world) CancelReasons(ctx context.Context, _ string) ([]string, error) {
	return slices.Clone(w.cancelReasons), w.do(ctx, "CancelReasons", func() error { return nil })
}

// CancelInShop implements SellerDesk.
func (w *world) CancelInShop(ctx context.Context, id, reason string) error {
	return w.do(ctx, "CancelInShop", func() error {
		o := w.orders[id]
		if o.Status == Cancelled {
			w.t.Errorf("order %s was cancelled in the shop twice", id)
		}
		o.Status, o.CancelReason = Cancelled, reason
		w.orders[id] = o
		w.revoked = append(w.revoked, id+" "+reason)
		w.zeroed = w.zeroed || strings.Contains(reason, "out_of_stock")
		return nil
	})
}

// ReduceLines implements LineReducer: as CancelOrder does, it does nothing to what
// has left, and nothing at all if the warehouse is stubborn.
func (w *world) ReduceLines(ctx context.Context, o WarehouseOrder, changes []LineChange) error {
	return w.do(ctx, "ReduceLines", func() error {
		e := w.entry(o)
		if e.State == Processed || w.stubborn {
			return nil
		}
		e.Lines = slices.Clone(e.Lines)
		for _, c := range changes {
			i := slices.IndexFunc(e.Lines, func(l WarehouseLine) bool { return l.LineID == c.LineID })
			switch {
			case i < 0:
			case c.Keep == 0:
				e.Lines = slices.Delete(e.Lines, i, i+1)
			default:
				e.Lines[i].Quantity, e.Lines[i].ShopLineIDs = c.Keep, nil
			}
		}
		return nil
	})
}
