package tiktokshoptest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/internal/gen/spec"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// described is an operation of the official description, as committed.
type described struct {
	Query    map[string]any
	Request  any
	Response any
	path     *regexp.Regexp
	method   string
	key      string
}

// describe reads the description and what is known beyond it.
func describe(t *testing.T) (all []described) {
	t.Helper()
	modules, err := spec.Load("../../internal/spec/tiktokshop")
	if err != nil {
		t.Fatal(err)
	}
	placeholder := regexp.MustCompile(`\\\{[a-z_]+\\\}`)
	for _, m := range modules {
		for _, key := range m.Keys() {
			text, err := json.Marshal(m.Operations[key])
			if err != nil {
				t.Fatal(err)
			}
			var op described
			if err := json.Unmarshal(text, &op); err != nil {
				t.Fatal(err)
			}
			method, path, _ := strings.Cut(key, " ")
			op.method, op.key = method, key
			op.path = regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$")
			all = append(all, op)
		}
	}
	return all
}

// find prefers a path without placeholders.
func find(all []described, method, path string) (best described, ok bool) {
	for _, op := range all {
		if op.method == method && op.path.MatchString(path) && (!ok || len(op.path.String()) < len(best.path.String()) || strings.HasSuffix(op.key, path)) {
			best, ok = op, true
		}
	}
	return best, ok
}

// undescribed are the values that the reference knows from elsewhere to be on
// the wire although the description does not have them.
var undescribed = map[string][]string{
	"cancel_status":  {"CANCELLATION_REQUEST_CANCELLED"},
	"package_status": {"TO_FULFILL"},
	"status":         {"TO_FULFILL"},
	"type":           {"ORDER", "RESERVE"},
}

var decimalForm = regexp.MustCompile(`^-?\d+\.\d\d$`)

// problems tells where v is not what is described.
func problems(at, name string, want, v any) []string {
	wrong := []string{fmt.Sprintf("%s: %v (%T) is no %v", at, v, v, want)}
	switch want := want.(type) {
	case map[string]any:
		object, ok := v.(map[string]any)
		if !ok {
			return wrong
		}
		var out []string
		for field, value := range object {
			if declared, known := want[field]; known {
				out = append(out, problems(at+"."+field, field, declared, value)...)
			} else {
				out = append(out, at+"."+field+" is not described")
			}
		}
		return out
	case []any: // ["array", element]
		list, ok := v.([]any)
		if !ok {
			return wrong
		}
		var out []string
		for _, e := range list {
			out = append(out, problems(at+"[]", name, want[1], e)...)
		}
		return out
	case string:
		typ, rest, _ := strings.Cut(want, " ")
		if element, ok := strings.CutPrefix(typ, "[]"); ok {
			list, isList := v.([]any)
			if !isList {
				return wrong
			}
			base, values, enum := strings.Cut(strings.TrimSuffix(element, "}"), "{")
			if enum {
				base += " enum=" + values
			}
			var out []string
			for _, e := range list {
				out = append(out, problems(at+"[]", name, base, e)...)
			}
			return out
		}
		text, isText := v.(string)
		number, isNumber := v.(json.Number)
		_, isBool := v.(bool)
		integer := isNumber && !strings.ContainsAny(number.String(), ".eE")
		switch {
		case typ == "string" && isText:
			_, enum, closed := strings.Cut(rest, "enum=")
			if !closed || slices.Contains(strings.Split(strings.Fields(enum)[0], "|"), text) || slices.Contains(undescribed[name], text) {
				return nil
			}
		case typ == "decimal" && isText && decimalForm.MatchString(text), typ == "bool" && isBool,
			(typ == "unix" || strings.HasPrefix(typ, "int")) && integer:
			return nil
		}
	}
	return wrong
}

// contract is a transport that checks what passes through it.
type contract struct {
	*testing.T
	all  []described
	next http.RoundTripper
	hit  map[string]bool
}

