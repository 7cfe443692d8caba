package sqlstore_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// TestShipping keeps installations and labels of the shipping integration, and finds them
// again after a restart, in both databases.
func TestShipping(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
			c := sqlstore.Config{URL: place(t), Now: func() time.Time { return now }}
			db, ctx := open(t, c), t.Context()
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			in := shippingapp.Installation{
				ID: "id-1", Account: shippingapp.Account{ID: "0d5b3b1e-6c1f-4b57-9d6f-0123456789ab", Name: "Main", Email: "office@example.com"}, Step: shippingapp.StepComplete,
				Settings: map[string]string{"printer": "203"}, Passwords: map[string]linnworks.Secret{"password": linnworks.NewSecret("hunter2")}, InstalledAt: now,
			}
			check(db.ShippingInstallations().PutInstallation(ctx, in))
			label := shippingapp.KeptLabel{
				InstallationID: in.ID, OrderID: 100_001, OrderReference: "576461413038785752", ServiceID: "7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b", At: now,
				Label: shippingapp.Label{Tracking: "T1", Cost: "3.50", Currency: "GBP", Packages: []shippingapp.PackageLabel{
					{SequenceNumber: 0, Tracking: "T1", PNG: []byte("\x89PNG\x00"), Width: "4.00", Height: "6.00", MorePNGs: [][]byte{{1}, {2}}},
					{SequenceNumber: 1, PDFs: [][]byte{[]byte("%PDF-")}},
				}},
			}
			check(db.ShippingLabels(0).PutLabel(ctx, label))
			later := label
			later.OrderID, later.At = 100_002, now.Add(time.Second)
			check(db.ShippingLabels(0).PutLabel(ctx, later))

			db = open(t, c) // another process
			got, found, err := db.ShippingInstallations().Installation(ctx, in.ID)
			if err != nil || !found || got.Passwords["password"].Reveal() != "hunter2" {
				t.Errorf("the installation was found: %t, %v", found, err)
			}
			got.Passwords, in.Passwords = nil, nil
			if got.Account != in.Account || got.Step != in.Step || !got.InstalledAt.Equal(in.InstalledAt) || !cmp.Equal(got.Settings, in.Settings) {
				t.Errorf("the installation came back otherwise: step %q, installed at %v", got.Step, got.InstalledAt)
			}
			kept, found, err := db.ShippingLabels(0).Label(ctx, in.ID, label.OrderID)
			if diff := cmp.Diff(label, kept); err != nil || !found || diff != "" {
				t.Errorf("the label was found: %t, %v (-want +got):\n%s", found, err, diff)
			}
			if number, found, err := db.ShippingLabels(0).OrderOf(ctx, in.ID, label.OrderReference); number != later.OrderID || !found || err != nil {
				t.Errorf("OrderOf = %d, %t, %v, want the newest", number, found, err)
			}
			for _, other := range []string{"", "id-2"} {
				if _, found, err := db.ShippingLabels(0).Label(ctx, other, label.OrderID); found || err != nil {
					t.Errorf("installation %q has the label of another: %t, %v", other, found, err)
				}
				if _, found, err := db.ShippingInstallations().Installation(ctx, other); found || err != nil {
					t.Errorf("installation %q: %t, %v", other, found, err)
				}
			}
			if _, found, err := db.ShippingLabels(0).OrderOf(ctx, in.ID, ""); found || err != nil {
				t.Errorf("an order without a reference: %t, %v", found, err)
			}

			check(db.ShippingLabels(0).DropLabel(ctx, in.ID, label.OrderID))
			check(db.ShippingLabels(0).DropLabel(ctx, in.ID, label.OrderID)) // again
			if _, found, err := db.ShippingLabels(0).Label(ctx, in.ID, label.OrderID); found || err != nil {
				t.Errorf("the dropped label: %t, %v", found, err)
			}
			now = now.Add(15 * 24 * time.Hour)
			if _, found, err := db.ShippingLabels(0).Label(ctx, in.ID, later.OrderID); found || err != nil {
				t.Errorf("a label of 15 days ago: %t, %v", found, err)
			}
			if _, found, err := db.ShippingLabels(30*24*time.Hour).Label(ctx, in.ID, later.OrderID); !found || err != nil {
				t.Errorf("the same kept for 30 days: %t, %v", found, err)
			}
			label.At = now
			check(db.ShippingLabels(0).PutLabel(ctx, label)) // which forgets the old one
			if _, found, err := db.ShippingLabels(30*24*time.Hour).Label(ctx, in.ID, later.OrderID); found || err != nil {
				t.Errorf("a label that was forgotten: %t, %v", found, err)
			}
			check(db.ShippingInstallations().DropInstallation(ctx, in.ID))
			check(db.ShippingInstallations().DropInstallation(ctx, in.ID)) // again
			if _, found, err := db.ShippingInstallations().Installation(ctx, in.ID); found || err != nil {
				t.Errorf("the dropped installation: %t, %v", found, err)
			}
		})
	}
}

