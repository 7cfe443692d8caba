// Package policy holds what the platform demands of a seller, and when the client's
// warehouse can act, as data: the measures that the shop judges by, per market and
// dated, with their sources, what may be done with which kind of order, and the
// collections of the carrier. It makes no call and imports nothing of the bridge.
//
// Each table prints as it is read, comments included, and a client's own rows
// override those that the package ships.
package policy
