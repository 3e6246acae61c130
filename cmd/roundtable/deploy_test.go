package main

import (
	"bufio"
	"debug/elf"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/roundtable-directory/roundtable/internal/node"
)

// repository is the way from here to the files that are shipped.
const repository = "../.."

func shipped(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// variables are the environment variables of serve, with the flags that they set.
func variables() map[string]*pflag.Flag {
	known := map[string]*pflag.Flag{}
	serveCommand().Flags().VisitAll(func(flag *pflag.Flag) {
		known["ROUNDTABLE_"+strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))] = flag
	})
	return known
}

// checkAssignment wants NAME=value to be a variable of serve that takes the value.
func checkAssignment(t *testing.T, assignment string) {
	t.Helper()
	name, value, _ := strings.Cut(assignment, "=")
	flag := variables()[name]
	if flag == nil {
		t.Errorf("%s: no flag of serve", assignment)
		return
	}
	if err := flag.Value.Set(value); err != nil {
		t.Errorf("%s: %v", assignment, err)
	}
}

// checkCommand wants a command line of the program to be one.
func checkCommand(t *testing.T, args []string) {
	t.Helper()
	root := &cobra.Command{Use: "roundtable"}
	root.AddCommand(serveCommand(), initCommand(), healthCommand(), versionCommand())
	command, rest, err := root.Find(args)
	if err != nil || command == root {
		t.Errorf("%q is no command: %v", args, err)
		return
	}
	if err := command.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", args, err)
	}
}

// TestUnit reads the unit of systemd: what it calls exists, and what it promises about
// rights stands there. Where systemd's own check is at hand, it is asked too.
func TestUnit(t *testing.T) {
	t.Parallel()
	unit := shipped(t, "deploy/roundtable.service")
	settings := map[string][]string{}
	for line := range strings.Lines(unit) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			settings[name] = append(settings[name], value)
		}
	}
	for name, want := range map[string]string{
		"DynamicUser": "yes", "StateDirectory": "roundtable", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "PrivateDevices": "yes",
		"NoNewPrivileges": "yes", "MemoryDenyWriteExecute": "yes", "CapabilityBoundingSet": "", "RestrictSUIDSGID": "yes", "RestrictNamespaces": "yes",
		"SystemCallArchitectures": "native", "UMask": "0077", "Restart": "always", "EnvironmentFile": "-/etc/roundtable/environment",
	} {
		if got := settings[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, assignment := range settings["Environment"] {
		checkAssignment(t, assignment)
	}
	if !slices.Contains(settings["Environment"], "ROUNDTABLE_DB=/var/lib/"+settings["StateDirectory"][0]+"/roundtable.db") {
		t.Error("the database lies outside of the folder that the service may write to")
	}
	program, arguments, _ := strings.Cut(settings["ExecStart"][0], " ")
	checkCommand(t, strings.Fields(arguments))
	seconds := func(setting string) float64 {
		took, err := time.ParseDuration(setting)
		if err != nil {
			t.Error(err)
		}
		return took.Seconds()
	}
	waits := seconds(valueOf(settings["Environment"], "ROUNDTABLE_SHUTDOWN_DELAY")) + seconds(valueOf(settings["Environment"], "ROUNDTABLE_SHUTDOWN_TIMEOUT"))
	if stop := seconds(settings["TimeoutStopSec"][0]); stop < waits+10 {
		t.Errorf("systemd kills after %v s what may take %v s and the database", stop, waits)
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("systemd-analyze is not here: the unit was read by this test alone")
		return
	}
	copied := filepath.Join(t.TempDir(), "roundtable.service")
	if err := os.WriteFile(copied, []byte(strings.Replace(unit, program, "/bin/true", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", copied).CombinedOutput(); err != nil || len(text) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, text)
	}
}

// valueOf is what a list of NAME=value gives a name.
func valueOf(assignments []string, name string) string {
	for _, assignment := range assignments {
		if value, ok := strings.CutPrefix(assignment, name+"="); ok {
			return value
		}
	}
	return ""
}

// image is the Dockerfile: its instructions, those of the last stage apart.
type image struct {
	build []string // RUN lines
	last  map[string][]string
}

func readDockerfile(t *testing.T) image {
	t.Helper()
	read := image{last: map[string][]string{}}
	for line := range strings.Lines(shipped(t, "Dockerfile")) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case name == "" || strings.HasPrefix(name, "#"):
			continue
		case name == "FROM":
			read.last = map[string][]string{}
		case name == "RUN":
			read.build = append(read.build, rest)
		}
		read.last[name] = append(read.last[name], rest)
	}
	return read
}

// form reads the exec form of an instruction, which needs no shell.
func form(t *testing.T, text string) (words []string) {
	t.Helper()
	if err := json.Unmarshal([]byte(text[strings.Index(text, "["):]), &words); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return words
}

// TestDockerfile: no engine runs here, so the file is read for what it promises.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	read := readDockerfile(t)
	user := read.last["USER"][0]
	if !slices.Equal(read.last["FROM"], []string{"scratch"}) || user != "65532:65532" || len(read.last["RUN"]) > 0 {
		t.Errorf("the last stage is from %q as %q and runs %q", read.last["FROM"], user, read.last["RUN"])
	}
	build := strings.Join(read.build, "\n")
	for _, want := range []string{"CGO_ENABLED=0 go build", "-tags=timetzdata", "-trimpath"} {
		if !strings.Contains(build, want) {
			t.Errorf("%s is missing from the build", want)
		}
	}
	copied := strings.Join(read.last["COPY"], "\n")
	for _, want := range []string{"/etc/ssl/certs/ca-certificates.crt", "/out/roundtable /roundtable", "--chown=" + user + " /out/data /data"} {
		if !strings.Contains(copied, want) {
			t.Errorf("%s is not copied", want)
		}
	}
	for _, assignment := range read.last["ENV"] {
		checkAssignment(t, assignment)
	}
	if database := valueOf(read.last["ENV"], "ROUNDTABLE_DB"); filepath.Dir(database) != read.last["VOLUME"][0] {
		t.Errorf("the database %s is not on the volume %s", database, read.last["VOLUME"][0])
	}
	program := form(t, read.last["ENTRYPOINT"][0])
	health := form(t, read.last["HEALTHCHECK"][0])
	if !slices.Equal(program, []string{"/roundtable"}) || health[0] != program[0] {
		t.Errorf("it runs %q and asks %q", program, health)
	}
	checkCommand(t, form(t, read.last["CMD"][0]))
	checkCommand(t, health[1:])
	version := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindStringSubmatch(shipped(t, "go.mod"))[1]
	if !strings.Contains(shipped(t, "Dockerfile"), "FROM golang:"+version+"-") {
		t.Errorf("it is not built with Go %s, which go.mod asks for", version)
	}
}

