package macsecnl

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/wire"
)

// A Device is a MACsec link as the family lists it.
type Device struct {
	Index       int
	SCI         SCI
	Suite       Suite
	ICVLen      uint8
	EncodingSA  uint8
	Operational bool
	Encrypt     bool
	Protect     bool
	SendSCI     bool
	EndStation  bool
	SCB         bool
	Replay      bool
	Window      uint32 // with Replay only
	Validate    uint8
	Offload     uint8
	Stats       []byte // nest of the link's counters
	TxStats     []byte // nest of the transmit channel's counters
	TxSAs       []SA
	RxSCs       []RxSC // newest first
	Err         error  // attributes that could not be read
}

// An RxSC is a receive channel.
type RxSC struct {
	SCI    SCI
	Active bool
	Stats  []byte // nest of its counters
	SAs    []SA
}

// FindSA returns the association with the number an, or nil.
func FindSA(sas []SA, an uint8) *SA {
	for i := range sas {
		if sas[i].AN == an {
			return &sas[i]
		}
	}
	return nil
}

// FindRxSC returns the receive channel with the identifier sci, or nil.
func (d *Device) FindRxSC(sci SCI) *RxSC {
	for i := range d.RxSCs {
		if d.RxSCs[i].SCI == sci {
			return &d.RxSCs[i]
		}
	}
	return nil
}

// Parse reads the attributes of a message of the list. Attributes that cannot be
// read are reported in Err; all others are decoded. The Device shares the memory of
// b.
func Parse(b []byte) Device {
	d := Device{}
	var index uint32
	var tx, rx []byte
	d.decode("", b, func(c *attr.Codec) {
		attr.U32(c, uapi.MACSEC_ATTR_IFINDEX, "ifindex", &index)
		attr.Nest(c, uapi.MACSEC_ATTR_SECY, "secy", d.secY)
		attr.Nest(c, uapi.MACSEC_ATTR_OFFLOAD, "offload", d.offload)
		attr.Raw(c, uapi.MACSEC_ATTR_TXSC_STATS, "txsc_stats", &d.TxStats)
		attr.Raw(c, uapi.MACSEC_ATTR_SECY_STATS, "secy_stats", &d.Stats)
		attr.Raw(c, uapi.MACSEC_ATTR_TXSA_LIST, "txsa_list", &tx)
		attr.Raw(c, uapi.MACSEC_ATTR_RXSC_LIST, "rxsc_list", &rx)
	})
	d.Index = int(int32(index))
	d.TxSAs = d.parseSAs("tx", tx)
	d.each("rxsc_list", rx, func(item []byte) { d.RxSCs = append(d.RxSCs, d.parseRxSC(item)) })
	return d
}

func (d *Device) offload(c *attr.Codec) {
	attr.U8(c, uapi.MACSEC_OFFLOAD_ATTR_TYPE, "offload", &d.Offload)
}

func (d *Device) secY(c *attr.Codec) {
	attr.Report(c, uapi.MACSEC_SECY_ATTR_SCI, "sci", len(d.SCI), &d.SCI, func(v *SCI, b []byte) { *v = SCI(b) })
	attr.U64(c, uapi.MACSEC_SECY_ATTR_CIPHER_SUITE, "cipher", &d.Suite)
	attr.U8(c, uapi.MACSEC_SECY_ATTR_ICV_LEN, "icvlen", &d.ICVLen)
	attr.OnOff(c, uapi.MACSEC_SECY_ATTR_OPER, "operational", &d.Operational)
	attr.OnOff(c, uapi.MACSEC_SECY_ATTR_PROTECT, "protect", &d.Protect)
	attr.OnOff(c, uapi.MACSEC_SECY_ATTR_REPLAY, "replay", &d.Replay)
	attr.U8(c, uapi.MACSEC_SECY_ATTR_VALIDATE, "validate", &d.Validate)
	attr.OnOff(c, uapi.MACSEC_SECY_ATTR_ENCRYPT, "encrypt", &d.Encrypt)
	attr.OnOff(c, uapi.MACSEC_SECY_ATTR_INC_SCI, "send_sci", &d.SendSCI)
	attr.OnOff(c, uapi.MACSEC_SECY_ATTR_ES, "end_station", &d.EndStation)
	attr.OnOff(c, uapi.MACSEC_SECY_ATTR_SCB, "scb", &d.SCB)
	attr.U8(c, uapi.MACSEC_SECY_ATTR_ENCODING_SA, "encodingsa", &d.EncodingSA)
	attr.U32(c, uapi.MACSEC_SECY_ATTR_WINDOW, "window", &d.Window)
	d.Suite = SuiteOf(uint64(d.Suite))
}

func (d *Device) parseRxSC(item []byte) (r RxSC) {
	var list []byte
	d.decode("rx: ", item, func(c *attr.Codec) {
		attr.Report(c, uapi.MACSEC_RXSC_ATTR_SCI, "sci", len(r.SCI), &r.SCI, func(v *SCI, b []byte) { *v = SCI(b) })
		attr.OnOff(c, uapi.MACSEC_RXSC_ATTR_ACTIVE, "active", &r.Active)
		attr.Raw(c, uapi.MACSEC_RXSC_ATTR_STATS, "stats", &r.Stats)
		attr.Raw(c, uapi.MACSEC_RXSC_ATTR_SA_LIST, "sa_list", &list)
	})
	r.SAs = d.parseSAs(SC(&r.SCI), list)
	return r
}

func (d *Device) parseSAs(sc string, list []byte) (sas []SA) {
	d.each(sc+" sa_list", list, func(item []byte) { sas = append(sas, d.parseSA(sc, item)) })
	return sas
}

func (d *Device) parseSA(sc string, item []byte) (sa SA) {
	var pn []byte
	d.decode(sc+" sa: ", item, func(c *attr.Codec) {
		attr.U8(c, uapi.MACSEC_SA_ATTR_AN, "an", &sa.AN)
		attr.OnOff(c, uapi.MACSEC_SA_ATTR_ACTIVE, "active", &sa.Active)
		attr.Raw(c, uapi.MACSEC_SA_ATTR_PN, "pn", &pn)
		attr.Report(c, uapi.MACSEC_SA_ATTR_KEYID, "keyid", len(sa.KeyID), &sa.KeyID, func(id *[16]byte, b []byte) { *id = [16]byte(b) })
		attr.Report(c, uapi.MACSEC_SA_ATTR_SSCI, "ssci", 4, &sa.SSCI, func(v *uint32, b []byte) { *v = binary.BigEndian.Uint32(b) })
		attr.Raw(c, uapi.MACSEC_SA_ATTR_STATS, "stats", &sa.Stats)
	})
	switch len(pn) {
	case 4:
		sa.PN = uint64(wire.Order.Uint32(pn))
	case 8:
		sa.PN = wire.Order.Uint64(pn)
	default:
		d.fail(fmt.Errorf("%s sa: pn: %d bytes where 4 or 8 are due", sc, len(pn)))
	}
	return sa
}

// decode walks a table and records its errors.
func (d *Device) decode(where string, b []byte, t attr.Table) {
	var c attr.Codec
	if _, err := c.Decode(b, t, nil); err != nil {
		d.fail(fmt.Errorf("%s%w", where, err))
	}
}

// each calls f for every item of a list.
func (d *Device) each(name string, list []byte, f func(item []byte)) {
	for a, err := range wire.Attrs(list) {
		if err != nil {
			d.fail(fmt.Errorf("%s: %w", name, err))
			return
		}
		f(a.Data)
	}
}

func (d *Device) fail(err error) {
	d.Err = errors.Join(d.Err, err)
}
