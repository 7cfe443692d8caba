package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// payIn is the currency that some shops are paid in.
const payIn = "EUR"

// published are the shop's rules about fees, for days as early as a bubble's.
const published = `market from to fee rule of percent cap refunds days sure source
US 1999-01-01 - referral_fee_amount rate goods+postage 6 - credited 0 yes the-fake
GB 1999-01-01 - referral_fee_amount rate goods+postage 9 - credited 0 yes the-fake
US 1999-01-01 - refund_administration_fee_amount share referral_fee_amount 20 - - - yes the-fake
GB 1999-01-01 - refund_administration_fee_amount share referral_fee_amount 20 - - - yes the-fake
`

// closeBooks delivers what was sent, has the shop settle and pay it, and demands that every
// penny of every payout is tied to an order or has a reason, and that a penny and a fee that
// are wrong on purpose are found.
func (l *lab) closeBooks(ctx context.Context) {
	r := rand.New(rand.NewPCG(l.config.Seed, 0xb00c))
	for round := range 2 {
		for _, s := range l.shops {
			if err := s.settleRound(r, round, l.copies()); err != nil {
				l.violate("the lab could not settle what was traded in %s: %v", s.name, err)
			}
		}
		if err := sleepUntil(ctx, time.Now().Add(30*time.Hour)); err != nil { // the payments arrive
			return
		}
	}
	for _, s := range l.shops {
		open, err := s.queue.Open(ctx)
		if err == nil {
			err = (&books{shop: s, open: open, copies: l.copies()}).reconcile(ctx, r)
		}
		if err != nil {
			l.violate("the books of %s cannot be read: %v", s.name, err)
		}
	}
}

// settleRound has two statements made: of what was sold, with fees, refunds, reserves and
// charges, and of what comes after that.
func (s *shop) settleRound(r *rand.Rand, round int, copies map[ref][]linnworks.OrderDetails) error {
	var errs []error
	if round == 0 {
		errs = append(errs, s.deliver(r, copies))
	}
	errs = append(errs, s.things(r, round))
	s.tiktok.Settle()
	return errors.Join(errs...)
}

// deliver has the carrier collect and deliver what was sent. What has a label and is still
// open in Linnworks is in the warehouse, where no carrier gets it.
func (s *shop) deliver(r *rand.Rand, copies map[ref][]linnworks.OrderDetails) error {
	s.tiktok.CarryNegative()
	var errs []error
	if r.IntN(2) == 0 {
		errs = append(errs, s.tiktok.PayIn(payIn, "1.17"))
	}
	if r.IntN(4) == 0 { // a charge before anything is delivered: a negative statement
		errs = append(errs, s.adjust(r, 0, "", "-1.23"))
		s.tiktok.Settle()
	}
	for _, o := range s.tiktok.Orders() {
		open := slices.ContainsFunc(copies[ref{s.name, o.ID}], func(o linnworks.OrderDetails) bool { return !o.Processed && !o.GeneralInfo.HoldOrCancel })
		if o.Status == tiktokshop.OrderStatusAwaitingCollection && !open {
			errs = append(errs, s.tiktok.Collect(o.ID))
			o, _ = s.tiktok.Order(o.ID)
		}
		if o.Status == tiktokshop.OrderStatusInTransit {
			errs = append(errs, s.tiktok.Deliver(o.ID))
		}
	}
	return errors.Join(errs...)
}

// things happen to orders that were delivered: charges, reserves, and refunds of every tenth,
// a half of them in each round.
func (s *shop) things(r *rand.Rand, round int) error {
	var errs []error
	n := 0
	for _, o := range s.tiktok.Orders() {
		if o.DeliveryTime == 0 {
			continue
		}
		n++
		var err error
		switch r.IntN(8) {
		case 0, 1:
			err = s.charge(r, round, o.ID)
		case 2:
			err = s.adjust(r, round, o.ID, fmt.Sprintf("-0.%02d", 1+r.IntN(99)))
		case 3:
			var reserve string
			reserve, err = s.tiktok.ReserveUntil(o.ID, fmt.Sprintf("0.%02d", 1+r.IntN(99)), s.now().Add(30*24*time.Hour))
			s.report.Reserves++
			if err == nil && r.IntN(2) == 0 {
				err = s.tiktok.ReleaseReserve(reserve)
				s.report.ReservesReleased++
			}
		}
		errs = append(errs, err)
		if n%10 == 5*round {
			errs = append(errs, s.comesBack(r, o))
		}
	}
	return errors.Join(append(errs, s.adjust(r, round, "", "-0.77"))...)
}

// comesBack has the buyer paid back for an order, or for a part of it, with the goods or
// without.
func (s *shop) comesBack(r *rand.Rand, o tiktokshop.Order) error {
	var spec tiktokshoptest.ReturnSpec
	if n := len(o.LineItems); n > 1 && r.IntN(2) == 0 {
		for _, l := range o.LineItems[:1+r.IntN(n-1)] {
			if l.DisplayStatus != tiktokshop.OrderStatusCancelled {
				spec.LineIDs = append(spec.LineIDs, l.ID)
			}
		}
		if len(spec.LineIDs) > 0 {
			s.report.PartReturns++
		}
	}
	if r.IntN(3) == 0 {
		spec.Type = tiktokshop.ReturnTypeReturnAndRefund
		s.report.GoodsReturned++
	}
	id, err := s.tiktok.RequestReturn(o.ID, spec)
	if err == nil {
		err = s.tiktok.GrantReturn(id)
	}
	if err == nil && spec.Type != "" {
		if err = s.tiktok.SendReturn(id, "B"+id); err == nil {
			err = s.tiktok.GrantReturn(id) // the goods are as sold
		}
	}
	return err
}

