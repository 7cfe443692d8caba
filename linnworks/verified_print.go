package linnworks

import (
	"context"
	"errors"
	"slices"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// PrintedLabels is the result of
// [Print.CreatePDFFromJobForceTemplateVerified].
type PrintedLabels struct {
	// PDF is the document, nil if nothing was to print or its reply was lost.
	PDF *CreatePDFResult
	// Printed are the orders that have their label by this call.
	Printed []GUID
	// Skipped are those that had it before. They are not in the document.
	Skipped []GUID
}

// CreatePDFFromJobForceTemplateVerified is
// [Print.CreatePDFFromJobForceTemplate] for shipping labels, with a
// look at the orders before and after: to print a label is to buy it from the
// carrier, and to print it twice may be to buy it twice. Orders whose label is
// printed are left out. An order without a label afterwards, or that does not exist,
// is in a [*NotAppliedError], with what the carrier said in its Detail.
//
// Where the reply is lost but the labels were printed, the error says that the
// outcome is unknown, Printed tells it, and PDF is nil: the document is to be had
// only by printing anew on purpose, with the operation itself. Labels take their
// time, so the client's [WithTimeout] should be generous.
//
// It costs three calls, two if nothing is in doubt, one if there is nothing to
// print; and one more of each read for every further 200 orders.
func (s *PrintService) CreatePDFFromJobForceTemplateVerified(ctx context.Context, req *CreatePDFFromJobForceTemplateRequest, opts ...CallOption) (*PrintedLabels, error) {
	const op = "Print.CreatePDFFromJobForceTemplate"
	r := valueOf(req)
	if err := checkIDs(op, r.IDs...); err != nil {
		return nil, err
	}
	before, err := s.client.Orders.readOrders(ctx, r.IDs, fieldLabel)
	if err != nil {
		return nil, err
	}
	labels := &PrintedLabels{}
	var ids []GUID
	var unknown []ItemError
	for i, id := range r.IDs {
		o, ok := before[id.lower()]
		switch {
		case !ok:
			unknown = append(unknown, ItemError{Key: string(id), Index: i, Message: "there is no such order"})
		case o.GeneralInfo.LabelPrinted:
			labels.Skipped = append(labels.Skipped, id)
		case !slices.ContainsFunc(ids, id.Equal):
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		r.IDs = ids
		err = s.printVerified(ctx, op, &r, labels, opts)
	}
	switch e, ok := errors.AsType[*NotAppliedError](err); {
	case len(unknown) == 0:
	case ok:
		e.Items = append(e.Items, unknown...)
	default:
		err = also(err, &NotAppliedError{Operation: op, Items: unknown})
	}
	return labels, err
}

// printVerified prints the labels of orders that have none, and notes which it
// printed.
func (s *PrintService) printVerified(ctx context.Context, op string, r *CreatePDFFromJobForceTemplateRequest, labels *PrintedLabels, opts []CallOption) error {
	ids := r.IDs
	pdf, wrote := s.CreatePDFFromJobForceTemplate(ctx, r, opts...)
	if wrote == nil || IsPartial(wrote) {
		labels.PDF = pdf
	}
	if wrote == nil && !slices.ContainsFunc(ids, func(id GUID) bool { return !slices.ContainsFunc(pdf.IDsProcessed, id.Equal) }) {
		labels.Printed = ids
		return nil
	}
	mask := wire.Scrubber(s.client.credentials.secrets()...)
	err := verify(op, wrote, func() (items []ItemError, err error) {
		after, err := s.client.Orders.readOrders(ctx, ids, fieldLabel)
		if err == nil {
			err = allThere(ids, after)
		}
		for i, id := range ids {
			o := after[id.lower()].GeneralInfo
			if o.LabelPrinted {
				labels.Printed = append(labels.Printed, id)
				continue
			}
			items = append(items, ItemError{Key: string(id), Index: i, Message: "no label was printed", Detail: clean(o.LabelError, mask)})
		}
		return items, err
	})
	if err == nil && IsOutcomeUnknown(wrote) {
		err = wrote
	}
	return err
}
