package words

import (
	"fmt"
	"strings"
	"time"
)

// count is the placeholder whose number chooses the form of a text.
const count = "count"

// Catalog is the texts of one language, and how it writes numbers and dates.
type Catalog struct {
	locale
	texts map[string]text
}

// Lang is the code of the language, as a user has it; it is a valid lang attribute, too.
func (c *Catalog) Lang() string { return c.code }

// Name is what the language calls itself.
func (c *Catalog) Name() string { return c.name }

// Dir is the direction of writing, "ltr" or "rtl".
func (c *Catalog) Dir() string {
	if c.rtl {
		return "rtl"
	}
	return "ltr"
}

// Has reports whether there is a text of this key.
func (c *Catalog) Has(key string) bool {
	_, known := c.texts[key]
	return known
}

// Text returns a text with the values of its placeholders, {name} for the pair ("name",
// value); whole numbers are written as the language does. If the text has plural forms,
// "count" chooses among them. A key that does not exist is returned itself, and a
// placeholder without a value stays.
func (c *Catalog) Text(key string, pairs ...any) string {
	t, known := c.texts[key]
	if !known {
		return key
	}
	form := "other"
	if n, whole := number(value(pairs, count)); whole {
		form = c.form(n)
	}
	pieces, told := t[form]
	if !told {
		pieces = t["other"]
	}
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.literal)
		if p.name != "" {
			b.WriteString(c.write(value(pairs, p.name), p.name))
		}
	}
	return b.String()
}

// Number writes a whole number with the separators of the language.
func (c *Catalog) Number(n int64) string { return c.numbers.FmtNumber(float64(n), 0) }

// Date writes the day of a moment in UTC, the month as a word.
func (c *Catalog) Date(t time.Time) string { return c.dates.FmtDateLong(t.UTC()) }

// DateTime writes a moment to the minute in UTC, and says so: nobody here has told where
// they live.
func (c *Catalog) DateTime(t time.Time) string {
	return c.Text("format.date_time", "date", c.Date(t), "time", c.dates.FmtTimeShort(t.UTC()))
}

// fill takes from another language what is not translated. The tests let none be missing.
func (c *Catalog) fill(from *Catalog) {
	for key, t := range from.texts {
		if !c.Has(key) {
			c.texts[key] = t
		}
	}
}

// write returns a value as it stands in a text.
func (c *Catalog) write(value any, name string) string {
	if value == nil {
		return "{" + name + "}"
	}
	if n, whole := number(value); whole {
		return c.Number(n)
	}
	return fmt.Sprint(value)
}

func value(pairs []any, name string) any {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1]
		}
	}
	return nil
}

func number(value any) (int64, bool) {
	switch n := value.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	}
	return 0, false
}
