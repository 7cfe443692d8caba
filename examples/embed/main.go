// Command embed is a whole two-way service in one file: webhooks in, HTTP out,
// clean shutdown. It is meant to be copied into a program of your own.
//
// What differs from client to client is in a settings file: settings.example.json beside
// this file, explained at bridge.Settings. Credentials come from the environment. Put
// them into a file, as credentials.env.example shows, that only you can read and that is
// in no repository, and have the shell load it; so do systemd (EnvironmentFile=) and
// Docker (--env-file):
//
//	cp examples/embed/credentials.env.example credentials.env   # and fill it in
//	chmod 600 credentials.env
//	set -a; . ./credentials.env; set +a
//	go run ./examples/embed examples/embed/settings.example.json
//
// To try it without credentials, start go run ./examples/fakes and fill in what that
// prints; TIKTOK_URL and LINNWORKS_URL point the service at it. Then, at the address
// that the service has printed:
//
//	curl http://127.0.0.1:8080/health
//	curl http://127.0.0.1:8080/cases                 # what needs a person
//	curl http://127.0.0.1:8080/permits?order=5764    # may these goods move?
//
// What it remembers is in memory: bridge/README.md says what a restart costs.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv); err != nil && ctx.Err() == nil { // else it was asked to end
		log.Fatalln("embed:", err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, getenv func(string) string) error {
	if len(args) != 1 {
		return errors.New("usage: embed settings.json")
	}
	settings, err := bridge.ReadSettingsFile(args[0])
	if err != nil {
		return err
	}
	app := tiktokshop.App{Key: getenv("TIKTOK_APP_KEY"), Secret: tiktokshop.NewSecret(getenv("TIKTOK_APP_SECRET"))}
	shop, shopErr := connectShop(ctx, app, getenv)
	warehouse, err := connectWarehouse(ctx, settings, getenv)
	if err := errors.Join(shopErr, err); err != nil {
		return err
	}
	memory := new(bridge.Memory)
	sync, err := bridge.NewSync(shop, warehouse, memory.Shop(settings.Shop), settings)
	if err != nil {
		return err
	}
	sync.Log = slog.Default()
	webhooks, err := tiktokshop.NewWebhookHandler(app, shop.HintWebhooks(sync.Hint)) //nolint:contextcheck // each webhook has its own
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.Handle("POST /webhooks/tiktok", webhooks)
	routes.Handle("GET /health", reply(func(*http.Request) (any, error) { return sync.Health(), nil }))
	routes.Handle("GET /cases", reply(func(r *http.Request) (any, error) { return memory.Cases(r.Context(), exceptions.Filter{}) }))
	routes.Handle("GET /permits", reply(func(r *http.Request) (any, error) { // asked before goods move
		if !r.URL.Query().Has("order") {
			return nil, errNoOrder
		}
		return sync.Gate.Check(r.Context(), r.URL.Query()["order"]...)
	}))
	server := &http.Server{Addr: cmp.Or(getenv("LISTEN"), "127.0.0.1:8080"), Handler: routes, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute}
	running, stop := context.WithCancelCause(ctx)
	log.Printf("embed: listening on http://%s", server.Addr)
	go func() { stop(server.ListenAndServe()) }() // a server that fails ends the sync too
	err = errors.Join(sync.Run(running), context.Cause(running))
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(grace), webhooks.Close(grace))
}

// connectShop takes the only shop of the access token. A service that runs for days
// has tokens that refresh themselves: see tiktokshop.RefreshingTokens.
func connectShop(ctx context.Context, app tiktokshop.App, getenv func(string) string) (*tiktokadapter.Shop, error) {
	token, url := tiktokshop.NewSecret(getenv("TIKTOK_ACCESS_TOKEN")), getenv("TIKTOK_URL")
	client, err := tiktokshop.NewClient(app, append(given(url, tiktokshop.WithBaseURL(url)), tiktokshop.WithTokens(tiktokshop.StaticToken(token)))...)
	if err != nil {
		return nil, err
	}
	if client, err = client.ForShopID(ctx, ""); err != nil {
		return nil, err
	}
	return tiktokadapter.New(client, tiktokadapter.Options{})
}

func connectWarehouse(ctx context.Context, set bridge.Settings, getenv func(string) string) (*linnworksadapter.Warehouse, error) {
	url := getenv("LINNWORKS_URL")
	client, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID: getenv("LINNWORKS_APPLICATION_ID"), ApplicationSecret: linnworks.NewSecret(getenv("LINNWORKS_APPLICATION_SECRET")),
		Token: linnworks.NewSecret(getenv("LINNWORKS_TOKEN")),
	}, given(url, linnworks.WithAuthURL(url), linnworks.WithV2URL(url))...)
	if err != nil {
		return nil, err
	}
	return linnworksadapter.New(ctx, client, linnworksadapter.Options{SubSource: set.SubSource, Service: set.Services, Units: set.Units})
}

// given returns options if they have something to say.
func given[T any](value string, options ...T) []T {
	if value == "" {
		return nil
	}
	return options
}

var errNoOrder = errors.New("no order is named: ask for /permits?order=576...&order=577..., with TikTok's order ids")

// reply answers with JSON.
func reply(answer func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := answer(r)
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(cmp.Or(map[error]int{errNoOrder: http.StatusBadRequest}[err], http.StatusBadGateway))
			v = map[string]string{"error": err.Error()}
		}
		_ = json.NewEncoder(w).Encode(v) // a reader that has left is nobody's loss
	}
}
