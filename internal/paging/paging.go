// Package paging walks pages and splits lists for the iterators and batch helpers
// of both clients.
//
// A page that was fetched but for some of its records, an error that is
// [lenient.ErrRecords], is handed out with the error behind its items, and the
// walk goes on if the consumer does.
package paging

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// Tokens walks pages that an opaque token chains together, from the page of the
// token given, empty for the first. It ends at an empty token and at the first
// error.
//
// The end of a list that did not come whole is an error, made by fail: where fewer
// entries came than the pages say (see [totals]), where the last page says that
// more follow, where a page behind the first has no list, and where a token repeats
// or entries stop coming. An entry equal to one of an earlier page is that one again,
// and counts once.
func Tokens[T any](from string, fail func(error) error, fetch func(token string) ([]T, string, Head, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var (
			zero  T
			seen  = map[string]bool{from: from != ""}
			told  = totals{whole: from == ""}
			known entries
			empty int // pages in a row
		)
		for token, page := from, 1; ; page++ {
			items, next, head, err := fetch(token)
			if !handOut(items, err, yield) {
				return
			}
			fresh := len(items)
			if _, ok := whole(items); !ok && (page > 1 || next != "") {
				fresh = known.add(reflect.ValueOf(items), nil)
			}
			told.add(fresh, head)
			if told.again += len(items) - fresh; fresh > 0 && !nothing(items) {
				empty = 0
			} else {
				empty++
			}
			short := told.short()
			switch {
			case next != "" && seen[next]:
				err = errors.New("the list does not end: the server repeats a page token")
			case next != "" && empty > maxEmpty:
				err = errors.New("the list does not end: " + inARow(empty))
			case next != "":
				seen[next] = true
				token = next
				continue
			case head.More:
				err = fmt.Errorf("the list is broken off: page %d tells that more follow, but not how to get them", page)
			case short != nil:
				err = fmt.Errorf("the list is incomplete: it ends with page %d, and %w", page, short)
			case token != "" && unsaid(items) && !told.reached():
				err = noData(page)
			default:
				return
			}
			yield(zero, fail(err))
			return
		}
	}
}

// Head is what a page says about the whole list, as far as it does.
type Head struct {
	// Pages and Entries are the totals, 0 where they are not told.
	Pages, Entries int
	// More reports whether other pages follow.
	More bool
	// LeftOut counts the entries of the total that the page leaves out: the server
	// filtered them, or they could not be read.
	LeftOut int
}

// totals holds what came of a list against what its pages tell.
//
// A list may change while it is walked. What was added meanwhile, perhaps to
// pages that were walked before, need not come, and neither need what was removed:
// the smallest total that any page tells is to be reached. A total of 0 is taken
// for none, because an absent one reads so. What a page shifted while the list
// was walked stays unseen, for the number of entries does not tell.
type totals struct {
	whole bool // the walk began with the first page
	least int  // the smallest total told, 0 for none
	came  int  // entries, those left out included
	again int  // entries that came before, and do not count
}

// add notes a page.
func (t *totals) add(items int, head Head) {
	t.came += items + max(head.LeftOut, 0)
	if head.Entries > 0 && (t.least == 0 || head.Entries < t.least) {
		t.least = head.Entries
	}
}

// reached reports whether the totals prove that all entries came.
func (t *totals) reached() bool { return t.whole && t.least > 0 && t.came >= t.least }

// short returns an error that tells what is missing, nil if nothing is known to be.
func (t *totals) short() error {
	if !t.whole || t.came >= t.least {
		return nil
	}
	if t.again > 0 {
		return fmt.Errorf("%d of %d entries came, and %d again", t.came, t.least, t.again)
	}
	return fmt.Errorf("%d of %d entries came", t.came, t.least)
}

// nothing reports whether a page has no items. One that is handed out as a whole
// has those of its lists.
func nothing[T any](items []T) bool {
	v, ok := whole(items)
	if !ok {
		return len(items) == 0
	}
	for _, field := range v.Fields() {
		if field.Kind() == reflect.Slice && field.Len() > 0 {
			return false
		}
	}
	return true
}

// unsaid reports whether a page does not even say that its list is empty.
func unsaid[T any](items []T) bool {
	v, ok := whole(items)
	return items == nil || ok && v.IsZero()
}

// whole returns the page that is handed out as a whole, if it is.
func whole[T any](items []T) (page reflect.Value, ok bool) {
	if len(items) != 1 {
		return page, false
	}
	page = reflect.Indirect(reflect.ValueOf(items[0]))
	return page, page.Kind() == reflect.Struct && reflect.TypeFor[T]().Kind() == reflect.Pointer
}

