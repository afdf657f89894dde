// Package batadv makes batadv links, the nodes of a mesh network by batman-adv: an Ethernet
// that spans all nodes, and finds the best path for each frame.
//
// New makes one, with the settings of the mesh. Its ports are the links over which it
// reaches other nodes: they name it as their Master. Open manages an existing link: it reads
// and changes the settings of the mesh, of its ports and of its VLANs, and lists the other
// nodes and the paths to them.
package batadv

import "github.com/iplink-go/iplink"

// Mesh has the settings of a mesh.
type Mesh = iplink.BatadvInfo

// Routing algorithms.
const (
	IV = iplink.BatadvIV // BATMAN_IV, compares paths by lost packets
	V  = iplink.BatadvV  // BATMAN_V, compares paths by throughput
)

// Roles of a node in the choice of gateways to the Internet.
const (
	GWOff    = iplink.BatadvGWOff    // none
	GWClient = iplink.BatadvGWClient // it chooses a gateway for DHCP requests
	GWServer = iplink.BatadvGWServer // it is a gateway
)
