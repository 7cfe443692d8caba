package bridgetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// charge is an amount that the shop takes or gives beside what follows from a sale.
type charge struct {
	group, name string
	take        func(fake *tiktokshoptest.Fake, orderID, name, amount string) error
}

// adjustment is the group of what is charged or credited for itself.
const adjustment = "adjustment"

// charges are those of every name that the client knows, and of one that it does not. Left
// out is what the fake's own trade brings, what the rules of the shop settle, and what is a copy
// of another amount.
var charges = func() (list []charge) {
	own := []string{
		"customer_paid_shipping_fee_amount", "shipping_fee_discount_amount", "actual_shipping_fee_amount",
		"referral_fee_amount", "platform_commission_amount", "refund_administration_fee_amount",
		"affiliate_commission_amount_before_pit", "affiliate_commission_before_pit",
	}
	for _, g := range []struct {
		group finance.Group
		names any
		take  func(*tiktokshoptest.Fake, string, string, string) error
	}{
		{finance.Fee, tiktokshop.FeeTaxBreakdownFee{}, (*tiktokshoptest.Fake).ChargeFee},
		{finance.Tax, tiktokshop.Tax{}, (*tiktokshoptest.Fake).WithholdTax},
		{finance.Shipping, tiktokshop.StatementTransactionShippingCostBreakdown{}, (*tiktokshoptest.Fake).ChargeShipping},
	} {
		for _, name := range append(decimals(g.names), "name_of_tomorrow_amount") {
			if !slices.Contains(own, name) {
				list = append(list, charge{string(g.group), name, g.take})
			}
		}
	}
	for _, kind := range []tiktokshop.StatementTransactionType{
		tiktokshop.StatementTransactionTypeChargeBack, tiktokshop.StatementTransactionTypeCustomerServiceCompensation,
		tiktokshop.StatementTransactionTypeDeductionsIncurredBySeller, tiktokshop.StatementTransactionTypeGMVPaymentForAds,
		tiktokshop.StatementTransactionTypePlatformCommissionAdjustment, tiktokshop.StatementTransactionTypePlatformCommissionCompensation,
		tiktokshop.StatementTransactionTypePlatformPenalty, tiktokshop.StatementTransactionTypePromotionAdjustment,
		tiktokshop.StatementTransactionTypeRebate, tiktokshop.StatementTransactionTypePlatformCompensation,
		tiktokshop.StatementTransactionTypePlatformReimbursement, tiktokshop.StatementTransactionTypeCofundedCreatorRewards,
		tiktokshop.StatementTransactionTypeStampDuty, tiktokshop.StatementTransactionTypeFBTWarehouseServiceFee,
		tiktokshop.StatementTransactionTypeLogisticsReimbursement, tiktokshop.StatementTransactionTypeShippingFeeAdjustment,
		tiktokshop.StatementTransactionTypeShippingFeeCompensation, tiktokshop.StatementTransactionTypeShippingFeeRebate,
		tiktokshop.StatementTransactionTypeSampleShippingFee, tiktokshop.StatementTransactionTypeSellerMissionReward,
		tiktokshop.StatementTransactionTypeOtherAdjustment, "ADJUSTMENT_OF_TOMORROW",
	} {
		list = append(list, charge{adjustment, string(kind), func(fake *tiktokshoptest.Fake, orderID, name, amount string) error {
			_, err := fake.Adjust(tiktokshop.StatementTransactionType(name), orderID, amount)
			return err
		}})
	}
	return list
}()

// decimals are the names on the wire of the amounts of a breakdown.
func decimals(breakdown any) (names []string) {
	for f := range reflect.TypeOf(breakdown).Fields() {
		if f.Type == reflect.TypeFor[tiktokshop.Decimal]() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

// charge has the shop take an amount of some kind for an order, or give one.
func (s *shop) charge(r *rand.Rand, round int, orderID string) error {
	c := charges[r.IntN(len(charges))]
	amount := fmt.Sprintf("0.%02d", 1+r.IntN(99))
	if r.IntN(4) == 0 {
		amount = "-" + amount
	}
	if c.group == adjustment {
		s.countAdjustment(c.name, round, orderID)
	}
	return c.take(s.tiktok, orderID, c.name, amount)
}

// adjust has the shop charge for an order, or for none, what has no line of a sale.
func (s *shop) adjust(r *rand.Rand, round int, orderID, amount string) error {
	first := slices.IndexFunc(charges, func(c charge) bool { return c.group == adjustment })
	c := charges[first+r.IntN(len(charges)-first)]
	s.countAdjustment(c.name, round, orderID)
	return c.take(s.tiktok, orderID, c.name, amount)
}

func (s *shop) countAdjustment(kind string, round int, orderID string) {
	if kind == string(tiktokshop.StatementTransactionTypePlatformPenalty) {
		s.report.Penalties++
	}
	if round > 0 && orderID != "" {
		s.report.LateAdjustments++
	}
}

// Kinds count kinds of money on statements, by their group and name.
type Kinds map[string]int

// readKinds are those of statements as they were read.
func readKinds(statements []finance.Statement) Kinds {
	k := Kinds{}
	for _, statement := range statements {
		for _, l := range statement.Lines {
			if l.Type != finance.OrderLine && l.Type != finance.ReserveLine {
				k[adjustment+" "+l.Type]++
			}
			for _, d := range l.Details {
				if d.Minor != 0 {
					k[string(d.Group)+" "+d.Name]++
				}
			}
		}
	}
	return k
}

// plus adds counts up.
func (k Kinds) plus(other Kinds) Kinds {
	sum := maps.Clone(k)
	if sum == nil {
		sum = Kinds{}
	}
	for kind, n := range other {
		sum[kind] += n
	}
	return sum
}

// Missing names what the lab charges and k has not.
func (k Kinds) Missing() (list []string) {
	for _, c := range charges {
		if kind := c.group + " " + c.name; k[kind] == 0 {
			list = append(list, kind)
		}
	}
	return list
}
