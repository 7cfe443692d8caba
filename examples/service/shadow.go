package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/shadow"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Before a client switches from another integration, -shadow looks at both sides for some
// days as the bridge would, and writes to neither; -report says what was seen, and what is
// still to do before the switch.

// lookEvery is how often both sides are looked at.
const lookEvery = 5 * time.Minute

// What a rehearsal has to have seen before its report says much.
const (
	rehearsalTime = 72 * time.Hour
	rehearsalGap  = 30 * time.Minute
)

// rehearsal is a shop that is looked at.
type rehearsal struct {
	file      string
	name      string
	memory    sqlstore.Shop
	watch     *shadow.Watch
	warehouse *linnworksadapter.Warehouse
}

// rehearse looks at every shop until ctx ends. What was seen is kept in the database.
func rehearse(ctx context.Context, c config, every time.Duration, log *slog.Logger) error {
	db, shops, err := rehearsals(ctx, c)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() //nolint:contextcheck // it has one of its own
	log.InfoContext(ctx, "the rehearsal has started: nothing is written to either side", "shops", len(shops), "every", every.String())
	for {
		for _, shop := range shops {
			if err := shop.watch.Look(ctx); err != nil && ctx.Err() == nil {
				log.WarnContext(ctx, "a look did not see all", "shop", shop.name, "err", err)
			}
		}
		if sleep(ctx, every) != nil {
			return nil
		}
	}
}

// reportRehearsals prints what was seen of every shop, and the checklist of its switch. The
// error counts what is still to do.
func reportRehearsals(ctx context.Context, c config, out io.Writer) error {
	db, shops, err := rehearsals(ctx, c)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() //nolint:contextcheck // it has one of its own
	settings := checkAll(ctx, c, nil, io.Discard)
	var left int
	for _, shop := range shops {
		report, err := shop.watch.Report(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", shop.name, err)
		}
		channels, err := shop.warehouse.Channels(ctx)
		list := checklist(report, settings, channels, err, time.Now())
		list = append(list, shop.started(ctx, time.Now())...)
		fmt.Fprintf(out, "%s\n%s\nThe switch of %s\n\n", strings.ToUpper(shop.name), report, shop.name)
		for i, item := range list {
			mark := " "
			switch {
			case item.byHand:
				mark = "?"
			case item.done:
				mark = "x"
			}
			if !item.done && !item.byHand {
				left++
			}
			fmt.Fprintf(out, "%d. [%s] %s\n", i+1, mark, item.what)
			if item.seen != "" {
				fmt.Fprintf(out, "       %s\n", item.seen)
			}
		}
		fmt.Fprintf(out, "\n%s\n", wayBack)
	}
	if left > 0 {
		return fmt.Errorf("things that are still to do before the switch: %d", left)
	}
	return nil
}

// wayBack is what to do if the switch has to be undone.
const wayBack = `The way back, at any time: stop this service; switch the other integration's order download and
inventory updates on again; let it run once. It brings in once more every order that is not sent yet:
before anything is printed, cancel the second order of each reference, and keep the one of the source
TIKTOKBRIDGE. Send those from Linnworks and enter their tracking numbers in Seller Center, for the
other integration does not know them. Then run -shadow again beside it.
`

// item is a line of the checklist. The program knows whether it is done, unless a person
// has to look.
type item struct {
	what   string
	done   bool
	byHand bool
	seen   string
}

