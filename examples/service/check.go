package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// report is what -check prints: problems begin with an exclamation mark.
type report struct {
	out      io.Writer
	problems int
}

func (r *report) heading(format string, args ...any) { fmt.Fprintf(r.out, "\n"+format+"\n", args...) }

func (r *report) say(format string, args ...any) { fmt.Fprintf(r.out, "  "+format+"\n", args...) }

// bad notes every line of an error as a problem.
func (r *report) bad(err error) {
	if err == nil {
		return
	}
	for line := range strings.Lines(err.Error()) {
		r.problems++
		fmt.Fprintf(r.out, "! %s\n", strings.TrimSpace(line))
	}
}

// ids lists what settings may name.
func (r *report) ids(what string, list []catalogue.Place) {
	slices.SortFunc(list, func(a, b catalogue.Place) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	r.say("%s:", what)
	for _, one := range list {
		r.say("  %s  %s", one.ID, one.Name)
	}
	if len(list) == 0 {
		r.say("  none")
	}
}

// checkAll says all that is wrong, and lists the ids that the settings need. It writes to
// neither side. bad is what readConfig found.
func checkAll(ctx context.Context, c config, bad error, out io.Writer) error {
	r := &report{out: out}
	r.heading("Settings and environment")
	r.bad(bad)
	r.bad(checkWebhookURL(c.webhookURL))
	if r.problems == 0 {
		r.say("can be read")
	}
	if silent := c.untold(); len(silent) > 0 {
		r.say("nobody is told of the cases of %s (PEOPLE): they are on the page alone", strings.Join(silent, ", "))
	}
	db, err := openExisting(ctx, c.database)
	r.bad(err)
	if db != nil {
		defer func() { _ = db.Close() }() //nolint:contextcheck // it has one of its own
	}
	m := newMetrics(&service{}) // nobody reads them
	var tiktok *tiktokshop.Client
	var linn *linnworks.Client
	if c.app.Key != "" && !c.app.Secret.IsZero() && c.account.ApplicationID != "" {
		if tiktok, linn, err = c.clients(m, nil); err != nil {
			r.bad(err)
		}
	}
	warehouse := r.linnworks(ctx, linn)
	shops := map[string]*tiktokadapter.Shop{} // by the file
	r.sellers(ctx, c, db, tiktok, shops)
	for _, one := range c.shops {
		r.shop(ctx, one, shops[one.file], warehouse)
	}
	fmt.Fprintln(out)
	if r.problems > 0 {
		return fmt.Errorf("problems, each behind an exclamation mark: %d", r.problems)
	}
	fmt.Fprintln(out, "Nothing is wrong that can be found without writing.")
	return nil
}

// checkWebhookURL refuses what TikTok refuses.
func checkWebhookURL(address string) error {
	// Whether it is a URL at all readConfig has said.
	if u, err := url.Parse(address); address != "" && err == nil && u.Host != "" && (u.Scheme != "https" || u.Port() != "") {
		return errors.New("WEBHOOK_URL: TikTok sends webhooks to https addresses without a port")
	}
	return nil
}

// openExisting opens a database, but makes no file.
func openExisting(ctx context.Context, address string) (*sqlstore.DB, error) {
	if path := sqlitePath(address); path != "" {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, errors.New("DATABASE_URL: there is no such file yet: -authorise makes it, and puts the seller's tokens into it")
		}
	}
	return sqlstore.Open(ctx, address)
}

// linnworks looks at the account, and returns it if it answers.
func (r *report) linnworks(ctx context.Context, client *linnworks.Client) *linnworksadapter.Warehouse {
	r.heading("Linnworks")
	if client == nil {
		r.say("not asked: credentials are missing")
		return nil
	}
	warehouse, err := linnworksadapter.New(ctx, client, linnworksadapter.Options{SubSource: "check"})
	if err != nil {
		r.bad(err)
		return nil
	}
	places, err := warehouse.Places(ctx)
	r.bad(err)
	r.ids("stock locations, for locations (right), default_location and platform_location", places)
	services, err := warehouse.PostalServices(ctx)
	r.bad(err)
	var names []catalogue.Place
	for _, s := range services {
		names = append(names, catalogue.Place{ID: s.Name, Name: s.Carrier})
	}
	r.ids("postal services and their carriers, for services (right) and carriers (left)", names)
	return warehouse
}

// sellers looks at every seller's authorisation, and binds the shops.
func (r *report) sellers(ctx context.Context, c config, db *sqlstore.DB, tiktok *tiktokshop.Client, shops map[string]*tiktokadapter.Shop) {
	var names []string
	for _, one := range c.shops {
		names = append(names, one.seller)
	}
	for _, seller := range slices.Compact(slices.Sorted(slices.Values(names))) {
		r.heading("TikTok Shop, seller %q", seller)
		if db == nil || tiktok == nil {
			r.say("not asked: the database or credentials are missing")
			continue
		}
		store := db.Tokens(seller)
		token, err := store.LoadToken(ctx)
		if err == nil && token.RefreshToken.IsZero() && token.AccessToken.IsZero() {
			err = fmt.Errorf("the seller %q has not authorised the app: run -authorise", seller)
		}
		if err != nil {
			r.bad(err)
			continue
		}
		if missing := token.MissingScopes(); len(token.Scopes) == 0 {
			r.say("scopes are not known: they were not stored with the tokens")
		} else if len(missing) > 0 {
			r.bad(fmt.Errorf("scopes that the seller has not granted: %s (add them to the app in Partner Center, then run -authorise again)", strings.Join(missing, ", ")))
		}
		source, err := tiktokshop.RefreshingTokens(tiktok, store)
		if err != nil {
			r.bad(err)
			continue
		}
		client := tiktok.ForTokens(source)
		reply, err := client.Authorization.GetAuthorizedShops(ctx, nil)
		if err != nil {
			r.bad(err)
			continue
		}
		var list []catalogue.Place
		for _, shop := range reply.Shops {
			list = append(list, catalogue.Place{ID: shop.ID, Name: shop.Name + ", " + shop.Region})
		}
		r.ids("shops, for tiktok_shop", list)
		for _, one := range c.shops {
			if one.seller != seller {
				continue
			}
			bound, err := client.ForShopID(ctx, one.tiktokID)
			if err != nil {
				r.bad(fmt.Errorf("%s: %w", one.file, err))
				continue
			}
			if shops[one.file], err = tiktokadapter.New(bound, tiktokadapter.Options{}); err != nil {
				r.bad(err)
			}
			r.webhooks(ctx, bound, one.file, c.webhookURL)
		}
	}
}

