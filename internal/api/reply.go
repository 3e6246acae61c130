package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable"
)

// reply is a success: its body as JSON, and what stands in its headers.
type reply struct {
	body    []byte
	etag    string
	ignored []string
}

func newReply(body any) (*reply, error) {
	text, err := json.Marshal(body)
	return &reply{body: text}, err
}

// jsonType has no charset: old clients compare it letter by letter (section 1.2).
var jsonType = []string{"application/json"}

func (p *reply) write(w http.ResponseWriter) {
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = []string{strconv.Itoa(len(p.body))}
	if p.etag != "" {
		header["Etag"] = []string{p.etag}
	}
	if len(p.ignored) > 0 {
		header["Roundtable-Ignored"] = []string{strings.Join(p.ignored, ", ")}
	}
	_, _ = w.Write(p.body) // nobody is left to tell that the client has gone
}

// Representations of a user that an ETag names.
const (
	fullUser  = "full"
	briefUser = "brief" // without business_ids
)

// etag is a strong entity tag: the version of the user, that of its organisation,
// and which representation.
func etag(user *roundtable.User, org *roundtable.Org, representation string) string {
	return `"` + strconv.FormatInt(user.Version, 10) + "." + strconv.FormatInt(org.Version, 10) + "-" + representation + `"`
}

// parseIfMatch reads If-Match. Tags that are weak or not of ours match nothing.
func parseIfMatch(header []string) roundtable.Precondition {
	if len(header) == 0 {
		return roundtable.Precondition{}
	}
	condition := roundtable.Precondition{Given: true}
	for tag := range strings.SplitSeq(strings.Join(header, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" {
			condition.Any = true
		} else if version, ok := versionOf(tag); ok {
			condition.Versions = append(condition.Versions, version)
		}
	}
	return condition
}

func versionOf(tag string) (int64, bool) {
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return 0, false
	}
	versions, representation, _ := strings.Cut(tag[1:len(tag)-1], "-")
	version, org, _ := strings.Cut(versions, ".")
	_, knownOrg := parseInteger(org)
	number, known := parseInteger(version)
	return number, known && knownOrg && (representation == fullUser || representation == briefUser)
}
