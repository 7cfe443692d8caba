package bridge

import "strings"

// orderEvidence is what both sides say about an order, without the buyer.
func orderEvidence(o Order, parts ...WarehouseOrder) []Property {
	list := evidence(
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
		list = append(list, evidence(
			"warehouse order", w.Number,
			"warehouse state", strings.Join(state, ", "),
			"carrier", strings.Trim(w.Carrier+", "+w.Service, ", "),
			"warehouse tracking", w.Tracking,
		)...)
	}
	return list
}

// evidence pairs names with values and leaves out what is not known.
func evidence(pairs ...string) []Property {
	var list []Property
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			list = append(list, Property{pairs[i], pairs[i+1]})
		}
	}
	return list
}
