package testutil

import "os"

// kernelVariable holds the version of a kernel of the test matrix. Those kernels
// have every driver.
const kernelVariable = "IPLINK_VMTEST_KERNEL"

// Matrix reports whether the kernel is one of the matrix. On those, missing drivers
// and tools are errors.
func Matrix() bool {
	return os.Getenv(kernelVariable) != ""
}
