package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/internal/postgrestest"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var (
	tradingFor  = flag.Duration("trading", 12*time.Second, "how long TestTrading trades; 10m are twenty hours of a shop")
	tradingSeed = flag.Uint64("tradingseed", 1, "what decides who buys what in TestTrading")
	tradingSkew = flag.Duration("tradingskew", 0, "how far the clock of one process is ahead in TestTrading, from the new version on; not zero compiles everything anew")
)

const (
	// hour is how long an hour of the shop takes. People and buyers are that much faster;
	// the clocks of services, fakes and database are real, and so are paces, leases and
	// the quotas of both sides.
	hour = 30 * time.Second
	// keptBack are the units of every SKU that the shop does not show. Elsewhere one unit
	// of a SKU is sold every elsewhereEvery at most, so that they cover half a minute in
	// which nobody publishes; for longer than that nothing is sold elsewhere.
	keptBack       = 6
	elsewhereEvery = 6 * time.Second
)

// perHour are the orders in each hour of the shop, from ten in the morning on.
var perHour = []int{30, 30, 36, 36, 30, 24, 24, 30, 36, 42, 50, 50, 42, 30, 18, 8, 5, 4, 4, 6}

// A shop trades for hours, while processes are killed, the database is cut off and
// restarted, the disk is full and a new version is rolled out. No order is lost, doubled, or
// sent after its cancellation, no unit is sold twice, and every case and claim is kept.
func TestTrading(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("left out with -short: it trades for a while, with processes that are killed")
	}
	t.Run("three processes on PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server := postgrestest.Own(t)
		d := newDay(t, server.URL)
		cables := make([]*cable, 3)
		for i := range cables {
			cables[i] = newCable(t, server.URL)
			d.desks = append(d.desks, &desk{env: []string{"DATABASE_URL=" + cables[i].url}})
		}
		upgraded := building(t, d.next, 0)
		skewed := upgraded
		if *tradingSkew != 0 {
			skewed = building(t, d.next, *tradingSkew)
		}
		d.mishaps = []*mishap{
			{name: "a process is killed", first: 2 * time.Second, every: 23 * time.Second, last: time.Second, begin: d.kill},
			{name: "the database is cut off from one", first: 4 * time.Second, every: 41 * time.Second, last: 3 * time.Second,
				begin: func() { cables[d.rand.IntN(len(cables))].pull(true) },
				end: func() {
					for _, c := range cables {
						c.pull(false)
					}
				}},
			{name: "the database is killed and restarted", first: 5 * time.Second, every: 83 * time.Second, last: 2 * time.Second,
				begin: server.Kill, end: func() { d.must(server.Start()) }},
			{name: "the shop answers nobody", first: 20 * time.Second, every: 67 * time.Second, last: 4 * time.Second,
				begin: func() { d.Shop.Overload(4 * time.Second) }},
			{name: "Linnworks answers nobody", first: 31 * time.Second, every: 97 * time.Second, last: 4 * time.Second,
				begin: func() { d.Warehouse.Maintain(4 * time.Second) }},
		}
		// One after the other goes over to the new version at half-time.
		for i, desk := range d.desks {
			d.mishaps = append(d.mishaps, &mishap{name: "a process goes over to the new version", first: *tradingFor/2 + time.Duration(i)*2*time.Second, every: time.Hour, last: time.Second,
				begin: func() {
					next := upgraded
					if i == 0 {
						next = skewed
					}
					var err error
					desk.program, err = next()
					d.must(err)
					_ = desk.victim.cmd.Process.Signal(syscall.SIGTERM)
				}})
		}
		_, err := upgraded() // a skewed one is built while the old version trades
		d.must(err)
		d.trade()
		d.settle()
		d.refused()
	})
	t.Run("one process on SQLite", func(t *testing.T) {
		t.Parallel()
		d := newDay(t, filepath.Join(t.TempDir(), "bridge.db"))
		d.desks = []*desk{{env: []string{ignoreFileSize + "=1"}}}
		full := func(full bool) func() {
			return func() { limitFiles(t, d.desks[0].victim, full) }
		}
		d.mishaps = []*mishap{
			{name: "the disk is full", first: 2 * time.Second, every: 29 * time.Second, last: 3 * time.Second, begin: full(true), end: full(false)},
			{name: "the process is killed", first: 4 * time.Second, every: 47 * time.Second, last: time.Second, begin: d.kill},
		}
		d.trade()
		d.settle()
	})
}

