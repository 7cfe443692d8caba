package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// place is a SKU at a location of Linnworks.
type place struct {
	sku      string
	location linnworks.GUID
}

// parts are the items that a SKU of the shop is made of, if it is not one itself.
var parts = map[string][]string{"GIFT-MUG-TEA": {"MUG-RED", "TEA-EARL", "TEA-EARL"}, "TEA-FOR-TWO": {"MUG-RED", "MUG-RED", "TEA-EARL"}}

// copies are the shop's orders in Linnworks, by the shop's ids.
func (d *day) copies() map[string][]linnworks.OrderDetails {
	m := map[string][]linnworks.OrderDetails{}
	for _, o := range d.Warehouse.Orders() {
		if o.GeneralInfo.Source == madeup.Source {
			m[o.GeneralInfo.ReferenceNum] = append(m[o.GeneralInfo.ReferenceNum], o)
		}
	}
	return m
}

func cancelled(o linnworks.OrderDetails) bool { return o.GeneralInfo.HoldOrCancel && o.Processed }

// free are the units on the shelves that nobody has bought, whether the bridge knows it or
// not; less than none if too many were sold.
func (d *day) free() map[place]int {
	free := map[place]int{}
	locations := map[string]linnworks.GUID{madeup.Leeds: linnworks.ZeroGUID, madeup.Bristol: d.Bristol}
	for sku := range goods {
		for _, at := range locations {
			level, err := d.Warehouse.Level(sku, at)
			d.must(err)
			free[place{sku, at}] = level.OnHand
		}
	}
	for _, o := range d.Warehouse.Orders() {
		if o.GeneralInfo.Source != madeup.Source && !o.Processed {
			for _, item := range o.Items {
				free[place{item.SKU, o.FulfilmentLocationID}] -= item.Quantity
			}
		}
	}
	copies := d.copies()
	for _, o := range d.Shop.Orders() {
		at := locations[o.WarehouseID]
		sent := slices.ContainsFunc(copies[o.ID], func(c linnworks.OrderDetails) bool { return c.Processed && !cancelled(c) })
		if sent || d.dropped[o.ID] || o.Status == tiktokshop.OrderStatusCancelled {
			continue
		}
		for _, line := range o.LineItems {
			items := parts[line.SellerSKU]
			if items == nil {
				items = []string{line.SellerSKU}
			}
			for _, item := range items {
				free[place{item, at}]--
			}
		}
	}
	return free
}

// oversold fails if more was sold than there is.
func (d *day) oversold() {
	d.t.Helper()
	for p, n := range d.free() {
		if _, traded := goods[p.sku]; traded && n < 0 {
			d.t.Errorf("%d of %s at %s were sold that are not there", -n, p.sku, p.location)
		}
	}
}

// onSale says where the shop shows something else than it should.
func (d *day) onSale() error {
	var errs []error
	free := d.free()
	for sku, id := range goods {
		for warehouse, at := range map[string]linnworks.GUID{madeup.Leeds: linnworks.ZeroGUID, madeup.Bristol: d.Bristol} {
			shown, _ := d.Shop.Stock(id, warehouse)
			if want := max(0, free[place{sku, at}]-keptBack); shown != want {
				errs = append(errs, fmt.Errorf("the shop shows %d of %s in %s, want %d", shown, sku, warehouse, want))
			}
		}
	}
	return errors.Join(errs...)
}

// settle waits until everything has come right, and says how the day was.
func (d *day) settle() {
	d.t.Helper()
	began := time.Now()
	within(d.t, soon, "everything has come right", func() error {
		d.staff()
		if len(d.open()) < len(d.desks) {
			return errors.New("some do not listen yet")
		}
		cases, err := d.cases()
		if err != nil {
			return err
		}
		return errors.Join(append(d.unsettled(cases), d.onSale())...)
	})
	d.oversold()
	cases, err := d.cases()
	d.must(err)
	d.kept(cases)
	states := map[int]int{}
	for _, delivery := range d.Shop.Deliveries() {
		states[delivery.Status]++
	}
	var told []string
	for _, name := range slices.Sorted(maps.Keys(d.counts)) {
		told = append(told, fmt.Sprintf("%s: %d", name, d.counts[name]))
	}
	d.t.Logf("traded for %v, right %v after that\n%s\ncases: %d, claims: %d\nwebhooks by answer: %v",
		*tradingFor, time.Since(began).Round(time.Second), strings.Join(told, "\n"), len(d.seen), len(d.claimed), states)
}

