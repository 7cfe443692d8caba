package appeal

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Manifest is what left the warehouse on a day.
type Manifest struct {
	Shop string
	// From and To are the bounds of the day, in UTC, Zone is where it was that day: a name such
	// as Europe/London, or the offset from UTC of a zone that has none.
	From, To time.Time
	Zone     string
	Rows     []Dispatched
	// Missing says what was not read: parcels may be missing then.
	Missing []string
}

// MarshalJSON returns the manifest for programs.
func (m Manifest) MarshalJSON() ([]byte, error) { return part.JSON(m) }

// Updated has the orders of a shop by when they last changed. tiktokadapter.Shop is one.
type Updated interface {
	// OrdersUpdated returns the orders that changed in [from, to). An error beside an order
	// is about that one alone.
	OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error]
}

// Shipped reads the manifest of a day: that of at in its own time zone. What cannot be read
// is named in Manifest.Missing and in the error: the manifest has the rest. It costs a call
// for every hundred orders that have changed since the day began, so ask for days of the
// last month.
func Shipped(ctx context.Context, orders Updated, shop string, at, now time.Time) (Manifest, error) {
	m := ManifestOf(shop, at)
	if m.From.After(now) {
		return m, fmt.Errorf("appeal: the manifest of %s: the day has not begun", at.Format(time.DateOnly))
	}
	var list []bridge.Order
	var errs []error
	for o, err := range orders.OrdersUpdated(ctx, m.From, now.Add(time.Hour)) { // the shop's clock may be ahead
		switch {
		case err != nil:
			errs = append(errs, err)
		case !o.ShippedAt.IsZero():
			list = append(list, o)
		}
	}
	m = ManifestOf(shop, at, list...)
	for _, err := range errs {
		m.Missing = append(m.Missing, err.Error())
	}
	if err := part.Join(errs...); err != nil {
		return m, fmt.Errorf("appeal: the manifest of %s: %w", at.Format(time.DateOnly), err)
	}
	return m, nil
}

//go:embed manifest.html
var manifestText string

var manifestPage = template.Must(template.New("manifest").Funcs(template.FuncMap{
	"clock": func(zone *time.Location, t time.Time) string { return t.In(zone).Format("15:04:05") },
	"stamp": func(zone *time.Location, t time.Time) string { return t.In(zone).Format("2 Jan 15:04:05") },
}).Parse(manifestText))

// WritePage writes the manifest as one self-contained page to be printed and signed. Its
// moments are in the zone of the day.
func (m Manifest) WritePage(w io.Writer) error {
	zone := zoneOf(m.Zone)
	numbers, orders := map[string]bool{}, map[string]bool{}
	for _, r := range m.Rows {
		orders[r.OrderID] = true
		if r.Tracking != "" {
			numbers[r.Tracking] = true
		}
	}
	if err := manifestPage.Execute(w, struct {
		Manifest
		In              *time.Location
		Day             string
		Parcels, Orders int
	}{m, zone, m.From.In(zone).Format("Monday 2 January 2006"), len(numbers), len(orders)}); err != nil {
		return fmt.Errorf("appeal: writing the manifest: %w", err)
	}
	return nil
}

// offset is how a zone without a name is written.
const offset = "-07:00"

// zoneName is how the zone of a moment is written.
func zoneName(at time.Time) string {
	name := at.Location().String()
	if zone, err := time.LoadLocation(name); err != nil || name == "" || at.In(zone).Format(offset) != at.Format(offset) {
		return at.Format(offset)
	}
	return name
}

// zoneOf is the zone of a manifest.
func zoneOf(name string) *time.Location {
	if at, err := time.Parse(offset, name); err == nil {
		_, seconds := at.Zone()
		return time.FixedZone(name, seconds)
	}
	if zone, err := time.LoadLocation(name); err == nil {
		return zone
	}
	return time.UTC
}

// Dispatched is a parcel of an order.
type Dispatched struct {
	OrderID, Tracking, Carrier string
	// ShippedAt is when the shop was told, HandedOverAt when the carrier has scanned it;
	// zero if the shop does not show that yet.
	ShippedAt, HandedOverAt time.Time
}

// ManifestOf lists the parcels of those of the orders that were shipped on a day, by time. The
// day is that of at in its own time zone. An order without a number has a row without one; of
// an order that is there twice the last counts.
func ManifestOf(shop string, at time.Time, orders ...bridge.Order) Manifest {
	year, month, day := at.Date()
	m := Manifest{
		Shop: shop, Zone: zoneName(at),
		From: time.Date(year, month, day, 0, 0, 0, 0, at.Location()).UTC(), To: time.Date(year, month, day+1, 0, 0, 0, 0, at.Location()).UTC(),
	}
	last := make(map[string]int, len(orders))
	for i, o := range orders {
		last[o.ID] = i
	}
	for i, o := range orders {
		if last[o.ID] != i {
			continue
		}
		if o.ShippedAt.Before(m.From) || !o.ShippedAt.Before(m.To) {
			continue
		}
		list := parcels(o)
		if len(list) == 0 {
			list = []Parcel{{}}
		}
		for _, p := range list {
			m.Rows = append(m.Rows, Dispatched{o.ID, p.Tracking, p.Carrier, o.ShippedAt.UTC(), o.CollectedAt.UTC()})
		}
	}
	slices.SortFunc(m.Rows, func(a, b Dispatched) int {
		return cmp.Or(a.ShippedAt.Compare(b.ShippedAt), strings.Compare(a.OrderID, b.OrderID), strings.Compare(a.Tracking, b.Tracking))
	})
	return m
}

// WriteCSV writes one row for each parcel. Moments are in UTC.
func (m Manifest) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"order", "tracking", "carrier", "shipped", "handed_over"}}
	for _, r := range m.Rows {
		rows = append(rows, []string{r.OrderID, cell(r.Tracking), cell(r.Carrier), stamp(r.ShippedAt), stamp(r.HandedOverAt)})
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("appeal: writing the manifest: %w", err)
	}
	return nil
}

// cell puts an apostrophe before what a spreadsheet would take for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
