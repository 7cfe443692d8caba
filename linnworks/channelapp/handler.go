package channelapp

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/called"
	"github.com/linnbridge/linnbridge/internal/lenient"
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

const (
	answerWithin = 8 * time.Second
	maxBody      = 4 << 20
	maxMessage   = 500 // characters shown to people
)

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
	ports   Ports
	options Options
	log     *slog.Logger
	work    called.Work
}

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
	case p.Admit == nil:
		return fail("Admit is missing: say who may install the integration, for instance with OnlyAccounts")
	case o.AnswerWithin < 0 || o.AnswerWithin > called.Waits:
		return fail("AnswerWithin: %v: Linnworks waits for %v", o.AnswerWithin, called.Waits)
	case o.MaxBody < 0:
		return fail("MaxBody must not be negative")
	}
	o.AnswerWithin = cmp.Or(o.AnswerWithin, answerWithin)
	o.MaxBody = cmp.Or(o.MaxBody, maxBody)
	o.Steps = withTypes(o.Steps)
	if err := checkSteps(o.Steps); err != nil {
		return fail("Steps: %w", err)
	}
	if err := o.MultiLocation.check(); err != nil {
		return fail("MultiLocation: %w", err)
	}
	if o.Channel != (Channel{}) {
		if err := o.Channel.check(); err != nil {
			return fail("Channel: %w", err)
		}
	}
	if p.Installations == nil {
		p.Installations = new(MemoryInstallations)
	}
	h := &Handler{ports: p, options: o, log: o.Log}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return h, nil
}

// withTypes fills in the types of items that are left out.
func withTypes(steps []Step) []Step {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].Items = slices.Clone(steps[i].Items)
		for k := range steps[i].Items {
			item := &steps[i].Items[k]
			item.Type = cmp.Or(item.Type, ValueString)
		}
	}
	return steps
}

// Format keeps what the handler holds out of %+v.
func (h *Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "channelapp.Handler") }

// Close refuses calls from now on, waits until the ports have finished what they are
// at, and returns nil. When ctx ends before that, the error wraps the cause. Call it
// after [http.Server.Shutdown].
func (h *Handler) Close(ctx context.Context) error {
	if err := h.work.Close(ctx); err != nil {
		return fmt.Errorf("channelapp: calls were still being answered: %w", err)
	}
	return nil
}

// call is one request.
type call struct {
	name  string
	start time.Time
	body  []byte
	in    Installation
	// rows and failed are how many there were of a batch, for the log.
	rows, failed int
	// whole is the answer with every row of the request, for when the port fails.
	whole answer
}

// endpoint answers calls of one kind.
type endpoint struct {
	name string
	// open endpoints carry no token.
	open   bool
	answer func(h *Handler, ctx context.Context, c *call) (answer, error)
	// empty is the answer with nothing in it, for errors: lists must not be null.
	empty func() answer
}

// answer is the body of an answer.
type answer interface{ refuse(text string) }

// status is in every answer. Null means that all is well.
type status struct{ Error *string }

func (s *status) refuse(text string) { s.Error = &text }

// ServeHTTP answers one call.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := endpoints[strings.ToLower(path.Base(r.URL.Path))]
	switch {
	case e == nil:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Linnworks posts here", http.StatusMethodNotAllowed)
		return
	}
	c := &call{name: e.name, start: time.Now()}
	ctx, cancel := context.WithDeadline(r.Context(), c.start.Add(h.options.AnswerWithin))
	defer cancel()
	var a answer
	var err error
	if c.body, err = called.Read(w, r, c.start.Add(h.options.AnswerWithin), h.options.MaxBody); err == nil {
		err = called.Guard(ctx, h.log, func() (err error) {
			a, err = h.handle(ctx, e, c)
			return err
		})
	}
	var body []byte
	if err == nil {
		body, err = json.Marshal(a)
	}
	o := outcomeOf(err)
	if err != nil {
		a = c.whole
		if a == nil {
			a = e.empty()
		}
		a.refuse(o.text)
		body, _ = json.Marshal(a)
	}
	h.record(ctx, c, o, len(body), err)
	called.Answer(w, body)
}

var (
	// errToken is all that a wrong token gets, whatever else the request says.
	errToken    = errors.New("the token is not one of ours")
	errNotJSON  = &RefusedError{Text: "The request is not a JSON object."}
	errNotSetUp = &RefusedError{Text: "The integration is not set up yet. Please finish its set-up in Linnworks, under Settings, Channel Integration, first."}
)

func (h *Handler) handle(ctx context.Context, e *endpoint, c *call) (answer, error) {
	if !e.open {
		if err := h.authenticate(ctx, c); err != nil {
			return nil, err
		}
	}
	return e.answer(h, ctx, c)
}

