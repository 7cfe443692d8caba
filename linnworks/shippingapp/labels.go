package shippingapp

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// job is work on the label of one order. There is one at a time.
type job struct {
	done   chan struct{} // closed when label and err are set
	cancel context.CancelFunc
	// request is nil if the label is being cancelled.
	request *LabelRequest
	label   *Label
	err     error
}

// errInTheWorks is what people see while a label takes its time.
var errInTheWorks = &called.InTheWorksError{Text: "The label is still being made. Please press print again in a few seconds."}

// generate returns the label of an order: the one that is kept, the one that is in the
// works, or a new one.
func (h *Handler) generate(ctx context.Context, in Installation, request *LabelRequest) (*Label, error) {
	return h.alone(ctx, in, request.OrderID, request, func(ctx context.Context) (*Label, error) {
		kept, found, err := h.ports.Labels.Label(ctx, in.ID, request.OrderID)
		if err != nil {
			return nil, fmt.Errorf("reading the kept label: %w", err)
		}
		if found {
			return h.reprint(ctx, in, request, &kept)
		}
		label, err := h.ports.Courier.GenerateLabel(ctx, in, request)
		if err == nil {
			err = label.check(request.sequence())
		}
		if err != nil {
			return nil, err
		}
		kept = KeptLabel{InstallationID: in.ID, OrderID: request.OrderID, OrderReference: request.OrderReference, ServiceID: request.ServiceID, Label: *label, At: time.Now().UTC()}
		// The label exists: it is kept however long that took, and handed out even if
		// it cannot be kept.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
		defer cancel()
		if err := h.ports.Labels.PutLabel(ctx, kept); err != nil {
			h.app.Log.LogAttrs(ctx, slog.LevelError, "a label is not kept: the next press makes another",
				slog.Int("order", request.OrderID), slog.String("error", err.Error()))
		}
		return label, nil
	})
}

// reprint hands out a label once more.
func (h *Handler) reprint(ctx context.Context, in Installation, request *LabelRequest, kept *KeptLabel) (*Label, error) {
	if !kept.fits(request) {
		return nil, Refuse("This order already has a label, for another service or other packages. Cancel that label first, then print again.")
	}
	if h.ports.Reprint != nil {
		if err := h.ports.Reprint(ctx, in, request, &kept.Label); err != nil {
			return nil, err
		}
	}
	return &kept.Label, nil
}

// cancel cancels the label of an order.
func (h *Handler) cancel(ctx context.Context, in Installation, orderID int) error {
	_, err := h.alone(ctx, in, orderID, nil, func(ctx context.Context) (*Label, error) {
		if err := h.ports.Courier.CancelLabel(ctx, in, orderID); err != nil {
			return nil, err
		}
		// It is cancelled: a label that is kept would be one without postage.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
		defer cancel()
		if err := h.ports.Labels.DropLabel(ctx, in.ID, orderID); err != nil {
			return nil, fmt.Errorf("forgetting the label: %w", err)
		}
		return nil, nil
	})
	return err
}

// alone works on the label of an order while nobody else does, or returns what
// becomes of the same request if that is at work already. It waits until ctx ends; the
// work goes on.
func (h *Handler) alone(ctx context.Context, in Installation, orderID int, request *LabelRequest, work func(context.Context) (*Label, error)) (*Label, error) {
	key := labelKey{in.ID, orderID}
	for {
		j, mine := h.join(ctx, key, request, work)
		if j == nil {
			return nil, called.ErrClosed
		}
		select {
		case <-j.done:
		case <-ctx.Done():
			return nil, errInTheWorks
		}
		if mine || same(j.request, request) {
			return j.label, j.err
		}
	}
}

// same reports whether two requests, nil for a cancellation, have the same outcome.
func same(a, b *LabelRequest) bool {
	if a == nil || b == nil {
		return a == b
	}
	return (&KeptLabel{ServiceID: a.ServiceID, Label: Label{Packages: labelsOf(a)}}).fits(b)
}

func labelsOf(r *LabelRequest) []PackageLabel {
	labels := make([]PackageLabel, len(r.Packages))
	for i, p := range r.Packages {
		labels[i].SequenceNumber = p.SequenceNumber
	}
	return labels
}

// join returns the work that is going on, or begins work; nil if the handler is
// closed.
func (h *Handler) join(ctx context.Context, key labelKey, request *LabelRequest, work func(context.Context) (*Label, error)) (j *job, mine bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if j := h.running[key]; j != nil || !h.app.Work.Begin() {
		return j, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.options.WorkFor)
	j = &job{done: make(chan struct{}), cancel: cancel, request: request}
	h.running[key] = j
	go func() {
		defer h.app.Work.Done()
		defer cancel()
		j.err = called.Guard(ctx, h.app.Log, func() (err error) {
			j.label, err = work(ctx)
			return err
		})
		h.mu.Lock()
		delete(h.running, key)
		h.mu.Unlock()
		close(j.done)
	}()
	return j, true
}
