package testutil

import "os"

// kernelVariable holds the version of a kernel of the test matrix, which has
// every driver: nothing is missing there.
const kernelVariable = "IPLINK_VMTEST_KERNEL"

// Matrix reports whether the kernel is one of the matrix, where nothing may be
// missing.
func Matrix() bool {
	return os.Getenv(kernelVariable) != ""
}
