package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/node"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

func TestMain(m *testing.M) {
	if err := dbtest.SkipOther(); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"roundtable": main})
}

// TestScripts runs the scripts under testdata. Beside the commands of testscript
// they have
//
//	start arguments…                   runs serve; sets URL and ADDRESS, prints its greeting
//	stop [TERM]                        interrupts the server, which must exit with 0; prints what it logged
//	request METHOD PATH [KEY [BODY]]   prints status and body
//	login EMAIL PASSWORD               posts the form of the page, prints status and body
//	paste                              sends the curl line of the greeting
//	capture NAME regexp                sets NAME to what the first group matches in stdout
//	sql DATABASE statement             changes a database from outside
//	empty FOLDER                       holds if there is nothing in the folder
//	status N program arguments…        runs a program, which must exit with N
//	truncate FILE FILE BYTES           copies the beginning of a file
//	overwrite FILE FILE FROM TO        copies a file with zeros in a range of bytes
//
// and $COMPANY, $OTHER, $FRESH and $NAMED, databases that are empty. Scripts for one engine
// only stand in a folder of its name.
func TestScripts(t *testing.T) {
	t.Parallel()
	folder := map[db.Engine]string{db.SQLite: "sqlite", db.PostgreSQL: "postgres"}[dbtest.Engine()]
	var files []string
	for _, pattern := range []string{"testdata/*.txt", "testdata/" + folder + "/*.txt"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %q, %v", pattern, found, err)
		}
		files = append(files, found...)
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		Condition:           func(name string) (bool, error) { return name == folder, nil },
		RequireExplicitExec: true,
		ContinueOnError:     true,
		Setup: func(env *testscript.Env) error {
			env.Values[running{}] = new(*node.Node)
			env.Setenv("GORACE", "atexit_sleep_ms=10")
			for _, name := range []string{"COMPANY", "OTHER", "FRESH", "NAMED"} {
				env.Setenv(name, strings.ToLower(name)+".db")
				if dbtest.Engine() == db.PostgreSQL {
					env.Setenv(name, dbtest.Empty(t).Address)
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": startServer, "stop": stopServer, "request": sendRequest, "login": postLogin, "paste": pasteCurl,
			"capture": capture, "sql": runSQL, "empty": isEmpty, "status": runToStatus, "truncate": copyBeginning, "overwrite": copyOverwritten,
			"logged": waitForLog,
		},
	})
}

// running is the key of a script's server.
type running struct{}

func server(ts *testscript.TestScript) **node.Node { return ts.Value(running{}).(**node.Node) }

func startServer(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("roundtable", append([]string{"serve"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	add := func(name string) {
		if value := ts.Getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	add("TMPDIR")
	add("GORACE")
	serveCommand().Flags().VisitAll(func(flag *pflag.Flag) {
		add("ROUNDTABLE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_")))
	})
	p, err := node.Start(cmd)
	ts.Check(err)
	ts.Defer(p.Kill)
	*server(ts) = p
	ts.Setenv("URL", p.URL)
	ts.Setenv("ADDRESS", p.URL[strings.LastIndex(p.URL, "/")+1:])
	fmt.Fprint(ts.Stdout(), p.Greeting)
}

func stopServer(ts *testscript.TestScript, _ bool, args []string) {
	signal := syscall.SIGINT
	if len(args) > 0 && args[0] == "TERM" {
		signal = syscall.SIGTERM
	}
	p := *server(ts)
	if err := p.Signal(signal); err != nil {
		ts.Fatalf("the server ended with %v\n%s", err, p.Stderr)
	}
	fmt.Fprint(ts.Stdout(), p.Greeting)
	fmt.Fprint(ts.Stderr(), p.Stderr)
}

// waitForLog returns once the running server has logged a text.
func waitForLog(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check((*server(ts)).Stderr.Wait(args[0]))
}

func sendRequest(ts *testscript.TestScript, _ bool, args []string) {
	args = append(args, "", "")
	header := map[string]string{"x-APIKey": args[2], "Content-Type": "application/json"}
	report(ts, args[0], (*server(ts)).URL+args[1], header, args[3])
}

func postLogin(ts *testscript.TestScript, _ bool, args []string) {
	form := url.Values{"email": {args[0]}, "password": {args[1]}}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "en"}
	status, answer, err := send(context.Background(), client, "POST", (*server(ts)).URL+"/login", header, form.Encode())
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), status)
	fmt.Fprintln(ts.Stdout(), answer)
}

func report(ts *testscript.TestScript, method, url string, header map[string]string, body string) {
	status, answer, err := send(context.Background(), http.DefaultClient, method, url, header, body)
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), status)
	fmt.Fprintln(ts.Stdout(), answer)
}

// pasteCurl does what a shell and curl do with the line of the greeting.
func pasteCurl(ts *testscript.TestScript, _ bool, _ []string) {
	_, line, found := strings.Cut((*server(ts)).Greeting, "  curl ")
	if !found {
		ts.Fatalf("the greeting has no curl line")
	}
	line, _, _ = strings.Cut(line, "\n\n")
	words := regexp.MustCompile(`'[^']*'|[^\s']+`).FindAllString(strings.ReplaceAll(line, "\\\n", " "), -1)
	method, url, body, header := "GET", "", "", map[string]string{}
	for i := 0; i < len(words); i++ {
		operand := ""
		if i+1 < len(words) {
			operand = strings.Trim(words[i+1], "'")
		}
		switch words[i] {
		case "-i":
			continue
		case "-X":
			method = operand
		case "-H":
			name, value, _ := strings.Cut(operand, ": ")
			header[name] = value
		case "-d":
			body = operand
		default:
			url = words[i]
			continue
		}
		i++
	}
	report(ts, method, url, header, body)
}

func capture(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("stdout does not match %s", args[1])
	}
	ts.Setenv(args[0], found[1])
}

func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	if dbtest.Engine() == db.PostgreSQL {
		_, err := pgtest.SQL(context.Background(), args[0], args[1])
		ts.Check(err)
		return
	}
	handle, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer handle.Close()
	_, err = handle.Exec(args[1])
	ts.Check(err)
}

func isEmpty(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s holds %v", args[0], entries)
	}
}

func runToStatus(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		failed, ended := errors.AsType[*exec.ExitError](err)
		if !ended {
			ts.Fatalf("%v", err)
		}
		got = failed.ExitCode()
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

func copyBeginning(ts *testscript.TestScript, _ bool, args []string) {
	copyChanged(ts, args, func(content []byte, at []int) []byte { return content[:at[0]] })
}

func copyOverwritten(ts *testscript.TestScript, _ bool, args []string) {
	copyChanged(ts, args, func(content []byte, at []int) []byte {
		clear(content[at[0]:at[1]])
		return content
	})
}

func copyChanged(ts *testscript.TestScript, args []string, change func(content []byte, at []int) []byte) {
	content, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	var at []int
	for _, arg := range args[2:] {
		n, err := strconv.Atoi(arg)
		ts.Check(err)
		at = append(at, n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), change(content, at), 0o600))
}

// send makes a request and returns its status and body.
func send(ctx context.Context, client *http.Client, method, url string, header map[string]string, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}
