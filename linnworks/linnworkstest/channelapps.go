package linnworkstest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// ChannelAppSetup says what [Fake.InstallChannelApp] installs, and how the people
// answer who set it up.
type ChannelAppSetup struct {
	// Channel is the name of the integration: the Source of its orders.
	Channel string
	// Handler serves the application. Without it calls go to URL with Client, or with
	// [http.DefaultClient].
	Handler http.Handler
	// URL is the address that the endpoints are under, "https://app.example/channel" if
	// empty. Endpoints are the names under it by their names in the protocol, where
	// they differ: SaveConfig, for instance, is SaveUserConfig in Linnworks' sample.
	URL       string
	Client    *http.Client
	Endpoints map[string]string
	// AccountID is the account's id, AccountName the name of the integration, which is
	// the SubSource of its orders. Both have defaults.
	AccountID   linnworks.GUID
	AccountName string
	// Answers are what people fill in, by ConfigItemId. What is not there they leave as
	// they find it.
	Answers map[string]string
	// Location is where orders are downloaded to, and whose stock is pushed. Default
	// the first. Locations are those that people map to the tags of the channel: with
	// any, levels are pushed for each, if the application has multi-location.
	Location  linnworks.GUID
	Locations map[string]linnworks.GUID
}

// ChannelApp is a channel integration that was installed in an account. Its methods are
// what Linnworks does by itself every ten minutes, see [ChannelApp.Run], and the
// buttons that people press. It is safe for concurrent use, but each method waits for
// the one before.
type ChannelApp struct {
	f      *Fake
	setup  ChannelAppSetup
	caller caller
	token  string

	mu         sync.Mutex
	pulledFrom time.Time
	multi      bool
	sent       map[string]int          // levels that were submitted, by channel SKU
	forgotten  map[string]bool         // channel SKUs that get no levels
	despatched map[linnworks.GUID]bool // orders that were told, by id
}

// InstallChannelApp installs a channel integration as people do: it presses
// "integrate" and walks the wizard. The error says where it went wrong. Orders are
// pulled, and despatches sent, from now on.
//
// Nothing in the fake is locked while the application is called: it may call the fake.
//
// https://apidocs.linnworks.net/docs/channel-integration-manifest-parameters
func (f *Fake) InstallChannelApp(ctx context.Context, setup ChannelAppSetup) (*ChannelApp, error) {
	if setup.Channel == "" || strings.ContainsAny(setup.Channel, " \t") || setup.Channel != strings.ToUpper(setup.Channel) {
		return nil, fmt.Errorf("linnworkstest: InstallChannelApp: the channel %q must be named, in upper case and without spaces", setup.Channel)
	}
	if setup.URL == "" {
		setup.URL = "https://app.example/channel"
	}
	if setup.AccountID == "" {
		setup.AccountID = "ac000000-0000-4000-8000-000000000001"
	}
	if setup.AccountName == "" {
		setup.AccountName = "Main"
	}
	a := &ChannelApp{
		f: f, setup: setup, caller: caller{setup.Handler, setup.Client, setup.URL, setup.Endpoints}, pulledFrom: f.now().UTC(),
		sent: map[string]int{}, forgotten: map[string]bool{}, despatched: map[linnworks.GUID]bool{},
	}
	key := channelKey(setup.Channel, setup.AccountName, "")
	err := func() error {
		defer f.begin()()
		if a.setup.Location == "" {
			a.setup.Location = f.locations[0].id
		}
		for _, at := range slices.Concat([]linnworks.GUID{a.setup.Location}, slices.Collect(maps.Values(setup.Locations))) {
			if f.location(at) == nil {
				return fmt.Errorf("there is no location %s", at)
			}
		}
		if f.channelApps[key] {
			return fmt.Errorf("%s %s is installed already", setup.Channel, setup.AccountName)
		}
		return nil
	}()
	var user struct {
		channelStatus
		AuthorizationToken string
	}
	if err == nil {
		err = a.call(ctx, "AddNewUser", map[string]any{
			"Email": "office@example.com", "LinnworksUniqueIdentifier": a.setup.AccountID, "AccountName": a.setup.AccountName,
		}, &user)
	}
	if err == nil && user.AuthorizationToken == "" {
		err = fmt.Errorf("AddNewUser: the answer has no AuthorizationToken")
	}
	if err == nil {
		a.token = user.AuthorizationToken
		err = a.Configure(ctx, setup.Answers)
	}
	if err != nil {
		return nil, fmt.Errorf("linnworkstest: InstallChannelApp: %w", err)
	}
	defer f.begin()()
	if f.channelApps == nil {
		f.channelApps = map[channelSKU]bool{}
	}
	f.channelApps[key] = true
	return a, nil
}

