package spec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Others is the name of the field that stands for all members of an object
// that have no field of their own.
const Others = "*"

// add puts the fields of an overlay entry into an operation of the description.
// What the description has already is an error: the entry is out of date then.
func (o *Operation) add(entry *Operation) error {
	if o == nil {
		return errors.New("it adds to an operation that the description does not have")
	}
	if entry.Confidence == "" || entry.Evidence == "" {
		return errors.New("it lacks its evidence or its confidence")
	}
	if len(entry.Query) > 0 {
		query := &Schema{Kind: Object, Fields: o.Query}
		if err := query.add("query", &Schema{Kind: Object, Fields: entry.Query}, entry.Confidence); err != nil {
			return err
		}
		o.Query = query.Fields
	}
	for _, part := range []struct {
		at          string
		have, extra *Schema
	}{{"request", o.Request, entry.Request}, {"response", o.Response, entry.Response}} {
		if part.extra == nil {
			continue
		}
		if part.have == nil {
			return fmt.Errorf("the description has no %s to add to", part.at)
		}
		if err := part.have.add(part.at, part.extra, entry.Confidence); err != nil {
			return err
		}
	}
	return nil
}

func (s *Schema) add(at string, extra *Schema, confidence string) error {
	switch {
	case s.Kind == Object && extra.Kind == Object:
	case s.Kind == extra.Kind && (s.Kind == Array || s.Kind == Map):
		return s.Elem.add(at+"[]", extra.Elem, confidence)
	default:
		return fmt.Errorf("the description has %s as %s; take it out of the overlay", at, s.Kind)
	}
	if s.Fields == nil {
		s.Fields = map[string]*Schema{}
	}
	for _, name := range slices.Sorted(maps.Keys(extra.Fields)) {
		f := extra.Fields[name]
		if have := s.Fields[name]; have != nil {
			if err := have.add(at+"."+name, f, confidence); err != nil {
				return err
			}
			continue
		}
		f.Confidence = confidence
		s.Fields[name] = f
	}
	return nil
}
