package testutil

import (
	"os"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// RawAttr returns the payload of an attribute of the named link as the kernel
// reports it, or nil if the kernel does not report it. The path leads to the
// attribute through nests, such as IFLA_LINKINFO, IFLA_INFO_DATA, IFLA_VXLAN_ID.
func RawAttr(t testing.TB, ns *os.File, name string, path ...uint16) []byte {
	t.Helper()
	var data []byte
	var err error
	In(t, ns, func() { data, err = rawLink(name) })
	for _, typ := range path {
		if err == nil {
			data, err = find(data, typ)
		}
	}
	if err != nil {
		t.Fatalf("attribute %v of %s: %v", path, name, err)
	}
	return data
}

// rawLink requests a link from the kernel and returns its attributes.
func rawLink(name string) ([]byte, error) {
	conn, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	attrs := netlink.NewAttributeEncoder()
	attrs.String(unix.IFLA_IFNAME, name)
	key, err := attrs.Encode()
	if err != nil {
		return nil, err
	}
	messages, err := conn.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.RTM_GETLINK, Flags: netlink.Request},
		Data:   append(make([]byte, unix.SizeofIfInfomsg), key...),
	})
	if err != nil {
		return nil, err
	}
	return messages[0].Data[unix.SizeofIfInfomsg:], nil
}

// find returns the payload of one attribute.
func find(data []byte, typ uint16) ([]byte, error) {
	attrs, err := netlink.NewAttributeDecoder(data)
	if err != nil {
		return nil, err
	}
	var found []byte
	for attrs.Next() {
		if attrs.Type() == typ {
			found = attrs.Bytes()
		}
	}
	return found, attrs.Err()
}
