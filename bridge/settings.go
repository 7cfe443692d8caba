package bridge

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/retention"
	"github.com/linnbridge/linnbridge/bridge/returns"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// Settings are what one client's set-up differs in: all that a [Sync] is told. They hold
// no secrets. [ReadSettings] reads them from JSON, by the names behind json; durations
// are text such as "90s" or "48h". The least is
//
//	{
//	  "shop": "uk-shop",
//	  "sub_source": "uk-shop",
//	  "locations": {"7068517275539719942": ["5a2d7c1e-0000-4000-8000-000000000001"]},
//	  "default_location": "5a2d7c1e-0000-4000-8000-000000000001"
//	}
//
// with a warehouse of the shop on the left and the Linnworks location that feeds it on
// the right. Who does not know the ids writes any: [Sync.Check] answers with those that
// there are.
type Settings struct {
	// Shop is the name under which everything of this shop is stored and shown.
	// Choose it once. Required, up to 100 bytes.
	Shop string `json:"shop"`
	// SubSource is the shop's name in Linnworks, for linnworksadapter.Options. Never
	// change it: together with the order id it is how Linnworks knows an order again.
	SubSource string `json:"sub_source,omitempty"`

	// Locations maps every warehouse id of the shop to the ids of the stock locations
	// that feed it, the preferred one first: an order draws on the first that has all
	// of it, see [ImportOptions.Locations]. Required.
	Locations map[string][]string `json:"locations"`
	// FirstLocation has every order draw on the first location of its warehouse,
	// whatever it holds. Set it where rules in Linnworks move orders to where the goods
	// are.
	FirstLocation bool `json:"first_location,omitempty"`
	// DefaultLocation is the stock location of orders from a warehouse that is not in
	// Locations. Required.
	DefaultLocation string `json:"default_location"`
	// SKUs maps the shop's SKU ids to SKUs of the warehouse, where the seller SKU is
	// another one.
	SKUs map[string]string `json:"skus,omitempty"`
	// Services maps delivery options of the shop to postal services of the warehouse,
	// or tags of its shipping mapping, for linnworksadapter.Options, which says how
	// options are named.
	Services map[string]string `json:"services,omitempty"`
	// Units are those of the weights and sides of items in the warehouse, for
	// linnworksadapter.Options: "g", "kg", "oz" or "lb", and "cm", "mm", "m" or "in".
	// Default grams and centimetres. The shop's labels are bought for what they say.
	Units catalogue.Units `json:"units,omitzero"`
	// Carriers maps what the warehouse calls a carrier or service to the shop's
	// shipping provider, by name or id. The same names need no entry.
	Carriers map[string]string `json:"carriers,omitempty"`

	// PrintView is the view that the warehouse prints from, if orders are let into it with a
	// permit: see the package release, which works on it beside a [Sync]. With "parked",
	// StatusTable needs its ParkedRows. Nil: people print what they see.
	PrintView *policy.PrintView `json:"print_view,omitempty"`
	// ShippingRules say with which postal service and label template of the warehouse an
	// order goes, for that package; the first rule that matches holds. An order that none
	// matches is not shown there. Empty: orders keep what Services and the rules engine
	// gave them.
	ShippingRules policy.ShippingRules `json:"shipping_rules,omitempty"`

	// LinnworksPulls has Linnworks come for new orders through a channel integration, every
	// 10 to 15 minutes, instead of getting them from the bridge within seconds: see the
	// package pulled, whose Warehouse a program wraps its own in. False: the bridge pushes.
	LinnworksPulls bool `json:"linnworks_pulls,omitempty"`

	// FirstLook is how far back the first run looks. Default 48 hours.
	FirstLook Duration `json:"first_look,omitzero"`
	// ParkUnpaid imports orders that wait for payment, parked.
	ParkUnpaid bool `json:"park_unpaid,omitempty"`
	// FindFirst looks each new order up before it is created, see
	// [ImportOptions.FindFirst]. Set it while another integration imports this shop too.
	FindFirst bool `json:"find_first,omitempty"`
	// StatusTable has rows that replace those of [DefaultStatusTable], in its format.
	StatusTable []string `json:"status_table,omitempty"`

	// CutOff is the stage from which a cancellation is too late. Default "label
	// printed".
	CutOff stage.Stage `json:"cut_off,omitzero"`
	// LateRequests answers requests that come after the cut-off, DueRequests those
	// that the shop would soon grant unasked: "left to a person", which is the default,
	// or "reject".
	LateRequests Answer `json:"late_requests,omitempty"`
	DueRequests  Answer `json:"due_requests,omitempty"`
	// RejectReasons are reasons for "reject", the best first. CancelReasons are those
	// for orders that are cancelled in the warehouse first; without any a person is
	// asked. ZeroStock allows reasons with which the shop sets the stock to zero.
	//
	// Mistyped reasons cannot be found at the start: the shop tells which ones it takes
	// only for one order or request at a time. Where it takes none of these, the case
	// that is raised lists those that it does.
	RejectReasons []string `json:"reject_reasons,omitempty"`
	CancelReasons []string `json:"cancel_reasons,omitempty"`
	ZeroStock     bool     `json:"zero_stock,omitempty"`
	// ShortOrders is what becomes of an order of which people have split off a part in
	// Linnworks and cancelled it: "wait", which is the default, tells customer service;
	// "cancel the whole order" does that for one of CancelReasons; "ship the rest"
	// cancels the missing lines in the shop, where the market allows it, and needs
	// ZeroStock. What is set to zero is published again at once. See [policy.ShortOrders].
	ShortOrders policy.ShortOrders `json:"short_orders,omitempty"`
	// AtDeadline decides about orders whose deadline is near while the shop cannot be
	// asked: "hold", the default, or "go ahead".
	AtDeadline AtDeadline `json:"at_deadline,omitempty"`

	// Kinds are rows that replace those of [policy.DefaultKinds] or are new, in its
	// format: which kinds of orders come in, in what unit they may be cancelled.
	Kinds []string `json:"kinds,omitempty"`
	// PlatformLocation is the stock location at which orders that TikTok's warehouse has
	// sent come in, as shipped, for the books. It must feed no warehouse of the shop.
	// Empty: they are skipped.
	PlatformLocation string `json:"platform_location,omitempty"`

	// Returns say where goods that come back go, and what the bridge does about them and
	// their refunds. The zero value books both in Linnworks, and decides nothing.
	Returns returns.Rules `json:"returns,omitzero"`
	// Finance says whether payouts are compared with orders once a day, which costs about
	// a call for each hundred orders of the days before. The zero value compares nothing.
	Finance finance.Schedule `json:"finance,omitzero"`
	// Audit says how often both sides are compared as a whole, beside a [Sync]: see
	// [audit.Watch]. The zero value compares nothing.
	Audit audit.Schedule `json:"audit,omitzero"`

	// OrdersPerDay is the shop's daily order limit, as Seller Center tells it; zero if it
	// has none. Zone is the shop's time zone by its IANA name, in which its days begin:
	// required with OrdersPerDay. SellingStatuses are words of the shop's status with
	// which it sells, besides [shopstatus.Selling].
	OrdersPerDay    int      `json:"orders_per_day,omitempty"`
	Zone            string   `json:"zone,omitempty"`
	SellingStatuses []string `json:"selling_statuses,omitempty"`

	// Market is the two-letter code of the shop's market, such as "GB", for orders that
	// name none. Measures are rows that replace those of [policy.DefaultMeasures] or are new, in
	// its format.
	Market   string   `json:"market,omitempty"`
	Measures []string `json:"measures,omitempty"`
	// ReturnReasons are rows that replace those of [policy.DefaultFaults] or are new, in its
	// format: which reasons of returns are the seller's fault.
	ReturnReasons []string `json:"return_reasons,omitempty"`
	// Collections are when the carrier's van leaves the warehouse: a deadline counts as
	// near by the last van before it.
	Collections *policy.Collections `json:"collections,omitempty"`

	// Buffer keeps units back: rules as in [stock.BufferRule], one after another.
	Buffer []stock.BufferRule `json:"buffer,omitempty"`
	// Sessions are LIVE sessions with a rule of their own.
	Sessions []Session `json:"sessions,omitempty"`
	// MaxStock caps what is published. Default [stock.MaxStock].
	MaxStock int `json:"max_stock,omitempty"`
	// KeepItems keeps units of single items back in every location, by their SKU in the
	// warehouse, before kits are made of them, see [stock.Options.KeepItems]. A SKU that
	// is not there is a case, [exceptions.NameUnknown].
	KeepItems map[string]int `json:"keep_items,omitempty"`
	// LeaveAlone are listings whose stock is never published, such as what is made to
	// order: by the shop's SKU id or the seller SKU, letter by letter. One that is not
	// there is a case, [exceptions.NameUnknown].
	LeaveAlone []string `json:"leave_alone,omitempty"`

	// ZeroAfter is for how long Linnworks may not be read before what it has is shown as sold
	// out in the shop; the least is five minutes. What the shop sells of what it still shows
	// nobody may have. A process goes by what it has read itself: one that is started while
	// Linnworks cannot be read takes nothing off sale, as it does not know what Linnworks has,
	// and a person is told after fifteen minutes. Zero: the shop goes on selling at the last
	// numbers, and a person is told, [exceptions.StaleLevels].
	ZeroAfter Duration `json:"zero_after,omitzero"`

	// ForgetAfter is how long after its end an order is forgotten, see [retention.Orders].
	// Default 2160 hours, which are 90 days; the least is 24 hours.
	ForgetAfter Duration `json:"forget_after,omitzero"`

	// Every is how long each flow waits between two runs.
	Every Pace `json:"every,omitzero"`
}

