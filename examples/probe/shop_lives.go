package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// notGranted is TikTok's code where the app lacks a scope.
const notGranted = 105005

// inAdvance is what to do where TikTok tells of a LIVE while it goes on.
const inAdvance = "a program can make a session of each LIVE by itself (stock.LiveSession), before anything is sold in it; the bridge goes by Settings.Sessions and by what sells"

// shopLiveChecks ask for a LIVE that goes on. What is shown in one could be known before the
// first sale if they differ.
func shopLiveChecks() []check {
	return []check{
		{
			assumes: "the list of LIVEs has one only after it has ended", source: "Get Shop LIVE Performance List, which leaves it open", quirk: "running LIVE listed",
			does: "reads the LIVEs of the last days while one goes on, whose id -onair names", calls: 1,
			ifNot: "nothing to set: the bridge does not read it; a LIVE that nobody declared can be noticed by it",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				list, err := lives(ctx, a)
				if err != nil {
					return false, "", err
				}
				running := slices.ContainsFunc(list, goesOn)
				if !running && a.onAir == "" {
					return false, "", notTried("try with -onair while a LIVE of the shop goes on")
				}
				if err := over(list, a.onAir); err != nil {
					return false, "", err
				}
				return !running, yesOrNo(running, "it is in the list", "it is not in the list"), nil
			},
		},
		{
			assumes: "the figures of a LIVE by the minute come only after it has ended", source: "Get Shop LIVE Performance Per Minutes", quirk: "LIVE minutes at once",
			does: "asks for them while it goes on", calls: 2,
			ifNot: "nothing to set: " + inAdvance,
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				id, err := onAir(ctx, a)
				if err != nil {
					return false, "", err
				}
				reply, err := a.shop.Analytics.GetShopLIVEPerformancePerMinutes(ctx, id, nil)
				return toldNothing("minutes", err, func() int { return len(reply.Performance.Intervals) })
			},
		},
		{
			assumes: "the products of a LIVE are told only after it has ended", source: "Get Shop LIVE Products Performance List, which leaves it open", quirk: "LIVE products at once",
			does: "asks for them while it goes on", calls: 2,
			ifNot: "nothing to set: " + inAdvance,
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				id, err := onAir(ctx, a)
				if err != nil {
					return false, "", err
				}
				reply, err := a.shop.Analytics.GetShopLIVEProductsPerformanceList(ctx, id, nil)
				return toldNothing("products", err, func() int { return len(reply.Products) })
			},
		},
	}
}

// session is a LIVE as the list has it.
type session = tiktokshop.GetShopLIVEPerformanceListResponseLiveStreamSession

// lives are those of the last two days.
func lives(ctx context.Context, a accounts) ([]session, error) {
	now := time.Now()
	reply, err := a.shop.Analytics.GetShopLIVEPerformanceList(ctx, &tiktokshop.GetShopLIVEPerformanceListRequest{
		StartDateGe: now.AddDate(0, 0, -2).Format(time.DateOnly), EndDateLt: now.AddDate(0, 0, 2).Format(time.DateOnly), PageSize: new(100),
	})
	if err := granted(err); err != nil {
		return nil, err
	}
	return reply.LiveStreamSessions, nil
}

// granted is err, or that the app may not ask.
func granted(err error) error {
	if codeOf(err) == notGranted {
		return notTried("the app lacks the scope of analytics: add data.shop_analytics.public.read in Partner Center and let the seller consent again")
	}
	return err
}

func goesOn(s session) bool {
	end, err := strconv.ParseInt(s.EndTime, 10, 64)
	return err != nil || end == 0 || time.Unix(end, 0).After(time.Now())
}

// over is an error if the LIVE has ended, as the list says.
func over(list []session, id string) error {
	if slices.ContainsFunc(list, func(s session) bool { return s.ID == id && !goesOn(s) }) {
		return notTried("the LIVE " + id + " has ended: try while one goes on")
	}
	return nil
}

// onAir is the id of a LIVE that goes on.
func onAir(ctx context.Context, a accounts) (string, error) {
	list, err := lives(ctx, a)
	if err != nil {
		return "", err
	}
	if a.onAir != "" {
		return a.onAir, over(list, a.onAir)
	}
	s, err := find(list, "try with -onair while a LIVE of the shop goes on", goesOn)
	return s.ID, err
}

// toldNothing reports whether a call about a LIVE that goes on brought nothing.
func toldNothing(what string, err error, count func() int) (holds bool, seen string, failed error) {
	if err := granted(err); err != nil {
		if code := codeOf(err); code != 0 {
			return true, fmt.Sprintf("refused with code %d", code), nil
		}
		return false, "", err
	}
	return count() == 0, fmt.Sprintf("%s told: %d", what, count()), nil
}
