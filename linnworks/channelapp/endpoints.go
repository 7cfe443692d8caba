package channelapp

import (
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

	"github.com/linnbridge/linnbridge/internal/called"
	"github.com/linnbridge/linnbridge/linnworks"
)

// endpoints by their names in lower case, both where documents differ.
var endpoints = func() map[string]*endpoint {
	table := map[string]*endpoint{}
	for _, e := range []struct {
		names []string
		endpoint
	}{
		{[]string{"AddNewUser"}, endpoint{open: true, answer: (*Handler).addNewUser, empty: func() answer { return new(newUserAnswer) }}},
		{[]string{"UserConfig"}, endpoint{answer: (*Handler).userConfig, empty: func() answer { return newConfigAnswer() }}},
		{[]string{"SaveConfig", "SaveUserConfig", "SaveConfigSave"}, endpoint{answer: (*Handler).saveConfig, empty: func() answer { return newConfigAnswer() }}},
		{[]string{"ConfigTest"}, endpoint{answer: (*Handler).configTest, empty: emptyStatus}},
		{[]string{"ConfigDeleted", "ConfigDelete"}, endpoint{answer: (*Handler).configDeleted, empty: emptyStatus}},
		{[]string{"ShippingTags"}, endpoint{answer: (*Handler).shippingTags, empty: func() answer { return &shippingTagsAnswer{ShippingTags: []Tag{}} }}},
		{[]string{"PaymentTags"}, endpoint{answer: (*Handler).paymentTags, empty: func() answer { return &paymentTagsAnswer{PaymentTags: []Tag{}} }}},
		{[]string{"Orders"}, endpoint{answer: (*Handler).orders, empty: func() answer { return &ordersAnswer{Orders: []Order{}} }}},
		{[]string{"Despatch", "Dispatch"}, endpoint{answer: (*Handler).despatch, empty: func() answer { return &despatchAnswer{Orders: []wireReference{}} }}},
		{[]string{"Products"}, endpoint{answer: (*Handler).products, empty: func() answer { return &productsAnswer{Products: []wireProduct{}} }}},
		{[]string{"InventoryUpdate"}, endpoint{answer: (*Handler).inventoryUpdate, empty: emptyRows}},
		{[]string{"PriceUpdate"}, endpoint{answer: (*Handler).priceUpdate, empty: emptyRows}},
		{[]string{"PostSaleOptions"}, endpoint{answer: (*Handler).postSaleOptions, empty: func() answer { return newPostSaleAnswer() }}},
		{[]string{"Cancel"}, endpoint{answer: (*Handler).cancel, empty: emptyStatus}},
		{[]string{"Refund"}, endpoint{answer: (*Handler).refund, empty: func() answer { return new(refundAnswer) }}},
	} {
		e.name = e.names[0]
		for _, name := range e.names {
			table[strings.ToLower(name)] = &e.endpoint
		}
	}
	return table
}()

func emptyStatus() answer { return new(status) }

func emptyRows() answer { return &rowsAnswer{Products: []wireRow{}} }

type newUserAnswer struct {
	status
	AuthorizationToken string
}

func sameName(a, b Account) bool { return a.ID == b.ID && strings.EqualFold(a.Name, b.Name) }

// addNewUser: https://apidocs.linnworks.net/docs/channel-integration-endpoint-add-new-user
func (h *Handler) addNewUser(ctx context.Context, c *call) (answer, error) {
	var request struct{ Email, LinnworksUniqueIdentifier, AccountName string }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	id, err := called.ParseGUID(request.LinnworksUniqueIdentifier)
	if err != nil {
		return nil, &RefusedError{Text: "The request names no Linnworks account.", Err: err}
	}
	if strings.TrimSpace(request.AccountName) == "" {
		return nil, Refuse("Please give the integration a name.")
	}
	account := Account{ID: linnworks.GUID(id), Name: request.AccountName, Email: request.Email}
	token := called.NewToken()
	in := Installation{
		ID: called.IDOf(token), Account: account, Step: h.stepAfter(""),
		Settings: map[string]string{}, Passwords: map[string]linnworks.Secret{}, InstalledAt: time.Now().UTC(),
	}
	_, err = within(ctx, h, func(ctx context.Context) (struct{}, error) {
		if err := h.ports.Admit(ctx, account); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, h.put(ctx, in)
	})
	if err != nil {
		return nil, err
	}
	c.in = in
	return &newUserAnswer{AuthorizationToken: strings.ReplaceAll(token, "-", "")}, nil
}

