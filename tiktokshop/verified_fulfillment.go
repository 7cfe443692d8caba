package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// MarkPackageAsShippedVerified is [FulfillmentService.MarkPackageAsShipped] for
// orders that may have been marked before. It reads the order first: lines that
// travel under the tracking number already are a success, and nothing is
// written. Where the reply of the write is in doubt it reads the order again,
// and a success is what shows the number; anything else is a [*NotAppliedError].
// A warning of TikTok's is in the reply.
//
// It costs two calls, of which one reads; in doubt up to three more that read,
// within seconds.
func (s *FulfillmentService) MarkPackageAsShippedVerified(ctx context.Context, orderID string, req *MarkPackageAsShippedRequest, opts ...CallOption) (*MarkPackageAsShippedResponse, error) {
	const op = "Fulfillment.MarkPackageAsShipped"
	wanted := valueOf(req)
	var (
		reply *MarkPackageAsShippedResponse
		got   string
	)
	shipped := func() (bool, error) {
		order, err := s.orderOf(ctx, orderID)
		if err != nil {
			return false, err
		}
		lines := linesToShip(order, wanted.OrderLineItemIDs, wanted.TrackingNumber)
		if got = trackingOf(order); len(lines) < len(wanted.OrderLineItemIDs) || !travelUnder(lines, wanted.TrackingNumber) {
			return false, nil
		}
		reply = &MarkPackageAsShippedResponse{OrderID: orderID, OrderLineItemIDs: lineItemIDs(lines), PackageID: lines[0].PackageID}
		return true, nil
	}
	if done, err := shipped(); done || err != nil {
		return reply, err
	}
	out, written := s.MarkPackageAsShipped(ctx, orderID, req, opts...)
	if !inDoubt(written) {
		return out, written
	}
	switch done, err := lookBack(ctx, written, shipped); {
	case err != nil:
		return nil, err
	case done:
		return reply, nil
	}
	return nil, s.client.notApplied(op, "order "+orderID, "tracking number "+wanted.TrackingNumber, got, written)
}

// linesToShip are the lines that ids name; without ids those that are not
// shipped yet or travel under number.
func linesToShip(o *Order, ids []string, number string) []OrderLineItem {
	var lines []OrderLineItem
	for _, l := range o.LineItems {
		named := slices.Contains(ids, l.ID)
		if len(ids) == 0 {
			named = l.DisplayStatus != OrderStatusCancelled && (l.TrackingNumber == "" || l.TrackingNumber == number)
		}
		if named {
			lines = append(lines, l)
		}
	}
	return lines
}

// travelUnder reports whether all lines, at least one, have the tracking number.
func travelUnder(lines []OrderLineItem, number string) bool {
	return len(lines) > 0 && number != "" &&
		!slices.ContainsFunc(lines, func(l OrderLineItem) bool { return l.TrackingNumber != number })
}

// trackingOf lists the tracking numbers of an order.
func trackingOf(o *Order) string {
	var numbers []string
	for _, l := range o.LineItems {
		if l.TrackingNumber != "" && !slices.Contains(numbers, l.TrackingNumber) {
			numbers = append(numbers, l.TrackingNumber)
		}
	}
	if numbers == nil {
		return "no tracking number"
	}
	return "tracking numbers " + strings.Join(numbers, ", ")
}

func lineItemIDs(lines []OrderLineItem) (ids []string) {
	for _, l := range lines {
		ids = append(ids, l.ID)
	}
	return ids
}

