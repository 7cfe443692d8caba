// Package printing is the print button over the bridge: what happens when somebody in
// the warehouse presses "print" for an order that the shop's own carrier sends.
//
// A [Button] asks the shop whether the order may still go, has its shipping arranged
// if that is due, and returns the shop's label with its tracking number. An order that
// was cancelled, is held or is not known gets no label, but a sentence for the person
// who holds the parcel, a [NotPrintedError], and a case.
//
// It knows no client. linnworksadapter has the glue for Linnworks, which calls it:
//
//	button, err := printing.NewButton(printing.Ports{
//		Finder: warehouse,
//		Dispatch: bridge.DispatchPorts{
//			Gate: sync.Gate, Orders: shop, Shipper: shop, OrderBook: warehouse, Reader: warehouse, Tracking: warehouse,
//			Catalogue: sync.Catalogue, Measures: warehouse, Documents: shop, Labels: memory, Records: memory, Locks: memory, Exceptions: memory,
//		},
//	}, printing.Options{Rasterise: rasterise})
//	ports := linnworksadapter.PrintButton(button)
//	ports.Admit = shippingapp.OnlyAccounts("f0c4e1a2-...")
//	app, err := shippingapp.New(ports, shippingapp.Options{Log: slog.Default()})
//
// # How fast it is
//
// Presses are worked on side by side. What they ask the gate and the warehouse within
// some milliseconds of one another is one call: fifty labels printed at once cost one call
// to the gate. A label that the bridge has fetched before, as a [bridge.DispatchQueue]
// does as soon as an order is open, comes from the store; one that it has not costs some
// calls to the shop more, each press its own: with a shop that takes 400 ms a call some
// two and a half seconds, if the adapter asks early for the document. Fifty of those at
// once also wait for the shop's limits, of which [bridge.DispatchQueue] spares people most.
//
// # Several shops
//
// [Shops] is one button for all shops of a Linnworks account.
package printing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Finder finds orders by the number that people know them by.
type Finder interface {
	// OrderByNumber returns the order of the warehouse with a number, with the shop's
	// orders in it, or false if there is none or it is not of this shop.
	OrderByNumber(ctx context.Context, number string) (bridge.WarehouseOrder, bool, error)
}

// Ports are what a [Button] works on.
type Ports struct {
	Finder Finder
	// Dispatch is what a [bridge.Dispatcher] needs, with Documents, Labels and Records.
	Dispatch bridge.DispatchPorts
}

// Options configure a [Button].
type Options struct {
	// Dispatch is as for the other dispatchers of the shop.
	Dispatch bridge.DispatchOptions
	// Rasterise makes pictures of the pages of a PDF, as PNG, at a resolution in dots
	// per inch, such as Rasterise of package labelpng, a module of its own. It must heed
	// ctx. It is required unless the shop's labels are pictures
	// or PDFs are handed on.
	Rasterise func(ctx context.Context, pdf []byte, dpi int) ([][]byte, error)
	// DPI is the resolution of the label printers. Default 203.
	DPI int
	// ZPL hands labels in ZPL on as they are, for software that sends them to a label
	// printer of Zebra. Without it an order whose label is in ZPL is not printed: see ZPL
	// of tiktokadapter.Options, which asks for it.
	ZPL bool
	// HandOnPDF hands PDFs on as they are, without Rasterise. Whether Linnworks prints a
	// label that is only a document nobody has tried.
	HandOnPDF bool
	// Together is how long a press waits for others to share calls with. Default 25
	// milliseconds.
	Together time.Duration
	// WorkFor is how long a press may take. Default one minute.
	WorkFor time.Duration
}

// Button prints the labels of the shop's own carrier. It is safe for concurrent use.
// Make it with [NewButton].
type Button struct {
	ports      Ports
	options    Options
	dispatcher *bridge.Dispatcher
}

