package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/demo"
)

// rawRequest is what goes over the wire, byte by byte.
type rawRequest struct {
	method, target, key string
	header              string // lines, each with its end
	body                io.Reader
	closes              bool // the client sends no more, but reads
}

// sendRaw sends everything first and reads then, as simple clients do.
func (c *company) sendRaw(t *testing.T, raw rawRequest) answer {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.url(place{}), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: roundtable\r\nx-APIKey: %s\r\n%s\r\n", raw.method, raw.target, raw.key, raw.header)
	if _, err := io.Copy(conn, raw.body); err != nil {
		t.Errorf("the server hangs up before it has read the request: %v", err)
	}
	if raw.closes {
		err = conn.(*net.TCPConn).CloseWrite()
	}
	if err != nil {
		t.Error(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: raw.method})
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	got := readAnswer(t, response)
	checkReply(t, raw.method, raw.target, got)
	return got
}

// zeros is a body of n bytes that cost no memory.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { return copy(p, bytes.Repeat([]byte(" "), len(p))), nil }

const jsonHeader = "Content-Type: application/json\r\n"

var perceval = "/v2/user/" + demo.User("737")

// A client that sends up to 16 MiB before it reads sees the answer, whatever it is.
func TestLargeBodies(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		raw    rawRequest
		status int
	}{
		"length":       {rawRequest{method: "POST", target: perceval, key: "demo-org-admin", header: jsonHeader}, 413},
		"media type":   {rawRequest{method: "POST", target: perceval, key: "demo-org-admin", header: "Content-Type: image/png\r\n"}, 415},
		"wrong key":    {rawRequest{method: "POST", target: perceval, key: "nobody", header: jsonHeader}, 401},
		"wrong method": {rawRequest{method: "PUT", target: perceval, key: "demo-org-admin", header: jsonHeader}, 405},
		"no route":     {rawRequest{method: "POST", target: "/v2/knight", key: "demo-org-admin", header: jsonHeader}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			before := c.dump(t)
			const size = 16 << 20
			test.raw.header += fmt.Sprintf("Content-Length: %d\r\n", size)
			test.raw.body = zeros(size)
			wantError(t, c.sendRaw(t, test.raw), test.status, nil)
			test.raw.header = strings.Replace(test.raw.header, fmt.Sprintf("Content-Length: %d", size), "Transfer-Encoding: chunked", 1)
			test.raw.body = io.MultiReader(strings.NewReader(fmt.Sprintf("%x\r\n", size)), zeros(size), strings.NewReader("\r\n0\r\n\r\n"))
			wantError(t, c.sendRaw(t, test.raw), test.status, nil)
			if changed := before.changes(c.dump(t)); len(changed) > 0 {
				t.Errorf("rows changed: %v", changed)
			}
		})
	}
}

// 1 MiB is the limit, to the byte.
func TestBodyLimit(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const limit = 1 << 20
	body := func(size int) string { return "{" + strings.Repeat(" ", size-2) + "}" }
	if got := c.send(t, call("POST", perceval, "demo-org-admin", body(limit))); got.status != 200 {
		t.Errorf("1 MiB: %d %s", got.status, got.body)
	}
	wantError(t, c.send(t, call("POST", perceval, "demo-org-admin", body(limit+1))), 413, nil)
	chunked := func(size int) rawRequest {
		text := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", size, body(size))
		return rawRequest{method: "POST", target: perceval, key: "demo-org-admin", header: jsonHeader + "Transfer-Encoding: chunked\r\n", body: strings.NewReader(text)}
	}
	if got := c.sendRaw(t, chunked(limit)); got.status != 200 {
		t.Errorf("1 MiB in a chunk: %d %s", got.status, got.body)
	}
	wantError(t, c.sendRaw(t, chunked(limit+1)), 413, nil)
}

// Bodies that are not what their headers say.
func TestBodiesThatLie(t *testing.T) {
	t.Parallel()
	const phone = `{"phone": "1"}`
	length := func(n int) string { return jsonHeader + fmt.Sprintf("Content-Length: %d\r\n", n) }
	const chunked = jsonHeader + "Transfer-Encoding: chunked\r\n"
	for name, test := range map[string]struct {
		header, body string
		status       int
	}{
		"ends early":              {length(100), phone, 400},
		"begins and ends":         {length(100), "", 400},
		"goes on":                 {length(len(phone) - 1), phone, 400},
		"says nothing":            {jsonHeader, phone, 400},
		"chunks":                  {chunked, "5\r\n{\"pho\r\n9\r\nne\": \"1\"}\r\n0\r\n\r\n", 200},
		"chunks with a trailer":   {chunked, "e\r\n{\"phone\": \"1\"}\r\n0\r\nx-APIKey: demo-provider\r\n\r\n", 200},
		"chunks without an end":   {chunked, "e\r\n{\"phone\": \"1\"}\r\n", 400},
		"a chunk that ends early": {chunked, "ff\r\n{\"phone\": \"1\"}", 400},
		"no chunk":                {chunked, phone, 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			before := c.dump(t)
			got := c.sendRaw(t, rawRequest{
				method: "POST", target: perceval, key: "demo-org-admin",
				header: test.header, body: strings.NewReader(test.body), closes: test.status == 400,
			})
			changed := len(before.changes(c.dump(t))) > 0
			if changed != (test.status == 200) {
				t.Errorf("rows changed: %v", changed)
			}
			if test.status == 200 {
				wantAnswer(t, got, 200, nil, map[string]any{"id": demo.User("737"), "status": "success"})
			} else {
				wantInvalid(t, got, "_schema:invalid_json")
			}
		})
	}
}

// A client that closes its half behind a whole request gets the answer or none:
// no success that did not happen.
func TestHalfClosed(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for i := range 10 {
		body := fmt.Sprintf(`{"phone": "%d"}`, i)
		conn, err := net.Dial("tcp", strings.TrimPrefix(c.url(place{}), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: roundtable\r\nx-APIKey: demo-org-admin\r\n%sContent-Length: %d\r\n\r\n%s", perceval, jsonHeader, len(body), body)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil {
			got := readAnswer(t, response)
			wantAnswer(t, got, http.StatusOK, nil, map[string]any{"id": demo.User("737"), "status": "success"})
		}
		conn.Close()
	}
}

// A client that asks before it sends a large body (curl does) gets the answer: at
// once, or after it has sent what it was asked for.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(c.url(place{}), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	const size = 16 << 20
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: roundtable\r\nx-APIKey: demo-org-admin\r\n%sContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", perceval, jsonHeader, size)
	reader := bufio.NewReader(conn)
	if line, err := reader.Peek(12); err == nil && string(line) == "HTTP/1.1 100" {
		if _, err := reader.Discard(len("HTTP/1.1 100 Continue\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(conn, zeros(size)); err != nil {
			t.Errorf("the server asked for the body and hangs up: %v", err)
		}
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	wantError(t, readAnswer(t, response), 413, nil)
}
