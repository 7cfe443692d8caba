package main

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What to expect</title>
<style>
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
td { border-bottom: 1px solid #8888; padding: .3em 1em .3em 0; text-align: left; vertical-align: top; }
tr:first-child td { font-weight: 600; }
svg { width: 100%; max-width: 36rem; height: auto; }
figure { margin: 1rem 0; }
@media print { section { break-inside: avoid; } }
</style>
</head>
<body>
<h1>What to expect</h1>
<p>{{.About}}</p>
{{range .Parts}}<section>
<h2>{{.Heading}}</h2>
<div class="wide"><table>
{{range .Rows}}<tr>{{range .}}<td>{{.}}</td>{{end}}</tr>
{{end}}</table></div>
{{range .Remarks}}<p>{{.}}</p>
{{end}}{{with .Plot}}<figure>{{.}}</figure>
{{end}}</section>
{{end}}</body>
</html>
`))

// html is the plan as one page that needs nothing else.
func html(s shop) []byte {
	p := compute(s)
	type section struct {
		Heading string
		Rows    [][]string
		Remarks []string
		Plot    template.HTML
	}
	var sections []section
	plots := []template.HTML{agePlot(s), "", outagePlot(s), bufferPlot(s)}
	for i, part := range parts(s, p) {
		rows := part.rows
		if i == 2 { // its first line is no head
			rows = append([][]string{{"", ""}}, rows...)
		}
		sections = append(sections, section{Heading: part.heading, Rows: rows, Remarks: part.remarks})
		if i < len(plots) {
			sections[i].Plot = plots[i]
		}
	}
	about := fmt.Sprintf("A shop of %d listings and %s orders a day, whose LIVEs sell %s orders a second of %d listings; TikTok grants %s reads and %s writes a second.",
		s.skus, number(s.ordersPerDay), number(s.livePerSec), s.liveSKUs, number(s.reads), number(s.writes))
	var b strings.Builder
	if err := pageTemplate.Execute(&b, map[string]any{"About": about, "Parts": sections}); err != nil {
		panic(err) // the template is of this file
	}
	return []byte(b.String())
}

// point is one of a plot.
type point struct{ x, y float64 }

// agePlot is the worst age of what does not sell in a LIVE, by the size of the shop.
func agePlot(s shop) template.HTML {
	var points []point
	for i := 1; i <= 40; i++ {
		t := s
		t.skus = i * max(s.skus*2, 2000) / 40
		points = append(points, point{float64(t.skus), compute(t).coldWorst.Minutes()})
	}
	return plot("Minutes until the shop shows a new level, at the worst, by the number of listings", points, "listings")
}

// outagePlot is the time to catch up, by how long the outage was.
func outagePlot(s shop) template.HTML {
	var points []point
	for i := range 49 {
		t := s
		t.outageHours = float64(i) / 2
		up := compute(t).shipCatchUp
		if up < 0 {
			return ""
		}
		points = append(points, point{t.outageHours, up.Minutes()})
	}
	return plot("Minutes until all parcels are told to TikTok, by the hours of the outage", points, "hours")
}

// bufferPlot is the chance of overselling by buffer, each line of the scale a hundredth of
// the one above: what matters is small.
func bufferPlot(s shop) template.HTML {
	p := compute(s)
	if p.buffer > mostBuffer {
		return ""
	}
	var points []point
	for b := 0; b <= max(p.buffer+2, 10); b++ {
		points = append(points, point{float64(b), 8 + max(-8, math.Log10(above(b, mean(s, p))))})
	}
	return plotOn("Chance of overselling a listing when it sells out, at the worst, by units kept back", points, "units", 8, func(y float64) string {
		return fmt.Sprintf("%g %%", math.Pow(10, y-6))
	})
}

// plot draws a line through points on a scale that begins at zero.
func plot(title string, points []point, xName string) template.HTML {
	mostY := 0.0
	for _, p := range points {
		mostY = max(mostY, p.y)
	}
	return plotOn(title, points, xName, round(mostY), number)
}

// plotOn draws a line through points, in the colour of the text, on a scale from zero to mostY
// whose lines are named by yName.
func plotOn(title string, points []point, xName string, mostY float64, yName func(float64) string) template.HTML {
	const width, height, left, right, bottom = 560.0, 240.0, 72.0, 28.0, 40.0
	mostX := 0.0
	for _, p := range points {
		mostX = max(mostX, p.x)
	}
	mostX = round(mostX)
	x := func(v float64) float64 { return left + v/mostX*(width-left-right) }
	y := func(v float64) float64 { return height - bottom - v/mostY*(height-bottom-24) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s" fill="currentColor" font-size="12">`, width, height, template.HTMLEscapeString(title))
	fmt.Fprintf(&b, `<text x="%g" y="14">%s</text>`, left, template.HTMLEscapeString(title))
	for i := range 5 {
		v, h := mostY*float64(i)/4, mostX*float64(i)/4
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="currentColor" stroke-opacity=".2"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`, left, y(v), width-right, left-6, y(v)+4, template.HTMLEscapeString(yName(v)))
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`, x(h), height-bottom+16, number(h))
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="end">%s</text>`, width-right, height-6, template.HTMLEscapeString(xName))
	b.WriteString(`<polyline fill="none" stroke="currentColor" stroke-width="2" points="`)
	for _, p := range points {
		fmt.Fprintf(&b, "%.1f,%.1f ", x(p.x), y(p.y))
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()) // #nosec G203 -- made of numbers and escaped text
}

// round is the next number above that is easy to read on a scale.
func round(v float64) float64 {
	if v <= 0 || math.IsInf(v, 0) {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 2, 3, 4, 6, 8, 10} {
		if v <= step*unit {
			return step * unit
		}
	}
	return 10 * unit
}
