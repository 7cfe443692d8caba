package tiktokshop

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Why a webhook was refused or not handed on. Their texts hold nothing of the
// delivery.
var (
	// ErrWebhookUnsigned means that there is no signature.
	ErrWebhookUnsigned = errors.New("tiktokshop: the webhook is not signed")
	// ErrWebhookSignature means that the signature is not that of the app over
	// the body: another app's key or secret, a body that was changed on the way,
	// or a forgery.
	ErrWebhookSignature = errors.New("tiktokshop: the signature of the webhook is wrong")
	// ErrWebhookMalformed means that the body is not a JSON object.
	ErrWebhookMalformed = errors.New("tiktokshop: the webhook is not a JSON object")
	// ErrWebhookTooOld means that the time of the webhook is outside the window,
	// see [WithWebhookWindow].
	ErrWebhookTooOld = errors.New("tiktokshop: the time of the webhook is outside the window")
	// ErrWebhookTooLarge means that the body is over the limit, see
	// [WithWebhookBodyLimit].
	ErrWebhookTooLarge = errors.New("tiktokshop: the webhook is too large")
	// ErrWebhookClosed means that [WebhookHandler.Close] was called, or ran out
	// of time before the event could be handed on.
	ErrWebhookClosed = errors.New("tiktokshop: the webhook handler is closed")
)

// SignWebhook returns the signature that TikTok sends with body in the header
// Authorization: lower-case hexadecimal HMAC-SHA256, keyed with the app secret,
// over app key + body. It is for tests and for programs that pass webhooks on.
//
// https://partner.tiktokshop.com/docv2/page/sign-your-api-request
func SignWebhook(app App, body []byte) string {
	sum := webhookMAC(app, newWebhookMAC(app), body)
	return string(sum[:])
}

// VerifyWebhook checks signature, the value of the header Authorization, against
// body byte for byte as it was received. The time that it takes does not depend
// on how much of the signature is right. It returns [ErrWebhookUnsigned],
// [ErrWebhookSignature], or an error about an app without key or secret, with
// which anybody could sign.
//
// https://partner.tiktokshop.com/docv2/page/sign-your-api-request
func VerifyWebhook(app App, signature string, body []byte) error {
	switch {
	case app.Key == "" || app.Secret.IsZero():
		return app.validate()
	case signature == "":
		return ErrWebhookUnsigned
	}
	return verifyWebhook(app, newWebhookMAC(app), signature, body)
}

// verifyWebhook compares as text: upper case is not what TikTok sends.
func verifyWebhook(app App, mac hash.Hash, signature string, body []byte) error {
	var given [2 * sha256.Size]byte
	if copy(given[:], signature) != len(signature) || len(signature) != len(given) {
		return ErrWebhookSignature
	}
	if want := webhookMAC(app, mac, body); !hmac.Equal(given[:], want[:]) {
		return ErrWebhookSignature
	}
	return nil
}

func newWebhookMAC(app App) hash.Hash {
	return hmac.New(sha256.New, []byte(app.Secret.Reveal()))
}

func webhookMAC(app App, mac hash.Hash, body []byte) (signature [2 * sha256.Size]byte) {
	_, _ = io.WriteString(mac, app.Key)
	_, _ = mac.Write(body)
	var sum [sha256.Size]byte
	hex.Encode(signature[:], mac.Sum(sum[:0]))
	return signature
}

// WebhookDeduper remembers which events were handed on. Its methods must be safe
// for concurrent use; several processes behind one address share one. An error
// of it costs neither an event nor an answer: the event is handed on, perhaps
// again.
type WebhookDeduper interface {
	// Seen reports whether Remember was called for key, a [WebhookEvent.Key].
	Seen(ctx context.Context, key string) (bool, error)
	// Remember keeps key for as long as a delivery of it may come, 48 hours with
	// the default window. It is called after the event was handed on, so that a
	// process that dies in between receives it again.
	Remember(ctx context.Context, key string) error
}

// MemoryWebhookDeduper is a [WebhookDeduper] in memory, which forgets when the
// process ends. The zero value is ready for use. Set the fields before that.
type MemoryWebhookDeduper struct {
	// Keep is the least time for which a key is remembered, unless Max cuts it
	// short. Default 48 hours.
	Keep time.Duration
	// Max bounds the keys; beyond it the older half is forgotten. Default
	// 262,144, some 25 MB when full.
	Max int

	mu         sync.Mutex
	young, old map[string]struct{}
	since      time.Time // when young was begun
}

