package channelapp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// endpoints by their names, all where documents differ.
var endpoints = called.Table(
	endpoint{Names: []string{"AddNewUser"}, Open: true, Answer: (*Handler).addNewUser, Empty: func() answer { return new(newUserAnswer) }},
	endpoint{Names: []string{"UserConfig"}, Answer: (*Handler).userConfig, Empty: func() answer { return newConfigAnswer() }},
	endpoint{Names: []string{"SaveConfig", "SaveUserConfig", "SaveConfigSave"}, Answer: (*Handler).saveConfig, Empty: func() answer { return newConfigAnswer() }},
	endpoint{Names: []string{"ConfigTest"}, Answer: (*Handler).configTest, Empty: emptyStatus},
	endpoint{Names: []string{"ConfigDeleted", "ConfigDelete"}, Answer: (*Handler).configDeleted, Empty: emptyStatus},
	endpoint{Names: []string{"ShippingTags"}, Answer: (*Handler).shippingTags, Empty: func() answer { return &shippingTagsAnswer{ShippingTags: []Tag{}} }},
	endpoint{Names: []string{"PaymentTags"}, Answer: (*Handler).paymentTags, Empty: func() answer { return &paymentTagsAnswer{PaymentTags: []Tag{}} }},
	endpoint{Names: []string{"Orders"}, Answer: (*Handler).orders, Empty: func() answer { return &ordersAnswer{Orders: []Order{}} }},
	endpoint{Names: []string{"Despatch", "Dispatch"}, Answer: (*Handler).despatch, Empty: func() answer { return &despatchAnswer{Orders: []wireReference{}} }},
	endpoint{Names: []string{"Products"}, Answer: (*Handler).products, Empty: func() answer { return &productsAnswer{Products: []wireProduct{}} }},
	endpoint{Names: []string{"InventoryUpdate"}, Answer: (*Handler).inventoryUpdate, Empty: emptyRows},
	endpoint{Names: []string{"PriceUpdate"}, Answer: (*Handler).priceUpdate, Empty: emptyRows},
	endpoint{Names: []string{"PostSaleOptions"}, Answer: (*Handler).postSaleOptions, Empty: func() answer { return newPostSaleAnswer() }},
	endpoint{Names: []string{"Cancel"}, Answer: (*Handler).cancel, Empty: emptyStatus},
	endpoint{Names: []string{"Refund"}, Answer: (*Handler).refund, Empty: func() answer { return new(refundAnswer) }},
)

func emptyStatus() answer { return new(status) }

func emptyRows() answer { return &rowsAnswer{Products: []wireRow{}} }

type newUserAnswer struct {
	status
	AuthorizationToken string
}

// addNewUser: https://apidocs.linnworks.net/docs/channel-integration-endpoint-add-new-user
func (h *Handler) addNewUser(ctx context.Context, c *call) (answer, error) {
	token, err := h.app.Install(ctx, c)
	return &newUserAnswer{AuthorizationToken: strings.ReplaceAll(token, "-", "")}, err
}

type configAnswer struct {
	status
	StepName              string
	AccountName           string
	WizardStepTitle       string
	WizardStepDescription string
	ConfigItems           []wireItem
	// GlobalSetting in the text of the page, GlobalConfigSettings in its table.
	GlobalConfigSettings *wireSettings `json:",omitempty"`
	GlobalSetting        *wireSettings `json:",omitempty"`
}

func newConfigAnswer() *configAnswer { return &configAnswer{ConfigItems: []wireItem{}} }

type wireSettings struct {
	IsMultiLocationEnabled bool
	MultiLocationInventory wireLocations
}

type wireLocations struct {
	AutoPopulateLocations bool
	Locations             []Location
}

// wireItem is a ConfigItem in the protocol.
type wireItem struct {
	called.Item
	ValueType            ValueType
	HidesHeaderAttribute bool
}

// userConfig: https://apidocs.linnworks.net/docs/channel-integration-endpoint-user-config
func (h *Handler) userConfig(_ context.Context, c *call) (answer, error) {
	return h.config(c.In), nil
}

// config is what a person sees of the configuration: one step, or all of them once it is
// set up.
func (h *Handler) config(in Installation) *configAnswer {
	a := newConfigAnswer()
	a.StepName, a.AccountName = in.Step, in.Account.Name
	page := h.app.Shown(in)
	a.WizardStepTitle, a.WizardStepDescription = page.Title, page.Description
	for _, item := range page.Items {
		a.ConfigItems = append(a.ConfigItems, wireItem{called.ItemOf(item), cmp.Or(item.Type, ValueString), item.HidesHeader})
	}
	if m := h.options.MultiLocation; m != nil && (m.Enabled == nil || m.Enabled(in.Clone())) {
		a.GlobalConfigSettings = &wireSettings{IsMultiLocationEnabled: true, MultiLocationInventory: wireLocations{
			AutoPopulateLocations: len(m.Locations) > 0, Locations: called.OrEmpty(m.Locations),
		}}
		a.GlobalSetting = a.GlobalConfigSettings
	}
	return a
}

