// Package packet sends and receives packets in namespaces for the examples.
package packet

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
	// patience limits the total duration of a ping. The kernel does not use an IPv6
	// address until duplicate address detection has finished, which takes up to two
	// seconds (RFC 4862, section 5.4).
	patience = 10 * time.Second
	// interval is the time for which a request waits for its reply.
	interval = 200 * time.Millisecond
)

// icmp holds the differences between the echo messages of IPv4 and IPv6.
type icmp struct {
	network        string
	request, reply byte // message types
}

var (
	icmp4 = icmp{"ip4:icmp", 8, 0}            // RFC 792
	icmp6 = icmp{"ip6:ipv6-icmp", 0x80, 0x81} // RFC 4443
)

// Ping sends echo requests from inside a namespace until one is answered, for up to
// ten seconds, and returns the response time.
func Ping(ctx context.Context, from *iplink.NetNS, to netip.Addr) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := newPinger(ctx, from, to)
	if err != nil {
		return 0, err
	}
	defer p.conn.Close()
	for {
		took, answered, err := p.next(ctx, interval)
		if err != nil {
			return 0, fmt.Errorf("ping from %s to %s: %w", from, to, err)
		}
		if answered {
			return took, nil
		}
	}
}

// NoPing sends five echo requests within a second, and returns an error if any of
// them is answered.
func NoPing(ctx context.Context, from *iplink.NetNS, to netip.Addr) error {
	answered, err := Pings(ctx, from, to, 5, nil)
	if err == nil && answered > 0 {
		err = fmt.Errorf("ping from %s to %s: %d of 5 were answered, none should be", from, to, answered)
	}
	return err
}

// Pings sends n echo requests, five per second, and returns the number of requests
// answered before the next one was sent. If before is not nil, it is called before
// each request with the number of requests sent so far.
func Pings(ctx context.Context, from *iplink.NetNS, to netip.Addr, n int, before func(sent int) error) (answered int, err error) {
	p, err := newPinger(ctx, from, to)
	if err != nil {
		return 0, err
	}
	defer p.conn.Close()
	for i := range n {
		if before != nil {
			if err := before(i); err != nil {
				return answered, err
			}
		}
		next := time.Now().Add(interval)
		_, ok, err := p.next(ctx, interval)
		if err != nil {
			return answered, err
		}
		if ok {
			answered++
		}
		time.Sleep(time.Until(next))
	}
	return answered, nil
}

// A pinger sends requests one after another.
type pinger struct {
	icmp
	conn net.PacketConn
	to   netip.Addr
	seq  uint16
}

func newPinger(ctx context.Context, from *iplink.NetNS, to netip.Addr) (*pinger, error) {
	p := &pinger{icmp: icmp4, to: to}
	if to.Is6() {
		p.icmp = icmp6
	}
	var err error
	p.conn, err = p.listen(ctx, from)
	return p, err
}

// next sends a request and waits for the answer until the interval ends. Without an
// answer it waits for the whole interval, even if the request could not be sent. The
// error is that of ctx.
func (p *pinger) next(ctx context.Context, interval time.Duration) (took time.Duration, answered bool, err error) {
	p.seq++
	next := time.Now().Add(interval)
	if took, err := p.exchange(p.conn, p.to, p.seq, next); err == nil {
		return took, true, context.Cause(ctx)
	}
	select {
	case <-time.After(time.Until(next)):
		return 0, false, nil
	case <-ctx.Done():
		return 0, false, context.Cause(ctx)
	}
}

// listen opens a raw socket. The socket belongs to the namespace in which it was
// opened, regardless of its later users.
func (f icmp) listen(ctx context.Context, ns *iplink.NetNS) (conn net.PacketConn, err error) {
	err = ns.Do(func() error {
		conn, err = new(net.ListenConfig).ListenPacket(ctx, f.network, "")
		return err
	})
	return conn, err
}

// exchange sends a request and waits for its reply. It ignores other messages on the
// socket, such as neighbour discovery.
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
// number, and data. The reply repeats all of it except type and checksum.
func (f icmp) message(seq uint16) []byte {
	m := []byte{f.request, 0, 0, 0, 0x12, 0x34}
	m = append(binary.BigEndian.AppendUint16(m, seq), "iplink"...)
	binary.BigEndian.PutUint16(m[2:], checksum(m)) // over IPv6 the kernel computes the checksum
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
