// Package bridgetest is the lab: a fake shop, a fake warehouse, the bridge
// between them, people on both sides, and a network that fails.
//
// [Run] trades for some hours of simulated time and checks, all the while, what
// the bridge promises: no order lost, none doubled, none shipped twice or after
// it was cancelled before its permit, no stock published above what was free,
// and every failure returned, repeated or in the exception queue. On one day of three
// two shops sell from the same stock. People cancel single lines, cancel in Linnworks,
// merge and split orders, lock them, and make orders by hand; now and then TikTok's clock
// and ours differ, both sides limit their calls, or a LIVE sells five orders a second; some orders cannot be read, or
// Linnworks refuses them, or knows no such SKU, until somebody does what the case says.
// On one day of four people print through the bridge: a label, or a place in the printing view, is for
// no order that was cancelled before. What can be sent has to be sent in time, every case has to close with its cause, and
// what people made is left as it is. With [Config.Books] the shop at the end settles and pays what was traded, with fees, refunds, reserves and
// charges that come late: every penny has to be tied to an order or to a reason, and a penny and a fee
// that are wrong on purpose have to be found. One seed decides what happens. A seed that fails
// is in the error; running it again fails again.
//
// It needs no network and no real time, but simulated time needs a bubble:
//
//	func TestLab(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			report, err := bridgetest.Run(t.Context(), bridgetest.Config{Seed: 42})
//			if err != nil {
//				t.Fatal(err)
//			}
//			t.Log(report)
//		})
//	}
//
// [Config.Open] runs it on a store of your own. [Config.Wrap] puts ports of your own
// between bridge and fakes: a fault of your own, say, to see whether the lab finds it.
//
// # Stores
//
// [TestStore] is the suite that a [store.Store] has to pass, with any database behind
// it, and [TestExceptions] that of a queue of exceptions:
//
//	func TestStore(t *testing.T) {
//		bridgetest.TestStore(t, open, reopen, lose)
//	}
package bridgetest
