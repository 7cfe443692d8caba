package linnworkstest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// encode writes a reply as the server does. The client's own encoding leaves
// zero values out, writes dates with a zone and hides secrets; the server sends
// every field, dates without a zone and the year one for none, the zero GUID
// for none, and empty lists.
func encode(v any) []byte { return appendValue(nil, reflect.ValueOf(v)) }

func appendValue(b []byte, v reflect.Value) []byte {
	switch x := v.Interface().(type) {
	case linnworks.GUID:
		if x == "" {
			x = linnworks.ZeroGUID
		}
		return appendPlain(b, string(x))
	case linnworks.Time:
		return append(b, x.UTC().Format(`"2006-01-02T15:04:05.999"`)...)
	case linnworks.Secret:
		return appendPlain(b, x.Reveal())
	case linnworks.Decimal:
		return appendPlain(b, x)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return appendValue(b, v.Elem())
	case reflect.Struct:
		b = append(b, '{')
		first := true
		for i := range v.NumField() {
			name := jsonName(v.Type().Field(i))
			if name == "-" {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = append(appendPlain(b, name), ':')
			b = appendValue(b, v.Field(i))
		}
		return append(b, '}')
	case reflect.Slice:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, v.Index(i))
		}
		return append(b, ']')
	case reflect.Map: // with string keys
		keys := map[string]reflect.Value{}
		for _, k := range v.MapKeys() {
			keys[k.String()] = v.MapIndex(k)
		}
		b = append(b, '{')
		for i, k := range slices.Sorted(maps.Keys(keys)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendPlain(b, k), ':')
			b = appendValue(b, keys[k])
		}
		return append(b, '}')
	}
	return appendPlain(b, v.Interface())
}

// appendPlain writes a value that encoding/json writes as the server does.
func appendPlain(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("linnworkstest: encoding a reply: " + err.Error())
	}
	return append(b, text...)
}
