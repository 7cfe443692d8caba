package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/pulled"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// channelPath is where Linnworks reaches the channel integration, behind the public address.
const channelPath = "/channel/"

// pulls reports whether Linnworks pulls the orders of a shop.
func (c config) pulls() bool {
	for _, one := range c.shops {
		if one.settings.LinnworksPulls {
			return true
		}
	}
	return false
}

// checkChannel reports a setting of a shop and an environment that do not go together.
func (c config) checkChannel() error {
	switch {
	case c.pulls() && len(c.channelAccounts) == 0:
		return fmt.Errorf("linnworks_pulls: the environment has no CHANNEL_ACCOUNTS: set it to the id of your Linnworks account, or nobody can install the channel integration")
	case !c.pulls() && len(c.channelAccounts) > 0:
		return fmt.Errorf("CHANNEL_ACCOUNTS: no settings have linnworks_pulls, so there is nothing to install")
	}
	return nil
}

// channelIntegration serves the channel integration for all shops; nil if Linnworks pulls
// from none.
func (s *service) channelIntegration() (*channelapp.Handler, error) {
	if !s.config.pulls() {
		return nil, nil
	}
	ports := linnworksadapter.ChannelShops(s.channelOf)
	admitted := channelapp.OnlyAccounts(s.config.channelAccounts...)
	ports.Admit = func(ctx context.Context, a channelapp.Account) error {
		if err := admitted(ctx, a); err != nil {
			return err
		}
		_, err := s.pulling(a.Name)
		return err
	}
	ports.Installations = s.db.ChannelInstallations()
	return channelapp.New(ports, channelapp.Options{Log: s.log})
}

// pulling is the shop whose orders an integration of a name pulls.
func (s *service) pulling(name string) (*shop, error) {
	var names []string
	for _, shop := range s.shops {
		if !shop.settings.LinnworksPulls {
			continue
		}
		if strings.EqualFold(shop.settings.SubSource, name) {
			return shop, nil
		}
		names = append(names, shop.settings.SubSource)
	}
	return nil, channelapp.Refuse(fmt.Sprintf("This integration has no shop of that name. Give it the name of the shop in the bridge's settings, sub_source: %s.", strings.Join(names, ", ")))
}

// channelOf finds the ports of a shop whose sides have answered.
func (s *service) channelOf(name string) (channelapp.Ports, error) {
	shop, err := s.pulling(name)
	if err != nil {
		return channelapp.Ports{}, err
	}
	b := shop.bound.Load()
	if b == nil {
		return channelapp.Ports{}, channelapp.Refuse("The bridge has just started, or cannot reach TikTok Shop. Nothing is lost: Linnworks asks again.")
	}
	return *b.channel, nil
}

// channelPorts are what Linnworks calls for a shop.
func (s *shop) channelPorts(b *bound) (*channelapp.Ports, error) {
	channel, err := pulled.NewChannel(pulled.Ports{
		Warehouse: b.pulling, Orders: b.tiktok, Importer: b.sync.Importer, Gate: b.sync.Gate, Values: s.memory, Hint: s.hint(b),
		Dispatcher: b.sync.Dispatcher, Revoker: b.sync.Revoker,
		Listings: b.tiktok, Catalogue: b.sync.Catalogue, Touch: b.sync.Stock.Touch,
	}, pulled.Options{})
	if err != nil {
		return nil, fmt.Errorf("the channel integration: %w", err)
	}
	return new(b.warehouse.ChannelPorts(channel)), nil
}

// withApplications adds what Linnworks calls to what others reach, as far as it is served.
func withApplications(public http.Handler, button *shippingapp.Handler, channel *channelapp.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", public)
	if button != nil {
		mux.Handle(shippingPath, button)
	}
	if channel != nil {
		mux.Handle(channelPath, channel)
	}
	return mux
}
