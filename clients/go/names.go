package otahub

import (
	"net/url"
	"strings"
)

// TargetName is targets/{controllerID}, with the id percent-encoded.
func TargetName(controllerID string) string {
	return "targets/" + strings.ReplaceAll(url.QueryEscape(controllerID), "+", "%20")
}
