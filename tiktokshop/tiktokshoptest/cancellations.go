package tiktokshoptest

import (
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of cancellations.
const (
	codeUnknownReason    = 25001014
	codeReasonMisfits    = 25001021
	codeCancelling       = 25001011
	codeTooLateToCancel  = 25001045
	codeWholeOnly        = 25005010
	codeLineLimit        = 25005011
	codeDecisionMisfits  = 25020004
	codeRequestCancelled = 25020009
	codeRequestApproved  = 25020010
	codeNoCancellation   = 25007006
)

// DecisionTime is how long a buyer's request waits for the seller; then TikTok
// approves it. Integrations must read the deadline of each request instead: the
// real time differs by market and setting.
const DecisionTime = 48 * time.Hour

// RefundTime is how long the refund of a cancellation or a return takes; then it
// is COMPLETE.
const RefundTime = time.Hour

// party is who cancels: on the order, on its lines and on the cancellation.
type party struct {
	order tiktokshop.CancellationInitiator
	line  tiktokshop.OrderCancelUser
	role  tiktokshop.CancelRole
}

var (
	byBuyer  = party{"BUYER", "BUYER", "BUYER"}
	bySeller = party{"SELLER", "SELLER", "SELLER"}
	bySystem = party{"SYSTEM", "SYSTEM", "SYSTEM"}
)

// cancellation is a cancellation in the fake.
type cancellation struct {
	info  tiktokshop.Cancellation
	order *order
	lines []*line
	keys  map[string]string // decision by idempotency key
}

func (c *cancellation) set(f *Fake, s tiktokshop.CancelStatus) {
	c.info.CancelStatus, c.info.UpdateTime = s, f.unix()
	c.info.SellerNextActionResponse = nil
	f.notify(hookCancellation, cancellationChanged{c.info.OrderID, c.info.Role, s, c.info.CancelID, c.info.CreateTime, f.unix()})
	if s == tiktokshop.CancelStatusSuccess {
		f.at(f.now.Add(RefundTime), func() { c.set(f, tiktokshop.CancelStatusComplete) })
	}
}

// newCancellation records a cancellation of lines.
func (f *Fake) newCancellation(o *order, lines []*line, kind tiktokshop.CancelType, who party, reason string) *cancellation {
	c := &cancellation{order: o, lines: lines, keys: map[string]string{}, info: tiktokshop.Cancellation{
		CancelID: f.newID(idCancellation), OrderID: o.info.ID, CancelType: kind, Role: who.role,
		CancelReason: reason, CancelReasonText: reason, CreateTime: f.unix(),
	}}
	var total money
	for _, l := range lines {
		total += l.price
		c.info.CancelLineItems = append(c.info.CancelLineItems, tiktokshop.CancellationLineItem{
			CancelLineItemID: f.newID(idCancelLine), OrderLineItemID: l.info.ID, SKUID: l.sku.id, SellerSKU: l.sku.sellerSKU,
			SKUName: l.info.SKUName, ProductName: l.info.ProductName,
			RefundAmount: tiktokshop.RefundAmount{
				Currency: l.info.Currency, RefundSubtotal: l.price.decimal(), RefundTotal: l.price.decimal(),
			},
		})
	}
	c.info.RefundAmount = refund(o, total, len(lines) == len(o.lines))
	f.cancellations = append(f.cancellations, c)
	f.cancelByID[c.info.CancelID] = c
	return c
}

// refund is what the buyer gets back: nothing before the payment, which with cash on
// delivery is the delivery, and shipping and tax only with the whole order.
func refund(o *order, subtotal money, whole bool) tiktokshop.RefundAmount {
	out := tiktokshop.RefundAmount{Currency: o.info.Payment.Currency}
	if o.info.PaidTime == 0 || o.info.IsCOD && o.info.DeliveryTime == 0 {
		out.RefundTotal = "0.00"
		return out
	}
	total := subtotal
	out.RefundSubtotal = subtotal.decimal()
	if whole {
		shipping, _ := parseMoney("", string(o.info.Payment.ShippingFee))
		tax, _ := parseMoney("", string(o.info.Payment.Tax))
		out.RefundShippingFee, out.RefundTax = shipping.decimal(), tax.decimal()
		total += shipping + tax
	}
	out.RefundTotal = total.decimal()
	return out
}

// cancel cancels lines at once, with a record of it, and returns their stock.
func (f *Fake) cancel(o *order, lines []*line, who party, reason string) *cancellation {
	c := f.newCancellation(o, lines, tiktokshop.CancelTypeCancel, who, reason)
	c.set(f, tiktokshop.CancelStatusSuccess)
	f.drop(o, lines, who, reason)
	return c
}

// drop takes lines out of an order.
func (f *Fake) drop(o *order, lines []*line, who party, reason string) {
	var shrunk []*parcel
	for _, l := range lines {
		l.cancelled = true
		l.info.CancelUser, l.info.CancelReason = who.line, reason
		if !l.shipped() { // what has left is no longer in stock
			f.changeStock(l.sku, "order_canceled", func() { l.sku.move(o.info.WarehouseID, 1, -1) })
		}
		if p := l.parcel; p != nil && !slices.Contains(shrunk, p) {
			shrunk = append(shrunk, p)
		}
		if p := l.parcel; p != nil && !slices.ContainsFunc(p.lines, func(l *line) bool { return !l.cancelled }) {
			p.status, p.updated = tiktokshop.PackageStatusCancelled, f.unix()
		}
	}
	if !slices.ContainsFunc(o.lines, func(l *line) bool { return !l.cancelled }) {
		o.info.CancelTime, o.info.CancellationInitiator = f.unix(), who.order
		o.info.CancelReason = o.lines[0].info.CancelReason
	} else {
		f.notifyPackages("PARTLY_CANCEL_SPLIT", who.role4(), shrunk...)
	}
	f.settle(o)
	f.changed(o)
}

// role4 is the party as webhook 4 calls it.
func (p party) role4() string {
	switch p.role {
	case "BUYER":
		return "ROLE_USER"
	case "SELLER":
		return "ROLE_SELLER"
	}
	return "ROLE_SYSTEM"
}

// dropRequest rejects the buyer's pending request because the order moved on.
func (f *Fake) dropRequest(o *order) {
	if o.request != nil {
		f.decide(o.request, tiktokshop.CancelStatusCancelled)
	}
}

// decide ends a request.
func (f *Fake) decide(c *cancellation, s tiktokshop.CancelStatus) {
	c.set(f, s)
	c.order.request, c.order.info.IsBuyerRequestCancel = nil, false
	if s == tiktokshop.CancelStatusSuccess {
		f.drop(c.order, c.lines, byBuyer, c.info.CancelReason)
	}
}

// CancelByBuyer cancels an UNPAID or ON_HOLD order at once, as a buyer may.
func (f *Fake) CancelByBuyer(id, reason string) error {
	return f.change(id, "cancel", func(o *order) error {
		f.cancel(o, o.open(), byBuyer, reason)
		return nil
	}, tiktokshop.OrderStatusUnpaid, tiktokshop.OrderStatusOnHold)
}

// CancelBySeller cancels what has not been shipped of an order, as the seller
// does in Seller Center. reason is one of [SellerCancelReasons]; with the one for
// want of stock TikTok also sets the stock of the SKUs to 0. A request of the
// buyer ends with it.
func (f *Fake) CancelBySeller(id, reason string) error {
	return f.change(id, "cancel", func(o *order) error {
		if !slices.Contains(f.sellerCancelReasons(), reason) {
			return fmt.Errorf("reason %q is none of %q", reason, f.sellerCancelReasons())
		}
		f.dropRequest(o)
		f.cancelForSeller(o, o.open(), reason)
		return nil
	}, tiktokshop.OrderStatusOnHold, tiktokshop.OrderStatusAwaitingShipment, tiktokshop.OrderStatusPartiallyShipping)
}

func (f *Fake) cancelForSeller(o *order, lines []*line, reason string) *cancellation {
	c := f.cancel(o, lines, bySeller, reason)
	if reason == f.reason(reasonOutOfStock) && f.has(QuirkOutOfStockZeroes) {
		for _, l := range lines {
			f.changeStock(l.sku, "manual_adjustment", l.sku.clear)
		}
	}
	return c
}

// cancelRequest is the body of Cancel Order.
type cancelRequest struct {
	wantedLines
	OrderID      string `json:"order_id"`
	CancelReason string `json:"cancel_reason"`
	// Lines is how version 202602 names line items.
	Lines []struct {
		ID string `json:"order_line_item_id"`
	} `json:"order_line_list"`
}

// cancelOrder serves ReturnRefund.CancelOrderV202309, for paid orders that have not
// been shipped as a whole. Single lines can be cancelled in the US and the UK,
// for want of stock.
//
// https://partner.tiktokshop.com/docv2/page/cancel-order-202309
func (f *Fake) cancelOrder(in *request) (any, error) {
	req, err := decode[cancelRequest](in)
	if err != nil {
		return nil, err
	}
	for _, l := range req.Lines {
		req.LineIDs = append(req.LineIDs, l.ID)
	}
	if err := required("order_id", req.OrderID); err != nil {
		return nil, err
	}
	if err := required("cancel_reason", req.CancelReason); err != nil {
		return nil, err
	}
	o, err := f.orderOf(req.OrderID)
	if err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(f.sellerCancelReasons(), req.CancelReason):
		return nil, fail(codeUnknownReason, "Unknown cancel_reason")
	case o.info.Status == tiktokshop.OrderStatusUnpaid:
		return nil, fail(codeReasonMisfits, "The reason does not fit an unpaid order")
	case o.info.Status == tiktokshop.OrderStatusCancelled, o.request != nil:
		return nil, fail(codeCancelling, "The order is cancelled or about to be")
	case len(o.open()) == 0:
		return nil, fail(codeTooLateToCancel, "The order is shipped")
	}
	lines, err := f.linesToCancel(o, &req)
	if err != nil {
		return nil, err
	}
	c := f.cancelForSeller(o, lines, req.CancelReason)
	return tiktokshop.CancelOrderV202309Response{CancelID: c.info.CancelID, CancelStatus: c.info.CancelStatus}, nil
}

