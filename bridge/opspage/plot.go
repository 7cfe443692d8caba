package opspage

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// The size of a plot, in its own units: it is drawn as wide as there is room.
const (
	plotWidth, plotHeight           = 640, 180
	plotLeft, plotBottom, plotRight = 56, 28, 8
	plotTop                         = 16
)

// curve is one line of a plot.
type curve struct {
	name   string
	values []int // -1: not known
}

// plot draws what was sampled: "cases", "orders" or "stock", summed over shops. It has no text but
// numbers and names of its own.
func plot(of string, samples []sample, now time.Time) template.HTML {
	curves := map[string][]curve{
		"cases":  {{name: "open"}, {name: "urgent"}},
		"orders": {{name: "with a clock"}, {name: "at risk"}},
		"stock":  {{name: "SKUs sold out"}, {name: "waiting for a number"}},
	}[of]
	if len(samples) < 2 || curves == nil {
		return ""
	}
	drawn := false
	var times []time.Time
	longest := pause(samples)
	for i, s := range samples {
		if i > 0 && s.At.Sub(samples[i-1].At) > longest { // nobody was there
			times = append(times, samples[i-1].At.Add(time.Second))
			curves[0].values, curves[1].values = append(curves[0].values, -1), append(curves[1].values, -1)
		}
		times = append(times, s.At)
		values, known := [2]int{}, 0
		for _, at := range s.Shops {
			switch {
			case of == "cases":
				values[0], values[1], known = values[0]+at.Open, values[1]+at.Urgent, known+1
			case of == "orders" && !at.Clocked:
			case of == "orders":
				values[0], values[1], known = values[0]+at.Orders, values[1]+at.AtRisk, known+1
			case at.Stock != nil:
				values[0], values[1], known = values[0]+at.Stock.SoldOut, values[1]+at.Stock.Waiting, known+1
			}
		}
		if known < len(s.Shops) { // a part is no sum
			known = 0
		}
		drawn = drawn || known > 0
		for i := range curves {
			if known == 0 {
				values[i] = -1
			}
			curves[i].values = append(curves[i].values, values[i])
		}
	}
	if !drawn {
		return ""
	}
	return draw(of, times, curves, now)
}

// pause is how far apart two samples are at the most if nothing happened to the process
// between them: a few times what they usually are.
func pause(samples []sample) time.Duration {
	var apart []time.Duration
	for i := 1; i < len(samples); i++ {
		apart = append(apart, samples[i].At.Sub(samples[i-1].At))
	}
	slices.Sort(apart)
	return 4 * max(apart[len(apart)/2], 5*time.Minute)
}

// unitsPlot draws what a SKU had.
func unitsPlot(points []point, now time.Time) template.HTML {
	known := func(p point) bool { return p.Shown >= 0 }
	if len(points) < 2 || !slices.ContainsFunc(points, known) {
		return ""
	}
	curves := []curve{{name: "shown in the shop"}, {name: "free in the warehouse"}}
	times := make([]time.Time, len(points))
	for i, p := range points {
		times[i] = p.At
		curves[0].values, curves[1].values = append(curves[0].values, p.Shown), append(curves[1].values, p.Free)
	}
	return draw("units", times, curves, now)
}

// draw draws two curves over the same times. Nothing joins what is far apart, or not known.
func draw(of string, times []time.Time, curves []curve, now time.Time) template.HTML {
	most := 1
	for _, c := range curves {
		most = max(most, slices.Max(c.values))
	}
	first, last := times[0], times[len(times)-1]
	span := max(last.Sub(first), time.Minute)
	x := func(at time.Time) float64 {
		return plotLeft + float64(at.Sub(first))/float64(span)*(plotWidth-plotLeft-plotRight)
	}
	y := func(v int) float64 {
		return plotHeight - plotBottom - float64(v)/float64(most)*(plotHeight-plotBottom-plotTop)
	}
	var b strings.Builder
	now0, now1 := curves[0].values[len(times)-1], curves[1].values[len(times)-1]
	label := fmt.Sprintf("%s in the last %s: now %d %s, %d %s", of, span.Round(time.Minute), now0, curves[0].name, now1, curves[1].name)
	if now0 < 0 {
		label = fmt.Sprintf("%s in the last %s: not known now", of, span.Round(time.Minute))
	}
	fmt.Fprintf(&b, `<svg class="plot" viewBox="0 0 %d %d" role="img" aria-label="%s">`, plotWidth, plotHeight, label)
	for _, v := range []int{0, most} {
		fmt.Fprintf(&b, `<line class="rule" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%d</text>`,
			plotLeft, y(v), plotWidth-plotRight, y(v), plotLeft-6, y(v)+4, v)
	}
	for _, at := range []struct {
		t      time.Time
		anchor string
	}{{first, "start"}, {last, "end"}} {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="%s">%s</text>`, x(at.t), plotHeight-6, at.anchor, ago(now.Sub(at.t)))
	}
	for i, c := range curves {
		fmt.Fprintf(&b, `<path class="curve curve%d" d="`, i)
		down := false
		for j, v := range c.values {
			if v < 0 {
				down = false // a gap: it is not known
				continue
			}
			fmt.Fprintf(&b, "%s%.1f %.1f", map[bool]string{true: "L", false: "M"}[down], x(times[j]), y(v))
			down = true
		}
		fmt.Fprint(&b, `"/>`)
	}
	b.WriteString("</svg>")
	fmt.Fprintf(&b, `<p class="legend"><span class="key0">%s</span> <span class="key1">%s</span></p>`, curves[0].name, curves[1].name)
	return template.HTML(b.String()) //nolint:gosec // numbers and names of this file
}

// rateBar draws a rate that the shop judges by beside its limit: a bar for now, a thinner one
// behind it for what will be if nothing is done, and a line in the middle, which is the
// limit. A rate that has to be at least so high is drawn by what is missing to 100 %. It is
// empty if nobody knows whether the limit is kept.
func rateBar(r bridge.Rate) template.HTML {
	if !r.Limit.Known || r.Unknown != "" || r.Orders+r.Coming == 0 {
		return ""
	}
	now, will, limit := r.Percent, r.Forecast, r.Limit.Percent
	if r.Limit.Least {
		now, will, limit = 100-now, 100-will, 100-limit
	}
	if limit <= 0 { // there is no scale for it
		return ""
	}
	const width = 100
	x := func(percent float64) float64 { return min(max(percent, 0)/max(2*limit, 0.01), 1) * width }
	class := "good"
	switch {
	case r.Broken():
		class = "urgent"
	case r.Breaking():
		class = "warning"
	}
	return template.HTML(fmt.Sprintf(`<svg class="bar" viewBox="0 0 %d 14" preserveAspectRatio="none" role="img" aria-label="%.1f of 100, the limit is at 50">`+ //nolint:gosec // numbers and a word of this file
		`<rect class="will" y="5" width="%.1f" height="4"/><rect class="%s" y="2" width="%.1f" height="10"/><path d="M%.1f 0V14"/></svg>`,
		width, x(now), x(will), class, x(now), x(limit)))
}

// ago says how long ago, in words.
func ago(d time.Duration) string {
	switch {
	case d < time.Second:
		return "now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", d/time.Minute)
	}
	return fmt.Sprintf("%d h ago", d/time.Hour)
}
