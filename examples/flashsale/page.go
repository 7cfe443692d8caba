package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is one self-contained HTML page.
func (c comparison) page() ([]byte, error) {
	lowest := 0
	for _, r := range c.Rows {
		lowest = max(lowest, r.First.Oversold())
	}
	// All panels of a column have the same axes.
	whole := axes{From: 0, To: c.Lasts, Bottom: -(lowest + 59) / 50 * 50, Top: units, XStep: c.Lasts / 6, YStep: 100}
	end := c.end()
	data := struct {
		comparison
		Columns []column
		Panels  []panel
	}{comparison: c, Columns: columns}
	for _, r := range c.Rows {
		p := panel{row: r, Whole: whole.draw(r.First), End: end.draw(r.First)}
		for _, col := range columns {
			p.Cells = append(p.Cells, cell{col.Title, col.Value(c, r)})
		}
		p.Whole.Alt = fmt.Sprintf("%s: free units and units shown during the sale; %s", r.Name, p.Verdict())
		p.End.Alt = r.Name + ": the same when the stock runs out"
		data.Panels = append(data.Panels, p)
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, data)
	return b.Bytes(), err
}

// end are the axes of the minutes around the moment at which the stock is gone.
func (c comparison) end() axes {
	gone := c.Lasts
	for _, r := range c.Rows {
		if i := slices.IndexFunc(r.First.Curve, func(p point) bool { return p.Free <= 0 }); i >= 0 {
			gone = min(gone, r.First.Curve[i].At)
		}
	}
	step := steps[len(steps)-1]
	if i := slices.IndexFunc(steps, func(d time.Duration) bool { return 4*d >= gone*9/10 }); i >= 0 {
		step = steps[i]
	}
	from := (gone * 2 / 3).Truncate(step)
	return axes{From: from, To: from + 4*step, Bottom: -10, Top: 60, XStep: step, YStep: 20}
}

// steps are those between the labels of an axis of time.
var steps = []time.Duration{
	15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
}

// panel is a policy on the page.
type panel struct {
	row
	Cells      []cell
	Whole, End chart
}

// Verdict is what matters most, in the sale that is drawn.
func (p panel) Verdict() string {
	switch n := p.First.Oversold(); n {
	case 0:
		return "None oversold"
	case 1:
		return "1 unit oversold"
	default:
		return fmt.Sprintf("%d units oversold", n)
	}
}

// cell is a number of the table, with the title of its column for narrow screens.
type cell struct{ Title, Value string }

// axes are what the panels of a column share.
type axes struct {
	From, To    time.Duration
	Bottom, Top int
	XStep       time.Duration
	YStep       int
}

// The size of a panel and the room for its labels, in units of the drawing.
const (
	panelWidth, panelHeight = 340, 200
	marginLeft, marginRight = 34, 8
	marginTop, marginBottom = 8, 22
	plotRight, plotBottom   = panelWidth - marginRight, panelHeight - marginBottom
)

func (a axes) x(t time.Duration) float64 {
	return marginLeft + float64(t-a.From)/float64(a.To-a.From)*(plotRight-marginLeft)
}

func (a axes) y(units int) float64 {
	return plotBottom - float64(units-a.Bottom)/float64(a.Top-a.Bottom)*(plotBottom-marginTop)
}

// chart is a panel, ready to be drawn.
type chart struct {
	XTicks, YTicks        []tick
	Zero                  float64 // where no unit is left
	Free, Shown           string  // paths
	Oversold              string  // the area below zero
	FreeLabel, ShownLabel label
	OverText, Alt         string
}

type tick struct {
	At   float64
	Text string
}

// label names a line: text at X, Y, and a leader from LineX to TextX.
type label struct{ X, Y, LineX, TextX float64 }

func (a axes) draw(r result) chart {
	c := chart{Zero: a.y(0)}
	for t := a.From; t <= a.To; t += a.XStep {
		c.XTicks = append(c.XTicks, tick{a.x(t), strconv.FormatFloat(math.Round(t.Minutes()*100)/100, 'f', -1, 64)})
	}
	for units := (a.Bottom - a.YStep + 1) / a.YStep * a.YStep; units <= a.Top; units += a.YStep {
		if units >= a.Bottom {
			c.YTicks = append(c.YTicks, tick{a.y(units), strings.Replace(fmt.Sprint(units), "-", "−", 1)})
		}
	}
	c.Free = a.path(r.Curve, func(p point) int { return p.Free })
	c.Shown = a.path(r.Curve, func(p point) int { return p.Shown })
	if below := a.path(r.Curve, func(p point) int { return min(p.Free, 0) }); r.Oversold() > 0 {
		if a.Bottom <= -r.Oversold() {
			c.OverText = fmt.Sprintf("%d oversold", r.Oversold())
		}
		c.Oversold = fmt.Sprintf("%sV%.1fH%.1fZ", below, c.Zero, a.x(a.From))
	}
	c.FreeLabel = a.label(r.Curve, a.Top*3/4, func(p point) int { return p.Free })
	c.ShownLabel = a.label(r.Curve, a.Top/2, func(p point) int { return p.Shown })
	return c
}

// path draws a curve as steps. It may leave the panel, which clips it.
func (a axes) path(curve []point, of func(point) int) string {
	var b strings.Builder
	last := ""
	for i, p := range curve {
		if p.At > a.To {
			break
		}
		y := fmt.Sprintf("%.1f", a.y(of(p)))
		switch {
		case p.At <= a.From && (i+1 == len(curve) || curve[i+1].At > a.From):
			fmt.Fprintf(&b, "M%.1f %s", a.x(a.From), y)
		case p.At > a.From && y != last:
			fmt.Fprintf(&b, "H%.1fV%s", a.x(p.At), y)
		}
		last = y
	}
	fmt.Fprintf(&b, "H%.1f", a.x(a.To))
	return b.String()
}

// label puts the name of a curve right of where it first falls to a height.
func (a axes) label(curve []point, units int, of func(point) int) label {
	for _, p := range curve {
		if p.At > a.To {
			break // it is not on the panel
		}
		if p.At >= a.From && of(p) <= units && p.At > 0 {
			x := a.x(p.At)
			text := max(x+14, a.x(a.From+(a.To-a.From)/3))
			return label{X: text, Y: a.y(units), LineX: x + 2, TextX: text - 3}
		}
	}
	return label{}
}
