package tiktokshop

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// What must not be found anywhere. The signatures are added as they are made.
const (
	buyerName    = "MARKED Ada Lovelace"
	buyerAddress = "12 MARKED St James's Square"
	buyerPhone   = "447700900123"
)

// spellings are the forms in which a secret may hide in a text.
func spellings(secret string) []string {
	bytesOf := strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")
	return []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)),
		strings.ToUpper(hex.EncodeToString([]byte(secret))), bytesOf, base64.StdEncoding.EncodeToString([]byte(secret)),
		strings.Trim(fmt.Sprintf("%#v", []byte(secret)), "[]byte{}"),
	}
}

// sink collects everything that is printed in one test.
type sink struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// print prints v in every way that a program might.
func (s *sink) print(v any) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t"} {
		_, _ = fmt.Fprintf(s, format+"\n", v)
		_, _ = fmt.Fprintf(s, format+"\n", []any{v})
		_, _ = fmt.Fprintf(s, format+"\n", map[string]any{"v": v})
		_, _ = fmt.Fprintf(s, format+"\n", struct{ V any }{v})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(s, nil), slog.NewJSONHandler(s, nil)} {
		log := slog.New(h)
		log.Info("x", "v", v)
		log.Info("x", "v", []any{v})
		log.Info("x", "v", struct{ V any }{v})
	}
	out, err := json.Marshal(v)
	_, _ = fmt.Fprintln(s, string(out), err)
}

// printTree prints an error and all that it wraps.
func (s *sink) printTree(err error) {
	if err == nil {
		return
	}
	s.print(err)
	switch e := any(err).(type) {
	case interface{ Unwrap() error }:
		s.printTree(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range e.Unwrap() {
			s.printTree(e)
		}
	}
}

func (s *sink) check(t *testing.T, secrets ...string) {
	t.Helper()
	text := s.text.String()
	for _, secret := range secrets {
		for i, spelling := range spellings(secret) {
			if at := strings.Index(text, spelling); at >= 0 {
				t.Errorf("%q leaks (spelling %d): ...%s...", secret, i, text[max(0, at-200):min(len(text), at+100)])
				break
			}
		}
	}
}

func TestNothingLeaksFromCalls(t *testing.T) {
	token := Token{
		AccessToken: NewSecret(testAccess), AccessExpires: time.Now().Add(7 * 24 * time.Hour), RefreshToken: NewSecret(testRefresh),
		RefreshExpires: time.Now().Add(100 * 24 * time.Hour),
	}
	// echo stands in an answer for everything secret that the server knows.
	const echo = "@echo@"
	buyer := fmt.Sprintf(`{"orders":[{"id":7,"recipient_address":{"name":%q,"full_address":%q}}]}`, buyerName, buyerAddress)
	phone := fmt.Sprintf(`{"orders":[{"recipient_address":{"phone_number":%s}}]}`, buyerPhone)
	for _, tt := range []struct {
		name   string
		answer answer
		call   func(context.Context, *Client) error
	}{
		{"message", refused(200, 36009004, "invalid "+echo), getOrder1},
		{"token refused", refused(401, 105002, "invalid token "+echo), getOrder1},
		{"throttle", refused(429, 36009002, echo), getOrder1},
		{"HTML", answer{status: 502, body: "<html>" + echo + buyerName + buyerAddress}, getOrder1},
		{"not an object", answer{body: `"` + echo + `"`}, getOrder1},
		{"number where text is documented", ok(phone), getOrder1},
		{"number for an id", ok(buyer), getOrder1},
		{"text for a moment", ok(fmt.Sprintf(`{"orders":[{"create_time":%q}]}`, buyerName)), getOrder1},
		{"text for an amount", ok(fmt.Sprintf(`{"orders":[{"payment":{"total_amount":%q}}]}`, buyerAddress)), getOrder1},
		{"data of another kind", ok(`"` + buyerName + `"`), getOrder1},
		{"envelope of another kind", answer{body: fmt.Sprintf(`{"code":%q,"message":%s}`, buyerName, buyerPhone)}, getOrder1},
		{"partial", ok(`{"errors":[{"code":1,"message":"x ` + echo + `","detail":{"sku_id":"1","buyer":"` + buyerName + `"}}]}`), rawCall},
		{"strange partial", ok(`{"errors":["` + buyerName + `",{"message":{"a":"` + buyerAddress + `"}}]}`), rawCall},
		{"connection", answer{err: errors.New("reset by " + echo)}, getOrder1},
		{"wrapped URL", answer{err: &url.Error{Op: "Get", URL: echo, Err: io.ErrUnexpectedEOF}}, getOrder1},
		{"success", ok(`{"orders":[]}`), getOrder1},
		{"token call: refused", refused(400, 36004001, "bad "+echo), tokenCalls},
		{"token call: unknown parameter", refused(200, 36009004, echo), tokenCalls},
		{"token call: broken", ok(`{"access_token":{"x":"` + echo + `"},"refresh_token":"` + testRefresh + `"}`), tokenCalls},
		{"token call: HTML", answer{status: 503, body: "<html>" + echo}, tokenCalls},
		{"token call: connection", answer{err: errors.New("proxy refused " + echo)}, tokenCalls},
		{"token call: success", ok(`{"access_token":"` + testAccess + `","refresh_token":"` + testRefresh + `"}`), tokenCalls},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out sink
			secrets := []string{testSecret, testAccess, testRefresh, buyerName, buyerAddress, buyerPhone, "MARKED-auth-code"}
			var mu sync.Mutex
			rt := roundTrip(func(req *http.Request) (*http.Response, error) {
				sign := req.URL.Query().Get("sign")
				known := testSecret + " " + req.Header.Get("X-Tts-Access-Token") + " " + req.URL.String()
				for _, values := range req.URL.Query() {
					known += " " + values[0]
				}
				mu.Lock()
				if sign != "" {
					secrets = append(secrets, sign)
				}
				mu.Unlock()
				a := tt.answer
				if a.err != nil {
					if u, wrapped := errors.AsType[*url.Error](a.err); wrapped {
						return nil, &url.Error{Op: u.Op, URL: req.URL.String(), Err: u.Err}
					}
					return nil, errors.New(strings.ReplaceAll(a.err.Error(), echo, known))
				}
				if !strings.HasPrefix(req.URL.Path, "/api/v2/token/get") {
					known += " " + testRefresh // the client's own, though not sent
				}
				a.body = strings.ReplaceAll(a.body, echo, known)
				return (&server{t: t, script: []answer{a}}).RoundTrip(req)
			})
			logs := slog.New(slog.NewMultiHandler(
				slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
				slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}),
			))
			store := &MemoryTokens{}
			if err := SaveToken(t.Context(), store, token); err != nil {
				t.Fatal(err)
			}
			opts := []Option{
				WithHTTPClient(&http.Client{Transport: rt}), WithLogger(logs), WithMaxAttempts(1),
				WithObserver(func(_ context.Context, e Event) { out.print(e); out.printTree(e.Err) }),
				// A middleware that flattens errors, as they do.
				WithMiddleware(func(req *http.Request, next Next) (*http.Response, error) {
					resp, err := next(req)
					if err != nil {
						err = fmt.Errorf("middleware: %v", err) //nolint:errorlint // they do
					}
					return resp, err
				}),
			}
			auth, err := NewClient(testApp, opts...)
			if err != nil {
				t.Fatal(err)
			}
			source, err := RefreshingTokens(auth, store)
			if err != nil {
				t.Fatal(err)
			}
			c, err := NewClient(testApp, append(opts, WithTokens(source))...)
			if err != nil {
				t.Fatal(err)
			}
			out.printTree(tt.call(t.Context(), c))
			for _, v := range []any{c, *c, testApp, token, &token, store, source, opts, StaticToken(NewSecret(testAccess))} {
				out.print(v)
			}
			if out.text.Len() == 0 {
				t.Fatal("nothing was printed")
			}
			out.check(t, secrets...)
		})
	}
}

