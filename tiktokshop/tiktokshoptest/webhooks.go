package tiktokshoptest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"
)

// webhookAnswer is how long TikTok waits for the answer to a webhook.
const webhookAnswer = 3 * time.Second

// webhookRetries are the times from a failed delivery to the next one. After
// the last a webhook is dropped.
var webhookRetries = []time.Duration{2 * time.Minute, 30 * time.Minute, 3 * time.Hour, 12 * time.Hour}

// WithWebhooks sets what posts the webhooks: [http.DefaultTransport] to reach a
// receiver on a socket, or [HandlerTransport] for one in memory. Nothing is
// posted before [Fake.SendWebhooks] or [Fake.RunWebhooks] is called.
func WithWebhooks(transport http.RoundTripper) Option {
	return func(f *Fake) { f.transport = transport }
}

// HandlerTransport hands every request to h, on the goroutine that sends it.
func HandlerTransport(h http.Handler) http.RoundTripper { return handlerTransport{h} }

type handlerTransport struct{ handler http.Handler }

func (t handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	served := r.Clone(r.Context())
	served.RequestURI = r.URL.RequestURI()
	t.handler.ServeHTTP(w, served)
	return w.Result(), r.Context().Err()
}

// Delivery is an attempt to deliver a webhook.
type Delivery struct {
	// Time is the end of the attempt on the fake's clock.
	Time time.Time
	// Type is TikTok's number of the event, such as 1 for an order's status.
	Type int
	// ID is the id of the notification, the same for every attempt.
	ID string
	// Shop is the id of the shop.
	Shop string
	// Address is where it was posted, and Body what.
	Address, Body string
	// Attempt counts from 1 to 5.
	Attempt int
	// Status is the HTTP status of the answer, 0 if none came within 3 seconds.
	// Everything but 200 is repeated.
	Status int
}

// mailbox holds the webhooks to deliver.
type mailbox struct {
	seq     int64
	pending []*letter
	sent    []Delivery
	rules   []*webhookRule
	wake    chan struct{} // signals that something is due earlier than before
}

func newMailbox() mailbox { return mailbox{wake: make(chan struct{}, 1)} }

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// letter is a webhook on its way.
type letter struct {
	due time.Time
	seq int64
	Delivery
}

func (l *letter) compare(other *letter) int {
	if c := l.due.Compare(other.due); c != 0 {
		return c
	}
	return int(l.seq - other.seq)
}

// Disturbance is what happens to webhooks on their way.
type Disturbance struct {
	// Delay postpones the first delivery; others overtake it.
	Delay time.Duration
	// Copies are delivered in addition, with the id of the first.
	Copies int
	// Lose drops the webhook.
	Lose bool
}

type webhookRule struct {
	match func(Delivery) bool
	left  int
	Disturbance
}

// DisturbWebhooks lets d happen to the next n webhooks that match selects; a nil
// match selects every one.
func (f *Fake) DisturbWebhooks(match func(Delivery) bool, n int, d Disturbance) {
	defer f.enter()()
	f.mailbox.rules = append(f.mailbox.rules, &webhookRule{match, n, d})
}

// OfType selects webhooks by TikTok's numbers, for [Fake.DisturbWebhooks].
func OfType(types ...int) func(Delivery) bool {
	return func(d Delivery) bool { return slices.Contains(types, d.Type) }
}

// post puts a webhook in the mailbox.
func (f *Fake) post(d Delivery) {
	var fate Disturbance
	m := &f.mailbox
	for _, r := range m.rules {
		if r.left > 0 && (r.match == nil || r.match(d)) {
			r.left--
			fate = r.Disturbance
			break
		}
	}
	if f.chaos != nil {
		f.chaos.disturb(&d, &fate, f.now)
	}
	if fate.Lose {
		return
	}
	for range fate.Copies + 1 {
		m.seq++
		m.pending = append(m.pending, &letter{due: f.now.Add(fate.Delay), seq: m.seq, Delivery: d})
	}
	m.signal()
}

// Deliveries returns the attempts to deliver webhooks, in the order in which
// they ended.
func (f *Fake) Deliveries() []Delivery {
	defer f.enter()()
	return slices.Clone(f.mailbox.sent)
}