// lowered has the ids of stock locations as the warehouse spells them, for people copy
// them from where they are in capitals.
func (s Settings) lowered() Settings {
	locations := make(map[string][]string, len(s.Locations))
	for id, list := range s.Locations {
		for _, at := range list {
			locations[id] = append(locations[id], strings.ToLower(at))
		}
	}
	s.Locations, s.DefaultLocation, s.PlatformLocation = locations, strings.ToLower(s.DefaultLocation), strings.ToLower(s.PlatformLocation)
	s.Returns.Location = strings.ToLower(s.Returns.Location)
	return s
}

// clone returns a copy whose maps and lists nobody else has.
func (s Settings) clone() Settings {
	locations := make(map[string][]string, len(s.Locations))
	for id, list := range s.Locations {
		locations[id] = slices.Clone(list)
	}
	s.Locations = locations
	s.SKUs, s.Services, s.Carriers, s.KeepItems = maps.Clone(s.SKUs), maps.Clone(s.Services), maps.Clone(s.Carriers), maps.Clone(s.KeepItems)
	for _, list := range []*[]string{&s.StatusTable, &s.RejectReasons, &s.CancelReasons, &s.Kinds, &s.SellingStatuses, &s.Measures, &s.ReturnReasons, &s.LeaveAlone, &s.Audit.LocationsApart, &s.Audit.TaxForms, &s.Returns.LostReasons, &s.Returns.UndeliveredReasons, &s.Finance.Fees} {
		*list = slices.Clone(*list)
	}
	if s.Collections != nil {
		vans := *s.Collections
		vans.Days, vans.Holidays = maps.Clone(vans.Days), slices.Clone(vans.Holidays)
		s.Collections = &vans
	}
	if s.PrintView != nil {
		s.PrintView = new(*s.PrintView)
	}
	s.ShippingRules = slices.Clone(s.ShippingRules)
	s.Buffer, s.Sessions = clonedRules(s.Buffer), slices.Clone(s.Sessions)
	for i := range s.Sessions {
		s.Sessions[i].Rule = clonedRules([]stock.BufferRule{s.Sessions[i].Rule})[0]
	}
	return s
}

