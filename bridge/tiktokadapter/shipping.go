package tiktokadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Carriers implements [bridge.Shipper].
func (t *Shop) Carriers(ctx context.Context, o bridge.Order) ([]bridge.Carrier, error) {
	if o.DeliveryOptionID == "" {
		return nil, &exceptions.RefusedError{Do: "ship the order in Seller Center", Err: errors.New("the order names no delivery option")}
	}
	route, err := t.route(ctx, o)
	if err != nil {
		return nil, shipError(err)
	}
	reply, err := t.client.Logistics.GetShippingProviders(ctx, o.DeliveryOptionID, route)
	if err != nil {
		return nil, shipError(err)
	}
	list := make([]bridge.Carrier, len(reply.ShippingProviders))
	for i, p := range reply.ShippingProviders {
		list[i] = bridge.Carrier{ID: p.ID, Name: p.Name}
	}
	return list, nil
}

// routeMarkets are the markets whose providers depend on the countries that a
// parcel leaves and goes to. TikTok demands both there.
//
// https://partner.tiktokshop.com/docv2/page/7z0wsn3s
var routeMarkets = []string{"DE", "FR", "IT", "ES", "IE"}

// DeliveryOptions implements [delivery.Shop] with the options of the warehouses
// that sell, one call for each.
//
// https://partner.tiktokshop.com/docv2/page/get-warehouse-delivery-options-202309
func (t *Shop) DeliveryOptions(ctx context.Context) ([]delivery.Name, error) {
	warehouses, err := t.client.Logistics.GetWarehouseList(ctx, nil)
	if err != nil {
		return nil, err
	}
	var list []delivery.Name
	for _, w := range warehouses.Warehouses {
		if w.Type == tiktokshop.WarehouseTypeReturnWarehouse || w.EffectStatus == tiktokshop.WarehouseStatusDisabled {
			continue
		}
		reply, err := t.client.Logistics.GetWarehouseDeliveryOptions(ctx, w.ID, nil)
		if err != nil {
			return nil, fmt.Errorf("warehouse %s: %w", w.ID, err)
		}
		for _, o := range reply.DeliveryOptions {
			if option := (delivery.Name{ID: o.ID, Name: o.Name}); !slices.Contains(list, option) {
				list = append(list, option)
			}
		}
	}
	return list, nil
}

// ShippingProviders implements [delivery.Shop] with the providers of every
// delivery option but those that TikTok ships itself, one call for each. In Germany,
// France, Italy, Spain and Ireland they depend on where an order goes.
//
// https://partner.tiktokshop.com/docv2/page/get-shipping-providers-202309
func (t *Shop) ShippingProviders(ctx context.Context) ([]delivery.Name, error) {
	if home := t.client.Shop().Region; slices.Contains(routeMarkets, home) {
		return nil, fmt.Errorf("in %s they depend on where an order goes: %w", home, errors.ErrUnsupported)
	}
	options, err := t.DeliveryOptions(ctx)
	if err != nil {
		return nil, err
	}
	var list []delivery.Name
	for _, o := range options {
		reply, err := t.client.Logistics.GetShippingProviders(ctx, o.ID, nil)
		if e, ok := errors.AsType[*tiktokshop.Error](err); ok && e.Class == tiktokshop.ClassShippingModel {
			continue // TikTok's own carriers ship it
		}
		if err != nil {
			return nil, fmt.Errorf("delivery option %s: %w", o.ID, err)
		}
		for _, p := range reply.ShippingProviders {
			if carrier := (delivery.Name{ID: p.ID, Name: p.Name}); !slices.Contains(list, carrier) {
				list = append(list, carrier)
			}
		}
	}
	return list, nil
}

// route tells where a parcel comes from and goes to, nil where TikTok does not
// ask. A warehouse of unknown country counts as one in the country of the shop.
func (t *Shop) route(ctx context.Context, o bridge.Order) (*tiktokshop.GetShippingProvidersRequest, error) {
	home := t.client.Shop().Region
	if !slices.Contains(routeMarkets, home) {
		return nil, nil
	}
	t.mu.Lock()
	regions := t.regions
	t.mu.Unlock()
	if regions == nil {
		reply, err := t.client.Logistics.GetWarehouseList(ctx, nil)
		if err != nil {
			return nil, fmt.Errorf("reading the countries of the shop's warehouses: %w", err)
		}
		regions = map[string]string{}
		for _, w := range reply.Warehouses {
			regions[w.ID] = w.Address.RegionCode
		}
		t.mu.Lock()
		t.regions = regions
		t.mu.Unlock()
	}
	route := &tiktokshop.GetShippingProvidersRequest{WarehouseRegion: new(cmp.Or(regions[o.WarehouseID], home))}
	if o.Market != "" {
		route.BuyerRegion = new(o.Market)
	}
	return route, nil
}