// desk is a place at which one process after another works.
type desk struct {
	victim  *victim
	program string // empty: this test
	env     []string
	ready   bool // it listens
}

// mishap is something that goes wrong again and again.
type mishap struct {
	name               string
	first, every, last time.Duration
	begin, end         func()

	times   int
	running bool
	due     time.Time
}

// day is what happens in a shop and its warehouse, and what the bridge is to make of it. All
// of it happens in the goroutine of the test.
type day struct {
	*world
	t       *testing.T
	rand    *rand.Rand
	desks   []*desk
	mishaps []*mishap
	// next is the version of the tables that the new program brings.
	next int

	service   linnworks.GUID
	placed    []string             // by the shop, in the order in which that happened
	dropped   map[string]bool      // orders of the shop that people have cancelled in Linnworks
	asked     map[string]time.Time // when the permit was asked for of what was sent
	elsewhere map[string]time.Time // when a SKU was last sold elsewhere
	claimed   map[string]string    // cases, and who has taken them on
	seen      map[string]bool      // cases
	counts    map[string]int
}

func newDay(t *testing.T, database string) *day {
	t.Helper()
	steps, err := filepath.Glob("../../bridge/sqlstore/schema/*.sql")
	if err != nil || len(steps) == 0 {
		t.Fatal(err, steps)
	}
	d := &day{
		world: newWorld(t, database), t: t, rand: rand.New(rand.NewPCG(*tradingSeed, 0)), next: len(steps) + 1,
		dropped: map[string]bool{}, asked: map[string]time.Time{}, elsewhere: map[string]time.Time{}, claimed: map[string]string{}, seen: map[string]bool{}, counts: map[string]int{},
	}
	d.edit(t, map[string]any{"buffer": []stock.BufferRule{{Do: stock.KeepUnits, Units: keptBack}}})
	d.service = d.Warehouse.AddPostalService("Tracked 24", "Royal Mail")
	for sku, n := range map[string]int{"MUG-RED": 60, "MUG-BLUE": 40, "TEA-EARL": 80} {
		d.must(d.Warehouse.SetOnHand(sku, linnworks.ZeroGUID, n))
	}
	return d
}

func (d *day) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// trade has people and mishaps do what they do until the day is over.
func (d *day) trade() {
	d.t.Helper()
	ctx := d.t.Context()
	go d.Shop.RunWebhooks(ctx)
	d.staff()
	within(d.t, soon, "all listen, and the shop shows what there is", func() error {
		d.staff()
		if len(d.open()) < len(d.desks) {
			return errors.New("some do not listen yet")
		}
		if err := d.onSale(); err != nil {
			return err
		}
		if d.take(); len(d.claimed) == 0 {
			return errors.New("nobody has claimed a case")
		}
		return nil
	})
	began := time.Now()
	for _, m := range d.mishaps {
		m.due = began.Add(m.first)
	}
	looked, last := began, began
	for now := began; now.Sub(began) < *tradingFor; now = time.Now() {
		d.staff()
		for _, m := range d.mishaps {
			m.happen(now)
		}
		rate := float64(perHour[int(now.Sub(began)/hour)%len(perHour)]) / hour.Seconds()
		passed := now.Sub(last).Seconds()
		last = now
		for _, deed := range []struct {
			do    func()
			often float64 // a second
		}{
			{d.order, rate}, {d.send, 1.2 * rate}, {d.sellElsewhere, 0.5}, {d.sendElsewhere, 0.5}, {d.restock, 0.15 * rate},
			{d.ask, 0.1 * rate}, {d.regret, 0.1 * rate}, {d.drop, 0.02 * rate}, {d.take, 0.2},
		} {
			for share := deed.often * passed; d.rand.Float64() < share; share-- {
				deed.do()
			}
		}
		if now.Sub(looked) > time.Second {
			looked = now
			d.oversold()
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return
		}
	}
	for _, m := range d.mishaps {
		if m.running {
			m.stop()
		}
		d.counts[m.name] += m.times
	}
}