func clonedRules(rules []stock.BufferRule) []stock.BufferRule {
	rules = slices.Clone(rules)
	for i := range rules {
		r := &rules[i]
		r.Rules = clonedRules(r.Rules)
		r.SKUs, r.Classes, r.Warehouses = slices.Clone(r.SKUs), slices.Clone(r.Classes), slices.Clone(r.Warehouses)
	}
	return rules
}

// Session is a [stock.LiveSession] in a file.
type Session struct {
	Name  string           `json:"name"`
	Start time.Time        `json:"start"`
	End   time.Time        `json:"end"`
	Ahead Duration         `json:"ahead,omitzero"`
	Rule  stock.BufferRule `json:"rule"`
}

// leastPace is the least that [Pace] may say: with less the bridge would use up what
// both sides allow a minute, and be throttled when it matters.
const leastPace = 5 * time.Second

// Pace says how long a [Sync] waits between two runs of its flows: five seconds or
// more, or zero for the default.
type Pace struct {
	// Orders is for orders, their references and cancellations. Default 30 seconds; a
	// hint is followed at once.
	Orders Duration `json:"orders,omitzero"`
	// Stock is for publishing stock. Default 30 seconds.
	Stock Duration `json:"stock,omitzero"`
	// Dispatch is for tracking, labels and what was cancelled in the warehouse. Default
	// a minute.
	Dispatch Duration `json:"dispatch,omitzero"`
	// Deadlines is for the shop's clocks. Default five minutes.
	Deadlines Duration `json:"deadlines,omitzero"`
}

