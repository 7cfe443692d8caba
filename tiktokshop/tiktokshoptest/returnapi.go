package tiktokshoptest

import (
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// wantedLines is how requests about after-sales name a part of an order.
type wantedLines struct {
	SKUs []struct {
		SKUID    string `json:"sku_id"`
		Quantity *int64 `json:"quantity"`
	} `json:"skus"`
	LineIDs []string `json:"order_line_item_ids"`
}

func (w wantedLines) any() bool { return len(w.SKUs) > 0 || len(w.LineIDs) > 0 }

// ids resolves SKUs and quantities to the first lines of the order that free
// accepts.
func (w wantedLines) ids(o *order, free func(*line) bool) ([]string, error) {
	if len(w.SKUs) == 0 {
		return w.LineIDs, nil
	}
	var ids []string
	for _, wanted := range w.SKUs {
		missing := int64(1)
		if wanted.Quantity != nil {
			missing = *wanted.Quantity
		}
		if missing < 1 {
			return nil, invalid("skus.quantity", "it must be at least 1")
		}
		for _, l := range o.lines {
			if missing > 0 && l.sku.id == wanted.SKUID && free(l) && !slices.Contains(ids, l.info.ID) {
				ids = append(ids, l.info.ID)
				missing--
			}
		}
		if missing != 0 {
			return nil, fail(codeLineLimit, "The order has not as many of SKU %s", wanted.SKUID)
		}
	}
	return ids, nil
}

// createReturn serves ReturnRefund.CreateReturn: the seller refunds what was
// delivered, in the US also what is on its way.
//
// https://partner.tiktokshop.com/docv2/page/create-return-202309
func (f *Fake) createReturn(in *request) (any, error) {
	req, err := decode[struct {
		wantedLines
		OrderID     string                `json:"order_id"`
		Type        tiktokshop.ReturnType `json:"return_type"`
		Reason      string                `json:"return_reason"`
		RefundTotal string                `json:"refund_total"`
		Currency    string                `json:"currency"`
	}](in)
	if err != nil {
		return nil, err
	}
	key := in.query.Get("idempotency_key")
	o, err := f.orderOf(req.OrderID)
	switch {
	case err != nil:
		return nil, err
	case key != "" && f.created(o, key) != nil:
		r := f.created(o, key)
		return tiktokshop.CreateReturnResponse{ReturnID: r.info.ReturnID, ReturnStatus: r.info.ReturnStatus}, nil
	case req.Type != tiktokshop.ReturnTypeRefund && req.Type != tiktokshop.ReturnTypeReturnAndRefund:
		return nil, fail(codeReturnType, "return_type must be REFUND or RETURN_AND_REFUND")
	case !slices.Contains(f.ReturnReasons(), req.Reason):
		return nil, fail(codeUnknownReason, "Unknown return_reason")
	case f.aftersaleBar(o, "SELLER") != "":
		return nil, fail(codeReturnState, "%s", f.aftersaleBar(o, "SELLER"))
	}
	ids, err := req.ids(o, func(l *line) bool { return l.shipped() && !l.cancelled })
	if err != nil {
		return nil, err
	}
	lines, err := o.returnable(ids)
	if err != nil {
		return nil, err
	}
	amount, err := parseMoney("refund_total", req.RefundTotal)
	if err != nil {
		return nil, invalid("refund_total", "it is not an amount")
	}
	var most money
	for _, l := range lines {
		most += l.price
	}
	if most = cents(refund(o, most, len(lines) == len(o.live())).RefundTotal); amount > most {
		return nil, fail(codeRefundTooLarge, "The refund exceeds %s", most.decimal())
	}
	r := f.newReturn(o, lines, req.Type, "SELLER", req.Reason)
	if amount > 0 {
		r.refund = amount
		r.info.RefundAmount.RefundTotal = amount.decimal()
	}
	r.keys[key] = "create"
	if req.Type == tiktokshop.ReturnTypeRefund {
		f.payBack(r, "RETURN_OR_REFUND_REQUEST_SUCCESS", "SELLER")
	} else {
		f.turn(r, "AWAITING_BUYER_SHIP", "SELLER", "the buyer sends the goods back")
	}
	return tiktokshop.CreateReturnResponse{ReturnID: r.info.ReturnID, ReturnStatus: r.info.ReturnStatus}, nil
}

// created finds the return that an idempotency key has made.
func (f *Fake) created(o *order, key string) *aftersale {
	for _, r := range f.returns {
		if r.order == o && r.keys[key] == "create" {
			return r
		}
	}
	return nil
}

// aftersaleBar tells why nothing of an order can be refunded by a party now,
// empty if it can: buyers from the shipment to the delivery, sellers once it is
// delivered, in the US also on its way.
func (f *Fake) aftersaleBar(o *order, who string) string {
	allowed := []tiktokshop.OrderStatus{tiktokshop.OrderStatusDelivered}
	if who == "BUYER" {
		allowed = append(allowed, tiktokshop.OrderStatusAwaitingCollection, tiktokshop.OrderStatusInTransit)
	} else if f.market.family == familyUS {
		allowed = append(allowed, tiktokshop.OrderStatusInTransit)
	}
	if !slices.Contains(allowed, o.info.Status) {
		return "The order is " + string(o.info.Status)
	}
	return ""
}

// searchReturns serves ReturnRefund.SearchReturnsV202309.
//
// https://partner.tiktokshop.com/docv2/page/search-returns-202309
func (f *Fake) searchReturns(in *request) (any, error) {
	req, err := decode[tiktokshop.SearchReturnsV202309Request](in)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 10, 50)
	if err != nil {
		return nil, err
	}
	by, err := oneOf("sort_field", in.query.Get("sort_field"), "create_time", "update_time")
	if err != nil {
		return nil, err
	}
	direction, err := f.aftersaleOrder(in)
	if err != nil {
		return nil, err
	}
	var found []*aftersale
	for _, r := range f.returns {
		if among(r.info.ReturnID, req.ReturnIDs) && among(r.info.OrderID, req.OrderIDs) && among(r.order.info.UserID, req.BuyerUserIDs) &&
			among(r.info.ReturnType, req.ReturnTypes) && among(r.info.ReturnStatus, req.ReturnStatus) &&
			among(r.info.ArbitrationStatus, req.ArbitrationStatus) && among(r.info.SellerProposedReturnType, req.SellerProposedReturnType) &&
			within(r.info.CreateTime, req.CreateTimeGe, req.CreateTimeLt) && within(r.info.UpdateTime, req.UpdateTimeGe, req.UpdateTimeLt) {
			found = append(found, r)
		}
	}
	at := func(r *aftersale) position { return position{int64(r.info.CreateTime), r.info.ReturnID} }
	if by == "update_time" {
		at = func(r *aftersale) position { return position{int64(r.info.UpdateTime), r.info.ReturnID} }
	}
	out := tiktokshop.SearchReturnsV202309Response{TotalCount: len(found)}
	found, out.NextPageToken, err = page(found, at, direction == "DESC", size, in.query.Get("page_token"))
	for _, r := range found {
		out.ReturnOrders = append(out.ReturnOrders, r.wire())
	}
	return out, err
}

