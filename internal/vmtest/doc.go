// Package vmtest runs Go tests on kernels of Debian's inside QEMU. It is the
// host's half of the runner for
//
//	go test -exec "vmtest -kernel 6.12" ./...
//
// Few machines have every link kind, and none has three kernels at once. So
// the test binary is packed into an initial RAM file system behind the
// programs, libraries and modules of one Debian suite, and booted; it needs
// no disk, no network, no privilege on the host, and no KVM, which only helps.
//
//	host                                   guest
//	┌───────────────────────────────┐      ┌────────────────────────────────┐
//	│ go test                       │      │ kernel 6.1, 6.12 or 7.3        │
//	│   └ vmtest                    │      │   ├ /init         = vmtest     │
//	│       └ qemu ─────────────────┼──────┤   │   └ pkg.test               │
//	│                               │      │   └ /sbin/modprobe = vmtest    │
//	│ packages ─ base.cpio ─┐       │      │       ▲ request_module         │
//	│ vmtest, pkg.test,     ├ initrd┼─────▶│ / (initramfs)                  │
//	│ testdata ─────────────┘       │      │                                │
//	│ the end of it, on failure   ◀─┼──────┤ ttyS0  the kernel's console    │
//	│ standard output             ◀─┼──────┤ ttyS1  what the test prints    │
//	│ exit code, profiles         ◀─┼──────┤ ttyS2  a tar archive           │
//	└───────────────────────────────┘      └────────────────────────────────┘
//
// One static binary (cmd/vmtest) plays all three parts of vmtest; the
// guest's are in package guest.
//
// # The guest
//
// The working directory has its path on the host, with ./testdata in it. The
// environment is the guest's own, with IPLINK_VMTEST_KERNEL naming the kernel
// of the matrix, and with those variables of the host that start with IPLINK_
// or that the runner's -env names. The test is root; /proc, /sys, /dev and the
// cgroup tree are mounted, lo is up, and there is no other link. Modules are
// loaded when the kernel asks for them, by their aliases; a test may also run
// modprobe: `modprobe kvaser_pci` brings a CAN controller, can0.
//
// Coverage and other profiles (-test.coverprofile and its relatives,
// -test.gocoverdir, GOCOVERDIR) are written where they would be without the
// virtual machine. Other files that a test writes stay in the guest.
//
// # Exit codes
//
// The runner exits with the test's own code, or 128 and the signal's number.
// A test that passes while the kernel writes a warning or worse exits with 1.
// 125 is a guest that hung or crashed, 78 a machine that can run none: QEMU is
// missing, or Debian's packages cannot be had.
//
// # The cache
//
// The first run fetches a kernel and its suite's programs with apt, in a
// state of its own, from the mirror that the machine's own package sources
// name or else IPLINK_VMTEST_MIRROR; nothing is installed. The cache is
// iplink-vmtest in os.UserCacheDir, or IPLINK_VMTEST_CACHE. Its packages.txt
// has the names, versions and SHA-256 sums of what a kernel's guest is made of.
package vmtest
