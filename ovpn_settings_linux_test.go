package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ovpn"
)

func TestOVPNSettings(t *testing.T) {
	subject[*ovpn.Builder]{
		kind: iplink.KindOVPN,
		rows: iplink.KindRows(iplink.KindOVPN),
		start: func(bool) (*ovpn.Builder, iplink.Spec) {
			v := ovpn.New(link)
			return v, v
		},
		settings: []setting[*ovpn.Builder]{
			set(uapi.IFLA_OVPN_MODE, (*ovpn.Builder).Mode, ovpn.MP, ovpn.P2P, "Info.Mode", rawData([]byte{1}, []byte{0}, uapi.IFLA_OVPN_MODE)),
		},
	}.test(t)
}