func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	op, ok := find(c.all, r.Method, r.URL.Path)
	if !ok {
		if !strings.HasPrefix(r.URL.Path, "/api/v2/token/") {
			c.Errorf("%s %s is not described", r.Method, r.URL.Path)
		}
		return c.next.RoundTrip(r)
	}
	for name := range r.URL.Query() {
		if _, common := map[string]int{"app_key": 0, "sign": 0, "timestamp": 0, "shop_cipher": 0}[name]; !common && op.Query[name] == nil {
			c.Errorf("%s: query %s is not described", op.key, name)
		}
	}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c.compare(op.key+" request", op.Request, body)
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var envelope struct {
		Code    int
		Message string
		Data    json.RawMessage
	}
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.Code != 0 {
		c.Errorf("%s: got %s", op.key, body)
	} else {
		c.hit[op.key] = true
		c.compare(op.key+" reply", op.Response, envelope.Data)
	}
	return resp, nil
}

func (c *contract) compare(at string, want any, text []byte) {
	if s := string(text); s == "" || s == "null" || s == "{}" {
		return
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		c.Error(err)
	}
	if want == nil {
		want = map[string]any{}
	}
	for _, p := range problems(at, "", want, v) {
		c.Error(p)
	}
}

// Every request that the fake accepts and every reply that it gives agrees with
// the official description, over sessions that touch every operation.
func TestEveryOperationAgreesWithTheOfficialDescription(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		all := describe(t)
		touched := map[string]bool{}
		for _, market := range []string{"GB", "US", "TH", "BR"} {
			l := newLab(t, tiktokshoptest.WithMarket(market))
			check := &contract{t, all, l.RoundTripper(), map[string]bool{}}
			c, err := l.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: check}), tiktokshop.WithMaxAttempts(1))
			l.ok(err)
			l.client = c
			l.session(market)
			for _, call := range l.Calls() {
				touched[call.Operation] = true
			}
		}
		for _, name := range tiktokshoptest.Operations() {
			if !touched[name] {
				t.Errorf("%s was not touched", name)
			}
		}
	})
}