// decided finds the return that a decision is about; done tells that the same
// decision was made before with the same idempotency key.
func (f *Fake) decided(in *request, decision string) (r *aftersale, done bool, err error) {
	key := in.query.Get("idempotency_key")
	r = f.returnByID[in.params[0]]
	switch {
	case len(key) > 255:
		return nil, false, invalid("idempotency_key", "at most 255 characters are allowed")
	case r == nil:
		return nil, false, fail(codeNoCancellation, "The return does not exist")
	case decision == "":
		return nil, false, invalid("decision", "it is required")
	}
	return r, key != "" && r.keys[key] == decision, nil
}

// approveReturn serves ReturnRefund.ApproveReturn.
//
// https://partner.tiktokshop.com/docv2/page/approve-return-202309
func (f *Fake) approveReturn(in *request) (any, error) {
	req, err := decode[struct {
		Decision      string `json:"decision"`
		BuyerKeepItem bool   `json:"buyer_keep_item"`
		PartialRefund *struct {
			Amount   string `json:"amount"`
			Currency string `json:"currency"`
		} `json:"partial_refund"`
	}](in)
	if err != nil {
		return nil, err
	}
	r, done, err := f.decided(in, req.Decision)
	if err != nil || done {
		return nil, err
	}
	switch {
	case req.Decision == "OFFER_PARTIAL_REFUND":
		if r.next() != tiktokshop.ReturnRefundActionSellerRespondRefund && r.next() != tiktokshop.ReturnRefundActionSellerRespondReturn {
			return nil, fail(codeDecisionMisfits, "%s does not fit a return that is %s", req.Decision, r.info.ReturnStatus)
		}
		if req.PartialRefund == nil {
			return nil, invalid("partial_refund", "it is required")
		}
		amount, err := parseMoney("partial_refund.amount", req.PartialRefund.Amount)
		if err != nil || amount == 0 || amount >= r.refund {
			return nil, fail(codeRefundTooLarge, "partial_refund must be above 0 and below %s", r.refund.decimal())
		}
		r.info.PartialRefund = tiktokshop.Money{Amount: amount.decimal(), Currency: r.info.RefundAmount.Currency}
		f.turn(r, "AWAITING_BUYER_RESPONSE", "SELLER", "a partial refund was offered")
	case req.Decision == "APPROVE_RETURN" && req.BuyerKeepItem && r.next() == tiktokshop.ReturnRefundActionSellerRespondReturn:
		r.info.CanBuyerKeepItem = true
		f.payBack(r, "RETURN_OR_REFUND_REQUEST_SUCCESS", "SELLER")
	default:
		if err := f.approve(r, req.Decision, "SELLER"); err != nil {
			return nil, err
		}
	}
	r.keys[in.query.Get("idempotency_key")] = req.Decision
	return nil, nil
}

