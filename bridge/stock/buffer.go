package stock

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Buffer decides how many units to keep back, given what is free. It is called
// for every SKU and warehouse. A negative result counts as zero. The listing's Stock is
// used again once it returns. [BufferRules] makes one from rules.
type Buffer func(listing catalogue.Listing, warehouseID string, free int) int

// Fixed keeps back n units of every SKU in every warehouse.
func Fixed(n int) Buffer { return func(catalogue.Listing, string, int) int { return n } }

// BufferAction is what a [BufferRule] does.
type BufferAction string

// The actions. Each turns the units left by the rules before it into the units
// left after it.
const (
	KeepUnits      BufferAction = "keep units"       // takes Units off
	KeepPercent    BufferAction = "keep percent"     // takes Percent of what is left off, rounded as Round says
	KeepComputed   BufferAction = "keep computed"    // takes off the units that Source computes
	PublishAtMost  BufferAction = "publish at most"  // lowers to Units
	PublishAtLeast BufferAction = "publish at least" // raises to Units, but never above what is free
	EndWhen        BufferAction = "end when"         // publishes 0 if Units or fewer are left

	AddUp      BufferAction = "add up"      // Rules one after another, each on what the one before left
	Heaviest   BufferAction = "heaviest"    // the one of Rules that leaves the fewest units
	FirstMatch BufferAction = "first match" // the first of Rules that is for this SKU and warehouse
)

// Rounding says what becomes of the fraction of a unit that a percentage keeps
// back.
type Rounding string

// The ways to round the units kept back.
const (
	RoundUp      Rounding = "up"      // keeps more; the default
	RoundDown    Rounding = "down"    // publishes more
	RoundNearest Rounding = "nearest" // halves are kept back
)

// BufferRule is one rule. Do says what it does and which of the other fields it
// uses; the rest must be empty.
type BufferRule struct {
	// Name is what a preview calls the rule. Default: what it does.
	Name string       `json:"name,omitempty"`
	Do   BufferAction `json:"do"`

	// Units is for KeepUnits, PublishAtMost, PublishAtLeast and EndWhen.
	Units int `json:"units,omitempty"`
	// Percent is for KeepPercent: 0 to 100, with at most two decimal places.
	Percent float64 `json:"percent,omitempty"`
	// Round is for KeepPercent. Default RoundUp.
	Round Rounding `json:"round,omitempty"`
	// Source is for KeepComputed.
	Source BufferSource `json:"source,omitempty"`
	// Rules are for AddUp, Heaviest and FirstMatch.
	Rules []BufferRule `json:"rules,omitempty"`

	// SKUs, Classes and Warehouses limit the rule to seller SKUs (exactly as the
	// shop has them), classes of [BufferOptions].Classify and warehouse ids of the
	// shop. Empty means all; of those that are set, each must hold.
	SKUs       []string `json:"skus,omitempty"`
	Classes    []string `json:"classes,omitempty"`
	Warehouses []string `json:"warehouses,omitempty"`
}

// BufferSource computes how many units to keep back. A negative result counts as
// zero. [Computed] is one. It must be safe for concurrent use.
type BufferSource interface {
	Units(listing catalogue.Listing, warehouseID string, now time.Time) int
}

// LiveSession is a declared time of heavier sales. While it is open, what is
// published is the least of what the ordinary rules and the rules of all open
// sessions allow, so that of overlapping sessions the heavier wins.
type LiveSession struct {
	// Name is what a preview calls the session. Required.
	Name string
	// Start and End are the first moment of the session and the first after it.
	Start, End time.Time
	// Ahead is how long before Start its rule begins to hold.
	Ahead time.Duration
	// Rule holds while the session is open. It starts from all that is free.
	Rule BufferRule
}

func (s *LiveSession) open(now time.Time) bool {
	return !now.Before(s.Start.Add(-s.Ahead)) && now.Before(s.End)
}

// BufferOptions configure [BufferRules].
type BufferOptions struct {
	// Rules are applied one after another, as by AddUp. None publishes all that is
	// free.
	Rules []BufferRule
	// Sessions may overlap, in any order.
	Sessions []LiveSession
	// Classify names the class of a listing, "" for none. Required if a rule names
	// classes. It must always give the same answer for the same listing.
	Classify func(catalogue.Listing) string
	// Now replaces time.Now.
	Now func() time.Time
}

