package iplink

import (
	"errors"
	"net"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/internal/words"
)

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
	d, err := p.link(at, name, args)
	if err != nil {
		return err
	}
	if d.s.Kind == "" {
		d.s.become(KindMACsec)
	}
	if d.s.Kind != KindMACsec {
		return args.Faultf("%q is %s", name, article(d.s.Kind))
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
