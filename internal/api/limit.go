package api

import (
	"fmt"
	"net/http"

	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// limit counts a request against the limit of its caller's organisation and tells
// where that stands (section 5).
func (a *API) limit(w http.ResponseWriter, req *request) error {
	quota, err := a.directory.Take(req.caller, httpd.Origin(req.Request).Now)
	if quota.Limit > 0 {
		header := w.Header()
		header["Ratelimit-Policy"] = []string{fmt.Sprintf(`"organisation";q=%d;w=%d`, quota.Limit, int(directory.QuotaWindow.Seconds()))}
		header["Ratelimit"] = []string{fmt.Sprintf(`"organisation";r=%d;t=%d`, quota.Left, int(quota.Reset.Seconds()))}
	}
	return err
}
