package store

import (
	"context"
	"fmt"
	"time"
)

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

// Labels keeps the documents of labels for the warehouse, by order and package.
// Documents hold buyers' data: they go when the order is forgotten, and may be
// dropped as soon as the parcels have left.
type Labels interface {
	// PutLabel adds or replaces a document.
	PutLabel(ctx context.Context, d LabelDocument) error
	// Label returns a document, or false if it is not there.
	Label(ctx context.Context, orderID, packageID string) (LabelDocument, bool, error)
	// DropLabels drops the documents of orders. Unknown ones are ignored.
	DropLabels(ctx context.Context, orderIDs ...string) error
}
