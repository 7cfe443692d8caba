package tiktokadapter_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// One address serves all shops of an app: what is another's is left alone, and
// answered, so that it does not come again.
func TestHintWebhooks(t *testing.T) {
	client, err := tiktokshoptest.New().Client()
	if err != nil {
		t.Fatal(err)
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("too many hints")
	for name, tc := range map[string]struct {
		shopID string
		fails  error
		want   []string
	}{
		"of the shop":             {shopID: shop.ID(), want: []string{"5764"}},
		"of no shop by name":      {want: []string{"5764"}},
		"of another shop":         {shopID: "7000"},
		"of the shop, not stored": {shopID: shop.ID(), fails: full, want: []string{"5764"}},
	} {
		var got []string
		handle := shop.HintWebhooks(func(_ context.Context, id string) error { got = append(got, id); return tc.fails })
		event, err := tiktokshop.ParseWebhook(fmt.Appendf(nil, `{"type": 1, "shop_id": %q, "timestamp": 1796126400, "data": {"order_id": "5764", "order_status": "AWAITING_SHIPMENT"}}`, tc.shopID))
		if err != nil {
			t.Fatal(err)
		}
		if err := handle(t.Context(), event); !errors.Is(err, tc.fails) {
			t.Errorf("%s: got %v, want %v", name, err, tc.fails)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