// Seen never fails.
func (m *MemoryWebhookDeduper) Seen(_ context.Context, key string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn()
	_, young := m.young[key]
	_, old := m.old[key]
	return young || old, nil
}

// Remember never fails.
func (m *MemoryWebhookDeduper) Remember(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn()
	m.young[key] = struct{}{}
	return nil
}

// turn makes the young keys old once the youngest old one may be forgotten, or
// once there are too many.
func (m *MemoryWebhookDeduper) turn() {
	now := time.Now()
	keep := cmp.Or(m.Keep, webhookKeep)
	age := now.Sub(m.since)
	switch {
	case m.young == nil || age >= 2*keep:
		m.young, m.old, m.since = map[string]struct{}{}, nil, now
	case age >= keep || len(m.young) >= max(cmp.Or(m.Max, 1<<18)/2, 1):
		m.young, m.old, m.since = map[string]struct{}{}, m.young, now
	}
}

const (
	webhookKeep        = 48 * time.Hour
	webhookWindow      = 24 * time.Hour
	webhookAnswer      = 2500 * time.Millisecond // of the 3 s that TikTok waits
	webhookAfterwards  = time.Minute
	webhookBodyLimit   = 256 << 10
	webhookRememberFor = time.Second
)

// WebhookOption configures a [WebhookHandler]. Every option checks its own input,
// and [NewWebhookHandler] returns what it finds.
type WebhookOption func(*webhookSettings) error

// WithWebhookDeduper sets what drops duplicates. Default a
// [MemoryWebhookDeduper] of the handler's own.
func WithWebhookDeduper(d WebhookDeduper) WebhookOption {
	return func(s *webhookSettings) error {
		if d == nil {
			return errors.New("WithWebhookDeduper: nil deduper")
		}
		s.deduper = d
		return nil
	}
}

// WithWebhookWindow sets how far the time in a webhook may be from now. Default
// 24 hours: TikTok repeats a delivery for some 15.5 hours with the time of the
// first, so anything shorter would refuse its last repeats. A captured delivery
// that is sent again within the window is dropped as a duplicate; after the
// window it is refused, so the deduper need not remember for ever. 0 switches
// the check off. A webhook without a time passes.
func WithWebhookWindow(d time.Duration) WebhookOption {
	return func(s *webhookSettings) error {
		if d < 0 {
			return errors.New("WithWebhookWindow: negative window")
		}
		s.window = d
		return nil
	}
}

// WithWebhookDeadline sets the time that the function has for an event. Default
// 2.5 seconds from the arrival of the request, at most 3, which is when TikTok
// stops waiting; with [WithAnswerFirst] a minute, and without a maximum.
func WithWebhookDeadline(d time.Duration) WebhookOption {
	return func(s *webhookSettings) error {
		if d <= 0 {
			return errors.New("WithWebhookDeadline: the time must be positive")
		}
		s.deadline = d
		return nil
	}
}

// WithWebhookBodyLimit sets the largest body in bytes. Default 256 KiB; TikTok's
// are around one.
func WithWebhookBodyLimit(n int64) WebhookOption {
	return func(s *webhookSettings) error {
		if n <= 0 {
			return errors.New("WithWebhookBodyLimit: the limit must be positive")
		}
		s.bodyLimit = n
		return nil
	}
}

// WithWebhookLogger logs every delivery at debug level and every event that was
// not handed on as a warning. The default, and nil, log nothing. Bodies and
// signatures are never logged; the texts of the caller's errors are.
func WithWebhookLogger(l *slog.Logger) WebhookOption {
	return func(s *webhookSettings) error {
		if l != nil {
			s.log = l
		}
		return nil
	}
}

// WithWebhookFailures calls failed for every event that was not handed on, with
// what the function returned, with its panic, or with [ErrWebhookClosed]. With
// [WithAnswerFirst] TikTok does not send such an event again: keep its Raw. It
// runs on the goroutine that handed on and may run on several at once.
func WithWebhookFailures(failed func(*WebhookEvent, error)) WebhookOption {
	return func(s *webhookSettings) error {
		if failed == nil {
			return errors.New("WithWebhookFailures: nil function")
		}
		s.failed = failed
		return nil
	}
}

