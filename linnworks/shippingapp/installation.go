package shippingapp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

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

// newToken returns a random GUID.
func newToken() linnworks.GUID {
	var b [16]byte
	_, _ = rand.Read(b[:]) // which never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return dashed(hex.EncodeToString(b[:]))
}

// idOf is the ID of the installation with a token. A store that finds installations by
// it compares nothing that the sender of a request can steer: how long that takes
// tells nothing of the tokens that there are.
func idOf(token linnworks.GUID) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// parseGUID reads a GUID with or without dashes or braces, in either case.
func parseGUID(s string) (linnworks.GUID, error) {
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
	return dashed(plain), nil
}

func dashed(s string) linnworks.GUID {
	return linnworks.GUID(s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:])
}
