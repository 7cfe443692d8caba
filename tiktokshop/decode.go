package tiktokshop

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

	"github.com/linnbridge/linnbridge/internal/lenient"
	"github.com/linnbridge/linnbridge/internal/transport"
)

// Unreadable is a record of a reply that could not be read.
type Unreadable struct {
	// List is the path of the record's list in the data, such as orders, empty
	// where the data is the list. Index is the record's place in it, -1 in a map.
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
	// Operation, Shop and RequestID are as in [Error].
	Operation string
	Shop      string
	RequestID string
	// Records are the records that are missing from the result, at least one.
	Records []Unreadable
	// OutcomeUnknown tells that the call is a write: what became of these records
	// is to be read back.
	OutcomeUnknown bool
}

// Error names the first records, in one line.
func (e *UnreadableError) Error() string {
	const most = 5
	var b strings.Builder
	writeCall(&b, e.Operation, e.Shop)
	fmt.Fprintf(&b, ": %d record(s) of the reply could not be read", len(e.Records))
	for i, r := range e.Records {
		if i == most {
			fmt.Fprintf(&b, "; and %d more", len(e.Records)-i)
			break
		}
		fmt.Fprintf(&b, "; %s", r)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", e.RequestID)
	}
	return oneLine(b.String() + "; report it with the request id")
}

// Is makes the iterators go on.
func (e *UnreadableError) Is(target error) bool { return target == lenient.ErrRecords }

