package linnworksadapter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"math/big"
	"strconv"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// PrintService is the service that the postal service of TikTok Shipping is mapped to
// in Linnworks.
const PrintService linnworks.GUID = "5b0d7a52-3f0c-4c0e-9a55-71c0a1d1e5b1"

var _ printing.Finder = (*Warehouse)(nil)

// OrderByNumber implements [printing.Finder]. It is one call, and for a merged order
// those that find the shop's orders in it.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrderDetailsByNumOrderId
func (l *Warehouse) OrderByNumber(ctx context.Context, number string) (bridge.WarehouseOrder, bool, error) {
	n, _ := strconv.Atoi(number)
	if n <= 0 {
		return bridge.WarehouseOrder{}, false, nil
	}
	o, err := l.client.Orders.GetOrderDetailsByNumOrderID(ctx, &linnworks.GetOrderDetailsByNumOrderIDRequest{OrderID: n})
	if linnworks.IsNotFound(err) {
		return bridge.WarehouseOrder{}, false, nil
	}
	if err != nil {
		return bridge.WarehouseOrder{}, false, err
	}
	if !l.ours(o.GeneralInfo) || o.NumOrderID != n || o.GeneralInfo.Status == statusResend {
		return bridge.WarehouseOrder{}, false, nil
	}
	list := []bridge.WarehouseOrder{warehouseOrder(*o)}
	if err := l.resolveMerged(ctx, list); err != nil {
		return bridge.WarehouseOrder{}, false, err
	}
	return list[0], true, nil
}

// PrintButton connects Linnworks' print button with the shop's labels: ports for
// [shippingapp.New], which still lack Admit and, to outlive a restart, Installations.
// Labels are not kept twice: the bridge's store has them, and at every press the gate
// is asked.
func PrintButton(button printing.Presser) shippingapp.Ports {
	return shippingapp.Ports{Courier: courier{button}, Labels: elsewhere{}}
}

// courier has the shop's carrier make labels.
type courier struct{ button printing.Presser }

func (courier) Services(context.Context, shippingapp.Installation) ([]shippingapp.Service, error) {
	return []shippingapp.Service{{ID: PrintService, Name: "TikTok Shipping", Code: "TIKTOK", Group: "TikTok Shop"}}, nil
}

func (c courier) GenerateLabel(ctx context.Context, _ shippingapp.Installation, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
	// Somebody waits for it: the calls to both sides overtake all others.
	parcels, err := c.button.Press(linnworks.Urgent(ctx), strconv.Itoa(r.OrderID))
	if err != nil {
		return nil, forPeople(err)
	}
	label := &shippingapp.Label{Tracking: parcels[0].Tracking}
	switch len(r.Packages) {
	case 1: // all labels go with it
		p, err := packageLabel(r.Packages[0].SequenceNumber, parcels)
		label.Packages = []shippingapp.PackageLabel{p}
		return label, err
	case len(parcels):
		for i := range parcels {
			p, err := packageLabel(r.Packages[i].SequenceNumber, parcels[i:i+1])
			if err != nil {
				return nil, err
			}
			label.Packages = append(label.Packages, p)
		}
		return label, nil
	}
	return nil, shippingapp.Refuse(fmt.Sprintf("The order has %d packages here and %d on TikTok Shop. Pack it in as many, or split it in Seller Center, then print again.", len(r.Packages), len(parcels)))
}

// packageLabel is the label of one package of Linnworks', with everything to be printed
// for parcels.
func packageLabel(number int, parcels []printing.Parcel) (shippingapp.PackageLabel, error) {
	p := shippingapp.PackageLabel{SequenceNumber: number, Tracking: parcels[0].Tracking}
	for _, parcel := range parcels {
		if parcel.ZPL != nil {
			return p, shippingapp.Refuse("TikTok's label is in ZPL, which Linnworks cannot print. Print it in Seller Center, and have the bridge ask for labels as PDF.")
		}
		if parcel.PDF != nil {
			p.PDFs = append(p.PDFs, parcel.PDF)
		}
		for _, picture := range parcel.PNGs {
			if p.PNG != nil {
				p.MorePNGs = append(p.MorePNGs, picture)
				continue
			}
			size, err := png.DecodeConfig(bytes.NewReader(picture))
			if err != nil {
				return p, fmt.Errorf("the label of package %s is no picture: %w", parcel.PackageID, err)
			}
			p.PNG, p.Width, p.Height = picture, inches(size.Width, parcel.DPI), inches(size.Height, parcel.DPI)
		}
	}
	return p, nil
}

// inches is how long pixels are at a resolution.
func inches(pixels, dpi int) linnworks.Decimal {
	return linnworks.Decimal(big.NewRat(int64(pixels), int64(dpi)).FloatString(2))
}

func (c courier) CancelLabel(ctx context.Context, _ shippingapp.Installation, orderID int) error {
	return forPeople(c.button.MayCancel(ctx, strconv.Itoa(orderID)))
}

// forPeople puts what people are to read into the words of the protocol.
func forPeople(err error) error {
	if e, ok := errors.AsType[*printing.NotPrintedError](err); ok {
		return &shippingapp.RefusedError{Text: e.Text, Err: err}
	}
	return err
}

// elsewhere keeps no labels: the bridge does.
type elsewhere struct{}

func (elsewhere) PutLabel(context.Context, shippingapp.KeptLabel) error { return nil }

func (elsewhere) Label(context.Context, string, int) (shippingapp.KeptLabel, bool, error) {
	return shippingapp.KeptLabel{}, false, nil
}

func (elsewhere) OrderOf(context.Context, string, string) (int, bool, error) { return 0, false, nil }

func (elsewhere) DropLabel(context.Context, string, int) error { return nil }
