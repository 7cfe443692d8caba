package stock

// zeroDoubt is how it stands with the zeros of a book that are in doubt.
type zeroDoubt int8

const (
	noDoubt  zeroDoubt = iota
	asked              // a person, who has not answered
	answered           // they are right
)

// setZeroDoubt changes how it stands from one to another.
func (b *Book) setZeroDoubt(from, to zeroDoubt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.zeroDoubt == from {
		b.zeroDoubt = to
	}
}

// countZero counts a listing that was computed: whether the shop sells it, and whether it
// is to be taken off sale. That a level is too old is no reason to doubt a zero: who chose
// [Options].ZeroAfter wants it.
func (b *Book) countZero(e *bookListing, stale bool) {
	shown := 0
	for _, s := range e.shelves {
		shown += int(s.shown)
	}
	sells := shown > 0 && e.known
	zeroed := sells && wantedUnits(e.wants()) == 0 && !stale
	count := func(n *int, was, is bool) {
		switch {
		case is && !was:
			*n++
		case was && !is:
			*n--
		}
	}
	count(&b.selling, e.sells, sells)
	count(&b.zeroes, e.zeroed, zeroed)
	e.sells, e.zeroed = sells, zeroed
}
