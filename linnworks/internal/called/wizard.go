package called

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
)

// Limits are what an item may be, lengths in characters. 0 is no limit.
type Limits struct {
	ID, Name, Description, Value int
	Types                        []integration.ValueType
}

func long(s string, most int) bool { return most > 0 && utf8.RuneCountInString(s) > most }

// CheckItem reports what Linnworks would not take of an item.
func (l Limits) CheckItem(c *integration.ConfigItem) error {
	switch {
	case c.ID == "":
		return errors.New("an item has no ID")
	case long(c.ID, l.ID):
		return fmt.Errorf("item %s: the ID is longer than %d characters, see Options.ItemIDLimit", c.ID, l.ID)
	case c.Name == "":
		return fmt.Errorf("item %s has no name", c.ID)
	case long(c.Name, l.Name):
		return fmt.Errorf("item %s: the name is longer than %d characters", c.ID, l.Name)
	case long(c.Description, l.Description):
		return fmt.Errorf("item %s: the description is longer than %d characters", c.ID, l.Description)
	case c.Type != "" && !slices.Contains(l.Types, c.Type):
		return fmt.Errorf("item %s: there is no type %q", c.ID, c.Type)
	case (c.Type == integration.ValueList) != (len(c.Values) > 0):
		return fmt.Errorf("item %s: values to choose from and the type ValueList go together", c.ID)
	case c.Type == integration.ValuePassword && c.Value != "":
		return fmt.Errorf("item %s: a password must not be given away", c.ID)
	}
	if _, err := regexp.Compile(c.Pattern); err != nil {
		return fmt.Errorf("item %s: the pattern: %w", c.ID, err)
	}
	if c.Value != "" {
		if err := l.accept(c, c.Value); err != nil {
			return fmt.Errorf("item %s: its first value: %w", c.ID, err)
		}
	}
	return nil
}

// CheckItems reports what is wrong with items that are filled in together.
func (l Limits) CheckItems(items []integration.ConfigItem) error {
	var ids []string
	for i := range items {
		if err := l.CheckItem(&items[i]); err != nil {
			return err
		}
		id := strings.ToLower(items[i].ID)
		if slices.Contains(ids, id) {
			return fmt.Errorf("item %s is there twice", items[i].ID)
		}
		ids = append(ids, id)
	}
	return nil
}

// accept reports, in words for the person who filled it in, why a value is refused.
func (l Limits) accept(c *integration.ConfigItem, value string) error {
	refuse := func(format string, args ...any) error {
		return integration.Refuse(c.Name + ": " + fmt.Sprintf(format, args...))
	}
	if value == "" {
		if c.Required {
			return refuse("please fill this in.")
		}
		return nil
	}
	if long(value, l.Value) {
		return refuse("this is longer than %d characters.", l.Value)
	}
	switch c.Type {
	case integration.ValueInt:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return refuse("this must be a whole number.")
		}
	case integration.ValueDouble:
		if linnworks.Decimal(value).Err() != nil {
			return refuse("this must be a number, such as 1.5.")
		}
	case integration.ValueBoolean:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return refuse("this must be yes or no.")
		}
	case integration.ValueList:
		if !slices.ContainsFunc(c.Values, func(v integration.ListValue) bool { return v.Value == value }) {
			return refuse("please choose one of the values.")
		}
	}
	if c.Pattern != "" && !regexp.MustCompile(c.Pattern).MatchString(value) { // CheckItem has tried it
		if c.PatternError != "" {
			return refuse("%s", c.PatternError)
		}
		return refuse("this is not in the right form.")
	}
	return nil
}

// checkSteps reports what is wrong with the wizard.
func (a *App) checkSteps() error {
	var items []integration.ConfigItem
	for i, s := range a.Steps {
		if s.Name == "" || strings.EqualFold(s.Name, a.Complete) || stepAt(a.Steps[:i], s.Name) >= 0 {
			return fmt.Errorf("step %d: its Name %q must be there, be unique and not be %q", i+1, s.Name, a.Complete)
		}
		items = append(items, s.Items...)
	}
	return a.Limits.CheckItems(items)
}

// stepAt is the place of a step, -1 if it is not there.
func stepAt(steps []integration.Step, name string) int {
	return slices.IndexFunc(steps, func(s integration.Step) bool { return strings.EqualFold(s.Name, name) })
}

// stepAfter is the step after another. One that is not known, because the steps have
// changed since, begins again.
func (a *App) stepAfter(step string) string {
	if step == a.Complete {
		return a.Complete
	}
	if next := stepAt(a.Steps, step) + 1; next < len(a.Steps) {
		return a.Steps[next].Name
	}
	return a.Complete
}

// Install makes an installation of a call to AddNewUser, and returns its token.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-add-new-user
func (a *App) Install(ctx context.Context, c *Call) (token string, err error) {
	var request struct{ Email, LinnworksUniqueIdentifier, AccountName string }
	if err := c.Read(&request); err != nil {
		return "", err
	}
	id, err := integration.ParseGUID(request.LinnworksUniqueIdentifier)
	if err != nil {
		return "", &integration.RefusedError{Text: "The request names no Linnworks account.", Err: err}
	}
	if a.Named && strings.TrimSpace(request.AccountName) == "" {
		return "", integration.Refuse("Please give the integration a name.")
	}
	account := integration.Account{ID: id, Name: request.AccountName, Email: request.Email}
	token = newToken()
	in := integration.Installation{
		ID: idOf(token), Account: account, Step: a.stepAfter(""),
		Settings: map[string]string{}, Passwords: map[string]linnworks.Secret{}, InstalledAt: time.Now().UTC(),
	}
	_, err = Ask(ctx, a, func(ctx context.Context) (struct{}, error) {
		if err := a.Admit(ctx, account); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, a.put(ctx, in)
	})
	if err != nil {
		return "", err
	}
	c.In = in
	return token, nil
}

