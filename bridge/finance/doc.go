// Package finance ties what the shop pays to what was sold, to the penny.
//
// The shop settles orders, refunds and adjustments as the lines of a statement, one
// statement a day, and pays statements out. [Reconcile] takes what was read of all that as
// [Books], with what the orders came to in the warehouse, and returns a [Report] in which
// every amount is tied to an order or has a [Reason]:
//
//	report, err := finance.Reconcile(books, finance.Options{Shop: "UK", AsOf: time.Now()})
//	fmt.Print(report)           // a page of text
//	err = finance.WriteJournal(w, report.Journal()) // for accounting
//
// A [Reader] fills the books through ports. Neither writes anything to either side.
// [Report.Tell] puts what somebody has to look at into the queue of exceptions.
//
// # Amounts
//
// All are whole minor units of the currency that stands beside them, positive if the
// seller gets them. Amounts of two currencies are never added: sums are kept by currency.
//
// # Signs
//
// The shop's documents contradict one another about signs: fees are added in its samples
// and taken off in its texts. So the numbers decide, line by line: see [Signs]. Where they
// do not, the line says so, and its amount stays whole.
//
// # Dates
//
// A line has three: when the order was placed, when it was settled (the end of the day
// that its statement covers), and when it was paid. [Options.Basis] chooses which one
// decides the month that it belongs to, and [Report.Month] cuts there.
//
// # Running it again
//
// The same books give the same report, byte for byte, in whatever order they come.
// Documents of the journal have numbers made of the shop's ids, and a digest of what is in
// them: [Posted] tells what was posted before, and [Report.Reversed] takes back what was
// posted of payments that came back from the bank, and posts them again if they are paid again.
// What was not read is not posted: [Report.Withheld] names it until it is.
package finance