// BufferRules decide how much of what is free is published. They do not change:
// to change rules or sessions, make new ones. They can be used concurrently.
//
// # Order
//
// Rules are applied in the order given, each on the number of units that the one
// before it left. So "keep 2" and then "keep 10 %" of 42 keeps 2 + 4, the other
// way round it keeps 5 + 2; "publish at most" limits what is left by then;
// "publish at least" gives back, up to what is free, what the rules before it
// took; a rule after it may take it again. Adding up numbers that were each
// computed from what is free would be simpler to say, but two percentages of 30,
// rounded to the nearest, would then publish 1 of 1 unit and none of 2.
//
// # What always holds
//
// Every action leaves at least 0 and at most what is free, and leaves no less if
// it begins with more. All combinations of such actions have the same two
// properties. Therefore, whatever the rules:
//
//   - what is published is between zero and what is free;
//   - more free units never publish fewer;
//   - a rule that keeps back more never publishes more.
//
// The same listing, warehouse, free units and moment give the same result, as
// long as Classify and every Source do.
type BufferRules struct {
	root     bufferNode
	sessions []bufferSession
	classify func(catalogue.Listing) string // nil unless a rule asks for a class
	now      func() time.Time
}

type bufferSession struct {
	LiveSession
	root bufferNode
}

// NewBufferRules checks the options. The error names every rule and session that is
// wrong, each with the field that is, such as "Rules[1].Rules[0].Units: -1 is negative";
// it wraps one error for each (Unwrap() []error behind errors.Unwrap).
func NewBufferRules(o BufferOptions) (*BufferRules, error) {
	r := &BufferRules{root: bufferNode{action: AddUp}, now: part.Clock(o.Now)}
	b := bufferBuilder{classify: o.Classify != nil}
	r.root.rules = b.nodes(o.Rules, "Rules", 0)
	for i, s := range o.Sessions {
		at := fmt.Sprintf("Sessions[%d]", i)
		if strings.TrimSpace(s.Name) == "" {
			b.bad("%s.Name: empty", at)
		}
		switch {
		case s.Start.IsZero():
			b.bad("%s.Start: not set", at)
		case !s.End.After(s.Start):
			b.bad("%s.End: %s is not after Start %s", at, s.End.Format(time.RFC3339), s.Start.Format(time.RFC3339))
		}
		if s.Ahead < 0 {
			b.bad("%s.Ahead: %s is negative", at, s.Ahead)
		}
		r.sessions = append(r.sessions, bufferSession{s, b.node(s.Rule, at+".Rule", 0)})
	}
	if len(b.errs) > 0 {
		return nil, fmt.Errorf("stock: NewBufferRules: %w", errors.Join(b.errs...))
	}
	if b.classes {
		r.classify = o.Classify
	}
	return r, nil
}

// Publish returns how many of the free units of a listing in one of the shop's
// warehouses are published at a moment. None are if free is negative.
func (r *BufferRules) Publish(listing catalogue.Listing, warehouseID string, free int, now time.Time) int {
	c := bufferCase{listing: listing, warehouseID: warehouseID, now: now}
	return r.publish(&c, free)
}

// Buffer makes the rules a [Buffer] that goes by the clock.
func (r *BufferRules) Buffer() Buffer {
	return func(listing catalogue.Listing, warehouseID string, free int) int {
		return max(free, 0) - r.Publish(listing, warehouseID, free, r.now())
	}
}

// NextChange returns the first moment after now at which a session opens or
// ends, when stock has to be planned again although nothing was sold; ok is
// false if there is none.
func (r *BufferRules) NextChange(now time.Time) (at time.Time, ok bool) {
	for _, s := range r.sessions {
		for _, t := range [...]time.Time{s.Start.Add(-s.Ahead), s.End} {
			if t.After(now) && (!ok || t.Before(at)) {
				at, ok = t, true
			}
		}
	}
	return at, ok
}

