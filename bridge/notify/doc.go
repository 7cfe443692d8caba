// Package notify tells people about cases where they already look: a chat channel, a
// mailbox.
//
// A case is told once to each recipient of its team: when it is new, when it has become
// more severe, and at each rung of a ladder as the time to act runs out (24, 12, 4 and 1
// hours before, and when it is late). Of several that are due only the last is told. A
// case at the last rung that nobody has taken on is told again every half hour, and does
// not wait for the end of quiet hours. Who is told only of what nobody has taken on for a
// while is a further recipient: together they are the escalation path of a team. What
// people have put off is told when that is over.
//
//	notifier, err := notify.New(notify.Ports{Cases: desk, Memory: memory.Shop("notify")}, notify.Options{
//		Recipients: []notify.Recipient{
//			{Name: "packing bench", Teams: []exceptions.Owner{exceptions.OwnerWarehouse}, Sender: bench,
//				Zone: "Europe/London", Quiet: notify.Quiet{From: "20:00", To: "06:30"}, Daily: "07:00"},
//			{Name: "duty manager", After: 30 * time.Minute, Sender: manager},
//		},
//	})
//	report, err := notifier.Run(ctx) // every minute
//
// [Webhook] posts to Slack, Teams or a program, [Mail] sends mail; anything else is a
// [Sender] of your own. What could not be sent is due again at the next run. Messages
// hold what cases hold, which is nothing about the buyer.
//
// A bridge that is dead tells nobody, and neither does a channel that is: give
// [Options.Heartbeat] the address of a service that calls people when it is no longer called.
package notify
