package iplink

import (
	"strconv"

	"github.com/iplink-go/iplink/internal/attr"
)

// A HardwareType is an ARPHRD_* number, which determines the frame format of a link.
type HardwareType uint16

// Hardware types of the links that this library creates, and of some others.
const (
	HardwareEther             HardwareType = 1      // Ethernet
	HardwareIEEE1394          HardwareType = 24     // IP over FireWire
	HardwareInfiniBand        HardwareType = 32     // IP over InfiniBand
	HardwareSLIP              HardwareType = 256    // IP on a serial line
	HardwareX25               HardwareType = 271    // X.25
	HardwareCAN               HardwareType = 280    // Controller Area Network
	HardwareMCTP              HardwareType = 290    // Management Component Transport Protocol
	HardwarePPP               HardwareType = 512    // Point-to-Point Protocol
	HardwareHDLC              HardwareType = 513    // Cisco HDLC
	HardwareRawIP             HardwareType = 519    // IP without a link layer, as many modems have it
	HardwareTunnel            HardwareType = 768    // IP in IPv4; addresses are IPv4 addresses
	HardwareTunnel6           HardwareType = 769    // IP in IPv6; addresses are IPv6 addresses
	HardwareLoopback          HardwareType = 772    // loopback
	HardwareSIT               HardwareType = 776    // IPv6 in IPv4; addresses are IPv4 addresses
	HardwareGRE               HardwareType = 778    // IP in GRE over IPv4; addresses are IPv4 addresses
	HardwarePIMReg            HardwareType = 779    // packets of a multicast router
	HardwareIEEE80211         HardwareType = 801    // frames of IEEE 802.11
	HardwarePrism             HardwareType = 802    // frames of IEEE 802.11 with a Prism header
	HardwareRadiotap          HardwareType = 803    // frames of IEEE 802.11 with a radiotap header
	HardwareIEEE802154        HardwareType = 804    // IEEE 802.15.4; addresses have 8 bytes
	HardwareIEEE802154Monitor HardwareType = 805    // frames of IEEE 802.15.4 as they are received
	HardwarePhonet            HardwareType = 820    // Phonet
	HardwarePhonetPipe        HardwareType = 821    // Phonet, for a GPRS connection
	HardwareCAIF              HardwareType = 822    // CAIF
	HardwareGRE6              HardwareType = 823    // IP in GRE over IPv6; addresses are IPv6 addresses
	HardwareNetlink           HardwareType = 824    // nlmon
	Hardware6LoWPAN           HardwareType = 825    // IPv6 over IEEE 802.15.4; addresses have 8 bytes
	HardwareVsockmon          HardwareType = 826    // vsockmon
	HardwareNone              HardwareType = 0xfffe // no link layer, such as VXLAN with GPE
	HardwareVoid              HardwareType = 0xffff // unknown
)

// hardwareWords are iproute2's words, and for the types that it has none for, a word like
// theirs.
var hardwareWords = map[HardwareType]string{
	HardwareEther: "ether", HardwareIEEE1394: "ieee1394", HardwareInfiniBand: "infiniband", HardwareSLIP: "slip",
	HardwareX25: "x25", HardwareCAN: "can", HardwareMCTP: "mctp", HardwarePPP: "ppp", HardwareHDLC: "hdlc",
	HardwareRawIP: "rawip", HardwareTunnel: "ipip", HardwareTunnel6: "tunnel6", HardwareLoopback: "loopback",
	HardwareSIT: "sit", HardwareGRE: "gre", HardwarePIMReg: "pimreg", HardwareIEEE80211: "ieee802.11",
	HardwarePrism: "ieee802.11/prism", HardwareRadiotap: "ieee802.11/radiotap", HardwareIEEE802154: "ieee802.15.4",
	HardwareIEEE802154Monitor: "ieee802.15.4/monitor", HardwarePhonet: "phonet", HardwarePhonetPipe: "phonet_pipe",
	HardwareCAIF: "caif", HardwareGRE6: "gre6", HardwareNetlink: "netlink", Hardware6LoWPAN: "6lowpan",
	HardwareVsockmon: "vsockmon", HardwareNone: "none", HardwareVoid: "void",
}

// String returns iproute2's word for the type, such as "ether", or the number.
func (t HardwareType) String() string {
	if word, ok := hardwareWords[t]; ok {
		return word
	}
	return strconv.Itoa(int(t))
}

// MarshalText returns the result of String.
func (t HardwareType) MarshalText() ([]byte, error) {
	return []byte(t.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (t *HardwareType) UnmarshalText(text []byte) error {
	for _, known := range []HardwareType{HardwareEther, HardwareInfiniBand, HardwareCAN, HardwareTunnel, HardwareTunnel6,
		HardwareLoopback, HardwareSIT, HardwareGRE, HardwareGRE6, HardwareNetlink, HardwareNone} {
		if known.String() == string(text) {
			*t = known
			return nil
		}
	}
	return attr.ReadWord(nil, "hardware type", text, t)
}
