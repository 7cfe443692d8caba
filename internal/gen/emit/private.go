package emit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// secrets returns the names of the fields of t that hold credentials.
func secrets(t *Type) []string {
	return slices.DeleteFunc(sortedFields(t), func(name string) bool { return t.Fields[name].Type.Base != "Secret" })
}

// checkSecrets refuses credentials where [printer.secrets] cannot let them out.
func (b *builder) checkSecrets() {
	for _, t := range b.model.Types {
		for _, name := range secrets(t) {
			if f := t.Fields[name]; t.In && (!t.Top || f.In != "body" || f.Type.Prefix != "") {
				b.fail("%s.%s: a Secret is sent as a property of a body only", t.Name, name)
			}
		}
	}
}

// checkPrint refuses lines of the ledger by which a type would print nothing.
func (b *builder) checkPrint() {
	for name, paths := range b.Ledger.Print {
		for _, path := range paths {
			t := b.model.Types[name]
			for word := range strings.SplitSeq(path, ".") {
				i := -1
				if t != nil {
					i = slices.IndexFunc(sortedFields(t), func(f string) bool { return t.Fields[f].Go == word })
				}
				if i < 0 {
					b.fail("print %s: there is no %s", name, path)
					break
				}
				t = b.model.Types[t.Fields[sortedFields(t)[i]].Type.Base]
			}
		}
	}
}

// secrets prints the method by which the client alone encodes the credentials of
// a request. What it returns has texts that hide the fields of the same names.
func (p *printer) secrets(t *Type) {
	names := secrets(t)
	if !t.Top || len(names) == 0 {
		return
	}
	var fields, texts, pointers []string
	for _, name := range names {
		f, at := t.Fields[name], "r."+t.Fields[name].Go
		pointer, omit := t.form(f, p.model.API.Ledger.Null[t.Name+"."+f.Name])
		reveal := at + ".reveal()"
		if !pointer {
			at = "&" + at
		}
		fields = append(fields, fmt.Sprintf("%s *string `%s`", f.Go, p.tag(t, f, omit)))
		texts, pointers = append(texts, reveal), append(pointers, at)
	}
	p.f("func (r *%s) revealed() (any, []*Secret) {\n\ttype plain %s\n\treturn struct {\n\t\t*plain\n\t\t%s\n\t}{(*plain)(r), %s}, []*Secret{%s}\n}\n\n",
		t.Name, t.Name, strings.Join(fields, "\n\t\t"), strings.Join(texts, ", "), strings.Join(pointers, ", "))
}

// personal names, without case and underscores, the fields that tell of a person
// in whatever type they stand. A ledger line settles the single cases: "private
// Type.field" and "public Type.field".
var personal = wordSet(`
	firstname middlename lastname fullname cfullname firstnamelocalscript lastnamelocalscript nickname username
	contactname contactperson customername creatorname creatorusername ownername modifiedusername reviewerdisplayname channelbuyername billingname cpfname logisticspickername
	buyernickname buyeravatar avatar avatarurl
	phone phonenumber mobile telephone telephonenumber secondarytelnumber phonetailnumber localnumber fax
	buyerphonenumber contactphonenumber billingphonenumber logisticspickerphone
	email emailaddress emails contactemail buyeremail buyeremails cemailaddress billingemailaddress tokenizedemail paypalemail
	recipient failedrecipients toemail ccemail
	address address1 address2 address3 addressline1 addressline2 addressline3 addressline4 streetaddressline1 streetaddressline2
	addressdetail detailaddress fulladdress alternativeaddress street street2 billingaddress1 billingaddress2 billingaddress3
	cbillingaddress cshippingaddress addressname latitude longitude
	postalcode postcode zipcode cpostcode billingpostcode posttown town townname district districtname districtorcounty
	city cityname county billingtown company billingcompany
	buyermessage sellernote note notes notetext rejectnote auditnote freetextornote insufficientrefundnote comment remark historynote
	cpf taxid taxnumber buyertaxnumber vatnumber channelentitynationalregistryid bankaccount bankaccountnumber
	dropofflocation
`)

// spoken are fields of messages, named is that of a person: whose they are is
// told by the type.
var (
	spoken      = wordSet(`content text message body messagebody subject title`)
	messageType = regexp.MustCompile(`Conversation|IMMessage|SendMessage|Messages?(Response|Request|InThe|Sender|V\d|List)|EmailSent|FreeTextEmail|AdhocEmail`)
	named       = wordSet(`name localname`)
	personType  = regexp.MustCompile(`(Recipient|Buyer|Customer|Consignee|Contact|ContactInfo|Sender|Receiver|Participant|User|Creator|Person|Pharmacist|Consignment|Address)(V\d+)?$`)
	failureType = regexp.MustCompile(`Errors?(V\d+)?(Detail)?$`)
)

func wordSet(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// private returns the fields of t that tell of a person.
func (m *Model) private(t *Type) []*Field {
	var found []*Field
	for _, name := range sortedFields(t) {
		f, at := t.Fields[name], t.Name+"."+name
		word := strings.ToLower(strings.ReplaceAll(f.Name, "_", ""))
		switch {
		case m.API.Ledger.Private[at]:
		case m.API.Ledger.Public[at]:
			continue
		case f.Type.Kind != text && f.Type.Kind != raw || f.Type.Base != "string" && f.Type.Base != "ID" && f.Type.Base != "json.RawMessage":
			continue
		case personal[word]:
		case spoken[word] && messageType.MatchString(t.Name) && !failureType.MatchString(t.Name):
		case named[word] && personType.MatchString(t.Name):
		default:
			continue
		}
		found = append(found, f)
	}
	return found
}

// holdsPrivate reports whether t, or what it holds, tells of a person.
func (m *Model) holdsPrivate(t *Type, seen map[*Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	if m.API.Ledger.Print[t.Name] != nil || len(m.private(t)) > 0 {
		return true
	}
	for _, f := range t.Fields {
		if m.holdsPrivate(m.Types[f.Type.Base], seen) {
			return true
		}
	}
	return false
}

// shown are the names of fields that say which object it is and how it stands.
var shown = regexp.MustCompile(`^(ID|Status|State|Source|SubSource|ReferenceNum|RegionCode|CountryCode|Country)$|(ID|Status|State)$`)

// private prints the methods by which fmt and slog get no personal data.
func (p *printer) private(t *Type) {
	if !p.model.holdsPrivate(t, map[*Type]bool{}) {
		return
	}
	fields, given := p.model.API.Ledger.Print[t.Name]
	hidden := p.model.private(t)
	if given || len(hidden) > 0 {
		if !given {
			fields = p.shown(t, hidden)
		}
		args := ""
		for _, name := range fields {
			args += ", " + strconv.Quote(name)
		}
		p.f("// Format hides personal data from every verb.\n")
		p.f("func (v %s) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, v%s) }\n\n", t.Name, args)
	}
	p.f("// LogValue is what fmt prints, so that personal data stays out of logs.\n")
	p.f("func (v %s) LogValue() slog.Value { return wire.LogPrivate(v) }\n\n", t.Name)
}

// shown returns the fields of t that say which object it is and how it stands.
func (p *printer) shown(t *Type, hidden []*Field) (names []string) {
	for _, name := range sortedFields(t) {
		f := t.Fields[name]
		scalar := f.Type.Prefix == "" && f.Type.Kind != object && f.Type.Kind != raw && f.Type.Kind != file
		if scalar && shown.MatchString(f.Go) && !slices.Contains(hidden, f) {
			names = append(names, f.Go)
		}
	}
	return names
}
