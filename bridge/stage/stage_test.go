package stage_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/stage"
)

func TestParseStage(t *testing.T) {
	for s := stage.New; s <= stage.Processed; s++ {
		for _, text := range []string{s.String(), strings.ToUpper(s.String()), strings.ReplaceAll(s.String(), " ", "_"), " " + strings.ReplaceAll(s.String(), " ", "-") + "\t"} {
			if got, err := stage.Parse(text); got != s || err != nil {
				t.Errorf("%q: %s, %v", text, got, err)
			}
		}
	}
	for _, text := range []string{"", "unknown", "labelprinted", "label", "Stage(3)"} {
		if got, err := stage.Parse(text); got != 0 || err == nil || !strings.Contains(err.Error(), "label printed") {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	var config struct{ CutOff stage.Stage }
	if err := json.Unmarshal([]byte(`{"CutOff":"Label printed"}`), &config); err != nil || config.CutOff != stage.LabelPrinted {
		t.Errorf("%s, %v", config.CutOff, err)
	}
	in := []stage.Stage{0, stage.New, stage.FulfilmentCentre, stage.Processed}
	text, err := json.Marshal(in)
	var out []stage.Stage
	if err != nil || json.Unmarshal(text, &out) != nil || !cmp.Equal(in, out) {
		t.Errorf("%s became %v", text, out)
	}
	if _, err := json.Marshal(stage.Processed + 1); err != nil {
		t.Error(err)
	}
}
