// Package tiktokshop is a client of the TikTok Shop Open API for sellers'
// systems: it signs, refreshes tokens, paces, repeats what may be repeated,
// and types every operation.
//
// # The smallest program
//
// A [Client] stands for one app of Partner Center. Its fields are the sections
// of the API, and their methods the operations, named as on the official pages:
//
//	app := tiktokshop.App{Key: "...", Secret: tiktokshop.NewSecret(os.Getenv("TIKTOK_APP_SECRET"))}
//	token := tiktokshop.NewSecret(os.Getenv("TIKTOK_ACCESS_TOKEN"))
//	client, err := tiktokshop.NewClient(app, tiktokshop.WithTokens(tiktokshop.StaticToken(token)))
//	...
//	shops, err := client.Authorization.GetAuthorizedShops(ctx, nil)
//	...
//	shop, err := client.ForShop(shops.Shops[0])
//	...
//	page, err := shop.Order.GetOrderList(ctx, &tiktokshop.GetOrderListRequest{PageSize: 50})
//
// In requests, optional fields are pointers, filled with new(value); lists and
// required fields are plain. In replies everything is plain and what was absent
// is zero. Ids are strings, amounts [Decimal], moments [UnixSeconds]. Lists of
// values such as [OrderStatus] are open: TikTok adds to them without notice. A
// method whose reply has pages has a sibling that walks them, and one whose
// request takes a limited list a sibling that splits it.
//
// # Shops and tokens
//
// A seller authorises the app once, for one or several shops: [OAuthHandler] sends
// the seller to TikTok's consent page and makes a [Token] of what comes back
// ([Client.AuthorizationURL] and [Client.ExchangeCode] are its parts); look whether
// [Token.MissingScopes] are missing, and keep it in a [TokenStore]: a file
// ([FileTokens]), memory, or a table of your own, as the example of [TokenStore]
// shows. [RefreshingTokens] makes of the store a source for [WithTokens] that
// replaces access tokens before they end, once for however many callers and
// processes, and saves the new pair before it is used.
// [StaticToken] is for programs of a few hours.
//
// A consent ends. [WithExpiryWarning] tells of it in time. Once TikTok has
// refused a refresh for good, calls fail at once with an error for which
// [NeedsAuthorisation] holds, and [ConsentLink] makes of it the link for the
// seller; they work again as soon as the store has the tokens of the new consent.
//
// [Client.ForShop] binds a client to a shop: its cipher goes with every
// operation that takes one. [Client.ForTokens] serves another seller. Clients
// made from one another share connections and limits, so make one with
// [NewClient] and derive the others from it. All are safe for concurrent use.
//
// # Errors
//
// A business code in a reply is an error, whatever the HTTP status, and so is a failure
// of single items in a reply that is otherwise a success. The first is an [*Error], the
// second a [*PartialError], returned beside a result that is complete for the other
// items. Beside any other error the result is nil. Branch with the predicates, or on
// the [Class]:
//
//	_, err := shop.Fulfillment.MarkPackageAsShipped(ctx, orderID, req)
//	switch {
//	case tiktokshop.IsOutcomeUnknown(err): // it may have taken effect: read back
//	case tiktokshop.IsAlreadyDone(err): // read back: is it our tracking number?
//	case tiktokshop.IsOnHold(err): // the buyer may still cancel freely: later
//	case tiktokshop.IsCancelPending(err): // decide the cancellation first
//	case tiktokshop.IsWrongShippingModel(err): // another call ships this order
//	case tiktokshop.NeedsAuthorisation(err): // pause the shop, tell the seller
//	case tiktokshop.IsTemporary(err): // later
//	case err != nil: // a person: OwnerOf says who, the text says what
//	}
//
// Replies differ from their descriptions. A value of another JSON kind is taken
// where it says the same: 7 for "7", "true " for true, an empty text or object for
// an empty list. A date or an amount that is none is kept and says so, see
// [UnixSeconds.Err] and [Decimal.Err]. Any other value that cannot be read costs
// its record, an element of the outermost list of the data, and no other: the
// method returns the others beside an [*UnreadableError] that names it by its id.
// Outside of all lists it costs the call. Data that is missing, null or {} is
// normal: TikTok answers so to writes, and to searches that find nothing.
//
// The methods whose names end in Verified, such as
// [FulfillmentService.MarkPackageAsShippedVerified], do the reading back. They
// exist for writes that can be lost, be made twice, or report a success without
// effect; what has no effect is a [*NotAppliedError].
//
// Texts name the operation, the shop, TikTok's code and words, the request id for its
// support, and the remedy ([Class.Remedy]). App secret, tokens and signatures are kept
// out of errors, logs and everything that fmt prints, and so are the bodies of replies.
// Types with names, addresses, contacts or messages of people, such as [Order], print
// and log their ids and states alone; so do the requests and replies that hold them in
// slog. Their JSON is complete: a list or a struct of your own that holds them is what
// slog's JSON handler encodes, and in unexported fields fmt calls no method. Codes that
// the package does not know are [ClassUnknown] and never repeated.
//
// # Limits
//
// TikTok publishes no numbers; budgets belong to an app and shop and change.
// [DefaultLimiter] starts with 8 reads and 2 writes a second for each shop, in
// one process. [NewLimiter] takes other numbers, and [WithLimiter] any [Limiter],
// such as one that several processes share. Every attempt waits for it. A call
// whose deadline comes before its turn fails at once, with a [LimitError]. A
// throttle lowers the rate of its shop until quiet time has raised it again.
// [Urgent] and [Bulk] mark a context: urgent calls overtake, bulk ones keep a
// share.
//
// # Repeats
//
// After a throttle, a fault of TikTok's, a lost connection or a lock, a call is
// sent again if its operation is safe to repeat: reads, and writes of absolute
// values such as a stock level. The pauses grow from about one second, or are as
// long as TikTok asks, up to [WithMaxRetryAfter]; each attempt is signed anew,
// since a signature lives for minutes; [WithMaxAttempts] bounds them, the context
// ends them. Calls that create or move something, such as a shipment, are sent
// once: read back, then decide. [RepeatSafe] overrules that for one call that an
// idempotency key makes safe. After a refused access token any call is repeated
// once with a fresh one.
//
// # Verified writes
//
// Methods that end in Verified, such as
// [ProductService.UpdateInventoryVerified], write once and read back where TikTok
// may answer with success and do nothing, or leave the outcome unknown. What did
// not arrive is a [NotAppliedError].
//
// # Webhooks
//
// [NewWebhookHandler] receives TikTok's events: verified, typed, without
// duplicates, answered in time. [EventService.SetWebhooks] tells TikTok where to
// send them. [NewOAuthHandler] receives the seller's consent.
//
// # Extending
//
// [WithHTTPClient] and [WithBaseURL] put any transport or proxy below,
// [WithMiddleware] wraps every attempt, [WithObserver] sees each with its
// duration and outcome, and [WithLogger] logs them. [WithResponse] gives the raw
// reply of a call. [Client.Call] sends what is newer than this package. Package
// tiktokshoptest is a TikTok Shop to test against, in memory.
//
// # Stability
//
// Within a major version nothing that is exported goes away, and no signature or
// type of a field changes. What TikTok retires is marked as deprecated. A
// method keeps its version of the operation: a newer one is another method.
//
// What may be added at any time: methods and services, fields of requests that
// need not be set, fields of results, values of enums, classes of errors, options.
// So write requests with the names of their fields, give a switch over an enum
// or a [Class] a default, and do not compare results with ==. Interfaces that
// you implement, such as [Limiter], gain no methods.
package tiktokshop
