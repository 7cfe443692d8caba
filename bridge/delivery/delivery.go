// Package delivery compares what settings call ways to deliver with what the shop and
// the warehouse call them, so that a mistyped name is found before an order needs it.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Shop lists what the shop calls the ways to deliver. tiktokadapter.Shop is one.
type Shop interface {
	// DeliveryOptions lists the delivery options of all of the shop's warehouses.
	DeliveryOptions(ctx context.Context) ([]Name, error)
	// ShippingProviders lists every carrier that the shop accepts for some order. The
	// error wraps [errors.ErrUnsupported] where the shop cannot be asked for that
	// without an order.
	ShippingProviders(ctx context.Context) ([]Name, error)
}

// Name is what the shop calls a way to deliver.
type Name struct{ ID, Name string }

// Warehouse lists what the warehouse calls the ways to deliver.
// linnworksadapter.Warehouse is one.
type Warehouse interface {
	// PostalServices lists all postal services.
	PostalServices(ctx context.Context) ([]Service, error)
}

// Service is a way to deliver as the warehouse knows it.
type Service struct {
	Name string
	// Carrier is who delivers; it may be empty, and many services have the same.
	Carrier string
	// Tags are other names by which an order can ask for it.
	Tags []string
}

// Names are what settings say.
type Names struct {
	// Services maps delivery options of the shop, by id, name, shipping model and name
	// ("tiktok/Express"), or model alone, to postal services of the warehouse or tags of
	// its shipping mapping.
	Services map[string]string
	// Carriers maps carriers or postal services of the warehouse to shipping providers of
	// the shop, by name or id.
	Carriers map[string]string
	// Models are the shipping models that there are.
	Models []string
}

// ErrUnknown is wrapped by errors of [Check] that repeating cannot mend.
var ErrUnknown = errors.New("unknown name")

// Check compares names with what both sides have. The error names every one that a side
// does not have, what was perhaps meant, and what there is. It asks for nothing that no
// name needs: without names it makes no call.
//
// A side that is nil is not asked, and the names on that side are not checked.
// unchecked says which could not be: where a market's carriers depend on the order,
// the shop cannot be asked for them.
func Check(ctx context.Context, shop Shop, warehouse Warehouse, names Names) (unchecked []string, err error) {
	services, carriers := names.Services, names.Carriers
	if shop == nil {
		unchecked = append(unchecked, "the shop's names in services and carriers")
	}
	if warehouse == nil {
		unchecked = append(unchecked, "the warehouse's names in services and carriers")
	}
	var errs []error
	compare := func(setting, what string, list []string, known []part.Named, has func(name string) bool) {
		if unknown := slices.DeleteFunc(list, has); len(unknown) > 0 {
			errs = append(errs, fmt.Errorf("%w: %s: %s", ErrUnknown, setting, part.NoSuch(what, unknown, known)))
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
			known := optionNames(options, names.Models)
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
func optionNames(options []Name, models []string) (known []part.Named) {
	for _, o := range options {
		known = append(known, part.Named(o))
		for _, model := range models {
			known = append(known, part.Named{Name: model + "/" + o.Name})
		}
	}
	for _, model := range models {
		known = append(known, part.Named{Name: model})
	}
	return known
}
