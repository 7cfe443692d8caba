package policy

// Kind says in what way an order is not an ordinary sale. The list is open: unknown
// values pass through.
type Kind string

// The kinds of orders of TikTok Shop. Free and odd prices are normal for them.
const (
	FreeSample       Kind = "free sample" // for a creator
	GiftWithPurchase Kind = "gift with purchase"
	LotteryWin       Kind = "lottery win" // given away in a LIVE
	Bundle           Kind = "bundle"      // of the shop's own
	PreOrder         Kind = "pre-order"   // held until its release
	MadeToOrder      Kind = "made to order"
	BackOrder        Kind = "back order"
	Replacement      Kind = "replacement"         // of an order that went wrong
	Exchange         Kind = "exchange"            // for goods that come back
	ByTikTok         Kind = "fulfilled by TikTok" // sent by the platform's warehouse
)
