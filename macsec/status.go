package macsec

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/macsecnl"
	"github.com/iplink-go/iplink/internal/openlink"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/rtnl"
)

// ErrTruncated reports that the kernel's list of MACsec links ended before the last
// link: see iplink.ErrMACsecTruncated.
var ErrTruncated = iplink.ErrMACsecTruncated

// Status is the kernel's complete report of a MACsec link, without the keys
// (MACSEC_CMD_GET_TXSC).
type Status struct {
	// Name and Index identify the link.
	Name  string
	Index int
	// Operational reports whether the link can send: the association EncodingSA is
	// active, or the link has not yet tried to send without one
	// (MACSEC_SECY_ATTR_OPER).
	Operational bool
	// SCI identifies the link's transmit channel (MACSEC_SECY_ATTR_SCI).
	SCI SCI
	// Cipher is the cipher suite (MACSEC_SECY_ATTR_CIPHER_SUITE), and ICVLen
	// the length of the integrity check value in bytes
	// (MACSEC_SECY_ATTR_ICV_LEN).
	Cipher iplink.MACsecCipher
	ICVLen uint8
	// EncodingSA is the number of the association with which the link sends
	// (MACSEC_SECY_ATTR_ENCODING_SA).
	EncodingSA uint8
	// Encrypt, Protect, SendSCI, EndStation and SCB are the values of the setters
	// with these names (MACSEC_SECY_ATTR_ENCRYPT, …_PROTECT, …_INC_SCI, …_ES,
	// …_SCB).
	Encrypt, Protect, SendSCI, EndStation, SCB bool
	// Replay and Window are the values of the setters with these names
	// (MACSEC_SECY_ATTR_REPLAY, …_WINDOW). Without Replay, Window is 0.
	Replay bool
	Window uint32
	// Validate is the treatment of received frames that fail verification
	// (MACSEC_SECY_ATTR_VALIDATE).
	Validate iplink.MACsecValidation
	// Offload is the hardware that does the work (MACSEC_OFFLOAD_ATTR_TYPE).
	Offload iplink.MACsecOffload
	// Stats counts the frames that belong to no channel (MACSEC_ATTR_SECY_STATS),
	// and TxStats the frames sent by the link (MACSEC_ATTR_TXSC_STATS).
	Stats   SecYStats
	TxStats TxSCStats
	// TxSAs lists the transmit associations, sorted by number
	// (MACSEC_ATTR_TXSA_LIST).
	TxSAs []TxSA
	// RxSCs lists the receive channels, sorted by identifier
	// (MACSEC_ATTR_RXSC_LIST).
	RxSCs []RxSC
}

// TxSA is a transmit association with its counters. Its Key and Salt are empty, and
// its PN is the next packet number.
type TxSA struct {
	SA
	Stats TxSAStats
}

// RxSC is a receive channel of a link.
type RxSC struct {
	SCI    SCI       // of the sending station
	Active bool      // has little effect; see UpdateRxSC
	Stats  RxSCStats // of all its associations
	SAs    []RxSA    // sorted by number
}

// RxSA is a receive association with its counters. Its Key and Salt are empty, and
// its PN is one more than the highest received packet number.
type RxSA struct {
	SA
	Stats RxSAStats
}

// TxSA returns the transmit association with the given number, or nil if there is
// none.
func (s *Status) TxSA(an uint8) *TxSA {
	i := slices.IndexFunc(s.TxSAs, func(a TxSA) bool { return a.AN == an })
	if i < 0 {
		return nil
	}
	return &s.TxSAs[i]
}

// RxSC returns the channel with the given identifier, or nil if there is none.
func (s *Status) RxSC(sci SCI) *RxSC {
	i := slices.IndexFunc(s.RxSCs, func(c RxSC) bool { return c.SCI == sci })
	if i < 0 {
		return nil
	}
	return &s.RxSCs[i]
}

// SA returns the association with the given number, or nil if there is none.
func (c *RxSC) SA(an uint8) *RxSA {
	i := slices.IndexFunc(c.SAs, func(a RxSA) bool { return a.AN == an })
	if i < 0 {
		return nil
	}
	return &c.SAs[i]
}

// Status returns the kernel's complete report of the link, like `ip -s macsec show`.
// It needs no privileges. The error matches ErrTruncated if the kernel's list ends
// before the link.
func (m *MACsec) Status(ctx context.Context) (*Status, error) {
	d, err := m.nl.Find(ctx, m.Index())
	switch {
	case errors.Is(err, fs.ErrNotExist) && m.isGone(ctx):
		return nil, m.failed(opShow, syscall.ENODEV)
	case errors.Is(err, fs.ErrNotExist):
		return nil, m.failed(opShow, ErrTruncated)
	case err != nil:
		return nil, m.failed(opShow, err)
	}
	s, err := statusOf(m.Name(), &d)
	if err != nil {
		return nil, m.failed(opShow, err)
	}
	return s, nil
}

