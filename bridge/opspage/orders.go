package opspage

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/appeal"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// board is what the page of orders shows of one shop.
type board struct {
	Shop string `json:"shop"`
	// Unknown says why there is no report.
	Unknown string                `json:"unknown,omitempty"`
	Report  bridge.DeadlineReport `json:"report"`
	// Left is how many clocks at risk are not on the page.
	Left int `json:"left_out"`
	// Days are those whose manifests are linked; earlier ones can be had too.
	Days []manifestDay `json:"-"`
}

// Near is how many clocks are at risk, on the page or not.
func (b board) Near() int { return len(b.Report.AtRisk) + b.Left }

// manifestDay is a day as its link has it.
type manifestDay struct{ Name, Day string }

func (h *Handler) orders(r *request) (any, error) {
	boards := []board{}
	for _, s := range h.shops(r) {
		b := board{Shop: s.Name}
		if s.Manifest != nil {
			today := h.options.Now().In(h.options.Zone)
			b.Days = []manifestDay{{"today", today.Format(time.DateOnly)}, {"yesterday", today.AddDate(0, 0, -1).Format(time.DateOnly)}}
		}
		switch report, err := h.deadlines(r.Context(), s); {
		case err != nil:
			b.Unknown = err.Error()
		default:
			b.Report = report
			if n := len(report.AtRisk); n > perPage {
				b.Left, b.Report.AtRisk = n-perPage, report.AtRisk[:perPage]
			}
		}
		boards = append(boards, b)
	}
	return boards, nil
}

// deadlines returns the last report of a shop, or why there is none.
func (h *Handler) deadlines(ctx context.Context, s Shop) (bridge.DeadlineReport, error) {
	if s.Deadlines == nil {
		return bridge.DeadlineReport{}, fmt.Errorf("the deadlines of %s are not shown here", s.Name)
	}
	report, err := s.Deadlines(ctx)
	switch {
	case err != nil:
		return report, fmt.Errorf("the deadlines cannot be read: %w", err)
	case report.At.IsZero():
		return report, fmt.Errorf("the deadlines of %s were not checked yet", s.Name)
	}
	return report, nil
}

// life is all that is on record of one order.
type life struct {
	Shop    string `json:"shop"`
	OrderID string `json:"order_id"`
	// Known reports whether the bridge has a record of it, Unknown why nobody can say.
	Known   bool   `json:"known"`
	Unknown string `json:"unknown,omitempty"`
	// Facts are what is known now, Events what happened, the first first.
	Facts  []fact  `json:"facts"`
	Events []event `json:"events"`
	Cases  []line  `json:"cases"`
	// Appeal reports whether what proves it can be had.
	Appeal bool `json:"-"`

	warehouseIDs []string
	stamp        func(time.Time) string // empty for the zero time
}

// fact is what is known of an order.
type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// newLife returns the life of an order of which nothing is known yet.
func (h *Handler) newLife(s Shop, id string) life {
	return life{stamp: h.stamp, Shop: s.Name, OrderID: id, Appeal: s.Appeal != nil && orderID(id), Facts: []fact{}, Events: []event{}, Cases: []line{}}
}

// know adds facts, names and values in turn, and leaves out what is not known.
func (v *life) know(pairs ...string) {
	for _, p := range exceptions.Evidence(pairs...) {
		v.Facts = append(v.Facts, fact(p))
	}
}

// event is something that happened to an order.
type event struct {
	At   time.Time `json:"at"`
	What string    `json:"what"`
}

func (h *Handler) order(r *request) (any, error) {
	s, err := h.shop(r)
	if err != nil {
		return life{}, err
	}
	return h.life(r, s, r.FormValue("id"))
}

// onRecord reads the record and the reservation of an order, and no more.
func (h *Handler) onRecord(r *request, s Shop, id string) (life, error) {
	v := h.newLife(s, id)
	if s.Orders == nil {
		v.Unknown = "the memory of this shop is not shown here"
		return v, nil
	}
	records, _, err := s.Orders.RecordsOf(r.Context(), id)
	if err != nil {
		return v, fmt.Errorf("the record cannot be read: %w", err)
	}
	held, err := s.Orders.ReservationsOf(r.Context(), id)
	if err != nil {
		return v, fmt.Errorf("the reservation cannot be read: %w", err)
	}
	if record, ok := records[id]; ok {
		v.Known = true
		v.recorded(record)
	}
	if reservation, ok := held[id]; ok {
		v.Known = true
		v.reserved(reservation)
	}
	return v, nil
}

