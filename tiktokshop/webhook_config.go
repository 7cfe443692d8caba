package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// WebhookSettings says what [EventService.SetWebhooks] did with each type.
type WebhookSettings struct {
	// Set were written by this call.
	Set []WebhookType
	// Unchanged had the address already.
	Unchanged []WebhookType
	// PartnerCenterOnly cannot be set by a call: somebody switches them on in
	// Partner Center.
	PartnerCenterOnly []WebhookType
}

// SetWebhooks makes TikTok send webhooks of the given types about the shop that
// the client is bound to (see [Client.ForShop]) to address. It reads the
// configuration first and writes only what differs, so it can run at every
// start; types that are not named stay as they are, and
// [EventService.DeleteShopWebhook] ends one. It needs the scope
// seller.authorization.info.
//
// The address is https with a public domain name and without port or user, at
// most 255 characters; its certificate must be valid. It is checked before
// anything is sent.
//
// A type that fails does not keep the others from being set: the error joins all
// failures, and the settings, never nil after the configuration was read, say
// what was done.
//
// Official pages: https://partner.tiktokshop.com/docv2/page/get-shop-webhooks-202309
// and https://partner.tiktokshop.com/docv2/page/update-shop-webhook-202309
func (s *EventService) SetWebhooks(ctx context.Context, address string, types ...WebhookType) (*WebhookSettings, error) {
	if err := checkWebhookAddress(address); err != nil {
		return nil, err
	}
	if len(types) == 0 {
		return nil, errors.New("tiktokshop: SetWebhooks: no types were given")
	}
	current, err := s.WebhookAddresses(ctx)
	if err != nil {
		return nil, err
	}
	settings := new(WebhookSettings)
	var failed []error
	for _, t := range slices.Compact(slices.Sorted(slices.Values(types))) {
		name, ok := t.EventType()
		switch {
		case !ok:
			settings.PartnerCenterOnly = append(settings.PartnerCenterOnly, t)
			continue
		case current[name] == address:
			settings.Unchanged = append(settings.Unchanged, t)
			continue
		}
		_, err := s.UpdateShopWebhook(ctx, &UpdateShopWebhookRequest{Address: address, EventType: name})
		if err == nil {
			settings.Set = append(settings.Set, t)
			continue
		}
		failed = append(failed, fmt.Errorf("tiktokshop: SetWebhooks: %s: %w", name, err))
		if ctx.Err() != nil {
			break
		}
	}
	return settings, errors.Join(failed...)
}

// WebhookAddresses reads where the webhooks about the client's shop go, by their
// names in the Event API. A type that is missing is off, or set in Partner
// Center. It needs a client made by [Client.ForShop] and the scope
// seller.authorization.info.
//
// Official page: https://partner.tiktokshop.com/docv2/page/get-shop-webhooks-202309
func (s *EventService) WebhookAddresses(ctx context.Context) (map[EventType]string, error) {
	if s.client.shop.Cipher == "" {
		return nil, errors.New("tiktokshop: webhooks are set shop by shop: bind the client with ForShop")
	}
	got, err := s.GetShopWebhooks(ctx, nil)
	if err != nil {
		return nil, err
	}
	addresses := make(map[EventType]string, len(got.Webhooks))
	for _, w := range got.Webhooks {
		addresses[w.EventType] = w.Address
	}
	return addresses, nil
}

// checkWebhookAddress does not repeat the address, whose query may hold a secret.
func checkWebhookAddress(address string) error {
	refuse := func(why string) error { return fmt.Errorf("tiktokshop: the webhook address %s", why) }
	u, err := url.Parse(address)
	if err != nil {
		return refuse("is not a URL")
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	_, ip := netip.ParseAddr(host)
	switch {
	case u.Scheme != "https":
		return refuse("must begin with https://")
	case host == "" || !strings.Contains(host, ".") || ip == nil:
		return refuse("must have a public domain name, not an IP address or a local name")
	case u.Host != u.Hostname():
		return refuse("must not have a port, not even 443")
	case u.User != nil || u.Fragment != "":
		return refuse("must not have a user or a fragment")
	case utf8.RuneCountInString(address) > 255:
		return refuse("must not be longer than 255 characters")
	}
	return nil
}
