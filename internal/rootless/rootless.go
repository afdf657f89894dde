// Package rootless gives a program that lacks CAP_NET_ADMIN and CAP_SYS_ADMIN its
// own namespaces in which it has them: it starts the program again, as root of a new
// user namespace with its own network and mount namespaces.
package rootless

import (
	"fmt"
	"os"
)

// Main is for the first line of a program's main. It returns if the program is
// privileged, possibly because it has been started again. Otherwise it starts the
// program again, waits, and exits with its exit code. If the system forbids that,
// Main prints an error to standard error and exits with 1.
func Main() {
	reexecuted, code, err := Reexec()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if reexecuted {
		os.Exit(code)
	}
}
