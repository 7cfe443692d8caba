package integration_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
)

// A page of the wizard that asks for a password which the customer was given, and what
// Linnworks shows of a wrong one.
func ExampleStep() {
	step := integration.Step{
		Name: "Password", Title: "Sign in", Description: "The password is in our welcome letter.",
		Items: []integration.ConfigItem{{ID: "password", Name: "Password", Type: integration.ValuePassword, Required: true}},
		Check: func(_ context.Context, in integration.Installation) error {
			if password := in.Passwords["password"]; password.Reveal() != "open sesame" {
				return integration.Refuse("This is not the password in your welcome letter.")
			}
			return nil
		},
	}
	in := integration.Installation{Passwords: map[string]linnworks.Secret{"password": linnworks.NewSecret("sesame")}}
	fmt.Println(step.Check(context.Background(), in))
	fmt.Println(strings.Contains(fmt.Sprintf("%+v", in), "sesame"))
	// Output:
	// This is not the password in your welcome letter.
	// false
}

// Who may install an integration.
func ExampleOnlyAccounts() {
	admit := integration.OnlyAccounts("0d5b3b1e-6c1f-4b57-9d6f-0123456789ab")
	fmt.Println(admit(context.Background(), integration.Account{ID: "0d5b3b1e-6c1f-4b57-9d6f-0123456789ab", Name: "Main"}))
	fmt.Println(admit(context.Background(), integration.Account{ID: "7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b"}))
	// Output:
	// <nil>
	// This integration is not meant for your Linnworks account. Ask its provider.
}