// Ship implements [bridge.Shipper]. Orders that have packages since payment (Southeast
// Asia, Brazil, Mexico) ship package by package, all others by Mark Package As
// Shipped. A package that is packed in parts is split first. It costs one call for the
// order or package, and two more for a split: whoever calls it has read the order, and
// reads it again.
func (t *Shop) Ship(ctx context.Context, s bridge.Shipment) (warning string, err error) {
	lines := parcelLines(s)
	packages := bridge.PackageIDs(lines)
	if len(packages) == 0 {
		reply, err := t.client.Fulfillment.MarkPackageAsShipped(ctx, s.Order.ID, &tiktokshop.MarkPackageAsShippedRequest{
			TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID, OrderLineItemIDs: s.LineIDs,
		})
		if err != nil {
			return "", shipError(err)
		}
		return reply.Warning.Message, nil
	}
	packages, err = t.ownPackages(ctx, s.Order, lines)
	if err != nil {
		return "", err
	}
	for _, id := range packages {
		_, err := t.client.Fulfillment.ShipPackage(ctx, id, &tiktokshop.ShipPackageRequest{
			SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID},
		})
		if err != nil {
			return "", shipError(err)
		}
	}
	return "", nil
}

// parcelLines are the live lines that a shipment names, or all that are left.
func parcelLines(s bridge.Shipment) []bridge.OrderLine {
	return slices.DeleteFunc(s.Order.LiveLines(), func(l bridge.OrderLine) bool {
		if len(s.LineIDs) == 0 {
			return s.Tracking != "" && l.Tracking != ""
		}
		return !slices.Contains(s.LineIDs, l.ID)
	})
}

// ownPackages returns the packages that lines are in, once they are in none with other
// lines: a package ships as a whole. One that is packed in parts is split, where TikTok
// can (whole SKUs in Southeast Asia, Brazil and Mexico) and the app has
// [tiktokshop.ScopePackageWrite]; elsewhere that is refused, for a person.
//
// https://partner.tiktokshop.com/docv2/page/split-orders-202309
func (t *Shop) ownPackages(ctx context.Context, o bridge.Order, lines []bridge.OrderLine) ([]string, error) {
	if sharedPackage(o, lines) == "" {
		return bridge.PackageIDs(lines), nil
	}
	// As it was read it may be split by now: by the parcel before, or by a call whose
	// reply was lost.
	fresh, err := t.OrdersByID(ctx, []string{o.ID})
	if err != nil {
		return nil, fmt.Errorf("reading the packages of order %s: %w", o.ID, err)
	}
	if len(fresh) != 1 {
		return nil, fmt.Errorf("the shop does not return order %s", o.ID)
	}
	o, lines = fresh[0], parcelLines(bridge.Shipment{Order: fresh[0], LineIDs: bridge.LineIDs(lines)})
	shared := sharedPackage(o, lines)
	if shared == "" {
		return bridge.PackageIDs(lines), nil
	}
	ids := bridge.LineIDs(lines)
	var request tiktokshop.SplitOrdersRequest
	groups := map[string]int{}
	for _, l := range o.LiveLines() {
		mine := slices.Contains(ids, l.ID)
		if l.Tracking != "" && (mine || slices.Contains(bridge.PackageIDs(lines), l.PackageID)) {
			return nil, notSplit(shared, errors.New("a part of it is shipped already"))
		}
		if l.Tracking != "" {
			continue
		}
		// Each of the other packages stays one of its own.
		name := fmt.Sprintf("%s-%t", l.PackageID, mine)
		at, have := groups[name]
		if !have {
			at = len(request.SplittableGroups)
			groups[name] = at
			request.SplittableGroups = append(request.SplittableGroups, tiktokshop.SplitOrdersRequestSplittableGroup{ID: new(name)})
		}
		request.SplittableGroups[at].OrderLineItemIDs = append(request.SplittableGroups[at].OrderLineItemIDs, l.ID)
	}
	reply, err := t.client.Fulfillment.SplitOrders(ctx, o.ID, &request)
	if err != nil {
		e, ok := errors.AsType[*tiktokshop.Error](err)
		if _, refused := exceptions.AsRefused(shipError(err)); refused || ok && (e.Class == tiktokshop.ClassAuthorisation || e.Class == tiktokshop.ClassCancelPending) {
			return nil, notSplit(shared, err)
		}
		return nil, fmt.Errorf("splitting package %s: %w", shared, err)
	}
	var packages []string
	for _, p := range reply.Packages {
		if strings.HasSuffix(p.SplittableGroupID, "-true") && p.ID != "" {
			packages = append(packages, p.ID)
		}
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("the shop has split package %s and names no part of it; the next run reads it", shared)
	}
	return packages, nil
}

