package bridgetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// network is the way from the bridge to one side. It lets people act between
// two calls and makes calls fail.
type network struct {
	shop *shop // whose bridge it is
	next http.RoundTripper
}

var (
	errCutBefore = errors.New("connection reset before the request was read")
	errCutAfter  = errors.New("connection reset before the reply was read")
)

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	l := n.shop.lab
	if err := r.Context().Err(); err != nil {
		return nil, err // the process is dead
	}
	l.report.Calls++
	if l.rand.IntN(20) == 0 {
		l.interfere()
	}
	dice, rates := l.rand.Float64(), l.rates
	hit := func(rate float64) bool {
		dice -= rate
		if rate > 0 && dice < 0 && dice >= -rate {
			l.report.Faults++
			return true
		}
		return false
	}
	if time.Now().Before(l.stormUntil) && rates != (Rates{}) {
		rates.Throttled += 0.5
	}
	switch {
	case hit(rates.Killed):
		l.report.Kills++
		l.kill()
		if l.rand.IntN(2) == 0 {
			if resp, err := n.answer(r.WithContext(context.WithoutCancel(r.Context()))); err == nil {
				_ = resp.Body.Close() // it took effect, and nobody has heard of it
			}
		}
		return nil, context.Canceled
	case hit(rates.CutBefore):
		return nil, errCutBefore
	case hit(rates.CutAfter):
		resp, err := n.answer(r)
		if err != nil {
			return nil, err
		}
		_ = resp.Body.Close()
		return nil, errCutAfter
	case hit(rates.Throttled):
		return status(r, http.StatusTooManyRequests), nil
	case hit(rates.Failed):
		return status(r, http.StatusInternalServerError), nil
	case hit(rates.Overloaded):
		return status(r, http.StatusServiceUnavailable), nil
	case hit(rates.Slow):
		// Never the same moment as a timeout: which of two timers fires first is
		// not the seed's to say.
		delay := time.Duration(l.rand.IntN(60))*time.Second + time.Millisecond
		if err := sleepUntil(r.Context(), time.Now().Add(delay)); err != nil {
			return nil, err
		}
	}
	return n.answer(r)
}

// answer passes a call on. Linnworks refuses what holds an order that it does not
// like, and of the shop's orders some cannot be read.
func (n *network) answer(r *http.Request) (*http.Response, error) {
	t := &n.shop.truth
	if len(t.refused) > 0 && strings.HasSuffix(r.URL.Path, "/Orders/CreateOrders") && r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		for id := range t.refused {
			if bytes.Contains(body, []byte(url.QueryEscape(`"ReferenceNumber":"`+id+`"`))) || bytes.Contains(body, []byte(`"ReferenceNumber":"`+id+`"`)) {
				return reply(r, http.StatusBadRequest, `{"Code":"-","Message":"Orders have invalid values: the country is unknown"}`), nil
			}
		}
	}
	resp, err := n.next.RoundTrip(r)
	if err != nil || len(t.unreadable) == 0 || !strings.HasSuffix(r.URL.Path, "/orders") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for id := range t.unreadable {
		body = bytes.ReplaceAll(body, []byte(`"id":"`+id+`"`), []byte(`"buyer_message":{},"id":"`+id+`"`))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// reply is one of a server that has read the request.
func reply(r *http.Request, code int, body string) *http.Response {
	return &http.Response{StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, Body: io.NopCloser(strings.NewReader(body))}
}

// status is a reply of a gateway: no JSON, and a pause asked for with a 429.
func status(r *http.Request, code int) *http.Response {
	h := http.Header{}
	if code == http.StatusTooManyRequests {
		h.Set("Retry-After", "1")
	}
	return &http.Response{StatusCode: code, Header: h, Request: r, Body: io.NopCloser(strings.NewReader("the gateway is not well"))}
}

// webhook is the receiver of the shop's webhooks: of ten, one is lost as if it had
// never been sent, one is answered with an error and comes again, and one comes
// twice. They come late in any case: when a pass begins.
func (s *shop) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.violate("the lab could not read a webhook: %v", err)
	}
	event, err := tiktokshop.ParseWebhook(body)
	if err != nil {
		s.violate("the lab could not parse a webhook: %v", err)
		return
	}
	times := 1
	if s.rates != (Rates{}) {
		switch s.rand.IntN(10) {
		case 0:
			times = 0
		case 1:
			w.WriteHeader(http.StatusInternalServerError)
			return
		case 2:
			times = 2
		}
	}
	for range times {
		for _, id := range tiktokadapter.HintsOf(event) {
			if err := s.intake.Hint(r.Context(), id); err != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}
	}
}
