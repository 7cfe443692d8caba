package exceptions

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Kind is the kind of an exception. The set is closed: [Kinds] lists it.
//
// To add a kind: a constant below, and a row in the table further down that says
// what a person has to know. Tests fail as long as the row lacks a text, or as
// long as nothing in the package raises the kind. The handbook (go run
// ./examples/handbook) is written from the table.
type Kind string

// The kinds of exceptions.
const (
	UnmappedSKU       Kind = "unmapped SKU"
	AmbiguousSKU      Kind = "ambiguous SKU"
	NormalisedSKU     Kind = "SKU normalised"
	MissingComposite  Kind = "missing composite"
	BundleDiffers     Kind = "bundle differs"
	BrokenKit         Kind = "broken kit"
	BadQuantity       Kind = "bad quantity"
	BadOrder          Kind = "bad order"
	TotalDiffers      Kind = "total differs"
	NotTakenIn        Kind = "order not taken in"
	ReferenceRefused  Kind = "reference refused"
	DuplicateOrder    Kind = "duplicate order"
	AddressChanged    Kind = "address changed"
	UnknownStatus     Kind = "unknown status"
	StatesDisagree    Kind = "states disagree"
	NoTracking        Kind = "no tracking"
	UnmappedCarrier   Kind = "unmapped carrier"
	DispatchRefused   Kind = "dispatch refused"
	TrackingDiffers   Kind = "tracking differs"
	LabelFailed       Kind = "label failed"
	DeadlineNear      Kind = "deadline near"
	RateAtRisk        Kind = "rate at risk"
	LateCancellation  Kind = "late cancellation"
	PartCancellation  Kind = "part cancellation"
	HeldAtDeadline    Kind = "held at its deadline"
	CommittedUnasked  Kind = "committed unasked"
	StockRefused      Kind = "stock refused"
	StockDrift        Kind = "stock drift"
	StockZeroed       Kind = "stock zeroed"
	StockLocked       Kind = "stock locked"
	SecondWriter      Kind = "second writer"
	StaleLevels       Kind = "stale levels"
	UnmappedWarehouse Kind = "unmapped warehouse"
	Unreadable        Kind = "unreadable product"
)

// Info is what there is to know about a kind, in words for the people who
// mend it.
type Info struct {
	Kind     Kind
	Owner    Owner
	Severity Severity
	// Within is the time to act in, counted from the first sight, if the exception
	// carries no deadline of its own.
	Within time.Duration
	// Meaning is what has happened and what it costs.
	Meaning string
	// Steps are what to do, in order.
	Steps []string
	// Where are the screens to open. Seller Center and Linnworks move their menus
	// and translate them: these are the names of their public help pages.
	Where []string
	// Closes is what ends it.
	Closes string
}

// Screens that several kinds send people to.
const (
	inSellerOrders   = "Seller Center: Orders > Manage Orders, search for the order id"
	inSellerProducts = "Seller Center: Products > Manage Products, search for the seller SKU"
	inSellerStock    = "Seller Center: Products > Manage Stock, search for the SKU; its stock history reaches 30 days back"
	inOpenOrders     = "Linnworks: Orders > Open Orders, search by reference number: it is the shop's order id"
	inProcessed      = "Linnworks: Orders > Processed Orders, search for the reference number; the plus sign opens its Audit Trail"
	inInventory      = "Linnworks: Inventory > My Inventory, search for the SKU"
	inComposition    = "Linnworks: Inventory > My Inventory, open the SKU, tab Composition"
	inMapping        = "Linnworks: Settings > Channel Integration, Mapping of the channel, filter Unlinked"
)

