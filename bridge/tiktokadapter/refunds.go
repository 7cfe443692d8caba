package tiktokadapter

import (
	"context"
	"errors"
	"time"

	"github.com/linnbridge/linnbridge/bridge/rates"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var _ rates.RefundSource = (*Shop)(nil)

// Refunds implements [rates.RefundSource], with one call for 50. Returns that cannot be
// read are in the error, and the others go on.
//
// https://partner.tiktokshop.com/docv2/page/search-returns-202309
func (t *Shop) Refunds(ctx context.Context, since time.Time) (list []rates.Refund, unread error) {
	request := &tiktokshop.SearchReturnsV202309Request{ReturnStatus: paidStatuses, UpdateTimeGe: new(tiktokshop.At(since)), PageSize: new("50")}
	for r, err := range t.client.ReturnRefund.SearchReturnsV202309All(ctx, request) {
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		list = append(list, rates.Refund{OrderID: r.OrderID, Reason: r.ReturnReason})
	}
	return list, unread
}
