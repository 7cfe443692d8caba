package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// The burst.
const (
	units         = 300 // all of them in one location
	shopRate      = 20  // buyers a minute on TikTok Shop, unless the setting says another number
	mostRate      = 6000
	elsewhereRate = 5 // buyers a minute of another channel

	// One buyer in slowPayers is shown as UNPAID for up to slowestPayment; the
	// others have paid by the time the order is there.
	slowPayers     = 10
	slowestPayment = 45 * time.Second

	// A webhook arrives within webhookFirst and webhookLast.
	webhookFirst, webhookLast = time.Second, 2 * time.Second
)

// start is when the buyers come.
var start = time.Date(2026, 11, 27, 19, 0, 0, 0, time.UTC)

const (
	sku         = "LIPSTICK-04"
	productID   = "1729592969712207001"
	skuID       = "1729592969712207101"
	warehouseID = "7068517275539719942"
	webhookURL  = "https://hub.example/webhooks"
)

// setting is what a sale is played with.
type setting struct {
	// Seed decides when buyers come and how long calls take.
	Seed uint64
	// Rate is how many buyers a minute come to TikTok Shop.
	Rate int
	// Lasts is for how long buyers come.
	Lasts time.Duration
	// UntilSoldOut ends it when nobody can sell anything.
	UntilSoldOut bool
}

// sale is the burst on the fakes: buyers of both channels, who come at the same
// moments whatever the policy, and what really becomes of the units.
type sale struct {
	clock
	setting
	shop      *tiktokshoptest.Fake
	warehouse *linnworkstest.Fake

	// shopCalls and warehouseCalls are the ways of the program under test.
	shopCalls, warehouseCalls *network

	// receive gets the shop's webhooks; nil for a program that has no use for them.
	receive http.Handler

	result result
	// unseen are the sales elsewhere that no level in the shop counts yet.
	unseen []time.Time
	err    error // of somebody who could not do what they wanted
}

// result is what became of the sale under a policy.
type result struct {
	Policy *policy
	// SoldShop and SoldElsewhere are units that buyers were promised.
	SoldShop, SoldElsewhere int
	// SoldOutAt is when the shop showed zero for the last time before the end, and
	// FreeThen how many units nobody had bought by then.
	SoldOutAt time.Duration
	FreeThen  int
	// TurnedAway buyers found nothing; Early ones although there was something.
	TurnedAway, Early int
	// ShopCalls and WarehouseCalls are all calls of the program.
	ShopCalls, WarehouseCalls int
	// Delays are how long a sale elsewhere took to be in the number that the shop
	// shows.
	Delays []time.Duration
	Curve  []point
}

// Oversold is how many units were promised that are not there.
func (r result) Oversold() int { return max(r.SoldShop+r.SoldElsewhere-units, 0) }

// Unsold is how many units nobody has bought.
func (r result) Unsold() int { return max(units-r.SoldShop-r.SoldElsewhere, 0) }

// point is a moment of the curves.
type point struct {
	At time.Duration // since the start of the sale
	// Free is what is left of the units, below zero when too many were sold; Shown
	// is what the shop offers.
	Free, Shown int
}

// newSale stocks both sides and plans the first buyers. The shop shows nothing
// before the program has told it to.
func newSale(set setting, opens time.Time) (*sale, error) {
	s := &sale{clock: clock{now: opens}, setting: set}
	s.shop = tiktokshoptest.New(
		tiktokshoptest.WithClock(s.Now), tiktokshoptest.WithStampClock(time.Now), tiktokshoptest.WithSeed(set.Seed),
		tiktokshoptest.WithWebhooks(tiktokshoptest.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.receive.ServeHTTP(w, r)
		}))),
	)
	s.warehouse = linnworkstest.New(linnworkstest.WithClock(s.Now))
	_, err := s.warehouse.AddItem(linnworkstest.Item{SKU: sku, Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: units}})
	err = errors.Join(err,
		s.shop.AddWarehouse(tiktokshop.Warehouse{ID: warehouseID, Name: "Leeds"}),
		s.shop.AddProduct(tiktokshoptest.Product{ID: productID, Title: "Lipstick", SKUs: []tiktokshoptest.SKU{
			{ID: skuID, SellerSKU: sku, Stock: map[string]int{warehouseID: 0}},
		}}),
	)
	s.shopCalls = &network{clock: &s.clock, rand: rand.New(rand.NewPCG(set.Seed, 1)), next: s.shop.RoundTripper(), seen: s.observe}
	s.warehouseCalls = &network{clock: &s.clock, rand: rand.New(rand.NewPCG(set.Seed, 2)), next: s.warehouse.RoundTripper(), seen: s.observe}
	s.arrivals(set.Rate, shopRate, s.buyInShop)
	s.arrivals(elsewhereRate, elsewhereRate, s.buyElsewhere)
	return s, err
}

// clients are those of the program under test. They try once: nothing fails
// here, and a wait would be one in real time.
func (s *sale) clients() (*tiktokshop.Client, *linnworks.Client, error) {
	shop, err := s.shop.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: s.shopCalls}), tiktokshop.WithMaxAttempts(1))
	if err != nil {
		return nil, nil, err
	}
	warehouse, err := s.warehouse.Client(linnworks.WithHTTPClient(&http.Client{Transport: s.warehouseCalls}), linnworks.WithMaxAttempts(1),
		linnworks.WithLimiter(&pacer{clock: &s.clock, next: map[string]time.Time{}}))
	return shop, warehouse, err
}