// saveConfig: https://apidocs.linnworks.net/docs/channel-integration-endpoint-save-config
func (h *Handler) saveConfig(ctx context.Context, c *call) (answer, error) {
	var request struct {
		StepName    string
		ConfigItems []integration.Choice // and all else of the item, as it was
	}
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	in, err := h.app.Save(ctx, c, request.StepName, request.ConfigItems)
	return h.config(in), err
}

// configTest answers the button "Test".
func (h *Handler) configTest(ctx context.Context, c *call) (answer, error) {
	switch {
	case !c.In.Complete():
		return nil, errNotSetUp
	case h.ports.Test == nil:
		return new(status), nil
	}
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) { return struct{}{}, h.ports.Test(ctx, c.In) })
	return new(status), err
}

// configDeleted forgets an installation.
func (h *Handler) configDeleted(ctx context.Context, c *call) (answer, error) {
	return new(status), h.app.Remove(ctx, c)
}

type shippingTagsAnswer struct {
	status
	ShippingTags []Tag
}

type paymentTagsAnswer struct {
	status
	PaymentTags []Tag
}

func (h *Handler) shippingTags(ctx context.Context, c *call) (answer, error) {
	if h.ports.Tags == nil {
		return &shippingTagsAnswer{ShippingTags: []Tag{}}, nil
	}
	tags, err := h.tags(ctx, c, h.ports.Tags.ShippingTags)
	return &shippingTagsAnswer{ShippingTags: called.OrEmpty(tags)}, err
}

func (h *Handler) paymentTags(ctx context.Context, c *call) (answer, error) {
	if h.ports.Tags == nil {
		return &paymentTagsAnswer{PaymentTags: []Tag{}}, nil
	}
	tags, err := h.tags(ctx, c, h.ports.Tags.PaymentTags)
	return &paymentTagsAnswer{PaymentTags: called.OrEmpty(tags)}, err
}

func (h *Handler) tags(ctx context.Context, c *call, list func(context.Context, Installation) ([]Tag, error)) ([]Tag, error) {
	tags, err := within(ctx, h, func(ctx context.Context) ([]Tag, error) { return list(ctx, c.In) })
	if err == nil {
		err = checkTags(tags)
	}
	return tags, err
}

type ordersAnswer struct {
	status
	HasMorePages bool
	Orders       []Order
}

// maxPages bounds what a page may be numbered.
const maxPages = 1_000_000

// orders: https://apidocs.linnworks.net/docs/channel-integration-endpoint-orders
func (h *Handler) orders(ctx context.Context, c *call) (answer, error) {
	var request struct {
		UTCTimeFrom moment
		PageNumber  *int
	}
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	number, err := pageNumber(request.PageNumber)
	switch {
	case err != nil:
		return nil, err
	case request.UTCTimeFrom.err != nil:
		return nil, &RefusedError{Text: "The request has no date that can be read.", Err: request.UTCTimeFrom.err}
	case !c.In.Complete():
		return nil, errNotSetUp
	}
	type result struct {
		orders []Order
		more   bool
	}
	r, err := within(ctx, h, func(ctx context.Context) (r result, err error) {
		r.orders, r.more, err = h.ports.Orders.Orders(ctx, c.In, request.UTCTimeFrom.Time, number)
		return r, err
	})
	if err != nil {
		return nil, err
	}
	a := &ordersAnswer{HasMorePages: r.more, Orders: []Order{}}
	c.Rows = len(r.orders)
	for _, o := range r.orders {
		if err := o.check(); err != nil { // one that Linnworks cannot take holds up no other
			h.app.Row(ctx, c, o.Reference, fmt.Errorf("the order is not handed out: %w", err))
			continue
		}
		a.Orders = append(a.Orders, wireOrder(o))
	}
	return a, nil
}

// pageNumber is the page that is asked for: the first, if none is named.
func pageNumber(n *int) (int, error) {
	switch {
	case n == nil || *n == 0:
		return 1, nil
	case *n < 0 || *n > maxPages:
		return 0, Refuse("There is no page of that number.")
	}
	return *n, nil
}

type despatchAnswer struct {
	status
	Orders []wireReference
}

