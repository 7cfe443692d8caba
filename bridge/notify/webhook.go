package notify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Format is the JSON that a webhook wants.
type Format string

// The formats. Slack's is its incoming webhooks', also taken by Mattermost, Rocket.Chat
// and Google Chat. Teams' is an adaptive card, as its Workflows app takes it. FormatPlain
// is everything, for a program: subject, text, and the cases as [exceptions.Case] has
// them in JSON.
//
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
// https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
const (
	FormatSlack Format = "slack"
	FormatTeams Format = "teams"
	FormatPlain Format = "json"
)

// Webhook posts messages to an address, which is a secret: whoever knows it can post. It
// is in no error.
type Webhook struct {
	URL string
	// Format is what the other side wants. Default [FormatSlack].
	Format Format
	// HTTP makes the call. Default [http.DefaultClient].
	HTTP *http.Client
}

// Send implements [Sender]. Every answer but a 2xx is an error.
func (w Webhook) Send(ctx context.Context, m Message) error {
	var body any
	switch cmp.Or(w.Format, FormatSlack) {
	case FormatSlack:
		body = map[string]string{"text": slackEscapes.Replace("*" + m.Subject() + "*\n" + m.Text())}
	case FormatTeams:
		body = card(m)
	case FormatPlain:
		body = plain(m)
	default:
		return fmt.Errorf("webhook: there is no format %q", part.Clip(string(w.Format)))
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(text))
	if err != nil {
		return errors.New("webhook: its address cannot be used")
	}
	request.Header.Set("Content-Type", "application/json")
	if err := call(cmp.Or(w.HTTP, http.DefaultClient), request); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	return nil
}

// slackEscapes are all that Slack takes for more than text: channels and people are
// called, and links are made, between angle brackets.
var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// card is an adaptive card. Its text runs know no markup, so that nothing in a case can
// make a link.
func card(m Message) any {
	type object = map[string]any
	run := func(text string, bold bool) object {
		inline := object{"type": "TextRun", "text": text}
		if bold {
			inline["weight"] = "bolder"
		}
		return object{"type": "RichTextBlock", "inlines": []object{inline}}
	}
	blocks := []object{run(m.Subject(), true)}
	for paragraph := range strings.SplitSeq(strings.TrimSpace(m.Text()), "\n") {
		if paragraph != "" {
			blocks = append(blocks, run(paragraph, false))
		}
	}
	return object{"type": "message", "attachments": []object{{
		"contentType": "application/vnd.microsoft.card.adaptive",
		"content": object{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
			"body": blocks,
		},
	}}}
}

// plain is a message for programs.
func plain(m Message) any {
	type line struct {
		Severity exceptions.Severity `json:"severity"`
		Why      string              `json:"why,omitempty"`
		ActBy    time.Time           `json:"act_by,omitzero"`
		Link     string              `json:"link,omitempty"`
		Case     exceptions.Case     `json:"case"`
	}
	lines := make([]line, 0, len(m.Lines))
	for _, l := range m.Lines {
		lines = append(lines, line{l.Severity, l.Why, l.ActBy.UTC(), l.Link, l.Case})
	}
	return struct {
		To      string    `json:"to"`
		About   About     `json:"about"`
		At      time.Time `json:"at"`
		Subject string    `json:"subject"`
		Text    string    `json:"text"`
		Lines   []line    `json:"lines"`
	}{m.To, m.About, m.At.UTC(), m.Subject(), m.Text(), lines}
}

// call makes a call whose answer is only good or bad. The error does not have the address.
func call(client *http.Client, request *http.Request) error {
	response, err := client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the other side answers %s", response.Status)
	}
	return nil
}