// put keeps an installation.
func (a *App) put(ctx context.Context, in integration.Installation) error {
	err := a.Installations.PutInstallation(ctx, in)
	switch {
	case errors.Is(err, integration.ErrNameTaken):
		return &integration.RefusedError{Text: "Your account has an integration of this name already. Please choose another name, or remove the other integration first.", Err: err}
	case err != nil:
		return fmt.Errorf("keeping the installation: %w", err)
	}
	return nil
}

// Remove forgets the installation of a call. Linnworks does so whatever the answer is.
func (a *App) Remove(ctx context.Context, c *Call) error {
	_, err := Ask(ctx, a, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, a.Installations.DropInstallation(ctx, c.In.ID)
	})
	if err != nil {
		return fmt.Errorf("forgetting the installation: %w", err)
	}
	return nil
}

// Page is what a person sees of the configuration: a step, or all of them as one once it
// is set up.
type Page struct {
	Title, Description string
	Items              []integration.ConfigItem
	checks             []func(context.Context, integration.Installation) error
}

func (a *App) page(step string) (p Page) {
	for _, s := range a.Steps {
		if step != a.Complete && step != s.Name {
			continue
		}
		p.Title, p.Description = s.Title, s.Description
		p.Items = append(p.Items, s.Items...)
		if s.Check != nil {
			p.checks = append(p.checks, s.Check)
		}
	}
	if step == a.Complete && len(a.Steps) != 1 {
		p.Title, p.Description = "Settings", ""
	}
	return p
}

// Shown is the page that an installation is at, with what was filled in. Passwords are
// not shown: left empty they stay as they are.
func (a *App) Shown(in integration.Installation) Page {
	p := a.page(in.Step)
	for i := range p.Items {
		item := &p.Items[i]
		if value, filled := in.Settings[item.ID]; filled {
			item.Value = value
		}
		if !in.Passwords[item.ID].IsZero() {
			item.Required = false
		}
	}
	return p
}

// Save takes what was filled in on a page of the wizard, or of the settings, and returns
// the installation as it is from then on.
func (a *App) Save(ctx context.Context, c *Call, step string, values []integration.Choice) (integration.Installation, error) {
	if !strings.EqualFold(step, c.In.Step) {
		return c.In, &integration.RefusedError{
			Text: "This page of the set-up is no longer the current one. Please close the window and open it again.",
			Err:  fmt.Errorf("it is for %q, and the installation is at %q", step, c.In.Step),
		}
	}
	in := c.In.Clone()
	if in.Settings == nil {
		in.Settings = map[string]string{}
	}
	if in.Passwords == nil {
		in.Passwords = map[string]linnworks.Secret{}
	}
	page := a.page(in.Step)
	for i := range page.Items {
		if err := a.Limits.fill(&in, &page.Items[i], values); err != nil {
			return c.In, err
		}
	}
	in.Step = a.stepAfter(in.Step)
	_, err := Ask(ctx, a, func(ctx context.Context) (struct{}, error) {
		for _, check := range page.checks {
			if err := check(ctx, in.Clone()); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, a.put(ctx, in)
	})
	return in, err
}

// fill puts what was filled in for an item into the installation.
func (l Limits) fill(in *integration.Installation, item *integration.ConfigItem, values []integration.Choice) error {
	value, filled := in.Settings[item.ID]
	if !filled {
		value = item.Value
	}
	password := item.Type == integration.ValuePassword
	if password {
		value = in.Passwords[item.ID].Reveal()
	}
	at := slices.IndexFunc(values, func(c integration.Choice) bool { return strings.EqualFold(c.ItemID, item.ID) })
	if at >= 0 && !item.ReadOnly && (!password || values[at].Value != "") { // a password is not shown: empty, it stays
		value = values[at].Value
	}
	if err := l.accept(item, value); err != nil {
		return err
	}
	if password {
		in.Passwords[item.ID] = linnworks.NewSecret(value)
	} else {
		in.Settings[item.ID] = value
	}
	return nil
}

// Item is a ConfigItem in both protocols, but for its type.
type Item struct {
	ConfigItemID    string `json:"ConfigItemId"`
	Name            string
	Description     string
	GroupName       string
	SortOrder       int
	SelectedValue   string
	RegExValidation *string
	RegExError      *string
	MustBeSpecified bool
	ReadOnly        bool
	ListValues      []integration.ListValue
}

// ItemOf is an item on the wire.
func ItemOf(c integration.ConfigItem) Item {
	w := Item{
		ConfigItemID: c.ID, Name: c.Name, Description: c.Description, GroupName: c.Group, SortOrder: c.Sort, SelectedValue: c.Value,
		MustBeSpecified: c.Required, ReadOnly: c.ReadOnly, ListValues: OrEmpty(c.Values),
	}
	if c.Pattern != "" {
		w.RegExValidation, w.RegExError = &c.Pattern, &c.PatternError
	}
	return w
}