// session is two weeks of a shop.
func (l *lab) session(market string) {
	ctx, c := l.Context(), l.client
	_, err := c.ExchangeCode(ctx, l.Authorise())
	l.ok(err)
	_, err = c.RefreshToken(ctx, l.Token())
	l.ok(err)
	l.ok(errOf(c.Authorization.GetAuthorizedShops(ctx, nil)))
	l.ok(errOf(c.Seller.GetActiveShops(ctx, nil)))
	l.ok(errOf(c.Seller.GetSellerPermissions(ctx, nil)))
	l.ok(errOf(c.Seller.GetSellerStatus(ctx, nil)))
	l.ok(errOf(c.Event.UpdateShopWebhook(ctx, &tiktokshop.UpdateShopWebhookRequest{Address: "https://hooks.example.com/t", EventType: "ORDER_STATUS_CHANGE"})))
	l.ok(errOf(c.Event.GetShopWebhooks(ctx, nil)))
	l.ok(errOf(c.Event.DeleteShopWebhook(ctx, &tiktokshop.DeleteShopWebhookRequest{EventType: "ORDER_STATUS_CHANGE"})))
	l.ok(errOf(c.Logistics.GetAvailableShippingTemplate(ctx, nil)))
	l.ok(errOf(c.Logistics.GetWarehouseList(ctx, nil)))
	got(c.Logistics.GetWarehouseDeliveryOptions(ctx, north, nil))(l)
	got(c.Logistics.GetShippingProviders(ctx, tiktokshoptest.OptionStandard, nil))(l)
	l.products()
	l.lives()

	bundle := tiktokshoptest.OrderSpec{
		Lines:       []tiktokshoptest.Line{{SKUID: set, Quantity: 1, SellerDiscount: "1.00", PlatformDiscount: "0.50"}, {SKUID: mug, Quantity: 2}, {SKUID: mug, Quantity: 1, Gift: true}},
		ShippingFee: "3.99", Tax: "1.11", BuyerMessage: "ring twice", CombineGroup: "7",
	}
	id := l.place(bundle)
	got(c.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{PageSize: 1, SortField: new("update_time")}))(l)
	got(c.Order.GetOrderDetail(ctx, &tiktokshop.GetOrderDetailRequest{IDs: []string{id}}))(l)
	got(c.Order.GetOrderDetailV202309(ctx, &tiktokshop.GetOrderDetailV202309Request{IDs: []string{id}}))(l)
	got(c.Order.GetPriceDetail(ctx, id, nil))(l)
	ref := tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrder{ID: "L1", Platform: "ORDER_MANAGEMENT_SYSTEM"}
	for _, line := range l.detail(id).LineItems {
		ref.LineItems = append(ref.LineItems, tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrderLineItem{ID: "1", OriginID: line.ID})
	}
	_, err = c.Order.AddExternalOrderReferences(ctx, &tiktokshop.AddExternalOrderReferencesRequest{Orders: []tiktokshop.AddExternalOrderReferencesRequestOrder{{ID: id, ExternalOrder: ref}, {ID: "1", ExternalOrder: ref}}})
	if err == nil {
		l.Error("no error for an unknown order")
	}
	got(c.Order.GetExternalOrderReferences(ctx, id, &tiktokshop.GetExternalOrderReferencesRequest{Platform: "ORDER_MANAGEMENT_SYSTEM"}))(l)
	got(c.Order.SearchOrderByExternalOrderReference(ctx, &tiktokshop.SearchOrderByExternalOrderReferenceRequest{Platform: "ORDER_MANAGEMENT_SYSTEM", ExternalOrderID: "L1"}))(l)

	switch market {
	case "GB":
		_, err := l.mark(id, "AB1")
		l.ok(err)
		l.ok(errOf(c.Fulfillment.UpdateShippingInfo(ctx, id, &tiktokshop.UpdateShippingInfoRequest{TrackingNumber: "AB2", ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID})))
	case "US":
		l.labels()
		_, err := l.mark(id, "AB1")
		l.ok(err)
		l.ok(errOf(c.Fulfillment.UpdatePackageShippingInfo(ctx, l.detail(id).Packages[0].ID, &tiktokshop.UpdatePackageShippingInfoRequest{TrackingNumber: "AB3", ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID})))
	case "TH":
		l.slices()
		l.ok(l.ship(l.detail(id).Packages[0].ID, l.byHand("AB4")))
	case "BR":
		pack := l.detail(id).Packages[0].ID
		_, err := c.Fulfillment.UploadInvoice(ctx, &tiktokshop.UploadInvoiceRequest{Invoices: []tiktokshop.UploadInvoiceRequestInvoice{
			{PackageID: &pack, OrderIDs: []string{id}, FileType: new("XML"), File: new(base64.StdEncoding.EncodeToString([]byte("<nf/>")))},
		}})
		l.ok(err)
		l.ok(l.AcceptInvoice(pack, ""))
		l.ok(l.ship(pack, l.byHand("AB5")))
	}
	got(c.Fulfillment.GetTracking(ctx, id, nil))(l)
	l.ok(l.Collect(id))
	l.ok(l.Deliver(id))
	l.aftersales(id)
	l.money(id)
	l.ok(errOf(c.Authorization.DeauthorizeShop(ctx, nil)))
}

// got returns a function that fails the test if err is not nil.
func got[T any](v T, err error) func(*lab) T {
	return func(l *lab) T {
		l.Helper()
		l.ok(err)
		return v
	}
}

func (l *lab) byHand(number string) *tiktokshop.ShipPackageRequest {
	return &tiktokshop.ShipPackageRequest{SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{
		TrackingNumber: number, ShippingProviderID: l.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
	}}
}

