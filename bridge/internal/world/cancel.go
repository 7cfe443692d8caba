package world

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// desk is what the world knows of decisions besides approvals.
type desk struct {
	Rejected         []string // keys
	RejectReasonList []string
	CancelReasonList []string
	Revoked          []string // order and reason
	Zeroed           bool     // a cancellation has set stock to zero
}

// Decide ends a request; false if none waits.
func (w *World) Decide(id string, approve bool) bool {
	for i, c := range w.Pending {
		if c.ID != id || !c.Pending {
			continue
		}
		w.Pending[i].Pending = false
		o := w.Orders[c.OrderID]
		o.CancelRequested = false
		if approve {
			o.Lines = slices.Clone(o.Lines)
			left := false
			for i, l := range o.Lines {
				o.Lines[i].Cancelled = l.Cancelled || len(c.LineIDs) == 0 || slices.Contains(c.LineIDs, l.ID)
				left = left || !o.Lines[i].Cancelled
			}
			if !left {
				o.Status, o.CancelReason = bridge.Cancelled, c.Reason
			}
		}
		w.Orders[c.OrderID] = o
		return true
	}
	return false
}

// ApproveCancellation implements CancellationDesk.
func (w *World) ApproveCancellation(ctx context.Context, id, key string) error {
	return w.Do(ctx, "ApproveCancellation", func() error {
		if slices.Contains(w.Approved, key) {
			return nil
		}
		if !w.Decide(id, true) {
			return fmt.Errorf("%w: request %s", bridge.ErrDecided, id)
		}
		w.Approved = append(w.Approved, key)
		return nil
	})
}

// RejectReasons implements CancellationDesk.
func (w *World) RejectReasons(ctx context.Context, _ string) ([]string, error) {
	return w.RejectReasonList, w.Do(ctx, "RejectReasons", func() error { return nil })
}

// RejectCancellation implements CancellationDesk.
func (w *World) RejectCancellation(ctx context.Context, id, reason, key string) error {
	return w.Do(ctx, "RejectCancellation", func() error {
		if slices.Contains(w.Rejected, key) {
			return nil
		}
		if !slices.Contains(w.RejectReasonList, reason) {
			return errors.New("the shop does not know the reason " + reason)
		}
		if !w.Decide(id, false) {
			return fmt.Errorf("%w: request %s", bridge.ErrDecided, id)
		}
		w.Rejected = append(w.Rejected, key)
		return nil
	})
}

// CancelReasons implements SellerDesk.
func (w *World) CancelReasons(ctx context.Context, _ string, _ []string) ([]string, error) {
	return slices.Clone(w.CancelReasonList), w.Do(ctx, "CancelReasons", func() error { return nil })
}

// CancelInShop implements SellerDesk.
func (w *World) CancelInShop(ctx context.Context, id, reason string, lineIDs []string) error {
	return w.Do(ctx, "CancelInShop", func() error {
		o := w.Orders[id]
		if o.Status == bridge.Cancelled {
			w.T.Errorf("order %s was cancelled in the shop twice", id)
		}
		what := strings.Join(append([]string{id}, lineIDs...), " ")
		if len(lineIDs) == 0 {
			o.Status, o.CancelReason = bridge.Cancelled, reason
		}
		o.Lines = slices.Clone(o.Lines)
		for _, line := range lineIDs {
			i := slices.IndexFunc(o.Lines, func(l bridge.OrderLine) bool { return l.ID == line })
			if i < 0 || o.Lines[i].Cancelled {
				w.T.Errorf("line %q of order %s was cancelled in the shop, which does not have it or has it cancelled", line, id)
				continue
			}
			o.Lines[i].Cancelled = true
		}
		w.Orders[id] = o
		w.Revoked = append(w.Revoked, what+" "+reason)
		w.Zeroed = w.Zeroed || strings.Contains(reason, "out_of_stock")
		return nil
	})
}

// ReduceLines implements LineReducer: as CancelOrder does, it does nothing to what
// has left, and nothing at all if the warehouse is stubborn.
func (w *World) ReduceLines(ctx context.Context, o bridge.WarehouseOrder, changes []bridge.LineChange, properties []exceptions.Property) error {
	return w.Do(ctx, "ReduceLines", func() error {
		e := w.entry(o)
		if e.State == bridge.Processed || w.Stubborn {
			return nil
		}
		for _, p := range properties {
			e.From.Properties = append(slices.DeleteFunc(slices.Clone(e.From.Properties), func(old exceptions.Property) bool { return old.Name == p.Name }), p)
		}
		e.Lines = slices.Clone(e.Lines)
		for _, c := range changes {
			i := slices.IndexFunc(e.Lines, func(l bridge.WarehouseLine) bool { return l.LineID == c.LineID })
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
