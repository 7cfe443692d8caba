package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

const (
	// usedWithin is how far back parcels and orders are counted.
	usedWithin = 30 * 24 * time.Hour
	// consentWithin is how long before its end a consent is to be renewed.
	consentWithin = 30 * 24 * time.Hour
	// clockWithin is how far apart clocks may be before somebody is told: calls and stock make
	// up for more, deadlines do not.
	clockWithin = 10 * time.Second
	// limitShare is the share of the daily order limit, in percent, that the busiest day may
	// reach. busyDays is how many days are looked at.
	limitShare = 80
	busyDays   = 7
	// refusedShare is the share of an operation's calls, in percent, that may be refused for
	// their pace, of fewCalls or more.
	refusedShare = 1
	fewCalls     = 100
)

// taxForms are words for a tax form that is in order. TikTok describes none: others are
// found as unknown, see [Options.TaxForms].
//
// https://partner.tiktokshop.com/docv2/page/get-seller-status-202508
var taxForms = []string{"APPROVED", "VALID", "VERIFIED", "COMPLETED", "ACTIVE", "NOT_REQUIRED"}

// byHand notes what neither side can be asked for.
func (r *run) byHand(text string) { r.report.ByHand = append(r.report.ByHand, text) }

// grants looks at what the seller has consented to.
func (r *run) grants(ctx context.Context) error {
	grant, err := r.Grants.Grant(ctx)
	if err != nil {
		return err
	}
	for _, scope := range grant.Missing {
		r.find(ScopeMissing, "scope "+scope, "", "the seller has not granted it",
			"add it to the app in Partner Center, App & Service, then have the owner of the shop's main account consent again", scope)
	}
	switch left := grant.Ends.Sub(r.report.At); {
	case grant.Ends.IsZero():
		r.cannotSay(ConsentEnds)
		r.byHand("when the seller's authorisation ends is not on record: look in Seller Center, My Account, Linked apps")
	case left < consentWithin:
		r.find(ConsentEnds, "authorisation", "", "it ends on "+grant.Ends.UTC().Format("2 January 2006"),
			"have the owner of the shop's main account consent again, for as long as the page offers")
	}
	return nil
}

// webhooks looks at where the shop's events go.
func (r *run) webhooks(ctx context.Context) error {
	addresses, err := r.Webhooks.WebhookAddresses(ctx)
	if err != nil {
		return err
	}
	want := r.options.WebhookURL
	for _, event := range slices.Sorted(maps.Keys(addresses)) {
		switch got := addresses[event]; {
		case got == "":
			r.find(WebhookOff, "webhook "+event, "", "the shop sends it nowhere, unless it is set in Partner Center alone",
				"switch it on", strings.TrimSpace(event+" "+want))
		case want != "" && got != want:
			r.find(WebhookElsewhere, "webhook "+event, "", "it goes to "+host(got)+", and the bridge listens at "+host(want),
				"end the program that has it now, or have it pass the event on; then set it to the bridge's address", event+" "+want)
		}
	}
	return nil
}

// host is the address without what may be a secret of another program.
func host(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "another address"
	}
	return u.Scheme + "://" + u.Host
}

// shopSetup looks at what a shop needs before it can sell and send.
func (r *run) shopSetup(ctx context.Context) error {
	var failed []error
	ask := func(what string, byHand string, err error, rules ...Rule) bool {
		if err != nil {
			r.cannotSay(rules...)
		}
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			r.byHand(byHand)
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", what, err))
		}
		return err == nil
	}
	warehouses, err := r.Setup.ShopWarehouses(ctx)
	if ask("warehouses", "the warehouses of the shop: look in Seller Center, Shipping, Warehouse settings", err, WarehouseOff, NoPickUp, NoReturns, NoDelivery) {
		r.shopWarehouses(warehouses)
	}
	templates, err := r.Setup.ShippingTemplates(ctx)
	if ask("shipping templates", "shipping templates: look in Seller Center, Shipping, Shipping templates, that every delivery option has one", err, NoTemplate) && len(templates) == 0 {
		r.find(NoTemplate, "shipping template", "", "the shop has none that can be used", "create one in Seller Center, Shipping, Shipping templates")
	}
	terms, err := r.Setup.ShopTerms(ctx)
	if ask("tax form and currency", "tax form and currency: look in Seller Center, My Account, Tax information", err, TaxForm, NoCurrencyRate) {
		err = r.terms(ctx, terms)
		ask("currencies of the warehouse", "the rate of the shop's currency: look in Linnworks, Settings, Currency rates", err, NoCurrencyRate)
	}
	r.byHand("quantity limits of products, and how many may be listed a day, which no API tells: look in Seller Center, Account Health")
	if r.options.OrdersPerDay == 0 {
		r.byHand("the daily order limit, which no API tells: look in Seller Center, Account Health, and enter it as orders_per_day if there is one")
	}
	return part.Join(failed...)
}

