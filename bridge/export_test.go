package bridge

// What the tests outside the package look at.
const MaxOrderUnits = maxOrderUnits
const ReasonPacked = reasonPacked

type ImportRun = importRun

var AddressMark = addressMark
var Blocks = blocks
var CheckLevels = checkLevels
var ClearAddress = clearAddress
var Digest = digest
var DigitsOf = digitsOf
var ErrNoResult = errNoResult
var FoundRecord = foundRecord
var LevelAt = levelAt
var NextLevel = nextLevel
var OrderEvidence = orderEvidence
var ShareOf = shareOf