func (p Pace) orDefault() Pace {
	for _, d := range []struct {
		value *Duration
		std   time.Duration
	}{{&p.Orders, 30 * time.Second}, {&p.Stock, 30 * time.Second}, {&p.Dispatch, time.Minute}, {&p.Deadlines, 5 * time.Minute}} {
		if *d.value == 0 {
			*d.value = Duration(d.std)
		}
	}
	return p
}

// Duration is a time.Duration that is written as text in JSON, such as "1h30m".
type Duration time.Duration

// String writes it as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes it as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [time.ParseDuration] reads.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration such as \"90s\" or \"1h30m\"", text)
	}
	*d = Duration(v)
	return nil
}

// leastZeroAfter is longer than Linnworks' quotas and short faults keep levels from being read.
const leastZeroAfter = 5 * time.Minute

// mistake is what is wrong with one setting, at its path in the file.
type mistake struct{ path, what string }

func (m mistake) Error() string { return strings.TrimPrefix(m.path+": "+m.what, ": ") }

// mistakesIn takes errors apart that begin with the path of what they are about, below
// the path of a setting.
func mistakesIn(path string, err error) (list []mistake) {
	switch err := err.(type) { //nolint:errorlint // each error of the tree is looked at by itself
	case nil:
		return nil
	case mistake:
		return []mistake{{path + err.path, err.what}}
	case interface{ Unwrap() []error }:
		for _, e := range err.Unwrap() {
			list = append(list, mistakesIn(path, e)...)
		}
		return list
	}
	at, what, _ := strings.Cut(err.Error(), ": ")
	return []mistake{{path + at, what}}
}

// What is more than these is a slip of the pen: it would wait for years, or keep back
// more than any warehouse holds.
const (
	maxName          = 200
	mostStock        = 999_999 // that any page of the shop's speaks of
	mostOrdersPerDay = 10_000_000
	mostPace         = 24 * time.Hour
	mostLook         = 366 * 24 * time.Hour
	mostForgetAfter  = 10 * 366 * 24 * time.Hour
)

// check returns everything that is wrong and that can be known without a call.
func (s Settings) check() error {
	return errors.Join(errorsOf(s.mistakes())...)
}

func errorsOf(list []mistake) []error {
	errs := make([]error, len(list))
	for i, m := range list {
		errs[i] = m
	}
	return errs
}

