package main

import (
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

// hashCommand is the process that hashes for serve.
func hashCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "hash-passwords",
		Short:  "Hash passwords for serve, which starts this itself",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// The context is left alone: a terminal's Ctrl-C reaches this process too, while
			// serve still finishes requests. The end of the input ends it.
			return secret.ServeDerivations(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// hashCommandLine starts this program once more.
func hashCommandLine() *exec.Cmd {
	program, err := os.Executable()
	command := exec.Command(program, "hash-passwords")
	command.Err = err
	command.Env = []string{"GOMAXPROCS=1"}
	return command
}