type wireReference struct {
	ReferenceNumber string
	Error           *string
}

// Refuse implements [called.Answer].
func (a *despatchAnswer) Refuse(text string) {
	a.status.Refuse(text)
	for i := range a.Orders {
		a.Orders[i].Error = &text
	}
}

// wireDespatch is a Despatch in the protocol.
type wireDespatch struct {
	Despatch
	ProcessedOn moment
}

// despatch: https://apidocs.linnworks.net/docs/channel-integration-endpoint-despatch
func (h *Handler) despatch(ctx context.Context, c *call) (answer, error) {
	var request struct{ Orders []json.RawMessage }
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	a := &despatchAnswer{Orders: []wireReference{}}
	var good []Despatch
	wrong := make([]error, len(request.Orders))
	for i, raw := range request.Orders {
		w, err := called.ReadRow[wireDespatch](raw)
		d := w.Despatch
		d.ProcessedAt = w.ProcessedOn.Time
		if err == nil {
			err = d.check()
		}
		if err == nil {
			good = append(good, d)
		}
		wrong[i], a.Orders = err, append(a.Orders, wireReference{ReferenceNumber: d.Reference})
	}
	c.Whole, c.Rows = a, len(request.Orders)
	if !c.In.Complete() {
		return nil, errNotSetUp
	}
	errs, err := rows(ctx, h, good, func(ctx context.Context) []error { return h.ports.Despatch.Despatch(ctx, c.In, good) })
	if err != nil {
		return nil, err
	}
	for i := range a.Orders {
		err := wrong[i]
		if err == nil {
			err, errs = errs[0], errs[1:]
		}
		a.Orders[i].Error = h.app.Row(ctx, c, a.Orders[i].ReferenceNumber, err)
	}
	return a, nil
}

// check reports what must not be guessed at.
func (d *Despatch) check() error {
	if d.Reference == "" {
		return Refuse("The order has no reference number.")
	}
	items := slices.Clone(d.Items)
	for _, p := range d.Packages {
		items = append(items, p.Items...)
	}
	for _, i := range items {
		if i.Quantity < 0 {
			return Refuse("A line of the order has a quantity below zero.")
		}
	}
	return nil
}

// errNoSay is for a row that a port did not answer for.
var errNoSay = errors.New("the channel did not say what became of it")

// rows calls a port for the rows that can be read, if there are any, and returns an
// error or nil for each.
func rows[T any](ctx context.Context, h *Handler, good []T, port func(context.Context) []error) ([]error, error) {
	if len(good) == 0 {
		return nil, nil
	}
	errs, err := within(ctx, h, func(ctx context.Context) ([]error, error) { return port(ctx), nil })
	for len(errs) < len(good) {
		errs = append(errs, errNoSay)
	}
	return errs, err
}

type productsAnswer struct {
	status
	HasMorePages bool
	Products     []wireProduct
}

type wireProduct struct {
	SKU       string
	Title     string
	Quantity  int
	Price     linnworks.Decimal
	Reference string
}

// products: https://apidocs.linnworks.net/docs/channel-integration-endpoint-products
func (h *Handler) products(ctx context.Context, c *call) (answer, error) {
	var request struct{ PageNumber *int }
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	number, err := pageNumber(request.PageNumber)
	a := &productsAnswer{Products: []wireProduct{}}
	switch {
	case err != nil:
		return nil, err
	case !c.In.Complete():
		return nil, errNotSetUp
	case h.ports.Products == nil:
		return a, nil
	}
	type result struct {
		products []Product
		more     bool
	}
	r, err := within(ctx, h, func(ctx context.Context) (r result, err error) {
		r.products, r.more, err = h.ports.Products.Products(ctx, c.In, number)
		return r, err
	})
	if err != nil {
		return nil, err
	}
	a.HasMorePages, c.Rows = r.more, len(r.products)
	for _, p := range r.products {
		if err := p.check(); err != nil {
			h.app.Row(ctx, c, p.SKU, fmt.Errorf("the product is not listed: %w", err))
			continue
		}
		w := wireProduct{SKU: p.SKU, Title: p.Title, Quantity: p.Quantity, Price: p.Price, Reference: p.Reference}
		if w.Reference == "" {
			w.Reference = p.SKU
		}
		a.Products = append(a.Products, w)
	}
	return a, nil
}

// rowsAnswer has every SKU of the request: Linnworks may take one that is left out for
// one that the channel does not have, and skip it from then on.
type rowsAnswer struct {
	status
	Products []wireRow
}

type wireRow struct {
	SKU   string
	Error *string
}

