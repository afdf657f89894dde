package batadv

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/batadvnl"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/uapi"
)

// Mesh returns the settings of the mesh (BATADV_CMD_GET_MESH). Settings of parts that the
// kernel is built without have no value. It needs no privileges.
func (d *Device) Mesh(ctx context.Context) (*Mesh, error) {
	m := new(Mesh)
	if _, err := d.read(ctx, opShow, "", batadvnl.Mesh(d.Index()), m.MeshTable()); err != nil {
		return nil, err
	}
	return m, nil
}

// Set changes settings of the mesh: all of them or none (BATADV_CMD_SET_MESH). It reads
// the settings, calls change, and sends those that change has altered, so that settings
// which others alter meanwhile stay as they are. Algorithm cannot change. The error
// matches errors.ErrUnsupported for a setting of a part that the kernel is built without,
// and iplink.ErrNotApplied if the kernel took a setting but does not have it afterwards.
func (d *Device) Set(ctx context.Context, change func(*Mesh)) error {
	return alter(ctx, d, &subject[Mesh]{object: batadvnl.Mesh(d.Index()), table: (*Mesh).MeshTable, check: checkClass}, change)
}

func checkClass(set attr.Set, have, want *Mesh) *attr.Error {
	if !set.Has(uapi.BATADV_ATTR_GW_SEL_CLASS) {
		return nil
	}
	return batadvnl.CheckClass(string(have.Algorithm), want.GWSelClass)
}

// A Port is a link over which a mesh reaches other nodes.
type Port struct {
	// Name, Index and Address identify the link (BATADV_ATTR_HARD_IFNAME,
	// BATADV_ATTR_HARD_IFINDEX, BATADV_ATTR_HARD_ADDRESS).
	Name    string
	Index   int
	Address net.HardwareAddr
	// Active reports whether the mesh uses the port: both are up (BATADV_ATTR_ACTIVE).
	Active bool
	// HopPenalty makes paths over this port worse, 0 to 255, by default 0; it adds to
	// the penalty of the mesh (BATADV_ATTR_HOP_PENALTY).
	HopPenalty uint8
	// ELPInterval is the interval of echo location packets, with which BATMAN_V finds
	// and measures neighbours, 1 ms or more in whole milliseconds, by default 500 ms
	// (BATADV_ATTR_ELP_INTERVAL).
	ELPInterval time.Duration
	// ThroughputOverride is the throughput of the port for BATMAN_V, in units of 100
	// kbit/s; 0, the default, stands for the measured one
	// (BATADV_ATTR_THROUGHPUT_OVERRIDE).
	ThroughputOverride uint32
}

func (p *Port) attrs(c *attr.Codec) {
	attr.Text(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFNAME, "port", &p.Name, uapi.IFNAMSIZ-1)
	attr.Index(c.ReadOnly(), uapi.BATADV_ATTR_HARD_IFINDEX, "index", &p.Index)
	attr.MAC(c.ReadOnly(), uapi.BATADV_ATTR_HARD_ADDRESS, "address", &p.Address)
	attr.Flag(c.ReadOnly(), uapi.BATADV_ATTR_ACTIVE, "active", &p.Active)
	attr.U8(c, uapi.BATADV_ATTR_HOP_PENALTY, "hop_penalty", &p.HopPenalty)
	attr.Millis(c, uapi.BATADV_ATTR_ELP_INTERVAL, "elp_interval", &p.ELPInterval, time.Millisecond, (1<<31-1)*time.Millisecond)
	attr.U32(c, uapi.BATADV_ATTR_THROUGHPUT_OVERRIDE, "throughput_override", &p.ThroughputOverride)
}

func (p *Port) table() attr.Table { return p.attrs }

// Ports returns the ports of the mesh with their settings, sorted by index
// (BATADV_CMD_GET_HARDIF). It needs no privileges.
func (d *Device) Ports(ctx context.Context) ([]Port, error) {
	all, err := list(ctx, d, uapi.BATADV_CMD_GET_HARDIF, (*Port).table)
	slices.SortFunc(all, func(a, b Port) int { return cmp.Compare(a.Index, b.Index) })
	return all, err
}

// SetPort is Set for the settings of the port with the given name
// (BATADV_CMD_SET_HARDIF). Only HopPenalty, ELPInterval and ThroughputOverride can change;
// other fields are ignored.
func (d *Device) SetPort(ctx context.Context, name string, change func(*Port)) error {
	l, err := d.link.Port(ctx, opSet, "port", name, 0)
	if err != nil {
		return err
	}
	if l.Index == d.Index() {
		return d.link.Invalid(opSet, "port", "%s is the mesh, not a port of it: Set changes it", name)
	}
	return alter(ctx, d, &subject[Port]{object: batadvnl.Port(d.Index(), l.Index), name: "port " + name, table: (*Port).table}, change)
}

// A VLAN has the settings of a mesh for frames with a VLAN tag.
type VLAN struct {
	// APIsolation keeps wireless clients in the VLAN from talking to each other; the
	// default is false (BATADV_ATTR_AP_ISOLATION_ENABLED).
	APIsolation bool
}

func (v *VLAN) attrs(c *attr.Codec) {
	attr.Bool01(c, uapi.BATADV_ATTR_AP_ISOLATION_ENABLED, "ap_isolation", &v.APIsolation)
}

func (v *VLAN) table() attr.Table { return v.attrs }

// VLAN returns the settings for a VLAN by its id, 0 to 4094 (BATADV_CMD_GET_VLAN,
// BATADV_ATTR_VLANID). The error matches fs.ErrNotExist if the mesh does not have the
// VLAN: a VLAN link on the mesh brings it. It needs no privileges.
func (d *Device) VLAN(ctx context.Context, id uint16) (*VLAN, error) {
	if err := d.checkVLAN(opShow, id); err != nil {
		return nil, err
	}
	v := new(VLAN)
	if _, err := d.read(ctx, opShow, vlanName(id), batadvnl.VLAN(d.Index(), id), v.attrs); err != nil {
		return nil, noVLAN(err)
	}
	return v, nil
}

// SetVLAN is Set for the settings of a VLAN, by its id, 0 to 4094
// (BATADV_CMD_SET_VLAN, BATADV_ATTR_VLANID). The error matches fs.ErrNotExist if the mesh
// does not have the VLAN.
func (d *Device) SetVLAN(ctx context.Context, id uint16, change func(*VLAN)) error {
	if err := d.checkVLAN(opSet, id); err != nil {
		return err
	}
	return noVLAN(alter(ctx, d, &subject[VLAN]{object: batadvnl.VLAN(d.Index(), id), name: vlanName(id), table: (*VLAN).table}, change))
}

func vlanName(id uint16) string { return fmt.Sprintf("vid %d", id) }

func (d *Device) checkVLAN(op string, id uint16) error {
	if id > 4094 {
		return d.link.Invalid(op, "vid", "%d is not in 0…4094", id)
	}
	return nil
}

func noVLAN(err error) error {
	return openlink.Because(err, syscall.ENOENT, "the mesh does not have this VLAN: make a VLAN link on it")
}
