package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

const (
	orderDetailPath = "/order/202507/orders"
	orderSearchPath = "/order/202309/orders/search"
	warehousePath   = "/logistics/202309/warehouses"
)

var (
	pageOfOne  = url.Values{"page_size": {"1"}}
	beforeTime = map[string]any{"create_time_lt": 946684800} // the year 2000: there is no order
)

// shopGatewayChecks are about what every call has in common.
func shopGatewayChecks() []check {
	return []check{
		{
			assumes: "a signature has to be in small letters", source: "seen by integrators", quirk: "upper-case signature",
			does: "searches with a signature in capitals", calls: 1,
			ifNot: "nothing to set: the client signs in small letters, which is what the official samples do",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				ctx = bending(ctx, func(r *http.Request) { setQuery(r, "sign", strings.ToUpper) })
				_, err := raw(ctx, a, http.MethodPost, orderSearchPath, pageOfOne, beforeTime)
				return refusedAs(err, badSignature)
			},
		},
		{
			assumes: "a body of {} has to be signed like any other", source: "the official samples, which disagree", quirk: "unsigned empty object",
			does: "sends a search with a body of {} that is not signed", calls: 1,
			ifNot: "nothing to set: the client signs what it sends; other programs that do not are answered too",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				ctx = bending(ctx, func(r *http.Request) { setBody(r, "{}") })
				_, err := raw(ctx, a, http.MethodPost, orderSearchPath, pageOfOne, nil)
				return refusedAs(err, badSignature)
			},
		},
		{
			assumes: "a code is exchanged with the grant type authorized_code, and authorization_code is refused", source: "Authorization overview", quirk: "grant type",
			does: "exchanges a made-up code with each of them", calls: 2,
			ifNot: "nothing to set: the client sends authorized_code",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				_, err := a.shop.ExchangeCode(ctx, "PROBE-no-such-code")
				right := codeOf(err)
				if right == 0 {
					return false, "", orAccepted(err, "a made-up code")
				}
				ctx = bending(ctx, func(r *http.Request) {
					setQuery(r, "grant_type", func(string) string { return "authorization_code" })
				})
				_, err = a.shop.ExchangeCode(ctx, "PROBE-no-such-code")
				wrong := codeOf(err)
				if wrong == 0 {
					return false, "", orAccepted(err, "a made-up code with authorization_code")
				}
				return wrong != right, fmt.Sprintf("a made-up code is refused with code %d, the other grant type with code %d", right, wrong), nil
			},
		},
		{
			assumes: "operations that are not about one shop refuse a shop_cipher", source: "seen by integrators", quirk: "cipher refused",
			does: "asks for the authorised shops with a cipher", calls: 1,
			ifNot: "nothing to set: the client leaves the cipher out where the description has none",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				_, err := raw(ctx, a, http.MethodGet, "/authorization/202309/shops", nil, nil)
				return refusedAs(err, badParameter, badRequest)
			},
		},
		{
			assumes: "different faults of a request have one code, 36009004, and only the text tells them apart", source: "Common errors", quirk: "one code for many faults",
			does: "makes three wrong searches", calls: 3,
			ifNot: "nothing to set: the client sorts refusals by code first and by TikTok's words after that; look at what it calls \"unknown\"",
			try:   tryOneCode,
		},
		{
			assumes: "a version that is newer than the newest is an unknown path", source: "seen by integrators", quirk: "guessed version",
			does: "reads the warehouses in a version of the year 2029", calls: 1,
			ifNot: "nothing to set: the client calls the versions of its descriptions; never guess a newer one in tiktokshop.Client.Call",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				_, err := raw(ctx, a, http.MethodGet, "/logistics/202912/warehouses", nil, nil)
				if codeOf(err) == unknownVersion {
					return false, "refused as a retired version", nil
				}
				return refusedAs(err, unknownPath)
			},
		},
		{
			assumes: "a call that succeeds can hold errors of single items", source: "Common errors", quirk: "item errors",
			does: "activates a product that does not exist", calls: 1,
			ifNot: "nothing to set: the client reads both; programs of your own may then look at the code of the reply alone",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				_, err := a.shop.Product.ActivateProduct(ctx, &tiktokshop.ActivateProductRequest{ProductIDs: []string{noProduct}}, tiktokshop.NoRepeat())
				switch code := codeOf(err); {
				case tiktokshop.IsPartial(err):
					return true, fmt.Sprintf("the call succeeded, and its item failed with code %d", code), nil
				case code == foreignProduct:
					return false, fmt.Sprintf("the whole call was refused with code %d", code), nil
				}
				return false, "", orAccepted(err, "Product.ActivateProduct of a product that does not exist")
			},
		},
		{
			assumes: "the codes of items are text for external references and numbers elsewhere", source: "Add External Order References", quirk: "item codes as text",
			does: "adds a reference to an order that does not exist", calls: 1,
			ifNot: "nothing to set: the client reads both",
			try:   tryItemCodes,
		},
		{
			assumes: "a reply without content may leave its data out or have null there", source: "seen by integrators", quirk: "empty data",
			does: "asks for an order that does not exist, up to a dozen times", calls: 12,
			ifNot: "nothing to set: the client reads all three forms",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				for i := range 12 {
					body, err := raw(ctx, a, http.MethodGet, orderDetailPath, url.Values{"ids": {noOrder}}, nil)
					if codeOf(err) == 0 {
						return false, "", orAccepted(err, "Order.GetOrderDetail of an order that does not exist")
					}
					if data := dataOf(body); data != "{}" {
						return true, fmt.Sprintf("reply %d had %s", i+1, yesOrNo(data == "", "no data", "data "+data)), nil
					}
				}
				return false, "it was {} each time", nil
			},
		},
		{
			assumes: "the last page may leave the page token out as well as have an empty one", source: "seen by integrators", quirk: "last page token",
			does: "searches for orders of the last century, up to 16 times", calls: 16,
			ifNot: "nothing to set: the client ends at either",
			try:   tryLastToken,
		},
		{
			assumes: "a list in the query is joined by commas, and JSON is refused there", source: "Get Order Detail", quirk: "comma lists",
			does: "asks for an order by a list in JSON", calls: 2,
			ifNot: "nothing to set: the client joins by commas",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				o, err := findOrder(ctx, a, tiktokshop.GetOrderListRequest{}, "the shop has no order", anyOrder)
				if err != nil {
					return false, "", err
				}
				_, err = raw(ctx, a, http.MethodGet, orderDetailPath, url.Values{"ids": {`["` + o.ID + `"]`}}, nil)
				return refusedAs(err, badParameter, badRequest, foreignOrder)
			},
		},
		{
			assumes: "an empty array in the place of an object is refused", source: "seen by integrators", quirk: "empty array refused",
			does: "ships a package that does not exist, with empty arrays and without", calls: 2,
			ifNot: "nothing to set: the client leaves objects out that are not given",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				path := "/fulfillment/202309/packages/" + noPackage + "/ship"
				_, err := raw(ctx, a, http.MethodPost, path, nil, map[string]any{})
				without := codeOf(err)
				if without == 0 {
					return false, "", orAccepted(err, "Fulfillment.ShipPackage of a package that does not exist")
				}
				_, err = raw(ctx, a, http.MethodPost, path, nil, map[string]any{"pickup_slot": []any{}, "self_shipment": []any{}})
				with := codeOf(err)
				if with == 0 {
					return false, "", orAccepted(err, "Fulfillment.ShipPackage of a package that does not exist")
				}
				return with != without, fmt.Sprintf("refused with code %d, without the arrays with code %d", with, without), nil
			},
		},
	}
}

