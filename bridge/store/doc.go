// Package store says what the bridge has to remember, and keeps it in memory.
//
// Each interface is one thing that must outlive a process: the [Ledger] of sold
// units that the warehouse does not count yet, the [Cursors], [Hints] and
// [Revisits] of a feed, the [ImportRecords] of what was sent to the warehouse,
// the [ReferenceRecords], [Corrections] and labels ([LabelStore]), and the
// [Locks] that keep two workers apart. A store in a database implements them and
// is held to the suite bridgetest.TestStore.
//
// The Memory types forget everything when the process ends. What that costs: the
// ledger is empty until the open orders have been read again, so stock must not be
// published before that; orders are looked up one by one; a label is fetched again
// while the shop still has it.
package store