// put keeps an installation.
func (h *Handler) put(ctx context.Context, in Installation) error {
	err := h.ports.Installations.PutInstallation(ctx, in)
	switch {
	case errors.Is(err, ErrNameTaken):
		return &RefusedError{Text: "Your account has an integration of this name already. Please choose another name, or remove the other integration first.", Err: err}
	case err != nil:
		return fmt.Errorf("keeping the installation: %w", err)
	}
	return nil
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
	ConfigItemID         string `json:"ConfigItemId"`
	Name                 string
	Description          string
	GroupName            string
	SortOrder            int
	SelectedValue        string
	RegExValidation      *string
	RegExError           *string
	MustBeSpecified      bool
	ReadOnly             bool
	ListValues           []ListValue
	ValueType            ValueType
	HidesHeaderAttribute bool
}

func wireItemOf(c ConfigItem) wireItem {
	w := wireItem{
		ConfigItemID: c.ID, Name: c.Name, Description: c.Description, GroupName: c.Group, SortOrder: c.Sort, SelectedValue: c.Value,
		MustBeSpecified: c.Required, ReadOnly: c.ReadOnly, ListValues: orEmpty(c.Values), ValueType: c.Type, HidesHeaderAttribute: c.HidesHeader,
	}
	if c.Pattern != "" {
		w.RegExValidation, w.RegExError = &c.Pattern, &c.PatternError
	}
	return w
}

// userConfig: https://apidocs.linnworks.net/docs/channel-integration-endpoint-user-config
func (h *Handler) userConfig(_ context.Context, c *call) (answer, error) {
	return h.config(c.in), nil
}

// config is what a person sees of the configuration: one step, or all of them once it is
// set up.
func (h *Handler) config(in Installation) *configAnswer {
	a := newConfigAnswer()
	a.StepName, a.AccountName = in.Step, in.Account.Name
	page := h.page(in.Step)
	a.WizardStepTitle, a.WizardStepDescription = page.Title, page.Description
	for _, item := range page.Items {
		w := wireItemOf(item)
		if value, filled := in.Settings[item.ID]; filled {
			w.SelectedValue = value
		}
		if !in.Passwords[item.ID].IsZero() {
			w.MustBeSpecified = false // empty, it stays as it is
		}
		a.ConfigItems = append(a.ConfigItems, w)
	}
	if m := h.options.MultiLocation; m != nil && (m.Enabled == nil || m.Enabled(in.clone())) {
		a.GlobalConfigSettings = &wireSettings{IsMultiLocationEnabled: true, MultiLocationInventory: wireLocations{
			AutoPopulateLocations: len(m.Locations) > 0, Locations: orEmpty(m.Locations),
		}}
		a.GlobalSetting = a.GlobalConfigSettings
	}
	return a
}

// page is a step, or all of them as one.
type page struct {
	Title, Description string
	Items              []ConfigItem
	checks             []func(context.Context, Installation) error
}

func (h *Handler) page(step string) (p page) {
	for _, s := range h.options.Steps {
		if step != StepComplete && step != s.Name {
			continue
		}
		p.Title, p.Description = s.Title, s.Description
		p.Items = append(p.Items, s.Items...)
		if s.Check != nil {
			p.checks = append(p.checks, s.Check)
		}
	}
	if step == StepComplete && len(h.options.Steps) != 1 {
		p.Title, p.Description = "Settings", ""
	}
	return p
}

// stepAfter is the step after another. One that is not known, because the steps have
// changed since, begins again.
func (h *Handler) stepAfter(step string) string {
	if step == StepComplete {
		return StepComplete
	}
	if next := stepAt(h.options.Steps, step) + 1; next < len(h.options.Steps) {
		return h.options.Steps[next].Name
	}
	return StepComplete
}

// choice is what was filled in for an item.
type choice struct {
	ConfigItemID  string `json:"ConfigItemId"`
	SelectedValue string
}

// saveConfig: https://apidocs.linnworks.net/docs/channel-integration-endpoint-save-config
func (h *Handler) saveConfig(ctx context.Context, c *call) (answer, error) {
	var request struct {
		StepName    string
		ConfigItems []choice // and all else of the item, as it was
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if !strings.EqualFold(request.StepName, c.in.Step) {
		return nil, &RefusedError{
			Text: "This page of the set-up is no longer the current one. Please close the window and open it again.",
			Err:  fmt.Errorf("it is for %q, and the installation is at %q", request.StepName, c.in.Step),
		}
	}
	in := c.in.clone()
	if in.Settings == nil {
		in.Settings = map[string]string{}
	}
	if in.Passwords == nil {
		in.Passwords = map[string]linnworks.Secret{}
	}
	page := h.page(in.Step)
	for _, item := range page.Items {
		if err := fill(&in, &item, request.ConfigItems); err != nil {
			return nil, err
		}
	}
	in.Step = h.stepAfter(in.Step)
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) {
		for _, check := range page.checks {
			if err := check(ctx, in.clone()); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, h.put(ctx, in)
	})
	if err != nil {
		return nil, err
	}
	return h.config(in), nil
}

