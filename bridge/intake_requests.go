package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// requests hands on the orders that have a request to cancel which was not handled
// yet. From then on they are on the list to look at again as long as it waits. One
// that failed is handed on when its time comes, and once more with its request if the
// details of the order did not show it.
func (r *intakeRun) requests(ctx context.Context) error {
	now := r.now()
	if age := now.Sub(r.requestsAt); r.ports.Requests == nil || age >= 0 && age < r.options.RequestsEvery {
		return nil
	}
	pending, unread := r.ports.Requests.PendingCancellations(ctx, nil)
	if unread != nil {
		unread = fmt.Errorf("reading the requests to cancel: %w", unread)
	}
	name := r.options.Name + "/requests"
	c, err := r.ports.Cursors.Cursor(ctx, name)
	if err != nil {
		return errors.Join(unread, fmt.Errorf("reading which requests were handed on: %w", err))
	}
	waits, seen := map[string]string{}, map[string]store.Mark{}
	if unread != nil {
		maps.Copy(seen, c.Seen) // those that are missing may wait all the same
	}
	r.asked = map[string]bool{}
	for _, p := range pending {
		v := r.list.entries[p.OrderID]
		m, known := c.Seen[p.ID]
		switch {
		case known:
			seen[p.ID] = m
		case p.OrderID == "", v.Attempts > 0 && v.Due.After(now):
		case r.handed[p.OrderID] && v.Attempts == 0:
			seen[p.ID] = store.Mark{UpdatedAt: now}
		default:
			waits[p.ID], r.asked[p.OrderID] = p.OrderID, true
		}
	}
	errs := []error{unread}
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(r.asked)), r.options.BatchSize) {
		_ = r.byID(ctx, chunk, nil, func(kept map[string]bool, err error) error {
			for id, order := range waits {
				if kept[order] && r.list.entries[order].Attempts == 0 {
					seen[id] = store.Mark{UpdatedAt: now}
					r.result.Requested++
				}
			}
			errs = append(errs, err)
			return nil
		})
		if _ = r.finishAll(ctx); ctx.Err() != nil {
			break
		}
	}
	if !maps.Equal(seen, c.Seen) {
		c.Watermark, c.Seen = now, seen
		if err := r.ports.Cursors.SetCursor(ctx, name, c); err != nil {
			errs = append(errs, fmt.Errorf("storing which requests were handed on: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.requestsAt = now
	return nil
}
