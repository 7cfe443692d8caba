package shippingapp

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
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/called"
	"github.com/linnbridge/linnbridge/internal/lenient"
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
	linnworksWaits = called.Waits
	answerWithin   = 8 * time.Second
	workFor        = 2 * time.Minute
	keepWithin     = 2 * time.Second // of a label that is made: the context may have ended
	maxBody        = 4 << 20
	itemIDLimit    = 20
	maxMessage     = 500 // characters shown to people
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
	ports   Ports
	options Options
	log     *slog.Logger

	work called.Work

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
	case p.Admit == nil:
		return fail("Admit is missing: say who may install the integration, for instance with OnlyAccounts")
	case o.AnswerWithin < 0 || o.AnswerWithin > linnworksWaits:
		return fail("AnswerWithin: %v: Linnworks waits for %v", o.AnswerWithin, linnworksWaits)
	case o.WorkFor < 0 || o.MaxBody < 0 || o.ItemIDLimit < 0:
		return fail("WorkFor, MaxBody and ItemIDLimit must not be negative")
	}
	o.AnswerWithin = cmp.Or(o.AnswerWithin, answerWithin)
	o.WorkFor = cmp.Or(o.WorkFor, workFor)
	o.MaxBody = cmp.Or(o.MaxBody, maxBody)
	o.ItemIDLimit = cmp.Or(o.ItemIDLimit, itemIDLimit)
	var items []ConfigItem
	for i, s := range o.Steps {
		if s.Status == "" || strings.EqualFold(s.Status, StatusActive) || stepAt(o.Steps[:i], s.Status) >= 0 {
			return fail("step %d: its Status %q must be there, be unique and not be %q", i+1, s.Status, StatusActive)
		}
		items = append(items, s.Items...)
	}
	if err := checkItems(items, o.ItemIDLimit); err != nil {
		return fail("Steps: %w", err)
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
	if p.Installations == nil {
		p.Installations = new(MemoryInstallations)
	}
	if p.Labels == nil {
		p.Labels = new(MemoryLabels)
	}
	h := &Handler{ports: p, options: o, log: o.Log, running: map[labelKey]*job{}}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	return h, nil
}

// Format keeps what the handler holds out of %+v.
func (h *Handler) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "shippingapp.Handler") }

// Close refuses calls from now on, waits until the courier has finished what is in
// the works, and returns nil. When ctx ends before that, the contexts of what is in
// the works end too, and the error wraps the cause. Call it after
// [http.Server.Shutdown].
func (h *Handler) Close(ctx context.Context) error {
	err := h.work.Close(ctx)
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

// call is one request.
type call struct {
	name  string
	start time.Time
	body  []byte
	in    Installation
	order int // for the log
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
	ctx, cancel := context.WithTimeout(r.Context(), h.options.AnswerWithin)
	defer cancel()
	var a answer
	var err error
	if c.body, err = called.Read(w, r, c.start.Add(h.options.AnswerWithin), h.options.MaxBody); err == nil {
		a, err = h.handle(ctx, e, c)
	}
	var body []byte
	if err == nil {
		body, err = json.Marshal(a)
	}
	outcome, reference := outcomeOf(err)
	if err != nil {
		a = e.empty()
		a.refuse(outcome.text)
		body, _ = json.Marshal(a)
	}
	h.record(ctx, c, outcome, reference, len(body), err)
	called.Answer(w, body)
}

var (
	errClosed  = &RefusedError{Text: "The label service is being restarted. Please try again in a minute."}
	errNotJSON = &RefusedError{Text: "The request is not a JSON object."}
	// errToken is all that a wrong token gets, whatever else the request says.
	errToken = errors.New("the token is not one of ours")
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
	var with struct{ AuthorizationToken string }
	if _, err := lenient.UnmarshalAll(c.body, &with); err != nil {
		return errNotJSON
	}
	token, err := parseGUID(with.AuthorizationToken)
	if err != nil {
		return errToken
	}
	id := called.IDOf(string(token))
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
		return &RefusedError{
			Text: "The label service cannot read the request of Linnworks. Please tell whoever looks after it.",
			Err:  fmt.Errorf("%d fields are not as documented, the first: %s", len(unread), unread[0]),
		}
	}
	return nil
}

// outcome is how a call ended.
type outcome struct {
	name  string // for the log
	level slog.Level
	text  string // for people
}

// outcomeOf puts an error into words for people. reference, if any, finds it in the log.
func outcomeOf(err error) (o outcome, reference string) {
	refused, isRefused := errors.AsType[*RefusedError](err)
	switch {
	case err == nil:
		return outcome{"ok", slog.LevelInfo, ""}, ""
	case errors.Is(err, errToken):
		return outcome{"wrong token", slog.LevelWarn, "The authorisation token is not valid."}, ""
	case errors.Is(err, errInTheWorks):
		return outcome{"in the works", slog.LevelWarn, errInTheWorks.Text}, ""
	case isRefused:
		return outcome{"refused", slog.LevelWarn, called.Shorten(cmp.Or(refused.Text, "The label service refused this without a reason."), maxMessage)}, ""
	case errors.Is(err, called.ErrClosed):
		return outcome{"refused", slog.LevelWarn, errClosed.Text}, ""
	case errors.Is(err, called.ErrTooLarge):
		return outcome{"refused", slog.LevelWarn, "The request is too large for the label service."}, ""
	case errors.Is(err, called.ErrNotRead):
		return outcome{"refused", slog.LevelWarn, "The request did not arrive as a whole. Please try again."}, ""
	case errors.Is(err, called.ErrLate), errors.Is(err, context.DeadlineExceeded):
		return outcome{"late", slog.LevelWarn, "The courier did not answer in time. Please try again in a minute."}, ""
	}
	reference = rand.Text()[:8]
	return outcome{"fault", slog.LevelError, "The label service has a fault. Please try again; if that does not help, " +
		"tell whoever looks after the integration, with this reference: " + reference}, reference
}

// record logs a call.
func (h *Handler) record(ctx context.Context, c *call, o outcome, reference string, bytes int, err error) {
	defer func() { _ = recover() }() // a log handler that panics costs nobody a label
	attrs := []slog.Attr{
		slog.String("endpoint", c.name), slog.String("outcome", o.name),
		slog.Duration("took", time.Since(c.start)), slog.Int("bytes", bytes),
	}
	if c.in.ID != "" {
		attrs = append(attrs, slog.String("installation", called.Short(c.in.ID)))
	}
	if c.order != 0 {
		attrs = append(attrs, slog.Int("order", c.order))
	}
	if reference != "" {
		attrs = append(attrs, slog.String("reference", reference))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	h.log.LogAttrs(context.WithoutCancel(ctx), o.level, "shipping integration called", attrs...)
}

// within calls a port, and returns [called.ErrLate] if it has not come back when ctx
// ends. A panic is an error.
func within[T any](ctx context.Context, h *Handler, port func(context.Context) (T, error)) (T, error) {
	return called.Within(ctx, &h.work, h.log, port)
}

// tokenFor is a token as Linnworks is given it.
func (h *Handler) tokenFor(token string) string {
	if h.options.DashedTokens {
		return token
	}
	return strings.ReplaceAll(token, "-", "")
}
