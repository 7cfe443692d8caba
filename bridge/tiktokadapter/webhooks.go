package tiktokadapter

import (
	"context"
	"errors"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// HintsOf returns the ids of the orders that a webhook of TikTok Shop is about,
// for [bridge.Intake.Hint]; none if it is not about orders. A webhook of which only a
// part can be read gives the ids in that part.
//
// https://partner.tiktokshop.com/docv2/page/tiktok-shop-webhooks
func HintsOf(event *tiktokshop.WebhookEvent) []string {
	return slices.DeleteFunc(orderIDs(event), func(id string) bool { return id == "" })
}

// HintWebhooks returns what to give to [tiktokshop.NewWebhookHandler]: it hands the
// orders of every webhook of this shop to hint, such as [bridge.Sync.Hint], and fails
// if one is not taken, so that TikTok sends the webhook again. One address serves all
// shops of an app: webhooks of others are left to the handlers of theirs.
func (t *Shop) HintWebhooks(hint func(ctx context.Context, orderID string) error) func(context.Context, *tiktokshop.WebhookEvent) error {
	return func(ctx context.Context, event *tiktokshop.WebhookEvent) error {
		if event.ShopID != "" && event.ShopID != t.ID() {
			return nil
		}
		var errs []error
		for _, id := range HintsOf(event) {
			errs = append(errs, hint(ctx, id))
		}
		return errors.Join(errs...)
	}
}

func orderIDs(event *tiktokshop.WebhookEvent) []string {
	switch d := event.Data.(type) {
	case *tiktokshop.OrderStatusChange:
		return []string{string(d.OrderID)}
	case *tiktokshop.RecipientAddressUpdate:
		return []string{string(d.OrderID)}
	case *tiktokshop.PackageUpdate:
		var ids []string
		for _, p := range d.Packages {
			for _, id := range p.OrderIDs {
				ids = append(ids, string(id))
			}
		}
		return ids
	case *tiktokshop.CancellationStatusChange:
		return []string{string(d.OrderID)}
	case *tiktokshop.ReturnStatusChange:
		return []string{string(d.OrderID)}
	}
	return nil
}
