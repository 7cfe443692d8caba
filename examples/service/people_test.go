package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/notify"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
)

// alone is a service with a database and a shop, whose sides are nowhere.
func alone(t *testing.T) *service {
	t.Helper()
	db, err := sqlstore.Config{URL: filepath.Join(t.TempDir(), "bridge.db")}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &service{db: db, log: slog.New(slog.DiscardHandler), began: time.Now()}
	s.shops = []*shop{{name: "uk", memory: db.Shop("uk")}}
	return s
}

func raise(t *testing.T, s *service, kind exceptions.Kind, object string) {
	t.Helper()
	if err := s.db.Shop("uk").Raise(t.Context(), exceptions.New(kind, object, time.Now().Add(time.Hour), "seen", "do this")); err != nil {
		t.Fatal(err)
	}
}

// The page shows the cases and the deadlines of every process's database, and takes a
// decision under the name that the browser gave.
func TestPageForPeople(t *testing.T) {
	t.Parallel()
	s := alone(t)
	raise(t, s, exceptions.NoTracking, "order 576461413038785752")
	report := bridge.DeadlineReport{
		At: time.Now().UTC().Truncate(time.Second), Open: 3,
		AtRisk: []bridge.Deadline{{OrderID: "576461413038785752", Clock: bridge.ClockShip, At: time.Now().UTC(), Left: -time.Minute, AtRisk: true, Severity: exceptions.Urgent}},
		Rates:  []bridge.Rate{{Measure: policy.LateAtReady, Market: "GB", Orders: 100, Bad: 2, Percent: 2, Limit: policy.Limit{Known: true, Percent: 4}}},
	}
	if err := s.shops[0].noteDeadlines(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	kept, err := s.shops[0].deadlines(t.Context())
	if diff := cmp.Diff(report, kept); diff != "" || err != nil {
		t.Errorf("%v; the report that was kept (-want +got):\n%s", err, diff)
	}
	page, err := s.page()
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) string {
		w := httptest.NewRecorder()
		page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Body.String()
	}
	for path, want := range map[string]string{
		"/": "order 576461413038785752", "/orders": "late at ready to ship", "/health": "both sides were not asked yet", "/cases": "do this",
		"/audit": "no audit has run yet", "/order?id=576461413038785752": "appeal.html?shop=", "/appeal.json?id=576461413038785752": `"id":"576461413038785752"`,
	} {
		if text := get(path); !strings.Contains(text, want) {
			t.Errorf("%s does not say %q:\n%s", path, want, text)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/decide", strings.NewReader("verb=claimed&key=uk%7Cno+tracking%7Corder+576461413038785752"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("Ann", "token")
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	cases, err := s.db.Cases(t.Context(), exceptions.Filter{})
	if err != nil || len(cases) != 1 || cases[0].Holder(time.Now()) != "Ann" {
		t.Errorf("status %d, %v: %v", w.Code, err, cases)
	}
}

// The page is in the time zone that the shops' settings agree on.
func TestPageIsInTheShopsZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zones []string
		want  string
	}{
		{[]string{""}, "UTC"}, {[]string{"Europe/London", "", "Europe/London"}, "Europe/London"}, {[]string{"Europe/London", "Europe/Berlin"}, "UTC"},
	} {
		s := &service{}
		for _, zone := range c.zones {
			s.shops = append(s.shops, &shop{shopConfig: shopConfig{settings: bridge.Settings{Zone: zone}}})
		}
		if got := s.zone().String(); got != c.want {
			t.Errorf("%v: %s, want %s", c.zones, got, c.want)
		}
	}
	s := alone(t)
	s.shops[0].settings.Zone = "Europe/Berlin"
	page, err := s.page()
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	page.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", nil))
	if text := w.Body.String(); !strings.Contains(text, " CET.") && !strings.Contains(text, " CEST.") {
		t.Errorf("the page of a shop in Berlin does not say the time there:\n%s", text)
	}
}

// Who is told hears of a case once, with a link to it; nobody is told twice over a restart.
func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	told := make(chan string, 10)
	chat := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		told <- r.URL.Path + " " + string(text)
	}))
	defer chat.Close()
	s := alone(t)
	raise(t, s, exceptions.NoTracking, "order 576461413038785752")
	file := filepath.Join(t.TempDir(), "people.json")
	if err := os.WriteFile(file, []byte(`{"page": "https://bridge.example.com/ops/", "recipients": [{"name": "bench", "teams": ["warehouse"], "webhook_env": "CHAT"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.config.people, err = readPeople(func(name string) string {
		return map[string]string{"PEOPLE": file, "CHAT": chat.URL + "/secret"}[name]
	}); err != nil {
		t.Fatal(err)
	}
	run := func(wait func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.tellPeople(ctx)
		}()
		wait()
		cancel()
		<-done
	}
	run(func() {
		select {
		case text := <-told:
			if !strings.HasPrefix(text, "/secret ") || !strings.Contains(text, `https://bridge.example.com/ops/case?key=uk%7Cno+tracking%7Corder+576461413038785752`) {
				t.Errorf("told %s", text)
			}
		case <-time.After(time.Minute):
			t.Error("nobody was told")
		}
		time.Sleep(300 * time.Millisecond) // it notes that it has told
	})
	run(func() { time.Sleep(300 * time.Millisecond) })
	if len(told) > 0 {
		t.Errorf("told again: %s", <-told)
	}
}