// happen lets a mishap begin or end if it is time.
func (m *mishap) happen(now time.Time) {
	switch {
	case now.Before(m.due):
	case m.running:
		m.stop()
		m.due = now.Add(m.every)
	default:
		m.running, m.due = true, now.Add(m.last)
		m.times++
		m.begin()
	}
}

func (m *mishap) stop() {
	m.running = false
	if m.end != nil {
		m.end()
	}
}

// staff starts a process wherever none runs, and has the webhooks sent to one that listens.
func (d *day) staff() {
	for _, desk := range d.desks {
		if v := desk.victim; v != nil {
			select {
			case <-v.ended:
				desk.victim = nil
			default:
			}
		}
		if desk.victim == nil {
			desk.victim, desk.ready = d.launch(d.t, desk.program, desk.env...), false
		}
		if !desk.ready && desk.victim.listens() == nil {
			desk.ready = true
		}
	}
	if open := d.open(); len(open) > 0 {
		d.Shop.SetWebhooks(open[d.rand.IntN(len(open))].public + "/webhooks/tiktok")
	}
}

// open are the processes that listen.
func (d *day) open() (list []*victim) {
	for _, desk := range d.desks {
		if desk.ready {
			list = append(list, desk.victim)
		}
	}
	return list
}

// kill ends a process as a loss of power would.
func (d *day) kill() { d.desks[d.rand.IntN(len(d.desks))].victim.kill() }

// goods are what is traded, by SKU.
var goods = map[string]string{"MUG-RED": "1729592969712207101", "MUG-BLUE": "1729592969712207102", "TEA-EARL": "1729592969712207201"}

func (d *day) good() string {
	return []string{"MUG-RED", "MUG-BLUE", "TEA-EARL"}[d.rand.IntN(3)]
}

// order has somebody buy, if the shop has it.
func (d *day) order() {
	spec := tiktokshoptest.OrderOf(tiktokshoptest.Units(goods[d.good()], 1+d.rand.IntN(2)))
	if d.rand.IntN(4) == 0 {
		spec.State = "ON_HOLD" // for an hour of the clock: people end it
	}
	id, err := d.Shop.PlaceOrder(spec)
	if errors.Is(err, tiktokshoptest.ErrOutOfStock) {
		d.counts["buyers turned away"]++
		return
	}
	d.must(err)
	d.placed = append(d.placed, id)
	d.counts["orders"]++
	if spec.State != "" && d.rand.IntN(2) == 0 {
		d.must(d.Shop.ReleaseHold(id))
	}
}

// recent is one of the last orders.
func (d *day) recent() (id string, ok bool) {
	if len(d.placed) == 0 {
		return "", false
	}
	last := d.placed[max(0, len(d.placed)-30):]
	return last[d.rand.IntN(len(last))], true
}

// ask has a buyer ask to cancel, which the bridge grants before the cut-off.
func (d *day) ask() {
	if id, ok := d.recent(); ok {
		if _, err := d.Shop.RequestCancellation(id, ""); err == nil {
			d.counts["buyers who asked to cancel"]++
		}
	}
}

// regret has a buyer cancel within the hour in which the shop asks nobody, or lets that
// hour end.
func (d *day) regret() {
	for _, id := range d.placed[max(0, len(d.placed)-30):] {
		if o, _ := d.Shop.Order(id); o.Status != "ON_HOLD" {
			continue
		}
		if d.rand.IntN(2) == 0 {
			d.must(d.Shop.ReleaseHold(id))
			return
		}
		d.must(d.Shop.CancelByBuyer(id, ""))
		d.counts["orders that buyers cancelled"]++
		return
	}
}