// sharedPackage is a package that lines share with others, empty if there is none.
func sharedPackage(o bridge.Order, lines []bridge.OrderLine) string {
	ids, packages := bridge.LineIDs(lines), bridge.PackageIDs(lines)
	for _, l := range o.LiveLines() {
		if slices.Contains(packages, l.PackageID) && !slices.Contains(ids, l.ID) {
			return l.PackageID
		}
	}
	return ""
}

func notSplit(packageID string, why error) error {
	return &exceptions.RefusedError{
		Do:  "split the package in Seller Center as it was packed; the parts ship by themselves afterwards",
		Err: fmt.Errorf("the parcel holds only a part of package %s, which the bridge cannot split: %w", packageID, why),
	}
}

// ArrangeShipping implements [bridge.Shipper]. In the US it buys a label; elsewhere it
// ships the package that exists since payment. It reads first, and lines that are
// arranged already are only read.
func (t *Shop) ArrangeShipping(ctx context.Context, s bridge.Shipment) (bridge.Label, error) {
	o, lines := s.Order, parcelLines(s)
	packages := bridge.PackageIDs(lines)
	if len(packages) > 1 {
		return bridge.Label{}, &exceptions.RefusedError{Do: "ship the packages in Seller Center", Err: fmt.Errorf("the lines are in %d packages", len(packages))}
	}
	shipped := 0
	for _, l := range lines {
		if l.Tracking != "" || l.PackageID != "" && o.Market == "US" {
			shipped++
		}
	}
	if shipped > 0 && shipped < len(lines) {
		return bridge.Label{}, &exceptions.RefusedError{Do: "ship the rest in Seller Center", Err: errors.New("part of the order is arranged already")}
	}
	// In the US packages exist only once shipping is arranged, elsewhere from
	// payment on. Arranging twice would buy a second label.
	if shipped == 0 && o.Status != bridge.AwaitingCollection {
		var err error
		if packages, err = t.arrange(ctx, s, lines, packages); err != nil {
			return bridge.Label{}, err
		}
		if t.options.AskEarly && len(packages) > 0 {
			defer t.askEarly(ctx, packages[0])()
		}
	}
	if len(packages) == 0 {
		return bridge.Label{}, errors.New("the shop names no package of the order")
	}
	p, err := t.client.Fulfillment.GetPackageDetail(ctx, packages[0], nil)
	if err != nil {
		return bridge.Label{}, shipError(err)
	}
	return bridge.Label{PackageID: packages[0], Tracking: part.Tracking(p.TrackingNumber), Carrier: p.ShippingProviderName}, nil
}

// askEarly asks for a document once, and returns a function that waits for the answer.
// What comes of it shows when the document is fetched.
func (t *Shop) askEarly(ctx context.Context, packageID string) (wait func()) {
	var asking sync.WaitGroup
	asking.Go(func() {
		_, _ = t.client.Fulfillment.GetPackageShippingDocument(ctx, packageID, t.labelDocument(), tiktokshop.NoRepeat())
	})
	return asking.Wait
}

func (t *Shop) arrange(ctx context.Context, s bridge.Shipment, lines []bridge.OrderLine, packages []string) ([]string, error) {
	if len(packages) == 0 {
		parcel, err := t.parcel(ctx, s, lines)
		if err != nil {
			return nil, err
		}
		reply, err := t.client.Fulfillment.CreatePackagesVerified(ctx, createPackages(s, parcel))
		if err != nil {
			return nil, shipError(err)
		}
		return []string{reply.PackageID}, nil
	}
	packages, err := t.ownPackages(ctx, s.Order, lines)
	if err != nil {
		return nil, err
	}
	return packages, shipError(t.client.Fulfillment.ShipPackageVerified(ctx, packages[0], &tiktokshop.ShipPackageRequest{}))
}

// parcel is what is declared for a shipment.
func (t *Shop) parcel(ctx context.Context, s bridge.Shipment, lines []bridge.OrderLine) (Parcel, error) {
	p, err := t.options.Parcel, error(nil)
	switch {
	case t.options.ParcelOf != nil:
		p, err = t.options.ParcelOf(ctx, s.Order, lines)
	case s.Contents != nil:
		var items []catalogue.Packed
		items, err = s.Contents(ctx)
		p = ParcelOf(items, p)
	}
	if err != nil {
		return Parcel{}, fmt.Errorf("measuring the parcel of order %s: %w", s.Order.ID, err)
	}
	return p, nil
}