// WithAnswerFirst answers 200 as soon as an event stands in a queue of at most
// queue events, from which workers goroutines hand on. A full queue answers 503,
// and TikTok sends again. What is queued is lost if the process dies: poll as
// TikTok demands anyway. The workers run until [WebhookHandler.Close].
func WithAnswerFirst(workers, queue int) WebhookOption {
	return func(s *webhookSettings) error {
		if workers < 1 || queue < 1 {
			return errors.New("WithAnswerFirst: needs at least one worker and room for one event")
		}
		s.workers, s.queue = workers, make(chan delivery, queue)
		return nil
	}
}

// WebhookHandler receives the webhooks of one app. Make it with
// [NewWebhookHandler].
type WebhookHandler struct {
	webhookSettings

	app     App
	handle  func(context.Context, *WebhookEvent) error
	abort   context.CancelFunc
	drained chan struct{} // closed when all workers have ended
	macs    sync.Pool     // of hash.Hash: keying one costs as much as a short body

	mu      sync.Mutex
	closed  bool
	running map[string]*outcome // by key, from its arrival until it was handed on
}

// webhookSettings is what options fill.
type webhookSettings struct {
	failed    func(*WebhookEvent, error)
	deduper   WebhookDeduper
	window    time.Duration
	deadline  time.Duration
	bodyLimit int64
	log       *slog.Logger
	workers   int
	queue     chan delivery // nil unless WithAnswerFirst
}

// delivery is an event on its way to the function.
type delivery struct {
	event *WebhookEvent
	key   string
	out   *outcome
}

// outcome is what duplicates that arrive meanwhile wait for.
type outcome struct {
	done chan struct{} // closed when ok is set; made for the first duplicate
	ok   bool
}

// NewWebhookHandler returns the handler for the webhook address of app. handle
// is called for every new event, on several goroutines at once. Without
// [WithAnswerFirst] its outcome decides the answer: nil answers 200, and an
// error or a panic 503, upon which TikTok sends the event again after 2 minutes,
// 30 minutes, 3 and 12 hours. It is meant to put the event where work is done,
// within the deadline of its context: TikTok takes an answer after three seconds
// for a failure.
//
// Every new event with a right signature is handed on, those of unknown types
// and of unexpected shape too (see [WebhookEvent.DecodeErr]): return nil for
// what is of no interest. Events arrive in any order and, rarely, twice.
//
// Other answers: 401 for a wrong signature, 400 for what is no JSON object or
// outside the window, 413 for a body over the limit, 405 for another method, 503
// while the same event is still at work, for a full queue and after Close.
//
// Bound the reading of requests with the ReadTimeout of the [http.Server]. The
// address that TikTok is given is https with a domain name and without a port,
// see [EventService.SetWebhooks].
//
// https://partner.tiktokshop.com/docv2/page/tiktok-shop-webhooks
func NewWebhookHandler(app App, handle func(ctx context.Context, event *WebhookEvent) error, opts ...WebhookOption) (*WebhookHandler, error) {
	if err := app.validate(); err != nil {
		return nil, err
	}
	if handle == nil {
		return nil, errors.New("tiktokshop: NewWebhookHandler: nil function")
	}
	h := &WebhookHandler{
		webhookSettings: webhookSettings{
			failed: func(*WebhookEvent, error) {}, log: slog.New(slog.DiscardHandler),
			window: webhookWindow, bodyLimit: webhookBodyLimit,
		},
		app: app, handle: handle, running: map[string]*outcome{}, drained: make(chan struct{}),
		macs: sync.Pool{New: func() any { return newWebhookMAC(app) }},
	}
	for i, opt := range opts {
		if opt == nil {
			return nil, fmt.Errorf("tiktokshop: webhook option %d is nil", i+1)
		}
		if err := opt(&h.webhookSettings); err != nil {
			return nil, fmt.Errorf("tiktokshop: %w", err)
		}
	}
	switch {
	case h.deadline == 0 && h.queue == nil:
		h.deadline = webhookAnswer
	case h.deadline == 0:
		h.deadline = webhookAfterwards
	case h.deadline > 3*time.Second && h.queue == nil:
		return nil, errors.New("tiktokshop: WithWebhookDeadline: TikTok waits 3 seconds only; use WithAnswerFirst for longer work")
	}
	if h.deduper == nil {
		h.deduper = &MemoryWebhookDeduper{Keep: max(webhookKeep, 2*h.window)}
	}
	ctx, abort := context.WithCancel(context.Background())
	h.abort = abort
	var workers sync.WaitGroup
	for range h.workers {
		workers.Go(func() {
			for d := range h.queue {
				h.afterwards(ctx, d)
			}
		})
	}
	go func() {
		workers.Wait()
		close(h.drained)
	}()
	return h, nil
}

