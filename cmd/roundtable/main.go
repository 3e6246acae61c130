// Command roundtable serves a user directory and prepares its database.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// gcPercent trades some tens of megabytes for a tenth of the processor's time: the live
// heap is small, and each request leaves some garbage. GOGC wins over it.
const gcPercent = 300

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	signalled, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, end := context.WithCancel(context.Background())
	context.AfterFunc(signalled, func() {
		stop() // first: a second signal does not wait, however soon it comes
		end()
	})
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		status, silent := statusOf(err)
		if !silent {
			fmt.Fprintln(os.Stderr, "roundtable:", err)
		}
		os.Exit(status)
	}
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	root := &cobra.Command{
		Use:   "roundtable",
		Short: "The user directory for companies with many locations",
		Long: `Roundtable is a self-hosted user directory and access API for companies with
many locations. It speaks the Partoo v2 user API.

Every flag is also an environment variable: --listen is ROUNDTABLE_LISTEN. A flag
wins over the environment.`,
		Example: `  roundtable serve --demo                try it: a company with keys to paste
  roundtable init --db company.db        prepare an installation, print its key
  roundtable serve --db company.db       serve it`,
		SilenceUsage: true, SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd.Flags()) },
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.AddCommand(serveCommand(), initCommand(), healthCommand(), migrateCommand(), backupCommand(), restoreCommand(), copyCommand(), mailsCommand(), ssoCommand(), rekeyCommand(), versionCommand(), hashCommand())
	return root.ExecuteContext(ctx)
}
