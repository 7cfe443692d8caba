package linnworkstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

func TestQuotaCountsPerOperationAndMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		token := a.token(t)
		get := func(operation string) (int, string, string) {
			status, body, header := a.send(t, http.MethodGet, "https://eu-ext.linnworkstest.example/api/"+operation, token, "", "")
			return status, body, header.Get("Retry-After")
		}
		time.Sleep(14500 * time.Millisecond)
		for i := range 150 {
			if status, _, _ := get("Inventory/GetStockLocations"); status != 200 {
				t.Fatalf("call %d: status %d", i+1, status)
			}
		}
		status, body, after := get("Inventory/GetStockLocations")
		if want := "API calls quota exceeded! Maximum admitted 150 per Minute."; status != 429 || message(t, body) != want || after != "46" {
			t.Errorf("status %d %s, Retry-After %q; want 429, %s, 46", status, body, after, want)
		}
		if status, _, _ := get("PostalServices/GetPostalServices"); status != 200 {
			t.Errorf("status %d of another operation, want 200", status)
		}
		time.Sleep(46 * time.Second)
		if status, _, _ := get("Inventory/GetStockLocations"); status != 200 {
			t.Errorf("status %d in the next minute, want 200", status)
		}
	})
}

func TestQuotasCanBeChangedOrSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		off, two := open(t, linnworkstest.WithoutQuotas()), open(t, linnworkstest.WithQuota("orders.getordersbyid", 2))
		for range 300 {
			must(off.c.PostalServices.GetPostalServices(t.Context(), nil))(t)
		}
		id := two.order(t, paid("1", "c-mug", 1))
		start := time.Now()
		for range 3 {
			two.details(t, id)
		}
		// The client waits as long as the refusal says.
		if waited := time.Since(start); waited < 55*time.Second || waited > 65*time.Second {
			t.Errorf("three calls of two a minute took %s, want about a minute", waited)
		}
	})
}

func TestTheClientsOwnPaceStaysWithinTheQuotas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := linnworkstest.New()
		c, err := f.Client()
		check(t, err)
		for range 400 {
			must(c.Inventory.GetStockLocations(t.Context(), nil))(t)
		}
		for _, call := range f.Calls() {
			if call.Status == 429 {
				t.Fatalf("the client met a quota at %s", call.At)
			}
		}
	})
}

func TestScriptedFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const operation = "Orders.CreateOrders"
		for _, test := range []struct {
			name   string
			how    linnworkstest.Fault
			class  func(error) bool
			orders int
			status int
		}{
			{"a refusal", linnworkstest.Reply(400, "No."), is(linnworks.ClassRequest), 0, 400},
			{"a fault of the server", linnworkstest.Reply(500, "An error has occurred."), linnworks.IsTemporary, 0, 500},
			{"a throttle", linnworkstest.Throttle(30 * time.Second), linnworks.IsThrottle, 0, 429},
			{"a page of a proxy", linnworkstest.NotJSON(502), linnworks.IsTemporary, 0, 502},
			{"a cut before", linnworkstest.CutBefore(), is(linnworks.ClassNetwork), 0, 0},
			{"a cut after", linnworkstest.CutAfter(), is(linnworks.ClassNetwork), 1, 0},
		} {
			a := open(t)
			a.Fail(operation, 1, test.how)
			c, err := a.Client(linnworks.WithMaxAttempts(1))
			check(t, err)
			create := func() ([]linnworks.GUID, error) {
				return c.Orders.CreateOrders(t.Context(), &linnworks.CreateOrdersRequest{Orders: []linnworks.ChannelOrder{paid("1", "c-mug", 1)}, Location: "Default"})
			}
			if _, err := create(); !test.class(err) || len(a.Orders()) != test.orders {
				t.Errorf("%s: error %v and %d orders, want %d", test.name, err, len(a.Orders()), test.orders)
			}
			if calls := a.CallsOf(operation); len(calls) != 1 || calls[0].Status != test.status {
				t.Errorf("%s: recorded %+v, want status %d", test.name, calls, test.status)
			}
			if ids := must(create())(t); len(ids) != 1-test.orders {
				t.Errorf("%s: sent again, the reply has %d ids, want %d", test.name, len(ids), 1-test.orders)
			}
		}
	})
}

func is(class linnworks.Class) func(error) bool {
	return func(err error) bool {
		e, ok := errors.AsType[*linnworks.Error](err)
		return ok && e.Class == class
	}
}

func TestFaultsWaitForTheirCall(t *testing.T) {
	a := open(t)
	a.Fail("Orders.*", 2, linnworkstest.Reply(418, "x").After(1))
	var got []string
	for i := range 5 {
		status, _ := a.raw(t, "Orders/GetOrdersById", asJSON, `{"pkOrderIds":[]}`)
		must(a.c.PostalServices.GetPostalServices(t.Context(), nil))(t)
		got = append(got, fmt.Sprint(i+1, ":", status))
	}
	if diff := cmp.Diff([]string{"1:200", "2:418", "3:418", "4:200", "5:200"}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestSlowAnswersRespectTheCallersContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		a.details(t, a.order(t, paid("1", "c-mug", 1))) // opens the session
		a.Fail("Stock.SetStockLevel", 1, linnworkstest.Slow(time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		start := time.Now()
		_, err := a.c.Stock.SetStockLevel(ctx, &linnworks.SetStockLevelRequest{StockLevels: []linnworks.StockLevelUpdate{{SKU: "MUG", LocationID: home, Level: 1}}})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 10*time.Second {
			t.Errorf("error %v after %s, want the deadline after 10s", err, time.Since(start))
		}
		if got := a.level(t, "MUG", home).OnHand; got != 10 {
			t.Errorf("%d on hand, want 10", got)
		}
		a.Fail("*", 1, linnworkstest.Throttle(0).Late(time.Second))
		if _, err := must(a.Client(linnworks.WithMaxAttempts(1)))(t).Inventory.GetStockLocations(t.Context(), nil); !linnworks.IsThrottle(err) || time.Since(start) != 11*time.Second {
			t.Errorf("error %v after %s, want a throttle a second later", err, time.Since(start))
		}
		a.Fail("*", 1, linnworkstest.Slow(3*time.Second))
		start = time.Now()
		must(a.c.PostalServices.GetPostalServices(t.Context(), nil))(t)
		if time.Since(start) != 3*time.Second {
			t.Errorf("a slow answer took %s, want 3s", time.Since(start))
		}
	})
}

func TestSessionsAndDatesFollowTheGivenClock(t *testing.T) {
	now := opening
	a := open(t, linnworkstest.WithClock(func() time.Time { return now }))
	check(t, a.Process(a.order(t, paid("1", "c-mug", 1))))
	now = now.Add(21 * time.Minute)
	if o := a.details(t, a.Orders()[0].OrderID); !o.ProcessedDateTime.Equal(opening) {
		t.Errorf("processed at %s, want the clock's %s", o.ProcessedDateTime, opening)
	}
	if n := len(a.CallsOf("Auth.*")); n != 2 {
		t.Errorf("%d sessions, want 2: the first died by the fake's clock", n)
	}
}
