package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// About is what a message is for.
type About string

// What messages are about.
const (
	AboutCases About = "cases"         // what is due
	AboutDay   About = "daily list"    // all that is open
	AboutWeek  About = "weekly digest" // that, and what happened in seven days
)

// Message is what one recipient is told at once.
type Message struct {
	// To is the recipient's name.
	To    string
	About About
	At    time.Time
	// Zone is the recipient's, for times that people read; nil: UTC.
	Zone *time.Location
	// Lines are the cases, the most severe first.
	Lines []Line
	// Week is set in a weekly digest.
	Week *Week
}

// PartlyError is of a message that reached some of its receivers and will never reach the
// others, such as a mailbox that is no longer there. It is not sent again; the run fails, so
// that somebody puts it right.
type PartlyError struct{ Err error }

func (e *PartlyError) Error() string { return "not everybody got it: " + e.Err.Error() }

func (e *PartlyError) Unwrap() error { return e.Err }

// Week is what became of the cases of a recipient in seven days, as far as the desk
// still knows closed ones.
type Week struct {
	From, To time.Time
	// Raised is how many came up or came back, InTime and Late how many were closed
	// before and after the time to act, Untimed how many that had none. Narrow is how many
	// of those in time were closed in the last hour.
	Raised, InTime, Late, Untimed, Narrow int
	// Open is how many are open, Overdue how many of them past the time to act.
	Open, Overdue int
	// Kinds are how many were raised, by kind.
	Kinds map[exceptions.Kind]int
}

// String is a few lines for people.
func (w Week) String() string {
	text := fmt.Sprintf("Last seven days: %d raised, %d closed in time (%d in the last hour), %d closed late, %d closed that had no time to act. Open now: %d, %d of them late.",
		w.Raised, w.InTime, w.Narrow, w.Late, w.Untimed, w.Open, w.Overdue)
	kinds := slices.SortedFunc(maps.Keys(w.Kinds), func(a, b exceptions.Kind) int {
		if c := w.Kinds[b] - w.Kinds[a]; c != 0 {
			return c
		}
		return strings.Compare(string(a), string(b))
	})
	for i, kind := range kinds {
		if i == 5 {
			text += fmt.Sprintf("\n  and %s", part.Count(len(kinds)-i, "other kind"))
			break
		}
		text += fmt.Sprintf("\n  %d x %s", w.Kinds[kind], kind)
	}
	return text
}

// Line is a case in a message.
type Line struct {
	Case exceptions.Case
	// Severity is what it has risen to.
	Severity exceptions.Severity
	// Why says why it is told now, such as "new" or "4 hours left"; empty in a list.
	Why string
	// ActBy is by when somebody should act: the case's time, or the van that makes it.
	ActBy time.Time
	// Link is the address of its page, if there is one.
	Link string
}

// Subject is one line that says the most.
func (m Message) Subject() string {
	switch m.About {
	case AboutDay, AboutWeek:
		return fmt.Sprintf("%s: %d open", strings.ToUpper(string(m.About[:1]))+string(m.About[1:]), len(m.Lines))
	}
	if len(m.Lines) == 1 {
		l := m.Lines[0]
		return oneLine(fmt.Sprintf("%s: %s, %s (%s)", l.Severity, l.Case.Kind, l.Case.Object, l.Why))
	}
	urgent := 0
	for _, l := range m.Lines {
		if l.Severity == exceptions.Urgent {
			urgent++
		}
	}
	if urgent > 0 {
		return fmt.Sprintf("%d cases, %d of them urgent", len(m.Lines), urgent)
	}
	return fmt.Sprintf("%d cases", len(m.Lines))
}

// A message is read on a telephone, and chat services cut or refuse long ones: so many
// cases are written out, and so many characters.
const (
	mostLines = 15
	mostText  = 3500
)

// Text is the message in plain text, without its subject: a paragraph for each of the
// first cases, and how many more there are.
func (m Message) Text() string {
	var b strings.Builder
	if m.Week != nil {
		b.WriteString(m.Week.String() + "\n\n")
	}
	// Who has the cases of several teams has to know whose each is.
	several := slices.ContainsFunc(m.Lines, func(l Line) bool { return l.Case.Owner != m.Lines[0].Case.Owner })
	written := 0
	for _, l := range m.Lines {
		text := l.text(m, several)
		if written == mostLines || written > 0 && b.Len()+len(text) > mostText {
			break
		}
		b.WriteString(text + "\n")
		written++
	}
	if more := len(m.Lines) - written; more > 0 {
		fmt.Fprintf(&b, "and %d more\n", more)
	}
	if m.About == AboutDay && len(m.Lines) == 0 {
		b.WriteString("Nothing is open.\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// text is a paragraph for people, with the team if that is asked for.
func (l Line) text(m Message, team bool) string {
	c := l.Case
	whose := c.Shop
	if team {
		whose += ", " + string(c.Owner)
	}
	first := fmt.Sprintf("%s: %s, %s [%s]", strings.ToUpper(l.Severity.String()), c.Kind, oneLine(part.Short(c.Object)), whose)
	if l.Why != "" {
		first += " - " + l.Why
	}
	if holder := c.Holder(m.At); holder != "" {
		first += " - " + oneLine(holder) + " is on it"
	}
	text := first + "\n  Seen: " + oneLine(part.Short(c.Seen)) + "\n  Do: " + oneLine(part.Short(c.Do)) + "\n"
	if !l.ActBy.IsZero() {
		zone := cmp.Or(m.Zone, time.UTC)
		text += "  By: " + l.ActBy.In(zone).Format("Mon 2 Jan 15:04 MST") + "\n"
	}
	if l.Link != "" {
		text += "  " + l.Link + "\n"
	}
	return text
}

// oneLine takes out what breaks a line or hides in it: some of the text is the shop's.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || r == utf8.RuneError || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, s)
}
