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

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/retention"
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
	// that feed it. Orders draw on the first one. Required.
	Locations map[string][]string `json:"locations"`
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
	// Carriers maps what the warehouse calls a carrier or service to the shop's
	// shipping provider, by name or id. The same names need no entry.
	Carriers map[string]string `json:"carriers,omitempty"`

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
	// Collections are when the carrier's van leaves the warehouse: a deadline counts as
	// near by the last van before it.
	Collections *policy.Collections `json:"collections,omitempty"`

	// Buffer keeps units back: rules as in [stock.BufferRule], one after another.
	Buffer []stock.BufferRule `json:"buffer,omitempty"`
	// Sessions are LIVE sessions with a rule of their own.
	Sessions []Session `json:"sessions,omitempty"`
	// MaxStock caps what is published. Default [stock.MaxStock].
	MaxStock int `json:"max_stock,omitempty"`

	// ForgetAfter is how long after its end an order is forgotten, see [retention.Orders].
	// Default 2160 hours, which are 90 days; the least is 24 hours.
	ForgetAfter Duration `json:"forget_after,omitzero"`

	// Every is how long each flow waits between two runs.
	Every Pace `json:"every,omitzero"`
}

// Session is a [stock.LiveSession] in a file.
type Session struct {
	Name  string           `json:"name"`
	Start time.Time        `json:"start"`
	End   time.Time        `json:"end"`
	Ahead Duration         `json:"ahead,omitzero"`
	Rule  stock.BufferRule `json:"rule"`
}

// LeastPace is the least that [Pace] may say: with less the bridge would use up what
// both sides allow a minute, and be throttled when it matters.
const LeastPace = 5 * time.Second

// Pace says how long a [Sync] waits between two runs of its flows: [LeastPace] or
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

// check returns everything that is wrong and that can be known without a call.
func (s Settings) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := exceptions.CheckShop(s.Shop); err != nil {
		bad("shop: %w", err)
	}
	if len(s.Locations) == 0 {
		bad("locations: none: name the stock locations of every warehouse of the shop")
	}
	for _, id := range slices.Sorted(maps.Keys(s.Locations)) {
		switch list := s.Locations[id]; {
		case id == "":
			bad("locations: a warehouse has no id")
		case len(list) == 0 || slices.Contains(list, ""):
			bad("locations: warehouse %s: a stock location has no id, or there is none", id)
		}
	}
	if s.DefaultLocation == "" {
		bad("default_location: empty: name the stock location that orders of other warehouses draw on")
	}
	for _, m := range []struct {
		name string
		m    map[string]string
	}{{"skus", s.SKUs}, {"services", s.Services}, {"carriers", s.Carriers}} {
		for _, key := range slices.Sorted(maps.Keys(m.m)) {
			if key == "" || m.m[key] == "" {
				bad("%s: %q maps to %q: neither may be empty", m.name, key, m.m[key])
			}
		}
	}
	for _, a := range []struct {
		name   string
		answer Answer
	}{{"late_requests", s.LateRequests}, {"due_requests", s.DueRequests}} {
		if a.answer != "" && a.answer != AnswerByPerson && a.answer != AnswerReject {
			bad("%s: %q is neither %q nor %q", a.name, a.answer, AnswerByPerson, AnswerReject)
		}
	}
	if s.AtDeadline != "" && s.AtDeadline != HoldAtDeadline && s.AtDeadline != ShipAtDeadline {
		bad("at_deadline: %q is neither %q nor %q", s.AtDeadline, HoldAtDeadline, ShipAtDeadline)
	}
	for _, r := range []struct {
		name string
		list []string
	}{{"reject_reasons", s.RejectReasons}, {"cancel_reasons", s.CancelReasons}} {
		for i, reason := range r.list {
			switch {
			case strings.TrimSpace(reason) == "":
				bad("%s[%d]: empty", r.name, i)
			case r.name == "cancel_reasons" && zeroesStock(reason) && !s.ZeroStock:
				bad("%s[%d]: with %q the shop sets the stock to zero: set zero_stock if that is wanted", r.name, i, reason)
			}
		}
	}
	for _, d := range []struct {
		name  string
		value Duration
	}{
		{"first_look", s.FirstLook}, {"forget_after", s.ForgetAfter}, {"every.orders", s.Every.Orders}, {"every.stock", s.Every.Stock},
		{"every.dispatch", s.Every.Dispatch}, {"every.deadlines", s.Every.Deadlines},
	} {
		switch paced := strings.HasPrefix(d.name, "every."); {
		case d.value < 0:
			bad("%s: %s is negative", d.name, d.value)
		case d.name == "forget_after" && d.value > 0 && time.Duration(d.value) < retention.LeastAfter:
			bad("%s: %s is too early: the least is %s", d.name, d.value, retention.LeastAfter)
		case paced && d.value > 0 && time.Duration(d.value) < LeastPace:
			bad("%s: %s is too fast: the least is %s", d.name, d.value, LeastPace)
		}
	}
	if s.OrdersPerDay < 0 {
		bad("orders_per_day: %d is negative", s.OrdersPerDay)
	}
	if _, err := s.zone(); err != nil {
		bad("zone: %w", err)
	}
	if s.MaxStock < 0 {
		bad("max_stock: %d is negative", s.MaxStock)
	}
	if at := s.PlatformLocation; at != "" && (at == s.DefaultLocation || slices.ContainsFunc(slices.Collect(maps.Values(s.Locations)), func(list []string) bool { return slices.Contains(list, at) })) {
		bad("platform_location: %s feeds the shop: what TikTok's warehouse sends is not taken from there", at)
	}
	if s.Market != "" && (len(s.Market) != 2 || strings.ToUpper(s.Market) != s.Market) {
		bad("market: %q is no code such as GB", s.Market)
	}
	if _, err := s.collections(); err != nil {
		bad("collections: %w", err)
	}
	_, err := s.table()
	errs = append(errs, err)
	_, err = s.kinds()
	errs = append(errs, err)
	_, err = s.measures()
	errs = append(errs, err)
	_, err = s.buffer()
	errs = append(errs, err)
	return errors.Join(errs...)
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

// table is the status table with the rows that replace others.
func (s Settings) table() (*StatusTable, error) {
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
			errs = append(errs, fmt.Errorf("%s[%d]: %s", name, i, cmp.Or(what, err.Error())))
		}
	}
	if len(errs) == 0 { // each of them would do
		errs = append(errs, fmt.Errorf("%s: %w", name, err))
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

func (s Settings) buffer() (stock.Buffer, error) {
	if len(s.Buffer)+len(s.Sessions) == 0 {
		return nil, nil
	}
	o := stock.BufferOptions{Rules: s.Buffer}
	for _, session := range s.Sessions {
		o.Sessions = append(o.Sessions, stock.LiveSession{
			Name: session.Name, Start: session.Start, End: session.End, Ahead: time.Duration(session.Ahead), Rule: session.Rule,
		})
	}
	rules, err := stock.NewBufferRules(o)
	if err == nil {
		return rules.Buffer(), nil
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
		list[i] = fmt.Errorf("%s: %s", strings.ToLower(at), what)
	}
	return nil, errors.Join(list...)
}
