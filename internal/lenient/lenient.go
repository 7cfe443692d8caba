// Package lenient reads JSON replies that differ from their description.
//
// Replies are read with encoding/json first. Only where that fails does [Read]
// read them again, with three rules:
//
//   - A value of another JSON kind is taken where it says the same: a number in
//     quotes, a text written as a number or bool, "true " or 1 for a bool, a
//     whole number with a fraction of zeros; "" as absent for a number or bool;
//     "", [] and {} as empty for a list or an object; false as no page token.
//   - What cannot be read costs the record that it belongs to and no other. A
//     record is an element of the outermost list of the reply, or a member of
//     its outermost map, which may be a list of records itself; it is left out and
//     reported.
//   - What cannot be read outside of every list is reported too, and leaves its
//     field zero.
//
// A record that is null or empty is none, and one that has no field of its type
// cannot be read. A field with the tag reply:"always" cannot be read where it is
// missing, null or "": absent is not zero. Only [Unmarshal] sees these in replies
// which are else as described, and others that ask [AsDescribed].
//
// A report names fields, kinds and ids but never repeats another value, which
// may be a buyer's.
package lenient

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// Unread is what could not be read of a reply.
type Unread struct {
	// Record tells that the value was in a record, which was left out. The others
	// belong to the reply itself.
	Record bool
	// List is the path of the record's list, such as "orders", empty where the
	// reply is the list. Index is the record's place in it, -1 in a map.
	List  string
	Index int
	// ID is the record's id, or its key in a map, empty if none was found.
	ID string
	// Field is the path of the value in the record or reply.
	Field string
	// Why says how it differs, such as "is a JSON string, not a int".
	Why string
}

// ErrRecords is what the clients' errors are, to errors.Is, that come beside a
// result without the records that could not be read.
var ErrRecords = errors.New("records of the reply could not be read")

// String names the record, the field and the difference.
func (u Unread) String() string {
	field := u.Field
	if field == "" {
		field = "the value"
	}
	if !u.Record {
		return field + " " + u.Why
	}
	list := u.List
	if list == "" {
		list = "record"
	}
	if u.Index >= 0 {
		list = fmt.Sprintf("%s[%d]", list, u.Index)
	}
	if u.ID != "" {
		list += " (id " + u.ID + ")"
	}
	return list + ": " + field + " " + u.Why
}

// Unmarshal is json.Unmarshal, but falls back on [Read]. The error is one of
// syntax.
func Unmarshal(data []byte, out any) ([]Unread, error) {
	v := reflect.ValueOf(out).Elem()
	fresh := v.IsZero()
	err := json.Unmarshal(data, out)
	if err == nil && asDescribed(v, fresh, func() []byte { return data }) && !EmptyElement(data) || err != nil && !Readable(err) {
		return nil, err
	}
	if v.Kind() != reflect.Slice { // whose memory is of use again
		v.SetZero()
	}
	return Read(data, out, 0), nil
}

// UnmarshalAll is Unmarshal, but leaves no record out for one of its fields: such
// fields are zero, and reported as those of the reply are. It is for what is only
// looked into.
func UnmarshalAll(data []byte, out any) ([]Unread, error) {
	err := json.Unmarshal(data, out)
	if err == nil || !Readable(err) {
		return nil, err
	}
	v := reflect.ValueOf(out).Elem()
	v.SetZero()
	d := decoder{data: data, keep: true}
	return d.read(v), nil
}

// Readable reports whether err is one of json.Unmarshal that says that the text
// is JSON, of another shape.
func Readable(err error) bool {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, invalid := errors.AsType[*json.InvalidUnmarshalError](err)
	return err != nil && !syntax && !invalid
}

// Read reads data, which must be valid JSON, into the zero value that out points
// to. root is the depth of objects at which the payload stands: there and above,
// an empty text, list or object is not taken for another kind of emptiness.
func Read(data []byte, out any, root int) []Unread {
	d := decoder{data: data, root: root}
	return d.read(reflect.ValueOf(out).Elem())
}

func (d *decoder) read(v reflect.Value) []Unread {
	d.space()
	if !d.value(v, infoOf(v.Type()), outside) {
		d.report()
	}
	return d.unread
}

// place is where a value stands.
type place int

const (
	outside place = iota // of every record: a fault in it is the reply's
	between              // in the record, which is a list or map that holds records: a fault costs it all
	inside               // in a record
)

type decoder struct {
	data   []byte
	pos    int
	root   int
	keep   bool     // records with odd fields
	path   []string // the members that lead to the value
	odd    fault    // the first of the record, or what report reports
	unread []Unread
}

// fault is a value that cannot be read.
type fault struct {
	path []string // nil for none
	why  string
}

// report adds the fault, which is in no record.
func (d *decoder) report() {
	d.unread = append(d.unread, Unread{Index: -1, Field: strings.Join(d.odd.path, "."), Why: d.odd.why})
	d.odd = fault{}
}

// fail keeps the first fault and returns false.
func (d *decoder) fail(why string) bool {
	if d.odd.why == "" {
		d.odd = fault{append([]string(nil), d.path...), why}
	}
	return false
}

