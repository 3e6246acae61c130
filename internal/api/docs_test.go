package api

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	contract "github.com/roundtable-directory/roundtable/api"
)

func askDocs(h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// docsLoads finds what a page makes a browser fetch.
var docsLoads = regexp.MustCompile(`(?:src|href|url|action)\s*[=:]\s*"([^"]*)"`)

func TestDocsLoadFromThisServerOnly(t *testing.T) {
	for _, target := range []string{"/docs", "/docs/", "/docs/start.js"} {
		page := askDocs(docsHandler(), target)
		found := docsLoads.FindAllStringSubmatch(page.Body.String(), -1)
		if page.Code != http.StatusOK || len(found) == 0 {
			t.Fatalf("%s: %d, loads %d", target, page.Code, len(found))
		}
		for _, address := range found {
			path := address[1]
			if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
				t.Errorf("%s loads %s from elsewhere", target, path)
				continue
			}
			serve := docsHandler()
			if path == "/openapi.yaml" {
				serve = openAPIHandler()
			}
			if asset := askDocs(serve, path); asset.Code != http.StatusOK || asset.Body.Len() == 0 {
				t.Errorf("%s answers %d, %d bytes", path, asset.Code, asset.Body.Len())
			}
		}
	}
	if script := askDocs(docsHandler(), "/docs/start.js").Body.String(); !strings.Contains(script, "validatorUrl: null") {
		t.Error("the page would ask a validator elsewhere")
	}
}

func TestDocsAssets(t *testing.T) {
	for target, contentType := range map[string]string{
		"/docs":                      "text/html",
		"/docs/start.js":             "text/javascript",
		"/docs/swagger-ui-bundle.js": "application/javascript",
		"/docs/swagger-ui.css":       "text/css",
		"/docs/favicon-32x32.png":    "image/png",
	} {
		for _, encoding := range []string{"", "gzip"} {
			got := askDocs(docsHandler(), target, "Accept-Encoding", encoding)
			if got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Type"), contentType) {
				t.Errorf("%s: %d %s", target, got.Code, got.Header().Get("Content-Type"))
			}
			policy := got.Header().Get("Content-Security-Policy")
			if !strings.Contains(policy, "default-src 'none'") || regexp.MustCompile(`https?:|\*|unsafe`).MatchString(policy) {
				t.Errorf("%s: policy %s", target, policy)
			}
		}
	}
	if got := askDocs(docsHandler(), "/docs/nothing.js"); got.Code != http.StatusNotFound {
		t.Errorf("an asset that does not exist: %d", got.Code)
	}
}

// The style sheet may name no address but data.
func TestDocsStyleLoadsNothing(t *testing.T) {
	style := askDocs(docsHandler(), "/docs/swagger-ui.css").Body.String()
	for _, use := range regexp.MustCompile(`(?:url\(\s*["']?|@import\s+)(.{0,30})`).FindAllStringSubmatch(style, -1) {
		if !strings.HasPrefix(use[1], "data:") {
			t.Errorf("the style loads %s", use[1])
		}
	}
}

func TestOpenAPI(t *testing.T) {
	got := askDocs(openAPIHandler(), "/openapi.yaml")
	if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "application/yaml" || got.Body.String() != string(contract.OpenAPI) {
		t.Errorf("%d %s, %d bytes", got.Code, got.Header().Get("Content-Type"), got.Body.Len())
	}
	tag := got.Header().Get("ETag")
	if !regexp.MustCompile(`^"[0-9a-f]{32}"$`).MatchString(tag) {
		t.Errorf("tag %s", tag)
	}
	if again := askDocs(openAPIHandler(), "/openapi.yaml", "If-None-Match", tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("with its tag: %d, %d bytes", again.Code, again.Body.Len())
	}
}
