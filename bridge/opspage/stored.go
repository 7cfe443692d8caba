package opspage

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

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
