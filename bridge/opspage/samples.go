package opspage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// sample is how things stood at a moment.
type sample struct {
	At time.Time `json:"at"`
	// Shops are by the name of the shop.
	Shops map[string]standing `json:"shops"`
}

// standing is how one shop stood.
type standing struct {
	Open   int `json:"open_cases"`
	Urgent int `json:"urgent_cases"`
	AtRisk int `json:"clocks_at_risk"`
	Orders int `json:"orders_with_a_clock"`
	// Clocked reports whether AtRisk and Orders are known.
	Clocked bool `json:"clocks_known"`
	// Stock is nil if it is not known.
	Stock *stock.Totals `json:"stock,omitempty"`
}

const (
	// keepsSamples of [Handler.Sample] are plotted: a day, if it is called every five minutes.
	keepsSamples = 288
	keepsUnits   = 24 * time.Hour
	// storesUnits is of how many SKUs a store keeps what they had: those that changed last.
	storesUnits = 200
)

// noted is what the samples have left, in memory.
type noted struct {
	samples []sample
	// fired is how often kinds came up in the seven days before firedAt, by shop.
	fired   map[string]map[exceptions.Kind]int
	firedAt time.Time
	units   map[unitKey]*units
	// restored are the shops whose stored samples have been read.
	restored map[string]bool
}

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

// Sample notes how things stand, for the plots. Call it every five minutes; what a process
// has noted ends with it, but for shops that have [Shop.Values]. Without it the pages have no
// plots, and the first one reads closed cases too.
func (h *Handler) Sample(ctx context.Context) error {
	now := h.options.Now().UTC()
	list, err := h.ports.Desk.Cases(ctx, exceptions.Filter{States: states})
	if err != nil {
		return fmt.Errorf("opspage: sample: reading the cases: %w", err)
	}
	h.sampling.Lock()
	defer h.sampling.Unlock()
	s := sample{At: now, Shops: map[string]standing{}}
	var errs []error
	wrong := func(shop Shop, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("opspage: sample: %s: %w", shop.Name, err))
		}
	}
	for _, shop := range h.ports.Shops {
		wrong(shop, h.restore(ctx, shop))
		var at standing
		for _, c := range list {
			if c.Shop != shop.Name || c.State != exceptions.CaseOpen {
				continue
			}
			at.Open++
			if h.options.Escalation.Apply(c.Exception, now).Severity == exceptions.Urgent {
				at.Urgent++
			}
		}
		if shop.Deadlines != nil {
			report, failed := shop.Deadlines(ctx)
			if failed != nil {
				wrong(shop, fmt.Errorf("reading the deadlines: %w", failed))
			} else if !report.At.IsZero() { // before the first check it is not known, which is not the same as none
				at.AtRisk, at.Orders, at.Clocked = len(report.AtRisk), report.Open, true
			}
		}
		if shop.Totals != nil {
			if totals, failed := shop.Totals(ctx); failed == nil { // another process may know
				at.Stock = &totals
			}
		}
		s.Shops[shop.Name] = at
		h.countUnits(ctx, shop, now)
	}
	h.mu.Lock()
	h.noted.add(s)
	h.noted.fired, h.noted.firedAt = cameUp(list, now), now
	h.mu.Unlock()
	for _, shop := range h.ports.Shops {
		wrong(shop, h.keep(ctx, shop))
	}
	return errors.Join(errs...)
}

// add adds a sample, in its place by time.
func (n *noted) add(s sample) {
	i, found := slices.BinarySearchFunc(n.samples, s.At, func(s sample, at time.Time) int { return s.At.Compare(at) })
	if found && !slices.ContainsFunc(slices.Collect(maps.Keys(s.Shops)), func(name string) bool { _, has := n.samples[i].Shops[name]; return has }) {
		maps.Copy(n.samples[i].Shops, s.Shops) // of another shop
		return
	}
	n.samples = slices.Insert(n.samples, i, s)
	n.samples = n.samples[max(0, len(n.samples)-keepsSamples):]
}

// cameUp counts by shop how often kinds came up in seven days.
func cameUp(list []exceptions.Case, now time.Time) map[string]map[exceptions.Kind]int {
	count := map[string]map[exceptions.Kind]int{}
	for _, c := range list {
		for _, e := range c.History {
			if (e.Verb == exceptions.VerbRaised || e.Verb == exceptions.VerbReturned) && now.Sub(e.At) < 7*24*time.Hour {
				if count[c.Shop] == nil {
					count[c.Shop] = map[exceptions.Kind]int{}
				}
				count[c.Shop][c.Kind]++
			}
		}
	}
	return count
}

