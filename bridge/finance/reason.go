package finance

import "fmt"

// Reason is why an amount is not what it was expected to be. The set is closed: [Reasons].
type Reason string

// The reasons.
const (
	Timing             Reason = "not settled yet"
	SoldBefore         Reason = "sold before the period"
	Overdue            Reason = "should be settled by now"
	InNoList           Reason = "neither settled nor expected"
	EstimateDiffers    Reason = "settled otherwise than expected"
	RefundPending      Reason = "refund not settled yet"
	RefundOverdue      Reason = "refund should be settled by now"
	RefundUnknown      Reason = "refund not known"
	OrderUnknown       Reason = "order not in the warehouse"
	OrderDiffers       Reason = "order settled at another amount"
	OrderOtherSums     Reason = "order stated in two ways"
	WarehouseDiffers   Reason = "warehouse has another total"
	Merged             Reason = "merged in the warehouse"
	NoOrder            Reason = "adjustment without order"
	UnnamedAmount      Reason = "amount that the shop does not name"
	SignsOpen          Reason = "signs not settled"
	LineNotAdding      Reason = "line does not add up"
	Twice              Reason = "stated twice, and differently"
	NotRead            Reason = "not read"
	StatementDiffers   Reason = "statement does not add up"
	PaymentPending     Reason = "not paid yet"
	PaymentOverdue     Reason = "should be paid by now"
	PaymentFailed      Reason = "payment failed"
	PaymentMissing     Reason = "payment not among those read"
	StatementMissing   Reason = "statement not among those read"
	OutsidePeriod      Reason = "pays what was settled outside the period"
	Carried            Reason = "negative, carried forward"
	PaymentDiffers     Reason = "payment differs from its statements"
	InReserve          Reason = "held in reserve"
	ReserveLate        Reason = "reserve not released in time"
	ReserveUnbalanced  Reason = "reserve released, not withheld"
	OtherCurrency      Reason = "another currency"
	NotInBalance       Reason = "paid, not in the balance"
	MovementUnknown    Reason = "in the balance, paid by nothing known"
	WithdrawalFailed   Reason = "withdrawal failed"
	WithdrawalLate     Reason = "withdrawal should have arrived by now"
	WithdrawalReversed Reason = "withdrawal came back"
	FeeAboveRule       Reason = "fee above the published rule"
	Unexplained        Reason = "not explained"
)

// ReasonInfo is what there is to know about a reason.
type ReasonInfo struct {
	Reason Reason
	// Wrong reports whether somebody has to look; otherwise it passes with time, or is as
	// it should be.
	Wrong bool
	// Meaning is what it says, Do what to do about it.
	Meaning, Do string
}

