package tiktokshop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Class sorts errors by what a caller does about them.
type Class string

// The classes. The list is complete for this version of the package; codes that
// it does not know are [ClassUnknown].
const (
	ClassThrottle      Class = "throttle"       // too many calls: repeat later
	ClassSystem        Class = "system"         // TikTok's fault or overload: repeat a safe call, read back after a write
	ClassNetwork       Class = "network"        // no complete reply: as ClassSystem
	ClassLock          Class = "lock"           // something else holds the object: repeat later
	ClassNotReady      Class = "not ready"      // still being made, such as a label: repeat in seconds
	ClassToken         Class = "token"          // access token expired or invalid
	ClassAuthorisation Class = "authorisation"  // the seller has to authorise (again)
	ClassSignature     Class = "signature"      // wrong secret, signature or clock
	ClassAccount       Class = "account"        // shop or seller inactive
	ClassConfiguration Class = "configuration"  // app or warehouse settings
	ClassRequest       Class = "request"        // the call itself is wrong: do not repeat
	ClassNotFound      Class = "not found"      // the object does not exist or belongs to another shop
	ClassState         Class = "state"          // the object is not in a state that allows the call: read it
	ClassOnHold        Class = "on hold"        // the order is in its remorse window
	ClassCancelPending Class = "cancel pending" // a cancellation or return is open: go through the cancellation gate
	ClassAlreadyDone   Class = "already done"   // read back; a success if it equals what was wanted
	ClassData          Class = "data"           // a person has to correct tracking, address, size or the like
	ClassDerivedStock  Class = "derived stock"  // stock that cannot be set, such as that of a virtual bundle
	ClassDecode        Class = "decode"         // the reply has another shape than documented
	ClassCancelled     Class = "cancelled"      // the caller's context ended
	ClassUnknown       Class = "unknown"        // unknown code: not repeated
)

// Temporary tells whether the same call may succeed later without anybody
// changing anything.
func (c Class) Temporary() bool {
	switch c {
	case ClassThrottle, ClassSystem, ClassNetwork, ClassLock, ClassNotReady:
		return true
	}
	return false
}

// remedies says who can mend a class and how.
var remedies = map[Class]string{
	ClassThrottle:      "retry later; lower the rate if it persists",
	ClassSystem:        "retry later; read back before repeating a write",
	ClassNetwork:       "retry later; read back before repeating a write",
	ClassLock:          "retry later",
	ClassNotReady:      "retry in a few seconds",
	ClassToken:         "refresh the access token; if that is refused, the seller authorises the app again",
	ClassAuthorisation: "the seller authorises the app again",
	ClassSignature:     "the integrator checks the app secret and the clock (5 minutes behind to 30 seconds ahead is accepted)",
	ClassAccount:       "the seller restores the shop in Seller Center",
	ClassConfiguration: "the integrator corrects the settings in Partner Center or Seller Center",
	ClassRequest:       "the integrator corrects the call",
	ClassNotFound:      "check the id and the shop",
	ClassState:         "read the object and decide again",
	ClassOnHold:        "wait until the order is AWAITING_SHIPMENT",
	ClassCancelPending: "decide the cancellation or return first",
	ClassAlreadyDone:   "read back: nothing to do if it equals what was wanted",
	ClassData:          "a person corrects the data named in the message",
	ClassDerivedStock:  "set the stock of the components or of the source listing instead",
	ClassDecode:        "report it with the request id: the API answered in an undocumented shape",
}

