package notify_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/notify"
)

// hostile is a message whose texts, which are the shop's, try to be more than text.
func hostile() notify.Message {
	c := exceptions.Case{Exception: exceptions.New(exceptions.UnmappedSKU, "SKU <!channel> [win](http://evil.example)\r\nBcc: all@example.com", noon,
		"a title with & and \x1b[31m and \u202egnp.exe", "map it\nto an item")}
	c.Shop = "UK"
	return notify.Message{To: "bench", About: notify.AboutCases, At: noon, Lines: []notify.Line{{Case: c, Severity: exceptions.Urgent, Why: "new", ActBy: noon}}}
}

// A text of the shop calls nobody, makes no link and no second line.
func TestWebhookFormats(t *testing.T) {
	t.Parallel()
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = string(b)
		if r.Header.Get("Content-Type") != "application/json" || r.Method != http.MethodPost {
			t.Errorf("%s with %q", r.Method, r.Header.Get("Content-Type"))
		}
	}))
	defer server.Close()
	send := func(f notify.Format) map[string]any {
		t.Helper()
		if err := (notify.Webhook{URL: server.URL, Format: f}).Send(t.Context(), hostile()); err != nil {
			t.Fatal(err)
		}
		var body map[string]any
		if err := json.Unmarshal([]byte(got), &body); err != nil {
			t.Fatalf("%v: %s", err, got)
		}
		return body
	}
	text, _ := send("")["text"].(string)
	if strings.ContainsAny(text, "<>\r\x1b\u202e") || !strings.Contains(text, "&lt;!channel&gt;") || !strings.Contains(text, "a title with &amp; and") {
		t.Errorf("Slack gets %q", text)
	}
	if strings.Contains(text, "\nBcc") || !strings.Contains(text, "Do: map it to an item\n") {
		t.Errorf("a text of the shop makes a line: %q", text)
	}
	card := send(notify.FormatTeams)
	if card["type"] != "message" || !strings.Contains(got, `"contentType":"application/vnd.microsoft.card.adaptive"`) {
		t.Errorf("Teams gets %s", got)
	}
	if strings.Contains(got, `"TextBlock"`) { // which reads markup
		t.Errorf("Teams gets blocks that make links: %s", got)
	}
	plain := send(notify.FormatPlain)
	lines, _ := plain["lines"].([]any)
	if plain["about"] != "cases" || len(lines) != 1 {
		t.Errorf("a program gets %s", got)
	}
	if err := (notify.Webhook{URL: server.URL, Format: "pigeon"}).Send(t.Context(), hostile()); err == nil {
		t.Error("no error for a format that there is not")
	}
}

