package linnworks

// services are the sections of the API, fields of [Client].
type services struct {
	Auth            *AuthService
	Inventory       *InventoryService
	Orders          *OrdersService
	Picking         *PickingService
	PostalServices  *PostalServicesService
	ProcessedOrders *ProcessedOrdersService
	Stock           *StockService
}

func newServices(c *Client) services {
	s := &service{client: c}
	return services{
		Auth:            (*AuthService)(s),
		Inventory:       (*InventoryService)(s),
		Orders:          (*OrdersService)(s),
		Picking:         (*PickingService)(s),
		PostalServices:  (*PostalServicesService)(s),
		ProcessedOrders: (*ProcessedOrdersService)(s),
		Stock:           (*StockService)(s),
	}
}
