package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	owner     = "roundtable" // the role that owns everything
	startTime = 60 * time.Second
	stopTime  = 20 * time.Second
	portTries = 5
)

// Options say how a server behaves.
type Options struct {
	// Durable makes a commit wait for the disk. Without it a server is quicker, and
	// survives the loss of its processes, but not that of the machine.
	Durable bool
	// Settings are lines for postgresql.conf, which win over those of this package.
	Settings []string
}

// Cluster is a running server with its databases.
type Cluster struct {
	folder   *Folder
	programs string
	password string
	port     int
	server   *exec.Cmd
	ended    chan struct{} // closed when the server's process is gone
}

// Start makes a server and waits until it answers. Stop it: what a process leaves
// behind is cleared up, but only at its end.
func Start(o Options) (*Cluster, error) {
	programs, err := Programs()
	if err != nil {
		return nil, err
	}
	within := ""
	if !o.Durable {
		within = memory()
	}
	folder, err := newFolder(within)
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, programs: programs, password: rand.Text()}
	if err := c.create(o); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	for range portTries { // another process may take a port that was free
		if c.port, err = FreePort(); err != nil {
			break
		}
		if err = c.run(); !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

var errPortTaken = errors.New("the port was taken meanwhile")

// create makes the files. Texts are sorted by language unless a column says
// otherwise, so that a column which forgot to say so is found.
func (c *Cluster) create(o Options) error {
	secret, err := c.folder.Write("password", c.password)
	if err != nil {
		return err
	}
	args := []string{"-D", "data", "-U", owner, "--pwfile", secret, "-A", "md5", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"}
	if c.sortsByLanguage() {
		args = append(args, "--locale-provider=icu", "--icu-locale=en")
	}
	initdb, err := c.folder.Command("", filepath.Join(c.programs, "initdb"), args...)
	if err != nil {
		return err
	}
	if err := initdb.Run(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, c.folder.Printed("", "initdb"))
	}
	settings := []string{
		"unix_socket_directories = ''", "listen_addresses = '127.0.0.1'", "max_connections = 200",
		"shared_buffers = 64MB", "jit = off", "max_wal_size = 256MB", "log_min_messages = warning",
	}
	if !o.Durable {
		settings = append(settings, "fsync = off", "full_page_writes = off", "synchronous_commit = off", "autovacuum = off")
	}
	return c.configure(append(settings, o.Settings...))
}

func (c *Cluster) sortsByLanguage() bool {
	help, err := exec.Command(filepath.Join(c.programs, "initdb"), "--help").Output()
	return err == nil && strings.Contains(string(help), "--icu-locale")
}

func (c *Cluster) configure(settings []string) error {
	file, err := os.OpenFile(filepath.Join(c.folder.Path, "data", "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, "\n"+strings.Join(settings, "\n"))
	return errors.Join(err, file.Close())
}

// run starts the server's process and waits until it answers.
func (c *Cluster) run() error {
	server, err := c.folder.Command("", filepath.Join(c.programs, "postgres"), "-D", "data", "-p", fmt.Sprint(c.port))
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	c.server, c.ended = server, ended
	go func() {
		_ = server.Wait() // how it ended stands in its log
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		_, err := c.SQL(ctx, "postgres", "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w\n%s", err, c.folder.Printed("", "postgres"))
		case <-ended:
			printed := c.folder.Printed("", "postgres")
			if strings.Contains(printed, "Address already in use") {
				err = errPortTaken
			}
			return fmt.Errorf("the server ended: %w\n%s", err, printed)
		}
	}
}

// DSN is the address of a database, with its password.
func (c *Cluster) DSN(database string) string {
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(owner, c.password),
		Host: fmt.Sprintf("127.0.0.1:%d", c.port), Path: database, RawQuery: "sslmode=disable",
	}
	return address.String()
}

// SQL runs statements on a connection of their own, and returns the rows of the
// last one as text; NULL is empty.
func (c *Cluster) SQL(ctx context.Context, database, text string) ([][]string, error) {
	return SQL(ctx, c.DSN(database), text)
}

// SQL is Cluster.SQL for any server.
func SQL(ctx context.Context, dsn, text string) ([][]string, error) {
	conn, err := pgconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	results, err := conn.Exec(ctx, text).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	var rows [][]string
	for _, values := range results[len(results)-1].Rows {
		row := make([]string, len(values))
		for i, value := range values {
			row[i] = string(value)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Folder is where everything is. Processes that work in it end with the test's.
func (c *Cluster) Folder() string { return c.folder.Path }

// Kill ends the server's processes with -9, all at once as far as that goes. The
// files stay, and Restart goes on with them.
func (c *Cluster) Kill() {
	if c.server == nil {
		return
	}
	_ = c.server.Process.Kill() // first, so that it replaces none of the others
	<-c.ended
	c.folder.Kill("data")
}

// Freeze stops the server in the middle of what it does: connections stay, and nobody
// answers on them.
func (c *Cluster) Freeze() { c.folder.Signal("data", syscall.SIGSTOP) }

// Thaw has a frozen server go on.
func (c *Cluster) Thaw() { c.folder.Signal("data", syscall.SIGCONT) }

// Restart shuts the server down if it runs, and starts it at the same address.
func (c *Cluster) Restart() error {
	if err := c.shutDown(); err != nil {
		return err
	}
	return c.run()
}

// shutDown has the server end its connections and write everything out.
func (c *Cluster) shutDown() error {
	if err := c.server.Process.Signal(syscall.SIGINT); errors.Is(err, os.ErrProcessDone) {
		return nil
	} else if err != nil {
		return err
	}
	late := time.NewTimer(stopTime)
	defer late.Stop()
	select {
	case <-c.ended:
		return nil
	case <-late.C:
		return fmt.Errorf("the server does not end\n%s", c.folder.Printed("", "postgres"))
	}
}

// Stop ends the server and removes its folder.
func (c *Cluster) Stop() error {
	c.Kill()
	return c.folder.Remove()
}
