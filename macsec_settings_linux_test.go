package iplink_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/macsec"
)

func TestMACsecSettings(t *testing.T) {
	subject[*macsec.Builder]{
		kind:     iplink.KindMACsec,
		rows:     iplink.KindRows(iplink.KindMACsec),
		prepare:  underlays,
		start:    newMACsec,
		settings: macsecSettings,
	}.test(t)
}

func newMACsec(bool) (*macsec.Builder, iplink.Spec) {
	m := macsec.New(link).Parent("under")
	return m, m
}

var macsecSettings = []setting[*macsec.Builder]{
	set(uapi.IFLA_MACSEC_SCI, (*macsec.Builder).SCI, macsec.SCIOf(macs(7)[0], 0x1234), macsec.SCIOf(macs(8)[0], 0x4321), "Info.SCI",
		inData("sci", "0200000012071234", "0200000012084321"),
		rawData([]byte{2, 0, 0, 0, 0x12, 7, 0x12, 0x34}, []byte{2, 0, 0, 0, 0x12, 8, 0x43, 0x21}, uapi.IFLA_MACSEC_SCI)),
	set(uapi.IFLA_MACSEC_PORT, (*macsec.Builder).Port, 0x1234, 0x4321, "Info.Port", inData("sci", "0200000012091234", "0200000012094321")).
		needs(func(m *macsec.Builder) { m.Address(macs(9)[0]) }),
	set(uapi.IFLA_MACSEC_CIPHER_SUITE, (*macsec.Builder).Cipher, macsec.GCMAES256, macsec.GCMAESXPN128, "Info.Cipher",
		inData("cipher_suite", "GCM-AES-256", "GCM-AES-XPN-128")),
	set(uapi.IFLA_MACSEC_CIPHER_SUITE, (*macsec.Builder).Cipher, macsec.GCMAES128, macsec.GCMAESXPN256, "Info.Cipher",
		inData("cipher_suite", "GCM-AES-128", "GCM-AES-XPN-256"),
		rawData([]byte{1, 0, 0, 1, 0, 2, 0x80, 0}, []byte{4, 0, 0, 1, 0, 0xc2, 0x80, 0}, uapi.IFLA_MACSEC_CIPHER_SUITE)).variant("128"),
	set(uapi.IFLA_MACSEC_ICV_LEN, (*macsec.Builder).ICVLen, 12, 15, "Info.ICVLen", inData("icv_len", 12, 15)),
	set(uapi.IFLA_MACSEC_ENCRYPT, (*macsec.Builder).Encrypt, true, false, "Info.Encrypt", inData("encrypt", true, false)),
	set(uapi.IFLA_MACSEC_INC_SCI, (*macsec.Builder).SendSCI, false, true, "Info.SendSCI", inData("inc_sci", false, true)),
	set(uapi.IFLA_MACSEC_ES, (*macsec.Builder).EndStation, true, false, "Info.EndStation", inData("es", true, false),
		inData("inc_sci", false, false)).needs(func(m *macsec.Builder) { m.SendSCI(false) }),
	set(uapi.IFLA_MACSEC_SCB, (*macsec.Builder).SCB, true, false, "Info.SCB", inData("scb", true, false)),
	set(uapi.IFLA_MACSEC_PROTECT, (*macsec.Builder).Protect, false, true, "Info.Protect", inData("protect", false, true)),
	set(uapi.IFLA_MACSEC_REPLAY_PROTECT, (*macsec.Builder).Replay, true, false, "Info.Replay", inData("replay_protect", true, false)).
		needs(func(m *macsec.Builder) { m.Window(0x123) }),
	set(uapi.IFLA_MACSEC_WINDOW, (*macsec.Builder).Window, 0x12345678, 0x3210, "Info.Window", inData("window", 0x12345678, 0x3210)).
		needs(func(m *macsec.Builder) { m.Replay(true) }),
	set(uapi.IFLA_MACSEC_WINDOW, (*macsec.Builder).Window, 0x123, 0x321, "Info.Window", inData("window", nil, nil)).
		reads(uint32(0), uint32(0)).variant("without replay"),
	set(uapi.IFLA_MACSEC_VALIDATION, (*macsec.Builder).Validate, macsec.Check, macsec.Disabled, "Info.Validate",
		inData("validation", "check", "disabled")),
	set(uapi.IFLA_MACSEC_ENCODING_SA, (*macsec.Builder).EncodingSA, 3, 2, "Info.EncodingSA", inData("encoding_sa", 3, 2)),
	set(uapi.IFLA_MACSEC_OFFLOAD, (*macsec.Builder).Offload, macsec.OffloadPHY, macsec.OffloadMAC, "Info.Offload").
		refused(syscall.EOPNOTSUPP),
	extra("mtu", (*macsec.Builder).MTU, 1281, 1300, "MTU", inLink("mtu", 1281, 1300)),
}

// TestMACsecRefusedByKernel looks at what is said where the driver says
// nothing.
func TestMACsecRefusedByKernel(t *testing.T) {
	testutil.Need(t, iplink.KindMACsec)
	ns := testutil.NetNS(t)
	testutil.IP(t, ns, "link", "add", "under", "type", "veth", "peer", "name", "under1")
	mustDo(t, ns, (*iplink.Conn).Create, macsec.New("first").Parent("under"))
	for _, c := range []struct {
		spec iplink.Spec
		want string
	}{
		{macsec.New("second").Parent("under"), "create macsec second: device or resource busy (the parent has a link with this SCI already, or is a port of a bridge, bond or team)"},
		{macsec.New("second").Parent("under").Port(7).MTU(1500), "create macsec second: mtu: numerical result out of range (1500 is more than 1468, what the parent's 1500 leaves: raise that of under first)"},
	} {
		_, err := inNetNS(t, ns, func(c1 *iplink.Conn) ([]*iplink.Link, error) { return c1.Create(t.Context(), c.spec) })
		if err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
		if _, err := inNetNS(t, ns, func(c *iplink.Conn) (*iplink.Link, error) { return c.Get(t.Context(), "second") }); !errors.Is(err, syscall.ENODEV) {
			t.Errorf("the link is still there: %v", err)
		}
	}
}
