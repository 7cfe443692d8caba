package linnworks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/linnbridge/linnbridge/internal/transport"
	"github.com/linnbridge/linnbridge/internal/wire"
)

// Class sorts errors by what a caller does about them.
type Class string

// The classes. The list is complete for this version of the package.
const (
	ClassThrottle    Class = "throttle"      // over the quota of the operation: repeat later
	ClassSystem      Class = "system"        // Linnworks' fault: repeat a safe call, read back after a write
	ClassNetwork     Class = "network"       // no complete reply: as ClassSystem
	ClassCertificate Class = "certificate"   // the server's certificate is not trusted: nothing was sent
	ClassSession     Class = "session"       // the session, or the credentials that open one, refused
	ClassPermission  Class = "permission"    // the application or user lacks a permission
	ClassLocked      Class = "locked"        // the account is locked: no session is opened
	ClassMaintenance Class = "maintenance"   // the account is in maintenance: no session is opened
	ClassUnavailable Class = "unavailable"   // the account is in a state unheard of: no session is opened
	ClassNotFound    Class = "not found"     // the item or order does not exist
	ClassNoMorePages Class = "no more pages" // the page asked for is past the last
	ClassRequest     Class = "request"       // the call itself is wrong: do not repeat
	ClassRoute       Class = "route"         // unknown path, or the wrong regional server
	ClassDecode      Class = "decode"        // the reply is too large, or in another shape than documented
	ClassPanic       Class = "panic"         // code that the program plugged in panicked: limiter, middleware, callback
	ClassCancelled   Class = "cancelled"     // the caller's context ended, and no attempt had failed by itself
	ClassUnknown     Class = "unknown"       // a limiter or middleware failed, or a reply is neither Linnworks' nor heard of
)

// Temporary reports whether the same call may succeed later without anybody
// changing anything.
func (c Class) Temporary() bool {
	switch c {
	case ClassThrottle, ClassSystem, ClassNetwork, ClassLocked, ClassMaintenance, ClassUnavailable:
		return true
	}
	return false
}

// Owner is who can mend an error.
type Owner string

// The owners.
const (
	OwnerLinnworks     Owner = "linnworks"     // it passes by itself, or their support helps
	OwnerAdministrator Owner = "administrator" // of the Linnworks account
	OwnerOperator      Owner = "operator"      // of the program: its credentials, network and load
	OwnerIntegrator    Owner = "integrator"    // who wrote the call
)

// Owner tells who can mend errors of the class, empty where nothing is broken
// or nobody knows.
func (c Class) Owner() Owner { return remedies[c].owner }

// remedies says who can mend a class and how.
var remedies = map[Class]struct {
	owner Owner
	do    string
}{
	ClassThrottle:    {OwnerOperator, "retry later; lower the rate if it persists"},
	ClassSystem:      {OwnerLinnworks, "retry later"},
	ClassNetwork:     {OwnerOperator, "retry later"},
	ClassCertificate: {OwnerOperator, "check the address, the proxy, and the clock and root certificates of this machine"},
	ClassSession:     {OwnerOperator, "check the application id, secret and installation token, and whether the application is still installed in the account"},
	ClassPermission:  {OwnerAdministrator, "the account's administrator grants the permission to the application"},
	ClassLocked:      {OwnerAdministrator, "retry later; the account's owner unlocks it if it stays locked"},
	ClassMaintenance: {OwnerLinnworks, "retry later"},
	ClassUnavailable: {OwnerLinnworks, "retry later"},
	ClassNotFound:    {OwnerIntegrator, "check the id"},
	ClassNoMorePages: {"", "stop paging"},
	ClassRequest:     {OwnerIntegrator, "the integrator corrects the call"},
	ClassRoute:       {OwnerIntegrator, "the integrator checks the path and the server"},
	ClassDecode:      {OwnerIntegrator, "report it with the operation; Error.Body holds the beginning of the reply"},
	ClassPanic:       {OwnerIntegrator, "the integrator corrects the function that panicked"},
}

// readBack is the remedy of a write whose outcome is unknown.
const readBack = "it may have taken effect: read back before doing it again"