func (s Settings) mistakes() (list []mistake) {
	bad := func(path, format string, args ...any) {
		list = append(list, mistake{path, fmt.Sprintf(format, args...)})
	}
	if err := exceptions.CheckShop(s.Shop); err != nil {
		bad("shop", "%v", err)
	}
	// Names and ids are compared letter by letter: a blank at an end, which nobody
	// sees, would make another one of them.
	name := func(path, text string) {
		switch {
		case strings.TrimSpace(text) == "":
			bad(path, "empty")
		case strings.TrimSpace(text) != text:
			bad(path, "%q has a blank at an end", part.Clip(text))
		case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
			bad(path, "%q has a character that cannot be seen", part.Clip(text))
		case len(text) > maxName:
			bad(path, "%q is longer than %d bytes", part.Clip(text), maxName)
		}
	}
	names := func(path string, texts []string) {
		seen := map[string]bool{}
		for i, text := range texts {
			at := fmt.Sprintf("%s[%d]", path, i)
			if name(at, text); seen[strings.ToLower(text)] && text != "" {
				bad(at, "%q is in the list twice", part.Clip(text))
			}
			seen[strings.ToLower(text)] = true
		}
	}
	if len(s.Locations) == 0 {
		bad("locations", "none: name the stock locations of every warehouse of the shop")
	}
	for _, id := range slices.Sorted(maps.Keys(s.Locations)) {
		at := below("locations", id)
		if name(at, id); len(s.Locations[id]) == 0 {
			bad(at, "none: name the stock locations that feed the warehouse")
		}
		names(at, s.Locations[id])
	}
	if s.DefaultLocation == "" {
		bad("default_location", "empty: name the stock location that orders of other warehouses draw on")
	}
	for _, t := range []struct{ path, text string }{
		{"sub_source", s.SubSource}, {"default_location", s.DefaultLocation}, {"platform_location", s.PlatformLocation}, {"returns.location", s.Returns.Location},
	} {
		if t.text != "" {
			name(t.path, t.text)
		}
	}
	for i, row := range s.Finance.Fees {
		if _, err := finance.DefaultFeeRules().With(row); err != nil {
			bad(fmt.Sprintf("finance.fees[%d]", i), "%v", err)
		}
	}
	names("returns.lost_reasons", s.Returns.LostReasons)
	names("returns.undelivered_reasons", s.Returns.UndeliveredReasons)
	if days := s.Returns.StalledDays; days < 0 || days > 60 {
		bad("returns.stalled_days", "%d: want up to 60, or none for 5", days)
	}
	for _, m := range []struct {
		path string
		m    map[string]string
	}{{"skus", s.SKUs}, {"services", s.Services}, {"carriers", s.Carriers}} {
		for _, key := range slices.Sorted(maps.Keys(m.m)) {
			name(below(m.path, key), key)
			if key != "" {
				name(below(m.path, key), m.m[key])
			}
		}
	}
	for _, w := range []struct {
		path, value  string
		first, other string
	}{
		{"late_requests", string(s.LateRequests), string(AnswerByPerson), string(AnswerReject)},
		{"due_requests", string(s.DueRequests), string(AnswerByPerson), string(AnswerReject)},
		{"at_deadline", string(s.AtDeadline), string(HoldAtDeadline), string(ShipAtDeadline)},
	} {
		if w.value != "" && w.value != w.first && w.value != w.other {
			bad(w.path, "%q is neither %q nor %q", part.Clip(w.value), w.first, w.other)
		}
	}
	list = append(list, mistakesIn("units.", s.Units.Check())...)
	if s.PrintView != nil {
		if err := s.PrintView.Check(); err != nil {
			bad("print_view", "%v", err)
		}
	}
	list = append(list, mistakesIn("shipping_rules", s.ShippingRules.Check())...)
	if len(s.ShippingRules) > 0 && s.PrintView == nil {
		bad("shipping_rules", "without print_view nobody applies them")
	}
	names("audit.locations_apart", s.Audit.LocationsApart)
	names("audit.tax_forms", s.Audit.TaxForms)
	if s.Audit.OrderDays > 0 && s.Audit.Hours == 0 {
		bad("audit.order_days", "without audit.hours nothing is compared")
	}
	names("reject_reasons", s.RejectReasons)
	names("cancel_reasons", s.CancelReasons)
	for i, reason := range s.CancelReasons {
		if zeroesStock(reason) && !s.ZeroStock {
			bad(fmt.Sprintf("cancel_reasons[%d]", i), "with %q the shop sets the stock to zero: set zero_stock if that is wanted", part.Clip(reason))
		}
	}
	names("selling_statuses", s.SellingStatuses)
	for i, sku := range s.LeaveAlone {
		at := fmt.Sprintf("leave_alone[%d]", i)
		if name(at, sku); slices.Contains(s.LeaveAlone[:i], sku) {
			bad(at, "%q is in the list twice", part.Clip(sku))
		}
	}
	for _, sku := range slices.Sorted(maps.Keys(s.KeepItems)) {
		at, n := below("keep_items", sku), s.KeepItems[sku]
		switch name(at, sku); {
		case n < 0:
			bad(at, "%d is negative", n)
		case n > mostStock:
			bad(at, "%d is too many: the most is %d", n, mostStock)
		}
	}
	if err := checkShort(s.ShortOrders, s.CancelReasons, s.ZeroStock); err != nil {
		bad("short_orders", "%s", err)
	}
	for _, d := range []struct {
		path        string
		value       Duration
		least, most time.Duration
	}{
		{"first_look", s.FirstLook, 0, mostLook}, {"zero_after", s.ZeroAfter, leastZeroAfter, mostLook}, {"forget_after", s.ForgetAfter, retention.LeastAfter, mostForgetAfter},
		{"every.orders", s.Every.Orders, leastPace, mostPace}, {"every.stock", s.Every.Stock, leastPace, mostPace},
		{"every.dispatch", s.Every.Dispatch, leastPace, mostPace}, {"every.deadlines", s.Every.Deadlines, leastPace, mostPace},
	} {
		switch value := time.Duration(d.value); {
		case value < 0:
			bad(d.path, "%s is negative", d.value)
		case value > 0 && value < d.least:
			bad(d.path, "%s is too short: the least is %s", d.value, d.least)
		case value > d.most:
			bad(d.path, "%s is too long: the most is %s", d.value, d.most)
		}
	}
	for _, n := range []struct {
		path        string
		value, most int
	}{{"orders_per_day", s.OrdersPerDay, mostOrdersPerDay}, {"max_stock", s.MaxStock, mostStock}, {"finance.days", s.Finance.Days, finance.MostDays},
		{"audit.hours", s.Audit.Hours, audit.MostHours}, {"audit.order_days", s.Audit.OrderDays, audit.MostOrderDays}} {
		switch {
		case n.value < 0:
			bad(n.path, "%d is negative", n.value)
		case n.value > n.most:
			bad(n.path, "%d is too many: the most is %d", n.value, n.most)
		}
	}
	if _, err := s.zone(); err != nil {
		bad("zone", "%v", err)
	}
	if at := s.PlatformLocation; at != "" && s.feeds(at) {
		bad("platform_location", "%s feeds the shop: what TikTok's warehouse sends is not taken from there", part.Clip(at))
	}
	measures, err := s.measures()
	list = append(list, mistakesIn("", err)...)
	if known := measures.Markets(); s.Market != "" && !slices.Contains(known, s.Market) {
		bad("market", "%q is no market: there are %s; a new one needs a row in measures", part.Clip(s.Market), strings.Join(known, ", "))
	}
	_, err = s.faults()
	list = append(list, mistakesIn("", err)...)
	_, err = s.collections()
	list = append(list, mistakesIn("collections.", err)...)
	for i, session := range s.Sessions {
		if time.Duration(session.Ahead) > mostLook {
			bad(fmt.Sprintf("sessions[%d].ahead", i), "%s is too long: the most is %s", session.Ahead, mostLook)
		}
	}
	_, err = s.Table()
	list = append(list, mistakesIn("", err)...)
	_, err = s.kinds()
	list = append(list, mistakesIn("", err)...)
	_, err = s.buffer()
	return append(list, mistakesIn("", err)...)
}

