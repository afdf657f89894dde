// Package guest is the half of vmtest that runs inside the virtual machine: process
// 1, the program that runs the test binary, and modprobe. It also holds the
// definitions that both halves share: the specification of a run, the index of
// kernel modules, and the patterns of trouble in a kernel log. Those do not need
// Linux, so the host's half can use them anywhere.
package guest