// NewButton returns a Button, or an error that names what is missing or wrong.
func NewButton(p Ports, o Options) (*Button, error) {
	d := p.Dispatch
	err := part.Required("printing: NewButton", map[string]any{
		"Finder": p.Finder, "Dispatch.Gate": d.Gate, "Dispatch.Shipper": d.Shipper, "Dispatch.Documents": d.Documents, "Dispatch.Labels": d.Labels,
		"Dispatch.Exceptions": d.Exceptions,
	})
	switch {
	case err != nil:
		return nil, err
	case o.Rasterise == nil && !o.HandOnPDF:
		return nil, errors.New("printing: NewButton: Rasterise is missing: the shop's labels are PDFs, and a label printer wants pictures; set HandOnPDF to hand them on as documents")
	case o.DPI < 0 || o.Together < 0 || o.WorkFor < 0:
		return nil, errors.New("printing: NewButton: DPI, Together and WorkFor must not be negative")
	}
	o.DPI = cmp.Or(o.DPI, 203)
	o.Together = cmp.Or(o.Together, 25*time.Millisecond)
	o.WorkFor = cmp.Or(o.WorkFor, time.Minute)
	gate := sharedGate{&together[bridge.Permit]{wait: o.Together, within: o.WorkFor, call: func(ctx context.Context, ids []string) ([]bridge.Permit, error) {
		return p.Dispatch.Gate.Check(ctx, ids...)
	}}}
	if reader := d.Reader; reader != nil {
		d.Reader = sharedReader{&together[bridge.WarehouseOrder]{wait: o.Together, within: o.WorkFor, call: reader.ReadOrders}}
	}
	d.Gate, d.Shipper, d.Labels = overheardGate{gate}, overheardShipper{d.Shipper}, overheardLabels{d.Labels}
	b := &Button{ports: p, options: o}
	if b.dispatcher, err = bridge.NewDispatcher(d, o.Dispatch); err != nil {
		return nil, fmt.Errorf("printing: NewButton: %w", err)
	}
	return b, nil
}

// Parcel is the label of one parcel. It shows the buyer's address.
type Parcel struct {
	PackageID, Tracking string
	// PNGs are the pages at DPI dots per inch.
	PNGs [][]byte
	DPI  int
	// PDF is the document, and ZPL what the printer is sent, if they were handed on as they
	// are.
	PDF, ZPL []byte
}

// Format prints what it is and not what is on it.
func (p Parcel) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "label of package %s, tracking %s, %d pages", p.PackageID, p.Tracking, len(p.PNGs))
}

// NotPrintedError is why an order gets no label, in words for the person at the bench.
// Nothing in Text is about the buyer.
type NotPrintedError struct {
	Text string
	// Err is the cause, if there is one.
	Err error
}

func (e *NotPrintedError) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *NotPrintedError) Unwrap() error { return e.Err }

// Press returns the labels of the order with a number, one for each of the shop's
// packages. However often it is pressed, and wherever the program stopped before, the
// label is the same. The permit of the gate is read while the order is locked, at each
// press.
//
// An error that is a [NotPrintedError] is for the person at the bench. Of those that
// trying again does not mend there is a case: [exceptions.LabelRefused], which is closed
// once the label is printed, or that of the [bridge.Dispatcher].
func (b *Button) Press(ctx context.Context, number string) ([]Parcel, error) {
	w, found, err := b.find(ctx, number)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, b.unknown(ctx, number)
	}
	return b.press(ctx, w)
}

// find returns the order with a number, false if it holds no order of the shop.
func (b *Button) find(ctx context.Context, number string) (bridge.WarehouseOrder, bool, error) {
	w, found, err := b.ports.Finder.OrderByNumber(ctx, number)
	if err != nil {
		return w, false, fmt.Errorf("printing: order %s: %w", number, err)
	}
	return w, found && len(shopOrders(w)) > 0, nil
}

func (b *Button) press(ctx context.Context, w bridge.WarehouseOrder) ([]Parcel, error) {
	switch {
	case w.State != bridge.Open:
		return nil, &NotPrintedError{Text: fmt.Sprintf("Order %s is not open (it is %s), so that there is nothing to print.", w.Number, w.State)}
	}
	ctx, cancel := context.WithTimeout(ctx, b.options.WorkFor)
	defer cancel()
	p := &press{order: w, ids: shopOrders(w), heard: newHeard()}
	// The labels are arranged and fetched, as far as that is due.
	p.results, p.err = b.dispatcher.Dispatch(context.WithValue(ctx, heardKey{}, p.heard), w)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := b.refusal(ctx, p); err != nil {
		return nil, err
	}
	parcels, err := b.parcels(ctx, p)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil { // the permit may have run out meanwhile
		return nil, ctx.Err()
	}
	// The label is there: that its cases stay open is no reason to withhold it.
	_ = b.close(ctx, w.Number, p.ids)
	return parcels, nil
}

