package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// People says in a file who is told, without a secret in it:
//
//	{
//	  "page": "https://bridge.example.com/ops/",
//	  "ladder": ["24h", "12h", "4h", "1h"],
//	  "repeat": "30m",
//	  "recipients": [
//	    {"name": "packing bench", "teams": ["warehouse"], "webhook_env": "SLACK_BENCH", "format": "slack",
//	     "zone": "Europe/London", "quiet": {"from": "20:00", "to": "06:30", "days": ["sunday"]}, "daily": "07:00"},
//	    {"name": "duty manager", "after": "30m", "mail_to": ["Ann <ann@example.com>"]}
//	  ]
//	}
type People struct {
	// Page is the address of the page for people as they reach it, ending in a slash, for
	// links in messages.
	Page string `json:"page,omitempty"`
	// Ladder and Repeat are those of [Options], as time.ParseDuration reads them.
	Ladder     []string `json:"ladder,omitempty"`
	Repeat     string   `json:"repeat,omitempty"`
	Recipients []Person `json:"recipients"`
}

// Person is a [Recipient] in a file. Either WebhookEnv or MailTo is set.
type Person struct {
	Name  string             `json:"name"`
	Teams []exceptions.Owner `json:"teams,omitempty"`
	Shops []string           `json:"shops,omitempty"`
	After string             `json:"after,omitempty"`
	Zone  string             `json:"zone,omitempty"`
	Quiet Quiet              `json:"quiet,omitzero"`
	Daily string             `json:"daily,omitempty"`
	// Weekly is the weekday of the weekly list.
	Weekly string `json:"weekly,omitempty"`
	// WebhookEnv is the variable of the environment that has the address to post to, which
	// is a secret, and Format what is posted.
	WebhookEnv string `json:"webhook_env,omitempty"`
	Format     Format `json:"format,omitempty"`
	// MailTo are addresses of mailboxes.
	MailTo []string `json:"mail_to,omitempty"`
}

// ReadPeople reads such a file. It refuses fields that it does not know.
func ReadPeople(r io.Reader) (p People, err error) {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("notify: who is told: %w", err)
	}
	return p, nil
}

// Options returns what [New] is told; sender makes the sender of a person. The error has
// everything that is wrong.
func (p People) Options(sender func(Person) (Sender, error)) (o Options, err error) {
	var errs []error
	duration := func(field, text string) time.Duration {
		if text == "" {
			return 0
		}
		d, err := time.ParseDuration(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is no duration such as \"90s\" or \"1h30m\"", field, part.Clip(text)))
		}
		return d
	}
	if u, err := url.Parse(p.Page); p.Page != "" && (err != nil || u.Host == "" || !strings.HasSuffix(p.Page, "/")) {
		errs = append(errs, fmt.Errorf("page: %q is no address that ends in a slash", part.Clip(p.Page)))
	}
	for i, rung := range p.Ladder {
		o.Ladder = append(o.Ladder, duration(fmt.Sprintf("ladder[%d]", i), rung))
	}
	o.Repeat = duration("repeat", p.Repeat)
	for _, person := range p.Recipients {
		at := fmt.Sprintf("recipient %q: ", part.Clip(person.Name))
		r := Recipient{
			Name: person.Name, Teams: person.Teams, Shops: person.Shops, After: duration(at+"after", person.After), Zone: person.Zone,
			Quiet: person.Quiet, Daily: person.Daily, Weekly: person.Weekly,
		}
		if !slices.Contains([]Format{"", FormatSlack, FormatTeams, FormatPlain}, person.Format) {
			errs = append(errs, fmt.Errorf("%sformat: there is no %q", at, part.Clip(string(person.Format))))
		}
		if (person.WebhookEnv != "") == (len(person.MailTo) > 0) {
			errs = append(errs, errors.New(at+"it needs webhook_env or mail_to, one of them"))
		} else if r.Sender, err = sender(person); err != nil {
			errs = append(errs, fmt.Errorf("%s%w", at, err))
		}
		o.Recipients = append(o.Recipients, r)
	}
	return o, errors.Join(errs...)
}