// Live reports whether a session is open whose rule is for the listing, in any
// warehouse: such listings are worth to be read and published before others, see
// [Pace].
func (r *BufferRules) Live(listing catalogue.Listing, now time.Time) bool {
	for i := range r.sessions {
		if s := &r.sessions[i]; s.open(now) && s.root.names(listing, r.classify) {
			return true
		}
	}
	return false
}

// Preview explains what [BufferRules.Publish] returns.
func (r *BufferRules) Preview(listing catalogue.Listing, warehouseID string, free int, now time.Time) BufferPreview {
	c := bufferCase{listing: listing, warehouseID: warehouseID, now: now, explain: true}
	n := r.publish(&c, free)
	return BufferPreview{Listing: listing.SKU, WarehouseID: warehouseID, At: now.UTC(), Free: free, Published: n, Steps: c.steps}
}

func (r *BufferRules) publish(c *bufferCase, free int) int {
	c.free = max(free, 0)
	if r.classify != nil {
		c.class = r.classify(c.listing)
	}
	published := c.free
	for i := range r.root.rules {
		published, _ = r.root.rules[i].apply(c, published, 0)
	}
	for i := range r.sessions {
		s := &r.sessions[i]
		open := s.open(c.now)
		if !open && (!c.explain || !c.now.Before(s.End)) {
			continue
		}
		step := c.begin(0, s.Name, c.free)
		if !open {
			c.steps[step].Note = "opens " + s.Start.Add(-s.Ahead).UTC().Format(previewTime)
			continue
		}
		n, applies := s.root.apply(c, c.free, 1)
		c.end(step, n, applies)
		if c.explain {
			c.steps[step].Note = "until " + s.End.UTC().Format(previewTime)
		}
		published = min(published, n)
	}
	return published
}

const previewTime = "2006-01-02 15:04:05"

// BufferPreview reports how each rule changed the number for one SKU in one
// warehouse.
type BufferPreview struct {
	Listing     catalogue.SKU
	WarehouseID string
	At          time.Time
	// Free is what the rules began with, Published what they left, in units.
	Free, Published int
	// Steps are the rules in the order in which they were applied, each
	// combination before its parts. The rules that a first match did not reach and
	// the sessions that are over are left out.
	Steps []BufferStep
}

// BufferStep is what one rule did.
type BufferStep struct {
	// Depth is 0 for rules and sessions of the options, 1 for parts of those, ...
	Depth int
	Rule  string
	// Applies is false if the rule, or every part of it, is for other SKUs,
	// warehouses or moments.
	Applies bool
	// Before and After are the units left. The parts of a Heaviest and sessions all
	// begin with the same number, and the least of them counts.
	Before, After int
	// Note says more, if there is more to say.
	Note string
}

// String is a table with one line for every rule.
func (p BufferPreview) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in warehouse %s at %s UTC: %d free\n", p.Listing, p.WarehouseID, p.At.Format(previewTime), p.Free)
	for _, s := range p.Steps {
		effect := "does not apply"
		if s.Applies {
			effect = fmt.Sprintf("%d -> %d", s.Before, s.After)
		}
		if s.Note != "" {
			effect += "  (" + s.Note + ")"
		}
		fmt.Fprintf(&b, "  %-38s  %s\n", strings.Repeat("  ", s.Depth)+s.Rule, effect)
	}
	fmt.Fprintf(&b, "%d published, %d kept back\n", p.Published, max(p.Free, 0)-p.Published)
	return b.String()
}

// bufferCase is one evaluation.
type bufferCase struct {
	listing            catalogue.Listing
	warehouseID, class string
	free               int
	now                time.Time
	explain            bool
	steps              []BufferStep // if explain
}

// begin notes that a rule begins, and returns what end wants to know.
func (c *bufferCase) begin(depth int, rule string, before int) (step int) {
	if !c.explain {
		return -1
	}
	c.steps = append(c.steps, BufferStep{Depth: depth, Rule: rule, Before: before, After: before})
	return len(c.steps) - 1
}

func (c *bufferCase) end(step, after int, applies bool) {
	if step >= 0 {
		c.steps[step].After, c.steps[step].Applies = after, applies
	}
}

// bufferNode is a checked rule.
type bufferNode struct {
	name                      string
	action                    BufferAction
	units                     int
	hundredths                int // of a percent
	round                     Rounding
	source                    BufferSource
	rules                     []bufferNode
	skus, classes, warehouses map[string]bool // nil: all
}

