// Package macsec makes MACsec links: links that encrypt and verify the frames of
// their parent, IEEE 802.1AE.
//
// New makes one, with its keys if they are known: TxSA adds transmit associations,
// and RxSC adds receive channels. Open manages the keys of an existing link: it
// adds, changes and deletes associations and channels, reads all of the kernel's
// counters (Status), and replaces keys without losing a frame (Rotate).
//
// The kernel announces changes of a link's settings, which iplink.Watch reports, but not
// changes of its channels and associations: the generic netlink family macsec has no multicast
// group. A program that follows packet numbers calls Status from time to time.
//
// Keys are never printed, logged or marshalled, and no copy of a key stays in memory
// after it was wiped. This package does not provide keys or key agreement between
// stations.
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

// Cipher suites. The XPN suites use 64-bit packet numbers.
const (
	GCMAES128    = iplink.MACsecGCMAES128    // 16-byte keys
	GCMAES256    = iplink.MACsecGCMAES256    // 32-byte keys
	GCMAESXPN128 = iplink.MACsecGCMAESXPN128 // 16-byte keys, with a salt
	GCMAESXPN256 = iplink.MACsecGCMAESXPN256 // 32-byte keys, with a salt
)

// Validations: the treatment of received frames that fail verification.
const (
	Disabled = iplink.MACsecDisabled // not verified
	Check    = iplink.MACsecCheck    // counted and accepted
	Strict   = iplink.MACsecStrict   // counted and dropped
)

// Offloads: the hardware that does the work.
const (
	OffloadOff = iplink.MACsecOffloadOff // none: the kernel does it
	OffloadPHY = iplink.MACsecOffloadPHY // the transceiver
	OffloadMAC = iplink.MACsecOffloadMAC // the controller
)