// webhooks says where those of a shop go.
func (r *report) webhooks(ctx context.Context, client *tiktokshop.Client, file, want string) {
	addresses, err := client.Event.WebhookAddresses(ctx)
	if err != nil {
		r.bad(fmt.Errorf("%s: %w", file, err))
		return
	}
	var off []string
	for _, t := range hooked {
		name, _ := t.EventType()
		switch got := addresses[name]; {
		case got == "":
			off = append(off, string(name))
		case want != "" && got != want:
			r.bad(fmt.Errorf("%s: the webhook %s goes to another address than WEBHOOK_URL: the service will take it over, so end what has it now", file, name))
		}
	}
	switch {
	case len(off) > 0 && want != "":
		r.say("webhooks that the service will switch on: %s", strings.Join(off, ", "))
	case len(off) > 0: // it works without, and what Partner Center has cannot be read
		r.say("webhooks that are off, unless they are set in Partner Center: %s; with WEBHOOK_URL the service switches them on", strings.Join(off, ", "))
	}
}

// shop compares what the settings name with what both sides have.
func (r *report) shop(ctx context.Context, one shopConfig, shop *tiktokadapter.Shop, warehouse *linnworksadapter.Warehouse) {
	r.heading("%s", one.file)
	var left, right []string
	for id, list := range one.places.Locations {
		left, right = append(left, id), append(right, list...)
	}
	for _, id := range []string{one.places.DefaultLocation, one.places.PlatformLocation} {
		if id != "" {
			right = append(right, id)
		}
	}
	if shop == nil {
		r.say("not compared with TikTok Shop, which was not asked")
	} else {
		places, err := shop.Places(ctx)
		r.bad(err)
		r.ids("warehouses of the shop, for locations (left)", places)
		if err == nil {
			r.bad(catalogue.CheckPlaces(ctx, shop, "locations: warehouse of the shop", left...))
		}
		options, err := shop.DeliveryOptions(ctx)
		r.bad(err)
		r.ids("delivery options, for services (left) and shipping_rules", named(options))
		if err == nil {
			r.deliveries(one, options)
		}
		providers, err := shop.ShippingProviders(ctx)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			r.say("shipping providers, for carriers (right): they depend on the order in this market")
		default:
			r.bad(err)
			r.ids("shipping providers, for carriers (right)", named(providers))
		}
	}
	if warehouse == nil {
		r.say("not compared with Linnworks, which was not asked")
	} else {
		r.bad(catalogue.CheckPlaces(ctx, warehouse, "locations: stock location", right...))
		r.bad(release.CheckRules(ctx, warehouse, one.places.ShippingRules))
	}
	if rules := one.places.ShippingRules; len(rules) > 0 {
		r.say("orders are sent by the first of these shipping_rules that matches:")
		for line := range strings.Lines(rules.String()) {
			r.say("  %s", strings.TrimRight(line, " \n"))
		}
	}
	if one.settings.LinnworksPulls {
		r.say("Linnworks pulls the orders of this shop: install the channel integration %s under the name %s", linnworksadapter.DefaultSource, one.settings.SubSource)
		slices.Sort(right)
		if list := slices.Compact(right); len(list) > 1 {
			r.say("all of them come to the one location of that integration, though the settings name %d: %s", len(list), strings.Join(list, ", "))
		}
	}
	var shopSide delivery.Shop // nil is not asked; a nil *tiktokadapter.Shop would be
	if shop != nil {
		shopSide = shop
	}
	var warehouseSide delivery.Warehouse
	if warehouse != nil {
		warehouseSide = warehouse
	}
	unchecked, err := delivery.Check(ctx, shopSide, warehouseSide, delivery.Names{
		Services: one.places.Services, Carriers: one.places.Carriers,
		Models: []string{string(bridge.SellerShipping), string(bridge.TikTokShipping), string(bridge.FulfilledByTikTok)},
	})
	r.bad(err)
	for _, what := range unchecked {
		r.say("not compared: %s", what)
	}
}

// deliveries notes shipping rules for a delivery option that the shop does not have: they
// would match no order.
func (r *report) deliveries(one shopConfig, options []delivery.Name) {
	for i, rule := range one.places.ShippingRules {
		known := slices.ContainsFunc(options, func(o delivery.Name) bool {
			return strings.EqualFold(o.Name, rule.Delivery) || strings.EqualFold(o.ID, rule.Delivery)
		})
		if rule.Delivery != "" && !known {
			r.bad(fmt.Errorf("shipping_rules[%d].delivery: the shop has no delivery option %q: no order would match; name one of those above", i, rule.Delivery))
		}
	}
}

func named(list []delivery.Name) (places []catalogue.Place) {
	for _, one := range list {
		places = append(places, catalogue.Place(one))
	}
	return places
}
