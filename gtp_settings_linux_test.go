package iplink_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/gtp"
	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
)

func TestGTPSettings(t *testing.T) {
	subject[*gtp.Builder]{
		kind:    iplink.KindGTP,
		rows:    iplink.KindRows(iplink.KindGTP),
		prepare: []string{"link set dev lo up", "address add 2001:db8::17/128 dev lo nodad"},
		start: func(bool) (*gtp.Builder, iplink.Spec) {
			v := gtp.New(link)
			return v, v
		},
		settings: []setting[*gtp.Builder]{
			set(uapi.IFLA_GTP_ROLE, (*gtp.Builder).Role, gtp.SGSN, gtp.GGSN, "Info.Role", inData("role", "sgsn", "ggsn")).needs(gtpSockets),
			set(uapi.IFLA_GTP_PDP_HASHSIZE, (*gtp.Builder).HashSize, 0x1234, 0x4321, "Info.HashSize", inData("hsize", 0x1234, 0x4321)).needs(gtpSockets),
			set(uapi.IFLA_GTP_RESTART_COUNT, (*gtp.Builder).RestartCount, 0x12, 0x21, "Info.RestartCount", inData("restart_count", 0x12, 0x21)).needs(gtpSockets),
			set(uapi.IFLA_GTP_CREATE_SOCKETS, func(b *gtp.Builder, _ bool) *gtp.Builder { return b.Sockets() }, true, true, "",
				bound("00000000:0868", "00000000:0868")),
			set(uapi.IFLA_GTP_LOCAL, (*gtp.Builder).LocalIP, lab.Addr("127.0.0.17"), lab.Addr("127.0.1.3"), "",
				bound("1100007F:0868", "0301007F:0868")).needs(gtpSockets),
			set(uapi.IFLA_GTP_LOCAL, (*gtp.Builder).LocalIP, lab.Addr("::1"), lab.Addr("2001:db8::17"), "",
				bound("00000000000000000000000001000000:0868", "B80D0120000000000000000017000000:0868")).needs(gtpSockets).variant("ipv6"),
			gtpFiles(t, uapi.IFLA_GTP_FD0, (*gtp.Builder).FD0, 4),
			gtpFiles(t, uapi.IFLA_GTP_FD1, (*gtp.Builder).FD1, 5),
		},
	}.test(t)
}

func gtpSockets(b *gtp.Builder) { b.Sockets() }

// gtpFiles returns the entry for a setter that takes a socket, which the kernel comes to
// use for a protocol in UDP, by its number in UDP_ENCAP.
func gtpFiles(t *testing.T, row uint16, setter func(*gtp.Builder, *os.File) *gtp.Builder, protocol int) setting[*gtp.Builder] {
	files := [2]*os.File{udpSocket(t), udpSocket(t)}
	return set(row, setter, files[0], files[1], "", oracle{name: "UDP_ENCAP", want: [2]any{files[0], files[1]},
		read: func(testing.TB, *witness) any { return protocol },
		same: func(got, file any) bool {
			has, err := unix.GetsockoptInt(int(file.(*os.File).Fd()), unix.SOL_UDP, unix.UDP_ENCAP)
			return err == nil && has == got
		}})
}

func udpSocket(t *testing.T) *os.File {
	c, err := net.ListenUDP("udp4", nil)
	testutil.Must(t, err)
	defer c.Close()
	f, err := c.File()
	testutil.Must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// bound looks for an address and a port among the UDP sockets of the namespace.
func bound(first, second string) oracle {
	return oracle{name: "/proc/net/udp", want: [2]any{first, second},
		read: func(t testing.TB, w *witness) any {
			var all []byte
			testutil.In(t, w.ns, func() {
				for _, file := range []string{"udp", "udp6"} {
					text, err := os.ReadFile("/proc/thread-self/net/" + file)
					testutil.Must(t, err)
					all = append(all, text...)
				}
			})
			return string(all)
		},
		same: func(got, want any) bool { return strings.Contains(got.(string), " "+want.(string)+" ") }}
}
