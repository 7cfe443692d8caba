package bridge

import (
	"cmp"
	"fmt"
	"slices"
)

// removal is what has to go from the warehouse for a cancellation.
type removal struct {
	steps []removalStep
	// doubt says why it is not certain what has to go; then there are no steps.
	doubt string
}

// removalStep is the cancellation of a warehouse order, or, with changes, of
// units in it.
type removalStep struct {
	order   WarehouseOrder
	changes []LineChange
}

func (p removal) orders() []WarehouseOrder {
	var list []WarehouseOrder
	for _, s := range p.steps {
		list = append(list, s.order)
	}
	return list
}

// plan compares the warehouse with what should be left of the order.
func (r *cancelRun) plan() removal {
	live := liveParts(r.found)
	var p removal
	if r.lines == nil {
		for _, w := range live {
			p.steps = append(p.steps, removalStep{order: w})
		}
	} else {
		p = planRemoval(r.order, r.lines, live, r.request.Pending && !r.granted && len(r.found) > 0)
	}
	for i, s := range p.steps {
		if len(s.changes) > 0 || !r.shared[s.order.ID] {
			continue
		}
		changes, doubt := shareRemoval(r.own(), s.order)
		if doubt != "" {
			return removal{doubt: doubt}
		}
		p.steps[i].changes = changes
	}
	p.steps = slices.DeleteFunc(p.steps, func(s removalStep) bool { return len(s.changes) == 0 && r.shared[s.order.ID] })
	if r.ports.Lines == nil && slices.ContainsFunc(p.steps, func(s removalStep) bool { return len(s.changes) > 0 }) {
		return removal{doubt: "it takes no orders apart in this warehouse"}
	}
	return p
}

// shareRemoval is how an order's share is taken off a merged order that others are in.
func shareRemoval(own ownLines, merged WarehouseOrder) (changes []LineChange, doubt string) {
	if merged.State == Locked {
		return nil, fmt.Sprintf("warehouse order %s is locked", merged.Number)
	}
	for _, line := range merged.Lines {
		switch keep := own.others(line); {
		case keep == 0:
			changes = append(changes, LineChange{LineID: line.LineID})
		case keep == line.Quantity: // done before
		case len(line.FromLineIDs) == line.Quantity:
			changes = append(changes, LineChange{LineID: line.LineID, Keep: keep})
		default:
			return nil, fmt.Sprintf("line %s of warehouse order %s holds goods of other orders too", line.LineID, merged.Number)
		}
	}
	return changes, ""
}

// planRemoval finds the units of lines that are gone in the parts of an order.
// Lines of the warehouse hold equal units of several lines of the shop, and know
// which they were made for. strict demands that every line is accounted for: a
// request must not be granted for goods that are somewhere else.
func planRemoval(o Order, gone map[string]bool, live []WarehouseOrder, strict bool) removal {
	groups, order := map[string]*lineGroup{}, []string(nil)
	unknown := ""
	for i, w := range live {
		for _, line := range w.Lines {
			if len(line.FromLineIDs) == 0 {
				unknown = cmp.Or(unknown, fmt.Sprintf("it is not known what %d × SKU %s in warehouse order %s was sold as", line.Quantity, line.SKU, w.Number))
				continue
			}
			g := groups[line.LineID]
			if g == nil {
				g = &lineGroup{from: line.FromLineIDs}
				groups[line.LineID] = g
				order = append(order, line.LineID)
			}
			g.quantity += line.Quantity
			if !slices.Contains(g.parts, i) {
				g.parts = append(g.parts, i)
			}
		}
	}
	changes := make([][]LineChange, len(live))
	placed := map[string]bool{}
	for _, id := range order {
		g := groups[id]
		keep := 0
		for _, l := range g.from {
			placed[l] = true
			if !gone[l] {
				keep++
			}
		}
		switch {
		case keep == len(g.from): // nothing of it is cancelled
		case keep == 0:
			for _, i := range g.parts {
				changes[i] = append(changes[i], LineChange{LineID: id})
			}
		case g.quantity == keep: // done before
		case g.quantity != len(g.from):
			return removal{doubt: fmt.Sprintf("line %s was made for %d units and holds %d", id, len(g.from), g.quantity)}
		case len(g.parts) > 1:
			return removal{doubt: fmt.Sprintf("line %s was split over several warehouse orders", id)}
		default:
			changes[g.parts[0]] = append(changes[g.parts[0]], LineChange{LineID: id, Keep: keep})
		}
	}
	for _, l := range o.Lines {
		switch missing := !placed[l.ID]; {
		case missing && gone[l.ID] && unknown != "":
			return removal{doubt: unknown}
		case missing && strict && (gone[l.ID] && !l.Cancelled || !gone[l.ID] && l.Tracking == ""):
			return removal{doubt: fmt.Sprintf("the warehouse does not show line %s", l.ID)}
		}
	}
	var p removal
	for i, w := range live {
		switch {
		case len(changes[i]) == 0:
			continue
		case w.State == Locked:
			return removal{doubt: fmt.Sprintf("warehouse order %s is locked", w.Number)}
		case len(changes[i]) == len(w.Lines) && !slices.ContainsFunc(changes[i], func(c LineChange) bool { return c.Keep > 0 }):
			p.steps = append(p.steps, removalStep{order: w}) // nothing is left of it
		default:
			p.steps = append(p.steps, removalStep{order: w, changes: changes[i]})
		}
	}
	return p
}

// lineGroup is a line of the warehouse, over all parts of a split.
type lineGroup struct {
	from     []string // the shop's lines that it was made for
	quantity int
	parts    []int
}

// holdsCancelled reports whether the warehouse holds, or may hold, units that the shop
// has cancelled in an order that is not cancelled as a whole: nobody may pick it until
// the [Canceller] has taken them off.
func holdsCancelled(o Order, found []WarehouseOrder) bool {
	gone := map[string]bool{}
	for _, id := range o.Cancellation().LineIDs {
		gone[id] = true
	}
	if len(gone) == 0 {
		return false
	}
	p := planRemoval(o, gone, liveParts(found), false)
	return p.doubt != "" || len(p.steps) > 0
}
