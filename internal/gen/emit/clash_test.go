package emit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClashes(t *testing.T) {
	t.Parallel()
	hand := map[string][]byte{
		"client.go": []byte("package p\ntype Client struct { Orders *OrdersService }\nfunc (c *Client) Shop() {}\nfunc init() {}\nfunc init() {}\nconst Free = 1\n"),
		"a_unix.go": []byte("package p\nfunc lock() {}\n"), "a_other.go": []byte("package p\nfunc lock() {}\n"),
		"order.go": []byte("package p\nfunc (o Order) State() {}\nfunc (s *OrdersService) Find() {}\n"),
	}
	for name, tt := range map[string]struct {
		file, src string
		want      []string
	}{
		"none":             {"x.gen.go", "type OrdersService service\ntype Order struct { ID string }", nil},
		"field and method": {"x.gen.go", "type Order struct { State string }", []string{"Order.State stands in order.go and in x.gen.go"}},
		"both generated":   {"x.gen.go", "type T struct { Format string }\nfunc (T) Format() {}", []string{"T.Format stands in x.gen.go and in x.gen.go"}},
		"method":           {"x.gen.go", "func (s *OrdersService) Find() {}", []string{"OrdersService.Find stands in order.go and in x.gen.go"}},
		"constant":         {"x.gen.go", "const Free T = 2", []string{"Free stands in client.go and in x.gen.go"}},
		"two constants":    {"x.gen.go", "const (\nA T = 1\nA T = 2\n)", []string{"A stands in x.gen.go and in x.gen.go"}},
		"service":          {"x.gen.go", "type ShopAPIService service", []string{"Client, which is written by hand, has no field ShopAPI *ShopAPIService"}},
		"file":             {"client.go", "", []string{"client.go is written by hand"}},
	} {
		got, err := Clashes(map[string][]byte{tt.file: []byte("package p\n" + tt.src)}, hand)
		if err != nil || !cmp.Equal(got, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, tt.want)
		}
	}
	if _, err := Clashes(map[string][]byte{"x.gen.go": []byte("package")}, hand); err == nil {
		t.Error("what does not parse passes")
	}
}
