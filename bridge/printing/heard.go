package printing

import (
	"context"
	"sync"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// heard is what the dispatcher learned in one run: the permits that it read under its
// locks, the labels that it arranged and the documents that it kept. Asking for them
// again would cost calls, and be another moment.
type heard struct {
	mu        sync.Mutex
	permits   map[string]bridge.Permit         // by order
	labels    map[string]bridge.Label          // by package
	documents map[string][]store.LabelDocument // by order
}

type heardKey struct{}

func newHeard() *heard {
	return &heard{permits: map[string]bridge.Permit{}, labels: map[string]bridge.Label{}, documents: map[string][]store.LabelDocument{}}
}

// hear notes something in the run that ctx belongs to.
func hear(ctx context.Context, note func(*heard)) {
	if h, ok := ctx.Value(heardKey{}).(*heard); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		note(h)
	}
}

func (h *heard) permit(orderID string) (bridge.Permit, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, asked := h.permits[orderID]
	return p, asked
}

func (h *heard) documentsOf(orderID string) []store.LabelDocument {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.documents[orderID]
}

// tracking is the number of a package: of the label that was arranged just now, or as
// the shop shows it.
func (h *heard) tracking(orderID, packageID string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l, ok := h.labels[packageID]; ok {
		return l.Tracking
	}
	for _, l := range h.permits[orderID].Order.LiveLines() {
		if l.PackageID == packageID && l.Tracking != "" {
			return l.Tracking
		}
	}
	return ""
}

// overheardGate notes permits.
type overheardGate struct{ bridge.PermitSource }

func (g overheardGate) Check(ctx context.Context, orderIDs ...string) ([]bridge.Permit, error) {
	permits, err := g.PermitSource.Check(ctx, orderIDs...)
	hear(ctx, func(h *heard) {
		for _, p := range permits {
			h.permits[p.OrderID] = p
		}
	})
	return permits, err
}

// overheardShipper notes labels.
type overheardShipper struct{ bridge.Shipper }

func (s overheardShipper) ArrangeShipping(ctx context.Context, shipment bridge.Shipment) (bridge.Label, error) {
	label, err := s.Shipper.ArrangeShipping(ctx, shipment)
	if err == nil && label.PackageID != "" {
		hear(ctx, func(h *heard) { h.labels[label.PackageID] = label })
	}
	return label, err
}

// overheardLabels notes documents: the dispatcher looks for that of each package, and
// puts it there if it is not.
type overheardLabels struct{ store.Labels }

func (l overheardLabels) Label(ctx context.Context, orderID, packageID string) (store.LabelDocument, bool, error) {
	d, found, err := l.Labels.Label(ctx, orderID, packageID)
	if found && err == nil {
		hear(ctx, func(h *heard) { h.documents[orderID] = append(h.documents[orderID], d) })
	}
	return d, found, err
}

func (l overheardLabels) PutLabel(ctx context.Context, d store.LabelDocument) error {
	err := l.Labels.PutLabel(ctx, d)
	if err == nil {
		hear(ctx, func(h *heard) { h.documents[d.OrderID] = append(h.documents[d.OrderID], d) })
	}
	return err
}
