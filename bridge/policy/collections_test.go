package policy_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/policy"
)

func TestLastCollection(t *testing.T) {
	calendar, err := policy.Collections{
		Zone:     "Europe/London",
		Days:     map[string]string{"monday": "17:00", "tuesday": "17:00", "wednesday": "17:00", "thursday": "17:00", "friday": "16:30"},
		Holidays: []string{"2026-12-25", "2026-12-28"},
	}.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, before, want string }{
		{"the same day", "2026-11-27T23:59:00Z", "2026-11-27T16:30:00Z"},
		{"to the second", "2026-11-27T16:30:00Z", "2026-11-27T16:30:00Z"},
		{"a second before", "2026-11-27T16:29:59Z", "2026-11-26T17:00:00Z"},
		{"over the weekend", "2026-11-29T23:59:00Z", "2026-11-27T16:30:00Z"},
		{"in summer", "2026-07-06T20:00:00Z", "2026-07-06T16:00:00Z"},
		{"a holiday, a weekend and another", "2026-12-28T23:59:00Z", "2026-12-24T17:00:00Z"},
		{"after it", "2026-12-29T18:00:00Z", "2026-12-29T17:00:00Z"},
		{"the day on the warehouse's clock", "2026-07-06T23:30:00Z", "2026-07-06T16:00:00Z"},
	} {
		before, err := time.Parse(time.RFC3339, tc.before)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := calendar.Last(before)
		if s := got.Format(time.RFC3339); !ok || s != tc.want {
			t.Errorf("%s: got %s, %t; want %s", tc.name, s, ok, tc.want)
		}
	}
	if at, ok := calendar.Last(time.Time{}); ok {
		t.Errorf("before no moment: got %s, want none", at)
	}
	if at, ok := (*policy.Calendar)(nil).Last(time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)); ok {
		t.Errorf("without a calendar: got %s, want none", at)
	}
}

// Whatever the clocks of a zone do, the last collection is never in the future, is
// the latest of them all, and is at the hour on the warehouse's clock.
func TestLastCollectionOverClockChanges(t *testing.T) {
	days := map[string]string{"monday": "17:00", "wednesday": "02:30", "saturday": "00:10", "sunday": "01:30"}
	holidays := []string{"2026-03-29", "2026-10-25", "2026-12-26"}
	const seed, step = 27, 5 * time.Minute
	random := rand.New(rand.NewPCG(seed, seed))
	for _, zone := range []string{"Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "Asia/Kathmandu", "UTC"} {
		calendar, err := policy.Collections{Zone: zone, Days: days, Holidays: holidays}.Calendar()
		if err != nil {
			t.Fatal(err)
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		// All collections, every five minutes on the clock of the zone: of an hour that is
		// there twice either may be meant, one that is left out has none.
		collects := func(at time.Time) bool {
			local := at.In(loc)
			for _, h := range holidays {
				if h == local.Format(time.DateOnly) {
					return false
				}
			}
			return days[strings.ToLower(local.Weekday().String())] == local.Format("15:04")
		}
		for range 100 {
			at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(366*24*time.Hour)/int64(step))) * step)
			got, ok := calendar.Last(at)
			if !ok || got.After(at) || at.Sub(got) > 10*24*time.Hour {
				t.Fatalf("seed %d, %s, before %s: got %s, %t", seed, zone, at, got, ok)
			}
			if local := got.In(loc); !collects(got) {
				// The hour was left out that night: then it is at most that much off.
				_, before := local.Add(-3 * time.Hour).Zone()
				_, after := local.Add(3 * time.Hour).Zone()
				if before >= after {
					t.Errorf("seed %d, %s, before %s: got %s, want a collection", seed, zone, at, local)
				}
			}
			for minute := got.Add(3 * time.Hour); !minute.After(at); minute = minute.Add(step) {
				if collects(minute) {
					t.Errorf("seed %d, %s, before %s: got %s, want %s or later", seed, zone, at, got.In(loc), minute.In(loc))
					break
				}
			}
			if again, _ := calendar.Last(got); !again.Equal(got) {
				t.Errorf("seed %d, %s: the last before %s is %s, want itself", seed, zone, got, again)
			}
		}
	}
}

func TestCollectionsThatAreWrong(t *testing.T) {
	for want, c := range map[string]policy.Collections{
		`zone: "Mars" is no time zone`:          {Zone: "Mars", Days: map[string]string{"monday": "17:00"}},
		`zone: "" is no`:                        {Days: map[string]string{"monday": "17:00"}},
		`zone: "Local" is no`:                   {Zone: "Local", Days: map[string]string{"monday": "17:00"}},
		"days: none":                            {Zone: "Europe/London"},
		"days.mon: no weekday":                  {Zone: "Europe/London", Days: map[string]string{"mon": "17:00"}},
		`days.monday: "5pm" is no time`:         {Zone: "Europe/London", Days: map[string]string{"monday": "5pm"}},
		`holidays[0]: "25 December" is no date`: {Zone: "Europe/London", Days: map[string]string{"monday": "17:00"}, Holidays: []string{"25 December"}},
	} {
		if _, err := c.Calendar(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %q", c, err, want)
		}
	}
}
