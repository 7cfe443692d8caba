package finance_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// asOf is when the books of the tests are read.
var asOf = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

func options() finance.Options { return finance.Options{Shop: "UK", AsOf: asOf} }

// day is midnight UTC of a day in June 2026 and after.
func day(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, time.UTC) }

func detail(g finance.Group, name string, minor int64) finance.Detail {
	return finance.Detail{Group: g, Name: name, Minor: minor}
}

// madeUp is a month of trade of one shop, in one currency, in which all is as it should be:
// orders with and without tax on top and discounts, refunds in the sale's own line and
// later, penalties, reserves, negative statements, and what is not settled or paid yet.
func madeUp(seed uint64, orders int, currency string) finance.Books {
	r := rand.New(rand.NewPCG(seed, 17))
	id := seed * 1_000_000_000
	next := func() string { id++; return fmt.Sprint(576_000_000_000_000_000 + id) }
	b := finance.Books{PaymentsRead: true, EstimatesRead: true, SalesRead: true}
	days := map[int]*finance.Statement{}
	enter := func(d int, l finance.Line) {
		s := days[d]
		if s == nil {
			s = &finance.Statement{ID: next(), Currency: currency, At: day(d), LinesRead: true, Totals: &finance.Totals{}, Status: finance.Processing}
			days[d] = s
		}
		l.ID, l.Currency = next(), currency
		s.Lines = append(s.Lines, l)
		s.Stated.Revenue += l.Stated.Revenue
		s.Stated.Shipping += l.Stated.Shipping
		s.Stated.Fees += l.Stated.Fees
		s.Stated.Adjustment += l.Stated.Adjustment
		s.Settlement += l.Settlement
		s.Totals.Settlement += l.Settlement
		s.Totals.Reserve += l.Reserve
		s.Totals.Payable += l.Settlement + l.Reserve
	}
	for range orders {
		ordered := 1 + r.IntN(25)
		list, platform, seller := 500+r.Int64N(5000), r.Int64N(2)*r.Int64N(200), r.Int64N(2)*r.Int64N(100)
		shipping, funded, tax := r.Int64N(2)*299, r.Int64N(2)*150, r.Int64N(2)*(1+r.Int64N(400))
		sale := finance.Sale{
			OrderID: next(), Currency: currency, Numbers: []string{fmt.Sprint(100000 + id%100000)}, OrderedAt: day(ordered).Add(9 * time.Hour),
			ShippedAt: day(ordered + 1), DeliveredAt: day(ordered + 3),
			Paid: list - seller - platform + shipping + tax, Funded: platform + funded, Tax: tax, Shipping: shipping, ShippingFunded: funded,
			Rates: []finance.Rate{{"20", list - seller}}, TotalKnown: true, RefundsRead: true, Units: 1,
		}
		sale.Total = sale.Paid + sale.Funded
		referral, affiliate, label := (list-seller+shipping)*9/100, r.Int64N(2)*list/10, r.Int64N(2)*240
		l := finance.Line{
			Type: finance.OrderLine, OrderID: sale.OrderID, OrderedAt: sale.OrderedAt,
			Stated: finance.Parts{Revenue: list - seller, Shipping: shipping + funded - label, Fees: -referral - affiliate},
			Details: []finance.Detail{
				detail(finance.Revenue, "subtotal_before_discount_amount", list), detail(finance.Revenue, "seller_discount_amount", -seller),
				detail(finance.Shipping, "customer_paid_shipping_fee_amount", shipping), detail(finance.Shipping, "shipping_fee_discount_amount", funded),
				detail(finance.Shipping, "actual_shipping_fee_amount", -label),
				detail(finance.Fee, "referral_fee_amount", -referral), detail(finance.Fee, "affiliate_commission_amount", -affiliate),
				detail(finance.Info, "customer_payment_amount", sale.Paid), detail(finance.Info, "platform_discount_amount", platform), detail(finance.Info, "sales_tax_amount", tax),
			},
		}
		l.Settlement = l.Stated.Sum()
		settled := ordered + 10 + r.IntN(8)
		if settled <= 38 {
			enter(settled, l)
			if r.IntN(8) == 0 { // refunded later, whole
				back := (list - seller) * 9 / 100
				x := finance.Line{
					Type: finance.OrderLine, OrderID: sale.OrderID, OrderedAt: sale.OrderedAt,
					Stated: finance.Parts{Revenue: -(list - seller), Shipping: 0, Fees: back - back/5},
					Details: []finance.Detail{
						detail(finance.Revenue, "refund_subtotal_before_discount_amount", -list), detail(finance.Revenue, "seller_discount_refund_amount", seller),
						detail(finance.Fee, "referral_fee_amount", back), detail(finance.Fee, "refund_administration_fee_amount", -(back / 5)),
						detail(finance.Info, "customer_refund_amount", -(list - seller - platform)),
					},
				}
				x.Settlement = x.Stated.Sum()
				enter(min(settled+r.IntN(4), 38), x)
				sale.Refunds = []finance.Refund{{ID: next(), Minor: list - seller - platform, At: day(settled)}}
			}
			if r.IntN(20) == 0 {
				enter(settled, finance.Line{Type: "PLATFORM_PENALTY", OrderID: sale.OrderID, OrderedAt: sale.OrderedAt, Stated: finance.Parts{Adjustment: -777}, Settlement: -777})
			}
			if r.IntN(20) == 0 {
				reserve := next()
				enter(settled, finance.Line{Type: finance.ReserveLine, OrderID: sale.OrderID, Reserve: -500, ReserveID: reserve, ReserveState: "COLLECTED", ReleaseAt: day(60)})
				if r.IntN(2) == 0 {
					enter(min(settled+3, 38), finance.Line{Type: finance.ReserveLine, OrderID: sale.OrderID, Reserve: 500, ReserveID: reserve, ReserveState: "RELEASED"})
				}
			}
		} else {
			b.Estimates = append(b.Estimates, finance.Estimate{
				ID: sale.OrderID, OrderID: sale.OrderID, Type: finance.OrderLine, Currency: currency, Settlement: l.Settlement, Known: true,
				OrderedAt: sale.OrderedAt, DeliveredAt: sale.DeliveredAt, ExpectedAt: day(settled + 5), Why: "IN_AFTER_SALES_PERIOD",
			})
		}
		b.Sales = append(b.Sales, sale)
	}
	enter(20, finance.Line{Type: "GMV_PAYMENT_FOR_ADS", Stated: finance.Parts{Adjustment: -1250}, Settlement: -1250})
	// A statement that charges more than it settles, carried into the next payment.
	enter(5, finance.Line{Type: "DEDUCTIONS_INCURRED_BY_SELLER", Stated: finance.Parts{Adjustment: -430}, Settlement: -430})
	var owed int64
	for d := 1; d <= 38; d++ {
		s := days[d]
		if s == nil {
			continue
		}
		total := owed + s.Totals.Payable
		switch {
		case total <= 0:
			owed = total
		default:
			p := finance.Payment{ID: next(), Status: finance.Paid, Amount: money.Amount{Minor: total, Currency: currency}, CreatedAt: s.At, PaidAt: s.At.Add(48 * time.Hour)}
			if d >= 38 {
				p.Status, p.PaidAt = finance.Processing, time.Time{}
			}
			s.PaymentID, s.Status, s.PaidAt = p.ID, p.Status, p.PaidAt
			b.Payments = append(b.Payments, p)
			owed = 0
		}
		b.Statements = append(b.Statements, *s)
	}
	return b
}

