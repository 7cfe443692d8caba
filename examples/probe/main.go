// Command probe tries on a client's own accounts what no document settles about the two
// APIs, and says which of the bridge's assumptions hold there.
//
//	go run ./examples/probe
//	go run ./examples/probe -quirks "hold hour,LocksFreeStock"
//	go run ./examples/probe -draw 10 -seed 7
//
// look at a made-up shop and warehouse, the last two at ones that behave in other ways than
// assumed. With -live the real ones are looked at, with credentials from the environment:
//
//	go run ./examples/probe -live
//	go run ./examples/probe -live -write -sku TEST-1 -order 576461413038785752
//
// It changes nothing unless -write allows it, and then only the stock item and the shop's
// order that are named, which nobody may need any longer: make a test SKU in both systems
// and buy it yourself. In Linnworks it makes orders for the test SKU, of the source PROBE,
// and deletes them; a few remain, processed or cancelled. No printer or picker should be
// waiting for orders meanwhile. What needs an example that the accounts do not have, such as an
// order on hold, is not tried, and the report says what was missing.
//
// No call tells that the shop has reached its order limit of the day. When Seller Center says
// so, run the probe with -limited: it then looks at what the shop shows meanwhile. In the same
// way -onair names a LIVE that goes on, by the id in the address of its dashboard: is anything
// told of it before it ends, what is shown in it can be known before it sells.
//
// With -write TikTok's data reconciliation is told that the test order is open in a shop
// system; whether the seller sees that somewhere is not known.
//
// Most is found with a test SKU in two warehouses of the shop with a few units of it in a
// campaign, a virtual bundle of two of it whose seller SKU ends with -SET, and an order of
// 8 units of it that the seller ships, is past its hour on hold, and whose buyer has asked
// for its cancellation.
//
// It exits with 1 if an assumption does not hold, and with 2 if it could not do its work.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"

	"github.com/linnbridge/linnbridge/examples/internal/environ"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code, err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
	}
	os.Exit(code)
}

// The exit codes.
const (
	allHold = 0
	differs = 1
	trouble = 2
)

// run is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, out, progress io.Writer) (code int, err error) {
	flags := flag.NewFlagSet("probe", flag.ContinueOnError)
	flags.SetOutput(progress)
	live := flags.Bool("live", false, "look at the real TikTok Shop and Linnworks, credentials from the environment")
	write := flags.Bool("write", false, "allow changes of what -sku and -order name")
	sku := flags.String("sku", "", "a test `SKU`, the same in both systems, that nobody buys")
	order := flags.String("order", "", "the `id` of an order of the shop that may be spoilt")
	onAir := flags.String("onair", "", "the `id` of a LIVE of the shop that goes on now")
	limited := flags.Bool("limited", false, "the shop has reached its order limit of the day, as Seller Center says")
	quirks := flags.String("quirks", "", "made-up accounts: switch these `quirks` of the fakes, apart by commas")
	draw := flags.Int("draw", 0, "made-up accounts: switch this `number` of quirks, drawn by -seed")
	seed := flags.Uint64("seed", rand.Uint64(), "made-up accounts: what -draw draws by")
	asJSON := flags.Bool("json", false, "print the results as JSON")
	list := flags.Bool("list", false, "only list what would be tried")
	flags.Usage = func() {
		fmt.Fprintln(progress, "usage: probe [-live [-limited] [-onair id] [-write -sku SKU -order id]] [-quirks names | -draw n] [-json] [-list]")
		flags.PrintDefaults()
		fmt.Fprintf(progress, "\nWith -live, from the environment:\n%s", environ.Help)
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return allHold, nil
	} else if err != nil {
		return trouble, err
	}
	switch {
	case flags.NArg() > 0:
		return trouble, fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	case *live && (*quirks != "" || *draw != 0):
		return trouble, errors.New("-quirks and -draw are for the made-up accounts, not for -live")
	case *live && *write && (*sku == "" || *order == ""):
		return trouble, errors.New("-write changes only what -sku and -order name: name both")
	case !*live && (*write || *limited || *sku != "" || *order != "" || *onAir != ""):
		return trouble, errors.New("-write, -limited, -onair, -sku and -order go with -live")
	case *draw < 0:
		return trouble, fmt.Errorf("-draw %d: it is a number of quirks", *draw)
	case *list:
		listChecks(out)
		return allHold, nil
	}

	var a accounts
	if *live {
		a = accounts{sku: *sku, order: *order, write: *write, limited: *limited, onAir: *onAir}
		a.shop, a.warehouse, err = environ.Clients(ctx, getenv, environ.More{
			Shop:      []tiktokshop.Option{tiktokshop.WithMiddleware(bent)},
			Warehouse: []linnworks.Option{linnworks.WithMiddleware(tapped)},
		})
	} else {
		var names []string
		if *quirks != "" {
			names = strings.Split(*quirks, ",")
		}
		if *draw > 0 {
			names = append(names, drawn(*draw, *seed)...)
			fmt.Fprintf(progress, "seed %d: %s\n", *seed, strings.Join(names, ", "))
		}
		a, err = madeUp(names) //nolint:contextcheck // what it calls is in memory
	}
	if err != nil {
		return trouble, err
	}
	results, err := probe(ctx, a, progress)
	if err != nil {
		return trouble, err
	}
	if *asJSON {
		text := json.NewEncoder(out)
		text.SetIndent("", "  ")
		err = text.Encode(results)
	} else {
		err = printResults(out, results)
	}
	switch {
	case err != nil:
		return trouble, err
	case count(results, failed) > 0:
		return trouble, fmt.Errorf("%d checks failed: see above", count(results, failed))
	case count(results, otherwise) > 0:
		return differs, nil
	}
	return allHold, nil
}