// linesToCancel returns the lines that a request names, all open ones if none.
func (f *Fake) linesToCancel(o *order, req *cancelRequest) ([]*line, error) {
	if req.any() && (f.market.region != "US" && f.market.region != "GB" || req.CancelReason != f.reason(reasonOutOfStock)) {
		return nil, fail(codeWholeOnly, "The order can only be cancelled as a whole")
	}
	ids, err := req.ids(o, func(l *line) bool { return !l.cancelled && !l.shipped() })
	if err != nil {
		return nil, err
	}
	return f.pick(o, ids)
}

// reasonOutOfStock is the reason with a side effect.
const reasonOutOfStock = "seller_cancel_reason_out_of_stock"

// SellerCancelReasons are the reasons for which the seller of this market may
// cancel a paid order. The first is that it is out of stock.
func (f *Fake) SellerCancelReasons() []string { return f.sellerCancelReasons() }

func (f *Fake) sellerCancelReasons() []string {
	names := []string{reasonOutOfStock, "seller_cancel_reason_wrong_price", "seller_cancel_paid_reason_address_not_deliver"}
	if f.market.region != "GB" {
		names = append(names, "seller_cancel_paid_reason_buyer_requested_cancellation")
	}
	for i := range names {
		names[i] = f.reason(names[i])
	}
	return names
}

