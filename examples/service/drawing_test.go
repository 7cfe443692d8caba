package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
)

// blank draws a page on which nothing is.
type blank struct{}

func (blank) Rasterise(context.Context, []byte, int) ([][]byte, error) { return [][]byte{{}}, nil }
func (blank) Close() error                                             { return nil }

// What draws labels does not start: the health says so, there is a case for the integrator,
// and who presses print reads what to do. A later start closes all of that.
func TestDrawingFails(t *testing.T) {
	t.Parallel()
	db, err := sqlstore.Open(t.Context(), filepath.Join(t.TempDir(), "bridge.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	s := &service{db: db, log: slog.New(slog.DiscardHandler), shops: []*shop{{name: "uk", memory: db.Shop("uk")}}}
	var mended atomic.Bool
	start := func(context.Context) (renderer, error) {
		if mended.Load() {
			return blank{}, nil
		}
		return nil, errors.New("no memory left")
	}
	healthz := func() (int, string) {
		w := httptest.NewRecorder()
		s.healthz(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
		var said struct{ Labels string }
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
			t.Fatal(err)
		}
		return w.Code, said.Labels
	}
	open := func() bool {
		list, err := db.Shop("uk").Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(list, func(e exceptions.Exception) bool {
			return e.Kind == exceptions.RunFailing && strings.Contains(e.Seen, "no memory left") && strings.Contains(e.Do, "Seller Center")
		})
	}
	for range 2 { // twice, and then it goes well
		ctx, stop := context.WithCancel(t.Context())
		tried := make(chan struct{}, 1)
		s.drawing = startDrawing(ctx, start, func(ctx context.Context, failed error) error {
			err := s.tellDrawing(ctx, failed)
			tried <- struct{}{}
			return err
		})
		<-tried
		_, err := s.drawing.Rasterise(t.Context(), nil, 203)
		refused, toldWhy := errors.AsType[*printing.NotPrintedError](err)
		switch code, labels := healthz(); {
		case mended.Load() && (err != nil || labels != "" || open()):
			t.Errorf("once it starts: drawing returns %v, the health says %q, the case is open: %t", err, labels, open())
		case !mended.Load() && (!toldWhy || !strings.Contains(refused.Text, "Print it in Seller Center") || strings.Contains(refused.Text, "memory")):
			t.Errorf("people read %v, want what to do", err)
		case !mended.Load() && (code != http.StatusServiceUnavailable || !strings.Contains(labels, "no memory left") || !open()):
			t.Errorf("the health is %d and says %q, the case is open: %t", code, labels, open())
		}
		stop()
		if err := s.drawing.Close(); err != nil {
			t.Error(err)
		}
		mended.Store(true)
	}
}

// PDFium that does not start at first, or whose case cannot be closed, is tried again.
func TestDrawingIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		starts, told := 0, 0
		d := startDrawing(ctx, func(context.Context) (renderer, error) {
			if starts++; starts == 1 {
				return nil, errors.New("no memory left")
			}
			return blank{}, nil
		}, func(context.Context, error) error {
			if told++; told == 2 {
				return errors.New("the database is away")
			}
			return nil
		})
		if _, err := d.Rasterise(ctx, nil, 203); err == nil {
			t.Error("something was drawn before it had started")
		}
		time.Sleep(drawAgain + time.Second)
		if pages, err := d.Rasterise(ctx, nil, 203); err != nil || len(pages) != 1 {
			t.Errorf("a minute later: %d pages, %v", len(pages), err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if starts != 2 || told != 3 {
			t.Errorf("it was started %d times and told of %d times, want 2 and 3", starts, told)
		}
	})
}
