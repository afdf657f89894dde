// Package guest is the half of vmtest that runs inside the virtual machine:
// process 1, the program that runs the test binary, and modprobe. What both
// halves must agree on (the specification of a run, the index of kernel
// modules, what counts as trouble in a kernel log) is here too, and needs no
// Linux, so that the host's half can use it anywhere.
package guest
