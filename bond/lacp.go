package bond

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/iplink-go/iplink"
)

// LACP is the state of the link aggregation control protocol between a bond in
// IEEE8023AD and its partner.
type LACP struct {
	// BondADInfo is the aggregator in use: its ID, its number of ports, the keys of
	// both ends, and the partner's address, which is zero as long as the partner is
	// silent. It is all zero if there is no aggregator.
	iplink.BondADInfo
	// Ports lists all ports of the bond, sorted by name.
	Ports []LACPPort
}

// LACPPort is the protocol state of one port.
type LACPPort struct {
	// Name and Index identify the port's link.
	Name  string
	Index int
	// AggregatorID is the aggregator that the port belongs to, and InUse reports
	// whether it is the aggregator in use.
	AggregatorID uint16
	InUse        bool
	// Actor is the state of this end. Partner is the state of the other end, as far
	// as it is known.
	Actor, Partner iplink.LACPState
	// ActorChurn and PartnerChurn report whether the two ends agree in time; since
	// Linux 7.1.
	ActorChurn, PartnerChurn iplink.BondChurnState
}

// Agreed reports whether both ends use the port: they are in sync, send and receive.
func (p LACPPort) Agreed() bool {
	const all = iplink.LACPSynchronization | iplink.LACPCollecting | iplink.LACPDistributing
	return p.Actor&p.Partner&all == all && (p.Actor|p.Partner)&(iplink.LACPDefaulted|iplink.LACPExpired) == 0
}

// LACP returns the state of the link aggregation control protocol; only in
// IEEE8023AD.
func (b *Bond) LACP(ctx context.Context) (*LACP, error) {
	const op = "ask LACP of"
	info, err := b.info(ctx, op)
	if err != nil {
		return nil, err
	}
	if info.Mode != IEEE8023AD {
		return nil, b.failed(op, "mode", fmt.Sprintf("it is %v; only %v speaks LACP", info.Mode, IEEE8023AD), fs.ErrInvalid)
	}
	ports, err := b.Ports(ctx)
	if err != nil {
		return nil, err
	}
	lacp := &LACP{BondADInfo: info.ADInfo}
	for _, p := range ports {
		lacp.Ports = append(lacp.Ports, LACPPort{
			Name: p.Link.Name, Index: p.Link.Index,
			AggregatorID: p.AggregatorID, InUse: p.AggregatorID == info.ADInfo.Aggregator && p.AggregatorID != 0,
			Actor: p.ActorOperPortState, Partner: p.PartnerOperPortState,
			ActorChurn: p.ChurnActorState, PartnerChurn: p.ChurnPartnerState,
		})
	}
	return lacp, nil
}
