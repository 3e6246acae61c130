package ui

import (
	"embed"
	"fmt"
	"html/template"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/words"
)

//go:embed templates
var templates embed.FS

// view is what a template is given.
type view struct {
	*words.Catalog
	Path    string           // of the page
	User    *roundtable.User // who is signed in; nil: nobody
	Sidebar []link

	Title   string
	Done    string  // what has just been done; empty: nothing
	Faults  []fault // what stands against the form
	Fields  []field
	Hidden  []field // what the form bears unseen
	Message string
	Submit  string // what the button of the form says

	RequestID  string
	Sessions   []sessionLine
	SingleSign bool   // there is another way to sign in
	Elsewhere  string // where it begins
}

// link is a line of a menu.
type link struct{ Address, Label string }

// pageNames are the texts for the pages of the sidebar.
var pageNames = map[string]string{
	"bulk_modification":   "page.sidebar.bulk_modification",
	"diffusion":           "page.sidebar.diffusion",
	"feedback_management": "page.sidebar.feedback_management",
	"messages":            "page.sidebar.messages",
	"posts":               "page.sidebar.posts",
	"presence_analytics":  "page.sidebar.presence_analytics",
	"review_analytics":    "page.sidebar.review_analytics",
	"review_invite":       "page.sidebar.review_invite",
	"review_management":   "page.sidebar.review_management",
}

func sidebar(c *words.Catalog, pages []string) []link {
	var links []link
	for _, page := range pages {
		links = append(links, link{"/pages/" + page, c.Text(pageNames[page])})
	}
	return links
}

// parseTemplates reads every page, each with the layout around it.
func parseTemplates() (map[string]*template.Template, error) {
	shared := []string{"layout.html", "form.html"}
	files, err := templates.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	parsed := make(map[string]*template.Template)
	for _, file := range files {
		name := file.Name()
		if slices.Contains(shared, name) {
			continue
		}
		page, err := template.ParseFS(templates, "templates/layout.html", "templates/form.html", "templates/"+name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		parsed[name] = page
	}
	return parsed, nil
}