// Format keeps the app secret out of %+v.
func (h *WebhookHandler) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "tiktokshop.WebhookHandler")
}

// ServeHTTP receives one delivery.
func (h *WebhookHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answerBy := webhookAnswer
	if h.queue == nil {
		answerBy = h.deadline
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerBy)
	defer cancel()

	status := http.StatusOK
	event, err := h.receive(w, r)
	if err == nil {
		err = h.deliver(ctx, event)
	}
	switch {
	case err == nil:
	case errors.Is(err, errWebhookMethod):
		status = http.StatusMethodNotAllowed
		w.Header().Set("Allow", http.MethodPost)
	case errors.Is(err, ErrWebhookUnsigned), errors.Is(err, ErrWebhookSignature):
		status = http.StatusUnauthorized
	case errors.Is(err, ErrWebhookTooLarge):
		status = http.StatusRequestEntityTooLarge
	case event == nil:
		status = http.StatusBadRequest
	default:
		status = http.StatusServiceUnavailable
	}
	h.logReceived(ctx, status, event, err)
	if err != nil { // else net/http answers 200
		w.Header().Set("Cache-Control", "no-store")
		// The status says enough to TikTok; err may hold the caller's words.
		http.Error(w, http.StatusText(status), status)
	}
}

// logReceived logs an event. Should the log handler panic, the event goes on.
func (h *WebhookHandler) logReceived(ctx context.Context, status int, event *WebhookEvent, err error) {
	defer func() { _ = recover() }()
	if !h.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{slog.Int("status", status)}
	if event != nil {
		attrs = append(attrs, slog.Any("event", event))
	}
	if err != nil {
		attrs = append(attrs, slog.Any("error", err))
	}
	logSafely(ctx, h.log, slog.LevelDebug, "webhook received", attrs...)
}

var (
	errWebhookMethod  = errors.New("tiktokshop: webhooks are posted")
	errWebhookRead    = errors.New("tiktokshop: the body of the webhook could not be read")
	errWebhookRunning = errors.New("tiktokshop: the same webhook is still at work or failed just now")
	errWebhookFull    = errors.New("tiktokshop: the queue for webhooks is full")
)

// receive reads, verifies and parses one delivery.
func (h *WebhookHandler) receive(w http.ResponseWriter, r *http.Request) (*WebhookEvent, error) {
	signature := r.Header.Get("Authorization")
	switch {
	case r.Method != http.MethodPost:
		return nil, errWebhookMethod
	case signature == "":
		return nil, ErrWebhookUnsigned
	case len(signature) != 2*sha256.Size:
		return nil, ErrWebhookSignature // not worth reading the body
	case r.ContentLength > h.bodyLimit:
		return nil, ErrWebhookTooLarge
	}
	body, err := transport.ReadAll(http.MaxBytesReader(w, r.Body, h.bodyLimit), r.ContentLength)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, ErrWebhookTooLarge
	}
	if err != nil {
		return nil, errWebhookRead
	}
	mac := h.macs.Get().(hash.Hash)
	mac.Reset()
	err = verifyWebhook(h.app, mac, signature, body)
	h.macs.Put(mac)
	if err != nil {
		return nil, err
	}
	event, err := ParseWebhook(body)
	if err != nil {
		return nil, err
	}
	if h.window > 0 && !event.Time.IsZero() && time.Since(event.Time).Abs() > h.window {
		return nil, ErrWebhookTooOld
	}
	return event, nil
}

// deliver hands the event on, unless that has been done, and returns nil once
// TikTok need not send it again.
func (h *WebhookHandler) deliver(ctx context.Context, event *WebhookEvent) error {
	d := delivery{event: event, key: event.Key()}
	mine, err := h.claim(&d)
	if err != nil {
		return err
	}
	if !mine {
		return h.await(ctx, d.out)
	}
	kept := false // in the queue, whose worker releases d
	ok := false
	defer func() {
		if !kept {
			h.release(d, ok)
		}
	}()
	var seen bool
	err = h.guard(ctx, event, "the webhook deduper", func() (err error) {
		seen, err = h.deduper.Seen(ctx, d.key)
		return err
	})
	switch {
	case err != nil:
		logSafely(ctx, h.log, slog.LevelWarn, "webhook deduper failed", slog.Any("event", event), slog.Any("error", err))
	case seen:
		ok = true
		return nil
	}
	if h.queue != nil {
		err = h.enqueue(d)
		kept = err == nil
		return err
	}
	err = h.handOn(ctx, event)
	if err == nil {
		ok = true
		h.remember(ctx, d)
	}
	return err
}

