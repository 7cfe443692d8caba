package tiktokadapter_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// kept is a store with one token.
type kept struct {
	tiktokshop.TokenStore
	token tiktokshop.Token
}

func (k kept) LoadToken(context.Context) (tiktokshop.Token, error) { return k.token, nil }

// What was granted is in the stored token; a token that does not say is no grant.
func TestGrants(t *testing.T) {
	t.Parallel()
	ends := time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)
	token := tiktokshop.Token{RefreshExpires: ends, Scopes: tiktokshop.BridgeScopes()[1:]}
	got, err := tiktokadapter.Grants{Tokens: kept{token: token}}.Grant(t.Context())
	if diff := cmp.Diff(audit.Grant{Missing: []string{tiktokshop.ScopeAuthorization}, Ends: ends}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if got, err := (tiktokadapter.Grants{Tokens: kept{token: tiktokshop.Token{RefreshExpires: ends}}}).Grant(t.Context()); err == nil {
		t.Errorf("got %+v of a token without scopes, want an error", got)
	}
}

// The name of the shop comes with its client, or is asked for.
func TestShopName(t *testing.T) {
	t.Parallel()
	fake := tiktokshoptest.New()
	client, err := fake.Client()
	if err != nil {
		t.Fatal(err)
	}
	known := client.Shop()
	bare, err := client.ForShop(tiktokshop.Shop{ID: known.ID, Cipher: known.Cipher})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*tiktokshop.Client{"with its name": client, "without": bare} {
		shop, err := tiktokadapter.New(c, tiktokadapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := shop.ShopName(t.Context())
		if want := (audit.ShopName{ID: known.ID, Name: "Fake Shop", Region: "GB"}); err != nil || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, err, want)
		}
	}
}
