package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"time"

	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/money"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"amount": func(minor int64, currency string) string {
		return money.Amount{Minor: minor, Currency: currency}.String()
	},
	"day": func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format("2 Jan 2006")
	},
	"minus": func(minor int64) int64 { return -minor },
}).Parse(pageText))

// pageData is what the page shows.
type pageData struct {
	*finance.Report
	Proven, Paid, Settled int
	Held                  []finance.Reserve // what is held back still
}

// pageOf is one self-contained page.
func pageOf(r *finance.Report) ([]byte, error) {
	data := pageData{Report: r}
	for _, s := range r.Statements {
		if s.Proven {
			data.Proven++
		}
	}
	for _, p := range r.Payouts {
		if p.Proven {
			data.Paid++
		}
	}
	for _, o := range r.Orders {
		if o.Settled {
			data.Settled++
		}
	}
	for _, e := range r.Reserves {
		if e.Held != 0 {
			data.Held = append(data.Held, e)
		}
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, data)
	return b.Bytes(), err
}
