package linnworkstest

import "slices"

// Quirk is a behaviour that can be switched with [WithQuirk]. [Quirks] lists
// them with what they do.
type Quirk string

// The quirks. What each does is told by [Quirks].
const (
	AmazonReserved           Quirk = "AmazonReserved"
	AppItemIDsShort          Quirk = "AppItemIDsShort"
	AppsCancelByOrderID      Quirk = "AppsCancelByOrderID"
	AppsGetDashedGUIDs       Quirk = "AppsGetDashedGUIDs"
	AppsPrintOneByOne        Quirk = "AppsPrintOneByOne"
	AppsRefuseNullLists      Quirk = "AppsRefuseNullLists"
	AppsSaveConfigItems      Quirk = "AppsSaveConfigItems"
	ArchivedVanish           Quirk = "ArchivedVanish"
	BearerRefused            Quirk = "BearerRefused"
	BlankSearchRefused       Quirk = "BlankSearchRefused"
	BulkLevelsReplyEmpty     Quirk = "BulkLevelsReplyEmpty"
	BulkRefusesComposites    Quirk = "BulkRefusesComposites"
	CancelledAmongProcessed  Quirk = "CancelledAmongProcessed"
	CancelRefusesStopped     Quirk = "CancelRefusesStopped"
	ChannelsForgetUnechoed   Quirk = "ChannelsForgetUnechoed"
	ChannelsGetPackages      Quirk = "ChannelsGetPackages"
	ChannelsGetText          Quirk = "ChannelsGetText"
	ChannelsGetTicks         Quirk = "ChannelsGetTicks"
	ChannelsMisspellToken    Quirk = "ChannelsMisspellToken"
	ChannelsPriceInventory   Quirk = "ChannelsPriceInventory"
	ChannelsRetryDespatch    Quirk = "ChannelsRetryDespatch"
	ChannelsWaitToCancel     Quirk = "ChannelsWaitToCancel"
	DispatchByMandatory      Quirk = "DispatchByMandatory"
	DraftsListed             Quirk = "DraftsListed"
	EndOfPagesRefused        Quirk = "EndOfPagesRefused"
	EveryPrintBuysALabel     Quirk = "EveryPrintBuysALabel"
	FoldersRefuseStopped     Quirk = "FoldersRefuseStopped"
	FulfilmentCentresStop    Quirk = "FulfilmentCentresStop"
	HistoryWantsLocation     Quirk = "HistoryWantsLocation"
	IDSelectorWins           Quirk = "IDSelectorWins"
	IdleSessionsDie          Quirk = "IdleSessionsDie"
	ItemNumbersUnique        Quirk = "ItemNumbersUnique"
	KitsHiddenUnlessAsked    Quirk = "KitsHiddenUnlessAsked"
	KitParentsUntracked      Quirk = "KitParentsUntracked"
	LevelsBySKUAreDeltas     Quirk = "LevelsBySKUAreDeltas"
	LocationByName           Quirk = "LocationByName"
	LocksFreeStock           Quirk = "LocksFreeStock"
	LongPostcodesPark        Quirk = "LongPostcodesPark"
	LowFidelityWantsRequest  Quirk = "LowFidelityWantsRequest"
	ManagedLocationsRefuse   Quirk = "ManagedLocationsRefuse"
	MappingLimitsOverwritten Quirk = "MappingLimitsOverwritten"
	MergedReference          Quirk = "MergedReference"
	MovesTakeReservation     Quirk = "MovesTakeReservation"
	NegativeAvailable        Quirk = "NegativeAvailable"
	PaidOrdersMissing        Quirk = "PaidOrdersMissing"
	PickingGetsWantQuery     Quirk = "PickingGetsWantQuery"
	PIIRedacted              Quirk = "PIIRedacted"
	PostsRefuseGET           Quirk = "PostsRefuseGET"
	ProcessRefusalIs200      Quirk = "ProcessRefusalIs200"
	ReferencesCrossChannels  Quirk = "ReferencesCrossChannels"
	RefundMandatory          Quirk = "RefundMandatory"
	RefundsWantProcessed     Quirk = "RefundsWantProcessed"
	ReplacedLinesLoseID      Quirk = "ReplacedLinesLoseID"
	RulesSkipStopped         Quirk = "RulesSkipStopped"
	SearchWantsDates         Quirk = "SearchWantsDates"
	SKUsIgnoreCase           Quirk = "SKUsIgnoreCase"
	ServerWithoutScheme      Quirk = "ServerWithoutScheme"
	ShippingInfoOverwrites   Quirk = "ShippingInfoOverwrites"
	SplitsShareReference     Quirk = "SplitsShareReference"
	StaleKitLevels           Quirk = "StaleKitLevels"
	StatusIgnoresJSON        Quirk = "StatusIgnoresJSON"
	StatusIgnoresStopped     Quirk = "StatusIgnoresStopped"
	StoppedOrdersRefuseEdits Quirk = "StoppedOrdersRefuseEdits"
	UnknownSKUFailsBatch     Quirk = "UnknownSKUFailsBatch"
	UnknownSKUIs400          Quirk = "UnknownSKUIs400"
	UnpaidOrdersPark         Quirk = "UnpaidOrdersPark"
	UnparkingSkipsRules      Quirk = "UnparkingSkipsRules"
	ViewRowsLackTotals       Quirk = "ViewRowsLackTotals"
	WrapperMatters           Quirk = "WrapperMatters"
	WrappedListsAreEmpty     Quirk = "WrappedListsAreEmpty"
	ZeroRefundsRefused       Quirk = "ZeroRefundsRefused"
)