func getOrder1(ctx context.Context, c *Client) error {
	var r Response
	_, err := c.Order.GetOrderDetail(ctx, oneOrder, WithResponse(&r))
	if s := fmt.Sprintf("%+v %#v %s", r, &r, []any{r}); strings.Contains(s, "MARKED") {
		return errors.New(s)
	}
	return err
}

func rawCall(ctx context.Context, c *Client) error {
	return c.Call(ctx, "POST", "/product/209901/x", nil, nil, nil)
}

func tokenCalls(ctx context.Context, c *Client) error {
	t, err1 := c.ExchangeCode(ctx, "MARKED-auth-code")
	_, err2 := c.RefreshToken(ctx, Token{AccessToken: NewSecret(testAccess), RefreshToken: NewSecret(testRefresh)})
	return errors.Join(err1, err2, fmt.Errorf("%+v", t))
}

// fmt does not look for methods behind unexported fields: what this package
// keeps there must be out of its reach.
func TestNothingLeaksFromUnexportedFields(t *testing.T) {
	c, _ := setup(t, []answer{ok(`{}`)})
	store := new(MemoryTokens)
	if err := SaveToken(t.Context(), store, Token{AccessToken: NewSecret(testAccess), RefreshToken: NewSecret(testRefresh)}); err != nil {
		t.Fatal(err)
	}
	source, err := RefreshingTokens(c, store)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second one comes after the refresh let go of its lock
		if _, err := source.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	holder := struct {
		client *Client
		value  Client
		store  *MemoryTokens
		source TokenSource
		static TokenSource
		Store  *MemoryTokens
	}{c, *c, store, source, StaticToken(NewSecret(testAccess)), store}
	var out sink
	out.print(holder)
	out.print(&holder)
	out.print(&struct{ v any }{c})
	out.print(&struct{ v any }{source})
	out.print(&struct{ v any }{StaticToken(NewSecret(testAccess))})
	out.check(t, testSecret, testAccess, testRefresh)

	// Values of the caller's are out of reach by pointer, and so are errors.
	for _, format := range []string{"%v", "%+v", "%#v"} {
		_, _ = fmt.Fprintf(&out, format, struct {
			token *Token
			app   *App
			err   error
		}{&Token{AccessToken: NewSecret(testAccess)}, &App{Secret: NewSecret(testSecret)}, &Error{Body: []byte(buyerName), Err: errors.New("x")}})
	}
	out.check(t, testSecret, testAccess, testRefresh, buyerName)
}

