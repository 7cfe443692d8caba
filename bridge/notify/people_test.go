package notify_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/notify"
)

func TestPeople(t *testing.T) {
	const file = `{"page": "https://bridge.example.com/ops/", "ladder": ["12h", "90m"], "repeat": "15m", "recipients": [
		{"name": "bench", "teams": ["warehouse"], "shops": ["uk"], "webhook_env": "BENCH", "format": "teams", "zone": "Europe/London",
		 "quiet": {"from": "20:00", "to": "06:30", "days": ["sunday"]}, "daily": "07:00", "weekly": "monday"},
		{"name": "Ann", "after": "30m", "mail_to": ["ann@example.com"]}]}`
	people, err := notify.ReadPeople(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	got, err := people.Options(func(p notify.Person) (notify.Sender, error) {
		return notify.Webhook{URL: p.WebhookEnv + strings.Join(p.MailTo, ""), Format: p.Format}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := notify.Options{
		Ladder: []time.Duration{12 * time.Hour, 90 * time.Minute}, Repeat: 15 * time.Minute,
		Recipients: []notify.Recipient{
			{
				Name: "bench", Sender: notify.Webhook{URL: "BENCH", Format: notify.FormatTeams}, Teams: []exceptions.Owner{exceptions.OwnerWarehouse}, Shops: []string{"uk"},
				Zone: "Europe/London", Quiet: notify.Quiet{From: "20:00", To: "06:30", Days: []string{"sunday"}}, Daily: "07:00", Weekly: "monday",
			},
			{Name: "Ann", Sender: notify.Webhook{URL: "ann@example.com"}, After: 30 * time.Minute},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options, want (-) and got (+):\n%s", diff)
	}
}

// TestPeopleSayAllThatIsWrong checks that one reading of the error is enough to mend the file.
func TestPeopleSayAllThatIsWrong(t *testing.T) {
	const file = `{"page": "ops", "ladder": ["soon"], "repeat": "2x", "recipients": [
		{"name": "neither"}, {"name": "both", "webhook_env": "A", "mail_to": ["a@example.com"]},
		{"name": "late", "after": "1", "webhook_env": "A"}, {"name": "mute", "mail_to": ["a@example.com"]}]}`
	people, err := notify.ReadPeople(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	_, err = people.Options(func(p notify.Person) (notify.Sender, error) {
		if p.Name == "mute" {
			return nil, errors.New("no server for mail")
		}
		return notify.Webhook{}, nil
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`page: "ops"`, `ladder[0]: "soon"`, `repeat: "2x"`, `recipient "neither": it needs webhook_env or mail_to`,
		`recipient "both": it needs webhook_env or mail_to`, `recipient "late": after: "1"`, `recipient "mute": no server for mail`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q:\n%v", want, err)
		}
	}
	if _, err := notify.ReadPeople(strings.NewReader(`{"recipients": [], "who": 1}`)); err == nil || !strings.Contains(err.Error(), "who") {
		t.Errorf("an unknown field: error %v, want one that names it", err)
	}
}