func checklist(r shadow.Report, settings error, channels []audit.Channel, channelsErr error, now time.Time) []item {
	looked := r.To.Sub(r.From)
	rehearsed := item{what: fmt.Sprintf("The rehearsal has looked for %.0f hours or longer, up to now, without a gap of %.0f minutes.", rehearsalTime.Hours(), rehearsalGap.Minutes()),
		done: looked >= rehearsalTime && r.Gap <= rehearsalGap && now.Sub(r.To) <= rehearsalGap && len(r.Not) == 0}
	rehearsed.seen = "it has not begun: run -shadow"
	if r.Looks > 0 {
		rehearsed.seen = fmt.Sprintf("looks: %d in %s, the last at %s, the longest gap %s, %d did not see all",
			r.Looks, looked.Round(time.Second), r.To.UTC().Format("2006-01-02 15:04 UTC"), r.Gap.Round(time.Second), r.Failed)
	}
	right := item{what: "Settings, access and names are right: -check finds nothing wrong.", done: settings == nil}
	if settings != nil {
		right.seen = settings.Error() + ": run -check"
	}
	off := item{what: "No other integration with TikTok Shop is switched on in Linnworks (Settings, Channel integration).", done: channelsErr == nil}
	var on []string
	for _, c := range channels {
		if c.TikTok && !c.Own {
			on = append(on, strings.TrimSpace(c.Source+" "+c.SubSource))
		}
	}
	switch {
	case channelsErr != nil:
		off.seen = "Linnworks could not be asked: " + channelsErr.Error()
	case len(on) > 0:
		off.done, off.seen = false, "on: "+strings.Join(on, ", ")
	}
	return []item{
		right, rehearsed,
		{what: "Somebody has read what went otherwise, above, and signed it.", byHand: true},
		{what: "All orders that the other integration has brought into Linnworks are sent, or listed for those who pack.", byHand: true},
		off,
	}
}

// started are the last lines of the checklist: the service is at work.
func (r rehearsal) started(ctx context.Context, now time.Time) []item {
	intake := item{what: "Start the service, and wait until it has seen every order of the shop: only then is stock raised.", byHand: true}
	moments, err := r.memory.SeenUpTo(ctx)
	switch seen := moments[r.name]; {
	case err != nil:
		intake.seen = "the database does not say: " + err.Error()
	case !seen.IsZero():
		intake.done = now.Sub(seen) < rehearsalGap
		intake.byHand = !intake.done
		intake.seen = "every order up to " + seen.UTC().Format("2006-01-02 15:04 UTC") + " was seen"
	}
	return []item{intake, {what: "Place a test order, see it in Linnworks within a minute, cancel it, see it cancelled.", byHand: true}}
}

// rehearsals opens the database and both sides, which are only read.
func rehearsals(ctx context.Context, c config) (*sqlstore.DB, []rehearsal, error) {
	db, err := openExisting(ctx, c.database)
	if err != nil {
		return nil, nil, err
	}
	shops, err := openRehearsals(ctx, c, db)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close()) //nolint:contextcheck // it has one of its own
	}
	return db, shops, nil
}

func openRehearsals(ctx context.Context, c config, db *sqlstore.DB) ([]rehearsal, error) {
	tiktok, linn, err := c.clients(newMetrics(&service{}), nil) // nobody reads them
	if err != nil {
		return nil, err
	}
	sources := map[string]tiktokshop.TokenSource{}
	var list []rehearsal
	for _, one := range c.shops {
		if sources[one.seller] == nil {
			if sources[one.seller], err = tiktokshop.RefreshingTokens(tiktok, db.Tokens(one.seller)); err != nil {
				return nil, err
			}
		}
		r, err := openRehearsal(ctx, one, db, tiktok.ForTokens(sources[one.seller]), linn)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.file, err)
		}
		list = append(list, r)
	}
	return list, nil
}

func openRehearsal(ctx context.Context, one shopConfig, db *sqlstore.DB, tiktok *tiktokshop.Client, linn *linnworks.Client) (r rehearsal, err error) {
	client, err := tiktok.ForShopID(ctx, one.tiktokID)
	if err != nil {
		return r, err
	}
	shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
	if err != nil {
		return r, err
	}
	r = rehearsal{file: one.file, name: one.settings.Shop}
	if r.warehouse, err = linnworksadapter.New(ctx, linn, linnworksadapter.Options{SubSource: one.settings.SubSource, Service: one.settings.Services, Units: one.settings.Units}); err != nil {
		return r, err
	}
	// Units that are kept back would pass for units that are not there.
	settings := one.settings
	settings.Buffer, settings.Sessions, settings.KeepItems = nil, nil, nil
	r.memory = db.Shop(one.settings.Shop)
	b, err := bridge.NewSync(shop, r.warehouse, r.memory, settings)
	if err != nil {
		return r, err
	}
	table, err := settings.Table()
	if err != nil {
		return r, err
	}
	r.watch, err = shadow.New(shadow.Ports{Orders: shop, Warehouse: r.warehouse, Trace: r.warehouse, Stock: b.Stock, Memory: r.memory}, shadow.Options{Table: table, FirstLook: time.Duration(settings.FirstLook)})
	return r, err
}
