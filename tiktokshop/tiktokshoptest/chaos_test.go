package tiktokshoptest_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// trade makes calls until each kind of fault has had its chance, and returns
// their outcomes.
func trade(t *testing.T, seed uint64) (outcomes []string, log tiktokshoptest.FaultLog) {
	l := newLab(t, tiktokshoptest.WithFaults(seed, tiktokshoptest.Evenly(0.08)), nowhere)
	l.SetWebhooks(hooks)
	for range 200 {
		_, err := l.client.Logistics.GetWarehouseList(t.Context(), nil)
		outcomes = append(outcomes, fmt.Sprint(err))
		l.ok(l.SetStock(mug, north, len(outcomes)))
		l.SendWebhooks(t.Context())
	}
	time.Sleep(time.Hour)
	l.SendWebhooks(t.Context())
	return outcomes, l.FaultLog()
}

func TestTheSameSeedGivesTheSameFaults(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		first, log := trade(t, 7)
		time.Sleep(time.Until(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)))
		again, replayed := trade(t, 7)
		other, _ := trade(t, 8)
		for i := range first { // the request ids hold the time
			if (first[i] == "<nil>") != (again[i] == "<nil>") {
				t.Errorf("call %d: got %s, then %s", i+1, first[i], again[i])
			}
		}
		kinds, replay := map[string]bool{}, map[string]bool{}
		for i, e := range log.Faults {
			kinds[e.Kind] = true
			r := replayed.Faults[i]
			replay[fmt.Sprint(e.Kind == r.Kind, e.N == r.N)] = true
		}
		if len(replay) != 1 || !replay["true true"] {
			t.Errorf("the logs differ:\n%s\n%s", log, replayed)
		}
		if len(kinds) != 13 {
			t.Errorf("kinds %v", kinds)
		}
		if cmp.Equal(first, other) || !strings.HasPrefix(log.String(), "seed 7: ") {
			t.Errorf("another seed made no difference, or is not printed: %s", log)
		}
	})
}

func TestFaultsOfEveryKindShowAsTheyShould(t *testing.T) {
	for _, test := range []struct {
		rates tiktokshoptest.Rates
		want  func(err error) bool
	}{
		{tiktokshoptest.Rates{Throttled: 1}, is(429, 36009002)},
		{tiktokshoptest.Rates{Internal: 1}, is(500, 36009003)},
		{tiktokshoptest.Rates{Unavailable: 1}, is(503, 0)},
		{tiktokshoptest.Rates{CutBefore: 1}, isCut},
		{tiktokshoptest.Rates{CutAfter: 1}, isCut},
		{tiktokshoptest.Rates{Truncated: 1}, isCut},
		{tiktokshoptest.Rates{ExpiredToken: 1}, is(401, 105002)},
		{tiktokshoptest.Rates{ClockSkew: 1}, is(400, 36009004)},
		{tiktokshoptest.Rates{Latency: 1}, func(err error) bool { return err == nil }},
	} {
		t.Run(fmt.Sprintf("%+v", test.rates), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				l := newLab(t, tiktokshoptest.WithFaults(1, test.rates))
				begin := time.Now()
				_, err := l.client.Logistics.GetWarehouseList(t.Context(), nil)
				if !test.want(err) {
					t.Errorf("got %v", err)
				}
				if late := time.Since(begin) > 0; late != (test.rates.Latency > 0) {
					t.Errorf("took %v", time.Since(begin))
				}
				l.SetFaults(tiktokshoptest.Rates{})
				time.Sleep(time.Hour)
				_, err = l.client.Logistics.GetWarehouseList(t.Context(), nil)
				l.ok(err)
			})
		})
	}
}

func is(status, code int) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*tiktokshop.Error](err)
		return ok && e.HTTPStatus == status && e.Code == code
	}
}

func isCut(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }

func TestAReplyOfTheWrongTypeIsReadAllTheSame(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, tiktokshoptest.WithFaults(1, tiktokshoptest.Rates{WrongType: 1}))
		resp := orderSearch(l.Fake).do(t, l.Fake)
		if got := resp.Header.Get("Content-Type"); !strings.HasPrefix(got, "text/html") {
			t.Errorf("got %s", got)
		}
	})
}

func TestAListenerServesAndCutsRepliesOff(t *testing.T) {
	f := tiktokshoptest.New()
	base := tiktokshoptest.Listen(t, f)
	c, err := f.Client(tiktokshop.WithHTTPClient(http.DefaultClient), tiktokshop.WithBaseURL(base), tiktokshop.WithMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Authorization.GetAuthorizedShops(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, fault := range []tiktokshoptest.Fault{{Truncate: true}, {Drop: true}} {
		f.Fail(nil, 1, fault)
		shop, err := c.ForShop(f.Shop())
		if err != nil {
			t.Fatal(err)
		}
		// A read by GET would be repeated by net/http itself.
		if _, err := shop.Order.GetOrderList(t.Context(), &tiktokshop.GetOrderListRequest{PageSize: 1}); err == nil {
			t.Errorf("%+v: no error", fault)
		}
	}
}
