package linnworks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// fail returns the error of one read that is answered so.
func fail(t *testing.T, host hostKind, statusCode int, body string, header ...string) *Error {
	t.Helper()
	s := &server{answer: status(statusCode, body, header...)}
	op := readOp
	op.host = host
	err := do(t.Context(), newTestClient(t, s, WithMaxAttempts(1)), op)
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("%d %s: err = %v", statusCode, body, err)
	}
	return e
}

func TestErrorBodies(t *testing.T) {
	const page = "<html><body>Bad Gateway</body></html>"
	for name, c := range map[string]struct {
		host   hostKind
		status int
		body   string
		want   Error
	}{
		"v1":            {hostServer, 400, `{"Code":"-","Message":"request is empty"}`, Error{Code: "-", Message: "request is empty", Class: ClassRequest}},
		"v1, no code":   {hostServer, 400, `{"Code":null,"Message":"request is empty"}`, Error{Message: "request is empty", Class: ClassRequest}},
		"v1, bare":      {hostServer, 403, `{"Message":"Denied"}`, Error{Message: "Denied", Class: ClassPermission}},
		"v1, number":    {hostServer, 400, `{"Code":17,"Message":["a","b"]}`, Error{Code: "17", Message: "a, b", Class: ClassRequest}},
		"v1, lines":     {hostServer, 400, "\ufeff" + `{"Message":"one\r\n\ttwo\u0000"}`, Error{Message: "one two", Class: ClassRequest}},
		"v2":            {hostV2, 422, `{"type":"x","title":"Unprocessable","status":422,"detail":"No such state","instance":"/orders"}`, Error{Message: "Unprocessable No such state", Class: ClassRequest}},
		"v2, details":   {hostV2, 400, `{"title":"One or more validation errors occurred.","errors":{"zip":["z1","z2"],"a":["bad"],"m":"text","k":null}}`, Error{Message: "One or more validation errors occurred.; a: bad; k: ; m: text; zip: z1, z2", Class: ClassRequest}},
		"only details":  {hostV2, 400, `{"errors":["e1","e2"]}`, Error{Message: "e1, e2", Class: ClassRequest}},
		"v2, absent":    {hostV2, 404, `{"title":"Not Found","status":404}`, Error{Message: "Not Found", Class: ClassNotFound}},
		"v2, no route":  {hostV2, 404, `{"statusCode":404,"message":"Resource not found"}`, Error{Message: "Resource not found", Class: ClassRoute}},
		"v1, no route":  {hostServer, 404, `{"Message":"No HTTP resource was found that matches the request URI 'https://eu-ext.linnworks.net/api/X?keyWord=Jane'."}`, Error{Message: "No HTTP resource was found that matches the request URI 'https://eu-ext.linnworks.net/api/X'.", Class: ClassRoute}},
		"redirect":      {hostServer, 302, ``, Error{Class: ClassRoute, Err: errors.New("the reply is a redirect to no address, which is not followed")}},
		"empty":         {hostServer, 500, ` `, Error{Class: ClassSystem, Err: errors.New("empty reply")}},
		"page":          {hostServer, 502, page, Error{Class: ClassSystem, Body: []byte(page), Err: errors.New("the reply is not the API's JSON")}},
		"page in a 403": {hostServer, 403, page, Error{Class: ClassUnknown, Body: []byte(page), Err: errors.New("the reply is not the API's JSON")}},
		"list":          {hostServer, 400, `["no"]`, Error{Class: ClassUnknown, Body: []byte(`["no"]`), Err: errors.New("the reply is not the API's JSON")}},
		"timeout":       {hostServer, 408, `{}`, Error{Class: ClassSystem}},
		"informational": {hostServer, 199, `{}`, Error{Class: ClassUnknown}},
	} {
		t.Run(name, func(t *testing.T) {
			want := c.want
			want.Operation, want.HTTPStatus, want.Attempts = "Things.Read", c.status, 1
			for range 5 { // the order of a map must not show
				got := fail(t, c.host, c.status, c.body)
				if d := cmp.Diff(want, *got, cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); d != "" {
					t.Fatal(d)
				}
			}
		})
	}
}

