package tiktokshoptest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

const hooks = "https://hooks.example.com/tiktok"

// inbox receives webhooks and answers with a status.
type inbox struct {
	*testing.T
	app    tiktokshop.App
	status int
	slow   time.Duration
	events []*tiktokshop.WebhookEvent
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Error(err)
	}
	if err := tiktokshop.VerifyWebhook(b.app, r.Header.Get("Authorization"), body); err != nil {
		b.Error(err)
	}
	event, err := tiktokshop.ParseWebhook(body)
	if err != nil || event.DecodeErr != nil {
		b.Errorf("%s: %v, %v", body, err, event.DecodeErr)
	}
	time.Sleep(b.slow)
	b.events = append(b.events, event)
	w.WriteHeader(b.status)
}

// withHooks is a shop that posts every webhook to an inbox.
func withHooks(t *testing.T, opts ...tiktokshoptest.Option) (*lab, *inbox) {
	t.Helper()
	b := &inbox{T: t, status: 200}
	l := newLab(t, append(opts, tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(b)))...)
	b.app = l.App()
	l.SetWebhooks(hooks)
	return l, b
}

func (b *inbox) types() (types []int) {
	for _, e := range b.events {
		types = append(types, int(e.Type))
	}
	return types
}

func (b *inbox) last(kind int) *tiktokshop.WebhookEvent {
	b.Helper()
	for _, e := range slices.Backward(b.events) {
		if int(e.Type) == kind {
			return e
		}
	}
	b.Fatalf("no webhook %d in %v", kind, b.types())
	return nil
}

func TestEveryChangeOfAnOrderIsTold(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l, b := withHooks(t, tiktokshoptest.Without(tiktokshoptest.QuirkWebhookOrder))
		spec := mugs(2)
		spec.State = tiktokshop.OrderStatusUnpaid
		id := l.place(spec)
		l.ok(l.Pay(id))
		time.Sleep(tiktokshoptest.HoldTime)
		o, _ := l.Order(id)
		l.ok(l.ChangeAddress(id, o.RecipientAddress))
		_, err := l.mark(id, "AB1", o.LineItems[0].ID)
		l.ok(err)
		_, err = l.mark(id, "AB2")
		l.ok(err)
		l.ok(l.Collect(id))
		l.ok(l.Deliver(id))
		l.ok(l.Complete(id))
		l.SendWebhooks(t.Context())
		var got []string
		for _, e := range b.events {
			if data, ok := e.Data.(*tiktokshop.OrderStatusChange); ok {
				got = append(got, string(data.OrderStatus))
			}
		}
		want := []string{"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION", "IN_TRANSIT", "DELIVERED", "COMPLETED"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		if e := b.last(1); e.ShopID != l.Shop().ID || string(e.Data.(*tiktokshop.OrderStatusChange).OrderID) != id || e.ID == "" {
			t.Errorf("got %s", e.Raw)
		}
		if data := b.last(3).Data.(*tiktokshop.RecipientAddressUpdate); string(data.OrderID) != id {
			t.Errorf("got %+v", data)
		}
	})
}

