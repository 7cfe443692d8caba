package opspage

import (
	"cmp"
	"fmt"
	"strings"
)

// shopStock is what the page of stock shows of one shop.
type shopStock struct {
	Shop    string      `json:"shop"`
	Unknown string      `json:"unknown,omitempty"`
	Lines   []StockLine `json:"lines"`
	// Hours are what the lines had in the last hours, where they are few.
	Hours []hours `json:"last_hours"`
	// Next is where the next page begins, empty if this is the last.
	Next string `json:"next,omitempty"`
}

// hours are what one SKU had in the last hours.
type hours struct {
	SKU       string  `json:"sku"`
	SKUID     string  `json:"sku_id"`
	Warehouse string  `json:"warehouse"`
	Points    []point `json:"points"`
}

// plotsUnits is of how many lines the last hours are shown.
const plotsUnits = 4

// stockView is what the page of stock shows.
type stockView struct {
	Text  string      `json:"text"`
	Shops []shopStock `json:"shops"`
}

func (h *Handler) stock(r *request) (any, error) {
	v := stockView{Text: strings.TrimSpace(r.FormValue("q"))}
	if len(v.Text) > 100 {
		return v, fmt.Errorf("%w: the text is too long", errBad)
	}
	if r.FormValue("shop") != "" {
		s, err := h.shop(r)
		if err != nil {
			return v, err
		}
		v.Shops = []shopStock{h.oneStock(r, s, v.Text, r.FormValue("after"), perPage)}
		return v, nil
	}
	v.Shops = h.stockOf(r, v.Text, "", perPage/max(len(h.shops(r)), 1))
	return v, nil
}

// stockOf reads the stock of every shop that the user may see.
func (h *Handler) stockOf(r *request, text, after string, limit int) []shopStock {
	list := []shopStock{}
	for _, s := range h.shops(r) {
		list = append(list, h.oneStock(r, s, text, after, limit))
	}
	return list
}

func (h *Handler) oneStock(r *request, s Shop, text, after string, limit int) shopStock {
	v := shopStock{Shop: s.Name, Lines: []StockLine{}, Hours: []hours{}}
	if s.Stock == nil {
		v.Unknown = "the stock of this shop is not shown here"
		return v
	}
	lines, err := s.Stock.StockOf(r.Context(), text, after, limit)
	if err != nil {
		v.Unknown = "the stock cannot be read: " + err.Error()
		return v
	}
	for _, l := range lines {
		if l.Why == nil {
			l.Why = []string{} // no reasons are a list too
		}
		v.Lines = append(v.Lines, l)
	}
	if len(lines) <= plotsUnits {
		for _, l := range lines {
			if points := h.unitsOf(s.Name, l); points != nil {
				v.Hours = append(v.Hours, hours{l.SKU, l.SKUID, cmp.Or(l.Warehouse, l.WarehouseID), points})
			}
		}
	}
	if len(lines) >= limit {
		v.Next = lines[len(lines)-1].SKUID
	}
	return v
}
