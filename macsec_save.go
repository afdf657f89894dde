package iplink

import (
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
)

// macsecCopied leaves out an SCI that a new link gets from its address, and one that the
// kernel refuses beside EndStation and SCB.
func macsecCopied(l *Link, s *own.Settings) {
	if v := l.Info.(*MACsecInfo); v.EndStation || v.SCB || v.SCI == MACsecSCIOf(l.Address, 1) {
		s.Set.Remove(uapi.IFLA_MACSEC_SCI)
	}
}

// saveTo is part of savable. Associations need a key, which the kernel does not report:
// they are named and left out, and their channels saved.
func (m *MACsecInfo) saveTo(s *spec) {
	b, ok := s.Info.(*MACsecInfo)
	if !ok {
		return
	}
	for _, sa := range m.TxSAs {
		s.leaveOutf("tx sa %d", sa.AN)
	}
	for _, c := range m.RxSCs {
		b.RxSCs = append(b.RxSCs, MACsecRxSC{SCI: c.SCI, Active: c.Active})
		for _, sa := range c.SAs {
			s.leaveOutf("rx sci %v sa %d", c.SCI, sa.AN)
		}
	}
	if len(b.RxSCs) > 0 {
		s.Set = s.Set.Or(attr.SetOf(own.MACsecRxSC, own.MACsecRxKey))
	}
}

// hasSAs reports whether there is an association, whose command has a key.
func (m *MACsecInfo) hasSAs() bool {
	has := len(m.TxSAs) > 0
	for _, c := range m.RxSCs {
		has = has || len(c.SAs) > 0
	}
	return has
}

// addCommands writes the commands for channels, unless others among them contain keys.
func (m *MACsecInfo) addCommands(w *commandWriter, s *spec) {
	if !m.hasSAs() {
		w.commands = append(w.commands, m.saCommands(macsecAdd(s))...)
	}
}

// keyCommands returns the commands for channels and associations, if there are keys. They
// cannot be executed, because they have "redacted" in place of a key.
func (m *MACsecInfo) keyCommands(s *spec) []string {
	if !m.hasSAs() {
		return nil
	}
	return m.saCommands(macsecAdd(s))
}

// macsecAdd returns the beginning of a command for a channel or an association.
func macsecAdd(s *spec) string {
	return fmt.Sprintf("%s macsec add %s", s.home().command(), attr.Quote(s.finalName()))
}
