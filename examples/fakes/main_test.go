package main

import (
	"bufio"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"

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
		m := regexp.MustCompile(`(?m)^\s*` + label + `\s+(\S+)`).FindStringSubmatch(printed)
		if m == nil {
			t.Fatalf("%q was not printed:\n%s", label, printed)
		}
		return m[1]
	}
	shop, err := tiktokshop.NewClient(
		tiktokshop.App{Key: value("app key"), Secret: tiktokshop.NewSecret(value("app secret"))},
		tiktokshop.WithBaseURL(value("TikTok Shop")),
		tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret(value("access token")))),
	)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := shop.ForShop(tiktokshop.Shop{ID: value("shop id"), Cipher: value("shop cipher")})
	if err != nil {
		t.Fatal(err)
	}
	orders, err := bound.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{PageSize: 100})
	if err != nil || len(orders.Orders) == 0 {
		t.Errorf("%d orders, error %v", len(orders.Orders), err)
	}
	warehouse, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID: value("application id"), ApplicationSecret: linnworks.NewSecret(value("application secret")),
		Token: linnworks.NewSecret(value("token")),
	}, linnworks.WithAuthURL(value("Linnworks")))
	if err != nil {
		t.Fatal(err)
	}
	locations, err := warehouse.Inventory.GetStockLocations(ctx, nil)
	if err != nil || len(locations) != 2 {
		t.Errorf("%d locations, error %v", len(locations), err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
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
