package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Carriers implements [Shipper].
func (t *TikTokShop) Carriers(ctx context.Context, o Order) ([]Carrier, error) {
	if o.DeliveryOptionID == "" {
		return nil, &RefusedError{Do: "ship the order in Seller Center", Err: errors.New("the order names no delivery option")}
	}
	reply, err := t.client.Logistics.GetShippingProviders(ctx, o.DeliveryOptionID)
	if err != nil {
		return nil, shipError(err)
	}
	list := make([]Carrier, len(reply.ShippingProviders))
	for i, p := range reply.ShippingProviders {
		list[i] = Carrier{ID: p.ID, Name: p.Name}
	}
	return list, nil
}

// Ship implements [Shipper]. Orders that have packages since payment (Southeast
// Asia, Brazil, Mexico) ship package by package, all others by Mark Package As
// Shipped.
func (t *TikTokShop) Ship(ctx context.Context, s Shipment) error {
	packages := packageIDs(s.Order, s.LineIDs)
	if len(packages) == 0 {
		_, err := t.client.Fulfillment.MarkPackageAsShipped(ctx, s.Order.ID, &tiktokshop.MarkPackageAsShippedRequest{
			TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID, OrderLineItemIDs: s.LineIDs,
		})
		return shipError(err)
	}
	for _, id := range packages {
		err := t.client.Fulfillment.ShipPackage(ctx, id, &tiktokshop.ShipPackageRequest{
			SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID},
		})
		if err != nil {
			return shipError(err)
		}
	}
	return nil
}

// ArrangeShipping implements [Shipper]. In the US it buys a label; elsewhere it
// ships the package that exists since payment. An order that is arranged already
// is only read.
func (t *TikTokShop) ArrangeShipping(ctx context.Context, o Order) (Label, error) {
	packages := packageIDs(o, nil)
	if len(packages) > 1 {
		return Label{}, &RefusedError{Do: "ship the packages in Seller Center", Err: fmt.Errorf("the order has %d packages", len(packages))}
	}
	if o.Status == PartiallyShipping {
		return Label{}, &RefusedError{Do: "ship the rest in Seller Center", Err: errors.New("part of the order is arranged already")}
	}
	// In the US packages exist only once shipping is arranged, elsewhere from
	// payment on. Arranging twice would buy a second label.
	arranged := o.Status == AwaitingCollection || len(trackings(o.Lines)) > 0 || o.Market == "US" && len(packages) > 0
	if !arranged {
		var err error
		if packages, err = t.arrange(ctx, o, packages); err != nil {
			return Label{}, err
		}
	}
	if len(packages) == 0 {
		return Label{}, errors.New("the shop names no package of the order")
	}
	return t.readLabel(ctx, packages[0])
}

func (t *TikTokShop) arrange(ctx context.Context, o Order, packages []string) ([]string, error) {
	if len(packages) == 0 {
		reply, err := t.client.Fulfillment.CreatePackages(ctx, t.createPackages(o.ID))
		if err != nil {
			return nil, shipError(err)
		}
		return []string{reply.PackageID}, nil
	}
	err := t.client.Fulfillment.ShipPackage(ctx, packages[0], &tiktokshop.ShipPackageRequest{})
	if err = shipError(err); err != nil && !errors.Is(err, ErrAlreadyShipped) {
		return nil, err
	}
	return packages, nil
}

func (t *TikTokShop) createPackages(orderID string) *tiktokshop.CreatePackagesRequest {
	r := &tiktokshop.CreatePackagesRequest{ShipType: new("1"), OrderID: new(orderID)}
	if p := t.options.Parcel; p != (Parcel{}) {
		text := func(n int) *string { return new(fmt.Sprint(n)) }
		r.Dimension = &tiktokshop.CreatePackagesRequestDimension{
			Length: text(p.LengthCM), Width: text(p.WidthCM), Height: text(p.HeightCM), Unit: new(tiktokshop.CreatePackagesRequestDimensionUnit("CM")),
		}
		r.Weight = &tiktokshop.CreatePackagesRequestWeight{Value: text(p.WeightGrams), Unit: new(tiktokshop.CreatePackagesRequestWeightUnit("GRAM"))}
	}
	return r
}

// readLabel reads package and document. A document that is still being made is
// an error to repeat.
func (t *TikTokShop) readLabel(ctx context.Context, packageID string) (Label, error) {
	p, err := t.client.Fulfillment.GetPackageDetail(ctx, packageID)
	if err != nil {
		return Label{}, shipError(err)
	}
	document, err := t.client.Fulfillment.GetPackageShippingDocument(ctx, packageID,
		&tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"})
	if err != nil {
		return Label{}, shipError(err)
	}
	return Label{
		PackageID: packageID, Tracking: cmp.Or(document.TrackingNumber, p.TrackingNumber),
		Carrier: p.ShippingProviderName, URL: document.DocURL,
	}, nil
}

// packageIDs are the packages of the lines named, or of all.
func packageIDs(o Order, lineIDs []string) []string {
	var list []string
	for _, l := range o.Lines {
		if l.PackageID == "" || l.Cancelled || slices.Contains(list, l.PackageID) {
			continue
		}
		if len(lineIDs) == 0 || slices.Contains(lineIDs, l.ID) {
			list = append(list, l.PackageID)
		}
	}
	return list
}

// shipError puts TikTok's classes into the bridge's words.
func shipError(err error) error {
	e, ok := errors.AsType[*tiktokshop.Error](err)
	if !ok {
		return err
	}
	switch e.Class {
	case tiktokshop.ClassAlreadyDone:
		return fmt.Errorf("%w: %w", ErrAlreadyShipped, err)
	case tiktokshop.ClassData:
		return &RefusedError{Do: "correct the data that the message names, in Linnworks or in Seller Center", Err: err}
	case tiktokshop.ClassRequest, tiktokshop.ClassShippingModel, tiktokshop.ClassState, tiktokshop.ClassConfiguration, tiktokshop.ClassNotFound:
		return &RefusedError{Do: "look at the order in Seller Center; if it can be shipped there, report the message to the integrator", Err: err}
	}
	return err
}
