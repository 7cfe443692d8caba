package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// heading comes before the work, so that it also tells what is being done.
func (s *session) heading(title string) { fmt.Fprintln(s.out, title) }

// text prints lines below a heading.
func (s *session) text(lines string) {
	for line := range strings.Lines(strings.TrimSuffix(lines, "\n")) {
		for id, name := range s.names {
			line = strings.ReplaceAll(line, id, name)
		}
		fmt.Fprintf(s.out, "  %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// orders prints what became of orders, except of those with nothing to do.
func (s *session) orders(results bridge.OrderResults) {
	results = slices.DeleteFunc(results, func(r bridge.OrderResult) bool { return r.Outcome == bridge.OutcomeUnchanged })
	for _, r := range results {
		s.text(fmt.Sprintf("order %s  %-14s  %s", r.OrderID, r.Outcome, s.about(r)))
	}
	if len(results) == 0 {
		s.text("nothing to do")
	}
}

// about says what an order is there for and what there is to know about it.
func (s *session) about(r bridge.OrderResult) string {
	var facts []string
	if r.WarehouseOrder != "" {
		facts = append(facts, "warehouse order "+r.WarehouseOrder)
	}
	if r.Detail != "" {
		facts = append(facts, r.Detail)
	}
	if r.Err != nil {
		facts = append(facts, r.Err.Error())
	}
	text, why := strings.Join(facts, ", "), s.story[r.OrderID]
	switch {
	case why == "":
		return text
	case text == "":
		return why
	}
	return why + " (" + text + ")"
}

func (s *session) clocks(r bridge.DeadlineReport) {
	s.heading(fmt.Sprintf("TikTok Shop's deadlines: open orders %d, deadlines near %d", r.Open, len(r.AtRisk)))
	for _, d := range r.AtRisk {
		s.text(d.String())
	}
}

func (s *session) pushed(r stock.Result) {
	if len(r.Plan.Products) == 0 {
		s.text(r.Plan.String())
		return
	}
	s.text(r.String())
}

// summary prints what is left to do, and how the parts went.
func (s *session) summary(ctx context.Context) error {
	err := s.needsAPerson(ctx)
	s.health()
	return err
}

// needsAPerson prints the open cases of the exceptions desk, owner by owner.
func (s *session) needsAPerson(ctx context.Context) error {
	cases, err := s.memory.Cases(ctx, exceptions.Filter{})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n== Needs a person: %d (go run ./examples/handbook says what to do about each kind)\n", len(cases))
	for _, owner := range []exceptions.Owner{
		exceptions.OwnerWarehouse, exceptions.OwnerCustomerService, exceptions.OwnerEcommerce, exceptions.OwnerFinance, exceptions.OwnerIntegration,
	} {
		title := fmt.Sprintf("\nFor %s", owner)
		for _, c := range cases {
			if c.Owner != owner {
				continue
			}
			if title != "" {
				s.heading(title)
				title = ""
			}
			s.text(fmt.Sprintf("%s: %s (%s, by %s%s)", c.Object, c.Kind, c.Severity, c.ActBy().UTC().Format("Mon 2 Jan 15:04 UTC"), holder(c)))
			s.text(fmt.Sprintf("    seen:  %s\n    to do: %s", c.Seen, c.Do))
		}
	}
	return nil
}

func holder(c exceptions.Case) string {
	if name := c.Holder(time.Now()); name != "" {
		return ", " + name + " is on it"
	}
	return ""
}

// health prints how the parts went that an order waits for on its way out.
func (s *session) health() {
	fmt.Fprintln(s.out, "\n== Timings")
	for _, part := range []struct {
		name string
		h    health.Flow
	}{
		{"gate", s.Gate.Health()}, {"dispatch", s.Dispatch.Health()},
	} {
		s.text(fmt.Sprintf("%-8s  %d runs, %d failed, p50 %s, max %s, %d waiting", part.name, part.h.Runs, part.h.Failures,
			part.h.P50.Round(10*time.Microsecond), part.h.Max.Round(10*time.Microsecond), part.h.Backlog))
	}
}
