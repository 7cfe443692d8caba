// Package linnworks is a client for the Linnworks API: stock, orders, and what
// a warehouse does with them.
//
// # The smallest program
//
//	client, err := linnworks.NewClient(linnworks.Credentials{
//		ApplicationID:     os.Getenv("LINNWORKS_APPLICATION_ID"),
//		ApplicationSecret: linnworks.NewSecret(os.Getenv("LINNWORKS_APPLICATION_SECRET")),
//		Token:             linnworks.NewSecret(os.Getenv("LINNWORKS_TOKEN")),
//	})
//	if err != nil {
//		return err
//	}
//	locations, err := client.Inventory.GetStockLocations(ctx, nil)
//
// Every section of the API is a field of [Client], every operation a method of
// it. A method takes a context, a pointer to its request (nil for an empty one)
// and options for this one call. One Client serves one installation of an
// application in one account, and any number of goroutines.
//
// # Sessions
//
// The credentials open a session, and the session names the server where the
// account lives; calls go there. The client opens the session with the first
// call, once however many callers wait for it. A session dies after about
// twenty minutes without a call, which shows as HTTP 401; the client then opens
// another and sends the call again, once, whatever the call does, because a
// refused call has done nothing. A session also says when the account is locked
// or in maintenance: see [IsLocked], [IsMaintenance] and [WithSessionWarning].
//
// Most operations are of version 1 of the API and live on the session's server.
// Those of version 2 live on a host by region, which the client derives from the
// session; see [WithV2URL].
//
// # Requests
//
// Optional fields of requests are pointers or lists. One that is nil is not
// sent; new(0), new("") and new(false) are. An empty list is sent as such.
//
// Linnworks takes a body in one of three shapes: the parameters of the operation
// as one object, the request wrapped in a member called request, or the request
// itself. It takes each as JSON or as form fields that hold JSON text. The methods
// know the shape and the encoding. The wrong ones end as "Object reference not
// set to an instance of an object.", or, worse, as an empty success: distrust the
// first empty list that a new query returns, and see [FormEncoded].
//
// # Replies
//
// Fields that a reply leaves out or has as null keep their zero value, and
// unknown ones are ignored; [WithResponse] has the raw reply. Enums are strings
// whose lists are not closed: a name or number that is not known is kept as it
// came. [Decimal] keeps the digits of money, [Time] knows the dates that stand
// for none, and [ZeroGUID] is the identifier that does.
//
// Replies differ from their descriptions. A value of another JSON kind is taken
// where it says the same: 7 for "7", "true " for true, an empty text or object for
// an empty list. A date or an amount that is none is kept and says so, see
// [Time.Err] and [Decimal.Err]. Any other value that cannot be read costs its
// record, an element of the outermost list of the reply, and no other: the method
// returns the others beside an [*UnreadableError] that names it by its id. Outside
// of all lists it costs the reply.
//
// Nothing is not zero. An empty reply or null where a struct or a scalar is
// documented is an error, and so is an object without any documented field, an
// error object with the status of a success, and, where nothing is documented,
// what is not JSON. The methods that are known to answer with nothing say so.
//
// A success may still carry failures of single items, in a list named Errors or
// the like, and some operations leave out what they did not do. Where it is known
// how the reply tells, the method returns a [*PartialError] beside its result.
// Beside any other error the result is zero.
//
// Types with names, addresses, contacts or notes of people, such as
// [OrderDetails], print and log their ids and states alone; so do the requests and
// replies that hold them in slog. Their JSON is complete: a list or a struct of
// your own that holds them is what slog's JSON handler encodes, and in unexported
// fields fmt calls no method.
//
// # Verified writes
//
// Some operations answer with success and do nothing, or tell nothing at all.
// Methods with the suffix Verified call them and look: [OrdersService] has them
// for status, tag, lock, cancellation, creation, processing and shipping,
// [PrintService] for labels, and [StockService] for levels. They return a
// [*NotAppliedError] for what was seen not to be so, settle outcomes that the
// network left open, and can be called again. Each says what it costs in calls.
//
// # Errors
//
// A failed call returns an [*Error], possibly wrapped, with operation, class,
// HTTP status, Linnworks' own text and the remedy. Linnworks answers nearly all
// faults with status 400, so the class comes from status and text together.
// Branch on it with [IsThrottle], [IsNotFound], [IsNoMorePages], [IsSession],
// [IsPermission], [IsLocked], [IsMaintenance], [IsRequest] and [IsTemporary];
// [Class.Owner] tells who can mend it. The end of a context is there for errors.Is
// as ever, and of a deadline too where the client gave up early because it could
// not be met. A throttle is never "not found".
//
// A write that failed may have taken effect: [IsOutcomeUnknown] tells when that is
// possible. Read back then, before repeating it.
//
// Neither errors, logs nor printed values hold secrets, session tokens, or the
// bodies of requests and replies; [Error.Body] and [Response] hold the latter for
// those who ask. [Error.Message] is Linnworks' own text, which may name a SKU or
// a reference that the call sent.
//
// # Limits and repeats
//
// Linnworks counts calls per operation and minute. The client keeps below the
// published limits and waits where necessary; [WithLimiter] changes that, for
// instance to share the limits between processes. See [DefaultLimiter]. A throttle
// lowers the rate of its operation until quiet time has raised it again. [Urgent]
// and [Bulk] mark a context: urgent calls overtake, bulk ones keep a share. A call
// whose deadline comes before its turn fails at once, with a [LimitError].
//
// A call that is safe to repeat, a read or an absolute write, is attempted up to
// five times when it meets a throttle, a fault of Linnworks or the network.
// Pauses start at about a second and double, and are at least as long as
// Linnworks asks; a throttle that names no time costs a minute. A call that
// creates or moves something is repeated only if no connection was made or the
// session was refused. [RepeatSafe] says otherwise for a call. The context bounds
// it all, and a pause that would outlast its deadline is not begun.
//
// # Extension
//
// [WithHTTPClient], [WithLogger], [WithObserver] and [WithMiddleware] fit the
// client into a program; [WithAuthURL] and [WithServerURL] point it at a fake or
// a proxy. [Client.Call] sends operations that are newer than this package.
//
// # Stability
//
// Within a major version nothing that is exported goes away, and no signature or
// type of a field changes. What Linnworks retires is marked as deprecated.
//
// What may be added at any time: methods and services, fields of requests that
// need not be set, fields of results, values of enums, classes of errors, options.
// So write requests with the names of their fields, give a switch over an enum
// or a [Class] a default, and do not compare results with ==. Interfaces that
// you implement, such as [Limiter], gain no methods.
//
// The official documentation is at https://apidocs.linnworks.net.
package linnworks
