package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// fromEnvironment sets every flag that was not given from its variable:
// ROUNDTABLE_ and the name of the flag in capitals, dashes as underscores.
func fromEnvironment(flags *pflag.FlagSet) error {
	var errs []error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := "ROUNDTABLE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		value, given := os.LookupEnv(name)
		if flag.Changed || !given || value == "" || flag.Name == "help" {
			return
		}
		if err := flags.Set(flag.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	})
	return errors.Join(errs...)
}
