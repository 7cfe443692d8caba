package lenient

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// kind is how a type is read.
type kind int

const (
	other      kind = iota // by encoding/json
	pointer                //
	decodes                // by its own UnmarshalJSON
	parses                 // by its own UnmarshalText
	text                   //
	number                 //
	boolean                //
	object                 // a struct
	list                   // a slice
	dictionary             // a map with plain text as keys
	anything               // an interface without methods
)

// info is what reading a type needs to know of it.
type info struct {
	typ    reflect.Type
	kind   kind
	elem   *info
	fields []*field
	named  map[string]*field
	always uint64 // the bits of the fields that must not lack
	checks bool   // there are such fields, here or further down
	lists  bool   // it holds lists or maps, outside of records
}

// field is a field of a struct, its embedded ones included.
type field struct {
	name   string
	index  []int
	info   *info
	always uint64 // its bit, 0 if it may lack
}

// field returns the field for a quoted key, the exact one first, nil for none.
func (t *info) field(key []byte) *field {
	if f := t.named[string(key[1:len(key)-1])]; f != nil {
		return f
	}
	name := unquote(key)
	if f := t.named[name]; f != nil {
		return f
	}
	for _, f := range t.fields {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

// holdsRecords reports whether t is a list or map, the elements of which may be
// records.
func (t *info) holdsRecords() bool {
	for t.kind == pointer {
		t = t.elem
	}
	return t.kind == list || t.kind == dictionary
}

var (
	infos    sync.Map // reflect.Type to *info, complete
	building sync.Mutex
	built    = map[reflect.Type]*info{} // guarded by building
)

func infoOf(t reflect.Type) *info {
	if known, ok := infos.Load(t); ok {
		return known.(*info)
	}
	building.Lock()
	defer building.Unlock()
	var made []*info
	i := build(t, &made)
	for again := true; again; { // a type may contain itself
		again = false
		for _, m := range made {
			checks := m.always != 0 || m.elem != nil && m.elem.checks ||
				slices.ContainsFunc(m.fields, func(f *field) bool { return f.info.checks })
			lists := m.kind == list || m.kind == dictionary || m.kind == pointer && m.elem.lists ||
				slices.ContainsFunc(m.fields, func(f *field) bool { return f.info.lists })
			again = again || checks != m.checks || lists != m.lists
			m.checks, m.lists = checks, lists
		}
	}
	infos.Store(t, i)
	return i
}

var (
	jsonType = reflect.TypeFor[json.Unmarshaler]()
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// build returns what is known of t, and adds what it had to find out to made.
func build(t reflect.Type, made *[]*info) *info {
	if i := built[t]; i != nil {
		return i
	}
	i := &info{typ: t}
	*made = append(*made, i)
	built[t] = i // before its parts: a type may contain itself
	switch p := reflect.PointerTo(t); {
	case t.Kind() == reflect.Pointer:
		i.kind, i.elem = pointer, build(t.Elem(), made)
		return i
	case p.Implements(jsonType):
		i.kind = decodes
		return i
	case p.Implements(textType):
		i.kind = parses
		return i
	}
	switch t.Kind() {
	case reflect.String:
		i.kind = text
		if t == reflect.TypeFor[json.Number]() {
			i.kind = other
		}
	case reflect.Bool:
		i.kind = boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		i.kind = number
	case reflect.Struct:
		i.kind = object
		i.named = map[string]*field{}
		i.addFields(t, nil, made)
	case reflect.Slice:
		i.kind, i.elem = list, build(t.Elem(), made)
	case reflect.Map:
		if key := t.Key(); key.Kind() == reflect.String && !reflect.PointerTo(key).Implements(textType) {
			i.kind, i.elem = dictionary, build(t.Elem(), made)
		}
	case reflect.Interface:
		if t.NumMethod() == 0 {
			i.kind = anything
		}
	}
	return i
}

// addFields adds the fields of a struct, then those of the structs embedded in
// it, which must not take the name of one that was there before.
func (t *info) addFields(of reflect.Type, index []int, made *[]*info) {
	var embedded []reflect.StructField
	for f := range of.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case tag == "-" && options == "":
			continue
		case f.Anonymous && tag == "" && inner.Kind() == reflect.Struct && (f.IsExported() || f.Type.Kind() == reflect.Struct):
			embedded = append(embedded, f)
			continue
		case !f.IsExported():
			continue
		}
		name := tag
		if name == "" {
			name = f.Name
		}
		if t.named[name] == nil {
			part := &field{name: name, index: append(append([]int(nil), index...), f.Index...), info: build(f.Type, made)}
			if f.Tag.Get("reply") == "always" {
				part.always = t.always + 1
				t.always |= part.always
			}
			t.fields, t.named[name] = append(t.fields, part), part
		}
	}
	for _, f := range embedded {
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		t.addFields(inner, append(append([]int(nil), index...), f.Index...), made)
	}
}

// Says reports whether a JSON object, null or nothing at all has, for the struct that
// v points to through any number of pointers, a value: a member that is neither null
// nor an empty text, list or object, and of which the same holds if it is a struct
// itself. Zero and false are values. It reports true for other types.
func Says(data []byte, v any) bool {
	t := infoOf(reflect.TypeOf(v))
	for t.kind == pointer {
		t = t.elem
	}
	if t.kind != object {
		return true
	}
	d := decoder{data: data}
	d.space()
	return d.pos < len(data) && d.says(t)
}

// says is Says for the value at pos, and goes behind it.
func (d *decoder) says(t *info) bool {
	for t.kind == pointer {
		t = t.elem
	}
	switch {
	case d.atNothing():
		d.skip()
		return false
	case t.kind != object || d.data[d.pos] != '{':
		d.skip()
		return true
	}
	said := false
	d.members(func(key []byte) {
		f := t.field(key)
		if f == nil || said {
			d.skip()
			return
		}
		said = d.says(f.info)
	})
	return said
}

// KnowsAny reports whether a JSON object has a member that the struct which v
// points to, through any number of pointers, has a field for. It reports true
// for other values, and for other types.
func KnowsAny(data []byte, v any) bool {
	t := infoOf(reflect.TypeOf(v))
	for t.kind == pointer {
		t = t.elem
	}
	d := decoder{data: data}
	d.space()
	if t.kind != object || d.pos == len(data) || data[d.pos] != '{' {
		return true
	}
	at := d
	return !isEmpty(at.skip()) && d.knows(t)
}
