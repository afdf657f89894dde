package iplink

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/iplink-go/iplink/internal/wire"
)

// mostTargets is how many targets the kernel keeps (BOND_MAX_ARP_TARGETS).
const mostTargets = 16

// arpTargets is a list of IPv4 addresses in a nest whose types are the places
// from 0 on, which replaces the list before.
type arpTargets []netip.Addr

// nsTargets is the same of IPv6 addresses.
type nsTargets []netip.Addr

// AppendPayload appends the addresses.
func (t *arpTargets) AppendPayload(b []byte) []byte {
	return encodeTargets(b, *t)
}

// AppendPayload appends the addresses.
func (t *nsTargets) AppendPayload(b []byte) []byte {
	return encodeTargets(b, *t)
}

// encodeTargets takes any addresses: they may be compared before they are checked.
func encodeTargets(b []byte, t []netip.Addr) []byte {
	for i, addr := range t {
		b = wire.AppendAttr(b, uint16(i), addr.AsSlice())
	}
	return b
}

// ParsePayload reads the addresses.
func (t *arpTargets) ParsePayload(b []byte) error {
	return parseTargets(b, (*[]netip.Addr)(t), 4)
}

// ParsePayload reads the addresses.
func (t *nsTargets) ParsePayload(b []byte) error {
	return parseTargets(b, (*[]netip.Addr)(t), 16)
}

func parseTargets(b []byte, t *[]netip.Addr, size int) error {
	for a, err := range wire.Attrs(b) {
		if err != nil {
			return err
		}
		if len(a.Data) != size {
			return fmt.Errorf("%d bytes where %d are due", len(a.Data), size)
		}
		addr, _ := netip.AddrFromSlice(a.Data)
		*t = append(*t, addr)
	}
	return nil
}

// AppendWords appends the addresses with "," between.
func (t *arpTargets) AppendWords(b []byte) []byte {
	return appendTargets(b, *t)
}

// AppendWords appends the addresses with "," between.
func (t *nsTargets) AppendWords(b []byte) []byte {
	return appendTargets(b, *t)
}

// appendTargets appends an empty word, quoted, for an empty list.
func appendTargets(b []byte, t []netip.Addr) []byte {
	if len(t) == 0 {
		return append(b, "''"...)
	}
	for i, addr := range t {
		if i > 0 {
			b = append(b, ',')
		}
		b = addr.AppendTo(b)
	}
	return b
}

// Check refuses what the kernel would refuse after it had emptied the list.
func (t *arpTargets) Check() error {
	return checkTargets(*t, func(addr netip.Addr) string {
		switch {
		case !addr.Is4():
			return "no IPv4 address"
		case addr.As4()[0] == 0 || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
			return "no address of a host"
		}
		return ""
	})
}

// Check refuses what the kernel would refuse after it had emptied the list.
func (t *nsTargets) Check() error {
	return checkTargets(*t, func(addr netip.Addr) string {
		switch {
		case !addr.Is6() || addr.Is4In6():
			return "no IPv6 address"
		case addr.Zone() != "":
			return "an address with a zone, which cannot be told to the kernel"
		case addr.IsUnspecified() || addr.IsLoopback() || addr.IsMulticast():
			return "no address of another host"
		}
		return ""
	})
}

func checkTargets(t []netip.Addr, fault func(netip.Addr) string) error {
	if len(t) > mostTargets {
		return fmt.Errorf("%d targets, where at most %d fit", len(t), mostTargets)
	}
	for i, addr := range t {
		if text := fault(addr); text != "" {
			return fmt.Errorf("%v is %s", addr, text)
		}
		if slices.Contains(t[:i], addr) {
			return fmt.Errorf("%v is there twice", addr)
		}
	}
	return nil
}