// ShipPackageVerified is [FulfillmentService.ShipPackage] for packages that may
// have been shipped before. It reads the package first: one that is shipped
// already, under the tracking number of req.SelfShipment if there is one, is a
// success, and nothing is written. Where the reply of the write is in doubt it
// reads the package again. A package that travels under another number is a
// [*NotAppliedError].
//
// It costs two calls, of which one reads; in doubt up to three more that read,
// within seconds.
func (s *FulfillmentService) ShipPackageVerified(ctx context.Context, packageID string, req *ShipPackageRequest, opts ...CallOption) error {
	const op = "Fulfillment.ShipPackage"
	want := "a shipped package"
	number := ""
	if self := valueOf(req).SelfShipment; self != nil {
		number = self.TrackingNumber
		want = "tracking number " + number
	}
	var got string
	shipped := func() (bool, error) {
		p, err := s.GetPackageDetail(ctx, packageID, nil)
		if err != nil {
			return false, err
		}
		status := p.State()
		got = string(status)
		if !onItsWay(status) {
			return false, nil
		}
		if number != "" && p.TrackingNumber != number {
			return false, s.client.notApplied(op, "package "+packageID, want, "tracking number "+p.TrackingNumber, nil)
		}
		return true, nil
	}
	if done, err := shipped(); done || err != nil {
		return err
	}
	_, written := s.ShipPackage(ctx, packageID, req, opts...)
	if !inDoubt(written) {
		return written
	}
	if done, err := lookBack(ctx, written, shipped); done || err != nil {
		return err
	}
	return s.client.notApplied(op, "package "+packageID, want, "a package that is "+got, written)
}

// onItsWay reports whether a package with this status has been shipped.
func onItsWay(s PackageStatus) bool {
	return s == PackageStatusProcessing || s == PackageStatusFulfilling || s == PackageStatusCompleted
}

// CreatePackagesVerified is [FulfillmentService.CreatePackages], which buys a
// label, for orders that may have one: it never buys a second. It reads the
// orders of req first (OrderID, or OrderListIDs for several); lines that are in
// one package already are a success, and nothing is bought. Where the reply of
// the write is in doubt it reads them again. Of a package that was found only
// PackageID is in the reply. Lines in several packages, or only some of them in
// one, are a [*NotAppliedError], and so is a package that is yet to be shipped:
// outside the US packages exist from the payment, and ShipPackage ships them.
//
// It costs two calls, of which one reads, for up to 50 orders; in doubt up to
// three more that read, within seconds.
func (s *FulfillmentService) CreatePackagesVerified(ctx context.Context, req *CreatePackagesRequest, opts ...CallOption) (*CreatePackagesResponse, error) {
	const op, want = "Fulfillment.CreatePackages", "one package with a label"
	r := valueOf(req)
	orderIDs := slices.Clone(r.OrderListIDs)
	if r.OrderID != nil {
		orderIDs = append(orderIDs, *r.OrderID)
	}
	if len(orderIDs) == 0 {
		return nil, errors.New("tiktokshop: CreatePackagesVerified: OrderID or OrderListIDs is needed to read the orders back")
	}
	var lineIDs []string
	for _, l := range r.OrderLineItem {
		if l.OrderLineID != nil {
			lineIDs = append(lineIDs, *l.OrderLineID)
		}
	}
	object := fmt.Sprintf("orders %q", orderIDs)
	var found string
	bought := func() (bool, error) {
		var lines []OrderLineItem
		for _, id := range orderIDs {
			order, err := s.orderOf(ctx, id)
			if err != nil {
				return false, err
			}
			lines = append(lines, linesToPack(order, lineIDs)...)
		}
		var got string
		if found, got = onePackage(lines); got != "" {
			return false, s.client.notApplied(op, object, want, got, nil)
		}
		return found != "", nil
	}
	switch done, err := bought(); {
	case err != nil:
		return nil, err
	case done:
		return &CreatePackagesResponse{PackageID: found}, nil
	}
	reply, written := s.CreatePackages(ctx, req, opts...)
	if !inDoubt(written) {
		return reply, written
	}
	switch done, err := lookBack(ctx, written, bought); {
	case err != nil:
		return nil, err
	case done:
		return &CreatePackagesResponse{PackageID: found}, nil
	}
	return nil, s.client.notApplied(op, object, want, "none", written)
}

// linesToPack are the lines that ids name, all that are not cancelled without ids.
func linesToPack(o *Order, ids []string) []OrderLineItem {
	var lines []OrderLineItem
	for _, l := range o.LineItems {
		if slices.Contains(ids, l.ID) || len(ids) == 0 && l.DisplayStatus != OrderStatusCancelled {
			lines = append(lines, l)
		}
	}
	return lines
}

