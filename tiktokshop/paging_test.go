package tiktokshop

import (
	"errors"
	"strings"
	"testing"
)

// Some servers write false where there is no token.
func TestFalsePageToken(t *testing.T) {
	c, s := setup(t, []answer{ok(`{"next_page_token":false,"orders":[{"id":"1"},{"id":"2"}]}`)})
	orders := 0
	for _, err := range c.Order.GetOrderListAll(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		orders++
	}
	if orders != 2 || len(s.requests()) != 1 {
		t.Errorf("%d orders in %d calls, want 2 in one", orders, len(s.requests()))
	}
	c, _ = setup(t, []answer{ok(`{"next_page_token":true,"orders":[{"id":"1"}]}`)})
	if got, err := c.Order.GetOrderList(t.Context(), &GetOrderListRequest{PageSize: 1}); got != nil || !is(err, ClassDecode) {
		t.Errorf("true for a token: %v, %v", got, err)
	}
}

// Orders that the shop does not hand out are no end of the list.
func TestRepeatedPageToken(t *testing.T) {
	c, s := setup(t, []answer{ok(`{"next_page_token":"same","total_count":500,"orders":[{"id":"1"}]}`)})
	orders := 0
	var got error
	for _, err := range c.Order.GetOrderListAll(t.Context(), nil) {
		if err != nil {
			got = err
			continue
		}
		orders++
	}
	e, found := errors.AsType[*Error](got)
	if !found || e.Class != ClassDecode || e.Operation != "Order.GetOrderList" || !strings.Contains(got.Error(), "repeats a page token") {
		t.Errorf("got %v", got)
	}
	if orders != 2 || len(s.requests()) != 2 {
		t.Errorf("%d orders in %d calls", orders, len(s.requests()))
	}
}

// A page that says that more follow, and not how to get them, is no end.
func TestMoreWithoutToken(t *testing.T) {
	t.Parallel()
	c, _ := setup(t, []answer{ok(`{"has_more":true,"next_page_token":"","conversations":[{"id":"1"}]}`)})
	var got error
	for _, err := range c.AffiliateSeller.GetConversationListAll(t.Context(), nil) {
		if err != nil {
			got = err
		}
	}
	if !is(got, ClassDecode) || !strings.Contains(got.Error(), "broken off") {
		t.Errorf("got %v, want an error that says that the list is broken off", got)
	}
	c, _ = setup(t, []answer{ok(`{"has_more":false,"conversations":[{"id":"1"}]}`)})
	for _, err := range c.AffiliateSeller.GetConversationListAll(t.Context(), nil) {
		if err != nil {
			t.Errorf("without more: %v", err)
		}
	}
}
