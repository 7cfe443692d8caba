package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// DeliverySource lists what the shop calls the ways to deliver. tiktokadapter.Shop is
// one.
type DeliverySource interface {
	// DeliveryOptions lists the delivery options of all of the shop's warehouses.
	DeliveryOptions(ctx context.Context) ([]DeliveryOption, error)
	// ShippingProviders lists every carrier that the shop accepts for some order. The
	// error wraps [errors.ErrUnsupported] where the shop cannot be asked for that
	// without an order.
	ShippingProviders(ctx context.Context) ([]Carrier, error)
}

// DeliveryOption is a way to deliver that buyers choose from.
type DeliveryOption struct{ ID, Name string }

// PostalServiceSource lists what the warehouse calls the ways to deliver.
// linnworksadapter.Warehouse is one.
type PostalServiceSource interface {
	// PostalServices lists all postal services.
	PostalServices(ctx context.Context) ([]PostalService, error)
}

// PostalService is a way to deliver as the warehouse knows it.
type PostalService struct {
	Name string
	// Carrier is who delivers; it may be empty, and many services have the same.
	Carrier string
	// Tags are other names by which an order can ask for it.
	Tags []string
}

// ErrUnknownName is wrapped by errors of [CheckDelivery] that repeating cannot mend.
var ErrUnknownName = errors.New("unknown name")

// CheckDelivery compares the names in [Settings].Services and [Settings].Carriers with
// what both sides have. The error names every one that a side does not have, what was
// perhaps meant, and what there is. It asks for nothing that no name needs: without
// names it makes no call.
//
// A side that is nil is not asked, and the names on that side are not checked.
// unchecked says which could not be: where a market's carriers depend on the order,
// the shop cannot be asked for them.
func CheckDelivery(ctx context.Context, shop DeliverySource, warehouse PostalServiceSource, services, carriers map[string]string) (unchecked []string, err error) {
	if shop == nil {
		unchecked = append(unchecked, "the shop's names in services and carriers")
	}
	if warehouse == nil {
		unchecked = append(unchecked, "the warehouse's names in services and carriers")
	}
	var errs []error
	compare := func(setting, what string, names []string, known []part.Named, has func(name string) bool) {
		if unknown := slices.DeleteFunc(names, has); len(unknown) > 0 {
			errs = append(errs, fmt.Errorf("%w: %s: %s", ErrUnknownName, setting, part.NoSuch(what, unknown, known)))
		}
	}
	failed := func(what string, err error) {
		errs = append(errs, fmt.Errorf("listing each %s: %w", what, err))
	}
	if shop != nil && len(services) > 0 {
		const what = "delivery option of the shop"
		if options, err := shop.DeliveryOptions(ctx); err != nil {
			failed(what, err)
		} else {
			known := optionNames(options)
			compare("services", what, slices.Collect(maps.Keys(services)), known, func(name string) bool {
				return slices.ContainsFunc(known, func(k part.Named) bool { return name == k.ID || name == k.Name })
			})
		}
	}
	if shop != nil && len(carriers) > 0 {
		const what = "shipping provider of the shop"
		providers, err := shop.ShippingProviders(ctx)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			unchecked = append(unchecked, "the shipping providers in carriers: "+err.Error())
		case err != nil:
			failed(what, err)
		default:
			known := make([]part.Named, len(providers))
			for i, p := range providers {
				known[i] = part.Named(p)
			}
			compare("carriers", what, slices.Collect(maps.Values(carriers)), known, func(name string) bool {
				name = strings.TrimSpace(name)
				return slices.ContainsFunc(known, func(k part.Named) bool { return name == k.ID || strings.EqualFold(name, k.Name) })
			})
		}
	}
	if warehouse != nil && len(services)+len(carriers) > 0 {
		const service, carrier = "postal service of the warehouse", "carrier or postal service of the warehouse"
		list, err := warehouse.PostalServices(ctx)
		if err != nil {
			failed(service, err)
			return unchecked, errors.Join(errs...)
		}
		var byService, byCarrier []part.Named
		for _, s := range list {
			byService, byCarrier = append(byService, part.Named{Name: s.Name}), append(byCarrier, part.Named{Name: s.Name})
			for _, tag := range s.Tags {
				byService = append(byService, part.Named{Name: tag})
			}
			if s.Carrier != "" {
				byCarrier = append(byCarrier, part.Named{Name: s.Carrier})
			}
		}
		in := func(known []part.Named) func(string) bool {
			return func(name string) bool {
				name = strings.TrimSpace(name)
				return slices.ContainsFunc(known, func(k part.Named) bool { return strings.EqualFold(name, strings.TrimSpace(k.Name)) })
			}
		}
		compare("services", service, slices.Collect(maps.Values(services)), byService, in(byService))
		compare("carriers", carrier, slices.Collect(maps.Keys(carriers)), byCarrier, in(byCarrier))
	}
	return unchecked, errors.Join(errs...)
}

// optionNames are all ways in which settings name delivery options: by id, by name, by
// shipping model and name, and by model alone.
func optionNames(options []DeliveryOption) (known []part.Named) {
	models := []ShippingModel{SellerShipping, TikTokShipping, FulfilledByTikTok}
	for _, o := range options {
		known = append(known, part.Named(o))
		for _, model := range models {
			known = append(known, part.Named{Name: string(model) + "/" + o.Name})
		}
	}
	for _, model := range models {
		known = append(known, part.Named{Name: string(model)})
	}
	return known
}