// buildLine is what the Dockerfile builds the program with.
func buildLine(t *testing.T) []string {
	t.Helper()
	for _, line := range readDockerfile(t).build {
		if _, build, ok := strings.Cut(line, "CGO_ENABLED=0 go build "); ok {
			return strings.Fields(build)
		}
	}
	t.Fatal("the Dockerfile builds nothing")
	return nil
}

// TestImage builds the program as the Dockerfile does and runs it as the image would: by
// the number of a user that does not exist, in a tree that holds nothing else and that it
// may not write to, but for /data. Without the right to change the root it runs in /.
func TestImage(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	program, data := filepath.Join(root, "roundtable"), filepath.Join(root, "data")
	args := buildLine(t)
	args[slices.Index(args, "-o")+1], args[len(args)-1] = program, "."
	build := exec.CommandContext(t.Context(), "go", append([]string{"build"}, args...)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	checkStatic(t, program)
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	command := imageCommand(t, root, program, data)
	out, err := command("init").CombinedOutput()
	key := regexp.MustCompile(`rt_\w+`).Find(out)
	if err != nil || key == nil {
		t.Fatalf("init: %v\n%s", err, out)
	}
	user := regexp.MustCompile(`[0-9a-f]{24}`).Find(out)
	p, err := node.Start(command("serve"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	header := map[string]string{"x-APIKey": string(key), "Content-Type": "application/json"}
	status, answer, err := send(t.Context(), http.DefaultClient, "POST", p.URL+"/v2/user/"+string(user), header, `{"phone": "1", "password": "Excalibur!"}`)
	if err != nil || status != http.StatusOK {
		t.Errorf("an update: %d %s %v", status, answer, err)
	}
	address := strings.TrimPrefix(p.URL, "http://")
	if out, err := command("health", "--listen", address).CombinedOutput(); err != nil || string(out) != "ok\n" {
		t.Errorf("health: %v %s", err, out)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.Stderr)
	}
	if out, err := command("health", "--listen", address).CombinedOutput(); err == nil {
		t.Errorf("health of a server that is gone: %s", out)
	}
	if found, err := os.ReadDir(root); err != nil || len(found) != 2 {
		t.Errorf("it left something beside its data: %v, %v", found, err)
	}
}

// imageCommand returns what runs the program in the image.
func imageCommand(t *testing.T, root, program, data string) func(args ...string) *exec.Cmd {
	t.Helper()
	file, attributes := program, (*syscall.SysProcAttr)(nil)
	environment := []string{"ROUNDTABLE_LISTEN=127.0.0.1:0", "ROUNDTABLE_DB=" + filepath.Join(data, "roundtable.db")}
	if os.Getuid() == 0 {
		id, err := strconv.ParseUint(strings.Split(readDockerfile(t).last["USER"][0], ":")[0], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(data, int(id), int(id)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(root, 0o555); err != nil {
			t.Fatal(err)
		}
		file, environment[1] = "/roundtable", "ROUNDTABLE_DB=/data/roundtable.db"
		attributes = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: uint32(id), Gid: uint32(id)}}
	}
	return func(args ...string) *exec.Cmd {
		cmd := exec.Command(file, args...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = "/", environment, attributes
		return cmd
	}
}

// checkStatic wants a program that needs neither a loader nor a library.
func checkStatic(t *testing.T, program string) {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	libraries, _ := file.ImportedLibraries()
	loader := slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
	if loader || len(libraries) > 0 {
		t.Errorf("it needs a loader (%v) and the libraries %q", loader, libraries)
	}
}

// TestSettingsAreDocumented holds the table of docs/operations.md against the flags of
// serve: each with its variable and its default, and no others.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	row := regexp.MustCompile("^\\| `--([a-z-]+)` \\| `(ROUNDTABLE_[A-Z_]+)` \\| (?:`([^`]*)`|) *\\| .+ \\|$")
	told := map[string][]string{}
	page := bufio.NewScanner(strings.NewReader(shipped(t, "docs/operations.md")))
	for page.Scan() {
		if cells := row.FindStringSubmatch(page.Text()); cells != nil {
			told[cells[1]] = cells[2:]
		}
	}
	for variable, flag := range variables() {
		fallback := flag.DefValue
		if fallback == "[]" {
			fallback = ""
		}
		if got := told[flag.Name]; !slices.Equal(got, []string{variable, fallback}) {
			t.Errorf("--%s: the page says %q, want %q", flag.Name, got, []string{variable, fallback})
		}
		delete(told, flag.Name)
	}
	for name := range told {
		t.Errorf("the page tells of --%s, which serve does not have", name)
	}
}
