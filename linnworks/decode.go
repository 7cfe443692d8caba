package linnworks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// Unreadable is a record of a reply that could not be read.
type Unreadable struct {
	// List is the path of the record's list in the reply, such as Data, empty
	// where the reply is the list. Index is the record's place in it, -1 in a map.
	List  string
	Index int
	// ID is the id that the record has, a map's key, empty if it has none.
	ID string
	// Field is the path of the value that could not be read, empty for the record
	// itself, and Why says how it differs. Neither holds the value.
	Field, Why string
}

// String names the record, the field and the difference.
func (u Unreadable) String() string {
	return lenient.Unread{Record: true, List: u.List, Index: u.Index, ID: u.ID, Field: u.Field, Why: u.Why}.String()
}

// UnreadableError is a call that succeeded, but some records of its reply could
// not be read. The result of the call is returned beside it and holds all the
// others. An iterator hands out those of the page first, then the error, and goes
// on to the next page.
type UnreadableError struct {
	// Operation is the service and method, such as Orders.GetOrdersByID.
	Operation string
	// Records are the records that are missing from the result, at least one.
	Records []Unreadable
	// OutcomeUnknown tells that the call is a write: what became of these records
	// is to be read back.
	OutcomeUnknown bool
}

// Error names the operation and the first few records.
func (e *UnreadableError) Error() string {
	const most = 5
	var texts []string
	for _, r := range e.Records[:min(len(e.Records), most)] {
		texts = append(texts, r.String())
	}
	if more := len(e.Records) - most; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("linnworks: %s: %d record(s) of the reply could not be read: %s; report it with the operation",
		e.Operation, len(e.Records), strings.Join(texts, "; "))
}

// Is makes the iterators go on.
func (e *UnreadableError) Is(target error) bool { return target == lenient.ErrRecords }

// Format prints the text for every verb.
func (e UnreadableError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// LogValue is the text for slog.
func (e UnreadableError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// Errors that decode returns beside those of shape.
var (
	errEmptyReply = errors.New("empty reply where a result is documented")
	errUnknown    = errors.New("the reply is an object without any documented field")
	errUnexpected = errors.New("the reply holds something where nothing is documented")
	errNotJSON    = errors.New("the reply is not the API's JSON")
)

// objectError is an error that came with the status of a success.
type objectError struct{ code, message string }

func (objectError) Error() string { return "the reply is an error object with the status of a success" }

// decode reads the body of a successful reply to op into out, nil for an operation
// without a result, and reports the records that it left out. What counts as an
// answer is decided here:
//
//   - Without a result the answer is nothing: an empty reply, null or a blank text.
//     All else is an error, but for a text where op.empty says that one is known.
//   - An empty reply and null are an empty list or map. Where a struct or a scalar is
//     documented they are an error, for nothing is not zero, unless op.empty: then out
//     stays as it is. So is a blank text, unless a string is documented.
//   - An amount, a date or an id alone that is none is an error. In a list of ids it
//     is a record that was left out.
//   - An object that holds an error's code and message alone, or a problem of
//     version 2, is an error, and so is one that has none of the fields of the
//     documented struct, {} included.
//   - Where an object is documented without its members, it is an object, and one that
//     has some, unless op.hollow: the documented type has none.
//   - Else the rules of package lenient hold.
//
// Of the caller's own operation, op.raw, nothing is known but what an error looks like.
func decode(body []byte, out any, op operation) ([]lenient.Unread, error) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	mayBeEmpty := op.empty || op.raw
	if len(body) == 0 || string(body) == "null" || isBlankText(body) && !takesText(out) {
		if mayBeEmpty || out == nil || holdsNothing(reflect.TypeOf(out).Elem()) {
			return nil, nil
		}
		return nil, errEmptyReply
	}
	if out == nil {
		return nil, decodeNone(body, op)
	}
	unread, err := lenient.Unmarshal(body, out)
	if text, ok := out.(*string); ok && err != nil && op.raw && isPlain(body) {
		*text = string(body)
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotJSON, err)
	}
	v := reflect.ValueOf(out).Elem()
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		return nil, decodeRaw(body, op)
	}
	suspect := len(unread) > 0 || v.Kind() == reflect.Map && v.Len() <= len(errorNames) || v.Kind() == reflect.Struct && v.IsZero()
	if suspect {
		if err := asErrorObject(body); err != nil {
			return nil, err
		}
		if !lenient.KnowsAny(body, out) && (!mayBeEmpty || !isEmptyObject(body)) {
			return nil, errUnknown
		}
	}
	if value, ok := out.(interface{ Err() error }); ok && value.Err() != nil {
		return nil, value.Err()
	}
	if id, ok := out.(*GUID); ok && !guidForm(string(*id)) {
		return nil, errors.New("the reply is no GUID")
	}
	if ids, ok := out.(*[]GUID); ok {
		unread = append(unread, keepIDs(ids, len(unread) == 0)...)
	}
	for _, u := range unread {
		if !u.Record {
			return nil, fmt.Errorf("the reply has another shape than documented: %s", u)
		}
	}
	return unread, nil
}

