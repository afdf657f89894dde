package lab

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
)

// OpenedNetNS closes a namespace that was made or opened when the test ends.
func OpenedNetNS(t testing.TB, ns *iplink.NetNS, err error) *iplink.NetNS {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ns.Close() })
	return ns
}

// UnnamedNetNS makes a namespace without a name.
func UnnamedNetNS(t testing.TB) *iplink.NetNS {
	t.Helper()
	testutil.NetNS(t) // skips without privileges
	ns, err := iplink.NewNetNS()
	return OpenedNetNS(t, ns, err)
}
