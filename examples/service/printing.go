package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// shippingPath is where Linnworks reaches the print button, behind the public address.
const shippingPath = "/shipping/"

// accounts are the ids of Linnworks accounts in a list with commas.
func accounts(list string) (ids []linnworks.GUID) {
	for id := range strings.SplitSeq(list, ",") {
		if id = strings.TrimSpace(id); id != "" {
			ids = append(ids, linnworks.GUID(id))
		}
	}
	return ids
}

// printButton serves the print button for all shops; nil if no account may install it.
func (s *service) printButton() (*shippingapp.Handler, error) {
	if len(s.config.printAccounts) == 0 {
		return nil, nil
	}
	ports := linnworksadapter.PrintButton(printing.Shops{Buttons: s.buttons})
	ports.Admit = shippingapp.OnlyAccounts(s.config.printAccounts...)
	ports.Installations = s.db.ShippingInstallations()
	return shippingapp.New(ports, shippingapp.Options{Log: s.log})
}

// buttons are those of the shops whose sides have answered.
func (s *service) buttons() (buttons []*printing.Button, all bool) {
	all = true
	for _, shop := range s.shops {
		if b := shop.bound.Load(); b != nil {
			buttons = append(buttons, b.button)
		} else {
			all = false
		}
	}
	return buttons, all
}

// button is the print button of a shop.
func (s *shop) button(b *bound, warehouse *linnworksadapter.Warehouse, o printing.Options) (*printing.Button, error) {
	button, err := printing.NewButton(printing.Ports{Finder: warehouse, Dispatch: bridge.DispatchPorts{
		Gate: b.sync.Gate, Orders: b.tiktok, Shipper: b.tiktok, OrderBook: warehouse, Reader: warehouse, Tracking: warehouse,
		Catalogue: b.sync.Catalogue, Measures: warehouse, Documents: b.tiktok, Labels: s.memory, Records: s.memory, Locks: s.memory, Exceptions: s.memory,
	}}, o)
	if err != nil {
		return nil, fmt.Errorf("the print button: %w", err)
	}
	return button, nil
}

// flowRelease is the name of the flow that lets orders into the printing view.
const flowRelease = "release to print"

// releaseEvery is its pace: a quarter of the life of a permit.
const releaseEvery = 30 * time.Second

// withRelease adds the release to print to the flows of a shop, if its settings name a view.
func (s *shop) withRelease(ctx context.Context, b *bound, warehouse *linnworksadapter.Warehouse) error {
	v := s.settings.PrintView
	if v == nil {
		return nil
	}
	view, err := warehouse.PrintView(ctx, linnworksadapter.PrintViewOptions{Identifier: v.Identifier, Folder: v.Folder, Parked: v.Parked})
	if err != nil {
		return err
	}
	if err := release.CheckRules(ctx, warehouse, s.settings.ShippingRules); err != nil {
		return err
	}
	b.release, err = release.New(release.Ports{
		View: view, Services: warehouse, Gate: b.sync.Gate, Values: s.memory, Locks: s.memory, Exceptions: s.memory,
	}, release.Options{Every: releaseEvery, Rules: s.settings.ShippingRules})
	if err != nil {
		return err
	}
	b.sync.Flows = append(b.sync.Flows, bridge.Flow{Name: flowRelease, Every: releaseEvery, Run: func(ctx context.Context) (fmt.Stringer, error) {
		return b.release.Run(ctx)
	}})
	return nil
}

// syncSettings are the settings for the sync: where orders come in parked, only the release
// lets them go.
func (s *shop) syncSettings() bridge.Settings {
	settings := s.settings
	if v := settings.PrintView; v != nil && v.Parked {
		settings.StatusTable = append(release.ParkedRows(), settings.StatusTable...)
	}
	return settings
}

// released says whether orders may be printed, to the software of a warehouse that prints
// by itself: /release?shop=uk-shop, see [release.Release.ServeHTTP].
func (s *service) released(w http.ResponseWriter, r *http.Request) {
	shop := s.shop(r.URL.Query().Get("shop"))
	if len(s.shops) == 1 && !r.URL.Query().Has("shop") {
		shop = s.shops[0]
	}
	switch {
	case shop == nil || shop.settings.PrintView == nil:
		reply(w, http.StatusBadRequest, map[string]string{"error": "ask for /release?shop=name, of a shop whose settings have print_view"})
	case shop.bound.Load() == nil:
		reply(w, http.StatusServiceUnavailable, map[string]string{"error": "the shop is not worked for yet: print nothing"})
	default:
		shop.bound.Load().release.ServeHTTP(w, r)
	}
}
