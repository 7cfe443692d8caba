package tiktokshoptest

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// The webhooks that the fake sends, by TikTok's numbers. Their payloads name
// ids, and never a buyer's data.
//
// https://partner.tiktokshop.com/docv2/page/tiktok-shop-webhooks
const (
	hookOrder        = 1
	hookAddress      = 3
	hookPackage      = 4
	hookProduct      = 5
	hookDeauthorised = 6
	hookExpiring     = 7
	hookCancellation = 11
	hookReturn       = 12
	hookProductInfo  = 15
	hookProductNew   = 16
	hookStockStatus  = 27
	hookInvoice      = 36
	hookAudit        = 37
	hookStock        = 68
)

// hookNames are the types that the Event API can set, by their names there.
var hookNames = map[tiktokshop.EventType]int{
	"ORDER_STATUS_CHANGE": hookOrder, "RECIPIENT_ADDRESS_UPDATE": hookAddress, "PACKAGE_UPDATE": hookPackage,
	"PRODUCT_STATUS_CHANGE": hookProduct, "SELLER_DEAUTHORIZATION": hookDeauthorised,
	"UPCOMING_AUTHORIZATION_EXPIRATION": hookExpiring, "CANCELLATION_STATUS_CHANGE": hookCancellation,
	"RETURN_STATUS_CHANGE": hookReturn, "NEW_CONVERSATION": 13, "NEW_MESSAGE": 14, "PRODUCT_INFORMATION_CHANGE": hookProductInfo,
	"PRODUCT_CREATION": hookProductNew, "PRODUCT_CATEGORY_CHANGE": 18, "NEW_MESSAGE_LISTENER": 33,
	"INVOICE_STATUS_CHANGE": hookInvoice, "PRODUCT_AUDIT_STATUS_CHANGE": hookAudit, "REVERSE_STATUS_UPDATE": 2,
}

