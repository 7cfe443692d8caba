package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Ids in TikTok's form that no shop has.
const (
	noOrder   = "576460000000000001"
	noPackage = "1152900000000000001"
	noProduct = "1729000000000000001"
	noSKU     = "1729000000000000002"
)

// Codes of TikTok's.
const (
	badQuantity        = 12019024
	quantityOutOfRange = 12052055
	badParameter       = 36009004 // and a dozen other faults
	badRequest         = 11001002 // what would be more exact
	unknownPath        = 36009009
	unknownVersion     = 36009014
	badSignature       = 106001
	foreignOrder       = 21008111
	foreignProduct     = 12052048
	tooManySKUs        = 12019027
	needAllPlaces      = 12019028
	derivedStock       = 12052850
	stockLocked        = 12052393
	onHold             = 21011044
	wrongCall          = 21011004
	notTikTok          = 21008017
	shippedBefore      = 21011006
	requestPending     = 21011007
	otherProvider      = 21011022
	numberUsed         = 21011025
	correctedBefore    = 21011051
	notReady           = 11034037
)

// bendKey is where the context of a call holds what happens to its request.
type bendKey struct{}

// bending lets change happen to the signed requests of the calls with the context.
func bending(ctx context.Context, change func(*http.Request)) context.Context {
	return context.WithValue(ctx, bendKey{}, change)
}

// bent is the middleware that does it.
func bent(r *http.Request, next tiktokshop.Next) (*http.Response, error) {
	if change, ok := r.Context().Value(bendKey{}).(func(*http.Request)); ok {
		change(r)
	}
	return next(r)
}

// setQuery changes a parameter of a signed request.
func setQuery(r *http.Request, name string, change func(string) string) {
	q := r.URL.Query()
	q.Set(name, change(q.Get(name)))
	r.URL.RawQuery = q.Encode()
}

// setBody gives a signed request another body.
func setBody(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

// codeOf returns the code with which TikTok refused a call or its first item, 0 if err
// is no refusal.
func codeOf(err error) int {
	if e, ok := errors.AsType[*tiktokshop.PartialError](err); ok && len(e.Items) > 0 {
		code, _ := strconv.Atoi(string(e.Items[0].Code))
		return code
	}
	if e, ok := errors.AsType[*tiktokshop.Error](err); ok {
		return e.Code
	}
	return 0
}

// refusedAs reports whether a call was refused with one of the codes. Being refused with
// another one tells nothing, and is an error.
func refusedAs(err error, codes ...int) (holds bool, seen string, failed error) {
	switch code := codeOf(err); {
	case err == nil:
		return false, "it was accepted", nil
	case slices.Contains(codes, code):
		return true, fmt.Sprintf("refused with code %d", code), nil
	}
	return false, "", err
}

// raw makes a call and returns the body of the reply, whatever it says.
func raw(ctx context.Context, a accounts, method, path string, query url.Values, body any) ([]byte, error) {
	var r tiktokshop.Response
	err := a.shop.Call(ctx, method, path, query, body, nil, tiktokshop.WithResponse(&r), tiktokshop.NoRepeat())
	return r.Body, err
}

// dataOf returns the data of a reply as sent, empty if it is absent.
func dataOf(body []byte) string {
	var reply struct {
		Data json.RawMessage `json:"data"`
	}
	_ = json.Unmarshal(body, &reply)
	return string(reply.Data)
}

// recent returns the newest orders that pass the filters of the request, at most 50.
func recent(ctx context.Context, a accounts, r tiktokshop.GetOrderListRequest) ([]tiktokshop.Order, error) {
	r.PageSize = 50
	reply, err := a.shop.Order.GetOrderList(ctx, &r)
	if err != nil {
		return nil, err
	}
	return reply.Orders, nil
}

// details returns orders as Get Order Detail shows them.
func details(ctx context.Context, a accounts, ids ...string) ([]tiktokshop.Order, error) {
	reply, err := a.shop.Order.GetOrderDetail(ctx, &tiktokshop.GetOrderDetailRequest{IDs: ids})
	if err != nil {
		return nil, err
	}
	return reply.Orders, nil
}

func detail(ctx context.Context, a accounts, id string) (tiktokshop.Order, error) {
	orders, err := details(ctx, a, id)
	switch {
	case err != nil:
		return tiktokshop.Order{}, err
	case len(orders) != 1:
		return tiktokshop.Order{}, fmt.Errorf("reading order %s: %d orders came", id, len(orders))
	}
	return orders[0], nil
}

// find returns the first of a list for which is holds, or that none is there.
func find[T any](list []T, missing string, is func(T) bool) (T, error) {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i], nil
	}
	var none T
	return none, notTried(missing)
}

// findOrder returns the newest order that passes the filters and for which is holds.
func findOrder(ctx context.Context, a accounts, r tiktokshop.GetOrderListRequest, missing string, is func(tiktokshop.Order) bool) (tiktokshop.Order, error) {
	orders, err := recent(ctx, a, r)
	if err != nil {
		return tiktokshop.Order{}, err
	}
	return find(orders, missing, is)
}

// andThen is err with what failed when things were put back, which counts more: a check
// that left something behind is never one that was not tried.
func andThen(err, putBack error) error {
	switch {
	case putBack == nil:
		return err
	case err == nil:
		return putBack
	}
	return fmt.Errorf("%w; before that: %s", putBack, err.Error())
}

func anyOrder(tiktokshop.Order) bool { return true }

func yesOrNo(yes bool, ifSo, ifNot string) string {
	if yes {
		return ifSo
	}
	return ifNot
}