// keepIDs leaves what is no id out of a list of ids, and returns it. whole reports
// whether the list is as it came, so that the places in it are those of the reply.
func keepIDs(ids *[]GUID, whole bool) (unread []lenient.Unread) {
	kept := (*ids)[:0]
	for i, id := range *ids {
		if guidForm(string(id)) {
			kept = append(kept, id)
			continue
		}
		if !whole {
			i = -1
		}
		unread = append(unread, lenient.Unread{Record: true, Index: i, Why: "is no GUID"})
	}
	*ids = kept
	return unread
}

// decodeNone judges a reply, which is not empty, where no result is wanted.
func decodeNone(body []byte, op operation) error {
	valid := json.Valid(body)
	if valid {
		if err := asErrorObject(body); err != nil {
			return err
		}
	}
	switch {
	case valid && (op.raw || isBlankText(body)):
		return nil
	case (op.raw || op.empty) && (isPlain(body) || valid && body[0] == '"'):
		return nil
	case !valid:
		return errNotJSON
	}
	return errUnexpected
}

// decodeRaw judges a reply, which is not empty, of which no member is documented.
func decodeRaw(body []byte, op operation) error {
	switch err := asErrorObject(body); {
	case err != nil:
		return err
	case op.raw:
		return nil
	case body[0] == '{':
		if !op.hollow && isEmptyObject(body) {
			return errEmptyReply
		}
		return nil
	case op.number && strings.IndexByte("-0123456789", body[0]) >= 0:
		return nil
	}
	return errors.New("the reply is no object, which is documented")
}

// isEmptyObject reports whether valid JSON is an object without members.
func isEmptyObject(body []byte) bool {
	return body[0] == '{' && len(bytes.TrimSpace(body[1:len(body)-1])) == 0
}

// holdsNothing reports whether nothing is a value of t: an empty list, map, or
// anything. A text of JSON is none of a list.
func holdsNothing(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t != reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Map || t.Kind() == reflect.Interface
}

// isBlankText reports whether body is a JSON string of blanks, or of nothing.
func isBlankText(body []byte) bool {
	return body[0] == '"' && json.Valid(body) && strings.TrimSpace(bare(body)) == ""
}

// takesText reports whether a JSON string is a value for out, or for what decode
// says of out.
func takesText(out any) bool {
	if out == nil {
		return true
	}
	t := reflect.TypeOf(out).Elem()
	return holdsNothing(t) || t == reflect.TypeFor[string]()
}

// isPlain reports whether body is a text, and begins as none of JSON or of a page of
// HTML. What was compressed, or is in another encoding, is none.
func isPlain(body []byte) bool {
	strange := func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) && !unicode.IsSpace(r) }
	return !bytes.ContainsAny(body[:1], "{[<\"") && !bytes.ContainsFunc(body, strange)
}

// errorNames are the members of an error object of either version of the API, in
// small letters.
var errorNames = map[string]bool{
	"code": true, "message": true, "messagedetail": true, "exceptionmessage": true, "exceptiontype": true, "stacktrace": true,
	"type": true, "title": true, "status": true, "detail": true, "instance": true, "errors": true, "traceid": true, // RFC 7807
}

// asErrorObject returns an objectError if body, which is valid JSON, is one.
func asErrorObject(body []byte) error {
	var members map[string]json.RawMessage
	if body[0] != '{' || json.Unmarshal(body, &members) != nil {
		return nil //nolint:nilerr // not an object
	}
	texts := map[string]string{}
	for name, raw := range members {
		name = strings.ToLower(name)
		if !errorNames[name] {
			return nil
		}
		texts[name] = bare(raw)
	}
	for _, name := range []string{"message", "exceptionmessage"} {
		if message, told := texts[name]; told {
			return objectError{texts["code"], message}
		}
	}
	if status, err := strconv.Atoi(texts["status"]); err == nil && status >= 400 && texts["title"] != "" {
		return objectError{message: strings.TrimSpace(texts["title"] + " " + texts["detail"])}
	}
	return nil
}

// unread is the error of a successful reply, by what decode found.
func (p *inSession) unread(unread []lenient.Unread) error {
	if len(unread) == 0 {
		return nil
	}
	e := &UnreadableError{Operation: p.op, OutcomeUnknown: p.replay != replayRead}
	for _, u := range unread {
		e.Records = append(e.Records, Unreadable{List: u.List, Index: u.Index, ID: p.clean(u.ID), Field: u.Field, Why: u.Why})
	}
	return e
}
