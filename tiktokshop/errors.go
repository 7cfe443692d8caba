package tiktokshop

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/lenient"
	"github.com/linnbridge/linnbridge/internal/transport"
	"github.com/linnbridge/linnbridge/internal/wire"
)

// Class sorts errors by what a caller does about them.
type Class string

// The classes. The list is complete for this version of the package; codes that
// it does not know are [ClassUnknown].
const (
	ClassThrottle      Class = "throttle"       // too many calls, by TikTok's count or the client's own: repeat later
	ClassSystem        Class = "system"         // TikTok's fault or overload: repeat a safe call, read back after a write
	ClassNetwork       Class = "network"        // no complete reply: as ClassSystem
	ClassCertificate   Class = "certificate"    // the server's certificate is not trusted: nothing was sent
	ClassLock          Class = "lock"           // something else holds the object: repeat later
	ClassNotReady      Class = "not ready"      // still being made, such as a label: repeat in seconds
	ClassToken         Class = "token"          // access token expired, invalid or not to be had
	ClassAuthorisation Class = "authorisation"  // the seller has to authorise (again)
	ClassSignature     Class = "signature"      // wrong app key, secret, signature or clock
	ClassAccount       Class = "account"        // shop or seller inactive
	ClassConfiguration Class = "configuration"  // app or warehouse settings
	ClassRequest       Class = "request"        // the call itself is wrong: do not repeat
	ClassRoute         Class = "route"          // redirected: the address is not that of the API
	ClassShippingModel Class = "shipping model" // another call ships this order: route it there
	ClassNotFound      Class = "not found"      // the object does not exist or belongs to another shop
	ClassState         Class = "state"          // the object is not in a state that allows the call: read it
	ClassOnHold        Class = "on hold"        // the order is in its remorse window
	ClassCancelPending Class = "cancel pending" // a cancellation or return is open: go through the cancellation gate
	ClassAlreadyDone   Class = "already done"   // read back; a success if it equals what was wanted
	ClassData          Class = "data"           // a person has to correct tracking, address, size or the like, or to give up
	ClassDerivedStock  Class = "derived stock"  // stock that cannot be set, such as that of a virtual bundle
	ClassDecode        Class = "decode"         // the reply has another shape than documented
	ClassStore         Class = "token store"    // the program's TokenStore failed: no call was sent
	ClassPanic         Class = "panic"          // code that the program plugged in panicked: store, limiter, middleware, callback
	ClassCancelled     Class = "cancelled"      // the caller's context ended first
	ClassUnknown       Class = "unknown"        // unknown code: not repeated
)

// Temporary reports whether the same call may succeed later without anybody
// changing anything.
func (c Class) Temporary() bool {
	switch c {
	case ClassThrottle, ClassSystem, ClassNetwork, ClassLock, ClassNotReady, ClassStore:
		return true
	}
	return false
}

// Owner is who can mend a failure.
type Owner string

// The owners. Nobody is needed where time mends it, where what was asked for has
// happened already, and where the caller ended the call.
const (
	OwnerNobody     Owner = ""
	OwnerSeller     Owner = "seller"     // has to act in TikTok Shop: consent, account
	OwnerIntegrator Owner = "integrator" // code, credentials, settings, rates
	OwnerTikTok     Owner = "TikTok"     // its support, with the request id
	OwnerOperations Owner = "operations" // orders, parcels, listings, and the machines that this runs on
)

// Owner tells who can mend a failure of this class.
func (c Class) Owner() Owner { return owners[c] }

var owners = map[Class]Owner{
	ClassThrottle:      OwnerIntegrator,
	ClassSystem:        OwnerTikTok,
	ClassNetwork:       OwnerOperations,
	ClassCertificate:   OwnerOperations,
	ClassLock:          OwnerNobody,
	ClassNotReady:      OwnerNobody,
	ClassToken:         OwnerIntegrator,
	ClassAuthorisation: OwnerSeller,
	ClassSignature:     OwnerIntegrator,
	ClassAccount:       OwnerSeller,
	ClassConfiguration: OwnerIntegrator,
	ClassRequest:       OwnerIntegrator,
	ClassRoute:         OwnerIntegrator,
	ClassShippingModel: OwnerIntegrator,
	ClassNotFound:      OwnerIntegrator,
	ClassState:         OwnerOperations,
	ClassOnHold:        OwnerNobody,
	ClassCancelPending: OwnerOperations,
	ClassAlreadyDone:   OwnerNobody,
	ClassData:          OwnerOperations,
	ClassDerivedStock:  OwnerIntegrator,
	ClassDecode:        OwnerIntegrator,
	ClassStore:         OwnerOperations,
	ClassPanic:         OwnerIntegrator,
	ClassCancelled:     OwnerNobody,
	ClassUnknown:       OwnerIntegrator,
}

