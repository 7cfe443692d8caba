package linnworks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// Class sorts errors by what a caller does about them.
type Class string

// The classes. The list is complete for this version of the package.
const (
	ClassThrottle    Class = "throttle"    // over the quota of the operation: repeat later
	ClassSystem      Class = "system"      // Linnworks' fault: repeat a safe call, read back after a write
	ClassNetwork     Class = "network"     // no complete reply: as ClassSystem
	ClassSession     Class = "session"     // session or installation token refused
	ClassPermission  Class = "permission"  // the application or user lacks a permission
	ClassUnavailable Class = "unavailable" // the account is locked or in maintenance
	ClassNotFound    Class = "not found"   // the item or order does not exist
	ClassNoMorePages Class = "no more pages"
	ClassRequest     Class = "request"   // the call itself is wrong: do not repeat
	ClassRoute       Class = "route"     // unknown path, or the wrong regional server
	ClassDecode      Class = "decode"    // the reply has another shape than documented
	ClassCancelled   Class = "cancelled" // the caller's context ended
	ClassUnknown     Class = "unknown"
)

// Temporary tells whether the same call may succeed later without anybody
// changing anything.
func (c Class) Temporary() bool {
	switch c {
	case ClassThrottle, ClassSystem, ClassNetwork, ClassUnavailable:
		return true
	}
	return false
}

// remedies says who can mend a class and how.
var remedies = map[Class]string{
	ClassThrottle:    "retry later; lower the rate if it persists",
	ClassSystem:      "retry later; read back before repeating a write",
	ClassNetwork:     "retry later; read back before repeating a write",
	ClassSession:     "check the application id, secret and installation token; install the application again if it was removed",
	ClassPermission:  "the account's administrator grants the permission to the application",
	ClassUnavailable: "retry later; the account's owner unlocks it if it stays locked",
	ClassNotFound:    "check the id",
	ClassRequest:     "the integrator corrects the call",
	ClassRoute:       "the integrator checks the path and the server",
	ClassDecode:      "report it: the API answered in an undocumented shape",
}

// Error is a failed call. Find it with errors.As or errors.AsType.
type Error struct {
	// Operation is the service and method, such as Orders.CreateOrders.
	Operation string
	// Code is Linnworks' code, mostly empty or "-".
	Code string
	// Message is Linnworks' text.
	Message string
	// HTTPStatus is 0 when no reply arrived. Nearly every fault is a 400.
	HTTPStatus int
	Class      Class
	// RetryAfter is the pause that Linnworks asked for.
	RetryAfter time.Duration
	// Attempts is how often the call was sent.
	Attempts int
	// Body is the beginning of a reply that could not be read. It is not part
	// of the text: it may hold a buyer's data.
	Body []byte
	// Err is the cause, if there is one beneath the reply.
	Err error
}

// Error names the operation, what failed, and the remedy.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "linnworks: %s: %s", e.Operation, e.Class)
	if e.Code != "" && e.Code != "-" {
		fmt.Fprintf(&b, ": code %s", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.HTTPStatus != 0 {
		fmt.Fprintf(&b, " [HTTP %d]", e.HTTPStatus)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " [%d attempts]", e.Attempts)
	}
	if r := remedies[e.Class]; r != "" {
		fmt.Fprintf(&b, "; %s", r)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Format prints the text for every verb: Body must not reach a log through %+v.
func (e *Error) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, e.Error()) }

// messages classes the replies that share status 400, by what their text says.
// First match wins.
var messages = []struct {
	text  string
	class Class
}{
	{"quota exceeded", ClassThrottle},
	{"token is wrong", ClassSession},
	{"no items found with given filter", ClassNoMorePages},
	{"no item found for the following skus", ClassNotFound},
	{"could not determine inventory item id", ClassNotFound},
	{"unable to find order", ClassNotFound},
	{"no http resource was found", ClassRoute},
}

// readError reads the error body of either version of the API.
func readError(op string, reply *transport.Reply, now time.Time) *Error {
	e := &Error{Operation: op, HTTPStatus: reply.Status, RetryAfter: transport.RetryAfter(reply.Header, now)}
	var body struct {
		Code, Message string // v1
		Title, Detail string // v2, RFC 7807
		Errors        map[string][]string
	}
	if err := json.Unmarshal(reply.Body, &body); err != nil {
		e.Body = snapshot(reply.Body)
		e.Err = errors.New("the error is not the API's JSON")
	}
	e.Code = body.Code
	e.Message = body.Message
	if e.Message == "" {
		e.Message = strings.TrimSpace(body.Title + " " + body.Detail)
	}
	for field, texts := range body.Errors {
		e.Message += fmt.Sprintf("; %s: %s", field, strings.Join(texts, ", "))
	}
	e.Class = classify(e)
	return e
}

func classify(e *Error) Class {
	if e.HTTPStatus == http.StatusTooManyRequests {
		return ClassThrottle
	}
	text := strings.ToLower(e.Message)
	for _, m := range messages {
		if strings.Contains(text, m.text) {
			return m.class
		}
	}
	switch {
	case e.HTTPStatus == http.StatusUnauthorized:
		return ClassSession
	case e.HTTPStatus == http.StatusForbidden:
		return ClassPermission
	case e.HTTPStatus == http.StatusNotFound:
		return ClassRoute
	case e.HTTPStatus >= 500:
		return ClassSystem
	case e.HTTPStatus >= 400:
		return ClassRequest
	}
	return ClassUnknown
}

// IsTemporary tells whether the call may succeed later without a change.
func IsTemporary(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class.Temporary()
}

// IsThrottle tells whether Linnworks refused the call for its rate.
func IsThrottle(err error) bool { return is(err, ClassThrottle) }

// IsNotFound tells whether the item or order does not exist. A throttle never
// is.
func IsNotFound(err error) bool { return is(err, ClassNotFound) }

// IsNoMorePages tells whether a page past the last one was asked for.
func IsNoMorePages(err error) bool { return is(err, ClassNoMorePages) }

// IsUnavailable tells whether the account is locked or in maintenance.
func IsUnavailable(err error) bool { return is(err, ClassUnavailable) }

func is(err error, want Class) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class == want
}

// snapshot keeps the beginning of a reply that could not be read.
func snapshot(body []byte) []byte {
	const limit = 4 << 10
	return bytes.Clone(body[:min(len(body), limit)])
}
