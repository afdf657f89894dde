package vmtest

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// RequiredPackages returns the missing Debian packages of the programs that are
// required to build and run a guest.
func RequiredPackages() []string {
	return missing(qemuProgram, "apt-get", "dpkg-deb", "xz", "zstd")
}

// OptionalPackages returns the missing packages for the kernel modules that are built
// here: fakeib, and drivers that Debian's kernels lack.
func OptionalPackages() []string { return missing("make", "gcc") }

func missing(programs ...string) []string {
	var packages []string
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			packages = append(packages, packageOf(name))
		}
	}
	return packages
}

// Install installs the missing packages with apt-get if the user is root. Otherwise
// it returns an ErrUnavailable if a required package is missing.
func Install(ctx context.Context, log func(format string, args ...any)) error {
	required := RequiredPackages()
	all := append(required, OptionalPackages()...)
	if len(all) == 0 {
		return nil
	}
	if os.Geteuid() != 0 || slices.Contains(required, "apt") {
		log("not installed: %s", strings.Join(all, " "))
		if len(required) == 0 {
			return nil
		}
		return unavailable("not installed: %s", strings.Join(required, " "))
	}
	log("installing %s", strings.Join(all, " "))
	if _, err := command(ctx, "", "apt-get", "update", "-q"); err != nil {
		return err
	}
	_, err := command(ctx, "", "apt-get", append([]string{"install", "-q", "-y", "--no-install-recommends"}, all...)...)
	return err
}
