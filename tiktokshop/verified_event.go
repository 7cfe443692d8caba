package tiktokshop

import "context"

// DeleteShopWebhookVerified is [EventService.DeleteShopWebhook], which always
// reports a success, read back: a webhook that is still set is a
// [*NotAppliedError].
//
// It costs two calls, of which one reads, and up to two more that read while the
// list lags.
func (s *EventService) DeleteShopWebhookVerified(ctx context.Context, req *DeleteShopWebhookRequest, opts ...CallOption) error {
	const op = "Event.DeleteShopWebhook"
	_, written := s.DeleteShopWebhook(ctx, req, opts...)
	if written != nil && !inDoubt(written) {
		return written
	}
	name := valueOf(req).EventType
	gone, err := lookBack(ctx, written, func() (bool, error) {
		list, err := s.GetShopWebhooks(ctx, nil)
		if err != nil {
			return false, err
		}
		for _, w := range list.Webhooks {
			if w.EventType == name {
				return false, nil
			}
		}
		return true, nil
	})
	if gone || err != nil {
		return err
	}
	return s.client.notApplied(op, "webhook "+string(name), "none", "one that is still set", written)
}