// waiting is an order in Linnworks that could be sent, of the shop or of elsewhere.
func (d *day) waiting(ours bool) (linnworks.OrderDetails, bool) {
	var list []linnworks.OrderDetails
	for _, o := range d.Warehouse.Orders() {
		g := o.GeneralInfo
		if (g.Source == madeup.Source) == ours && !o.Processed && !g.HoldOrCancel && !g.IsParked && !g.LabelPrinted {
			list = append(list, o)
		}
	}
	if len(list) == 0 {
		return linnworks.OrderDetails{}, false
	}
	return list[d.rand.IntN(len(list))], true
}

// send has the warehouse send an order of the shop, if the bridge permits it.
func (d *day) send() {
	o, ok := d.waiting(true)
	open := d.open()
	if !ok || len(open) == 0 {
		return
	}
	asked := time.Now()
	status, text := d.call(http.MethodGet, open[d.rand.IntN(len(open))].private+"/permits?order="+o.GeneralInfo.ReferenceNum, nil)
	var permits []bridge.Permit
	if status != http.StatusOK || json.Unmarshal([]byte(text), &permits) != nil || len(permits) != 1 || !permits[0].Granted {
		d.counts["parcels held"]++
		return
	}
	err := d.Warehouse.StartPicking(o.OrderID)
	if err == nil {
		err = d.Warehouse.SetTracking(o.OrderID, d.service, fmt.Sprintf("RM%09dGB", 100_000_000+len(d.asked)))
	}
	if err == nil {
		err = d.Warehouse.PrintLabel(o.OrderID)
	}
	if err == nil {
		err = d.Warehouse.Process(o.OrderID)
	}
	if err != nil { // the bridge was quicker: it has cancelled or parked it
		d.counts["parcels that were taken back"]++
		return
	}
	d.asked[o.GeneralInfo.ReferenceNum] = asked
	d.counts["parcels"]++
}

// sellElsewhere sells a unit in another channel, unless the shop still shows what was there
// before the last one.
func (d *day) sellElsewhere() {
	sku := d.good()
	shown, _ := d.Shop.Stock(goods[sku], madeup.Leeds)
	if free := d.free()[place{sku, linnworks.ZeroGUID}]; free <= keptBack || shown > free-keptBack || time.Since(d.elsewhere[sku]) < elsewhereEvery {
		return
	}
	d.elsewhere[sku] = time.Now()
	d.counts["units sold elsewhere"]++
	_, err := d.Warehouse.AddOrder(linnworkstest.Order{Reference: fmt.Sprint("E-", d.counts["units sold elsewhere"]), Lines: []linnworkstest.Line{{SKU: sku}}})
	d.must(err)
}

func (d *day) sendElsewhere() {
	if o, ok := d.waiting(false); ok {
		d.must(d.Warehouse.Process(o.OrderID))
	}
}

// restock puts goods on the shelf.
func (d *day) restock() {
	sku := d.good()
	level, err := d.Warehouse.Level(sku, linnworks.ZeroGUID)
	d.must(errors.Join(err, d.Warehouse.SetOnHand(sku, linnworks.ZeroGUID, level.OnHand+5+d.rand.IntN(15))))
}

// drop has the warehouse cancel an order that it cannot send.
func (d *day) drop() {
	if o, ok := d.waiting(true); ok && slices.Contains(d.placed, o.GeneralInfo.ReferenceNum) {
		d.must(d.Warehouse.Cancel(o.OrderID))
		d.dropped[o.GeneralInfo.ReferenceNum] = true
		d.counts["orders that the warehouse cancelled"]++
	}
}

