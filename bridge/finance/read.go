package finance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// StatementSource has the shop's statements.
type StatementSource interface {
	// Statements lists those made in [from, to), without their lines.
	Statements(ctx context.Context, from, to time.Time) ([]Statement, []Unread, error)
	// StatementLines returns the statement with its lines and totals. LinesRead is set only
	// if all of them were read but those that are unread.
	StatementLines(ctx context.Context, s Statement) (Statement, []Unread, error)
}

// PaymentSource has the payouts that were made in [from, to).
type PaymentSource interface {
	Payments(ctx context.Context, from, to time.Time) ([]Payment, []Unread, error)
}

// WithdrawalSource has the movements of the balance in [from, to).
type WithdrawalSource interface {
	Withdrawals(ctx context.Context, from, to time.Time) ([]Withdrawal, []Unread, error)
}

// EstimateSource has what is expected for orders that were placed in [from, to).
type EstimateSource interface {
	Estimates(ctx context.Context, from, to time.Time) ([]Estimate, []Unread, error)
}

// SaleSource has what the orders that were placed in [from, to) are worth in the warehouse.
type SaleSource interface {
	Sales(ctx context.Context, from, to time.Time) ([]Sale, []Unread, error)
}

// RefundSource has what the warehouse has refunded.
type RefundSource interface {
	// Refunds returns the refunds of orders by their ids; of an order without one there is
	// an empty list. Orders that are not in it were not read, for the reasons in the error.
	Refunds(ctx context.Context, orderIDs []string) (map[string][]Refund, error)
}

// RefundedSource knows which orders the warehouse has refunded.
type RefundedSource interface {
	// RefundedOrders returns the orders of which a refund was booked in [from, to).
	RefundedOrders(ctx context.Context, from, to time.Time) ([]string, error)
}

// OrderSource has what the shop says of one order; it costs a call for each.
type OrderSource interface {
	OrderRows(ctx context.Context, orderID string) (OrderRows, error)
}

// Ports are what a [Reader] reads. Statements is required; what is nil is not read, and
// nothing is found wrong for its absence. Not every market has payments.
type Ports struct {
	Statements  StatementSource
	Payments    PaymentSource
	Withdrawals WithdrawalSource
	Estimates   EstimateSource
	Sales       SaleSource
	Refunds     RefundSource   // of orders that the statements refund; needs Sales
	Refunded    RefundedSource // and of those that the warehouse has refunded; needs Refunds
	Orders      OrderSource
}

// Reader reads the books of one shop. It keeps nothing.
type Reader struct{ ports Ports }

// NewReader returns a Reader, or an error that names the missing port.
func NewReader(p Ports) (*Reader, error) {
	if err := part.Required("finance: NewReader", map[string]any{"Statements": p.Statements}); err != nil {
		return nil, err
	}
	return &Reader{ports: p}, nil
}

// How much is read around a period. An order may be settled long after it was placed, and
// a statement paid days after it was made.
const (
	ordersBefore  = 90 * 24 * time.Hour
	mostBefore    = 2 * 365 * 24 * time.Hour // also if a line says that its order is older
	paymentsAfter = 31 * 24 * time.Hour
)

// Read reads the statements made in [from, to), and what belongs to them: their lines,
// payments up to a month later, unpaid statements of the month before, and the orders and estimates of three months before. What
// cannot be read is in Books.Unread, or marked as not read to the end and in the error:
// the books hold the rest.
//
// Sales are read while the other ports are, so that the two sides need not wait for each other.
//
// Orders from before the period that are neither on its statements nor expected are left
// out: they may have been settled before. Read a longer period to see them.
func (r *Reader) Read(ctx context.Context, from, to time.Time) (Books, error) {
	if !from.Before(to) {
		return Books{}, fmt.Errorf("finance: Read: the period from %s to %s is empty", from.Format(time.DateOnly), to.Format(time.DateOnly))
	}
	from, to = from.UTC(), to.UTC()
	b := Books{From: from, To: to}
	var errs []error
	sold := soldOrders{from: from.Add(-ordersBefore)}
	ahead, stop := context.WithCancel(ctx)
	defer stop()
	part.SideBySide(func() {
		if errs = r.readShop(ctx, &b); len(b.Statements) == 0 && len(errs) > 0 {
			stop() // without statements there is nothing to compare orders with
		}
	}, func() { sold.read(ahead, r.ports.Sales, to) })
	if len(b.Statements) == 0 && len(errs) > 0 {
		return b, part.Join(errs...)
	}
	if r.ports.Sales != nil {
		first := earliest(b, sold.from)
		if most := from.Add(-mostBefore); first.Before(most) {
			first = most
		}
		if first.Before(sold.from) { // settled long after it was placed
			sold.from, to = first, sold.from
			sold.read(ctx, r.ports.Sales, to)
		}
		refunded, err := r.refunded(ctx, &b)
		b.Sales = b.concerned(sold.sales, from, refunded)
		b.Unread = append(b.Unread, sold.unread...)
		b.SalesRead = len(sold.errs) == 0
		for _, err := range sold.errs {
			b.broken(OfOrder, err)
		}
		errs = append(errs, sold.errs...)
		errs = append(errs, failed("which orders the warehouse has refunded", err)...)
		errs = append(errs, failed("refunds of the warehouse", r.readRefunds(ctx, &b, refunded))...)
	}
	if err := ctx.Err(); err != nil && len(errs) == 0 {
		errs = append(errs, err)
	}
	return b, part.Join(errs...)
}

