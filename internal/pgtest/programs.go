package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// ProgramsVariable names the environment variable with the folder of the server's
// programs, for testing with another version than the machine's.
const ProgramsVariable = "ROUNDTABLE_TEST_POSTGRES_BIN"

// ErrMissing says that the server is not installed, and what to install.
var ErrMissing = errors.New("PostgreSQL's server is missing (no postgres and initdb in PATH, where pg_config --bindir says or in /usr/lib/postgresql/*/bin): " +
	"install Debian's package postgresql, or name the folder of its programs in " + ProgramsVariable)

// Programs returns the folder with the server's programs.
func Programs() (string, error) {
	if named := os.Getenv(ProgramsVariable); named != "" {
		if !holdsServer(named) {
			return "", fmt.Errorf("%s is %s, which holds no postgres and initdb", ProgramsVariable, named)
		}
		return named, nil
	}
	var folders []string
	if program, err := exec.LookPath("postgres"); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			folders = append(folders, filepath.Dir(program))
		}
	}
	if folder, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		folders = append(folders, strings.TrimSpace(string(folder)))
	}
	folders = append(folders, newest("/usr/lib/postgresql"))
	for _, folder := range folders {
		if holdsServer(folder) {
			return folder, nil
		}
	}
	return "", ErrMissing
}

func holdsServer(folder string) bool {
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(folder, program)); err != nil {
			return false
		}
	}
	return true
}

// newest returns the programs of the highest version, where Debian keeps them.
func newest(root string) string {
	best, folder := 0, ""
	versions, _ := os.ReadDir(root) // none is none
	for _, version := range versions {
		candidate := filepath.Join(root, version.Name(), "bin")
		if n, err := strconv.Atoi(version.Name()); err == nil && n > best && holdsServer(candidate) {
			best, folder = n, candidate
		}
	}
	return folder
}
