package bridge

import (
	"strings"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

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
