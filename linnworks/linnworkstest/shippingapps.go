package linnworkstest

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/linnworks"
)

// ShippingAppSetup says what [Fake.InstallShippingApp] installs, and how the people
// answer who set it up.
type ShippingAppSetup struct {
	// Vendor is the name of the integration, which its postal services bear.
	Vendor string
	// Handler serves the application. Without it calls go to URL with Client, or with
	// [http.DefaultClient].
	Handler http.Handler
	// URL is the address that the endpoints are under, "https://app.example/shipping" if
	// empty. Endpoints are the names under it by their names in the protocol, where
	// they differ: ConfigDeleted, for instance, was called ConfigDelete.
	URL       string
	Client    *http.Client
	Endpoints map[string]string
	// AccountID is the account's id, AccountName the name of the integration. Both have
	// defaults.
	AccountID   linnworks.GUID
	AccountName string
	// Answers are what people fill in, by ConfigItemId. What is not there they leave as
	// they find it.
	Answers map[string]string
	// Packages says in how many packages an order is packed. Default one. It must not
	// call the fake.
	Packages func(linnworks.OrderDetails) int
}

// ShippingApp is a shipping integration that was installed in an account. Its methods
// are the buttons that people press. It is safe for concurrent use.
type ShippingApp struct {
	f      *Fake
	setup  ShippingAppSetup
	caller caller
	token  string

	mu        sync.Mutex
	services  map[linnworks.GUID]ShippingAppService // by postal service
	choices   map[linnworks.GUID]map[string]string
	manifests map[linnworks.GUID]string // by order
}

// ShippingAppService is a service that an application offers.
type ShippingAppService struct {
	Name, Code string
	// PostalServiceID is the postal service that the fake has mapped to it.
	PostalServiceID linnworks.GUID
	// ServiceID is the application's.
	ServiceID linnworks.GUID
}

// PrintedLabel is what came of printing the label of an order.
type PrintedLabel struct {
	OrderID  linnworks.GUID
	Tracking string
	Packages []PrintedPackage
	// Error is the order's label error; then there is no label.
	Error string
}

// PrintedPackage is the label of one package.
type PrintedPackage struct {
	SequenceNumber int
	Tracking       string
	PNG            []byte
	MorePNGs, PDFs [][]byte
	// Width and Height are in inches.
	Width, Height linnworks.Decimal
}