// cases reads all there are, also those that are closed, past the programs: the database may
// be of a newer version than this one.
func (d *day) cases() (all map[string]exceptions.Case, err error) {
	driver := "sqlite"
	if sqlitePath(d.env["DATABASE_URL"]) == "" {
		driver = "pgx"
	}
	db, err := sql.Open(driver, d.env["DATABASE_URL"])
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(d.t.Context(), "SELECT doc FROM lb_cases")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	all = map[string]exceptions.Case{}
	for rows.Next() {
		var doc []byte
		var c exceptions.Case
		if err := errors.Join(rows.Scan(&doc), json.Unmarshal(doc, &c)); err != nil {
			return nil, err
		}
		all[c.Key()] = c
	}
	return all, rows.Err()
}

// unsettled are the orders that are not as they should be.
func (d *day) unsettled(cases map[string]exceptions.Case) (errs []error) {
	copies := d.copies()
	for _, o := range d.Shop.Orders() {
		raised := false
		for _, c := range cases {
			id, _ := exceptions.OrderOf(c.Object)
			raised = raised || c.State == exceptions.CaseOpen && (id == o.ID || slices.Contains(c.Orders, o.ID))
		}
		live, sent := 0, 0
		for _, c := range copies[o.ID] {
			if !cancelled(c) {
				live++
				if c.Processed {
					sent++
				}
			}
		}
		over, waits := o.Status == tiktokshop.OrderStatusCancelled, o.Status == tiktokshop.OrderStatusAwaitingShipment
		if len(copies[o.ID]) > 1 {
			d.t.Fatalf("order %s is in Linnworks %d times", o.ID, len(copies[o.ID]))
		}
		if at := d.asked[o.ID]; over && sent > 0 && at.After(o.CancelTime.Time().Add(time.Second)) {
			d.t.Fatalf("order %s was sent with a permit that was asked for at %v, after its cancellation at %v", o.ID, at, o.CancelTime.Time())
		}
		wrong := ""
		switch {
		case raised, o.Status == tiktokshop.OrderStatusUnpaid:
		case d.dropped[o.ID] && !over:
			wrong = "is cancelled in Linnworks and not in the shop"
		case over && live > 0 && sent == 0:
			wrong = "is cancelled in the shop and not in Linnworks"
		case over && sent > 0:
			wrong = "is cancelled and was sent, and nobody is told"
		case !over && live == 0 && !d.dropped[o.ID]:
			wrong = "is lost: it is not in Linnworks and nobody is told"
		case waits && sent > 0:
			wrong = "was sent, and the shop does not know it"
		}
		if wrong != "" {
			errs = append(errs, fmt.Errorf("order %s, %s, %s", o.ID, o.Status, wrong))
		}
	}
	return errs
}

// kept fails unless every case that somebody has seen is there, and every claim.
func (d *day) kept(cases map[string]exceptions.Case) {
	d.t.Helper()
	for key := range d.seen {
		if _, ok := cases[key]; !ok {
			d.t.Errorf("the case %s is gone", key)
		}
	}
	for key, by := range d.claimed {
		if !slices.ContainsFunc(cases[key].History, func(e exceptions.Event) bool { return e.Verb == exceptions.VerbClaimed && e.By == by }) {
			d.t.Errorf("the claim of %s on %s is gone: %+v", by, key, cases[key].History)
		}
	}
	if len(d.claimed) == 0 {
		d.t.Error("nobody has claimed anything: nothing is known of claims")
	}
}
