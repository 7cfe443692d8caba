package tiktokshop

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/internal/gen/ledger"
)

// Items that failed are told by many names.
func TestFailuresByOtherNames(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{ // the items as printed
		`{"warehouse_id":"1","error_list":[{"code":500,"message":"no such town"}]}`:                                          "code 500: unknown: code 500: no such town",
		`{"warehouse_id":"1","error_list":[]}`:                                                                               "",
		`{"warehouse_id":"1","error_list":[{"code":0,"message":"success"}]}`:                                                 "",
		`{"failed_conversation_ids":["17","18"]}`:                                                                            "conversation_id 17: unknown | conversation_id 18: unknown",
		`{"failed_conversation_ids":null}`:                                                                                   "",
		`{"failed_product_ids":["17",""],"product_promotion_links":[]}`:                                                      "product_id 17: unknown",
		`{"failed_info":{"ids":["5"]}}`:                                                                                      "id 5: unknown",
		`{"failed_info":{}}`:                                                                                                 "",
		`{"failed_materials":[{"material_id":"7","fail_reason":"sold out"}]}`:                                                "material_id 7: unknown: sold out",
		`{"target_collaboration_conflicts":[{"product_id":"3","creator_user_id":"MARKED"}]}`:                                 "product_id 3: unknown",
		`{"update_failed":{"name":"MARKED","end_time":0,"add_products":{"id":""},"seller_contact_info":{"email":"MARKED"}}}`: "unknown: not changed: name | unknown: not changed: seller_contact_info",
		`{"update_failed":{"name":"","end_time":0,"add_products":{"id":"","commission_rate":0}}}`:                            "",
		`{"bind_results":[{"local_product_id":"1","region":"GB","status":"SUCCESS"},{"local_product_id":"2","region":"DE","status":"FAILED","fail_reasons":[{"code":12052407,"message":"a"},{"message":"b"}]}]}`: "code 12052407, local_product_id 2, region DE: unknown: code 12052407: a | code 12052407, local_product_id 2, region DE: unknown: b",
		`{"publish_results":[{"region":"MY","status":"FAILED"},{"region":"SG","status":"DRAFT"},{"region":"TH"}]}`:                                                                                               "region MY: unknown | region TH: unknown",
		`{"publish_result":[{"region":"MY","status":"SUCCESS","fail_reasons":[{"message":"inactive"}]}]}`:                                                                                                        "region MY: unknown: inactive",
		`{"publish_results":"MARKED"}`:                                      "unknown",
		`{"import_result":{"code":"0","message":"success"}}`:                "",
		`{"import_result":{"code":"7","message":"the file is no image"}}`:   "code 7: unknown: code 7: the file is no image",
		`{"import_result":{"message":"no image"}}`:                          "unknown: no image",
		`{"errors":[{"code":1,"message":"x"}],"failed_info":{"ids":["5"]}}`: "code 1: unknown: code 1: x | id 5: unknown",
	} {
		c, _ := setup(t, []answer{ok(data)})
		err := c.Call(t.Context(), "POST", "/x/202309/y", nil, nil, nil)
		partial, told := errors.AsType[*PartialError](err)
		var items []string
		if told {
			for _, item := range partial.Items {
				items = append(items, item.String())
			}
		}
		if got := strings.Join(items, " | "); got != want || told != (err != nil) || told && strings.Contains(err.Error(), "MARKED") {
			t.Errorf("%s:\ngot  %q, %v\nwant %q", data, got, err, want)
		}
		if err := c.Call(t.Context(), "GET", "/x/202309/y", nil, nil, nil); (err != nil) != strings.Contains(data, `"errors"`) {
			t.Errorf("%s, read: %v", data, err)
		}
	}
	// Where the operation has a type for it, the result comes beside the error.
	c, _ := setup(t, []answer{ok(`{"warehouse_id":"1","error_list":[{"code":500,"message":"no such town"}]}`)})
	if got, err := c.Logistics.CreateWarehouse(t.Context(), &CreateWarehouseRequest{}); !IsPartial(err) || got == nil || got.WarehouseID != "1" {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Every write whose result has a member that sounds of failure is looked at, or has a
// reason why not.
func TestFailureMembersAreKnown(t *testing.T) {
	t.Parallel()
	exempt := map[string]string{
		"Warning":               "was done all the same",
		"Warnings":              "was done all the same",
		"StandardizationResult": "is the result",
	}
	l, err := ledger.Load("../internal/spec/tiktokshop/ledger.txt")
	if err != nil {
		t.Fatal(err)
	}
	c, _ := setup(t, nil)
	sounds := regexp.MustCompile(`(?i)error|fail|reject|invalid|skip|missing|warning|unable|conflict|result`)
	found := 0
	for _, op := range l.Ops {
		service := reflect.ValueOf(c).Elem().FieldByName(op.Service)
		if op.Replay == "read" || !service.IsValid() {
			continue
		}
		m := service.MethodByName(op.Method)
		if !m.IsValid() || m.Type().NumOut() != 2 || m.Type().Out(0).Kind() != reflect.Pointer {
			continue
		}
		for f := range m.Type().Out(0).Elem().Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !sounds.MatchString(f.Name) || name == "errors" || exempt[f.Name] != "" {
				continue
			}
			found++
			if failureMembers[name] == nil {
				t.Errorf("%s: does %s tell what was not done?", op.Name(), name)
			}
		}
	}
	if found < len(failureMembers) {
		t.Errorf("%d members found, of %d", found, len(failureMembers))
	}
}
