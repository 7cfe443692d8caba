package tiktokadapter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ interface {
	audit.Webhooks
	audit.ShopSetup
	audit.ModelCounter
	audit.Clock
	audit.Named
} = (*Shop)(nil)

// ShopName implements [audit.Named]. It asks for what the client was not told of its shop.
func (t *Shop) ShopName(ctx context.Context) (audit.ShopName, error) {
	shop := t.client.Shop()
	if shop.ID == "" {
		return audit.ShopName{}, errors.New("the client is bound to no shop")
	}
	if shop.Name == "" {
		bound, err := t.client.ForShopID(ctx, shop.ID)
		if err != nil {
			return audit.ShopName{ID: shop.ID}, err
		}
		shop = bound.Shop()
	}
	return audit.ShopName{ID: shop.ID, Name: shop.Name, Region: shop.Region}, nil
}

// Grants implements [audit.Grants] with the token in a store. A token that was not stored
// with its scopes is an error: which are missing is not known then.
type Grants struct {
	Tokens tiktokshop.TokenStore
	// Scopes are those that are needed. Default [tiktokshop.BridgeScopes].
	Scopes []string
}

// Grant implements [audit.Grants].
func (g Grants) Grant(ctx context.Context) (audit.Grant, error) {
	token, err := g.Tokens.LoadToken(ctx)
	if err != nil {
		return audit.Grant{}, err
	}
	if len(token.Scopes) == 0 {
		return audit.Grant{}, errors.New("the stored token has no scopes: they come with the seller's next consent")
	}
	return audit.Grant{Missing: token.MissingScopes(g.Scopes...), Ends: token.RefreshExpires}, nil
}

// hooked are the webhooks that the bridge listens to: see [HintsOf].
var hooked = []tiktokshop.WebhookType{
	tiktokshop.WebhookOrderStatusChange, tiktokshop.WebhookRecipientAddressUpdate, tiktokshop.WebhookPackageUpdate,
	tiktokshop.WebhookCancellationStatusChange, tiktokshop.WebhookReturnStatusChange,
}

// WebhookAddresses implements [audit.Webhooks].
//
// https://partner.tiktokshop.com/docv2/page/get-shop-webhooks-202309
func (t *Shop) WebhookAddresses(ctx context.Context) (map[string]string, error) {
	set, err := t.client.Event.WebhookAddresses(ctx)
	if err != nil {
		return nil, err
	}
	addresses := map[string]string{}
	for _, kind := range hooked {
		if event, ok := kind.EventType(); ok {
			addresses[string(event)] = set[event]
		}
	}
	return addresses, nil
}

// ShopWarehouses implements [audit.ShopSetup], with a call for each warehouse that parcels
// are picked up at.
//
// https://partner.tiktokshop.com/docv2/page/get-warehouse-list-202309
func (t *Shop) ShopWarehouses(ctx context.Context) ([]audit.ShopWarehouse, error) {
	reply, err := t.client.Logistics.GetWarehouseList(ctx, nil)
	if err != nil {
		return nil, err
	}
	var list []audit.ShopWarehouse
	for _, w := range reply.Warehouses {
		one := audit.ShopWarehouse{
			ID: w.ID, Name: w.Name, Returns: w.Type == tiktokshop.WarehouseTypeReturnWarehouse,
			Usable: w.EffectStatus == tiktokshop.WarehouseStatusEnabled, Status: string(w.EffectStatus),
		}
		if one.Usable && !one.Returns {
			options, err := t.client.Logistics.GetWarehouseDeliveryOptions(ctx, w.ID, nil)
			if err != nil {
				return nil, fmt.Errorf("warehouse %s: %w", w.ID, err)
			}
			for _, o := range options.DeliveryOptions {
				one.Delivery = append(one.Delivery, o.Name)
			}
		}
		list = append(list, one)
	}
	return list, nil
}

// ShippingTemplates implements [audit.ShopSetup]. Not every market has the call, it seems:
// where TikTok refuses it, the shop cannot be asked.
//
// https://partner.tiktokshop.com/docv2/page/get-available-shipping-template-202510
func (t *Shop) ShippingTemplates(ctx context.Context) ([]string, error) {
	reply, err := t.client.Logistics.GetAvailableShippingTemplate(ctx, nil)
	if _, refused := exceptions.AsRefused(readError(err)); refused {
		return nil, fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, one := range reply.Templates {
		if one.TemplateIsAvailable {
			names = append(names, one.Template.TemplateName)
		}
	}
	return names, nil
}

// ShopTerms implements [audit.ShopSetup] with the seller's status and the price of any one
// product.
//
// https://partner.tiktokshop.com/docv2/page/get-seller-status-202508
func (t *Shop) ShopTerms(ctx context.Context) (audit.Terms, error) {
	status, err := t.client.Seller.GetSellerStatus(ctx, nil)
	if err != nil {
		return audit.Terms{}, err
	}
	terms := audit.Terms{TaxForm: status.SellerStatusData.TaxFormStatus}
	for p, err := range t.products(ctx, tiktokshop.SearchProductsRequest{PageSize: 1, Status: new(tiktokshop.ProductStatusActivate)}) {
		if _, err := unreadableRecords(err); err != nil {
			return audit.Terms{}, err
		}
		if len(p.SKUs) > 0 {
			terms.Currency = p.SKUs[0].Price.Currency
			break
		}
	}
	return terms, nil
}

// OrdersByModel implements [audit.ModelCounter] with the counts of two lists of orders.
// Orders that TikTok fulfils need no label of the warehouse's, and TikTok lists them by
// the carrier that they go with: they count too.
//
// https://partner.tiktokshop.com/docv2/page/get-order-list-202309
func (t *Shop) OrdersByModel(ctx context.Context, from, to time.Time) (map[string]int, error) {
	counts := map[string]int{}
	for kind, model := range map[tiktokshop.ShippingType]bridge.ShippingModel{
		tiktokshop.ShippingTypeSeller: bridge.SellerShipping, tiktokshop.ShippingTypeTikTok: bridge.TikTokShipping,
	} {
		reply, err := t.client.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{
			PageSize: 1, CreateTimeGe: new(tiktokshop.At(from)), CreateTimeLt: new(tiktokshop.At(to)), ShippingType: new(kind),
		})
		if _, err := unreadableRecords(err); err != nil {
			return nil, err
		}
		counts[string(model)] = reply.TotalCount
	}
	return counts, nil
}

// ClockAhead implements [audit.Clock] with [tiktokshop.Client.ClockAhead], after a call that
// changes nothing.
func (t *Shop) ClockAhead(ctx context.Context) (ahead, within time.Duration, err error) {
	if _, err := t.client.Logistics.GetWarehouseList(ctx, nil); err != nil {
		return 0, 0, err
	}
	ahead, within, ok := t.client.ClockAhead()
	if !ok {
		return 0, 0, fmt.Errorf("TikTok's replies do not tell the time: %w", errors.ErrUnsupported)
	}
	return ahead, within, nil
}
