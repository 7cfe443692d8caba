package linnworks

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestPastLastPage(t *testing.T) {
	t.Parallel()
	var got []int
	for item, err := range numberedPages("Things.List", 1, 2, 0, func(page int) ([]int, pageHead, error) {
		if page == 2 {
			return nil, pageHead{}, fmt.Errorf("page 2: %w", &Error{HTTPStatus: 400, Message: "No items found with given filter."})
		}
		return []int{1, 2}, pageHead{}, nil
	}) {
		if err != nil {
			t.Fatalf("the end of the pages is no error: %v", err)
		}
		got = append(got, item)
	}
	if !slices.Equal(got, []int{1, 2}) {
		t.Errorf("got %v", got)
	}
	for _, err := range numberedPages("Things.List", 1, 2, 0, func(int) ([]int, pageHead, error) {
		return nil, pageHead{}, &Error{HTTPStatus: 429, Message: "no items found"}
	}) {
		if err == nil {
			t.Error("a throttle ended the pages silently")
		}
	}
}

// listed walks a list of stock items and returns their number.
func listed[T any](seq iter.Seq2[T, error]) (n int, err error) {
	for _, e := range seq {
		if e != nil {
			return n, e
		}
		n++
	}
	return n, nil
}

// A server that hands out less than it is asked for loses nothing.
func TestListsEndWhenTheyEnd(t *testing.T) {
	const row = `{"StockItemId":"a0000000-0000-4000-8000-%012d","ItemNumber":"x"},`
	s := &server{}
	c := newTestClient(t, s)
	for name, tt := range map[string]struct {
		size  int
		pages []int // what the server has on each
		want  int
	}{
		"pages that are capped":      {500, []int{200, 200, 200, 200, 200}, 1000},
		"a short page in the middle": {200, []int{200, 199, 50}, 449},
		"one short page":             {200, []int{3}, 3},
		"nothing":                    {200, nil, 0},
	} {
		page := 0
		s.answer = func(request) (*http.Response, error) {
			if page++; page > len(tt.pages) {
				return respond(400, `{"Code":"-","Message":"No items found with given filter."}`), nil
			}
			var b strings.Builder
			for i := range tt.pages[page-1] {
				fmt.Fprintf(&b, row, page*1000+i)
			}
			return respond(200, "["+strings.TrimSuffix(b.String(), ",")+"]"), nil
		}
		got, err := listed(c.Stock.GetStockItemsFullAll(t.Context(), &GetStockItemsFullRequest{EntriesPerPage: new(tt.size)}))
		if got != tt.want || err != nil {
			t.Errorf("%s: %d of %d items, %v", name, got, tt.want, err)
		}
	}

	// A head without pages, as one operation sends it.
	const item = "6079faa4-e4ff-4b5b-9990-fc571e70412e"
	history := &GetItemChangesHistoryRequest{StockItemID: GUID(item)}
	s.answer = status(200, `{"PageNumber":0,"EntriesPerPage":0,"TotalEntries":2,"TotalPages":0,"Data":[{"Level":44,"StockItemId":"`+item+`"},{"Level":0,"StockItemId":"`+item+`"}]}`)
	if got, err := listed(c.Stock.GetItemChangesHistoryAll(t.Context(), history)); got != 2 || err != nil {
		t.Errorf("%d of 2 changes, %v", got, err)
	}
	s.answer = status(200, `{"PageNumber":1,"EntriesPerPage":1,"TotalEntries":2,"TotalPages":0,"Data":[{"Level":44,"StockItemId":"`+item+`"}]}`)
	got, err := listed(c.Stock.GetItemChangesHistoryAll(t.Context(), history))
	if e, ok := errors.AsType[*Error](err); got != 1 || !ok || e.Class != ClassDecode || e.Operation != "Stock.GetItemChangesHistory" {
		t.Errorf("the same page for ever: %d changes, %v", got, err)
	}
}
