package migrating_test

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/iplink-go/iplink/internal/testutil"
	"github.com/iplink-go/iplink/wireguard"
)

// Keys, and links with them.
const (
	privateText = "yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk="
	publicText  = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
	otherText   = "TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0="

	wg0    = "link add wg0 type wireguard"
	peered = wg0 + "; wg set wg0 peer " + publicText + " allowed-ips 10.0.0.0/8,192.0.2.0/24"
)

// setsMark sets the mark of a link.
func setsMark(r *run, got []any) {
	r.Helper()
	testutil.Must(r, got[0].(*wireguard.Device).SetFwMark(r.Context(), 0x1234))
}

// isMissing demands that a peer is missing, and stays so.
func isMissing(r *run) {
	r.Helper()
	r.check = "wg show wg0 peers"
	r.wants(r.values()[0].(error), fs.ErrNotExist)
	if out := r.output(); out != "" {
		r.Errorf("%s", out)
	}
}

// wireguards is the table of wgctrl.
var wireguards = []entry{
	{code: `wireguard.Open(ctx, "wg0")`, scene: wg0, then: setsMark, check: "wg show wg0 fwmark", shows: "0x1234"},
	{code: `iplink.List(ctx, iplink.OfKind(iplink.KindWireGuard))`, scene: eth0 + "; " + wg0, says: listTexts, check: "ip -j link show type wireguard", each: `"ifname"`, alter: "link add wg1 type wireguard"},
	{code: `wireguard.New("wg0").PrivateKey(private).ListenPort(51820).FwMark(1).Update(ctx)`, scene: wg0, check: "wg show wg0 dump", shows: privateText + " ; \t51820\t ; \t0x1"},
	{code: `wireguard.New("wg0").Peer(wireguard.Peer{Key: public}).Update(ctx)`, scene: wg0, check: "wg show wg0 peers", shows: publicText},
	{code: `wireguard.New("wg0").OnlyPeers(wireguard.Peer{Key: public})`, scene: wg0 + "; wg set wg0 peer " + otherText, update: true, check: "wg show wg0 peers", shows: publicText + " ; !" + otherText},
	{code: `wireguard.New("wg0").DelPeer(public)`, scene: peered, update: true, check: "wg show wg0 peers", shows: "!" + publicText},
	{code: `wg.SetPeer(ctx, wireguard.Peer{Key: public})`, scene: wg0, do: isMissing},
	{code: `wg.SetPeer(ctx, wireguard.Peer{Key: public})`, scene: peered, do: func(r *run) {
		if err := r.values()[0]; err != nil {
			r.Error(err)
		}
		r.has("wg show wg0 allowed-ips", publicText+"\t10.0.0.0/8 192.0.2.0/24")
	}},
	{code: `wireguard.Peer{Key: public, ReplaceAllowedIPs: true}`, scene: peered, then: func(r *run, got []any) {
		r.verb(wireguard.New("wg0").Peer(got[0].(wireguard.Peer)), true)
	}, check: "wg show wg0 allowed-ips", shows: "!10.0.0.0/8"},
	{code: `wg.RemoveAllowedIPs(ctx, public, prefix)`, scene: peered, check: "wg show wg0 allowed-ips", shows: "!192.0.2.0/24 ; " + publicText + "\t10.0.0.0/8\n"},
	{code: `wireguard.ParseKey(text)`, needs: "wireguard", scene: wg0, then: func(r *run, got []any) {
		r.verb(wireguard.New("wg0").Peer(wireguard.Peer{Key: got[0].(wireguard.Key)}), true)
	}, check: "wg show wg0 peers", shows: otherText},
	{code: `private.PublicKey()`, needs: "wireguard", do: func(r *run) {
		want := r.exec(r.Lab, privateText, "wg", "pubkey")
		if got := fmt.Sprint(r.values()[0]); got != strings.TrimSpace(want) {
			r.Errorf("%s, wg: %s", got, want)
		}
	}},
	{code: `wireguard.GeneratePrivateKey`, scene: wg0, do: func(r *run) {
		key, err := r.values()[0].(func() (wireguard.PrivateKey, error))()
		testutil.Must(r, err)
		r.verb(wireguard.New("wg0").PrivateKey(key), true)
		r.has("wg show wg0 public-key", key.PublicKey().String())
	}},
}
