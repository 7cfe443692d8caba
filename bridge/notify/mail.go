package notify

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"
)

// Mail sends messages by SMTP (RFC 5321), encrypted: with STARTTLS, or from the start on
// port 465.
type Mail struct {
	// Addr is the server's host and port, such as "smtp.example.com:587".
	Addr string
	// Auth signs in; nil does not.
	Auth smtp.Auth
	// From is the sender, To are the receivers: addresses as "Ann <ann@example.com>".
	From string
	To   []string
	// Plain allows a server that does not encrypt, such as one on the same machine. Auth
	// may refuse it all the same.
	Plain bool
}

// Send implements [Sender]. A receiver whom the server refuses keeps the others from nothing:
// the error is a [PartlyError] then.
func (m Mail) Send(ctx context.Context, message Message) error {
	if err := m.send(ctx, message); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	return nil
}

func (m Mail) send(ctx context.Context, message Message) error {
	from, to, text, err := m.compose(message)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(m.Addr)
	if err != nil {
		return fmt.Errorf("the server %q is not host:port", m.Addr)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", m.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // the server has answered, or the error says more
	plain := conn
	defer context.AfterFunc(ctx, func() { _ = plain.SetDeadline(time.Unix(1, 0)) })()
	settings := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if port == "465" {
		conn = tls.Client(conn, settings)
	}
	client, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if port != "465" {
		if offered, _ := client.Extension("STARTTLS"); offered {
			if err := client.StartTLS(settings); err != nil {
				return err
			}
		} else if !m.Plain {
			return errors.New("the server offers no encryption")
		}
	}
	if m.Auth != nil {
		if err := client.Auth(m.Auth); err != nil {
			return fmt.Errorf("signing in: %w", err)
		}
	}
	if err := client.Mail(from); err != nil {
		return err
	}
	var refused []error
	for i, address := range to {
		if err := client.Rcpt(address); err != nil {
			refused = append(refused, fmt.Errorf("To[%d]: %w", i, err))
		}
	}
	if len(refused) == len(to) {
		return errors.Join(refused...)
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := body.Write(text); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	_ = client.Quit() // the server has the message
	if len(refused) > 0 {
		return &PartlyError{errors.Join(refused...)}
	}
	return nil
}

// compose returns the message as it goes over the wire.
func (m Mail) compose(message Message) (from string, to []string, text []byte, err error) {
	sender, err := mail.ParseAddress(m.From)
	if err != nil {
		return "", nil, nil, errors.New("From is no mail address")
	}
	if len(m.To) == 0 {
		return "", nil, nil, errors.New("To: nobody")
	}
	var names []string
	for i, address := range m.To {
		a, err := mail.ParseAddress(address)
		if err != nil {
			return "", nil, nil, fmt.Errorf("To[%d] is no mail address", i)
		}
		to, names = append(to, a.Address), append(names, a.String())
	}
	_, domain, _ := strings.Cut(sender.Address, "@")
	var b bytes.Buffer
	for _, header := range [][2]string{
		{"From", sender.String()}, {"To", strings.Join(names, ", ")},
		{"Subject", mime.QEncoding.Encode("utf-8", oneLine(message.Subject()))},
		{"Date", message.At.Format(time.RFC1123Z)},
		{"Message-ID", "<" + rand.Text() + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"}, // so that nobody's absence answers
		{"MIME-Version", "1.0"}, {"Content-Type", `text/plain; charset="utf-8"`}, {"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(header[0] + ": " + header[1] + "\r\n")
	}
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	if _, err := w.Write([]byte(strings.ReplaceAll(message.Text(), "\n", "\r\n"))); err != nil {
		return "", nil, nil, err
	}
	return sender.Address, to, b.Bytes(), w.Close()
}
