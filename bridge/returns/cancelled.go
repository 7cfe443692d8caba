package returns

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/claims"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// Cancellations is what happened to cancellations of a shop. One that comes after the
// parcel has left is paid back like a return: a [Return] with Cancellation set.
type Cancellations interface {
	// CancellationsSince returns every granted cancellation that changed at a moment of the
	// shop's clock or after it, in any order. Those that there are may be more than could
	// be read: then the list has what was, beside the error.
	CancellationsSince(ctx context.Context, since time.Time) ([]Return, error)
	// Cancellations returns those that there are of the ids given, in any order.
	Cancellations(ctx context.Context, ids []string) ([]Return, error)
	// LostParcels returns the parcels to the buyer of what a return or a cancellation is
	// about, with what is known of their way. It is asked about those that are Lost.
	LostParcels(ctx context.Context, r Return) ([]claims.Loss, error)
}

// Claims is told of lost parcels. *[claims.Watch] is one.
type Claims interface {
	Check(ctx context.Context, losses ...claims.Loss) error
}

// The canceller's note of the lines that it has taken off an order, and its word for an
// order that is cancelled. It writes them down before it acts.
const (
	notedLines      = "cancelled lines"
	notedStatus     = "CANCELLED"
	recordsAtATime  = 200
	afterCanceller  = 15 * time.Minute
	undeliveredTime = 14 * 24 * time.Hour
)