// The same for token files, refused consents and writes that are read back.
func TestNothingLeaksFromStoresAndReadBacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out sink
		secrets := []string{testSecret, testAccess, testRefresh, buyerName, buyerAddress, buyerPhone, "MARKED-state"}
		file := tempTokens(t)
		token := Token{AccessToken: NewSecret(testAccess), RefreshToken: NewSecret(testRefresh), RefreshExpires: time.Now().Add(time.Hour)}
		if err := SaveToken(t.Context(), file, token); err != nil {
			t.Fatal(err)
		}

		// A consent that has ended, from beginning to end.
		authClient, _ := setup(t, []answer{refused(200, 36004001, "refresh_token "+testRefresh+" expired")})
		opts := []TokenOption{
			WithConsentLink(func(context.Context) (string, error) { return authClient.AuthorizationURL("MARKED-state") }),
			WithExpiryWarning(0, func(context.Context, time.Duration) {}),
		}
		source, err := RefreshingTokens(authClient, file, opts...)
		if err != nil {
			t.Fatal(err)
		}
		expired, _ := setup(t, []answer{refused(401, 105002, "x-tts-access-token "+testAccess+" expired")}, WithTokens(source))
		for range 3 {
			err := getOrder(t.Context(), expired)
			if !NeedsAuthorisation(err) {
				t.Fatal(err)
			}
			out.printTree(err)
		}
		synctest.Wait() // fmt looks into locks
		for _, v := range []any{source, file, *expired, struct{ s any }{source}, struct{ f *FileTokens }{file}, opts} {
			out.print(v)
		}

		// Files that are no good, and a save that fails.
		for content, mode := range map[string]os.FileMode{testAccess: 0o600, `{"access_token":"` + testAccess + `","x":"` + testRefresh: 0o600, testRefresh: 0o644} {
			bad := filepath.Join(t.TempDir(), "bad.json")
			if err := os.WriteFile(bad, []byte(content), mode); err != nil {
				t.Fatal(err)
			}
			_, err := NewFileTokens(bad)
			if err == nil {
				t.Fatal("a bad file was accepted")
			}
			out.printTree(err)
		}
		if err := os.MkdirAll(filepath.Join(file.next(), "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		out.printTree(SaveToken(t.Context(), file, token))

		// Every write that is read back, lost or refused, while all that is read
		// holds the buyer.
		buyer := fmt.Sprintf(`"buyer_email":%q,"buyer_message":%q,"recipient_address":{"name":%[1]q,"full_address":%[2]q,"phone_number":%[3]q}`, buyerName, buyerAddress, buyerPhone)
		data := `{"orders":[{"id":"576",` + buyer + `,"line_items":[{"id":"1"}]}],"id":"115","package_status":"TO_FULFILL",` + buyer +
			`,"webhooks":[{"event_type":"X"}],"inventory":[],"cancellations":[{"cancel_id":"9","order_id":"576","cancel_reason_text":"` + buyerAddress + `"}]}`
		for _, written := range []answer{
			{err: errors.New("reset " + testAccess)}, {status: 502, body: buyerName}, refused(200, 21011006, testAccess), refused(200, 25020010, testAccess), ok(`{}`),
		} {
			s := &server{t: t, script: []answer{written}}
			read := &server{t: t, script: []answer{ok(data)}}
			c, _ := setup(t, nil, WithMaxAttempts(1), WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/search") {
					return read.RoundTrip(r)
				}
				return s.RoundTrip(r)
			})}))
			ctx, f := t.Context(), c.Fulfillment
			_, err1 := f.MarkPackageAsShippedVerified(ctx, "576", &MarkPackageAsShippedRequest{TrackingNumber: "JD1"})
			_, err2 := f.CreatePackagesVerified(ctx, &CreatePackagesRequest{OrderID: new("576")})
			_, err3 := c.Product.UpdateInventoryVerified(ctx, "1", &UpdateInventoryRequest{SKUs: []UpdateInventoryRequestSKU{
				{ID: "17", Inventory: []UpdateInventoryRequestSKUInventory{{Quantity: 1}}},
			}})
			_, err4 := c.ReturnRefund.CancelOrderVerified(ctx, &CancelOrderV202309Request{OrderID: "576"})
			for _, err := range []error{
				err1, err2, err3, err4,
				f.ShipPackageVerified(ctx, "115", &ShipPackageRequest{SelfShipment: &ShipPackageRequestSelfShipment{TrackingNumber: "JD1"}}),
				f.UpdateShippingInfoVerified(ctx, "576", &UpdateShippingInfoRequest{TrackingNumber: "JD1"}),
				f.UpdatePackageShippingInfoVerified(ctx, "115", &UpdatePackageShippingInfoRequest{TrackingNumber: "JD1"}),
				c.ReturnRefund.ApproveCancellationVerified(ctx, "9", nil),
				c.ReturnRefund.RejectCancellationVerified(ctx, "9", nil),
				c.Event.DeleteShopWebhookVerified(ctx, &DeleteShopWebhookRequest{EventType: "X"}),
			} {
				out.printTree(err)
			}
		}
		if n := strings.Count(out.text.String(), "not applied"); n < 100 {
			t.Errorf("%d lines about writes that were not applied", n)
		}
		out.check(t, secrets...)
	})
}

