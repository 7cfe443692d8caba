package tiktokshop

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/internal/lenient"
)

// failureMembers are the members of the data of a write, beside errors, that tell what
// was not done, and how to read them. The names are those of the description.
var failureMembers = map[string]func(raw json.RawMessage) []failure{
	"error_list":                     failuresIn,
	"failed_conversation_ids":        failedIDs("conversation_id"),
	"failed_info":                    func(raw json.RawMessage) []failure { return failedIDs("id")(lenient.Member(raw, "ids")) },
	"failed_materials":               reasoned,
	"failed_product_ids":             failedIDs("product_id"),
	"target_collaboration_conflicts": failuresIn,
	"update_failed":                  failedFields,

	"bind_results":    failedResults,
	"import_result":   failuresIn,
	"publish_result":  failedResults,
	"publish_results": failedResults,
}

// failures returns what failed of a write by the members of its data other than errors.
func failures(data []byte) (found []failure) {
	for _, name := range slices.Sorted(maps.Keys(failureMembers)) {
		if raw := lenient.Member(data, name); saysSomething(raw) {
			found = append(found, failureMembers[name](raw)...)
		}
	}
	return found
}

// mentionsFailures reports whether body may have one of [failureMembers].
func mentionsFailures(body []byte) bool {
	for name := range failureMembers {
		if bytes.Contains(body, []byte(name)) {
			return true
		}
	}
	return false
}

// failedIDs reads a list of ids, each of the kind named.
func failedIDs(kind string) func(json.RawMessage) []failure {
	return func(raw json.RawMessage) (found []failure) {
		for _, f := range failuresIn(raw) {
			if saysSomething(f.raw) {
				found = append(found, failure{raw: object("detail", object(kind, f.raw))})
			}
		}
		return found
	}
}

// reasoned reads a list of things with a reason each.
func reasoned(raw json.RawMessage) (found []failure) {
	for _, f := range failuresIn(raw) {
		found = append(found, because(f.raw, lenient.Member(f.raw, "fail_reason"), nil))
	}
	return found
}

// failedFields reads an object of the fields that were not changed. Their values may
// tell of a person, and are not repeated.
func failedFields(raw json.RawMessage) (found []failure) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return failuresIn(raw)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if saysSomething(fields[name]) {
			text, _ := json.Marshal("not changed: " + name)
			found = append(found, failure{raw: object("message", text)})
		}
	}
	return found
}

// failedResults reads a list of results, of which those failed that have reasons, or
// another status than those of a success.
func failedResults(raw json.RawMessage) (found []failure) {
	for _, f := range failuresIn(raw) {
		var result struct {
			Status  ID                `json:"status"`
			Reasons []json.RawMessage `json:"fail_reasons"`
		}
		unread := json.Unmarshal(f.raw, &result) != nil
		for _, reason := range result.Reasons {
			found = append(found, because(f.raw, lenient.Member(reason, "message"), lenient.Member(reason, "code")))
		}
		if unread || len(result.Reasons) == 0 && result.Status != "SUCCESS" && result.Status != "DRAFT" {
			found = append(found, because(f.raw, nil, nil))
		}
	}
	return found
}

// because is the failure of a thing with a text and code of TikTok's.
func because(thing, message, code json.RawMessage) failure {
	members := map[string]json.RawMessage{"detail": thing}
	if len(message) > 0 && message[0] == '"' {
		members["message"] = message
	}
	if len(code) > 0 {
		members["code"] = code
	}
	raw, _ := json.Marshal(members)
	return failure{raw: raw}
}

func object(name string, value json.RawMessage) json.RawMessage {
	raw, _ := json.Marshal(map[string]json.RawMessage{name: value})
	return raw
}

// saysSomething reports whether valid JSON, or nothing, holds a value other than null,
// zero, false and what is empty.
func saysSomething(raw []byte) bool {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return false
	}
	var says func(v any) bool
	says = func(v any) bool {
		switch v := v.(type) {
		case nil:
			return false
		case bool:
			return v
		case float64:
			return v != 0
		case string:
			return v != "" && v != "0"
		case []any:
			return slices.ContainsFunc(v, says)
		case map[string]any:
			for _, member := range v {
				if says(member) {
					return true
				}
			}
		}
		return false
	}
	return says(v)
}
