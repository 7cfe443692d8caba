// Package catalogue says which item of the warehouse a listing of the shop sells.
//
// A [Listing] is for sale in the shop under a [SKU]; an [Item] lies in the
// warehouse, and may be a kit of other items. A [Source] finds the item of each
// listing. [Map] is one that asks, in this order, a table of your own, the
// warehouse's channel mappings and the seller SKU, and never guesses: a listing
// that leads to two items is an [AmbiguousError].
//
// [Item.Parts] says which single items a number of units consists of, at one
// location or anywhere; [CompareKit] sets the shop's bundle against the
// warehouse's kit.
package catalogue
