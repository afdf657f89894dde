package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/iplink-go/iplink"
)

const (
	// patience is how long a ping may take in all. The kernel uses no IPv6
	// address before it has made sure, which takes up to two seconds, that
	// nobody else has it (RFC 4862, section 5.4).
	patience = 10 * time.Second
	// interval is how long a request waits for its reply.
	interval = 200 * time.Millisecond
)

// icmp is what differs between the echo messages of IPv4 and IPv6.
type icmp struct {
	network        string
	request, reply byte // message types
}

var (
	icmp4 = icmp{"ip4:icmp", 8, 0}            // RFC 792
	icmp6 = icmp{"ip6:ipv6-icmp", 0x80, 0x81} // RFC 4443
)

// ping sends echo requests from inside a namespace until one is answered, and
// returns how long the answer took.
func ping(ctx context.Context, from *iplink.NetNS, to netip.Addr) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	family := icmp4
	if to.Is6() {
		family = icmp6
	}
	conn, err := family.listen(ctx, from)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	for seq := uint16(1); ; seq++ {
		next := time.Now().Add(interval)
		took, err := family.exchange(conn, to, seq, next)
		if err == nil {
			return took, nil
		}
		select {
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return 0, fmt.Errorf("ping from %s to %s: %w (%w)", from, to, context.Cause(ctx), err)
		}
	}
}

// listen opens a raw socket, which belongs to the namespace it is opened in,
// whoever uses it afterwards.
func (f icmp) listen(ctx context.Context, ns *iplink.NetNS) (conn net.PacketConn, err error) {
	err = ns.Do(func() error {
		conn, err = new(net.ListenConfig).ListenPacket(ctx, f.network, "")
		return err
	})
	return conn, err
}

// exchange sends a request and waits for its reply. The socket receives other
// messages too, such as those of neighbour discovery.
func (f icmp) exchange(conn net.PacketConn, to netip.Addr, seq uint16, deadline time.Time) (time.Duration, error) {
	if err := conn.SetDeadline(deadline); err != nil {
		return 0, err
	}
	request := f.message(seq)
	sent := time.Now()
	if _, err := conn.WriteTo(request, &net.IPAddr{IP: to.AsSlice()}); err != nil {
		return 0, err
	}
	for buf := make([]byte, 1500); ; {
		n, _, err := conn.ReadFrom(buf)
		if err != nil {
			return 0, err
		}
		if n > 4 && buf[0] == f.reply && bytes.Equal(buf[4:n], request[4:]) {
			return time.Since(sent), nil
		}
	}
}

// message returns an echo request: type, code, checksum, identifier, sequence
// number, and data, which come back as they are but for type and checksum.
func (f icmp) message(seq uint16) []byte {
	m := []byte{f.request, 0, 0, 0, 0x12, 0x34}
	m = append(binary.BigEndian.AppendUint16(m, seq), "quickstart"...)
	binary.BigEndian.PutUint16(m[2:], checksum(m)) // over IPv6 the kernel puts its own there
	return m
}

// checksum returns the Internet checksum of an even number of bytes (RFC 1071).
func checksum(b []byte) uint16 {
	var sum uint32
	for pair := range slices.Chunk(b, 2) {
		sum += uint32(binary.BigEndian.Uint16(pair))
	}
	sum = sum>>16 + sum&0xffff
	return ^uint16(sum>>16 + sum)
}
