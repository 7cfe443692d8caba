package tiktokshop

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
	busy := answer{status: 503}
	for _, tt := range []struct {
		name     string
		opts     []CallOption
		client   []Option
		script   []answer
		attempts int
		within   time.Duration // of the whole call, 0 to not look
	}{
		{name: "none", script: []answer{busy}, attempts: 5},
		{name: "no repeat", opts: []CallOption{NoRepeat()}, script: []answer{busy}, attempts: 1},
		{name: "attempts", opts: []CallOption{Attempts(2)}, script: []answer{busy}, attempts: 2},
		{name: "more attempts than the client", opts: []CallOption{Attempts(3)}, client: []Option{WithMaxAttempts(1)}, script: []answer{busy}, attempts: 3},
		{name: "the later wins", opts: []CallOption{Attempts(3), NoRepeat()}, script: []answer{busy}, attempts: 1},
		{
			name: "timeout", opts: []CallOption{NoRepeat(), AttemptTimeout(2 * time.Second)},
			script: []answer{{wait: make(chan struct{})}}, attempts: 1, within: 2 * time.Second,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if tt.within > 0 {
					tt.script[0].wait = make(chan struct{}) // of the bubble
				}
				c, s := setup(t, tt.script, tt.client...)
				start := time.Now()
				err := c.Call(t.Context(), http.MethodGet, "/order/209901/x", nil, nil, nil, tt.opts...)
				if err == nil || len(s.requests()) != tt.attempts {
					t.Errorf("got %d requests and error %v, want %d and one", len(s.requests()), err, tt.attempts)
				}
				if got := time.Since(start); tt.within > 0 && got != tt.within {
					t.Errorf("the call took %s, want %s", got, tt.within)
				}
			})
		})
	}
}

func TestHeaderOption(t *testing.T) {
	c, s := setup(t, []answer{ok(`{}`)})
	if err := c.Call(t.Context(), "GET", "/order/209901/x", nil, nil, nil, Header("traceparent", "00-1"), Header("User-Agent", "mine/1")); err != nil {
		t.Fatal(err)
	}
	if err := c.Call(t.Context(), "GET", "/order/209901/x", nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range s.requests() {
		got = append(got, r.header.Get("Traceparent")+" "+r.header.Get("User-Agent"))
	}
	if d := cmp.Diff([]string{"00-1 mine/1", " linnbridge-tiktokshop"}, got); d != "" {
		t.Errorf("headers of the two calls (-want +got):\n%s", d)
	}
}

func TestMalformedCallOptions(t *testing.T) {
	for want, opt := range map[string]CallOption{
		"Attempts: 0 is below 1":                               Attempts(0),
		"AttemptTimeout: 0s is not positive":                   AttemptTimeout(0),
		`Header: "a b" is no name of a header`:                 Header("a b", "x"),
		`Header: "" is no name of a header`:                    Header("", "x"),
		"Header: X-Tts-Access-Token is set by the client":      Header("x-tts-access-token", "x"),
		"Header: Content-Type is set by the client":            Header("content-type", "x"),
		"Header: the value of X-A holds a control character":   Header("x-a", "MARKED\r\nHost: evil"),
		"tiktokshop: GET /order/209901/x: nil call option":     nil,
		"Header: Host is set by the client":                    Header("HOST", "evil"),
		"Header: Transfer-Encoding is set by the client":       Header("Transfer-Encoding", "chunked"),
		"AttemptTimeout: -1s is not positive":                  AttemptTimeout(-time.Second),
		"Header: the value of X-Key holds a control character": Header("X-Key", "a\x00b"),
	} {
		c, s := setup(t, []answer{ok(`{}`)})
		err := c.Call(t.Context(), "GET", "/order/209901/x", nil, nil, nil, opt)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("got error %v, want %q", err, want)
		}
		if n := len(s.requests()); n != 0 {
			t.Errorf("%s: %d requests were sent", want, n)
		}
	}
}

