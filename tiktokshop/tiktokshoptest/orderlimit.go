package tiktokshoptest

import (
	"fmt"
	"time"
)

// ErrOrderLimit is what [Fake.PlaceOrder] fails with while the shop has reached its order
// limit. It is an [ErrOutOfStock], for that is all that buyers see.
var ErrOrderLimit = fmt.Errorf("%w: the shop has reached its order limit of the day", ErrOutOfStock)

// ReachOrderLimit lets the shop reach its order limit of the day: until then buyers find
// everything sold out. A time that is not ahead lifts it. The stock of the shop stays as it
// is; whether TikTok Shop's replies show it meanwhile is not documented, see
// [QuirkOrderLimitEmptiesInventory].
//
// https://seller-us.tiktok.com/university/essay?knowledge_id=4069705271658253
func (f *Fake) ReachOrderLimit(until time.Time) {
	defer f.enter()()
	f.limited = until
}

// atLimit reports whether the shop takes no more orders for now.
func (f *Fake) atLimit() bool { return f.now.Before(f.limited) }