// leftAlone reports whether the stock of a listing is nobody's to set.
func (s Settings) leftAlone(l catalogue.Listing) bool {
	return slices.Contains(s.LeaveAlone, l.ID) || l.SellerSKU != "" && slices.Contains(s.LeaveAlone, l.SellerSKU)
}

// feeds reports whether orders of the shop's own warehouses draw on a location.
func (s Settings) feeds(location string) bool {
	same := func(id string) bool { return strings.EqualFold(id, location) }
	return same(s.DefaultLocation) || slices.ContainsFunc(slices.Collect(maps.Values(s.Locations)), func(list []string) bool { return slices.ContainsFunc(list, same) })
}

// platformKind and platformRows let in what the platform's warehouse sends, as
// shipped, once it is.
const platformKind = "fulfilled_by_TikTok import none line yes seller-fault_returns"

var platformRows = func() (rows []string) {
	actions := map[WarehouseState]Action{Absent: ActionBook, Processed: ActionDone}
	for _, status := range []OrderStatus{InTransit, Delivered, Completed} {
		for _, state := range warehouseStates {
			rows = append(rows, fmt.Sprintf("%s %s %s %s", FulfilledByTikTok, status, state, cmp.Or(actions[state], ActionRaise)))
		}
	}
	return rows
}()

