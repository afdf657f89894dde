// Package vmtest runs Go tests on Debian kernels inside QEMU. It is the host's half
// of the runner for
//
//	go test -exec "vmtest -kernel 6.12" ./...
//
// Few machines support every link kind, and none has three kernels at once. The test
// binary is therefore packed into an initial RAM file system, after the programs,
// libraries and modules of one Debian suite, and booted. This needs no disk, no
// network and no privilege on the host. KVM is optional and only speeds it up.
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
//	│ standard output             ◀─┼──────┤ ttyS1  output of the test      │
//	│ exit codes, profiles        ◀─┼──────┤ ttyS2  a tar archive           │
//	└───────────────────────────────┘      └────────────────────────────────┘
//
// One static binary (cmd/vmtest) plays all three roles of vmtest; the guest's part
// is in package guest.
//
// # Many test binaries in one guest
//
// A guest takes some 8 s to boot, and go test does not start a test binary before those
// that precede it on its command line. To test many packages,
//
//	go test -count 1 -v -exec "vmtest -collect DIR" ./...
//	vmtest -kernel 6.12 -smp 2 -p 3 -mem 4096 -collected DIR
//
// links each binary once and keeps it in DIR, and then runs them in one guest, three at a
// time. The output is that of go test -v. Each binary has a directory /run of its own,
// with named namespaces and sockets. Whatever else a kernel has only one of, such as its
// modules and the hardware in the first network namespace, they share: binaries
// collected with -alone run after the others, one at a time. If a guest crashes, the
// binaries that ran then have failed, and another guest runs the rest.
//
// # The guest
//
// The working directory has the same path as on the host and contains ./testdata.
// The environment is the guest's own, with IPLINK_VMTEST_KERNEL set to the kernel of
// the matrix, and with the host's variables that start with IPLINK_ or that the
// runner's -env names. The test runs as root; /proc, /sys, /dev and the cgroup tree
// are mounted, lo is up, and there is no other link. Modules are loaded by their
// aliases when the kernel requests them. A test may also run modprobe: `modprobe
// kvaser_pci` provides a CAN controller, can0.
//
// Coverage and other profiles (-test.coverprofile and similar flags,
// -test.gocoverdir, GOCOVERDIR) are written to the same places as without the
// virtual machine. Other files that a test writes stay in the guest.
//
// # Exit codes
//
// The runner exits with the test's own code, or with 128 plus the signal's number.
// If the test passes but the kernel writes a warning or worse, it exits with 1. It
// exits with 125 if the guest hung or crashed, and with 78 if the machine cannot run
// guests because QEMU is missing or Debian's packages are unavailable.
//
// # The cache
//
// The first run fetches a kernel and its suite's programs with apt, in a separate
// state, from the mirror in the machine's package sources or else from
// IPLINK_VMTEST_MIRROR; nothing is installed. With make and gcc, it also builds the module
// fakeib of this project and, from Debian's package of the kernel's source, the drivers
// amt, bareudp, pfcp and rmnet, which no Debian kernel has. That package has some 150 MB, of
// which only these files are kept. The cache is iplink-vmtest in
// os.UserCacheDir, or IPLINK_VMTEST_CACHE. Its packages.txt lists the names,
// versions and SHA-256 sums of the packages in a kernel's guest.
package vmtest
