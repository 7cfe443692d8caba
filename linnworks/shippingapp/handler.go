package shippingapp

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// Options configure a [Handler].
type Options struct {
	// Vendor is what the integration is called in Linnworks; only [Handler.Manifest]
	// needs it.
	Vendor Vendor
	// Steps are the pages of the set-up wizard. Without any the integration is ready as
	// soon as it is installed.
	Steps []Step
	// Properties are extended properties that people can map.
	Properties []PropertyMapping
	// AnswerWithin is how long Linnworks waits for an answer at most, from the arrival
	// of a request. Default 8 seconds, at most 10, which is when Linnworks drops the
	// connection.
	AnswerWithin time.Duration
	// WorkFor is how long the courier has for the label of an order. Default two
	// minutes. What takes longer than AnswerWithin is found by the next press.
	WorkFor time.Duration
	// MaxBody bounds a request, in bytes. Default 4 MiB.
	MaxBody int64
	// ItemIDLimit is how long the ID of a [ConfigItem] may be. Default 20 characters,
	// which is safe: Linnworks' first page about it says 20, its newest 40.
	ItemIDLimit int
	// DashedTokens has tokens be given to Linnworks with dashes. The official samples
	// have none; both come back either way.
	DashedTokens bool
	// Log has a line for every call. Default none. Neither tokens nor buyers' data are
	// logged, except what an error of the courier says.
	Log *slog.Logger
}

const (
	workFor     = 2 * time.Minute
	keepWithin  = 2 * time.Second // of a label that is made: the context may have ended
	itemIDLimit = 20
)

// Handler answers Linnworks. Make it with [New], and close it with [Handler.Close].
//
// It looks at the last element of the path, without regard to case: AddNewUser,
// UserConfig, UpdateConfig, ConfigDeleted or ConfigDelete, UserAvailableServices,
// ExtendedPropertyMapping or ExtPropertyMap, GenerateLabel, CancelLabel,
// CreateManifest, PrintManifest, Quote. These answer POST requests with status 200,
// whatever went wrong, and say that in the body. Another path is 404, another method
// 405.
//
// Bound the reading of requests with the ReadHeaderTimeout of the [http.Server] too.
type Handler struct {
	app     *called.App
	ports   Ports
	options Options

	mu      sync.Mutex
	running map[labelKey]*job
}

// New returns a Handler, or an error that names what is missing or wrong.
func New(p Ports, o Options) (*Handler, error) {
	fail := func(format string, args ...any) (*Handler, error) {
		return nil, fmt.Errorf("shippingapp: New: "+format, args...)
	}
	switch {
	case p.Courier == nil:
		return fail("Courier is missing")
	case o.WorkFor < 0 || o.ItemIDLimit < 0:
		return fail("WorkFor and ItemIDLimit must not be negative")
	}
	o.WorkFor, o.ItemIDLimit = cmp.Or(o.WorkFor, workFor), cmp.Or(o.ItemIDLimit, itemIDLimit)
	app := &called.App{
		Name: "shipping integration", Self: "The label service", Asked: "The courier", Complete: StepComplete,
		Limits: called.Limits{ID: o.ItemIDLimit, Name: maxItemName, Description: maxItemDescription, Value: maxValue, Types: valueTypes},
		Admit:  p.Admit, Installations: p.Installations, Steps: o.Steps, AnswerWithin: o.AnswerWithin, MaxBody: o.MaxBody, Log: o.Log,
	}
	if err := app.Check(); err != nil {
		return fail("%w", err)
	}
	for _, m := range o.Properties {
		if err := m.check(); err != nil {
			return fail("Properties: %w", err)
		}
	}
	if o.Vendor != (Vendor{}) {
		if err := o.Vendor.check(); err != nil {
			return fail("Vendor: %w", err)
		}
	}
	if p.Labels == nil {
		p.Labels = new(MemoryLabels)
	}
	return &Handler{app: app, ports: p, options: o, running: map[labelKey]*job{}}, nil
}

// Format keeps what the handler holds out of %+v.
func (h *Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "shippingapp.Handler") }

// Close refuses calls from now on, waits until the courier has finished what is in
// the works, and returns nil. When ctx ends before that, the contexts of what is in
// the works end too, and the error wraps the cause. Call it after
// [http.Server.Shutdown].
func (h *Handler) Close(ctx context.Context) error {
	err := h.app.Work.Close(ctx)
	if err == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, j := range h.running {
		j.cancel()
	}
	return fmt.Errorf("shippingapp: labels were still in the works: %w", err)
}

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	called.Serve(h.app, h, endpoints, w, r)
}

type (
	call     = called.Call
	answer   = called.Answer
	endpoint = called.Endpoint[*Handler]
)

var errNotSetUp = &RefusedError{Text: "The integration is not set up yet. Please finish its set-up in Linnworks, under Shipping, first."}

// within calls a port, see [called.Ask].
func within[T any](ctx context.Context, h *Handler, port func(context.Context) (T, error)) (T, error) {
	return called.Ask(ctx, h.app, port)
}

// tokenFor is a token as Linnworks is given it.
func (h *Handler) tokenFor(token string) string {
	if h.options.DashedTokens {
		return token
	}
	return strings.ReplaceAll(token, "-", "")
}
