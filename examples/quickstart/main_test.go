package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/examples/internal/madeup"
)

// The demo is the main job end to end: the report must show every kind of
// outcome that the story was written for, and nothing that failed.
func TestDemoTellsTheWholeStory(t *testing.T) {
	t.Parallel()
	var out, progress bytes.Buffer
	if err := run(t.Context(), nil, noEnvironment, &out, &progress); err != nil {
		t.Fatal(err)
	}
	passes := strings.Split(out.String(), "\n== ")
	if len(passes) != 5 {
		t.Fatalf("%d sections, want introduction, three passes and what needs a person", len(passes))
	}
	for _, want := range []struct {
		pass  int
		story string
		text  string
	}{
		{1, madeup.Plain, "created  "},
		{1, madeup.Held, "created parked"},
		{1, madeup.NotPaid, "reserved"},
		{1, madeup.Unmapped, "raised"},
		{1, madeup.Bundle, "created  "},
		{1, madeup.Platform, "labelled"},
		{2, madeup.Early, "cancelled"},
		{2, madeup.Late, "raised"},
		{2, madeup.Plain, "shipped"},
		{2, madeup.NoCarrier, "raised"},
		{3, madeup.Held, "released"},
		{3, madeup.Platform, "confirmed"},
	} {
		if !hasLine(passes[want.pass], want.text, want.story) {
			t.Errorf("pass %d does not report %q for %q:\n%s", want.pass, want.text, want.story, passes[want.pass])
		}
	}
	for _, owner := range []string{"customer service", "e-commerce", "integration"} {
		if !strings.Contains(passes[4], "\nFor "+owner) {
			t.Errorf("nothing for %s among what needs a person:\n%s", owner, passes[4])
		}
	}
	if strings.Contains(out.String(), "failed") && !strings.Contains(out.String(), "0 failed") {
		t.Errorf("something failed:\n%s", out.String())
	}
	if progress.Len() == 0 {
		t.Error("no progress was shown")
	}
}

// hasLine tells whether one line holds all the texts.
func hasLine(text string, all ...string) bool {
	for line := range strings.Lines(text) {
		found := true
		for _, part := range all {
			found = found && strings.Contains(line, part)
		}
		if found {
			return true
		}
	}
	return false
}

func noEnvironment(string) string { return "" }

func TestBadArguments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"write alone":       {args: []string{"-write"}, want: "-write only goes with -live"},
		"stray argument":    {args: []string{"now"}, want: `unexpected argument "now"`},
		"negative window":   {args: []string{"-since", "-1h"}, want: "not positive"},
		"no credentials":    {args: []string{"-live"}, want: "LINNWORKS_TOKEN is not set"},
		"malformed mapping": {args: []string{"-live"}, env: map[string]string{"BRIDGE_LOCATIONS": "7068517275539719942"}, want: "is not of the form from=to"},
		"malformed buffer":  {args: []string{"-live"}, env: map[string]string{"BRIDGE_BUFFER": "-3"}, want: "not a whole number of units"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), c.args, func(k string) string { return c.env[k] }, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestHelpNamesTheEnvironment(t *testing.T) {
	t.Parallel()
	var progress bytes.Buffer
	err := run(context.Background(), []string{"-help"}, noEnvironment, io.Discard, &progress)
	if !errors.Is(err, flag.ErrHelp) || !strings.Contains(progress.String(), "TIKTOK_APP_KEY") {
		t.Errorf("error %v, help:\n%s", err, progress.String())
	}
}
