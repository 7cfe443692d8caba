package bridgetest

import (
	"os"
	"regexp"
	"testing"
)

// The lab charges every type of adjustment that the client knows, however many are added.
func TestEveryAdjustmentIsCharged(t *testing.T) {
	source, err := os.ReadFile("../../tiktokshop/finance.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	known := regexp.MustCompile(`(?m)\sStatementTransactionType = "([A-Z_]+)"$`).FindAllSubmatch(source, -1)
	if len(known) < 20 {
		t.Fatalf("found %d types in the client, want 20 and more: has their form changed?", len(known))
	}
	charged := Kinds{}
	for _, c := range charges {
		charged[c.group+" "+c.name]++
	}
	for _, kind := range known {
		if charged[adjustment+" "+string(kind[1])] != 1 {
			t.Errorf("%s is charged by %d entries, want 1", kind[1], charged[adjustment+" "+string(kind[1])])
		}
	}
}
