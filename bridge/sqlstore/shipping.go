package sqlstore

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// ShippingInstallations keeps who has installed the shipping integration in Linnworks, so
// that it need not be set up again after a restart. Passwords that people filled in are
// kept as they are: encrypt the disk of the database and its backups.
func (d *DB) ShippingInstallations() integration.Installations { return installations{d} }

// ShippingLabels keeps the labels that the shipping integration has handed out, for all
// processes behind one address, and forgets them after keep, which is 14 days if it is
// zero. Labels show buyers' addresses.
//
// The labels of the shop's own carrier need no such place: linnworksadapter's print
// button finds them in [Shop.Label].
func (d *DB) ShippingLabels(keep time.Duration) shippingapp.Labels {
	return printed{d, cmp.Or(max(keep, 0), 14*24*time.Hour)}
}

// ChannelInstallations keeps who has installed the channel integration in Linnworks, as
// ShippingInstallations does. An account has each name once.
func (d *DB) ChannelInstallations() integration.Installations { return channels{installations{d}} }

type installations struct{ db *DB }

// installationDoc has what an [integration.Installation] has, whose passwords refuse to be
// encoded.
type installationDoc struct {
	AccountID   string            `json:"account_id"`
	Name        string            `json:"name,omitempty"`
	Email       string            `json:"email,omitempty"`
	Status      string            `json:"status,omitempty"`
	Settings    map[string]string `json:"settings,omitempty"`
	Passwords   map[string]string `json:"passwords,omitempty"`
	InstalledAt time.Time         `json:"installed_at,omitzero"`
}

// Format keeps what was filled in out of a log.
func (d installationDoc) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprint(f, "installation of ", d.AccountID)
}

// PutInstallation implements [integration.Installations].
func (s installations) PutInstallation(ctx context.Context, in integration.Installation) error {
	doc, err := installationOf(in)
	if err != nil {
		return err
	}
	return s.db.write(ctx, "writing an installation", func(ctx context.Context, t *tx) error {
		return putInstallation(ctx, t, in.ID, doc)
	})
}

func putInstallation(ctx context.Context, t *tx, id, doc string) error {
	_, err := t.exec(ctx, `INSERT INTO lb_installations (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`, id, doc)
	return err
}

// installationOf is an installation as it is kept.
func installationOf(in integration.Installation) (string, error) {
	d := installationDoc{
		AccountID: string(in.Account.ID), Name: in.Account.Name, Email: in.Account.Email,
		Status: in.Step, Settings: in.Settings, InstalledAt: moment(in.InstalledAt),
	}
	if len(in.Passwords) > 0 {
		d.Passwords = map[string]string{}
	}
	for id, secret := range in.Passwords {
		d.Passwords[id] = secret.Reveal()
	}
	return document(d)
}

// Installation implements [integration.Installations].
func (s installations) Installation(ctx context.Context, id string) (in integration.Installation, found bool, err error) {
	var d installationDoc
	err = s.db.read(ctx, "reading an installation", func(t *tx) error {
		d, found = installationDoc{}, false
		return t.query(ctx, `SELECT doc FROM lb_installations WHERE id = ?`, func(rows *sql.Rows) error {
			found = true
			return scanDocument(rows, &d)
		}, id)
	})
	if err != nil || !found {
		return in, false, err
	}
	in = integration.Installation{
		ID: id, Account: integration.Account{ID: linnworks.GUID(d.AccountID), Name: d.Name, Email: d.Email},
		Step: d.Status, Settings: d.Settings, InstalledAt: d.InstalledAt,
	}
	if len(d.Passwords) > 0 {
		in.Passwords = map[string]linnworks.Secret{}
	}
	for id, text := range d.Passwords {
		in.Passwords[id] = linnworks.NewSecret(text)
	}
	return in, true, nil
}

// DropInstallation implements [integration.Installations].
func (s installations) DropInstallation(ctx context.Context, id string) error {
	return s.db.write(ctx, "dropping an installation", func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM lb_installations WHERE id = ?`, id)
		return err
	})
}

// channels are kept among the installations under ids of their own, and each beside a row
// that holds the name of its account.
type channels struct{ all installations }

const channelPrefix = "channel/"

// holder is what the row of a name has.
type holder struct {
	Installation string `json:"installation"`
}

func nameRow(a integration.Account) string {
	sum := sha256.Sum256([]byte(string(a.ID) + "\x00" + strings.ToLower(a.Name)))
	return "channel name/" + hex.EncodeToString(sum[:])
}

// PutInstallation implements [integration.Installations].
func (s channels) PutInstallation(ctx context.Context, in integration.Installation) error {
	doc, err := installationOf(in)
	if err != nil {
		return err
	}
	mine, err := document(holder{in.ID})
	if err != nil {
		return err
	}
	return s.all.db.write(ctx, "writing a channel installation", func(ctx context.Context, t *tx) error {
		name := nameRow(in.Account)
		if _, err := t.exec(ctx, `INSERT INTO lb_installations (id, doc) VALUES (?, ?) ON CONFLICT (id) DO NOTHING`, name, mine); err != nil {
			return err
		}
		var held holder
		if err := t.query(ctx, `SELECT doc FROM lb_installations WHERE id = ?`, func(rows *sql.Rows) error { return scanDocument(rows, &held) }, name); err != nil {
			return err
		}
		if held.Installation != in.ID {
			return integration.ErrNameTaken
		}
		return putInstallation(ctx, t, channelPrefix+in.ID, doc)
	})
}

// Installation implements [integration.Installations].
func (s channels) Installation(ctx context.Context, id string) (integration.Installation, bool, error) {
	in, found, err := s.all.Installation(ctx, channelPrefix+id)
	if found {
		in.ID = id
	}
	return in, found, err
}

// DropInstallation implements [integration.Installations].
func (s channels) DropInstallation(ctx context.Context, id string) error {
	in, found, err := s.Installation(ctx, id)
	if err != nil || !found {
		return err
	}
	return s.all.db.write(ctx, "dropping a channel installation", func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM lb_installations WHERE id IN (?, ?)`, channelPrefix+id, nameRow(in.Account))
		return err
	})
}