// Table returns the status table with the rows that replace others. The error names the
// rows that are wrong.
func (s Settings) Table() (*StatusTable, error) {
	table := DefaultStatusTable()
	if s.PlatformLocation != "" {
		var err error
		if table, err = table.Override(strings.NewReader(strings.Join(platformRows, "\n"))); err != nil {
			return nil, err
		}
	}
	return replaced("status_table", s.StatusTable, table)
}

// kinds is what may be done with which kind of order.
func (s Settings) kinds() (*policy.Kinds, error) {
	kinds := policy.DefaultKinds()
	if s.PlatformLocation != "" {
		var err error
		if kinds, err = kinds.Override(strings.NewReader(platformKind)); err != nil {
			return nil, err
		}
	}
	return replaced("kinds", s.Kinds, kinds)
}

// measures is what the shop allows.
func (s Settings) measures() (*policy.Measures, error) {
	return replaced("measures", s.Measures, policy.DefaultMeasures())
}

// faults is which returns are the seller's fault.
func (s Settings) faults() (*policy.Faults, error) {
	return replaced("return_reasons", s.ReturnReasons, policy.DefaultFaults())
}

// replaced is a table some of whose rows are replaced, or an error for every row that
// is wrong.
func replaced[T interface{ Override(r io.Reader) (T, error) }](name string, rows []string, table T) (T, error) {
	if len(rows) == 0 {
		return table, nil
	}
	whole, err := table.Override(strings.NewReader(strings.Join(rows, "\n") + "\n"))
	if err == nil {
		return whole, nil
	}
	var errs []error
	for i, row := range rows {
		if _, err := table.Override(strings.NewReader(row + "\n")); err != nil {
			_, what, _ := strings.Cut(err.Error(), ": ") // behind the line, which is always the same
			errs = append(errs, mistake{fmt.Sprintf("%s[%d]", name, i), cmp.Or(what, err.Error())})
		}
	}
	if len(errs) == 0 { // each of them would do
		errs = append(errs, mistake{name, err.Error()})
	}
	return table, errors.Join(errs...)
}

// zone is the shop's time zone, nil if none is set.
func (s Settings) zone() (*time.Location, error) {
	switch zone, err := time.LoadLocation(s.Zone); {
	case s.Zone == "" && s.OrdersPerDay > 0:
		return nil, errors.New("empty: orders_per_day needs to know where the shop's days begin")
	case s.Zone == "":
		return nil, nil
	case err != nil || s.Zone == "Local":
		return nil, fmt.Errorf("%q is no time zone such as Europe/London", s.Zone)
	default:
		return zone, nil
	}
}

// collections is nil if none are set.
func (s Settings) collections() (*policy.Calendar, error) {
	if s.Collections == nil {
		return nil, nil
	}
	return s.Collections.Calendar()
}

func (s Settings) buffer() (*stock.BufferRules, error) {
	o := stock.BufferOptions{Rules: s.Buffer}
	for _, session := range s.Sessions {
		o.Sessions = append(o.Sessions, stock.LiveSession{
			Name: session.Name, Start: session.Start, End: session.End, Ahead: time.Duration(session.Ahead), Rule: session.Rule,
		})
	}
	rules, err := stock.NewBufferRules(o)
	if err == nil {
		return rules, nil
	}
	list := []error{err}
	if joined, ok := errors.Unwrap(err).(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for i, err := range list { // in the words of the file
		at, what, _ := strings.Cut(err.Error(), ": ")
		if rest, ok := strings.CutPrefix(at, "Rules"); ok {
			at = "buffer" + rest
		}
		list[i] = mistake{strings.ToLower(at), what}
	}
	return nil, errors.Join(list...)
}