// Error is a failed call. Find it with errors.As or errors.AsType.
type Error struct {
	// Operation is the service and method, such as Order.GetOrderList.
	Operation string
	// Shop is the id of the shop that the client was bound to.
	Shop string
	// Code is TikTok's business code, 0 when the reply carried none.
	Code int
	// Message is TikTok's text.
	Message string
	// HTTPStatus is 0 when no reply arrived.
	HTTPStatus int
	// RequestID is what TikTok's support asks for.
	RequestID string
	Class     Class
	// RetryAfter is the pause that TikTok asked for.
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
	fmt.Fprintf(&b, "tiktokshop: %s", e.Operation)
	if e.Shop != "" {
		fmt.Fprintf(&b, " (shop %s)", e.Shop)
	}
	fmt.Fprintf(&b, ": %s", e.Class)
	if e.Code != 0 {
		fmt.Fprintf(&b, ": code %d", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.HTTPStatus != 0 && e.HTTPStatus != http.StatusOK {
		fmt.Fprintf(&b, " [HTTP %d]", e.HTTPStatus)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
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

// PartialError reports a call that succeeded for some items only. The result of
// the method is complete for the items that are not named here.
type PartialError struct {
	Operation string
	Shop      string
	RequestID string
	Items     []ItemError
}

// ItemError is the failure of one item of a call.
type ItemError struct {
	// Code is TikTok's code; some modules send numbers, some strings.
	Code    ID
	Message string
	Class   Class
	// Detail is the JSON that names the item, such as {"sku_id":"..."}.
	Detail json.RawMessage
}

// Error lists the items.
func (e *PartialError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tiktokshop: %s", e.Operation)
	if e.Shop != "" {
		fmt.Fprintf(&b, " (shop %s)", e.Shop)
	}
	fmt.Fprintf(&b, ": %d item(s) failed", len(e.Items))
	for i, item := range e.Items {
		if i == 5 {
			fmt.Fprintf(&b, "; and %d more", len(e.Items)-i)
			break
		}
		fmt.Fprintf(&b, "; code %s: %s %s", item.Code, item.Message, item.Detail)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return b.String()
}

// partial finds the per-item errors that a reply with code 0 may carry.
func partial(op, shop, requestID string, data []byte) error {
	if !bytes.Contains(data, []byte(`"errors"`)) {
		return nil
	}
	var reply struct {
		Errors []struct {
			Code    ID              `json:"code"`
			Message string          `json:"message"`
			Detail  json.RawMessage `json:"detail"`
		} `json:"errors"`
	}
	// An errors field of another shape belongs to the operation's own data.
	if json.Unmarshal(data, &reply) != nil || len(reply.Errors) == 0 {
		return nil
	}
	e := &PartialError{Operation: op, Shop: shop, RequestID: requestID}
	for _, item := range reply.Errors {
		e.Items = append(e.Items, ItemError{
			Code: item.Code, Message: item.Message, Class: classOfCode(string(item.Code)), Detail: item.Detail,
		})
	}
	return e
}

// classOf returns the class of the first *Error in err's tree.
func classOf(err error) (Class, bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class, true
	}
	return "", false
}

// IsTemporary tells whether the call may succeed later without a change.
func IsTemporary(err error) bool {
	c, ok := classOf(err)
	return ok && c.Temporary()
}

// IsThrottle tells whether TikTok refused the call for its rate.
func IsThrottle(err error) bool { return is(err, ClassThrottle) }

// IsNotFound tells whether the object does not exist. A throttle never is.
func IsNotFound(err error) bool { return is(err, ClassNotFound) }

// IsAlreadyDone tells whether what was asked for has happened before: read back
// to see whether it is what was wanted.
func IsAlreadyDone(err error) bool { return is(err, ClassAlreadyDone) }

// IsOnHold tells whether the order is still in its remorse window.
func IsOnHold(err error) bool { return is(err, ClassOnHold) }

// IsCancelPending tells whether an open cancellation or return blocks the call.
func IsCancelPending(err error) bool { return is(err, ClassCancelPending) }

// NeedsAuthorisation tells whether the seller has to authorise the app again.
func NeedsAuthorisation(err error) bool { return is(err, ClassAuthorisation) }

func is(err error, want Class) bool {
	c, ok := classOf(err)
	return ok && c == want
}

// snapshot keeps the beginning of a reply that could not be read.
func snapshot(body []byte) []byte {
	const limit = 4 << 10
	return bytes.Clone(body[:min(len(body), limit)])
}
