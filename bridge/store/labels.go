package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
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
