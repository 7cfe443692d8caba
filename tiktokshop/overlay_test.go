package tiktokshop

import (
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOthersAddUp checks that fees of a name that this package does not know take
// part in the sum, and that nothing is lost by storing a transaction as JSON.
func TestOthersAddUp(t *testing.T) {
	t.Parallel()
	const data = `{"transactions":[{"id":"1","fee_tax_amount":"-6.50","fee_tax_breakdown":{` +
		`"fee":{"referral_fee_amount":"-2.00","gmv_max_ad_fee_amount":"-1.50","fee_of_2028":"-2.50","details":{"a":"1"}},` +
		`"tax":{"pit_amount":"-0.25","tax_of_2028":-0.25}}}]}`
	c, _ := setup(t, []answer{ok(data)})
	out, err := c.Finance.GetTransactionsByStatement(t.Context(), "7", &GetTransactionsByStatementRequest{})
	if err != nil {
		t.Fatal(err)
	}
	row := out.Transactions[0]
	fee, tax := row.FeeTaxBreakdown.Fee, row.FeeTaxBreakdown.Tax
	if diff := cmp.Diff(map[string]Decimal{"fee_of_2028": "-2.50"}, fee.Others); diff != "" {
		t.Errorf("other fees (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Decimal{"tax_of_2028": "-0.25"}, tax.Others); diff != "" {
		t.Errorf("other taxes (-want +got):\n%s", diff)
	}
	sum := new(big.Rat)
	for _, d := range []Decimal{fee.ReferralFeeAmount, fee.GMVMaxAdFeeAmount, fee.Others["fee_of_2028"], tax.PitAmount, tax.Others["tax_of_2028"]} {
		amount, ok := new(big.Rat).SetString(string(d))
		if !ok {
			t.Fatalf("%q is no amount", d)
		}
		sum.Add(sum, amount)
	}
	if want, _ := new(big.Rat).SetString(string(row.FeeTaxAmount)); sum.Cmp(want) != 0 {
		t.Errorf("fees and taxes add up to %s, want %s", sum.FloatString(2), row.FeeTaxAmount)
	}
	stored, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	var back StatementTransaction
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(row, back); diff != "" {
		t.Errorf("stored and read back (-want +got):\n%s", diff)
	}
}

// TestAftersalesPages walks a search whose page token stands in the body, and
// leaves the caller's request alone.
func TestAftersalesPages(t *testing.T) {
	t.Parallel()
	c, s := setup(t, []answer{
		ok(`{"aftersales_requests":[{"id":"1","status":"PENDING_REQUEST_REVIEW","sku_return_requests":[{"return_id":"8","is_quick_refund":true}]}],"next_page_token":"b","total_count":2}`),
		ok(`{"aftersales_requests":[{"id":"2","status":"INIT"}],"next_page_token":"","total_count":2}`),
	})
	req := &SearchAftersalesRequestRequest{
		Pagination:            &AftersalesPagination{PageSize: new(1)},
		Filters:               &AftersalesFilters{MainOrderIDs: []string{"5"}},
		WhitelistedDataFields: []AftersalesBlock{AftersalesBlockSKUReturnRequests},
	}
	var got []AftersalesRequest
	for r, err := range c.ReturnRefund.SearchAftersalesRequestAll(t.Context(), req) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	want := []AftersalesRequest{
		{ID: "1", Status: AftersalesRequestStatusPendingRequestReview, SKUReturnRequests: []SKUReturnRequest{{ReturnID: "8", IsQuickRefund: true}}},
		{ID: "2", Status: AftersalesRequestStatusInit},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	for i, want := range []string{
		`{"filters":{"main_order_ids":["5"]},"pagination":{"page_size":1},"whitelisted_data_fields":["SKU_RETURN_REQUESTS"]}`,
		`{"filters":{"main_order_ids":["5"]},"pagination":{"page_size":1,"page_token":"b"},"whitelisted_data_fields":["SKU_RETURN_REQUESTS"]}`,
	} {
		if got := string(s.requests()[i].body); got != want {
			t.Errorf("request %d: %s, want %s", i, got, want)
		}
	}
	if req.Pagination.PageToken != nil {
		t.Error("the caller's request was changed")
	}
}

// One odd fee costs at most its own transaction.
func TestOddFee(t *testing.T) {
	t.Parallel()
	for odd, want := range map[string]string{
		`{"fee":{"referral_fee_amount":-2.00,"fee_of_2028":-2}}`: "",
		`{"fee":{"referral_fee_amount":"1,250.00"},"tax":""}`:    "",
		`{"fee":[],"tax":{}}`: "",
		`{"fee":{"referral_fee_amount":"-2.00","details":{"MARKED":[1]}}}`:       "",
		`{"fee":{"referral_fee_amount":{"amount":"MARKED"}}}`:                    "fee_tax_breakdown.fee.referral_fee_amount",
		`{"fee":"","tax":{"pit_amount":["MARKED"],"sst_amount":{"a":"MARKED"}}}`: "fee_tax_breakdown.tax.pit_amount",
	} {
		c, _ := setup(t, []answer{ok(`{"transactions":[{"id":"1"},{"id":"2","fee_tax_breakdown":` + odd + `},{"id":"3"}]}`)})
		got, err := c.Finance.GetTransactionsByStatement(t.Context(), "7", &GetTransactionsByStatementRequest{})
		if want == "" {
			if err != nil || len(got.Transactions) != 3 {
				t.Errorf("%s: %v", odd, err)
			}
			continue
		}
		e, ok := errors.AsType[*UnreadableError](err)
		if !ok || len(e.Records) != 1 || e.Records[0].ID != "2" || e.Records[0].Field != want || len(got.Transactions) != 2 || strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%s: %v; want %s", odd, err, want)
		}
	}
}