// life gathers what there is of an order: what is on record, what the shop says, and cases.
func (h *Handler) life(r *request, s Shop, id string) (life, error) {
	if id == "" || len(id) > 100 {
		return h.newLife(s, id), fmt.Errorf("%w: name an order", errBad)
	}
	v, err := h.onRecord(r, s, id)
	if err != nil {
		return v, err
	}
	if v.Appeal {
		v.appealed(s.Appeal(r.Context(), id))
	}
	if s.Warehouse != nil && len(v.warehouseIDs) > 0 {
		v.warehoused(s.Warehouse(r.Context(), v.warehouseIDs))
	}
	list, err := exceptions.OfOrder(r.Context(), h.ports.Desk, s.Name, id)
	if err != nil {
		return v, fmt.Errorf("the cases cannot be read: %w", err)
	}
	for _, c := range list {
		v.Cases = append(v.Cases, h.line(c, r.now))
		for _, e := range c.History {
			what := fmt.Sprintf("case %q %s", c.Kind, e.Verb)
			if e.By != "" {
				what += " by " + e.By
			}
			if e.Note != "" {
				what += ": " + e.Note
			}
			v.happened(e.At, what)
		}
	}
	slices.SortStableFunc(v.Events, func(a, b event) int {
		switch {
		case !a.At.Equal(b.At) || a.What == b.What:
			return a.At.Compare(b.At)
		case a.What == placed: // before what happened in the same second
			return -1
		case b.What == placed:
			return 1
		}
		return 0
	})
	return v, nil
}

// inShop begins what the shop says, and placed is how an order's life begins.
const (
	inShop = "in the shop: "
	placed = inShop + "placed"
)

func (v *life) happened(at time.Time, what string) {
	if !at.IsZero() {
		v.Events = append(v.Events, event{at.UTC(), what})
	}
}

// appealed adds what the shop says of the order, which the bridge does not keep: an appeal
// has it too. What could not be read is said.
func (v *life) appealed(pack *appeal.Pack, err error) {
	if pack == nil {
		v.know("the shop's side", "not read: "+part.Short(fmt.Sprint(err)))
		return
	}
	if len(pack.Missing) > 0 {
		v.know("not read", strings.Join(pack.Missing, ", "))
	}
	for _, o := range pack.Orders {
		if o.ID != v.OrderID {
			continue
		}
		for _, p := range o.Parcels {
			v.know("parcel", strings.TrimSuffix(p.Tracking+", "+p.Carrier, ", ")+", with "+strings.Join(p.SKUs, ", "))
		}
		for _, d := range o.Deadlines {
			v.know("deadline of the shop", d.What+" "+v.stamp(d.At))
		}
		for _, e := range o.Events {
			if e.Source == appeal.FromShop {
				v.happened(e.At, inShop+e.What)
			}
		}
	}
}

// warehoused adds what Linnworks says of the order, by the numbers that its staff know.
func (v *life) warehoused(traced map[string][]bridge.WarehouseOrder, err error) {
	if err != nil {
		v.know("Linnworks' side", "not read: "+part.Short(err.Error()))
		return
	}
	known := map[string]bool{}
	for _, id := range v.warehouseIDs {
		numbers := []string{}
		for _, w := range traced[id] {
			numbers = append(numbers, w.Number)
			if known[w.ID] { // merged
				continue
			}
			known[w.ID] = true
			parcel := ""
			if w.Tracking != "" {
				parcel = ", " + strings.TrimSuffix(w.Tracking+", "+w.Service, ", ")
			}
			v.know("Linnworks order "+w.Number, string(w.State)+parcel)
			v.happened(w.ProcessedAt, fmt.Sprintf("Linnworks order %s processed", w.Number))
		}
		if len(numbers) == 0 {
			v.know("not found in Linnworks", id)
			continue
		}
		for i := range v.Events { // people know no ids
			v.Events[i].What = strings.ReplaceAll(v.Events[i].What, id, strings.Join(numbers, " and "))
		}
	}
}

// recorded adds what the record of an order says.
func (v *life) recorded(r store.Record) {
	v.warehouseIDs = r.WarehouseIDs
	attempts := ""
	if r.Attempts > 0 {
		attempts = fmt.Sprintf("%d since it last succeeded: %s", r.Attempts, part.Short(r.LastError))
	}
	due := v.stamp(r.Due)
	if due != "" && r.Why != "" {
		due += ", " + r.Why
	}
	doubt := ""
	if r.OutcomeUnknown {
		doubt = "it was sent to Linnworks, and nobody knows whether it arrived"
	}
	v.know(
		"status in the shop", r.Status, "in Linnworks as", strings.Join(r.WarehouseIDs, ", "), "in doubt", doubt, "ship by", v.stamp(r.Deadline),
		"looked at again", due, "failed attempts", attempts, "tracking number corrected", correction(r.Correction),
	)
	for _, name := range slices.Sorted(maps.Keys(r.Notes)) {
		if text := r.Notes[name]; !json.Valid([]byte(text)) || text[0] != '{' && text[0] != '[' { // those are for programs
			v.know("note "+name, text)
		}
	}
	v.happened(r.UpdatedAt, "changed in the shop last: "+r.Status)
	v.happened(r.SentAt, "sent to Linnworks")
	v.happened(r.ParkedAt, "parked by the bridge")
	v.happened(r.ReleasedAt, "released by the bridge")
	v.happened(r.LabelAt, "label handed out")
	if r.Reference.Refused {
		v.happened(r.Reference.At, "the shop refused the reference "+r.Reference.WarehouseID)
	} else {
		v.happened(r.Reference.At, "the shop was told the reference "+r.Reference.WarehouseID)
	}
	v.happened(r.Granted.At, "the gate let it be shipped, "+r.Granted.String())
	v.happened(r.Held.At, "the gate held it, "+r.Held.String())
	for _, told := range r.Told {
		v.happened(told.At, "the shop was told the tracking number "+told.Tracking)
	}
	v.happened(r.Correction.At, "tracking number corrected from "+r.Correction.From+" to "+r.Correction.To)
	v.happened(r.EndedAt, "nothing is left to do")
}

