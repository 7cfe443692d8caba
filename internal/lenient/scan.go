package lenient

import (
	"bytes"
	"reflect"
	"strings"
)

// The scanner relies on its text being valid JSON.

func (d *decoder) space() {
	for d.pos < len(d.data) {
		switch d.data[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

// more goes to the next element of a list or member of an object, and reports
// whether there is one; if not, it goes behind the end.
func (d *decoder) more(end byte) bool {
	d.space()
	if d.data[d.pos] == ',' {
		d.pos++
		d.space()
	}
	if d.data[d.pos] == end {
		d.pos++
		return false
	}
	return true
}

// members calls read for each member of the object at pos, with its quoted key
// and pos at its value, which read must go behind.
func (d *decoder) members(read func(key []byte)) {
	for d.pos++; d.more('}'); {
		key := d.skip()
		d.space()
		d.pos++ // the colon
		d.space()
		read(key)
	}
}

// skip goes behind the value at pos and returns it.
func (d *decoder) skip() []byte {
	start := d.pos
	switch d.data[start] {
	case '"':
		d.quoted()
	case '{', '[':
		for depth := 0; ; {
			switch d.data[d.pos] {
			case '"':
				d.quoted()
				continue
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			}
			if d.pos++; depth == 0 {
				break
			}
		}
	default:
		for d.pos < len(d.data) && !endsScalar(d.data[d.pos]) {
			d.pos++
		}
	}
	return d.data[start:d.pos]
}

func endsScalar(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', ',', ':', ']', '}':
		return true
	}
	return false
}

// quoted goes behind the string at pos.
func (d *decoder) quoted() {
	for d.pos++; ; d.pos++ {
		n := bytes.IndexByte(d.data[d.pos:], '"')
		escaped := bytes.IndexByte(d.data[d.pos:d.pos+n], '\\')
		if escaped < 0 {
			d.pos += n + 1
			return
		}
		d.pos += escaped + 1 // and behind what it escapes
	}
}

// EmptyElement reports whether valid JSON may have a null or an empty object in a
// list. It is quick, and takes texts that look so for one too.
func EmptyElement(data []byte) bool {
	for _, end := range []string{"null", "}"} {
		for rest := data; ; {
			at := bytes.Index(rest, []byte(end))
			if at < 0 {
				break
			}
			before := trimSpace(rest[:at])
			if end == "}" { // what else it ends has a value before it, which is no comma
				before = trimSpace(bytes.TrimSuffix(before, []byte("{")))
			}
			if n := len(before); n > 0 && (before[n-1] == '[' || before[n-1] == ',') {
				return true
			}
			rest = rest[at+len(end):]
		}
	}
	return false
}

func trimSpace(data []byte) []byte { return bytes.TrimRight(data, " \t\r\n") }

// isRecord reports whether an element of type t is a struct with fields. One with
// a decoder of its own decides what it takes, but for null. A list of texts may
// have a null for each that is not there.
func isRecord(t *info, null bool) bool {
	for t.kind == pointer {
		t = t.elem
	}
	return t.kind == object && len(t.fields) > 0 || null && t.typ.Kind() == reflect.Struct
}

// atNothing reports whether the value at pos is null, or an empty text, list or
// object.
func (d *decoder) atNothing() bool {
	at := decoder{data: d.data, pos: d.pos}
	raw := at.skip()
	return raw[0] == 'n' || isEmpty(raw)
}

// AsDescribed reports whether out, which was zero before json.Unmarshal read data
// into it, needs no second reading but for elements that are empty (see
// [EmptyElement]): it has all fields that must be there, and no record without a
// documented one. data is asked for only where out does not tell.
func AsDescribed(out any, data func() []byte) bool {
	return asDescribed(reflect.ValueOf(out).Elem(), true, data)
}

func asDescribed(v reflect.Value, fresh bool, data func() []byte) bool {
	t := infoOf(v.Type())
	return (fresh && filled(v, t) || complete(data(), t)) && !hollow(v, t)
}

// hollow reports whether a record in v is zero. It may say zeros.
func hollow(v reflect.Value, t *info) bool {
	switch t.kind {
	case pointer:
		return !v.IsNil() && hollow(v.Elem(), t.elem)
	case object:
		for _, f := range t.fields {
			if !f.info.lists {
				continue
			}
			if fv, err := v.FieldByIndexErr(f.index); err == nil && hollow(fv, f.info) {
				return true
			}
		}
	case list:
		for i := 0; t.elem.mayHollow() && i < v.Len(); i++ {
			if hollowRecord(v.Index(i), t.elem) {
				return true
			}
		}
	case dictionary:
		if !t.elem.mayHollow() {
			return false
		}
		for it := v.MapRange(); it.Next(); {
			if hollowRecord(it.Value(), t.elem) {
				return true
			}
		}
	}
	return false
}