// kinds is the table.
var kinds = map[Kind]Info{
	UnmappedSKU: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "The shop sells a SKU that Linnworks has no item for. Orders with it wait outside the warehouse, and its stock in the shop is not updated.",
		Steps: []string{
			"Compare the seller SKU of the listing with the item numbers in Linnworks, letter by letter.",
			"If the item exists under another number, map the listing to it, or correct the seller SKU in the shop.",
			"If the item is archived, restore it; if it does not exist, create it.",
			"If the exception names a warehouse order, link the line of that order too: until then it does not reserve stock.",
		},
		Where:  []string{inMapping, inInventory, inSellerProducts, inOpenOrders},
		Closes: "By itself, with the next import of an order or the next stock push that finds the item.",
	},
	AmbiguousSKU: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "One listing leads to several items in Linnworks. The bridge does not guess: orders with it wait, and its stock in the shop is not updated.",
		Steps: []string{
			"Decide which of the items named in the exception the listing sells.",
			"Remove the link between the listing and the other items, or rename their item numbers.",
			"If the listing sells several items at once, make a composite of them and map the listing to that.",
		},
		Where:  []string{inMapping, inInventory},
		Closes: "By itself, once exactly one item is left.",
	},
	NormalisedSKU: {
		Owner: OwnerEcommerce, Severity: Notice, Within: 7 * 24 * time.Hour,
		Meaning: "A listing was matched to its item only after capital letters or spaces were ignored. It works today; a second item that differs only in these would make it ambiguous.",
		Steps: []string{
			"Copy the item number from Linnworks into the seller SKU of the listing, or map the listing explicitly.",
		},
		Where:  []string{inSellerProducts, inMapping},
		Closes: "By itself, once both sides are written alike or the listing is mapped.",
	},
	MissingComposite: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The shop sells a bundle that Linnworks has no composite for. Its orders are imported by their components, with the price split, so nothing is blocked; but reports and stock do not show the bundle.",
		Steps: []string{
			"Create an item with the SKU that the exception names.",
			"Add the components and quantities that it lists on the tab Composition.",
			"Switch off stock tracking of the parent, so that Linnworks computes its stock from the components.",
		},
		Where:  []string{inComposition},
		Closes: "By itself, with the next order of the bundle.",
	},
	BundleDiffers: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "The shop makes a bundle of other goods than the composite in Linnworks. Its orders are imported and packed by the composite; but buyers were promised the shop's contents, and the shop counts down the stock of those.",
		Steps: []string{
			"Find out which of the two contents, both named in the exception, the listing promises.",
			"If Linnworks is wrong, correct the composition; open orders keep the old one, so tell the warehouse.",
			"If the shop is wrong, correct the bundle there.",
			"If the exception names a component that Linnworks has no item for, map it.",
		},
		Where:  []string{inComposition, inSellerProducts, inMapping},
		Closes: "By itself, with the next order of the bundle after both sides are the same.",
	},
	BrokenKit: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "A kit cannot be broken down: a component is missing or archived, has no quantity, or contains the kit itself. Orders with it wait, and its stock in the shop is not updated.",
		Steps: []string{
			"Open the composition of the kit and compare it with what is packed.",
			"Put in the missing component or the right quantity; take out a component that leads back to the kit.",
			"Restore a component that is archived.",
		},
		Where:  []string{inComposition},
		Closes: "By itself, with the next import or stock push that can break the kit down.",
	},
	BadQuantity: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "A quantity cannot be right: fewer than zero units are free, far more than a warehouse holds, or the item is sold without being tracked. The SKU is sold as zero or left as it is, never at that number.",
		Steps: []string{
			"Count the item, if the exception is about a level, and correct the level in Linnworks.",
			"If more is ordered than is there, tell e-commerce which orders cannot be sent.",
			"If the item is not tracked, switch tracking on, or stop selling it with a stock.",
			"If it is about an order, compare the order with the shop before anything is packed.",
		},
		Where:  []string{inInventory, inOpenOrders, inSellerOrders},
		Closes: "By itself, with the next stock push or import that finds a sound quantity.",
	},
	BadOrder: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order cannot be imported as it is: an amount or currency cannot be read, it has no line left, a side refuses it, or a warehouse order names no shop order. It is not in the warehouse, or not connected to the shop.",
		Steps: []string{
			"Read in the exception what is wrong and compare the order in the shop.",
			"If Linnworks refused it, correct what it names (a location, a service, a country) and let the import run again.",
			"If a warehouse order names no shop order, look whether orders were merged; then enter the tracking number in the shop by hand.",
			"If the order cannot be imported before its deadline, create it in Linnworks by hand with the shop's order id as reference number.",
		},
		Where:  []string{inSellerOrders, inOpenOrders},
		Closes: "By itself, when the order is imported or cancelled. One about a warehouse order is closed by hand.",
	},
	TotalDiffers: {
		Owner: OwnerFinance, Severity: Notice, Within: 7 * 24 * time.Hour,
		Meaning: "What the shop states of an order's goods, shipping, tax and fees does not add up to what the buyer paid and the platform funds. The order was imported with the shop's total; the difference is a line, or a discount, of its own.",
		Steps: []string{
			"Compare the properties of the order in Linnworks, whose names begin with tiktok., with the price details in the shop.",
			"Find the amount that is missing: a new fee, a discount that somebody else pays, a tax that is in the prices or is not.",
			"If it is in every order, report it to the integrator with one order id: the bridge does not know the amount yet.",
			"Book the difference where it belongs when the statement of the order arrives.",
		},
		Where:  []string{inOpenOrders, inSellerOrders, "Seller Center: Finance, the statement of the order"},
		Closes: "By hand, once the difference is explained.",
	},
	NotTakenIn: {
		Owner: OwnerIntegration, Severity: Urgent, Within: time.Hour,
		Meaning: "The intake has tried an order several times in vain, or its deadline came near while it failed. It is tried again all the time, but what is in the way does not go away.",
		Steps: []string{
			"Read the last error in the exception and mend its cause.",
			"If only a webhook told of the order, look whether it exists in the shop at all.",
		},
		Where:  []string{inSellerOrders},
		Closes: "By itself, when the order is taken in.",
	},
	ReferenceRefused: {
		Owner: OwnerIntegration, Severity: Notice, Within: 7 * 24 * time.Hour,
		Meaning: "The shop did not take the warehouse's id as external reference of an order. Nothing depends on it; people do not find the one from the other.",
		Steps: []string{
			"Read the shop's reason in the exception.",
			"Look whether the order belongs to this shop, and whether another system writes references under the same platform.",
		},
		Where:  []string{inSellerOrders},
		Closes: "By itself, when the shop takes the reference: it is tried once a day.",
	},
	DuplicateOrder: {
		Owner: OwnerIntegration, Severity: Urgent, Within: time.Hour,
		Meaning: "Linnworks holds more units for one shop order than the shop sold: the order is there twice, from two integrations or by hand. Sent twice, the second parcel is a loss.",
		Steps: []string{
			"Compare the warehouse orders that the exception names.",
			"Cancel the surplus one before it is picked; leave the one with the shop's line ids.",
			"Find who created it. If a second integration imports the same shop, switch one of them off.",
		},
		Where:  []string{inOpenOrders, inProcessed},
		Closes: "By itself, when the surplus order is cancelled and the import looks again.",
	},
	AddressChanged: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: time.Hour,
		Meaning: "The buyer changed the address after the label was printed, or when the order had been merged with others. The parcel bears the old address.",
		Steps: []string{
			"Stop the parcel and cancel its label.",
			"Correct the address in Linnworks as Seller Center shows it. Split the order first if it was merged with orders to other addresses.",
			"Print the label again. If the parcel has left, tell customer service.",
		},
		Where:  []string{inOpenOrders, "Seller Center: Orders > Manage Orders"},
		Closes: "By a person: the bridge does not see whether the parcel was stopped.",
	},
	UnknownStatus: {
		Owner: OwnerIntegration, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "The shop reports a status, or a shipping model, that the status table has no row for. Nothing is done about the order until somebody says what to do.",
		Steps: []string{
			"Look at the order in the shop: what does the status mean for the parcel?",
			"Add a row to the status table and give it to the primitives in their Table option.",
			"Until then, treat the order by hand if its deadline is near.",
		},
		Where:  []string{inSellerOrders, "Bridge: the status table, at the end of this handbook"},
		Closes: "By itself, when the table has the row or the order moves on to a known status.",
	},
	StatesDisagree: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "Shop and warehouse contradict one another: one has cancelled what the other ships, an order is missing in the warehouse, or one that was released stays parked. Doing either side's will could be wrong, so nothing is done.",
		Steps: []string{
			"Open the order on both sides and find out which one is right; the Audit Trail shows who changed it.",
			"Correct the other side: cancel, unpark, or process it by hand.",
			"If the order is missing, look whether it was merged into another order of the same buyer.",
		},
		Where:  []string{inSellerOrders, inOpenOrders, inProcessed},
		Closes: "By itself, when both sides agree.",
	},
	NoTracking: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order was processed without a tracking number. The shop counts it as not sent, and cancels it when its deadline passes.",
		Steps: []string{
			"Find the number: on the label, in the carrier's portal, at the packing bench.",
			"Enter number and carrier in the shop. A processed order in Linnworks takes none any more.",
			"If the service has no tracking, use a tracked one for this shop from now on.",
		},
		Where:  []string{inProcessed, inSellerOrders + ", then add the tracking number"},
		Closes: "By itself, when the shop shows a tracking number for the order.",
	},
	UnmappedCarrier: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "The warehouse used a carrier that none of the shop's shipping providers is mapped to. Its tracking numbers do not reach the shop; every order sent with it will be late.",
		Steps: []string{
			"Choose, among the providers that the exception lists, the one that carries these parcels: the shop checks numbers against it.",
			"Add the carrier to the mapping and run the dispatch again.",
			"If the shop has no such provider, the warehouse must use another carrier for this shop.",
		},
		Where:  []string{"Bridge: DispatchOptions.Carriers", inProcessed},
		Closes: "By itself, when the order's tracking has reached the shop.",
	},
	DispatchRefused: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "The shop did not take the shipment, or must not be told of it: the order is on hold or asks for cancellation, the number is refused, or it is not known which lines are in the parcel. The goods may have left already.",
		Steps: []string{
			"Read the reason in the exception.",
			"If a cancellation waits, stop the parcel if it is still there and tell customer service.",
			"If the number was refused, compare it with the label and enter the right one in the shop.",
			"If the order was split, enter the number for the lines of this parcel in the shop.",
		},
		Where:  []string{inSellerOrders, inProcessed},
		Closes: "By itself, when the shop shows the tracking of the parcel.",
	},
	TrackingDiffers: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The shop shows another tracking number than the warehouse. If the shop's is wrong, the buyer waits for a parcel that does not exist, and the shop counts the number as invalid.",
		Steps: []string{
			"Look both numbers up at the carrier.",
			"If the shop's is wrong, correct it there: it allows one correction, within 72 hours of shipping.",
			"If the warehouse's is wrong, note the right one on the order and resolve the exception.",
		},
		Where:  []string{inSellerOrders, inProcessed},
		Closes: "By itself, when the numbers agree; by hand, if the shop's is the right one.",
	},
	LabelFailed: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "A shipping label could not be made: the carrier refused it in Linnworks, or the shop gives no document for its own carrier. The order cannot be sent until there is one.",
		Steps: []string{
			"Read the shop's reason in the exception, or the carrier's on the order in Linnworks.",
			"Correct what it names: address, postcode, weight, size, service, or the carrier's account.",
			"Print the label again. With the shop's own carrier it is fetched again by itself.",
			"If there is no label before the deadline, send the order with another service.",
		},
		Where:  []string{inOpenOrders + "; the column Label Error shows the reason", inSellerOrders},
		Closes: "By itself, when the label is there or the order is sent.",
	},
	DeadlineNear: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 2 * time.Hour,
		Meaning: "A deadline of the shop comes near and the order is not where it has to be by then. Past it the order counts as late, or the shop cancels it and counts that against the seller.",
		Steps: []string{
			"Read in the exception which deadline it is and what is still to be done.",
			"If the order is not packed, send it next.",
			"If it has left, see why the shop does not know: other exceptions of the order say so. Enter the number in the shop by hand if that is quicker.",
			"If the carrier has not collected it, have it collected or scanned.",
			"If a buyer's request waits, decide it before the shop does.",
		},
		Where:  []string{inOpenOrders, inProcessed, inSellerOrders},
		Closes: "By itself, when the order has moved on.",
	},
	RateAtRisk: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "One of the rates that the shop judges the seller by (late dispatch, cancellations at the seller's fault, valid tracking) is past its threshold, or will be if nothing changes. The shop answers with penalty points and fewer orders.",
		Steps: []string{
			"Read in the exception which rate it is and how many orders make it up.",
			"Send the orders that are about to be late first.",
			"If cancellations are the cause, find the SKUs that were out of stock and raise their buffer.",
			"If tracking is the cause, find the carrier whose numbers the shop does not see moving.",
		},
		Where:  []string{"Seller Center: Account Health and Shop Performance", inOpenOrders},
		Closes: "By itself, when the rate is back on the right side.",
	},
	LateCancellation: {
		Owner: OwnerCustomerService, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order was cancelled, or the buyer asks for it, after the cut-off: the warehouse has gone too far with it to stop by itself. Undecided requests are granted by the shop when their deadline passes, parcel or not.",
		Steps: []string{
			"Ask the warehouse whether the parcel can still be stopped.",
			"If it can: have it stopped, cancel the order in Linnworks and grant the request.",
			"If it cannot, and the request waits: reject it, and point the buyer to a return.",
			"If it cannot, and the order is cancelled already: ask the buyer to refuse the parcel or send it back, and watch for its return.",
		},
		Where: []string{
			"Seller Center: Orders > Manage Orders, board of pending actions, Cancellation requested (in some markets Orders > Manage Cancellations)",
			inOpenOrders, inProcessed,
		},
		Closes: "By itself, when the order is cancelled in the warehouse after all; otherwise by hand, with a note of what was agreed.",
	},
	PartCancellation: {
		Owner: OwnerCustomerService, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "Some lines of an order are cancelled and the others are not. The bridge takes such lines off the warehouse order by itself; here it is not certain which units they are, or somebody has locked the order. Sent as it is, the parcel holds what the buyer will not pay for.",
		Steps: []string{
			"Have the warehouse hold the order.",
			"Remove the cancelled lines, which the exception names, from the order in Linnworks.",
			"Decide the request in the shop, and let the warehouse go on.",
		},
		Where:  []string{inOpenOrders, inSellerOrders},
		Closes: "By itself, when the bridge finds the lines gone or can take them off; otherwise by hand, with a note, once both sides have the same lines.",
	},
	HeldAtDeadline: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: time.Hour,
		Meaning: "The shop's deadline for an order is near and the shop cannot be asked whether the order still stands. The bridge holds it, as it is configured to: shipped, it might be one that was cancelled; held, it may be late, or cancelled for being late.",
		Steps: []string{
			"Look the order up in the shop by hand.",
			"If it still stands and nobody asks to cancel it, send it, and enter the tracking number there.",
			"If the shop cannot be reached by hand either, decide which loss is smaller, and note it.",
		},
		Where:  []string{inSellerOrders, inOpenOrders, "Bridge: GateOptions.AtDeadline"},
		Closes: "By itself, when the shop answers about the order again.",
	},
	CommittedUnasked: {
		Owner: OwnerCustomerService, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "The shop could not be asked about an order whose deadline was near, and the bridge let it go, as it is configured to. The buyer may have cancelled it.",
		Steps: []string{
			"Look in the shop, as soon as it answers, whether the order was cancelled or somebody asks for it.",
			"If so, have the parcel stopped; if it has left, agree on its return with the buyer.",
		},
		Where:  []string{inSellerOrders, inProcessed, "Bridge: GateOptions.AtDeadline"},
		Closes: "By itself, when the shop answers that the order stands; otherwise by hand.",
	},
	StockRefused: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "The shop did not take the stock of a SKU. It goes on selling at the number it had, which may be more than there is.",
		Steps: []string{
			"Read the shop's reason in the exception.",
			"Correct the listing: a product that is frozen or deleted takes no stock, and a SKU takes it only for the warehouses it is assigned to.",
			"If the SKU is out of stock and the shop does not let it be lowered, deactivate the listing.",
		},
		Where:  []string{inSellerStock, inSellerProducts},
		Closes: "By itself, when the shop takes the stock of the SKU.",
	},
	StockDrift: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The shop showed another quantity than the bridge had published. It was repaired; but somebody or something changes stock in the shop, and for a while it was wrong.",
		Steps: []string{
			"Look in the stock history of the SKU who changed it, and when.",
			"If it was a colleague: stock is changed in Linnworks, never in the shop.",
			"If it happens again and again, look for another program with access to the shop.",
		},
		Where:  []string{inSellerStock, inInventory},
		Closes: "By itself, when the shop shows what it should at the next comparison.",
	},
	StockZeroed: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: time.Hour,
		Meaning: "The shop has set a SKU to zero by itself, because the seller cancelled an order as out of stock. If there is stock, sales are being lost.",
		Steps: []string{
			"Find the cancelled order and ask the warehouse whether the item is really missing.",
			"If it is missing, correct its level in Linnworks, so that the other channels stop selling it.",
			"If it is there, the bridge restores the number; use another reason than out of stock next time.",
		},
		Where:  []string{inSellerStock, inSellerOrders, inInventory},
		Closes: "By itself, when the shop shows what it should again.",
	},
	StockLocked: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "Units of a SKU are locked for a campaign or a creator, and the shop does not let its stock go below them. It may sell more than there is.",
		Steps: []string{
			"Compare the locked units with what is free in Linnworks.",
			"If less is free, take the SKU out of the campaign or lower what is reserved for it.",
			"If the campaign must go on, move stock to the location that feeds it.",
		},
		Where:  []string{inSellerStock + " and shows what is locked for campaigns", inInventory},
		Closes: "By itself, when the shop takes the level, or when the lock ends.",
	},
	SecondWriter: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 30 * time.Minute,
		Meaning: "Another program writes the stock of the same SKUs. Two writers undo each other and both oversell, so the bridge has stopped publishing stock for this shop.",
		Steps: []string{
			"List the programs that have access to the shop, and Linnworks' own channel integration.",
			"Switch off stock in all but one. If the bridge is the one to stay: stop the inventory update of the other.",
			"Then resolve the exception, and see that the next push publishes.",
		},
		Where: []string{
			"Seller Center: Growth > My Apps & Services",
			"Linnworks: Settings > Channel Integration, inventory update of the channel",
		},
		Closes: "By hand, once there is one writer left. Stock is published again from then on.",
	},
	StaleLevels: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 30 * time.Minute,
		Meaning: "Linnworks' stock levels have not been read for too long. The shop sells at old numbers, and what other channels sold meanwhile is sold again.",
		Steps: []string{
			"Look in the health numbers what failed last: the session, the rate limit, the network.",
			"If Linnworks itself does not answer, lower the stock of the fastest sellers in the shop by hand, or pause their campaign.",
		},
		Where:  []string{"Bridge: the health numbers of the stock push", inSellerStock},
		Closes: "By itself, when the levels have been read again.",
	},
	Unreadable: {
		Owner: OwnerIntegration, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The shop returns a product in a form that cannot be read. Its stock is not published; the shop keeps selling what it shows.",
		Steps: []string{
			"Open the product in Seller Center and look for what is odd about the field that is named.",
			"If nothing is odd, report the field to the integrator, who mends the reading.",
			"Until then, correct the product's stock in Seller Center by hand.",
		},
		Where:  []string{"Seller Center, Products, the product", "the log of the program"},
		Closes: "By itself, with the next reading of the listings in which the product can be read.",
	},
	UnmappedWarehouse: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 4 * time.Hour,
		Meaning: "A warehouse of the shop is not fed by a stock location, or one location feeds two warehouses of a SKU. The stock of the SKUs in it is not updated.",
		Steps: []string{
			"Map the warehouse to the stock locations that its orders are sent from.",
			"Give each warehouse locations of its own, or sell the SKU from one warehouse only.",
			"If the shop names no warehouse for a SKU, assign it to one.",
		},
		Where: []string{
			"Bridge: stock.Options.Locations and ImportOptions.Locations",
			"Seller Center: warehouse settings (Orders > Shipping and Delivery Settings > Fulfillment, or My Account > Seller Profile)",
			inSellerProducts,
		},
		Closes: "By itself, with the next stock push that knows where the stock comes from.",
	},
}

// Info returns the row of the kind. known is false for a kind that is not in the
// closed set, as one from a newer version in a shared store may be.
func (k Kind) Info() (info Info, known bool) {
	info, known = kinds[k]
	info.Kind, info.Steps, info.Where = k, slices.Clone(info.Steps), slices.Clone(info.Where)
	return info, known
}

// AllKinds are the kinds by name.
func AllKinds() []Kind { return slices.Sorted(maps.Keys(kinds)) }

// Kinds returns the closed set of kinds, by owner, the most severe first, then
// by the time to act in and by name.
func Kinds() []Info {
	list := make([]Info, 0, len(kinds))
	for k := range maps.Keys(kinds) {
		info, _ := k.Info()
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b Info) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Owners, a.Owner), slices.Index(Owners, b.Owner)),
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Within, b.Within),
			cmp.Compare(a.Kind, b.Kind),
		)
	})
	return list
}