// forget drops the cancellations that the canceller has carried out before anything was
// sent, or of orders that the warehouse never had. No call of either side is made for them.
func (m *Mirror) forget(ctx context.Context, state *mirrorState, found map[string]Return) error {
	var ids []string
	for _, r := range found {
		if r.Cancellation {
			ids = append(ids, r.OrderID)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	unsent := map[string]bool{}
	for chunk := range slices.Chunk(ids, recordsAtATime) {
		records, _, err := m.ports.Records.RecordsOf(ctx, chunk...)
		if err != nil {
			maps.DeleteFunc(found, func(_ string, r Return) bool { return r.Cancellation }) // with the next run
			return fmt.Errorf("reading what is known of cancelled orders: %w", err)
		}
		for id, r := range records {
			ended := r.Status == notedStatus && !r.EndedAt.IsZero()
			unsent[id] = ended || len(r.WarehouseIDs) == 0 && !r.OutcomeUnknown
		}
	}
	for key, r := range found {
		if !r.Cancellation || !unsent[r.OrderID] {
			continue
		}
		if state.Open[key] != nil { // a person may have been told of it
			if err := m.ports.Exceptions.Clear(ctx, r.object(), mirrorKinds...); err != nil {
				return fmt.Errorf("closing the cases of %s: %w", key, err)
			}
		}
		delete(found, key)
		delete(state.Open, key)
	}
	return nil
}

// left keeps what a cancellation is about of the orders that were sent. done reports that
// there is nothing to book, wait that the canceller is not ready.
func (m *mirrorRun) left(orders []Sent, takenOff []string) (gone []Sent, done, wait bool) {
	if len(orders) == 0 {
		return nil, true, false
	}
	if notGone(orders) != "" {
		return nil, false, true
	}
	if len(m.r.Lines) == 0 {
		return orders, false, false
	}
	var sent []Line
	for _, l := range m.r.Lines {
		held := slices.ContainsFunc(orders, func(s Sent) bool {
			return slices.ContainsFunc(s.Rows, func(row Row) bool { return slices.Contains(row.LineIDs, l.OrderLineID) })
		})
		if held && !slices.Contains(takenOff, l.OrderLineID) {
			sent = append(sent, l)
		}
	}
	switch {
	case len(sent) == 0:
		return nil, true, false
	case len(sent) < len(m.r.Lines):
		m.partSent = fmt.Sprintf("%d of %d units", len(sent), len(m.r.Lines))
		m.r.Lines = sent
	}
	return orders, false, false
}

// booksItself reports whether the refund of a cancellation is to be booked. What a person
// has to work out is theirs until something is booked under the cancellation's id.
func (m *mirrorRun) booksItself(orders []Sent) bool {
	if !m.r.Cancellation || m.r.RefundUnread || m.r.Refund.Minor != 0 && m.partSent == "" || !worthAnything(orders) {
		return true
	}
	if slices.ContainsFunc(orders, func(s Sent) bool {
		return slices.ContainsFunc(s.Refunds, func(b BookedRefund) bool { return names(b.Reference, m.r.ID) })
	}) {
		return false
	}
	const do = "look in Seller Center what the buyer has got back, and book that in Linnworks with the id of the cancellation as external reference"
	if m.partSent != "" {
		m.raise(exceptions.RefundNotBooked, fmt.Sprintf("the shop has cancelled order %s and refunded %s, and only %s of that had left: nobody can tell how much is for those", m.r.OrderID, m.r.refund(), m.partSent), do)
		return false
	}
	m.raise(exceptions.RefundNotBooked, fmt.Sprintf("the shop has cancelled order %s after it had left, and has refunded nothing: perhaps the buyer was to pay on delivery", m.r.OrderID),
		"if nobody pays for the order, book it back whole in Linnworks, with the id of the cancellation as external reference")
	return false
}

// worthAnything reports whether the warehouse has sold any of it for money: samples and
// replacements are free.
func worthAnything(orders []Sent) bool {
	return slices.ContainsFunc(orders, func(s Sent) bool {
		return slices.ContainsFunc(s.Rows, func(r Row) bool { return r.Worth > 0 })
	})
}

// claim tells once of parcels to the buyer that are lost and paid back.
func (m *mirrorRun) claim(ctx context.Context, o *opened) error {
	if m.ports.Claims == nil || o.Claimed || !m.r.Lost || !m.r.Refunded || !m.r.RefundUnread && m.r.Refund.Minor == 0 {
		return nil
	}
	if err := m.lost(ctx, m.r, false); err != nil {
		return err
	}
	o.Claimed = true
	return m.save(ctx, m.state)
}

// lost tells of the parcels of a return or a cancellation, which are lost or have come back.
func (m *Mirror) lost(ctx context.Context, r Return, back bool) error {
	losses, err := m.ports.Cancellations.LostParcels(ctx, r)
	if err != nil {
		return fmt.Errorf("reading how the parcels of order %s went: %w", r.OrderID, err)
	}
	if len(losses) == 0 { // nothing is known of its way
		losses = []claims.Loss{{Parcel: r.object()}}
	}
	for i := range losses {
		losses[i].Kind, losses[i].OrderID, losses[i].GoodsBack = claims.Parcel, r.OrderID, back
	}
	if len(losses) == 1 && !r.RefundUnread {
		losses[0].Amount = r.Refund
	}
	return m.ports.Claims.Check(ctx, losses...)
}

// turnedUp closes the claims of the parcels of an order whose units have come back after all.
func (m *Mirror) turnedUp(ctx context.Context, state *mirrorState, orderID string, units []ReceivedUnit) error {
	if m.ports.Claims == nil {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(state.Open)) {
		o := state.Open[key]
		if o.OrderID != orderID || !o.Claimed {
			continue
		}
		read := m.ports.Shop.Returns
		id, cancelled := strings.CutPrefix(key, cancellationPrefix)
		if cancelled {
			read = m.ports.Cancellations.Cancellations
		}
		list, err := read(ctx, []string{id})
		if err != nil {
			return fmt.Errorf("reading %s: %w", key, err)
		}
		for _, r := range list {
			lines := slices.DeleteFunc(slices.Clone(r.Lines), func(l Line) bool {
				return !slices.ContainsFunc(units, func(u ReceivedUnit) bool { return u.OrderLineID == l.OrderLineID })
			})
			if len(r.Lines) > 0 && len(lines) == 0 {
				continue
			}
			r.Lines = lines
			if err := m.lost(ctx, r, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// takenOff are the lines that the canceller took off before the order left.
func takenOff(notes map[string]string) []string { return strings.Fields(notes[notedLines]) }
