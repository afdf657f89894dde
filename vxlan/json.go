package vxlan

import (
	"net/netip"

	"github.com/iplink-go/iplink/internal/jsonform"
	"github.com/iplink-go/iplink/internal/own"
)

// A vniForm is a VNIs in JSON.
type vniForm struct {
	// VNI is the number of the network, 1 to 16777215, or a range of them such as "7-9".
	VNI jsonform.Range `word:"vni,required,short"`
	// Group is the destination of frames to addresses without an entry.
	Group netip.Addr `word:"group"`
}

// JSON is part of own.Lister.
func (o *vniObjects) JSON() (key string, only bool, list any) {
	networks := o.networks()
	all := make([]vniForm, len(networks))
	for i, n := range networks {
		all[i] = vniForm{jsonform.Range{First: n.First, Last: n.Last}, n.Group}
	}
	return "vnis", o.only, &all
}

func readVNIList(s *own.Settings, _, only bool, n *jsonform.Node) error {
	var all []vniForm
	if err := jsonform.Read(n, &all); err != nil {
		return err
	}
	networks := make([]VNIs, len(all))
	for i, v := range all {
		if v.VNI.First == 0 || v.VNI.Last > mostVNI {
			return n.Items[i].Fault("the number of a network is not in 1…16777215")
		}
		networks[i] = VNIs{First: v.VNI.First, Last: v.VNI.Last, Group: v.Group}
	}
	addVNIs(s, only, networks)
	return nil
}
