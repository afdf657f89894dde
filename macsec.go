package iplink

import (
	"errors"
	"fmt"
	"net"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

var macsecKind = kind{
	config:         "MACSEC",
	info:           func() info { return new(MACsecInfo) },
	mtu:            [2]uint32{0, 65535},
	parent:         true,
	afterCreate:    attr.SetOf(uapi.IFLA_MTU),
	whileDown:      attr.SetOf(uapi.IFLA_MACSEC_OFFLOAD),
	validateChange: macsecBefore,
	reason:         macsecReason,
	overhead:       macsecOverhead,
	copied:         macsecCopied,
	saved:          func() savable { return new(MACsecInfo) },
	defaults:       "cipher default cipher gcm-aes-128 icvlen 16 encrypt off send_sci on end_station off scb off protect on replay off window 0 validate strict encodingsa 0 offload off",
}

// MACsecInfo is the kernel's report of a MACsec link, IEEE 802.1AE.
type MACsecInfo struct {
	// SCI identifies the secure channel on which the link sends (IFLA_MACSEC_SCI),
	// and Port is the part of it that distinguishes links with the same address
	// (IFLA_MACSEC_PORT).
	SCI  MACsecSCI
	Port uint16
	// ICVLen is the length of the integrity check value in bytes
	// (IFLA_MACSEC_ICV_LEN).
	ICVLen uint8
	// Cipher is the cipher suite (IFLA_MACSEC_CIPHER_SUITE).
	Cipher MACsecCipher
	// EncodingSA is the number of the association with which the link sends, 0 to 3
	// (IFLA_MACSEC_ENCODING_SA).
	EncodingSA uint8
	// Encrypt encrypts frames (IFLA_MACSEC_ENCRYPT), and Protect adds the
	// integrity check to them (IFLA_MACSEC_PROTECT).
	Encrypt, Protect bool
	// SendSCI puts the SCI into each frame (IFLA_MACSEC_INC_SCI); EndStation and SCB
	// define the meaning of its absence (IFLA_MACSEC_ES, IFLA_MACSEC_SCB).
	SendSCI, EndStation, SCB bool
	// Replay drops frames that are older than Window allows
	// (IFLA_MACSEC_REPLAY_PROTECT, IFLA_MACSEC_WINDOW). The kernel reports
	// Window only with Replay.
	Replay bool
	Window uint32
	// Validate is the treatment of received frames that fail the check
	// (IFLA_MACSEC_VALIDATION).
	Validate MACsecValidation
	// Offload is the part of the hardware that does the work (IFLA_MACSEC_OFFLOAD).
	// Linux 6.1 does not report it.
	Offload MACsecOffload
	// TxSAs are the associations with which the link can send, and RxSCs the
	// channels on which it receives (MACSEC_ATTR_TXSA_LIST, MACSEC_ATTR_RXSC_LIST),
	// without keys. They are present only in the results of a builder that sets
	// some; package macsec always returns them, with their counters.
	TxSAs []MACsecSA
	RxSCs []MACsecRxSC
}

func (m *MACsecInfo) attrs(c *attr.Codec) {
	attr.Custom(c.CreateOnly(), uapi.IFLA_MACSEC_SCI, "sci", (*macsecSCI)(&m.SCI))
	attr.BE16(c.WriteOnly().CreateOnly(), uapi.IFLA_MACSEC_PORT, "port", &m.Port, 1, 65535)
	attr.Custom(c.CreateOnly(), uapi.IFLA_MACSEC_CIPHER_SUITE, "cipher", (*macsecCipher)(&m.Cipher))
	attr.U8(c.CreateOnly(), uapi.IFLA_MACSEC_ICV_LEN, "icvlen", &m.ICVLen, 8, 16)
	attr.OnOff(c, uapi.IFLA_MACSEC_ENCRYPT, "encrypt", &m.Encrypt)
	attr.OnOff(c, uapi.IFLA_MACSEC_INC_SCI, "send_sci", &m.SendSCI)
	attr.OnOff(c, uapi.IFLA_MACSEC_ES, "end_station", &m.EndStation)
	attr.OnOff(c, uapi.IFLA_MACSEC_SCB, "scb", &m.SCB)
	attr.OnOff(c, uapi.IFLA_MACSEC_PROTECT, "protect", &m.Protect)
	attr.OnOff(c, uapi.IFLA_MACSEC_REPLAY_PROTECT, "replay", &m.Replay)
	attr.U32(c.Optional(), uapi.IFLA_MACSEC_WINDOW, "window", &m.Window)
	attr.Enum(c, uapi.IFLA_MACSEC_VALIDATION, "validate", &m.Validate, macsecValidations)
	attr.U8(c, uapi.IFLA_MACSEC_ENCODING_SA, "encodingsa", &m.EncodingSA, 0, 3)
	attr.Enum(c.Optional(), uapi.IFLA_MACSEC_OFFLOAD, "offload", &m.Offload, macsecOffloads)
	attr.Skip(c, uapi.IFLA_MACSEC_PAD)
	if m.TxSAs != nil || m.RxSCs != nil {
		m.saRows(c)
	}
}

// afterDecode takes the port from the SCI, where the kernel reports it.
func (m *MACsecInfo) afterDecode(*Link) {
	m.Port = m.SCI.Port()
}

// macsecApart are the settings sent over generic netlink.
var macsecApart = attr.SetOf(own.MACsecTxSA, own.MACsecTxKey, own.MACsecRxSC, own.MACsecRxKey)

// saRows are the rows of channels and associations.
func (m *MACsecInfo) saRows(c *attr.Codec) {
	attr.Custom(c.NoKeyword().Optional(), own.MACsecTxSA, "tx sa", &macsecPart{m, hasTxSAs, appendTxSAs})
	attr.Custom(c.NoKeyword().Optional().CreateOnly(), own.MACsecTxKey, "tx sa key", &macsecPart{m, hasTxKeys, appendTxKeys})
	attr.Custom(c.NoKeyword().Optional(), own.MACsecRxSC, "rx", &macsecPart{m, hasRxSCs, appendRxSCs})
	attr.Custom(c.NoKeyword().Optional().CreateOnly(), own.MACsecRxKey, "rx sa key", &macsecPart{m, hasRxKeys, appendRxKeys})
}

// A macsecPart is a part of a link's channels and associations, as the value of a
// row.
type macsecPart struct {
	of     *MACsecInfo
	within func(want, have *MACsecInfo) bool
	words  func([]byte, *MACsecInfo) []byte
}

// AppendPayload appends nothing, because no request for the link contains it.
func (p *macsecPart) AppendPayload(b []byte) []byte { return b }

// ParsePayload does nothing, because no report of the link contains it.
func (p *macsecPart) ParsePayload([]byte) error { return nil }

// Check accepts everything: validity depends on the cipher suite, see checkSAs.
func (p *macsecPart) Check() error { return nil }

// AppendWords appends the words of `ip macsec`, without keys.
func (p *macsecPart) AppendWords(b []byte) []byte { return p.words(b, p.of) }

// Within reports whether have contains the wanted part.
func (p *macsecPart) Within(have attr.Payload) bool {
	h, ok := have.(*macsecPart)
	return ok && p.within(p.of, h.of)
}

func hasTxSAs(want, have *MACsecInfo) bool {
	return hasSAs(want.TxSAs, have.TxSAs)
}

// hasSAs reports whether have contains the wanted associations, regardless of their
// keys.
func hasSAs(want, have []MACsecSA) bool {
	for _, w := range want {
		if h := findSA(have, w.AN); h == nil || h.Active != w.Active {
			return false
		}
	}
	return true
}

func hasTxKeys(want, have *MACsecInfo) bool {
	return sameKeys(want.TxSAs, have.TxSAs)
}

// sameKeys reports whether the wanted associations that exist have the wanted keys,
// as far as the kernel reports them.
func sameKeys(want, have []MACsecSA) bool {
	for _, w := range want {
		if h := findSA(have, w.AN); h != nil && (h.KeyID != w.KeyID || h.SSCI != w.SSCI) {
			return false
		}
	}
	return true
}

func hasRxSCs(want, have *MACsecInfo) bool {
	for _, w := range want.RxSCs {
		if h := findRxSC(have.RxSCs, w.SCI); h == nil || h.Active != w.Active || !hasSAs(w.SAs, h.SAs) {
			return false
		}
	}
	return true
}

func hasRxKeys(want, have *MACsecInfo) bool {
	for _, w := range want.RxSCs {
		if h := findRxSC(have.RxSCs, w.SCI); h != nil && !sameKeys(w.SAs, h.SAs) {
			return false
		}
	}
	return true
}

// findSA returns the association with a number, or nil if there is none.
func findSA(sas []MACsecSA, an uint8) *MACsecSA {
	for i := range sas {
		if sas[i].AN == an {
			return &sas[i]
		}
	}
	return nil
}

// findRxSC returns the channel with an identifier, or nil if there is none.
func findRxSC(channels []MACsecRxSC, sci MACsecSCI) *MACsecRxSC {
	for i := range channels {
		if channels[i].SCI == sci {
			return &channels[i]
		}
	}
	return nil
}

func appendTxSAs(b []byte, m *MACsecInfo) []byte { return appendSAs(b, m.TxSAs) }

// appendSAs appends numbers and states, such as "sa 0 on sa 1 off".
func appendSAs(b []byte, sas []MACsecSA) []byte {
	for _, sa := range sas {
		b = fmt.Appendf(b, "sa %d %s ", sa.AN, onOff(sa.Active))
	}
	return b
}

func appendTxKeys(b []byte, m *MACsecInfo) []byte { return appendKeys(b, m.TxSAs) }

// appendKeys appends numbers and the names of keys.
func appendKeys(b []byte, sas []MACsecSA) []byte {
	for _, sa := range sas {
		b = fmt.Appendf(b, "sa %d ", sa.AN)
		if sa.SSCI != 0 {
			b = fmt.Appendf(b, "ssci %x ", sa.SSCI)
		}
		b = fmt.Appendf(b, "key %v ", sa.KeyID)
	}
	return b
}

func appendRxSCs(b []byte, m *MACsecInfo) []byte {
	for _, c := range m.RxSCs {
		b = appendSAs(fmt.Appendf(b, "sci %v %s ", c.SCI, onOff(c.Active)), c.SAs)
	}
	return b
}

func appendRxKeys(b []byte, m *MACsecInfo) []byte {
	for _, c := range m.RxSCs {
		b = appendKeys(fmt.Appendf(b, "sci %v ", c.SCI), c.SAs)
	}
	return b
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// saCommands returns the commands that make the channels and associations. Each
// starts with begin.
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

// MarshalText returns the result of String.
func (v MACsecValidation) MarshalText() ([]byte, error) {
	return []byte(v.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (v *MACsecValidation) UnmarshalText(text []byte) error {
	return attr.ReadWord(macsecValidations, "MACsec validation", text, v)
}

// MarshalText returns the result of String.
func (o MACsecOffload) MarshalText() ([]byte, error) {
	return []byte(o.String()), nil
}

// UnmarshalText reads a result of String. The error matches fs.ErrInvalid.
func (o *MACsecOffload) UnmarshalText(text []byte) error {
	return attr.ReadWord(macsecOffloads, "MACsec offload", text, o)
}

// readWord reads the address in an SCI, which its port precedes or follows.
func (m *MACsecInfo) readWord(s *own.Settings, word string, args *words.Args) (bool, error) {
	if word != "address" {
		return false, nil
	}
	mac, err := args.HardwareAddr()
	if err != nil {
		return true, err
	}
	if args.Take("port") {
		port, err := args.Number(16)
		if err != nil {
			return true, err
		}
		m.Port = uint16(port)
	} else if !s.Set.Has(uapi.IFLA_MACSEC_PORT) {
		args.Next()
		return true, args.Unknown([]string{"port"})
	}
	if m.SCI = MACsecSCIOf(mac, m.Port); m.SCI == (MACsecSCI{}) || m.Port == 0 {
		return true, args.Fault("an SCI has an address of 6 bytes, and a port of 1…65535")
	}
	s.Set.Remove(uapi.IFLA_MACSEC_PORT)
	s.Set.Add(uapi.IFLA_MACSEC_SCI)
	return true, nil
}

// moreWords returns the words of readWord.
func (m *MACsecInfo) moreWords() []string { return []string{"address"} }

// macsecCommand reads `ip macsec add`: a secure association, or a channel.
func (p *parsing) macsecCommand(at place, args *words.Args) error {
	verb, ok := words.Match(args.Next(), []string{"add", "set", "delete", "offload", "show"})
	if !ok || verb != "add" {
		return args.Unknown([]string{"add"})
	}
	args.Take("dev")
	name, err := args.Value()
	if err != nil {
		return err
	}
	d, err := p.linkOf(KindMACsec, at, name, args)
	if err != nil {
		return err
	}
	info := own.Put[MACsecInfo](&d.s.Settings, own.MACsecTxSA)
	d.s.Set.Remove(own.MACsecTxSA)
	switch args.Next() {
	case "tx":
		return info.readTx(&d.s.Settings, args)
	case "rx":
		return info.readRx(&d.s.Settings, args)
	}
	return args.Unknown([]string{"tx", "rx"})
}

func (m *MACsecInfo) readTx(s *own.Settings, args *words.Args) error {
	sa, err := readSA(args)
	s.Set = s.Set.Or(attr.SetOf(own.MACsecTxSA, own.MACsecTxKey))
	m.TxSAs = append(m.TxSAs, sa)
	return err
}

// readRx reads a channel, or an association of one.
func (m *MACsecInfo) readRx(s *own.Settings, args *words.Args) error {
	sci, err := readSCI(args)
	if err != nil {
		return err
	}
	s.Set = s.Set.Or(attr.SetOf(own.MACsecRxSC, own.MACsecRxKey))
	channel := findRxSC(m.RxSCs, sci)
	if channel == nil {
		m.RxSCs = append(m.RxSCs, MACsecRxSC{SCI: sci, Active: true})
		channel = &m.RxSCs[len(m.RxSCs)-1]
	}
	if !args.More() {
		return nil
	}
	if args.Peek() != "sa" {
		channel.Active, err = attr.ReadSwitch(args)
		return err
	}
	sa, err := readSA(args)
	channel.SAs = append(channel.SAs, sa)
	return err
}

// readSCI reads the identifier of a channel, or its two parts.
func readSCI(args *words.Args) (sci MACsecSCI, err error) {
	var mac net.HardwareAddr
	var port uint64
	for args.More() && err == nil {
		switch word := args.Next(); word {
		case "sci":
			return sci, (*macsecSCI)(&sci).ReadWords(word, args)
		case "port":
			port, err = args.Number(16)
		case "address":
			mac, err = args.HardwareAddr()
		default:
			return sci, args.Unknown([]string{"sci", "port", "address"})
		}
		if mac != nil && port != 0 {
			return MACsecSCIOf(mac, uint16(port)), err
		}
	}
	if err == nil {
		err = args.Missing("the SCI of a channel, or its address and port")
	}
	return sci, err
}

// readSA reads an association. Its key does not appear in errors.
func readSA(args *words.Args) (sa MACsecSA, err error) {
	if !args.Take("sa") {
		args.Next()
		return sa, args.Unknown([]string{"sa"})
	}
	an, err := args.Number(8)
	if err == nil && an > 3 {
		err = args.Faultf("%d is not in 0…3", an)
	}
	sa.AN = uint8(an)
	defer args.Hide(false)
	for args.More() && err == nil {
		err = sa.readWord(args)
	}
	return sa, err
}

func (a *MACsecSA) readWord(args *words.Args) (err error) {
	switch word := args.Next(); word {
	case "pn":
		a.PN, err = args.Number(32)
	case "xpn":
		a.PN, err = args.Number(64)
	case "on", "off":
		a.Active = word == "on"
	case "ssci":
		text, missing := args.Value()
		n, ok := words.Hex(text, 32)
		a.SSCI, err = uint32(n), missing
		if err == nil && !ok {
			err = args.Faultf("%q is not an SSCI of up to 8 hexadecimal digits", text)
		}
	case "salt":
		a.Salt, err = readMACsecKey(args)
	case "key":
		args.Hide(true) // also the words that follow, which may be keys by mistake
		text, missing := args.Value()
		if missing != nil {
			return missing
		}
		if a.KeyID, err = ParseMACsecKeyID(text); err != nil {
			return args.Fault("the name of a key has up to 32 hexadecimal digits in pairs")
		}
		a.Key, err = readMACsecKey(args)
	default:
		err = args.Unknown([]string{"pn", "xpn", "on", "off", "ssci", "salt", "key"})
	}
	return err
}

// readMACsecKey reads a secret. No error repeats it.
func readMACsecKey(args *words.Args) (MACsecKey, error) {
	args.Hide(true)
	text, err := args.Value()
	if err != nil {
		return MACsecKey{}, err
	}
	key, err := ParseMACsecKey(text)
	if e, ok := errors.AsType[*Error](err); ok {
		return key, args.Fault(e.Message)
	}
	return key, nil
}

// jsonLists returns the associations and channels. Their keys are read and not written.
func (m *MACsecInfo) jsonLists() []jsonList {
	return []jsonList{
		{key: "tx_sas", members: attr.SetOf(own.MACsecTxSA, own.MACsecTxKey), value: &m.TxSAs},
		{key: "rx_scs", members: attr.SetOf(own.MACsecRxSC, own.MACsecRxKey), value: &m.RxSCs},
	}
}