// The payloads. Fields stand in the order of TikTok's samples.
type (
	orderChanged struct {
		OnHold  bool                   `json:"is_on_hold_order"`
		OrderID string                 `json:"order_id"`
		Status  tiktokshop.OrderStatus `json:"order_status"`
		Time    tiktokshop.UnixSeconds `json:"update_time"`
	}
	addressChanged struct {
		OrderID string                 `json:"order_id"`
		Time    tiktokshop.UnixSeconds `json:"update_time"`
	}
	packagesChanged struct {
		Cause    string                 `json:"sc_type"`
		Role     string                 `json:"role_type"`
		Packages []packageChanged       `json:"package_list"`
		Time     tiktokshop.UnixSeconds `json:"update_time"`
	}
	packageChanged struct {
		ID     string   `json:"package_id"`
		Orders []string `json:"order_id_list"`
	}
	productChanged struct {
		ProductID       any                    `json:"product_id"`
		Status          string                 `json:"status"`
		SuspendedReason string                 `json:"suspended_reason"`
		Time            tiktokshop.UnixSeconds `json:"update_time"`
	}
	deauthorised struct {
		Message string `json:"message"`
	}
	expiring struct {
		Message string `json:"message"`
		Expires int64  `json:"expiration_time,string"`
	}
	cancellationChanged struct {
		OrderID  string                  `json:"order_id"`
		Role     tiktokshop.CancelRole   `json:"cancellations_role"`
		Status   tiktokshop.CancelStatus `json:"cancel_status"`
		CancelID string                  `json:"cancel_id"`
		Created  tiktokshop.UnixSeconds  `json:"create_time"`
		Time     tiktokshop.UnixSeconds  `json:"update_time"`
	}
	returnChanged struct {
		OrderID  string                  `json:"order_id"`
		Role     tiktokshop.ReturnRole   `json:"return_role"`
		Type     tiktokshop.ReturnType   `json:"return_type"`
		Status   tiktokshop.ReturnStatus `json:"return_status"`
		ReturnID string                  `json:"return_id"`
		Created  tiktokshop.UnixSeconds  `json:"create_time"`
		Time     tiktokshop.UnixSeconds  `json:"update_time"`
	}
	productInfoChanged struct {
		ProductID string                 `json:"product_id"`
		Source    string                 `json:"change_source"`
		Fields    []string               `json:"changed_fields"`
		Time      tiktokshop.UnixSeconds `json:"update_time"`
	}
	productCreated struct {
		ProductID any                    `json:"product_id"`
		Types     []string               `json:"product_types"`
		Time      tiktokshop.UnixSeconds `json:"update_time"`
	}
	stockStatusChanged struct {
		ProductID    string                 `json:"product_id"`
		SKUID        string                 `json:"sku_id"`
		Reason       stockAlert             `json:"trigger_reason"`
		Status       string                 `json:"current_inventory_status"`
		Distribution stockDistribution      `json:"inventory_distribution"`
		Time         tiktokshop.UnixSeconds `json:"update_time"`
	}
	stockAlert struct {
		Type      string `json:"alert_type"`
		Threshold int    `json:"low_stock_threshold"`
	}
	stockDistribution struct {
		Total     int `json:"total_quantity"`
		Available int `json:"available_quantity"`
		Creator   int `json:"creator_reserved_quantity"`
		Campaign  int `json:"campaign_reserved_quantity"`
		Committed int `json:"committed_quantity"`
	}
	invoiceChanged struct {
		PackageID string                 `json:"package_id"`
		Orders    []string               `json:"order_ids"`
		Status    string                 `json:"invoice_status"`
		Reason    string                 `json:"invalid_reason"`
		Time      tiktokshop.UnixSeconds `json:"update_time"`
	}
	auditChanged struct {
		ProductID any `json:"product_id"`
		Audit     struct {
			Status string `json:"status"`
		} `json:"audit"`
		Time tiktokshop.UnixSeconds `json:"update_time"`
	}
	stockChanged struct {
		EventID    string        `json:"event_id"`
		OccurredAt time.Time     `json:"occurred_at"`
		SellerID   string        `json:"seller_id"`
		ProductID  string        `json:"product_id"`
		SKUID      string        `json:"sku_id"`
		After      stockSnapshot `json:"quantity_snapshot_after_change"`
		Changes    []stockDelta  `json:"change_detail"`
	}
	stockSnapshot struct {
		Total     int `json:"total_quantity"`
		Available int `json:"total_available_quantity"`
		Committed int `json:"total_committed_quantity"`
		InShop    int `json:"in_shop_quantity"`
		Campaign  int `json:"campaign_locked_quantity"`
		Creator   int `json:"creator_locked_quantity"`
	}
	stockDelta struct {
		Key        string    `json:"idempotency_key"`
		Source     string    `json:"trigger_source"`
		OccurredAt time.Time `json:"occurred_at"`
		Total      int       `json:"total_quantity_delta"`
		Available  int       `json:"available_quantity_delta"`
		Committed  int       `json:"committed_quantity_delta"`
		InShop     int       `json:"in_shop_quantity_delta"`
		Campaign   int       `json:"campaign_locked_quantity_delta"`
		Creator    int       `json:"creator_locked_quantity_delta"`
	}
)

// notify posts a webhook if the shop has an address for its type.
func (f *Fake) notify(kind int, data any) {
	to := f.addresses[kind]
	if to == nil || f.state.deauthorised {
		return
	}
	envelope := struct {
		Type      int    `json:"type"`
		ID        string `json:"tts_notification_id,omitempty"`
		ShopID    string `json:"shop_id"`
		Timestamp int64  `json:"timestamp"`
		Data      any    `json:"data"`
	}{kind, f.newID(idNotification), f.shop.ID, f.now.Unix(), data}
	d := Delivery{Type: kind, ID: envelope.ID, Shop: f.shop.ID, Address: to.url}
	if kind == hookAddress && f.has(QuirkWebhookWithoutID) {
		envelope.ID = ""
	}
	var whole any = envelope
	if kind == hookStock && f.has(QuirkWebhookWithoutEnvelope) {
		whole = data
	}
	body, err := json.Marshal(whole)
	if err != nil { // the payloads are the types above
		panic("tiktokshoptest: encoding a webhook: " + err.Error())
	}
	d.Body = string(body)
	f.post(d)
}