// onePackage returns the package that all lines are in, or "" if they are in
// none; otherwise got says what else there is.
func onePackage(lines []OrderLineItem) (id, got string) {
	packed := 0
	for _, l := range lines {
		switch {
		case l.PackageID == "" || l.PackageStatus == PackageStatusCancelled:
			continue
		case id != "" && id != l.PackageID:
			return "", fmt.Sprintf("packages %s and %s", id, l.PackageID)
		case l.PackageStatus == PackageStatusToFulfill && l.TrackingNumber == "":
			return "", fmt.Sprintf("package %s, which is yet to be shipped", l.PackageID)
		}
		id = l.PackageID
		packed++
	}
	if packed > 0 && packed < len(lines) {
		return "", fmt.Sprintf("package %s with %d of %d lines", id, packed, len(lines))
	}
	return id, ""
}

// UpdateShippingInfoVerified is [FulfillmentService.UpdateShippingInfo] for
// orders that may have been corrected before: TikTok allows one correction. It
// reads the order first, and a line that travels under the number already is a
// success. Where the reply of the write is in doubt it reads the order again.
//
// It costs two calls, of which one reads; in doubt up to three more that read,
// within seconds.
func (s *FulfillmentService) UpdateShippingInfoVerified(ctx context.Context, orderID string, req *UpdateShippingInfoRequest, opts ...CallOption) error {
	number := valueOf(req).TrackingNumber
	var got string
	corrected := func() (bool, error) {
		order, err := s.orderOf(ctx, orderID)
		if err != nil {
			return false, err
		}
		got = trackingOf(order)
		return travelUnder(linesToPack(order, nil), number), nil
	}
	if done, err := corrected(); done || err != nil {
		return err
	}
	_, written := s.UpdateShippingInfo(ctx, orderID, req, opts...)
	if !inDoubt(written) {
		return written
	}
	if done, err := lookBack(ctx, written, corrected); done || err != nil {
		return err
	}
	return s.client.notApplied("Fulfillment.UpdateShippingInfo", "order "+orderID, "tracking number "+number, got, written)
}

// UpdatePackageShippingInfoVerified is [FulfillmentService.UpdatePackageShippingInfo]
// for packages that may have been corrected before. It works and costs as
// [FulfillmentService.UpdateShippingInfoVerified], reading the package.
func (s *FulfillmentService) UpdatePackageShippingInfoVerified(ctx context.Context, packageID string, req *UpdatePackageShippingInfoRequest, opts ...CallOption) error {
	number := valueOf(req).TrackingNumber
	var got string
	corrected := func() (bool, error) {
		p, err := s.GetPackageDetail(ctx, packageID, nil)
		if err != nil {
			return false, err
		}
		got = "tracking number " + p.TrackingNumber
		return number != "" && p.TrackingNumber == number, nil
	}
	if done, err := corrected(); done || err != nil {
		return err
	}
	_, written := s.UpdatePackageShippingInfo(ctx, packageID, req, opts...)
	if !inDoubt(written) {
		return written
	}
	if done, err := lookBack(ctx, written, corrected); done || err != nil {
		return err
	}
	return s.client.notApplied("Fulfillment.UpdatePackageShippingInfo", "package "+packageID, "tracking number "+number, got, written)
}

// orderOf reads one order. One that the reply leaves out is not found.
func (s *FulfillmentService) orderOf(ctx context.Context, id string) (*Order, error) {
	reply, err := s.client.Order.GetOrderDetail(ctx, &GetOrderDetailRequest{IDs: []string{id}})
	if err != nil {
		return nil, err
	}
	for i := range reply.Orders {
		if reply.Orders[i].ID == id {
			return &reply.Orders[i], nil
		}
	}
	return nil, &Error{
		Operation: "Order.GetOrderDetail", Shop: s.client.shop.ID, Class: ClassNotFound, Attempts: 1,
		Err: fmt.Errorf("the reply leaves order %s out", id),
	}
}
