package finance

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Reserve is what the shop holds back under one id.
type Reserve struct {
	ID, OrderID, Currency string
	// Withheld and Released are both positive; Held is the difference.
	Withheld, Released, Held int64
	State                    string
	// ReleaseAt is the shop's estimate, zero once it is released.
	ReleaseAt time.Time
	// Since is the first statement that has it.
	Since time.Time
}

// readReserves keeps the ledger of what is held back.
func (r *Report) readReserves() {
	type key struct{ id, currency string }
	ledger := map[key]*Reserve{}
	lines := make([]*settled, 0)
	for i := range r.lines {
		if r.lines[i].Reserve != 0 || r.lines[i].ReserveID != "" {
			lines = append(lines, &r.lines[i])
		}
	}
	slices.SortFunc(lines, func(a, b *settled) int {
		return cmp.Or(a.in.At.Compare(b.in.At), compareIDs(a.in.ID, b.in.ID), compareIDs(a.ID, b.ID))
	})
	for _, l := range lines {
		id := cmp.Or(l.ReserveID, "none of line "+l.ID)
		k := key{id, l.in.Currency}
		e := ledger[k]
		if e == nil {
			e = &Reserve{ID: id, Currency: l.in.Currency, Since: l.in.At.UTC()}
			ledger[k] = e
		}
		e.OrderID = cmp.Or(e.OrderID, l.OrderID)
		if l.Reserve < 0 {
			e.Withheld -= l.Reserve
		} else {
			e.Released += l.Reserve
		}
		e.Held = e.Withheld - e.Released
		e.State, e.ReleaseAt = l.ReserveState, l.ReleaseAt.UTC()
	}
	for _, e := range ledger {
		r.Reserves = append(r.Reserves, *e)
	}
	slices.SortFunc(r.Reserves, func(a, b Reserve) int {
		return cmp.Or(compareIDs(a.ID, b.ID), strings.Compare(a.Currency, b.Currency))
	})
	for _, e := range r.Reserves {
		x := Residual{Of: OfReserve, ID: e.ID, Minor: e.Held, Currency: e.Currency, OrderID: e.OrderID, Reason: InReserve}
		switch {
		case e.Held == 0:
			continue
		case e.Held < 0:
			x.Reason = ReserveUnbalanced
		case !e.ReleaseAt.IsZero() && e.ReleaseAt.Before(r.until):
			x.Reason, x.Seen = ReserveLate, "it was to be released on "+e.ReleaseAt.UTC().Format("2 January 2006")
		case !e.ReleaseAt.IsZero():
			x.Seen = "until " + e.ReleaseAt.Format(time.RFC3339)
		}
		r.Residuals = append(r.Residuals, x)
	}
}
