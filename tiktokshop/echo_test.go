package tiktokshop

import (
	"errors"
	"reflect"
	"testing"
)

// A result about another thing than was asked for is no answer, and that of a write
// leaves its outcome unknown.
func TestRepliesAboutOthers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		data  string
		call  func(*Client) (any, error)
		other bool
		write bool
	}{
		"a product":            {`{"id":"1","title":"x"}`, func(c *Client) (any, error) { return c.Product.GetProduct(t.Context(), "1", nil) }, false, false},
		"another product":      {`{"id":"2","title":"x"}`, func(c *Client) (any, error) { return c.Product.GetProduct(t.Context(), "1", nil) }, true, false},
		"a product by number":  {`{"id":1,"title":"x"}`, func(c *Client) (any, error) { return c.Product.GetProduct(t.Context(), "1", nil) }, false, false},
		"a product without id": {`{"title":"x"}`, func(c *Client) (any, error) { return c.Product.GetProduct(t.Context(), "1", nil) }, false, false},
		"another package":      {`{"package_id":"2","package_status":"COMPLETED"}`, func(c *Client) (any, error) { return c.Fulfillment.GetPackageDetail(t.Context(), "1", nil) }, true, false},
		"a shipped order": {`{"order_id":"1","package_id":"7"}`, func(c *Client) (any, error) {
			return c.Fulfillment.MarkPackageAsShipped(t.Context(), "1", &MarkPackageAsShippedRequest{})
		}, false, true},
		"another shipped order": {`{"order_id":"2","package_id":"7"}`, func(c *Client) (any, error) {
			return c.Fulfillment.MarkPackageAsShipped(t.Context(), "1", &MarkPackageAsShippedRequest{})
		}, true, true},
		"another edited one": {`{"product_id":"2"}`, func(c *Client) (any, error) { return c.Product.EditProduct(t.Context(), "1", &EditProductRequest{}) }, true, true},
		"a list of the shop": {`{"activity_id":"2"}`, func(c *Client) (any, error) {
			return nil, c.Call(t.Context(), "GET", "/promotion/202309/activities/1", nil, nil, new(struct {
				ActivityID string `json:"activity_id"`
			}))
		}, false, false},
	} {
		c, s := setup(t, []answer{ok(tt.data)})
		got, err := tt.call(c)
		if e, is := errors.AsType[*Error](err); errors.Is(err, errOther) != tt.other || tt.other && (!is || e.Class != ClassDecode || IsOutcomeUnknown(err) != tt.write || e.RequestID == "" || !reflect.ValueOf(got).IsZero()) || !tt.other && err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		_ = s
	}
}
