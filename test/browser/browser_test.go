package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/node"
	"github.com/roundtable-directory/roundtable/internal/signin/signintest"
)

// TestMain leaves the tests out where what they need is missing, and says what that is.
// With CI set that is a failure. One engine's pages are as good as the other's.
func TestMain(m *testing.M) {
	if os.Getenv("ROUNDTABLE_TEST_ENGINE") == "postgres" {
		fmt.Println("these tests run with SQLite")
		return
	}
	if _, missing := chromium(); missing != "" {
		fmt.Println("no test in a browser, for want of " + missing)
		if os.Getenv("CI") != "" {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// chromium finds the browser, or says what is missing.
func chromium() (path, missing string) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", "node (Debian's nodejs)"
	}
	for _, folder := range []string{"playwright-core", "axe-core"} {
		if _, err := os.Stat("node_modules/" + folder); err != nil {
			return "", folder + " (npm ci in test/browser)"
		}
	}
	if path := os.Getenv("ROUNDTABLE_TEST_CHROMIUM"); path != "" {
		return path, ""
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		return "", "chromium (Debian's chromium), or its path in ROUNDTABLE_TEST_CHROMIUM"
	}
	return path, ""
}

// checked is what browse.mjs says of a check.
type checked struct {
	Name, Fault string
	Seconds     float64
}

// everything is what browse.mjs has to know: where all is, and two identity providers.
func everything(t *testing.T, address, mails string) map[string]string {
	t.Helper()
	browser, _ := chromium()
	issuer, assertor := signintest.NewIssuer(t), signintest.NewAssertor(t, http.DefaultClient)
	return map[string]string{
		"address": address, "chromium": browser, "mails": mails, "screenshots": os.Getenv("ROUNDTABLE_TEST_SCREENSHOTS"),
		"issuer": issuer.URL, "client": signintest.ClientID, "secret": signintest.ClientSecret,
		"assertor": assertor.URL, "metadata": assertor.Metadata(),
	}
}

// TestBrowser goes through all checks with the demo company. Screenshots are kept where
// ROUNDTABLE_TEST_SCREENSHOTS says.
func TestBrowser(t *testing.T) {
	program, err := node.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	mails := t.TempDir()
	// Only with --sso-private-addresses does the server speak to identity providers on loopback.
	server, err := node.Start(exec.Command(program, "serve", "--demo", "--listen", "127.0.0.1:0", "--mail-folder", mails, "--sso-private-addresses"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	settings, err := json.Marshal(everything(t, server.URL, mails))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	var complaints strings.Builder
	cmd := exec.CommandContext(ctx, "node", "browse.mjs", string(settings))
	cmd.Stderr = &complaints
	lines, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	checks := 0
	for said := bufio.NewScanner(lines); said.Scan(); checks++ {
		var check checked
		if err := json.Unmarshal(said.Bytes(), &check); err != nil {
			t.Fatalf("%v\n%s", err, said.Text())
		}
		t.Run(check.Name, func(t *testing.T) {
			t.Logf("%.1f s", check.Seconds)
			if check.Fault != "" {
				t.Error(check.Fault)
			}
		})
	}
	if err := cmd.Wait(); err != nil || checks == 0 {
		t.Errorf("%d checks, %v\n%s", checks, err, complaints.String())
	}
	for _, line := range strings.Split(server.Stderr.String(), "\n") {
		if strings.Contains(line, `"level":"ERROR"`) {
			t.Error("the log tells of errors:\n" + line)
		}
	}
}
