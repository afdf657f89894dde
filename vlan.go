package iplink

import "fmt"

// A VLANProtocol is the tag protocol identifier that VLANs are told apart by.
type VLANProtocol uint16

// Tag protocols.
const (
	VLAN8021Q  VLANProtocol = 0x8100 // customer VLANs, IEEE 802.1Q
	VLAN8021AD VLANProtocol = 0x88a8 // service VLANs, IEEE 802.1ad
)

var vlanProtocols = map[VLANProtocol]string{VLAN8021Q: "802.1Q", VLAN8021AD: "802.1ad"}

// String returns the word of iproute2, or the number in base 16.
func (p VLANProtocol) String() string {
	if word, ok := vlanProtocols[p]; ok {
		return word
	}
	return fmt.Sprintf("%#x", uint16(p))
}
