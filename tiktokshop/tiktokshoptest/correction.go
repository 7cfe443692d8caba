package tiktokshoptest

import (
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of corrections of a tracking number.
const (
	codeNotShipped     = 21011043
	codeSeveral        = 21011048
	codeUpdateTooLate  = 21011050
	codeUpdatedBefore  = 21011051
	codeUpdateReceived = 21011030
)

// CorrectionTime is how long after shipping the tracking number may be
// corrected in the US, the UK and south-east Asia.
const CorrectionTime = 72 * time.Hour

// correctOrder serves Fulfillment.UpdateShippingInfo: orders that are not split.
//
// https://partner.tiktokshop.com/docv2/page/update-shipping-info-202309
func (f *Fake) correctOrder(in *request) (any, error) {
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	var shipped []*parcel
	for _, l := range o.lines {
		if l.shipped() && !slices.Contains(shipped, l.parcel) {
			shipped = append(shipped, l.parcel)
		}
	}
	switch len(shipped) {
	case 0:
		return nil, fail(codeNotShipped, "The order is not shipped")
	case 1:
		return nil, f.correct(in, shipped[0])
	}
	return nil, fail(codeSeveral, "The order has several packages: correct the package")
}

// correctPackage serves Fulfillment.UpdatePackageShippingInfo.
//
// https://partner.tiktokshop.com/docv2/page/update-package-shipping-info-202309
func (f *Fake) correctPackage(in *request) (any, error) {
	p, err := f.packageOf(in.params[0])
	if err != nil {
		return nil, err
	}
	if !p.arranged {
		return nil, fail(codeNotShipped, "The package is not shipped")
	}
	return nil, f.correct(in, p)
}

// correct replaces the tracking number of a package: once for each order.
func (f *Fake) correct(in *request, p *parcel) error {
	req, err := decode[tiktokshop.UpdateShippingInfoRequest](in)
	if err != nil {
		return err
	}
	o := p.lines[0].order
	limited := f.market.family != familyEurope || f.market.region == "GB"
	switch {
	case o.info.ShippingType != tiktokshop.ShippingTypeSeller:
		return fail(codeWrongModel, "Only packages that the seller ships can be corrected")
	case p.status == tiktokshop.PackageStatusCompleted:
		return fail(codeUpdateReceived, "The package is delivered")
	case o.corrected && f.has(QuirkOneCorrection):
		return fail(codeUpdatedBefore, "The tracking number was corrected before")
	case limited && f.has(QuirkOneCorrection) && f.now.Sub(p.shippedAt.Time()) > CorrectionTime:
		return fail(codeUpdateTooLate, "The package was shipped more than 72 hours ago")
	}
	provider, err := f.checkTracking(o, req.ShippingProviderID, req.TrackingNumber)
	if err != nil {
		return err
	}
	f.tracking[p.tracking] = slices.DeleteFunc(f.tracking[p.tracking], func(q *parcel) bool { return q == p })
	f.tracking[req.TrackingNumber] = append(f.tracking[req.TrackingNumber], p)
	p.provider, p.tracking, p.updated = provider, req.TrackingNumber, f.unix()
	o.corrected = true
	f.changed(o)
	return nil
}
