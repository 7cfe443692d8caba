package exceptions

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Kind is the kind of an exception. The set is closed: [Kinds] lists it.
//
// To add a kind: a constant below, and a row in the table of kinds.go that says
// what a person has to know, which part raises it and what closes it. Tests fail
// as long as the row lacks something, as long as nothing raises the kind, or if
// another part raises or closes it. The handbook (go run ./examples/handbook) is
// written from the table.
type Kind string

// The kinds of exceptions.
const (
	UnmappedSKU          Kind = "unmapped SKU"
	AmbiguousSKU         Kind = "ambiguous SKU"
	SpellingDiffers      Kind = "SKU spelt differently"
	MissingComposite     Kind = "missing composite"
	BundleDiffers        Kind = "bundle differs"
	BrokenKit            Kind = "broken kit"
	UnlinkedLine         Kind = "line without an item"
	BadOrder             Kind = "order cannot be imported"
	OrderStuck           Kind = "order stuck"
	TotalDiffers         Kind = "total differs"
	AmountUnread         Kind = "amount not read"
	ReferenceRefused     Kind = "reference refused"
	DuplicateOrder       Kind = "duplicate order"
	NotInOnePlace        Kind = "not in one place"
	AddressChanged       Kind = "address changed"
	UnknownStatus        Kind = "unknown status"
	StatesDisagree       Kind = "shop and warehouse disagree"
	SentOutOfTurn        Kind = "sent out of turn"
	NoShopOrder          Kind = "parcel without a shop order"
	NoTracking           Kind = "no tracking"
	UnmappedCarrier      Kind = "unmapped carrier"
	DispatchRefused      Kind = "dispatch refused"
	TrackingDiffers      Kind = "tracking differs"
	TrackingDoubted      Kind = "tracking doubted"
	LabelFailed          Kind = "label failed"
	LabelRefused         Kind = "label refused"
	NoShippingRule       Kind = "no shipping rule"
	NotPulledBack        Kind = "not pulled back"
	NotDispatched        Kind = "dispatch stuck"
	DeadlineNear         Kind = "deadline near"
	RateAtRisk           Kind = "rate at risk"
	PayoutDiffers        Kind = "payout does not tie up"
	OrderLimit           Kind = "daily order limit"
	ShopStopped          Kind = "shop does not sell"
	RunFailing           Kind = "part of the bridge fails"
	NameUnknown          Kind = "setting names nothing"
	LateCancellation     Kind = "late cancellation"
	PartCancellation     Kind = "part cancellation"
	CancellationStuck    Kind = "cancellation stuck"
	ParcelToPull         Kind = "parcel to pull"
	CancelledInLinnworks Kind = "cancelled in Linnworks only"
	ReturnToDecide       Kind = "return to decide"
	GoodsToCheck         Kind = "returned goods to check"
	GoodsMissing         Kind = "returned goods missing"
	ClaimToMake          Kind = "claim to make"
	ParcelStalled        Kind = "parcel not moving"
	GoodsUnannounced     Kind = "goods back unannounced"
	RefundNotBooked      Kind = "refund not booked"
	RefundDiffers        Kind = "refund differs"
	HeldAtDeadline       Kind = "held at its deadline"
	SentUnchecked        Kind = "sent unchecked"
	StockRefused         Kind = "stock refused"
	StockDrift           Kind = "stock changed in the shop"
	StockZeroed          Kind = "stock set to zero"
	StockLocked          Kind = "stock locked"
	BadLevel             Kind = "impossible stock level"
	SecondWriter         Kind = "another program writes stock"
	MassZero             Kind = "much of the shop would go to zero"
	StaleLevels          Kind = "old stock levels"
	OrdersUnseen         Kind = "orders not seen"
	UnmappedWarehouse    Kind = "unmapped warehouse"
	Unreadable           Kind = "unreadable product"
	AuditFinding         Kind = "found by the audit"
	OrdersDiffer         Kind = "order differs on both sides"
)

// Part is the part of the bridge that raises a kind. No other does, and no other
// closes it because its cause is gone.
type Part string

// The parts.
const (
	PartIntake        Part = "intake"
	PartImporter      Part = "importer"
	PartReferences    Part = "references"
	PartDispatcher    Part = "dispatcher"
	PartDispatchQueue Part = "dispatch queue"
	PartPrintButton   Part = "print button"
	PartRelease       Part = "release to print"
	PartDeadlines     Part = "deadlines"
	PartShopStatus    Part = "shop status"
	PartSync          Part = "sync"
	PartCanceller     Part = "canceller"
	PartRevoker       Part = "revoker"
	PartGate          Part = "gate"
	PartReturns       Part = "returns"
	PartFinance       Part = "finance"
	PartAudit         Part = "audit"
	PartCatalogue     Part = "catalogue" // for the importer and the stock too
	PartStock         Part = "stock"
)

// Info is what there is to know about a kind: in words, for the people who mend
// it, and for programs.
type Info struct {
	Kind     Kind
	Owner    Owner
	Severity Severity
	// Within is the time to act in, counted from the first sight, if the exception
	// carries no deadline of its own.
	Within time.Duration
	// Meaning is what has happened and what it costs.
	Meaning string
	// Steps are what to do, in order.
	Steps []string
	// Where are the screens to open. Seller Center and Linnworks move their menus
	// and translate them: these are the names of their public help pages.
	Where []string
	// Closes is what ends it.
	Closes string

	// Part raises it, and closes it when the cause is gone, unless it is ByHand:
	// then the bridge cannot see that, and a person closes it.
	Part   Part
	ByHand bool
	// Ends are the ends of an order that close it, whoever raised it: see [Close].
	Ends []End
	// Cause is set if the object is what is wrong and [Exception.Orders] are those
	// that it holds up: the same cause on many orders is one case.
	Cause bool
}

// Info returns the row of the kind. known is false for a kind that is not in the
// closed set, as one from a newer version in a shared store may be.
func (k Kind) Info() (info Info, known bool) {
	info, known = kinds[k]
	info.Kind, info.Steps, info.Where, info.Ends = k, slices.Clone(info.Steps), slices.Clone(info.Where), slices.Clone(info.Ends)
	return info, known
}

// AllKinds are the kinds by name.
func AllKinds() []Kind { return slices.Sorted(maps.Keys(kinds)) }

// Kinds returns the closed set of kinds, by owner, the most severe first, then
// by the time to act in and by name.
func Kinds() []Info {
	list := make([]Info, 0, len(kinds))
	for k := range maps.Keys(kinds) {
		info, _ := k.Info()
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b Info) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Owners, a.Owner), slices.Index(Owners, b.Owner)),
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Within, b.Within),
			cmp.Compare(a.Kind, b.Kind),
		)
	})
	return list
}
