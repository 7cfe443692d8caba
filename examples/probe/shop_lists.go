package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/shopstatus"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// shopListChecks look at products, warehouses, requests to cancel and statements.
func shopListChecks() []check {
	return []check{
		{
			assumes: "a search for products takes at most 10 seller SKUs", source: "Search Products", quirk: "ten SKUs a search",
			does: "searches for 11 that do not exist", calls: 1,
			ifNot: "nothing to set: searches of your own may name more; the bridge reads all listings",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				r := &tiktokshop.SearchProductsRequest{PageSize: 1}
				for i := range 11 {
					r.SellerSKUs = append(r.SellerSKUs, "PROBE-NO-SUCH-SKU-"+strconv.Itoa(i))
				}
				_, err := a.shop.Product.SearchProducts(ctx, r)
				return refusedAs(err, tooManySKUs)
			},
		},
		{
			assumes: "the times of a search for products include their end", source: "Search Products", quirk: "inclusive product times",
			does: "searches for what was made in the very second of one product", calls: 2,
			ifNot: "nothing to set, unless the shop has more than 10,000 products: those are searched by time, and a listing made in the second at which two searches meet is then missing",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				p, err := anyProduct(ctx, a)
				if err != nil {
					return false, "", err
				}
				found, err := a.shop.Product.SearchProducts(ctx, &tiktokshop.SearchProductsRequest{PageSize: 100, CreateTimeGe: &p.CreateTime, CreateTimeLe: &p.CreateTime})
				if err != nil {
					return false, "", err
				}
				there := slices.ContainsFunc(found.Products, func(other tiktokshop.Product) bool { return other.ID == p.ID })
				return there, yesOrNo(there, "it is found", "it is left out"), nil
			},
		},
		{
			assumes: "the search of stock leaves out SKUs that do not exist", source: "Inventory Search, which leaves it open",
			does: "asks for the stock of a SKU together with one that does not exist", calls: 2,
			ifNot: "nothing to set: a listing that is deleted while the bridge reads stock then costs that reading, and the next one does without it",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				p, err := anyProduct(ctx, a)
				if err != nil {
					return false, "", err
				}
				reply, err := a.shop.Product.InventorySearch(ctx, &tiktokshop.InventorySearchRequest{SKUIDs: []string{p.SKUs[0].ID, noSKU}})
				if code := codeOf(err); code != 0 {
					return false, fmt.Sprintf("refused with code %d", code), nil
				}
				if err != nil {
					return false, "", err
				}
				skus := 0
				for _, i := range reply.Inventory {
					skus += len(i.SKUs)
				}
				return skus == 1, fmt.Sprintf("%d of 2 SKUs came", skus), nil
			},
		},
		{
			assumes: "the district of a warehouse is spelt distict", source: "Get Warehouse List", quirk: "misspelt fields",
			does: "reads the warehouses", calls: 1,
			ifNot: "the client does not read the field under its right name: read it with tiktokshop.Client.Call if you need it; the bridge does not",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				body, err := raw(ctx, a, http.MethodGet, warehousePath, nil, nil)
				wrong, right := bytes.Contains(body, []byte(`"distict"`)), bytes.Contains(body, []byte(`"district"`))
				if err == nil && !wrong && !right {
					err = notTried("no warehouse of the shop has a district in its address")
				}
				return wrong, yesOrNo(wrong, "it is spelt distict", "it is spelt district"), err
			},
		},
		{
			assumes: "a search for cancellations begins with the oldest", source: "Search Cancellations", quirk: "returns ascend",
			does: "searches for cancellations", calls: 1,
			ifNot: "nothing to set: the bridge reads all pages of what it asks for",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				reply, err := a.shop.ReturnRefund.SearchCancellationsV202309(ctx, &tiktokshop.SearchCancellationsV202309Request{PageSize: new("50")})
				if err != nil {
					return false, "", err
				}
				list := reply.Cancellations
				if len(list) < 2 || list[0].CreateTime == list[len(list)-1].CreateTime {
					return false, "", notTried("the shop does not have two cancellations")
				}
				ascends := list[0].CreateTime < list[len(list)-1].CreateTime
				return ascends, yesOrNo(ascends, "the oldest came first", "the newest came first"), nil
			},
		},
		{
			assumes: "a request to cancel that came to nothing is called CANCELLATION_REQUEST_CANCELLED in replies and ..._CANCEL in searches", source: "Search Cancellations", quirk: "cancel spelling",
			does: "searches for such requests", calls: 1,
			ifNot: "nothing to set: the client knows both; programs of your own have to take both for the end of a request",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				reply, err := a.shop.ReturnRefund.SearchCancellationsV202309(ctx, &tiktokshop.SearchCancellationsV202309Request{CancelStatus: []tiktokshop.CancelStatus{tiktokshop.CancelStatusCancel}})
				if err != nil {
					return false, "", err
				}
				if len(reply.Cancellations) == 0 {
					return false, "", notTried("no request to cancel was withdrawn or refused")
				}
				status := reply.Cancellations[0].CancelStatus
				return status == tiktokshop.CancelStatusCancelled, "it is called " + string(status), nil
			},
		},
		{
			assumes: "the searches of cancellations of 202309 and 202602 find the same", source: "seen by integrators",
			does: "searches with both", calls: 2,
			ifNot: "nothing to set: the bridge searches with version 202309; look at both before you use the newer one",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				older, err := a.shop.ReturnRefund.SearchCancellationsV202309(ctx, &tiktokshop.SearchCancellationsV202309Request{PageSize: new("10")})
				if err != nil {
					return false, "", err
				}
				newer, err := a.shop.ReturnRefund.SearchCancellations(ctx, &tiktokshop.SearchCancellationsRequest{PageSize: new("10")})
				if err != nil {
					return false, "", err
				}
				same := slices.EqualFunc(older.Cancellations, newer.Cancellations, func(x, y tiktokshop.Cancellation) bool { return x.CancelID == y.CancelID })
				return same, fmt.Sprintf("%d and %d cancellations, %s", len(older.Cancellations), len(newer.Cancellations), yesOrNo(same, "the same", "not the same")), nil
			},
		},
		{
			assumes: "a request to cancel says by when it has to be answered", source: "Search Cancellations",
			does: "searches for requests that wait", calls: 1,
			ifNot: "nothing to set: Settings.DueRequests then never applies, so have people look at requests every day",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				reply, err := a.shop.ReturnRefund.SearchCancellationsV202309(ctx, &tiktokshop.SearchCancellationsV202309Request{CancelStatus: []tiktokshop.CancelStatus{tiktokshop.CancelStatusPending}})
				if err != nil {
					return false, "", err
				}
				if len(reply.Cancellations) == 0 {
					return false, "", notTried("no buyer waits for the answer to a request to cancel: try again when one does")
				}
				told := slices.ContainsFunc(reply.Cancellations[0].SellerNextActionResponse, func(n tiktokshop.CancellationSellerNextActionResponse) bool { return n.Deadline != 0 })
				return told, yesOrNo(told, "it has a deadline", "it has none"), nil
			},
		},
		{
			assumes: "a return that the seller has to decide says by when", source: "Search Returns",
			does: "searches for the newest returns", calls: 1,
			ifNot: "nothing to set: the bridge cannot warn of returns that TikTok is about to grant, so have people look at returns every day",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				reply, err := a.shop.ReturnRefund.SearchReturnsV202309(ctx, &tiktokshop.SearchReturnsV202309Request{PageSize: new("50"), SortOrder: new(tiktokshop.SortOrder("DESC"))})
				if err != nil {
					return false, "", err
				}
				r, err := find(reply.ReturnOrders, "no return waits for the seller: try again when one does", func(r tiktokshop.Return) bool {
					return r.ReturnStatus == tiktokshop.ReturnStatusReturnOrRefundRequestPending
				})
				told := slices.ContainsFunc(r.SellerNextActionResponse, func(n tiktokshop.SellerNextActionResponse) bool { return n.Deadline != 0 })
				return told, yesOrNo(told, "it has a deadline", "it has none"), err
			},
		},
		{
			assumes: "the status of a shop that sells is one of " + strings.Join(shopstatus.Selling, ", "), source: "Get Seller Status, which does not list them",
			does: "asks for the status of the shop", calls: 1,
			ifNot: "if the shop sells, name its word in Settings.SellingStatuses: what the bridge does not know it raises as a case",
			try:   tryStatus,
		},
		{
			assumes: "a statement has the time 00:00 UTC at the end of the day that it covers", source: "Get Statements", quirk: "statement next day",
			does: "reads the newest statement and when it was made", calls: 2,
			ifNot: "nothing to set: the dates of statements in the bridge's reports are then the days of their sales, and not the days after",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				s, err := newestStatement(ctx, a)
				if err != nil {
					return false, "", err
				}
				reply, err := a.shop.Finance.GetTransactionsByStatement(ctx, s.ID, &tiktokshop.GetTransactionsByStatementRequest{SortField: "order_create_time"})
				if err != nil {
					return false, "", err
				}
				at := s.StatementTime.Time().UTC()
				midnight := at.Equal(at.Truncate(24 * time.Hour))
				later := reply.CreateTime.Time().Sub(at)
				return midnight && later < 12*time.Hour, fmt.Sprintf("it has the time %s and was made %s after that", at.Format("15:04"), later), nil
			},
		},
		{
			assumes: "statements have net sales and no revenue in the UK and the US, and the other way round elsewhere", source: "Get Statements", quirk: "statement fields by market",
			does: "reads the newest statement", calls: 1,
			ifNot: "nothing to set: the bridge takes whichever amounts add up to the settlement; reports of your own should too",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				s, err := newestStatement(ctx, a)
				sales := slices.Contains([]string{"US", "GB"}, a.shop.Shop().Region)
				holds := (s.NetSalesAmount != "") == sales && (s.RevenueAmount == "") == sales
				return holds, fmt.Sprintf("net sales: %s, revenue: %s", yesOrNo(s.NetSalesAmount != "", "there", "not there"), yesOrNo(s.RevenueAmount != "", "there", "not there")), err
			},
		},
		{
			assumes: "products and their stock look as ever while the shop's order limit is reached, though buyers find all sold out", source: "Seller University of the US, which tells what buyers see", quirk: "order limit empties inventory",
			does: "reads ten products and their stock, if -limited says that the limit is reached", calls: 2,
			ifNot: "set Settings.OrdersPerDay, so that a case says why nothing sells; nobody should correct the stock by hand on such a day",
			try:   tryOrderLimit,
		},
		{
			assumes: "the amounts of a statement have signs, and their sum is the settlement", source: "Get Statements, whose text takes fees off",
			does: "adds up the newest statement", calls: 1,
			ifNot: "nothing to set: the bridge takes the reading that makes the settlement, and raises a case where none does",
			try:   trySigns,
		},
	}
}

