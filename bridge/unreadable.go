package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// UnreadableError comes beside orders or between listings that were read: the
// shop returned others too, of which something cannot be read.
type UnreadableError struct {
	// Reasons say what, by the id of the order or product, which is empty where it
	// cannot be read either. They hold nothing about the buyer.
	Reasons map[string]string
}

// Error names the records.
func (e *UnreadableError) Error() string {
	texts := make([]string, 0, len(e.Reasons))
	for _, id := range slices.Sorted(maps.Keys(e.Reasons)) {
		texts = append(texts, fmt.Sprintf("%q: %s", id, e.Reasons[id]))
	}
	return "bridge: the shop's reply cannot be read in part: " + strings.Join(texts, "; ")
}

// unreadable returns what of a reply could not be read, and err if that is not
// all that is wrong.
func unreadable(err error) (map[string]string, error) {
	if e, ok := errors.AsType[*UnreadableError](err); ok {
		return e.Reasons, nil
	}
	return nil, err
}

// unreadableRecords is unreadable for the client's error.
func unreadableRecords(err error) (map[string]string, error) {
	e, ok := errors.AsType[*tiktokshop.UnreadableError](err)
	if !ok {
		return nil, err
	}
	reasons := map[string]string{}
	for _, r := range e.Records {
		reasons[r.ID] = r.String()
	}
	return reasons, nil
}

// readOrders reads orders by id. Those that cannot be read are left out as those
// that the shop does not know.
func readOrders(ctx context.Context, source OrderSource, ids []string) ([]Order, error) {
	orders, err := source.OrdersByID(ctx, ids)
	_, err = unreadable(err)
	return orders, err
}

// raiseUnreadable raises the products that cannot be read, and closes what was
// raised of others.
func raiseUnreadable(ctx context.Context, queue Exceptions, reasons map[string]string) error {
	var raised []Exception
	objects := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		object := "product " + id
		if id == "" {
			object = "product without id"
		}
		objects[object] = true
		raised = append(raised, raise(KindUnreadable, object, time.Time{}, reasons[id],
			"look at the product in Seller Center; report it to the integrator; its stock is not published until then"))
	}
	if err := raiseAll(ctx, queue, raised); err != nil {
		return err
	}
	open, err := queue.Open(ctx)
	if err != nil {
		return err
	}
	for _, e := range open {
		if e.Kind == KindUnreadable && !objects[e.Object] {
			if err := queue.Clear(ctx, e.Object, e.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}