// failed is what is said of an error, none if there is none.
func failed(what string, err error) []error {
	if err == nil {
		return nil
	}
	return []error{fmt.Errorf("finance: reading %s: %w", what, err)}
}

// soldOrders are the orders of the warehouse, read from a moment on.
type soldOrders struct {
	from   time.Time
	sales  []Sale
	unread []Unread
	errs   []error
}

// read adds those that were placed up to a moment.
func (s *soldOrders) read(ctx context.Context, source SaleSource, to time.Time) {
	if source == nil {
		return
	}
	sales, unread, err := source.Sales(ctx, s.from, to)
	s.sales, s.unread = append(s.sales, sales...), append(s.unread, unread...)
	s.errs = append(s.errs, failed("orders of the warehouse", err)...)
}

// broken notes a list that was not read to its end.
func (b *Books) broken(list Object, err error) {
	b.Unread = append(b.Unread, Unread{Kind: string(list), Why: "the list was not read to the end: " + part.Short(err.Error())})
}

// What may not have been read, and no residual is about.
const (
	ofEstimate Object = "estimate"
	ofRefund   Object = "refund" // by its order
)

// readShop reads the side of the shop.
func (r *Reader) readShop(ctx context.Context, b *Books) (errs []error) {
	tell := func(what string, err error) bool {
		errs = append(errs, failed(what, err)...)
		return err != nil
	}
	statements, unread, err := r.ports.Statements.Statements(ctx, b.From, b.To)
	b.Unread = append(b.Unread, unread...)
	if tell("statements", err) {
		if len(statements) == 0 {
			return errs
		}
		b.broken(OfStatement, err)
	}
	for _, s := range statements {
		if ctx.Err() == nil {
			read, unread, err := r.ports.Statements.StatementLines(ctx, s)
			b.Unread = append(b.Unread, unread...)
			if !tell("the lines of statement "+s.ID, err) || len(read.Lines) > 0 {
				s = read
				s.LinesRead = s.LinesRead && err == nil
			}
		}
		b.Statements = append(b.Statements, s)
	}
	if r.ports.Payments != nil {
		b.Payments, unread, err = r.ports.Payments.Payments(ctx, b.From, b.To.Add(paymentsAfter))
		b.Payments = ofPeriod(b.Payments, b.Statements, b.To)
		b.Unread = append(b.Unread, unread...)
		if b.PaymentsRead = !tell("payments", err); !b.PaymentsRead {
			b.broken(OfPayment, err)
		}
		tell("statements before the period", r.readBefore(ctx, b))
	}
	if r.ports.Withdrawals != nil {
		b.Withdrawals, unread, err = r.ports.Withdrawals.Withdrawals(ctx, b.From, b.To.Add(paymentsAfter))
		b.Unread = append(b.Unread, unread...)
		if b.WithdrawalsRead = !tell("withdrawals", err); !b.WithdrawalsRead {
			b.broken(OfWithdrawal, err)
		}
	}
	if r.ports.Estimates != nil {
		b.Estimates, unread, err = r.ports.Estimates.Estimates(ctx, b.From.Add(-ordersBefore), b.To)
		b.Unread = append(b.Unread, unread...)
		if b.EstimatesRead = !tell("what is expected", err); !b.EstimatesRead {
			b.broken(ofEstimate, err)
		}
	}
	return errs
}

