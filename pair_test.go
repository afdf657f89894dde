package iplink_test

import (
	"testing"

	"github.com/iplink-go/iplink/internal/kerneltest/lab"
	"github.com/iplink-go/iplink/netkit"
)

func TestNetkitRefusals(t *testing.T) {
	const single = "cannot go with Pairing(netkit.Single): the link has no other end"
	const l3 = "address: a netkit link in mode l3 has none: Mode(netkit.L2) makes one with addresses"
	one := func() *netkit.Builder { return netkit.New("a").Pairing(netkit.Single) }
	for _, r := range []badSpec{
		{spec: netkit.New("a").Mode(2), message: "mode: 2 is not one of l2, l3"},
		{spec: netkit.New("a").Policy(1), message: "policy: 1 is not one of forward, blackhole"},
		{spec: netkit.New("a").PeerPolicy(3), op: "update", message: "peer policy: 3 is not one of forward, blackhole"},
		{spec: netkit.New("a").Scrub(2), message: "scrub: 2 is not one of none, default"},
		{spec: netkit.New("a").PeerScrub(2), message: "peer scrub: 2 is not one of none, default"},
		{spec: netkit.New("a").Pairing(2), message: "pairing: 2 is not one of pair, single"},
		{spec: netkit.New("a").MTU(67), message: "mtu: 67 is not in 68…65535"},
		{spec: netkit.New("a").Address(lab.MAC), message: l3},
		{spec: netkit.New("a").Mode(netkit.L3).Address(lab.MAC), op: "update", message: l3},
		{spec: netkit.New("a").Peer(netkit.New("b").Address(lab.MAC)), message: l3},
		{spec: netkit.New("a").Peer(netkit.New("b").Policy(netkit.Blackhole)),
			message: "peer: policy cannot be set on the builder of the peer: the builder of the other end takes the settings of both"},
		{spec: one().Peer(netkit.New("b")), message: "peer: " + single},
		{spec: one().PeerPolicy(netkit.Forward), message: "peer policy: " + single},
		{spec: one().PeerScrub(netkit.None), message: "peer scrub: " + single},
		{spec: one().Scrub(netkit.Default), message: "scrub: " + single},
		{spec: one().Policy(netkit.Blackhole), message: "policy: " + single},
	} {
		r.test(t)
	}
	accepted(t, "create", netkit.New("a").Mode(netkit.L2).Address(lab.MAC).Peer(netkit.New("b").Address(lab.OtherMAC)),
		one().Policy(netkit.Forward).Headroom(0xffff), one().Mode(netkit.L2).Address(lab.MAC))
	accepted(t, "update", netkit.New("a").Address(lab.MAC))
}

func TestNetkitEncoding(t *testing.T) {
	encoded(t, netkit.New("a").Mode(netkit.L2).Policy(netkit.Blackhole).PeerPolicy(netkit.Forward).Headroom(0x1234),
		"0800050000000000 0800030002000000 0800040000000000 0600080034120000")
}

// TestNetkitDecoding reads the report of a kernel that knows neither scrub nor pairing.
func TestNetkitDecoding(t *testing.T) {
	l := decoded(t, "2c001200 0b0001006e65746b69740000 1c000200 0500020001000000 0800030002000000 0800050001000000")
	info, ok := netkit.Info(l)
	if !ok || !info.Primary || info.Policy != netkit.Blackhole || info.Mode != netkit.L3 || info.Scrub != netkit.Default || info.PeerScrub != netkit.Default {
		t.Errorf("%+v", l.Info)
	}
}