// InstallShippingApp installs a shipping integration as people do: it presses
// "integrate", walks the wizard, reads the services and makes a postal service of the
// same name for each, so that orders can have it. The error says where it went wrong.
//
// Nothing in the fake is locked while the application is called: it may call the fake.
//
// https://apidocs.linnworks.net/docs/manifest-parameters-1
func (f *Fake) InstallShippingApp(ctx context.Context, setup ShippingAppSetup) (*ShippingApp, error) {
	if setup.Vendor == "" || strings.ContainsAny(setup.Vendor, " \t") || setup.Vendor != strings.ToUpper(setup.Vendor) || utf8.RuneCountInString(setup.Vendor) > 24 {
		return nil, fmt.Errorf("linnworkstest: InstallShippingApp: the vendor %q must have 1 to 24 characters, in upper case and without spaces", setup.Vendor)
	}
	if setup.URL == "" {
		setup.URL = "https://app.example/shipping"
	}
	if setup.AccountID == "" {
		setup.AccountID = "ac000000-0000-4000-8000-000000000001"
	}
	if setup.AccountName == "" {
		setup.AccountName = "Main"
	}
	if setup.Packages == nil {
		setup.Packages = func(linnworks.OrderDetails) int { return 1 }
	}
	a := &ShippingApp{
		f: f, setup: setup, caller: caller{setup.Handler, setup.Client, setup.URL, setup.Endpoints},
		services: map[linnworks.GUID]ShippingAppService{}, choices: map[linnworks.GUID]map[string]string{}, manifests: map[linnworks.GUID]string{},
	}
	var user struct {
		appStatus
		AuthorizationToken string
	}
	err := a.call(ctx, "AddNewUser", map[string]any{
		"Email": "office@example.com", "LinnworksUniqueIdentifier": setup.AccountID, "AccountName": setup.AccountName,
	}, &user)
	if err == nil {
		a.token, err = guid(user.AuthorizationToken)
	}
	if err == nil {
		err = a.Configure(ctx, setup.Answers)
	}
	if err == nil {
		_, err = a.Services(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("linnworkstest: InstallShippingApp: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shippingApps == nil {
		f.shippingApps = map[string]*ShippingApp{}
	}
	f.shippingApps[setup.Vendor] = a
	return a, nil
}

// Configure fills in the pages of the wizard until the application says that it is set
// up, or its settings if it is. answers are by ConfigItemId.
func (a *ShippingApp) Configure(ctx context.Context, answers map[string]string) error {
	var config appConfig
	read := func() (configPage, error) {
		var err error
		config, err = a.config(ctx)
		return configPage{config.ConfigStage.WizardStepTitle, config.ConfigStage.ConfigItems, config.IsConfigActive}, err
	}
	save := func(items []configItem) error {
		values := []map[string]string{}
		for _, item := range items {
			values = append(values, map[string]string{"ConfigItemId": item.text("ConfigItemId"), "SelectedValue": item.text("SelectedValue")})
		}
		return a.call(ctx, "UpdateConfig", map[string]any{"ConfigStatus": config.ConfigStatus, "ConfigItems": values}, new(appStatus))
	}
	return walk(answers, maxShippingValue, read, save)
}

// maxShippingValue is how many characters a value may have.
const maxShippingValue = 255

// config reads the page that the wizard is at, and checks it.
func (a *ShippingApp) config(ctx context.Context) (appConfig, error) {
	var config appConfig
	if err := a.call(ctx, "UserConfig", nil, &config); err != nil {
		return config, err
	}
	if config.IsConfigActive != (config.ConfigStatus == "CONFIG") {
		return config, fmt.Errorf("UserConfig answers IsConfigActive %t with the ConfigStatus %q: CONFIG is the last", config.IsConfigActive, config.ConfigStatus)
	}
	return config, a.checkItems("UserConfig", config.ConfigStage.ConfigItems)
}

func (a *ShippingApp) checkItems(where string, items []configItem) error {
	most := 40
	if a.f.quirks[AppItemIDsShort] {
		most = 20
	}
	for _, item := range items {
		id := item.text("ConfigItemId")
		if n := utf8.RuneCountInString(id); n == 0 || n > most {
			return fmt.Errorf("%s: the ConfigItemId %q has %d characters, may have 1 to %d", where, id, n, most)
		}
	}
	return nil
}

// Services reads the services again, and makes postal services for new ones.
func (a *ShippingApp) Services(ctx context.Context) ([]ShippingAppService, error) {
	var answer struct {
		appStatus
		Services []appService
	}
	if err := a.call(ctx, "UserAvailableServices", nil, &answer); err != nil {
		return nil, err
	}
	var list []ShippingAppService
	for _, s := range answer.Services {
		id, err := guid(s.ServiceUniqueID)
		if err != nil {
			return nil, fmt.Errorf("UserAvailableServices: service %q: ServiceUniqueId: %w", s.ServiceName, err)
		}
		if err := a.checkItems("UserAvailableServices: service "+s.ServiceName, s.ConfigItems); err != nil {
			return nil, err
		}
		choices := map[string]string{}
		for _, item := range s.ConfigItems {
			choices[item.text("ConfigItemId")] = item.text("SelectedValue")
		}
		end := a.f.begin()
		postal := a.f.service(s.ServiceName, a.setup.Vendor)
		postal.IntegratedServiceID, postal.PostalServiceCode, postal.PostalServiceTag = linnworks.GUID(id), s.ServiceCode, s.ServiceTag
		service := ShippingAppService{Name: s.ServiceName, Code: s.ServiceCode, PostalServiceID: postal.PostalServiceID, ServiceID: linnworks.GUID(id)}
		end()
		a.mu.Lock()
		a.services[service.PostalServiceID] = service
		if a.choices[service.PostalServiceID] == nil {
			a.choices[service.PostalServiceID] = choices
		}
		a.mu.Unlock()
		list = append(list, service)
	}
	return list, nil
}

// Choose fills in an item of a service. The application gets it with every label.
func (a *ShippingApp) Choose(postalService linnworks.GUID, itemID, value string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.choices[postalService][itemID]; !ok {
		return fmt.Errorf("linnworkstest: Choose: the postal service %s has no item %q", postalService, itemID)
	}
	a.choices[postalService][itemID] = value
	return nil
}

// Print presses print for orders, for all at the same moment unless
// [AppsPrintOneByOne]. What the application answers is in the results, in the order
// given, and on the orders: a tracking number, or a label error. An order that has a
// label is printed again from the application, unless [EveryPrintBuysALabel] is
// switched off. An error means that the button could not be pressed for one of them:
// nothing was printed.
//
// https://apidocs.linnworks.net/docs/shipping-integration-endpoint-generate-label
func (a *ShippingApp) Print(ctx context.Context, orderIDs ...linnworks.GUID) ([]PrintedLabel, error) {
	requests := make([]map[string]any, len(orderIDs))
	printed := make([]PrintedLabel, len(orderIDs))
	again := make([]*PrintedLabel, len(orderIDs))
	for i, id := range orderIDs {
		var err error
		if requests[i], again[i], err = a.labelRequest(id); err != nil {
			return nil, err
		}
	}
	var presses sync.WaitGroup
	press := func(i int) {
		if again[i] != nil {
			printed[i] = *again[i]
			return
		}
		printed[i] = a.print(ctx, orderIDs[i], requests[i])
	}
	for i := range orderIDs {
		if a.f.quirks[AppsPrintOneByOne] {
			press(i)
		} else {
			presses.Go(func() { press(i) })
		}
	}
	presses.Wait()
	return printed, nil
}

// order finds an order of this integration that a button may be pressed for.
func (a *ShippingApp) order(method string, orderID linnworks.GUID) (*order, ShippingAppService, error) {
	o, err := a.f.workable(method, orderID)
	if err != nil {
		return nil, ShippingAppService{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	service, ok := a.services[o.ShippingInfo.PostalServiceID]
	if !ok {
		return nil, service, fmt.Errorf("linnworkstest: %s: order %d has the postal service %q of %q, not one of %s",
			method, o.NumOrderID, o.ShippingInfo.PostalServiceName, o.ShippingInfo.Vendor, a.setup.Vendor)
	}
	return o, service, nil
}

// labelRequest is the request for the label of an order, or the label that it has.
func (a *ShippingApp) labelRequest(orderID linnworks.GUID) (map[string]any, *PrintedLabel, error) {
	defer a.f.begin()()
	o, service, err := a.order("Print", orderID)
	if err != nil {
		return nil, nil, err
	}
	if o.printed != nil && o.GeneralInfo.LabelPrinted && !a.f.quirks[EveryPrintBuysALabel] {
		return nil, o.printed, nil
	}
	request := a.parcels(o)
	request["OrderId"], request["ServiceId"] = o.NumOrderID, a.token32(string(service.ServiceID))
	request["DeliveryNote"], request["PostageCharges"] = "", o.ShippingInfo.PostageCost
	choices := []map[string]string{}
	a.mu.Lock()
	for id, value := range a.choices[service.PostalServiceID] {
		choices = append(choices, map[string]string{"ConfigItemId": id, "SelectedValue": value})
	}
	a.mu.Unlock()
	name := "ServiceConfigItems"
	if a.f.quirks[AppsSaveConfigItems] {
		name = "SaveConfigItems"
	}
	request[name] = choices
	return request, nil, nil
}

// countries are the codes of countries by name.
var countries = map[string]string{
	"united kingdom": "GB", "ireland": "IE", "united states": "US", "germany": "DE", "france": "FR", "italy": "IT", "spain": "ES",
}

// parcels is what labels and quotes are asked for.
func (a *ShippingApp) parcels(o *order) map[string]any {
	to := o.CustomerInfo.Address
	items := []map[string]any{}
	for _, line := range o.Items {
		items = append(items, map[string]any{
			"ItemName": line.Title, "ProductCode": line.SKU, "Quantity": line.Quantity, "UnitValue": line.PricePerUnit,
			"UnitWeight": 0, "Height": 0, "Width": 0, "Length": 0, "ExtendedProperties": []any{},
		})
	}
	grams := new(big.Rat).Mul(amount(o.ShippingInfo.TotalWeight), big.NewRat(1000, 1))
	n := max(a.setup.Packages(a.f.view(o)), 1)
	packages := []map[string]any{}
	for i := range n {
		packages = append(packages, map[string]any{
			"SequenceNumber": i, "PackageWeight": decimal(new(big.Rat).Quo(grams, big.NewRat(int64(n), 1))),
			"PackageWidth": 0, "PackageHeight": 0, "PackageDepth": 0, "PackageFormat": "PARCEL", "Items": items,
		})
		items = []map[string]any{} // all are in the first
	}
	properties := []map[string]string{}
	for _, p := range o.ExtendedProperties {
		properties = append(properties, map[string]string{"Name": p.Name, "Value": p.Value})
	}
	return map[string]any{
		"Name": to.FullName, "CompanyName": to.Company, "AddressLine1": to.Address1, "AddressLine2": to.Address2, "AddressLine3": to.Address3,
		"Town": to.Town, "Region": to.Region, "CountryCode": countries[strings.ToLower(to.Country)], "Postalcode": to.PostCode,
		"Email": to.EmailAddress, "Phone": to.PhoneNumber, "OrderReference": o.GeneralInfo.ReferenceNum,
		"OrderCurrency": o.TotalsInfo.Currency, "OrderValue": o.TotalsInfo.TotalCharge, "Packages": packages, "OrderExtendedProperties": properties,
	}
}

// print presses print for one order and writes on it what came of it.
func (a *ShippingApp) print(ctx context.Context, orderID linnworks.GUID, request map[string]any) PrintedLabel {
	var answer appLabel
	err := a.call(ctx, "GenerateLabel", request, &answer)
	printed := PrintedLabel{OrderID: orderID}
	if err == nil {
		printed, err = answer.check(orderID, len(request["Packages"].([]map[string]any)))
	}
	if err != nil {
		printed = PrintedLabel{OrderID: orderID, Error: err.Error()}
	}
	defer a.f.begin()()
	o := a.f.byOrderID[id(orderID)]
	if o == nil || !o.open() {
		return printed // it went while the application was asked
	}
	if printed.Error != "" {
		a.f.failLabel(o, printed.Error)
		return printed
	}
	if last := len(o.labels) - 1; last < 0 || o.labels[last].Tracking != printed.Tracking || o.labels[last].Cancelled {
		o.labels = append(o.labels, Label{Tracking: printed.Tracking})
	}
	o.printed = &printed
	o.ShippingInfo.TrackingNumber = printed.Tracking
	o.GeneralInfo.LabelPrinted, o.GeneralInfo.LabelError = true, ""
	a.f.note(o, "LABEL", "Label printed: %s", printed.Tracking)
	return printed
}

// CancelLabel cancels the label of an order that is open and on no manifest.
//
// https://apidocs.linnworks.net/docs/shipping-integration-endpoint-cancel-label
func (a *ShippingApp) CancelLabel(ctx context.Context, orderID linnworks.GUID) error {
	request, err := func() (map[string]any, error) {
		defer a.f.begin()()
		o, _, err := a.order("CancelLabel", orderID)
		if err != nil {
			return nil, err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		switch {
		case len(o.labels) == 0 || o.labels[len(o.labels)-1].Cancelled:
			return nil, fmt.Errorf("linnworkstest: CancelLabel: order %d has no label", o.NumOrderID)
		case a.manifests[o.OrderID] != "":
			return nil, fmt.Errorf("linnworkstest: CancelLabel: order %d is on the manifest %s", o.NumOrderID, a.manifests[o.OrderID])
		case a.f.quirks[AppsCancelByOrderID]:
			return map[string]any{"OrderId": o.NumOrderID}, nil
		}
		return map[string]any{"OrderReference": strconv.Itoa(o.NumOrderID)}, nil
	}()
	if err != nil {
		return err
	}
	if err := a.call(ctx, "CancelLabel", request, new(appStatus)); err != nil {
		return fmt.Errorf("linnworkstest: CancelLabel: %w", err)
	}
	defer a.f.begin()()
	if o := a.f.byOrderID[id(orderID)]; o != nil && len(o.labels) > 0 {
		o.labels[len(o.labels)-1].Cancelled, o.printed = true, nil
		o.clearLabel()
		a.f.note(o, "LABEL", "Label cancelled")
	}
	return nil
}

// FileManifest files the labels of orders and returns the reference of the manifest.
// Their labels can no longer be cancelled.
//
// https://apidocs.linnworks.net/docs/shipping-integration-endpoint-create-manifest
func (a *ShippingApp) FileManifest(ctx context.Context, orderIDs ...linnworks.GUID) (string, error) {
	numbers, err := func() (numbers []string, err error) {
		defer a.f.begin()()
		for _, g := range orderIDs {
			o := a.f.byOrderID[id(g)]
			if o == nil || len(o.labels) == 0 || o.labels[len(o.labels)-1].Cancelled {
				return nil, fmt.Errorf("linnworkstest: FileManifest: there is no label of order %s", g)
			}
			numbers = append(numbers, strconv.Itoa(o.NumOrderID))
		}
		return numbers, nil
	}()
	if err != nil {
		return "", err
	}
	var answer struct {
		appStatus
		ManifestReference string
	}
	err = a.call(ctx, "CreateManifest", map[string]any{"OrderId": numbers}, &answer)
	if err == nil && answer.ManifestReference == "" {
		err = errors.New("the answer has no ManifestReference")
	}
	if err != nil {
		return "", fmt.Errorf("linnworkstest: FileManifest: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range orderIDs {
		a.manifests[id(g)] = answer.ManifestReference
	}
	return answer.ManifestReference, nil
}

// PrintManifest returns the PDF of a manifest.
func (a *ShippingApp) PrintManifest(ctx context.Context, reference string) ([]byte, error) {
	var answer struct {
		appStatus
		PDF []byte `json:"PDFbase64"`
	}
	if err := a.call(ctx, "PrintManifest", map[string]any{"ManifestReference": reference}, &answer); err != nil {
		return nil, fmt.Errorf("linnworkstest: PrintManifest: %w", err)
	}
	return answer.PDF, nil
}

// ShippingAppQuote is what a service would cost.
type ShippingAppQuote struct {
	ServiceName           string
	Cost, Tax, TotalCost  linnworks.Decimal
	Currency              string
	CollectionDate        linnworks.Time
	EstimatedDeliveryDate linnworks.Time
}

// Quote asks what it would cost to send an order.
func (a *ShippingApp) Quote(ctx context.Context, orderID linnworks.GUID) ([]ShippingAppQuote, error) {
	request, err := func() (map[string]any, error) {
		defer a.f.begin()()
		o, err := a.f.workable("Quote", orderID)
		if err != nil {
			return nil, err
		}
		return a.parcels(o), nil
	}()
	if err != nil {
		return nil, err
	}
	var answer struct {
		appStatus
		QuoteItems []ShippingAppQuote
	}
	if err := a.call(ctx, "Quote", request, &answer); err != nil {
		return nil, fmt.Errorf("linnworkstest: Quote: %w", err)
	}
	return answer.QuoteItems, nil
}

// Uninstall removes the integration. Its postal services stay.
func (a *ShippingApp) Uninstall(ctx context.Context) error {
	if err := a.call(ctx, "ConfigDeleted", nil, new(appStatus)); err != nil {
		return fmt.Errorf("linnworkstest: Uninstall: %w", err)
	}
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	delete(a.f.shippingApps, a.setup.Vendor)
	return nil
}

// ofShippingApp refuses to make up a label for an order whose service is that of an
// installed application: only its own buttons ask that.
func (f *Fake) ofShippingApp(o *order) error {
	if a := f.shippingApps[o.ShippingInfo.Vendor]; a != nil {
		return fmt.Errorf("linnworkstest: the labels of order %d come from the application %s: use ShippingApp.Print and ShippingApp.CancelLabel", o.NumOrderID, a.setup.Vendor)
	}
	return nil
}