func (l *lab) products() {
	ctx, c := l.Context(), l.client
	l.ok(l.LockStock(mug, "Black Friday", false, 1))
	l.ok(l.LockStock(mug, "Robin", true, 1))
	got(c.Product.SearchProducts(ctx, &tiktokshop.SearchProductsRequest{PageSize: 1}))(l)
	got(c.Product.GetProduct(ctx, setProduct, nil))(l)
	got(c.Product.InventorySearch(ctx, &tiktokshop.InventorySearchRequest{ProductIDs: []string{mugProduct, setProduct}}))(l)
	stock := func(id, product string, n ...int) error {
		req := tiktokshop.UpdateInventoryRequestSKU{ID: id}
		for i, w := range []string{north, south}[:len(n)] {
			req.Inventory = append(req.Inventory, tiktokshop.UpdateInventoryRequestSKUInventory{WarehouseID: &w, Quantity: n[i]})
		}
		_, err := c.Product.UpdateInventory(ctx, product, &tiktokshop.UpdateInventoryRequest{SKUs: []tiktokshop.UpdateInventoryRequestSKU{req}})
		return err
	}
	l.ok(stock(mug, mugProduct, 50, 60))
	if stock(plate, plateProduct, -1) == nil || stock(mug, mugProduct, 1, 0) == nil {
		l.Error("no error of an item")
	}
	l.ok(stock(plate, plateProduct, 40))
	l.ok(l.LockStock(mug, "Black Friday", false, 0))
	l.ok(errOf(c.Product.UpdatePrice(ctx, plateProduct, &tiktokshop.UpdatePriceRequest{SKUs: []tiktokshop.UpdatePriceRequestSKU{{
		ID: plate, Price: &tiktokshop.Price{Amount: new(tiktokshop.Decimal("6.00")), Currency: new(l.currency())},
	}}})))
	got(c.Product.DeactivateProducts(ctx, &tiktokshop.DeactivateProductsRequest{ProductIDs: []string{plateProduct}}))(l)
	got(c.Product.ActivateProduct(ctx, &tiktokshop.ActivateProductRequest{ProductIDs: []string{plateProduct}}))(l)
	l.ok(l.FinishAudit(plateProduct, true))
	if _, err := c.Product.ActivateProduct(ctx, &tiktokshop.ActivateProductRequest{ProductIDs: []string{"1"}}); err == nil {
		l.Error("no error of a product")
	}
}

func (l *lab) currency() string {
	id := l.place(mugs(1))
	o, _ := l.Order(id)
	return o.Payment.Currency
}

// lives are a LIVE that goes on and, told at once, one that has ended; and what a connector
// tells of an order.
func (l *lab) lives() {
	ctx, c := l.Context(), l.client
	id := got(l.StartLive("Mugs", mugProduct, plateProduct))(l)
	order := l.place(mugs(2))
	for range 2 {
		got(c.Analytics.GetShopLIVEPerformanceList(ctx, &tiktokshop.GetShopLIVEPerformanceListRequest{StartDateGe: "2000-01-01", EndDateLt: "2100-01-01"}))(l)
		got(c.Analytics.GetShopLIVEPerformancePerMinutes(ctx, id, nil))(l)
		got(c.Analytics.GetShopLIVEProductsPerformanceList(ctx, id, nil))(l)
		time.Sleep(2 * time.Minute)
		_ = l.EndLive(id)
	}
	told := func(id string) tiktokshop.OrderStatusDataExchangeRequestOrder {
		return tiktokshop.OrderStatusDataExchangeRequestOrder{
			ChannelType: new("SHOPIFY"), ChannelOrderStatus: new("OPEN"), ChannelOrderID: new("1"), OrderID: &id,
			ChannelOrderUpdateTime: new(strconv.FormatInt(time.Now().Unix()-1, 10)),
		}
	}
	exchange := func(id string) error {
		return errOf(c.DataReconciliation.OrderStatusDataExchange(ctx, &tiktokshop.OrderStatusDataExchangeRequest{Orders: []tiktokshop.OrderStatusDataExchangeRequestOrder{told(id)}}))
	}
	l.ok(exchange(order))
	if exchange("1") == nil {
		l.Error("no error for an unknown order")
	}
}

// labels ships with TikTok Shipping in the US.
func (l *lab) labels() {
	ctx, c := l.Context(), l.client
	id := l.place(byTikTok(2))
	got(c.Fulfillment.GetEligibleShippingService(ctx, id, &tiktokshop.GetEligibleShippingServiceRequest{}))(l)
	got(c.Fulfillment.GetHandoverTimeslots(ctx, id, nil))(l)
	pack, err := l.label(id)
	l.ok(err)
	got(c.Fulfillment.SchedulePackageHandover(ctx, &tiktokshop.SchedulePackageHandoverRequest{OrderID: &id}))(l)
	l.ok(l.Collect(id))
	got(c.Fulfillment.GetPackageDetail(ctx, pack, nil))(l)
	id = l.place(byTikTok(2))
	got(c.Fulfillment.CreatePackagesV202309(ctx, &tiktokshop.CreatePackagesV202309Request{OrderID: &id, OrderLineItemIDs: l.lines(id)[:1]}))(l)
}