// Middleware, token source and observer are told which attempt of which call
// they see.
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
		c, _ := setup(t, []answer{{status: 503}, ok(`{}`)},
			WithTokens(tokenFunc(func(ctx context.Context) (Token, error) {
				look(ctx, "tokens")
				return Token{AccessToken: NewSecret(testAccess)}, nil
			})),
			WithMiddleware(func(r *http.Request, next Next) (*http.Response, error) {
				look(r.Context(), "middleware")
				return next(r)
			}),
			WithObserver(func(ctx context.Context, e Event) {
				look(ctx, "observer")
				if e.CallInfo != got[len(got)-1].Info {
					t.Errorf("the event is of %+v, its context of %+v", e.CallInfo, got[len(got)-1].Info)
				}
				if want := map[int]string{503: "", 200: "req-1"}[e.Status]; e.RequestID != want {
					t.Errorf("status %d: request id %q, want %q", e.Status, e.RequestID, want)
				}
			}))
		if _, err := c.Order.GetOrderDetail(t.Context(), &GetOrderDetailRequest{IDs: []string{"1"}}); err != nil {
			t.Fatal(err)
		}
	})
	var want []seen
	for attempt := 1; attempt <= 2; attempt++ {
		for _, who := range []string{"tokens", "middleware", "observer"} {
			want = append(want, seen{who, CallInfo{"Order.GetOrderDetail", testShop.ID, attempt}, true})
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if info, ok := CallInfoOf(t.Context()); ok {
		t.Errorf("outside a call: %+v", info)
	}
}

type tokenFunc func(context.Context) (Token, error)

func (f tokenFunc) Token(ctx context.Context) (Token, error) { return f(ctx) }

// What would go out as null is refused before anything is sent.
func TestRequiredLists(t *testing.T) {
	for want, call := range map[string]func(*Client) error{
		"Packages is required": func(c *Client) error {
			_, err := c.Fulfillment.BatchShipPackages(t.Context(), nil)
			return err
		},
		"SKUs is required": func(c *Client) error {
			_, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{})
			return err
		},
		"SKUs[1].Inventory is required": func(c *Client) error {
			_, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{
				{ID: "1", Inventory: []UpdateInventoryRequestSKUInventory{}}, {ID: "2"},
			}})
			return err
		},
	} {
		c, s := setup(t, []answer{ok(`{}`)})
		if err := call(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want %q", err, want)
		}
		if n := len(s.requests()); n != 0 {
			t.Errorf("%s: %d requests were sent", want, n)
		}
	}
}

// What could not be read of a reply is not sent on, and the field is named.
func TestUnreadValuesAreNotSent(t *testing.T) {
	var at UnixSeconds
	if err := at.UnmarshalJSON([]byte(`"soon"`)); err != nil || at.Err() == nil {
		t.Fatal(at, err)
	}
	for want, call := range map[string]func(*Client) error{
		"Order.GetOrderList: CreateTimeGe cannot be sent: ": func(c *Client) error {
			_, err := c.Order.GetOrderList(t.Context(), &GetOrderListRequest{CreateTimeGe: &at})
			return err
		},
		"Finance.GetStatements: StatementTimeGe cannot be sent: ": func(c *Client) error { // in the query
			_, err := c.Finance.GetStatements(t.Context(), &GetStatementsRequest{StatementTimeGe: &at})
			return err
		},
		"Product.UpdatePrice: SKUs[0].Price.Amount cannot be sent: ": func(c *Client) error {
			_, err := c.Product.UpdatePrice(t.Context(), "1", &UpdatePriceRequest{SKUs: []UpdatePriceRequestSKU{{ID: "2", Price: &Price{Amount: new(Decimal("***"))}}}})
			return err
		},
		"POST /order/209901/x: the body[at] cannot be sent: ": func(c *Client) error {
			return c.Call(t.Context(), "POST", "/order/209901/x", nil, map[string]any{"at": at}, nil)
		},
	} {
		c, s := setup(t, []answer{ok(`{}`)})
		if err := call(c); err == nil || !strings.Contains(err.Error(), want) || len(s.requests()) != 0 {
			t.Errorf("%v after %d requests, want %q", err, len(s.requests()), want)
		}
	}
}

// RepeatSafe is about repeating: a read stays a read for the limits, and a write a write.
func TestRepeatSafeKeepsTheBudget(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]bool{"GET": false, "POST": true} {
		for _, opts := range [][]CallOption{nil, {RepeatSafe()}, {RepeatSafe(), NoRepeat()}} {
			var keys []LimitKey
			c, _ := setup(t, []answer{ok(`{}`)}, WithLimiter(limiterFunc(func(key LimitKey) { keys = append(keys, key) })))
			if err := c.Call(t.Context(), method, "/x/202309/y", nil, nil, nil, opts...); err != nil || len(keys) != 1 || keys[0].Write != want {
				t.Errorf("%s with %d options: %v, %+v; want a write %t", method, len(opts), err, keys, want)
			}
		}
	}
}
