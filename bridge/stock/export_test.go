package stock

// What the tests outside the package look at.
const AbsurdStock = absurdStock

type DelayMeter = delayMeter
type Published = published

var PoissonLimit = poissonLimit
