package linnworks

import (
	"context"
	"errors"
	"time"

	"github.com/linnbridge/linnbridge/internal/transport"
)

// LimitKey names one budget of calls: Linnworks counts every operation of an
// installation apart. It is comparable, so it can be a map's key.
type LimitKey struct {
	// Application is the application id.
	Application string
	// Operation is the service and method, such as Orders.CreateOrders. For
	// [Client.Call] it is the HTTP method and the path.
	Operation string
	// PerMinute is the published limit, 0 where none is published.
	PerMinute int
}

// Limiter admits attempts, repeats and logins included. It must be safe for
// concurrent use.
//
// A Limiter that is a [LimitLearner] too hears of refusals. One of your own may
// respect the marks of [Urgent] and [Bulk], see [Urgency], and refuse a call that
// would come too late with a [*LimitError].
type Limiter interface {
	// Wait blocks until one attempt under key may be sent. When ctx ends first,
	// or has a deadline that would pass first, it returns an error that is
	// context.Canceled or context.DeadlineExceeded. Any error ends the call.
	Wait(ctx context.Context, key LimitKey) error
}

// LimitLearner is what a [Limiter] may be besides. Learn is called for every
// attempt that Linnworks refused as one too many or for being overloaded, before
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
	// RetryAfter is the pause that Linnworks asked for, at most that of
	// [WithMaxRetryAfter]. For a throttle that names none it is a minute, the
	// window in which Linnworks counts.
	RetryAfter time.Duration
	// Overload tells a 503, for which the rate is not to blame, from a throttle.
	Overload bool
	// Probe tells that Linnworks asked for longer than RetryAfter: one call should
	// go ahead of the others then.
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

// unpublished is the limit assumed where Linnworks publishes none (v2).
const unpublished = 150

// Published returns the limit that Linnworks publishes for the operation, in
// calls a minute, or 150 where there is none.
func (k LimitKey) Published() float64 {
	if k.PerMinute <= 0 {
		return unpublished
	}
	return float64(k.PerMinute)
}

// DefaultLimiter returns a new in-process limiter with the limits that the
// official descriptions publish for each operation: 150 a minute for nearly all,
// 250 for some, 1 to 100 for four; 150 where none is published. It stays two
// percent below them, since calls do not arrive as evenly as they are sent; see
// [NewLimiterFunc].
//
// Whether two applications in one account share a budget is not documented; if
// they do, the limiter learns it. Clients of one installation share it for sure:
// give them one Limiter.
func DefaultLimiter() Limiter { return NewLimiter(0.98) }

// NewLimiter is [NewLimiterFunc] with share of what is published. A share outside
// (0, 1] is taken as 1.
func NewLimiter(share float64) Limiter {
	if !(share > 0 && share <= 1) {
		share = 1
	}
	return NewLimiterFunc(func(k LimitKey) float64 { return k.Published() * share })
}

// window is the time over which Linnworks counts.
const window = time.Minute

// NewLimiterFunc returns an in-process limiter. perMinute says how many calls may
// be sent under a key in any minute; zero or less means no limit. It must be
// quick, safe for concurrent use, and always say the same.
//
// Calls go evenly, after a lull one in fifty at once. The figures are the most
// that Linnworks may grant: a throttle lowers the rate of that operation at once
// to what Linnworks was seen to admit, and holds it for as long as Linnworks
// asks. While nothing is refused it rises again step by step. A 503 holds the
// operation and leaves the rate as it is.
//
// A call whose deadline comes before its turn fails at once with a
// [*LimitError]. One without a deadline waits as long as it takes.
func NewLimiterFunc(perMinute func(LimitKey) float64) Limiter {
	return operationLimiter{transport.NewKeyed(func(k LimitKey) transport.Limit {
		n := perMinute(k)
		// A burst and the calls that follow it evenly are n in a minute.
		burst := 1 + int(max(n, 0)/50)
		return transport.Limit{PerSecond: (n - float64(burst-1)) / window.Seconds(), Burst: burst, Window: window}
	})}
}

type operationLimiter struct {
	buckets *transport.Keyed[LimitKey]
}

func (l operationLimiter) Wait(ctx context.Context, key LimitKey) error {
	err := l.buckets.Wait(ctx, key)
	if e, ok := errors.AsType[*transport.LimitError](err); ok {
		return (*LimitError)(e)
	}
	return err
}

func (l operationLimiter) Learn(key LimitKey, f Feedback) time.Duration {
	return l.buckets.Learn(key, transport.Feedback(f))
}

func (l operationLimiter) rate(key LimitKey) float64 { return l.buckets.Rate(key) }

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
