package bridge_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
)

func TestParseStage(t *testing.T) {
	for s := bridge.StageNew; s <= bridge.StageProcessed; s++ {
		for _, text := range []string{s.String(), strings.ToUpper(s.String()), strings.ReplaceAll(s.String(), " ", "_"), " " + strings.ReplaceAll(s.String(), " ", "-") + "\t"} {
			if got, err := bridge.ParseStage(text); got != s || err != nil {
				t.Errorf("%q: %s, %v", text, got, err)
			}
		}
	}
	for _, text := range []string{"", "unknown", "labelprinted", "label", "Stage(3)"} {
		if got, err := bridge.ParseStage(text); got != 0 || err == nil || !strings.Contains(err.Error(), "label printed") {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	var config struct{ CutOff bridge.Stage }
	if err := json.Unmarshal([]byte(`{"CutOff":"Label printed"}`), &config); err != nil || config.CutOff != bridge.StageLabelPrinted {
		t.Errorf("%s, %v", config.CutOff, err)
	}
	in := []bridge.Stage{0, bridge.StageNew, bridge.StageFulfilmentCentre, bridge.StageProcessed}
	text, err := json.Marshal(in)
	var out []bridge.Stage
	if err != nil || json.Unmarshal(text, &out) != nil || !cmp.Equal(in, out) {
		t.Errorf("%s became %v", text, out)
	}
	if _, err := json.Marshal(bridge.StageProcessed + 1); err != nil {
		t.Error(err)
	}
}
