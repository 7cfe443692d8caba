package tiktokshoptest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// charge is an amount of an order by its name on the wire.
type charge struct {
	group  group
	name   string
	amount money // what the seller gets: negative if it is taken
}

// group is the breakdown of a transaction that an amount stands in.
type group int

const (
	feeGroup group = iota
	taxGroup
	shippingGroup
)

// ChargeFee lets TikTok take a fee for an order, beside its commission, by the name that it
// has on statements, such as affiliate_commission_amount; names that no description has
// are taken too. A negative amount is given back. It is in the order's settlement, or a
// transaction of its own if the order is settled already.
func (f *Fake) ChargeFee(orderID, name, amount string) error {
	return f.charge(orderID, charge{group: feeGroup, name: name}, amount)
}

// WithholdTax lets TikTok withhold a tax that it pays itself, such as local_vat_amount: see
// [Fake.ChargeFee].
func (f *Fake) WithholdTax(orderID, name, amount string) error {
	return f.charge(orderID, charge{group: taxGroup, name: name}, amount)
}

// ChargeShipping lets TikTok charge for the way of an order or of its return, beside the
// label and what the buyer pays, such as return_shipping_label_fee_amount: see [Fake.ChargeFee].
func (f *Fake) ChargeShipping(orderID, name, amount string) error {
	return f.charge(orderID, charge{group: shippingGroup, name: name}, amount)
}

func (f *Fake) charge(orderID string, c charge, amount string) error {
	defer f.enter()()
	m, err := parseSigned("amount", amount)
	o := f.orderByID[orderID]
	switch {
	case err != nil:
		return fmt.Errorf("tiktokshoptest: charge: %w", err)
	case c.name == "":
		return errors.New("tiktokshoptest: charge: the name is empty")
	case o == nil:
		return fmt.Errorf("tiktokshoptest: charge: order %s does not exist", orderID)
	case len(o.lines) == 0:
		return fmt.Errorf("tiktokshoptest: charge: order %s has no lines", orderID)
	}
	c.amount = -m
	if f.books.settled[o] {
		f.enterEntry(&entry{kind: "ORDER", order: o, shares: charged([]share{{line: o.lines[0]}}, []charge{c})})
		return nil
	}
	f.books.charges[o] = append(f.books.charges[o], c)
	return nil
}

// charged puts charges on the first of the shares.
func charged(shares []share, charges []charge) []share {
	if len(shares) > 0 {
		for _, c := range charges {
			if c.group == shippingGroup {
				shares[0].carriage += c.amount
			} else {
				shares[0].charged += c.amount
			}
			shares[0].charges = append(shares[0].charges, c)
		}
	}
	return shares
}

func (e *entry) charges() (list []charge) {
	for _, s := range e.shares {
		list = append(list, s.charges...)
	}
	return list
}

// name writes the charges of a group into its breakdown, under names of the description and
// others. Those that the breakdown has already are added to them.
func name(into any, charges []charge, of group) {
	amounts := map[string]money{}
	for _, c := range charges {
		if c.group == of {
			amounts[c.name] += c.amount
		}
	}
	if len(amounts) == 0 {
		return
	}
	members := map[string]json.RawMessage{}
	text, err := json.Marshal(into)
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	for name, m := range amounts {
		var have tiktokshop.Decimal
		if member, ok := members[name]; ok && err == nil {
			err = json.Unmarshal(member, &have)
		}
		members[name], _ = json.Marshal((cents(have) + m).decimal())
	}
	if err == nil {
		text, err = json.Marshal(members)
	}
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		panic("tiktokshoptest: decimals that cannot be read: " + err.Error())
	}
}

// ReserveUntil is [Fake.Reserve] with the time at which TikTok estimates that it will release
// the amount. It does not by itself.
func (f *Fake) ReserveUntil(orderID, amount string, release time.Time) (reserveID string, err error) {
	reserveID, err = f.Reserve(orderID, amount)
	if err == nil {
		defer f.enter()()
		f.books.reserves[reserveID].releaseAt = tiktokshop.At(release)
	}
	return reserveID, err
}

// CarryNegative lets negative statements come off later payments from now on, as TikTok
// does for sellers that it does not debit. Such a statement has no payment.
func (f *Fake) CarryNegative() {
	defer f.enter()()
	f.books.carries = true
}

// exchange is a currency that payments arrive in; the zero value is that of the market.
type exchange struct {
	currency string
	rate     *big.Rat
}

// of is what an amount of the market arrives as, rounded half away from zero, and the rate.
func (x exchange) of(m money, currency string) (tiktokshop.PaymentMoney, string) {
	if x.rate == nil {
		return tiktokshop.PaymentMoney{Currency: currency, Value: m.decimal()}, "1"
	}
	value := new(big.Rat).Mul(big.NewRat(int64(m), 100), x.rate)
	return tiktokshop.PaymentMoney{Currency: x.currency, Value: tiktokshop.Decimal(value.FloatString(2))}, x.rate.FloatString(6)
}

// PayIn lets payments that are made from now on arrive in another currency, of which one
// unit of the market's is worth rate, such as "1.17".
func (f *Fake) PayIn(currency, rate string) error {
	defer f.enter()()
	r, ok := tiktokshop.Decimal(rate).Rat()
	if !ok || r.Sign() <= 0 || len(currency) != 3 {
		return fmt.Errorf("tiktokshoptest: pay in %q at %q: want a currency of three letters and a positive rate", currency, rate)
	}
	f.books.payIn = exchange{currency, r}
	return nil
}

// Settle settles every delivered order now, as its time will do later, and closes the day:
// what is open becomes a statement, and its payment is on its way. It returns the id of
// the statement, empty if there is nothing to settle.
func (f *Fake) Settle() (statementID string) {
	defer f.enter()()
	for _, o := range f.orders.byCreate {
		if o.info.DeliveryTime != 0 {
			f.settleMoney(o)
		}
	}
	before := len(f.books.statements)
	f.closeDay(f.now.UTC().Truncate(24 * time.Hour))
	if len(f.books.statements) == before {
		return ""
	}
	return f.books.statements[before].id
}