// rejectionOf is the rejection of each action, and the status it leads to.
var rejectionOf = map[tiktokshop.ReturnRefundAction]struct {
	decision string
	status   tiktokshop.ReturnStatus
}{
	tiktokshop.ReturnRefundActionSellerRespondRefund:         {"REJECT_REFUND", "REFUND_OR_RETURN_REQUEST_REJECT"},
	tiktokshop.ReturnRefundActionSellerRespondReturn:         {"REJECT_RETURN", "REFUND_OR_RETURN_REQUEST_REJECT"},
	tiktokshop.ReturnRefundActionSellerRespondReceivePackage: {"REJECT_RECEIVED_PACKAGE", "REJECT_RECEIVE_PACKAGE"},
	tiktokshop.ReturnRefundActionSellerRespondReplacement:    {"REJECT_REPLACEMENT", "REPLACEMENT_REQUEST_REJECT"},
}

// rejectReturn serves ReturnRefund.RejectReturn.
//
// https://partner.tiktokshop.com/docv2/page/reject-return-202309
func (f *Fake) rejectReturn(in *request) (any, error) {
	req, err := decode[struct {
		Decision string `json:"decision"`
		Reason   string `json:"reject_reason"`
	}](in)
	if err != nil {
		return nil, err
	}
	r, done, err := f.decided(in, req.Decision)
	switch {
	case err != nil || done:
		return nil, err
	case rejectionOf[r.next()].decision != req.Decision:
		return nil, fail(codeDecisionMisfits, "%s does not fit a return that is %s", req.Decision, r.info.ReturnStatus)
	case !isReason(f.returnRejections(), req.Reason):
		return nil, fail(codeUnknownReason, "Unknown reject_reason")
	}
	r.keys[in.query.Get("idempotency_key")] = req.Decision
	f.turn(r, rejectionOf[r.next()].status, "SELLER", req.Reason)
	return nil, nil
}

func isReason(reasons []tiktokshop.GetRejectReasonsResponseReason, name string) bool {
	return slices.ContainsFunc(reasons, func(r tiktokshop.GetRejectReasonsResponseReason) bool { return r.Name == name })
}

// returnRecords serves ReturnRefund.GetReturnRecords, the newest first.
//
// https://partner.tiktokshop.com/docv2/page/get-return-records-202309
func (f *Fake) returnRecords(in *request) (any, error) {
	r := f.returnByID[in.params[0]]
	if r == nil {
		return nil, fail(codeNoCancellation, "The return does not exist")
	}
	out := tiktokshop.GetReturnRecordsResponse{Records: slices.Clone(r.records)}
	slices.Reverse(out.Records)
	return out, nil
}

