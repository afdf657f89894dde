package ovpn

import (
	"context"
	"errors"
	"iter"
	"net/netip"
	"os"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// An Event is a notification of the kernel about a peer.
type Event struct {
	// Type is the notification, such as PeerRemoved.
	Type EventType
	// Peer is the ID of the peer (OVPN_A_PEER_ID, OVPN_A_KEYCONF_PEER_ID).
	Peer uint32
	// Reason is the reason of PeerRemoved (OVPN_A_PEER_DEL_REASON).
	Reason Reason
	// KeyID is the number of the key of KeyUsedUp (OVPN_A_KEYCONF_KEY_ID).
	KeyID uint8
	// Remote is the new address of PeerMoved (OVPN_A_PEER_REMOTE_IPV4 and others).
	Remote netip.AddrPort
}

// An EventType is the sort of an Event.
type EventType uint8

// Sorts of events.
const (
	PeerRemoved EventType = 1 + iota // the kernel or a program removed a peer (OVPN_CMD_PEER_DEL_NTF)
	KeyUsedUp                        // the primary key has protected as many packets as it may: renew it (OVPN_CMD_KEY_SWAP_NTF)
	PeerMoved                        // a peer sends from another address (OVPN_CMD_PEER_FLOAT_NTF)
	Lost                             // events were lost because the program was slow: read Peers
)

var eventTypes = attr.Words{"", "peer-removed", "key-used-up", "peer-moved", "lost"}

// String returns a word, such as "peer-removed".
func (t EventType) String() string {
	return attr.Word(eventTypes, t)
}

// MarshalText returns the result of String.
func (t EventType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *EventType) UnmarshalText(text []byte) error {
	return attr.ReadWord(eventTypes, "event type", text, t)
}

// A Reason is the reason why a peer was removed.
type Reason uint32

// Reasons.
const (
	Teardown            Reason = iota // the link was deleted, or another peer came in its place
	Userspace                         // RemovePeer of any program
	Expired                           // no packet came within KeepaliveTimeout
	TransportError                    // the TCP connection failed
	TransportDisconnect               // the socket was closed
)

var reasons = attr.Words{"teardown", "userspace", "expired", "transport-error", "transport-disconnect"}

// String returns the kernel's word.
func (r Reason) String() string {
	return attr.Word(reasons, r)
}

// MarshalText returns the result of String.
func (r Reason) MarshalText() ([]byte, error) {
	return []byte(r.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (r *Reason) UnmarshalText(text []byte) error {
	return attr.ReadWord(reasons, "reason", text, r)
}

// eventBuffer limits the unread notifications.
const eventBuffer = 1 << 20

// Watch reports the events of the peers of the link. The kernel notifies in the
// namespaces of their sockets: sockets is that namespace, or nil if it is the link's
// own. Notifications name the link by its index; another link with the same index in another
// namespace cannot be distinguished from it.
//
// An iteration has a socket of its own, opened when it begins and closed when it ends, and
// starts no goroutine. It ends when the consumer leaves the loop, when ctx ends or on an
// error; in the last two cases the error is the last pair that it yields. It does not end with
// the link.
func (d *OVPN) Watch(ctx context.Context, sockets *iplink.NetNS) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		l, err := d.listen(ctx, sockets)
		if err == nil {
			defer l.Close()
			err = d.receive(l, yield)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			yield(Event{}, d.failed(opWatch, "", err))
		}
	}
}

// listen opens a socket for the notifications in a namespace.
func (d *OVPN) listen(ctx context.Context, at *iplink.NetNS) (l *rtnl.Listener, err error) {
	if at == nil {
		at = d.at
	}
	err = openlink.Within(at, func() (err error) {
		l, err = d.nl.Listen(ctx, rtnl.Here, uapi.OVPN_MCGRP_PEERS, rtnl.Listening{Buffer: eventBuffer})
		return err
	})
	return l, err
}

// receive yields events until the consumer leaves, which is not an error.
func (d *OVPN) receive(l *rtnl.Listener, yield func(Event, error) bool) error {
	for {
		datagram, _, err := l.Receive(true)
		if errors.Is(err, rtnl.ErrOverrun) {
			if err = l.Drain(); err == nil && !yield(Event{Type: Lost}, nil) {
				return nil
			}
		}
		if err != nil {
			return err
		}
		for m, err := range wire.Messages(datagram) {
			if err != nil {
				return err
			}
			if e, index, ok := parseEvent(m.Data); ok && index == d.Index() && !yield(e, nil) {
				return nil
			}
		}
	}
}

// notifications are the sorts of events by the commands of their messages.
var notifications = map[byte]EventType{
	uapi.OVPN_CMD_PEER_DEL_NTF: PeerRemoved, uapi.OVPN_CMD_KEY_SWAP_NTF: KeyUsedUp, uapi.OVPN_CMD_PEER_FLOAT_NTF: PeerMoved,
}

// parseEvent reads a message, and returns the index of the link.
func parseEvent(b []byte) (e Event, index int, ok bool) {
	if len(b) < uapi.GENL_HDRLEN {
		return e, 0, false
	}
	e.Type, ok = notifications[b[0]]
	b = b[uapi.GENL_HDRLEN:]
	peer, key := wire.Find(b, uapi.OVPN_A_PEER), wire.Find(b, uapi.OVPN_A_KEYCONF)
	if e.Type == KeyUsedUp {
		e.Peer, e.KeyID = number(wire.Find(key, uapi.OVPN_A_KEYCONF_PEER_ID)), uint8(number(wire.Find(key, uapi.OVPN_A_KEYCONF_KEY_ID)))
	} else {
		e.Peer, e.Reason = number(wire.Find(peer, uapi.OVPN_A_PEER_ID)), Reason(number(wire.Find(peer, uapi.OVPN_A_PEER_DEL_REASON)))
	}
	if e.Type == PeerMoved {
		p, err := parsePeer(peer)
		e.Remote, ok = p.Remote, err == nil
	}
	return e, int(int32(number(wire.Find(b, uapi.OVPN_A_IFINDEX)))), ok
}

// number reads a number of 4 bytes, or of 2: the kernel announces the number of a key
// so. It is 0 for anything else.
func number(b []byte) uint32 {
	switch len(b) {
	case 2:
		return uint32(wire.Order.Uint16(b))
	case 4:
		return wire.Order.Uint32(b)
	}
	return 0
}
