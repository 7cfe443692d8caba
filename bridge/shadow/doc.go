// Package shadow rehearses the switch from another integration, such as Linnworks' own
// TikTok channel: it looks at both sides as the bridge would, for days, writes to neither,
// and reports order by order what the bridge would have done, what the other integration
// did, and when.
//
//	watch, err := shadow.New(shadow.Ports{Orders: shop, Warehouse: warehouse, Trace: warehouse, Stock: engine, Memory: memory}, shadow.Options{})
//	err = watch.Look(ctx) // every five minutes, for a week
//	report, err := watch.Report(ctx)
//
// What a deed should be follows from the [bridge.StatusTable], what stock should be shown
// from [stock.Engine.Plan]: the same two that the bridge itself goes by. Something that was
// due at one look and done at a later one took the other integration between the two; the
// bridge would have done it at the first.
//
// Nothing is seen between two looks, and nothing while none is made: the report says how
// many looks there were, and how long the longest gap between them was.
package shadow
