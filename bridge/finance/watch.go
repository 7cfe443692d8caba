package finance

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Schedule is the part of a shop's settings that says how its books are watched.
type Schedule struct {
	// Days is how many days of statements are looked at each day; zero watches nothing. An
	// order is settled up to 31 days after it arrives and paid some days later: 45 sees
	// most of them to their end.
	Days int `json:"days,omitempty"`
	// NoPayments is for markets in which TikTok has no list of payments.
	NoPayments bool `json:"no_payments,omitempty"`
	// NoFees leaves the shop's fees alone. Without it they are held against those rules of
	// [DefaultFeeRules] that are sure.
	NoFees bool `json:"no_fees,omitempty"`
	// Fees are what the seller's own plan allows the shop to take: see [FeeRules.With].
	Fees []string `json:"fees,omitempty"`
}

// MostDays is the most that [Schedule].Days may be.
const MostDays = 366

// WatchOptions configure a [Watch].
type WatchOptions struct {
	// Options are those of the reports, without AsOf.
	Options
	// Days is that of a [Schedule], at least 1.
	Days int
	// Values is optional: with it, the last report is kept for [Last].
	Values store.Values
	// Claims is optional: it is told what the shop has paid for losses.
	Claims ClaimCloser
	// Now replaces time.Now.
	Now func() time.Time
}

// ClaimCloser closes the claims of losses that are paid. *claims.Watch is one.
type ClaimCloser interface {
	// Paid is told when the shop has credited something for each order.
	Paid(ctx context.Context, credits map[string][]time.Time) error
}

// Watch reconciles the last days of a shop again and again, raises what somebody has to
// look at, and closes it once it is right.
type Watch struct {
	reader  *Reader
	queue   exceptions.Queue
	options WatchOptions
	timings health.Timings
}

// NewWatch returns a Watch, or an error that names what is missing or wrong.
func NewWatch(reader *Reader, queue exceptions.Queue, o WatchOptions) (*Watch, error) {
	if reader == nil || queue == nil {
		return nil, errors.New("finance: NewWatch: a reader and a queue are required")
	}
	if o.Days < 1 || o.Days > MostDays {
		return nil, fmt.Errorf("finance: NewWatch: Days is %d, and must be from 1 to %d", o.Days, MostDays)
	}
	o.Now = part.Clock(o.Now)
	check := o.Options
	check.AsOf = o.Now()
	if _, err := check.checked(); err != nil {
		return nil, fmt.Errorf("finance: NewWatch: %w", err)
	}
	return &Watch{reader: reader, queue: queue, options: o}, nil
}

// Health returns how the runs went so far.
func (w *Watch) Health() health.Flow { return w.timings.Health() }

// WatchReport is what a run found.
type WatchReport struct {
	At, From, To               time.Time
	Statements, Orders, Unread int
	// NotRead is what could not be read at all, and why; empty if everything was.
	NotRead string
	// Wrong is how many things somebody has to look at, Look those that there is room for.
	Wrong int
	Look  []Look
}

// Look is something that somebody has to look at.
type Look struct {
	// Object is what it is about, Seen what was found, Do what to do about it.
	Object, Seen, Do string
}

// mostLooks is how many a report has room for.
const mostLooks = 500

// String is one line for a log or a terminal.
func (r WatchReport) String() string {
	s := fmt.Sprintf("%s of %s to %s, %s, %s to look at",
		part.Count(r.Statements, "statement"), r.From.Format(time.DateOnly), r.To.Format(time.DateOnly), part.Count(r.Orders, "order"), part.Count(r.Wrong, "thing"))
	if r.Unread > 0 {
		s += fmt.Sprintf(", %s not read", part.Count(r.Unread, "record"))
	}
	if r.NotRead != "" {
		s += "; NOT COMPLETE: " + r.NotRead
	}
	return s
}

// MarshalJSON returns the report for programs.
func (r WatchReport) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Run reads the statements of the last days, up to the last midnight in UTC, and tells of
// what is wrong. What could be read is told of, also beside an error; a case about what
// was not read stays as it is.
func (w *Watch) Run(ctx context.Context) (report WatchReport, err error) {
	start := w.options.Now().UTC()
	defer func() { w.timings.Done(start, w.options.Now(), err) }()
	to := start.Truncate(24 * time.Hour)
	report = WatchReport{At: start, From: to.AddDate(0, 0, -w.options.Days), To: to}
	books, err := w.reader.Read(ctx, report.From, report.To)
	if ctx.Err() != nil {
		return report, part.Join(err, context.Cause(ctx))
	}
	options := w.options.Options
	options.AsOf = start
	full, failed := Reconcile(books, options)
	if failed != nil {
		return report, errors.Join(err, failed)
	}
	if err != nil {
		report.NotRead = part.Short(err.Error())
	}
	wrong := full.Wrong()
	report.Statements, report.Orders, report.Unread, report.Wrong = len(full.Statements), len(full.Orders), len(books.Unread), len(wrong)
	for _, x := range wrong[:min(len(wrong), mostLooks)] {
		object := x.object()
		report.Look = append(report.Look, Look{object, strings.TrimPrefix(x.String(), object+": "), x.Reason.Info().Do})
	}
	err = errors.Join(err, full.Tell(ctx, w.queue), w.keep(ctx, report))
	if w.options.Claims != nil {
		err = errors.Join(err, w.options.Claims.Paid(ctx, full.Credits()))
	}
	return report, err
}

// lastValue is where the last report is kept.
const lastValue = "finance/last"

func (w *Watch) keep(ctx context.Context, report WatchReport) error {
	if w.options.Values == nil {
		return nil
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(report)
	if err == nil {
		err = w.options.Values.PutValue(ctx, lastValue, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("finance: keeping the report: %w", err)
	}
	return nil
}

// Last returns the report of the last run of a [Watch] that keeps it, false if there was
// none: for a page. It may be of another process.
func Last(ctx context.Context, values store.Values) (report WatchReport, found bool, err error) {
	text, found, err := values.Value(ctx, lastValue)
	if err != nil || !found {
		return WatchReport{}, false, err
	}
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&report); err != nil {
		return WatchReport{}, false, fmt.Errorf("finance: reading the last report: %w", err)
	}
	return report, true, nil
}
