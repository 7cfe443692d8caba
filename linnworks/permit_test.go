package linnworks

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// countedWaits counts what it admits, by key.
type countedWaits struct {
	Limiter
	n map[LimitKey]int
}

func (c *countedWaits) Wait(ctx context.Context, key LimitKey) error {
	c.n[key]++
	return c.Limiter.Wait(ctx, key)
}

// The limiter is asked once for a call with a permit: before, for the permit, and for the
// budget that the call has. Another attempt, or another call with the same permit, is
// asked for as ever.
func TestPermitWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: status(200, "[]")}
		waits := &countedWaits{NewLimiterFunc(func(LimitKey) float64 { return 6 }), map[LimitKey]int{}}
		c := newTestClient(t, s, WithLimiter(waits))
		key := LimitKey{Application: testApplicationID, Operation: "Stock.SetStockLevel", PerMinute: 250}
		call := func(what string, p *Permit, want int) {
			t.Helper()
			start := time.Now()
			waits.n[key] = 0
			if _, err := c.Stock.SetStockLevel(t.Context(), &SetStockLevelRequest{StockLevels: []StockLevelUpdate{}}, WithPermit(p)); err != nil {
				t.Fatal(err)
			}
			if got := waits.n[key]; got != want || got == 0 && time.Since(start) != 0 {
				t.Errorf("%s: the limiter was asked %d times in %s, want %d", what, got, time.Since(start), want)
			}
		}
		var permits []*Permit
		start := time.Now()
		for range 2 {
			p, err := c.PermitWrite(t.Context(), "Stock.SetStockLevel")
			if err != nil {
				t.Fatal(err)
			}
			permits = append(permits, p)
		}
		if took := time.Since(start); took != 10*time.Second || waits.n[key] != 2 {
			t.Errorf("two permits took %s, and the limiter was asked %d times for the operation; want 10s and 2", took, waits.n[key])
		}
		call("with a permit", permits[0], 0)
		call("with one that was used", permits[0], 1)
		fails := 1
		s.answer = func(r request) (*http.Response, error) {
			if fails--; fails >= 0 {
				return respond(503, ""), nil
			}
			return respond(200, "[]"), nil
		}
		call("repeated", permits[1], 1)
		call("without", nil, 1)
	})
}

func TestPermitWriteRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		c := newTestClient(t, s, WithLimiter(NewLimiterFunc(func(LimitKey) float64 { return 6 })))
		p, err := c.PermitWrite(t.Context(), "Stock.SetStockLevel")
		if err != nil {
			t.Fatal(err)
		}
		err = c.Call(t.Context(), http.MethodPost, "/api/Stock/X", nil, nil, nil, WithPermit(p))
		if _, calls := s.count(); err == nil || !strings.Contains(err.Error(), "the permit is for Stock.SetStockLevel") || calls != 0 {
			t.Errorf("another operation: got %v and %d requests", err, calls)
		}
		if p, err = c.PermitWrite(t.Context(), "POST /api/Stock/X"); err == nil {
			err = c.Call(t.Context(), http.MethodPost, "/api/Stock/X", nil, nil, nil, WithPermit(p))
		}
		if err != nil {
			t.Errorf("one of Client.Call: %v", err)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		var late *LimitError
		if _, err := c.PermitWrite(ctx, "Stock.SetStockLevel"); !errors.As(err, &late) {
			t.Errorf("no time for it: got %v, want a LimitError", err)
		}
		stop()
		if _, err := c.PermitWrite(ctx, "Stock.SetStockLevel"); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end of its context: got %v", err)
		}
	})
}

// A permit is of the same budget as the call that it is for, whatever the operation.
func TestPublishedLimit(t *testing.T) {
	for operation, want := range map[string]int{
		"Stock.SetStockLevel": 250, "Orders.CreateOrders": 150, "Inventory.GetStockLocations": 150, "POST /api/Stock/X": 0, "": 0,
	} {
		if got := publishedLimit(operation); got != want {
			t.Errorf("%s: got %d calls a minute, want %d", operation, got, want)
		}
	}
}
