package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// Several shops are worked for by one service, each under its own name; one whose settings
// name what is not there keeps no other from being worked for.
func TestSeveralShops(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	const warehouse, sku = "7068517275539719951", "1729592969712208101"
	second := w.Shop.AddShop("IE", "7495000000000000002", "second-cipher")
	third := w.Shop.AddShop("GB", "7495000000000000003", "third-cipher")
	if err := errors.Join(second.AddWarehouse(tiktokshop.Warehouse{ID: warehouse, Name: "Cork"}), second.AddProduct(tiktokshoptest.Product{
		ID: "1729592969712208001", Title: "Earl Grey tea", SKUs: []tiktokshoptest.SKU{{ID: sku, SellerSKU: "TEA-EARL", Price: "7.95", Stock: map[string]int{warehouse: 50}}},
	})); err != nil {
		t.Fatal(err)
	}
	shops := []map[string]string{{"settings": "client.json", "tiktok_shop": w.Shop.Shop().ID}}
	write := func(name string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(w.file), name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, place := range map[string]string{"second": warehouse, "third": "7068517275539719999"} {
		write(name+".json", bridge.Settings{
			Shop: name, SubSource: name, Locations: map[string][]string{place: {string(linnworks.ZeroGUID)}}, DefaultLocation: string(linnworks.ZeroGUID),
			Every: w.config.shops[0].settings.Every,
		})
		shops = append(shops, map[string]string{"settings": name + ".json", "tiktok_shop": map[string]string{"second": second.Shop().ID, "third": third.Shop().ID}[name]})
	}
	write("list.json", map[string]any{"shops": shops})
	w.file = filepath.Join(filepath.Dir(w.file), "list.json")
	p := w.start(t)
	w.Shop.SetWebhooks(p.public + "/webhooks/tiktok")
	second.SetWebhooks(p.public + "/webhooks/tiktok")
	answers(t, p.private+"/readyz", http.StatusOK)
	id, err := second.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(sku, 2)))
	if err != nil {
		t.Fatal(err)
	}
	w.Shop.SendWebhooks(t.Context())
	second.SendWebhooks(t.Context())
	within(t, soon, "the orders of both are in Linnworks", func() error {
		if n := len(w.Warehouse.OrdersByReference(madeup.Source, "second", id)); n != 1 {
			return fmt.Errorf("order %s is there %d times", id, n)
		}
		return w.inLinnworks(w.Orders[madeup.Plain])
	})
	within(t, soon, "the third is told of", func() error {
		_, text := get(t, p.private+"/cases?shop=third")
		var cases []exceptions.Case
		if err := json.Unmarshal([]byte(text), &cases); err != nil || len(cases) == 0 || !strings.Contains(cases[0].Seen, "7068517275539719999") {
			return errors.Join(err, errors.New(text))
		}
		_, text = get(t, p.private+"/healthz")
		var said struct{ Shops map[string]shopHealth }
		if err := json.Unmarshal([]byte(text), &said); err != nil || said.Shops["third"].Healthy || !said.Shops["second"].Flows[bridge.FlowOrders].Healthy {
			return errors.Join(err, errors.New(text))
		}
		return nil
	})
	for query, want := range map[string]int{
		"shop=second&order=" + id: http.StatusOK, "order=" + id: http.StatusBadRequest, "shop=second": http.StatusBadRequest, "shop=fourth&order=1": http.StatusBadRequest,
	} {
		if status, text := get(t, p.private+"/permits?"+query); status != want {
			t.Errorf("/permits?%s: got %d %s, want %d", query, status, text, want)
		}
	}
}
