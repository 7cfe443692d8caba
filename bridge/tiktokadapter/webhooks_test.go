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

// The orders that a webhook names are hints, whatever else of it is odd or of a shape
// that its type does not have.
func TestHintsOfOddWebhooks(t *testing.T) {
	for data, want := range map[string]struct {
		kind string
		ids  []string
	}{
		`{"order_id":576460000000000001,"order_status":111}`:         {"1", []string{"576460000000000001"}},
		`{"order_id":"5764","update_time":"2026-08-30 10:00:00"}`:    {"1", []string{"5764"}},
		`{"order_id":"5764","update_time":{},"is_on_hold_order":[]}`: {"1", []string{"5764"}},
		`{"order_id":"5764","order_status":["x"]}`:                   {`"1"`, []string{"5764"}},
		`{"order_id":""}`: {"1", []string{}},
		`{"sc_type":{},"package_list":[{"package_id":1,"order_id_list":[5764,"5765"]},{"order_id_list":["5766"]}]}`: {"4", []string{"5764", "5765", "5766"}},
		`{"order_id":"5764","cancel_status":7,"cancel_id":{}}`:                                                      {"11", []string{"5764"}},
		`{"order_id":"5764","return_status":{}}`:                                                                    {"12", []string{"5764"}},
		`{"order_id":5764,"update_time":"soon"}`:                                                                    {"3", []string{"5764"}},
	} {
		event, err := tiktokshop.ParseWebhook(fmt.Appendf(nil, `{"type":%s,"shop_id":"7","timestamp":"MMXXVI","data":%s}`, want.kind, data))
		if err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		if diff := cmp.Diff(want.ids, tiktokadapter.HintsOf(event)); diff != "" {
			t.Errorf("type %s, %s (-want +got):\n%s", want.kind, data, diff)
		}
	}
}
