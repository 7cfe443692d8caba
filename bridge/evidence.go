package bridge

import (
	"strings"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// permitEvidence is when the order might be shipped, and when not, as far as that is on record.
func permitEvidence(r store.Record) []exceptions.Property {
	said := func(p store.Permit) string {
		if p.At.IsZero() {
			return ""
		}
		return p.At.UTC().Format("2006-01-02 15:04:05 UTC") + ", " + p.String()
	}
	return exceptions.Evidence("last permit to ship", said(r.Granted), "last refusal to ship", said(r.Held))
}

// orderEvidence is what both sides say about an order, without the buyer.
func orderEvidence(o Order, parts ...WarehouseOrder) []exceptions.Property {
	list := exceptions.Evidence(
		"shop order", o.ID,
		"shop status", string(o.Status),
		"shipping model", string(o.ShippingModel),
		"shop tracking", strings.Join(trackings(o.Lines), ", "),
	)
	for _, w := range parts {
		state := []string{string(w.State)}
		if w.Stage != 0 {
			state = append(state, w.Stage.String())
		}
		list = append(list, exceptions.Evidence(
			"warehouse order", w.Number,
			"warehouse state", strings.Join(state, ", "),
			"carrier", strings.Trim(w.Carrier+", "+w.Service, ", "),
			"warehouse tracking", w.Tracking,
		)...)
	}
	return list
}