// shuffled is the same books in another order.
func shuffled(b finance.Books, seed uint64) finance.Books {
	r := rand.New(rand.NewPCG(seed, 3))
	b = clone(b)
	shuffle(r, b.Statements)
	for i := range b.Statements {
		shuffle(r, b.Statements[i].Lines)
		for j := range b.Statements[i].Lines {
			shuffle(r, b.Statements[i].Lines[j].Details)
		}
	}
	shuffle(r, b.Payments)
	shuffle(r, b.Withdrawals)
	shuffle(r, b.Estimates)
	shuffle(r, b.Sales)
	shuffle(r, b.Unread)
	return b
}

func shuffle[T any](r *rand.Rand, list []T) {
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// clone copies what the tests change.
func clone(b finance.Books) finance.Books {
	b.Statements = append([]finance.Statement(nil), b.Statements...)
	for i := range b.Statements {
		s := &b.Statements[i]
		s.Lines = append([]finance.Line(nil), s.Lines...)
		if s.Totals != nil {
			t := *s.Totals
			s.Totals = &t
		}
		for j := range s.Lines {
			s.Lines[j].Details = append([]finance.Detail(nil), s.Lines[j].Details...)
		}
	}
	b.Payments = append([]finance.Payment(nil), b.Payments...)
	b.Withdrawals = append([]finance.Withdrawal(nil), b.Withdrawals...)
	b.Estimates = append([]finance.Estimate(nil), b.Estimates...)
	b.Sales = append([]finance.Sale(nil), b.Sales...)
	b.Unread = append([]finance.Unread(nil), b.Unread...)
	return b
}
