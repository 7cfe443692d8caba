package appeal

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// Manifest is what left the warehouse on a day.
type Manifest struct {
	Shop string
	// From and To are the bounds of the day, in UTC, Zone is where it was that day.
	From, To time.Time
	Zone     string
	Rows     []Dispatched
}

// Dispatched is a parcel of an order.
type Dispatched struct {
	OrderID, Tracking, Carrier string
	// ShippedAt is when the shop was told, HandedOverAt when the carrier has scanned it;
	// zero if the shop does not show that yet.
	ShippedAt, HandedOverAt time.Time
}

// ManifestOf lists the parcels of those of the orders that were shipped on a day, by time. The
// day is that of at in its own time zone. An order without a number has a row without one.
func ManifestOf(shop string, at time.Time, orders ...bridge.Order) Manifest {
	year, month, day := at.Date()
	m := Manifest{
		Shop: shop, Zone: at.Location().String(),
		From: time.Date(year, month, day, 0, 0, 0, 0, at.Location()).UTC(), To: time.Date(year, month, day+1, 0, 0, 0, 0, at.Location()).UTC(),
	}
	for _, o := range orders {
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
