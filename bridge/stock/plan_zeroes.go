package stock

import "slices"

// massZero is from how many SKUs on zeros are in doubt: a shop with fewer may well
// sell out of half of them.
const massZero = 10

// zeroing returns how many SKUs would be taken off sale, if that is in doubt, and of how
// many that the shop sells. It is not for those whose levels nobody has read.
func (b *Book) zeroing() (zeroed, selling int, doubt zeroDoubt) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	if !b.manyZeroes() {
		b.zeroDoubt = noDoubt
		return 0, b.selling, noDoubt
	}
	return b.zeroes, b.selling, b.zeroDoubt
}

// zerosSettled reports whether all levels were read, and no zeros are in doubt by them.
func (b *Book) zerosSettled() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	return len(b.listings.List) > 0 && b.zeroDoubt == noDoubt && !b.manyZeroes() &&
		!slices.ContainsFunc(b.items.List, func(it bookItem) bool { return it.state == itemUnread && !it.untracked })
}

func (b *Book) manyZeroes() bool { return b.zeroes >= massZero && 2*b.zeroes > b.selling }
