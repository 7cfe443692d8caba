package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// dailyMark is where a recipient's cursor has when the last list was sent.
const dailyMark = "daily"

// lateList is how late a list of the day is still worth sending.
const lateList = 12 * time.Hour

// digest sends the list of the day, once a day and not in quiet hours. A recipient who is
// new gets the first at the next time of day.
func (n *Notifier) digest(ctx context.Context, r recipient, name string, told store.Cursor, views []view, now time.Time, report *Report) error {
	if r.daily < 0 {
		return nil
	}
	at := r.listAt(now, 0)
	if at.After(now) {
		at = r.listAt(now, -1)
	}
	last, err := time.Parse(time.RFC3339, told.Partial[dailyMark])
	known := err == nil // else it is the first run
	if known && !last.Before(at) {
		return nil
	}
	var partly error
	if known {
		// One that was missed is made up for: a program that is down on a Monday loses no week.
		weekly := r.weekly >= 0 && last.Before(r.listAt(at, -(int(at.Weekday()-r.weekly)+7)%7))
		switch {
		case r.quiet(now):
			return nil
		case weekly || now.Sub(at) <= lateList:
			m, err := n.list(ctx, r, views, weekly, now)
			if err != nil {
				return err
			}
			sent, err := n.send(ctx, r, m)
			if err != nil {
				err = fmt.Errorf("the %s: %w", m.About, err)
			}
			if partly = err; !sent {
				return err
			}
			report.Sent[r.Name]++
		}
	}
	told.Partial = map[string]string{dailyMark: now.UTC().Format(time.RFC3339)}
	if err := n.ports.Memory.SetCursor(ctx, name, told); err != nil {
		return errors.Join(partly, fmt.Errorf("noting the %s: %w", AboutDay, err))
	}
	return partly
}

// listAt is the time of the list on the recipient's day of a moment, or days after it.
func (r recipient) listAt(moment time.Time, days int) time.Time {
	y, m, d := moment.In(r.zone).Date()
	return time.Date(y, m, d+days, 0, int(r.daily/time.Minute), 0, 0, r.zone)
}

// list is the list of the day, with the week's numbers if they are due.
func (n *Notifier) list(ctx context.Context, r recipient, views []view, weekly bool, now time.Time) (Message, error) {
	m := Message{To: r.Name, About: AboutDay, At: now.UTC(), Zone: r.zone}
	week := Week{From: now.Add(-7 * 24 * time.Hour).UTC(), To: now.UTC(), Kinds: map[exceptions.Kind]int{}}
	for _, v := range views {
		if !r.wants(v, r.After > 0) {
			continue
		}
		m.Lines = append(m.Lines, Line{Case: v.Case, Severity: v.severity, ActBy: v.actBy, Link: n.link(v.Case)})
		week.Open++
		if !v.actBy.IsZero() && v.left <= 0 {
			week.Overdue++
		}
		week.count(v.Case)
	}
	if !weekly {
		return m, nil
	}
	closed, err := n.ports.Cases.Cases(ctx, exceptions.Filter{States: []exceptions.State{exceptions.CaseResolved, exceptions.CaseCleared}})
	if err != nil {
		return m, fmt.Errorf("reading the closed cases: %w", err)
	}
	for _, c := range closed {
		v := n.options.view(c, c.ClosedAt)
		if c.ClosedAt.Before(week.From) || !r.wants(v, r.After > 0) {
			continue
		}
		week.count(c)
		switch {
		case v.actBy.IsZero():
			week.Untimed++
		case v.left < 0:
			week.Late++
		default:
			week.InTime++
			if v.left <= time.Hour {
				week.Narrow++
			}
		}
	}
	m.About, m.Week = AboutWeek, &week
	return m, nil
}

// count counts how often a case came up in the week.
func (w *Week) count(c exceptions.Case) {
	for _, e := range c.History {
		switch e.Verb {
		case exceptions.VerbRaised, exceptions.VerbReturned, exceptions.VerbReopened:
			if !e.At.Before(w.From) {
				w.Raised++
				w.Kinds[c.Kind]++
			}
		}
	}
}
