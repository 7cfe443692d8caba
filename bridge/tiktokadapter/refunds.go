package tiktokadapter

import (
	"context"
	"errors"
	"time"

	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ rates.RefundSource = (*Shop)(nil)

// refundedStatuses are those of returns whose buyer is refunded. One that is replaced is
// not.
var refundedStatuses = []tiktokshop.ReturnStatus{
	tiktokshop.ReturnStatusReturnOrRefundRequestSuccess, tiktokshop.ReturnStatusReturnOrRefundRequestComplete,
	tiktokshop.ReturnStatusReplacementRequestRefundSuccess,
}

// Refunds implements [rates.RefundSource], with one call for 50. Returns that cannot be
// read are in the error, and the others go on.
//
// https://partner.tiktokshop.com/docv2/page/search-returns-202309
func (t *Shop) Refunds(ctx context.Context, since time.Time) (list []rates.Refund, unread error) {
	request := &tiktokshop.SearchReturnsV202309Request{ReturnStatus: refundedStatuses, UpdateTimeGe: new(tiktokshop.At(since)), PageSize: new("50")}
	for r, err := range t.client.ReturnRefund.SearchReturnsV202309All(ctx, request) {
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		list = append(list, rates.Refund{OrderID: r.OrderID, Reason: r.ReturnReason})
	}
	return list, unread
}
