package tiktokshoptest

import (
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// SettlementTime is how long after the delivery the money of an order is
// settled, unless [Fake.Complete] ends the after-sales period before.
const SettlementTime = 8 * 24 * time.Hour

// What TikTok keeps, in hundredths of a percent: a share of the item price after the
// seller's discounts and of the shipping that the buyer pays, and a share of that when it
// is refunded. In the US it takes 6%.
const (
	feeRate       = 900
	feeRateUS     = 600
	refundFeeRate = 2000
)

// commission is what TikTok takes of an amount.
func (m market) commission(of money) money {
	if m.region == "US" {
		return of.rate(feeRateUS)
	}
	return of.rate(feeRate)
}

// books are the accounts of a shop. An order is settled into a transaction, the
// transactions of a day (UTC) make a statement, and every statement is paid out.
type books struct {
	settled     map[*order]bool
	entries     map[*order][]*entry
	open        []*entry // not on a statement yet
	due         time.Time
	statements  []*statement
	byID        map[string]*statement
	payments    []*payment
	withdrawals []*withdrawal
	reserves    map[string]*entry
	charges     map[*order][]charge
	// carries reports whether negative statements come off later payments; owed is what
	// does, zero or less.
	carries bool
	owed    money
	// payIn is the currency that payments arrive in, if that is not the market's.
	payIn exchange
}

func newBooks() books {
	return books{
		settled: map[*order]bool{}, entries: map[*order][]*entry{}, byID: map[string]*statement{}, reserves: map[string]*entry{},
		charges: map[*order][]charge{},
	}
}

// figures are signed amounts: what the seller gets is positive.
type figures struct {
	subtotal, discount               money // before discounts, and the seller's discounts
	refunded, discountBack           money
	shippingPaid, shippingDiscount   money // by the buyer, and TikTok's discount on it
	label, carriage                  money // carriage by name, see [charge]
	fee, refundFee                   money
	adjustment                       money
	charged                          money // fees and taxes by name, see [charge]
	buyerPaid, platformDiscount      money // for information
	buyerRefund, platformRefund, tax money
}

func (a figures) plus(b figures) figures {
	return figures{
		a.subtotal + b.subtotal, a.discount + b.discount, a.refunded + b.refunded, a.discountBack + b.discountBack,
		a.shippingPaid + b.shippingPaid, a.shippingDiscount + b.shippingDiscount, a.label + b.label, a.carriage + b.carriage, a.fee + b.fee,
		a.refundFee + b.refundFee, a.adjustment + b.adjustment, a.charged + b.charged, a.buyerPaid + b.buyerPaid, a.platformDiscount + b.platformDiscount,
		a.buyerRefund + b.buyerRefund, a.platformRefund + b.platformRefund, a.tax + b.tax,
	}
}

func (a figures) revenue() money    { return a.subtotal + a.discount + a.refunded + a.discountBack }
func (a figures) shipping() money   { return a.shippingPaid + a.shippingDiscount + a.label + a.carriage }
func (a figures) fees() money       { return a.fee + a.refundFee + a.charged }
func (a figures) settlement() money { return a.revenue() + a.shipping() + a.fees() + a.adjustment }

// share is the part of a transaction that is about one unit.
type share struct {
	line *line
	sold bool // and not a refund
	figures
	charges []charge // what charged is
}

// entry is a transaction.
type entry struct {
	id, kind     string
	order        *order // nil for some adjustments
	shares       []share
	adjustment   money
	adjustmentID string
	reserve      money
	reserveID    string
	releaseAt    tiktokshop.UnixSeconds
	released     bool
	statement    *statement
}

func (e *entry) figures() figures {
	sum := figures{adjustment: e.adjustment}
	for _, s := range e.shares {
		sum = sum.plus(s.figures)
	}
	return sum
}

// statement is what was settled on one day.
type statement struct {
	id      string
	time    tiktokshop.UnixSeconds
	created tiktokshop.UnixSeconds
	entries []*entry
	payment *payment // nil if there is nothing to pay
}

func (s *statement) figures() (sum figures, reserve money) {
	for _, e := range s.entries {
		sum = sum.plus(e.figures())
		reserve += e.reserve
	}
	return sum, reserve
}

// payment pays a statement out. A negative one is a debit.
type payment struct {
	id      string
	status  tiktokshop.PaymentStatus
	amount  money
	settled money
	payIn   exchange
	created tiktokshop.UnixSeconds
	paid    tiktokshop.UnixSeconds
}

// withdrawal is a movement of the seller's balance.
type withdrawal struct {
	id, kind string
	amount   money
	created  tiktokshop.UnixSeconds
}

// sales are the figures of the units of an order that are not cancelled.
func (f *Fake) sales(o *order) (shares []share) {
	live := o.live()
	pay := o.info.Payment
	paid, discount, tax := cents(pay.ShippingFee).shares(len(live)), cents(pay.ShippingFeePlatformDiscount).shares(len(live)), cents(pay.Tax).shares(len(live))
	parcels := map[*parcel]bool{}
	for _, l := range live {
		if l.parcel != nil && o.info.ShippingType == tiktokshop.ShippingTypeTikTok {
			parcels[l.parcel] = true
		}
	}
	labels := (labelPrice * money(len(parcels))).shares(len(live))
	for i, l := range live {
		x := figures{
			subtotal: cents(l.info.OriginalPrice), discount: -cents(l.info.SellerDiscount),
			shippingPaid: paid[i], shippingDiscount: discount[i], label: -labels[i],
			buyerPaid: l.price + paid[i] + tax[i], platformDiscount: cents(l.info.PlatformDiscount), tax: tax[i],
		}
		x.fee = -f.market.commission(x.revenue() + x.shippingPaid)
		shares = append(shares, share{line: l, sold: true, figures: x})
	}
	return charged(shares, f.books.charges[o])
}

// settleMoney books the transaction of an order, with what was refunded before.
func (f *Fake) settleMoney(o *order) {
	if f.books.settled[o] || o.info.PaidTime == 0 || len(o.live()) == 0 {
		return
	}
	f.books.settled[o] = true
	e := &entry{kind: "ORDER", order: o, shares: f.sales(o)}
	for _, r := range o.refunds() {
		e.shares = append(e.shares, f.refundShares(r)...)
	}
	f.enterEntry(e)
}

// refunds returns the returns of an order that were paid back.
func (o *order) refunds() (found []*aftersale) {
	for _, l := range o.lines {
		if r := l.returned; r != nil && r.paidBack() && !slices.Contains(found, r) {
			found = append(found, r)
		}
	}
	return found
}

// bookRefund books a refund of an order that was settled before; another one
// becomes part of the order's own transaction.
func (f *Fake) bookRefund(r *aftersale) {
	if f.books.settled[r.order] {
		f.enterEntry(&entry{kind: "ORDER", order: r.order, shares: f.refundShares(r)})
	}
}

// refundShares are the figures of a refund. What exceeds the price of the units
// is postage and tax.
func (f *Fake) refundShares(r *aftersale) (shares []share) {
	var prices money
	for _, l := range r.lines {
		prices += l.price
	}
	whole := r.refund >= prices
	beyond := money(0)
	if whole {
		beyond = r.refund - prices
	}
	postage := min(beyond, cents(r.order.info.Payment.ShippingFee)).shares(len(r.lines))
	tax := (beyond - min(beyond, cents(r.order.info.Payment.ShippingFee))).shares(len(r.lines))
	part := r.refund.shares(len(r.lines))
	for i, l := range r.lines {
		x := figures{refunded: -part[i], buyerRefund: -part[i]}
		if whole {
			x = figures{
				refunded: -cents(l.info.OriginalPrice), discountBack: cents(l.info.SellerDiscount), shippingPaid: -postage[i],
				buyerRefund: -(l.price + postage[i] + tax[i]), platformRefund: -cents(l.info.PlatformDiscount), tax: -tax[i],
			}
		}
		back := f.market.commission(-x.revenue() - x.shippingPaid)
		x.fee, x.refundFee = back, -back.rate(refundFeeRate)
		shares = append(shares, share{line: l, figures: x})
	}
	return shares
}

// enterEntry puts a transaction on the statement of the day.
func (f *Fake) enterEntry(e *entry) {
	b := &f.books
	e.id = f.newID(idTransaction)
	b.open = append(b.open, e)
	if e.order != nil {
		b.entries[e.order] = append(b.entries[e.order], e)
	}
	day := f.now.UTC().Truncate(24 * time.Hour)
	if next := day.Add(24 * time.Hour); !b.due.Equal(next) {
		b.due = next
		f.at(next, func() { f.closeDay(day) })
	}
}

// closeDay makes the statement of a day at the midnight that ends it, and pays
// it out a day later.
func (f *Fake) closeDay(day time.Time) {
	b := &f.books
	if len(b.open) == 0 {
		return // [Fake.Settle] was before
	}
	s := &statement{id: f.newID(idStatement), time: f.unix(), created: f.unix(), entries: b.open}
	if !f.has(QuirkStatementNextDay) {
		s.time = tiktokshop.At(day)
	}
	b.open = nil
	for _, e := range s.entries {
		e.statement = s
	}
	b.statements = append(b.statements, s)
	b.byID[s.id] = s
	sum, reserve := s.figures()
	amount := sum.settlement() + reserve
	if b.carries {
		if amount += b.owed; amount <= 0 {
			b.owed = amount
			return
		}
		b.owed = 0
	}
	if amount == 0 {
		return
	}
	p := &payment{id: f.newID(idPayment), status: tiktokshop.PaymentStatusProcessing, amount: amount, settled: amount - reserve, payIn: b.payIn, created: f.unix()}
	s.payment = p
	b.payments = append(b.payments, p)
	f.at(f.now.Add(24*time.Hour), func() {
		if p.status == tiktokshop.PaymentStatusProcessing {
			p.status, p.paid = tiktokshop.PaymentStatusPaid, f.unix()
			f.movement("SETTLE", p.amount)
		}
	})
}

func (f *Fake) movement(kind string, amount money) {
	f.books.withdrawals = append(f.books.withdrawals, &withdrawal{f.newID(idWithdrawal), kind, amount, f.unix()})
}

// FailPayment lets a payment that is PROCESSING fail.
func (f *Fake) FailPayment(paymentID string) error {
	defer f.enter()()
	for _, p := range f.books.payments {
		if p.id == paymentID && p.status == tiktokshop.PaymentStatusProcessing {
			p.status = tiktokshop.PaymentStatusFailed
			return nil
		}
	}
	return fmt.Errorf("tiktokshoptest: no payment %s is being processed", paymentID)
}

// Withdraw lets the seller transfer from the balance to the bank.
func (f *Fake) Withdraw(amount string) error {
	defer f.enter()()
	m, err := parseMoney("amount", amount)
	if err != nil {
		return fmt.Errorf("tiktokshoptest: withdraw: %w", err)
	}
	f.movement("WITHDRAW", m)
	return nil
}

// Adjust lets TikTok charge or, with a positive amount, credit the seller, such
// as PLATFORM_PENALTY or LOGISTICS_REIMBURSEMENT. orderID may be empty.
func (f *Fake) Adjust(kind tiktokshop.StatementTransactionType, orderID, amount string) (adjustmentID string, err error) {
	defer f.enter()()
	m, err := parseSigned("amount", amount)
	switch {
	case err != nil:
		return "", fmt.Errorf("tiktokshoptest: adjust: %w", err)
	case orderID != "" && f.orderByID[orderID] == nil:
		return "", fmt.Errorf("tiktokshoptest: adjust: order %s does not exist", orderID)
	}
	e := &entry{kind: string(kind), order: f.orderByID[orderID], adjustment: m, adjustmentID: f.newID(idAdjustment)}
	f.enterEntry(e)
	return e.adjustmentID, nil
}

// Reserve lets TikTok keep a part of the payouts back for an order.
// [Fake.ReleaseReserve] pays it out.
func (f *Fake) Reserve(orderID, amount string) (reserveID string, err error) {
	defer f.enter()()
	m, err := parseMoney("amount", amount)
	switch {
	case err != nil:
		return "", fmt.Errorf("tiktokshoptest: reserve: %w", err)
	case f.orderByID[orderID] == nil:
		return "", fmt.Errorf("tiktokshoptest: reserve: order %s does not exist", orderID)
	}
	e := &entry{kind: "RESERVE", order: f.orderByID[orderID], reserve: -m, reserveID: f.newID(idReserve)}
	f.books.reserves[e.reserveID] = e
	f.enterEntry(e)
	return e.reserveID, nil
}

// ReleaseReserve pays a reserve out.
func (f *Fake) ReleaseReserve(reserveID string) error {
	defer f.enter()()
	held := f.books.reserves[reserveID]
	if held == nil {
		return fmt.Errorf("tiktokshoptest: reserve %s does not exist or is released", reserveID)
	}
	delete(f.books.reserves, reserveID)
	f.enterEntry(&entry{kind: "RESERVE", order: held.order, reserve: -held.reserve, reserveID: reserveID, released: true})
	return nil
}
