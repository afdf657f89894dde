// Tun makes a program a host behind a tun link: it reads IP packets from a file and
// answers the echo requests among them.
//
//	go run ./examples/tun
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/examples/internal/packet"
	"github.com/iplink-go/iplink/tun"
)

const about = `Tun makes a program a host behind a tun link, which answers to ping: it reads and
writes IP packets through a file.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("host")
	if err != nil {
		return err
	}
	host := all[0]
	if _, err := l.Create(ctx, host, tun.New("tun0").Addr(netip.MustParsePrefix("10.0.0.1/24")).Up()); err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	files, err := tun.Open(ctx, "tun0", iplink.In(host))
	if err != nil {
		return err
	}
	answered := make(chan error, 1)
	go func() { answered <- answer(files[0]) }()
	addr := netip.MustParseAddr("10.0.0.2")
	took, err := packet.Ping(ctx, host, addr)
	err = errors.Join(err, files[0].Close(), <-answered)
	if err == nil {
		l.Say("the program answers for %s in %v", addr, took)
	}
	return err
}

// answer answers the echo requests of a file until it is closed.
func answer(file *os.File) error {
	for packet := make([]byte, 1<<16); ; {
		n, err := file.Read(packet)
		if errors.Is(err, os.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if !isRequest(packet[:n]) {
			continue
		}
		if _, err := file.Write(reply(packet[:n])); err != nil && !errors.Is(err, os.ErrClosed) {
			return err
		}
	}
}

// isRequest reports whether an IPv4 packet without options is an echo request, RFC 792.
func isRequest(packet []byte) bool {
	return len(packet) >= 28 && packet[0] == 0x45 && packet[9] == 1 && packet[20] == 8
}

// reply turns an echo request into the reply. To exchange the addresses does not change
// the checksum of the header.
func reply(packet []byte) []byte {
	source := [4]byte(packet[12:16])
	copy(packet[12:16], packet[16:20])
	copy(packet[16:20], source[:])
	icmp := packet[20:]
	icmp[0], icmp[2], icmp[3] = 0, 0, 0
	binary.BigEndian.PutUint16(icmp[2:], ^sum(icmp))
	return packet
}

// sum adds 16-bit words in one's complement, RFC 1071.
func sum(b []byte) uint16 {
	var s uint32
	for i, v := range b {
		s += uint32(v) << (8 * (1 - i%2))
	}
	for s>>16 != 0 {
		s = s&0xffff + s>>16
	}
	return uint16(s)
}
