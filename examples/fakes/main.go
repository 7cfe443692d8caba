// Command fakes serves a fake TikTok Shop and a fake Linnworks on two local
// ports, with a made-up shop in them, for programs in any language, and on a third port
// the hands of everybody else: buyers, warehouse, carrier, TikTok.
//
//	go run ./examples/fakes
//
// It prints the addresses, credentials and ids to use, and runs until interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "fakes:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("fakes", flag.ContinueOnError)
	flags.SetOutput(out)
	shopAddress := flags.String("tiktokshop", "127.0.0.1:8091", "address of the fake TikTok Shop")
	warehouseAddress := flags.String("linnworks", "127.0.0.1:8092", "address of the fake Linnworks")
	controlAddress := flags.String("control", "127.0.0.1:8093", "address of the hands of everybody else: buyers, warehouse, carrier")
	webhooks := flags.String("webhooks", "", "`address` that the fake TikTok Shop sends its webhooks to")
	operations := flags.Bool("operations", false, "list the operations that the fakes support, and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *operations {
		list(out, "TikTok Shop", tiktokshoptest.Operations())
		list(out, "Linnworks", linnworkstest.Operations())
		return nil
	}
	if u, err := url.Parse(*webhooks); *webhooks != "" && (err != nil || u.Host == "") {
		return fmt.Errorf("-webhooks: %q is not an address such as http://127.0.0.1:8080/webhooks/tiktok", *webhooks)
	}
	listeners, err := listen(ctx, *shopAddress, *warehouseAddress, *controlAddress)
	if err != nil {
		return err
	}
	at := func(i int) string { return "http://" + listeners[i].Addr().String() }
	world, err := madeup.New(
		tiktokshoptest.New(tiktokshoptest.WithMarket("GB"), tiktokshoptest.WithWebhooks(http.DefaultTransport)),
		linnworkstest.New(linnworkstest.WithServerURL(at(1))),
	)
	if err != nil {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	c := &control{World: world, ctx: ctx}
	if *webhooks != "" {
		world.Shop.SetWebhooks(*webhooks)
		c.work.Go(func() { world.Shop.RunWebhooks(ctx) })
	}
	describe(out, world, at(0), at(1), at(2))
	shop := http.NewServeMux()
	shop.Handle("/", world.Shop)
	shop.Handle("GET /open/authorize", consent(world.Shop))
	err = serve(ctx, map[net.Listener]http.Handler{listeners[0]: shop, listeners[1]: world.Warehouse, listeners[2]: c})
	stop()
	c.work.Wait()
	return err
}

// listen opens all addresses or none.
func listen(ctx context.Context, addresses ...string) ([]net.Listener, error) {
	var config net.ListenConfig
	var listeners []net.Listener
	for _, address := range addresses {
		l, err := config.Listen(ctx, "tcp", address)
		if err != nil {
			for _, open := range listeners {
				err = errors.Join(err, open.Close())
			}
			return nil, err
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

func list(out io.Writer, side string, operations []string) {
	fmt.Fprintf(out, "%s: %d operations\n", side, len(operations))
	for _, name := range operations {
		fmt.Fprintln(out, "  "+name)
	}
}

// serve answers on every listener until ctx ends or one of them fails.
func serve(ctx context.Context, handlers map[net.Listener]http.Handler) error {
	failed := make(chan error, len(handlers))
	var servers []*http.Server
	for listener, handler := range handlers {
		s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		servers = append(servers, s)
		go func() { failed <- s.Serve(listener) }()
	}
	var err error
	running := len(servers)
	select {
	case <-ctx.Done():
	case err = <-failed:
		running--
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown(grace))
	}
	for range running {
		if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// describe prints how to reach the fakes, as lines for a shell: the environment that the
// other examples read. The credentials open nothing else.
func describe(out io.Writer, w *madeup.World, shopURL, warehouseURL, controlURL string) {
	app, token, shop, c := w.Shop.App(), w.Shop.Token(), w.Shop.Shop(), w.Warehouse.Credentials()
	fmt.Fprint(out, "# TikTok Shop: API, token calls and the seller's consent\n")
	export(out,
		"TIKTOK_URL", shopURL,
		"TIKTOK_APP_KEY", app.Key,
		"TIKTOK_APP_SECRET", app.Secret.Reveal(),
		"TIKTOK_SERVICE_ID", app.ServiceID,
		"TIKTOK_ACCESS_TOKEN", token.AccessToken.Reveal(),
		"TIKTOK_SHOP_ID", shop.ID,
		"TIKTOK_SHOP_CIPHER", shop.Cipher,
	)
	fmt.Fprint(out, "# Linnworks: authorisation and API\n")
	export(out,
		"LINNWORKS_URL", warehouseURL,
		"LINNWORKS_APPLICATION_ID", c.ApplicationID,
		"LINNWORKS_APPLICATION_SECRET", c.ApplicationSecret.Reveal(),
		"LINNWORKS_TOKEN", c.Token.Reveal(),
	)
	fmt.Fprintf(out, `
authorisation code  %s  (works once, for 30 minutes)
warehouse Leeds     %s
warehouse Bristol   %s
location Default    %s
location Bristol    %s

%s
%d orders wait in the shop. What buyers, warehouse and carrier do: curl %s
Press Ctrl-C to stop.
`, w.Shop.Authorise(), madeup.Leeds, madeup.Bristol, linnworks.ZeroGUID, w.Bristol, orders(w.Shop), len(w.Orders), controlURL)
}

// export prints variables, names and values by turns, for a shell.
func export(out io.Writer, nameAndValue ...string) {
	for pair := range slices.Chunk(nameAndValue, 2) {
		fmt.Fprintf(out, "export %s=%s\n", pair[0], pair[1])
	}
}

// orders lists the orders of the shop, oldest first, as they stand.
func orders(shop *tiktokshoptest.Fake) string {
	var b strings.Builder
	for _, o := range shop.Orders() {
		quantities := map[string]int{} // TikTok has a line for every unit
		for _, line := range o.LineItems {
			quantities[line.SellerSKU]++
		}
		fmt.Fprintf(&b, "order %s  %-19s ", o.ID, o.Status)
		for _, sku := range slices.Sorted(maps.Keys(quantities)) {
			fmt.Fprintf(&b, " %d %s", quantities[sku], sku)
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// consent is the page on which a seller agrees that the app works for him. The real one
// sends the browser on to the redirect URL of the app; here it is printed, to be pasted.
func consent(shop *tiktokshoptest.Fake) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		app := shop.App()
		if id := r.URL.Query().Get("service_id"); id != app.ServiceID {
			http.Error(w, fmt.Sprintf("no app has the service id %q: this one is %s", id, app.ServiceID), http.StatusBadRequest)
			return
		}
		back := url.Values{"app_key": {app.Key}, "code": {shop.Authorise()}, "state": {r.URL.Query().Get("state")}, "shop_region": {"GB"}}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "The seller agrees. The browser goes on to the redirect URL of the app:\n\nhttps://bridge.example.com/oauth?%s\n", back.Encode())
	}
}