// rejectReasons serves ReturnRefund.GetRejectReasons, of cancellations and
// returns.
//
// https://partner.tiktokshop.com/docv2/page/get-reject-reasons-202309
func (f *Fake) rejectReasons(in *request) (any, error) {
	id := in.query.Get("return_or_cancel_id")
	if err := required("return_or_cancel_id", id); err != nil {
		return nil, err
	}
	switch {
	case f.cancelByID[id] != nil:
		return tiktokshop.GetRejectReasonsResponse{Reasons: f.cancelRejections()}, nil
	case f.returnByID[id] != nil:
		return tiktokshop.GetRejectReasonsResponse{Reasons: f.returnRejections()}, nil
	}
	return nil, fail(codeNoCancellation, "The cancellation or return does not exist")
}

func (f *Fake) cancelRejections() []tiktokshop.GetRejectReasonsResponseReason {
	const prefix = "order_manage_list_action_respond_popup_reject_reason_"
	return []tiktokshop.GetRejectReasonsResponseReason{
		{Name: f.reason("seller_reject_apply_product_has_been_packed"), Text: "The product has been packed"},
		{Name: f.reason(prefix + "invalid_cancellation_reason"), Text: "The reason is not valid"},
		{Name: f.reason(prefix + "delivered"), Text: "The product has been delivered"},
		{Name: f.reason(prefix + "buyer_agree"), Text: "The buyer agreed to keep the order"},
	}
}

func (f *Fake) returnRejections() []tiktokshop.GetRejectReasonsResponseReason {
	return []tiktokshop.GetRejectReasonsResponseReason{
		{Name: f.reason("reverse_reject_request_reason_1"), Text: "The reason is not valid"},
		{Name: f.reason("reverse_reject_request_reason_2"), Text: "The returned product is not the one sold"},
	}
}

// calculateRefund serves ReturnRefund.CalculateRefundV202309.
//
// https://partner.tiktokshop.com/docv2/page/calculate-refund-202309
func (f *Fake) calculateRefund(in *request) (any, error) {
	req, err := decode[struct {
		wantedLines
		OrderID string `json:"order_id"`
		Type    string `json:"request_type"`
	}](in)
	if err != nil {
		return nil, err
	}
	o, err := f.orderOf(req.OrderID)
	if err != nil {
		return nil, err
	}
	if _, err := oneOf("request_type", req.Type, "CANCEL", "REFUND", "RETURN_AND_REFUND"); err != nil {
		return nil, err
	}
	live := func(l *line) bool { return !l.cancelled }
	ids, err := req.ids(o, live)
	if err != nil {
		return nil, err
	}
	var total money
	n := 0
	for _, l := range o.live() {
		if len(ids) == 0 || slices.Contains(ids, l.info.ID) {
			total += l.price
			n++
		}
	}
	if n == 0 || len(ids) > 0 && n != len(ids) {
		return nil, fail(codeLineLimit, "The order has not these line items")
	}
	amount := refund(o, total, n == len(o.live()))
	return tiktokshop.CalculateRefundV202309Response{OrderRefundAmount: tiktokshop.CalculateRefundResponseOrderRefundAmount{
		Currency: amount.Currency, RefundTotal: amount.RefundTotal, RefundSubtotal: amount.RefundSubtotal,
		RefundShippingFee: amount.RefundShippingFee, RefundTax: amount.RefundTax,
	}}, nil
}

