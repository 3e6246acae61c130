package api

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/swaggest/swgui/v5emb"

	contract "github.com/roundtable-directory/roundtable/api"
)

const docsPath = "/docs"

// docsPolicy lets the page load from this server only, and run nothing that stands
// in the page itself. Swagger UI has its icons as data.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Roundtable API</title>
<link rel="icon" type="image/png" sizes="32x32" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

// docsScript stands in a file of its own because the policy allows no script in
// the page. Without validatorUrl null the page would ask a host of its makers.
const docsScript = `SwaggerUIBundle({
  url: "/openapi.yaml",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`

// docsAssets are the files that the page loads.
var docsAssets = []string{"", "start.js", "swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"}

// getDocs is GET /docs and what the page loads.
func (a *API) getDocs(req *request) (*reply, error) {
	if !slices.Contains(docsAssets, req.parameter()) {
		return nil, notFound()
	}
	return &reply{page: a.docs}, nil
}

// getOpenAPI is GET /openapi.yaml.
func (a *API) getOpenAPI(*request) (*reply, error) { return &reply{page: a.openAPI}, nil }

// docsHandler serves the contract as a page to read and to try calls out, at
// /docs and below. All it loads comes from this program.
func docsHandler() http.Handler {
	assets := v5emb.New("Roundtable", "/openapi.yaml", docsPath)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", docsPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-cache")
		switch strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, docsPath), "/") {
		case "":
			serveText(w, "text/html; charset=utf-8", docsPage)
		case "/start.js":
			serveText(w, "text/javascript; charset=utf-8", docsScript)
		default:
			assets.ServeHTTP(w, r)
		}
	})
}

func serveText(w http.ResponseWriter, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	_, _ = io.WriteString(w, text) // nobody is left to tell that the client has gone
}

// openAPIHandler serves the contract itself.
func openAPIHandler() http.Handler {
	tag := fmt.Sprintf(`"%.16x"`, sha256.Sum256(contract.OpenAPI))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Type", "application/yaml")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Cache-Control", "no-cache")
		header.Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(contract.OpenAPI))
	})
}
