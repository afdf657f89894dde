package vmtest

import (
	"fmt"
	"slices"
	"strings"
)

// A Kernel is one row of the matrix: a Debian kernel and the userland of the same
// suite, so that one C library fits all programs of the guest.
type Kernel struct {
	Name   string   // the series, "6.12"
	Suites []string // suites that apt reads
	Target string   // the preferred suite, if it is not the first

	Drivers bool // drivers that Debian leaves out are built from the source, 160 MB
}

// Kernels returns the matrix: the oldest kernel that the module supports, the next
// long-term kernel, and Debian's newest.
func Kernels() []Kernel {
	return []Kernel{
		{Name: "6.1", Suites: []string{"bookworm", "bookworm-updates", "bookworm-security"}},
		{Name: "6.12", Suites: []string{"trixie", "trixie-updates", "trixie-security"}},
		{Name: "7.3", Suites: []string{"trixie", "trixie-updates", "trixie-security", "trixie-backports"}, Target: "trixie-backports", Drivers: true},
	}
}

// LookupKernel returns the row with the given name.
func LookupKernel(name string) (Kernel, error) {
	all := Kernels()
	if i := slices.IndexFunc(all, func(k Kernel) bool { return k.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Kernel{}, fmt.Errorf("no kernel %q in the matrix: choose from %s", name, strings.Join(KernelNames(), ", "))
}

// KernelNames returns the names of the matrix, oldest first.
func KernelNames() []string {
	var names []string
	for _, k := range Kernels() {
		names = append(names, k.Name)
	}
	return names
}
