package finance_test

import (
	"fmt"
	"os"
	"time"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// example is one order, settled a penny short, and paid.
func example() finance.Books {
	at := time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC)
	line := finance.Line{
		ID: "4611", Type: finance.OrderLine, OrderID: "5761", OrderedAt: at.AddDate(0, 0, -9),
		Stated: finance.Parts{Revenue: 2499, Shipping: 299, Fees: -225}, Settlement: 2573,
		Details: []finance.Detail{
			{Group: finance.Revenue, Name: "subtotal_before_discount_amount", Minor: 2499},
			{Group: finance.Shipping, Name: "customer_paid_shipping_fee_amount", Minor: 299},
			{Group: finance.Fee, Name: "referral_fee_amount", Minor: -225},
		},
	}
	return finance.Books{
		Statements: []finance.Statement{{
			ID: "7250", Currency: "GBP", At: at, Stated: line.Stated, Settlement: 2573, PaymentID: "3460", Status: finance.Paid, Lines: []finance.Line{line}, LinesRead: true,
		}},
		Payments: []finance.Payment{{
			ID: "3460", Status: finance.Paid, Amount: money.Amount{Minor: 2573, Currency: "GBP"}, CreatedAt: at, PaidAt: at.AddDate(0, 0, 2),
		}},
		Sales: []finance.Sale{{
			OrderID: "5761", Currency: "GBP", Numbers: []string{"100234"}, Paid: 2799, Shipping: 299, Rates: []finance.Rate{{Percent: "20", Gross: 2500}},
		}},
		PaymentsRead: true, SalesRead: true,
	}
}

func ExampleReconcile() {
	report, err := finance.Reconcile(example(), finance.Options{Shop: "UK", AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range report.Wrong() {
		fmt.Println(r)
	}
	for _, c := range report.Clearing {
		fmt.Println("clearing account", c.Currency, c.Balance)
	}
	// Output:
	// order 5761: -0.01 GBP order settled at another amount: sold for 27.99 GBP, settled as 27.98 GBP
	// clearing account GBP 0
}

func ExampleWriteJournal() {
	report, err := finance.Reconcile(example(), finance.Options{Shop: "UK", AsOf: time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := finance.WriteJournal(os.Stdout, report.Journal()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// document,date,account,tax_rate,currency,debit,credit,statement,payment,digest
	// TTS-UK-7250,2026-06-09,sales,20,GBP,,24.99,7250,3460,74bc3de1fb684f19
	// TTS-UK-7250,2026-06-09,shipping income,20,GBP,,2.99,7250,3460,74bc3de1fb684f19
	// TTS-UK-7250,2026-06-09,commission,,GBP,2.25,,7250,3460,74bc3de1fb684f19
	// TTS-UK-7250,2026-06-09,clearing,,GBP,25.73,,7250,3460,74bc3de1fb684f19
	// TTP-UK-3460,2026-06-12,bank,,GBP,25.73,,,3460,f7fab705ce609eac
	// TTP-UK-3460,2026-06-12,clearing,,GBP,,25.73,,3460,f7fab705ce609eac
}
