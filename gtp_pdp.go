package iplink

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/gtpnl"
	"github.com/iplink-go/iplink/internal/own"
)

// A GTPPDP is a PDP context: the tunnel of a mobile through a GTP link, to its other end.
// A link has one context for each MS, and one for each LocalTEI of version 1 and each TID
// of version 0.
type GTPPDP struct {
	// Version is the version of GTP, 0 or 1 (GTPA_VERSION).
	Version uint8 `word:"version,always" range:"0-1"`
	// LocalTEI is the tunnel endpoint identifier of the packets that this end receives,
	// and PeerTEI of the packets that it sends, both 1 to 2^32-1 (GTPA_I_TEI, GTPA_O_TEI).
	// They are of version 1.
	LocalTEI uint32 `word:"local_tei"`
	PeerTEI  uint32 `word:"peer_tei"` // see LocalTEI
	// TID is the tunnel identifier of both directions, 1 to 2^64-1, and Flow the label of
	// the packets that are sent (GTPA_TID, GTPA_FLOW). They are of version 0.
	TID  uint64 `word:"tid"`
	Flow uint16 `word:"flow"` // see TID
	// Peer is the other node (GTPA_PEER_ADDRESS, and GTPA_PEER_ADDR6 since Linux 6.10). It
	// is of the family of the link's sockets.
	Peer netip.Addr `word:"peer"`
	// MS is the address of the mobile inside the tunnel; for IPv6 the address of its network
	// of 64 bits (GTPA_MS_ADDRESS, and GTPA_MS_ADDR6 with GTPA_FAMILY since Linux 6.10).
	MS netip.Addr `word:"ms"`
}

// String returns the context in words, such as "v1 tei 0x7b/0x141 ms 10.0.0.1 peer
// 192.0.2.2", with LocalTEI before PeerTEI.
func (p GTPPDP) String() string {
	return gtpnl.PDP(p).String()
}

// pdpRow is the row of the contexts, which go over generic netlink.
func (v *GTPInfo) pdpRow(c *attr.Codec) {
	attr.Custom(c.NoKeyword().Optional(), own.GTPPDPs, "pdp", (*gtpPDPs)(v))
}

// excludes is part of excluder.
func (v *GTPInfo) excludes() string {
	if !v.OnlyPDPs {
		return ""
	}
	return "no other pdp"
}

// gtpPDPs are the contexts, as the value of a row.
type gtpPDPs GTPInfo

// AppendPayload appends nothing, because no request for the link contains a context.
func (v *gtpPDPs) AppendPayload(b []byte) []byte { return b }

// ParsePayload does nothing, because no report of the link contains a context.
func (v *gtpPDPs) ParsePayload([]byte) error { return nil }

// Check accepts everything: see GTPInfo.checkPDPs.
func (v *gtpPDPs) Check() error { return nil }

// AppendWords appends all contexts.
func (v *gtpPDPs) AppendWords(b []byte) []byte {
	for i, p := range v.PDPs {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, p.String()...)
	}
	return b
}

// Within reports whether have contains the wanted contexts, and no others if only they
// are wanted.
func (v *gtpPDPs) Within(have attr.Payload) bool {
	h, ok := have.(*gtpPDPs)
	return ok && len((*GTPInfo)(v).changes(wirePDPs(h.PDPs))) == 0
}

// changes returns the changes that give a link with some contexts the wanted ones.
func (v *GTPInfo) changes(have []gtpnl.PDP) []gtpnl.Change {
	return gtpnl.Plan(wirePDPs(v.PDPs), have, v.OnlyPDPs)
}

// wirePDPs returns contexts in the type that requests use.
func wirePDPs(all []GTPPDP) []gtpnl.PDP {
	wire := make([]gtpnl.PDP, len(all))
	for i, p := range all {
		wire[i] = gtpnl.PDP(p)
	}
	return wire
}

