package iplink_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vxlan"
)

// TestErrorErrno finds the errno in each refusal of this library.
func TestErrorErrno(t *testing.T) {
	for _, test := range []struct {
		err   error
		errno syscall.Errno
	}{
		{iplink.Refusal(bridge.New("a/b")), syscall.EINVAL},
		{iplink.Refusal(bridge.New(strings.Repeat("x", 16))), syscall.ERANGE},
		{iplink.Refusal(bridge.New("t0").AltName(strings.Repeat("x", 128))), syscall.ERANGE},
		{iplink.Refusal(bridge.New("t0").MTU(67)), syscall.EINVAL},
		{iplink.Refusal(vxlan.New("t0").VNI(1 << 24)), syscall.ERANGE},
		{iplink.Refusal(can.New("t0").Bitrate(500000)), syscall.EOPNOTSUPP},
		{iplink.Refusal(bond.New("t0").Mode(iplink.BondBalanceRR).LACPRate(iplink.BondLACPFast)), syscall.EACCES},
		{iplink.Delete(t.Context(), "a b"), syscall.EINVAL},
		{errorOf(iplink.CreateNetNS("a/b")), syscall.EINVAL},
		{errorOf(iplink.ParseMACsecKey("7")), syscall.EINVAL},
		{errorOf(bridge.Open(t.Context(), "a\x00b")), syscall.EINVAL},
	} {
		if !errors.Is(test.err, test.errno) || !errors.Is(test.err, fs.ErrInvalid) {
			t.Errorf("%v is not %v (%d)", test.err, test.errno, int(test.errno))
		}
		if errno, ok := errors.AsType[syscall.Errno](test.err); !ok || errno != test.errno {
			t.Errorf("%v holds errno %d", test.err, int(errno))
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// TestErrorUnsupported finds errors.ErrUnsupported in what kernels refuse by
// EOPNOTSUPP.
func TestErrorUnsupported(t *testing.T) {
	for _, err := range []error{iplink.ErrKind, iplink.ErrImmutable} {
		wrapped := fmt.Errorf("wrapped: %w", &iplink.Error{Op: "update", Err: err})
		for _, target := range []error{err, errors.ErrUnsupported, syscall.EOPNOTSUPP} {
			if !errors.Is(wrapped, target) {
				t.Errorf("%v is not %v", wrapped, target)
			}
		}
	}
	if errors.Is(iplink.ErrKind, iplink.ErrImmutable) || errors.Is(iplink.ErrNotApplied, errors.ErrUnsupported) {
		t.Error("errors match that have nothing to do with each other")
	}
}

// TestErrorFromKernel tells the kernel's text from this library's.
func TestErrorFromKernel(t *testing.T) {
	testutil.Need(t, iplink.KindVXLAN)
	ns := testutil.NetNS(t)
	testutil.IPBatch(t, ns, errorLinks...)
	for _, test := range []struct {
		do         func(context.Context, *iplink.Conn) error
		message    string
		fromKernel bool
	}{
		{creating(vxlan.New("t0").VNI(7).Port(4789)), "A VXLAN device with the specified VNI already exists", true},
		{updating(iplink.Device("under").MTU(67)), "mtu less than device minimum", true},
		{creating(bridge.New("vx0")), "a link of this name or index exists already", false},
		{creating(bridge.New("t0").MTU(67)), "67 is not in 68…65535", false},
		{creating(veth.New("t0").Master("gone")), `there is no link "gone" in the namespace of the Conn`, false},
		{updating(vxlan.New("vx0").Port(0x1234)), "dstport: have 4789, want 4660", false},
	} {
		err := errorOf(inNetNS(t, ns, func(c *iplink.Conn) (any, error) { return nil, test.do(t.Context(), c) }))
		e, ok := errors.AsType[*iplink.Error](err)
		if !ok || e.Message != test.message || e.FromKernel != test.fromKernel {
			t.Errorf("%v: FromKernel %t, want %t of %q", err, ok && e.FromKernel, test.fromKernel, test.message)
		}
	}
}
