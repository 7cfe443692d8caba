package linnworks

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"testing"
)

// Only the refusal that says that the pages are over ends a list without an error.
func TestPastLastPage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status  int
		message string
		end     bool
	}{
		"the end":                  {400, "No items found with given filter.", true},
		"a throttle":               {429, "No items found with given filter.", false},
		"a fault":                  {500, "No items found with given filter.", false},
		"an index that is rebuilt": {400, "Search index is being rebuilt, no items found yet: retry later", false},
		"no items found yet":       {400, "No items found yet", false},
	} {
		s := &server{}
		s.answer = func(r request) (*http.Response, error) {
			if _, calls := s.count(); calls > 1 {
				return respond(tt.status, fmt.Sprintf(`{"Code":"-","Message":%q}`, tt.message)), nil
			}
			return respond(200, `[{"ItemNumber":"1"},{"ItemNumber":"2"}]`), nil
		}
		c := newTestClient(t, s, WithMaxAttempts(1))
		n, err := listed(c.Stock.GetStockItemsFullAll(t.Context(), &GetStockItemsFullRequest{EntriesPerPage: new(2)}))
		if n != 2 || (err == nil) != tt.end {
			t.Errorf("%s: %d items, %v; want 2 and an end: %t", name, n, err, tt.end)
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

// An order that comes again on a later page fills no total, though its state has
// changed meanwhile; it shows that the pages shifted.
func TestEntriesThatComeAgain(t *testing.T) {
	t.Parallel()
	const row = `{"OrderId":"%s","GeneralInfo":{"Status":%d}}`
	s := &server{}
	c := newTestClient(t, s)
	for name, tt := range map[string]struct {
		pages []string // of ids, those in capitals with another state
		want  string   // empty for none
	}{
		"all":              {[]string{"ab", "cd"}, ""},
		"one changed":      {[]string{"ab", "Bc"}, "3 of 4 entries came, and 1 again"},
		"the same changed": {[]string{"ab", "AB"}, "2 of 4 entries came, and 2 again"},
	} {
		page := 0
		s.answer = func(request) (*http.Response, error) {
			var rows []string
			for _, id := range tt.pages[page] {
				state := 0
				if id < 'a' {
					state = 1
				}
				rows = append(rows, fmt.Sprintf(row, strings.ToLower(string(id)), state))
			}
			page++
			return respond(200, fmt.Sprintf(`{"PageNumber":%d,"EntriesPerPage":2,"TotalEntries":4,"TotalPages":2,"Data":[%s]}`, page, strings.Join(rows, ","))), nil
		}
		var got error
		for _, err := range c.OpenOrders.GetOpenOrdersAll(t.Context(), &OpenOrdersGetOpenOrdersRequest{EntriesPerPage: 2, LocationID: "a0000000-0000-4000-8000-000000000001"}) {
			if err != nil {
				got = err
			}
		}
		if (got == nil) != (tt.want == "") || got != nil && !strings.Contains(got.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, got, tt.want)
		}
	}
}
