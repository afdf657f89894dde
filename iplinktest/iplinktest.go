// Package iplinktest is for the tests of programs that use package iplink: it
// gives each test a network namespace of its own, without root.
//
//	func TestBridge(t *testing.T) {
//		conn := iplinktest.Dial(t, iplinktest.NetNS(t))
//		if _, err := conn.Create(t.Context(), bridge.New("br0").Up()); err != nil {
//			t.Fatal(err)
//		}
//	}
//
// [Hosts] makes several namespaces that reach each other, [Golden] compares what
// links there are with a file, [Need] skips where the kernel lacks a driver, and
// [NoLeaks] looks for what a test left behind.
//
// A test program that imports the package and lacks CAP_NET_ADMIN or
// CAP_SYS_ADMIN starts itself again, before any test and any TestMain runs, as
// root of a new user namespace with its own network and mount namespaces. The
// files that it writes are the user's still, but it sees itself as user 0. A
// debugger follows if the test is started under `unshare -Urnm`. Where the
// system forbids user namespaces [NetNS] skips the test, and the reason says
// how to allow them.
package iplinktest

import (
	"os"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/rootless"
)

// denied is why the test program could not get the privileges it lacks, nil if
// it has them.
var denied error

// A package that a program imports by mistake must not start it again, hence
// the look at testing.Testing.
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

// NetNS returns a new network namespace without a name, whose loopback
// interface is up. It is closed when the test ends, and with it all links go
// that the test made there. If the system forbids user namespaces, and on other
// systems than Linux, it skips the test; any other failure is fatal to it.
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

// Dial opens a Conn in the namespace. It is closed when the test ends; a
// failure is fatal to the test.
func Dial(t testing.TB, ns *iplink.NetNS) *iplink.Conn {
	t.Helper()
	conn, err := ns.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
