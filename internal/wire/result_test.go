package wire

import "testing"

type filled struct{ ID string }

type nothing struct{}

func TestRequest(t *testing.T) {
	t.Parallel()
	given := &filled{ID: "1"}
	if got := Request(given); got != any(given) {
		t.Errorf("a request became %v", got)
	}
	if got, ok := Request((*filled)(nil)).(*filled); !ok || got == nil {
		t.Errorf("a nil request became %v, want an empty one", got)
	}
	if got := Request(nil); got != nil {
		t.Errorf("no request became %v", got)
	}
}

func TestResult(t *testing.T) {
	t.Parallel()
	var object *filled
	if into := Result(&object); object == nil || into != any(object) {
		t.Errorf("decodes into %v, which is not the result %v", into, object)
	}
	Discard(&object)
	if object != nil {
		t.Errorf("a discarded result is %v", object)
	}
	var empty *nothing
	if into := Result(&empty); empty == nil || into != nil {
		t.Errorf("decodes into %v of a reply of no form, with the result %v", into, empty)
	}
	list := []string{"a"}
	if into := Result(&list); into != any(&list) {
		t.Errorf("decodes into %v, which is not the list", into)
	}
	Discard(&list)
	if list != nil {
		t.Errorf("a discarded list is %v", list)
	}
	if into := Result(nil); into != nil {
		t.Errorf("decodes into %v of no result", into)
	}
	Discard(nil)
}