// channelComplete is the step of an integration that is set up.
const channelComplete = "UserConfig"

// Configure fills in the pages of the wizard until the application says that it is set
// up, or its settings if it is. answers are by ConfigItemId.
func (a *ChannelApp) Configure(ctx context.Context, answers map[string]string) error {
	var config channelPage
	if err := a.call(ctx, "UserConfig", nil, &config); err != nil {
		return err
	}
	read := func() (configPage, error) {
		return configPage{config.WizardStepTitle, config.ConfigItems, config.StepName == channelComplete}, config.check()
	}
	save := func(items []configItem) error { // the whole objects go back, and the next page is the answer
		step := config.StepName
		config = channelPage{}
		return a.call(ctx, "SaveConfig", map[string]any{"StepName": step, "ConfigItems": items}, &config)
	}
	if err := walk(answers, 0, read, save); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.multi = config.GlobalConfigSettings.IsMultiLocationEnabled
	return nil
}

// Test presses "Test" in the settings of the channel.
func (a *ChannelApp) Test(ctx context.Context) error {
	if err := a.call(ctx, "ConfigTest", nil, new(channelStatus)); err != nil {
		return fmt.Errorf("linnworkstest: Test: %w", err)
	}
	return nil
}

// Run does what Linnworks does by itself, every ten minutes until ctx ends: it pulls
// orders, and sends despatches and levels. What goes wrong is told to onError, which
// may be nil, and tried again the next time.
func (a *ChannelApp) Run(ctx context.Context, onError func(error)) {
	for {
		_, pulled := a.PullOrders(ctx)
		_, despatched := a.SendDespatches(ctx)
		_, levels := a.SendLevels(ctx)
		for _, err := range []error{pulled, despatched, levels} {
			if err != nil && ctx.Err() == nil && onError != nil {
				onError(err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Minute):
		}
	}
}

// PulledOrders counts what came of pulling orders.
type PulledOrders struct {
	// New were saved, Updated were unpaid before, Cancelled were marked as cancelled.
	// Ignored are known and need nothing, or are cancelled and not known.
	New, Updated, Cancelled, Ignored int
}

// maxChannelPages is after how many pages Linnworks gives a walk up.
const maxChannelPages = 1000

// PullFrom has the next [ChannelApp.PullOrders] ask for orders from a moment on, as
// somebody can set it in the channel's settings.
func (a *ChannelApp) PullFrom(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pulledFrom = at.UTC()
}

// PullOrders walks the pages of orders that changed since it last succeeded, and saves
// them. It fails as a whole, and what was saved by then stays.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-orders
func (a *ChannelApp) PullOrders(ctx context.Context) (PulledOrders, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var pulled PulledOrders
	started := a.f.now().UTC()
	for page := 1; page <= maxChannelPages; page++ {
		var answer struct {
			channelStatus
			HasMorePages bool
			Orders       []channelOrder
		}
		if err := a.call(ctx, "Orders", map[string]any{"UTCTimeFrom": a.date(a.pulledFrom), "PageNumber": page}, &answer); err != nil {
			return pulled, fmt.Errorf("linnworkstest: PullOrders: %w", err)
		}
		for i := range answer.Orders {
			if err := a.save(&answer.Orders[i], &pulled); err != nil {
				return pulled, fmt.Errorf("linnworkstest: PullOrders: %w", err)
			}
		}
		if !answer.HasMorePages {
			a.pulledFrom = started
			return pulled, nil
		}
	}
	return pulled, fmt.Errorf("linnworkstest: PullOrders: HasMorePages is still true after %d pages", maxChannelPages)
}

// save takes an order of the channel.
func (a *ChannelApp) save(in *channelOrder, pulled *PulledOrders) error {
	defer a.f.begin()()
	order := in.order(a.setup.Channel, a.setup.AccountName)
	known := a.f.known(&order)
	if in.PaymentStatus == "CANCELLED" {
		if known == nil || !known.open() || known.gone {
			pulled.Ignored++
			return nil
		}
		a.f.cancel(known)
		a.f.note(known, "ORDER_CANCELLED", "Cancelled by the channel")
		pulled.Cancelled++
		return nil
	}
	if err := a.f.validate(&order); err != nil {
		return err
	}
	saved := a.f.save(&order, a.f.location(a.setup.Location))
	switch {
	case known == nil:
		pulled.New++
	case saved != nil:
		pulled.Updated++
	default:
		pulled.Ignored++
	}
	return nil
}

// DespatchResult is what an application answered about an order.
type DespatchResult struct {
	OrderID   linnworks.GUID
	Reference string
	// Error is empty if it took the despatch.
	Error string
}

// maxDespatches is how many orders one call tells of.
const maxDespatches = 100

// SendDespatches tells the application of the orders of the channel that were processed
// and that it was not told of yet. What it answers is in the results, and on the audit
// trail of the order.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-despatch
func (a *ChannelApp) SendDespatches(ctx context.Context) ([]DespatchResult, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var results []DespatchResult
	for batch := range slices.Chunk(a.toDespatch(), maxDespatches) {
		rows := make([]map[string]any, len(batch))
		for i, d := range batch {
			rows[i] = d.row
		}
		var answer struct {
			channelStatus
			Orders []struct {
				ReferenceNumber string
				Error           *string
			}
		}
		if err := a.call(ctx, "Despatch", map[string]any{"Orders": rows}, &answer); err != nil {
			return results, fmt.Errorf("linnworkstest: SendDespatches: %w", err)
		}
		for i, d := range batch {
			r := DespatchResult{OrderID: d.id, Reference: d.row["ReferenceNumber"].(string), Error: "the answer does not have it"}
			if i < len(answer.Orders) && answer.Orders[i].ReferenceNumber == r.Reference {
				r.Error = value(answer.Orders[i].Error)
			}
			results = append(results, r)
			if r.Error == "" || !a.f.quirks[ChannelsRetryDespatch] {
				a.despatched[d.id] = true
			}
			a.trail(r)
		}
	}
	return results, nil
}

// trail writes on the order what became of its despatch.
func (a *ChannelApp) trail(r DespatchResult) {
	defer a.f.begin()()
	if o := a.f.byOrderID[r.OrderID]; o != nil {
		text := "Despatch submitted to the channel"
		if r.Error != "" {
			text = "Despatch refused by the channel: " + r.Error
		}
		a.f.note(o, "CHANNEL_DESPATCH", "%s", text)
	}
}

// despatchRow is an order to tell of.
type despatchRow struct {
	id  linnworks.GUID
	row map[string]any
}

// toDespatch are the processed orders that the application was not told of.
func (a *ChannelApp) toDespatch() (list []despatchRow) {
	defer a.f.begin()()
	for _, o := range a.f.processed {
		if o.cancelled() || o.gone || a.despatched[o.OrderID] || !o.is(a.setup.Channel, a.setup.AccountName) {
			continue
		}
		items := []map[string]any{}
		for _, line := range o.Items {
			if line.IsService || line.ItemNumber == "" { // one that was replaced has lost its number
				continue
			}
			var quantity any = line.Quantity
			if a.f.quirks[ChannelsGetText] {
				quantity = fmt.Sprint(line.Quantity)
			}
			items = append(items, map[string]any{"SKU": line.ChannelSKU, "OrderLineNumber": line.ItemNumber, "DespatchedQuantity": quantity})
		}
		vendor, method := o.ShippingInfo.Vendor, o.ShippingInfo.PostalServiceName
		if vendor == "" {
			vendor = "NONE"
		}
		if method == "" {
			method = "Default"
		}
		row := map[string]any{
			"ReferenceNumber": o.GeneralInfo.ReferenceNum, "ShippingVendor": vendor, "ShippingMethod": method,
			"TrackingNumber": o.ShippingInfo.TrackingNumber, "SecondaryTrackingNumbers": nil, "ProcessedOn": a.date(o.ProcessedDateTime.Time), "Items": items,
		}
		if a.f.quirks[ChannelsGetPackages] {
			row["Packages"] = []map[string]any{{"ShippingVendor": vendor, "ShippingMethod": method, "TrackingNumber": o.ShippingInfo.TrackingNumber, "Items": items}}
		}
		list = append(list, despatchRow{o.OrderID, row})
	}
	return list
}

// ReadProducts walks the products of the application, as Linnworks does every twelve
// hours and on request: it links those whose SKU an item has, and levels that differ
// from what was last sent go out again. It returns the SKUs that have no item.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-products
func (a *ChannelApp) ReadProducts(ctx context.Context) (unlinked []string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for page := 1; page <= maxChannelPages; page++ {
		var answer struct {
			channelStatus
			HasMorePages bool
			Products     []struct {
				SKU, Title, Reference string
				Quantity              int
			}
		}
		if err := a.call(ctx, "Products", map[string]any{"PageNumber": page}, &answer); err != nil {
			return unlinked, fmt.Errorf("linnworkstest: ReadProducts: %w", err)
		}
		for _, p := range answer.Products {
			if p.SKU == "" || p.Title == "" || p.Reference == "" {
				return unlinked, fmt.Errorf("linnworkstest: ReadProducts: a product lacks its SKU, title or reference: %+v", p)
			}
			if !a.link(p.SKU, p.Reference) {
				unlinked = append(unlinked, p.SKU)
			}
			delete(a.forgotten, p.SKU)
			if sent, ok := a.sent[p.SKU]; ok && sent != p.Quantity {
				delete(a.sent, p.SKU)
			}
		}
		if !answer.HasMorePages {
			return unlinked, nil
		}
	}
	return unlinked, fmt.Errorf("linnworkstest: ReadProducts: HasMorePages is still true after %d pages", maxChannelPages)
}

// link maps a SKU of the channel to the item of the same SKU, and reports whether it is
// mapped.
func (a *ChannelApp) link(sku, reference string) bool {
	defer a.f.begin()()
	if a.f.mapped[channelKey(a.setup.Channel, a.setup.AccountName, sku)] != nil {
		return true
	}
	it := a.f.bySKU[a.f.skuKey(sku)]
	if it != nil {
		a.f.mapSKU(linnworks.ChannelMappingCreateInfo{
			Source: a.setup.Channel, SubSource: a.setup.AccountName, ChannelSKU: sku, ChannelReferenceID: reference,
		}, it)
	}
	return it != nil
}

// maxLevels is how many levels or prices one call has.
const maxLevels = 1000

// SendLevels sends the levels that differ from what was last sent, for all SKUs of the
// channel that are mapped, and returns the errors that the application answered, by
// SKU.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-inventory-update
func (a *ChannelApp) SendLevels(ctx context.Context) (refused map[string]string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	refused = map[string]string{}
	for batch := range slices.Chunk(a.changedLevels(), maxLevels) {
		rows := make([]map[string]any, len(batch))
		for i, l := range batch {
			rows[i] = l.row
		}
		echoed, err := a.sendRows(ctx, "InventoryUpdate", "Products", rows)
		if err != nil {
			return refused, fmt.Errorf("linnworkstest: SendLevels: %w", err)
		}
		for _, l := range batch {
			sku := l.row["SKU"].(string)
			text, there := echoed[sku]
			switch {
			case !there && a.f.quirks[ChannelsForgetUnechoed]:
				a.forgotten[sku] = true
			case text != "":
				refused[sku] = text
			}
			a.sent[sku] = l.quantity
		}
	}
	return refused, nil
}

type levelRow struct {
	quantity int
	row      map[string]any
}

// changedLevels are the levels to send, by SKU.
func (a *ChannelApp) changedLevels() (list []levelRow) {
	defer a.f.begin()()
	for _, m := range a.f.mapped {
		if !strings.EqualFold(m.Source, a.setup.Channel) || !strings.EqualFold(m.SubSource, a.setup.AccountName) || m.IgnoreSync || a.forgotten[m.SKU] {
			continue
		}
		level := func(at linnworks.GUID) int { return max(a.f.level(m.item, at).Available, 0) }
		quantity := level(a.setup.Location)
		row := map[string]any{"SKU": m.SKU, "Reference": m.ChannelReferenceID}
		if a.multi && len(a.setup.Locations) > 0 {
			quantity = 0
			var levels []map[string]any
			for _, tag := range slices.Sorted(maps.Keys(a.setup.Locations)) {
				n := level(a.setup.Locations[tag])
				quantity += n
				levels = append(levels, map[string]any{"Tag": tag, "Quantity": n})
			}
			row["MultiLocationLevels"] = levels
		}
		if m.MaxListedQuantity > 0 {
			quantity = min(quantity, m.MaxListedQuantity)
		}
		row["Quantity"] = quantity
		if sent, ok := a.sent[m.SKU]; !ok || sent != quantity {
			list = append(list, levelRow{quantity, row})
		}
	}
	slices.SortFunc(list, func(x, y levelRow) int { return strings.Compare(x.row["SKU"].(string), y.row["SKU"].(string)) })
	return list
}

// SendPrices sends prices by SKU of the channel, and returns the errors that the
// application answered, by SKU.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-price-update
func (a *ChannelApp) SendPrices(ctx context.Context, prices map[string]linnworks.Decimal) (refused map[string]string, err error) {
	var rows []map[string]any
	for _, sku := range slices.Sorted(maps.Keys(prices)) {
		rows = append(rows, map[string]any{"SKU": sku, "Reference": sku, "Price": prices[sku], "Tag": ""})
	}
	list := "Products"
	if a.f.quirks[ChannelsPriceInventory] {
		list = "Inventory"
	}
	refused = map[string]string{}
	for batch := range slices.Chunk(rows, maxLevels) {
		echoed, err := a.sendRows(ctx, "PriceUpdate", list, batch)
		if err != nil {
			return refused, fmt.Errorf("linnworkstest: SendPrices: %w", err)
		}
		for sku, text := range echoed {
			if text != "" {
				refused[sku] = text
			}
		}
	}
	return refused, nil
}

// sendRows sends rows that have a SKU each, and returns what was answered about each.
func (a *ChannelApp) sendRows(ctx context.Context, endpoint, list string, rows []map[string]any) (map[string]string, error) {
	var answer struct {
		channelStatus
		Products []struct {
			SKU   string
			Error *string
		}
	}
	if err := a.call(ctx, endpoint, map[string]any{list: rows}, &answer); err != nil {
		return nil, err
	}
	echoed := map[string]string{}
	for _, p := range answer.Products {
		echoed[p.SKU] = value(p.Error)
	}
	return echoed, nil
}

// CancelOrder cancels an open order in Linnworks as somebody does, with a reason that
// the application offers, and tells the application. The error is what it answered: the
// order is cancelled in Linnworks all the same, unless [ChannelsWaitToCancel].
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-cancel
func (a *ChannelApp) CancelOrder(ctx context.Context, orderID linnworks.GUID, reason string) error {
	var options struct {
		channelStatus
		CanCancel bool
	}
	if err := a.call(ctx, "PostSaleOptions", nil, &options); err != nil {
		return fmt.Errorf("linnworkstest: CancelOrder: %w", err)
	}
	if !options.CanCancel {
		return fmt.Errorf("linnworkstest: CancelOrder: the channel lets nobody cancel")
	}
	cancel := func() {
		if o := a.f.byOrderID[id(orderID)]; o != nil && o.open() {
			a.f.cancel(o)
		}
	}
	var request map[string]any
	err := func() error {
		defer a.f.begin()()
		o, err := a.f.openOrder("CancelOrder", orderID)
		if err != nil {
			return err
		}
		if !o.is(a.setup.Channel, a.setup.AccountName) {
			return fmt.Errorf("linnworkstest: CancelOrder: order %d is not of this channel", o.NumOrderID)
		}
		items := []map[string]any{}
		for _, line := range o.Items {
			items = append(items, map[string]any{"SKU": line.SKU, "OrderLineNumber": line.ItemNumber, "CancellationQuantity": line.Quantity, "Reason": reason, "SecondaryReason": ""})
		}
		request = map[string]any{"Cancellation": map[string]any{
			"ReferenceNumber": o.GeneralInfo.ReferenceNum, "ExternalReference": o.GeneralInfo.ExternalReferenceNum, "Items": items,
		}}
		if !a.f.quirks[ChannelsWaitToCancel] {
			cancel()
		}
		return nil
	}()
	if err != nil {
		return err
	}
	if err := a.call(ctx, "Cancel", request, new(channelStatus)); err != nil {
		return fmt.Errorf("linnworkstest: CancelOrder: %w", err)
	}
	defer a.f.begin()()
	cancel()
	return nil
}

// Refund refunds the first line of a processed order, and returns the reference that
// the application answered.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-refund
func (a *ChannelApp) Refund(ctx context.Context, orderID linnworks.GUID, amount linnworks.Decimal, reason string) (string, error) {
	var options struct {
		channelStatus
		CanRefund bool
	}
	if err := a.call(ctx, "PostSaleOptions", nil, &options); err != nil {
		return "", fmt.Errorf("linnworkstest: Refund: %w", err)
	}
	if !options.CanRefund {
		return "", fmt.Errorf("linnworkstest: Refund: the channel lets nobody refund")
	}
	o, ok := a.f.Order(orderID)
	if !ok || !o.Processed || len(o.Items) == 0 {
		return "", fmt.Errorf("linnworkstest: Refund: there is no processed order %s", orderID)
	}
	var answer struct {
		channelStatus
		RefundReference string
	}
	err := a.call(ctx, "Refund", map[string]any{"Refund": map[string]any{
		"ReferenceNumber": o.GeneralInfo.ReferenceNum, "ExternalReference": o.GeneralInfo.ExternalReferenceNum, "RefundShippingAmount": 0,
		"Items": []map[string]any{{"SKU": o.Items[0].SKU, "OrderLineNumber": o.Items[0].ItemNumber, "RefundAmount": amount, "Reason": reason, "SecondaryReason": ""}},
	}}, &answer)
	if err == nil && answer.RefundReference == "" {
		err = fmt.Errorf("the answer has no RefundReference")
	}
	if err != nil {
		return "", fmt.Errorf("linnworkstest: Refund: %w", err)
	}
	return answer.RefundReference, nil
}

// Uninstall removes the integration. Its orders and mappings stay. It is removed
// whatever the application answers, which is the error.
func (a *ChannelApp) Uninstall(ctx context.Context) error {
	err := a.call(ctx, "ConfigDeleted", nil, new(channelStatus))
	defer a.f.begin()()
	delete(a.f.channelApps, channelKey(a.setup.Channel, a.setup.AccountName, ""))
	if err != nil {
		return fmt.Errorf("linnworkstest: Uninstall: %w", err)
	}
	return nil
}
