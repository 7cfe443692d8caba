package finance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// maxCases is how many cases of their own a report makes. More are one case together: so
// many have one cause as a rule, and nobody reads them one by one.
const maxCases = 100

// manyObject is what the case of the others is about.
const manyObject = "more amounts of the payouts"

// Tell raises what somebody has to look at, a case for each order, line, statement,
// payment and reserve, and closes the cases of those that are right by now. Cases about
// what this report has not seen, or not seen whole, stay as they are: each period can be
// told of as often as it is read.
func (r *Report) Tell(ctx context.Context, queue exceptions.Queue) error {
	byObject := map[string][]Residual{}
	var objects []string
	for _, x := range r.Wrong() {
		object := x.object()
		if byObject[object] == nil {
			objects = append(objects, object)
		}
		byObject[object] = append(byObject[object], x)
	}
	var list []exceptions.Exception
	for i, object := range objects {
		if i == maxCases {
			list = append(list, exceptions.New(exceptions.PayoutDiffers, manyObject, time.Time{},
				fmt.Sprintf("%d more orders, lines, statements and payments have something to look at", len(objects)-i),
				"read the whole report: so many have one cause as a rule"))
			break
		}
		var seen, do []string
		for _, x := range byObject[object] {
			seen = append(seen, strings.TrimPrefix(x.String(), object+": "))
			do = append(do, x.Reason.Info().Do)
		}
		list = append(list, exceptions.New(exceptions.PayoutDiffers, object, time.Time{}, strings.Join(seen, "; "), strings.Join(slices.Compact(do), " ")))
	}
	if err := exceptions.RaiseAll(ctx, queue, list); err != nil {
		return fmt.Errorf("finance: telling of what is wrong: %w", err)
	}
	open, err := queue.Open(ctx, exceptions.PayoutDiffers)
	if err != nil {
		return fmt.Errorf("finance: reading the cases: %w", err)
	}
	seen := r.seenWhole()
	for _, e := range open {
		if byObject[e.Object] != nil || !seen[e.Object] && (e.Object != manyObject || len(objects) > maxCases) {
			continue
		}
		if err := queue.Clear(ctx, e.Object, exceptions.PayoutDiffers); err != nil {
			return fmt.Errorf("finance: closing a case: %w", err)
		}
	}
	return nil
}

// Credits are the moments at which the shop has paid for losses of orders, by their ids:
// positive adjustments of the category [Claims].
func (r *Report) Credits() map[string][]time.Time {
	found := map[string][]time.Time{}
	for i := range r.lines {
		l := &r.lines[i]
		if l.OrderID == "" || l.Type == OrderLine || l.Settlement <= 0 {
			continue
		}
		if slices.ContainsFunc(l.posts, func(p post) bool { return categories[p.category].name == Claims && p.minor > 0 }) {
			found[l.OrderID] = append(found[l.OrderID], l.in.settledAt())
		}
	}
	return found
}

func (r Residual) object() string {
	if r.Of == OfOrder {
		return exceptions.ForOrder(r.ID)
	}
	return string(r.Of) + " " + r.ID
}

// seenWhole are the objects of which everything was read that a case can be about.
func (r *Report) seenWhole() map[string]bool {
	seen := map[string]bool{}
	see := func(of Object, id string) { seen[Residual{Of: of, ID: id}.object()] = true }
	whole := r.unreadLines() == "" // otherwise a line of any order or reserve may be missing
	for _, u := range r.Unread {
		whole = whole && (Object(u.Kind) != ofRefund || u.ID != "")
	}
	for _, o := range r.Orders {
		if whole && r.read.SalesRead && (o.Settled || r.read.EstimatesRead) {
			see(OfOrder, o.ID)
		}
	}
	for i := range r.lines {
		see(OfLine, r.lines[i].ID)
	}
	for _, s := range r.Statements {
		if r.read.PaymentsRead || s.Status == Paid {
			see(OfStatement, s.ID)
		}
	}
	for _, p := range r.Payouts {
		see(OfPayment, p.ID)
	}
	for _, m := range r.Movements {
		see(OfWithdrawal, m.ID)
	}
	for _, e := range r.Reserves {
		if r.unreadLines() == "" {
			see(OfReserve, e.ID)
		}
	}
	for _, u := range r.Unread {
		if Object(u.Kind) == ofRefund {
			delete(seen, exceptions.ForOrder(u.ID))
		}
	}
	for _, id := range r.incomplete {
		delete(seen, Residual{Of: OfStatement, ID: id}.object())
	}
	for _, x := range r.Residuals {
		if x.Reason == SoldBefore || x.Reason == OutsidePeriod {
			delete(seen, x.object())
		}
	}
	return seen
}