// apply returns what the rule leaves of left, and whether it is for this case.
func (n *bufferNode) apply(c *bufferCase, left, depth int) (after int, applies bool) {
	step := c.begin(depth, n.name, left)
	if !n.concerns(c) {
		return left, false
	}
	after, applies = left, true
	switch n.action {
	case KeepUnits:
		after = max(left-n.units, 0)
	case KeepPercent:
		after = left - n.share(left)
	case KeepComputed:
		after = max(left-max(n.source.Units(c.listing, c.warehouseID, c.now), 0), 0)
		if s, ok := n.source.(bufferExplainer); ok && c.explain {
			c.steps[step].Note = s.explain(c.listing, c.warehouseID, c.now)
		}
	case PublishAtMost:
		after = min(left, n.units)
	case PublishAtLeast:
		after = max(left, min(n.units, c.free))
	case EndWhen:
		if left <= n.units {
			after = 0
		}
	default:
		after, applies = n.combine(c, left, depth+1)
	}
	c.end(step, after, applies)
	return after, applies
}

func (n *bufferNode) combine(c *bufferCase, left, depth int) (after int, applies bool) {
	after = left
	for i := range n.rules {
		from := left
		if n.action == AddUp {
			from = after
		}
		m, does := n.rules[i].apply(c, from, depth)
		switch {
		case !does:
			continue
		case n.action == Heaviest && applies:
			after = min(after, m)
		default:
			after = m
		}
		applies = true
		if n.action == FirstMatch {
			break
		}
	}
	return after, applies
}

func (n *bufferNode) concerns(c *bufferCase) bool {
	return (n.skus == nil || n.skus[c.listing.SellerSKU]) &&
		(n.classes == nil || n.classes[c.class]) &&
		(n.warehouses == nil || n.warehouses[c.warehouseID])
}

// names reports whether the rule, or a part of it, is for a listing.
func (n *bufferNode) names(l catalogue.Listing, classify func(catalogue.Listing) string) bool {
	if n.skus != nil && !n.skus[l.SellerSKU] || n.classes != nil && !n.classes[classify(l)] {
		return false
	}
	return len(n.rules) == 0 || slices.ContainsFunc(n.rules, func(part bufferNode) bool { return part.names(l, classify) })
}

// share is the percentage of units, computed exactly and without overflow.
func (n *bufferNode) share(units int) int {
	const whole = 100_00
	product := units % whole * n.hundredths
	switch n.round {
	case RoundUp:
		product += whole - 1
	case RoundNearest:
		product += whole / 2
	default: // down
	}
	return units/whole*n.hundredths + product/whole
}

// bufferExplainer is a source that can tell why.
type bufferExplainer interface {
	explain(listing catalogue.Listing, warehouseID string, now time.Time) string
}

// bufferBuilder checks rules.
type bufferBuilder struct {
	classify bool // there is a classifier
	classes  bool // a rule needs it
	errs     []error
}

// maxBufferDepth is deeper than anyone nests rules that do not contain themselves,
// maxBufferErrors more than anyone reads of those that do.
const maxBufferDepth, maxBufferErrors = 16, 100