// reason is a reason as the market spells it.
func (f *Fake) reason(name string) string {
	if f.market.region == "GB" {
		return name + "_uk"
	}
	return name
}

// RequestCancellation lets the buyer of a paid order ask for its cancellation:
// the part that has not been shipped. The seller decides before the deadline;
// else TikTok approves. It does not move the order's update_time.
func (f *Fake) RequestCancellation(id, reason string) (cancelID string, err error) {
	err = f.change(id, "request the cancellation of", func(o *order) error {
		if o.request != nil {
			return fmt.Errorf("request %s is pending", o.request.info.CancelID)
		}
		c := f.newCancellation(o, o.open(), tiktokshop.CancelTypeBuyerCancel, byBuyer, reason)
		c.set(f, tiktokshop.CancelStatusPending)
		deadline := f.now.Add(DecisionTime)
		c.info.SellerNextActionResponse = []tiktokshop.CancellationSellerNextActionResponse{
			{Action: "SELLER_RESPOND_CANCEL", Deadline: tiktokshop.At(deadline)},
		}
		o.request, o.info.IsBuyerRequestCancel, o.info.RequestCancelTime = c, true, f.unix()
		f.changed(o)
		f.at(deadline, func() {
			if c.info.CancelStatus == tiktokshop.CancelStatusPending {
				f.decide(c, tiktokshop.CancelStatusSuccess)
			}
		})
		cancelID = c.info.CancelID
		return nil
	}, tiktokshop.OrderStatusAwaitingShipment, tiktokshop.OrderStatusPartiallyShipping)
	return cancelID, err
}