// Refuse implements [called.Answer].
func (a *rowsAnswer) Refuse(text string) {
	a.status.Refuse(text)
	for i := range a.Products {
		a.Products[i].Error = &text
	}
}

// inventoryUpdate: https://apidocs.linnworks.net/docs/channel-integration-endpoint-inventory-update
func (h *Handler) inventoryUpdate(ctx context.Context, c *call) (answer, error) {
	var request struct{ Products []json.RawMessage }
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	return update(ctx, h, c, request.Products, wireLevel.row, func(ctx context.Context, levels []Level) []error {
		if h.ports.Inventory == nil {
			return all(levels, Refuse("This integration takes no stock levels from Linnworks."))
		}
		return h.ports.Inventory.UpdateInventory(ctx, c.In, levels)
	})
}

// wireLevel is a Level in the protocol. A quantity that is not there is not zero.
type wireLevel struct {
	SKU, Reference      string
	Quantity            *int
	MultiLocationLevels []struct {
		Tag      string
		Quantity *int
	}
}

func (w wireLevel) row() (sku string, l Level, err error) {
	l = Level{SKU: w.SKU, Reference: w.Reference}
	negative := func(n *int) bool { return n == nil || *n < 0 }
	sum := 0
	for _, at := range w.MultiLocationLevels {
		if at.Tag == "" || negative(at.Quantity) {
			return w.SKU, l, Refuse("A location of this product has no tag, or no quantity that can be read.")
		}
		l.Locations = append(l.Locations, LocationLevel{at.Tag, *at.Quantity})
		sum += *at.Quantity
	}
	switch {
	case w.SKU == "":
		return "", l, Refuse("The product has no SKU.")
	case w.Quantity == nil && len(l.Locations) > 0:
		l.Quantity = sum
	case negative(w.Quantity):
		return w.SKU, l, Refuse("The product has no quantity that can be read.")
	default:
		l.Quantity = *w.Quantity
	}
	return w.SKU, l, nil
}

// priceUpdate: https://apidocs.linnworks.net/docs/channel-integration-endpoint-price-update
//
// A live application reads the prices as Inventory.
func (h *Handler) priceUpdate(ctx context.Context, c *call) (answer, error) {
	var request struct{ Products, Inventory []json.RawMessage }
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	list := request.Products
	if len(list) == 0 {
		list = request.Inventory
	}
	return update(ctx, h, c, list, wirePrice.row, func(ctx context.Context, prices []Price) []error {
		if h.ports.Prices == nil {
			return all(prices, Refuse("This integration takes no prices from Linnworks. Change them in the channel."))
		}
		return h.ports.Prices.UpdatePrices(ctx, c.In, prices)
	})
}

type wirePrice struct {
	SKU, Reference, Tag string
	Price               linnworks.Decimal
}

func (w wirePrice) row() (sku string, p Price, err error) {
	p = Price{SKU: w.SKU, Reference: w.Reference, Tag: w.Tag, Price: w.Price}
	value, ok := p.Price.Rat()
	switch {
	case w.SKU == "":
		return "", p, Refuse("The product has no SKU.")
	case !ok || value.Sign() < 0:
		return w.SKU, p, Refuse("The product has no price that can be read.")
	}
	return w.SKU, p, nil
}

// all is one error for every row.
func all[T any](rows []T, err error) []error {
	errs := make([]error, len(rows))
	for i := range errs {
		errs[i] = err
	}
	return errs
}

// update has a port take those rows that can be read, and answers for all.
func update[W, T any](ctx context.Context, h *Handler, c *call, list []json.RawMessage, read func(W) (string, T, error), port func(context.Context, []T) []error) (answer, error) {
	a := &rowsAnswer{Products: []wireRow{}}
	var good []T
	wrong := make([]error, len(list))
	for i, raw := range list {
		w, unread := called.ReadRow[W](raw)
		sku, row, err := read(w)
		if unread != nil {
			err = unread
		}
		if err == nil {
			good = append(good, row)
		}
		wrong[i], a.Products = err, append(a.Products, wireRow{SKU: sku})
	}
	c.Whole, c.Rows = a, len(list)
	if !c.In.Complete() {
		return nil, errNotSetUp
	}
	errs, err := rows(ctx, h, good, func(ctx context.Context) []error { return port(ctx, good) })
	if err != nil {
		return nil, err
	}
	for i := range a.Products {
		err := wrong[i]
		if err == nil {
			err, errs = errs[0], errs[1:]
		}
		a.Products[i].Error = h.app.Row(ctx, c, a.Products[i].SKU, err)
	}
	return a, nil
}