func (b *bufferBuilder) bad(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

func (b *bufferBuilder) nodes(rules []BufferRule, at string, depth int) []bufferNode {
	nodes := make([]bufferNode, 0, len(rules))
	for i, r := range rules {
		if len(b.errs) >= maxBufferErrors {
			break
		}
		nodes = append(nodes, b.node(r, fmt.Sprintf("%s[%d]", at, i), depth))
	}
	return nodes
}

func (b *bufferBuilder) node(r BufferRule, at string, depth int) bufferNode {
	n := bufferNode{
		name: cmp.Or(r.Name, r.String()), action: r.Do, units: r.Units, hundredths: int(math.Round(r.Percent * 100)),
		round: cmp.Or(r.Round, RoundUp), source: r.Source,
	}
	if depth >= maxBufferDepth {
		b.bad("%s: nested more than %d deep", at, maxBufferDepth)
		return n
	}
	r.check(func(field, what string) { b.bad("%s.%s: %s", at, field, what) })
	if len(r.Classes) > 0 && !b.classify {
		b.bad("%s.Classes: set, but nothing says which SKU is of which class: BufferOptions.Classify is not", at)
	}
	for _, s := range []struct {
		name string
		of   []string
		to   *map[string]bool
	}{{"SKUs", r.SKUs, &n.skus}, {"Classes", r.Classes, &n.classes}, {"Warehouses", r.Warehouses, &n.warehouses}} {
		for i, v := range s.of {
			if strings.TrimSpace(v) == "" {
				b.bad("%s.%s[%d]: empty", at, s.name, i)
			}
			if *s.to == nil {
				*s.to = make(map[string]bool, len(s.of))
			}
			(*s.to)[v] = true
		}
	}
	b.classes = b.classes || n.classes != nil
	n.rules = b.nodes(r.Rules, at+".Rules", depth+1)
	return n
}

// check tells of the fields that the action uses and of those that it does not.
func (r BufferRule) check(bad func(field, what string)) {
	set := map[string]bool{
		"Units": r.Units != 0, "Percent": r.Percent != 0, "Round": r.Round != "", "Source": r.Source != nil, "Rules": len(r.Rules) > 0,
	}
	var uses []string
	switch r.Do {
	case KeepUnits, PublishAtMost, PublishAtLeast, EndWhen:
		uses = []string{"Units"}
		if r.Units < 0 {
			bad("Units", fmt.Sprintf("%d is negative", r.Units))
		} else if r.Units > absurdStock {
			bad("Units", fmt.Sprintf("%d is more than any warehouse holds: the most is %d", r.Units, absurdStock))
		}
	case KeepPercent:
		uses = []string{"Percent", "Round"}
		if what := wrongPercent(r.Percent); what != "" {
			bad("Percent", what)
		}
		if !slices.Contains([]Rounding{"", RoundUp, RoundDown, RoundNearest}, r.Round) {
			bad("Round", fmt.Sprintf("%q is none of up, down, nearest", part.Clip(string(r.Round))))
		}
	case KeepComputed:
		if uses = []string{"Source"}; !set["Source"] {
			bad("Source", "not set: only a program can bring what computes the units")
		}
	case AddUp, Heaviest, FirstMatch:
		if uses = []string{"Rules"}; !set["Rules"] {
			bad("Rules", "empty")
		}
	case "":
		bad("Do", "not set")
		return
	default:
		what := fmt.Sprintf("%q is no action", part.Clip(string(r.Do)))
		if near := part.Nearest(string(r.Do), bufferActions); near != "" {
			what += fmt.Sprintf("; did you mean %q?", near)
		}
		bad("Do", what)
		return
	}
	for _, field := range slices.Sorted(maps.Keys(set)) {
		if set[field] && !slices.Contains(uses, field) {
			bad(field, fmt.Sprintf("set, but %q does not use it", r.Do))
		}
	}
}

// bufferActions are the names of the actions.
var bufferActions = []string{
	string(KeepUnits), string(KeepPercent), string(KeepComputed), string(PublishAtMost), string(PublishAtLeast), string(EndWhen),
	string(AddUp), string(Heaviest), string(FirstMatch),
}

func wrongPercent(p float64) string {
	hundredths := p * 100
	switch {
	case math.IsNaN(p):
		return "not a number"
	case p < 0:
		return fmt.Sprintf("%v is negative", p)
	case p > 100:
		return fmt.Sprintf("%v is over 100", p)
	case math.Abs(hundredths-math.Round(hundredths)) > 1e-6:
		return fmt.Sprintf("%v has more than two decimal places", p)
	}
	return ""
}

// String says what the rule does, without its parts and whom it is for.
func (r BufferRule) String() string {
	switch r.Do {
	case KeepUnits:
		return fmt.Sprintf("keep %d", r.Units)
	case KeepPercent:
		return fmt.Sprintf("keep %v %% rounded %s", r.Percent, cmp.Or(r.Round, RoundUp))
	case PublishAtMost, PublishAtLeast:
		return fmt.Sprintf("%s %d", r.Do, r.Units)
	case EndWhen:
		return fmt.Sprintf("end when %d or fewer are left", r.Units)
	default:
		return string(r.Do)
	}
}
