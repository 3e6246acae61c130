package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// reply is a success: its body as JSON, and what stands in its headers.
type reply struct {
	body    []byte
	etag    string
	ignored []string
	header  map[string]string // further ones
	page    http.Handler      // answers instead, for what is not JSON
	status  int               // 0: 200
	buffer  *bytes.Buffer     // holds the body until it is written; nil: nothing to give back
}

func newReply(body any) (*reply, error) {
	text, err := json.Marshal(body)
	return &reply{body: text}, err
}

// newPage is the paging envelope (section 2) with a list under its name.
func newPage[T any](page directory.Page, count int, name string, list []T) (*reply, error) {
	if list == nil {
		list = []T{}
	}
	body := pageBuffers.Get().(*bytes.Buffer) // New makes nothing else
	body.Reset()
	maxPage := max(1, (count+page.PerPage-1)/page.PerPage)
	fmt.Fprintf(body, `{"page":%d,"max_page":%d,"count":%d,"%s":`, page.Number, maxPage, count, name)
	if err := json.NewEncoder(body).Encode(list); err != nil {
		return nil, err
	}
	body.Truncate(body.Len() - 1) // the newline that ends a value
	body.WriteByte('}')
	return &reply{body: body.Bytes(), buffer: body}, nil
}

// pageBuffers are for the pages of lists, most of what searches would allocate otherwise.
var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPageBuffer bounds what is kept of rare large pages.
const maxPageBuffer = 128 << 10

// jsonType has no charset: old clients compare it letter by letter (section 1.2).
var jsonType = []string{"application/json"}

func (p *reply) write(w http.ResponseWriter, r *http.Request) {
	if p.page != nil {
		p.page.ServeHTTP(w, r)
		return
	}
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = []string{strconv.Itoa(len(p.body))}
	if p.etag != "" {
		header["Etag"] = []string{p.etag}
	}
	if len(p.ignored) > 0 {
		header["Roundtable-Ignored"] = []string{strings.Join(p.ignored, ", ")}
	}
	for name, value := range p.header {
		header.Set(name, value)
	}
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	_, _ = w.Write(p.body) // nobody is left to tell that the client has gone
	if p.buffer != nil && p.buffer.Cap() <= maxPageBuffer {
		pageBuffers.Put(p.buffer)
	}
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

// orgETag is the entity tag of an organisation: its version.
func orgETag(org *roundtable.Org) string { return `"` + strconv.FormatInt(org.Version, 10) + `-org"` }

// orgStateOf reads a tag as orgETag writes it.
func orgStateOf(tag string) (state roundtable.State, ok bool) {
	version, ours := strings.CutSuffix(strings.TrimPrefix(tag, `"`), `-org"`)
	state.Org, ok = parseInteger(version)
	return state, ok && ours && tag[0] == '"'
}

// parseIfMatch reads If-Match for a user.
func parseIfMatch(header []string) roundtable.Precondition { return parseTags(header, stateOf) }

// parseTags reads If-Match. Tags that are weak or not of ours match nothing.
func parseTags(header []string, stateOf func(tag string) (roundtable.State, bool)) roundtable.Precondition {
	if len(header) == 0 {
		return roundtable.Precondition{}
	}
	condition := roundtable.Precondition{Given: true}
	for rest := strings.Join(header, ","); rest != ""; {
		var tag string
		tag, rest = cutTag(rest)
		if tag == "*" {
			condition.Any = true
		} else if state, ok := stateOf(tag); ok {
			condition.States = append(condition.States, state)
		}
	}
	return condition
}

// cutTag cuts the first member off a list of tags. A comma between quotes belongs to
// its tag.
func cutTag(list string) (tag, rest string) {
	quoted := false
	for i := range len(list) {
		switch {
		case list[i] == '"':
			quoted = !quoted
		case list[i] == ',' && !quoted:
			return strings.TrimSpace(list[:i]), list[i+1:]
		}
	}
	return strings.TrimSpace(list), ""
}

// stateOf reads a tag as etag writes it.
func stateOf(tag string) (state roundtable.State, ok bool) {
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return state, false
	}
	versions, representation, _ := strings.Cut(tag[1:len(tag)-1], "-")
	user, org, _ := strings.Cut(versions, ".")
	var knownUser, knownOrg bool
	state.User, knownUser = parseInteger(user)
	state.Org, knownOrg = parseInteger(org)
	return state, knownUser && knownOrg && (representation == fullUser || representation == briefUser)
}