// claim makes d the only delivery of its key; mine is false, and d.out that of
// the other one, while there is another.
func (h *WebhookHandler) claim(d *delivery) (mine bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false, ErrWebhookClosed
	}
	if d.out = h.running[d.key]; d.out != nil {
		if d.out.done == nil {
			d.out.done = make(chan struct{})
		}
		return false, nil
	}
	d.out = &outcome{}
	h.running[d.key] = d.out
	return true, nil
}

func (h *WebhookHandler) release(d delivery, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.running, d.key)
	d.out.ok = ok
	if d.out.done != nil {
		close(d.out.done)
	}
}

// await gives a duplicate the outcome of the delivery that is at work. A queued
// one has been answered, and so is its duplicate.
func (h *WebhookHandler) await(ctx context.Context, out *outcome) error {
	if h.queue != nil {
		return nil
	}
	select {
	case <-out.done:
		if out.ok {
			return nil
		}
	case <-ctx.Done():
	}
	return errWebhookRunning
}

func (h *WebhookHandler) enqueue(d delivery) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrWebhookClosed
	}
	select {
	case h.queue <- d:
		return nil
	default:
		return errWebhookFull
	}
}

// afterwards hands on an event that has been answered.
func (h *WebhookHandler) afterwards(ctx context.Context, d delivery) {
	ok := false
	defer func() { h.release(d, ok) }()
	if ctx.Err() != nil {
		h.fail(ctx, d.event, ErrWebhookClosed)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, h.deadline)
	defer cancel()
	if ok = h.handOn(ctx, d.event) == nil; ok {
		h.remember(ctx, d)
	}
}

// handOn calls the function.
func (h *WebhookHandler) handOn(ctx context.Context, event *WebhookEvent) error {
	err := h.guard(ctx, event, "the webhook function", func() error { return h.handle(ctx, event) })
	if err != nil {
		h.fail(ctx, event, err)
	}
	return err
}

func (h *WebhookHandler) fail(ctx context.Context, event *WebhookEvent, err error) {
	logSafely(ctx, h.log, slog.LevelWarn, "webhook not handed on", slog.Any("event", event), slog.Any("error", err))
	_ = h.guard(ctx, event, "the function for webhook failures", func() error { h.failed(event, err); return nil })
}

// remember runs even after the deadline: the function has done its work.
func (h *WebhookHandler) remember(ctx context.Context, d delivery) {
	if _, inMemory := h.deduper.(*MemoryWebhookDeduper); !inMemory { // which takes no time
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), webhookRememberFor)
		defer cancel()
	}
	err := h.guard(ctx, d.event, "the webhook deduper", func() error { return h.deduper.Remember(ctx, d.key) })
	if err != nil {
		logSafely(ctx, h.log, slog.LevelWarn, "webhook deduper failed", slog.Any("event", d.event), slog.Any("error", err))
	}
}

// guard makes an error of a panic: an event must not end the program, and its
// next delivery may fare better.
func (h *WebhookHandler) guard(ctx context.Context, event *WebhookEvent, what string, call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("tiktokshop: %s panicked: %v", what, p)
			logSafely(ctx, h.log, slog.LevelError, what+" panicked", slog.Any("event", event), slog.String("stack", string(debug.Stack())))
		}
	}()
	return call()
}

// Close answers 503 to what arrives from now on, waits until every queued event
// has been handed on, and returns nil. When ctx ends before that, the contexts
// of running functions are cancelled, the events still in the queue go to
// [WithWebhookFailures], and the error wraps the cause; call Close again to wait
// for those functions. Call it after [http.Server.Shutdown]. Without
// [WithAnswerFirst] there is nothing to wait for.
func (h *WebhookHandler) Close(ctx context.Context) error {
	h.mu.Lock()
	if !h.closed && h.queue != nil {
		close(h.queue)
	}
	h.closed = true
	h.mu.Unlock()
	select {
	case <-h.drained:
		h.abort()
		return nil
	case <-ctx.Done():
		h.abort()
		select {
		case <-h.drained: // both were ready
			return nil
		default:
		}
		return fmt.Errorf("tiktokshop: webhooks were answered but not handed on: %w", context.Cause(ctx))
	}
}