// Error is a failed call. Every failure of a call that was or could have been
// sent is one or wraps one; find it with errors.As or errors.AsType. What failed
// while a session was opened for the call is an Error of the operation
// Auth.AuthorizeByApplication. A call that was answered with success, but not
// done in all its parts, is a [*PartialError] instead.
type Error struct {
	// Operation is the service and method, such as Orders.CreateOrders.
	Operation string
	// Code is Linnworks' code, mostly empty or "-".
	Code string
	// Message is Linnworks' text on one line, with the details of a v2 error. It
	// may repeat what the call sent, but never our own tokens.
	Message string
	// HTTPStatus is 0 when no reply arrived. Nearly every fault is a 400.
	HTTPStatus int
	Class      Class
	// RetryAfter is the pause that Linnworks asked for. For a throttle that
	// names none it is a minute, the window in which Linnworks counts.
	RetryAfter time.Duration
	// Attempts is how often the call was sent, 0 if it never was.
	Attempts int
	// OutcomeUnknown tells of a call that may have taken effect although it
	// failed: read back before repeating it. It is never set on reads.
	OutcomeUnknown bool
	// Body is the beginning of a reply that could not be read, at most 4 KiB. It
	// is part of no text, log line or encoding: it may hold a buyer's data.
	Body []byte `json:"-"`
	// Err is the cause, if there is one beneath the reply.
	Err error
}

// Error names the operation, what failed, and the remedy.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
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
	do := remedies[e.Class].do
	if e.OutcomeUnknown {
		do = readBack
	}
	if do != "" {
		fmt.Fprintf(&b, "; %s", do)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Format prints the text for every verb: Body must not reach a log through %+v.
func (e Error) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// LogValue is the text for slog, also of an Error that is not a pointer.
func (e Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// messages classes the refusals that share status 400, by how their text begins,
// in lower case: words further on may be those of another service, or of the data.
// First match wins; what matches nothing goes by its status.
var messages = []struct {
	begins string
	class  Class
}{
	{"api calls quota exceeded", ClassThrottle},
	{"no items found with given filter", ClassNoMorePages},
	{"no item found for the following skus", ClassNotFound},
	{"could not determine inventory item id", ClassNotFound},
	{"unable to find order", ClassNotFound},
	{"no http resource was found", ClassRoute},
	// Seen when the wrapper of the request is missing or one too many.
	{"object reference not set", ClassRequest},
}

// readError reads the error body of either version of the API.
func readError(op string, reply *transport.Reply, host hostKind, mask mask) *Error {
	e := &Error{
		Operation: op, HTTPStatus: reply.Status, Attempts: reply.Attempts,
		RetryAfter: transport.RetryAfter(reply.Header, time.Now()),
	}
	var body struct {
		Code, Message any // v1
		Title, Detail any // v2, RFC 7807
		Errors        any
	}
	err := json.Unmarshal(bytes.TrimPrefix(reply.Body, []byte("\ufeff")), &body)
	foreign := false
	if redirect := transport.Redirect(reply); redirect != nil {
		e.Err = errors.New(mask(redirect.Error()))
	} else if len(bytes.TrimSpace(reply.Body)) == 0 {
		e.Err = errors.New("empty reply")
	} else if foreign = err != nil; foreign {
		e.Body = snapshot(reply.Body, host, mask)
		e.Err = errors.New("the reply is not the API's JSON")
	}
	e.Code = clean(textOf(body.Code), mask)
	message := textOf(body.Message)
	if message == "" {
		message = strings.TrimSpace(textOf(body.Title) + " " + textOf(body.Detail))
	}
	e.Message = clean(strings.TrimPrefix(message+details(body.Errors), "; "), mask)
	e.Class = classify(e, host, textOf(body.Title) != "", foreign)
	if e.Class == ClassThrottle && e.RetryAfter == 0 {
		e.RetryAfter = time.Minute
	}
	return e
}

// details prints the Errors of a v2 reply, field by field in order.
func details(errs any) string {
	fields, ok := errs.(map[string]any)
	if !ok {
		if text := textOf(errs); text != "" {
			return "; " + text
		}
		return ""
	}
	var b strings.Builder
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, "; %s: %s", field, textOf(fields[field]))
	}
	return b.String()
}

// textOf prints a decoded JSON value that should be a string, or a list of them.
func textOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = textOf(v[i])
		}
		return strings.Join(texts, ", ")
	}
	text, _ := marshal(v)
	return string(text)
}

// clean makes a text from Linnworks fit for an error: on one line, bounded,
// without our secrets, and without the queries of the URLs that it repeats.
func clean(text string, mask mask) string {
	const limit = 1000
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, wire.WithoutQueries(wire.Head(text, mask)))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}

// mask strikes secrets out of a text.
type mask = func(string) string

// wrongToken stands in what Linnworks says of a session that it does not know.
const wrongToken = "token is wrong"

