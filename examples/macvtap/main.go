// Macvtap makes a program a separate host on a cable: it sends an ARP request for an
// address, frame by frame, through a file.
//
//	sudo go run ./examples/macvtap
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/iplink-go/iplink/examples/internal/lab"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
)

const about = `Macvtap puts a program on a cable as a host of its own: it asks by ARP who has an
address, frame by frame, through a file. That takes the system's root.`

func main() { lab.Main(about, run) }

func run(ctx context.Context, l *lab.Lab) error {
	all, err := l.NetNS("host", "router")
	if err != nil {
		return err
	}
	host, router := all[0], all[1]
	addr := netip.MustParsePrefix("10.0.0.254/24")
	links, err := l.Create(ctx, host,
		veth.New("eth0").Up().Peer(veth.New("eth0").NetNS(router).Addr(addr).Up()),
		macvtap.New("macvtap0").Parent("eth0").Mode(macvtap.Bridge).Up())
	if err != nil {
		return err
	}
	if err := l.Show(ctx); err != nil {
		return err
	}
	var files []*os.File
	err = host.Do(func() (err error) {
		files, err = macvtap.Open(ctx, "macvtap0")
		return err
	})
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w: start the example as root", err)
	}
	if err != nil {
		return err
	}
	defer files[0].Close()
	mac := links[1].Address
	if _, err := files[0].Write(request(mac, addr.Addr())); err != nil {
		return err
	}
	l.Say("wrote: who has %s? tell %s", addr.Addr(), mac)
	owner, err := awaitReply(files[0], mac)
	if err != nil {
		return err
	}
	l.Say("read: %s is at %s", addr.Addr(), owner)
	return nil
}

// request returns a broadcast Ethernet frame with an ARP request, RFC 826: Ethernet,
// IPv4, address lengths 6 and 4, operation 1, sender, target. The sender has no IP
// address, like a host that probes whether the address is free (RFC 5227).
func request(mac net.HardwareAddr, addr netip.Addr) []byte {
	frame := append(bytes.Repeat([]byte{0xff}, 6), mac...)
	frame = append(frame, 0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, 1)
	frame = append(append(frame, mac...), 0, 0, 0, 0)
	frame = append(frame, 0, 0, 0, 0, 0, 0)
	return append(frame, addr.AsSlice()...)
}

// awaitReply returns the sender of the first ARP reply to mac.
func awaitReply(file *os.File, mac net.HardwareAddr) (net.HardwareAddr, error) {
	if err := file.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return nil, err
	}
	for buf := make([]byte, 2048); ; {
		n, err := file.Read(buf)
		if err != nil {
			return nil, err
		}
		isARP := n >= 42 && binary.BigEndian.Uint16(buf[12:]) == 0x0806
		if isARP && binary.BigEndian.Uint16(buf[20:]) == 2 && bytes.Equal(buf[:6], mac) {
			return buf[22:28], nil
		}
	}
}