// slices splits, combines and ships in Thailand.
func (l *lab) slices() {
	ctx, c := l.Context(), l.client
	spec := tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: mug, Quantity: 1}, {SKUID: plate, Quantity: 1}}, BuyerID: "1"}
	split := l.place(spec)
	got(c.Fulfillment.GetOrderSplitAttributes(ctx, &tiktokshop.GetOrderSplitAttributesRequest{OrderIDs: []string{split}}))(l)
	var first string
	for _, item := range l.detail(split).LineItems {
		if item.SKUID == mug {
			first = item.ID
		}
	}
	got(c.Fulfillment.SplitOrders(ctx, split, &tiktokshop.SplitOrdersRequest{SplittableGroups: []tiktokshop.SplitOrdersRequestSplittableGroup{{ID: new("1"), OrderLineItemIDs: []string{first}}}}))(l)
	tiktok := byTikTok(1)
	tiktok.BuyerID = "2"
	a, b := l.place(tiktok), l.place(tiktok)
	got(c.Fulfillment.SearchCombinablePackages(ctx, &tiktokshop.SearchCombinablePackagesRequest{PageSize: 1}))(l)
	req := &tiktokshop.CombinePackageRequest{CombinablePackages: []tiktokshop.CombinePackageRequestCombinablePackage{{ID: new("1"), OrderIDs: []string{a, b}}}}
	pack := got(c.Fulfillment.CombinePackage(ctx, req))(l).Packages[0].ID
	got(c.Fulfillment.UncombinePackages(ctx, pack, &tiktokshop.UncombinePackagesRequest{OrderIDs: []string{b}}))(l)
	pack = got(c.Fulfillment.CombinePackage(ctx, req))(l).Packages[0].ID
	got(c.Fulfillment.GetPackageHandoverTimeSlots(ctx, pack, nil))(l)
	_, err := c.Fulfillment.BatchShipPackages(ctx, &tiktokshop.BatchShipPackagesRequest{Packages: []tiktokshop.BatchShipPackagesRequestPackage{{ID: pack}, {ID: "1"}}})
	if err == nil {
		l.Error("no error of a package")
	}
	got(c.Fulfillment.GetPackageDetail(ctx, pack, nil))(l)
	got(c.Fulfillment.SearchPackage(ctx, &tiktokshop.SearchPackageRequest{PageSize: 50}))(l)
	calm, err := l.Client()
	l.ok(err)
	_, _ = calm.Fulfillment.GetPackageShippingDocument(ctx, pack, &tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"})
	doc := got(c.Fulfillment.GetPackageShippingDocument(ctx, pack, &tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"}))(l)
	resp, err := (&http.Client{Transport: l.RoundTripper()}).Get(doc.DocURL)
	l.ok(err)
	l.ok(resp.Body.Close())
}

func (l *lab) aftersales(id string) {
	ctx, c := l.Context(), l.client
	reason := l.SellerCancelReasons()[0]
	got(c.ReturnRefund.CancelOrderV202309(ctx, &tiktokshop.CancelOrderV202309Request{OrderID: l.place(mugs(1)), CancelReason: reason}))(l)
	l.ok(l.SetStock(mug, north, 20))
	for _, approve := range []bool{true, false} {
		request := got(l.RequestCancellation(l.place(mugs(1)), "ecom_order_to_ship_canceled_reason_no_longer_needed"))(l)
		reasons := got(c.ReturnRefund.GetRejectReasons(ctx, &tiktokshop.GetRejectReasonsRequest{ReturnOrCancelID: request}))(l)
		if approve {
			l.ok(errOf(c.ReturnRefund.ApproveCancellation(ctx, request, nil)))
		} else {
			l.ok(errOf(c.ReturnRefund.RejectCancellation(ctx, request, &tiktokshop.RejectCancellationRequest{RejectReason: reasons.Reasons[0].Name})))
		}
	}
	got(c.ReturnRefund.SearchCancellationsV202309(ctx, &tiktokshop.SearchCancellationsV202309Request{PageSize: new("1")}))(l)
	got(c.ReturnRefund.GetAftersaleEligibilityV202512(ctx, id, &tiktokshop.GetAftersaleEligibilityV202512Request{RequestTypes: []string{"CANCEL", "REFUND"}}))(l)
	got(c.ReturnRefund.CalculateRefundV202309(ctx, &tiktokshop.CalculateRefundV202309Request{OrderID: &id, RequestType: new("REFUND")}))(l)
	lines := l.detail(id).LineItems
	back := got(l.RequestReturn(id, tiktokshoptest.ReturnSpec{Type: "RETURN_AND_REFUND", LineIDs: []string{lines[0].ID}}))(l)
	got(c.ReturnRefund.GetDecisionEligibility(ctx, &tiktokshop.GetDecisionEligibilityRequest{ReturnOrCancelID: back}))(l)
	l.ok(errOf(c.ReturnRefund.ApproveReturn(ctx, back, &tiktokshop.ApproveReturnRequest{Decision: "APPROVE_RETURN"})))
	l.ok(l.SendReturn(back, "R1"))
	reasons := got(c.ReturnRefund.GetRejectReasons(ctx, &tiktokshop.GetRejectReasonsRequest{ReturnOrCancelID: back}))(l)
	l.ok(errOf(c.ReturnRefund.RejectReturn(ctx, back, &tiktokshop.RejectReturnRequest{Decision: "REJECT_RECEIVED_PACKAGE", RejectReason: &reasons.Reasons[0].Name})))
	got(c.ReturnRefund.GetReturnRecords(ctx, back, nil))(l)
	got(c.ReturnRefund.CreateReturn(ctx, &tiktokshop.CreateReturnRequest{
		OrderID: id, ReturnType: "REFUND", ReturnReason: new(l.ReturnReasons()[0]), OrderLineItemIDs: []string{lines[1].ID},
	}))(l)
	got(c.ReturnRefund.SearchReturnsV202309(ctx, &tiktokshop.SearchReturnsV202309Request{PageSize: new("10")}))(l)

	// The same in version 202602.
	got(c.ReturnRefund.SearchReturns(ctx, nil))(l)
	got(c.ReturnRefund.SearchCancellations(ctx, nil))(l)
	got(c.ReturnRefund.GetAftersaleEligibility(ctx, id, nil))(l)
	l.ok(l.SetStock(mug, north, 20))
	got(c.ReturnRefund.CancelOrder(ctx, &tiktokshop.CancelOrderRequest{OrderID: l.place(mugs(1)), CancelReason: reason}))(l)
}

func (l *lab) money(id string) {
	ctx, c := l.Context(), l.client
	got(c.Finance.GetUnsettledTransactions(ctx, &tiktokshop.GetUnsettledTransactionsRequest{SortField: "order_create_time"}))(l)
	_, err := l.Adjust("PLATFORM_PENALTY", id, "-2.00")
	l.ok(err)
	held, err := l.Reserve(id, "1.00")
	l.ok(err)
	l.ok(l.ReleaseReserve(held))
	l.ok(l.Complete(id))
	time.Sleep(48 * time.Hour)
	statements := got(c.Finance.GetStatements(ctx, &tiktokshop.GetStatementsRequest{SortField: "statement_time"}))(l).Statements
	got(c.Finance.GetTransactionsByStatement(ctx, statements[0].ID, &tiktokshop.GetTransactionsByStatementRequest{SortField: "order_create_time"}))(l)
	got(c.Finance.GetTransactionsByOrder(ctx, id, nil))(l)
	got(c.Finance.GetPayments(ctx, &tiktokshop.GetPaymentsRequest{SortField: "create_time"}))(l)
	l.ok(l.Withdraw("5.00"))
	got(c.Finance.GetWithdrawals(ctx, &tiktokshop.GetWithdrawalsRequest{Types: []tiktokshop.FinanceType{"WITHDRAW", "SETTLE"}}))(l)
}