// TestChannelInstallations keeps installations of the channel integration beside those of
// the shipping integration: each name of an account once, and free again when its
// installation is dropped.
func TestChannelInstallations(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sqlstore.Config{URL: place(t)}
			db, ctx := open(t, c), t.Context()
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			channel := func(id, name string) integration.Installation {
				return integration.Installation{ID: id, Account: integration.Account{ID: "0d5b3b1e-6c1f-4b57-9d6f-0123456789ab", Name: name}, Step: integration.ChannelComplete}
			}
			check(db.ChannelInstallations().PutInstallation(ctx, channel("id-1", "Main")))
			changed := channel("id-1", "Main")
			changed.Settings = map[string]string{"site": "IE"}
			check(db.ChannelInstallations().PutInstallation(ctx, changed)) // its own name
			check(db.ChannelInstallations().PutInstallation(ctx, channel("id-2", "Second")))
			check(db.ShippingInstallations().PutInstallation(ctx, channel("id-1", "MAIN"))) // another integration
			if err := db.ChannelInstallations().PutInstallation(ctx, channel("id-3", "MAIN")); !errors.Is(err, integration.ErrNameTaken) {
				t.Errorf("a second installation of one name: got %v, want %v", err, integration.ErrNameTaken)
			}

			db = open(t, c) // another process
			got, found, err := db.ChannelInstallations().Installation(ctx, "id-1")
			if err != nil || !found || got.ID != "id-1" || got.Account != changed.Account || got.Settings["site"] != "IE" || !got.Complete() {
				t.Errorf("the installation was found: %t, %v, id %q, step %q", found, err, got.ID, got.Step)
			}
			for _, unknown := range []string{"", "id-3"} {
				if _, found, err := db.ChannelInstallations().Installation(ctx, unknown); found || err != nil {
					t.Errorf("installation %q: %t, %v", unknown, found, err)
				}
			}
			check(db.ChannelInstallations().DropInstallation(ctx, "id-1"))
			check(db.ChannelInstallations().DropInstallation(ctx, "id-1")) // again
			if _, found, err := db.ChannelInstallations().Installation(ctx, "id-1"); found || err != nil {
				t.Errorf("the dropped installation: %t, %v", found, err)
			}
			if _, found, err := db.ShippingInstallations().Installation(ctx, "id-1"); !found || err != nil {
				t.Errorf("that of the shipping integration: %t, %v", found, err)
			}
			check(db.ChannelInstallations().PutInstallation(ctx, channel("id-3", "MAIN"))) // the name is free
		})
	}
}

// TestDroppedLabelIsGone checks that the file keeps nothing of a label that was dropped.
func TestDroppedLabelIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := sqlstore.Config{URL: filepath.Join(dir, "bridge.db")}
	db := open(t, c)
	label := shippingapp.KeptLabel{InstallationID: "id", OrderID: 1, At: time.Now(), Label: shippingapp.Label{
		Packages: []shippingapp.PackageLabel{{Tracking: planted}},
	}}
	if err := db.ShippingLabels(0).PutLabel(t.Context(), label); err != nil {
		t.Fatal(err)
	}
	if count(t, dir, planted) == 0 {
		t.Error("the label is not found: the search finds nothing")
	}
	if err := db.ShippingLabels(0).DropLabel(t.Context(), "id", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, c.URL).ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if n := count(t, dir, planted); n > 0 {
		t.Errorf("the dropped label is in the file %d times", n)
	}
}
