package bridge

import "fmt"

// fmt prints a pointer within a list or a map with %s or %q without asking its
// fields how they print: an address would show. What holds buyers' data
// therefore has a short text of its own for these two verbs, and prints all of
// its fields, each in its own way, for the others.

// Format prints the order's id for %s and %q.
func (o Order) Format(f fmt.State, verb rune) {
	type fields Order
	format(f, verb, "order "+o.ID, fields(o))
}

// Format prints the order's reference for %s and %q.
func (n NewOrder) Format(f fmt.State, verb rune) {
	type fields NewOrder
	format(f, verb, "new order "+n.Reference, fields(n))
}

// Format prints the reference of the order for %s and %q.
func (c CreatedOrder) Format(f fmt.State, verb rune) {
	type fields CreatedOrder
	format(f, verb, "created order "+c.Reference, fields(c))
}

// Format prints the number of the order for %s and %q.
func (w WarehouseOrder) Format(f fmt.State, verb rune) {
	type fields WarehouseOrder
	format(f, verb, "warehouse order "+w.Number, fields(w))
}

// Format prints the number of the order for %s and %q.
func (r OrderRelease) Format(f fmt.State, verb rune) {
	type fields OrderRelease
	format(f, verb, "release of warehouse order "+r.Order.Number, fields(r))
}

// Format prints order and tracking number for %s and %q.
func (s Shipment) Format(f fmt.State, verb rune) {
	type fields Shipment
	format(f, verb, "shipment "+s.Tracking+" of order "+s.Order.ID, fields(s))
}

func format(f fmt.State, verb rune, short string, fields any) {
	if verb == 's' || verb == 'q' {
		fields = short
	}
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), fields)
}
