package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/printing"
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
func (s *shop) button(b *bound, warehouse *linnworksadapter.Warehouse) (*printing.Button, error) {
	button, err := printing.NewButton(printing.Ports{Finder: warehouse, Dispatch: bridge.DispatchPorts{
		Gate: b.sync.Gate, Orders: b.tiktok, Shipper: b.tiktok, OrderBook: warehouse, Reader: warehouse, Tracking: warehouse,
		Catalogue: b.sync.Catalogue, Measures: warehouse, Documents: b.tiktok, Labels: s.memory, Records: s.memory, Locks: s.memory, Exceptions: s.memory,
	}}, printing.Options{HandOnPDF: true})
	if err != nil {
		return nil, fmt.Errorf("the print button: %w", err)
	}
	return button, nil
}

// withPrintButton adds the print button to what others reach, if it is served.
func withPrintButton(public http.Handler, button *shippingapp.Handler) http.Handler {
	if button == nil {
		return public
	}
	mux := http.NewServeMux()
	mux.Handle("/", public)
	mux.Handle(shippingPath, button)
	return mux
}