func (d *decoder) mistyped(raw []byte, t reflect.Type) bool {
	return d.fail("is a JSON " + kindOf(raw) + ", not a " + t.String())
}

func kindOf(raw []byte) string {
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "bool"
	case 'n':
		return "null"
	}
	return "number"
}

// value reads the value at pos into v, which stands in there, and reports whether
// it could.
func (d *decoder) value(v reflect.Value, t *info, in place) bool {
	if d.data[d.pos] == 'n' {
		d.pos += len("null")
		switch t.kind {
		case decodes:
			if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON([]byte("null")); err != nil {
				return d.refused([]byte("null"), t, err)
			}
		case pointer, list, dictionary, anything:
			v.SetZero()
		}
		return true
	}
	switch t.kind {
	case pointer:
		if v.IsNil() {
			v.Set(reflect.New(t.elem.typ))
		}
		return d.value(v.Elem(), t.elem, in)
	case object:
		if d.data[d.pos] == '{' {
			return d.object(v, t, in)
		}
	case list:
		if d.data[d.pos] == '[' {
			return d.list(v, t, in)
		}
	case dictionary:
		if d.data[d.pos] == '{' {
			return d.dictionary(v, t, in)
		}
	case anything:
		if !v.IsNil() && v.Elem().Kind() == reflect.Pointer && !v.Elem().IsNil() {
			to := v.Elem().Elem()
			return d.value(to, infoOf(to.Type()), in)
		}
	}
	raw := d.skip()
	switch t.kind {
	case decodes:
		if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(raw); err != nil {
			return d.refused(raw, t, err)
		}
	case text:
		return d.scalar(v, t, raw)
	case number, boolean:
		return d.scalar(v, t, raw)
	case parses:
		s, ok := scalarText(raw)
		if !ok || v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)) != nil {
			return d.mistyped(raw, t.typ)
		}
	case object, list, dictionary:
		if t.kind == list && t.elem.typ.Kind() == reflect.Uint8 && raw[0] == '"' {
			b, err := base64.StdEncoding.DecodeString(unquote(raw))
			if err != nil {
				return d.fail("is no base64")
			}
			v.SetBytes(b)
			return true
		}
		if len(d.path) > d.root && isEmpty(raw) {
			v.SetZero()
			return true
		}
		return d.mistyped(raw, t.typ)
	default: // anything, and what the package has no way of its own for
		if err := json.Unmarshal(raw, v.Addr().Interface()); err != nil {
			return d.refused(raw, t, err)
		}
	}
	return true
}

// refused fails with what a type's own decoder says, but for its words.
func (d *decoder) refused(raw []byte, t *info, err error) bool {
	if e, ok := errors.AsType[*fieldError](err); ok {
		outer := d.path
		d.path = append(d.path, e.path...)
		d.fail(e.why)
		d.path = outer
		return false
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
		kind, _, _ := strings.Cut(e.Value, " ")
		return d.fail("has a JSON " + kind + " in " + e.Field + ", not a " + e.Type.String())
	}
	return d.fail("is a JSON " + kindOf(raw) + " that is no " + t.typ.String())
}

func (d *decoder) object(v reflect.Value, t *info, in place) bool {
	ok := true
	var have uint64
	d.members(func(key []byte) {
		f := t.field(key)
		if f == nil {
			d.skip()
			return
		}
		if f.always != 0 && !d.atNothing() {
			have |= f.always
		}
		d.path = append(d.path, f.name)
		if !d.value(fieldByIndex(v, f.index), f.info, in) {
			if in != outside {
				ok = false
			} else {
				d.report()
			}
		}
		d.path = d.path[:len(d.path)-1]
	})
	for _, f := range t.fields {
		if have&f.always == f.always {
			continue
		}
		d.path = append(d.path, f.name)
		d.fail("is missing")
		d.path = d.path[:len(d.path)-1]
		if in != outside {
			ok = false
		} else {
			d.report()
		}
	}
	return ok
}

// fieldByIndex is v.FieldByIndex, but makes the embedded structs on the way.
func fieldByIndex(v reflect.Value, index []int) reflect.Value {
	for i, n := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(n)
	}
	return v
}

func (d *decoder) list(v reflect.Value, t *info, in place) bool {
	ok := true
	v.Clear()
	v.SetLen(0)
	n, index := 0, 0
	for d.pos++; d.more(']'); index++ {
		if n == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(n + 1)
		start := d.pos
		switch {
		case d.element(v.Index(n), t.elem, in):
			n++
		case in != outside:
			ok = false
			n++
		default:
			v.Index(n).SetZero()
			d.leaveOut(index, IDIn(d.data[start:d.pos]))
		}
	}
	if v.Cap() == 0 {
		v.Set(reflect.MakeSlice(t.typ, 0, 0))
	}
	v.SetLen(n)
	return ok
}

