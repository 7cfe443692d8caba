package tiktokshop

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// byClass lists the known codes. The codes and their meanings are
// those of the error tables in Partner Center (common errors and the pages of
// the operations), some of them seen in practice only.
//
// https://partner.tiktokshop.com/docv2/page/common-errors
var byClass = map[Class][]int{
	ClassThrottle: {36009002, 36009037, 12052109},
	ClassSystem: {
		36009003, 36009007,
		10002014, 10002015, 10037002, 10037003, 10037004, 10006402,
		11001027, 11001031, 11006005, 11006010, 11006026, 11034025, 21023034, 21008109, 21032001, 11005010,
		21011008, 21001003, 21001008, 21001011, 21001029, 21001043, 21001055, 21008300,
		21022028, 21022029, 21022030, 21022032, 21034006, 21042001, 21042076,
		25001058, 25007002, 12001000, 33001002, 12052881,
	},
	ClassLock:     {25001028},
	ClassNotReady: {11034037, 11034023, 21023022, 21022026},
	ClassToken:    {105001, 105002, 105003, 105004},
	ClassAuthorisation: {
		101000, 105005, 36004001, 36004004,
	},
	ClassSignature:     {106001},
	ClassAccount:       {36009043, 36009044, 12052700, 12052703, 12052704, 12052535},
	ClassConfiguration: {36009033, 11005004, 11034009, 11007016, 11007018, 11007021},
	ClassRequest: append([]int{
		36009009, 36009010, 36009014, 36009021, 36009022, 36009023, 106013, 98001004, 11001002, 11050001,
		21001001, 21011048, 21011029,
		25001001, 25001014, 25001015, 25001016, 25001057, 25001020, 25001021, 25020003, 25020004,
		25005005, 25005010, 25005011,
		12019024, 12052055, 12052486,
		12019028, 12052037, 12052533, 12052097, 12052530, 12052531, 12052532, 12052403, 12052364, 12052094, 12052115,
		12052553, 12052902, 12052050, 12052160, 12052180, 12019027, 12019087, 12019120, 12019015, 12019022, 12052990,
		12052309, 12052310, 12052311, 12052312, 12052313, 12052490,
	}, comboRules()...),
	ClassShippingModel: {
		21011004, 11034002, 21008017, 21008025, 21008043, 21008106, 21004010, 21008116, 21008117,
	},
	ClassNotFound: {21008111, 21011028, 25007006, 22005007, 12052036, 12052556, 12052557},
	ClassState: {
		10007002, 21042057, 21011003, 21011043,
		21011041, 21011042, 21023059, 21011027,
		21011030, 21011049, 21011052, 21011050, 21011051,
		21011031, 21011033, 21011035, 21011036, 21011046, 21003002, 21004024, 11006013, 11006014, 10007014,
		21023035, 21042104, 21042102, 11003011, 21004008, 21011037, 21030005, 21030006,
		25001003, 25001011, 25001051, 25011011, 25011012, 25011013, 25011014, 25020011,
		25001045, 25001046, 25011010, 25011023, 25011025, 25011026, 25020005, 25007007,
		12052030, 12052031, 12052032, 12052034, 12052048, 12052260, 12019150, 12052901,
		12052308, 12052332, 12052038, 12019045, 12052393,
		21011053, 21011054, 21004017,
	},
	ClassOnHold:        {21011044},
	ClassCancelPending: {21011007, 21008044},
	ClassAlreadyDone: {
		21011006, 21011020, 21011040, 21008099, 11006021, 21042056, 21023046, 21022025,
		25001010, 25020009, 25020010,
	},
	ClassData: {
		21011022, 21011025, 21011026, 21034012, 21004012, 21004015, 21004016, 11028006,
		21021010, 21014009,
		21011012, 21011013, 21042067,
		11021009, 11021010, 11021011, 11021012, 11021013, 11021014, 11021015, 11021016, 11021017, 11021018,
		11021019, 11021020, 11021021, 11021022, 11021023, 11021024, 11021025,
		21004006, 21004019, 21004020, 36020001,
	},
	ClassDerivedStock: {12052849, 12052850, 12052921, 12052141, 12052371, 12052465, 12052144, 12052382},
}

// classes gives every known code its class.
var classes = invert(byClass)

// comboRules are the codes of the rules for making a combo, a range but for the
// two that refuse its stock.
func comboRules() []int {
	var codes []int
	for code := 12052830; code <= 12052864; code++ {
		if code != 12052849 && code != 12052850 {
			codes = append(codes, code)
		}
	}
	return codes
}

func invert(byClass map[Class][]int) map[int]Class {
	byCode := map[int]Class{}
	for class, codes := range byClass {
		for _, code := range codes {
			byCode[code] = class
		}
	}
	return byCode
}

// classOfItem returns the class of the code of one item; some modules send it
// as a string.
func classOfItem(code ID) Class {
	n, err := strconv.Atoi(string(code))
	if err != nil {
		return ClassUnknown
	}
	if class, ok := classes[n]; ok {
		return class
	}
	return ClassUnknown
}

// Codes that need more than a table.
const (
	// codeOverloaded stands for at least seven faults; only the message tells
	// them apart.
	codeOverloaded = 36009004
	// codeSandboxCap ends the calls of a development shop until the next hour.
	codeSandboxCap = 36009037
	// codePermissionOrFault is documented as a missing permission in one place
	// and as an internal fault to repeat in another.
	codePermissionOrFault = 10006402
	// codeNotShippable means that a package cannot be shipped at all, but from
	// the calls for its documents that a cancellation or return is open.
	codeNotShippable = 21021010
)

// overloaded lists the words that the message of [codeOverloaded] may hold;
// the first in this order decides. Without any it is a bad parameter.
var overloaded = []struct {
	word  string
	class Class
}{
	{"signature", ClassSignature},
	{"sign", ClassSignature},
	{"timestamp", ClassSignature},
	{"access_token", ClassToken},
	{"x-tts-access-token", ClassToken},
	{"refresh_token", ClassAuthorisation},
	{"auth_code", ClassAuthorisation},
	{"app_key", ClassSignature},
	{"app_secret", ClassSignature},
}

func classOfOverloaded(message string) Class {
	message = strings.NewReplacer("access token", "access_token", "app key", "app_key").Replace(strings.ToLower(message))
	words := strings.FieldsFunc(message, func(r rune) bool {
		return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	for _, o := range overloaded {
		if slices.Contains(words, o.word) {
			return o.class
		}
	}
	return ClassRequest
}

// classify decides the class of a failed reply. A throttle is told by its
// status before anything else, so that it is never taken for an answer; after
// it the code decides, and the status only where the code is not known. Words count
// only where the status is not that of a fault.
func classify(e *Error) Class {
	if e.HTTPStatus == http.StatusTooManyRequests {
		return ClassThrottle
	}
	switch e.Code {
	case codeOverloaded:
		if e.HTTPStatus < 500 { // else the words are those of a fault on the way
			return classOfOverloaded(e.Message)
		}
	case codeNotShippable:
		if strings.Contains(e.Operation, "Document") {
			return ClassCancelPending
		}
	}
	if class, ok := classes[e.Code]; ok {
		return class
	}
	switch {
	case e.HTTPStatus >= 500, e.HTTPStatus == http.StatusRequestTimeout:
		return ClassSystem
	case e.Code == 0 && e.HTTPStatus == http.StatusUnauthorized:
		return ClassToken
	case e.Code == 0 && e.HTTPStatus < 300:
		return ClassDecode
	}
	return ClassUnknown
}
