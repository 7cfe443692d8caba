package tiktokshoptest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes, as text, of data reconciliation. The official example of the first two is all that
// is known of them.
const (
	codeExchange       = "36010031"
	codeExchangeID     = "36010025"
	codeExchangeFormat = "36010026"
)

// exchangeStates are the channels that order states may be told of, with the states that
// each has.
var exchangeStates = map[string][]string{
	"SHOPIFY":     {"OPEN", "ARCHIVED", "CANCELED"},
	"WOOCOMMERCE": {"PENDING", "ON_HOLD", "PROCESSING", "COMPLETED", "REFUNDED"},
	"BIGCOMMERCE": {
		"AWAITING_PAYMENT", "AWAITING_FULFILLMENT", "AWATING_SHIPMENT", "PARTIALLY_SHIPPED", "INCOMPLETE",
		"MANUAL_VERIFICATION_REQUIRED", "SHIPPED", "CANCELLED", "REFUND", "PENDING",
	},
	"MAGENTO": {"NEW", "PROCESSING", "PENDING", "COMPLETE", "CLOSED", "PENDING_PAYMENT", "ON_HOLD"},
}

// exchangeStatus serves DataReconciliation.OrderStatusDataExchange: it takes what a
// connector knows of orders, and nothing comes of it that the shop shows, unless
// [QuirkExchangeTouchesOrders] is on.
//
// https://partner.tiktokshop.com/docv2/page/order-status-data-exchange-202309
func (f *Fake) exchangeStatus(in *request) (any, error) {
	req, err := decode[tiktokshop.OrderStatusDataExchangeRequest](in)
	if err != nil {
		return nil, err
	}
	shop := f
	if id := in.query.Get("shop_id"); id != "" {
		i := slices.IndexFunc(f.shops, func(s *Fake) bool { return s.shop.ID == id && !s.state.deauthorised })
		if i < 0 {
			return nil, invalid("shop_id", "the shop is not of this authorisation")
		}
		shop = f.shops[i]
	}
	if len(req.Orders) == 0 {
		return nil, invalid("orders", "it is required")
	}
	var out tiktokshop.OrderStatusDataExchangeResponse
	for _, told := range req.Orders {
		id := text(told.OrderID)
		wrong := shop.exchangeFaults(told)
		o := shop.orderByID[id]
		if o == nil {
			wrong = append(wrong, tiktokshop.CodeMessage{Code: codeExchangeID, Message: "Invalid order_id"})
		}
		if len(wrong) > 0 {
			out.Errors = append(out.Errors, tiktokshop.DataReconciliationError{
				Code: codeExchange, Message: "The order was not taken",
				Detail: tiktokshop.DataReconciliationDetail{
					ChannelOrderID: text(told.ChannelOrderID), ChannelType: text(told.ChannelType), OrderID: id, ExtraErrors: wrong,
				},
			})
		} else if f.has(QuirkExchangeTouchesOrders) {
			shop.orders.update(o, shop.unix())
		}
	}
	return out, nil
}

// exchangeFaults are what is wrong with the state that is told of an order.
func (f *Fake) exchangeFaults(told tiktokshop.OrderStatusDataExchangeRequestOrder) (wrong []tiktokshop.CodeMessage) {
	refuse := func(field string) {
		wrong = append(wrong, tiktokshop.CodeMessage{Code: codeExchangeFormat, Message: "Invalid " + field})
	}
	states, known := exchangeStates[text(told.ChannelType)]
	switch {
	case known && !slices.Contains(states, text(told.ChannelOrderStatus)):
		refuse("channel_order_status")
	case !known && !f.has(QuirkExchangeAnyChannel):
		refuse("channel_type")
	}
	if strings.TrimSpace(text(told.ChannelOrderID)) == "" {
		wrong = append(wrong, tiktokshop.CodeMessage{Code: codeExchangeID, Message: "Invalid channel_order_id"})
	}
	t, err := strconv.ParseInt(text(told.ChannelOrderUpdateTime), 10, 64)
	if err != nil || t >= int64(f.unix()) { // milliseconds are in the future
		refuse("channel_order_update_time")
	}
	return wrong
}

// text is an optional text, empty where it is absent.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
