package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable/internal/apitest"
	"github.com/roundtable-directory/roundtable/internal/demo"
)

// script is what happens to one demo company.
type script struct {
	name  string
	steps []step
}

// step is a line that sets up (verb), or a request with what it must bring about.
type step struct {
	line           int
	verb, argument string

	call apitest.Call
	at   place
	want expectation
}

type expectation struct {
	status int
	made   bool        // the id in the reply is that of a new user
	fields []fieldCode // what an error names
	header map[string]string
	body   any // nil: not looked at
	events []*wantedEvent
	rows   []string
	keep   map[string]string // names, and the members of the body that they stand for
}

var (
	shortID    = regexp.MustCompile(`\{(b?)(\d+)\}`)
	headerLine = regexp.MustCompile(`^([A-Za-z-]+): ?(.*)$`)
	rawPiece   = regexp.MustCompile("^(\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`)(?:\\*([0-9]+))? *")
)

// expandIDs writes out {737} and {b04}.
func expandIDs(text string) string {
	return shortID.ReplaceAllStringFunc(text, func(short string) string {
		found := shortID.FindStringSubmatch(short)
		if found[1] == "b" {
			return demo.Business("7" + found[2])
		}
		return demo.User(found[2])
	})
}

// parser reads a file line by line; the last script and its last step grow.
type parser struct {
	file    string
	scripts []script
	json    []string // lines of a JSON value that may go on
	replied bool     // behind =>
}

func parseScripts(file, text string) ([]script, error) {
	p := &parser{file: file}
	for i, line := range strings.Split(text+"\n\n", "\n") {
		if err := p.line(i+1, strings.TrimRight(expandIDs(line), " ")); err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", i+1, line, err)
		}
	}
	return p.scripts, nil
}

func (p *parser) line(number int, line string) error {
	if len(p.json) > 0 {
		if line != "" && strings.ContainsRune(" ]}", rune(line[0])) {
			p.json = append(p.json, line)
			return nil
		}
		if err := p.endJSON(); err != nil {
			return err
		}
	}
	verb, argument, _ := strings.Cut(line, " ")
	switch verb {
	case "#":
		return nil
	case "===":
		p.scripts = append(p.scripts, script{name: p.file + "/" + argument})
		return nil
	case "sql", "plant", "wait", "key":
		p.add(step{line: number, verb: verb, argument: argument})
		return nil
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return p.request(number, verb, argument)
	}
	switch {
	case line == "" || line[0] == '#':
		return nil
	case len(p.scripts) == 0 || len(p.last().call.Method) == 0:
		return fmt.Errorf("stands behind no request")
	}
	return p.part(verb, argument, line)
}

func (p *parser) add(s step) {
	current := &p.scripts[len(p.scripts)-1]
	current.steps = append(current.steps, s)
	p.replied = false
}

func (p *parser) last() *step {
	current := &p.scripts[len(p.scripts)-1]
	if len(current.steps) == 0 {
		return &step{}
	}
	return &current.steps[len(current.steps)-1]
}

// request begins a step: target and options.
func (p *parser) request(number int, method, rest string) error {
	words := strings.Fields(rest)
	s := step{line: number, call: call(method, words[0], "", ""), want: expectation{header: map[string]string{}, keep: map[string]string{}}}
	for _, word := range words[1:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "key":
			s.call.Header.Set("X-Apikey", value)
		case "from":
			s.at.peer = value
		case "listen":
			s.at.listen = value
		case "proxies":
			s.at.proxies = value
		default:
			return fmt.Errorf("unknown option %s", name)
		}
	}
	p.add(s)
	return nil
}

// part reads a line that belongs to the last request.
func (p *parser) part(verb, argument, line string) error {
	s := p.last()
	header := headerLine.FindStringSubmatch(line)
	switch {
	case verb == "=>":
		p.replied = true
		return s.expect(argument)
	case line[0] == '{' || line[0] == '[':
		p.json = []string{line}
	case verb == "raw" && !p.replied:
		return s.raw(argument)
	case verb == "event":
		return s.event(argument)
	case verb == "keep":
		name, member, _ := strings.Cut(argument, " ")
		s.want.keep[name] = member
	case verb == "row":
		s.want.rows = append(s.want.rows, argument)
	case line[0] == ' ' && len(s.want.events) > 0:
		return s.want.events[len(s.want.events)-1].part(strings.TrimSpace(line))
	case header == nil:
		return fmt.Errorf("not understood")
	case p.replied:
		s.want.header[header[1]] = header[2]
	case header[2] == "":
		s.call.Header[http.CanonicalHeaderKey(header[1])] = nil
	default:
		s.call.Header.Add(header[1], header[2])
	}
	return nil
}

func (p *parser) endJSON() error {
	text, s := strings.Join(p.json, "\n"), p.last()
	p.json = nil
	if p.replied {
		return json.Unmarshal([]byte(text), &s.want.body)
	}
	s.body([]byte(text))
	return nil
}

// body sets the body, and the media type unless the script has named one.
func (s *step) body(body []byte) {
	s.call.Body = body
	if _, named := s.call.Header["Content-Type"]; !named {
		s.call.Header.Set("Content-Type", "application/json")
	}
}

// raw reads quoted pieces, each perhaps repeated.
func (s *step) raw(pieces string) error {
	body := []byte{}
	for pieces != "" {
		found := rawPiece.FindStringSubmatch(pieces)
		if found == nil {
			return fmt.Errorf("no quoted text at %q", pieces)
		}
		text, err := strconv.Unquote(found[1])
		if err != nil {
			return err
		}
		times := 1
		if found[2] != "" {
			times, _ = strconv.Atoi(found[2])
		}
		body = append(body, strings.Repeat(text, times)...)
		pieces = pieces[len(found[0]):]
	}
	s.body(body)
	return nil
}

// expect reads what stands behind =>.
func (s *step) expect(line string) error {
	words := strings.Fields(line)
	if words[0] == "made" {
		s.expectMade(words[1])
		return nil
	}
	if words[0] == "ok" {
		path, _, _ := strings.Cut(s.call.Target, "?")
		s.want.status, s.want.header["ETag"] = http.StatusOK, words[1]
		s.want.body = map[string]any{"id": strings.TrimSuffix(strings.TrimPrefix(path, "/v2/user/"), "/"), "status": "success"}
		return nil
	}
	var err error
	s.want.status, err = strconv.Atoi(words[0])
	for _, word := range words[1:] {
		field, code, _ := strings.Cut(word, ":")
		s.want.fields = append(s.want.fields, fieldCode{field, code})
	}
	return err
}
