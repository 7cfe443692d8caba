package audit

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// Import is something that Linnworks can import from a CSV file, in Settings, Import &
// Export. Its wizard asks which column is which.
type Import string

// The imports.
const (
	Items      Import = "items"      // items that composites need first
	Composites Import = "composites" // a row for each component
	Mappings   Import = "mappings"   // listings of a channel and their items
)

// Imports are all of them, in the order in which they have to be imported.
var Imports = []Import{Items, Composites, Mappings}

// DefaultSource is the source of the bridge's orders in Linnworks, see
// linnworksadapter.Options.
const DefaultSource = "TIKTOKBRIDGE"

// heads are the columns of each import.
var heads = map[Import][]string{
	Items:      {"SKU", "Title", "Track stock"},
	Composites: {"Composite SKU", "Component SKU", "Quantity"},
	Mappings:   {"Source", "Sub source", "Channel SKU", "Channel reference", "SKU"},
}

// Row is a row of an import.
type Row struct {
	Import Import
	Cells  []string
}

// WriteImport writes what the findings want of an import, with a head; a head alone if
// nothing is wanted of it. Look through the file before it is imported: rows of a bundle
// hold what the shop promises, and the shop may be wrong.
//
// Texts are written as they are, because an import would take an apostrophe for a part
// of them: open the file in a text editor or import it, and do not run formulas in it.
//
// Whether Linnworks imports mappings of a source that is no installed channel is not known;
// its CreateChannelMapping takes them.
func (r Report) WriteImport(w io.Writer, kind Import) error {
	head := heads[kind]
	if head == nil {
		return fmt.Errorf("audit: WriteImport: there is no import called %q: there are %q", kind, Imports)
	}
	out := csv.NewWriter(w)
	_ = out.Write(head) // Error below has it
	for _, f := range r.Findings {
		for _, row := range f.Rows {
			if row.Import == kind {
				_ = out.Write(row.Cells)
			}
		}
	}
	out.Flush()
	return out.Error()
}

// importable adds rows to the finding that was made last.
func (r *run) importable(rows ...Row) {
	last := &r.report.Findings[len(r.report.Findings)-1]
	last.Rows = append(last.Rows, rows...)
}

// mapping is the row that links a listing with an item.
func (r *run) mapping(listing catalogue.SKU, sku string) Row {
	return Row{Mappings, []string{cmp.Or(r.options.Source, DefaultSource), r.options.SubSource, cmp.Or(listing.SellerSKU, listing.ID), listing.ID, sku}}
}
