package shippingapp

import "context"

// Courier makes labels. Its methods are called on several goroutines at once, for one
// order on one at a time.
//
// Each has until its context ends: some seconds for most, [Options.WorkFor] for labels.
// An error that a person can do something about is a [RefusedError]. A panic costs
// the one call.
type Courier interface {
	// Services lists what a person can choose from for the labels of an installation.
	// Ids must not change: Linnworks maps postal services to them.
	Services(ctx context.Context, in Installation) ([]Service, error)
	// GenerateLabel makes the labels of an order, one for each package of the request.
	// Once it has succeeded it is not called again for the order until the label is
	// cancelled; see [Labels] for what remembers that, and [Ports.Reprint]. If that is
	// lost all the same, because the program dies, it is called again: it should find
	// the label that it made.
	GenerateLabel(ctx context.Context, in Installation, request *LabelRequest) (*Label, error)
	// CancelLabel cancels the labels of an order, by its number in Linnworks
	// ([LabelRequest.OrderID]). It returns a [RefusedError] for labels that cannot be
	// cancelled, and nil for one that is cancelled already.
	CancelLabel(ctx context.Context, in Installation, orderID int) error
}

// ManifestFiler files the day's parcels with the carrier.
type ManifestFiler interface {
	// CreateManifest files orders, by their numbers in Linnworks, and returns a
	// reference of at least one character. The same orders may come again, when the
	// answer was lost: the reference is the same then.
	CreateManifest(ctx context.Context, in Installation, orderIDs []int) (reference string, err error)
	// PrintManifest returns the PDF of a manifest.
	PrintManifest(ctx context.Context, in Installation, reference string) (pdf []byte, err error)
}

// Quoter says what services would cost.
type Quoter interface {
	Quote(ctx context.Context, in Installation, request *QuoteRequest) ([]Quote, error)
}

// Ports are what a [Handler] works on.
type Ports struct {
	Courier Courier
	// Admit says who may install the integration: Linnworks' call to install it
	// carries no secret, so that anybody who knows the address can make one. It
	// returns a [RefusedError] for those who may not. Whoever is admitted can print
	// labels, which show buyers' addresses. See [OnlyAccounts]; another way is a
	// [Step] that asks for a password which you give your customer.
	Admit func(context.Context, Account) error

	// The others are optional.

	// Installations keeps who installed the integration. Default
	// [integration.MemoryInstallations]: after a restart the integration has to be set up again in
	// Linnworks.
	Installations Installations
	// Labels keeps labels until they are cancelled. Default [MemoryLabels]: after a
	// restart the courier is asked again for orders that have a label.
	Labels Labels
	// Reprint is asked before a label that is kept is handed out once more, and may
	// refuse, for instance because the order was cancelled meanwhile. Without it a
	// kept label is always handed out.
	Reprint func(ctx context.Context, in Installation, request *LabelRequest, kept *Label) error
	// Manifests files manifests. Without it people are told that none is needed.
	Manifests ManifestFiler
	// Quotes answers what services cost. Without it there are no quotes.
	Quotes Quoter
}
