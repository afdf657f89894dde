package iplink

import (
	"strconv"

	"github.com/iplink-go/iplink/internal/attr"
)

// A HardwareType is an ARPHRD_* number: what kind of frames a link carries.
type HardwareType uint16

// Hardware types of the links this library makes.
const (
	HardwareEther      HardwareType = 1      // Ethernet
	HardwareInfiniBand HardwareType = 32     // IP over InfiniBand
	HardwareCAN        HardwareType = 280    // Controller Area Network
	HardwareLoopback   HardwareType = 772    // loopback
	HardwareNetlink    HardwareType = 824    // nlmon
	HardwareNone       HardwareType = 0xfffe // no link layer, such as VXLAN with GPE
)

// String returns the word of iproute2, such as "ether", or the number.
func (t HardwareType) String() string {
	switch t {
	case HardwareEther:
		return "ether"
	case HardwareInfiniBand:
		return "infiniband"
	case HardwareCAN:
		return "can"
	case HardwareLoopback:
		return "loopback"
	case HardwareNetlink:
		return "netlink"
	case HardwareNone:
		return "none"
	}
	return strconv.Itoa(int(t))
}

// Flags are the interface flags, IFF_*.
type Flags uint32

// The flags, and what they say of a link.
const (
	FlagUp           Flags = 1 << iota // enabled
	FlagBroadcast                      // can broadcast
	FlagDebug                          // debugging is on
	FlagLoopback                       // loops back
	FlagPointToPoint                   // has one neighbour
	FlagNoTrailers                     // unused
	FlagRunning                        // frames pass
	FlagNoARP                          // does without neighbour discovery
	FlagPromisc                        // takes all frames
	FlagAllMulti                       // takes all multicast
	FlagMaster                         // has ports
	FlagSlave                          // is a port
	FlagMulticast                      // can multicast
	FlagPortSel                        // chooses its medium
	FlagAutoMedia                      // finds its medium
	FlagDynamic                        // loses its addresses when down
	FlagLowerUp                        // has a carrier
	FlagDormant                        // waits for a program
	FlagEcho                           // echoes what it sends
)

var flagWords = []string{"UP", "BROADCAST", "DEBUG", "LOOPBACK", "POINTOPOINT", "NOTRAILERS", "RUNNING",
	"NOARP", "PROMISC", "ALLMULTI", "MASTER", "SLAVE", "MULTICAST", "PORTSEL", "AUTOMEDIA", "DYNAMIC",
	"LOWER_UP", "DORMANT", "ECHO"}

// String returns the words of iproute2 with "|" between, such as
// "UP|BROADCAST|MULTICAST".
func (f Flags) String() string {
	return attr.BitWords(uint32(f), flagWords, "|")
}

// An OperState is the operational state of RFC 2863, section 3.1.14.
type OperState uint8

// Operational states. A program may ask for OperTesting, OperDormant and
// OperUp; the others the kernel finds out.
const (
	OperUnknown        OperState = iota // the driver does not say
	OperNotPresent                      // the device is gone
	OperDown                            // no frames pass
	OperLowerLayerDown                  // the link below is down
	OperTesting                         // a test is going on
	OperDormant                         // waits for a program, such as 802.1X
	OperUp                              // frames pass
)

var operStates = attr.Words{"unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"}

// String returns the word of RFC 2863.
func (s OperState) String() string {
	return attr.Word(operStates, s)
}

// A LinkMode says what happens when a link gets a carrier.
type LinkMode uint8

// Link modes.
const (
	LinkModeDefault LinkMode = iota // it goes to OperUp
	LinkModeDormant                 // it goes to OperDormant, until a program says more
	LinkModeTesting                 // it goes to OperTesting, until a program says more
)

var linkModes = attr.Words{"default", "dormant", "testing"}

// String returns the word of iproute2.
func (m LinkMode) String() string {
	return attr.Word(linkModes, m)
}

// An AddrGenMode is how IPv6 link-local addresses are made.
type AddrGenMode uint8

// Modes of making link-local addresses (IN6_ADDR_GEN_MODE_*).
const (
	AddrGenEUI64        AddrGenMode = iota // from the link-layer address, RFC 4291
	AddrGenNone                            // not at all
	AddrGenStableSecret                    // from a secret set before, RFC 7217
	AddrGenRandom                          // from a secret the kernel makes up
)

var addrGenModes = attr.Words{"eui64", "none", "stable_secret", "random"}

// String returns the word of iproute2.
func (m AddrGenMode) String() string {
	return attr.Word(addrGenModes, m)
}
