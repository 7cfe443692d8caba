package tiktokshop

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// webhookShop keeps the webhook configuration of one shop in memory.
type webhookShop struct {
	mu        sync.Mutex
	addresses map[EventType]string
	refuse    EventType
	writes    int
}

func (s *webhookShop) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reply, data := 0, any(map[string]any{})
	switch {
	case req.URL.Path != "/event/202309/webhooks" || req.URL.Query().Get("shop_cipher") != testShop.Cipher:
		reply = 36009009
	case req.Method == http.MethodGet:
		var hooks []Webhook
		for event, address := range s.addresses {
			hooks = append(hooks, Webhook{Address: address, EventType: event})
		}
		data = GetShopWebhooksResponse{TotalCount: int64(len(hooks)), Webhooks: hooks}
	case req.Method == http.MethodPut:
		var body UpdateShopWebhookRequest
		if err := json.NewDecoder(req.Body).Decode(&body); err != nil {
			return nil, err
		}
		if body.EventType == s.refuse {
			reply = 105005
			break
		}
		s.writes++
		s.addresses[body.EventType] = body.Address
	}
	text, err := json.Marshal(map[string]any{"code": reply, "message": "m", "data": data, "request_id": "r"})
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader(string(text)))}, err
}

func TestSetWebhooks(t *testing.T) {
	t.Parallel()
	const address = "https://hooks.example.com/tiktok"
	shop := &webhookShop{addresses: map[EventType]string{
		EventTypeOrderStatusChange: address, EventTypePackageUpdate: "https://old.example.com/", EventTypeNewMessage: "https://chat.example.com/",
	}}
	c, _ := setup(t, nil, WithHTTPClient(&http.Client{Transport: shop}))
	types := []WebhookType{
		WebhookCancellationStatusChange, WebhookOrderStatusChange, WebhookPackageUpdate, WebhookInventoryUpdate,
		WebhookInventoryStatusChange, WebhookOrderStatusChange, 999,
	}
	got, err := c.Event.SetWebhooks(t.Context(), address, types...)
	if err != nil {
		t.Fatal(err)
	}
	want := WebhookSettings{
		Set:               []WebhookType{WebhookPackageUpdate, WebhookCancellationStatusChange},
		Unchanged:         []WebhookType{WebhookOrderStatusChange},
		PartnerCenterOnly: []WebhookType{WebhookInventoryStatusChange, WebhookInventoryUpdate, 999},
	}
	if fmt.Sprint(*got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", *got, want)
	}
	for range 3 { // at every start
		got, err := c.Event.SetWebhooks(t.Context(), address, types...)
		if err != nil || len(got.Set) != 0 || len(got.Unchanged) != 3 || shop.writes != 2 {
			t.Errorf("again: %v, %v, %d writes", got, err, shop.writes)
		}
	}
	all, err := c.Event.WebhookAddresses(t.Context())
	if err != nil || len(all) != 4 || all[EventTypeNewMessage] != "https://chat.example.com/" || all[EventTypeCancellationStatusChange] != address {
		t.Errorf("%v, %v", all, err)
	}

	// One that fails does not stop the others.
	shop.refuse = EventTypeRecipientAddressUpdate
	got, err = c.Event.SetWebhooks(t.Context(), address, WebhookRecipientAddressUpdate, WebhookReturnStatusChange)
	if err == nil || !strings.Contains(err.Error(), "RECIPIENT_ADDRESS_UPDATE") || !slices.Equal(got.Set, []WebhookType{WebhookReturnStatusChange}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := c.Event.SetWebhooks(t.Context(), "http://example.com/", WebhookPackageUpdate); err == nil || got != nil {
		t.Error("a plain address was accepted")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if got, err := c.Event.SetWebhooks(ended, address, WebhookPackageUpdate); err == nil || got != nil {
		t.Errorf("after the end of the context: %v, %v", got, err)
	}
	if _, err := c.Event.SetWebhooks(t.Context(), address); err == nil {
		t.Error("no types were accepted")
	}
	if _, err := c.ForTokens(StaticToken(NewSecret(testAccess))).Event.SetWebhooks(t.Context(), address, WebhookPackageUpdate); err == nil || !strings.Contains(err.Error(), "ForShop") {
		t.Errorf("without a shop: %v", err)
	}
}

func TestWebhookAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://example.com", "https://hooks.example.com/a/b?c=d", "https://xn--bcher-kva.example/x",
		"https://example.com/" + strings.Repeat("a", 255-len("https://example.com/")),
	} {
		if err := checkWebhookAddress(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"", "MARKED", "http://example.com/?MARKED", "https://example.com:443/MARKED", "https://example.com:/MARKED", "https://192.0.2.1/MARKED",
		"https://[2001:db8::1]/MARKED", "https://localhost/MARKED", "https://u:MARKED@example.com/", "//example.com/MARKED",
		"https:///MARKED", "https://example.com/%zzMARKED", "https://example.com/#MARKED", "https://exa mple.com/MARKED",
		"https://example.com/" + strings.Repeat("a", 256-len("https://example.com/")),
	} {
		if err := checkWebhookAddress(address); err == nil || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%s: %v", address, err)
		}
	}
	// The list of the Event API is covered but for the name without a known number.
	known := map[EventType]bool{}
	for kind := range webhookTypes {
		if name, ok := kind.EventType(); ok {
			if known[name] {
				t.Errorf("%s stands twice", name)
			}
			known[name] = true
		}
	}
	if len(known) != 16 || known[EventTypeReverseStatusUpdate] {
		t.Errorf("%d names", len(known))
	}
}
