package opspage

import (
	"context"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/finance"
)

// mostFindings is how many findings a page has, of all shops, audits and payouts.
const mostFindings = 200

// shopAudit is what the last audit of one shop has found.
type shopAudit struct {
	Shop    string       `json:"shop"`
	Unknown string       `json:"unknown,omitempty"`
	Report  audit.Report `json:"report"`
	// Left is how many findings the page has no room for.
	Left int `json:"-"`
	// Payouts are what the last comparison of payouts with orders has found, if
	// PayoutsUnknown does not say why that is not known.
	Payouts        finance.WatchReport `json:"payouts"`
	PayoutsUnknown string              `json:"payouts_unknown,omitempty"`
	// LooksLeft is how many of what is wrong with payouts the page has no room for.
	LooksLeft int `json:"-"`
}

// Shown are the findings that the page has room for.
func (v shopAudit) Shown() []audit.Finding { return v.Report.Findings[:len(v.Report.Findings)-v.Left] }

// Looks are what is wrong with payouts, as far as the page has room.
func (v shopAudit) Looks() []finance.Look { return v.Payouts.Look[:len(v.Payouts.Look)-v.LooksLeft] }

func (h *Handler) audits(r *request) (any, error) {
	list := []shopAudit{}
	shops := h.shops(r)
	share := mostFindings / max(len(shops), 1)
	for _, s := range shops {
		v := auditOf(r.Context(), s)
		findings, looks := len(v.Report.Findings), len(v.Payouts.Look)
		v.Left = max(findings-(share-min(looks, share/4)), 0) // payouts have room too
		v.LooksLeft = max(looks-(share-(findings-v.Left)), 0)
		list = append(list, v)
	}
	return list, nil
}

func auditOf(ctx context.Context, s Shop) shopAudit {
	v := shopAudit{Shop: s.Name}
	v.Payouts, v.PayoutsUnknown = payoutsOf(ctx, s)
	if s.Audit == nil {
		v.Unknown = "audits of this shop are not shown here"
		return v
	}
	report, found, err := s.Audit(ctx)
	switch {
	case err != nil:
		v.Unknown = "the last audit cannot be read: " + err.Error()
	case !found:
		v.Unknown = "no audit has run yet"
	default:
		v.Report = report
	}
	return v
}

func payoutsOf(ctx context.Context, s Shop) (report finance.WatchReport, unknown string) {
	if s.Payouts == nil {
		return report, "payouts of this shop are not shown here"
	}
	report, found, err := s.Payouts(ctx)
	switch {
	case err != nil:
		return finance.WatchReport{}, "what was found in the payouts cannot be read: " + err.Error()
	case !found:
		return finance.WatchReport{}, "payouts have not been compared with orders yet; the settings say whether they are"
	}
	return report, ""
}
