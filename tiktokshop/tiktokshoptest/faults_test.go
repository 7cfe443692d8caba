package tiktokshoptest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func TestAConnectionIsCutBeforeOrAfterTheEffect(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		shipping := tiktokshoptest.On("Fulfillment.MarkPackageAsShipped")
		l.Fail(shipping, 1, tiktokshoptest.Fault{Drop: true})
		l.Fail(shipping, 1, tiktokshoptest.Fault{Drop: true, After: true})
		id := l.place(mugs(1))
		_, err := l.mark(id, "AB1")
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
		l.status(id, "AWAITING_SHIPMENT")
		_, err = l.mark(id, "AB1")
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
		l.status(id, "AWAITING_COLLECTION")
		_, err = l.mark(id, "AB1")
		l.code(err, 21011006)
		for i, c := range l.CallsOf(shipping) {
			if c.Dropped != (i < 2) {
				t.Errorf("call %d: got %+v", i+1, c)
			}
		}
	})
}

func TestScriptedReplies(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		list := tiktokshoptest.On("Logistics.GetWarehouseList")
		l.Fail(list, 1, tiktokshoptest.Fault{Status: 429, Code: 36009002, RetryAfter: 1500 * time.Millisecond})
		l.Fail(list, 1, tiktokshoptest.Fault{Status: 502, Body: "<html>bad gateway</html>"})
		_, err := l.client.Logistics.GetWarehouseList(t.Context(), nil)
		if e, ok := errors.AsType[*tiktokshop.Error](err); !ok || e.Class != tiktokshop.ClassThrottle || e.RetryAfter != 2*time.Second {
			t.Errorf("got %v", err)
		}
		_, err = l.client.Logistics.GetWarehouseList(t.Context(), nil)
		if e, ok := errors.AsType[*tiktokshop.Error](err); !ok || e.HTTPStatus != 502 || e.Code != 0 {
			t.Errorf("got %v", err)
		}
		_, err = l.client.Logistics.GetWarehouseList(t.Context(), nil)
		l.ok(err)
	})
}

func TestAThrottledReadIsRepeatedByTheClient(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		f := tiktokshoptest.New()
		c, err := f.Client()
		if err != nil {
			t.Fatal(err)
		}
		f.Fail(tiktokshoptest.On(), 2, tiktokshoptest.Fault{Status: 429, Code: 36009002})
		if _, err := c.Logistics.GetWarehouseList(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if n := len(f.Calls()); n != 3 {
			t.Errorf("got %d calls, want 3", n)
		}
	})
}

func TestADelayEndsWithTheContextAndWithoutEffect(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		l.Fail(tiktokshoptest.On(), 1, tiktokshoptest.Fault{Delay: time.Minute})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := l.client.Fulfillment.MarkPackageAsShipped(ctx, id, nil)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		l.status(id, "AWAITING_SHIPMENT")
	})
}

func TestRecordedCallsHoldNoSecrets(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		token := l.Token()
		code := l.Authorise()
		_, err := l.client.ExchangeCode(t.Context(), code)
		l.ok(err)
		_, err = l.client.RefreshToken(t.Context(), l.Token())
		l.ok(err)
		l.place(mugs(1))
		_, err = l.client.Order.GetOrderList(t.Context(), &tiktokshop.GetOrderListRequest{PageSize: 1})
		l.ok(err)
		text := fmt.Sprintf("%+v", l.Calls())
		for _, secret := range []string{
			l.App().Secret.Reveal(), token.AccessToken.Reveal(), token.RefreshToken.Reveal(), l.Token().RefreshToken.Reveal(), code, "sign:",
		} {
			if strings.Contains(text, secret) {
				t.Errorf("%q is in the recorded calls", secret)
			}
		}
		last := l.Calls()[2]
		if last.Operation != "Order.GetOrderList" || last.Query.Get("page_size") != "1" || last.Body != "{}" || last.Status != 200 || !last.Time.Equal(time.Now()) {
			t.Errorf("got %+v", last)
		}
	})
}

func TestFaultsOfUnknownOperationsAreRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "Order.GetOrders") {
			t.Errorf("got %v, want a panic that names the operation", r)
		}
	}()
	tiktokshoptest.On("Order.GetOrders")
}
