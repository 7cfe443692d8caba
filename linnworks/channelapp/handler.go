package channelapp

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// Options configure a [Handler].
type Options struct {
	// Channel is what the integration is called in Linnworks; only [Handler.Manifest]
	// needs it.
	Channel Channel
	// Steps are the pages of the set-up wizard. Without any the integration is ready as
	// soon as it is installed.
	Steps []Step
	// MultiLocation has levels pushed for each location of the channel. Nil: only the
	// sum.
	MultiLocation *MultiLocation
	// AnswerWithin is how long Linnworks waits for an answer at most, from the arrival
	// of a request. Default 8 seconds, at most 10, which is when Linnworks drops the
	// connection. The context of a port ends when seven eighths of it are over.
	AnswerWithin time.Duration
	// MaxBody bounds a request, in bytes. Default 4 MiB.
	MaxBody int64
	// Log has a line for every call. Default none. Neither tokens nor buyers' data are
	// logged, except what an error of a port says.
	Log *slog.Logger
}

// Handler answers Linnworks. Make it with [New], and close it with [Handler.Close].
//
// It looks at the last element of the path, without regard to case: AddNewUser,
// UserConfig, SaveConfig or SaveUserConfig, ShippingTags, PaymentTags, ConfigTest,
// ConfigDeleted or ConfigDelete, Orders, Despatch or Dispatch, Products,
// InventoryUpdate, PriceUpdate, PostSaleOptions, Cancel, Refund. These answer POST
// requests with status 200, whatever went wrong, and say that in the body. Another path
// is 404, another method 405.
//
// Bound the reading of requests with the ReadHeaderTimeout of the [http.Server] too.
type Handler struct {
	app     *called.App
	ports   Ports
	options Options
}

// maxValue is how many characters a value may have. The documents name no limit.
const maxValue = 4000

var valueTypes = []ValueType{ValueString, ValueInt, ValueDouble, ValueBoolean, ValuePassword, ValueList, ValueURL, ValueButton}

// New returns a Handler, or an error that names what is missing or wrong.
func New(p Ports, o Options) (*Handler, error) {
	fail := func(format string, args ...any) (*Handler, error) {
		return nil, fmt.Errorf("channelapp: New: "+format, args...)
	}
	switch {
	case p.Orders == nil:
		return fail("Orders is missing")
	case p.Despatch == nil:
		return fail("Despatch is missing")
	}
	app := &called.App{
		Name: "channel integration", Self: "The integration", Asked: "The channel", Complete: StepComplete, Named: true,
		Limits: called.Limits{Value: maxValue, Types: valueTypes}, Admit: p.Admit, Installations: p.Installations,
		Steps: o.Steps, AnswerWithin: o.AnswerWithin, MaxBody: o.MaxBody, Log: o.Log,
	}
	if err := app.Check(); err != nil {
		return fail("%w", err)
	}
	app.Spare = app.AnswerWithin / 8
	if err := o.MultiLocation.check(); err != nil {
		return fail("MultiLocation: %w", err)
	}
	if o.Channel != (Channel{}) {
		if err := o.Channel.check(); err != nil {
			return fail("Channel: %w", err)
		}
	}
	return &Handler{app: app, ports: p, options: o}, nil
}

// Format keeps what the handler holds out of %+v.
func (h *Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "channelapp.Handler") }

// Close refuses calls from now on, waits until the ports have finished what they are
// at, and returns nil. When ctx ends before that, the error wraps the cause. Call it
// after [http.Server.Shutdown].
func (h *Handler) Close(ctx context.Context) error {
	if err := h.app.Work.Close(ctx); err != nil {
		return fmt.Errorf("channelapp: calls were still being answered: %w", err)
	}
	return nil
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

// status is in every answer. Null means that all is well.
type status struct{ Error *string }

// Refuse implements [called.Answer].
func (s *status) Refuse(text string) { s.Error = &text }

var errNotSetUp = &RefusedError{Text: "The integration is not set up yet. Please finish its set-up in Linnworks, under Settings, Channel Integration, first."}

// within calls a port, see [called.Ask].
func within[T any](ctx context.Context, h *Handler, port func(context.Context) (T, error)) (T, error) {
	return called.Ask(ctx, h.app, port)
}
