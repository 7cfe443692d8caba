// Package linnworkstest is a Linnworks account in memory, for tests of programs
// that use package linnworks and for developing them without credentials.
//
// A [Fake] holds locations, stock items, levels, kits, channel SKU mappings,
// postal services and orders, checks what the real side checks, and answers as
// it does, the surprises included: a paid order missing from the reply to
// CreateOrders, a silent ChangeStatus on a parked order, a 400 past the last
// page, stock set free by locking an order. Every call a client makes is
// recorded, and faults can be scripted.
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
// Process. These methods return an error that names the item or the order when
// something cannot be done; the API answers as Linnworks would.
//
// # Time
//
// The fake has no goroutines and never sleeps, except where a [Slow] fault says
// so. Sessions and quotas follow its clock, [time.Now] unless [WithClock] says
// otherwise, so that a test within [testing/synctest.Test] runs hours in
// milliseconds. Quotas are on: a test outside a bubble that makes hundreds of
// calls within a minute wants [WithoutQuotas] and, for the client's own pacing,
// a [linnworks.WithLimiter] that never waits.
//
// # On a socket
//
// A Fake is an [http.Handler]. Served by a real listener it tells clients to
// send their calls to the address they reached it by; behind a proxy,
// [WithServerURL] names the address.
//
//	server := httptest.NewServer(f)
//	c, err := linnworks.NewClient(f.Credentials(), linnworks.WithAuthURL(server.URL))
//
// # What is certain and what is not
//
// The behaviour follows Linnworks' documentation and, where that is silent,
// what several integrations observed. Where sources disagree or nobody knows,
// the fake takes the stricter reading, and a [Quirk] switches it.
//
// [Operations] lists what is supported. Anything else answers 404 and says so.
package linnworkstest
