// Package claims watches the time in which a shop may claim for what it has lost: money and
// goods are both gone when a carrier loses a parcel, or when a buyer is refunded and sends
// nothing back.
//
// [Rules] has the limits as dated data per market; [Rules.Clock] tells until when a [Loss]
// may be claimed. [Watch.Check] makes each loss a case with that deadline, and closes it
// once the goods are back or the loss is paid; [Watch.Paid] closes those that the shop's
// statements show as paid. [Stalls] tells of parcels that have stopped moving, before they
// are known to be lost.
package claims

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// Kind is what was lost.
type Kind string

// The kinds.
const (
	Parcel Kind = "parcel" // on its way to the buyer
	Return Kind = "return" // refunded, and not back
)

// Loss is money and goods that are both gone, as it seems.
type Loss struct {
	Kind    Kind
	OrderID string
	// ReturnID is the shop's, of a Return. Tracking is of the parcel, there or back. A Parcel
	// without a number needs Parcel: the shop's id of the package, or another name that
	// tells the parcels of an order apart.
	ReturnID, Tracking, Parcel string
	// ShippedAt is when the order left, StatusAt when its parcel last moved, RefundedAt
	// when the buyer was refunded. Zero if not known.
	ShippedAt, StatusAt, RefundedAt time.Time
	// Amount is what the buyer was refunded.
	Amount money.Amount
	// GoodsBack reports that the goods have come back after all, Paid that the shop or the
	// carrier has paid for them.
	GoodsBack, Paid bool
}

// object names the loss in the queue.
func (l Loss) object() string {
	if l.Kind == Return {
		return "claim for return " + l.ReturnID
	}
	return "claim for " + l.parcel()
}

// parcel names the parcel of a loss.
func (l Loss) parcel() string {
	return "parcel " + cmp.Or(l.Tracking, l.Parcel) + " of order " + l.OrderID
}

// Clock is until when a loss may be claimed.
type Clock struct {
	// By is zero if the moment that it is counted from is not known.
	By time.Time
	// Most is what is covered at most, nil if no page says.
	Most *money.Amount
	// Sure reports whether a page of the shop says so for this market; Source is that page.
	Sure   bool
	Source string
}

// Rules is a table of limits. It is safe for concurrent use.
type Rules struct {
	rows []rule
	text string
}

type rule struct {
	market string
	kind   Kind
	from   time.Time
	days   int
	since  string
	most   *money.Amount
	sure   bool
	source string
}

// The moments that days are counted from.
const (
	sinceDispatch = "dispatch"
	sinceStatus   = "status"
	sinceRefund   = "refund"
)

//go:embed claims.txt
var defaultText string

var defaultRules = func() *Rules {
	r, err := ReadRules(strings.NewReader(defaultText))
	if err != nil {
		panic("the table shipped with the package: " + err.Error())
	}
	return r
}()

// DefaultRules is the table that is used unless options bring another. Its figures were read
// from public pages in November 2026, and every row names its own; print it to read it.
func DefaultRules() *Rules { return defaultRules }

// String is the table as it was read.
func (r *Rules) String() string { return r.text }

var columns = []string{"market", "loss", "from", "days", "since", "most", "sure", "source"}

