package main

import (
	"database/sql"
	"flag"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/internal/postgrestest"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// These take as long as they take, whatever b.N says: run them with -run '^$' -benchtime 1x.
var (
	webhookRate  = flag.Int("webhookrate", 100, "how many webhooks a second BenchmarkWebhooks sends")
	webhookTime  = flag.Duration("webhooktime", 2*time.Second, "for how long")
	importOrders = flag.Int("importorders", 200, "how many orders BenchmarkImport places")
)

// plenty stocks the shop and the warehouse for a benchmark.
func (w *world) plenty(b *testing.B, units int) {
	b.Helper()
	if err := w.Warehouse.SetOnHand("TEA-EARL", linnworks.ZeroGUID, 10*units); err != nil {
		b.Fatal(err)
	}
	if err := w.Shop.SetStock(goods["TEA-EARL"], madeup.Leeds, 2*units+1000); err != nil {
		b.Fatal(err)
	}
	w.edit(b, map[string]any{"max_stock": 2*units + 1000, "every": map[string]string{}}) // the default pace
}

// Webhooks of as many orders come in at a steady rate, on SQLite, while the service works on
// those orders. It is killed after the last; every one that was answered is stored.
//
//	go test -run '^$' -bench Webhooks -benchtime 1x -webhookrate 500 -webhooktime 1m .
//
// Two cores, which the shop and the warehouse used too: 500 a second for a minute, p50
// 1.9 ms, p99 12 ms, the longest 38 ms, none refused, none lost.
func BenchmarkWebhooks(b *testing.B) {
	w := newWorld(b, filepath.Join(b.TempDir(), "bridge.db"))
	n := int(webhookTime.Seconds() * float64(*webhookRate))
	w.plenty(b, n)
	p := w.start(b)
	answers(b, p.private+"/readyz", http.StatusOK)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}, Timeout: 10 * time.Second}
	ids := make([]string, n)
	for i := range ids {
		id, err := w.Shop.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(goods["TEA-EARL"], 1)))
		if err != nil {
			b.Fatal(err)
		}
		ids[i] = id
	}
	took, status := make([]time.Duration, n), make([]int, n)
	var sending sync.WaitGroup
	b.ResetTimer()
	begin := time.Now()
	for i, id := range ids {
		at := begin.Add(time.Duration(i) * time.Second / time.Duration(*webhookRate))
		time.Sleep(time.Until(at))
		sending.Go(func() {
			body := fmt.Sprintf(`{"type":1,"tts_notification_id":"75%017d","shop_id":%q,"timestamp":%d,"data":{"order_id":%q,"order_status":"AWAITING_SHIPMENT","update_time":%d}}`,
				i, w.Shop.Shop().ID, time.Now().Unix(), id, time.Now().Unix())
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, p.public+"/webhooks/tiktok", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			request.Header.Set("Authorization", tiktokshop.SignWebhook(w.config.app, []byte(body)))
			reply, err := client.Do(request)
			took[i] = time.Since(at) // what was sent late counts as slow
			if err == nil {
				status[i] = reply.StatusCode
				_ = reply.Body.Close()
			}
		})
	}
	sending.Wait()
	lasted := time.Since(begin)
	p.kill()
	b.StopTimer()
	stored := w.known(b)
	answered, lost := 0, 0
	for i, id := range ids {
		if status[i] == http.StatusOK {
			answered++
			if !stored[id] {
				lost++
			}
		}
	}
	if lost > 0 {
		b.Errorf("%d of %d webhooks that were answered with success are lost", lost, answered)
	}
	slices.Sort(took)
	b.ReportMetric(float64(n)/lasted.Seconds(), "webhooks/s")
	b.ReportMetric(float64(took[n/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[n*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(took[n-1].Microseconds())/1000, "ms-max")
	b.ReportMetric(float64(n-answered), "refused")
	b.ReportMetric(float64(lost), "lost")
	b.ReportMetric(0, "ns/op")
}

// known are the orders that the store knows of: hinted at, to be looked at again, or on
// record.
func (w *world) known(b *testing.B) map[string]bool {
	b.Helper()
	db, err := sqlstore.Open(b.Context(), w.env["DATABASE_URL"])
	if err == nil {
		err = db.Close() // what was killed is whole again
	}
	if err != nil {
		b.Fatal(err)
	}
	pool, err := sql.Open("sqlite", w.env["DATABASE_URL"])
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = pool.Close() }()
	rows, err := pool.QueryContext(b.Context(), "SELECT order_id FROM lb_hints UNION SELECT order_id FROM lb_revisits UNION SELECT order_id FROM lb_records")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	known := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			b.Fatal(err)
		}
		known[id] = true
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
	return known
}

// createsAMinute are the calls of CreateOrders that Linnworks allows, of 20 orders each: the
// slowest limit of an import.
const createsAMinute, ordersACall = 150, 20

