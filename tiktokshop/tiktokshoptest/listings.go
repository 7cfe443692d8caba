package tiktokshoptest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// AuditTime is how long the audit of an activated product takes, unless
// [Fake.FinishAudit] ends it before.
const AuditTime = 24 * time.Hour

// maxActivated is how many products one call activates or deactivates.
const maxActivated = 20

// activate serves Product.ActivateProduct: the product is PENDING until TikTok
// has audited it.
//
// https://partner.tiktokshop.com/docv2/page/activate-product-202309
func (f *Fake) activate(in *request) (any, error) {
	req, err := decode[tiktokshop.ActivateProductRequest](in)
	if err != nil {
		return nil, err
	}
	var out tiktokshop.ActivateProductResponse
	err = f.forProducts(req.ProductIDs, func(p *product) error {
		switch {
		case p.status == tiktokshop.ProductStatusActivate:
			return nil
		case p.status != tiktokshop.ProductStatusSellerDeactivated && p.status != tiktokshop.ProductStatusDraft:
			return fail(codeProductState, "The product is %s", p.status)
		case !f.has(QuirkActivationIsAudited):
			f.setStatus(p, tiktokshop.ProductStatusActivate)
			return nil
		}
		p.audit = "AUDITING"
		f.setStatus(p, tiktokshop.ProductStatusPending)
		f.notifyAudit(p)
		f.audits++
		turn := f.audits
		p.turn = turn
		f.at(f.now.Add(AuditTime), func() {
			if p.turn == turn && p.status == tiktokshop.ProductStatusPending {
				f.finishAudit(p, true)
			}
		})
		return nil
	}, func(id string, why *failure) {
		out.Errors = append(out.Errors, tiktokshop.ActivateProductResponseError{
			Code: why.code, Message: why.message, Detail: tiktokshop.ActivateProductResponseErrorDetail{ProductID: id},
		})
	})
	return out, err
}

// deactivate serves Product.DeactivateProducts.
//
// https://partner.tiktokshop.com/docv2/page/deactivate-products-202309
func (f *Fake) deactivate(in *request) (any, error) {
	req, err := decode[tiktokshop.DeactivateProductsRequest](in)
	if err != nil {
		return nil, err
	}
	var out tiktokshop.DeactivateProductsResponse
	err = f.forProducts(req.ProductIDs, func(p *product) error {
		switch p.status {
		case tiktokshop.ProductStatusActivate, tiktokshop.ProductStatusPending:
			f.setStatus(p, tiktokshop.ProductStatusSellerDeactivated)
		case tiktokshop.ProductStatusSellerDeactivated:
		default:
			return fail(codeProductState, "The product is %s", p.status)
		}
		return nil
	}, func(id string, why *failure) {
		out.Errors = append(out.Errors, tiktokshop.DeleteProductsResponseError{
			Code: why.code, Message: why.message, Detail: tiktokshop.ErrorDetail{ProductID: id},
		})
	})
	return out, err
}

// forProducts runs a change of every product, and hands on why it is refused.
func (f *Fake) forProducts(ids []string, run func(*product) error, refused func(string, *failure)) error {
	if len(ids) == 0 || len(ids) > maxActivated {
		return invalid("product_ids", fmt.Sprintf("there must be from 1 to %d", maxActivated))
	}
	for _, id := range ids {
		p, err := f.productOf(id)
		if err == nil {
			err = run(p)
		}
		if why, ok := errors.AsType[*failure](err); ok {
			refused(id, why)
		}
	}
	return nil
}

// FinishAudit ends the audit of a PENDING product: it goes live or, if it did
// not pass, becomes FAILED.
func (f *Fake) FinishAudit(productID string, passed bool) error {
	defer f.enter()()
	p := f.productByID[productID]
	switch {
	case p == nil:
		return fmt.Errorf("tiktokshoptest: product %s does not exist", productID)
	case p.status != tiktokshop.ProductStatusPending:
		return fmt.Errorf("tiktokshoptest: product %s is %s, not PENDING", productID, p.status)
	}
	f.finishAudit(p, passed)
	return nil
}

func (f *Fake) finishAudit(p *product, passed bool) {
	status := tiktokshop.ProductStatusActivate
	p.audit = "APPROVED"
	if !passed {
		status, p.audit = tiktokshop.ProductStatusFailed, "FAILED"
	}
	f.setStatus(p, status)
	f.notifyAudit(p)
}

func (f *Fake) setStatus(p *product, status tiktokshop.ProductStatus) {
	if p.status == status {
		return
	}
	p.status, p.updated = status, f.unix()
	what := "PRODUCT_STATUS_CHANGED"
	if status == tiktokshop.ProductStatusFailed {
		what = "PRODUCT_AUDIT_FAILURE"
	}
	f.notifyProduct(p, what)
}

// updatePrice serves Product.UpdatePrice, for products that are live.
//
// https://partner.tiktokshop.com/docv2/page/update-price-202309
func (f *Fake) updatePrice(in *request) (any, error) {
	req, err := decode[tiktokshop.UpdatePriceRequest](in)
	if err != nil {
		return nil, err
	}
	p, err := f.productOf(in.params[0])
	switch {
	case err != nil:
		return nil, err
	case p.status != tiktokshop.ProductStatusActivate:
		return nil, fail(codeProductState, "The product is %s", p.status)
	case len(req.SKUs) == 0:
		return nil, fail(codeSKUList, "skus is empty")
	}
	prices := map[*sku]money{}
	for _, item := range req.SKUs {
		i := slices.IndexFunc(p.skus, func(s *sku) bool { return s.id == item.ID })
		switch {
		case i < 0:
			return nil, fail(codeSKUMissing, "SKU %q is not of product %s", item.ID, p.id)
		case item.Price == nil || deref(item.Price.Amount) == "":
			return nil, invalid("skus.price.amount", "it is required")
		case deref(item.Price.Currency) != p.skus[i].currency:
			return nil, invalid("skus.price.currency", "it must be "+p.skus[i].currency)
		case p.skus[i].locks != nil && f.has(QuirkCampaignLock):
			return nil, fail(codePriceLocked, "The price is locked by a promotion")
		}
		price, err := parseMoney("skus.price.amount", string(*item.Price.Amount))
		if err != nil || price == 0 {
			return nil, invalid("skus.price.amount", "it must be an amount above 0")
		}
		prices[p.skus[i]] = price
	}
	for s, price := range prices {
		s.price = price
	}
	p.updated = f.unix()
	f.notify(hookProductInfo, productInfoChanged{p.id, "OPEN_API", []string{"price"}, f.unix()})
	return nil, nil
}
