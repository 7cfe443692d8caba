package bridge

import (
	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/finance"
)

// flowFinance is the name of the flow that compares payouts with orders, once a day.
const flowFinance = "finance"

// watchFinance makes the part that watches the books, nil if the settings do not want it.
func watchFinance(shop Shop, warehouse Warehouse, m Store, losses *claims.Watch, set Settings) (*finance.Watch, error) {
	if set.Finance.Days == 0 {
		return nil, nil
	}
	ports := finance.Ports{Statements: shop, Payments: shop, Withdrawals: shop, Estimates: shop, Sales: warehouse, Refunds: warehouse, Refunded: warehouse}
	if set.Finance.NoPayments {
		ports.Payments = nil
	}
	reader, err := finance.NewReader(ports)
	if err != nil {
		return nil, err
	}
	options := finance.Options{Shop: set.Shop}
	if !set.Finance.NoFees {
		options.Market = set.Market
	}
	if options.FeeRules, err = finance.DefaultFeeRules().With(set.Finance.Fees...); err != nil {
		return nil, err
	}
	watched := finance.WatchOptions{Options: options, Days: set.Finance.Days, Values: m}
	if losses != nil {
		watched.Claims = losses
	}
	return finance.NewWatch(reader, m, watched)
}
