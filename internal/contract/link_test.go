package contract

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var serviceMethod = regexp.MustCompile(`linnbridge/(tiktokshop|linnworks)\.\(\*(\w+)Service\)\.(\w+)\n`)

// TestLinksOnlyWhatIsCalled builds a program with one call to each client and
// looks for methods of the services in it.
func TestLinksOnlyWhatIsCalled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("left out with -short: it builds a program")
	}
	binary := filepath.Join(t.TempDir(), "onecall")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./onecall").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	symbols, err := exec.CommandContext(t.Context(), "go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	var linked []string
	for _, m := range serviceMethod.FindAllSubmatch(symbols, -1) {
		linked = append(linked, string(m[1])+" "+string(m[2])+"."+string(m[3]))
	}
	slices.Sort(linked)
	t.Logf("service methods in the program: %q", linked)
	// The client opens its session with a call of its own.
	for _, name := range slices.Compact(linked) {
		if !slices.Contains([]string{"tiktokshop Order.GetOrderList", "linnworks Inventory.GetStockLocations", "linnworks Auth.AuthorizeByApplication"}, name) {
			t.Errorf("%s was linked and is not called", name)
		}
	}
	if !slices.Contains(linked, "tiktokshop Order.GetOrderList") {
		t.Error("the method that is called was not found: the pattern is out of date")
	}
}
