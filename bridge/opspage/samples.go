package opspage

import (
	"context"
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

// keepsSamples of [Handler.Sample] are plotted: a day, if it is called every five minutes.
const keepsSamples = 288

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
