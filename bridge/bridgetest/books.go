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

// feesTaken are fees and taxes that the shop takes beside its commission, adjustments what
// it charges or credits later.
var (
	feesTaken = []string{
		"affiliate_commission_amount", "affiliate_ads_commission_amount", "transaction_fee_amount", "smart_promotion_fee_amount", "gmv_max_ad_fee_amount",
		"fbt_free_shipping_fee_amount", "credit_card_handling_fee_amount", "live_specials_fee_amount", "cofunded_promotion_service_fee_amount", "fee_of_tomorrow_amount",
	}
	taxesTaken  = []string{"sales_tax_amount", "local_vat_amount", "gst_amount", "pit_amount"}
	adjustments = []tiktokshop.StatementTransactionType{
		"PLATFORM_PENALTY", "LOGISTICS_REIMBURSEMENT", "SHIPPING_FEE_ADJUSTMENT", "CHARGE_BACK", "REBATE", "GMV_PAYMENT_FOR_ADS", "PLATFORM_COMPENSATION", "OTHER_ADJUSTMENT",
	}
)

// published are the shop's rules about fees, for days as early as a bubble's.
const published = `market from to fee rule of percent cap refunds days sure source
US 1999-01-01 - referral_fee_amount rate goods+postage 6 - credited 0 yes the-fake
GB 1999-01-01 - referral_fee_amount rate goods+postage 9 - credited 0 yes the-fake
`

// closeBooks delivers what was sent, has the shop settle and pay it, and demands that every
// penny of every payout is tied to an order or has a reason, and that a penny and a fee that
// are wrong on purpose are found.
func (l *lab) closeBooks(ctx context.Context) {
	r := rand.New(rand.NewPCG(l.config.Seed, 0xb00c))
	for _, settle := range []func(*shop, *rand.Rand) error{(*shop).settleSales, (*shop).settleWhatIsLate} {
		for _, s := range l.shops {
			if err := settle(s, r); err != nil {
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

// settleSales delivers what was sent, and has a statement made of it with fees, refunds,
// reserves and charges.
func (s *shop) settleSales(r *rand.Rand) error {
	s.tiktok.CarryNegative()
	var errs []error
	if r.IntN(2) == 0 {
		errs = append(errs, s.tiktok.PayIn("EUR", "1.17"))
	}
	for _, o := range s.tiktok.Orders() {
		if o.Status == tiktokshop.OrderStatusAwaitingCollection {
			errs = append(errs, s.tiktok.Collect(o.ID))
			o, _ = s.tiktok.Order(o.ID)
		}
		if o.Status == tiktokshop.OrderStatusInTransit {
			errs = append(errs, s.tiktok.Deliver(o.ID))
		}
	}
	errs = append(errs, s.things(r, 0))
	s.tiktok.Settle()
	return errors.Join(errs...)
}

// settleWhatIsLate has a statement made of what comes after the first.
func (s *shop) settleWhatIsLate(r *rand.Rand) error {
	err := s.things(r, 1)
	s.tiktok.Settle()
	return err
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
		amount := fmt.Sprintf("0.%02d", 1+r.IntN(99))
		var err error
		switch r.IntN(8) {
		case 0:
			err = s.tiktok.ChargeFee(o.ID, feesTaken[r.IntN(len(feesTaken))], amount)
		case 1:
			err = s.tiktok.WithholdTax(o.ID, taxesTaken[r.IntN(len(taxesTaken))], amount)
		case 2:
			_, err = s.tiktok.Adjust(adjustments[r.IntN(len(adjustments))], o.ID, "-"+amount)
		case 3:
			var reserve string
			reserve, err = s.tiktok.ReserveUntil(o.ID, amount, s.now().Add(30*24*time.Hour))
			if err == nil && r.IntN(2) == 0 {
				err = s.tiktok.ReleaseReserve(reserve)
			}
		}
		errs = append(errs, err)
		if n%10 == 5*round {
			errs = append(errs, s.comesBack(r, o))
		}
	}
	_, err := s.tiktok.Adjust(adjustments[r.IntN(len(adjustments))], "", "-0.77")
	return errors.Join(append(errs, err)...)
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
	for _, p := range report.Payouts {
		if !p.Proven {
			s.violate("payout %s is not the sum of its statements", p.ID)
		}
		s.report.Payouts++
	}
	for _, o := range report.Orders {
		if o.Settled {
			s.report.Settled++
		}
		if o.Refunded < 0 {
			s.report.Refunded++
		}
	}
	s.report.FeesCompared += report.Fees.Orders
	s.plantErrors(r, read, options)
	return nil
}

// plantErrors makes a penny and a fee wrong: both have to be found where they are.
func (s *books) plantErrors(r *rand.Rand, read finance.Books, options finance.Options) {
	type place struct{ statement, line int }
	var places []place
	for i, statement := range read.Statements {
		for j, l := range statement.Lines {
			if l.Type == finance.OrderLine && l.Stated.Revenue > 500 && !s.odd(l.OrderID) {
				places = append(places, place{i, j})
			}
		}
	}
	if len(places) == 0 {
		return
	}
	at := places[r.IntN(len(places))]
	statements := read.Statements
	change := func(how func(*finance.Line)) (finance.Line, *finance.Report) {
		read.Statements = slices.Clone(statements)
		lines := slices.Clone(statements[at.statement].Lines)
		lines[at.line].Details = slices.Clone(lines[at.line].Details)
		how(&lines[at.line])
		read.Statements[at.statement].Lines = lines
		report, err := finance.Reconcile(read, options)
		if err != nil {
			s.violate("the books cannot be reconciled: %v", err)
			return lines[at.line], &finance.Report{}
		}
		return lines[at.line], report
	}
	line, report := change(func(l *finance.Line) { l.Settlement++ })
	if !slices.ContainsFunc(report.Wrong(), func(x finance.Residual) bool { return x.Of == finance.OfLine && x.ID == line.ID }) {
		s.violate("a penny more in line %s is not found", line.ID)
	}
	line, report = change(func(l *finance.Line) {
		more := l.Stated.Revenue / 10
		l.Stated.Fees, l.Settlement = l.Stated.Fees-more, l.Settlement-more
		l.Details = append(l.Details, finance.Detail{Group: finance.Fee, Name: "referral_fee_amount", Minor: -more})
	})
	if b := report.Fees.Breaches; len(b) != 1 || b[0].OrderID != line.OrderID {
		s.violate("a fee that is a tenth of order %s too high is told of as %+v", line.OrderID, b)
	}
	s.report.ErrorsFound += 2
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
