// Package macsec makes MACsec links: links that encrypt and check the frames of
// their parent, IEEE 802.1AE.
//
// New makes one, with its keys if they are known: TxSA is what it sends by, RxSC
// whom it receives from. Open works on the keys of one that exists: it adds,
// changes and drops associations and channels, tells all that the kernel counts
// (Status), and replaces keys without losing a frame (Rotate).
//
// Keys are not printed, logged or marshalled, whichever way, and no copy of one
// is left in memory once it was wiped. Where they come from, and how the
// stations agree on them, is not the business of this package.
package macsec

import (
	"net"

	"github.com/iplink-go/iplink"
)

// SCI identifies a secure channel: the address of a station and a port.
type SCI = iplink.MACsecSCI

// SCIOf returns the identifier for an Ethernet address, 6 bytes, and a port, 1
// to 65535.
func SCIOf(mac net.HardwareAddr, port uint16) SCI {
	return iplink.MACsecSCIOf(mac, port)
}

// Cipher suites. Those with XPN number packets with 64 bits.
const (
	GCMAES128    = iplink.MACsecGCMAES128    // 16-byte keys
	GCMAES256    = iplink.MACsecGCMAES256    // 32-byte keys
	GCMAESXPN128 = iplink.MACsecGCMAESXPN128 // 16-byte keys, and salt
	GCMAESXPN256 = iplink.MACsecGCMAESXPN256 // 32-byte keys, and salt
)

// Validations: what becomes of received frames that fail the check.
const (
	Disabled = iplink.MACsecDisabled // they are not checked
	Check    = iplink.MACsecCheck    // they are counted, and taken
	Strict   = iplink.MACsecStrict   // they are counted, and dropped
)

// Offloads: what part of the hardware does the work.
const (
	OffloadOff = iplink.MACsecOffloadOff // none: the kernel does it
	OffloadPHY = iplink.MACsecOffloadPHY // the transceiver
	OffloadMAC = iplink.MACsecOffloadMAC // the controller
)
