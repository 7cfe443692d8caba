package opspage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/linnbridge/linnbridge/bridge/appeal"
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
		if pack, failed := s.Appeal(ctx, id); pack != nil {
			text, err = encode(pack)
		} else {
			err = failed
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

// orderID reports whether a text can be the id of an order, and part of a file's name.
func orderID(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 100
}
