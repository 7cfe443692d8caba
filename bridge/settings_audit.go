package bridge

import (
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/delivery"
)

// shippingModels are the words for all of them.
func shippingModels() []string {
	return []string{string(SellerShipping), string(TikTokShipping), string(FulfilledByTikTok)}
}

// AuditOptions are what an audit compares with both sides: see [audit.Run]. Add the address
// of the webhooks to them, where it is known.
func (s Settings) AuditOptions() audit.Options {
	s = s.lowered().clone()
	return audit.Options{
		SubSource: s.SubSource, SKUs: s.SKUs, Locations: s.Locations, DefaultLocation: s.DefaultLocation, PlatformLocation: s.PlatformLocation,
		KeepItems: s.KeepItems, LeaveAlone: s.LeaveAlone, SellingStatuses: s.SellingStatuses, OrdersPerDay: s.OrdersPerDay,
		LocationsApart: s.Audit.LocationsApart, TaxForms: s.Audit.TaxForms,
		Delivery:    delivery.Names{Services: s.Services, Carriers: s.Carriers, Models: shippingModels()},
		LabelRoutes: s.labelRoutes(),
	}
}

// labelRoutes are the shipping models that the warehouse has labels for: TikTok's own carrier
// needs a service whose print button the bridge serves, or a shipping rule with one.
func (s Settings) labelRoutes() []string {
	routes := []string{string(SellerShipping), string(FulfilledByTikTok)}
	tiktok := string(TikTokShipping)
	for key := range maps.Keys(s.Services) {
		if key == tiktok || strings.HasPrefix(key, tiktok+"/") {
			return append(routes, tiktok)
		}
	}
	for _, rule := range s.ShippingRules {
		if rule.Model == "" || rule.Model == tiktok {
			return append(routes, tiktok)
		}
	}
	return slices.Clip(routes)
}
