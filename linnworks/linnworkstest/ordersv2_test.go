package linnworkstest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// poll returns the references of the orders that changed since from, open ones
// before processed ones, page by page.
func (a account) poll(t *testing.T, change func(*linnworks.OrdersV2GetOrdersRequest)) []string {
	t.Helper()
	req := &linnworks.OrdersV2GetOrdersRequest{IncludeProcessed: new(true)}
	change(req)
	var out []string
	for page, err := range a.c.OrdersV2.GetOrdersPages(t.Context(), req) {
		check(t, err)
		for _, o := range page.OpenOrders {
			out = append(out, o.GeneralInfo.ReferenceNum)
		}
		for _, o := range page.ProcessedOrders {
			out = append(out, fmt.Sprintf("%s done, cancelled %t", o.GeneralInfo.ReferenceNum, o.GeneralInfo.IsCancelled))
		}
	}
	return out
}

func TestOrdersOfVersion2ArePolledByTheirLastChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t)
		time.Sleep(time.Hour)
		var ids []linnworks.GUID
		for i := range 5 {
			ids = append(ids, a.order(t, paid(fmt.Sprint(i), "c-mug", 1)))
		}
		a.order(t, unpaid("unpaid", "c-mug", 1))
		a.moveTo(t, ids[4], a.overflow)
		time.Sleep(time.Hour)
		check(t, a.Process(ids[1]))
		check(t, a.Cancel(ids[2]))
		check(t, a.SetTracking(ids[0], "", "T1"))
		since := func(d time.Duration) func(*linnworks.OrdersV2GetOrdersRequest) {
			return func(r *linnworks.OrdersV2GetOrdersRequest) { r.FromDate = &linnworks.Time{Time: opening.Add(d)} }
		}
		for _, test := range []struct {
			name   string
			change func(*linnworks.OrdersV2GetOrdersRequest)
			want   []string
		}{
			{"the last hour's", since(2 * time.Hour), []string{"0", "1 done, cancelled false", "2 done, cancelled true"}},
			{"all, in pages of two", func(r *linnworks.OrdersV2GetOrdersRequest) { r.EntriesPerPage = new(2) },
				[]string{"3", "unpaid", "4", "1 done, cancelled false", "0", "2 done, cancelled true"}},
			{"open ones", func(r *linnworks.OrdersV2GetOrdersRequest) { r.IncludeProcessed = nil }, []string{"3", "unpaid", "4", "0"}},
			{"paid ones at Default", func(r *linnworks.OrdersV2GetOrdersRequest) {
				r.IncludeProcessed, r.OnlyPaid, r.LocationID = nil, new(true), new(home)
			}, []string{"3", "0"}},
			{"by id", func(r *linnworks.OrdersV2GetOrdersRequest) {
				r.ID, r.LocationID = []linnworks.GUID{ids[3], ids[2], a.mug}, &a.overflow
			},
				[]string{"3", "2 done, cancelled true"}},
			{"none", since(3 * time.Hour), nil},
		} {
			if diff := cmp.Diff(test.want, a.poll(t, test.change)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.name, diff)
			}
		}
		row := must(a.c.OrdersV2.GetOrders(t.Context(), &linnworks.OrdersV2GetOrdersRequest{ID: ids[:1]}))(t).OpenOrders[0]
		if !row.LastUpdated.Equal(opening.Add(2*time.Hour)) || row.ShippingInfo.TrackingNumber != "T1" || !row.ProcessedOn.IsZero() || row.Processed {
			t.Errorf("row %+v", row)
		}
	})
}

func TestATokenOfVersion2MayBeUsedAgain(t *testing.T) {
	a := open(t)
	a.create(t, paid("1", "c-mug", 1), paid("2", "c-set", 1), paid("3", "c-mug", 1))
	page := func(token *linnworks.GUID) *linnworks.GetOrdersResponse {
		return must(a.c.OrdersV2.GetOrders(t.Context(), &linnworks.OrdersV2GetOrdersRequest{EntriesPerPage: new(1), SearchToken: token}))(t)
	}
	first := page(nil)
	for range 2 {
		second := page(&first.NextSearchToken)
		if len(second.OpenOrders) != 1 || second.OpenOrders[0].GeneralInfo.ReferenceNum != "2" || second.TotalOrders != 3 {
			t.Errorf("second page %+v", second)
		}
		kit := second.OpenOrders[0].Items[0]
		if len(kit.CompositeSubItems) != 2 || kit.CompositeSubItems[0].ParentItemID != kit.RowID {
			t.Errorf("kit %+v, want components that name it", kit)
		}
	}
	_, err := a.c.OrdersV2.GetOrders(t.Context(), &linnworks.OrdersV2GetOrdersRequest{SearchToken: &a.mug})
	if err == nil || !strings.Contains(err.Error(), "search token") {
		t.Errorf("error %v, want a problem with the token", err)
	}
	if _, err := a.c.OrdersV2.GetOrders(t.Context(), &linnworks.OrdersV2GetOrdersRequest{EntriesPerPage: new(900)}); err == nil {
		t.Error("a page of 900 was served")
	}
}

