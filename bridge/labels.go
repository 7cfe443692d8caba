package bridge

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Label is a shipping label of the shop's carrier.
type Label struct {
	PackageID string
	Tracking  string
	Carrier   string
}

// LabelDocument is the document to print for a label.
type LabelDocument struct {
	OrderID, PackageID string
	// ContentType is a media type, such as application/pdf.
	ContentType string
	Content     []byte
	// FetchedAt is when it was fetched.
	FetchedAt time.Time
}

// Format prints what it is and not what is in it: a label names the buyer.
func (d LabelDocument) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "label of package %s (order %s, %s, %d bytes)", d.PackageID, d.OrderID, d.ContentType, len(d.Content))
}

// MarshalText hides the content from encoders that log.
func (d LabelDocument) MarshalText() ([]byte, error) { return fmt.Append(nil, d), nil }

// LabelSource fetches the documents of labels.
type LabelSource interface {
	// LabelDocument fetches the document of a package that was arranged. Its error
	// is a [*RefusedError] if there is none to be had.
	LabelDocument(ctx context.Context, packageID string) (LabelDocument, error)
}

// LabelStore keeps the documents of labels for the warehouse, by order and
// package. Documents hold buyers' data: delete them once the parcels have left.
type LabelStore interface {
	// PutLabel adds or replaces a document.
	PutLabel(ctx context.Context, d LabelDocument) error
	// Label returns a document, or false if it is not there.
	Label(ctx context.Context, orderID, packageID string) (LabelDocument, bool, error)
}

// MemoryLabels is a [LabelStore] in memory, for one process. The zero value is
// empty.
type MemoryLabels struct {
	// Limit is how many documents are kept: the oldest make room. Default 1,000.
	Limit int

	mu    sync.Mutex
	kept  map[[2]string]LabelDocument
	order [][2]string
}

// PutLabel implements [LabelStore].
func (m *MemoryLabels) PutLabel(ctx context.Context, d LabelDocument) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[[2]string]LabelDocument{}
	}
	key := [2]string{d.OrderID, d.PackageID}
	m.order = append(slices.DeleteFunc(m.order, func(k [2]string) bool { return k == key }), key)
	d.Content = bytes.Clone(d.Content)
	m.kept[key] = d
	limit := m.Limit
	if limit <= 0 {
		limit = 1000
	}
	for len(m.order) > limit {
		delete(m.kept, m.order[0])
		m.order = m.order[1:]
	}
	return nil
}

// Label implements [LabelStore].
func (m *MemoryLabels) Label(ctx context.Context, orderID, packageID string) (LabelDocument, bool, error) {
	if err := ctx.Err(); err != nil {
		return LabelDocument{}, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.kept[[2]string{orderID, packageID}]
	d.Content = bytes.Clone(d.Content)
	return d, ok, nil
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
	packages := packagesOf(j.lines)
	label, arranged := Label{}, false
	if len(packages) == 1 {
		label, arranged = b.labels[packages[0]] // with another order in the same package
	}
	if len(w.References) > 1 && len(b.packagesIn(w)) != 1 {
		return b.raise(ctx, j, KindDispatchRefused,
			fmt.Sprintf("warehouse order %s was merged from orders %s, which the shop ships one by one", w.Number, strings.Join(w.References, ", ")),
			"undo the merge in Linnworks, or combine the orders in Seller Center")
	}
	if !arranged {
		shipment := Shipment{Order: o}
		if len(j.lines) < len(liveLines(o)) {
			shipment.LineIDs = idsOf(j.lines)
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
	if err := b.ports.Tracking.SetTracking(ctx, w, label); err != nil {
		return fmt.Errorf("writing tracking %s to the warehouse: %w", label.Tracking, err)
	}
	j.label = &label
	return nil
}

// packagesIn are the shop's packages of a merged order.
func (b *dispatchBatch) packagesIn(w WarehouseOrder) (list []string) {
	var lines []OrderLine
	for _, id := range w.References {
		of := liveLines(b.order(id))
		if slices.ContainsFunc(of, func(l OrderLine) bool { return l.PackageID == "" }) {
			return nil
		}
		lines = append(lines, of...)
	}
	return packagesOf(lines)
}

func packagesOf(lines []OrderLine) []string {
	var list []string
	for _, l := range lines {
		if l.PackageID != "" && !slices.Contains(list, l.PackageID) {
			list = append(list, l.PackageID)
		}
	}
	return list
}

// labelled looks whether the warehouse shows the number, and keeps the document.
func (b *dispatchBatch) labelled(ctx context.Context, j *dispatchJob, shown WarehouseOrder) error {
	if !strings.EqualFold(shown.Tracking, j.label.Tracking) {
		return fmt.Errorf("the warehouse does not show tracking %s yet; the next run writes it again", j.label.Tracking)
	}
	j.result.Outcome, j.result.Detail = OutcomeLabelled, j.label.Tracking+" with "+j.label.Carrier
	b.arrived[j.orderID] = len(j.lines) == len(liveLines(b.order(j.orderID)))
	return b.keepDocument(ctx, j, j.label.PackageID)
}

// keepDocuments keeps the documents of an order that is labelled already.
func (b *dispatchBatch) keepDocuments(ctx context.Context, j *dispatchJob) error {
	for _, id := range packagesOf(j.lines) {
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
	if refused, ok := asRefused(err); ok {
		return b.raise(ctx, j, KindLabelFailed, fmt.Sprintf("the label of package %s cannot be fetched: %v", packageID, err), refused.Do)
	}
	if err != nil {
		return fmt.Errorf("fetching the label of package %s: %w", packageID, err)
	}
	d.OrderID, d.PackageID = j.orderID, packageID
	return b.ports.Labels.PutLabel(ctx, d)
}
