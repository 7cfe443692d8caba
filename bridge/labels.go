package bridge

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// LabelSource fetches the documents of labels.
type LabelSource interface {
	// LabelDocument fetches the document of a package that was arranged. Its error
	// is a [*exceptions.RefusedError] if there is none to be had.
	LabelDocument(ctx context.Context, packageID string) (store.LabelDocument, error)
}

// arrange has the shop's carrier ship the parcel and writes the tracking number
// to the warehouse.
func (b *dispatchBatch) arrange(ctx context.Context, j *dispatchJob) error {
	w, p, o := j.warehouse, b.permits[j.orderID], b.order(j.orderID)
	if !p.Granted {
		j.result.Outcome, j.result.Detail = OutcomeHeld, p.Reason
		return nil
	}
	if ok, err := b.findLines(ctx, j); !ok {
		return err
	}
	packages := PackageIDs(j.lines)
	label, arranged := Label{}, false
	if len(packages) == 1 {
		label, arranged = b.labels[packages[0]] // with another order in the same package
	}
	if len(w.References) > 1 && len(b.packagesIn(w)) != 1 {
		return b.raise(ctx, j, exceptions.DispatchRefused,
			fmt.Sprintf("Linnworks order %s was merged from orders %s, which the shop ships one by one", w.Number, strings.Join(w.References, ", ")),
			"undo the merge in Linnworks, or combine the orders in Seller Center")
	}
	if !arranged {
		shipment := Shipment{Order: o, Contents: b.contents(w, j.lines)}
		if len(j.lines) < len(o.LiveLines()) {
			shipment.LineIDs = LineIDs(j.lines)
		}
		var err error
		if label, err = b.ports.Shipper.ArrangeShipping(ctx, shipment); err != nil {
			return fmt.Errorf("arranging the shop's shipping: %w", err)
		}
		if label.PackageID != "" {
			b.labels[label.PackageID] = label
		}
	}
	if label.Tracking == "" {
		return fmt.Errorf("the shop has arranged shipping (package %s) but gives no tracking number yet; the next run reads it", label.PackageID)
	}
	j.label = &label
	j.reply = b.ports.Tracking.SetTracking(ctx, w, label) // read back, whatever it says
	return nil
}

// packagesIn are the shop's packages of a merged order.
func (b *dispatchBatch) packagesIn(w WarehouseOrder) (list []string) {
	var lines []OrderLine
	for _, id := range w.References {
		of := b.order(id).LiveLines()
		if slices.ContainsFunc(of, func(l OrderLine) bool { return l.PackageID == "" }) {
			return nil
		}
		lines = append(lines, of...)
	}
	return PackageIDs(lines)
}

// labelled looks whether the warehouse shows the number, and keeps the document. An
// order that people have processed meanwhile takes no number any longer: it is judged as
// the next run would.
func (b *dispatchBatch) labelled(ctx context.Context, j *dispatchJob, shown WarehouseOrder) error {
	switch same := strings.EqualFold(shown.Tracking, j.label.Tracking); {
	case !same && shown.State == Processed:
		j.warehouse = shown
		lines := slices.Clone(j.lines)
		for i := range lines {
			lines[i].Tracking = j.label.Tracking
		}
		return b.confirm(ctx, j, b.order(j.orderID), lines)
	case !same && j.reply != nil:
		return fmt.Errorf("writing tracking %s to the warehouse: %w", j.label.Tracking, j.reply)
	case !same:
		return fmt.Errorf("the warehouse does not show tracking %s yet; the next run writes it again", j.label.Tracking)
	}
	j.result.Outcome, j.result.Detail = OutcomeLabelled, j.label.Tracking+" with "+j.label.Carrier
	b.arrived[j.orderID] = len(j.lines) == len(b.order(j.orderID).LiveLines())
	return b.keepDocument(ctx, j, j.label.PackageID)
}

// unlabelled reports whether a parcel has left the warehouse before the shop's label for
// it was there: neither has Linnworks its number, nor was the document handed out. Once
// the carrier has it, it must have had the label.
func (b *dispatchBatch) unlabelled(ctx context.Context, j *dispatchJob, o Order) (bool, error) {
	if w := j.warehouse; o.ShippingModel != TikTokShipping || w.State != Processed || w.Tracking != "" || o.collected() {
		return false, nil
	}
	if b.ports.Records == nil {
		return true, nil
	}
	records, _, err := b.ports.Records.RecordsOf(ctx, j.orderID)
	if err != nil {
		return false, fmt.Errorf("reading whether its label was handed out: %w", err)
	}
	return records[j.orderID].LabelAt.IsZero(), nil
}

// keepDocuments keeps the documents of an order that is labelled already.
func (b *dispatchBatch) keepDocuments(ctx context.Context, j *dispatchJob) error {
	for _, id := range PackageIDs(j.lines) {
		if err := b.keepDocument(ctx, j, id); err != nil {
			return err
		}
	}
	return nil
}

// keepDocument fetches the document of a label unless it is kept already: the
// shop offers it for a day, and only until the parcel is collected.
func (b *dispatchBatch) keepDocument(ctx context.Context, j *dispatchJob, packageID string) error {
	if b.ports.Labels == nil || packageID == "" {
		return nil
	}
	if _, have, err := b.ports.Labels.Label(ctx, j.orderID, packageID); have || err != nil {
		return err
	}
	d, err := b.ports.Documents.LabelDocument(ctx, packageID)
	if refused, ok := exceptions.AsRefused(err); ok {
		return b.raise(ctx, j, exceptions.LabelFailed, fmt.Sprintf("the label of package %s cannot be fetched: %s", packageID, exceptions.Cause(err)), refused.Do)
	}
	if err != nil {
		return fmt.Errorf("fetching the label of package %s: %w", packageID, err)
	}
	d.OrderID, d.PackageID = j.orderID, packageID
	// On record first: from then on the parcel may be packed, and Linnworks, whose
	// label it is not, does not know.
	if _, err := store.UpdateRecords(ctx, b.ports.Records, func(r *store.Record) {
		if r.LabelAt.IsZero() {
			r.LabelAt = b.options.Now().UTC()
		}
	}, store.Record{OrderID: j.orderID}); err != nil {
		return fmt.Errorf("recording that the label of package %s is out: %w", packageID, err)
	}
	return b.ports.Labels.PutLabel(ctx, d)
}
