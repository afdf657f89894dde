// Package iplinktest supports the tests of programs that use package iplink: it
// gives each test its own network namespace, without root.
//
//	func TestBridge(t *testing.T) {
//		conn := iplinktest.Dial(t, iplinktest.NetNS(t))
//		if _, err := conn.Create(t.Context(), bridge.New("br0").Up()); err != nil {
//			t.Fatal(err)
//		}
//	}
//
// [Hosts] makes several connected namespaces, [Golden] compares the existing links
// with a file, [Need] skips a test if the kernel lacks a driver, and [NoLeaks]
// detects resources that a test did not release.
//
// A test program that imports the package and lacks CAP_NET_ADMIN or CAP_SYS_ADMIN
// restarts itself before any test and any TestMain runs, as root of a new user
// namespace with its own network and mount namespaces. Files that it writes still
// belong to the user, but the program sees itself as user 0. To use a debugger,
// start the test under `unshare -Urnm`. If the system forbids user namespaces,
// [NetNS] skips the test, and the message explains how to allow them.
package iplinktest

import (
	"os"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rootless"
)

// denied is the reason why the test program lacks its privileges, or nil if it has
// them.
var denied error

// init calls testing.Testing so that a program that imports the package by mistake
// does not restart itself.
func init() {
	if !testing.Testing() {
		return
	}
	reexecuted, code, err := rootless.Reexec()
	if reexecuted {
		os.Exit(code)
	}
	denied = err
}

// NetNS returns a new unnamed network namespace whose loopback interface is up. The
// end of the test closes the namespace and deletes all links that the test made in
// it. NetNS skips the test if the system forbids user namespaces, and on systems
// other than Linux; any other failure is fatal to the test.
func NetNS(t testing.TB) *iplink.NetNS {
	t.Helper()
	if denied != nil {
		t.Skip(denied)
	}
	ns, err := iplink.NewNetNS()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	err = ns.Do(func() error {
		_, err := iplink.Device("lo").Up().Update(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// Dial opens a Conn in the namespace. The end of the test closes it; a failure is
// fatal to the test.
func Dial(t testing.TB, ns *iplink.NetNS, options ...iplink.DialOption) *iplink.Conn {
	t.Helper()
	conn, err := ns.Dial(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