// classify decides by status, and of the refusals below 500 by text; foreign tells
// that the reply is not the API's. What a fault says in its text proves nothing of
// what was done. Throttles come first, which have been seen with other statuses than
// their own: taking one for "not found" has made programs create things twice.
func classify(e *Error, host hostKind, problem, foreign bool) Class {
	status := e.HTTPStatus
	said := textClass(e.Message)
	switch {
	case status == http.StatusTooManyRequests, said == ClassThrottle:
		return ClassThrottle
	case status >= 500, status == http.StatusRequestTimeout:
		return ClassSystem
	case status >= 300 && status < 400:
		return ClassRoute
	case status == http.StatusUnauthorized && (!foreign || host != hostAuth),
		status >= 400 && strings.Contains(strings.ToLower(e.Message), wrongToken):
		return ClassSession
	case foreign && status >= 400:
		return ClassUnknown // of a proxy, or a page to log in
	case said != "":
		return said
	case status == http.StatusForbidden:
		return ClassPermission
	case status == http.StatusNotFound && problem && (host == hostV2 || host == hostNew):
		return ClassNotFound // v2 says so of things too, in its own words
	case status == http.StatusNotFound:
		return ClassRoute
	case status >= 400:
		return ClassRequest
	}
	return ClassUnknown
}

// textClass returns the class that a text stands for, empty for none.
func textClass(text string) Class {
	text = strings.ToLower(text)
	for _, m := range messages {
		if strings.HasPrefix(text, m.begins) {
			return m.class
		}
	}
	return ""
}

// newError makes an Error of what the request path reports.
func newError(op string, reply *transport.Reply, err error) *Error {
	class := ClassUnknown
	if network, ok := errors.AsType[*transport.NetworkError](err); ok {
		class = ClassNetwork
		if network.Certificate {
			class = ClassCertificate
		}
	} else if _, ok := errors.AsType[*transport.PanicError](err); ok {
		class = ClassPanic
	} else if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		class = ClassCancelled
	} else if errors.Is(err, transport.ErrBodyTooLarge) {
		class = ClassDecode
	}
	return &Error{Operation: op, Class: class, HTTPStatus: reply.Status, Attempts: reply.Attempts, Err: err}
}

// IsTemporary reports whether the call may succeed later without a change. Before
// repeating a write that is not absolute, read back whether it took effect.
func IsTemporary(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Class.Temporary()
}

// IsThrottle reports whether Linnworks refused the call for its rate.
func IsThrottle(err error) bool { return is(err, ClassThrottle) }

// IsSession reports whether Linnworks refused the credentials of the application
// or, twice in a row, the session. Repeating does not help.
func IsSession(err error) bool { return is(err, ClassSession) }

// IsPermission reports whether the application lacks a permission.
func IsPermission(err error) bool { return is(err, ClassPermission) }

// IsNotFound reports whether the item or order does not exist. A throttle never
// is.
func IsNotFound(err error) bool { return is(err, ClassNotFound) }

// IsNoMorePages reports whether a page past the last one was asked for, which some
// operations answer as an error.
func IsNoMorePages(err error) bool { return is(err, ClassNoMorePages) }

// IsLocked reports whether Linnworks opens no session because the account is
// locked.
func IsLocked(err error) bool { return is(err, ClassLocked) }

// IsMaintenance reports whether Linnworks opens no session because the account is
// in maintenance.
func IsMaintenance(err error) bool { return is(err, ClassMaintenance) }

// IsUnavailable reports whether Linnworks opens no session for the state of the
// account: locked, in maintenance, or another.
func IsUnavailable(err error) bool {
	return is(err, ClassLocked, ClassMaintenance, ClassUnavailable)
}

// IsRequest reports whether the call itself is wrong. Repeating does not help.
func IsRequest(err error) bool { return is(err, ClassRequest) }

// IsOutcomeUnknown reports whether a call that is not a read may have taken effect
// although it failed: the network, a fault of Linnworks, an unreadable reply or
// the end of the context came between. Read back before repeating it. It asks every
// [*Error] that err is made of, but for the causes of one: a login that fails
// after the write comes before it.
func IsOutcomeUnknown(err error) bool {
	return wire.AnyError(err, func(err error) (unknown, settled bool) {
		switch e := err.(type) { //nolint:errorlint // AnyError unwraps
		case *Error:
			return e != nil && e.OutcomeUnknown, true
		case *UnreadableError:
			return e != nil && e.OutcomeUnknown, true
		}
		return false, false
	})
}

func is(err error, want ...Class) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(want, e.Class)
}

// snapshot keeps the beginning of a reply that could not be read, without our
// secrets; of a login, which is made of them, nothing.
func snapshot(body []byte, host hostKind, mask mask) []byte {
	const limit = 4 << 10
	if host == hostAuth {
		return nil
	}
	text := mask(string(body[:min(len(body), 2*limit)]))
	return []byte(text[:min(len(text), limit)])
}
