package sqlstore

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// TikTokLimiter returns a limiter for TikTok's client whose budgets are shared by all
// processes with this database. limits says what an app and shop may do, see
// [tiktokshop.NewLimiterFunc], and is the same in all of them; nil stands for the figures
// of [tiktokshop.DefaultLimiter]. Burst is without effect: calls go evenly.
//
// See [DB.LinnworksLimiter] for what a shared budget is.
func (d *DB) TikTokLimiter(limits func(tiktokshop.LimitKey) tiktokshop.Limits) tiktokshop.Limiter {
	if limits == nil {
		limits = func(tiktokshop.LimitKey) tiktokshop.Limits {
			return tiktokshop.Limits{Reads: 8, Writes: 2, Analytics: 0.5}
		}
	}
	return tikTokLimiter{d, limits}
}

// LinnworksLimiter returns a limiter for Linnworks' client whose budgets are shared by all
// processes with this database. perMinute says how many calls may be sent under a key in
// any minute, as in [linnworks.NewLimiterFunc], and is the same in all of them; nil stands
// for [linnworks.LimitKey.Published].
//
// Every call is given a moment of its own by the database's clock, to whichever process
// wants to make it: the clocks of the processes do not matter. No window (a minute of
// Linnworks, a second of TikTok) sees more calls than it may; 97 % of them can be made,
// however the demand is spread. A process is given moments half a second ahead, and as
// many as it has calls: what it finds that it does not need it gives back, and what a
// process that dies was to have is given to others after some seconds.
//
// Urgent calls overtake all others in all processes, but for the half second that was
// given already. Unmarked and bulk calls keep their share of one in five. A refusal that
// one process meets holds all of them and lowers the rate for all, which rises again as in
// the clients' own limiters.
//
// If the database cannot be reached, a process uses what it was given, and then fails its
// calls with [ErrNoBudget] after [Config.Patience]: what the others send in the meantime
// it cannot know.
func (d *DB) LinnworksLimiter(perMinute func(linnworks.LimitKey) float64) linnworks.Limiter {
	if perMinute == nil {
		perMinute = linnworks.LimitKey.Published
	}
	return linnworksLimiter{d, perMinute}
}

type tikTokLimiter struct {
	db     *DB
	limits func(tiktokshop.LimitKey) tiktokshop.Limits
}

// share is nil for calls without a limit.
func (l tikTokLimiter) share(key tiktokshop.LimitKey) *share {
	limits := l.limits(tiktokshop.LimitKey{App: key.App, Shop: key.Shop})
	class, perSecond := "reads", limits.Reads
	switch {
	case key.Write:
		class, perSecond = "writes", limits.Writes
	case limits.Analytics != 0 && (strings.HasPrefix(key.Operation, "Analytics.") || strings.Contains(key.Operation, " /analytics/")):
		class, perSecond = "reports", limits.Analytics
	}
	if !(perSecond > 0) {
		return nil
	}
	window := max(1, 1/perSecond) // seconds
	return l.db.share("tiktok/"+key.App+"/"+key.Shop+"/"+class, quota{perSecond * window, int64(window * 1e6)})
}

// Wait implements [tiktokshop.Limiter].
func (l tikTokLimiter) Wait(ctx context.Context, key tiktokshop.LimitKey) error {
	s := l.share(key)
	if s == nil {
		return ctx.Err()
	}
	err := s.wait(ctx, 1-tiktokshop.Urgency(ctx))
	if late, ok := errors.AsType[*lateError](err); ok {
		return (*tiktokshop.LimitError)(late)
	}
	return err
}

// Learn implements [tiktokshop.LimitLearner].
func (l tikTokLimiter) Learn(key tiktokshop.LimitKey, f tiktokshop.Feedback) time.Duration {
	s := l.share(key)
	if s == nil {
		return 0
	}
	return s.refused(refusal{retryAfter: f.RetryAfter.Microseconds(), overload: f.Overload, probe: f.Probe}, f.Admitted)
}

type linnworksLimiter struct {
	db        *DB
	perMinute func(linnworks.LimitKey) float64
}

// share is nil for calls without a limit.
func (l linnworksLimiter) share(key linnworks.LimitKey) *share {
	n := l.perMinute(key)
	if !(n > 0) {
		return nil
	}
	window := max(1, 1/n) // minutes
	return l.db.share("linnworks/"+key.Application+"/"+key.Operation, quota{n * window, int64(window * 60e6)})
}

// Wait implements [linnworks.Limiter].
func (l linnworksLimiter) Wait(ctx context.Context, key linnworks.LimitKey) error {
	s := l.share(key)
	if s == nil {
		return ctx.Err()
	}
	err := s.wait(ctx, 1-linnworks.Urgency(ctx))
	if late, ok := errors.AsType[*lateError](err); ok {
		return (*linnworks.LimitError)(late)
	}
	return err
}

// Learn implements [linnworks.LimitLearner].
func (l linnworksLimiter) Learn(key linnworks.LimitKey, f linnworks.Feedback) time.Duration {
	s := l.share(key)
	if s == nil {
		return 0
	}
	return s.refused(refusal{retryAfter: f.RetryAfter.Microseconds(), overload: f.Overload, probe: f.Probe}, f.Admitted)
}
