package emit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
	"github.com/linnbridge/linnbridge/internal/gen/ledger"
)

// TestQuery checks that a parameter which the clients would send in no form that a
// server reads stops the generator.
func TestQuery(t *testing.T) {
	t.Parallel()
	const object = `{"a": "string"}`
	for _, c := range []struct {
		kind, names string
		refused     bool
	}{
		{`"string"`, "", false},
		{`"int64"`, "", false},
		{`["array", "string"]`, "", false},
		{`"any"`, "", true},
		{`["array", "any"]`, "", true},
		{`["array", "any"]`, " lists=json", false},
		{`["array", ["array", "string"]]`, "", true},
		{object, "", true},
		{object, " lists=json", true},
		{`["array", ` + object + `]`, "", true},
		{`["array", ` + object + `]`, " lists=json", false},
		{`["map", "string"]`, "", true},
	} {
		modules := described(t, fmt.Sprintf(`"GET /order/202309/orders": {"name": "GetOrders", "tag": "Order", "version": "202309", "query": {"q": %s}}`, c.kind))
		names, err := ledger.Parse([]byte("op GET /order/202309/orders Order.GetOrders replay=read" + c.names + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = emit.Build(&emit.API{Dialect: emit.TikTokShop(), Modules: modules, Ledger: names, Propose: true})
		switch {
		case !c.refused && err != nil:
			t.Errorf("%s%s: %v", c.kind, c.names, err)
		case c.refused && (err == nil || !strings.Contains(err.Error(), "GET /order/202309/orders query.q: ")):
			t.Errorf("%s%s: error %v, want one that names the parameter", c.kind, c.names, err)
		}
	}
}
