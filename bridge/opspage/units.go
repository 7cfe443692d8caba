package opspage

import (
	"context"
	"slices"
	"time"
)

const (
	keepsUnits = 24 * time.Hour
	// storesUnits is of how many SKUs a store keeps what they had: those that changed last.
	storesUnits = 200
)

// unitKey is one SKU in one of a shop's warehouses.
type unitKey struct{ shop, skuID, warehouseID string }

// units are how many of a SKU there were. As most do not change for a day, only changes are
// points.
type units struct {
	points []point
	now    point
	since  time.Time // when now was first seen
	stored bool      // it is what another process had, which ended then
}

// point is how many units of a SKU the shop showed and the warehouse had free at a moment;
// -1: not known.
type point struct {
	At    time.Time `json:"at"`
	Shown int       `json:"shown"`
	Free  int       `json:"free"`
}

func (p point) same(q point) bool { return p.Shown == q.Shown && p.Free == q.Free }

// countUnits notes what each SKU of a shop has. A stock that another process has is not
// known, which leaves what was noted as it is.
func (h *Handler) countUnits(ctx context.Context, shop Shop, now time.Time) {
	if shop.Stock == nil {
		return
	}
	for after := ""; ; {
		lines, err := shop.Stock.StockOf(ctx, "", after, 1000)
		if err != nil {
			return
		}
		for _, l := range lines {
			at := point{now, l.Shown, l.Free}
			if l.Unknown != "" {
				at.Shown, at.Free = -1, -1
			}
			h.mu.Lock()
			h.noted.count(unitKey{shop.Name, l.SKUID, l.WarehouseID}, at)
			h.mu.Unlock()
		}
		if len(lines) == 0 || lines[len(lines)-1].SKUID == after || len(lines) < 1000 {
			return
		}
		after = lines[len(lines)-1].SKUID
	}
}

// count notes what a SKU has.
func (n *noted) count(key unitKey, at point) {
	if n.units == nil {
		n.units = map[unitKey]*units{}
	}
	u := n.units[key]
	switch {
	case u == nil:
		n.units[key] = &units{now: at, since: at.At}
		return
	case u.stored: // nobody was there since
		u.change(point{u.now.At.Add(time.Second), -1, -1})
		u.change(at)
		u.stored = false
	case !u.now.same(at):
		u.change(at)
	}
	u.now = at
	for len(u.points) > 1 && at.At.Sub(u.points[1].At) > keepsUnits {
		u.points = u.points[1:]
	}
}

// change adds what there is from at on. Until the sample before, it was what it was then.
func (u *units) change(at point) {
	before := u.now
	if len(u.points) == 0 {
		u.points = append(u.points, point{u.since, before.Shown, before.Free})
	}
	if last := u.points[len(u.points)-1]; last.At.Before(before.At) {
		u.points = append(u.points, before)
	}
	u.points = append(u.points, at)
	u.now = at
}

// unitsOf is what a SKU had in the last hours, the first first, up to the last sample; nil if
// that is not known.
func (h *Handler) unitsOf(shop string, l StockLine) []point {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.noted.units[unitKey{shop, l.SKUID, l.WarehouseID}]
	if u == nil {
		return nil
	}
	points := slices.Clone(u.points)
	if len(points) == 0 {
		points = []point{{u.since, u.now.Shown, u.now.Free}}
	}
	if points[len(points)-1].At.Before(u.now.At) {
		points = append(points, u.now)
	}
	return points
}