// Orders come in by webhook, all at once, and are in Linnworks with the store knowing it,
// with one process on PostgreSQL or several, at the quotas of both sides.
//
//	go test -run '^$' -bench Import -benchtime 1x -importorders 10000 .
//
// On two cores that the shop and the warehouse used too, in percent of what CreateOrders allows
// (the limiter admits 97), with no pause between two creations that is longer than half a second:
// one process takes 10,000 orders at 95.6, two at 96.1, four at 96.7. In simulated time see
// TestSyncImportsAtTheLimits of package bridge.
func BenchmarkImport(b *testing.B) {
	for _, processes := range []int{1, 2, 4} {
		b.Run(fmt.Sprint(processes, " processes"), func(b *testing.B) {
			w := newWorld(b, postgrestest.URL(b))
			n := *importOrders
			w.plenty(b, n)
			for range processes {
				p := w.serve(b)
				answers(b, p.private+"/readyz", http.StatusOK)
			}
			within(b, soon, "the morning's orders are in Linnworks", func() error { return w.inLinnworks(w.Orders[madeup.Plain], w.Orders[madeup.OddTotal]) })
			pool, err := sql.Open("pgx", w.env["DATABASE_URL"])
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = pool.Close() }()
			// The store is a day old: an order from before it was begun is first looked for in Linnworks.
			if _, err := pool.ExecContext(b.Context(), "UPDATE lb_shops SET since = $1", time.Now().AddDate(0, 0, -1).UTC().Format("2006-01-02T15:04:05.000000000Z")); err != nil {
				b.Fatal(err)
			}
			within(b, 2*time.Minute, "what a start asks of the shop is over", func() error {
				before := len(w.Shop.Calls())
				time.Sleep(2 * time.Second)
				if more := len(w.Shop.Calls()) - before; more > 4 { // a flow that runs twice a minute
					return fmt.Errorf("%d calls in two seconds", more)
				}
				return nil
			})
			have, known := len(w.Warehouse.Orders()), 0
			if err := pool.QueryRowContext(b.Context(), "SELECT count(*) FROM lb_records").Scan(&known); err != nil {
				b.Fatal(err)
			}
			w.Warehouse.ForgetCalls()
			b.ResetTimer()
			begin := time.Now()
			ids := make([]string, n)
			for i := range ids {
				if ids[i], err = w.Shop.PlaceOrder(tiktokshoptest.OrderOf(tiktokshoptest.Units(goods["TEA-EARL"], 1))); err != nil {
					b.Fatal(err)
				}
			}
			go w.Shop.SendWebhooks(b.Context())
			within(b, time.Hour, "all are imported, and the store knows it", func() error {
				time.Sleep(200 * time.Millisecond)
				var waiting, records int
				if err := pool.QueryRowContext(b.Context(), "SELECT (SELECT count(*) FROM lb_hints WHERE list = 'orders'), (SELECT count(*) FROM lb_records)").Scan(&waiting, &records); err != nil {
					return err
				}
				if waiting > 0 || records-known < n {
					return fmt.Errorf("%d hints wait, and %d of %d orders are on record", waiting, records-known, n)
				}
				if got := len(w.Warehouse.Orders()) - have; got < n { // last: it copies all of them
					return fmt.Errorf("%d of %d orders are in Linnworks", got, n)
				}
				return nil
			})
			took := time.Since(begin)
			b.StopTimer()
			if err := w.inLinnworks(ids...); err != nil {
				b.Error(err)
			}
			creations := w.Warehouse.CallsOf("Orders.CreateOrders")
			calls, pause := len(creations), time.Duration(0)
			for i := 10; i < calls; i++ { // before, orders are not read ahead yet
				pause = max(pause, creations[i].At.Sub(creations[i-1].At))
			}
			made := map[string]int{}
			for _, c := range w.Warehouse.Calls() {
				made[c.Operation]++
			}
			// By the calls that it takes alone, however fast this machine is: CreateOrders with
			// full lists is what limits it, and nothing else that an import asks comes near.
			// OrdersV2.GetOrders is what the stock engine asks.
			full := (n + ordersACall - 1) / ordersACall
			for operation, calls := range made {
				if most := full*100/95 + 20; strings.HasPrefix(operation, "Orders.") && calls > most { // 20: what goes on at rest
					b.Errorf("%d calls of %s for %d orders, which %d of CreateOrders carry: it needs more than 100/95 of the time", calls, operation, n, full)
				}
			}
			b.ReportMetric(took.Seconds(), "s")
			b.ReportMetric(float64(n)/took.Minutes(), "orders/min")
			b.ReportMetric(float64(calls), "creates")
			b.ReportMetric(pause.Seconds(), "s-longest-pause")
			b.ReportMetric(100*float64(n)/took.Minutes()/(createsAMinute*ordersACall), "%-of-quota")
			b.ReportMetric(0, "ns/op")
		})
	}
}