func correction(c store.Correction) string {
	if c.At.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s to %s, %s", c.From, c.To, map[bool]string{true: "the shop shows it", false: "the shop does not show it yet"}[c.Done])
}

// reserved adds what the ledger says.
func (v *life) reserved(r store.Reservation) {
	v.happened(r.CreatedAt, "placed in the shop")
	v.happened(r.SeenAt, "seen by the bridge, its units count as sold")
	v.happened(r.VisibleAt, "Linnworks counts its units")
	units := 0
	for _, n := range r.Items {
		units += n
	}
	counted := ""
	if r.VisibleAt.IsZero() {
		counted = r.Why()
	}
	v.know("units held", fmt.Sprint(units), "held because", counted)
}

// found is what a search shows.
type found struct {
	Text   string `json:"text"`
	Orders []life `json:"orders"`
	Cases  []line `json:"cases"`
	Left   int    `json:"left_out"` // cases that are not on the page
	// Closed reports whether closed cases were looked through too.
	Closed bool        `json:"closed_too"`
	Stock  []shopStock `json:"stock"`
	// Untracked says where a number could not be looked for.
	Untracked []string `json:"untracked,omitempty"`
}

// search looks for an order, a SKU or a tracking number: in the records by the order's
// id, in the warehouse by either number, in the open cases by anything that they say, in the
// stock by SKU and title. Closed cases, which grow by the day, are read if they are asked for.
func (h *Handler) search(r *request) (any, error) {
	v := found{Text: strings.TrimSpace(r.FormValue("q")), Orders: []life{}, Cases: []line{}, Stock: []shopStock{}}
	if v.Text == "" {
		return v, nil
	}
	if len(v.Text) > 100 {
		return v, fmt.Errorf("%w: the text is too long", errBad)
	}
	for _, s := range h.shops(r) {
		one, err := h.onRecord(r, s, v.Text)
		if err != nil {
			return v, err
		}
		if one.Known {
			v.Orders = append(v.Orders, one)
			continue
		}
		var ids []string
		for _, look := range []struct {
			what string
			may  func(string) bool
			ask  func(context.Context, string) ([]string, error)
		}{{"tracking number", trackingNumber, s.Tracking}, {"Linnworks order number", warehouseNumber, s.Number}} {
			if look.ask == nil || !look.may(v.Text) {
				continue
			}
			list, err := look.ask(r.Context(), v.Text)
			if err != nil {
				v.Untracked = append(v.Untracked, fmt.Sprintf("%s: the %s could not be looked for: %v", s.Name, look.what, err))
			}
			ids = append(ids, list...)
		}
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			one := h.newLife(s, id)
			one.Known = true
			v.Orders = append(v.Orders, one)
		}
	}
	var ask exceptions.Filter
	if v.Closed = r.FormValue("closed") != ""; v.Closed {
		ask.States = states
	}
	list, err := h.ports.Desk.Cases(r.Context(), ask)
	if err != nil {
		return v, fmt.Errorf("the cases cannot be read: %w", err)
	}
	for _, c := range list {
		switch {
		case !r.sees(c.Shop) || !has(c, v.Text):
		case len(v.Cases) == perPage:
			v.Left++
		default:
			v.Cases = append(v.Cases, h.line(c, r.now))
		}
	}
	v.Stock = h.stockOf(r, v.Text, "", 50)
	return v, nil
}

// trackingNumber reports whether a text may be one: it has a digit, and is as long as the
// shortest of them.
func trackingNumber(s string) bool { return len(s) >= 8 && strings.ContainsAny(s, "0123456789") }

// warehouseNumber reports whether a text may be the number of an order in Linnworks: shorter
// than any id of the shop's.
func warehouseNumber(s string) bool {
	return s != "" && len(s) <= 10 && strings.Trim(s, "0123456789") == ""
}