func noData(page int) error { return fmt.Errorf("the list is incomplete: page %d has no data", page) }

// maxEmpty bounds the pages in a row that may be empty.
const maxEmpty = 1000

func inARow(empty int) string {
	return fmt.Sprintf("%d pages in a row are empty, or hold what came before", empty)
}

// Numbered walks pages that are counted from one and ends at the first error. It
// ends after the last page where the reply tells their number (one before may be
// empty, where the server filters afterwards), or when all entries came where it
// tells theirs. Where it tells neither, the end is an empty page: a short one
// proves nothing, since a server may filter a page or cut it. over, if not nil,
// reports whether an error only says that the pages are over.
//
// It is an error, made by fail, if a page repeats, if entries stop coming, or if the
// list ends before all entries came (see [totals]). An entry that came before counts
// once: one with the same key, or without key or a value of it one equal to that of an
// earlier page. Only a short page that comes twice is the end: some
// servers answer with the last page when asked for one behind it. A page is short if it
// has fewer items than the first, those left out included, or than size where the
// server is known to grant that, which it is up to limit.
func Numbered[T any](first, size, limit int, key func(T) any, over func(error) bool, fail func(error) error, fetch func(page int) ([]T, Head, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var (
			zero     T
			previous []T
			short    bool // the previous page, of a list without totals
			known    entries
			empty    int // pages in a row
			pages    int // told last, 0 for none
		)
		first, size := max(first, 1), size // of this walk
		told := totals{whole: first == 1}
		granted := size <= limit
		for page := first; ; page++ {
			items, head, err := fetch(page)
			ended := err != nil && over != nil && over(err)
			if ended {
				items, head, err = nil, Head{}, nil
			}
			if page > first && len(items) > 0 && reflect.DeepEqual(items, previous) {
				if short {
					return
				}
				yield(zero, fail(fmt.Errorf("the list does not end: page %d is the same as the one before", page)))
				return
			}
			if !handOut(items, err, yield) {
				return
			}
			var id func(i int) any
			if key != nil {
				id = func(i int) any { return key(items[i]) }
			}
			fresh := known.add(reflect.ValueOf(items), id)
			told.add(fresh, head)
			told.again += len(items) - fresh
			if empty++; fresh > 0 {
				empty = 0
			}
			if head.Pages > 0 {
				pages = head.Pages
			}
			if page > first && !ended && err == nil && items == nil && head == (Head{}) {
				yield(zero, fail(noData(page)))
				return
			}
			end := ended || err == nil && len(items)+head.LeftOut == 0
			short = false
			switch {
			case ended:
			case pages > 0:
				end = page >= pages
			case head.Entries > 0:
				end = end || told.came >= head.Entries
			default:
				short = len(items)+head.LeftOut < size && (granted || page > first)
			}
			if end {
				if err := told.short(); err != nil {
					yield(zero, fail(fmt.Errorf("the list is incomplete: it ends with page %d, and %w", page, err)))
				}
				return
			}
			if empty > maxEmpty {
				yield(zero, fail(errors.New("the list does not end: "+inARow(empty))))
				return
			}
			if page == first && !granted {
				size = min(size, len(items))
			}
			previous = items
		}
	}
}

// handOut yields items, then err if there is one, and reports whether the walk
// goes on.
func handOut[T any](items []T, err error, yield func(T, error) bool) bool {
	for _, item := range items {
		if !yield(item, nil) {
			return false
		}
	}
	if err == nil {
		return true
	}
	var zero T
	return yield(zero, err) && !ends(err)
}

// ends reports whether err ends a walk.
func ends(err error) bool { return err != nil && !errors.Is(err, lenient.ErrRecords) }

// Batches calls fetch for parts of a list, none longer than size, and hands
// out each reply. An empty list makes no call.
func Batches[T, R any](list []T, size int, fetch func(part []T) (R, error)) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for part := range slices.Chunk(list, size) {
			reply, err := fetch(part)
			if !yield(reply, err) || ends(err) {
				return
			}
		}
	}
}

// ValueOf returns a copy of a request, so that walking its pages leaves the
// caller's alone.
func ValueOf[T any](req *T) T {
	if req == nil {
		var zero T
		return zero
	}
	return *req
}

// NumberOf returns the number of an optional field.
func NumberOf[T ~int | ~int64](n *T) int {
	if n == nil {
		return 0
	}
	return int(*n)
}
