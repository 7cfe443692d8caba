package tiktokshop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The server of setup verifies every signature; these tests look at what is
// sent beside it.

func TestRequestsAsSent(t *testing.T) {
	ctx := t.Context()
	for _, tt := range []struct {
		name string
		call func(*Client) error
		want received
	}{
		{
			"list in the query, joined with commas",
			func(c *Client) error {
				_, err := c.Order.GetOrderDetail(ctx, &GetOrderDetailRequest{IDs: []string{"576461413038785752", "576461413038785753"}})
				return err
			},
			received{
				method: "GET", path: "/order/202507/orders",
				query: url.Values{"ids": {"576461413038785752,576461413038785753"}, "shop_cipher": {"GCP_cipher"}},
			},
		},
		{
			"times, numbers, enums and a text set to nothing",
			func(c *Client) error {
				_, err := c.Finance.GetWithdrawals(ctx, &GetWithdrawalsRequest{
					CreateTimeGe: new(UnixSeconds(1619611561)), PageSize: new(0), PageToken: new(""), Types: []FinanceType{FinanceTypeWithdraw, "NEW"},
				})
				return err
			},
			received{
				method: "GET", path: "/finance/202309/withdrawals",
				query: url.Values{
					"create_time_ge": {"1619611561"}, "page_size": {"0"}, "page_token": {""}, "types": {"WITHDRAW,NEW"}, "shop_cipher": {"GCP_cipher"},
				},
			},
		},
		{
			"a false, a required number, an order",
			func(c *Client) error {
				_, err := c.CustomerService.GetConversationMessages(ctx, "1", &GetConversationMessagesRequest{
					NeedData: new(false), PageSize: 10, SortOrder: new(SortOrderAsc),
				})
				return err
			},
			received{
				method: "GET", path: "/customer_service/202309/conversations/1/messages",
				query: url.Values{"need_data": {"false"}, "page_size": {"10"}, "sort_order": {"ASC"}, "shop_cipher": {"GCP_cipher"}},
			},
		},
		{
			"query and body apart, no HTML escapes",
			func(c *Client) error {
				_, err := c.Order.GetOrderList(ctx, &GetOrderListRequest{
					PageSize: 100, PageToken: new("a+/b=="), BuyerUserID: new("<é&>"),
				})
				return err
			},
			received{
				method: "POST", path: "/order/202309/orders/search",
				query: url.Values{"page_size": {"100"}, "page_token": {"a+/b=="}, "shop_cipher": {"GCP_cipher"}},
				body:  []byte(`{"buyer_user_id":"<é&>"}`),
			},
		},
		{
			"a nil request is an empty one",
			func(c *Client) error {
				_, err := c.Product.InventorySearch(ctx, nil)
				return err
			},
			received{
				method: "POST", path: "/product/202309/inventory/search",
				query: url.Values{"shop_cipher": {"GCP_cipher"}}, body: []byte(`{}`),
			},
		},
		{
			"no cipher where it is refused",
			func(c *Client) error {
				_, err := c.Authorization.GetAuthorizedShops(ctx, nil)
				return err
			},
			received{method: "GET", path: "/authorization/202309/shops", query: url.Values{}},
		},
		{
			"an id is one segment, whatever it holds",
			func(c *Client) error {
				_, err := c.Fulfillment.GetTracking(ctx, "1/2?x=% é", nil)
				return err
			},
			received{
				method: "GET", path: "/fulfillment/202309/orders/1%2F2%3Fx=%25%20%C3%A9/tracking",
				query: url.Values{"shop_cipher": {"GCP_cipher"}},
			},
		},
		{
			"a raw call",
			func(c *Client) error {
				return c.Call(ctx, http.MethodDelete, "/event/209901/a%20b", url.Values{"q": {"1 2"}}, map[string]string{"a": "b"}, nil)
			},
			received{
				method: "DELETE", path: "/event/209901/a%20b",
				query: url.Values{"q": {"1 2"}, "shop_cipher": {"GCP_cipher"}}, body: []byte(`{"a":"b"}`),
			},
		},
		{
			"a raw call cannot replace what the client adds",
			func(c *Client) error {
				q := url.Values{"shop_cipher": {"x"}, "app_key": {"x"}, "timestamp": {"1"}, "sign": {"x"}, "a": {"1"}}
				err := c.Call(ctx, http.MethodGet, "/event/209901/x", q, nil, nil)
				if len(q) != 5 || q.Get("sign") != "x" {
					return errors.New("the caller's query was changed")
				}
				return err
			},
			received{method: "GET", path: "/event/209901/x", query: url.Values{"shop_cipher": {"GCP_cipher"}, "a": {"1"}}},
		},
		{
			"a raw call without query and body",
			func(c *Client) error { return c.Call(ctx, http.MethodPost, "/event/209901/ping", nil, nil, nil) },
			received{method: "POST", path: "/event/209901/ping", query: url.Values{"shop_cipher": {"GCP_cipher"}}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s := setup(t, []answer{ok(`{}`)})
			if err := tt.call(c); err != nil {
				t.Fatal(err)
			}
			got := s.requests()[0]
			for _, name := range []string{"app_key", "timestamp", "sign"} {
				if !got.query.Has(name) {
					t.Errorf("parameter %s is missing", name)
				}
				got.query.Del(name)
			}
			if got.query.Has("access_token") || got.header.Get("X-Tts-Access-Token") != testAccess {
				t.Error("the access token belongs into its header alone")
			}
			if got.header.Get("Content-Type") != "application/json" || got.header.Get("User-Agent") != "linnbridge-tiktokshop" {
				t.Errorf("headers: %v", got.header)
			}
			got = received{method: got.method, path: got.path, query: got.query, body: got.body}
			if got.body != nil && len(got.body) == 0 {
				got.body = nil
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(received{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMultipart(t *testing.T) {
	c, s := setup(t, []answer{ok(`{"uri":"u"}`)})
	_, err := c.Product.UploadProductImage(t.Context(), &UploadProductImageRequest{
		Data: &File{Name: "a.png", Content: []byte("\x89PNG")}, UseCase: new(ProductUseCase("MAIN_IMAGE")),
	})
	if err != nil {
		t.Fatal(err)
	}
	r := s.requests()[0] // its signature leaves the body out
	mediaType, params, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" {
		t.Fatalf("content type %q, %v", mediaType, err)
	}
	got := map[string]string{}
	for m := multipart.NewReader(strings.NewReader(string(r.body)), params["boundary"]); ; {
		part, err := m.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, _ := io.ReadAll(part)
		got[part.FormName()+" "+part.FileName()] = string(content)
	}
	want := map[string]string{"data a.png": "\x89PNG", "use_case ": "MAIN_IMAGE"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An upload without its file, or with an empty one, is not sent.
func TestMultipartWithoutFile(t *testing.T) {
	for want, data := range map[string]*File{"the file Data is required and was not set": nil, "the file Data is empty": {Name: "a.png"}} {
		c, s := setup(t, []answer{ok(`{"uri":"u"}`)})
		_, err := c.Product.UploadProductImage(t.Context(), &UploadProductImageRequest{Data: data, UseCase: new(ProductUseCase("MAIN_IMAGE"))})
		if err == nil || !strings.HasSuffix(err.Error(), want) || len(s.requests()) != 0 {
			t.Errorf("%d requests sent, got %v, want %s", len(s.requests()), err, want)
		}
	}
}

// A file's name ends no header of its part.
func TestMultipartFileName(t *testing.T) {
	for _, name := range []string{"a\"\r\nX-Evil: 1\r\n.png", "a\nX-Evil: 1", "a\"; name=\"use_case", `a\`} {
		c, s := setup(t, []answer{ok(`{}`)})
		_, err := c.Product.UploadProductImage(t.Context(), &UploadProductImageRequest{Data: &File{Name: name, Content: []byte("x")}})
		if err != nil {
			continue // refused before it is sent
		}
		r := s.requests()[0]
		_, params, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
		part, err := multipart.NewReader(bytes.NewReader(r.body), params["boundary"]).NextPart()
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		content, _ := io.ReadAll(part)
		if part.FormName() != "data" || len(part.Header) != 2 || string(content) != "x" {
			t.Errorf("%q: part %q, headers %v, content %q", name, part.FormName(), part.Header, content)
		}
	}
}

// What is escaped in the path of a base URL is sent so.
func TestEscapedBaseURLPath(t *testing.T) {
	for _, base := range []string{"https://proxy.example/a%2Fb", "https://proxy.example/a%2Fb/"} {
		c, _ := setup(t, []answer{ok(`{}`)}, WithBaseURL(base), WithAuthURL(base), WithMiddleware(func(req *http.Request, next Next) (*http.Response, error) {
			rest, found := strings.CutPrefix(req.URL.EscapedPath(), "/a%2Fb/")
			if !found {
				t.Errorf("sent to %s", req.URL.EscapedPath())
			}
			req = req.Clone(req.Context())
			req.URL.Path, req.URL.RawPath = "/"+rest, ""
			return next(req)
		}))
		if _, err := c.Order.GetOrderDetail(t.Context(), &GetOrderDetailRequest{IDs: []string{"1"}}); err != nil {
			t.Fatal(err)
		}
		_, _ = c.ExchangeCode(t.Context(), "code")
	}
}

// A path in the base URL is a proxy's: sent, but not signed.
func TestBaseURLPath(t *testing.T) {
	for _, base := range []string{"https://proxy.example/tts/v1", "https://proxy.example/tts/v1/", "https://proxy.example/tts//x/../v1"} {
		var path string
		c, _ := setup(t, []answer{ok(`{}`)}, WithBaseURL(base), WithMiddleware(func(req *http.Request, next Next) (*http.Response, error) {
			path = req.URL.Path
			req = req.Clone(req.Context())
			req.URL.Path = strings.TrimPrefix(req.URL.Path, "/tts/v1") // as the proxy does
			return next(req)
		}))
		if _, err := c.Order.GetOrderDetail(t.Context(), &GetOrderDetailRequest{IDs: []string{"1"}}); err != nil {
			t.Fatal(err)
		}
		if path != "/tts/v1/order/202507/orders" {
			t.Errorf("base %s: sent to %s", base, path)
		}
	}
}

func TestEveryAttemptIsSignedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := setup(t, []answer{{status: 503, body: "<html>busy</html>", retryAfter: "2"}, ok(`{"orders":[{"id":"1"}]}`)})
		var r Response
		got, err := c.Order.GetOrderDetail(t.Context(), &GetOrderDetailRequest{IDs: []string{"1"}}, WithResponse(&r))
		if err != nil || len(got.Orders) != 1 {
			t.Fatalf("got %v, %v", got, err)
		}
		sent := s.requests() // both verified
		if len(sent) != 2 {
			t.Fatalf("%d attempts, want 2", len(sent))
		}
		for i, r := range sent {
			if want := strconv.FormatInt(r.at.Unix(), 10); r.query.Get("timestamp") != want {
				t.Errorf("attempt %d: timestamp %s, sent at %s", i+1, r.query.Get("timestamp"), want)
			}
		}
		if sent[0].query.Get("timestamp") == sent[1].query.Get("timestamp") || sent[0].query.Get("sign") == sent[1].query.Get("sign") {
			t.Error("the second attempt carries the first one's timestamp or signature")
		}
		if r.Attempts != 2 || r.Status != 200 || r.RequestID != "req-1" || r.Waited == 0 || len(r.Body) == 0 {
			t.Errorf("response: %v", r)
		}
	})
}

func TestRetryAfterIsAMinimum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := refused(429, 36009002, "too fast")
		busy.retryAfter = "90"
		c, s := setup(t, []answer{busy, ok(`{}`)})
		if _, err := c.Order.GetOrderDetail(t.Context(), oneOrder); err != nil {
			t.Fatal(err)
		}
		sent := s.requests()
		if pause := sent[1].at.Sub(sent[0].at); pause < 90*time.Second {
			t.Errorf("paused for %s, asked for 90s", pause)
		}
	})
}

func TestRetryAfterIsCapped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy := refused(429, 36009002, "too fast")
		busy.retryAfter = "121"
		c, s := setup(t, []answer{busy})
		start := time.Now()
		_, err := c.Order.GetOrderDetail(t.Context(), oneOrder)
		e, _ := errors.AsType[*Error](err)
		if !IsThrottle(err) || e.RetryAfter != 121*time.Second || len(s.requests()) != 1 || time.Since(start) != 0 {
			t.Errorf("%v after %d attempts and %s", err, len(s.requests()), time.Since(start))
		}
	})
}

// The cap of a development shop lasts until the next hour: no attempt is wasted
// on it before.
func TestSandboxCapWaitsForTheHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * time.Minute)
		c, s := setup(t, []answer{refused(429, 36009037, "cap reached")})
		_, err := c.Order.GetOrderDetail(t.Context(), oneOrder)
		e, _ := errors.AsType[*Error](err)
		if !IsThrottle(err) || e.RetryAfter != 40*time.Minute || len(s.requests()) != 1 {
			t.Errorf("%v, retry after %s, %d attempts", err, e.RetryAfter, len(s.requests()))
		}
	})
}

func TestRepeats(t *testing.T) {
	read := func(ctx context.Context, c *Client) error {
		_, err := c.Order.GetOrderDetail(ctx, oneOrder)
		return err
	}
	absolute := func(ctx context.Context, c *Client) error {
		_, err := c.Product.UpdateInventory(ctx, "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}})
		return err
	}
	once := func(opts ...CallOption) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.Fulfillment.MarkPackageAsShipped(ctx, "1", nil, opts...)
			return err
		}
	}
	raw := func(method string) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			return c.Call(ctx, method, "/order/209901/orders", nil, nil, nil)
		}
	}
	html := answer{status: 502, body: "<html>bad gateway</html>"}
	for _, tt := range []struct {
		name   string
		answer answer
		call   func(context.Context, *Client) error
		want   int // attempts
		class  Class
	}{
		{"503 for a read", answer{status: 503}, read, 5, ClassSystem},
		{"503 for an absolute write", answer{status: 503}, absolute, 5, ClassSystem},
		{"503 for a shipment", answer{status: 503}, once(), 1, ClassSystem},
		{"503 for a shipment made safe", answer{status: 503}, once(RepeatSafe()), 5, ClassSystem},
		{"502 with HTML", html, read, 5, ClassSystem},
		{"429 for a shipment", refused(429, 36009002, "x"), once(), 5, ClassThrottle},
		{"throttle in a 200", refused(200, 36009002, "x"), read, 5, ClassThrottle},
		{"gateway timeout in a 200", refused(200, 36009007, "x"), read, 5, ClassSystem},
		{"lock", refused(200, 25001028, "x"), read, 5, ClassLock},
		{"connection lost", answer{err: io.ErrUnexpectedEOF}, read, 5, ClassNetwork},
		{"connection lost by a shipment", answer{err: io.ErrUnexpectedEOF}, once(), 1, ClassNetwork},
		{"fault or permission", refused(200, 10006402, "x"), read, 3, ClassConfiguration},
		{"bad parameter", refused(200, 36009004, "x"), read, 1, ClassRequest},
		{"unknown code", refused(200, 99999999, "x"), read, 1, ClassUnknown},
		{"HTML in a 200", answer{body: "<html>"}, read, 1, ClassDecode},
		{"raw GET", answer{status: 503}, raw("GET"), 5, ClassSystem},
		{"raw POST", answer{status: 503}, raw("POST"), 1, ClassSystem},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, s := setup(t, []answer{tt.answer})
				err := tt.call(t.Context(), c)
				e, found := errors.AsType[*Error](err)
				if !found {
					t.Fatalf("got %v", err)
				}
				if len(s.requests()) != tt.want || e.Attempts != tt.want || e.Class != tt.class {
					t.Errorf("%d attempts (error says %d), class %s; want %d, %s", len(s.requests()), e.Attempts, e.Class, tt.want, tt.class)
				}
				if e.Shop != testShop.ID || e.Operation == "" {
					t.Errorf("error without shop or operation: %#v", e)
				}
				if IsNotFound(err) {
					t.Error("taken for not found")
				}
			})
		})
	}
}

func TestContext(t *testing.T) {
	busy := answer{status: 503}
	get := func(ctx context.Context, c *Client) error {
		_, err := c.Order.GetOrderDetail(ctx, oneOrder)
		return err
	}
	t.Run("cancelled before", func(t *testing.T) {
		c, s := setup(t, []answer{ok(`{}`)})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := get(ctx, c); !is(err, ClassCancelled) || !errors.Is(err, context.Canceled) || len(s.requests()) != 0 {
			t.Errorf("%v after %d attempts", err, len(s.requests()))
		}
	})
	t.Run("cancelled in a pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s := setup(t, []answer{busy})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, cancel)
			start := time.Now()
			err := get(ctx, c)
			e, _ := errors.AsType[*Error](err)
			if !is(err, ClassCancelled) || !errors.Is(err, context.Canceled) || e.HTTPStatus != 503 || len(s.requests()) != 1 {
				t.Errorf("%v after %d attempts", err, len(s.requests()))
			}
			if d := time.Since(start); d != 100*time.Millisecond {
				t.Errorf("returned after %s", d)
			}
		})
	})
	t.Run("cancelled in an attempt", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := setup(t, []answer{{wait: make(chan struct{})}})
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			if err := get(ctx, c); !is(err, ClassCancelled) || !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("an attempt that takes too long is a network failure", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s := setup(t, []answer{{wait: make(chan struct{})}}, WithTimeout(10*time.Second), WithMaxAttempts(2))
			if err := get(t.Context(), c); !is(err, ClassNetwork) || !IsTemporary(err) || len(s.requests()) != 2 {
				t.Errorf("%v after %d attempts", err, len(s.requests()))
			}
		})
	})
	t.Run("no time for the pause", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := busy
			b.retryAfter = "60"
			c, s := setup(t, []answer{b})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			start := time.Now()
			if err := get(ctx, c); !is(err, ClassSystem) || len(s.requests()) != 1 || time.Since(start) != 0 {
				t.Errorf("%v after %d attempts and %s", err, len(s.requests()), time.Since(start))
			}
		})
	})
	t.Run("no time for the rate limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, s := setup(t, []answer{ok(`{}`)}, WithLimiter(NewLimiter(Limits{Reads: 0.1, Burst: 1})))
			if err := get(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			err := get(ctx, c)
			e, _ := errors.AsType[*Error](err)
			if !IsThrottle(err) || e.Attempts != 0 || len(s.requests()) != 1 || time.Since(start) != 0 {
				t.Errorf("%v after %d attempts and %s", err, len(s.requests()), time.Since(start))
			}
		})
	})
}

func TestBadInputMakesNoCall(t *testing.T) {
	ctx := t.Context()
	for name, call := range map[string]func(*Client) error{
		"empty id": func(c *Client) error { _, err := c.Fulfillment.GetPackageDetail(ctx, "", nil); return err },
		"blank id": func(c *Client) error { _, err := c.Fulfillment.GetPackageDetail(ctx, " \n", nil); return err },
		"dot id":   func(c *Client) error { _, err := c.Fulfillment.GetPackageDetail(ctx, "..", nil); return err },
		"nil call option": func(c *Client) error {
			_, err := c.Order.GetOrderDetail(ctx, oneOrder, nil)
			return err
		},
		"raw: no slash":    func(c *Client) error { return c.Call(ctx, "GET", "order", nil, nil, nil) },
		"raw: placeholder": func(c *Client) error { return c.Call(ctx, "GET", "/order/{id}", nil, nil, nil) },
		"raw: query":       func(c *Client) error { return c.Call(ctx, "GET", "/order?a=b", nil, nil, nil) },
		"raw: dots":        func(c *Client) error { return c.Call(ctx, "GET", "/order/../x", nil, nil, nil) },
		"raw: slashes":     func(c *Client) error { return c.Call(ctx, "GET", "/order//x", nil, nil, nil) },
		"raw: escape":      func(c *Client) error { return c.Call(ctx, "GET", "/order/%zz", nil, nil, nil) },
		"raw: method":      func(c *Client) error { return c.Call(ctx, "G T", "/order", nil, nil, nil) },
		"raw: body":        func(c *Client) error { return c.Call(ctx, "POST", "/order", nil, func() {}, nil) },
		"no token": func(c *Client) error {
			_, err := c.ForTokens(nil).Authorization.GetAuthorizedShops(ctx, nil)
			return err
		},
		"empty token": func(c *Client) error {
			_, err := c.ForTokens(StaticToken(Secret{})).Authorization.GetAuthorizedShops(ctx, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, s := setup(t, []answer{ok(`{}`)})
			if err := call(c); err == nil || !strings.HasPrefix(err.Error(), "tiktokshop: ") || len(s.requests()) != 0 {
				t.Errorf("%v after %d requests", err, len(s.requests()))
			}
		})
	}
}

func TestReplies(t *testing.T) {
	for _, body := range []string{
		`{"code":0,"message":"Success","data":null}`, `{"code":0}`, `{"code":0,"data":{}}`, `{"code":"0","data":{}}`,
		`{"code":0,"data":{"errors":[]}}`, `{"code":0,"data":{"errors":null}}`, `{"code":0,"message":7,"data":{}}`,
		`{"code":0,"data":{"errors":[{"code":0,"message":"ok"},null]}}`, `{"code":0,"request_id":123}`,
		`{"code":0,"data":{"orders":null}}`, `{"code":0,"data":{"orders":{}}}`,
	} {
		c, _ := setup(t, []answer{{body: body}})
		if got, err := c.Order.GetOrderDetail(t.Context(), oneOrder); err != nil || got == nil || len(got.Orders) != 0 {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	for _, body := range []string{
		``, `null`, `[]`, `{}`, `"x"`, `<html>`, `{"code":null}`, `{"code":true}`, `{"code":0`, `{"code":0,"data":[]}`,
		`{"code":0,"data":{"orders":7}}`, `{"code":0,"data":"x"}`, `{"code":0.5}`, `{"code":0.0,"data":{}}`, `{"code":"","data":{}}`, `{"code":0,"data":{"status":"Sign in"}}`,
		`{"code":0,"data":""}`, `{"code":"00","data":{}}`, `{"code":-0,"data":{}}`, `{"code":"+0","data":{}}`, `{"code":"-00","data":{}}`, `{"code":99999999999999999999,"data":{}}`, `{"code":0,"data":{}}{"code":0,"data":{}}`,
	} {
		c, _ := setup(t, []answer{{body: body}})
		var r Response
		_, err := c.Order.GetOrderDetail(t.Context(), oneOrder, WithResponse(&r))
		e, _ := errors.AsType[*Error](err)
		if !is(err, ClassDecode) || e.HTTPStatus != 200 || string(r.Body) != body {
			t.Errorf("%s: %v, response %v", body, err, r)
		}
	}
	for _, body := range []string{"\ufeff" + `{"code":0,"data":{"orders":[{"id":7}]}}`, `{"data":{"orders":[{"id":"7"}]},"code":"0","message":[]}`} {
		c, _ := setup(t, []answer{{body: body}})
		if got, err := c.Order.GetOrderDetail(t.Context(), oneOrder); err != nil || len(got.Orders) != 1 || got.Orders[0].ID != "7" {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
	// The code decides, whatever stands beside it.
	c, _ := setup(t, []answer{{status: 400, body: `{"code":36009004,"message":{"en":"bad"},"data":[]}`}})
	if e, ok := errors.AsType[*Error](getOrder(t.Context(), c)); !ok || e.Code != 36009004 {
		t.Errorf("a message that is an object: %v", e)
	}
	// What decodes before the odd field is not thrown away, the error decides.
	c, _ = setup(t, []answer{ok(`{"errors":[{"code":12052036,"message":"no sku","detail":{"sku_id":"7"}}]}`)})
	if got, err := c.Product.UpdateInventory(t.Context(), "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{}}); got == nil || err == nil {
		t.Errorf("partial failure: %v, %v", got, err)
	}
}

func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{
		`{"code":0,"message":"Success","data":{"orders":[]},"request_id":"r"}`, `{"code":36009002}`, `{"code":"0","data":null}`,
		`{"code":0,"data":{"errors":[{"code":"36020001","detail":{"order_id":"1"}}]}}`, `<html>`, ``, `null`, `{"code":1e3}`, `{"Code":"00"}`,
		`{"code":0,"data":{"errors":[1,"x",null,{}]}}`, `{"code":0,"data":{"errors":{"a":1}}}`,
	} {
		f.Add(200, []byte(s))
		f.Add(429, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			t.Skip("no status of a reply")
		}
		c, _ := setup(t, []answer{{status: status, body: string(body)}}, WithMaxAttempts(1))
		err := c.Call(t.Context(), "POST", "/order/209901/x", nil, nil, new(map[string]json.RawMessage))
		var reply struct{ Code json.RawMessage }
		accepted := json.Unmarshal(body, &reply) == nil && (string(reply.Code) == "0" || string(reply.Code) == `"0"`)
		switch {
		case err == nil && (!accepted || status >= 300):
			t.Fatalf("status %d, %q was taken for a success", status, body)
		case err != nil && status == 429 && !IsThrottle(err):
			t.Fatalf("429 became %v", err)
		case err != nil && strings.ContainsAny(err.Error(), "\r\n"):
			t.Fatalf("the error spans lines: %q", err.Error())
		}
	})
}

func TestReplyAboveTheLimit(t *testing.T) {
	huge := http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req, Body: io.NopCloser(io.LimitReader(zeros{}, 33<<20))}, nil
	})}
	c, _ := setup(t, []answer{ok(`{}`)}, WithHTTPClient(&huge))
	if _, err := c.Order.GetOrderDetail(t.Context(), oneOrder); !is(err, ClassDecode) || !strings.Contains(err.Error(), "WithMaxReply") {
		t.Errorf("got %v", err)
	}
	c, _ = setup(t, []answer{ok(`{}`)}, WithMaxReply(10))
	if err := getOrder(t.Context(), c); !is(err, ClassDecode) || !strings.Contains(err.Error(), "WithMaxReply allows: 10 bytes") {
		t.Errorf("got %v", err)
	}
	c, _ = setup(t, []answer{ok(`{"orders":[{"id":"1","buyer_message":"` + strings.Repeat("x", 33<<20) + `"}]}`)}, WithMaxReply(34<<20))
	if got, err := c.Order.GetOrderDetail(t.Context(), oneOrder); err != nil || len(got.Orders[0].BuyerMessage) != 33<<20 {
		t.Errorf("above the default, on request: %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A redirect would carry the token to a host that nobody chose.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var calls int
	c, _ := setup(t, []answer{ok(`{}`)}, WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		calls++
		return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"https://evil.example/"}}, Request: req, Body: http.NoBody}, nil
	})}))
	if _, err := c.Order.GetOrderDetail(t.Context(), oneOrder); err == nil || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestResultBesideAnError(t *testing.T) {
	t.Parallel()
	const shops = `{"shops":[{"id":"7"}]`
	for name, tt := range map[string]struct {
		reply answer
		want  bool // a result
	}{
		"success":        {ok(shops + `}`), true},
		"partial":        {ok(shops + `,"errors":[{"code":36009003,"message":"m"}]}`), true},
		"no data":        {ok(`null`), true},
		"business error": {refused(400, 36009004, "m"), false},
		"another shape":  {ok(`{"shops":7}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := setup(t, []answer{tt.reply}, WithMaxAttempts(1))
			got, err := c.Authorization.GetAuthorizedShops(t.Context(), nil)
			if (got != nil) != tt.want {
				t.Errorf("got %v beside %v", got, err)
			}
		})
	}
	// A reply of no documented form is not looked at.
	c, _ := setup(t, []answer{ok(`"done"`)})
	if got, err := c.Authorization.DeauthorizeShop(t.Context(), nil); got == nil || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}
