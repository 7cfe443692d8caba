package shippingapp

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/internal/called"
	"github.com/linnbridge/linnbridge/internal/wire"
	"github.com/linnbridge/linnbridge/linnworks"
)

// Installation is the integration as one customer has set it up. One Linnworks account
// may have several.
type Installation struct {
	// ID identifies it. It is made of the token, which nobody keeps but Linnworks, and
	// gives no hint of it.
	ID string
	// Account is who installed it.
	Account Account
	// Status is the [Step] of the wizard that it is at, [StatusActive] once it is set
	// up.
	Status string
	// Settings are the values that were filled in, by the item's ID, and Passwords
	// those of items of the type [ValuePassword].
	Settings  map[string]string
	Passwords map[string]linnworks.Secret
	// InstalledAt is in UTC.
	InstalledAt time.Time
}

// Active reports whether the wizard was finished.
func (in *Installation) Active() bool { return in.Status == StatusActive }

// Format hides what was filled in and who did it.
func (in Installation) Format(f fmt.State, _ rune) {
	wire.PrintPrivate(f, in, "ID", "Status", "InstalledAt")
}

// LogValue is what fmt prints.
func (in Installation) LogValue() slog.Value { return wire.LogPrivate(in) }

func (in Installation) clone() Installation {
	in.Settings, in.Passwords = maps.Clone(in.Settings), maps.Clone(in.Passwords)
	return in
}

// Installations keeps installations. It must be safe for concurrent use.
type Installations interface {
	// PutInstallation adds an installation or replaces the one with its ID.
	PutInstallation(ctx context.Context, in Installation) error
	// Installation returns the installation with an ID, or false if there is none.
	Installation(ctx context.Context, id string) (Installation, bool, error)
	// DropInstallation forgets an installation. An unknown one is ignored.
	DropInstallation(ctx context.Context, id string) error
}

// MemoryInstallations are [Installations] of one process. The zero value is ready for
// use.
type MemoryInstallations struct {
	mu  sync.Mutex
	all map[string]Installation
}

// PutInstallation never fails.
func (m *MemoryInstallations) PutInstallation(_ context.Context, in Installation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]Installation{}
	}
	m.all[in.ID] = in.clone()
	return nil
}

// Installation never fails.
func (m *MemoryInstallations) Installation(_ context.Context, id string) (Installation, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	in, found := m.all[id]
	return in.clone(), found, nil
}

// DropInstallation never fails.
func (m *MemoryInstallations) DropInstallation(_ context.Context, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, id)
	return nil
}

// parseGUID reads a GUID with or without dashes or braces, in either case.
func parseGUID(s string) (linnworks.GUID, error) {
	id, err := called.ParseGUID(s)
	return linnworks.GUID(id), err
}