// orAccepted is err, or that a call was accepted that cannot have been.
func orAccepted(err error, call string) error {
	if err == nil {
		return fmt.Errorf("%s was accepted", call)
	}
	return err
}

func tryOneCode(ctx context.Context, a accounts) (bool, string, error) {
	var codes []string
	same := true
	for _, c := range []struct {
		method, path string
		query        url.Values
		body         any
	}{
		{http.MethodPost, orderSearchPath, url.Values{"page_size": {"1"}, "sort_field": {"no_such_field"}}, beforeTime},
		{http.MethodPost, orderSearchPath, url.Values{"page_size": {"100000"}}, beforeTime},
		{http.MethodGet, orderDetailPath, nil, nil},
	} {
		_, err := raw(ctx, a, c.method, c.path, c.query, c.body)
		code := codeOf(err)
		if code == 0 {
			return false, "", orAccepted(err, c.method+" "+c.path+" with a wrong query")
		}
		same = same && code == badParameter
		codes = append(codes, strconv.Itoa(code))
	}
	return same, "the codes were " + strings.Join(codes, ", "), nil
}

func tryItemCodes(ctx context.Context, a accounts) (bool, string, error) {
	var r tiktokshop.Response
	_, err := a.shop.Order.AddExternalOrderReferences(ctx, &tiktokshop.AddExternalOrderReferencesRequest{
		Orders: []tiktokshop.AddExternalOrderReferencesRequestOrder{{ID: noOrder, ExternalOrder: tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrder{
			ID: "PROBE-1", Platform: "ERP_SYSTEM",
			LineItems: []tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrderLineItem{{ID: "PROBE-1-1", OriginID: noOrder}},
		}}},
	}, tiktokshop.WithResponse(&r), tiktokshop.NoRepeat())
	if !tiktokshop.IsPartial(err) {
		if codeOf(err) != 0 {
			return false, "", notTried(fmt.Sprintf("the whole call was refused with code %d: there is no item to look at", codeOf(err)))
		}
		return false, "", orAccepted(err, "Order.AddExternalOrderReferences to an order that does not exist")
	}
	var data struct {
		Errors []struct {
			Code json.RawMessage `json:"code"`
		} `json:"errors"`
	}
	if err := json.Unmarshal([]byte(dataOf(r.Body)), &data); err != nil {
		return false, "", fmt.Errorf("reading the error of an external reference: %w", err)
	}
	if len(data.Errors) == 0 {
		return false, "", errors.New("the reply about an external reference has its error in another place")
	}
	code := string(data.Errors[0].Code)
	return strings.HasPrefix(code, `"`), "the code was " + code, nil
}

func tryLastToken(ctx context.Context, a accounts) (bool, string, error) {
	for i := range 16 {
		body, err := raw(ctx, a, http.MethodPost, orderSearchPath, pageOfOne, beforeTime)
		if err != nil {
			return false, "", err
		}
		var data map[string]json.RawMessage
		if err := json.Unmarshal([]byte(dataOf(body)), &data); err != nil {
			return false, "", fmt.Errorf("reading a page of orders: %w", err)
		}
		if _, there := data["next_page_token"]; !there {
			return true, fmt.Sprintf("reply %d had no token", i+1), nil
		}
	}
	return false, "there was a token each time", nil
}