// QuirkInfo describes a [Quirk].
type QuirkInfo struct {
	Quirk       Quirk
	Description string
	// Default reports whether it is on unless switched.
	Default bool
}

// Quirks lists the behaviours that surprise, sorted by name. Those that are off
// by default were seen on some accounts only.
func Quirks() []QuirkInfo { return slices.Clone(quirks) }

var quirks = []QuirkInfo{
	{AmazonReserved, "CreateOrders refuses the source AMAZON", true},
	{AppItemIDsShort, "shipping applications may have items with ids of 20 characters at most, not 40; the pages differ", true},
	{AppsCancelByOrderID, "shipping applications are told the order of a cancelled label as OrderId, not as OrderReference", false},
	{AppsGetDashedGUIDs, "shipping applications get tokens and ids with dashes, which the official samples have not", false},
	{AppsPrintOneByOne, "labels of several orders are asked of a shipping application one after the other", false},
	{AppsRefuseNullLists, "an answer of a shipping application with null for a list is an error", true},
	{AppsSaveConfigItems, "shipping applications get the choices of a service as SaveConfigItems, not as ServiceConfigItems", true},
	{ArchivedVanish, "archived items are in no list; only GetStockItemTypeInfo shows them", true},
	{BearerRefused, "a token with a scheme word such as Bearer is refused with 401", true},
	{BlankSearchRefused, "SearchOrders without a term is refused", true},
	{BulkLevelsReplyEmpty, "UpdateStockLevelsBulk answers with an empty body, so that errors of rows stay unseen", false},
	{BulkRefusesComposites, "UpdateStockLevelsBulk refuses kits row by row", true},
	{CancelRefusesStopped, "CancelOrder refuses parked and locked orders, as the product documents; unverified for the API", true},
	{CancelledAmongProcessed, "cancelled orders are found among the processed ones, with HoldOrCancel set", true},
	{ChannelsForgetUnechoed, "a SKU that a channel application leaves out of its answer to InventoryUpdate gets no levels any more", true},
	{ChannelsGetPackages, "channel applications get despatches with Packages beside Items, as the newest page has it", true},
	{ChannelsGetText, "channel applications get quantities of despatches as text, as documented; they were seen as numbers too", true},
	{ChannelsGetTicks, "channel applications get dates as /Date(ms)/", false},
	{ChannelsMisspellToken, "channel applications get their token as AuthorisationToken", false},
	{ChannelsPriceInventory, "channel applications get prices as Inventory, not as Products", false},
	{ChannelsRetryDespatch, "a despatch that a channel application answers with an error is sent again; no document tells", false},
	{ChannelsWaitToCancel, "an order is cancelled only once the channel application has agreed; no document tells", false},
	{DispatchByMandatory, "CreateOrders refuses orders without DispatchBy, which the description does not require", true},
	{DraftsListed, "lists of open orders hold drafts without lines or a buyer", true},
	{EndOfPagesRefused, "GetStockItemsFull answers the page after the last one with 400", true},
	{EveryPrintBuysALabel, "printing a label again buys another one", true},
	{FoldersRefuseStopped, "AssignToFolder leaves parked and locked orders alone and says so only by leaving them out", true},
	{FulfilmentCentresStop, "orders at a fulfilment centre are parked and locked", true},
	{HistoryWantsLocation, "GetItemChangesHistory is refused without a location", true},
	{IDSelectorWins, "v2 GET /orders with ids ignores every other parameter", true},
	{IdleSessionsDie, "a session dies after 20 minutes without a call", true},
	{ItemNumbersUnique, "CreateOrders refuses an order with the same ItemNumber twice", true},
	{KitParentsUntracked, "orders reserve and take the components of a kit, not the kit", true},
	{KitsHiddenUnlessAsked, "GetStockItemsFull leaves kits out without loadCompositeParents", true},
	{LevelsBySKUAreDeltas, "UpdateStockLevelsBySKU adds the level instead of setting it", true},
	{LocationByName, "CreateOrders wants the name of the location and refuses its id", true},
	{LocksFreeStock, "locking an order frees its stock; parking keeps it", true},
	{LongPostcodesPark, "a postcode of more than 11 characters parks the order", true},
	{LowFidelityWantsRequest, "GetOrdersLowFidelity and GetViewStats want JSON wrapped in request, against the description", true},
	{ManagedLocationsRefuse, "warehouse-managed locations refuse plain writes of levels", true},
	{MappingLimitsOverwritten, "UpdateChannelMapping overwrites the four limits with what the call leaves out", true},
	{MergedReference, "the references of a merged order read MERGED", true},
	{MovesTakeReservation, "moving an order moves its reservation to the other location", true},
	{NegativeAvailable, "Available may be negative", true},
	{PIIRedacted, "the buyer's data is gone PIIRedactionDays after processing", true},
	{PaidOrdersMissing, "CreateOrders skips known paid orders, whose ids are missing from the reply", true},
	{PickingGetsWantQuery, "reads of pick waves without any parameter are refused", true},
	{PostsRefuseGET, "operations published as POST refuse GET", true},
	{ProcessRefusalIs200, "ProcessOrder answers 200 and Processed false when it did not process", true},
	{ReferencesCrossChannels, "GetOrderDetailsByReferenceId finds the orders of every channel, and resends", true},
	{RefundMandatory, "CancelOrder without refund is refused, zero is fine", true},
	{RefundsWantProcessed, "refunds of open orders are refused as OpenOrderInLinnworks, in a success", true},
	{ReplacedLinesLoseID, "a line whose item is replaced loses its ItemNumber and channel SKU", true},
	{RulesSkipStopped, "the rules engine skips parked, locked and unpaid orders", true},
	{SKUsIgnoreCase, "SKUs are the same that differ only in case", true},
	{SearchWantsDates, "SearchProcessedOrders without both dates finds nothing", true},
	{ServerWithoutScheme, "the Server of a session has no scheme", false},
	{ShippingInfoOverwrites, "SetOrderShippingInfo clears what the call leaves out; unverified", true},
	{SplitsShareReference, "the parts of a split order have the same references", true},
	{StaleKitLevels, "a kit made or changed through the API shows no stock until a component's level is written", true},
	{StatusIgnoresJSON, "ChangeStatus and ChangeOrderTag answer a JSON body with success and do nothing", false},
	{StatusIgnoresStopped, "ChangeStatus leaves parked and locked orders alone without an error", true},
	{StoppedOrdersRefuseEdits, "parked and locked orders refuse edits and ignore flags", true},
	{UnknownSKUFailsBatch, "SetStockLevel fails as a whole for one unknown SKU", true},
	{UnknownSKUIs400, "GetInventoryItem answers an unknown item with 400, not 404", true},
	{UnpaidOrdersPark, "an order without PaymentStatus Paid is saved parked", true},
	{UnparkingSkipsRules, "unparking an order does not run the rules", true},
	{ViewRowsLackTotals, "the rows of OpenOrders.GetOpenOrders have zero totals", true},
	{WrappedListsAreEmpty, "OpenOrders.GetOpenOrders sent wrapped in request answers with no orders", true},
	{WrapperMatters, "a body at the wrong wrapper level is refused with a null reference", true},
	{ZeroRefundsRefused, "CreateRefund refuses amounts of zero", true},
}

// WithQuirk switches one quirk on or off. It panics if there is no such quirk.
func WithQuirk(q Quirk, on bool) Option {
	if !slices.ContainsFunc(quirks, func(known QuirkInfo) bool { return known.Quirk == q }) {
		panic("linnworkstest: WithQuirk: there is no quirk " + string(q))
	}
	return func(f *Fake) { f.quirks[q] = on }
}
