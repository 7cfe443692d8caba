// Command embed is a whole two-way service in one file: webhooks in, HTTP out,
// clean shutdown. It is meant to be copied into a program of your own.
//
//	go run ./examples/embed settings.json
//
// The settings are those of bridge.Settings. Credentials come from the environment:
// see credentials.env.example beside this file. TIKTOK_URL and LINNWORKS_URL point it
// at go run ./examples/fakes instead of the real sides. What it remembers is in
// memory: bridge/README.md says what a restart costs.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	if err := run(ctx, os.Args[1:], os.Getenv); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
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
	shop, err := connectShop(ctx, app, getenv)
	if err != nil {
		return err
	}
	warehouse, err := connectWarehouse(ctx, settings, getenv)
	if err != nil {
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
	routes.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { reply(w, sync.Health(), nil) })
	routes.HandleFunc("GET /cases", func(w http.ResponseWriter, r *http.Request) {
		cases, err := memory.Cases(r.Context(), exceptions.Filter{})
		reply(w, cases, err)
	})
	routes.HandleFunc("GET /permits", func(w http.ResponseWriter, r *http.Request) { // asked before goods move
		permits, err := sync.Gate.Check(r.Context(), r.URL.Query()["order"]...)
		reply(w, permits, err)
	})
	server := &http.Server{Addr: cmp.Or(getenv("LISTEN"), "127.0.0.1:8080"), Handler: routes, ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute}
	running, stop := context.WithCancelCause(ctx)
	go func() { stop(server.ListenAndServe()) }() // a server that fails ends the sync too
	err = errors.Join(sync.Run(running), context.Cause(running))
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return errors.Join(err, server.Shutdown(grace), webhooks.Close(grace))
}

// connectShop takes the only shop of the access token. A service that runs for days
// has tokens that refresh themselves: see tiktokshop.RefreshingTokens.
func connectShop(ctx context.Context, app tiktokshop.App, getenv func(string) string) (*tiktokadapter.Shop, error) {
	options := []tiktokshop.Option{tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret(getenv("TIKTOK_ACCESS_TOKEN"))))}
	if url := getenv("TIKTOK_URL"); url != "" {
		options = append(options, tiktokshop.WithBaseURL(url))
	}
	client, err := tiktokshop.NewClient(app, options...)
	if err != nil {
		return nil, err
	}
	if client, err = client.ForShopID(ctx, ""); err != nil {
		return nil, err
	}
	return tiktokadapter.New(client, tiktokadapter.Options{})
}

func connectWarehouse(ctx context.Context, set bridge.Settings, getenv func(string) string) (*linnworksadapter.Warehouse, error) {
	var options []linnworks.Option
	if url := getenv("LINNWORKS_URL"); url != "" {
		options = append(options, linnworks.WithAuthURL(url), linnworks.WithV2URL(url))
	}
	client, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID: getenv("LINNWORKS_APPLICATION_ID"), ApplicationSecret: linnworks.NewSecret(getenv("LINNWORKS_APPLICATION_SECRET")),
		Token: linnworks.NewSecret(getenv("LINNWORKS_TOKEN")),
	}, options...)
	if err != nil {
		return nil, err
	}
	return linnworksadapter.New(ctx, client, linnworksadapter.Options{SubSource: set.SubSource, Service: set.Services})
}

// reply writes JSON.
func reply(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		v = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(v) // a reader that has left is nobody's loss
}