// Remedy says how to mend a failure of this class, in half a sentence. It is
// empty where there is nothing to do.
func (c Class) Remedy() string { return remedies[c] }

var remedies = map[Class]string{
	ClassThrottle:      "retry later; lower the rate if it persists",
	ClassSystem:        "retry later",
	ClassNetwork:       "retry later",
	ClassCertificate:   "check the address, the proxy, and the clock and root certificates of this machine",
	ClassLock:          "retry later",
	ClassNotReady:      "retry in a few seconds",
	ClassToken:         "refresh the access token or configure a source that can; if that is refused, the seller authorises the app again",
	ClassAuthorisation: "the seller authorises the app again, see ConsentLink",
	ClassSignature:     "the integrator checks the app key, the app secret and the clock (5 minutes behind to 30 seconds ahead is accepted)",
	ClassAccount:       "the seller restores the shop in Seller Center",
	ClassConfiguration: "the integrator corrects the settings in Partner Center or Seller Center",
	ClassRequest:       "the integrator corrects the call",
	ClassRoute:         "the integrator checks the address that the client was given, and the proxy",
	ClassShippingModel: "ship the order with the call for its market and shipping type",
	ClassNotFound:      "check the id and the shop",
	ClassState:         "read the object and decide again",
	ClassOnHold:        "wait until the order is AWAITING_SHIPMENT",
	ClassCancelPending: "decide the cancellation or return first",
	ClassAlreadyDone:   "read back: nothing to do if it equals what was wanted",
	ClassData:          "a person corrects what the message names",
	ClassDerivedStock:  "set the stock of the components or of the source listing instead",
	ClassStore:         "retry later; check the program's token store if it persists",
	ClassPanic:         "the integrator corrects the function that panicked",
	ClassDecode:        "report it with the request id: the API answered in an undocumented shape",
	ClassUnknown:       "the integrator looks the code up",
}

// readBack is the remedy of a write whose outcome is unknown.
const readBack = "it may have taken effect: read back before doing it again"

// lostTokens is that of the calls whose outcome nobody can read back.
var lostTokens = map[string]string{
	opExchangeCode: "the code may be used up: the seller authorises the app again",
	opRefreshToken: "repeat it with the same refresh token; if that is refused, the seller authorises the app again",
}

// Error is a failed call. Find it with errors.As or errors.AsType, or ask the
// predicates of this package. Its text names the operation, the cause and the
// remedy, and holds no secret; Message and Code are TikTok's words.
//
// https://partner.tiktokshop.com/docv2/page/common-errors
type Error struct {
	// Operation is the service and method, such as Order.GetOrderList.
	Operation string
	// Shop is the id of the shop that the client was bound to.
	Shop string
	// Code is TikTok's business code, 0 when the reply carried none.
	Code int
	// Message is TikTok's text, cut after a kilobyte. The client's own secrets
	// are struck out of it.
	Message string
	// HTTPStatus is 0 when no reply arrived. TikTok answers most business
	// errors with 200.
	HTTPStatus int
	// RequestID is what TikTok's support asks for.
	RequestID string
	// Class sorts the error by what to do about it.
	Class Class
	// OutcomeUnknown says that the call is a write that may have taken effect:
	// an attempt was sent, and what came back, if anything, does not tell.
	OutcomeUnknown bool
	// RetryAfter is the pause that TikTok asked for, 0 if it did not.
	RetryAfter time.Duration
	// Attempts is how often the call was sent, 0 if it never was.
	Attempts int
	// Body is the beginning of a reply that could not be read, at most 4 KiB.
	// It is not part of the text: it may hold a buyer's data.
	Body []byte `json:"-"`
	// Err is the cause, if there is one beneath the reply.
	Err error `json:"-"`
	// Consent makes the link to give the seller, see [ConsentLink]. It is nil
	// unless only a new consent helps and [WithConsentLink] was given.
	Consent func(context.Context) (string, error) `json:"-"`
}