// Format prints the text for every verb.
func (e UnreadableError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// LogValue is the text for slog.
func (e UnreadableError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// envelope wraps every reply. A field of another type than documented leaves the
// others readable.
type envelope struct {
	Code      replyCode `json:"code"`
	Message   string    `json:"message"`
	Data      any       `json:"data"` // points to where the data goes
	RequestID ID        `json:"request_id"`
}

// replyCode is the code of an envelope. One that stands there twice, where the last
// would count, says nothing.
type replyCode struct {
	number int
	known  bool
	times  int
}

// UnmarshalJSON reads a number, or one as text. One out of range is no code, nor is
// one that nobody writes: a text of zeros says nothing about success.
func (c *replyCode) UnmarshalJSON(b []byte) error {
	c.times++
	if c.read(string(b)) {
		return nil
	}
	var text ID
	if err := text.UnmarshalJSON(b); err != nil {
		return err
	}
	c.read(string(text))
	return nil
}

// read reports whether s is a number as it is written.
func (c *replyCode) read(s string) bool {
	n, err := strconv.Atoi(s)
	if err != nil || len(s) > 1 && (s[0] == '0' || s[0] == '+' || strings.HasPrefix(s, "-0")) {
		return false
	}
	c.number, c.known = n, true
	return true
}

// code returns the business code, and whether there was one.
func (e envelope) code() (code int, ok bool) {
	if !e.Code.known || e.Code.times > 1 {
		return 0, false
	}
	return e.Code.number, true
}

// dropped takes data that nobody wants.
type dropped struct{}

func (*dropped) UnmarshalJSON([]byte) error { return nil }

// reset empties the envelope and what the caller gave for the data.
func (p *signed) reset() {
	p.envelope.Data, p.unread = nil, nil
	if p.filled && p.out != nil {
		reflect.ValueOf(p.out).Elem().SetZero()
	}
	p.filled = false
}

// unmarshal reads the envelope, and with it its data, in one pass: the data is
// most of a reply. Only where that fails it is read again, leniently.
func (p *signed) unmarshal(body []byte) error {
	again := func() {
		p.reset()
		p.envelope = envelope{Data: p.out}
		if p.out == nil {
			p.envelope.Data = new(dropped)
		}
		p.filled = true
	}
	again()
	err := json.Unmarshal(body, &p.envelope)
	if err == nil && p.asDescribed(body) || err != nil && !lenient.Readable(err) {
		return err
	}
	again()
	err = nil
	for _, u := range lenient.Read(body, &p.envelope, 1) {
		list, inData := strings.CutPrefix(u.List+".", "data.")
		u.List = strings.TrimSuffix(list, ".")
		if !u.Record {
			u.Field, inData = strings.CutPrefix(u.Field+".", "data.")
			u.Field = strings.TrimSuffix(u.Field, ".")
			if u.Field == "code" || u.Field == "" && !inData {
				err = errors.New(u.String())
			}
		}
		if inData {
			p.unread = append(p.unread, u)
		}
	}
	return err
}

// asDescribed reports whether the data of body needs no second reading.
func (p *signed) asDescribed(body []byte) bool {
	return !lenient.EmptyElement(body) &&
		(p.out == nil || lenient.AsDescribed(p.out, func() []byte { return lenient.Member(body, "data") }))
}

// result is the outcome of a call whose envelope is that of a success. What
// counts as an answer is decided here:
//
//   - Data that says nothing, because it is missing, empty or holds nothing but
//     empty values, is an error, unless the operation may answer so: searches that
//     find nothing, and writes that answer with failures alone or not at all.
//   - Data that is an object of which no field is documented is an error.
//   - Else the rules of package lenient hold: what cannot be read costs its
//     record, or, outside of all lists, the call.
//   - Items that failed, in a member named errors or, of a write, in one of
//     failureMembers, are a [*PartialError].
//   - A result about another thing than was asked for, which other tells, is an error.
func (p *signed) result(reply *transport.Reply, other func() bool) error {
	fail := func(err error) error {
		e := p.error(ClassDecode, err)
		e.HTTPStatus, e.Body = reply.Status, p.snapshot(reply.Body)
		e.OutcomeUnknown = p.replay != replayRead // what it did cannot be read
		return e
	}
	body := bytes.TrimPrefix(reply.Body, []byte("\ufeff"))
	var partial error
	if mentionsErrors(body) || p.replay != replayRead && mentionsFailures(body) {
		partial = p.partial(lenient.Member(body, "data"))
	}
	var records []Unreadable
	for _, u := range p.unread {
		switch {
		case !u.Record && partial != nil && strings.EqualFold(u.Field, "errors"):
			// No list, but the failures are told.
		case !u.Record:
			return fail(fmt.Errorf("the data has another shape than documented: %s", u))
		default:
			records = append(records, Unreadable{List: u.List, Index: u.Index, ID: p.clean(u.ID), Field: u.Field, Why: u.Why})
		}
	}
	if partial == nil && len(records) == 0 && p.out != nil && isZeroStruct(p.out) {
		data := lenient.Member(body, "data")
		switch nothing := len(bytes.Trim(data, "{} \t\r\n")) == 0 || string(data) == "null"; {
		case nothing && !p.empty:
			return fail(errors.New("the reply is empty where a result is documented"))
		case !nothing && !lenient.KnowsAny(data, p.out) && lenient.Member(data, "errors") == nil:
			return fail(errors.New("the data is an object without any documented field"))
		case !p.empty && !lenient.Says(data, p.out):
			return fail(errors.New("the reply holds empty values alone where a result is documented"))
		}
	}
	switch {
	case partial == nil && other():
		return fail(errOther)
	case partial == nil && len(records) == 0:
		return nil
	case partial == nil:
		return p.unreadable(records)
	case len(records) == 0:
		return partial
	}
	return fmt.Errorf("%w; also: %w", partial, p.unreadable(records))
}

// unreadable is the error of a success that lacks records.
func (p *signed) unreadable(records []Unreadable) *UnreadableError {
	return &UnreadableError{
		Operation: p.op, Shop: p.shop, RequestID: p.requestID(), Records: records, OutcomeUnknown: p.replay != replayRead,
	}
}

// mentionsErrors reports whether body may have a member named errors, in whatever case:
// encoding/json takes it in each. It looks for its end, which few names have.
func mentionsErrors(body []byte) bool {
	const start = `"error`
	for _, end := range [][]byte{[]byte(`s"`), []byte(`S"`)} {
		for rest := body; ; {
			at := bytes.Index(rest, end)
			if at < 0 {
				break
			}
			if at >= len(start) && strings.EqualFold(string(rest[at-len(start):at]), start) {
				return true
			}
			rest = rest[at+1:]
		}
	}
	return false
}

func isZeroStruct(out any) bool {
	v := reflect.ValueOf(out).Elem()
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	return v.Kind() == reflect.Struct && v.IsZero()
}