func (r *run) shopWarehouses(warehouses []ShopWarehouse) {
	const where = "Seller Center, Shipping, Warehouse settings"
	var pickUp, returns bool
	for _, w := range warehouses {
		pickUp, returns = pickUp || w.Usable && !w.Returns && len(w.Delivery) > 0, returns || w.Usable && w.Returns
		object := fmt.Sprintf("warehouse %s (%s)", w.ID, w.Name)
		switch _, named := r.options.Locations[w.ID]; {
		case !w.Usable && named:
			r.find(WarehouseOff, object, "", "the settings name it, and the shop has it as "+w.Status, "enable it in "+where+", or take it out of locations")
		case w.Usable && !w.Returns && len(w.Delivery) == 0:
			r.find(NoDelivery, object, "", "it has no delivery option", "switch the default delivery option on in "+where)
		}
	}
	if !pickUp {
		r.find(NoPickUp, "pick-up warehouse", "", "the shop has none that can be used", "create or enable one in "+where)
	}
	if !returns {
		r.find(NoReturns, "return warehouse", "", "the shop has none that can be used", "create or enable one in "+where)
	}
}

func (r *run) terms(ctx context.Context, terms Terms) error {
	switch in := func(list []string) bool {
		return slices.ContainsFunc(list, func(word string) bool { return strings.EqualFold(word, terms.TaxForm) })
	}; {
	case terms.TaxForm == "":
		r.cannotSay(TaxForm)
		r.byHand("the tax form: this shop does not tell its state; look in Seller Center, My Account, Tax information")
	case !in(taxForms) && !in(r.options.TaxForms):
		r.find(TaxForm, "tax form", "", fmt.Sprintf("the shop has it as %q, which is not known to be in order", terms.TaxForm),
			"complete it in Seller Center, My Account, Tax information, or name the word in audit.tax_forms if it is in order", terms.TaxForm)
	}
	if r.Linnworks == nil || terms.Currency == "" {
		r.cannotSay(NoCurrencyRate)
		return nil
	}
	known, err := r.Linnworks.Currencies(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(c string) bool { return strings.EqualFold(c, terms.Currency) }) {
		r.find(NoCurrencyRate, "currency "+terms.Currency, "", "the shop sells in it, and Linnworks has a rate for "+cmp.Or(some(known), "none"),
			"add it in Linnworks, Settings, Currency rates", terms.Currency)
	}
	return nil
}

// orderLimit compares the last days with the daily order limit.
func (r *run) orderLimit(ctx context.Context) error {
	limit, day := r.options.OrdersPerDay, r.report.At.Truncate(24*time.Hour)
	most, on := 0, day
	for range busyDays {
		day = day.AddDate(0, 0, -1)
		n, err := r.Status.OrdersPlaced(ctx, day, day.AddDate(0, 0, 1))
		if err != nil {
			return err
		}
		if n > most {
			most, on = n, day
		}
	}
	if most*100 >= limit*limitShare {
		r.find(OrderLimitNear, "daily order limit", "", fmt.Sprintf("%d orders were placed on %s, of %d that the shop may take", most, on.Format("2 January 2006"), limit),
			"ask for a higher limit in Seller Center, Account Health, before anything is promoted; correct orders_per_day if it has been raised")
	}
	return nil
}

