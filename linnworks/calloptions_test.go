package linnworks

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Each option changes the one call that it is given to, and no other.
func TestCallOptions(t *testing.T) {
	hang := roundTrip(func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
	for _, tt := range []struct {
		name     string
		opts     []CallOption
		client   []Option
		hangs    bool
		attempts int
		within   time.Duration // of the whole call, 0 to not look
	}{
		{name: "none", attempts: 5},
		{name: "no repeat", opts: []CallOption{NoRepeat()}, attempts: 1},
		{name: "attempts", opts: []CallOption{Attempts(2)}, attempts: 2},
		{name: "more attempts than the client", opts: []CallOption{Attempts(3)}, client: []Option{WithMaxAttempts(1)}, attempts: 3},
		{name: "the later wins", opts: []CallOption{Attempts(3), NoRepeat()}, attempts: 1},
		{name: "timeout", opts: []CallOption{NoRepeat(), AttemptTimeout(2 * time.Second)}, hangs: true, attempts: 1, within: 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{answer: status(503, "")}
				c := newTestClient(t, roundTrip(func(r *http.Request) (*http.Response, error) {
					resp, err := s.RoundTrip(r)
					if tt.hangs && strings.HasSuffix(r.URL.Path, "/Read") {
						return hang(r)
					}
					return resp, err
				}), tt.client...)
				start := time.Now()
				err := c.Call(t.Context(), "GET", "/api/Things/Read", nil, nil, nil, tt.opts...)
				if _, got := s.count(); err == nil || got != tt.attempts {
					t.Errorf("got %d requests and error %v, want %d and one", got, err, tt.attempts)
				}
				if got := time.Since(start); tt.within > 0 && got != tt.within {
					t.Errorf("the call took %s, want %s", got, tt.within)
				}
			})
		})
	}
}

func TestHeaderOption(t *testing.T) {
	s := &server{}
	c := newTestClient(t, s)
	for _, opts := range [][]CallOption{{Header("traceparent", "00-1"), Header("User-Agent", "mine/1")}, nil} {
		if err := c.Call(t.Context(), "GET", "/api/Things/Read", nil, nil, nil, opts...); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, r := range append(s.logins, s.calls...) {
		got = append(got, r.header.Get("Traceparent")+" "+r.header.Get("User-Agent"))
	}
	if d := cmp.Diff([]string{" linnbridge-linnworks", "00-1 mine/1", " linnbridge-linnworks"}, got); d != "" {
		t.Errorf("headers of login and two calls (-want +got):\n%s", d)
	}
}

func TestMalformedCallOptions(t *testing.T) {
	for want, opt := range map[string]CallOption{
		"Attempts: 0 is below 1":                             Attempts(0),
		"AttemptTimeout: 0s is not positive":                 AttemptTimeout(0),
		"Header: Authorization is set by the client":         Header("authorization", "x"),
		"Header: the value of X-A holds a control character": Header("x-a", "MARKED\r\nHost: evil"),
		"linnworks: GET /api/Things/Read: nil option":        nil,
	} {
		s := &server{}
		err := newTestClient(t, s).Call(t.Context(), "GET", "/api/Things/Read", nil, nil, nil, opt)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("got error %v, want %q", err, want)
		}
		if logins, calls := s.count(); logins+calls != 0 {
			t.Errorf("%s: %d logins and %d calls were sent", want, logins, calls)
		}
	}
}

// Middleware and observer are told which attempt of which call they see.
func TestCallInfo(t *testing.T) {
	type seen struct {
		Who  string
		Info CallInfo
		OK   bool
	}
	var got []seen
	look := func(ctx context.Context, who string) {
		info, ok := CallInfoOf(ctx)
		got = append(got, seen{who, info, ok})
	}
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := &server{answer: func(request) (*http.Response, error) {
			if n++; n == 1 {
				return respond(503, ""), nil
			}
			return respond(200, "null"), nil
		}}
		c := newTestClient(t, s,
			WithMiddleware(func(r *http.Request, next Next) (*http.Response, error) {
				look(r.Context(), "middleware")
				return next(r)
			}),
			WithObserver(func(ctx context.Context, e Event) {
				look(ctx, "observer")
				if e.CallInfo != got[len(got)-1].Info {
					t.Errorf("the event is of %+v, its context of %+v", e.CallInfo, got[len(got)-1].Info)
				}
			}))
		if err := do(t.Context(), c, readOp); err != nil {
			t.Fatal(err)
		}
	})
	var want []seen
	for _, call := range []CallInfo{
		{"Auth.AuthorizeByApplication", testApplicationID, 1}, {"Things.Read", testApplicationID, 1}, {"Things.Read", testApplicationID, 2},
	} {
		want = append(want, seen{"middleware", call, true}, seen{"observer", call, true})
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if info, ok := CallInfoOf(t.Context()); ok {
		t.Errorf("outside a call: %+v", info)
	}
}

// What would go out as null or as an empty id is refused before anything is sent.
func TestRequiredFields(t *testing.T) {
	for want, call := range map[string]func(*Client) error{
		"Orders is required": func(c *Client) error {
			_, err := c.Orders.CreateOrders(t.Context(), nil)
			return err
		},
		"StockItemIDs is required": func(c *Client) error {
			_, err := c.Stock.GetStockLevelBatch(t.Context(), &GetStockLevelBatchRequest{})
			return err
		},
		"LocationID is required": func(c *Client) error {
			_, err := c.OpenOrders.GetOpenOrderIDs(t.Context(), &GetOpenOrderIDsRequest{EntriesPerPage: 1})
			return err
		},
		"EntriesPerPage is required": func(c *Client) error {
			_, err := c.OpenOrders.GetOpenOrderIDs(t.Context(), &GetOpenOrderIDsRequest{LocationID: ZeroGUID})
			return err
		},
	} {
		s := &server{}
		if err := call(newTestClient(t, s)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
		if logins, calls := s.count(); logins+calls != 0 {
			t.Errorf("%s: %d logins and %d calls were sent", want, logins, calls)
		}
	}
}

// What could not be read of a reply is not sent on, and the field is named.
func TestUnreadValuesAreNotSent(t *testing.T) {
	t.Parallel()
	var at Time
	if err := at.UnmarshalJSON([]byte(`"soon"`)); err != nil || at.Err() == nil {
		t.Fatal(at, err)
	}
	for want, call := range map[string]func(*Client) error{
		"Orders.CreateOrders: Orders[0].ReceivedDate cannot be sent: ": func(c *Client) error {
			_, err := c.Orders.CreateOrders(t.Context(), &CreateOrdersRequest{Orders: []ChannelOrder{{ReceivedDate: at}}})
			return err
		},
		"Orders.CreateOrders: Orders[0].OrderItems[0].PricePerUnit cannot be sent: ": func(c *Client) error {
			_, err := c.Orders.CreateOrders(t.Context(), &CreateOrdersRequest{Orders: []ChannelOrder{{OrderItems: []ChannelOrderItem{{PricePerUnit: "1,027.99"}}}}})
			return err
		},
		"Call: the body[request].ReceivedDate cannot be sent: ": func(c *Client) error {
			return c.Call(t.Context(), "POST", "/api/Orders/X", nil, map[string]any{"request": ChannelOrder{ReceivedDate: at}}, nil)
		},
	} {
		s := &server{}
		err := call(newTestClient(t, s))
		if _, calls := s.count(); err == nil || !strings.Contains(err.Error(), want) || calls != 0 {
			t.Errorf("%v after %d calls, want %q", err, calls, want)
		}
	}
}
