// Package linnworkstest is a Linnworks account in memory, for tests of programs
// that use package linnworks and for developing them without credentials.
//
// A [Fake] holds locations, stock items, levels, kits, channel SKU mappings,
// postal services, pick waves, labels, orders through their whole life, refunds
// and returns. It checks what the real side checks and answers as it does, the
// surprises included: a paid order missing from the reply to CreateOrders, a
// silent ChangeStatus on a parked order, a 400 past the last page, stock set
// free by locking an order, look-alikes merged every quarter of an hour.
//
//	f := linnworkstest.New()
//	if _, err := f.AddItem(linnworkstest.Item{
//		SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 10},
//	}); err != nil {
//		t.Fatal(err)
//	}
//	c, err := f.Client() // an ordinary *linnworks.Client, without sockets
//	...
//	level, err := f.Level("MUG", linnworks.ZeroGUID)
//
// Three parties meet in a test. The program under test calls the API through
// the client. The test sets the scene and looks at the outcome through the
// methods of Fake (AddItem, Level, OrdersByReference, Calls). The warehouse's
// staff are methods too: Pay, SetTracking, PrintLabel, StartPicking, Lock,
// Process. [Fake.AddOrder] saves an order without a call; [Order] fills in what a
// test does not care about. These methods return an error that names the item or the order when
// something cannot be done; the API answers as Linnworks would.
//
// [Fake.InstallShippingApp] installs a shipping integration, such as one of package
// shippingapp, and the [ShippingApp] that it returns has its buttons: print, cancel
// label, file manifest. [Fake.InstallChannelApp] installs a channel integration, such as
// one of package channelapp: its [ChannelApp] pulls orders, and tells of despatches,
// stock, prices, cancellations and refunds.
//
// # Time
//
// The fake has no goroutines, except while a [ShippingApp] or [ChannelApp] is called,
// and never sleeps, except where a [Slow] fault says so. Sessions and quotas follow
// its clock, [time.Now] unless [WithClock] says otherwise, so that a test within
// [testing/synctest.Test] runs hours in milliseconds. Quotas are on: a test outside a bubble that makes hundreds of
// calls within a minute wants [WithoutQuotas] and, for the client's own pacing,
// a [linnworks.WithLimiter] that never waits.
//
// # Quirks and settings
//
// Each behaviour that surprises is a [Quirk], which [WithQuirk] switches;
// [Quirks] lists them with what they do. Those are the real side's ways, on
// unless they were seen on some accounts only. What an account decides for
// itself is an option: [WithRules], [WithAutoMerge], [WithCourier],
// [WithoutPermission], [WithoutPII], and [WithReadLag] for lists that lag behind.
//
// # Faults
//
// [Fake.Fail] scripts a fault for the next calls of an operation. [WithFaults]
// draws faults at [Rates] from a seed, which replays them; [Rough] is a mix of
// all kinds. Every call is recorded with the fault that it met: [Fake.Calls]
// finds calls by matchers such as [Operation], [Answered], [Mentioning] and
// [Faulty].
//
// # On a socket
//
// [Start] serves an account on a local port for as long as a test runs. A Fake
// is an [http.Handler] besides. Served by a real listener it tells clients to
// send their calls to the address they reached it by; behind a proxy,
// [WithServerURL] names the address.
//
//	server := httptest.NewServer(f)
//	c, err := linnworks.NewClient(f.Credentials(), linnworks.WithAuthURL(server.URL), linnworks.WithV2URL(server.URL))
//
// # What is certain and what is not
//
// The behaviour follows Linnworks' documentation and, where that is silent,
// what several integrations observed. Where sources disagree or nobody knows,
// the fake takes the stricter reading, and a [Quirk] switches it.
//
// [Operations] lists what is supported. What Linnworks has besides answers 404
// with a message that names it; a path that it does not have, as Linnworks does.
package linnworkstest