type printed struct {
	db   *DB
	keep time.Duration
}

// printedDoc has what a [shippingapp.KeptLabel] has besides its key.
type printedDoc struct {
	ServiceID string           `json:"service_id"`
	Tracking  string           `json:"tracking,omitempty"`
	Cost      string           `json:"cost,omitempty"`
	Currency  string           `json:"currency,omitempty"`
	Packages  []printedPackage `json:"packages"`
}

type printedPackage struct {
	Number   int      `json:"number"`
	Tracking string   `json:"tracking,omitempty"`
	PNG      []byte   `json:"png,omitempty"`
	Width    string   `json:"width,omitempty"`
	Height   string   `json:"height,omitempty"`
	MorePNGs [][]byte `json:"more_pngs,omitempty"`
	PDFs     [][]byte `json:"pdfs,omitempty"`
}

// Format keeps the buyer's address out of a log.
func (d printedDoc) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "label %s of %d packages", d.Tracking, len(d.Packages))
}

// Format keeps the buyer's address out of a log.
func (p printedPackage) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "package %d", p.Number) }

// PutLabel implements [shippingapp.Labels]. It forgets what is too old.
func (s printed) PutLabel(ctx context.Context, k shippingapp.KeptLabel) error {
	d := printedDoc{ServiceID: string(k.ServiceID), Tracking: k.Label.Tracking, Cost: string(k.Label.Cost), Currency: k.Label.Currency}
	for _, p := range k.Label.Packages {
		d.Packages = append(d.Packages, printedPackage{
			Number: p.SequenceNumber, Tracking: p.Tracking, PNG: p.PNG, Width: string(p.Width), Height: string(p.Height), MorePNGs: p.MorePNGs, PDFs: p.PDFs,
		})
	}
	doc, err := document(d)
	if err != nil {
		return err
	}
	return s.db.write(ctx, "writing a printed label", func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, `INSERT INTO lb_printed (installation, number, reference, made, doc) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (installation, number) DO UPDATE SET reference = excluded.reference, made = excluded.made, doc = excluded.doc`,
			k.InstallationID, k.OrderID, k.OrderReference, sortable(k.At), doc); err != nil {
			return err
		}
		_, err := t.exec(ctx, `DELETE FROM lb_printed WHERE made < ?`, sortable(s.oldest()))
		return err
	})
}

// oldest is when the oldest label that is still kept may have been made.
func (s printed) oldest() time.Time { return s.db.config.Now().Add(-s.keep) }

// Label implements [shippingapp.Labels].
func (s printed) Label(ctx context.Context, installationID string, orderID int) (k shippingapp.KeptLabel, found bool, err error) {
	var doc string
	var made sql.NullString
	err = s.db.read(ctx, "reading a printed label", func(t *tx) error {
		k, found = shippingapp.KeptLabel{InstallationID: installationID, OrderID: orderID}, false
		return t.query(ctx, `SELECT reference, made, doc FROM lb_printed WHERE installation = ? AND number = ? AND made >= ?`, func(rows *sql.Rows) error {
			found = true
			return rows.Scan(&k.OrderReference, &made, &doc)
		}, installationID, orderID, sortable(s.oldest()))
	})
	if err != nil || !found {
		return shippingapp.KeptLabel{}, false, err
	}
	var d printedDoc
	if err := readDocument(doc, &d); err != nil {
		return shippingapp.KeptLabel{}, false, err
	}
	if k.At, err = readMoment(made); err != nil {
		return shippingapp.KeptLabel{}, false, err
	}
	k.ServiceID = linnworks.GUID(d.ServiceID)
	k.Label = shippingapp.Label{Tracking: d.Tracking, Cost: linnworks.Decimal(d.Cost), Currency: d.Currency}
	for _, p := range d.Packages {
		k.Label.Packages = append(k.Label.Packages, shippingapp.PackageLabel{
			SequenceNumber: p.Number, Tracking: p.Tracking, PNG: p.PNG, Width: linnworks.Decimal(p.Width), Height: linnworks.Decimal(p.Height), MorePNGs: p.MorePNGs, PDFs: p.PDFs,
		})
	}
	return k, true, nil
}

// OrderOf implements [shippingapp.Labels].
func (s printed) OrderOf(ctx context.Context, installationID, reference string) (orderID int, found bool, err error) {
	if reference == "" {
		return 0, false, nil
	}
	err = s.db.read(ctx, "looking for a printed label", func(t *tx) error {
		orderID, found = 0, false
		return t.query(ctx, `SELECT number FROM lb_printed WHERE installation = ? AND reference = ? AND made >= ? ORDER BY made DESC, number DESC LIMIT 1`, func(rows *sql.Rows) error {
			found = true
			return rows.Scan(&orderID)
		}, installationID, reference, sortable(s.oldest()))
	})
	return orderID, found, err
}

// DropLabel implements [shippingapp.Labels].
func (s printed) DropLabel(ctx context.Context, installationID string, orderID int) error {
	return s.db.write(ctx, "dropping a printed label", func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM lb_printed WHERE installation = ? AND number = ?`, installationID, orderID)
		return err
	})
}
