// Package lab has the helpers of the kernel tests of package iplink, whether they look
// inside it or not: scratch namespaces with a Conn in them, and verbs that must
// succeed. Package testutil has the helpers that do not use package iplink.
package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/internal/testutil"
)

// MAC and OtherMAC are addresses for links.
var (
	MAC      = net.HardwareAddr{2, 0x12, 0x34, 0x56, 0x78, 0x9a}
	OtherMAC = net.HardwareAddr{2, 0xa9, 0x87, 0x65, 0x43, 0x21}
)

// Addr returns the IP address that a text stands for.
func Addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// Prefix returns the IP prefix that a text stands for.
func Prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// SameJSON compares values as JSON has them. About false values `ip` often says
// nothing.
func SameJSON(got, want any) bool {
	a, err1 := json.Marshal(got)
	b, err2 := json.Marshal(want)
	return err1 == nil && err2 == nil && bytes.Equal(a, b) || got == nil && want == false
}

// MACs returns addresses that end in the given bytes.
func MACs(last ...byte) (all []net.HardwareAddr) {
	for _, b := range last {
		all = append(all, net.HardwareAddr{2, 0, 0, 0, 0x12, b})
	}
	return all
}

// Within walks maps that came from JSON.
func Within(m map[string]any, path ...string) any {
	var at any = m
	for _, key := range path {
		inner, _ := at.(map[string]any)
		at = inner[key]
	}
	return at
}

// ErrorOf returns the error of two results.
func ErrorOf[T any](_ T, err error) error { return err }

// Priorities returns a map of so many packet priorities.
func Priorities(first, n uint32) map[uint32]uint32 {
	m := map[uint32]uint32{}
	for i := range n {
		m[first+i] = 1 + i%7
	}
	return m
}

// LongName returns an alternative name as long as they can be.
func LongName(i int) string {
	return fmt.Sprintf("%s%04d", strings.Repeat("x", 123), i)
}

// SourceMACs returns different addresses.
func SourceMACs(first, n int) []net.HardwareAddr {
	all := make([]net.HardwareAddr, n)
	for i := range all {
		all[i] = net.HardwareAddr{2, 0x12, 0x34, 0x56, byte((first + i) >> 8), byte(first + i)}
	}
	return all
}

// NumberedMAC returns the link-layer address of the link i of many.
func NumberedMAC(i int) net.HardwareAddr {
	return net.HardwareAddr{0x0a, 0x12, 0x34, 0x56, byte(i >> 8), byte(i)}
}

// NumberedAddr returns the address of the link i of many, with its prefix length.
func NumberedAddr(i int) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0x12, byte(i >> 8), byte(i)}), 32)
}

// Many returns how many rounds a test is to make: more if $IPLINK_LONG is set.
func Many(t testing.TB, few, long int) int {
	t.Helper()
	if os.Getenv("IPLINK_LONG") != "" {
		return long
	}
	t.Logf("%d rounds; IPLINK_LONG=1 makes %d", few, long)
	return few
}

// Emulated returns the first number on an emulated processor, which takes some fifteen times
// as long for a round, and else the second.
func Emulated(few, many int) int {
	if testutil.Matrix() {
		return few
	}
	return many
}

// Rounds returns so many rounds, or an eighth of them on an emulated processor.
func Rounds(n int) int {
	return Emulated(n/8+1, n)
}

// Seeded returns a source of randomness that $IPLINK_SEED repeats.
func Seeded(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("IPLINK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("IPLINK_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
