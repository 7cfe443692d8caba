package release

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
)

// Account lists what shipping rules name. linnworksadapter.Warehouse is one.
type Account interface {
	delivery.Warehouse
	// LabelTemplates lists the names of the templates for shipping labels.
	LabelTemplates(ctx context.Context) ([]string, error)
}

// CheckRules compares rules with what the account of the warehouse has. The error names
// every postal service and template that it does not have, what was perhaps meant, and
// what there is. Without rules it makes no call.
func CheckRules(ctx context.Context, account Account, rules policy.ShippingRules) error {
	if len(rules) == 0 {
		return nil
	}
	var services, templates []string
	for _, r := range rules {
		services = append(services, r.Service)
		if r.Template != "" {
			templates = append(templates, r.Template)
		}
	}
	list, err := account.PostalServices(ctx)
	if err != nil {
		return fmt.Errorf("release: listing the postal services: %w", err)
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	errs := []error{missing("postal service of the warehouse", services, names)}
	if len(templates) > 0 {
		names, err := account.LabelTemplates(ctx)
		if err != nil {
			return fmt.Errorf("release: listing the label templates: %w", errors.Join(append(errs, err)...))
		}
		errs = append(errs, missing("label template of the warehouse", templates, names))
	}
	return errors.Join(errs...)
}

func missing(what string, wanted, names []string) error {
	var known []part.Named
	for _, name := range names {
		known = append(known, part.Named{Name: name})
	}
	slices.Sort(wanted)
	unknown := slices.DeleteFunc(slices.Compact(wanted), func(name string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
	})
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("shipping_rules: %s", part.NoSuch(what, unknown, known))
}
