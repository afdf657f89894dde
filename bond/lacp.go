package bond

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/iplink-go/iplink"
)

// LACP is what the link aggregation control protocol has come to between a bond
// in IEEE8023AD and its partner.
type LACP struct {
	// BondADInfo is the aggregator in use: its id, how many ports it has, the keys
	// of both ends, and the partner's address, which is zero as long as the
	// partner is silent. All is zero if there is none.
	iplink.BondADInfo
	// Ports are all ports of the bond, in the order of their names.
	Ports []LACPPort
}

// LACPPort is what the protocol has come to on one port.
type LACPPort struct {
	// Name and Index are those of the port's link.
	Name  string
	Index int
	// AggregatorID is the aggregator that the port belongs to, and InUse reports
	// whether that is the one in use.
	AggregatorID uint16
	InUse        bool
	// Actor and Partner are the states of this end and, as far as it is known, of
	// the other.
	Actor, Partner iplink.LACPState
	// ActorChurn and PartnerChurn say whether the ends agree in time; since Linux
	// 7.1.
	ActorChurn, PartnerChurn iplink.BondChurnState
}

// Agreed reports whether both ends use the port: they are in sync, send and
// receive.
func (p LACPPort) Agreed() bool {
	const all = iplink.LACPSynchronization | iplink.LACPCollecting | iplink.LACPDistributing
	return p.Actor&p.Partner&all == all && (p.Actor|p.Partner)&(iplink.LACPDefaulted|iplink.LACPExpired) == 0
}

// LACP tells what the link aggregation control protocol has come to; only in
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
