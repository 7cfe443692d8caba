package stock

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// published is what became of the SKUs of one call.
type published struct {
	accepted []SKUStock
	// refused SKUs are in the queue, later ones may be taken another time, derived
	// ones follow others.
	refused, later, derived []SKUStock
}

// publishStock publishes one product and sees to the refusals. An error without
// anything published means that nobody knows whether the call took effect.
func publishStock(ctx context.Context, ports Ports, p ProductStock) (did published, err error) {
	refusals, err := ports.Publisher.PublishStock(ctx, p)
	if err != nil {
		return did, err
	}
	var errs []error
	refused, astray := map[string]Refusal{}, false
	for _, r := range refusals {
		refused[r.SKUID] = r
		if !slices.ContainsFunc(p.SKUs, func(sku SKUStock) bool { return sku.ID == r.SKUID }) {
			astray = true
			errs = append(errs, fmt.Errorf("the shop refused SKU id %q, which was not sent: %s", r.SKUID, r.Reason))
		}
	}
	for _, sku := range p.SKUs {
		r, bad := refused[sku.ID]
		switch {
		case !bad && astray: // it may be the one that was meant: whoever looks next sees
		case !bad:
			did.accepted = append(did.accepted, sku)
			errs = append(errs, ports.Exceptions.Clear(ctx, sku.String(), exceptions.StockRefused, exceptions.StockLocked))
		case r.Derived:
			did.derived = append(did.derived, sku)
			errs = append(errs, ports.Exceptions.Clear(ctx, sku.String(), exceptions.StockRefused))
		case r.Retry:
			did.later = append(did.later, sku)
			errs = append(errs, fmt.Errorf("%s: %s", sku.SKU, r.Reason))
		default:
			did.refused = append(did.refused, sku)
			errs = append(errs, ports.Exceptions.Raise(ctx, refusedStock(sku, r)))
		}
	}
	return did, errors.Join(errs...)
}

func refusedStock(sku SKUStock, r Refusal) exceptions.Exception {
	seen := fmt.Sprintf("the shop did not accept %s: %s", quantities(sku.Stock), r.Reason)
	switch {
	case r.Locked:
		return exceptions.New(exceptions.StockLocked, sku.String(), time.Time{}, seen,
			"if you need the stock elsewhere, end the campaign or lock fewer units for it; the bridge tries again by itself")
	case r.Foreign:
		e := exceptions.New(exceptions.StockRefused, sku.String(), time.Time{}, seen, "remove the warehouse from the SKU in the shop, or leave its stock to whoever runs that warehouse")
		e.Owner = exceptions.OwnerIntegration
		return e
	}
	return exceptions.New(exceptions.StockRefused, sku.String(), time.Time{}, seen, "correct the listing in the shop; the bridge tries again by itself")
}
