package linnworkstest

import (
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// Call is one request that the fake received. It holds no secrets: the body of
// a call that opens a session is left out, and headers are not kept.
type Call struct {
	// Operation is the service and method as the client names them, such as
	// Orders.CreateOrders.
	Operation string
	// Method and Path are those of the request.
	Method, Path string
	// Query is the encoded query.
	Query string
	// Body is the body as sent: JSON, or form fields.
	Body string
	// Status is the HTTP status of the answer, 0 if the connection was cut.
	Status int
	// At is when the call arrived, by the fake's clock.
	At time.Time
}

// Calls returns the calls so far, in the order in which they were answered.
func (f *Fake) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// CallsOf returns the calls so far whose operation matches pattern, as in
// [Fake.Fail].
func (f *Fake) CallsOf(pattern string) []Call {
	return slices.DeleteFunc(f.Calls(), func(c Call) bool { return !matches(pattern, c.Operation) })
}

// ForgetCalls empties the record, so that a test looks only at what follows.
func (f *Fake) ForgetCalls() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = nil
}

func newCall(r *http.Request, body []byte, at time.Time) Call {
	c := Call{
		Operation: operationOf(r.URL.Path), Method: r.Method, Path: rooted(r.URL.Path), Query: r.URL.RawQuery, Body: string(body), At: at,
	}
	if strings.HasPrefix(strings.ToLower(c.Path), "/api/auth/") {
		c.Query, c.Body = "", ""
	}
	return c
}

// operationOf names the operation at a path.
func operationOf(urlPath string) string {
	if op := routeOf(urlPath); op != nil {
		return op.name
	}
	return strings.ReplaceAll(strings.TrimPrefix(rooted(urlPath), "/api/"), "/", ".")
}

// fold drops what spellings of an operation differ in: the client writes
// Orders.GetOrdersByID and Stock.GetStockLevelBatch where Linnworks writes
// Orders.GetOrdersById and Stock.GetStockLevel_Batch.
func fold(operation string) string {
	return strings.ToLower(strings.ReplaceAll(operation, "_", ""))
}

// matches tells whether an operation matches a pattern of [path.Match].
func matches(pattern, operation string) bool {
	ok, err := path.Match(fold(pattern), fold(operation))
	return ok && err == nil
}
