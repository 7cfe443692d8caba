package linnworks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// CreateOutcome is what became of an order that was to be created.
type CreateOutcome string

// The outcomes.
const (
	// CreateSaved: the order was created, or one that was there and unpaid was
	// updated. Linnworks' reply does not tell which.
	CreateSaved CreateOutcome = "saved"
	// CreateExisted: a paid order was there already and was left as it is.
	CreateExisted CreateOutcome = "existed"
	// CreatePresent: the order is there; whether it was before is not known,
	// because the reply was lost.
	CreatePresent CreateOutcome = "present"
	// CreateFailed: the order is not there, or nobody knows. Err says why.
	CreateFailed CreateOutcome = "failed"
)

// CreatedOrder is the result for one order of [OrdersService.CreateOrdersVerified].
type CreatedOrder struct {
	// Reference is the ReferenceNumber of the order.
	Reference string
	// OrderID is empty for an order that failed. Of a split order it is the
	// oldest part.
	OrderID GUID
	Outcome CreateOutcome
	Err     error
}

// badLocation is the refusal that is no single order's fault.
const badLocation = "location not found"

// maxOrdersCreated is how many orders one call takes.
const maxOrdersCreated = 20

// CreateOrdersVerified is [OrdersService.CreateOrders] for any number of orders,
// with a result for each, in the order of the request. The error joins those of
// the results, which hold good beside it.
//
// Linnworks tells orders apart by Source, SubSource and ReferenceNumber, leaves
// paid ones that it knows out of its reply, and does not say which id is whose.
// So each order is looked up by its reference afterwards, whatever the reply was,
// a lost one included. Where Linnworks refuses a batch for one of its orders, the
// others are sent one by one. Two callers must not create the same order at the
// same time; the request must not hold one twice.
//
// It costs one call for every 20 orders, one lookup for each order, and up to 20
// calls more for a batch that is refused.
func (s *OrdersService) CreateOrdersVerified(ctx context.Context, req *CreateOrdersRequest, opts ...CallOption) ([]CreatedOrder, error) {
	r := valueOf(req)
	if err := checkOrders(r.Orders); err != nil {
		return nil, err
	}
	created := make([]CreatedOrder, 0, len(r.Orders))
	for part := range slices.Chunk(r.Orders, maxOrdersCreated) {
		created = append(created, s.createBatch(ctx, r.Location, part, opts)...)
	}
	var errs []error
	for _, c := range created {
		// Orders of a batch share its error, which is told once.
		if c.Err != nil && (len(errs) == 0 || !errors.Is(c.Err, errs[len(errs)-1])) {
			errs = append(errs, c.Err)
		}
	}
	return created, errors.Join(errs...)
}

// checkOrders refuses orders that could not be told apart afterwards.
func checkOrders(orders []ChannelOrder) error {
	seen := map[string]int{}
	for i, o := range orders {
		if o.Source == "" || o.SubSource == "" || o.ReferenceNumber == "" {
			return fmt.Errorf("linnworks: Orders.CreateOrders: order %d lacks Source, SubSource or ReferenceNumber", i)
		}
		key := strings.ToLower(o.Source + "\x00" + o.SubSource + "\x00" + o.ReferenceNumber)
		if first, ok := seen[key]; ok {
			return fmt.Errorf("linnworks: Orders.CreateOrders: orders %d and %d are the same", first, i)
		}
		seen[key] = i
	}
	return nil
}

func (s *OrdersService) createBatch(ctx context.Context, location string, orders []ChannelOrder, opts []CallOption) (created []CreatedOrder) {
	saved, err := s.CreateOrders(ctx, &CreateOrdersRequest{Location: location, Orders: orders}, opts...)
	switch {
	case err == nil || IsOutcomeUnknown(err):
		for i := range orders {
			created = append(created, s.resolve(ctx, &orders[i], saved, err))
		}
		if unclaimed(saved, created) {
			for i, c := range created {
				if IsNotApplied(c.Err) {
					created[i].Err = unverified("Orders.CreateOrders", errors.New("the reply names an order that was not found by its reference"))
				}
			}
		}
	case IsRequest(err) && len(orders) > 1 && !strings.Contains(strings.ToLower(err.Error()), badLocation):
		for i := range orders {
			created = append(created, s.createBatch(ctx, location, orders[i:i+1], opts)...)
		}
	default:
		for i := range orders {
			created = append(created, CreatedOrder{Reference: orders[i].ReferenceNumber, Outcome: CreateFailed, Err: err})
		}
	}
	return created
}

// unclaimed reports whether an id of the reply is that of no order that was found.
func unclaimed(saved []GUID, created []CreatedOrder) bool {
	return slices.ContainsFunc(saved, func(id GUID) bool {
		return !slices.ContainsFunc(created, func(c CreatedOrder) bool { return c.OrderID.Equal(id) })
	})
}

// resolve finds an order that was sent. saved are the ids of the reply, lost is
// why there is none.
func (s *OrdersService) resolve(ctx context.Context, sent *ChannelOrder, saved []GUID, lost error) CreatedOrder {
	const op = "Orders.CreateOrders"
	c := CreatedOrder{Reference: sent.ReferenceNumber, Outcome: CreateFailed}
	found, err := s.FindOrdersByReference(ctx, sent.Source, sent.SubSource, sent.ReferenceNumber)
	if err != nil {
		c.Err = unverified(op, also(err, lost))
		return c
	}
	if len(found) == 0 {
		c.Err = &NotAppliedError{
			Operation: op, Err: lost, Items: []ItemError{{Key: sent.ReferenceNumber, Index: -1, Message: "there is no such order"}},
		}
		return c
	}
	c.OrderID, c.Outcome = found[0].OrderID, CreateExisted
	if lost != nil {
		c.Outcome = CreatePresent
	}
	for _, o := range found {
		if slices.ContainsFunc(saved, o.OrderID.Equal) {
			c.OrderID, c.Outcome = o.OrderID, CreateSaved
		}
	}
	return c
}
