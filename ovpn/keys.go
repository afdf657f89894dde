package ovpn

import (
	"context"
	"errors"

	"github.com/iplink-go/iplink/internal/rtnl"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// NewKey gives a peer a key, in place of the one in its slot (OVPN_CMD_KEY_NEW). To renew
// keys, both ends put the next key into the slot Secondary and then call SwapKeys. The error
// matches fs.ErrNotExist if the link does not have the peer.
func (d *OVPN) NewKey(ctx context.Context, peer uint32, k Key) error {
	flaw := checkID(peer)
	if flaw == nil {
		flaw = k.check()
	}
	if flaw != nil {
		return d.invalid(opAdd, keySubject(peer, k.Slot), flaw)
	}
	attrs := request(d.Index(), uapi.OVPN_A_KEYCONF, func(b []byte) []byte { return appendKey(b, peer, &k) })
	return d.change(ctx, opAdd, keySubject(peer, k.Slot), uapi.OVPN_CMD_KEY_NEW, attrs)
}

// keySubject is the subject of errors about a key.
func keySubject(peer uint32, slot Slot) string {
	return subject(peer) + " key " + slot.String()
}

// SwapKeys exchanges the keys in the two slots of a peer: from then on it encrypts with the
// one that was in Secondary (OVPN_CMD_KEY_SWAP). If that slot is empty, the peer gets no
// more packets. The error matches fs.ErrNotExist if the link does not have the peer.
func (d *OVPN) SwapKeys(ctx context.Context, peer uint32) error {
	if flaw := checkID(peer); flaw != nil {
		return d.invalid(opSwap, subject(peer), flaw)
	}
	attrs := request(d.Index(), uapi.OVPN_A_KEYCONF, func(b []byte) []byte { return wire.AppendU32(b, uapi.OVPN_A_KEYCONF_PEER_ID, peer) })
	return d.change(ctx, opSwap, subject(peer), uapi.OVPN_CMD_KEY_SWAP, attrs)
}

// RemoveKey removes the key in a slot of a peer, which may be empty (OVPN_CMD_KEY_DEL). The
// error matches fs.ErrNotExist if the link does not have the peer.
func (d *OVPN) RemoveKey(ctx context.Context, peer uint32, slot Slot) error {
	attrs, err := d.slotOf(opRemove, peer, slot)
	if err != nil {
		return err
	}
	return d.change(ctx, opRemove, keySubject(peer, slot), uapi.OVPN_CMD_KEY_DEL, attrs)
}

// Key returns the kernel's report of the key in a slot of a peer (OVPN_CMD_KEY_GET). The
// error matches fs.ErrNotExist if the slot is empty, or if the link does not have the peer.
func (d *OVPN) Key(ctx context.Context, peer uint32, slot Slot) (k KeyStatus, err error) {
	attrs, err := d.slotOf(opShow, peer, slot)
	if err != nil {
		return k, err
	}
	var fault error
	err = d.nl.Series(ctx, uapi.OVPN_CMD_KEY_GET, attrs, func(m wire.Message) {
		k, fault = parseKey(wire.Find(rtnl.GenericAttrs(m), uapi.OVPN_A_KEYCONF))
	})
	if err = errors.Join(err, fault); err != nil {
		return k, d.explain(ctx, opShow, keySubject(peer, slot), err)
	}
	return k, nil
}

// slotOf returns the attributes of a request about a slot.
func (d *OVPN) slotOf(op string, peer uint32, slot Slot) ([]byte, error) {
	flaw := checkID(peer)
	if slot > Secondary && flaw == nil {
		flaw = slotFlaw(slot)
	}
	if flaw != nil {
		return nil, d.invalid(op, subject(peer), flaw)
	}
	return request(d.Index(), uapi.OVPN_A_KEYCONF, func(b []byte) []byte { return appendSlot(b, peer, slot) }), nil
}
