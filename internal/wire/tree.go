package wire

// AnyError asks err and the errors that it is made of, those behind a scrubbed text
// included, until one says yes, and reports whether one did. What is below an error
// that is settled is not asked.
func AnyError(err error, ask func(error) (yes, settled bool)) bool {
	if err == nil {
		return false
	}
	if yes, settled := ask(err); yes || settled {
		return yes
	}
	switch e := err.(type) { //nolint:errorlint // it is the tree that is walked
	case *scrubbed:
		return AnyError(e.original(), ask)
	case interface{ Unwrap() error }:
		return AnyError(e.Unwrap(), ask)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if AnyError(err, ask) {
				return true
			}
		}
	}
	return false
}