func tryOrderLimit(ctx context.Context, a accounts) (bool, string, error) {
	if !a.limited {
		return false, "", notTried("try with -limited on a day on which Seller Center says that the shop has reached its order limit")
	}
	reply, err := a.shop.Product.SearchProducts(ctx, &tiktokshop.SearchProductsRequest{PageSize: 10, Status: new(tiktokshop.ProductStatusActivate)})
	if err != nil {
		return false, "", err
	}
	var ids []string
	for _, p := range reply.Products {
		ids = append(ids, p.ID)
	}
	if len(ids) == 0 {
		return false, "no product has the status ACTIVATE", nil
	}
	stock, err := a.shop.Product.InventorySearch(ctx, &tiktokshop.InventorySearchRequest{ProductIDs: ids})
	if err != nil {
		return false, "", err
	}
	units := 0
	for _, p := range stock.Inventory {
		for _, s := range p.SKUs {
			units += s.TotalAvailableQuantity
		}
	}
	return units > 0, fmt.Sprintf("products with the status ACTIVATE: %d, units available of them: %d", len(ids), units), nil
}

func anyProduct(ctx context.Context, a accounts) (tiktokshop.Product, error) {
	reply, err := a.shop.Product.SearchProducts(ctx, &tiktokshop.SearchProductsRequest{PageSize: 10, Status: new(tiktokshop.ProductStatusActivate)})
	if err != nil {
		return tiktokshop.Product{}, err
	}
	return find(reply.Products, "the shop has no product for sale", func(p tiktokshop.Product) bool { return len(p.SKUs) > 0 && p.CreateTime != 0 })
}

