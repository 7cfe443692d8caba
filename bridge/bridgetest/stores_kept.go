package bridgetest

import (
	"github.com/linnbridge/linnbridge/bridge/store"
)

// keptTests are about labels and values.
var keptTests = map[string]func(*storeTest){
	"labels":         testLabels,
	"labels: copies": testLabelCopies,
	"values":         testValues,
	"values: copies": testValueCopies,
}

func testLabels(s *storeTest) {
	ctx := s.Context()
	want := map[[2]string]store.LabelDocument{}
	put := func(order, pack, content string) {
		s.Helper()
		d := filled[store.LabelDocument](s.T, len(content))
		d.OrderID, d.PackageID, d.Content = order, pack, []byte(content)
		s.ok(s.PutLabel(ctx, d))
		want[[2]string{order, pack}] = d
	}
	verify := func(step string) {
		s.Helper()
		s.reopen()
		for _, order := range []string{"1", "2", "3"} {
			for _, pack := range []string{"p", "q"} {
				d, have, err := s.Label(ctx, order, pack)
				s.ok(err)
				w, wanted := want[[2]string{order, pack}]
				if have != wanted {
					s.Errorf("%s: label of order %s, package %s: got one: %t, want %t", step, order, pack, have, wanted)
				} else if diff := labelDiff(w, d); diff != "" {
					s.Errorf("%s: label of order %s, package %s%s", step, order, pack, diff)
				}
			}
		}
	}
	verify("empty")
	put("1", "p", "one, p")
	put("1", "q", "one, q\x00\xff")
	put("2", "p", "two, p")
	verify("put")
	put("1", "p", "one, p, replaced")
	verify("replaced")
	s.ok(s.DropLabels(ctx, "1", "unknown"))
	s.ok(s.DropLabels(ctx))
	delete(want, [2]string{"1", "p"})
	delete(want, [2]string{"1", "q"})
	verify("dropped")
}

// labelDiff compares labels by their fields: they print without content.
func labelDiff(want, got store.LabelDocument) string {
	type fields struct {
		order, pack, kind string
		content           string
	}
	of := func(d store.LabelDocument) fields {
		return fields{d.OrderID, d.PackageID, d.ContentType, string(d.Content)}
	}
	if of(want) != of(got) {
		return ": the fields differ"
	}
	if want.OrderID == "" {
		return ""
	}
	return different(want.FetchedAt, got.FetchedAt)
}

func testLabelCopies(s *storeTest) {
	given := store.LabelDocument{OrderID: "1", PackageID: "p", Content: []byte("label")}
	s.ok(s.PutLabel(s.Context(), given))
	given.Content[0] = 'X'
	for range 2 {
		d, _, err := s.Label(s.Context(), "1", "p")
		s.ok(err)
		if string(d.Content) != "label" {
			s.Fatalf("a caller changed what is stored: got %q", d.Content)
		}
		d.Content[0] = 'X'
	}
}

func testValues(s *storeTest) {
	ctx := s.Context()
	verify := func(name, want string, there bool) {
		s.Helper()
		s.reopen()
		got, have, err := s.Value(ctx, name)
		s.ok(err)
		if have != there || string(got) != want {
			s.Errorf("value %s: got %q, %t; want %q, %t", name, got, have, want, there)
		}
	}
	verify("rates", "", false)
	s.ok(s.PutValue(ctx, "rates", []byte("1\x00\xff")))
	s.ok(s.PutValue(ctx, "delays", []byte("2")))
	verify("rates", "1\x00\xff", true)
	s.ok(s.PutValue(ctx, "rates", []byte("3")))
	verify("rates", "3", true)
	s.ok(s.PutValue(ctx, "rates", nil))
	verify("rates", "", true)
	verify("delays", "2", true)
}

func testValueCopies(s *storeTest) {
	given := []byte("value")
	s.ok(s.PutValue(s.Context(), "a", given))
	given[0] = 'X'
	for range 2 {
		got, _, err := s.Value(s.Context(), "a")
		s.ok(err)
		if string(got) != "value" {
			s.Fatalf("a caller changed what is stored: got %q", got)
		}
		got[0] = 'X'
	}
}
