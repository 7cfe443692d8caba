// Package exceptions keeps what needs a person.
//
// What repeating cannot mend becomes an [Exception]: what was seen of which
// object, who owns it, how severe it is, by when somebody has to act, and what to
// do. The parts of the bridge put exceptions into a [Queue] and close them again
// when the cause is gone. There is a closed set of kinds; [Kinds] explains each to
// the people who deal with it.
//
// People work with a [Desk]: it shows each exception as a [Case], which they
// claim, resolve and reopen. A [Store] has one desk, and a queue for each shop.
// [Memory] is one, for one process:
//
//	desk := new(exceptions.Memory)
//	queue := desk.Shop("UK")
//	err := queue.Raise(ctx, exceptions.New(exceptions.UnmappedSKU, "SKU MUG-RED", time.Time{},
//		"Linnworks has no item for it", "create the item, or map the listing to one"))
//	open, err := queue.Open(ctx) // most severe first
//
// Exceptions hold nothing about the buyer: they may be logged, mailed and printed.
package exceptions
