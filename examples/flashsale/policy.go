package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// policy is a way to keep the shop's stock in time.
type policy struct {
	Name string
	// Story says in two sentences what happens.
	Story string
	// Every is the time between two turns, in which the program takes orders in and
	// pushes stock.
	Every time.Duration
	// Live programs take a turn besides when the shop's webhooks tell of an order,
	// poll for orders every PollOrders only, and push only what sells.
	Live       bool
	PollOrders time.Duration
	// Held is what happens to a paid order that TikTok holds.
	Held bridge.Action
	// Keep are the buffer's rules; KeepComputed gets its source later.
	Keep []stock.BufferRule
	// Declared reports whether the LIVE was: then a minute's sales are kept back, or a
	// tenth of the units.
	Declared bool
}

// bound is the chance of overselling, at each sell-out, that the computed buffer
// accepts.
const bound = 1e-4

var (
	fiveUnits = []stock.BufferRule{{Do: stock.KeepUnits, Units: 5}}
	computed  = []stock.BufferRule{{Do: stock.KeepComputed}}
)

// policies are what is compared.
var policies = []*policy{
	{
		Name: "Ten-minute poll", Every: 10 * time.Minute, Held: bridge.ActionReserve, Keep: fiveUnits,
		Story: "Every ten minutes the hub reads TikTok's orders and Linnworks' level and keeps five units back, but it hands an order on to Linnworks only " +
			"when TikTok's hour is over. Until then Linnworks shows the units as free, and the other channel sells them a second time.",
	},
	{
		Name: "Six-second poll", Every: 6 * time.Second, Held: bridge.ActionReserve, Keep: fiveUnits,
		Story: "The same hub, a hundred times as eager: what TikTok Shop shows is never more than seconds old. " +
			"What oversells is the hour in which Linnworks does not know, and that is as long as before.",
	},
	{
		Name: "First sight", Every: 6 * time.Second, Live: true, PollOrders: time.Minute, Held: bridge.ActionPark,
		Story: "A webhook tells of each order; the hub counts it at once and parks it in Linnworks, where it is reserved for every channel and nobody can ship it. " +
			"What is left are the seconds in which a sale is on its way: the last units can still be sold twice.",
	},
	{
		Name: "Computed buffer", Every: 6 * time.Second, Live: true, PollOrders: time.Minute, Held: bridge.ActionPark, Keep: computed,
		Story: fmt.Sprintf("Besides, the hub keeps back what may be sold in those seconds, computed from the delays and sales it measures "+
			"such that at most one sell-out in %.0f oversells. ", 1/bound) +
			"The other channel sells what was kept back, but buyers on TikTok Shop are turned away a little early.",
	},
	{
		Name: "LIVE window", Every: 6 * time.Second, Live: true, PollOrders: time.Minute, Held: bridge.ActionPark, Keep: computed, Declared: true,
		Story: "Besides, the LIVE was declared: a minute's sales, or a tenth of the units if that is less, are kept back from a quarter of an hour before it until it ends. " +
			"That protects before any rate could be measured, and turns more buyers away.",
	},
}

// overwrite is a hub without a ledger: held orders do not exist for it.
var overwrite = &policy{Name: "Overwrite", Every: 10 * time.Minute, Held: bridge.ActionSkip, Keep: fiveUnits}

// computedOptions are those of a shop that knows bursts: the memory is short
// enough to recognise one within minutes.
func computedOptions(now func() time.Time) stock.ComputedOptions {
	return stock.ComputedOptions{
		Bound: bound, AssumedDelay: 5 * time.Second, AssumedRate: 60, Memory: 3 * time.Minute, Now: now,
	}
}

// sessions are the LIVE, if it was declared.
func (p *policy) sessions(set setting) []stock.LiveSession {
	if !p.Declared {
		return nil
	}
	return []stock.LiveSession{{
		Name: "Friday LIVE", Start: start, End: start.Add(30 * time.Minute), Ahead: 15 * time.Minute,
		Rule: stock.BufferRule{Do: stock.KeepUnits, Units: min(set.Rate+elsewhereRate, units/10)},
	}}
}

func (p *policy) rules(source stock.BufferSource) []stock.BufferRule {
	rules := slices.Clone(p.Keep)
	for i := range rules {
		if rules[i].Do == stock.KeepComputed {
			rules[i].Source = source
		}
	}
	return rules
}

// table is the default one, but for the orders that are on hold and that
// Linnworks does not have.
func (p *policy) table() (*bridge.StatusTable, error) {
	return bridge.DefaultStatusTable().Override(strings.NewReader(
		fmt.Sprintf("%s %s %s %s", bridge.SellerShipping, bridge.OnHold, bridge.Absent, p.Held)))
}
