package tiktokshoptest

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// codeAnalytics is the code of a refused parameter of analytics.
const codeAnalytics = 98001004

// live is a LIVE of the shop.
type live struct {
	id, title  string
	products   []*product
	start, end tiktokshop.UnixSeconds // end is 0 while it goes on
}

func atPlacing(o *order) position { return position{key: int64(o.placed)} }

func atStart(l *live) position { return position{int64(l.start), l.id} }

// StartLive begins a LIVE of the shop's own account in which products are shown, and returns
// its id. What buyers order of them until [Fake.EndLive] counts as sold in it. TikTok Shop
// tells of a LIVE when it has ended; [QuirkRunningLiveListed], [QuirkLiveMinutesAtOnce] and
// [QuirkLiveProductsAtOnce] let it tell earlier.
func (f *Fake) StartLive(title string, productIDs ...string) (id string, err error) {
	defer f.enter()()
	l := &live{title: title, start: f.unix()}
	for _, id := range productIDs {
		p := f.productByID[id]
		if p == nil {
			return "", fmt.Errorf("the shop has no product %q", id)
		}
		l.products = append(l.products, p)
	}
	l.id = f.newID(idLive)
	f.lives = append(f.lives, l)
	return l.id, nil
}

// EndLive ends a LIVE that goes on.
func (f *Fake) EndLive(id string) error {
	defer f.enter()()
	l := f.liveOf(id)
	if l == nil || l.end != 0 {
		return fmt.Errorf("no LIVE %q goes on", id)
	}
	l.end = f.unix()
	return nil
}

func (f *Fake) liveOf(id string) *live {
	if i := slices.IndexFunc(f.lives, func(l *live) bool { return l.id == id }); i >= 0 {
		return f.lives[i]
	}
	return nil
}

// sold is what was ordered in a LIVE, or in a part of one.
type sold struct {
	orders, units, skus, products int64
	gmv                           money
}

// soldIn counts what was ordered from a moment until before another one of the products
// that keep lets through.
func (f *Fake) soldIn(l *live, from, before tiktokshop.UnixSeconds, keep func(*product) bool) (s sold) {
	seen := map[*product]bool{}
	for _, o := range between(f.orders.all, atPlacing, &from, &before) {
		skus := map[*sku]bool{}
		for _, line := range o.lines {
			if p := line.sku.product; slices.Contains(l.products, p) && keep(p) {
				s.units++
				s.gmv += line.price
				skus[line.sku], seen[p] = true, true
			}
		}
		if len(skus) > 0 {
			s.orders++
			s.skus += int64(len(skus))
		}
	}
	s.products = int64(len(seen))
	return s
}

func (f *Fake) local(m money) tiktokshop.Money {
	return tiktokshop.Money{Amount: m.decimal(), Currency: f.market.currency}
}

// until is the end of a LIVE, or for one that goes on the next second.
func (f *Fake) until(l *live) tiktokshop.UnixSeconds {
	if l.end != 0 {
		return l.end
	}
	return f.unix() + 1
}

func anyOf(*product) bool { return true }

// liveList serves Analytics.GetShopLIVEPerformanceList. The days of the fake are those of
// UTC.
//
// https://partner.tiktokshop.com/docv2/page/get-shop-live-performance-list-202509
func (f *Fake) liveList(in *request) (any, error) {
	from, err := day(in, "start_date_ge")
	if err != nil {
		return nil, err
	}
	before, err := day(in, "end_date_lt")
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 10, 100)
	if err != nil {
		return nil, err
	}
	direction, err := oneOf("sort_order", in.query.Get("sort_order"), "DESC", "ASC")
	if err != nil {
		return nil, err
	}
	keep := func(l *live) bool {
		return l.start >= from && l.start < before && (l.end != 0 || f.has(QuirkRunningLiveListed))
	}
	found, next, total, err := pick(f.lives, atStart, keep, direction == "DESC", size, in.query.Get("page_token"))
	out := tiktokshop.GetShopLIVEPerformanceListResponse{
		LatestAvailableDate: f.now.UTC().Format(time.DateOnly), NextPageToken: next, TotalCount: int64(total),
	}
	for _, l := range found {
		s := f.soldIn(l, l.start, f.until(l), anyOf)
		row := tiktokshop.GetShopLIVEPerformanceListResponseLiveStreamSession{
			ID: l.id, Title: l.title, Username: "shop", StartTime: strconv.FormatInt(int64(l.start), 10),
		}
		if l.end != 0 {
			row.EndTime = strconv.FormatInt(int64(l.end), 10)
		}
		row.SalesPerformance.GMV, row.SalesPerformance.ItemsSold, row.SalesPerformance.SKUOrders = f.local(s.gmv), s.units, s.skus
		row.SalesPerformance.ProductsAdded, row.SalesPerformance.DifferentProductsSold = int64(len(l.products)), s.products
		out.LiveStreamSessions = append(out.LiveStreamSessions, row)
	}
	return out, err
}

