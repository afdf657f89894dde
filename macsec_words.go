package iplink

import (
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
)

// keyCommands returns the commands for channels and associations. They cannot be
// run: in place of a key there is "redacted".
func (m *MACsecInfo) keyCommands(s *spec) []string {
	return m.saCommands(s.home().command() + " macsec add " + attr.Quote(s.finalName()))
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
