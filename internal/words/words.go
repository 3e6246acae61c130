// Package words owns the texts that people read on pages and in mails, in the languages
// that a user can have. It knows no page and no mail.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed texts
var texts embed.FS

// Catalog is the texts of one language.
type Catalog struct {
	lang  string
	texts map[string]string
}

// Of returns the texts of a language, by its code in lower case; English if it is unknown.
func Of(lang string) (*Catalog, error) {
	data, err := texts.ReadFile("texts/" + lang + ".json")
	if err != nil {
		lang = "en"
		if data, err = texts.ReadFile("texts/en.json"); err != nil {
			return nil, err
		}
	}
	c := &Catalog{lang: lang}
	return c, json.Unmarshal(data, &c.texts)
}

// Lang is the code of the language.
func (c *Catalog) Lang() string { return c.lang }

// Text returns a text with the values of its placeholders, {name} for the pair ("name",
// value). A key that does not exist is returned itself.
func (c *Catalog) Text(key string, pairs ...any) string {
	text, known := c.texts[key]
	if !known {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", pairs[i]), fmt.Sprint(pairs[i+1]))
	}
	return text
}
