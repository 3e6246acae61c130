package api

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable"
)

const (
	maxBody    = 1 << 20  // a larger one is refused
	maxDropped = 16 << 20 // how much of it is read away, so that the client sees the answer
	maxDepth   = 64       // nesting of values
)

// readBody reads the body of a writing request: media type, size, and that it is
// one JSON object. A route that needs none takes none, or an object of any media type
// (section 2).
func readBody(r *http.Request, none bool) ([]byte, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if !none && (err != nil || media != "application/json") {
		return nil, &roundtable.Error{Code: roundtable.CodeMediaType}
	}
	if r.ContentLength > maxBody {
		return nil, &roundtable.Error{Code: roundtable.CodeBodyTooLarge}
	}
	body, err := readAtMost(r, maxBody)
	if err != nil {
		return nil, invalidBody(roundtable.CodeInvalidJSON, "The body ended early.")
	}
	if len(body) > maxBody {
		return nil, &roundtable.Error{Code: roundtable.CodeBodyTooLarge}
	}
	if none && len(body) == 0 {
		return nil, nil
	}
	return body, inspect(body)
}

// validText reports whether a text from a path or query may be stored or searched.
func validText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// dropBody reads away what a refused request still sends, so that a client which
// sends everything first sees the answer. A client that asks whether to go on
// (Expect) is told not to.
func dropBody(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Expect") != "" && r.ContentLength >= 0 {
		return
	}
	if n, _ := io.CopyN(io.Discard, r.Body, maxDropped); n == maxDropped {
		w.Header().Set("Connection", "close")
	}
}

// readAtMost reads the body, and one byte beyond limit if there is more.
func readAtMost(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > 0 && r.ContentLength <= limit {
		body := make([]byte, r.ContentLength)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, limit+1))
}

// inspect checks what concerns the body as a whole.
func inspect(body []byte) error {
	switch {
	case !utf8.Valid(body):
		return invalidBody(roundtable.CodeInvalidUTF8, "The body is not valid UTF-8.")
	case tooDeep(body):
		return invalidBody(roundtable.CodeTooDeep, "The body is nested too deep.")
	case !json.Valid(body):
		return invalidBody(roundtable.CodeInvalidJSON, "The body is not valid JSON, or more than one value.")
	case firstByte(body) != '{':
		return invalidBody(roundtable.CodeInvalidJSON, "The body must be a JSON object.")
	case hasLoneSurrogate(body):
		return invalidBody(roundtable.CodeInvalidUTF8, "The body holds half of a surrogate pair.")
	}
	return nil
}

func invalidBody(code roundtable.Code, message string) error {
	return roundtable.Invalid(roundtable.FieldError{Field: roundtable.BodyField, Code: code, Message: message})
}

// firstByte returns the first byte of valid JSON behind white space.
func firstByte(body []byte) byte {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
	}
	return 0
}

// tooDeep counts brackets outside of strings; it is right for valid JSON and
// harmless for other bodies.
func tooDeep(body []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// hasLoneSurrogate looks for \uD800 to \uDFFF without its other half in valid
// JSON. Decoders would put another character in its place in silence.
func hasLoneSurrogate(body []byte) bool {
	for i := 0; i+1 < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		if body[i] != 'u' {
			continue
		}
		switch high := surrogate(body[i+1:]); high {
		case 0:
		case 'D' - 2: // high half: the low one must follow
			if next := body[i+5:]; len(next) < 6 || next[0] != '\\' || next[1] != 'u' || surrogate(next[2:]) != 'D' {
				return true
			}
			i += 10
		default:
			return true
		}
	}
	return false
}

// surrogate tells a high half ('D'-2), a low half ('D') and anything else (0) from
// the four digits of an escape.
func surrogate(digits []byte) byte {
	if len(digits) < 4 || digits[0]|0x20 != 'd' {
		return 0
	}
	switch digits[1] | 0x20 {
	case '8' | 0x20, '9' | 0x20, 'a', 'b':
		return 'D' - 2
	case 'c', 'd', 'e', 'f':
		return 'D'
	}
	return 0
}