// arrivals lets buyers come at random moments, independently of one another. Each
// brings what chance has in store for them, so that they are the same buyers
// under every policy. Each channel has a stream of chance of its own.
func (s *sale) arrivals(perMinute int, stream uint64, buy func(chance *rand.Rand)) {
	chance := rand.New(rand.NewPCG(s.Seed, stream))
	var next func(after time.Time)
	next = func(after time.Time) {
		at := after.Add(time.Duration(chance.ExpFloat64() / float64(perMinute) * float64(time.Minute)))
		if !at.Before(s.end()) {
			return
		}
		own := rand.New(rand.NewPCG(chance.Uint64(), chance.Uint64()))
		s.at(at, func() {
			buy(own)
			next(at)
		})
	}
	next(start)
}

// webhooks has the shop tell receiver of every change of an order.
func (s *sale) webhooks(receiver http.Handler) {
	s.receive = receiver
	s.shop.SetWebhooks(webhookURL)
}

// tell sends the webhook of what is done next, in a second or two.
func (s *sale) tell(chance *rand.Rand) {
	if s.receive == nil {
		return
	}
	delay := webhookFirst + time.Duration(chance.Int64N(int64(webhookLast-webhookFirst)))
	s.shop.DisturbWebhooks(nil, 1, tiktokshoptest.Disturbance{Delay: delay})
	s.at(s.now.Add(delay), func() { s.shop.SendWebhooks(context.Background()) })
}

// buyInShop is a buyer on TikTok Shop, who gets a unit if the shop shows one.
func (s *sale) buyInShop(chance *rand.Rand) {
	order := tiktokshoptest.OrderOf(tiktokshoptest.Units(skuID, 1))
	order.State = tiktokshop.OrderStatusOnHold
	slow := chance.IntN(slowPayers) == 0
	if slow {
		order.State = tiktokshop.OrderStatusUnpaid
	}
	if available, _ := s.shop.Stock(skuID, warehouseID); available == 0 {
		s.turnAway()
		return
	}
	s.tell(chance)
	id, err := s.shop.PlaceOrder(order)
	if err != nil {
		s.err = errors.Join(s.err, fmt.Errorf("a buyer in the shop: %w", err))
		return
	}
	s.result.SoldShop++
	s.observe()
	if slow {
		s.at(s.now.Add(time.Duration(chance.Int64N(int64(slowestPayment)))), func() {
			s.tell(chance)
			s.err = errors.Join(s.err, s.shop.Pay(id))
		})
	}
}

// buyElsewhere is a buyer of a channel that asks Linnworks for the level and
// leaves its order there at the same moment.
func (s *sale) buyElsewhere(*rand.Rand) {
	if s.level() <= 0 {
		s.turnAway()
		return
	}
	_, err := s.warehouse.AddOrder(linnworkstest.Order{
		Source: "WEBSHOP", SubSource: "own", Reference: fmt.Sprint("W-", s.result.SoldElsewhere+1),
		Lines: []linnworkstest.Line{{SKU: sku}}, Received: s.now, DispatchBy: s.now.Add(48 * time.Hour),
	})
	if err != nil {
		s.err = errors.Join(s.err, fmt.Errorf("a buyer elsewhere: %w", err))
		return
	}
	s.result.SoldElsewhere++
	s.unseen = append(s.unseen, s.now)
	s.observe()
}

// level is what Linnworks shows every channel.
func (s *sale) level() int {
	level, err := s.warehouse.Level(sku, linnworks.ZeroGUID)
	s.err = errors.Join(s.err, err)
	return level.Available
}

func (s *sale) free() int { return units - s.result.SoldShop - s.result.SoldElsewhere }

func (s *sale) turnAway() {
	s.result.TurnedAway++
	if s.free() > 0 {
		s.result.Early++
	}
}

// observe notes what has changed.
func (s *sale) observe() {
	shown, _ := s.shop.Stock(skuID, warehouseID)
	p := point{At: s.now.Sub(start), Free: s.free(), Shown: shown}
	curve := &s.result.Curve
	if n := len(*curve); n > 0 {
		last := (*curve)[n-1]
		switch {
		case last.Free == p.Free && last.Shown == p.Shown:
			return
		case last.Shown > 0 && p.Shown == 0:
			s.result.SoldOutAt, s.result.FreeThen = p.At, max(p.Free, 0)
		}
	}
	*curve = append(*curve, p)
}

// published is called when the shop shows what follows from a level that was
// read at a moment.
func (s *sale) published(read time.Time) {
	for len(s.unseen) > 0 && s.unseen[0].Before(read) {
		s.result.Delays = append(s.result.Delays, s.now.Sub(s.unseen[0]))
		s.unseen = s.unseen[1:]
	}
}

// over reports whether it is enough: the demand has ended or, if that is all that is
// asked for, the shop shows nothing and Linnworks has nothing.
func (s *sale) over() bool {
	if !s.UntilSoldOut || s.now.Before(start) {
		return !s.now.Before(s.end())
	}
	shown, _ := s.shop.Stock(skuID, warehouseID)
	return shown == 0 && s.level() <= 0 || !s.now.Before(s.end())
}

func (s *sale) end() time.Time { return start.Add(s.Lasts) }
