package tiktokshoptest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// event is an entry of the tracking history.
type event struct {
	millis      int64
	description string
}

func (f *Fake) report(o *order, description string) {
	o.history = append(o.history, event{f.now.UnixMilli(), description})
}

// ReportTracking adds an entry to the tracking history of a shipped order, as
// the carrier does.
func (f *Fake) ReportTracking(id, description string) error {
	return f.change(id, "report the tracking of", func(o *order) error {
		f.report(o, description)
		return nil
	}, tiktokshop.OrderStatusAwaitingCollection, tiktokshop.OrderStatusInTransit, tiktokshop.OrderStatusDelivered)
}

// trackingHistory serves Fulfillment.GetTracking, the newest entry first.
//
// https://partner.tiktokshop.com/docv2/page/get-tracking-202309
func (f *Fake) trackingHistory(in *request) (any, error) {
	o, err := f.orderOf(in.params[0])
	switch {
	case err != nil:
		return nil, err
	case len(o.history) == 0:
		return nil, fail(codeNotShipped, "The order is not shipped")
	}
	var out tiktokshop.GetTrackingResponse
	for _, e := range slices.Backward(o.history) {
		out.Tracking = append(out.Tracking, tiktokshop.GetTrackingResponseTracking{Description: e.description, UpdateTimeMillis: e.millis})
	}
	return out, nil
}

// The states of an invoice, and its codes.
const (
	invoiceAccepted   = "SUCCESS"
	invoiceProcessing = "PROCESSING"
	codeInvoiceFirst  = 21004006
	codeInvoiceWrong  = 21004019
	maxInvoice        = 1 << 20
)

// uploadInvoice serves Fulfillment.UploadInvoice, for orders in Brazil: they
// ship after TikTok has accepted the invoice, which [Fake.AcceptInvoice] does.
//
// https://partner.tiktokshop.com/docv2/page/upload-invoice-202502
func (f *Fake) uploadInvoice(in *request) (any, error) {
	req, err := decode[struct {
		Invoices []struct {
			PackageID string   `json:"package_id"`
			OrderIDs  []string `json:"order_ids"`
			FileType  string   `json:"file_type"`
			File      string   `json:"file"`
		} `json:"invoices"`
	}](in)
	switch {
	case err != nil:
		return nil, err
	case f.market.region != "BR":
		return nil, fail(codeNotUS, "This call is for orders in Brazil")
	case len(req.Invoices) == 0:
		return nil, invalid("invoices", "it is required")
	}
	var out tiktokshop.UploadInvoiceResponse
	for _, item := range req.Invoices {
		p, err := f.packageOf(item.PackageID)
		content, broken := base64.StdEncoding.DecodeString(item.File)
		switch {
		case err != nil:
		case item.FileType != "XML":
			err = fail(codeInvoiceWrong, "file_type must be XML")
		case broken != nil || len(content) == 0 || len(content) > maxInvoice:
			err = fail(codeInvoiceWrong, "file must be base64 of at most 1 MB")
		default:
			f.setInvoice(p, invoiceProcessing, "")
		}
		if why, ok := errors.AsType[*failure](err); ok {
			out.Errors = append(out.Errors, tiktokshop.UploadInvoiceResponseError{
				Code: why.code, Message: why.message,
				Detail: tiktokshop.UploadInvoiceResponseErrorDetail{OrderIDs: item.OrderIDs, PackageID: item.PackageID},
			})
		}
	}
	return out, nil
}

// AcceptInvoice lets TikTok accept the uploaded invoice of a package or, with a
// reason, find it invalid. Webhook 36 tells of it.
func (f *Fake) AcceptInvoice(packageID, invalidReason string) error {
	defer f.enter()()
	p := f.packageByID[packageID]
	switch {
	case p == nil || p.invoice != invoiceProcessing:
		return fmt.Errorf("tiktokshoptest: package %s has no invoice to be checked", packageID)
	case invalidReason != "":
		f.setInvoice(p, "INVALID", invalidReason)
	default:
		f.setInvoice(p, invoiceAccepted, "")
	}
	return nil
}

func (f *Fake) setInvoice(p *parcel, status, reason string) {
	p.invoice, p.updated = status, f.unix()
	if status == invoiceAccepted {
		for _, o := range p.orders() {
			o.info.NeedUploadInvoice = "INVOICE_UPLOADED"
		}
	}
	f.notify(hookInvoice, invoiceChanged{p.id, p.orderIDs(), status, reason, f.unix()})
}