// A server that says our secrets where a success has ids: they reach neither errors
// nor events, in no field of theirs.
func TestEchoedSecretsInIDs(t *testing.T) {
	t.Parallel()
	escaped := fmt.Sprintf(`\u%04x`, testAccess[0]) + testAccess[1:] // a JSON text of the token
	answerOf := func(status int, body, requestID string) answer {
		return answer{status: status, body: strings.NewReplacer("TOKEN", testAccess, "ESCAPED", escaped, "APP", testSecret).Replace(
			`{"code":0,` + body + `,"request_id":` + requestID + `}`)}
	}
	for name, a := range map[string]answer{
		"success":           answerOf(200, `"data":{"orders":[]}`, `"TOKEN"`),
		"success, escaped":  answerOf(200, `"data":{"orders":[]}`, `"x ESCAPED"`),
		"refused":           {body: `{"code":36009004,"message":"x","request_id":"` + testSecret + `"}`},
		"shape":             answerOf(200, `"data":{"orders":"TOKEN"}`, `"APP"`),
		"records":           answerOf(200, `"data":{"orders":[{"id":"TOKEN","line_items":7},{"id":"APP","line_items":7}]}`, `"ESCAPED"`),
		"partial":           answerOf(200, `"data":{"errors":[{"code":"TOKEN","message":"x","detail":{"sku_id":"APP","order_ids":["1","TOKEN"]}}]}`, `"TOKEN"`),
		"partial, escaped":  answerOf(200, `"data":{"errors":[{"code":"ESCAPED","detail":{"sku_id":"ESCAPED","more":{"ESCAPED":["APP"]}}}]}`, `"r"`),
		"partial, a string": answerOf(200, `"data":{"errors":["ESCAPED"]}`, `"r"`),
		"redirect":          {status: 302, location: "https://" + testSecret + ".test/"},
		"not JSON":          {body: "<html>" + testSecret},
	} {
		var out sink
		c, _ := setup(t, []answer{a}, WithMaxAttempts(1), WithObserver(func(_ context.Context, e Event) {
			out.print(e)
			out.printTree(e.Err)
			out.print(e.RequestID)
		}))
		var r Response
		_, err := c.Order.GetOrderDetail(t.Context(), &GetOrderDetailRequest{IDs: []string{"1"}}, WithResponse(&r))
		out.print(r)
		out.print(r.RequestID)
		out.printTree(err)
		if e, ok := errors.AsType[*Error](err); ok {
			out.printTree(e)
			out.print(e.RequestID)
			out.print(string(e.Body))
		}
		if e, ok := errors.AsType[*PartialError](err); ok {
			out.print(e.RequestID)
			for _, item := range e.Items {
				out.print([]any{string(item.Code), item.Message, string(item.Detail), idsIn(item.Detail)})
				if !json.Valid(item.Detail) {
					t.Errorf("%s: the detail is no longer JSON: %s", name, item.Detail)
				}
			}
		}
		if e, ok := errors.AsType[*UnreadableError](err); ok {
			out.print([]any{e.RequestID, e.Records})
		}
		if (err == nil) != strings.HasPrefix(name, "success") {
			t.Errorf("%s: %v", name, err)
		}
		out.check(t, testAccess, testSecret, escaped)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}