func TestWithoutPermissionVersion2HidesBuyers(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		opts := []linnworkstest.Option{}
		if hidden {
			opts = append(opts, linnworkstest.WithoutPII())
		}
		a := open(t, opts...)
		id := a.order(t, with(paid("1", "c-mug", 1), func(o *linnworks.ChannelOrder) {
			o.ChannelBuyerName, o.Notes = "buyer-1", []linnworks.ChannelOrderNote{{Note: "ring twice"}}
		}))
		_, body, _ := a.send(t, http.MethodGet, "https://eu-api.linnworks.net/v2/orders?id="+string(id), a.token(t), "", "")
		for _, text := range []string{"CustomerInfo", "buyer-1", "ring twice", "Notes\":["} {
			if strings.Contains(body, text) == hidden {
				t.Errorf("hidden %t: %q in %s", hidden, text, body)
			}
		}
	}
}

func TestFulfilmentStatusIsSetOneByOneAndInBatches(t *testing.T) {
	a := open(t)
	ids := a.create(t, paid("1", "c-mug", 1), paid("2", "c-mug", 1))
	v2 := a.c.OrdersV2
	got := must(v2.UpdateFulfillmentStatus(t.Context(), string(ids[0]), &linnworks.UpdateFulfillmentStatusRequest{FulfillmentStatus: new(linnworks.FulfillmentStatusSubmitted)}))(t)
	if got.FulfillmentStatus != "Submitted" || got.OrderID != ids[0] {
		t.Errorf("status %+v", got)
	}
	batch, err := v2.UpdateFulfillmentStatuses(t.Context(), &linnworks.UpdateFulfillmentStatusesRequest{Body: []linnworks.OrderFulfillmentStatus{
		{OrderID: ids[1], FulfillmentStatus: "Accepted"}, {OrderID: a.mug, FulfillmentStatus: "Accepted"},
	}})
	if batch == nil {
		t.Fatal(err)
	}
	if batch.ResultStatus != linnworks.APIResultStatusPartiallySuccessful || batch.Results[1].Message == "" {
		t.Errorf("batch %+v, want one failure of two", batch)
	}
	accepted := must(v2.GetFulfillmentStatuses(t.Context(), &linnworks.GetFulfillmentStatusesRequest{FulfillmentStatus: new(linnworks.FulfillmentStatusAccepted)}))(t)
	if diff := cmp.Diff([]linnworks.OrderFulfillmentStatus{{OrderID: ids[1], FulfillmentStatus: "Accepted"}}, accepted); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
	check(t, a.Process(ids[0]))
	_, err = v2.UpdateFulfillmentStatus(t.Context(), string(ids[0]), &linnworks.UpdateFulfillmentStatusRequest{FulfillmentStatus: new(linnworks.FulfillmentStatusAccepted)})
	if refused(nil, err) != http.StatusUnprocessableEntity {
		t.Errorf("error %v of a processed order, want 422", err)
	}
	if _, err := v2.GetFulfillmentStatus(t.Context(), string(a.mug), nil); !linnworks.IsNotFound(err) {
		t.Errorf("error %v of an unknown order, want not found", err)
	}
	status, _, _ := a.send(t, http.MethodDelete, "https://eu-api.linnworks.net/v2/orders", a.token(t), "", "")
	if status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: status %d", status)
	}
}

func TestListsLagBehindAndReadsByIDDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, linnworkstest.WithReadLag(time.Minute))
		odd, even := a.order(t, paid("odd", "c-mug", 1)), a.order(t, paid("even", "c-mug", 1))
		check(t, a.Process(odd))
		check(t, a.Cancel(even))
		lists := func() [][]linnworks.GUID { return [][]linnworks.GUID{a.open(t), a.processed(t)} }
		if diff := cmp.Diff([][]linnworks.GUID{{odd}, {odd}}, lists()); diff != "" {
			t.Errorf("at once, the odd in both and the even in neither (-want +got):\n%s", diff)
		}
		if got := a.poll(t, func(*linnworks.OrdersV2GetOrdersRequest) {}); len(got) != 2 || strings.Contains(strings.Join(got, ""), "even") {
			t.Errorf("version 2 lists %q", got)
		}
		if !a.details(t, odd).Processed || !a.details(t, even).Processed {
			t.Error("a read by id lags behind")
		}
		time.Sleep(time.Minute)
		if diff := cmp.Diff([][]linnworks.GUID{{}, {even, odd}}, lists(), cmp.Transformer("sort", sorted)); diff != "" {
			t.Errorf("a minute later (-want +got):\n%s", diff)
		}
	})
}