// ReadRules reads a table as [Rules.String] prints it: a heading, then a row for each limit,
// with - for what it does not have. Errors name the line.
func ReadRules(r io.Reader) (*Rules, error) {
	rules := &Rules{}
	heading := true
	text, err := part.Rows(r, "limits of claims", func(words []string) error {
		if len(words) != len(columns) {
			return fmt.Errorf("%d words, want %d", len(words), len(columns))
		}
		if heading {
			heading = false
			if !slices.Equal(words, columns) {
				return fmt.Errorf("heading %q, want %q", words, columns)
			}
			return nil
		}
		row, err := readRule(words)
		rules.rows = append(rules.rows, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	rules.text = text
	return rules, nil
}

func readRule(words []string) (r rule, err error) {
	var errs []error
	failed := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	r = rule{market: words[0], kind: Kind(words[1]), since: words[4], sure: words[6] == "yes", source: words[7]}
	if !isMarket(r.market) {
		failed("market: %q is no code of two letters such as GB", part.Clip(r.market))
	}
	if r.kind != Parcel && r.kind != Return {
		failed("loss: %q is neither parcel nor return", part.Clip(words[1]))
	}
	if r.from, err = time.Parse(time.DateOnly, words[2]); err != nil {
		failed("from: %q is no date such as 2026-01-08", part.Clip(words[2]))
	}
	if r.days, err = strconv.Atoi(words[3]); err != nil || r.days < 1 || r.days > 366 {
		failed("days: %q is no number of days from 1 to 366", part.Clip(words[3]))
	}
	if !slices.Contains([]string{sinceDispatch, sinceStatus, sinceRefund}, r.since) {
		failed("since: %q is none of dispatch, status, refund", part.Clip(r.since))
	}
	if words[5] != "-" {
		figure, currency, _ := strings.Cut(words[5], "_")
		most, err := money.Parse(figure, currency)
		if err != nil || len(currency) != 3 || most.Minor < 0 {
			failed("most: %q is no amount such as 200.00_USD", part.Clip(words[5]))
		}
		r.most = &most
	}
	if words[6] != "yes" && words[6] != "no" {
		failed("sure: %q is neither yes nor no", part.Clip(words[6]))
	}
	return r, errors.Join(errs...)
}

// isMarket reports whether the rules could have rows for a market: they name it in capitals.
func isMarket(code string) bool { return len(code) == 2 && strings.ToUpper(code) == code }

// Clock returns until when a loss may be claimed in a market. ok is false if the table has
// no limit for it: look in Seller Center then, for there may be one.
func (r *Rules) Clock(market string, l Loss) (c Clock, ok bool) {
	var found *rule
	var start time.Time
	for i := range r.rows {
		x := &r.rows[i]
		at := map[string]time.Time{sinceDispatch: l.ShippedAt, sinceStatus: l.StatusAt, sinceRefund: l.RefundedAt}[x.since]
		if x.market != market || x.kind != l.Kind || !at.IsZero() && at.Before(x.from) {
			continue
		}
		found, start = x, at
		break
	}
	if found == nil {
		return Clock{}, false
	}
	c = Clock{Most: found.most, Sure: found.sure, Source: found.source}
	if !start.IsZero() {
		c.By = start.UTC().AddDate(0, 0, found.days)
	}
	return c, true
}

// Options configure a [Watch]. Zero values take the defaults.
type Options struct {
	// Market is the two-letter code of the shop's market. Empty if it is not known: then no
	// limit is, and every case says to look it up.
	Market string
	// Rules are the limits. Default [DefaultRules].
	Rules *Rules
	// Now replaces time.Now.
	Now func() time.Time
}

// Watch makes losses cases with a deadline. It is safe for concurrent use.
type Watch struct {
	queue   exceptions.Queue
	options Options
}

// NewWatch returns a Watch, or an error that names what is missing or wrong.
func NewWatch(queue exceptions.Queue, o Options) (*Watch, error) {
	if queue == nil {
		return nil, errors.New("claims: NewWatch: a queue is required")
	}
	if o.Market != "" && !isMarket(o.Market) {
		return nil, fmt.Errorf("claims: NewWatch: Market: %q is no code of two letters such as GB", part.Clip(o.Market))
	}
	if o.Rules == nil {
		o.Rules = defaultRules
	}
	o.Now = part.Clock(o.Now)
	return &Watch{queue: queue, options: o}, nil
}

// Check raises a case for each loss that is neither back nor paid, with the end of its time
// as the deadline, and closes the cases of the others among those given. A loss whose time
// has passed is told of too: it can no longer be claimed, and has to be written off. One that
// lacks its ids is in the error, and the others are told of.
func (w *Watch) Check(ctx context.Context, losses ...Loss) error {
	var list []exceptions.Exception
	var errs []error
	for _, l := range losses {
		if err := l.check(); err != nil {
			errs = append(errs, fmt.Errorf("claims: Check: %w", err))
			continue
		}
		if l.GoodsBack || l.Paid {
			if err := w.queue.Clear(ctx, l.object(), exceptions.ClaimToMake); err != nil {
				errs = append(errs, fmt.Errorf("claims: closing the case of order %s: %w", l.OrderID, err))
			}
			continue
		}
		list = append(list, w.exception(l))
	}
	if err := exceptions.RaiseAll(ctx, w.queue, list); err != nil {
		errs = append(errs, fmt.Errorf("claims: raising cases: %w", err))
	}
	return errors.Join(errs...)
}

// check returns what is wrong with a loss by itself.
func (l Loss) check() error {
	if l.Kind != Parcel && l.Kind != Return || l.OrderID == "" || l.Kind == Return && l.ReturnID == "" {
		return fmt.Errorf("a loss of kind %q, order %q, return %q: want a kind that is known and its ids", part.Clip(string(l.Kind)), part.Clip(l.OrderID), part.Clip(l.ReturnID))
	}
	if l.Kind == Parcel && l.Tracking == "" && l.Parcel == "" {
		return fmt.Errorf("a parcel of order %q has neither Tracking nor Parcel, so that nobody could tell it from another of the order", part.Clip(l.OrderID))
	}
	return nil
}

func (w *Watch) exception(l Loss) exceptions.Exception {
	clock, known := w.options.Rules.Clock(w.options.Market, l)
	refunded := "was refunded"
	if l.Amount.Currency != "" { // otherwise nobody knows how much
		refunded += " " + l.Amount.String()
	}
	seen := fmt.Sprintf("order %s %s and its %s is gone", l.OrderID, refunded, map[Kind]string{Parcel: "parcel", Return: "return"}[l.Kind])
	do := "claim it in Seller Center by the deadline, with the number of the parcel and the day's manifest"
	switch {
	case !known, clock.By.IsZero():
		do = "look in Seller Center until when it may be claimed, and claim it"
	case w.options.Now().After(clock.By):
		do = "the time to claim is over: write the loss off"
	case !clock.Sure:
		do += "; no page says for certain that this limit is the market's, so claim it soon"
	}
	do += "; if the goods turn up, book them in and resolve this"
	if clock.Most != nil {
		seen += ", of which at most " + clock.Most.String() + " is covered"
	}
	return exceptions.New(exceptions.ClaimToMake, l.object(), clock.By, seen, do, exceptions.Evidence(
		"order", l.OrderID, "return", l.ReturnID, "tracking number", part.Tracking(l.Tracking), "limit", clock.Source,
	)...)
}