var reasons = []ReasonInfo{
	{Timing, false, "The order is sold, and the shop settles it later.", "Nothing: it comes on a later statement."},
	{SoldBefore, false, "A refund or a charge falls into the period, the sale into an earlier one.", "Nothing: the sale is in the books of that period."},
	{Overdue, true, "The shop should have settled the order by now.", "Ask the shop with the order's id."},
	{InNoList, false, "The order is neither on a statement nor among those that are expected. Orders are in neither list for a while.", "Nothing yet. It becomes overdue by itself."},
	{EstimateDiffers, false, "The shop had expected to settle another amount.", "Nothing, unless it is much: then compare the fees."},
	{RefundPending, false, "A refund is known that no statement has yet.", "Nothing: it comes on a later statement."},
	{RefundOverdue, true, "A refund was booked in the warehouse, and the shop has not taken it off a payout in all the time that it had.", "Look in Seller Center whether the buyer was refunded. If not, refund the buyer or cancel the refund in the warehouse."},
	{RefundUnknown, true, "The shop has taken back a refund that nobody booked.", "Find the return in Seller Center and book the refund."},
	{OrderUnknown, true, "The shop has settled an order that the warehouse does not have.", "Import the order, or book it by hand."},
	{OrderDiffers, true, "What the shop settled as sold is not what the order was sold for.", "Compare the order on both sides; ask the shop if its amount is wrong."},
	{OrderOtherSums, true, "The shop's list of the order and its statement differ.", "Ask the shop with the order's id."},
	{WarehouseDiffers, true, "The order's total in the warehouse is not what it was imported with.", "Look who changed the order, and undo it or book the difference."},
	{Merged, false, "People merged the order with others, and the warehouse has one total for all of them: they are compared together.", "Nothing."},
	{NoOrder, false, "The shop charges or credits something that belongs to no order.", "Check it against what it is for."},
	{UnnamedAmount, true, "The shop states a sum and names less, or more, of what is in it.", "Book it to the account named; ask the shop if it comes again."},
	{SignsOpen, true, "The numbers do not tell whether shipping and fees are added or taken off.", "Look at the line in Seller Center. Its settlement is right."},
	{LineNotAdding, true, "The parts of the line do not make its settlement.", "Ask the shop with the transaction's id."},
	{Twice, true, "One id stands for two different amounts.", "Read the period again; if it stays, ask the shop."},
	{NotRead, true, "A record was there and could not be read.", "Read the period again; if it stays, report the record."},
	{StatementDiffers, true, "The statement's own sums, or its lines, do not make its settlement.", "Ask the shop with the statement's id."},
	{PaymentPending, false, "The statement is settled and on its way to the bank.", "Nothing: it is paid within days."},
	{PaymentOverdue, true, "The statement should have been paid by now.", "Ask the shop with the statement's id."},
	{PaymentFailed, true, "The shop could not pay.", "Check the bank account in Seller Center."},
	{PaymentMissing, true, "The statement names a payment that was not read.", "Read a longer period of payments."},
	{StatementMissing, true, "The payment pays a statement that was not among those read.", "Read a longer period of statements."},
	{OutsidePeriod, false, "The payment was made at the edge of the period, and pays a statement outside it or is less for one.", "Nothing: it belongs to the other period."},
	{Carried, false, "The statement is negative: it comes off a later payment.", "Nothing: it is taken off by itself."},
	{PaymentDiffers, true, "The payment is not the sum of its statements.", "Ask the shop with the payment's id."},
	{InReserve, false, "The shop holds the amount back.", "Nothing until the release date."},
	{ReserveLate, true, "The release date has passed and the shop still holds the amount.", "Ask the shop with the reserve's id."},
	{ReserveUnbalanced, false, "More was released than was withheld in what was read.", "Read from an earlier date."},
	{OtherCurrency, true, "The amounts are of two currencies and cannot be compared.", "Check which currency the shop trades in."},
	{NotInBalance, true, "The shop says that it has paid, and no movement of the balance has the amount.", "Look at the balance in Seller Center; ask the shop with the payment's id."},
	{MovementUnknown, true, "Money came into the balance that no payment or statement explains.", "Read a longer period; if it stays, ask the shop with the movement's id."},
	{WithdrawalFailed, true, "A movement of the balance has failed.", "Check the bank account in Seller Center, and withdraw again."},
	{WithdrawalLate, true, "A withdrawal is still on its way to the bank.", "Look for it at the bank; ask the shop with the withdrawal's id."},
	{WithdrawalReversed, false, "The bank did not take a withdrawal, and the money is in the balance again.", "Nothing: it is withdrawn again. Check the bank account in Seller Center if it comes twice."},
	{FeeAboveRule, true, "The shop has taken more of a fee than its own published rule allows.", "Send the shop the question in the case, unless you have agreed on another rate."},
	{Unexplained, true, "Nothing that is known explains it.", "Report it: this should not happen."},
}

// Reasons returns the closed set, in the order of reports.
func Reasons() []ReasonInfo { return append([]ReasonInfo(nil), reasons...) }

var reasonInfo = func() map[Reason]ReasonInfo {
	m := map[Reason]ReasonInfo{}
	for _, r := range reasons {
		m[r.Reason] = r
	}
	return m
}()

// Info returns what there is to know about the reason.
func (r Reason) Info() ReasonInfo { return reasonInfo[r] }

// Object is what a residual is about.
type Object string

// The objects.
const (
	OfLine       Object = "line"
	OfOrder      Object = "order"
	OfStatement  Object = "statement"
	OfPayment    Object = "payment"
	OfReserve    Object = "reserve"
	OfWithdrawal Object = "withdrawal"
)

// Residual is an amount that is left when two sides that should be equal are compared.
type Residual struct {
	Reason Reason
	Of     Object
	ID     string
	// Minor is the amount, in minor units of Currency: what is stated, less what was
	// expected. It may be zero where an amount is not what is wrong.
	Minor    int64
	Currency string
	// OrderID and StatementID are where it is found, as far as known.
	OrderID, StatementID string
	// Because is the line or statement that explains it; the cause is a residual of its own.
	Because string
	// Seen is what was compared, in words.
	Seen string
}

// Wrong reports whether somebody has to look at it. What another residual explains is
// not looked at twice.
func (r Residual) Wrong() bool { return reasonInfo[r.Reason].Wrong && r.Because == "" }

// String is one line for a log or a terminal.
func (r Residual) String() string {
	s := fmt.Sprintf("%s %s: %s %s", r.Of, r.ID, amount(r.Minor, r.Currency), r.Reason)
	if r.Reason == NotRead && r.Minor == 0 { // nobody knows how much it is
		s = fmt.Sprintf("%s %s: %s", r.Of, r.ID, r.Reason)
	}
	if r.Seen != "" {
		s += ": " + r.Seen
	}
	if r.Because != "" {
		s += " (because of " + r.Because + ")"
	}
	return s
}
