package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// outOfStock is the reason for single lines.
const outOfStock = "seller_cancel_reason_out_of_stock"

// checkShort returns what is wrong with a policy.
func checkShort(p policy.ShortOrders, reasons []string, zeroStock bool) error {
	switch {
	case !slices.Contains([]policy.ShortOrders{"", policy.ShortWaits, policy.ShortWhole, policy.ShortRest}, p):
		return fmt.Errorf("%q is none of %q, %q and %q", p, policy.ShortWaits, policy.ShortWhole, policy.ShortRest)
	case p == policy.ShortWhole && len(reasons) == 0:
		return fmt.Errorf("%q needs a reason to cancel orders for", p)
	case p == policy.ShortRest && !zeroStock:
		return fmt.Errorf("%q cancels lines as out of stock, for which the shop sets their stock to zero: allow that too", p)
	}
	return nil
}

// missingLines are the live lines of an order whose units are in parts that the
// warehouse has cancelled, while others are not; none if no part is. doubt says why it
// is not clear which they are.
func missingLines(o Order, found []WarehouseOrder) (ids []string, doubt string) {
	if live := liveParts(found); len(live) == 0 || len(live) == len(found) {
		return nil, ""
	}
	type group struct {
		from          []string
		live, dropped int
	}
	groups, order := map[string]*group{}, []string(nil)
	for _, w := range found {
		for _, line := range w.Lines {
			if len(line.FromLineIDs) == 0 {
				if w.State == Dropped {
					doubt = fmt.Sprintf("it is not known what %d × SKU %s in it was sold as", line.Quantity, line.SKU)
				}
				continue
			}
			g := groups[line.LineID]
			if g == nil {
				g = &group{from: line.FromLineIDs}
				groups[line.LineID] = g
				order = append(order, line.LineID)
			}
			if w.State == Dropped {
				g.dropped += line.Quantity
			} else {
				g.live += line.Quantity
			}
		}
	}
	waiting := map[string]bool{} // lines that are neither cancelled nor sent
	for _, l := range o.LiveLines() {
		waiting[l.ID] = l.Tracking == ""
	}
	held := map[string]bool{}
	for _, id := range order {
		g := groups[id]
		var open []string
		alive := 0
		for _, l := range g.from {
			if unsent, live := waiting[l]; live {
				alive++
				if unsent {
					open = append(open, l)
				}
			}
		}
		missing := alive - g.live
		switch {
		case g.dropped == 0 || missing <= 0:
			for _, l := range g.from {
				held[l] = true
			}
			continue
		case g.live == 0:
			missing = alive // components of a bundle are more units than lines
		case missing > g.dropped, g.live+g.dropped > len(g.from):
			return nil, fmt.Sprintf("line %s was made for %d units; %d are cancelled and %d are not", id, len(g.from), g.dropped, g.live)
		}
		if missing > len(open) {
			return nil, fmt.Sprintf("units of line %s are sent already", id)
		}
		// Units of one line are alike: whichever are sent, the last ones are not.
		ids = append(ids, open[len(open)-missing:]...)
		for _, l := range open[:len(open)-missing] {
			held[l] = true
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if i := slices.IndexFunc(ids, func(l string) bool { return held[l] }); i >= 0 {
		return nil, fmt.Sprintf("line %s is a bundle of which only a part is cancelled", ids[i])
	}
	if len(ids) > 0 && len(ids) == len(waiting) {
		return nil, "all its lines are cancelled in one part and alive in another"
	}
	return ids, doubt
}

// short carries out the policy for an order of which the warehouse has cancelled a part.
func (v *Revoker) short(ctx context.Context, o Order, found []WarehouseOrder, result *OrderResult) error {
	ids, doubt := missingLines(o, found)
	if len(ids) == 0 && doubt == "" {
		return nil // what is cancelled there is cancelled here, or was made anew
	}
	result.WarehouseOrder = numberOf(slices.DeleteFunc(slices.Clone(found), func(w WarehouseOrder) bool { return w.State != Dropped }))
	what := linesText(o, ids)
	switch {
	case doubt != "":
		return v.raise(ctx, o, result, "only a part of it, and "+doubt)
	case v.options.Short == policy.ShortWhole:
		for _, w := range liveParts(found) {
			if w.State == Processed || w.Stage >= v.options.CutOff {
				return v.raise(ctx, o, result, fmt.Sprintf("only %s; it is too late to cancel the whole order, because part %s is at stage %q", what, w.Number, w.Stage))
			}
		}
		return v.cancel(ctx, o, nil, result)
	case v.options.Short == policy.ShortRest:
		return v.cancel(ctx, o, ids, result)
	}
	return v.raise(ctx, o, result, fmt.Sprintf("only %s; the rest goes on, and the bridge is not set up to cancel lines", what))
}

// linesText names lines by their SKUs.
func linesText(o Order, ids []string) string {
	units, order := map[string]int{}, []string(nil)
	for _, l := range o.Lines {
		if !slices.Contains(ids, l.ID) {
			continue
		}
		sku := cmp.Or(l.Listing.SellerSKU, l.Listing.ID)
		if units[sku]++; units[sku] == 1 {
			order = append(order, sku)
		}
	}
	for i, sku := range order {
		order[i] = fmt.Sprintf("%d × %s", units[sku], sku)
	}
	return strings.Join(order, ", ")
}

// cancel cancels lines of an order in the shop, or all of it if none is named, and
// reads back.
func (v *Revoker) cancel(ctx context.Context, o Order, lineIDs []string, result *OrderResult) error {
	wanted := v.options.Reasons
	if len(lineIDs) > 0 {
		wanted = []string{outOfStock} // there is no other
	}
	offered, err := v.ports.Desk.CancelReasons(ctx, o.ID, lineIDs)
	if err != nil {
		return v.refused(ctx, o, result, fmt.Errorf("reading the reasons for which the shop lets it be cancelled: %w", err))
	}
	if !v.options.ZeroStock {
		offered = slices.DeleteFunc(offered, zeroesStock)
	}
	reason := firstReason(wanted, offered)
	switch {
	case reason == "" && len(lineIDs) > 0:
		return v.raise(ctx, o, result, fmt.Sprintf("only %s; the shop does not let single lines of it be cancelled", linesText(o, lineIDs)))
	case reason == "":
		return v.raise(ctx, o, result, fmt.Sprintf("the shop offers none of the configured reasons, only %s", orNone(offered)))
	}
	var zeroed []string
	if zeroesStock(reason) {
		zeroed = skusOf(o, lineIDs)
	}
	if err := v.noteZeroed(ctx, zeroed); err != nil { // before, in case this process does not live to see it
		return err
	}
	err = v.ports.Desk.CancelInShop(ctx, o.ID, reason, lineIDs)
	if _, refused := exceptions.AsRefused(err); !refused { // also if nobody knows whether the shop did it
		err = errors.Join(err, v.expectZero(ctx, zeroed))
	}
	if err != nil {
		return v.refused(ctx, o, result, fmt.Errorf("cancelling it in the shop: %w", err))
	}
	after, err := readOrder(ctx, v.ports.Orders, o.ID)
	if err != nil {
		return fmt.Errorf("the shop took the cancellation: %w", err)
	}
	result.Outcome, result.Detail = OutcomeRevoked, reason
	if len(lineIDs) > 0 {
		left := slices.DeleteFunc(LineIDs(after.LiveLines()), func(id string) bool { return !slices.Contains(lineIDs, id) })
		if len(left) > 0 && after.Status != Cancelled {
			return fmt.Errorf("the shop took the cancellation and shows lines %s as they were; the next run looks again", strings.Join(left, ", "))
		}
		result.Detail += ": " + linesText(o, lineIDs)
		return v.ports.Exceptions.Clear(ctx, exceptions.ForOrder(o.ID), exceptions.CancelledInLinnworks)
	}
	if after.Status != Cancelled {
		return fmt.Errorf("the shop took the cancellation and shows the order as %s; the next run looks again", after.Status)
	}
	if err := v.ports.Ledger.DropReservations(ctx, o.ID); err != nil {
		return err
	}
	return exceptions.Close(ctx, v.ports.Exceptions, o.ID, exceptions.EndVoid)
}

// skusOf are the shop's SKUs of the lines named, or of all.
func skusOf(o Order, lineIDs []string) (skus []string) {
	for _, l := range o.LiveLines() {
		if (len(lineIDs) == 0 || slices.Contains(lineIDs, l.ID)) && !slices.Contains(skus, l.Listing.ID) {
			skus = append(skus, l.Listing.ID)
		}
	}
	return skus
}

// noteZeroed writes down which SKUs the shop sets to zero, for the engines of all processes.
func (v *Revoker) noteZeroed(ctx context.Context, skus []string) error {
	if v.ports.Revisits == nil || len(skus) == 0 {
		return nil
	}
	return stock.NoteZeroed(ctx, v.ports.Revisits, v.options.Now(), skus...)
}

// expectZero tells the engines that the shop has set SKUs to zero.
func (v *Revoker) expectZero(ctx context.Context, skus []string) error {
	if v.ports.Zeroes != nil && len(skus) > 0 {
		v.ports.Zeroes.ExpectZero(skus...)
	}
	return v.noteZeroed(ctx, skus)
}