// close closes what was raised about orders that have their label now.
func (b *Button) close(ctx context.Context, number string, ids []string) error {
	objects := []string{warehouseOrder(number)}
	for _, id := range ids {
		objects = append(objects, exceptions.ForOrder(id))
	}
	for _, object := range objects {
		if err := b.ports.Dispatch.Exceptions.Clear(ctx, object, exceptions.LabelRefused); err != nil {
			return err
		}
	}
	return nil
}

// warehouseOrder is the object of a case about an order that is none of the shop's.
func warehouseOrder(number string) string { return "warehouse order " + number }

// MayCancel reports whether the label of an order may be forgotten, as Linnworks asks
// before it cancels an order: only if the shop has cancelled it. The error is a
// [NotPrintedError] otherwise: the shop's carrier takes no label back.
func (b *Button) MayCancel(ctx context.Context, number string) error {
	w, found, err := b.find(ctx, number)
	if err != nil {
		return err
	}
	return b.mayCancel(ctx, w, found)
}

func (b *Button) mayCancel(ctx context.Context, w bridge.WarehouseOrder, found bool) error {
	if found {
		permits, err := b.ports.Dispatch.Gate.Check(ctx, shopOrders(w)...)
		if err != nil {
			return fmt.Errorf("printing: order %s: %w", w.Number, err)
		}
		if !slices.ContainsFunc(permits, func(p bridge.Permit) bool { return p.Order.Status != bridge.Cancelled }) {
			return nil
		}
	}
	return &NotPrintedError{Text: "TikTok's label cannot be cancelled from here. To print it once more, just press print. If the order is not to be sent, cancel it in Seller Center."}
}

// shopOrders are the shop's orders in an order of the warehouse.
func shopOrders(w bridge.WarehouseOrder) []string {
	if w.Reference != "" {
		return []string{w.Reference}
	}
	return w.References
}

// unknown raises an order that is none of the shop's.
func (b *Button) unknown(ctx context.Context, number string) error {
	return b.raise(ctx, exceptions.New(exceptions.LabelRefused, warehouseOrder(number), time.Time{},
		"somebody pressed print for it, and no order of the shop belongs to it; perhaps it was merged, or its postal service is wrong",
		"find the order in Seller Center and print its label there, or give it the postal service of another courier"),
		fmt.Sprintf("Order %s does not belong to an order of this TikTok shop that the bridge knows. Put it aside and ask customer service.", number))
}

// raise raises a case, and returns what the person at the bench reads.
func (b *Button) raise(ctx context.Context, e exceptions.Exception, text string) error {
	refused := &NotPrintedError{Text: text}
	if err := b.ports.Dispatch.Exceptions.Raise(ctx, e); err != nil {
		return errors.Join(refused, fmt.Errorf("printing: raising %q: %w", e.Kind, err))
	}
	return refused
}

// refusal is why a press gets no label, nil if it may have one.
func (b *Button) refusal(ctx context.Context, p *press) error {
	for _, id := range p.ids {
		permit, asked := p.heard.permit(id)
		switch {
		case !asked || permit.Unasked || !permit.Granted && permit.Order.ID == "" && p.failed() != nil:
			return &NotPrintedError{Text: "TikTok Shop cannot be asked about this order at the moment. Do not send it yet; press print again in a minute.", Err: p.failed()}
		case !permit.Granted || permit.Order.ShippingModel != bridge.TikTokShipping:
			text := objection(permit)
			return b.raise(ctx, exceptions.New(exceptions.LabelRefused, exceptions.ForOrder(id), permit.Order.ShipBy,
				fmt.Sprintf("somebody pressed print for Linnworks order %s and got no label: %s", p.order.Number, cmp.Or(permit.Reason, "it is not of TikTok Shipping")), text), text)
		}
	}
	for _, r := range p.results {
		if r.Outcome == bridge.OutcomeRaised {
			return &NotPrintedError{Text: fmt.Sprintf("There is no label for this order, and somebody has to look at it: %s. Put it aside; the case is in the list of exceptions under order %s.", r.Detail, r.OrderID)}
		}
	}
	if err := p.failed(); err != nil {
		return &NotPrintedError{Text: "TikTok Shop has not made the label yet. Press print again in a few seconds.", Err: err}
	}
	return nil
}

