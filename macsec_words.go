package iplink

import (
	"fmt"
	"strings"

	"github.com/iplink-go/iplink/internal/attr"
)

// String returns the commands that do the same as Create, as for other kinds.
// Those for channels and associations stand in a comment behind the others, as
// they cannot be run: in place of a key there is "redacted".
func (m *MACsec) String() string {
	s := *m.wanted()
	if text := s.comment(); text != "" {
		return text
	}
	s.set = s.set.Minus(macsecApart)
	text := s.command()
	begin := s.home().command() + " macsec add " + attr.Quote(s.finalName())
	if more := m.info.saCommands(begin); len(more) > 0 {
		text += " # and, with keys that are not shown: " + strings.Join(more, " && ")
	}
	return text
}

// saCommands returns the commands that make the channels and associations, which
// have a beginning in common.
func (m *MACsecInfo) saCommands(begin string) (commands []string) {
	for _, sa := range m.TxSAs {
		commands = append(commands, begin+" tx "+sa.words())
	}
	for _, c := range m.RxSCs {
		rx := fmt.Sprintf("%s rx sci %v ", begin, c.SCI)
		commands = append(commands, rx+onOff(c.Active))
		for _, sa := range c.SAs {
			commands = append(commands, rx+sa.words())
		}
	}
	return commands
}

// words returns the words of `ip macsec add` for an association.
func (a *MACsecSA) words() string {
	pn := fmt.Sprintf("pn %d", a.PN)
	if a.SSCI != 0 {
		pn = fmt.Sprintf("xpn %d salt %v ssci %x", a.PN, a.Salt, a.SSCI)
	}
	return fmt.Sprintf("sa %d %s %s key %v %v", a.AN, pn, onOff(a.Active), a.KeyID, a.Key)
}