// readBefore adds the statements of the month before that no payment has paid, which are few.
// What of it is not read may explain what a payment lacks.
func (r *Reader) readBefore(ctx context.Context, b *Books) error {
	list, unread, err := r.ports.Statements.Statements(ctx, b.From.Add(-paymentsAfter), b.From)
	errs := []error{err}
	for _, s := range list {
		if s.PaymentID != "" || ctx.Err() != nil {
			continue
		}
		s, more, err := r.ports.Statements.StatementLines(ctx, s) // reserves are beside its lines
		unread, errs = append(unread, more...), append(errs, err)
		b.Before = append(b.Before, s)
	}
	if err := part.Join(errs...); err != nil || len(unread) > 0 {
		b.Unread = append(b.Unread, Unread{Kind: string(OfStatement), Why: "of those before the period, not all were read"})
		return err
	}
	return nil
}

// refunded are the orders for which the statements have a refund, or in whose period the
// warehouse has booked one.
func (r *Reader) refunded(ctx context.Context, b *Books) (map[string]bool, error) {
	refunded := map[string]bool{}
	if r.ports.Refunds == nil {
		return refunded, nil
	}
	for _, s := range b.Statements {
		for i := range s.Lines {
			if l := &s.Lines[i]; l.OrderID != "" && l.info(refundDetail) != 0 {
				refunded[l.OrderID] = true
			}
		}
	}
	if r.ports.Refunded == nil {
		return refunded, nil
	}
	list, err := r.ports.Refunded.RefundedOrders(ctx, b.From, b.To)
	if err != nil {
		b.broken(ofRefund, err)
	}
	for _, id := range list {
		refunded[id] = true
	}
	return refunded, err
}

// readRefunds adds the refunds of orders of the warehouse. Those that could not be read are
// not read: nobody knows whether they are right.
func (r *Reader) readRefunds(ctx context.Context, b *Books, refunded map[string]bool) error {
	of := map[string]*Sale{}
	for i := range b.Sales {
		if s := &b.Sales[i]; refunded[s.OrderID] && !s.merged() {
			of[s.OrderID] = s
		}
	}
	if len(of) == 0 {
		return nil
	}
	found, err := r.ports.Refunds.Refunds(ctx, slices.Sorted(maps.Keys(of)))
	for id, s := range of {
		if list, read := found[id]; read {
			s.Refunds, s.RefundsRead = list, true
		} else if err != nil {
			b.Unread = append(b.Unread, Unread{Kind: string(ofRefund), ID: id, Why: "the refunds of the order in the warehouse were not read"})
		}
	}
	return err
}

// ReadOrders adds what the shop says of single orders, to look into what differs.
func (r *Reader) ReadOrders(ctx context.Context, b *Books, orderIDs ...string) error {
	if r.ports.Orders == nil {
		return errors.New("finance: ReadOrders: the port Orders is missing")
	}
	var errs []error
	for _, id := range orderIDs {
		rows, err := r.ports.Orders.OrderRows(ctx, id)
		if err != nil {
			errs = append(errs, fmt.Errorf("finance: reading order %s: %w", id, err))
			continue
		}
		b.OrderRows = append(b.OrderRows, rows)
	}
	return part.Join(errs...)
}

// ofPeriod leaves out payments after the period that pay none of its statements.
func ofPeriod(payments []Payment, statements []Statement, to time.Time) []Payment {
	named := map[string]bool{}
	for _, s := range statements {
		named[s.PaymentID] = true
	}
	var list []Payment
	for _, p := range payments {
		if named[p.ID] || p.CreatedAt.Before(to) {
			list = append(list, p)
		}
	}
	return list
}

// earliest is when the first order of the statements was placed, if that is before t.
func earliest(b Books, t time.Time) time.Time {
	for _, s := range b.Statements {
		for _, l := range s.Lines {
			if !l.OrderedAt.IsZero() && l.OrderedAt.Before(t) {
				t = l.OrderedAt
			}
		}
	}
	return t
}

// concerned are the sales of the period, and of before it those that it is about.
func (b *Books) concerned(sales []Sale, from time.Time, refunded map[string]bool) []Sale {
	named := maps.Clone(refunded)
	for _, s := range b.Statements {
		for _, l := range s.Lines {
			named[l.OrderID] = true
		}
	}
	for _, e := range b.Estimates {
		named[e.OrderID] = true
	}
	var list []Sale
	for _, s := range sales {
		if slices.ContainsFunc(s.orderIDs(), func(id string) bool { return named[id] }) || !s.OrderedAt.Before(from) {
			list = append(list, s)
		}
	}
	return list
}
