package policy

// ShortOrders is what becomes of an order of which the warehouse has cancelled a part,
// because it cannot supply it.
type ShortOrders string

// The policies.
const (
	// ShortWaits leaves the order alone: customer service gets a case. The parts that
	// are not cancelled go on.
	ShortWaits ShortOrders = "wait"
	// ShortWhole cancels all of the order in the shop, for one of the reasons that are
	// configured, as long as nothing of it has reached the cut-off; the other parts are
	// then cancelled in the warehouse too.
	ShortWhole ShortOrders = "cancel the whole order"
	// ShortRest cancels the missing lines in the shop, and the rest is sent. TikTok
	// Shop allows that in the United States and the United Kingdom, for one reason
	// only, out of stock, with which it sets the stock of the SKUs to zero: it needs
	// ZeroStock. Elsewhere customer service gets a case.
	ShortRest ShortOrders = "ship the rest"
)