// The address of a webhook is a secret: no error has it.
func TestWebhookKeepsItsAddress(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	defer server.Close()
	for _, address := range []string{server.URL + "/s3cret", "http://127.0.0.1:1/s3cret", "http://\x00s3cret", "http://[::1/s3cret"} {
		err := notify.Webhook{URL: address}.Send(t.Context(), hostile())
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("error %v, want one without the address", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (notify.Webhook{URL: server.URL}).Send(ctx, hostile()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

// A long list is cut where people stop reading and chat services refuse.
func TestLongMessage(t *testing.T) {
	t.Parallel()
	m := hostile()
	for range 200 {
		m.Lines = append(m.Lines, m.Lines[0])
	}
	text := m.Text()
	if len(text) > 4000 || !strings.Contains(text, "and 186 more") && !strings.Contains(text, " more\n") {
		t.Errorf("%d bytes ending in %q", len(text), text[len(text)-30:])
	}
	if m.Subject() != "201 cases, 201 of them urgent" {
		t.Errorf("subject %q", m.Subject())
	}
}

// The heartbeat stops when the cases cannot be read, or the bridge says that it is ill.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	beats := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats++ }))
	defer server.Close()
	b := newBench(t)
	var ill error
	o := notify.Options{
		Recipients: []notify.Recipient{{Name: "bench", Sender: &box{}}}, Heartbeat: server.URL,
		Alive: func(context.Context) error { return ill },
	}
	n := b.notifier(o)
	if _, err := n.Run(t.Context()); err != nil || beats != 1 {
		t.Errorf("%d heartbeats, %v; want 1", beats, err)
	}
	ill = errors.New("the intake is dead")
	if _, err := n.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the intake is dead") || beats != 1 {
		t.Errorf("%d heartbeats, %v; want none and why", beats, err)
	}
	// A channel that is broken can tell nobody that it is.
	ill = nil
	deaf := &box{err: errors.New("the webhook was taken away")}
	o.Recipients = append(o.Recipients, notify.Recipient{Name: "deaf", Sender: deaf})
	n = b.notifier(o)
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	if _, err := n.Run(t.Context()); err == nil || beats != 1 {
		t.Errorf("%d heartbeats, %v; want none while somebody cannot be told", beats, err)
	}
	deaf.err = nil
	if _, err := n.Run(t.Context()); err != nil || beats != 2 {
		t.Errorf("%d heartbeats, %v; want one again", beats, err)
	}
	o.Heartbeat, o.Alive = "http://127.0.0.1:1/s3cret", nil
	if _, err := b.notifier(o).Run(t.Context()); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v, want one without the address", err)
	}
}

// smtpServer takes mail and hands on what it was given.
func smtpServer(t *testing.T, greet bool) (addr string, received <-chan string) {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	out := make(chan string, 10)
	go func() {
		defer close(out)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		if !greet {
			_, _ = io.Copy(io.Discard, conn) // until the client gives up
			return
		}
		say := func(s string) { _, _ = io.WriteString(conn, s+"\r\n") }
		say("220 hello")
		lines := bufio.NewScanner(conn)
		var data strings.Builder
		for inData := false; lines.Scan(); {
			line := lines.Text()
			switch {
			case inData && line == ".":
				inData = false
				out <- data.String()
				say("250 taken")
			case inData:
				data.WriteString(line + "\r\n")
			case strings.HasPrefix(line, "DATA"):
				inData = true
				say("354 go on")
			case strings.HasPrefix(line, "QUIT"):
				say("221 bye")
				return
			case strings.HasPrefix(line, "RCPT TO:<left@"):
				out <- line
				say("550 no such mailbox")
			default:
				out <- line
				say("250 ok")
			}
		}
	}()
	return listener.Addr().String(), out
}

// A mail says what the message says, to everybody named, and the shop's text adds no
// header.
func TestMail(t *testing.T) {
	t.Parallel()
	addr, received := smtpServer(t, true)
	m := notify.Mail{Addr: addr, From: "Bridge <bridge@example.com>", To: []string{"Ann <ann@example.com>", "bob@example.com"}, Plain: true}
	if err := m.Send(t.Context(), hostile()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range received {
		got = append(got, line)
	}
	commands := strings.Join(got[:len(got)-1], "\n")
	for _, want := range []string{"MAIL FROM:<bridge@example.com>", "RCPT TO:<ann@example.com>", "RCPT TO:<bob@example.com>"} {
		if !strings.Contains(commands, want) {
			t.Errorf("the server was not told %q:\n%s", want, commands)
		}
	}
	letter, err := mail.ReadMessage(strings.NewReader(got[len(got)-1]))
	if err != nil {
		t.Fatal(err)
	}
	if letter.Header.Get("Bcc") != "" || len(letter.Header) != 9 {
		t.Errorf("headers: %v", letter.Header)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(letter.Header.Get("Subject"))
	if err != nil || subject != hostile().Subject() {
		t.Errorf("subject %q, %v; want %q", subject, err, hostile().Subject())
	}
	body, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
	if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != hostile().Text() {
		t.Errorf("body %q, %v; want %q", body, err, hostile().Text())
	}
}

// One mailbox that is no longer there keeps nobody else from being told, does not have the
// message sent again every minute, and is named.
func TestMailboxThatIsGone(t *testing.T) {
	t.Parallel()
	addr, received := smtpServer(t, true)
	m := notify.Mail{Addr: addr, From: "bridge@example.com", To: []string{"left@example.com", "bob@example.com"}, Plain: true}
	b := newBench(t)
	n := b.notifier(notify.Options{Recipients: []notify.Recipient{{Name: "bench", Sender: m}}})
	b.raise(exceptions.NoTracking, "order 1", 30*time.Hour)
	report, err := n.Run(t.Context())
	if _, partly := errors.AsType[*notify.PartlyError](err); !partly || !strings.Contains(err.Error(), "To[0]") || strings.Contains(err.Error(), "To[1]") || report.Sent["bench"] != 1 {
		t.Errorf("error %v, sent %v; want one message out and the first mailbox named", err, report.Sent)
	}
	letters := 0
	for line := range received {
		if strings.Contains(line, "Subject: ") {
			letters++
		}
	}
	if letters != 1 {
		t.Errorf("%d letters, want 1", letters)
	}
	if report, err := n.Run(t.Context()); err != nil || len(report.Sent) > 0 {
		t.Errorf("a minute later: %v, %v; want nothing: it is out", report, err)
	}
	addr, _ = smtpServer(t, true)
	m = notify.Mail{Addr: addr, From: "bridge@example.com", To: []string{"left@example.com"}, Plain: true}
	err = m.Send(t.Context(), hostile())
	if _, partly := errors.AsType[*notify.PartlyError](err); err == nil || partly {
		t.Errorf("error %v, want one that says that nobody got it", err)
	}
}

// A server that does not encrypt is refused, and so is what is no address.
func TestMailRefused(t *testing.T) {
	t.Parallel()
	addr, _ := smtpServer(t, true)
	for want, m := range map[string]notify.Mail{
		"offers no encryption": {Addr: addr, From: "a@example.com", To: []string{"b@example.com"}},
		"From is no mail":      {Addr: addr, From: "a", To: []string{"b@example.com"}},
		"To[1] is no mail":     {Addr: addr, From: "a@example.com", To: []string{"b@example.com", "c\r\nDATA"}},
		"To: nobody":           {Addr: addr, From: "a@example.com"},
		"is not host:port":     {Addr: "smtp.example.com", From: "a@example.com", To: []string{"b@example.com"}},
	} {
		if err := m.Send(t.Context(), hostile()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// A server that says nothing holds nobody up for longer than the context allows.
func TestMailServerThatIsSilent(t *testing.T) {
	t.Parallel()
	addr, received := smtpServer(t, false)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	m := notify.Mail{Addr: addr, From: "a@example.com", To: []string{"b@example.com"}, Plain: true}
	if err := m.Send(ctx, hostile()); err == nil {
		t.Error("no error, want one")
	}
	for range received { // the server sees the connection closed
		continue
	}
}
