package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// flowAudit is the name of the flow that compares both sides as a whole.
const flowAudit = "audit"

// withAudit adds the audit to the flows of a shop, if its settings want one. The last report
// is kept with the shop: [audit.Last] reads it.
func (s *service) withAudit(shop *shop, b *bound, warehouse *linnworksadapter.Warehouse) error {
	schedule := shop.settings.Audit
	if schedule.Hours == 0 {
		return nil
	}
	kinds, err := policy.DefaultKinds().Override(strings.NewReader(strings.Join(shop.settings.Kinds, "\n")))
	if err != nil {
		return err
	}
	options := shop.settings.AuditOptions()
	options.WebhookURL = s.config.webhookURL
	watch, err := audit.NewWatch(audit.WatchPorts{
		Ports: audit.Ports{
			Name: b.tiktok, Listings: b.tiktok, Items: warehouse, Mappings: warehouse, Bundles: b.tiktok, Levels: warehouse, States: warehouse,
			Warehouses: b.tiktok, Locations: warehouse, Shop: b.tiktok, Warehouse: warehouse, Status: b.tiktok,
			Grants: tiktokadapter.Grants{Tokens: s.db.Tokens(shop.seller)}, Webhooks: b.tiktok, Setup: b.tiktok, Models: b.tiktok, Linnworks: warehouse,
			Clocks: map[string]audit.Clock{"TikTok Shop": b.tiktok, "Linnworks": warehouse}, Quotas: &s.metrics.meter,
			Orders: b.tiktok.AuditedOrders(kinds), Booked: warehouse, Refunds: warehouse, Shelf: wholeShelf{shop},
		},
		Exceptions: shop.memory, Values: shop.memory,
	}, audit.WatchOptions{Options: options, OrderDays: schedule.OrderDays})
	if err != nil {
		return err
	}
	b.sync.Flows = append(b.sync.Flows, bridge.Flow{Name: flowAudit, Every: time.Duration(schedule.Hours) * time.Hour, Run: func(ctx context.Context) (fmt.Stringer, error) {
		report, err := watch.Run(tiktokshop.Bulk(ctx))
		return oneLine{report}, err
	}})
	return nil
}

// oneLine prints the summary of a report alone: the report is for the page.
type oneLine struct{ audit.Report }

func (l oneLine) String() string { return l.Summary() }

// wholeShelf is the stock of a shop, as the process has it that publishes it.
type wholeShelf struct{ *shop }

// StockLines implements [audit.Shelf].
func (s wholeShelf) StockLines(context.Context) ([]audit.StockLine, error) {
	b := s.bound.Load()
	if b == nil {
		return nil, errors.New("both sides were not asked yet")
	}
	lines := b.sync.Stock.Book().Lines("", "", math.MaxInt)
	if len(lines) == 0 || !s.publishes.Load() {
		return nil, fmt.Errorf("another process publishes it: %w", errors.ErrUnsupported)
	}
	list := make([]audit.StockLine, 0, len(lines))
	for _, l := range lines {
		list = append(list, audit.StockLine{
			SKUID: l.ID, SKU: l.SellerSKU, WarehouseID: l.WarehouseID, Shown: l.Shown, Wanted: l.Wanted, Why: strings.Join(l.Why, "; "), Unknown: l.Unknown,
		})
	}
	return list, nil
}
