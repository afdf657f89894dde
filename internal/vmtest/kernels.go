package vmtest

import (
	"fmt"
	"slices"
	"strings"
)

// A Kernel is one row of the matrix: a kernel of Debian's, and the userland
// of the same suite, so that one C library fits all programs of the guest.
type Kernel struct {
	Name   string   // the series, "6.12"
	Suites []string // what apt reads
	Target string   // the suite that is preferred, if it is not the first
}

// Kernels returns the matrix: the oldest kernel that the module promises to
// support, the long-term one after it, and the newest that Debian has.
func Kernels() []Kernel {
	return []Kernel{
		{Name: "6.1", Suites: []string{"bookworm", "bookworm-updates", "bookworm-security"}},
		{Name: "6.12", Suites: []string{"trixie", "trixie-updates", "trixie-security"}},
		{Name: "7.3", Suites: []string{"trixie", "trixie-updates", "trixie-security", "trixie-backports"}, Target: "trixie-backports"},
	}
}

// LookupKernel returns the row with this name.
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