// WithdrawCancellation lets the buyer take a pending request back.
func (f *Fake) WithdrawCancellation(cancelID string) error {
	defer f.enter()()
	c := f.cancelByID[cancelID]
	switch {
	case c == nil:
		return fmt.Errorf("tiktokshoptest: cancellation %s does not exist", cancelID)
	case c.info.CancelStatus != tiktokshop.CancelStatusPending:
		return fmt.Errorf("tiktokshoptest: cancellation %s is %s, not pending", cancelID, c.info.CancelStatus)
	}
	f.decide(c, tiktokshop.CancelStatusCancelled)
	return nil
}

// Cancellation returns a cancellation as the search shows it.
func (f *Fake) Cancellation(cancelID string) (tiktokshop.Cancellation, bool) {
	defer f.enter()()
	c := f.cancelByID[cancelID]
	if c == nil {
		return tiktokshop.Cancellation{}, false
	}
	return f.wireCancellation(c), true
}

// Cancellations returns all cancellations, oldest first.
func (f *Fake) Cancellations() []tiktokshop.Cancellation {
	defer f.enter()()
	all := make([]tiktokshop.Cancellation, len(f.cancellations))
	for i, c := range f.cancellations {
		all[i] = f.wireCancellation(c)
	}
	return all
}

func (f *Fake) wireCancellation(c *cancellation) tiktokshop.Cancellation {
	out := c.info
	if out.CancelStatus == tiktokshop.CancelStatusCancelled && !f.has(QuirkCancelSpelling) {
		out.CancelStatus = tiktokshop.CancelStatusCancel
	}
	out.CancelLineItems = slices.Clone(out.CancelLineItems)
	out.SellerNextActionResponse = slices.Clone(out.SellerNextActionResponse)
	return out
}

// searchCancellations serves ReturnRefund.SearchCancellationsV202309.
//
// https://partner.tiktokshop.com/docv2/page/search-cancellations-202309
func (f *Fake) searchCancellations(in *request) (any, error) {
	req, err := decode[tiktokshop.SearchCancellationsV202309Request](in)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 10, 50)
	if err != nil {
		return nil, err
	}
	field, err := oneOf("sort_field", in.query.Get("sort_field"), "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	direction, err := f.aftersaleOrder(in)
	if err != nil {
		return nil, err
	}
	var found []*cancellation
	for _, c := range f.cancellations {
		if cancellationMatches(c, &req) {
			found = append(found, c)
		}
	}
	at := func(c *cancellation) position { return position{int64(c.info.CreateTime), c.info.CancelID} }
	if field == "update_time" {
		at = func(c *cancellation) position { return position{int64(c.info.UpdateTime), c.info.CancelID} }
	}
	out := tiktokshop.SearchCancellationsV202309Response{TotalCount: len(found)}
	found, out.NextPageToken, err = page(found, at, direction == "DESC", size, in.query.Get("page_token"))
	for _, c := range found {
		out.Cancellations = append(out.Cancellations, f.wireCancellation(c))
	}
	return out, err
}

