package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// callChecks are about sessions, and about how calls are encoded and refused. They only
// read.
var callChecks = []check{
	{
		assumes: "Linnworks refuses a session token with the word Bearer before it",
		source:  "apidocs.linnworks.net, Generating an API key; seen by integrators",
		does:    "reads the currency rates with such a header", calls: 6,
		ifNot: "nothing to set: the client sends the token alone, which works either way",
		quirk: string(linnworkstest.BearerRefused),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			defer a.warehouse.ResetSession() // it forgets that a call was refused
			sent := false
			ctx = withTap(ctx, tap{change: func(req *http.Request) {
				if token := req.Header.Get("Authorization"); token != "" {
					sent = true
					req.Header.Set("Authorization", "Bearer "+token)
				}
			}})
			err := a.warehouse.Call(ctx, http.MethodGet, "/api/Settings/GetCurrencyConversionRates", nil, nil, nil)
			switch {
			case !sent && err == nil:
				return false, "", notTried("this client cannot change its headers")
			case linnworks.IsSession(err) || linnworks.IsPermission(err):
				return true, "refused with HTTP 401", nil
			case err != nil:
				return false, "", err
			}
			return false, "accepted", nil
		},
	},
	{
		assumes: "a session names its server with a scheme such as https:// before it",
		source:  "apps.linnworks.net, Auth-AuthorizeByApplication; some accounts were seen without",
		does:    "opens another session", calls: 2,
		ifNot: "nothing to set: the client puts https:// before it",
		quirk: string(linnworkstest.ServerWithoutScheme),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			server := ""
			ctx = withTap(ctx, tap{look: func(operation string, body []byte) {
				var session struct{ Server string } // the rest is secret
				if operation == "Auth.AuthorizeByApplication" && json.Unmarshal(body, &session) == nil {
					server = session.Server
				}
			}})
			a.warehouse.ResetSession()
			if _, err := a.warehouse.Inventory.GetStockLocations(ctx, nil); err != nil {
				return false, "", err
			}
			if server == "" {
				return false, "", notTried("the reply to the login did not show its server")
			}
			return strings.Contains(server, "://"), "the server is given as " + server, nil
		},
	},
	{
		assumes: "operations published as POST refuse GET",
		source:  "seen by integrators",
		does:    "asks for the open orders with GET", calls: 1,
		ifNot: "nothing to set: the client sends POST, which works either way",
		quirk: string(linnworkstest.PostsRefuseGET),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			status, err := statusOf(a.warehouse.Call(ctx, http.MethodGet, "/api/Orders/GetAllOpenOrders", nil, nil, nil))
			return status == http.StatusMethodNotAllowed, fmt.Sprintf("answered with HTTP %d", status), err
		},
	},
	{
		assumes: "a request that lacks its wrapper is refused",
		source:  "apps.linnworks.net, Stock-GetStockLevel_Batch; seen by integrators",
		does:    "asks for the level of one item without the wrapper", calls: 1 + lookPages,
		ifNot: "nothing to set: the client wraps what the published descriptions wrap; programs of your own that do not work too",
		quirk: string(linnworkstest.WrapperMatters),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			item, err := anItem(ctx, a)
			if err != nil {
				return false, "", err
			}
			return refused(post(ctx, a, "Stock/GetStockLevel_Batch", object{"StockItemIds": []linnworks.GUID{item.StockItemID}}, nil))
		},
	},
	{
		assumes: "a list of open orders whose view was sent in the wrong wrapper comes back empty, as if there were none",
		source:  "seen by integrators; the published description does not wrap the request",
		does:    "asks for a page of open orders in a wrapper", calls: 1,
		ifNot: "nothing to set: the client does not wrap this request; a program of your own that does gets an error, which is better",
		quirk: string(linnworkstest.WrappedListsAreEmpty),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			// Without a view: a server that takes the wrapper off would find that.
			var page linnworks.FilteredOpenOrderPage
			err := post(ctx, a, "OpenOrders/GetOpenOrders", object{"request": object{"LocationId": linnworks.ZeroGUID, "EntriesPerPage": 10}}, &page)
			no, seen, err := refused(err)
			if no || err != nil {
				return false, seen, err
			}
			return page.TotalEntries == 0, fmt.Sprintf("accepted, with %d orders", page.TotalEntries), nil
		},
	},
	{
		assumes: "the slim list of open orders wants its request wrapped, against its description",
		source:  "seen by an integrator; apps.linnworks.net, OpenOrders-GetOrdersLowFidelity has it otherwise",
		does:    "asks for that list without a wrapper", calls: 1,
		ifNot: "nothing to set: the client sends a form, which has no wrapper",
		quirk: string(linnworkstest.LowFidelityWantsRequest),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			return refused(post(ctx, a, "OpenOrders/GetOrdersLowFidelity", object{"LocationId": linnworks.ZeroGUID}, nil))
		},
	},
	{
		assumes: "reading pick waves without any parameter is refused",
		source:  "seen by an integrator",
		does:    "asks for all pick waves", calls: 1,
		ifNot: "nothing to set: the bridge reads the pick waves of single orders",
		quirk: string(linnworkstest.PickingGetsWantQuery),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			_, err := a.warehouse.Picking.GetAllPickingWaveHeaders(ctx, nil)
			return refused(err)
		},
	},
	{
		assumes: "searching open orders for nothing is refused",
		source:  "seen by an integrator",
		does:    "searches the open orders of Default for an empty text", calls: 1,
		ifNot: "nothing to set: the bridge does not search for text",
		quirk: string(linnworkstest.BlankSearchRefused),
		try: func(ctx context.Context, a accounts) (bool, string, error) {
			_, err := a.warehouse.OpenOrders.SearchOrders(ctx, &linnworks.SearchOrdersRequest{LocationID: new(linnworks.ZeroGUID), SearchTerm: new("")})
			return refused(err)
		},
	},
}
