package tiktokshop

// services are the sections of the API, fields of [Client].
type services struct {
	Authorization *AuthorizationService
	Fulfillment   *FulfillmentService
	Logistics     *LogisticsService
	Order         *OrderService
	Product       *ProductService
	ReturnRefund  *ReturnRefundService
}

func newServices(c *Client) services {
	s := &service{client: c}
	return services{
		Authorization: (*AuthorizationService)(s),
		Fulfillment:   (*FulfillmentService)(s),
		Logistics:     (*LogisticsService)(s),
		Order:         (*OrderService)(s),
		Product:       (*ProductService)(s),
		ReturnRefund:  (*ReturnRefundService)(s),
	}
}
