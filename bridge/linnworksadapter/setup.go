package linnworksadapter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/linnworks"
)

var _ interface {
	audit.WarehouseSetup
	audit.Clock
} = (*Warehouse)(nil)

// Channels implements [audit.WarehouseSetup]. An integration with TikTok Shop is known by
// its source, or by the type of it.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetChannels
func (l *Warehouse) Channels(ctx context.Context) ([]audit.Channel, error) {
	channels, err := l.client.Inventory.GetChannels(ctx, nil)
	if err != nil {
		return nil, err
	}
	var list []audit.Channel
	for _, c := range channels {
		if !c.Enabled.PropertyValue {
			continue
		}
		bridges := strings.EqualFold(c.Source, l.options.Source) // of this bridge, perhaps for another shop
		named := strings.ToUpper(c.Source + " " + c.SourceType)
		list = append(list, audit.Channel{
			Source: c.Source, SubSource: c.SubSource, Own: bridges && strings.EqualFold(c.SubSource, l.options.SubSource),
			TikTok:    !bridges && (strings.Contains(named, "TIKTOK") || strings.Contains(named, "TIK TOK")),
			SetsStock: c.InventorySync.PropertyValue, SetsPrices: c.PriceChange.PropertyValue,
			LinksBySKU: c.AutoLinkBySKU.PropertyValue, AnswersCancellations: c.AutoRespondCancellationRequests.PropertyValue,
		})
	}
	return list, nil
}

// ServicesUsed implements [audit.WarehouseSetup] with a call for each 200 orders that were
// processed in the period.
//
// https://apps.linnworks.net/Api/Method/ProcessedOrders-SearchProcessedOrders
func (l *Warehouse) ServicesUsed(ctx context.Context, from, to time.Time) (map[string]int, error) {
	counts := map[string]int{}
	request := &linnworks.SearchProcessedOrdersRequest{
		DateField: new(linnworks.SearchProcessedOrdersRequestDateFieldProcessed), ResultsPerPage: new(200),
		FromDate: &linnworks.Time{Time: from.UTC()}, ToDate: &linnworks.Time{Time: to.UTC()},
		SearchFilters: []linnworks.SearchFilters{{SearchField: "Source", SearchTerm: l.options.Source}, {SearchField: "SubSource", SearchTerm: l.options.SubSource}},
		SearchSorting: &linnworks.SearchSorting{SortField: "dProcessedOn", SortDirection: "ASC"},
	}
	for p, err := range l.client.ProcessedOrders.SearchProcessedOrdersAll(linnworks.Bulk(ctx), request) {
		if err != nil {
			return nil, err
		}
		if !p.HoldOrCancel && !p.IsResend && !p.IsExchange && p.PostalServiceName != "" && l.ours(linnworks.OrderGeneralInfo{Source: p.Source, SubSource: p.SubSource}) {
			counts[p.PostalServiceName]++
		}
	}
	return counts, nil
}

// Currencies implements [audit.WarehouseSetup]. The account's own currency is in the list
// with a rate of one; a list without one does not tell it, which is unsupported.
//
// https://apps.linnworks.net/Api/Method/Settings-GetCurrencyConversionRates
func (l *Warehouse) Currencies(ctx context.Context) ([]string, error) {
	rates, err := l.client.Settings.GetCurrencyConversionRates(ctx, nil)
	if err != nil {
		return nil, err
	}
	var list []string
	own := false
	for _, r := range rates {
		rate, err := strconv.ParseFloat(string(r.ConversionRate), 64)
		if err != nil || rate <= 0 || r.Currency == "" {
			continue
		}
		list, own = append(list, r.Currency), own || rate == 1
	}
	if !own {
		return nil, fmt.Errorf("the list of rates does not have the account's own currency: %w", errors.ErrUnsupported)
	}
	return list, nil
}

// ClockAhead implements [audit.Clock] with the time in the head of a reply.
func (l *Warehouse) ClockAhead(ctx context.Context) (ahead, within time.Duration, err error) {
	var reply linnworks.Response
	start := l.options.Now()
	_, err = l.client.Inventory.GetStockLocations(ctx, nil, linnworks.WithResponse(&reply), linnworks.NoRepeat())
	if err != nil {
		return 0, 0, err
	}
	took := l.options.Now().Sub(start) - reply.Waited
	said, err := http.ParseTime(reply.Header.Get("Date"))
	if err != nil {
		return 0, 0, fmt.Errorf("the reply does not tell the time: %w", errors.ErrUnsupported)
	}
	// It is cut to seconds, and was told somewhere on the way.
	middle := start.Add(reply.Waited + took/2)
	return said.Add(time.Second / 2).Sub(middle), took/2 + time.Second/2, nil
}