// itemise replaces the difference of the contexts by one for each context.
func (v *GTPInfo) itemise(have info, diffs []Difference) (all []Difference) {
	h, ok := have.(*GTPInfo)
	for _, d := range diffs {
		if !ok || d.Attr != "pdp" {
			all = append(all, d)
			continue
		}
		for _, c := range v.changes(wirePDPs(h.PDPs)) {
			all = append(all, pdpDifference(&c))
		}
	}
	return all
}

func pdpDifference(c *gtpnl.Change) Difference {
	d := Difference{Attr: "pdp"}
	if c.Want != nil {
		d.Want = c.Want.String()
	}
	var have []string
	for _, p := range c.Have {
		have = append(have, p.String())
	}
	d.Have = strings.Join(have, ", ")
	return d
}

// checkPDPs refuses contexts that the kernel would refuse or that a link cannot have
// together.
func (v *GTPInfo) checkPDPs(s *spec) (err error) {
	if !s.Set.Has(own.GTPPDPs) {
		return nil
	}
	all := wirePDPs(v.PDPs)
	refuse := func(p *gtpnl.PDP, flaw *gtpnl.Flaw) {
		if flaw != nil {
			err = errors.Join(err, &attr.Error{Name: p.Subject() + " " + flaw.Word, Text: flaw.Text})
		}
	}
	for i := range all {
		refuse(&all[i], all[i].Check())
	}
	refuse(gtpnl.Twice(all))
	return err
}

// genericSet returns the settings sent over generic netlink.
func (v *GTPInfo) genericSet() attr.Set { return attr.SetOf(own.GTPPDPs) }

// apply makes the missing contexts, and removes those that are in their way. If one is
// refused, the others are undone.
func (v *GTPInfo) apply(ctx context.Context, netns, index int, _ attr.Set) error {
	c, err := dialGTP(ctx, netns)
	if err != nil {
		return err
	}
	defer c.Close()
	have, err := c.List(ctx, index)
	if err != nil {
		return err
	}
	return refusedByGTP(c.Run(ctx, index, gtpnl.Steps(v.changes(have))))
}

// read returns the contexts of a link.
func (v *GTPInfo) read(ctx context.Context, netns, index int) (genericInfo, error) {
	c, err := dialGTP(ctx, netns)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	have, err := c.List(ctx, index)
	if err != nil {
		return nil, err
	}
	known := &GTPInfo{PDPs: make([]GTPPDP, len(have))}
	for i, p := range have {
		known.PDPs[i] = GTPPDP(p)
	}
	return known, nil
}

// addTo adds the contexts to a link that was read.
func (v *GTPInfo) addTo(l *Link) {
	if have, ok := l.Info.(*GTPInfo); ok {
		have.PDPs = v.PDPs
		l.raw.info.Add(own.GTPPDPs)
	}
}

// saveTo is part of savable.
func (v *GTPInfo) saveTo(s *spec) {
	if b, ok := s.Info.(*GTPInfo); ok && len(v.PDPs) > 0 {
		b.PDPs = v.PDPs
		s.Set.Add(own.GTPPDPs)
	}
}

func dialGTP(ctx context.Context, netns int) (*gtpnl.Conn, error) {
	c, err := gtpnl.Dial(ctx, netns)
	return c, withoutFamily(KindGTP, err)
}

// refusedByGTP returns an error that names the context at fault.
func refusedByGTP(err error) error {
	refusal, ok := errors.AsType[*gtpnl.Refusal](err)
	if !ok {
		return err
	}
	e := &Error{Attr: refusal.Subject, Message: refusal.Message, FromKernel: refusal.FromKernel, Err: refusal.Err}
	if refusal.Left != nil {
		e.Message, e.FromKernel = e.Message+"; restoring the contexts: "+refusal.Left.Error(), false
	}
	return e
}

// jsonLists returns the contexts.
func (v *GTPInfo) jsonLists() []jsonList {
	return []jsonList{{key: "pdps", members: attr.SetOf(own.GTPPDPs), value: &v.PDPs, only: &v.OnlyPDPs}}
}