// authenticate finds the installation with the token of a call.
func (h *Handler) authenticate(ctx context.Context, c *call) error {
	var with struct{ AuthorizationToken, AuthorisationToken string }
	if _, err := lenient.UnmarshalAll(c.body, &with); err != nil {
		return errNotJSON
	}
	token, err := called.ParseGUID(cmp.Or(with.AuthorizationToken, with.AuthorisationToken))
	if err != nil {
		return errToken
	}
	id := called.IDOf(token)
	in, err := within(ctx, h, func(ctx context.Context) (Installation, error) {
		in, found, err := h.ports.Installations.Installation(ctx, id)
		if !found {
			in = Installation{}
		}
		return in, err
	})
	if err != nil {
		return fmt.Errorf("reading the installation: %w", err)
	}
	if !called.Same(in.ID, id) { // whatever the store takes for the same
		return errToken
	}
	c.in = in
	return nil
}

// read reads the body of a call. What cannot be read is not guessed at.
func (c *call) read(to any) error {
	unread, err := lenient.UnmarshalAll(c.body, to)
	if err != nil {
		return errNotJSON
	}
	if len(unread) > 0 { // which tells no values
		return notAsDocumented(unread)
	}
	return nil
}

func notAsDocumented(unread []lenient.Unread) error {
	return &RefusedError{
		Text: "The integration cannot read the request of Linnworks. Please tell whoever looks after it.",
		Err:  fmt.Errorf("%d fields are not as documented, the first: %s", len(unread), unread[0]),
	}
}

// readRow reads a row of a batch. What is wrong with it costs no other row anything.
func readRow[T any](raw json.RawMessage) (row T, err error) {
	unread, err := lenient.UnmarshalAll(raw, &row)
	switch {
	case err != nil:
		return row, errNotJSON
	case len(unread) > 0:
		return row, notAsDocumented(unread)
	}
	return row, nil
}

// outcome is how a call, or a row of it, ended.
type outcome struct {
	name  string // for the log
	level slog.Level
	text  string // for people
	// reference, if any, finds it in the log.
	reference string
}

// outcomeOf puts an error into words for people.
func outcomeOf(err error) outcome {
	refused, isRefused := errors.AsType[*RefusedError](err)
	switch {
	case err == nil:
		return outcome{name: "ok", level: slog.LevelInfo}
	case errors.Is(err, errToken):
		return outcome{name: "wrong token", level: slog.LevelWarn, text: "The authorisation token is not valid."}
	case isRefused:
		text := called.Shorten(cmp.Or(refused.Text, "The integration refused this without a reason."), maxMessage)
		return outcome{name: "refused", level: slog.LevelWarn, text: text}
	case errors.Is(err, called.ErrClosed):
		return outcome{name: "refused", level: slog.LevelWarn, text: "The integration is being restarted. Please try again in a minute."}
	case errors.Is(err, called.ErrTooLarge):
		return outcome{name: "refused", level: slog.LevelWarn, text: "The request is too large for the integration."}
	case errors.Is(err, called.ErrNotRead):
		return outcome{name: "refused", level: slog.LevelWarn, text: "The request did not arrive as a whole. Please try again."}
	case errors.Is(err, called.ErrLate), errors.Is(err, context.DeadlineExceeded):
		return outcome{name: "late", level: slog.LevelWarn, text: "The channel did not answer in time. Please try again in a minute."}
	}
	reference := rand.Text()[:8]
	return outcome{name: "fault", level: slog.LevelError, reference: reference, text: "The integration has a fault. Please try again; " +
		"if that does not help, tell whoever looks after it, with this reference: " + reference}
}

// record logs a call.
func (h *Handler) record(ctx context.Context, c *call, o outcome, bytes int, err error) {
	attrs := []slog.Attr{
		slog.String("endpoint", c.name), slog.String("outcome", o.name),
		slog.Duration("took", time.Since(c.start)), slog.Int("bytes", bytes),
	}
	if c.rows > 0 {
		attrs = append(attrs, slog.Int("rows", c.rows), slog.Int("failed", c.failed))
	}
	h.write(ctx, c, o, "channel integration called", err, attrs...)
}

// row puts what became of a row of a batch into words for people, and logs an error.
// key is the order or SKU.
func (h *Handler) row(ctx context.Context, c *call, key string, err error) *string {
	if err == nil {
		return nil
	}
	c.failed++
	o := outcomeOf(err)
	h.write(ctx, c, o, "channel integration: a row failed", err, slog.String("endpoint", c.name), slog.String("row", called.Shorten(key, 100)), slog.String("outcome", o.name))
	return &o.text
}

func (h *Handler) write(ctx context.Context, c *call, o outcome, message string, err error, attrs ...slog.Attr) {
	defer func() { _ = recover() }() // a log handler that panics costs nobody an order
	if c.in.ID != "" {
		attrs = append(attrs, slog.String("installation", called.Short(c.in.ID)))
	}
	if o.reference != "" {
		attrs = append(attrs, slog.String("reference", o.reference))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	h.log.LogAttrs(context.WithoutCancel(ctx), o.level, message, attrs...)
}

// within calls a port, and returns [called.ErrLate] if it has not come back when ctx
// ends. The port's own context ends before that. A panic is an error.
func within[T any](ctx context.Context, h *Handler, port func(context.Context) (T, error)) (T, error) {
	return called.Within(ctx, &h.work, h.log, func(ctx context.Context) (T, error) {
		if ends, ok := ctx.Deadline(); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, ends.Add(-h.options.AnswerWithin/8))
			defer cancel()
		}
		return port(ctx)
	})
}

// orEmpty is the list, never null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
