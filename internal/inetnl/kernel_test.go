package inetnl

import (
	"net/netip"
	"testing"

	"github.com/iplink-go/iplink/inet"
)

// TestByKernel looks at addresses that the kernel makes by itself and at those that a
// person has set: a link that is recreated takes over the latter.
func TestByKernel(t *testing.T) {
	for _, c := range []struct {
		prefix string
		proto  inet.AddrProto
		flags  inet.AddrFlags
		want   bool
	}{
		{"fe80::1234/64", 0, 0, true},
		{"fe80::1234/64", inet.AddrProtoKernelLL, 0, true},
		{"2001:db8::12/64", inet.AddrProtoKernelRA, 0, true},
		{"2001:db8::12/64", 0, inet.AddrStablePrivacy, true},
		{"2001:db8::12/64", 0, inet.AddrSecondary, true}, // a temporary address
		{"2001:db8::12/64", 0, 0, false},
		{"169.254.18.52/16", 0, 0, false}, // the kernel makes none of these
		{"192.0.2.18/24", 0, inet.AddrSecondary, false},
		{"127.0.0.1/8", inet.AddrProtoKernelLO, 0, true},
	} {
		a := inet.Addr{Prefix: netip.MustParsePrefix(c.prefix), Proto: c.proto, Flags: c.flags}
		if got := ByKernel(&a); got != c.want {
			t.Errorf("ByKernel(%v) = %t, want %t", a, got, c.want)
		}
	}
}