// eligibility serves ReturnRefund.GetAftersaleEligibilityV202512: what may be asked for
// now for every SKU, and with which reasons.
//
// https://partner.tiktokshop.com/docv2/page/get-aftersale-eligibility-202512
func (f *Fake) eligibility(in *request) (any, error) {
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	who, err := oneOf("initiate_aftersale_user", in.query.Get("initiate_aftersale_user"), "SELLER", "BUYER")
	if err != nil {
		return nil, err
	}
	types := []string{"CANCEL", "REFUND", "RETURN_AND_REFUND"}
	if in.query.Has("request_types") {
		if types, err = f.list(in, "request_types"); err != nil {
			return nil, err
		}
		for _, t := range types {
			if _, err := oneOf("request_types", t, "CANCEL", "REFUND", "RETURN_AND_REFUND"); err != nil {
				return nil, err
			}
		}
	}
	var out tiktokshop.GetAftersaleEligibilityV202512Response
	for _, s := range o.skus() {
		item := tiktokshop.GetAftersaleEligibilityResponseSKUEligibility{SKUID: s.id}
		var ids []string
		for _, l := range o.lines {
			if l.sku == s {
				ids = append(ids, l.info.ID)
			}
		}
		for _, t := range types {
			row := tiktokshop.GetAftersaleEligibilitySKUEligibilityLineItemEligibility{
				OrderLineItemsIDs: ids, RequestType: requestTypes[t], Eligible: true,
			}
			if t == "CANCEL" {
				row.AvailableReasonNames = f.SellerCancelReasons()
				if why := f.cancelBar(o, who); why != "" {
					row.Eligible, row.IneligibleCode, row.IneligibleReason, row.AvailableReasonNames = false, codeTooLateToCancel, why, nil
				}
			} else {
				row.AvailableReasonNames = f.ReturnReasons()
				if why := f.aftersaleBar(o, who); why != "" {
					row.Eligible, row.IneligibleCode, row.IneligibleReason, row.AvailableReasonNames = false, codeReturnState, why, nil
				}
			}
			item.LineItemEligibility = append(item.LineItemEligibility, row)
		}
		out.SKUEligibility = append(out.SKUEligibility, item)
	}
	return out, nil
}

// requestTypes are the request types as replies spell them: a refund alone is
// called RETURN there.
var requestTypes = map[string]tiktokshop.ReturnRefundRequestType{
	"CANCEL": "CANCEL", "REFUND": "RETURN", "RETURN_AND_REFUND": "RETURN_AND_REFUND",
}

// cancelBar tells why an order cannot be cancelled now, empty if it can be.
func (f *Fake) cancelBar(o *order, who string) string {
	switch {
	case o.request != nil:
		return "A cancellation is pending"
	case who == "SELLER" && o.info.Status == tiktokshop.OrderStatusUnpaid, len(o.open()) == 0:
		return "The order is " + string(o.info.Status)
	}
	return ""
}

// skus returns the SKUs of an order, each once.
func (o *order) skus() (skus []*sku) {
	for _, l := range o.lines {
		if !slices.Contains(skus, l.sku) {
			skus = append(skus, l.sku)
		}
	}
	return skus
}

// decisions serves ReturnRefund.GetDecisionEligibility.
//
// https://partner.tiktokshop.com/docv2/page/get-decision-eligibility-202601
func (f *Fake) decisions(in *request) (any, error) {
	id := in.query.Get("return_or_cancel_id")
	if err := required("return_or_cancel_id", id); err != nil {
		return nil, err
	}
	var possible []string
	reasons := f.returnRejections()
	switch c, r := f.cancelByID[id], f.returnByID[id]; {
	case c == nil && r == nil:
		return nil, fail(codeNoCancellation, "The cancellation or return does not exist")
	case c != nil:
		reasons = f.cancelRejections()
		if c.info.CancelStatus == tiktokshop.CancelStatusPending {
			possible = []string{"APPROVE_REQUEST_CANCEL", "REJECT_REQUEST_CANCEL"}
		}
	case r.next() != "":
		possible = []string{approvalOf[r.next()], rejectionOf[r.next()].decision}
		if r.next() == tiktokshop.ReturnRefundActionSellerRespondReplacement {
			possible = append(possible, "ISSUE_REPLACEMENT_REFUND")
		}
	}
	wanted := possible
	if in.query.Has("check_decisions") {
		var err error
		if wanted, err = f.list(in, "check_decisions"); err != nil {
			return nil, err
		}
	}
	var out tiktokshop.GetDecisionEligibilityResponse
	for _, d := range wanted {
		item := tiktokshop.GetDecisionEligibilityResponseDecision{Decision: tiktokshop.ReturnDecision(d), Eligible: slices.Contains(possible, d)}
		if !item.Eligible {
			item.IneligibleCode, item.IneligibleReason = codeDecisionMisfits, "The decision does not fit the state"
		} else if d[0] == 'R' {
			for _, r := range reasons {
				item.AvailableRejectReasons = append(item.AvailableRejectReasons, tiktokshop.GetDecisionEligibilityResponseDecisionAvailableRejectReason(r))
			}
		}
		out.Decisions = append(out.Decisions, item)
	}
	return out, nil
}