// channels looks for what else in the warehouse works on the shop.
func (r *run) channels(ctx context.Context) error {
	channels, err := r.Linnworks.Channels(ctx)
	for _, c := range channels {
		object := fmt.Sprintf("channel %s, %s", c.Source, c.SubSource)
		if c.TikTok && !c.Own {
			r.find(NativeChannel, object, "", "Linnworks' own integration with TikTok Shop is switched on",
				"if it is of this shop, switch off its inventory sync, then the channel, in Linnworks, Settings, Channel Integration, before the bridge starts")
			continue
		}
		if !c.Own {
			continue
		}
		for _, s := range []struct {
			on          bool
			name, costs string
		}{
			{c.SetsStock, "Inventory Sync", "writes stock into the shop beside the bridge"},
			{c.SetsPrices, "Price Change", "writes prices into the shop"},
			{c.LinksBySKU, "Auto Link By SKU", "links lines to items that the bridge did not choose"},
			{c.AnswersCancellations, "Auto Respond to Cancellation Requests", "answers buyers beside the bridge"},
		} {
			if s.on {
				r.find(ChannelFights, object+": "+s.name, "", "it is switched on, and "+s.costs,
					"switch it off in Linnworks, Settings, Channel Integration", s.name+": off")
			}
		}
	}
	return err
}

// used compares the services by which parcels left with the carriers that the shop takes.
func (r *run) used(ctx context.Context) error {
	counts, err := r.Linnworks.ServicesUsed(ctx, r.report.At.Add(-usedWithin), r.report.At)
	if err != nil {
		return err
	}
	if len(counts) == 0 { // nothing has left in a month
		r.cannotSay(ServiceUnmapped, CarrierInactive)
		return nil
	}
	services, err := r.Warehouse.PostalServices(ctx)
	if err != nil {
		return err
	}
	providers, err := r.Shop.ShippingProviders(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		r.byHand("carriers of the services used: " + err.Error())
		r.cannotSay(ServiceUnmapped, CarrierInactive)
		return nil
	} else if err != nil {
		return err
	}
	carriers := map[string]string{} // by service
	for _, s := range services {
		carriers[strings.ToLower(s.Name)] = s.Carrier
	}
	for _, service := range slices.Sorted(maps.Keys(counts)) {
		carrier := carriers[strings.ToLower(service)]
		seen := fmt.Sprintf("%s of the last 30 days went with it", part.Count(counts[service], "parcel"))
		switch {
		case r.mapped(service, carrier, providers):
		case carrier == "":
			r.find(ServiceUnmapped, "service "+service, "", seen+", and no provider of the shop is named for it",
				"name the shop's provider for it", fmt.Sprintf(`"carriers": {%q: "<provider of the shop>"}`, service))
		default:
			r.find(CarrierInactive, "service "+service, "", fmt.Sprintf("%s, and its carrier %s is not among the providers that this shop may use", seen, carrier),
				"have TikTok's representative switch the carrier on for this shop, or name the provider that it is there", fmt.Sprintf(`"carriers": {%q: "<provider of the shop>"}`, carrier))
		}
	}
	return nil
}

// mapped reports whether a service has a provider of the shop.
func (r *run) mapped(service, carrier string, providers []delivery.Name) bool {
	for name := range r.options.Delivery.Carriers { // whether the provider exists is looked at with the settings
		if strings.EqualFold(name, service) || carrier != "" && strings.EqualFold(name, carrier) {
			return true
		}
	}
	return slices.ContainsFunc(providers, func(p delivery.Name) bool {
		return strings.EqualFold(p.Name, service) || carrier != "" && strings.EqualFold(p.Name, carrier)
	})
}