// mayHollow reports whether an element of type t is a record, or a list or map of them.
func (t *info) mayHollow() bool { return isRecord(t, false) || t.holdsRecords() }

func hollowRecord(v reflect.Value, t *info) bool {
	if t.holdsRecords() {
		return hollow(v, t)
	}
	return isHollow(v)
}

func isHollow(v reflect.Value) bool {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	return v.IsZero()
}

// knows reports whether the value at pos has a member that t, an object or a
// pointer to one, has a field for. It reports true for other values, and for objects
// without members.
func (d *decoder) knows(t *info) bool {
	for t.kind == pointer {
		t = t.elem
	}
	at := decoder{data: d.data, pos: d.pos}
	if at.data[at.pos] != '{' {
		return true
	}
	members := false
	for at.pos++; at.more('}'); members = true {
		if t.field(at.skip()) != nil {
			return true
		}
		at.space()
		at.pos++ // the colon
		at.space()
		at.skip()
	}
	return !members
}

// filled reports whether no field that must be there is zero in v, which was zero
// before it was read. It is the quick way to know that they were all there.
func filled(v reflect.Value, t *info) bool {
	if !t.checks {
		return true
	}
	switch t.kind {
	case pointer:
		return v.IsNil() || filled(v.Elem(), t.elem)
	case object:
		for _, f := range t.fields {
			if f.always == 0 && !f.info.checks {
				continue
			}
			fv, err := v.FieldByIndexErr(f.index)
			if err != nil || f.always != 0 && fv.IsZero() || !filled(fv, f.info) {
				return false
			}
		}
	case list:
		for i := range v.Len() {
			if !filled(v.Index(i), t.elem) {
				return false
			}
		}
	case dictionary:
		for it := v.MapRange(); it.Next(); {
			if !filled(it.Value(), t.elem) {
				return false
			}
		}
	}
	return true
}

// complete reports whether data, which was read into a t, lacks no field that must
// be there.
func complete(data []byte, t *info) bool {
	if !t.checks {
		return true
	}
	d := decoder{data: data}
	if d.space(); d.pos == len(data) {
		return true // nothing was read
	}
	return d.complete(t)
}

// complete goes behind the value at pos, which is of type t as described.
func (d *decoder) complete(t *info) bool {
	ok := true
	for t.kind == pointer {
		t = t.elem
	}
	switch first := d.data[d.pos]; {
	case !t.checks, first == 'n':
		d.skip()
	case t.kind == object && first == '{':
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
			ok = d.complete(f.info) && ok
		})
		ok = ok && have == t.always
	case t.kind == list && first == '[':
		for d.pos++; d.more(']'); {
			ok = d.complete(t.elem) && ok
		}
	case t.kind == dictionary && first == '{':
		d.members(func([]byte) { ok = d.complete(t.elem) && ok })
	default:
		d.skip()
	}
	return ok
}

// Member returns the value of a member of an object in valid JSON, nil if there
// is none. Like encoding/json it takes the name in any case, and the last of several.
func Member(data []byte, name string) (value []byte) {
	each(data, func(key string, raw []byte) {
		if strings.EqualFold(key, name) {
			value = raw
		}
	})
	return value
}

// each calls f for the members of an object; other values have none.
func each(data []byte, f func(key string, raw []byte)) {
	d := decoder{data: data}
	d.space()
	if d.pos == len(data) || data[d.pos] != '{' {
		return
	}
	d.members(func(key []byte) { f(unquote(key), d.skip()) })
}

// idNames are the members that identify a record, the best first, in small
// letters without underscores and without the pk that Linnworks puts before.
var idNames = []string{
	"id", "orderid", "productid", "returnid", "cancelid", "packageid", "stockitemid", "skuid", "statementid",
	"paymentid", "transactionid", "warehouseid", "sku", "sellersku", "code",
}

// personal are parts of the names of members that identify a person.
var personal = []string{"user", "buyer", "customer", "open", "creator", "tax", "national"}

// IDIn returns the id of a record in valid JSON, empty if it has none.
func IDIn(raw []byte) string {
	best, found := len(idNames)+1, ""
	each(raw, func(key string, raw []byte) {
		name := strings.TrimPrefix(strings.ReplaceAll(strings.ToLower(key), "_", ""), "pk")
		rank := len(idNames)
		for i, n := range idNames {
			if n == name {
				rank = i
			}
		}
		if rank == len(idNames) {
			if !strings.HasSuffix(name, "id") {
				return
			}
			for _, p := range personal {
				if strings.Contains(name, p) {
					return
				}
			}
		}
		if s, ok := scalarText(raw); ok && rank < best && isID(s) {
			best, found = rank, s
		}
	})
	return found
}

// isID reports whether s may be printed as an id.
func isID(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_', c == '.', c == '/', c == ':':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 64
}