// PendingWebhooks counts the webhooks that wait for their first or next
// delivery.
func (f *Fake) PendingWebhooks() int {
	defer f.enter()()
	return len(f.mailbox.pending)
}

// SendWebhooks posts what is due now, one after the other, and returns the
// number of attempts. The receiver may call the fake. Only status 200 within 3
// seconds counts as received; everything else is due again 2 minutes, 30
// minutes, 3 hours and 12 hours later, and is then dropped.
func (f *Fake) SendWebhooks(ctx context.Context) (attempts int) {
	for ctx.Err() == nil {
		letters := f.due()
		if len(letters) == 0 {
			break
		}
		for i, l := range letters {
			if ctx.Err() != nil {
				f.putBack(letters[i:])
				break
			}
			l.Attempt++
			l.Status = f.send(ctx, l)
			f.sentOff(l)
			attempts++
		}
	}
	return attempts
}

// RunWebhooks posts webhooks as they become due, until ctx ends: run it in a
// goroutine. While it waits it also lets happen what TikTok does by itself.
func (f *Fake) RunWebhooks(ctx context.Context) {
	for {
		f.SendWebhooks(ctx)
		wait := time.NewTimer(f.idle())
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-f.mailbox.wake:
			wait.Stop()
		case <-wait.C:
		}
	}
}

// idle is how long nothing is due.
func (f *Fake) idle() time.Duration {
	defer f.enter()()
	next := f.now.Add(time.Hour)
	if len(f.timers) > 0 && f.timers[0].at.Before(next) {
		next = f.timers[0].at
	}
	for _, l := range f.mailbox.pending {
		if l.due.Before(next) {
			next = l.due
		}
	}
	return next.Sub(f.now)
}

// due takes the webhooks that are due out of the mailbox.
func (f *Fake) due() (letters []*letter) {
	defer f.enter()()
	if f.transport == nil {
		return nil
	}
	var later []*letter
	for _, l := range f.mailbox.pending {
		if l.due.After(f.now) {
			later = append(later, l)
		} else {
			letters = append(letters, l)
		}
	}
	f.mailbox.pending = later
	slices.SortFunc(letters, (*letter).compare)
	if f.has(QuirkWebhookOrder) {
		for begin := 0; begin < len(letters); {
			end := begin + 1
			for end < len(letters) && letters[end].due.Equal(letters[begin].due) {
				end++
			}
			same := letters[begin:end]
			f.rng.Shuffle(len(same), func(i, j int) { same[i], same[j] = same[j], same[i] })
			begin = end
		}
	}
	return letters
}

func (f *Fake) putBack(letters []*letter) {
	defer f.enter()()
	f.mailbox.pending = append(f.mailbox.pending, letters...)
}

// send posts a webhook once and returns the HTTP status, 0 for none.
func (f *Fake) send(ctx context.Context, l *letter) int {
	begin := f.clock()
	ctx, cancel := context.WithTimeout(ctx, webhookAnswer)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.Address, bytes.NewReader([]byte(l.Body)))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", webhookSignature(f.app.Key, f.app.Secret.Reveal(), l.Body))
	resp, err := f.transport.RoundTrip(req)
	if err != nil {
		return 0
	}
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	if err = errors.Join(err, resp.Body.Close()); err != nil || f.clock().Sub(begin) > webhookAnswer {
		return 0
	}
	return resp.StatusCode
}

// webhookSignature shares no code with the client, so that each checks the
// other.
//
// https://partner.tiktokshop.com/docv2/page/sign-your-api-request
func webhookSignature(key, secret, body string) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprint(h, key, body)
	return hex.EncodeToString(h.Sum(nil))
}

// sentOff records an attempt and plans the next one if it failed.
func (f *Fake) sentOff(l *letter) {
	defer f.enter()()
	l.Time = f.now
	f.mailbox.sent = append(f.mailbox.sent, l.Delivery)
	if l.Status == http.StatusOK || l.Attempt > len(webhookRetries) {
		return
	}
	l.due = f.now.Add(webhookRetries[l.Attempt-1])
	f.mailbox.pending = append(f.mailbox.pending, l)
	f.mailbox.signal()
}