func newestStatement(ctx context.Context, a accounts) (tiktokshop.Statement, error) {
	reply, err := a.shop.Finance.GetStatements(ctx, &tiktokshop.GetStatementsRequest{
		SortField: "statement_time", SortOrder: new(tiktokshop.SortOrder("DESC")), PageSize: new(1),
	})
	if err != nil {
		return tiktokshop.Statement{}, err
	}
	return find(reply.Statements, "the shop has no statement", func(s tiktokshop.Statement) bool { return s.ID != "" })
}

func trySigns(ctx context.Context, a accounts) (bool, string, error) {
	s, err := newestStatement(ctx, a)
	if err != nil {
		return false, "", err
	}
	sales := s.NetSalesAmount // with which shipping is told apart
	parts := []tiktokshop.Decimal{s.ShippingCostAmount, s.FeeAmount, s.AdjustmentAmount}
	if sales == "" {
		sales, parts = s.RevenueAmount, parts[1:]
	}
	var sum int64
	for _, d := range append(parts, sales) {
		m, err := money.Parse(string(d), s.Currency)
		if err != nil {
			return false, "", fmt.Errorf("statement %s: %w", s.ID, err)
		}
		sum += m.Minor
	}
	settlement, err := money.Parse(string(s.SettlementAmount), s.Currency)
	if err != nil {
		return false, "", fmt.Errorf("statement %s: %w", s.ID, err)
	}
	holds := sum == settlement.Minor
	return holds, yesOrNo(holds, "the sum is the settlement", fmt.Sprintf("the sum and the settlement differ by %d of the smallest unit", sum-settlement.Minor)), nil
}

func tryStatus(ctx context.Context, a accounts) (bool, string, error) {
	reply, err := a.shop.Seller.GetSellerStatus(ctx, nil)
	if err != nil {
		return false, "", err
	}
	status := reply.SellerStatusData
	words := []string{status.SellerStatus}
	for _, s := range status.ShopStatuses {
		if s.ShopID == a.shop.Shop().ID {
			words = append(words, s.ShopStatus)
		}
	}
	known := !slices.ContainsFunc(words, func(word string) bool {
		return word != "" && !slices.ContainsFunc(shopstatus.Selling, func(s string) bool { return strings.EqualFold(s, word) })
	})
	return known, "seller and shop: " + strings.Join(words, ", "), nil
}
