package testutil

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mdlayher/netlink"
)

// An Attribute is an attribute of a generic netlink family, and its test.
type Attribute struct {
	Name   string
	Since  [2]int           // release of Linux that introduced it; older kernels have no say
	Unused string           // why the library has no use for it, instead of a test
	Oracle string           // the program that reads back the attribute, or "bytes"
	Prove  func(*testing.T) // sets it, or has it change, and compares with the oracle
}

// ProveEach runs the test of each attribute, as a subtest of its name, and records for the
// summary that [Main] prints which of them were proven. The attributes of a nest are
// numbered from 1 to last; one without an entry fails the test.
func ProveEach(t *testing.T, last uint16, all map[uint16]Attribute) {
	t.Helper()
	var proven, unused []string
	had := 0
	for number := uint16(1); number <= last; number++ {
		a, ok := all[number]
		switch {
		case !ok:
			t.Errorf("attribute %d has no test", number)
		case a.Unused != "":
			unused = append(unused, a.Name+" ("+a.Unused+")")
			continue
		case Older(t, a.Since[0], a.Since[1]):
			continue
		case a.proven(t):
			proven = append(proven, a.Name+" by "+a.Oracle)
		}
		had++
	}
	if len(all) != int(last) {
		t.Errorf("%d entries for %d attributes", len(all), last)
	}
	if len(proven) == 0 && !t.Failed() { // all were skipped
		return
	}
	proofs.add(release(t), fmt.Sprintf("  %s: %d of %d: %s%s", t.Name(), len(proven), had, strings.Join(proven, ", "), without(unused)))
}

// proven runs the test of an attribute, and reports whether it has come to its end.
func (a *Attribute) proven(t *testing.T) bool {
	ended := false
	return t.Run(a.Name, func(t *testing.T) { a.Prove(t); ended = true }) && ended
}

// without returns words about attributes that are not used.
func without(unused []string) string {
	if len(unused) == 0 {
		return ""
	}
	return "; not used: " + strings.Join(unused, ", ")
}

// RawGeneric returns the payloads of an attribute in the answers of a generic netlink
// family to a dump, in order. The path leads to the attribute through nests, as for
// RawAttr; of a list it takes the last element with 0. request has the attributes of the
// request.
func RawGeneric(l *Lab, family string, command uint8, request []byte, path ...uint16) (all [][]byte) {
	l.Helper()
	return rawGeneric(l, family, command, netlink.Dump, request, path)
}

// RawAnswer is RawGeneric for a request without a dump.
func RawAnswer(l *Lab, family string, command uint8, request []byte, path ...uint16) (all [][]byte) {
	l.Helper()
	return rawGeneric(l, family, command, 0, request, path)
}

func rawGeneric(l *Lab, family string, command uint8, flags netlink.HeaderFlags, request []byte, path []uint16) (all [][]byte) {
	c, id := generic(l, family)
	return genericDump(l, c, id, command, flags, request, path...)
}

// SendGeneric sends a request to a generic netlink family and waits for the
// acknowledgement. request follows the generic header.
func SendGeneric(l *Lab, family string, command uint8, request []byte) {
	l.Helper()
	c, id := generic(l, family)
	_, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(id), Flags: netlink.Request | netlink.Acknowledge},
		Data:   slices.Concat([]byte{command, 1, 0, 0}, request),
	})
	Must(l, err)
}

// generic returns a socket for a generic netlink family, and the number of the family.
func generic(l *Lab, family string) (*netlink.Conn, uint16) {
	l.Helper()
	c := OpenedBy(l, func() (*netlink.Conn, error) { return netlink.Dial(unix.NETLINK_GENERIC, nil) })
	name := netlink.NewAttributeEncoder()
	name.String(unix.CTRL_ATTR_FAMILY_NAME, family)
	key, err := name.Encode()
	Must(l, err)
	found := genericDump(l, c, unix.GENL_ID_CTRL, unix.CTRL_CMD_GETFAMILY, 0, key, unix.CTRL_ATTR_FAMILY_ID)
	if len(found) != 1 || len(found[0]) != 2 {
		l.Fatalf("the family %s is % x", family, found)
	}
	return c, uint16(found[0][0]) | uint16(found[0][1])<<8 // the matrix is little-endian
}

// genericDump sends a request, and returns the payload of an attribute in each answer.
func genericDump(l *Lab, c *netlink.Conn, id uint16, command uint8, flags netlink.HeaderFlags, request []byte, path ...uint16) (all [][]byte) {
	l.Helper()
	answers, err := c.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(id), Flags: netlink.Request | flags},
		Data:   slices.Concat([]byte{command, 1, 0, 0}, request),
	})
	Must(l, err)
	for _, m := range answers {
		data := m.Data[4:]
		for _, typ := range path {
			data, err = find(data, typ)
			Must(l, err)
		}
		all = append(all, data)
	}
	return all
}