// aftersaleOrder reads the sort_order of searches of cancellations and returns.
func (f *Fake) aftersaleOrder(in *request) (string, error) {
	if f.has(QuirkReturnsAscend) {
		return oneOf("sort_order", in.query.Get("sort_order"), "ASC", "DESC")
	}
	return oneOf("sort_order", in.query.Get("sort_order"), "DESC", "ASC")
}

func cancellationMatches(c *cancellation, req *tiktokshop.SearchCancellationsV202309Request) bool {
	status := slices.Clone(req.CancelStatus)
	if slices.Contains(status, tiktokshop.CancelStatusCancel) { // the filter's spelling
		status = append(status, tiktokshop.CancelStatusCancelled)
	}
	return among(c.info.CancelID, req.CancelIDs) && among(c.info.OrderID, req.OrderIDs) &&
		among(c.order.info.UserID, req.BuyerUserIDs) && among(c.info.CancelType, req.CancelTypes) && among(c.info.CancelStatus, status) &&
		within(c.info.CreateTime, req.CreateTimeGe, req.CreateTimeLt) &&
		within(c.info.UpdateTime, req.UpdateTimeGe, req.UpdateTimeLt)
}

// among reports whether a value passes a filter of several; none passes all.
func among[T comparable](value T, wanted []T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, value)
}

// approveCancellation serves ReturnRefund.ApproveCancellation.
//
// https://partner.tiktokshop.com/docv2/page/approve-cancellation-202309
func (f *Fake) approveCancellation(in *request) (any, error) {
	return nil, f.answerRequest(in, "approve", tiktokshop.CancelStatusSuccess)
}

// rejectCancellation serves ReturnRefund.RejectCancellation.
//
// https://partner.tiktokshop.com/docv2/page/reject-cancellation-202309
func (f *Fake) rejectCancellation(in *request) (any, error) {
	req, err := decode[tiktokshop.RejectCancellationRequest](in)
	if err != nil {
		return nil, err
	}
	if err := required("reject_reason", req.RejectReason); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(f.cancelRejections(), func(r tiktokshop.GetRejectReasonsResponseReason) bool { return r.Name == req.RejectReason }) {
		return nil, fail(codeUnknownReason, "Unknown reject_reason")
	}
	return nil, f.answerRequest(in, "reject", tiktokshop.CancelStatusCancelled)
}

// answerRequest makes the seller's decision. The same decision with the same
// idempotency key is accepted again without effect.
func (f *Fake) answerRequest(in *request, decision string, s tiktokshop.CancelStatus) error {
	key := in.query.Get("idempotency_key")
	if len(key) > 255 {
		return invalid("idempotency_key", "at most 255 characters are allowed")
	}
	c := f.cancelByID[in.params[0]]
	switch {
	case c == nil:
		return fail(codeNoCancellation, "The cancellation does not exist")
	case key != "" && c.keys[key] == decision:
		return nil
	case c.info.CancelType != tiktokshop.CancelTypeBuyerCancel:
		return fail(codeDecisionMisfits, "The cancellation is not a request to decide on")
	case c.info.CancelStatus == tiktokshop.CancelStatusCancelled:
		return fail(codeRequestCancelled, "The request is cancelled already")
	case c.info.CancelStatus != tiktokshop.CancelStatusPending:
		return fail(codeRequestApproved, "The request is approved already")
	}
	c.keys[key] = decision
	f.decide(c, s)
	return nil
}