// objection says why an order gets no label.
func objection(p bridge.Permit) string {
	o := p.Order
	switch {
	case o.ID == "":
		return "TikTok Shop does not know this order. Put it aside and ask customer service."
	case o.Status == bridge.Cancelled:
		return "This order was cancelled on TikTok Shop. Do not send it; put the goods back on the shelf."
	case o.CancelRequested || !o.CancelRequestedAt.IsZero():
		return "The buyer has asked to cancel this order, and nobody has answered yet. Put it aside and do not send it."
	case o.ShippingModel != bridge.TikTokShipping:
		return "This order is not sent with TikTok Shipping. Give it the postal service of your own courier, then print again."
	case o.Status == bridge.OnHold:
		return "TikTok Shop still holds this order. Put it aside, and print again when it has been released."
	}
	return fmt.Sprintf("TikTok Shop does not let this order go: %s. Put it aside.", p.Reason)
}

// parcels are the labels of a press that may have them.
func (b *Button) parcels(ctx context.Context, p *press) ([]Parcel, error) {
	var list []Parcel
	for _, id := range p.ids {
		for _, d := range p.heard.documentsOf(id) {
			if slices.ContainsFunc(list, func(have Parcel) bool { return have.PackageID == d.PackageID }) {
				continue // of two orders in one package
			}
			parcel := Parcel{PackageID: d.PackageID, Tracking: p.heard.tracking(id, d.PackageID)}
			if err := b.fill(ctx, &parcel, d); err != nil {
				return nil, err
			}
			list = append(list, parcel)
		}
	}
	if len(list) == 0 {
		return nil, &NotPrintedError{Text: "TikTok Shop has no label for this order yet. Press print again in a few seconds."}
	}
	return list, nil
}

// fill puts a document on a label.
func (b *Button) fill(ctx context.Context, parcel *Parcel, d store.LabelDocument) error {
	parcel.DPI = b.options.DPI
	switch {
	case bytes.HasPrefix(d.Content, []byte("\x89PNG")):
		parcel.PNGs = [][]byte{d.Content}
	case b.options.ZPL && isZPL(d.Content):
		parcel.ZPL = d.Content
	case !bytes.HasPrefix(d.Content, []byte("%PDF-")):
		return &NotPrintedError{Text: "TikTok's label is in a form that cannot be printed from here. Print it in Seller Center.", Err: fmt.Errorf("%v is neither a picture nor a PDF", d)}
	case b.options.Rasterise == nil:
		parcel.PDF = d.Content
	default:
		pages, err := b.options.Rasterise(ctx, d.Content, b.options.DPI)
		if err == nil && len(pages) == 0 {
			err = errors.New("it has no pages")
		}
		if err != nil {
			return fmt.Errorf("printing: drawing the %v: %w", d, err)
		}
		parcel.PNGs = pages
	}
	return nil
}

// isZPL reports whether a document is a label in ZPL, the language of Zebra's printers.
func isZPL(document []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(document, " \t\r\n\ufeff"), []byte("^XA"))
}

// press is one press of the button.
type press struct {
	order bridge.WarehouseOrder
	ids   []string // of the shop's orders in it

	// What came of it.
	heard   *heard
	results bridge.OrderResults
	err     error // why nothing was looked at
}

// failed is why it may have no label yet, nil if nothing failed.
func (p *press) failed() error {
	for _, r := range p.results {
		if r.Err != nil {
			return r.Err
		}
	}
	if len(p.results) == 0 {
		return cmp.Or(p.err, errors.New("it was not looked at"))
	}
	return nil
}
