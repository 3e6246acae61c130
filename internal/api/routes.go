package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
)

// Route is a line of the route table: what tests walk, and what the contract file
// describes.
type Route struct {
	Method string
	Path   string // a segment in braces stands for any one segment
	Public bool   // answers without a key
	NoBody bool   // writes, and needs no body
	handle func(*API, *request) (*reply, error)
}

// routes is the route table. Where several paths fit, the first wins.
var routes = []Route{
	{Method: "GET", Path: "/health/live", Public: true, handle: (*API).live},
	{Method: "GET", Path: "/health/ready", Public: true, handle: (*API).ready},
	{Method: "GET", Path: "/openapi.yaml", Public: true, handle: (*API).getOpenAPI},
	{Method: "GET", Path: "/docs", Public: true, handle: (*API).getDocs},
	{Method: "GET", Path: "/docs/{asset}", Public: true, handle: (*API).getDocs},
	{Method: "POST", Path: "/v2/user", handle: (*API).createUser},
	{Method: "GET", Path: "/v2/user/me", handle: (*API).getMe},
	{Method: "GET", Path: "/v2/user/search", handle: (*API).searchUsers},
	{Method: "GET", Path: "/v2/user/search/count", handle: (*API).countUsers},
	{Method: "GET", Path: "/v2/user/{user_id}", handle: (*API).getUser},
	{Method: "POST", Path: "/v2/user/{user_id}", handle: (*API).updateUser},
	{Method: "DELETE", Path: "/v2/user/{user_id}", NoBody: true, handle: (*API).deleteUser},
	{Method: "POST", Path: "/v2/user/{user_id}/invite", NoBody: true, handle: (*API).inviteUser},
	{Method: "GET", Path: "/v2/user/{user_id}/invitation", handle: (*API).getInvitation},
	{Method: "GET", Path: "/v2/user/{user_id}/sessions", handle: (*API).listSessions},
	{Method: "DELETE", Path: "/v2/user/{user_id}/sessions", NoBody: true, handle: (*API).endSessions},
	{Method: "DELETE", Path: "/v2/user/{user_id}/sessions/{session_id}", NoBody: true, handle: (*API).endSession},
	{Method: "POST", Path: "/v2/connection/generate_token", handle: (*API).generateToken},
	{Method: "GET", Path: "/v2/connection/check_token", handle: (*API).checkToken},
	{Method: "POST", Path: "/v2/connection/revoke_token", handle: (*API).revokeToken},
	{Method: "POST", Path: "/v2/handover/check", handle: (*API).checkHandover},
	{Method: "GET", Path: "/v2/user/{user_id}/businesses", handle: (*API).getUserBusinesses},
	{Method: "GET", Path: "/v2/user/{user_id}/history", handle: (*API).getHistory},
	{Method: "POST", Path: "/v2/business", handle: (*API).createBusiness},
	{Method: "GET", Path: "/v2/business/search", handle: (*API).searchBusinesses},
	{Method: "GET", Path: "/v2/business/{business_id}", handle: (*API).getBusiness},
	{Method: "POST", Path: "/v2/business/{business_id}", handle: (*API).updateBusiness},
	{Method: "DELETE", Path: "/v2/business/{business_id}", NoBody: true, handle: (*API).deleteBusiness},
	{Method: "GET", Path: "/v2/api_keys", handle: (*API).listAPIKeys},
	{Method: "POST", Path: "/v2/api_keys", handle: (*API).createAPIKey},
	{Method: "GET", Path: "/v2/api_keys/{api_key_id}", handle: (*API).getAPIKey},
	{Method: "PUT", Path: "/v2/api_keys/{api_key_id}", handle: (*API).updateAPIKey},
	{Method: "POST", Path: "/v2/api_keys/{api_key_id}", handle: (*API).updateAPIKey},
	{Method: "POST", Path: "/v2/api_keys/revoke/{api_key_id}", NoBody: true, handle: (*API).revokeAPIKey},
	{Method: "POST", Path: "/v2/api_keys/{api_key_id}/rotate", NoBody: true, handle: (*API).rotateAPIKey},
	{Method: "GET", Path: "/v2/permissions", handle: (*API).listPermissions},
	{Method: "POST", Path: "/v2/org", handle: (*API).createOrg},
	{Method: "GET", Path: "/v2/org/search", handle: (*API).searchOrgs},
	{Method: "GET", Path: "/v2/org/{org_id}", handle: (*API).getOrg},
	{Method: "POST", Path: "/v2/org/{org_id}", handle: (*API).updateOrg},
	{Method: "DELETE", Path: "/v2/org/{org_id}", NoBody: true, handle: (*API).deleteOrg},
	{Method: "GET", Path: "/v2/org/{org_id}/plans", handle: (*API).getPlans},
	{Method: "POST", Path: "/v2/org/{org_id}/plans", handle: (*API).updatePlans},
	{Method: "GET", Path: "/v2/org/{org_id}/sso", handle: (*API).getSSO},
	{Method: "PUT", Path: "/v2/org/{org_id}/sso", handle: (*API).setSSO},
	{Method: "DELETE", Path: "/v2/org/{org_id}/sso", NoBody: true, handle: (*API).deleteSSO},
	{Method: "POST", Path: "/v2/org/{org_id}/sso/test", NoBody: true, handle: (*API).testSSO},
	{Method: "GET", Path: "/v2/sections", handle: (*API).listSections},
	{Method: "POST", Path: "/v2/sections", handle: (*API).createSection},
	{Method: "GET", Path: "/v2/sections/{section_id}", handle: (*API).getSection},
	{Method: "POST", Path: "/v2/sections/{section_id}", handle: (*API).updateSection},
	{Method: "DELETE", Path: "/v2/sections/{section_id}", NoBody: true, handle: (*API).deleteSection},
	{Method: "POST", Path: "/v2/sections/{section_id}/groups", handle: (*API).createGroup},
	{Method: "GET", Path: "/v2/sections/{section_id}/groups/{group_id}", handle: (*API).getGroup},
	{Method: "POST", Path: "/v2/sections/{section_id}/groups/{group_id}", handle: (*API).updateGroup},
	{Method: "DELETE", Path: "/v2/sections/{section_id}/groups/{group_id}", NoBody: true, handle: (*API).deleteGroup},
	{Method: "POST", Path: "/v2/sections/{section_id}/groups/{group_id}/businesses", handle: (*API).addToGroup},
	{Method: "DELETE", Path: "/v2/sections/{section_id}/groups/{group_id}/businesses", handle: (*API).removeFromGroup},
	{Method: "GET", Path: "/v2/groups", handle: (*API).listFlatGroups},
	{Method: "POST", Path: "/v2/groups", handle: (*API).createFlatGroup},
	{Method: "GET", Path: "/v2/groups/{group_id}", handle: (*API).getFlatGroup},
	{Method: "PUT", Path: "/v2/groups/{group_id}", handle: (*API).updateFlatGroup},
	{Method: "DELETE", Path: "/v2/groups/{group_id}", NoBody: true, handle: (*API).deleteFlatGroup},
	{Method: "GET", Path: "/v2/groups/{group_id}/businesses", handle: (*API).getFlatMembers},
	{Method: "PUT", Path: "/v2/groups/{group_id}/businesses", handle: (*API).setFlatMembers},
	{Method: "GET", Path: "/v2/user/{user_id}/access", handle: (*API).getUserAccess},
	{Method: "GET", Path: "/v2/business/{business_id}/users", handle: (*API).getBusinessUsers},
	{Method: "POST", Path: "/v2/user/{user_id}/history/{event_id}/revert", NoBody: true, handle: (*API).revertUser},
	{Method: "GET", Path: "/v2/reviews", handle: (*API).listReviews},
	{Method: "POST", Path: "/v2/reviews", handle: (*API).takeReviews},
	{Method: "GET", Path: "/v2/reviews/{review_id}/notices", handle: (*API).getReviewNotices},
}

