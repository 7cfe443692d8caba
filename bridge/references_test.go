package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func (s *imports) references(t *testing.T, shop bridge.ReferenceWriter) *bridge.References {
	t.Helper()
	r, err := bridge.NewReferences(bridge.ReferencePorts{Records: s.records, Shop: shop, Exceptions: s.queue}, bridge.ReferenceOptions{})
	must(t, err)
	return r
}

// shown is the reference that the shop has of an order.
func (s *imports) shown(t *testing.T, id string) string {
	t.Helper()
	client, err := s.tiktok.Client()
	must(t, err)
	reply, err := client.Order.GetExternalOrderReferences(t.Context(), id, &tiktokshop.GetExternalOrderReferencesRequest{Platform: "ORDER_MANAGEMENT_SYSTEM"})
	must(t, err)
	if len(reply.ExternalOrders) != 1 {
		return fmt.Sprintf("%d references", len(reply.ExternalOrders))
	}
	return fmt.Sprint(reply.ExternalOrders[0].ID, " ", len(reply.ExternalOrders[0].LineItems))
}

// References are written together, once, again after a failure, and anew after a
// merge.
func TestReferencesAreWrittenOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newImports(t, linnworkstest.WithAutoMerge())
		a := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(2)})
		b := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		refs := s.references(t, s.shop)
		s.tiktok.Fail(tiktokshoptest.On("Order.AddExternalOrderReferences"), 1, tiktokshoptest.Fault{After: true, Code: 36020002, Message: "internal"})
		if _, err := refs.Write(t.Context()); err == nil {
			t.Error("nobody was told")
		}
		for _, want := range []int{2, 0} {
			if r, err := refs.Write(t.Context()); err != nil || r.Written != want {
				t.Errorf("%s, %v; want %d", r, err, want)
			}
		}
		for id, lines := range map[string]int{a: 2, b: 1} {
			if got, want := s.shown(t, id), fmt.Sprint(s.inLinnworks(id)[0].OrderID, " ", lines); got != want {
				t.Errorf("order %s: %s, want %s", id, got, want)
			}
		}
		time.Sleep(16 * time.Minute) // Linnworks merges
		if _, err := s.run(t); err != nil {
			t.Fatal(err)
		}
		if r, err := refs.Write(t.Context()); err != nil || r.Written != 2 {
			t.Errorf("after the merge: %s, %v", r, err)
		}
		merged := string(s.linn.OrdersByReference("TIKTOKBRIDGE", "test", "MERGED")[0].OrderID)
		if got := s.shown(t, a); got != merged+" 2" {
			t.Errorf("after the merge: %s, want %s", got, merged)
		}
		if n := len(s.tiktok.CallsOf(tiktokshoptest.On("Order.AddExternalOrderReferences"))); n != 3 {
			t.Errorf("%d calls, want 3", n)
		}
	})
}

// choosy refuses one order, as long as it does.
type choosy struct {
	bridge.ReferenceWriter
	refuses string
}

func (c *choosy) WriteReferences(ctx context.Context, list []bridge.Reference) (map[string]error, error) {
	refused := map[string]error{}
	for _, r := range list {
		if r.OrderID == c.refuses {
			refused[r.OrderID] = errors.New("36020001 not yours")
		}
	}
	return refused, nil
}