// List returns all MACsec links of the calling thread's namespace, or of the namespace
// that iplink.In or iplink.On names, sorted by name.
// If the kernel's list is truncated, List returns the links in the list and an error
// that matches ErrTruncated and names the others.
func List(ctx context.Context, options ...iplink.OpenOption) (all []*Status, err error) {
	where := own.At(options)
	if where.Index != 0 {
		where.Refuse("Index", "a list has all links: use Open and Status for one")
	}
	if err := openlink.Check(where, opShow, iplink.KindMACsec, ""); err != nil {
		return nil, err
	}
	err = where.Enter(func() (err error) {
		all, err = listHere(where.Traced(ctx))
		return err
	})
	return all, err
}

// listHere is List in the namespace of the calling thread.
func listHere(ctx context.Context) ([]*Status, error) {
	links, err := iplink.Dial()
	if err != nil {
		return nil, err
	}
	defer links.Close()
	nl, err := macsecnl.Dial(ctx, rtnl.Here)
	if err != nil {
		return nil, failed(opShow, "", err)
	}
	defer nl.Close()
	return list(ctx, links, nl)
}

// list compares the family's list with the lists of all links before and after it: a
// link in both of these must also be in the family's list.
func list(ctx context.Context, links *iplink.Conn, nl *macsecnl.Conn) ([]*Status, error) {
	before, err := links.List(ctx, iplink.OfKind(iplink.KindMACsec))
	if err != nil {
		return nil, err
	}
	devices, err := nl.List(ctx)
	if err != nil {
		return nil, failed(opShow, "", err)
	}
	after, err := links.List(ctx, iplink.OfKind(iplink.KindMACsec))
	if err != nil {
		return nil, err
	}
	stays := func(l *iplink.Link) bool {
		return slices.ContainsFunc(before, func(o *iplink.Link) bool { return o.Index == l.Index })
	}
	after = slices.DeleteFunc(after, func(l *iplink.Link) bool { return !stays(l) })
	return match(after, devices)
}

// match adds the names to the listed links, and returns an error for the missing
// ones.
func match(links []*iplink.Link, devices []macsecnl.Device) (all []*Status, err error) {
	var missing []string
	for _, l := range links {
		i := slices.IndexFunc(devices, func(d macsecnl.Device) bool { return d.Index == l.Index })
		if i < 0 {
			missing = append(missing, l.Name)
			continue
		}
		s, fault := statusOf(l.Name, &devices[i])
		if fault != nil {
			err = errors.Join(err, failed(opShow, l.Name, fault))
			continue
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *Status) int { return strings.Compare(a.Name, b.Name) })
	if len(missing) > 0 {
		err = errors.Join(err, failed(opShow, strings.Join(missing, ", "), ErrTruncated))
	}
	return all, err
}

// statusOf returns the Status of a listed link.
func statusOf(name string, d *macsecnl.Device) (*Status, error) {
	s := &Status{
		Name: name, Index: d.Index, Operational: d.Operational,
		SCI: SCI(d.SCI), Cipher: iplink.MACsecCipher(d.Suite), ICVLen: d.ICVLen, EncodingSA: d.EncodingSA,
		Encrypt: d.Encrypt, Protect: d.Protect, SendSCI: d.SendSCI, EndStation: d.EndStation, SCB: d.SCB,
		Replay: d.Replay, Window: d.Window,
		Validate: iplink.MACsecValidation(d.Validate), Offload: iplink.MACsecOffload(d.Offload),
	}
	err := errors.Join(d.Err, decode(d.Stats, s.Stats.attrs), decode(d.TxStats, s.TxStats.attrs))
	for _, sa := range d.TxSAs {
		a := TxSA{SA: saOf(sa)}
		err = errors.Join(err, decode(sa.Stats, a.Stats.attrs))
		s.TxSAs = append(s.TxSAs, a)
	}
	for _, r := range d.RxSCs {
		c, fault := rxSCOf(r)
		err = errors.Join(err, fault)
		s.RxSCs = append(s.RxSCs, c)
	}
	slices.SortFunc(s.TxSAs, func(a, b TxSA) int { return int(a.AN) - int(b.AN) })
	slices.SortFunc(s.RxSCs, func(a, b RxSC) int { return bytes.Compare(a.SCI[:], b.SCI[:]) })
	return s, err
}

func rxSCOf(r macsecnl.RxSC) (c RxSC, err error) {
	c = RxSC{SCI: SCI(r.SCI), Active: r.Active}
	err = decode(r.Stats, c.Stats.attrs)
	for _, sa := range r.SAs {
		a := RxSA{SA: saOf(sa)}
		err = errors.Join(err, decode(sa.Stats, a.Stats.attrs))
		c.SAs = append(c.SAs, a)
	}
	slices.SortFunc(c.SAs, func(a, b RxSA) int { return int(a.AN) - int(b.AN) })
	return c, err
}

func saOf(sa macsecnl.SA) SA {
	return SA{AN: sa.AN, PN: sa.PN, Active: sa.Active, KeyID: sa.KeyID, SSCI: sa.SSCI}
}

// decode decodes counters. Counters that the kernel lacks stay 0.
func decode(b []byte, t attr.Table) error {
	_, err := new(attr.Codec).Decode(b, t, nil)
	return err
}
