package exceptions

import "time"

// Screens that several kinds send people to.
const (
	inSellerOrders   = "Seller Center: Orders > Manage Orders, search for the order id"
	inSellerProducts = "Seller Center: Products > Manage Products, search for the seller SKU"
	inSellerStock    = "Seller Center: Products > Manage Stock, search for the SKU; the stock history shows the last 30 days"
	inOpenOrders     = "Linnworks: Orders > Open Orders, search by reference number, which is the shop's order id"
	inProcessed      = "Linnworks: Orders > Processed Orders, search for the reference number; the plus sign opens its Audit Trail"
	inInventory      = "Linnworks: Inventory > My Inventory, search for the SKU"
	inComposition    = "Linnworks: Inventory > My Inventory, open the SKU, tab Composition"
	inMapping        = "Linnworks: Settings > Channel Integration, Mapping of the channel, filter Unlinked"
)

// kinds is the table.
var kinds = map[Kind]Info{
	UnmappedSKU: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "The shop sells a SKU that Linnworks has no item for. Orders for it cannot be imported, and its stock in the shop is not updated.",
		Steps: []string{
			"Compare the seller SKU of the listing with the item numbers in Linnworks, letter by letter.",
			"If the item has another number, map the listing to it, or correct the seller SKU in the shop.",
			"If the item is archived, restore it. If it does not exist, create it.",
		},
		Where:  []string{inMapping, inInventory, inSellerProducts},
		Closes: "By itself, once the bridge finds the item and the orders that waited for it are imported.",
		Part:   PartCatalogue, Cause: true, Ends: []End{EndVoid, EndCancelled},
	},
	AmbiguousSKU: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "One listing could be any of several items in Linnworks, and the bridge does not guess. Orders for it cannot be imported, and its stock in the shop is not updated.",
		Steps: []string{
			"Decide which of the items named in the exception the listing sells.",
			"Remove the links between the listing and the other items, or change their item numbers.",
			"If the listing sells several items together, create a composite of them and map the listing to it.",
		},
		Where:  []string{inMapping, inInventory},
		Closes: "By itself, once only one item is left and the orders that waited for it are imported.",
		Part:   PartCatalogue, Cause: true, Ends: []End{EndVoid, EndCancelled},
	},
	BrokenKit: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "The bridge cannot work out what a kit is made of: a component is missing or archived, has no quantity, or contains the kit itself. Orders for it cannot be imported, and its stock in the shop is not updated.",
		Steps: []string{
			"Open the composition of the kit and compare it with what you pack.",
			"Add the missing component or the right quantity. Remove a component that contains the kit.",
			"If a component is archived, restore it.",
		},
		Where:  []string{inComposition},
		Closes: "By itself, once the composition is right and the orders that waited for it are imported.",
		Part:   PartCatalogue, Cause: true, Ends: []End{EndVoid, EndCancelled},
	},
	SpellingDiffers: {
		Owner: OwnerEcommerce, Severity: Notice, Within: 7 * 24 * time.Hour,
		Meaning: "A listing matches its item only if capital letters and spaces are ignored. It works today. A second item with nearly the same number would stop it.",
		Steps: []string{
			"Copy the item number from Linnworks into the seller SKU of the listing, or map the listing to the item.",
		},
		Where:  []string{inSellerProducts, inMapping},
		Closes: "By itself, once both sides are spelt the same or the listing is mapped.",
		Part:   PartCatalogue,
	},
	MissingComposite: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The shop sells a bundle that Linnworks has no composite for. Orders for it are imported as separate components with the price split between them, so nothing waits. Reports and stock do not show the bundle.",
		Steps: []string{
			"Create an item with the SKU that the exception names.",
			"On the tab Composition, add the components and quantities that it lists.",
			"Switch off stock tracking of the new item, so that Linnworks works out its stock from the components.",
		},
		Where:  []string{inComposition},
		Closes: "By itself, with the next order for the bundle.",
		Part:   PartImporter,
	},
	BundleDiffers: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "A bundle in the shop and its composite in Linnworks do not have the same contents. Orders are packed as Linnworks says, but the buyer was promised what the shop says, and the shop reduces the stock of that.",
		Steps: []string{
			"Both contents are in the exception: decide which one the listing promises.",
			"If Linnworks is wrong, correct the composition. Open orders keep the old one, so tell the warehouse.",
			"If the shop is wrong, correct the bundle there.",
			"If Linnworks has no item for one of the components, map it.",
		},
		Where:  []string{inComposition, inSellerProducts, inMapping},
		Closes: "By itself, with the next order for the bundle after both sides are the same.",
		Part:   PartImporter,
	},
	UnlinkedLine: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "A line of an order in Linnworks has no stock item. Its stock is not reserved, and it cannot be picked.",
		Steps: []string{
			"Link the line that the exception names to its item.",
			"Link the channel SKU to the item as well, or the next order has the same fault.",
		},
		Where:  []string{inOpenOrders, inMapping},
		Closes: "By itself, when the bridge next looks at the order and the line has its item.",
		Part:   PartImporter, Ends: []End{EndVoid},
	},
	BadOrder: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order cannot be imported: an amount, a quantity or the currency makes no sense, all its lines are cancelled, or Linnworks refuses it. The warehouse does not have it.",
		Steps: []string{
			"Read what is wrong in the exception and look at the order in the shop.",
			"If Linnworks refused it, correct what the message names: a location, a service, a country.",
			"The bridge tries again by itself. If the deadline comes first, report the order to the integrator, with its id.",
			"Send the goods by hand only if you have to. Enter the tracking number in the shop, and book the goods out in Linnworks.",
		},
		Where:  []string{inSellerOrders, inOpenOrders, inInventory},
		Closes: "By itself, when the order is imported or cancelled.",
		Part:   PartImporter, Ends: []End{EndVoid, EndCancelled},
	},
	OrderStuck: {
		Owner: OwnerIntegration, Severity: Urgent, Within: time.Hour,
		Meaning: "The bridge has tried to process an order several times and failed, or its deadline is near and it still fails. It keeps trying.",
		Steps: []string{
			"Read the last error in the exception and correct what it names.",
			"If only a webhook has mentioned the order, check that it exists in the shop.",
		},
		Where:  []string{inSellerOrders},
		Closes: "By itself, when the order goes through.",
		Part:   PartIntake, Ends: []End{EndVoid, EndCancelled},
	},
	TotalDiffers: {
		Owner: OwnerFinance, Severity: Notice, Within: 7 * 24 * time.Hour,
		Meaning: "The goods, shipping, tax and fees that the shop lists for these orders do not add up to what was paid for them. They were imported with the shop's total. The difference is a line, or a discount, of its own.",
		Steps: []string{
			"In Linnworks, open one of the orders and compare its properties that begin with tiktok. with the price details in the shop.",
			"Find the amount that is missing: a new fee, a discount that somebody else pays, or tax that is or is not in the prices.",
			"If every order has it, send the integrator one order id: the bridge does not know this amount yet.",
			"When the statements arrive, book the difference where it belongs.",
		},
		Where:  []string{inOpenOrders, inSellerOrders, "Seller Center: Finance, the statement of the order"},
		Closes: "By hand, once the difference is explained.",
		Part:   PartImporter, ByHand: true, Cause: true, Ends: []End{EndVoid},
	},
	ReferenceRefused: {
		Owner: OwnerIntegration, Severity: Notice, Within: 7 * 24 * time.Hour,
		Meaning: "The shop did not accept the Linnworks order number as the order's external reference. The order itself is not affected; the shop just does not show the number.",
		Steps: []string{
			"Read the shop's reason in the exception.",
			"Check that the order belongs to this shop, and that no other system writes references to it.",
		},
		Where:  []string{inSellerOrders},
		Closes: "By itself, when the shop accepts the reference. The bridge tries once a day.",
		Part:   PartReferences, Ends: []End{EndVoid, EndDelivered},
	},
	DuplicateOrder: {
		Owner: OwnerIntegration, Severity: Urgent, Within: time.Hour,
		Meaning: "Linnworks holds more units for a shop order than the shop sold: the order is there twice, from a second integration or created by hand. A second parcel would be a loss.",
		Steps: []string{
			"Compare the Linnworks orders that the exception names.",
			"Cancel the extra one before it is picked. Keep the one with the shop's line ids.",
			"Find out who created it. If a second integration imports this shop, switch one of the two off.",
		},
		Where:  []string{inOpenOrders, inProcessed},
		Closes: "By itself, when the extra order is cancelled and the bridge next looks at the order.",
		Part:   PartImporter, Ends: []End{EndVoid},
	},
	AddressChanged: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: time.Hour,
		Meaning: "The buyer changed the address after the label was printed, or after the order was merged with others. The parcel has the old address on it.",
		Steps: []string{
			"Stop the parcel and cancel its label.",
			"Copy the address from Seller Center into the Linnworks order. If it was merged with orders to other addresses, split it first.",
			"Print the label again. If the parcel has left, tell customer service.",
		},
		Where:  []string{inOpenOrders, "Seller Center: Orders > Manage Orders"},
		Closes: "By hand: the bridge cannot see whether the parcel was stopped.",
		Part:   PartImporter, ByHand: true, Ends: []End{EndVoid},
	},
	UnknownStatus: {
		Owner: OwnerIntegration, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "The shop reports an order status, or a way of shipping, that the bridge does not know. It does nothing about these orders until it is told what to do.",
		Steps: []string{
			"Look at one of the orders in the shop. What does the status mean for the parcel?",
			"Add a row for it to the status table and pass the table to the bridge (option Table).",
			"Until then, deal by hand with the orders whose deadline is near.",
		},
		Where:  []string{inSellerOrders, "Bridge: the status table, at the end of this handbook"},
		Closes: "By itself, when the table has the row, or when all the orders have moved on to a known status.",
		Part:   PartImporter, Cause: true, Ends: anyEnd,
	},
	StatesDisagree: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "Shop and Linnworks say different things about an order: one side has sent or changed what the other has not, the order has gone from Linnworks, or it stays parked after the shop released it. Either side could be right, so the bridge does nothing.",
		Steps: []string{
			"Open the order on both sides and find out which is right. The Audit Trail shows who changed it.",
			"Correct the other side by hand: unpark, process or cancel the order.",
			"If the order is not in Linnworks, check whether it was merged with another order of the same buyer.",
		},
		Where:  []string{inSellerOrders, inOpenOrders, inProcessed},
		Closes: "By itself, when both sides agree.",
		Part:   PartImporter, Ends: []End{EndVoid, EndCancelled},
	},
	SentOutOfTurn: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: time.Hour,
		Meaning: "An order was processed in Linnworks, and the shop does not expect that parcel: the order is not paid, is on hold, is shipped by the shop's own warehouse, or has to go out with the shop's own label.",
		Steps: []string{
			"If the parcel is still there, put it aside.",
			"If the shop's own label is missing, arrange the shipment in the shop and use that label.",
			"If the order is not paid or is on hold, wait until the shop releases it.",
			"If the parcel has left, tell customer service and enter its number in the shop as soon as the shop allows it.",
		},
		Where:  []string{inSellerOrders, inProcessed},
		Closes: "By itself, when the shop counts the order as sent, or when it is cancelled.",
		Part:   PartDispatcher, Ends: anyEnd,
	},
	NoShopOrder: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order was processed in Linnworks and has no order in the shop: its reference number is empty or the shop does not know it. The shop has not been told that a parcel is on its way.",
		Steps: []string{
			"Check whether orders were merged: the Audit Trail names them.",
			"Find the shop's orders by their contents and enter the tracking number there by hand.",
			"If the order was created by hand, put the shop's order id into its reference number next time.",
		},
		Where:  []string{inProcessed, "Seller Center: Orders > Manage Orders"},
		Closes: "By hand, once the shop has the tracking number. By itself, if the shop shows the order after all.",
		Part:   PartDispatcher, Ends: anyEnd,
	},
	NoTracking: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order was processed without a tracking number. For the shop it is not sent, and when its deadline passes the shop cancels it.",
		Steps: []string{
			"Find the number: on the label, on the carrier's website, at the packing bench.",
			"Enter the number and the carrier in the shop. Linnworks takes none for a processed order.",
			"If the service has no tracking, use a tracked one for this shop from now on.",
		},
		Where:  []string{inProcessed, inSellerOrders + ", then add the tracking number"},
		Closes: "By itself, when the shop shows a tracking number for the order.",
		Part:   PartDispatcher, Ends: anyEnd,
	},
	UnmappedCarrier: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "The warehouse used a carrier that is not mapped to one of the shop's shipping providers. Its tracking numbers do not reach the shop, and every order sent with it will count as late.",
		Steps: []string{
			"From the providers listed in the exception, choose the one that carries these parcels: the shop checks the numbers with it.",
			"Add the carrier to the mapping. The bridge then sends the numbers of all orders that wait.",
			"If the shop has no such provider, the warehouse has to use another carrier for this shop.",
		},
		Where:  []string{"Bridge: DispatchOptions.Carriers", inProcessed},
		Closes: "By itself, when the tracking numbers of all the orders are in the shop.",
		Part:   PartDispatcher, Cause: true, Ends: anyEnd,
	},
	DispatchRefused: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "The shop did not accept a shipment, or must not be told about it: the order is on hold, a cancellation is waiting, the tracking number is refused, or it is not clear which lines are in the parcel. The goods may have left.",
		Steps: []string{
			"Read the reason in the exception.",
			"If a cancellation is waiting, stop the parcel if it is still there, and tell customer service.",
			"If the number was refused, compare it with the label and enter the right one in the shop.",
			"If the order was split, enter the number in the shop for the lines that are in this parcel.",
		},
		Where:  []string{inSellerOrders, inProcessed},
		Closes: "By itself, when the shop shows the tracking number of the parcel.",
		Part:   PartDispatcher, Ends: anyEnd,
	},
	TrackingDiffers: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The shop and Linnworks have different tracking numbers for an order. If the shop's is wrong, the buyer waits for a parcel that does not exist, and the shop counts the number as invalid.",
		Steps: []string{
			"Look both numbers up on the carrier's website.",
			"If the shop's is wrong, correct it there. The shop allows one correction, within 72 hours of shipping.",
			"If the one in Linnworks is wrong, note the right one on the order and resolve the exception.",
		},
		Where:  []string{inSellerOrders, inProcessed},
		Closes: "By itself, when the numbers are the same. By hand, if the shop's is the right one.",
		Part:   PartDispatcher, Ends: anyEnd,
	},
	LabelFailed: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "A shipping label could not be made: the carrier refused it in Linnworks, or the shop has no document for its own carrier. The order cannot be sent without one.",
		Steps: []string{
			"Read the shop's reason in the exception, or the carrier's on the order in Linnworks.",
			"Correct what it names: address, postcode, weight, size, service, or the account with the carrier.",
			"Print the label again. The label of the shop's own carrier is fetched again by itself.",
			"If there is still no label near the deadline, send the order with another service.",
		},
		Where:  []string{inOpenOrders + "; the column Label Error shows the reason", inSellerOrders},
		Closes: "By itself, when the label is there or the order is sent.",
		Part:   PartDispatcher, Ends: anyEnd,
	},
	NotDispatched: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 2 * time.Hour,
		Meaning: "The warehouse has finished an order, its deadline is near, and the bridge has not been able to tell the shop. It keeps trying.",
		Steps: []string{
			"Read the last error in the exception and correct what it names. Another exception of the order may say more.",
			"If that takes too long, enter the tracking number in the shop by hand.",
		},
		Where:  []string{inProcessed, inSellerOrders + ", then add the tracking number"},
		Closes: "By itself, when the shop has the tracking number.",
		Part:   PartDispatchQueue, Ends: anyEnd,
	},
	DeadlineNear: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 2 * time.Hour,
		Meaning: "One of the shop's deadlines for an order is near. If it passes, the order counts as late, or the shop cancels it and holds that against the shop's rating.",
		Steps: []string{
			"Read in the exception which deadline it is and what is left to do.",
			"If the order is not packed, send it next.",
			"If it has left, look for other exceptions of the order: they say why the shop does not know. Entering the number in the shop by hand is often quickest.",
			"If the carrier has not collected it, have it collected or scanned.",
			"If a buyer's request is waiting, answer it before the shop does.",
		},
		Where:  []string{inOpenOrders, inProcessed, inSellerOrders},
		Closes: "By itself, when the order has moved on.",
		Part:   PartDeadlines, Ends: anyEnd,
	},
	RateAtRisk: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "One of the rates that the shop judges sellers by (late dispatch, valid tracking, cancellations by the seller, on-time delivery) is past its limit, or soon will be. That costs penalty points and, later, sales.",
		Steps: []string{
			"Read in the exception which rate it is and how many orders it comes from.",
			"Send the orders first that are about to be late.",
			"If it is cancellations, find the SKUs that were out of stock and raise their buffer.",
			"If it is tracking, find the carrier whose numbers the shop does not see moving.",
		},
		Where:  []string{"Seller Center: Account Health and Shop Performance", inOpenOrders},
		Closes: "By itself, when the rate is within its limit again.",
		Part:   PartDeadlines,
	},
	LateCancellation: {
		Owner: OwnerCustomerService, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order was cancelled, or the buyer asks for that, when the warehouse had already gone too far with it. If nobody answers a request before its deadline, the shop grants it, parcel or not.",
		Steps: []string{
			"Ask the warehouse whether the parcel can still be stopped.",
			"If it can, have it stopped, cancel the order in Linnworks and grant the request.",
			"If it cannot, and a request is waiting, reject it and point the buyer to a return.",
			"If it cannot, and the order is already cancelled, ask the buyer to refuse the parcel or send it back, and watch for it.",
		},
		Where: []string{
			"Seller Center: Orders > Manage Orders, board of pending actions, Cancellation requested (in some markets Orders > Manage Cancellations)",
			inOpenOrders, inProcessed,
		},
		Closes: "By itself, when the order is cancelled in Linnworks after all, or delivered. Otherwise by hand, with a note of what was agreed.",
		Part:   PartCanceller, Ends: []End{EndVoid, EndDelivered},
	},
	PartCancellation: {
		Owner: OwnerCustomerService, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "Some lines of an order are cancelled, the others are not, and the bridge cannot take them off in Linnworks: it is not clear which units they are, or somebody has locked the order. If it goes out as it is, the parcel holds goods that the buyer does not pay for.",
		Steps: []string{
			"Ask the warehouse to hold the order.",
			"In Linnworks, remove the lines that the exception names.",
			"Answer the request in the shop, and tell the warehouse to go on.",
		},
		Where:  []string{inOpenOrders, inSellerOrders},
		Closes: "By itself, when the lines are gone. Otherwise by hand, with a note, once both sides have the same lines.",
		Part:   PartCanceller, Ends: []End{EndVoid},
	},
	CancellationStuck: {
		Owner: OwnerCustomerService, Severity: Urgent, Within: time.Hour,
		Meaning: "An order is cancelled, or the buyer asks for that, and the bridge cannot carry it out: the goods are in a merged order, Linnworks does not show the order, or one side refuses. The goods may be sent although nobody pays for them.",
		Steps: []string{
			"Find the order in Linnworks. If it was merged, the exception or the Audit Trail names the other order.",
			"Before it is sent, take the cancelled goods off, or cancel the order.",
			"If a request is waiting in the shop, answer it.",
		},
		Where:  []string{inOpenOrders, inProcessed, inSellerOrders},
		Closes: "By itself, when the bridge has carried the cancellation out or the request is rejected. Otherwise by hand.",
		Part:   PartCanceller, Ends: []End{EndVoid, EndDelivered},
	},
	CancelledInLinnworks: {
		Owner: OwnerCustomerService, Severity: Urgent, Within: 2 * time.Hour,
		Meaning: "An order was cancelled in Linnworks and is still live in the shop. Nobody will send it, and when its deadline passes the shop cancels it and holds that against the shop's rating.",
		Steps: []string{
			"Ask the warehouse why it was cancelled.",
			"If it is to stay cancelled, cancel it in the shop. Choose another reason than out of stock if you have the goods: that one sets the stock in the shop to zero.",
			"If it was a mistake, send the goods by hand, enter the tracking number in the shop, and book the goods out in Linnworks.",
		},
		Where:  []string{inSellerOrders, "Linnworks: the order among the cancelled ones, search for the reference number"},
		Closes: "By itself, when the order is cancelled in the shop or live again in Linnworks.",
		Part:   PartRevoker, Ends: []End{EndVoid, EndCancelled},
	},
	HeldAtDeadline: {
		Owner: OwnerWarehouse, Severity: Urgent, Within: time.Hour,
		Meaning: "An order's deadline is near, and the shop does not answer when the bridge asks whether the order is still wanted. The bridge holds it, as it is set up to do. If it is sent, it may be one that was cancelled. If it is held, it may be late.",
		Steps: []string{
			"Look the order up in the shop by hand.",
			"If it is still wanted and nobody asks to cancel it, send it and enter the tracking number there.",
			"If you cannot reach the shop either, decide which loss is smaller, and note it.",
		},
		Where:  []string{inSellerOrders, inOpenOrders, "Bridge: GateOptions.AtDeadline"},
		Closes: "By itself, when the shop answers about the order again.",
		Part:   PartGate, Ends: anyEnd,
	},
	SentUnchecked: {
		Owner: OwnerCustomerService, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "An order's deadline was near, the shop did not answer, and the bridge let the order go without asking, as it is set up to do. The buyer may have cancelled it.",
		Steps: []string{
			"As soon as the shop answers, look whether the order was cancelled or the buyer asks for that.",
			"If so, have the parcel stopped. If it has left, agree with the buyer how it comes back.",
		},
		Where:  []string{inSellerOrders, inProcessed, "Bridge: GateOptions.AtDeadline"},
		Closes: "By itself, when the shop answers that the order is still wanted. Otherwise by hand.",
		Part:   PartGate, Ends: []End{EndVoid, EndDelivered},
	},
	StockRefused: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "The shop did not accept the stock of a SKU. It keeps selling at its old number, which may be more than there is.",
		Steps: []string{
			"Read the shop's reason in the exception.",
			"Correct the listing. A frozen or deleted product takes no stock, and a SKU takes it only for the warehouses it is assigned to.",
			"If the SKU is sold out and the shop does not let the number be lowered, deactivate the listing.",
		},
		Where:  []string{inSellerStock, inSellerProducts},
		Closes: "By itself, when the shop accepts the stock of the SKU.",
		Part:   PartStock,
	},
	StockDrift: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The shop showed another quantity than the bridge had set. The bridge has put it right. But somebody, or another program, changes stock in the shop, and for a while it was wrong.",
		Steps: []string{
			"Look in the stock history of the SKU to see who changed it, and when.",
			"If it was a colleague: please change stock in Linnworks, never in the shop.",
			"If it keeps happening, look for another program with access to the shop.",
		},
		Where:  []string{inSellerStock, inInventory},
		Closes: "By itself, when the shop shows the right number at the next check.",
		Part:   PartStock,
	},
	StockZeroed: {
		Owner: OwnerEcommerce, Severity: Urgent, Within: time.Hour,
		Meaning: "The shop has set the stock of a SKU to zero, because an order was cancelled as out of stock. If you do have stock, sales are being lost.",
		Steps: []string{
			"Find the cancelled order and ask the warehouse whether the item is really missing.",
			"If it is, correct its level in Linnworks, so that the other channels stop selling it.",
			"If it is there, the bridge puts the number back. Use another reason than out of stock next time.",
		},
		Where:  []string{inSellerStock, inSellerOrders, inInventory},
		Closes: "By itself, when the shop shows the right number again.",
		Part:   PartStock,
	},
	StockLocked: {
		Owner: OwnerEcommerce, Severity: Warning, Within: 4 * time.Hour,
		Meaning: "Units of a SKU are locked for a campaign or a creator, and the shop does not let its stock go below them. It may sell more than there is.",
		Steps: []string{
			"Compare the locked units with what is free in Linnworks.",
			"If fewer are free, take the SKU out of the campaign or lower what is locked for it.",
			"If the campaign has to go on, move stock to the location that supplies it.",
		},
		Where:  []string{inSellerStock + " and shows what is locked for campaigns", inInventory},
		Closes: "By itself, when the shop accepts the number, or when the lock ends.",
		Part:   PartStock,
	},
	BadLevel: {
		Owner: OwnerWarehouse, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The stock level of an item cannot be right: fewer than zero units are free, far more than a warehouse holds, or Linnworks does not track the item. In the shop it is set to zero or left as it is.",
		Steps: []string{
			"Count the item and correct its level in Linnworks.",
			"If more is ordered than is there, tell e-commerce which orders cannot be sent.",
			"If the item is not tracked, switch tracking on, or stop selling it.",
		},
		Where:  []string{inInventory, inOpenOrders},
		Closes: "By itself, with the next stock update that finds a sound level.",
		Part:   PartStock,
	},
	SecondWriter: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 30 * time.Minute,
		Meaning: "Another program sets the stock of the same SKUs. The two undo each other's work and both oversell, so the bridge has stopped updating stock in this shop.",
		Steps: []string{
			"List the programs that have access to the shop, and Linnworks' own channel integration.",
			"Switch stock updates off in all but one. If the bridge is to stay, stop the inventory update of the other.",
			"Then resolve the exception, and check that the next stock update goes out.",
		},
		Where: []string{
			"Seller Center: Growth > My Apps & Services",
			"Linnworks: Settings > Channel Integration, inventory update of the channel",
		},
		Closes: "By hand, once only one program is left. The bridge then updates stock again.",
		Part:   PartStock, ByHand: true,
	},
	MassZero: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 15 * time.Minute,
		Meaning: "The next stock update would take more than half of the shop off sale at once. That is rarely true: more often a location was emptied, renamed or mistyped, or Linnworks returned no levels. Nothing is published until somebody has looked.",
		Steps: []string{
			"Look up two or three of the SKUs in Linnworks. Are they really out of stock in the locations that supply the shop?",
			"If they are in stock, correct the locations in the settings, or the levels in Linnworks.",
			"If they are out of stock, resolve the exception with a note. The next stock update then takes them off sale.",
		},
		Where:  []string{inInventory, inSellerStock},
		Closes: "By itself, when the levels have been corrected. By hand, if they are right: the update then goes out.",
		Part:   PartStock,
	},
	StaleLevels: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 30 * time.Minute,
		Meaning: "The bridge has not been able to read stock levels from Linnworks for too long. The shop sells at old numbers, and may sell again what other channels have sold since.",
		Steps: []string{
			"Look in the health numbers what failed last: the session, the rate limit or the network.",
			"If Linnworks itself does not answer, lower the stock of the fastest sellers in the shop by hand, or pause their campaign.",
		},
		Where:  []string{"Bridge: the health numbers of the stock", inSellerStock},
		Closes: "By itself, when the levels have been read again.",
		Part:   PartStock,
	},
	UnmappedWarehouse: {
		Owner: OwnerIntegration, Severity: Urgent, Within: 4 * time.Hour,
		Meaning: "The bridge does not know which Linnworks location supplies a warehouse of the shop, or one location supplies two warehouses of a SKU. The stock of the SKUs in it is not updated.",
		Steps: []string{
			"Map the warehouse to the stock locations that its orders are sent from.",
			"Give each warehouse locations of its own, or sell the SKU from one warehouse only.",
			"If the SKU has no warehouse in the shop, assign it to one.",
		},
		Where: []string{
			"Bridge: stock.Options.Locations and ImportOptions.Locations",
			"Seller Center: warehouse settings (Orders > Shipping and Delivery Settings > Fulfillment, or My Account > Seller Profile)",
			inSellerProducts,
		},
		Closes: "By itself, with the next stock update after the warehouse is mapped.",
		Part:   PartStock,
	},
	Unreadable: {
		Owner: OwnerIntegration, Severity: Warning, Within: 24 * time.Hour,
		Meaning: "The bridge cannot read a product of the shop. Its stock is not updated, and the shop keeps selling the number that it shows.",
		Steps: []string{
			"Open the product in Seller Center and check the field that the exception names.",
			"If it looks normal, report the field to the integrator.",
			"Until then, correct the product's stock in Seller Center by hand.",
		},
		Where:  []string{"Seller Center: Products > Manage Products, search for the product id", "Bridge: the log of the program"},
		Closes: "By itself, when the product can be read again.",
		Part:   PartStock,
	},
}