// What is wrong with the file is said before anything is started.
func TestPeopleFileIsChecked(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{`:                               "unexpected EOF",
		`{"recipient": []}`:               `unknown field "recipient"`,
		`{}`:                              "nobody would be told",
		`{"recipients": [{"name": "a"}]}`: "webhook_env or mail_to",
		`{"recipients": [{"name": "a", "webhook_env": "NOT_SET"}]}`:                                 "has no NOT_SET",
		`{"recipients": [{"name": "a", "mail_to": ["a@example.com"]}]}`:                             "SMTP_SERVER",
		`{"recipients": [{"name": "a", "webhook_env": "CHAT", "teams": ["cooks"]}]}`:                `there is no team "cooks"`,
		`{"recipients": [{"name": "a", "webhook_env": "CHAT", "daily": "07:30"}]}`:                  "Zone",
		`{"page": "bridge/ops", "recipients": [{"name": "a", "webhook_env": "CHAT"}]}`:              "no address that ends in a slash",
		`{"recipients": [{"name": "a", "webhook_env": "CHAT"}], "ladder": ["1h", "4h"]}`:            "Ladder",
		`{"recipients": [{"name": "a", "webhook_env": "CHAT", "format": "pigeon"}]}`:                `there is no "pigeon"`,
		`{"recipients": [{"name": "a", "webhook_env": "CHAT", "format": "slack", "after": "30m"}]}`: "",
	} {
		file := filepath.Join(t.TempDir(), "people.json")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readPeople(func(name string) string {
			return map[string]string{"PEOPLE": file, "CHAT": "https://chat.example.com/s3cret"}[name]
		})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: the error has the secret: %v", text, err)
		}
	}
	if _, err := readPeople(func(name string) string { return map[string]string{"HEARTBEAT_URL": "https://example.com"}[name] }); err == nil {
		t.Error("no error for a heartbeat that nobody calls")
	}
}

// A recipient of a shop that there is not would never be told.
func TestPeopleOfAShopThatThereIsNot(t *testing.T) {
	t.Parallel()
	c := config{
		people: &people{options: notify.Options{Recipients: []notify.Recipient{{Name: "bench", Shops: []string{"uk", "ukk"}}, {Name: "all"}}}},
		shops:  []shopConfig{{settings: bridge.Settings{Shop: "uk"}}, {settings: bridge.Settings{Shop: "ie"}}},
	}
	want := `PEOPLE: recipient "bench": there is no shop "ukk": there are ["ie" "uk"]`
	if err := c.checkPeople(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	c.shops[1].settings.Shop = "ukk"
	if err := c.checkPeople(); err != nil {
		t.Errorf("error %v, want none", err)
	}
	c.shops[1].err, c.shops[1].settings.Shop = errors.New("its file cannot be read"), ""
	if err := c.checkPeople(); err != nil {
		t.Errorf("error %v, want none: the name of a shop is not known", err)
	}
}

// Teams of whose cases nobody is told at once are named by -check.
func TestTeamsThatNobodyTells(t *testing.T) {
	t.Parallel()
	warehouse := notify.Recipient{Name: "bench", Teams: []exceptions.Owner{exceptions.OwnerWarehouse}}
	for name, c := range map[string]struct {
		recipients []notify.Recipient
		want       []string
	}{
		"one team":             {[]notify.Recipient{warehouse}, []string{"customer service", "e-commerce", "finance", "integration"}},
		"all, but late":        {[]notify.Recipient{warehouse, {Name: "manager", After: time.Hour}}, []string{"customer service", "e-commerce", "finance", "integration"}},
		"all":                  {[]notify.Recipient{{Name: "everybody"}}, nil},
		"nobody, by the page ": {nil, []string{"warehouse", "customer service", "e-commerce", "finance", "integration"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := config{people: &people{options: notify.Options{Recipients: c.recipients}}}.untold()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("teams (-want +got):\n%s", diff)
			}
		})
	}
	if got := (config{}).untold(); len(got) != len(exceptions.Owners) {
		t.Errorf("without PEOPLE: %q, want all teams", got)
	}
}