// numberID is an id that some webhooks write as a JSON number.
func (f *Fake) numberID(id string) any {
	if _, err := strconv.ParseInt(id, 10, 64); err == nil && f.has(QuirkWebhookNumbersAsIDs) {
		return json.Number(id)
	}
	return id
}

func (f *Fake) notifyOrder(o *order) {
	status := o.info.Status
	switch {
	case status == tiktokshop.OrderStatusPartiallyShipping && f.has(QuirkWebhookNotPartial):
		return
	case status == tiktokshop.OrderStatusCancelled && f.has(QuirkWebhookCancelSpelling):
		status = "CANCEL"
	}
	f.notify(hookOrder, orderChanged{o.info.IsOnHoldOrder, o.info.ID, status, f.unix()})
}

func (f *Fake) notifyPackages(cause, role string, parcels ...*parcel) {
	if f.addresses[hookPackage] == nil {
		return
	}
	data := packagesChanged{Cause: cause, Role: role, Time: f.unix()}
	for _, p := range parcels {
		data.Packages = append(data.Packages, packageChanged{p.id, p.orderIDs()})
	}
	f.notify(hookPackage, data)
}

func (f *Fake) notifyProduct(p *product, status string) {
	f.notify(hookProduct, productChanged{ProductID: f.numberID(p.id), Status: status, Time: f.unix()})
}

func (f *Fake) notifyAudit(p *product) {
	data := auditChanged{ProductID: f.numberID(p.id), Time: f.unix()}
	data.Audit.Status = string(p.audit)
	f.notify(hookAudit, data)
}

// lowStock is the quantity from which on webhook 27 calls the stock low.
const lowStock = 5

func stockStatus(available int) string {
	switch {
	case available == 0:
		return "OUT_OF_STOCK"
	case available <= lowStock:
		return "LOW_STOCK"
	}
	return "SUFFICIENT_STOCK"
}

// changeStock runs a change of the stock of a SKU and tells of it. For a virtual
// bundle that is the stock of its components.
func (f *Fake) changeStock(s *sku, source string, run func()) {
	if f.addresses[hookStock] == nil && f.addresses[hookStockStatus] == nil {
		run()
		return
	}
	moved := []*sku{s}
	if s.components != nil {
		moved = nil
		for _, c := range s.components {
			moved = append(moved, c.sku)
		}
	}
	before := make([]stockSnapshot, len(moved))
	for i, m := range moved {
		before[i] = m.snapshot()
	}
	run()
	for i, m := range moved {
		if after := m.snapshot(); after != before[i] {
			f.notifyStock(m, source, before[i], after)
		}
	}
}

func (f *Fake) notifyStock(s *sku, source string, before, after stockSnapshot) {
	if status := stockStatus(after.Available); status != stockStatus(before.Available) {
		f.notify(hookStockStatus, stockStatusChanged{
			ProductID: s.product.id, SKUID: s.id, Reason: stockAlert{"REALTIME", lowStock}, Status: status,
			Distribution: stockDistribution{after.Total, after.InShop, after.Creator, after.Campaign, after.Committed}, Time: f.unix(),
		})
	}
	if source == "api_sync" && !f.has(QuirkWebhookEcho) || f.addresses[hookStock] == nil {
		return
	}
	at := f.now.UTC().Truncate(time.Second)
	event := f.newID(idNotification)
	f.notify(hookStock, stockChanged{
		EventID: event, OccurredAt: at, SellerID: openID, ProductID: s.product.id, SKUID: s.id, After: after,
		Changes: []stockDelta{{
			Key: event + "-1", Source: source, OccurredAt: at,
			Total: after.Total - before.Total, Available: after.Available - before.Available, Committed: after.Committed - before.Committed,
			InShop: after.InShop - before.InShop, Campaign: after.Campaign - before.Campaign, Creator: after.Creator - before.Creator,
		}},
	})
}

func (p *parcel) orderIDs() (ids []string) {
	for _, o := range p.orders() {
		ids = append(ids, o.info.ID)
	}
	slices.Sort(ids)
	return ids
}
