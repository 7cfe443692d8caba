package main

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// meter tells a [stock.Computed] of sales and delays, from what any
// program sees: the shop's orders, and the levels of Linnworks, which are read
// through it. What the level lost and the program did not import was sold
// elsewhere. It is for a single SKU.
type meter struct {
	stock.Reader
	now    func() time.Time
	buffer *stock.Computed

	readAt time.Time // when the last level was read
	level  int
	inside int             // units of the shop that the program imported since
	known  map[string]bool // orders of the shop
	// sold are the sales that no accepted level counts yet.
	sold []saleSeen
}

type saleSeen struct {
	side stock.SaleSide
	at   time.Time
}

// watch looks at the orders that are taken in and at what becomes of them.
func (m *meter) watch(take func(context.Context, ...bridge.Order) (bridge.OrderResults, error)) bridge.OrderHandler {
	return func(ctx context.Context, orders []bridge.Order) (bridge.OrderResults, error) {
		results, err := take(ctx, orders...)
		units := map[string]int{}
		for _, o := range orders {
			units[o.ID] = len(o.Lines)
			if !m.known[o.ID] {
				m.known[o.ID] = true
				m.sale(stock.SoldInShop, len(o.Lines), o.CreatedAt)
			}
		}
		for _, r := range results {
			if r.Outcome == bridge.OutcomeParked || r.Outcome == bridge.OutcomeCreated {
				m.inside += units[r.OrderID]
			}
		}
		return results, err
	}
}

// StockLevels implements [stock.Reader].
func (m *meter) StockLevels(ctx context.Context, ids []string) (stock.Reading, error) {
	reading, err := m.Reader.StockLevels(ctx, ids)
	if err != nil {
		return reading, err
	}
	level := 0
	for _, locations := range reading.Available {
		for _, n := range locations {
			level += n
		}
	}
	if !m.readAt.IsZero() {
		m.sale(stock.SoldElsewhere, m.level-level-m.inside, m.readAt) // at the earliest
	}
	m.readAt, m.level, m.inside = reading.At, level, 0
	return reading, nil
}

func (m *meter) sale(side stock.SaleSide, units int, at time.Time) {
	if units > 0 {
		m.buffer.Sale(side, skuID, warehouseID, units, at)
		m.sold = append(m.sold, saleSeen{side, at})
	}
}

// pushed is told that the shop has accepted what follows from all that was seen.
func (m *meter) pushed() {
	for _, s := range m.sold {
		m.buffer.Delay(s.side, m.now().Sub(s.at))
	}
	m.sold = nil
}