// A refused reference is raised, keeps no other from being written, and is tried
// again the next day.
func TestReferencesRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &imports{sides: newSides(t, "GB"), records: new(store.Memory).Shop("shop")}
		for i := range 150 {
			id := fmt.Sprintf("%03d", i)
			_, err := s.records.PutRecords(t.Context(), store.Record{OrderID: id, WarehouseIDs: []string{"w" + id}, Lines: map[string]string{"1": "1"}})
			must(t, err)
		}
		_, err := s.records.PutRecords(t.Context(), store.Record{OrderID: "sent, not seen"})
		must(t, err)
		shop := &choosy{refuses: "007"}
		write := func(want string) {
			t.Helper()
			if r, err := s.references(t, shop).Write(t.Context()); err != nil || r.String() != want {
				t.Errorf("%s, %v; want %s", r, err, want)
			}
		}
		write("149 references written, 1 refused")
		write("0 references written, 0 refused")
		if diff := cmp.Diff([]string{"reference refused: order 007"}, s.open(t)); diff != "" {
			t.Error(diff)
		}
		time.Sleep(25 * time.Hour)
		write("0 references written, 1 refused")
		shop.refuses = ""
		time.Sleep(25 * time.Hour)
		write("1 references written, 0 refused")
		if got := s.open(t); len(got) != 0 {
			t.Errorf("still open: %v", got)
		}
	})
}

// busyShop has another part put the record while a reference is written.
type busyShop struct {
	bridge.ReferenceWriter
	records store.Records
}

func (b busyShop) WriteReferences(ctx context.Context, list []bridge.Reference) (map[string]error, error) {
	for _, r := range list {
		if _, err := store.UpdateRecords(ctx, b.records, func(k *store.Record) { k.Correction = store.Correction{From: "A", To: "B", At: time.Unix(1, 0)} }, store.Record{OrderID: r.OrderID}); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// What one part notes about an order is not lost when another notes something.
func TestReferencesKeepWhatOthersNote(t *testing.T) {
	records := new(store.Memory).Shop("shop")
	_, err := records.PutRecords(t.Context(), store.Record{OrderID: "1", WarehouseIDs: []string{"w1"}})
	must(t, err)
	s := &imports{sides: &sides{queue: new(exceptions.Memory).Shop("shop")}, records: records}
	if r, err := s.references(t, busyShop{records: records}).Write(t.Context()); err != nil || r.Written != 1 {
		t.Fatalf("got %s, %v; want one written", r, err)
	}
	found, _, err := records.RecordsOf(t.Context(), "1")
	must(t, err)
	if r := found["1"]; r.Reference.WarehouseID != "w1" || r.Correction.To != "B" || len(r.WarehouseIDs) != 1 {
		t.Errorf("got %+v, want the reference, the correction and the warehouse order", r)
	}
}

// The real adapter tells refusals of single orders from a call that failed.
func TestTikTokShopRefusesSingleReferences(t *testing.T) {
	t.Parallel()
	s := newSides(t, "GB")
	id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1)})
	order, _ := s.tiktok.Order(id)
	line := order.LineItems[0].ID
	refused, err := s.shop.WriteReferences(t.Context(), []bridge.Reference{
		{OrderID: id, WarehouseID: "w1", Lines: map[string]string{line: line}},
		{OrderID: "576000000000000001", WarehouseID: "w2", Lines: map[string]string{"1": "1"}},
		{OrderID: "576000000000000002", WarehouseID: "w3"},
	})
	if err != nil || len(refused) != 2 || refused[id] != nil {
		t.Errorf("%v, %v", refused, err)
	}
}

// paperwork prints what it is told.
type paperwork struct{}

func (paperwork) WriteReferences(_ context.Context, list []bridge.Reference) (map[string]error, error) {
	for _, r := range list {
		fmt.Println("order", r.OrderID, "is", r.WarehouseID)
	}
	return nil, nil
}

// A program calls Write after each import. The importer shares the records.
func ExampleReferences() {
	ctx := context.Background()
	records := new(store.Memory).Shop("shop")
	_, err := records.PutRecords(ctx, store.Record{OrderID: "1001", WarehouseIDs: []string{"W1001"}, Lines: map[string]string{"1": "1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	references, err := bridge.NewReferences(bridge.ReferencePorts{
		Records: records, Shop: paperwork{}, Exceptions: new(exceptions.Memory).Shop("shop"),
	}, bridge.ReferenceOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		fmt.Println(references.Write(ctx))
	}
	// Output:
	// order 1001 is W1001
	// 1 references written, 0 refused <nil>
	// 0 references written, 0 refused <nil>
}