func createPackages(s bridge.Shipment, p Parcel) *tiktokshop.CreatePackagesRequest {
	r := &tiktokshop.CreatePackagesRequest{ShipType: new("1"), OrderID: new(s.Order.ID)}
	for _, id := range s.LineIDs {
		r.ShipType = new("2")
		r.OrderLineItem = append(r.OrderLineItem, tiktokshop.CreatePackagesRequestOrderLineItem{OrderLineID: new(id)})
	}
	p.declare(r)
	return r
}

// zplRegions are where labels come in ZPL too.
//
// https://partner.tiktokshop.com/docv2/page/get-package-shipping-document-202309
var zplRegions = []string{"BR", "MX"}

// labelDocument asks for a label.
func (t *Shop) labelDocument() *tiktokshop.GetPackageShippingDocumentRequest {
	r := &tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"}
	if t.options.ZPL && slices.Contains(zplRegions, t.client.Shop().Region) {
		r.DocumentFormat = new(tiktokshop.FulfillmentDocumentFormatZPL)
	}
	return r
}

// LabelDocument implements [bridge.LabelSource]: it asks for the document and downloads
// it at once, because its address dies after a day. A document that is still
// being made is an error to repeat.
func (t *Shop) LabelDocument(ctx context.Context, packageID string) (store.LabelDocument, error) {
	reply, err := t.client.Fulfillment.GetPackageShippingDocument(ctx, packageID, t.labelDocument())
	if err != nil {
		return store.LabelDocument{}, shipError(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, reply.DocURL, nil)
	if err != nil || request.URL.Host == "" {
		return store.LabelDocument{}, errors.New("the shop gives no address that a document could be fetched from")
	}
	response, err := t.options.Documents.Do(request)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address, which is a secret for a day
	}
	if err != nil {
		return store.LabelDocument{}, fmt.Errorf("downloading it from %s: %w", request.URL.Host, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return store.LabelDocument{}, fmt.Errorf("downloading it from %s: HTTP status %d", request.URL.Host, response.StatusCode)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, t.options.MaxDocument+1))
	switch {
	case err != nil:
		return store.LabelDocument{}, fmt.Errorf("downloading it from %s: %w", request.URL.Host, err)
	case len(content) == 0:
		return store.LabelDocument{}, fmt.Errorf("%s sent an empty document", request.URL.Host)
	case int64(len(content)) > t.options.MaxDocument:
		return store.LabelDocument{}, &exceptions.RefusedError{
			Do:  "print the label in Seller Center, and have the integrator raise the size of labels that the bridge takes",
			Err: fmt.Errorf("the document is larger than %d bytes", t.options.MaxDocument),
		}
	}
	kind := response.Header.Get("Content-Type")
	if kind == "" || strings.HasPrefix(kind, "application/octet-stream") {
		kind = http.DetectContentType(content)
	}
	return store.LabelDocument{PackageID: packageID, ContentType: kind, Content: content, FetchedAt: t.options.Now().UTC()}, nil
}

// CorrectTracking implements [bridge.TrackingCorrector]: for the order if it is in one
// package, otherwise for the package.
func (t *Shop) CorrectTracking(ctx context.Context, s bridge.Shipment) error {
	if len(s.LineIDs) == 0 {
		return shipError(t.client.Fulfillment.UpdateShippingInfoVerified(ctx, s.Order.ID,
			&tiktokshop.UpdateShippingInfoRequest{TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID}))
	}
	packages := bridge.PackageIDs(parcelLines(bridge.Shipment{Order: s.Order, LineIDs: s.LineIDs}))
	if len(packages) != 1 {
		return &exceptions.RefusedError{Do: "correct the number in Seller Center", Err: fmt.Errorf("the lines are in %d packages", len(packages))}
	}
	return shipError(t.client.Fulfillment.UpdatePackageShippingInfoVerified(ctx, packages[0],
		&tiktokshop.UpdatePackageShippingInfoRequest{TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID}))
}

// shipError puts TikTok's classes into the bridge's words.
func shipError(err error) error {
	if tiktokshop.IsNotApplied(err) {
		return err // it may come into effect yet: the next run reads it
	}
	e, ok := errors.AsType[*tiktokshop.Error](err)
	if !ok {
		return err
	}
	switch e.Class {
	case tiktokshop.ClassAlreadyDone:
		return fmt.Errorf("%w: %w", bridge.ErrAlreadyShipped, err)
	case tiktokshop.ClassData:
		return &exceptions.RefusedError{Do: "correct the data that the message names, in Linnworks or in Seller Center", Err: err}
	case tiktokshop.ClassRequest, tiktokshop.ClassShippingModel, tiktokshop.ClassState, tiktokshop.ClassConfiguration, tiktokshop.ClassNotFound:
		return &exceptions.RefusedError{Do: "look at the order in Seller Center; if it can be shipped there, report the message to the integrator", Err: err}
	}
	return err
}