// element reads an element of a list. A record that says nothing is none, nor is one
// without a documented field; within a record an object may.
func (d *decoder) element(v reflect.Value, t *info, in place) bool {
	if !d.keep && isRecord(t, d.data[d.pos] == 'n') && (in != inside || d.data[d.pos] != '{') && d.atNothing() {
		raw := d.skip()
		if raw[0] == 'n' {
			return d.fail("is null")
		}
		return d.fail("is an empty " + kindOf(raw))
	}
	return d.record(v, t, in)
}

// record reads an element of a list or map.
func (d *decoder) record(v reflect.Value, t *info, in place) bool {
	switch {
	case d.keep:
	case in != inside && isRecord(t, false) && !d.knows(t):
		d.skip()
		return d.fail("has no documented field")
	case in != inside && t.holdsRecords():
		in = between
	default:
		in = inside
	}
	return d.value(v, t, in)
}

func (d *decoder) dictionary(v reflect.Value, t *info, in place) bool {
	ok := true
	v.Set(reflect.MakeMap(t.typ))
	elem := reflect.New(t.elem.typ).Elem()
	d.members(func(key []byte) {
		name := unquote(key)
		elem.SetZero()
		switch {
		case d.member(elem, t.elem, in):
			v.SetMapIndex(reflect.ValueOf(name).Convert(t.typ.Key()), elem)
		case in != outside:
			ok = false
		case isID(name):
			d.leaveOut(-1, name)
		default:
			d.leaveOut(-1, "")
		}
	})
	return ok
}

// member reads a member of a map. As one of a record, it may say nothing.
func (d *decoder) member(v reflect.Value, t *info, in place) bool {
	if in == outside {
		return d.element(v, t, in)
	}
	return d.record(v, t, in)
}

// leaveOut reports a record.
func (d *decoder) leaveOut(index int, id string) {
	d.unread = append(d.unread, Unread{
		Record: true, List: strings.Join(d.path, "."), Index: index, ID: id,
		Field: strings.Join(d.odd.path[len(d.path):], "."), Why: d.odd.why,
	})
	d.odd = fault{}
}

// scalar reads a text, number or bool.
func (d *decoder) scalar(v reflect.Value, t *info, raw []byte) bool {
	if t.kind == text && raw[0] == '"' {
		v.SetString(unquote(raw))
		return true
	}
	s, ok := scalarText(raw)
	if !ok {
		return d.mistyped(raw, t.typ)
	}
	quoted := raw[0] == '"'
	if quoted {
		s = strings.TrimSpace(s)
	}
	switch k := v.Kind(); {
	case t.kind == text && (raw[0] == 't' || raw[0] == 'f') && d.atToken():
		if raw[0] == 't' {
			return d.mistyped(raw, t.typ)
		}
		v.SetZero()
	case t.kind == text:
		v.SetString(s)
	case quoted && s == "":
		v.SetZero()
	case k == reflect.Bool:
		b, err := strconv.ParseBool(strings.ToLower(s))
		if err != nil {
			return d.mistyped(raw, t.typ)
		}
		v.SetBool(b)
	case v.CanInt():
		n, ok := whole(s)
		if !ok || !n.IsInt64() || v.OverflowInt(n.Int64()) {
			return d.mistyped(raw, t.typ)
		}
		v.SetInt(n.Int64())
	case v.CanUint():
		n, ok := whole(s)
		if !ok || !n.IsUint64() || v.OverflowUint(n.Uint64()) {
			return d.mistyped(raw, t.typ)
		}
		v.SetUint(n.Uint64())
	default:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || wire.CheckDecimal(s) != nil && quoted || v.OverflowFloat(f) {
			return d.mistyped(raw, t.typ)
		}
		v.SetFloat(f)
	}
	return true
}

// atToken reports whether the value is that of a token, which is opaque: the text
// of a bool would be sent back as one.
func (d *decoder) atToken() bool {
	return len(d.path) > 0 && strings.HasSuffix(strings.ToLower(d.path[len(d.path)-1]), "token")
}

// whole returns the integer that a number stands for.
func whole(s string) (*big.Int, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return big.NewInt(n), true
	}
	r, ok := wire.Rat(s)
	if !ok || !r.IsInt() {
		return nil, false
	}
	return r.Num(), true
}

// scalarText returns what a JSON text, number or bool says.
func scalarText(raw []byte) (string, bool) {
	switch raw[0] {
	case '"':
		return unquote(raw), true
	case '{', '[', 'n':
		return "", false
	}
	return string(raw), true
}

// isEmpty reports whether raw is an empty text, list or object.
func isEmpty(raw []byte) bool {
	switch raw[0] {
	case '"':
		return strings.TrimSpace(unquote(raw)) == ""
	case '[', '{':
		d := decoder{data: raw, pos: 1}
		d.space()
		return d.pos == len(raw)-1
	}
	return false
}

// unquote returns what a JSON string says.
func unquote(raw []byte) string {
	inner := raw[1 : len(raw)-1]
	plain := true
	for _, c := range inner {
		if c == '\\' || c >= utf8.RuneSelf {
			plain = false
			break
		}
	}
	if plain {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is valid
	return s
}