// Owner tells who can mend the failure.
func (e *Error) Owner() Owner { return e.Class.Owner() }

// Error names the operation, what failed, and the remedy, in one line.
func (e *Error) Error() string {
	var b strings.Builder
	writeCall(&b, e.Operation, e.Shop)
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
	remedy := e.Class.Remedy()
	if e.OutcomeUnknown {
		remedy = cmp.Or(lostTokens[e.Operation], readBack)
	}
	// A cause of the same kind has named its remedy already.
	if _, nested := errors.AsType[*Error](e.Err); remedy != "" && (!nested || e.OutcomeUnknown) {
		fmt.Fprintf(&b, "; %s", remedy)
	}
	return oneLine(b.String())
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Format prints the text for every verb: Body must not reach a log through %+v.
func (e Error) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// PartialError reports a call that succeeded for some items only. The result of
// the method is complete for the items that are not named here.
type PartialError struct {
	// Operation, Shop and RequestID are as in [Error].
	Operation string
	Shop      string
	RequestID string
	// Items are the items that failed, at least one.
	Items []ItemError
}

// ItemError is the failure of one item of a call.
type ItemError struct {
	// Code is TikTok's code; some modules send numbers, some strings.
	Code ID
	// Message is TikTok's text, as in [Error].
	Message string
	// Class sorts the failure like [Error.Class].
	Class Class
	// Detail is the JSON that names the item, such as {"sku_id":"..."}. Only
	// its ids are part of the text.
	Detail json.RawMessage `json:"-"`
}

// Error lists the first items, in one line.
func (e *PartialError) Error() string {
	var b strings.Builder
	writeCall(&b, e.Operation, e.Shop)
	fmt.Fprintf(&b, ": %d item(s) failed", len(e.Items))
	for i, item := range e.Items {
		if i == 5 {
			fmt.Fprintf(&b, "; and %d more", len(e.Items)-i)
			break
		}
		fmt.Fprintf(&b, "; %s", item)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return oneLine(b.String())
}

// Format prints the text for every verb.
func (e PartialError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// String names the item, the code and TikTok's text.
func (e ItemError) String() string {
	var b strings.Builder
	if ids := idsIn(e.Detail); ids != "" {
		fmt.Fprintf(&b, "%s: ", ids)
	}
	b.WriteString(string(e.Class))
	if e.Code != "" {
		fmt.Fprintf(&b, ": code %s", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	return oneLine(b.String())
}

// Format prints the text for every verb: Detail is TikTok's and may hold
// anything.
func (e ItemError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.String()) }

// LogValue is String for slog.
func (e ItemError) LogValue() slog.Value { return slog.StringValue(e.String()) }

// writeCall begins the text of an error.
func writeCall(b *strings.Builder, op, shop string) {
	b.WriteString("tiktokshop: " + op)
	if shop != "" {
		b.WriteString(" (shop " + shop + ")")
	}
}

// oneLine keeps what TikTok or a joined cause wrote from starting a line of its
// own in a log.
func oneLine(s string) string {
	return strings.NewReplacer("\r\n", "; ", "\n", "; ", "\r", "; ").Replace(s)
}

// naming are the fields by which TikTok names an item. No other field of a
// detail is printed: it may be a buyer's.
var naming = []string{
	"id", "code", "sku_id", "sku_code", "product_id", "warehouse_id", "warehouse_code", "package_id",
	"conversation_id", "material_id", "local_product_id", "region", "order_id", "order_ids", "external_order_id", "order_line_item_id", "order_line_item_ids", "line_item_id",
	"cancel_id", "return_id",
}

// idsIn lists the naming fields of a JSON object, at any depth.
func idsIn(detail json.RawMessage) string {
	var root any
	d := json.NewDecoder(bytes.NewReader(detail))
	d.UseNumber()
	if d.Decode(&root) != nil {
		return ""
	}
	var found []string
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(key, v[key])
			}
		case []any:
			for _, v := range v {
				walk(key, v)
			}
		case string, json.Number:
			if slices.Contains(naming, key) {
				found = append(found, fmt.Sprintf("%s %s", key, v))
			}
		}
	}
	walk("", root)
	return clip(strings.Join(found, ", "), 200)
}

// clip cuts s after n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "..."
}