// take has somebody look at the cases and take one on.
func (d *day) take() {
	open := d.open()
	if len(open) == 0 {
		return
	}
	at := open[d.rand.IntN(len(open))].private + "/cases"
	var cases []exceptions.Case
	if status, text := d.call(http.MethodGet, at, nil); status != http.StatusOK || json.Unmarshal([]byte(text), &cases) != nil {
		return
	}
	for _, c := range cases {
		d.seen[c.Key()] = true
	}
	i := slices.IndexFunc(cases, func(c exceptions.Case) bool { return c.ClaimedBy == "" })
	if i < 0 {
		return
	}
	by := fmt.Sprint("Ann-", len(d.claimed))
	body, err := json.Marshal(map[string]string{"key": cases[i].Key(), "verb": string(exceptions.VerbClaimed), "by": by})
	d.must(err)
	if status, _ := d.call(http.MethodPost, at, body); status == http.StatusOK {
		d.claimed[cases[i].Key()] = by
	}
}

// call asks a process that may not be able to answer.
func (d *day) call(method, address string, body []byte) (int, string) {
	ctx, cancel := context.WithTimeout(d.t.Context(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	d.must(err)
	return do(request)
}

// building builds the service as its next version, and returns what waits for it: its tables
// have one more column and one more table. With a skew its clock is ahead.
func building(t *testing.T, next int, skew time.Duration) func() (program string, err error) {
	dir, ctx := t.TempDir(), t.Context()
	built := sync.OnceValues(func() (string, error) { return build(ctx, dir, next, skew) })
	go func() { _, _ = built() }()
	return built
}

func build(ctx context.Context, dir string, next int, skew time.Duration) (program string, err error) {
	run := func(args ...string) error {
		out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	overlay, step := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "next.sql")
	var files struct{ Replace map[string]string }
	if skew != 0 {
		err := run("run", "github.com/linnbridge/linnbridge/internal/shiftclock", "-by", skew.String(), "-write", dir)
		if err != nil {
			return "", err
		}
		text, err := os.ReadFile(overlay)
		if err := errors.Join(err, json.Unmarshal(text, &files)); err != nil {
			return "", err
		}
	}
	schema, err := filepath.Abs("../../bridge/sqlstore/schema")
	if err != nil {
		return "", err
	}
	if files.Replace == nil {
		files.Replace = map[string]string{}
	}
	files.Replace[filepath.Join(schema, fmt.Sprint(next, ".sql"))] = step
	text, err := json.Marshal(files)
	if err := errors.Join(err, os.WriteFile(overlay, text, 0o600), os.WriteFile(step, []byte(nextStep), 0o600)); err != nil {
		return "", err
	}
	program = filepath.Join(dir, "next")
	return program, run("build", "-trimpath", "-overlay", overlay, "-o", program, ".")
}

// nextStep is what a next version may do that runs beside the old one for a while.
const nextStep = `ALTER TABLE lb_records ADD COLUMN carrier {text};
CREATE INDEX lb_records_carrier ON lb_records (shop, carrier);
CREATE TABLE lb_next (
	name {text} NOT NULL PRIMARY KEY
) {small table};
`

// refused starts the old version on the tables of the new one.
func (d *day) refused() {
	d.t.Helper()
	old := d.launch(d.t, "")
	select {
	case <-old.ended:
	case <-time.After(soon):
		d.t.Error("the old version runs on the tables of the new one")
	}
	text := old.text()
	if want := fmt.Sprintf("its tables are of version %d, this one knows them up to %d", d.next, d.next-1); old.cmd.ProcessState.ExitCode() != 1 || !strings.Contains(text, want) {
		d.t.Errorf("the old version on the tables of the new one: got exit code %d and %q, want 1 and %q", old.cmd.ProcessState.ExitCode(), text, want)
	}
}

// ignoreFileSize has a process take a file that may not grow for a full disk, and not for
// the end.
const ignoreFileSize = "LINNBRIDGE_TEST_IGNORE_FILE_SIZE"

// limitFiles has the disk of a process be full: it can write no file any more. Then it has
// room again.
func limitFiles(t *testing.T, v *victim, full bool) {
	limit := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if full {
		limit.Cur = 1
	}
	if err := unix.Prlimit(v.cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil && !errors.Is(err, unix.ESRCH) {
		t.Fatal(err)
	}
}
