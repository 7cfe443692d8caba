package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// A program that knows nothing but what fakes prints must be able to read both
// sides over real sockets, and fakes must end when it is interrupted.
func TestWhatIsPrintedOpensBothSides(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-tiktokshop", "127.0.0.1:0", "-linnworks", "127.0.0.1:0"}, writer)
		_ = writer.Close()
		ended <- err
	}()
	printed := readUntil(t, reader, "Ctrl-C")
	value := func(label string) string {
		t.Helper()
		m := regexp.MustCompile(`(?m)^(?:export )?` + label + `(?:=| +)(\S+)`).FindStringSubmatch(printed)
		if m == nil {
			t.Fatalf("%q was not printed:\n%s", label, printed)
		}
		return m[1]
	}
	app := tiktokshop.App{Key: value("TIKTOK_APP_KEY"), Secret: tiktokshop.NewSecret(value("TIKTOK_APP_SECRET")), ServiceID: value("TIKTOK_SERVICE_ID")}
	client := func(token tiktokshop.Secret) *tiktokshop.Client {
		t.Helper()
		c, err := tiktokshop.NewClient(app, tiktokshop.WithTokens(tiktokshop.StaticToken(token)),
			tiktokshop.WithBaseURL(value("TIKTOK_URL")), tiktokshop.WithAuthURL(value("TIKTOK_URL")),
			tiktokshop.WithConsentURL(value("TIKTOK_URL")+"/open/authorize"))
		if err != nil {
			t.Fatal(err)
		}
		if c, err = c.ForShop(tiktokshop.Shop{ID: value("TIKTOK_SHOP_ID"), Cipher: value("TIKTOK_SHOP_CIPHER")}); err != nil {
			t.Fatal(err)
		}
		return c
	}
	given := client(tiktokshop.NewSecret(value("TIKTOK_ACCESS_TOKEN")))
	token, err := given.ExchangeCode(ctx, value("authorisation code"))
	if err != nil {
		t.Fatal(err)
	}
	agreed, err := given.ExchangeCode(ctx, consentCode(t, given))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*tiktokshop.Client{
		"printed": given, "exchanged": client(token.AccessToken), "agreed to": client(agreed.AccessToken),
	} {
		list, err := c.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{PageSize: 100})
		if err != nil || len(list.Orders) == 0 {
			t.Errorf("with the token that was %s: %v, error %v", name, list, err)
		}
	}
	var ids []string
	for _, m := range regexp.MustCompile(`(?m)^order (\d+)`).FindAllStringSubmatch(printed, -1) {
		ids = append(ids, m[1])
	}
	found, err := given.Order.GetOrderDetail(ctx, &tiktokshop.GetOrderDetailRequest{IDs: ids})
	if err != nil || len(ids) == 0 || len(found.Orders) != len(ids) {
		t.Errorf("%d of the %d printed orders, error %v", len(found.Orders), len(ids), err)
	}
	sites, err := given.Logistics.GetWarehouseList(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range sites.Warehouses {
		got = append(got, w.ID)
	}
	if diff := cmp.Diff([]string{value("warehouse Leeds"), value("warehouse Bristol")}, got); diff != "" {
		t.Errorf("warehouses (-printed +got):\n%s", diff)
	}
	warehouse, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID: value("LINNWORKS_APPLICATION_ID"), ApplicationSecret: linnworks.NewSecret(value("LINNWORKS_APPLICATION_SECRET")),
		Token: linnworks.NewSecret(value("LINNWORKS_TOKEN")),
	}, linnworks.WithAuthURL(value("LINNWORKS_URL")))
	if err != nil {
		t.Fatal(err)
	}
	locations, err := warehouse.Inventory.GetStockLocations(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	got = nil
	for _, l := range locations {
		got = append(got, string(l.StockLocationID))
	}
	if diff := cmp.Diff([]string{value("location Default"), value("location Bristol")}, got); diff != "" {
		t.Errorf("locations (-printed +got):\n%s", diff)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

// consentCode opens the link for a seller, and returns the code of the address to which the
// browser goes on.
func consentCode(t *testing.T, c *tiktokshop.Client) string {
	t.Helper()
	const state = "a state & more"
	link, err := c.AuthorizationURL(state)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reply.Body.Close() }()
	page, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(regexp.MustCompile(`https://\S+`).FindString(string(page)))
	if err != nil || address.Query().Get("state") != state {
		t.Fatalf("the consent page says %q, error %v: want an address with the state %q", page, err, state)
	}
	return address.Query().Get("code")
}

func TestOperationsAreListed(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), []string{"-operations"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"  Order.GetOrderList\n", "  Orders.CreateOrders\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not listed", want)
		}
	}
}

// readUntil reads lines up to one with the mark, and lets the rest flow away.
func readUntil(t *testing.T, r io.Reader, mark string) string {
	t.Helper()
	var b strings.Builder
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		b.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), mark) {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return b.String()
		}
	}
	t.Fatalf("ended before %q:\n%s", mark, b.String())
	return ""
}
