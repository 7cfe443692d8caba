package tiktokshop

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// LimitKey names one budget of calls.
type LimitKey struct {
	// App is the app key and Shop the shop id, empty for calls without a shop.
	App, Shop string
	// Write tells calls that change something from reads: TikTok grants reads
	// more.
	Write bool
	// Operation is the service and method, or the HTTP method and path of
	// [Client.Call].
	Operation string
}

// analytics reports whether the call is one of the reports, which TikTok grants
// least.
func (k LimitKey) analytics() bool {
	return strings.HasPrefix(k.Operation, "Analytics.") || strings.Contains(k.Operation, " /analytics/")
}

// Limiter admits attempts. Wait blocks until one call under key may be sent,
// and fails when ctx ends first or would end before the wait does. It must be
// safe for concurrent use.
//
// A Limiter that is a [LimitLearner] too hears of refusals. One of your own may
// respect the marks of [Urgent] and [Bulk], see [Urgency], and refuse a call that
// would come too late with a [*LimitError].
type Limiter interface {
	Wait(ctx context.Context, key LimitKey) error
}

// LimitLearner is what a [Limiter] may be besides. Learn is called for every
// attempt that TikTok refused as one too many or for being overloaded, before
// the attempt is repeated. It must not block.
//
// Learn returns for how long the limiter now holds the calls under key, which the
// client reports to its observer and its log if it is seconds; 0 reports nothing.
type LimitLearner interface {
	Learn(key LimitKey, f Feedback) time.Duration
}

// Feedback is what a refused attempt tells about its budget.
type Feedback struct {
	// Admitted is when [Limiter.Wait] let the attempt go. Of several that were
	// under way together only the first says that the rate is too high.
	Admitted time.Time
	// RetryAfter is the pause that TikTok asked for, at most that of
	// [WithMaxRetryAfter], 0 if it named none.
	RetryAfter time.Duration
	// Overload tells a 503, for which the rate is not to blame, from a throttle.
	Overload bool
	// Probe tells that TikTok asked for longer than RetryAfter: one call should go
	// ahead of the others then.
	Probe bool
}

// LimitError says that a call was not sent because its turn would come after its
// deadline. It is a context.DeadlineExceeded, and within an [Error] of
// [ClassThrottle].
type LimitError struct {
	// Wait is the estimated wait, at the rate of the moment and if no more
	// urgent call comes.
	Wait time.Duration
	// Left is what was left until the deadline.
	Left time.Duration
	// Ahead is the number of waiting calls that would have gone before.
	Ahead int
}

// Error tells the estimated wait and the place in the queue.
func (e *LimitError) Error() string { return (*transport.LimitError)(e).Error() }

// Unwrap returns context.DeadlineExceeded.
func (e *LimitError) Unwrap() error { return context.DeadlineExceeded }

// Urgent marks the calls made with the returned context: they overtake all
// others that wait for the same budget. The mark holds for both clients of this
// module, for every call below ctx, and replaces an earlier one.
func Urgent(ctx context.Context) context.Context { return transport.Urgent(ctx) }

// Bulk marks the calls made with the returned context, such as those of a sweep:
// all others overtake them. One call in five is theirs all the same, as one in
// five is for unmarked calls that urgent ones overtake.
func Bulk(ctx context.Context) context.Context { return transport.Bulk(ctx) }

// Urgency tells a [Limiter] of your own how ctx is marked: 1 for [Urgent], -1 for
// [Bulk], 0 if it is not.
func Urgency(ctx context.Context) int { return transport.Urgency(ctx) }

