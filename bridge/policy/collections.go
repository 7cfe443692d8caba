package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Collections are when the carrier's van leaves the warehouse for the last time of a
// day: what is packed after that goes out with the next one, however many hours the
// shop still gives.
type Collections struct {
	// Zone is the warehouse's time zone by its IANA name, such as "Europe/London".
	Zone string `json:"zone"`
	// Days are the last collections by weekday, "monday" to "sunday", as "15:04" on
	// the clock of the warehouse. A day that is not named has none.
	Days map[string]string `json:"days"`
	// Holidays are dates without a collection, such as "2026-12-25".
	Holidays []string `json:"holidays,omitempty"`
}

// Calendar is [Collections] that were checked. A nil Calendar knows of none.
type Calendar struct {
	zone     *time.Location
	days     map[time.Weekday]time.Duration // since midnight, on the clock
	holidays map[string]bool
}

// Calendar checks the collections. The error names everything that is wrong.
func (c Collections) Calendar() (*Calendar, error) {
	var errs []error
	calendar := &Calendar{days: map[time.Weekday]time.Duration{}, holidays: map[string]bool{}}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || c.Zone == "" || c.Zone == "Local" {
		errs = append(errs, fmt.Errorf("zone: %q is no time zone such as Europe/London (a system without time zones needs a program that imports time/tzdata)", part.Clip(c.Zone)))
	}
	calendar.zone = zone
	for _, name := range slices.Sorted(maps.Keys(c.Days)) {
		day, known := weekdays[name]
		at, err := time.Parse("15:04", c.Days[name])
		switch {
		case !known:
			errs = append(errs, fmt.Errorf("days.%s: no weekday such as monday", part.Name(name)))
		case err != nil:
			errs = append(errs, fmt.Errorf("days.%s: %q is no time such as 17:30", name, part.Clip(c.Days[name])))
		default:
			calendar.days[day] = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
		}
	}
	if len(c.Days) == 0 {
		errs = append(errs, errors.New("days: none: name the weekdays with a collection"))
	}
	for i, date := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			errs = append(errs, fmt.Errorf("holidays[%d]: %q is no date such as 2026-12-25", i, part.Clip(date)))
		}
		calendar.holidays[date] = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return calendar, nil
}

var weekdays = func() map[string]time.Weekday {
	m := map[string]time.Weekday{}
	for d := time.Sunday; d <= time.Saturday; d++ {
		m[strings.ToLower(d.String())] = d
	}
	return m
}()

// Last returns the last collection at or before a moment, in UTC. ok is false if
// there is none.
func (c *Calendar) Last(before time.Time) (at time.Time, ok bool) {
	if c == nil || before.IsZero() {
		return time.Time{}, false
	}
	year, month, day := before.In(c.zone).Date()
	// Within so many days there is one that no holiday takes.
	for i := range 7 * (len(c.holidays) + 2) {
		// Noon exists on every date that does.
		noon := time.Date(year, month, day-i, 12, 0, 0, 0, c.zone)
		clock, collects := c.days[noon.Weekday()]
		if !collects || c.holidays[noon.Format(time.DateOnly)] {
			continue
		}
		// Hours and minutes, not a duration since midnight: a day may have 23 or 25 hours.
		at := time.Date(year, month, day-i, 0, int(clock/time.Minute), 0, 0, c.zone)
		if !at.After(before) {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}
