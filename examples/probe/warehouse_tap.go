package main

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/linnbridge/linnbridge/linnworks"
)

// tap lets a check into the requests of its calls: to change them, and to look at the
// replies.
type tap struct {
	change func(*http.Request)
	look   func(operation string, body []byte)
}

type tapKey struct{}

func withTap(ctx context.Context, t tap) context.Context { return context.WithValue(ctx, tapKey{}, t) }

// tapped is the middleware that a client needs for it.
func tapped(req *http.Request, next linnworks.Next) (*http.Response, error) {
	t, _ := req.Context().Value(tapKey{}).(tap)
	if t.change != nil {
		t.change(req)
	}
	resp, err := next(req)
	if err != nil || t.look == nil {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	info, _ := linnworks.CallInfoOf(req.Context())
	t.look(info.Operation, body)
	return resp, nil
}
