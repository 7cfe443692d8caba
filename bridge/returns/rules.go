package returns

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
)

// OrderSource has the orders that returns are about.
type OrderSource interface {
	// SoldOrders returns those that there are of the orders given, in any order.
	SoldOrders(ctx context.Context, ids []string) ([]Sold, error)
}

// Sold is what a return has to know of its order.
type Sold struct {
	ID    string
	Kinds []policy.Kind
	// Units is how many units of it were not cancelled.
	Units int
}

// ErrUnit is wrapped by the error of [Watch.Decide] for a refund in a unit that the kind
// of the order does not allow.
var ErrUnit = errors.New("the shop does not refund this kind of order so")

// unitOf returns why a return cannot be granted as it is asked for, empty if it can. The
// shop has one line for a bundle: of those no part can be asked for.
func (r Return) unitOf(sold Sold, kinds *policy.Kinds) string {
	names := make([]string, len(sold.Kinds))
	for i, k := range sold.Kinds {
		names[i] = string(k)
	}
	kind := strings.Join(names, ", ")
	switch rule := kinds.Of(sold.Kinds...); {
	case rule.Refund == policy.Never:
		return fmt.Sprintf("the order is a %s, for which nothing is refunded", kind)
	case rule.Refund == policy.ByOrder && len(r.Lines) < sold.Units:
		return fmt.Sprintf("the order is a %s, which is refunded whole or not at all, and %d of %d units are asked for", kind, len(r.Lines), sold.Units)
	}
	return ""
}

// units returns why returns cannot be granted as they are asked for, by their ids; empty for
// those that can. Those of orders that the shop does not show are missing.
func (w *Watch) units(ctx context.Context, list ...Return) (map[string]string, error) {
	if w.ports.Orders == nil || len(list) == 0 {
		return nil, nil
	}
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.OrderID
	}
	found, err := w.ports.Orders.SoldOrders(ctx, ids)
	if err != nil {
		err = fmt.Errorf("reading the orders of the returns: %w", err)
	}
	orders := make(map[string]Sold, len(found))
	for _, o := range found {
		orders[o.ID] = o
	}
	why := map[string]string{}
	for _, r := range list {
		if r.Ask == AskGoods {
			why[r.ID] = ""
		} else if o, ok := orders[r.OrderID]; ok {
			why[r.ID] = part.Short(r.unitOf(o, w.options.Kinds))
		}
	}
	return why, err
}
