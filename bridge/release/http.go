package release

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// ServeHTTP answers [Release.Check] to the software of a warehouse that prints by itself:
//
//	POST {"orders": ["100001", "100002"]}
//	200  {"orders": [{"number": "100001", "go": true, "until": "...", ...}]}
//
// Up to 200 orders a call, by their numbers in Linnworks. What is not "go" must not be
// printed. If the shop or the warehouse could not be asked about all of them the status is
// 502, with what is known beside the error. It asks nobody who they are.
func (r *Release) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	var asked struct {
		Orders []string `json:"orders"`
	}
	if req.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		answer(w, http.StatusMethodNotAllowed, nil, "post the numbers of the orders")
		return
	}
	body := json.NewDecoder(http.MaxBytesReader(w, req.Body, 64<<10))
	body.DisallowUnknownFields()
	if err := body.Decode(&asked); err != nil || len(asked.Orders) == 0 || len(asked.Orders) > mostAtOnce {
		answer(w, http.StatusBadRequest, nil, fmt.Sprintf(`want {"orders": ["100001"]} with 1 to %d numbers of Linnworks orders`, mostAtOnce))
		return
	}
	decisions, err := r.Check(req.Context(), asked.Orders...)
	if err != nil {
		answer(w, http.StatusBadGateway, decisions, err.Error())
		return
	}
	answer(w, http.StatusOK, decisions, "")
}

func answer(w http.ResponseWriter, status int, decisions []Decision, failed string) {
	if decisions == nil {
		decisions = []Decision{}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct { // a reader that has left is nobody's loss
		Orders []Decision `json:"orders"`
		Error  string     `json:"error,omitempty"`
	}{decisions, failed})
}