// fill puts what was filled in for an item into the installation.
func fill(in *Installation, item *ConfigItem, values []choice) error {
	value, filled := in.Settings[item.ID]
	if !filled {
		value = item.Value
	}
	password := item.Type == ValuePassword
	if password {
		value = in.Passwords[item.ID].Reveal()
	}
	at := slices.IndexFunc(values, func(c choice) bool { return strings.EqualFold(c.ConfigItemID, item.ID) })
	if at >= 0 && !item.ReadOnly && (!password || values[at].SelectedValue != "") { // a password is not shown: empty, it stays
		value = values[at].SelectedValue
	}
	if err := item.accept(value); err != nil {
		return err
	}
	if password {
		in.Passwords[item.ID] = linnworks.NewSecret(value)
	} else {
		in.Settings[item.ID] = value
	}
	return nil
}

// configTest answers the button "Test".
func (h *Handler) configTest(ctx context.Context, c *call) (answer, error) {
	switch {
	case !c.in.Complete():
		return nil, errNotSetUp
	case h.ports.Test == nil:
		return new(status), nil
	}
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) { return struct{}{}, h.ports.Test(ctx, c.in) })
	return new(status), err
}

// configDeleted forgets an installation. Linnworks does so whatever the answer is.
func (h *Handler) configDeleted(ctx context.Context, c *call) (answer, error) {
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.ports.Installations.DropInstallation(ctx, c.in.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("forgetting the installation: %w", err)
	}
	return new(status), nil
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
	return &shippingTagsAnswer{ShippingTags: orEmpty(tags)}, err
}

func (h *Handler) paymentTags(ctx context.Context, c *call) (answer, error) {
	if h.ports.Tags == nil {
		return &paymentTagsAnswer{PaymentTags: []Tag{}}, nil
	}
	tags, err := h.tags(ctx, c, h.ports.Tags.PaymentTags)
	return &paymentTagsAnswer{PaymentTags: orEmpty(tags)}, err
}

