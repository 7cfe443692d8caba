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
// what this report has not seen, or not seen whole, stay: each period can be told of as often
// as it is read. A line that cannot be read keeps those cases alone that were about its
// statement, and they say so; it is a case of its own.
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
	statements := map[string][]string{} // of orders
	for _, o := range r.Orders {
		if object := exceptions.ForOrder(o.ID); byObject[object] != nil {
			statements[object] = append(statements[object], o.Statements...)
		}
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
		list = append(list, exceptions.New(exceptions.PayoutDiffers, object, time.Time{}, strings.Join(seen, "; "), strings.Join(slices.Compact(do), " "),
			exceptions.Evidence(statementsOf, strings.Join(statements[object], " "))...))
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
		if id := r.doubt(e); id != "" {
			e = exceptions.New(exceptions.PayoutDiffers, e.Object, time.Time{},
				fmt.Sprintf("all that could be read of it is right by now, but not all of statement %s could be read", id),
				fmt.Sprintf("look in Seller Center for what the case of statement %s names; if it is not of this order, resolve this", id), e.Evidence...)
			if err := queue.Raise(ctx, e); err != nil {
				return fmt.Errorf("finance: telling what was not read: %w", err)
			}
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
		if l.OrderID == "" || l.Type == OrderLine {
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

// statementsOf is the evidence of a case that names the statements which an order is on.
const statementsOf = "statements"

// doubt is a statement with a line that was not read, of those that a case was about: the
// line may be what the case was raised for.
func (r *Report) doubt(e exceptions.Exception) string {
	for _, p := range e.Evidence {
		if p.Name == statementsOf {
			for _, id := range strings.Fields(p.Value) {
				if slices.Contains(r.incomplete, id) {
					return id
				}
			}
		}
	}
	return ""
}

// seenWhole are the objects of which everything was read that a case can be about.
func (r *Report) seenWhole() map[string]bool {
	seen := map[string]bool{}
	see := func(of Object, id string) { seen[Residual{Of: of, ID: id}.object()] = true }
	listed := r.lost[OfStatement] == "" && !r.cut // otherwise lines of any order or reserve may be missing
	whole := listed
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
		if listed && (len(r.incomplete) == 0 || e.Held == 0) {
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
		late := x.Reason == Overdue || x.Reason == RefundOverdue // if it is not among what was not read
		if x.Reason == SoldBefore || x.Reason == OutsidePeriod || late && x.Because != "" {
			delete(seen, x.object())
		}
	}
	return seen
}
