package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/delivery"
)

// namesOfShop and namesOfWarehouse are sides that know names, and count calls.
type namesOfShop struct {
	calls                int
	options, providersOf error
}

func (s *namesOfShop) DeliveryOptions(context.Context) ([]delivery.Name, error) {
	s.calls++
	return []delivery.Name{{ID: "11", Name: "Standard Shipping"}, {ID: "12", Name: "Express"}}, s.options
}

func (s *namesOfShop) ShippingProviders(context.Context) ([]delivery.Name, error) {
	s.calls++
	return []delivery.Name{{ID: "901", Name: "Royal Mail"}, {ID: "902", Name: "Evri"}}, s.providersOf
}

type namesOfWarehouse struct {
	calls int
	err   error
}

func (w *namesOfWarehouse) PostalServices(context.Context) ([]delivery.Service, error) {
	w.calls++
	return []delivery.Service{{Name: "Tracked 48", Carrier: "Royal Mail OBA", Tags: []string{"rm-48"}}, {Name: "Parcel"}}, w.err
}

type mapping = map[string]string

var models = []string{"seller", "tiktok", "fbt"}

func TestCheck(t *testing.T) {
	t.Parallel()
	down := errors.New("no answer")
	for name, tc := range map[string]struct {
		services, carriers mapping
		shop               *namesOfShop      // nil: the usual one
		warehouse          *namesOfWarehouse // nil: the usual one
		calls              int
		want               []string // lines
		unknown            bool
	}{
		"nothing to compare": {},
		"all ways to name": {
			services: mapping{"11": "Tracked 48", "Express": "parcel", "tiktok/Express": "RM-48", "seller": "Parcel", "fbt": "Tracked 48"},
			carriers: mapping{"tracked 48 ": "royal mail", "Royal Mail OBA": "902", "Parcel": " Evri "}, calls: 3,
		},
		"carriers only": {carriers: mapping{"Parcel": "Evri"}, calls: 2},
		"services only": {services: mapping{"11": "Parcel"}, calls: 2},
		"all unknown": {
			services: mapping{"Expres": "Tracked 84", "tiktok/express": "x"}, carriers: mapping{"Royal Mail OPA": "Royal Male", "DHL": "902 "}, calls: 3, unknown: true,
			want: []string{
				`services: no delivery option of the shop is called "Expres" (did you mean 12 (Express)?), "tiktok/express" (did you mean tiktok/Express?); there are`,
				`carriers: no shipping provider of the shop is called "Royal Male" (did you mean 901 (Royal Mail)?); there are 901 (Royal Mail), 902 (Evri)`,
				`services: no postal service of the warehouse is called "Tracked 84" (did you mean Tracked 48?), "x"; there are Parcel, Tracked 48, rm-48`,
				`carriers: no carrier or postal service of the warehouse is called "DHL", "Royal Mail OPA" (did you mean Royal Mail OBA?); there are Parcel, Royal Mail OBA, Tracked 48`,
			},
		},
		"a tag is no carrier": {carriers: mapping{"rm-48": "Evri"}, calls: 2, unknown: true, want: []string{`carriers: no carrier or postal service of the warehouse is called "rm-48"`}},
		"sides that are away": {
			services: mapping{"11": "Parcel"}, carriers: mapping{"Parcel": "x"}, shop: &namesOfShop{options: down}, warehouse: &namesOfWarehouse{err: down}, calls: 3, unknown: true,
			want: []string{`listing each delivery option of the shop: no answer`, `"x"`, `listing each postal service of the warehouse: no answer`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, warehouse := tc.shop, tc.warehouse
			if shop == nil {
				shop = new(namesOfShop)
			}
			if warehouse == nil {
				warehouse = new(namesOfWarehouse)
			}
			unchecked, err := delivery.Check(t.Context(), shop, warehouse, delivery.Names{Services: tc.services, Carriers: tc.carriers, Models: models})
			text := fmt.Sprint(err)
			if len(unchecked) > 0 || (err != nil) != (len(tc.want) > 0) || err != nil && len(strings.Split(text, "\n")) != len(tc.want) {
				t.Fatalf("unchecked %q, %v; want %d lines", unchecked, err, len(tc.want))
			}
			for i, want := range tc.want {
				if got := strings.Split(text, "\n")[i]; !strings.Contains(got, want) {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}
			if errors.Is(err, delivery.ErrUnknown) != tc.unknown {
				t.Errorf("%v says that repeating cannot mend it: %t, want %t", err, !tc.unknown, tc.unknown)
			}
			if calls := shop.calls + warehouse.calls; calls != tc.calls {
				t.Errorf("%d calls, want %d", calls, tc.calls)
			}
		})
	}
}

// What is not asked is said to be unchecked.
func TestCheckSaysWhatIsUnchecked(t *testing.T) {
	t.Parallel()
	unchecked, err := delivery.Check(t.Context(), nil, nil, delivery.Names{Services: mapping{"x": "x"}, Carriers: mapping{"y": "y"}})
	if want := []string{"the shop's names in services and carriers", "the warehouse's names in services and carriers"}; err != nil || cmp.Diff(want, unchecked) != "" {
		t.Errorf("without sides: unchecked %q, %v; want %q", unchecked, err, want)
	}
	unchecked, err = delivery.Check(t.Context(), &namesOfShop{providersOf: fmt.Errorf("in DE: %w", errors.ErrUnsupported)}, new(namesOfWarehouse), delivery.Names{Carriers: mapping{"Parcel": "y"}})
	if err != nil || len(unchecked) != 1 || !strings.Contains(unchecked[0], "the shipping providers in carriers: in DE") {
		t.Errorf("where carriers depend on the order: unchecked %q, %v", unchecked, err)
	}
}

// While the warehouse does not list its services, no name counts as unknown: the settings
// may be right.
func TestCheckWithoutTheWarehouse(t *testing.T) {
	down := errors.New("no answer")
	_, err := delivery.Check(t.Context(), &namesOfShop{}, &namesOfWarehouse{err: down}, delivery.Names{
		Services: mapping{"11": "Anything"}, Carriers: mapping{"Anyone": "Evri"}, Models: models,
	})
	if !errors.Is(err, down) || errors.Is(err, delivery.ErrUnknown) {
		t.Errorf("got %v, want that the warehouse does not answer, and no unknown name", err)
	}
}
