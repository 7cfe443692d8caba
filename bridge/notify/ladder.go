package notify

import (
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// view is a case as it stands at a moment.
type view struct {
	Case     exceptions.Case
	severity exceptions.Severity // as it has risen to
	actBy    time.Time           // zero if unknown
	left     time.Duration
	// rung is how many of the ladder are passed, one more than there are if it is late.
	rung int
	last bool // at the last rung, or late
	// loud is told in quiet hours too.
	loud bool
	// pressing is since how long it is urgent and nobody has taken it on; negative if it
	// is not.
	pressing time.Duration
}

// view judges a case.
func (o Options) view(c exceptions.Case, now time.Time) view {
	v := view{Case: c, severity: o.Escalation.Apply(c.Exception, now).Severity, actBy: c.ActBy()}
	if van, ok := o.Collections[c.Shop].Last(c.Deadline); ok && c.Owner == exceptions.OwnerWarehouse {
		v.actBy = van
		c.Deadline = van
		v.severity = o.Escalation.Apply(c.Exception, now).Severity
	}
	v.left = v.actBy.Sub(now)
	// Without a deadline of its own a case rises once its time is over; only what is
	// urgent climbs the ladder.
	if !v.actBy.IsZero() && (!c.Deadline.IsZero() || v.severity == exceptions.Urgent) {
		for _, rung := range o.Ladder {
			if v.left <= rung {
				v.rung++
			}
		}
		v.last = v.rung == len(o.Ladder)
		if v.left <= 0 {
			v.rung++
		}
	}
	v.loud = v.last || c.Deadline.IsZero() && c.Severity == exceptions.Urgent
	return v
}

// stage is what is remembered of what was told: how severe and at which rung.
func (v view) stage() uint64 { return uint64(v.severity)<<8 | uint64(v.rung) }

func staged(m store.Mark) (severity exceptions.Severity, rung int) {
	return exceptions.Severity(m.Digest >> 8 & 0xff), int(m.Digest & 0xff)
}

// mark is what is remembered after the case was told.
func (v view) mark(now time.Time) store.Mark {
	return store.Mark{UpdatedAt: now.UTC(), Digest: v.stage()}
}

// lowered follows a case down, whose deadline has moved or which has become less severe:
// it is told when it climbs again.
func (v view) lowered(told store.Mark) store.Mark {
	severity, rung := staged(told)
	return store.Mark{UpdatedAt: told.UpdatedAt, Digest: uint64(min(severity, v.severity))<<8 | uint64(min(rung, v.rung))}
}

// overdueFor is how long a case that is late is told again and again.
const overdueFor = 24 * time.Hour

// why says why the case is to be told; empty if it is not.
func (v view) why(told store.Mark, known bool, now time.Time, repeat time.Duration) string {
	severity, rung := staged(told)
	switch {
	case !known && v.rung > 0:
		return "new, " + v.time()
	case !known:
		return "new"
	case v.rung > rung:
		return v.time()
	case v.severity > severity:
		return "now " + v.severity.String()
	case !v.Case.SnoozedUntil.IsZero() && told.UpdatedAt.Before(v.Case.SnoozedUntil):
		return "put off until now"
	case v.last && v.pressing >= 0 && v.left > -overdueFor && now.Sub(told.UpdatedAt) >= repeat:
		return "nobody has taken it on, " + v.time()
	}
	return ""
}

// time is the time left, in words.
func (v view) time() string {
	if v.left <= 0 {
		return words(-v.left) + " late"
	}
	return words(v.left) + " left"
}

// words are hours above two, minutes below, days above two of them; rounded down.
func words(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	default:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
}
