package wire

import (
	"net/url"
	"reflect"
	"sync"

	"github.com/google/go-querystring/query"
)

// Query encodes what a request has for the query. Its other fields, which go into the
// body, are left out before: package query would look at the tags of each.
func Query(req any) (url.Values, error) {
	v := reflect.Indirect(reflect.ValueOf(req))
	if v.Kind() != reflect.Struct {
		return query.Values(req)
	}
	part := queryPartOf(v.Type())
	if part.typ == nil {
		return query.Values(req)
	}
	out := reflect.New(part.typ)
	for i, at := range part.fields {
		out.Elem().Field(i).Set(v.Field(at))
	}
	return query.Values(out.Interface())
}

// queryPart is a struct with some of the fields of another, nil for all.
type queryPart struct {
	typ    reflect.Type
	fields []int
}

var queryParts sync.Map // by the type of the request

func queryPartOf(t reflect.Type) queryPart {
	if have, ok := queryParts.Load(t); ok {
		return have.(queryPart)
	}
	var p queryPart
	var fields []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && !f.Anonymous && f.Tag.Get("url") != "-" {
			p.fields, fields = append(p.fields, i), append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: reflect.StructTag(`url:"` + f.Tag.Get("url") + `"`)})
		}
	}
	if len(fields) < t.NumField() {
		p.typ = reflect.StructOf(fields)
	}
	queryParts.Store(t, p)
	return p
}
