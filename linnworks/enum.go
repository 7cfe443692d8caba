package linnworks

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// decodeEnum reads an enum that some replies write as its name and some as its
// number, counted in the order of the names. A name or number that is not
// known is kept as it came: the lists are open.
func decodeEnum[T ~string](b []byte, v *T, names ...string) error {
	if string(b) == "null" {
		return nil
	}
	if len(b) > 0 && b[0] == '"' {
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*v = T(s)
		return nil
	}
	n, err := strconv.Atoi(string(b))
	switch {
	case err != nil:
		return fmt.Errorf("linnworks: %T: %.40q is neither a name nor a number", *v, b)
	case n >= 0 && n < len(names):
		*v = T(names[n])
	default:
		*v = T(b)
	}
	return nil
}