// IsPartial reports whether a call succeeded for some items only: the error is
// or wraps a [*PartialError].
func IsPartial(err error) bool {
	_, ok := errors.AsType[*PartialError](err)
	return ok
}

// partial finds the per-item errors that a reply with code 0 may carry: a list, one
// alone, or, in an object, one for each item. One that cannot be read still counts:
// it is not a success. Some operations have them under other names, see [failures].
func (p *signed) partial(data []byte) error {
	var items []ItemError
	told := lenient.Member(data, "errors")
	if len(told) > 0 && told[0] != '[' && hasErrors(p.out) {
		return nil
	}
	for _, one := range failuresIn(told) {
		if item, failed := p.item(one); failed {
			items = append(items, item)
		}
	}
	if p.replay != replayRead { // what else a read tells is data
		for _, f := range failures(data) {
			if item, failed := p.item(f); failed {
				items = append(items, item)
			}
		}
	}
	if len(items) == 0 {
		return nil
	}
	return &PartialError{Operation: p.op, Shop: p.shop, RequestID: p.requestID(), Items: items}
}

// hasErrors reports whether out has a field for errors that is no list: something of
// the caller's own, who makes a raw call.
func hasErrors(out any) bool {
	t := reflect.TypeOf(out)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return false
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && strings.EqualFold(cmp.Or(name, f.Name), "errors") {
			return f.Type.Kind() != reflect.Slice
		}
	}
	return false
}

// failure is the JSON of what went wrong with an item, and the key that it had in an
// object.
type failure struct {
	key string
	raw json.RawMessage
}

// failuresIn returns the failures that the member errors of a reply tells.
func failuresIn(told json.RawMessage) (found []failure) {
	if len(told) == 0 {
		return nil
	}
	var list []json.RawMessage
	var object map[string]json.RawMessage
	switch {
	case json.Unmarshal(told, &list) == nil:
		for _, raw := range list {
			found = append(found, failure{raw: raw})
		}
		return found
	case json.Unmarshal(told, &object) != nil:
		return []failure{{raw: told}}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if object[key][0] != '{' {
			return []failure{{raw: told}} // these are the members of one
		}
		found = append(found, failure{key, object[key]})
	}
	return found
}