func TestCancellationsReturnsProductsStockAndTheAuthorisationAreTold(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l, b := withHooks(t, tiktokshoptest.WithMarket("BR"))
		request, err := l.RequestCancellation(l.place(mugs(1)), "why")
		l.ok(err)
		spec := tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mug, Quantity: 1}, {SKUID: plate, Quantity: 1}}}
		split := l.place(spec)
		o, _ := l.Order(split)
		_, err = l.client.Fulfillment.SplitOrders(t.Context(), split, &tiktokshop.SplitOrdersRequest{
			SplittableGroups: []tiktokshop.SplitOrdersRequestSplittableGroup{{ID: new("1"), OrderLineItemIDs: []string{o.LineItems[0].ID}}},
		})
		l.ok(err)
		o, _ = l.Order(split)
		for _, p := range o.Packages {
			_, err = l.client.Fulfillment.UploadInvoice(t.Context(), &tiktokshop.UploadInvoiceRequest{Invoices: []tiktokshop.UploadInvoiceRequestInvoice{
				{PackageID: &p.ID, OrderIDs: []string{split}, FileType: new("XML"), File: new("PGEvPg==")},
			}})
			l.ok(err)
			l.code(l.ship(p.ID, l.byHand("N"+p.ID)), 21004006)
			l.ok(l.AcceptInvoice(p.ID, ""))
			l.ok(l.ship(p.ID, l.byHand("N"+p.ID)))
		}
		l.ok(l.Collect(split))
		back, err := l.RequestReturn(split, tiktokshoptest.ReturnSpec{})
		l.ok(err)
		l.ok(l.SetStock(plate, north, 0))
		l.ok(l.SetProductStatus(plateProduct, "SELLER_DEACTIVATED"))
		_, err = l.client.Product.ActivateProduct(t.Context(), &tiktokshop.ActivateProductRequest{ProductIDs: []string{plateProduct}})
		l.ok(err)
		l.ok(l.AddProduct(tiktokshoptest.Product{ID: "1729000000000000050", SKUs: []tiktokshoptest.SKU{{SellerSKU: "X", Stock: map[string]int{north: 1}}}}))
		l.Deauthorise()
		l.SendWebhooks(t.Context())
		if data := b.last(11).Data.(*tiktokshop.CancellationStatusChange); string(data.CancelID) != request || data.CancelStatus != "CANCELLATION_REQUEST_PENDING" || data.Role != "BUYER" {
			t.Errorf("got %+v", data)
		}
		if data := b.last(12).Data.(*tiktokshop.ReturnStatusChange); string(data.ReturnID) != back || data.ReturnType != "REFUND" {
			t.Errorf("got %+v", data)
		}
		if data := b.last(4).Data.(*tiktokshop.PackageUpdate); data.Cause != "SPLIT" || len(data.Packages) != 2 {
			t.Errorf("got %+v", data)
		}
		for _, kind := range []int{5, 6, 16, 27, 36, 37} {
			b.last(kind)
		}
		if n := len(b.events); n != len(l.Deliveries()) || l.PendingWebhooks() != 0 {
			t.Errorf("%d received, %d delivered, %d pending", n, len(l.Deliveries()), l.PendingWebhooks())
		}
		for _, d := range l.Deliveries() {
			for _, personal := range []string{"Robin", "Sample Street", "555", "@"} {
				if strings.Contains(d.Body, personal) {
					t.Errorf("%s has %q", d.Body, personal)
				}
			}
		}
	})
}

func TestAFailedDeliveryIsRepeatedFourTimes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l, b := withHooks(t)
		b.status = 500
		start := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { l.RunWebhooks(ctx); close(done) }()
		l.ok(l.SetProductStatus(mugProduct, "FREEZE"))
		time.Sleep(48 * time.Hour)
		cancel()
		<-done
		var got []time.Duration
		ids := map[string]bool{}
		for _, d := range l.Deliveries() {
			got = append(got, d.Time.Sub(start))
			ids[d.ID] = true
		}
		at := []time.Duration{0, 2 * time.Minute, 32 * time.Minute, 3*time.Hour + 32*time.Minute, 15*time.Hour + 32*time.Minute}
		if diff := cmp.Diff(at, got); diff != "" || len(ids) != 1 || l.PendingWebhooks() != 0 {
			t.Errorf("%d ids, attempts (-want +got):\n%s", len(ids), diff)
		}
	})
}

func TestAnAnswerAfterThreeSecondsIsAFailure(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l, b := withHooks(t)
		b.slow = 3*time.Second + time.Millisecond
		l.ok(l.SetProductStatus(mugProduct, "FREEZE"))
		l.SendWebhooks(t.Context())
		if d := l.Deliveries()[0]; d.Status != 0 || l.PendingWebhooks() != 1 {
			t.Errorf("got %+v", d)
		}
		b.slow = 3*time.Second - time.Millisecond
		time.Sleep(2 * time.Minute)
		l.SendWebhooks(t.Context())
		if d := l.Deliveries()[1]; d.Status != 200 || d.Attempt != 2 || l.PendingWebhooks() != 0 {
			t.Errorf("got %+v", d)
		}
	})
}