// The messages of the reference, each with its class.
func TestKnownMessages(t *testing.T) {
	const quota = "API calls quota exceeded! Maximum admitted 150 per Minute."
	for _, c := range []struct {
		status  int
		message string
		class   Class
	}{
		{400, "The request is invalid.", ClassRequest},
		{400, "'request' parameter is missing. ", ClassRequest},
		{400, "request is empty", ClassRequest},
		{400, "Parameter 'parameters' has invalid value", ClassRequest},
		{400, "Object reference not set to an instance of an object.", ClassRequest},
		{500, "Object reference not set to an instance of an object.", ClassSystem},
		{500, "Unable to find order cache after it was saved", ClassSystem},
		{500, "No HTTP resource was found", ClassSystem},
		{502, "Token is wrong", ClassSystem},
		{503, "No items found with given filter.", ClassSystem},
		{400, "Authorization failed: Token is wrong", ClassSession},
		{400, "The search index is rebuilt, no items found with given filter", ClassRequest},
		{400, "No items found yet: retry later", ClassRequest},
		{400, "Disk quota exceeded", ClassRequest},
		{400, "No items found with given filter.", ClassNoMorePages},
		{400, "NO ITEMS FOUND WITH GIVEN FILTER", ClassNoMorePages},
		{400, "No item found for the following SKUs: A, B", ClassNotFound},
		{400, "Could not determine inventory item id from SKU", ClassNotFound},
		{400, "Location not found.", ClassRequest},
		{400, "Number must be between 1 and 200", ClassRequest},
		{400, "The maximum items count for this call is 100", ClassRequest},
		{400, "Orders have invalid values: Order: R1, LineId: 1 is duplicated", ClassRequest},
		{400, "Orders have invalid values: Order: R1 has an empty DispatchBy", ClassRequest},
		{400, "Source AMAZON is reserved", ClassRequest},
		{400, "Must provide a search term.", ClassRequest},
		{404, "No HTTP resource was found that matches the request URI", ClassRoute},
		{429, quota, ClassThrottle},
		{429, "", ClassThrottle},
		{429, "No items found with given filter.", ClassThrottle},
		{429, "Unable to find order", ClassThrottle},
		{400, quota, ClassThrottle},
		{401, quota, ClassThrottle},
		{403, quota, ClassThrottle},
		{404, quota, ClassThrottle},
		{500, quota, ClassThrottle},
		{401, "Authorization has been denied for this request.", ClassSession},
		{401, "No item found for the following SKUs: A", ClassSession},
		{400, "Token is wrong", ClassSession},
		{403, "Token is wrong", ClassSession},
		{403, "", ClassPermission},
		{422, "", ClassRequest},
		{503, "", ClassSystem},
	} {
		body, _ := marshal(map[string]any{"Code": "-", "Message": c.message})
		e := fail(t, hostServer, c.status, string(body))
		if e.Class != c.class {
			t.Errorf("%d %q: class %s, want %s", c.status, c.message, e.Class, c.class)
		}
		for predicate, class := range map[string]Class{
			"IsThrottle": ClassThrottle, "IsNotFound": ClassNotFound, "IsNoMorePages": ClassNoMorePages,
			"IsSession": ClassSession, "IsPermission": ClassPermission, "IsUnavailable": ClassUnavailable,
		} {
			got := map[string]func(error) bool{
				"IsThrottle": IsThrottle, "IsNotFound": IsNotFound, "IsNoMorePages": IsNoMorePages,
				"IsSession": IsSession, "IsPermission": IsPermission, "IsUnavailable": IsUnavailable,
			}[predicate](e)
			if want := c.class == class; got != want {
				t.Errorf("%d %q: %s = %t", c.status, c.message, predicate, got)
			}
		}
		if want := c.class == ClassThrottle || c.class == ClassSystem; IsTemporary(e) != want {
			t.Errorf("%d %q: IsTemporary = %t", c.status, c.message, !want)
		}
	}
}

func TestPredicatesOfOtherErrors(t *testing.T) {
	for _, err := range []error{nil, io.EOF, context.Canceled} {
		if IsTemporary(err) || IsThrottle(err) || IsNotFound(err) {
			t.Errorf("%v matches", err)
		}
	}
}

func TestThrottlePause(t *testing.T) {
	if e := fail(t, hostServer, 429, `{}`, "Retry-After", "7"); e.RetryAfter != 7*time.Second {
		t.Errorf("RetryAfter = %s, want what the server said", e.RetryAfter)
	}
	if e := fail(t, hostServer, 503, `{}`); e.RetryAfter != 0 {
		t.Errorf("RetryAfter = %s for a fault", e.RetryAfter)
	}
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := &server{answer: func(request) (*http.Response, error) {
			if n++; n < 3 {
				return respond(429, `{"Message":"API calls quota exceeded! Maximum admitted 150 per Minute."}`), nil
			}
			return respond(200, "null"), nil
		}}
		start := time.Now()
		if err := do(t.Context(), newTestClient(t, s), readOp); err != nil || time.Since(start) != 2*time.Minute {
			t.Errorf("%v after %s, want success after two windows of a minute", err, time.Since(start))
		}
	})
}