// cameUp is the count of the last sample, and when it was made, of the shops that the user
// may see. Where nobody samples it is made now.
func (h *Handler) cameUp(r *request) (map[exceptions.Kind]int, time.Time, error) {
	h.mu.Lock()
	byShop, at := h.noted.fired, h.noted.firedAt
	h.mu.Unlock()
	if at.IsZero() {
		list, err := h.ports.Desk.Cases(r.Context(), exceptions.Filter{States: states})
		if err != nil {
			return nil, at, fmt.Errorf("the cases cannot be read: %w", err)
		}
		byShop, at = cameUp(list, r.now), r.now.UTC()
	}
	count := map[exceptions.Kind]int{}
	for shop, kinds := range byShop {
		if r.sees(shop) {
			for kind, n := range kinds {
				count[kind] += n
			}
		}
	}
	return count, at, nil
}

// sampled are the samples, without the shops that the user may not see.
func (h *Handler) sampled(r *request) []sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]sample, 0, len(h.noted.samples))
	for _, s := range h.noted.samples {
		shops := map[string]standing{}
		for name, at := range s.Shops {
			if r.sees(name) {
				shops[name] = at
			}
		}
		if len(shops) > 0 { // what was stored of one shop is not there of another
			list = append(list, sample{s.At, shops})
		}
	}
	return list
}

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

// kept is what a store keeps of one shop.
type kept struct {
	Samples []keptSample `json:"samples"`
	Units   []keptUnits  `json:"units"`
}

type keptSample struct {
	At time.Time `json:"at"`
	standing
}

type keptUnits struct {
	SKUID       string  `json:"sku_id"`
	WarehouseID string  `json:"warehouse_id"`
	Points      []point `json:"points"`
	Now         point   `json:"now"`
}

// valueName is what a shop's samples are stored under.
const valueName = "opspage samples"

// restore reads what was stored of a shop, once.
func (h *Handler) restore(ctx context.Context, shop Shop) error {
	if shop.Values == nil || h.noted.restored[shop.Name] {
		return nil
	}
	text, found, err := shop.Values.Value(ctx, valueName)
	if err != nil {
		return fmt.Errorf("reading the samples: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.noted.restored == nil {
		h.noted.restored = map[string]bool{}
	}
	h.noted.restored[shop.Name] = true
	var k kept
	if !found {
		return nil
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return fmt.Errorf("the stored samples are unreadable, and begin anew: %w", err)
	}
	for _, s := range k.Samples {
		h.noted.add(sample{s.At.UTC(), map[string]standing{shop.Name: s.standing}})
	}
	if h.noted.units == nil {
		h.noted.units = map[unitKey]*units{}
	}
	for _, u := range k.Units {
		h.noted.units[unitKey{shop.Name, u.SKUID, u.WarehouseID}] = &units{points: u.Points, now: u.Now, since: u.Now.At, stored: true}
	}
	return nil
}

// keep stores what was noted of a shop.
func (h *Handler) keep(ctx context.Context, shop Shop) error {
	if shop.Values == nil || !h.noted.restored[shop.Name] {
		return nil
	}
	text, err := json.Marshal(h.kept(shop.Name))
	if err != nil {
		return err
	}
	if err := shop.Values.PutValue(ctx, valueName, text); err != nil {
		return fmt.Errorf("storing the samples: %w", err)
	}
	return nil
}

// kept is what was noted of a shop.
func (h *Handler) kept(shop string) kept {
	h.mu.Lock()
	defer h.mu.Unlock()
	k := kept{Samples: []keptSample{}, Units: []keptUnits{}}
	for _, s := range h.noted.samples {
		if at, ok := s.Shops[shop]; ok {
			k.Samples = append(k.Samples, keptSample{s.At, at})
		}
	}
	for key, u := range h.noted.units {
		if key.shop == shop && len(u.points) > 0 {
			k.Units = append(k.Units, keptUnits{key.skuID, key.warehouseID, slices.Clone(u.points), u.now})
		}
	}
	slices.SortFunc(k.Units, func(a, b keptUnits) int {
		return cmp.Or(b.Points[len(b.Points)-1].At.Compare(a.Points[len(a.Points)-1].At), cmp.Compare(a.SKUID, b.SKUID), cmp.Compare(a.WarehouseID, b.WarehouseID))
	})
	k.Units = k.Units[:min(len(k.Units), storesUnits)]
	return k
}
