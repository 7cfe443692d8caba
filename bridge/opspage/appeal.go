package opspage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/bridge/appeal"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// appealPage serves what proves what happened to an order, to be kept and sent on: it has a
// style of its own, and nothing about the buyer.
func (h *Handler) appealPage(w http.ResponseWriter, raw *http.Request) {
	h.appeal(raw.Context(), w, raw, "html", "text/html; charset=utf-8", func(p *appeal.Pack) ([]byte, error) {
		var b bytes.Buffer
		err := p.WritePage(&b)
		return b.Bytes(), err
	})
}

func (h *Handler) appealJSON(w http.ResponseWriter, raw *http.Request) {
	h.appeal(raw.Context(), w, raw, "json", "application/json", func(p *appeal.Pack) ([]byte, error) { return json.Marshal(p) })
}

func (h *Handler) appeal(ctx context.Context, w http.ResponseWriter, raw *http.Request, ending, kind string, encode func(*appeal.Pack) ([]byte, error)) {
	r := h.begin(w, raw)
	s, err := h.shop(r)
	id := r.FormValue("id")
	switch {
	case err == nil && s.Appeal == nil:
		err = errNotFound
	case err == nil && !orderID(id):
		err = fmt.Errorf("%w: name an order", errBad)
	}
	var text []byte
	if err == nil {
		// A pack that lacks something says so itself.
		switch pack, failed := s.Appeal(ctx, id); {
		case pack == nil:
			err = failed
		case pack.Unknown():
			err = fmt.Errorf("%w: neither the bridge nor the shop knows order %s: compare the id with Seller Center", errNotFound, id)
		default:
			text, err = encode(pack)
		}
	}
	if err != nil {
		http.Error(w, err.Error(), statusOf(err))
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "order-"+id+"."+ending))
	_, _ = w.Write(text) // a reader that has left is nobody's loss
}

// manifestKinds are the forms of a manifest, by the ending of its file.
var manifestKinds = map[string]string{"html": "text/html; charset=utf-8", "json": "application/json", "csv": "text/csv; charset=utf-8"}

// manifest serves what was shipped on a day, to be kept, printed and signed.
func (h *Handler) manifest(ending, kind string) http.HandlerFunc {
	return func(w http.ResponseWriter, raw *http.Request) {
		r := h.begin(w, raw)
		s, err := h.shop(r)
		day := h.options.Now().In(h.options.Zone)
		if text := r.FormValue("day"); err == nil && text != "" {
			if day, err = time.ParseInLocation(time.DateOnly, text, h.options.Zone); err != nil {
				err = fmt.Errorf("%w: %q is no day such as 2026-11-30", errBad, part.Clip(text))
			}
		}
		switch {
		case err != nil:
		case s.Manifest == nil:
			err = errNotFound
		case day.After(h.options.Now()):
			err = fmt.Errorf("%w: %s has not begun", errBad, day.Format(time.DateOnly))
		}
		var b bytes.Buffer
		if err == nil {
			m, failed := s.Manifest(raw.Context(), day)
			switch { // a manifest that lacks something says so itself
			case failed != nil && len(m.Missing) == 0:
				err = failed
			case ending == "html":
				err = m.WritePage(&b)
			case ending == "csv" && failed != nil:
				err = failed // a spreadsheet cannot say so
			case ending == "csv":
				err = m.WriteCSV(&b)
			default:
				err = json.NewEncoder(&b).Encode(m)
			}
		}
		if err != nil {
			http.Error(w, err.Error(), statusOf(err))
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "dispatch-"+day.Format(time.DateOnly)+"."+ending))
		_, _ = w.Write(b.Bytes()) // a reader that has left is nobody's loss
	}
}

// orderID reports whether a text can be the id of an order, and part of a file's name.
func orderID(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 100
}
