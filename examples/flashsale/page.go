package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
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
	end := axes{From: 8 * time.Minute, To: 20 * time.Minute, Bottom: -10, Top: 60, XStep: 3 * time.Minute, YStep: 20}
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
		c.XTicks = append(c.XTicks, tick{a.x(t), fmt.Sprint(t.Minutes())})
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
		if p.At >= a.From && of(p) <= units && p.At > 0 {
			x := a.x(min(p.At, a.To))
			text := max(x+14, a.x(a.From+(a.To-a.From)/3))
			return label{X: text, Y: a.y(units), LineX: x + 2, TextX: text - 3}
		}
	}
	return label{}
}