// item reads one of the errors of a reply, and reports whether it is one.
func (p *signed) item(f failure) (item ItemError, failed bool) {
	var of struct {
		Code    ID              `json:"code"`
		Message string          `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	_ = json.Unmarshal(f.raw, &of)
	switch f.raw[0] {
	case 'n', 'f':
		return item, false
	case '"': // which may hold anything, and is told in Detail alone
		if len(bytes.Trim(f.raw, "\" ")) == 0 {
			return item, false
		}
	case '{', '[', 't':
	default:
		of.Code = ID(f.raw)
	}
	if of.Code == "0" && f.raw[0] == '{' {
		return item, false
	}
	switch {
	case of.Detail != nil:
	case f.key != "":
		of.Detail, _ = json.Marshal(map[string]any{"id": f.key, "error": f.raw})
	default:
		of.Detail = f.raw // some operations name the item beside the code
	}
	return ItemError{
		Code: ID(p.clean(string(of.Code))), Message: p.clean(of.Message), Class: classOfItem(of.Code), Detail: wire.ScrubJSON(of.Detail, p.known()...),
	}, true
}

// classOf returns the class of the first *Error in err's tree.
func classOf(err error) (Class, bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class, true
	}
	return "", false
}

// The predicates look for the first *Error in the tree of err. For a
// *PartialError look at the Class of its items.

// OwnerOf tells who can mend err, the integrator for errors of other packages.
func OwnerOf(err error) Owner {
	class, ok := classOf(err)
	switch {
	case err == nil:
		return OwnerNobody
	case !ok:
		return OwnerIntegrator
	}
	return class.Owner()
}

// IsTemporary reports whether the call may succeed later without anybody changing
// anything. Ask [IsOutcomeUnknown] first: a write may have taken effect.
func IsTemporary(err error) bool {
	c, ok := classOf(err)
	return ok && c.Temporary()
}

// IsOutcomeUnknown reports whether err is that of a write which may have taken
// effect: no complete reply came, or one that does not tell. Read back before
// doing it again; the methods whose names end in Verified do that, and their
// [NotAppliedError] is not of unknown outcome. It asks every [*Error] that err is
// made of, but for the causes of one: they may be those of another call, such as
// the refresh of the token.
func IsOutcomeUnknown(err error) bool {
	return wire.AnyError(err, func(err error) (unknown, settled bool) {
		switch e := err.(type) { //nolint:errorlint // AnyError unwraps
		case *NotAppliedError:
			return false, true
		case *Error:
			return e != nil && e.OutcomeUnknown, true
		case *UnreadableError:
			return e != nil && e.OutcomeUnknown, true
		}
		return false, false
	})
}

// IsThrottle reports whether the call was refused for its rate, by TikTok or by
// the client's own limiter when the deadline left no time to wait.
func IsThrottle(err error) bool { return is(err, ClassThrottle) }

// IsNotFound reports whether the object does not exist or belongs to another
// shop. A throttle never is.
func IsNotFound(err error) bool { return is(err, ClassNotFound) }

// IsState reports whether the object is not in a state that allows the call: read
// it and decide again.
func IsState(err error) bool { return is(err, ClassState) }

// IsAlreadyDone reports whether what was asked for has happened before: read back
// to see whether it is what was wanted.
func IsAlreadyDone(err error) bool { return is(err, ClassAlreadyDone) }

// IsOnHold reports whether the order is still in its remorse window.
func IsOnHold(err error) bool { return is(err, ClassOnHold) }

// IsCancelPending reports whether an open cancellation or return blocks the call.
func IsCancelPending(err error) bool { return is(err, ClassCancelPending) }

// IsWrongShippingModel reports whether another call ships this order: which one
// depends on the market and on the order's shipping type, and orders that TikTok
// fulfils are shipped by none.
func IsWrongShippingModel(err error) bool { return is(err, ClassShippingModel) }

// IsDerivedStock reports whether the stock cannot be set, such as that of a
// virtual bundle.
func IsDerivedStock(err error) bool { return is(err, ClassDerivedStock) }

// IsInactive reports whether the shop or its seller is inactive: pause the shop,
// tell the seller.
func IsInactive(err error) bool { return is(err, ClassAccount) }

// NeedsAuthorisation reports whether the seller has to authorise the app (again):
// pause the shop and send the [ConsentLink].
func NeedsAuthorisation(err error) bool { return is(err, ClassAuthorisation) }

func is(err error, want Class) bool {
	c, ok := classOf(err)
	return ok && c == want
}

// ConsentLink returns the link to give the seller after an error for which
// [NeedsAuthorisation] holds. It is made by the function of [WithConsentLink] at
// the time of this call, since a link lives as long as its state, and is no part
// of the error's text, since who follows it connects a shop.
func ConsentLink(ctx context.Context, err error) (link string, linkErr error) {
	defer func() {
		if p := transport.Recovered(recover()); p != nil {
			link, linkErr = "", &Error{Operation: "ConsentLink", Class: ClassPanic, Err: p}
		}
	}()
	for e := range causes(err) {
		if e.Consent != nil {
			return e.Consent(ctx)
		}
	}
	return "", errors.New("tiktokshop: the error carries no link: give RefreshingTokens WithConsentLink, or send the seller to the page that begins a consent")
}

// causes yields the errors of this package that err is made of, outermost first.
func causes(err error) iter.Seq[*Error] {
	return func(yield func(*Error) bool) {
		for {
			e, ok := errors.AsType[*Error](err)
			if !ok || !yield(e) {
				return
			}
			err = e.Err
		}
	}
}

// snapshot keeps the beginning of a reply that could not be read, without our
// secrets.
func (p *signed) snapshot(body []byte) []byte {
	const limit = 4 << 10
	text := wire.Scrub(string(body[:min(len(body), 2*limit)]), p.known()...)
	return []byte(text[:min(len(text), limit)])
}