// Routes returns the route table.
func Routes() []Route { return routes }

// match finds the route of a method and a path, and the segments that its
// placeholders stand for.
func match(method string, path *url.URL) (*Route, []string, error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	winner, allowed := "", []string(nil)
	for i := range routes {
		if winner != "" && winner != routes[i].Path {
			continue
		}
		parameters, ok := matchPath(routes[i].Path, path)
		if !ok {
			continue
		}
		if routes[i].Method == method {
			return &routes[i], parameters, nil
		}
		winner, allowed = routes[i].Path, append(allowed, routes[i].Method)
	}
	if winner == "" {
		return nil, nil, notFound()
	}
	if slices.Contains(allowed, http.MethodGet) {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	return nil, nil, &methodError{allowed: allowed}
}

// matchPath compares a path with a pattern, segment by segment, so that an encoded
// slash stays part of its segment. A trailing slash makes no difference. What is no text
// that could be stored is no segment.
func matchPath(pattern string, path *url.URL) (parameters []string, ok bool) {
	rest := strings.TrimSuffix(path.EscapedPath(), "/")
	for wanted := range strings.SplitSeq(pattern[1:], "/") {
		if !strings.HasPrefix(rest, "/") {
			return nil, false
		}
		var segment string
		segment, rest = cutSegment(rest[1:])
		decoded, err := url.PathUnescape(segment)
		switch {
		case err != nil || decoded == "" || !validText(decoded):
			return nil, false
		case strings.HasPrefix(wanted, "{"):
			parameters = append(parameters, decoded)
		case wanted != decoded:
			return nil, false
		}
	}
	return parameters, rest == ""
}

// cutSegment cuts a path at its first slash, which stays with the rest.
func cutSegment(path string) (segment, rest string) {
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// methodError is a 405 with what would be allowed.
type methodError struct{ allowed []string }

func (e *methodError) Error() string { return "method not allowed" }

func (e *methodError) Unwrap() error { return &roundtable.Error{Code: roundtable.CodeMethodNotAllowed} }
