package ui

import (
	"crypto/sha256"
	"embed"
	"fmt"
	"net/http"

	"github.com/roundtable-directory/roundtable"
)

//go:embed assets
var assets embed.FS

// assetTypes are the files that pages load.
var assetTypes = map[string]string{
	"style.css": "text/css; charset=utf-8",
	"icon.svg":  "image/svg+xml",
}

// asset is GET /assets/{name}. It may be kept, and is asked for again each time.
func (q *request) asset() error {
	name := q.PathValue("name")
	kind, known := assetTypes[name]
	if !known {
		return &roundtable.Error{Code: roundtable.CodeNotFound}
	}
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		return err
	}
	header, tag := q.w.Header(), fmt.Sprintf(`"%.16x"`, sha256.Sum256(text))
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", tag)
	header.Set("Content-Type", kind)
	if q.Header.Get("If-None-Match") == tag {
		q.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, _ = q.w.Write(text) // nobody is left to tell that the browser has gone
	return nil
}
