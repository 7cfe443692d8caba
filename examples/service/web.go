package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// public is what TikTok reaches: nothing but webhooks.
func (s *service) public(hooks http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /webhooks/tiktok", s.metrics.webhooks(hooks))
	return mux
}

// private is for the machines and people of the house, who know the token.
func (s *service) private(page http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, map[string]string{"process": process})
	})
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /cases", s.cases)
	mux.HandleFunc("POST /cases", s.decide)
	mux.HandleFunc("GET /permits", s.permits)
	mux.HandleFunc("POST /release", s.released)
	mux.Handle("/ops/", http.StripPrefix("/ops", page))
	mux.Handle("GET /{$}", http.RedirectHandler("/ops/", http.StatusSeeOther))
	return http.NewCrossOriginProtection().Handler(s.login(mux))
}

// login asks for the token, if there is one: as a bearer token, or as the password of any
// user, which browsers ask people for. Load balancers, which have none, are told on /livez and
// /readyz what the status says and no more.
func (s *service) login(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.config.token.Reveal()))
	if s.config.token.Reveal() == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, got, _ := r.BasicAuth()
		if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
			got = token
		}
		sum := sha256.Sum256([]byte(got))
		switch {
		case subtle.ConstantTimeCompare(sum[:], want[:]) == 1:
			next.ServeHTTP(w, r)
		case r.URL.Path == "/livez" || r.URL.Path == "/readyz":
			next.ServeHTTP(statusOnly{w}, r)
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="bridge", charset="UTF-8"`)
			reply(w, http.StatusUnauthorized, map[string]string{"error": "send PRIVATE_TOKEN as bearer token, or as password"})
		}
	})
}

// statusOnly is an answer without its text.
type statusOnly struct{ http.ResponseWriter }

// Write implements [http.ResponseWriter].
func (statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// patience is how long an answer waits for the database.
const patience = 5 * time.Second

// readyz reports whether this process can take webhooks: it is not ending, its database
// answers, and it has found all of its shops.
func (s *service) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	why := map[string]string{}
	if s.ending.Load() {
		why["process"] = "it is ending"
	}
	for _, shop := range s.shops {
		if shop.bound.Load() == nil {
			why[shop.name] = "the sides were not asked yet"
			if text := shop.trouble.Load(); text != nil {
				why[shop.name] = *text
			}
		}
		if _, err := shop.state(ctx, bridge.FlowOrders); err != nil {
			why["database"] = err.Error()
		}
	}
	status := http.StatusOK
	if len(why) > 0 {
		status = http.StatusServiceUnavailable
	}
	reply(w, status, map[string]any{"ready": len(why) == 0, "process": process, "why_not": why})
}

// shopHealth is how a shop is, whichever processes work for it.
type shopHealth struct {
	Healthy bool                  `json:"healthy"`
	Trouble string                `json:"trouble,omitempty"` // it is not worked for
	Flows   map[string]flowHealth `json:"flows"`
}

// flowHealth is how a flow is.
type flowHealth struct {
	state

	Took *struct{} `json:"took,omitempty"` // those of a hundred runs are for nobody
	P50  string    `json:"p50,omitempty"`
	P99  string    `json:"p99,omitempty"`

	Healthy bool `json:"healthy"`
	// Overdue reports that no run has ended for ten times the pace, and at least a minute.
	Overdue bool `json:"overdue,omitempty"`
}

// health reads how a shop is.
func (s *service) health(ctx context.Context, shop *shop, now time.Time) (shopHealth, error) {
	h := shopHealth{Healthy: true, Flows: map[string]flowHealth{}}
	b := shop.bound.Load()
	if b == nil {
		h.Healthy, h.Trouble = false, "both sides were not asked yet"
		if text := shop.trouble.Load(); text != nil {
			h.Trouble = *text
		}
		return h, nil
	}
	paces := map[string]time.Duration{bridge.FlowStock: liveEvery}
	for _, f := range b.sync.Flows {
		paces[f.Name] = f.Every
	}
	for name, every := range paces {
		last, err := shop.state(ctx, name)
		if err != nil {
			return h, err
		}
		since := last.Ended
		if s.began.After(since) {
			since = s.began
		}
		f := flowHealth{state: last, Overdue: now.Sub(since) > max(10*every, time.Minute)}
		if last.Runs > 0 {
			f.P50, f.P99 = last.percentile(50).String(), last.percentile(99).String()
		}
		f.Healthy = !f.Overdue && last.Error == ""
		h.Flows[name], h.Healthy = f, h.Healthy && f.Healthy
	}
	return h, nil
}

// healthz reports whether the bridge does its work: 503 if a flow of a shop has failed or
// is overdue, in whichever process, or if this one cannot draw labels.
func (s *service) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	healthy, shops, trouble := true, map[string]shopHealth{}, ""
	for _, shop := range s.shops {
		h, err := s.health(ctx, shop, time.Now())
		if err != nil {
			h.Healthy, trouble = false, err.Error()
		}
		shops[shop.name], healthy = h, healthy && h.Healthy
	}
	labels := ""
	if s.drawing != nil {
		if err := s.drawing.trouble(); err != nil {
			labels, healthy = "they cannot be drawn on this machine: "+err.Error(), false
		}
	}
	status := http.StatusOK
	if !healthy {
		status = http.StatusServiceUnavailable
	}
	reply(w, status, map[string]any{"healthy": healthy, "database": trouble, "labels": labels, "shops": shops})
}

// cases lists what needs a person, of all shops.
func (s *service) cases(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	list, err := s.db.Cases(r.Context(), exceptions.Filter{Shop: q.Get("shop"), Owner: exceptions.Owner(q.Get("owner"))})
	if err != nil {
		reply(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		return
	}
	if list == nil {
		list = []exceptions.Case{}
	}
	reply(w, http.StatusOK, list)
}

// decide does with a case what a person has decided:
//
//	{"key": "...", "verb": "claimed", "by": "Ann", "note": "asked the carrier"}
func (s *service) decide(w http.ResponseWriter, r *http.Request) {
	var d struct {
		Key, By, Note string
		Verb          exceptions.Verb
		Until         time.Time
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	body.DisallowUnknownFields()
	if err := body.Decode(&d); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	c, err := s.db.Decide(r.Context(), d.Key, exceptions.Decision{Verb: d.Verb, By: d.By, Note: d.Note, Until: d.Until})
	switch {
	case errors.Is(err, exceptions.ErrNoCase):
		reply(w, http.StatusNotFound, map[string]string{"error": err.Error()})
	case err != nil:
		reply(w, http.StatusConflict, map[string]string{"error": err.Error()})
	default:
		reply(w, http.StatusOK, c)
	}
}

// permits says whether goods may move: /permits?shop=uk-shop&order=576...&order=577...
func (s *service) permits(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	shop := s.shop(q.Get("shop"))
	if len(s.shops) == 1 && !q.Has("shop") {
		shop = s.shops[0]
	}
	if shop == nil || len(q["order"]) == 0 {
		reply(w, http.StatusBadRequest, map[string]string{"error": "ask for /permits?shop=name&order=576...&order=577..., with TikTok's order ids"})
		return
	}
	b := shop.bound.Load()
	if b == nil {
		reply(w, http.StatusServiceUnavailable, map[string]string{"error": "the shop is not worked for yet: hold the goods"})
		return
	}
	answers, err := b.sync.Gate.Check(r.Context(), q["order"]...)
	if err != nil {
		reply(w, http.StatusBadGateway, map[string]any{"error": err.Error(), "answers": answers})
		return
	}
	reply(w, http.StatusOK, answers)
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a reader that has left is nobody's loss
}