func TestWebhooksAreDelayedRepeatedAndLostOnDemand(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l, b := withHooks(t)
		only := tiktokshoptest.OfType(5)
		l.DisturbWebhooks(only, 1, tiktokshoptest.Disturbance{Delay: time.Minute})
		l.DisturbWebhooks(only, 1, tiktokshoptest.Disturbance{Copies: 1})
		l.DisturbWebhooks(nil, 1, tiktokshoptest.Disturbance{Lose: true})
		for _, s := range []tiktokshop.ProductStatus{"FREEZE", "ACTIVATE", "SELLER_DEACTIVATED"} {
			l.ok(l.SetProductStatus(mugProduct, s))
			l.SendWebhooks(t.Context())
		}
		time.Sleep(time.Minute)
		l.SendWebhooks(t.Context())
		if len(b.events) != 3 || b.events[0].ID != b.events[1].ID || b.events[2].ID >= b.events[0].ID {
			t.Errorf("got %v", b.events)
		}
	})
}

func TestTheReceiverMayCallTheShop(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		var status tiktokshop.OrderStatus
		f := tiktokshoptest.New(tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			var e struct {
				Data struct {
					ID string `json:"order_id"`
				}
			}
			l.ok(json.NewDecoder(r.Body).Decode(&e))
			status = l.detail(e.Data.ID).Status //nolint:contextcheck // the lab has its own context
		}))))
		c, err := f.Client()
		l.ok(err)
		l.Fake, l.client = f, c
		sku, err := f.Stocked("MUG", 5)
		l.ok(err)
		f.SetWebhook(1, hooks)
		l.place(tiktokshoptest.OrderOf(tiktokshoptest.Units(sku, 1)))
		ctx, cancel := context.WithCancel(t.Context())
		go l.RunWebhooks(ctx)
		synctest.Wait()
		cancel()
		if status != tiktokshop.OrderStatusAwaitingShipment {
			t.Errorf("got %q", status)
		}
	})
}

func TestTheEndOfTheAuthorisationIsAnnouncedEveryDay(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l, b := withHooks(t)
		time.Sleep(366 * 24 * time.Hour)
		l.SendWebhooks(t.Context())
		n := 0
		for _, e := range b.events {
			if e.Type == tiktokshop.WebhookUpcomingAuthorizationExpiration {
				n++
			}
		}
		if n != 30 {
			t.Errorf("%d warnings, want 30", n)
		}
		if end := b.last(7).Data.(*tiktokshop.UpcomingAuthorizationExpiration).ExpirationTime; !end.Time().Equal(l.Token().RefreshExpires) {
			t.Errorf("got %v", end)
		}
	})
}

func TestAddressesOfWebhooksAreSetByTheEventAPI(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		settings, err := l.client.Event.SetWebhooks(t.Context(), hooks, tiktokshop.WebhookOrderStatusChange, tiktokshop.WebhookInventoryStatusChange)
		l.ok(err)
		if len(settings.Set) != 1 || len(settings.PartnerCenterOnly) != 1 {
			t.Errorf("got %+v", settings)
		}
		for _, address := range []string{"http://hooks.example.com", "https://hooks.example.com:8443", "https://127.0.0.1/", "https://x." + strings.Repeat("a", 255)} {
			_, err := l.client.Event.UpdateShopWebhook(t.Context(), &tiktokshop.UpdateShopWebhookRequest{EventType: "PACKAGE_UPDATE", Address: address})
			l.code(err, 36009004)
		}
		l.code(errOf(l.client.Event.UpdateShopWebhook(t.Context(), &tiktokshop.UpdateShopWebhookRequest{EventType: "NONE", Address: hooks})), 36009004)
		for range 2 { // succeeds always
			l.ok(errOf(l.client.Event.DeleteShopWebhook(t.Context(), &tiktokshop.DeleteShopWebhookRequest{EventType: "ORDER_STATUS_CHANGE"})))
		}
		left, err := l.client.Event.WebhookAddresses(t.Context())
		if err != nil || len(left) != 0 {
			t.Errorf("got %v, %v", left, err)
		}
	})
}
