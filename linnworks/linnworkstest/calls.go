package linnworkstest

import (
	"net/http"
	"net/url"
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
	// Fault names the fault that was injected, empty for none.
	Fault string
	// At is when the call arrived, by the fake's clock.
	At time.Time
}

// Matcher selects calls. Any func(Call) bool is one.
type Matcher func(Call) bool

// Operation selects the calls of an operation, or of those that match a
// pattern, as in [Fake.Fail].
func Operation(pattern string) Matcher {
	return func(c Call) bool { return matches(pattern, c.Operation) }
}

// Answered selects calls that were answered with one of the HTTP statuses; 0
// stands for a connection that was cut.
func Answered(statuses ...int) Matcher {
	return func(c Call) bool { return slices.Contains(statuses, c.Status) }
}

// Faulty selects calls that met an injected fault.
func Faulty() Matcher {
	return func(c Call) bool { return c.Fault != "" }
}

// Mentioning selects calls with a text in the decoded query or form, or in the
// body.
func Mentioning(text string) Matcher {
	return func(c Call) bool {
		query, _ := url.QueryUnescape(c.Query)
		body, _ := url.QueryUnescape(c.Body)
		return strings.Contains(query, text) || strings.Contains(c.Body, text) || strings.Contains(body, text)
	}
}

// Between selects calls that arrived at from or later, and before to.
func Between(from, to time.Time) Matcher {
	return func(c Call) bool { return !c.At.Before(from) && c.At.Before(to) }
}

// Not selects the calls that m does not.
func Not(m Matcher) Matcher {
	return func(c Call) bool { return !m(c) }
}

// Calls returns the calls so far that every matcher selects, in the order in
// which they were answered.
func (f *Fake) Calls(match ...Matcher) []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.calls), func(c Call) bool {
		return slices.ContainsFunc(match, func(m Matcher) bool { return !m(c) })
	})
}

// CallsOf is Calls(Operation(pattern)).
func (f *Fake) CallsOf(pattern string) []Call { return f.Calls(Operation(pattern)) }

// ForgetCalls empties the record, so that a test looks only at what follows.
func (f *Fake) ForgetCalls() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = nil
}

func newCall(op *route, r *http.Request, body []byte, at time.Time) Call {
	c := Call{
		Operation: operationOf(op, r.URL.Path), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body), At: at,
	}
	if strings.HasPrefix(strings.ToLower(c.Path), "/api/auth/") {
		c.Query, c.Body = "", ""
	}
	return c
}

// operationOf names the operation at a path.
func operationOf(op *route, urlPath string) string {
	if op != nil {
		return op.name
	}
	return strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(urlPath, "/"), "api/"), "/", ".")
}

// fold drops what spellings of an operation differ in: the client writes
// Orders.GetOrdersByID and Stock.GetStockLevelBatch where Linnworks writes
// Orders.GetOrdersById and Stock.GetStockLevel_Batch.
func fold(operation string) string {
	return strings.ToLower(strings.ReplaceAll(operation, "_", ""))
}

// matches reports whether an operation matches a pattern of [path.Match].
func matches(pattern, operation string) bool {
	ok, err := path.Match(fold(pattern), fold(operation))
	return ok && err == nil
}
