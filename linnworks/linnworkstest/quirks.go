package linnworkstest

// Quirk is a behaviour that can be switched with [WithQuirk].
type Quirk string

// The quirks.
const (
	// CancelRefusesStopped: CancelOrder refuses parked and locked orders, as
	// the product documents. Whether the API enforces it is unverified. On by
	// default.
	CancelRefusesStopped Quirk = "cancel refuses parked and locked orders"
	// StoppedOrdersRefuseEdits: parked and locked orders refuse
	// SetOrderShippingInfo and ignore SetLabelsPrinted. On by default.
	StoppedOrdersRefuseEdits Quirk = "parked and locked orders refuse edits"
	// ShippingInfoOverwrites: SetOrderShippingInfo sets what the call leaves
	// out to none. Unverified: send everything back. On by default.
	ShippingInfoOverwrites Quirk = "omitted shipping info is cleared"
	// StatusIgnoresJSON: ChangeStatus and ChangeOrderTag answer a JSON body
	// with success and do nothing, as some tenants saw. Off by default.
	StatusIgnoresJSON Quirk = "ChangeStatus and ChangeOrderTag ignore JSON bodies"
)

var quirkDefaults = map[Quirk]bool{
	CancelRefusesStopped:     true,
	StoppedOrdersRefuseEdits: true,
	ShippingInfoOverwrites:   true,
	StatusIgnoresJSON:        false,
}

// WithQuirk switches one quirk on or off.
func WithQuirk(q Quirk, on bool) Option {
	return func(f *Fake) { f.quirks[q] = on }
}