// day reads a date such as 2026-11-28.
func day(in *request, name string) (tiktokshop.UnixSeconds, error) {
	value := in.query.Get(name)
	if err := required(name, value); err != nil {
		return 0, err
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return 0, fail(codeAnalytics, "%s must be a date such as 2026-11-28", name)
	}
	return tiktokshop.At(t), nil
}

// shownLive is the LIVE of a call. One that goes on has nothing to show, unless at says so.
func (f *Fake) shownLive(in *request, at Quirk) (l *live, shown bool, err error) {
	l = f.liveOf(in.params[0])
	if l == nil {
		return nil, false, fail(codeAnalytics, "The LIVE %s is not of this shop", in.params[0])
	}
	return l, l.end != 0 || f.has(at), nil
}

// minutesAPage is how many minutes of a LIVE are on a page.
const minutesAPage = 60

// liveMinutes serves Analytics.GetShopLIVEPerformancePerMinutes.
//
// https://partner.tiktokshop.com/docv2/page/get-shop-live-performance-per-minutes-202510
func (f *Fake) liveMinutes(in *request) (any, error) {
	l, shown, err := f.shownLive(in, QuirkLiveMinutesAtOnce)
	if err != nil {
		return nil, err
	}
	var out tiktokshop.GetShopLIVEPerformancePerMinutesResponse
	if !shown {
		return out, nil
	}
	end := f.until(l)
	var minutes []tiktokshop.UnixSeconds
	for t := l.start; t < end; t += 60 {
		minutes = append(minutes, t)
	}
	at := func(t tiktokshop.UnixSeconds) position { return position{key: int64(t)} }
	page, next, err := page(minutes, at, false, minutesAPage, in.query.Get("page_token"))
	if err != nil {
		return nil, err
	}
	out.NextPageToken, out.TotalCount = next, len(minutes)
	all := f.soldIn(l, l.start, end, anyOf)
	over := &out.Performance.Overall
	over.LiveTitle, over.StartTime, over.EndTime, over.Duration = l.title, l.start, l.end, int64(end-l.start)
	over.ItemsSold, over.GMV = all.units, f.local(all.gmv)
	for _, t := range page {
		s := f.soldIn(l, t, min(t+60, end), anyOf)
		row := tiktokshop.GetShopLIVEPerformancePerMinutesResponsePerformanceInterval{StartTime: t, EndTime: min(t+60, end)}
		row.Sales.ItemsSold, row.Sales.MainOrders, row.Sales.SKUOrders, row.Sales.GMV = s.units, s.orders, s.skus, f.local(s.gmv)
		out.Performance.Intervals = append(out.Performance.Intervals, row)
	}
	return out, nil
}

// liveProducts serves Analytics.GetShopLIVEProductsPerformanceList.
//
// https://partner.tiktokshop.com/docv2/page/get-shop-live-products-performance-list-202512
func (f *Fake) liveProducts(in *request) (any, error) {
	l, shown, err := f.shownLive(in, QuirkLiveProductsAtOnce)
	if err != nil {
		return nil, err
	}
	var out tiktokshop.GetShopLIVEProductsPerformanceListResponse
	if !shown {
		return out, nil
	}
	for _, p := range l.products {
		s := f.soldIn(l, l.start, f.until(l), func(other *product) bool { return other == p })
		row := tiktokshop.GetShopLIVEProductsPerformanceListResponseProduct{ID: p.id, Name: p.title}
		row.Sales.ItemsSold, row.Sales.MainOrders, row.Sales.SKUOrders, row.Sales.DirectGMV = s.units, s.orders, s.skus, f.local(s.gmv)
		out.Products = append(out.Products, row)
	}
	return out, nil
}
