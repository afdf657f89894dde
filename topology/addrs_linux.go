package topology

import (
	"context"
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// readAddrs returns the IP addresses of the links of a namespace by index, except
// for link-local ones, which are usually automatic.
func readAddrs(ctx context.Context, rt *rtnl.Conn, within int32) (addrs map[int][]netip.Prefix, err error) {
	body := func(b []byte) []byte {
		return rtnl.AppendTarget(append(b, make([]byte, unix.SizeofIfAddrmsg)...), unix.IFA_TARGET_NETNSID, within)
	}
	restart := func() { addrs = map[int][]netip.Prefix{} }
	err = rt.Dump(ctx, uapi.RTM_GETADDR, body, restart, func(m wire.Message) {
		if index, prefix := parseAddr(m.Data); prefix.IsValid() && !prefix.Addr().IsLinkLocalUnicast() {
			addrs[index] = append(addrs[index], prefix)
		}
	})
	for _, list := range addrs {
		slices.SortFunc(list, netip.Prefix.Compare)
	}
	return addrs, err
}

// parseAddr decodes a struct ifaddrmsg (family, prefix length, flags, scope, index)
// and the address after it: IFA_LOCAL, or if that is absent IFA_ADDRESS, which on a
// point-to-point link is the address of the other end.
func parseAddr(data []byte) (index int, prefix netip.Prefix) {
	if len(data) < unix.SizeofIfAddrmsg {
		return 0, netip.Prefix{}
	}
	var address, local netip.Addr
	for a, err := range wire.Attrs(data[unix.SizeofIfAddrmsg:]) {
		switch {
		case err != nil:
		case a.Type == uapi.IFA_ADDRESS:
			address, _ = netip.AddrFromSlice(a.Data)
		case a.Type == uapi.IFA_LOCAL:
			local, _ = netip.AddrFromSlice(a.Data)
		}
	}
	if !local.IsValid() {
		local = address
	}
	return int(binary.NativeEndian.Uint32(data[4:])), netip.PrefixFrom(local, int(data[1]))
}