// deliveryOptions looks for delivery options that no service of the warehouse is named for.
func (r *run) deliveryOptions(ctx context.Context) error {
	options, err := r.Shop.DeliveryOptions(ctx)
	if err != nil {
		return err
	}
	services, err := r.Warehouse.PostalServices(ctx)
	if err != nil {
		return err
	}
	names, all := r.options.Delivery, map[string]bool{}
	for _, s := range services {
		for _, name := range append([]string{s.Name}, s.Tags...) {
			all[strings.ToLower(strings.TrimSpace(name))] = true
		}
	}
	for _, o := range options {
		has := all[strings.ToLower(o.Name)] // orders ask for it by its name
		for _, key := range append([]string{o.ID, o.Name}, names.Models...) {
			_, ok := names.Services[key]
			has = has || ok
		}
		for _, model := range names.Models {
			_, ok := names.Services[model+"/"+o.Name]
			has = has || ok || all[strings.ToLower(model+"/"+o.Name)]
		}
		if !has {
			r.find(OptionUnmapped, "delivery option "+o.Name, "", "no postal service of Linnworks is named for it, and none has its name",
				"name the service, or a tag of the shipping mapping", fmt.Sprintf(`"services": {%q: "<postal service>"}`, o.Name))
		}
	}
	return nil
}

// labelRoutes counts orders of shipping models for which nobody has labels.
func (r *run) labelRoutes(ctx context.Context) error {
	counts, err := r.Models.OrdersByModel(ctx, r.report.At.Add(-usedWithin), r.report.At)
	if err != nil {
		return err
	}
	for _, model := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[model]; n > 0 && !slices.Contains(r.options.LabelRoutes, model) {
			r.find(NoLabelRoute, "shipping model "+model, "", fmt.Sprintf("%s of the last 30 days%s, and no service prints labels for it", part.Count(n, "order"), aDay(n)),
				"give the model a postal service that prints its labels", fmt.Sprintf(`"services": {%q: "<postal service>"}`, model))
		}
	}
	return nil
}

// aDay is how many of n orders of thirty days came a day, nothing if they were fewer than one.
func aDay(n int) string {
	if n < 30 {
		return ""
	}
	return fmt.Sprintf(", about %d a day", (n+15)/30)
}

// clocks compares the clocks of both sides with ours.
func (r *run) clocks(ctx context.Context) error {
	var failed []error
	for _, side := range slices.Sorted(maps.Keys(r.Clocks)) {
		ahead, within, err := r.Clocks[side].ClockAhead(ctx)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			r.cannotSay(ClockDiffers)
			r.byHand("the clock of " + side + ", which it does not tell: see that ours is set by a time server")
		case err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", side, err))
		case ahead.Abs() > clockWithin+within:
			word := "ahead of"
			if ahead < 0 {
				word = "behind"
			}
			r.find(ClockDiffers, "clock of "+side, "", fmt.Sprintf("it is %v %s ours", ahead.Abs().Round(time.Second), word),
				"have the machine that the bridge runs on set its clock by a time server")
		}
	}
	return part.Join(failed...)
}

// quotas looks for operations that are refused for their pace.
func (r *run) quotas(context.Context) error {
	for _, q := range r.Quotas.Quotas() {
		if q.Calls < fewCalls && q.Refused > 0 {
			r.cannotSay(NoHeadroom)
		}
		if q.Calls >= fewCalls && q.Refused*100 > q.Calls*refusedShare {
			r.find(NoHeadroom, q.Side+" "+q.Operation, "", fmt.Sprintf("%d of %d calls were refused for their pace, although the bridge keeps to the published limit", q.Refused, q.Calls),
				"find the other program that uses the same account or app, and slow it down; otherwise have the bridge run less often (every)")
		}
	}
	return nil
}

// spare tells of stock that no warehouse of the shop draws on.
func (r *run) spare(ctx context.Context, units, items map[string]int) error {
	names := map[string]string{}
	if r.Locations != nil {
		places, err := r.Locations.Places(ctx)
		if err != nil {
			return err
		}
		for _, p := range places {
			names[strings.ToLower(p.ID)] = p.Name
		}
	}
	for _, id := range slices.Sorted(maps.Keys(units)) {
		r.find(UnmappedLocation, fmt.Sprintf("stock location %s (%s)", id, cmp.Or(names[strings.ToLower(id)], "no name")), "",
			fmt.Sprintf("%s of %s free there, and no warehouse of the shop draws on it", part.Count(units[id], "unit"), part.Count(items[id], "listed item")),
			"let a warehouse of the shop draw on it, or name it in audit.locations_apart if its stock is not for this shop", fmt.Sprintf(`"locations": {"<warehouse of the shop>": [%q]}`, id))
	}
	return nil
}
