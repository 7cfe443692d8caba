package bridge

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseStage(t *testing.T) {
	for s := StageNew; s <= StageProcessed; s++ {
		for _, text := range []string{s.String(), strings.ToUpper(s.String()), strings.ReplaceAll(s.String(), " ", "_"), " " + strings.ReplaceAll(s.String(), " ", "-") + "\t"} {
			if got, err := ParseStage(text); got != s || err != nil {
				t.Errorf("%q: %s, %v", text, got, err)
			}
		}
	}
	for _, text := range []string{"", "unknown", "labelprinted", "label", "Stage(3)"} {
		if got, err := ParseStage(text); got != 0 || err == nil || !strings.Contains(err.Error(), "label printed") {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	var config struct{ CutOff Stage }
	if err := json.Unmarshal([]byte(`{"CutOff":"Label printed"}`), &config); err != nil || config.CutOff != StageLabelPrinted {
		t.Errorf("%s, %v", config.CutOff, err)
	}
	in := []Stage{0, StageNew, StageFulfilmentCentre, StageProcessed}
	text, err := json.Marshal(in)
	var out []Stage
	if err != nil || json.Unmarshal(text, &out) != nil || !cmp.Equal(in, out) {
		t.Errorf("%s became %v", text, out)
	}
	if _, err := json.Marshal(StageProcessed + 1); err != nil {
		t.Error(err)
	}
}
