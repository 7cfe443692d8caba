package tiktokshoptest

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// address is where webhooks of one type go.
type address struct {
	url              string
	created, updated tiktokshop.UnixSeconds
}

// SetWebhook sets where webhooks of a type go, as in Partner Center: the only
// way for types 27 and 68, which the Event API does not know. An empty address
// ends them. The scheme is not checked, so that a test may use a local listener.
func (f *Fake) SetWebhook(webhookType int, url string) {
	defer f.enter()()
	f.setAddress(webhookType, url)
}

// SetWebhooks sets one address for all webhooks that the fake sends.
func (f *Fake) SetWebhooks(url string) {
	defer f.enter()()
	for _, kind := range hookNames {
		f.setAddress(kind, url)
	}
	f.setAddress(hookStockStatus, url)
	f.setAddress(hookStock, url)
}

func (f *Fake) setAddress(kind int, url string) {
	if url == "" {
		delete(f.addresses, kind)
		return
	}
	a := f.addresses[kind]
	if a == nil {
		a = &address{created: f.unix()}
		f.addresses[kind] = a
	}
	a.url, a.updated = url, f.unix()
}

// getWebhooks serves Event.GetShopWebhooks.
//
// https://partner.tiktokshop.com/docv2/page/get-shop-webhooks-202309
func (f *Fake) getWebhooks(*request) (any, error) {
	var out tiktokshop.GetShopWebhooksResponse
	for name, kind := range hookNames {
		if a := f.addresses[kind]; a != nil {
			out.Webhooks = append(out.Webhooks, tiktokshop.Webhook{Address: a.url, EventType: name, CreateTime: a.created, UpdateTime: a.updated})
		}
	}
	slices.SortFunc(out.Webhooks, func(a, b tiktokshop.Webhook) int { return cmp.Compare(a.EventType, b.EventType) })
	out.TotalCount = int64(len(out.Webhooks))
	return out, nil
}

// updateWebhook serves Event.UpdateShopWebhook.
//
// https://partner.tiktokshop.com/docv2/page/update-shop-webhook-202309
func (f *Fake) updateWebhook(in *request) (any, error) {
	req, err := decode[tiktokshop.UpdateShopWebhookRequest](in)
	if err != nil {
		return nil, err
	}
	kind, ok := hookNames[req.EventType]
	if !ok {
		return nil, invalid("event_type", fmt.Sprintf("%q is not one of the event types", req.EventType))
	}
	if err := checkAddress(req.Address); err != nil {
		return nil, err
	}
	f.setAddress(kind, req.Address)
	return nil, nil
}

// checkAddress accepts https with a domain name and without a port.
func checkAddress(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > 255 || u.Scheme != "https" || u.Port() != "" || !strings.Contains(u.Hostname(), ".") {
		return invalid("address", "https, a domain name without a port and at most 255 characters are required")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return invalid("address", "an IP address is not allowed")
	}
	return nil
}

// deleteWebhook serves Event.DeleteShopWebhook. It always succeeds.
//
// https://partner.tiktokshop.com/docv2/page/delete-shop-webhook-202309
func (f *Fake) deleteWebhook(in *request) (any, error) {
	req, err := decode[tiktokshop.DeleteShopWebhookRequest](in)
	if err != nil {
		return nil, err
	}
	if err := required("event_type", req.EventType); err != nil {
		return nil, err
	}
	delete(f.addresses, hookNames[req.EventType])
	return nil, nil
}