func newPostSaleAnswer() *postSaleAnswer { return &postSaleAnswer{PostSaleReasons: []wireReason{}} }

// postSaleOptions: https://apidocs.linnworks.net/docs/channel-integration-endpoint-post-sale-options
func (h *Handler) postSaleOptions(ctx context.Context, c *call) (answer, error) {
	a := newPostSaleAnswer()
	if !c.In.Complete() {
		return nil, errNotSetUp
	}
	if h.ports.Cancels != nil {
		o, err := within(ctx, h, func(ctx context.Context) (CancelOptions, error) { return h.ports.Cancels.CancelOptions(ctx, c.In) })
		if err != nil {
			return nil, err
		}
		a.CanCancel, a.CanCancelOrderLines, a.CanCancelOrderLinesPartially = true, o.Lines || o.PartsOfLines, o.PartsOfLines
		a.AutomaticRefundOnCancel = o.Refunds
		a.add("Cancellation", o.Reasons)
	}
	if h.ports.Refunds != nil {
		o, err := within(ctx, h, func(ctx context.Context) (RefundOptions, error) { return h.ports.Refunds.RefundOptions(ctx, c.In) })
		if err != nil {
			return nil, err
		}
		a.CanRefund, a.CanAttachRefundToItem, a.CanAttachRefundToService, a.CanRefundAdditionally = true, o.Items, o.Services, o.Free
		a.RefundShippingTypes = o.Shipping
		a.add("ItemRefund", o.ItemReasons)
		a.add("ShippingRefund", o.ShippingReasons)
		a.add("ServiceRefund", o.ServiceReasons)
		a.add("AdditionalRefund", o.FreeReasons)
	}
	return a, nil
}

// cancel: https://apidocs.linnworks.net/docs/channel-integration-endpoint-cancel
func (h *Handler) cancel(ctx context.Context, c *call) (answer, error) {
	var request struct{ Cancellation Cancellation }
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	negative := func(i CancelledItem) bool { return i.Quantity < 0 }
	switch {
	case request.Cancellation.Reference == "":
		return nil, Refuse("The request names no order.")
	case slices.ContainsFunc(request.Cancellation.Items, negative):
		return nil, Refuse("A line of the order has a quantity below zero.")
	case !c.In.Complete():
		return nil, errNotSetUp
	case h.ports.Cancels == nil:
		return nil, Refuse("This integration cancels nothing in the channel. Cancel the order there.")
	}
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.ports.Cancels.Cancel(ctx, c.In, &request.Cancellation)
	})
	return new(status), err
}

type refundAnswer struct {
	status
	RefundReference string
}

// refund: https://apidocs.linnworks.net/docs/channel-integration-endpoint-refund
func (h *Handler) refund(ctx context.Context, c *call) (answer, error) {
	var request struct{ Refund Refund }
	if err := c.Read(&request); err != nil {
		return nil, err
	}
	if err := request.Refund.check(); err != nil {
		return nil, &RefusedError{Text: "An amount of the refund cannot be read. Nothing was refunded.", Err: err}
	}
	switch {
	case request.Refund.Reference == "":
		return nil, Refuse("The request names no order.")
	case !c.In.Complete():
		return nil, errNotSetUp
	case h.ports.Refunds == nil:
		return nil, Refuse("This integration refunds nothing in the channel. Refund the buyer there.")
	}
	reference, err := within(ctx, h, func(ctx context.Context) (string, error) {
		return h.ports.Refunds.Refund(ctx, c.In, &request.Refund)
	})
	if err == nil && reference == "" {
		err = errors.New("the refund has no reference")
	}
	return &refundAnswer{RefundReference: reference}, err
}

// moment is a date in any of the forms that Linnworks was seen to send.
type moment struct {
	time.Time
	err error
}

// ticks is a date as .NET used to write it, in milliseconds.
var ticks = regexp.MustCompile(`^/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/$`)

// UnmarshalJSON notes what it cannot read.
func (m *moment) UnmarshalJSON(b []byte) error {
	*m = moment{}
	var text *string
	if err := json.Unmarshal(b, &text); err != nil || text == nil {
		if err != nil {
			m.err = errors.New("a date is no text")
		}
		return nil
	}
	if at := ticks.FindStringSubmatch(*text); at != nil {
		ms, _ := strconv.ParseInt(at[1], 10, 64) // the pattern has seen to it
		m.Time = time.UnixMilli(ms).UTC()
		return nil
	}
	t, err := linnworks.ParseTime(*text)
	m.Time, m.err = t.Time, err
	return nil
}

// LogValue keeps dates readable.
func (m moment) LogValue() slog.Value { return slog.TimeValue(m.Time) }