func TestErrorText(t *testing.T) {
	for _, c := range []struct {
		err  *Error
		want string
	}{
		{
			&Error{Operation: "Orders.CreateOrders", Code: "-", Message: "Location not found.", HTTPStatus: 400, Class: ClassRequest, Attempts: 1},
			"linnworks: Orders.CreateOrders: request: Location not found. [HTTP 400]; the integrator corrects the call",
		},
		{
			&Error{Operation: "Stock.GetStockLevel", Code: "E7", HTTPStatus: 503, Class: ClassSystem, Attempts: 5, Body: []byte("BODY"), Err: io.EOF},
			"linnworks: Stock.GetStockLevel: system: code E7: EOF [HTTP 503] [5 attempts]; retry later",
		},
		{
			&Error{Operation: "X", Class: ClassCancelled, OutcomeUnknown: true},
			"linnworks: X: cancelled; it may have taken effect: read back before doing it again",
		},
		{&Error{Operation: "X", Class: ClassCancelled}, "linnworks: X: cancelled"},
		{&Error{Operation: "X", Class: ClassUnknown}, "linnworks: X: unknown"},
		{nil, "<nil>"},
	} {
		if d := cmp.Diff(c.want, c.err.Error()); d != "" {
			t.Error(d)
		}
	}
	if got := clean(strings.Repeat("é", 5000), wire.Scrubber("an app secret")); len(got) > 1010 || !strings.HasSuffix(got, "é...") {
		t.Errorf("a long text became %d bytes, ending %q", len(got), got[len(got)-8:])
	}
}

func TestAttemptsAndCauses(t *testing.T) {
	reset := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("reset")}
	synctest.Test(t, func(t *testing.T) {
		s := &server{answer: func(request) (*http.Response, error) { return nil, reset }}
		c := newTestClient(t, s)
		var r Response
		err := c.call(t.Context(), readOp, nil, nil, nil, []CallOption{WithResponse(&r)})
		want := &Error{Operation: "Things.Read", Class: ClassNetwork, Attempts: 5}
		e, _ := errors.AsType[*Error](err)
		if d := cmp.Diff(want, e, cmpopts.IgnoreFields(Error{}, "Err")); d != "" || !errors.Is(err, reset) || r.Attempts != 5 || r.Status != 0 {
			t.Errorf("response %v, err %v: %s", r, err, d)
		}

		s.answer = status(503, "")
		if e, _ := errors.AsType[*Error](do(t.Context(), c, readOp)); e == nil || e.Attempts != 5 || e.HTTPStatus != 503 {
			t.Errorf("err = %v", e)
		}

		// No time for the next attempt: what the server said, and the deadline.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		s.answer = status(429, "", "Retry-After", "30")
		start := time.Now()
		err = do(ctx, c, readOp)
		if !IsThrottle(err) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 || !strings.Contains(err.Error(), "no time for a pause of 30s") {
			t.Errorf("err = %v after %s", err, time.Since(start))
		}

		// The caller goes away in the middle: not the network's fault.
		s.answer = func(request) (*http.Response, error) { return nil, context.Canceled }
		gone, stop := context.WithCancel(t.Context())
		c = newTestClient(t, s, WithMiddleware(func(r *http.Request, next Next) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/api/Things") {
				stop()
			}
			return next(r)
		}))
		err = do(gone, c, createOp)
		if e, ok := errors.AsType[*Error](err); !ok || e.Class != ClassCancelled || !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "the server may have acted") {
			t.Errorf("err = %v", err)
		}
	})
}

func TestTooLargeReply(t *testing.T) {
	s := &server{answer: status(200, strings.Repeat("x", 2000))}
	c := newTestClient(t, s)
	c.transport.MaxBody = 1000
	err := do(t.Context(), c, readOp)
	if e, ok := errors.AsType[*Error](err); !ok || e.Class != ClassDecode || e.HTTPStatus != 200 {
		t.Errorf("err = %v", err)
	}
}

func TestGUIDForm(t *testing.T) {
	pattern := regexp.MustCompile(`^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$`)
	const dashed, bare = "a0000000-0000-4000-8000-00000000000F", "a0000000000040008000000000000001"
	inputs := []string{"", dashed, bare, bare + "0", bare[1:], "-" + bare, bare + "-", "é" + bare[1:], "{" + dashed + "}", strings.Replace(dashed, "-", "--", 1)}
	for i := range bare {
		inputs = append(inputs, bare[:i]+"-"+bare[i:], bare[:i]+"g"+bare[i+1:], bare[:i]+" "+bare[i:])
	}
	for i := range dashed {
		inputs = append(inputs, dashed[:i]+dashed[i+1:], dashed[:i]+"-"+dashed[i:])
	}
	for _, in := range inputs {
		if got, want := guidForm(in), pattern.MatchString(in); got != want {
			t.Errorf("guidForm(%q) = %t, want %t", in, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	const secret = "5ec2e700-dead-4bad-8bad-aaaaaaaaaaaa"
	mask := wire.Scrubber(secret)
	for in, want := range map[string]string{
		"see https://a.test/x?token=1 and 'http://b.test?y'.": "see https://a.test/x and 'http://b.test'.",
		"no address: why?":       "no address: why?",
		"a\r\n\tb\u0000c\u0085d": "a b c d",
	} {
		if got := clean(in, mask); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
	// A secret that lies across the place where a long text is cut.
	for before := 8<<10 - len(secret); before <= 8<<10; before++ {
		got := clean("https://linnworks.test/?"+strings.Repeat("q", before-25)+" "+secret+" more", mask)
		if strings.Contains(got, secret[:8]) {
			t.Fatalf("after %d bytes: %q", before, got)
		}
	}
}