// Limits are calls per second for each app and shop.
//
// TikTok publishes no numbers: budgets are dynamic, grow with the number of
// shops, and punish bursts inside a second. The defaults of [DefaultLimiter]
// are the starting points that integrators report (reads 3 to 10 a second,
// writes 1 to 3, reports 0.2 to 1).
//
// https://partner.tiktokshop.com/docv2/page/rate-limits
type Limits struct {
	// Reads and Writes are calls per second; zero or less means no limit.
	Reads, Writes float64
	// Analytics are the calls per second of the analytics operations. Zero
	// counts them as reads; less means no limit.
	Analytics float64
	// Burst is how many calls may leave at once after a quiet time; at least 1.
	Burst int
}

// DefaultLimiter allows 8 reads and 2 writes a second and one report in two for
// each shop, evenly; see [NewLimiter].
func DefaultLimiter() Limiter {
	return NewLimiter(Limits{Reads: 8, Writes: 2, Analytics: 0.5, Burst: 1})
}

// NewLimiter returns an in-process limiter: one budget for reads, one for writes
// and one for reports of each app and shop.
//
// It takes l as the most that TikTok may grant and learns what it does grant. A
// throttle lowers the rate of that budget at once and holds it for as long as
// TikTok asks, a second if it does not say; while nothing is refused the rate
// rises again step by step. A 503 holds the budget and leaves the rate as it is.
//
// A call whose deadline comes before its turn fails at once with a
// [*LimitError]. One without a deadline waits as long as it takes.
func NewLimiter(l Limits) Limiter {
	return NewLimiterFunc(func(LimitKey) Limits { return l })
}

// NewLimiterFunc is [NewLimiter] with limits that differ from shop to shop.
// limits gets App and Shop. It must be quick, safe for concurrent use, and always
// say the same.
func NewLimiterFunc(limits func(LimitKey) Limits) Limiter {
	return budgets{limits, transport.NewKeyed(func(k LimitKey) transport.Limit {
		l := limits(LimitKey{App: k.App, Shop: k.Shop})
		perSecond := l.Reads
		switch {
		case k.Write:
			perSecond = l.Writes
		case k.Operation != "":
			perSecond = l.Analytics
		}
		return transport.Limit{PerSecond: perSecond, Burst: l.Burst}
	})}
}

type budgets struct {
	limits func(LimitKey) Limits
	keyed  *transport.Keyed[LimitKey]
}

func (b budgets) Wait(ctx context.Context, key LimitKey) error {
	err := b.keyed.Wait(ctx, b.of(key))
	if e, ok := errors.AsType[*transport.LimitError](err); ok {
		return (*LimitError)(e)
	}
	return err
}

func (b budgets) Learn(key LimitKey, f Feedback) time.Duration {
	return b.keyed.Learn(b.of(key), transport.Feedback(f))
}

func (b budgets) rate(key LimitKey) float64 { return b.keyed.Rate(b.of(key)) }

// rater returns what tells the present rate of l, nil if it is not one of ours.
func rater(l Limiter, key LimitKey) func() float64 {
	if ours, ok := l.(interface{ rate(key LimitKey) float64 }); ok {
		return func() float64 { return ours.rate(key) }
	}
	return nil
}

// learner returns what tells l of refused attempts, nil if it does not learn.
func learner(l Limiter, key LimitKey) func(transport.Feedback) time.Duration {
	if learner, ok := l.(LimitLearner); ok {
		return func(f transport.Feedback) time.Duration { return learner.Learn(key, Feedback(f)) }
	}
	return nil
}

// budget names in reports the calls that are limited together.
func (k LimitKey) budget() string {
	kind := "reads"
	switch {
	case k.Write:
		kind = "writes"
	case k.analytics():
		kind = "reports"
	}
	if k.Shop == "" {
		return kind + " without a shop"
	}
	return kind + " of shop " + k.Shop
}

// of returns the key that the operations of one class share.
func (b budgets) of(key LimitKey) LimitKey {
	reports := !key.Write && key.analytics() && b.limits(LimitKey{App: key.App, Shop: key.Shop}).Analytics != 0
	key.Operation = ""
	if reports {
		key.Operation = "Analytics"
	}
	return key
}