func (h *Handler) tags(ctx context.Context, c *call, list func(context.Context, Installation) ([]Tag, error)) ([]Tag, error) {
	tags, err := within(ctx, h, func(ctx context.Context) ([]Tag, error) { return list(ctx, c.in) })
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
	if err := c.read(&request); err != nil {
		return nil, err
	}
	number, err := pageNumber(request.PageNumber)
	switch {
	case err != nil:
		return nil, err
	case request.UTCTimeFrom.err != nil:
		return nil, &RefusedError{Text: "The request has no date that can be read.", Err: request.UTCTimeFrom.err}
	case !c.in.Complete():
		return nil, errNotSetUp
	}
	type result struct {
		orders []Order
		more   bool
	}
	r, err := within(ctx, h, func(ctx context.Context) (r result, err error) {
		r.orders, r.more, err = h.ports.Orders.Orders(ctx, c.in, request.UTCTimeFrom.Time, number)
		return r, err
	})
	if err != nil {
		return nil, err
	}
	a := &ordersAnswer{HasMorePages: r.more, Orders: []Order{}}
	c.rows = len(r.orders)
	for _, o := range r.orders {
		if err := o.check(); err != nil { // one that Linnworks cannot take holds up no other
			h.row(ctx, c, o.Reference, fmt.Errorf("the order is not handed out: %w", err))
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

func (a *despatchAnswer) refuse(text string) {
	a.status.refuse(text)
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
	if err := c.read(&request); err != nil {
		return nil, err
	}
	a := &despatchAnswer{Orders: []wireReference{}}
	var good []Despatch
	wrong := make([]error, len(request.Orders))
	for i, raw := range request.Orders {
		w, err := readRow[wireDespatch](raw)
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
	c.whole, c.rows = a, len(request.Orders)
	if !c.in.Complete() {
		return nil, errNotSetUp
	}
	errs, err := rows(ctx, h, good, func(ctx context.Context) []error { return h.ports.Despatch.Despatch(ctx, c.in, good) })
	if err != nil {
		return nil, err
	}
	for i := range a.Orders {
		err := wrong[i]
		if err == nil {
			err, errs = errs[0], errs[1:]
		}
		a.Orders[i].Error = h.row(ctx, c, a.Orders[i].ReferenceNumber, err)
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
	if err := c.read(&request); err != nil {
		return nil, err
	}
	number, err := pageNumber(request.PageNumber)
	a := &productsAnswer{Products: []wireProduct{}}
	switch {
	case err != nil:
		return nil, err
	case !c.in.Complete():
		return nil, errNotSetUp
	case h.ports.Products == nil:
		return a, nil
	}
	type result struct {
		products []Product
		more     bool
	}
	r, err := within(ctx, h, func(ctx context.Context) (r result, err error) {
		r.products, r.more, err = h.ports.Products.Products(ctx, c.in, number)
		return r, err
	})
	if err != nil {
		return nil, err
	}
	a.HasMorePages, c.rows = r.more, len(r.products)
	for _, p := range r.products {
		if err := p.check(); err != nil {
			h.row(ctx, c, p.SKU, fmt.Errorf("the product is not listed: %w", err))
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

func (a *rowsAnswer) refuse(text string) {
	a.status.refuse(text)
	for i := range a.Products {
		a.Products[i].Error = &text
	}
}

// inventoryUpdate: https://apidocs.linnworks.net/docs/channel-integration-endpoint-inventory-update
func (h *Handler) inventoryUpdate(ctx context.Context, c *call) (answer, error) {
	var request struct{ Products []json.RawMessage }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	return update(ctx, h, c, request.Products, wireLevel.row, func(ctx context.Context, levels []Level) []error {
		if h.ports.Inventory == nil {
			return all(levels, Refuse("This integration takes no stock levels from Linnworks."))
		}
		return h.ports.Inventory.UpdateInventory(ctx, c.in, levels)
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
	if err := c.read(&request); err != nil {
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
		return h.ports.Prices.UpdatePrices(ctx, c.in, prices)
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
		w, unread := readRow[W](raw)
		sku, row, err := read(w)
		if unread != nil {
			err = unread
		}
		if err == nil {
			good = append(good, row)
		}
		wrong[i], a.Products = err, append(a.Products, wireRow{SKU: sku})
	}
	c.whole, c.rows = a, len(list)
	if !c.in.Complete() {
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
		a.Products[i].Error = h.row(ctx, c, a.Products[i].SKU, err)
	}
	return a, nil
}

func newPostSaleAnswer() *postSaleAnswer { return &postSaleAnswer{PostSaleReasons: []wireReason{}} }

// postSaleOptions: https://apidocs.linnworks.net/docs/channel-integration-endpoint-post-sale-options
func (h *Handler) postSaleOptions(ctx context.Context, c *call) (answer, error) {
	a := newPostSaleAnswer()
	if !c.in.Complete() {
		return nil, errNotSetUp
	}
	if h.ports.Cancels != nil {
		o, err := within(ctx, h, func(ctx context.Context) (CancelOptions, error) { return h.ports.Cancels.CancelOptions(ctx, c.in) })
		if err != nil {
			return nil, err
		}
		a.CanCancel, a.CanCancelOrderLines, a.CanCancelOrderLinesPartially = true, o.Lines || o.PartsOfLines, o.PartsOfLines
		a.AutomaticRefundOnCancel = o.Refunds
		a.add("Cancellation", o.Reasons)
	}
	if h.ports.Refunds != nil {
		o, err := within(ctx, h, func(ctx context.Context) (RefundOptions, error) { return h.ports.Refunds.RefundOptions(ctx, c.in) })
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
	if err := c.read(&request); err != nil {
		return nil, err
	}
	negative := func(i CancelledItem) bool { return i.Quantity < 0 }
	switch {
	case request.Cancellation.Reference == "":
		return nil, Refuse("The request names no order.")
	case slices.ContainsFunc(request.Cancellation.Items, negative):
		return nil, Refuse("A line of the order has a quantity below zero.")
	case !c.in.Complete():
		return nil, errNotSetUp
	case h.ports.Cancels == nil:
		return nil, Refuse("This integration cancels nothing in the channel. Cancel the order there.")
	}
	_, err := within(ctx, h, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, h.ports.Cancels.Cancel(ctx, c.in, &request.Cancellation)
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
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if err := request.Refund.check(); err != nil {
		return nil, &RefusedError{Text: "An amount of the refund cannot be read. Nothing was refunded.", Err: err}
	}
	switch {
	case request.Refund.Reference == "":
		return nil, Refuse("The request names no order.")
	case !c.in.Complete():
		return nil, errNotSetUp
	case h.ports.Refunds == nil:
		return nil, Refuse("This integration refunds nothing in the channel. Refund the buyer there.")
	}
	reference, err := within(ctx, h, func(ctx context.Context) (string, error) {
		return h.ports.Refunds.Refund(ctx, c.in, &request.Refund)
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
