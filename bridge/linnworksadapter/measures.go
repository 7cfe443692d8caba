package linnworksadapter

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/linnworks"
)

// measuresAge is how long what an item measures is used before it is read again: a
// weight that somebody corrects counts soon.
const measuresAge = 15 * time.Minute

// ItemMeasures implements [catalogue.MeasureSource] with one GetStockItemsFullByIds call
// for every 200 items, in Options.Units. What was read is used for 15 minutes.
func (l *Warehouse) ItemMeasures(ctx context.Context, itemIDs []string) (map[string]catalogue.Measures, error) {
	measures := make(map[string]catalogue.Measures, len(itemIDs))
	now := l.options.Now()
	var missing []linnworks.GUID
	l.mu.Lock()
	for _, id := range itemIDs {
		if m, have := l.measured[id]; have && now.Sub(m.at) < measuresAge {
			measures[id] = m.Measures
		} else if _, twice := measures[id]; !twice {
			measures[id] = catalogue.Measures{}
			missing = append(missing, linnworks.GUID(id))
		}
	}
	l.mu.Unlock()
	if len(missing) == 0 {
		return measures, nil
	}
	for reply, err := range l.client.Stock.GetStockItemsFullByIDsBatched(ctx, &linnworks.GetStockItemsFullByIDsRequest{StockItemIDs: missing}) {
		if err := exceptRecords(err); err != nil {
			return nil, err
		}
		if reply == nil {
			continue
		}
		for _, item := range reply.StockItemsFullExtended {
			id := string(lower(item.StockItemID))
			if _, asked := measures[id]; asked {
				measures[id] = l.options.Units.Measures(number(item.Weight), number(item.Depth), number(item.Width), number(item.Height))
			}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.measured == nil {
		l.measured = map[string]itemMeasures{}
	}
	for _, id := range missing {
		l.measured[string(id)] = itemMeasures{measures[string(id)], now}
	}
	return measures, nil
}

// number is a decimal as a measure; zero if it is none.
func number(d linnworks.Decimal) float64 {
	r, ok := d.Rat()
	if !ok {
		return 0
	}
	f, _ := r.Float64()
	return f
}
