// Package integration has what the two integrations share in which Linnworks calls your
// program: the shipping integration of package shippingapp and the channel integration
// of package channelapp. Both know who has installed them, ask people to fill in pages
// of a wizard, and say no in words that people read. Those packages have the same names
// for these types.
package integration

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/wire"
	"github.com/linnbridge/linnbridge/linnworks"
)

// Account is who wants to install an integration.
type Account struct {
	// ID identifies the Linnworks account and never changes.
	ID linnworks.GUID
	// Name is the name of this integration: one account may have several.
	Name string
	// Email is the account's, and may change.
	Email string
}

// OnlyAccounts returns what admits the Linnworks accounts with the ids given, written
// with or without dashes. Another learns no more than that.
func OnlyAccounts(ids ...linnworks.GUID) func(context.Context, Account) error {
	var admitted []linnworks.GUID
	for _, id := range ids {
		if known, err := ParseGUID(string(id)); err == nil {
			admitted = append(admitted, known)
		}
	}
	return func(_ context.Context, a Account) error {
		if !slices.Contains(admitted, a.ID) {
			return Refuse("This integration is not meant for your Linnworks account. Ask its provider.")
		}
		return nil
	}
}

// ParseGUID reads a GUID with or without dashes or braces, in either case, and returns
// it in lower case with dashes.
func ParseGUID(s string) (linnworks.GUID, error) {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "{"); ok && strings.HasSuffix(inner, "}") {
		s = inner[:len(inner)-1]
	}
	plain := strings.ToLower(s)
	if len(plain) == 36 && plain[8] == '-' && plain[13] == '-' && plain[18] == '-' && plain[23] == '-' {
		plain = plain[:8] + plain[9:13] + plain[14:18] + plain[19:23] + plain[24:]
	}
	if len(plain) != 32 || strings.Trim(plain, "0123456789abcdef") != "" {
		return "", errors.New("is not a GUID")
	}
	return linnworks.GUID(plain[:8] + "-" + plain[8:12] + "-" + plain[12:16] + "-" + plain[16:20] + "-" + plain[20:]), nil
}

// RefusedError is an error for people, who read Text and nothing else: whoever presses
// a button in Linnworks, or looks at the order. Write what is the matter and what to do,
// in a sentence or two, without the buyer's name or address: Linnworks shows it to
// everybody who sees the order, and the log has it.
type RefusedError struct {
	Text string
	// Err is the cause, for the log; optional.
	Err error
}

// Refuse returns a [RefusedError].
func Refuse(text string) error { return &RefusedError{Text: text} }

func (e *RefusedError) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *RefusedError) Unwrap() error { return e.Err }

// Installation is an integration as one customer has set it up. One Linnworks account
// may have several.
type Installation struct {
	// ID identifies it. It is made of the token, which nobody keeps but Linnworks, and
	// gives no hint of it.
	ID string
	// Account is who installed it.
	Account Account
	// Step is the [Step] of the wizard that it is at, by name, and one of the steps of a
	// complete installation once it is set up.
	Step string
	// Settings are the values that were filled in, by the item's ID, and Passwords
	// those of items of the type [ValuePassword].
	Settings  map[string]string
	Passwords map[string]linnworks.Secret
	// InstalledAt is in UTC.
	InstalledAt time.Time
}

// The steps of an installation that has been set up, as Linnworks names them. Under them
// it shows all items, to be changed.
const (
	ChannelComplete  = "UserConfig"
	ShippingComplete = "CONFIG"
)

// Complete reports whether the wizard was finished.
func (in *Installation) Complete() bool {
	return in.Step == ChannelComplete || in.Step == ShippingComplete
}

// Format hides what was filled in and who did it.
func (in Installation) Format(f fmt.State, _ rune) {
	wire.PrintPrivate(f, in, "ID", "Step", "InstalledAt")
}

// LogValue is what fmt prints.
func (in Installation) LogValue() slog.Value { return wire.LogPrivate(in) }

// Clone returns a copy that shares nothing.
func (in Installation) Clone() Installation {
	in.Settings, in.Passwords = maps.Clone(in.Settings), maps.Clone(in.Passwords)
	return in
}

// ErrNameTaken is returned by [Installations] for a second integration of one name.
var ErrNameTaken = errors.New("integration: the account has an integration of that name")

// Installations keeps installations of one integration. It must be safe for concurrent
// use.
type Installations interface {
	// PutInstallation adds an installation or replaces the one with its ID. For a
	// channel integration it returns [ErrNameTaken] if another one has the same
	// Account.ID and Account.Name, without regard to case: both are the source of
	// orders. Shipping integrations may have one name.
	PutInstallation(ctx context.Context, in Installation) error
	// Installation returns the installation with an ID, or false if there is none.
	Installation(ctx context.Context, id string) (Installation, bool, error)
	// DropInstallation forgets an installation. An unknown one is ignored.
	DropInstallation(ctx context.Context, id string) error
}

// MemoryInstallations are [Installations] of one process. The zero value is ready for
// use.
type MemoryInstallations struct {
	// UniqueNames refuses a second installation of one name, as for channels. Set it
	// before the first use.
	UniqueNames bool

	mu  sync.Mutex
	all map[string]Installation
}

// PutInstallation fails for a name that is taken only.
func (m *MemoryInstallations) PutInstallation(_ context.Context, in Installation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, other := range m.all {
		if m.UniqueNames && id != in.ID && other.Account.ID == in.Account.ID && strings.EqualFold(other.Account.Name, in.Account.Name) {
			return ErrNameTaken
		}
	}
	if m.all == nil {
		m.all = map[string]Installation{}
	}
	m.all[in.ID] = in.Clone()
	return nil
}

// Installation never fails.
func (m *MemoryInstallations) Installation(_ context.Context, id string) (Installation, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in, found := m.all[id]
	return in.Clone(), found, nil
}

// DropInstallation never fails.
func (m *MemoryInstallations) DropInstallation(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, id)
	return nil
}
