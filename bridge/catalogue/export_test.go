package catalogue

// StockedAt is for the tests outside the package.
func (i Item) StockedAt(locationID string) bool { return i.stockedIn(locationID) }