// mirror books the refunds in the warehouse.
func (s *books) mirror(ctx context.Context, house *linnworksadapter.Warehouse) error {
	memory := new(store.Memory).Shop(s.name)
	m, err := returns.NewMirror(returns.MirrorPorts{
		Shop: s.desk, Changes: s.desk, Warehouse: house, Orders: s.desk, Records: memory, Values: memory, Locks: memory, Exceptions: new(exceptions.Memory).Shop(s.name),
	}, returns.MirrorOptions{FirstLook: 7 * 24 * time.Hour})
	if err != nil {
		return err
	}
	for range 2 { // the second makes the refunds final, and compares them
		report, err := m.Run(ctx)
		if err != nil {
			return err
		}
		s.report.RefundsBooked += report.Refunds
	}
	return nil
}

// books are those of a shop, with what is known of its orders.
type books struct {
	*shop
	open   []exceptions.Exception
	copies map[ref][]linnworks.OrderDetails
}

// reconcile reads the books as a program would, and judges the report.
func (s *books) reconcile(ctx context.Context, r *rand.Rand) error {
	house, err := linnworksadapter.New(ctx, s.elsewhere, linnworksadapter.Options{Source: source, SubSource: s.name})
	if err != nil {
		return err
	}
	if err := s.mirror(ctx, house); err != nil {
		return err
	}
	reader, err := finance.NewReader(finance.Ports{Statements: s.desk, Payments: s.desk, Withdrawals: s.desk, Estimates: s.desk, Sales: house, Refunds: house})
	if err != nil {
		return err
	}
	read, err := reader.Read(ctx, s.start.Add(-48*time.Hour), s.now().Add(time.Hour))
	if err != nil {
		return err
	}
	rules, err := finance.ReadFeeRules(strings.NewReader(published))
	if err != nil {
		return err
	}
	options := finance.Options{Shop: s.name, AsOf: s.now(), Market: s.market, FeeRules: rules}
	report, err := finance.Reconcile(read, options)
	if err != nil {
		return err
	}
	for _, u := range report.Unread {
		if u.Kind != "order" || !s.odd(u.ID) {
			s.violate("the books have not read %s %s: %s", u.Kind, u.ID, u.Why)
		}
	}
	for _, x := range report.Wrong() {
		if x.Of != finance.OfOrder || !s.odd(x.OrderID) {
			s.violate("the books do not close: %s", x)
		}
	}
	for _, b := range report.Fees.Breaches {
		s.violate("a fee that was taken as published is called too high: %+v", b)
	}
	s.report.Kinds = s.report.Kinds.plus(readKinds(read.Statements))
	for _, p := range report.Payouts {
		s.judgePayout(p, read, report)
	}
	for _, o := range report.Orders {
		if o.Settled {
			s.report.Settled++
		}
		if o.Refunded < 0 {
			s.report.Refunded++
		}
		if sold, found := s.tiktok.Order(o.ID); found && o.Settled && slices.ContainsFunc(sold.LineItems, isCancelled) {
			s.report.PartCancelled++
		}
	}
	s.report.FeesCompared += report.Fees.Orders
	s.plantErrors(r, read, options)
	return nil
}

func isCancelled(l tiktokshop.OrderLineItem) bool {
	return l.DisplayStatus == tiktokshop.OrderStatusCancelled
}

// judgePayout adds up what a payout is made of, line by line: each is tied to an order, to a
// reserve, or to a reason.
func (s *books) judgePayout(p finance.Payout, read finance.Books, report *finance.Report) {
	if !p.Proven {
		s.violate("payout %s is not the sum of its statements", p.ID)
	}
	s.report.Payouts++
	if p.Amount.Currency == payIn {
		s.report.PaidAbroad++
	}
	if len(p.Carried) > 0 {
		s.report.Carried++
	}
	tied := int64(0)
	for _, statement := range read.Statements {
		if !slices.Contains(p.Statements, statement.ID) && !slices.Contains(p.Carried, statement.ID) {
			continue
		}
		for _, l := range statement.Lines {
			known := slices.ContainsFunc(report.Orders, func(o finance.Order) bool {
				return o.ID == l.OrderID && (o.InWarehouse || s.odd(o.ID)) && slices.Contains(o.Statements, statement.ID)
			})
			reason := slices.ContainsFunc(report.Residuals, func(x finance.Residual) bool {
				return x.Of == finance.OfLine && x.ID == l.ID && x.Reason == finance.NoOrder && x.Minor == l.Settlement
			})
			if known || reason {
				tied += l.Settlement + l.Reserve
			}
		}
	}
	if tied != p.Before.Minor {
		s.violate("payout %s is %s, and %d of it is tied to an order or has a reason", p.ID, p.Before, tied)
	}
}

// odd reports whether people have done something to an order, so that Linnworks need not
// have what the shop has sold: the books tell of it then, as they should.
func (s *books) odd(id string) bool {
	copies := s.copies[ref{s.name, id}]
	raised := slices.ContainsFunc(s.open, func(e exceptions.Exception) bool { return isAbout(e, id) })
	if s.truth.poisoned(id) || s.truth.dropped[id] || raised || len(copies) == 0 {
		return true
	}
	for made := range s.made {
		if slices.Contains(s.made[made], ref{s.name, id}) {
			return true
		}
	}
	return slices.ContainsFunc(copies, func(o linnworks.OrderDetails) bool { return s.byHand[o.OrderID] != "" })
}
