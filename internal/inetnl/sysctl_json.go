package inetnl

import (
	"strings"

	"github.com/iplink-go/iplink/inet"
	"github.com/iplink-go/iplink/internal/jsonform"
)

// A SysctlList is an object in JSON: {"ipv4.rp_filter": 2}.
type SysctlList []inet.Sysctl

// WriteJSON is part of jsonform.Value.
func (all SysctlList) WriteJSON(w *jsonform.Writer) {
	w.Open('{')
	for _, s := range all {
		w.Key(s.Family + "." + s.Name)
		w.Int(int64(s.Value))
	}
	w.Close('}')
}

// ReadJSON is part of jsonform.Value.
func (all *SysctlList) ReadJSON(n *jsonform.Node) error {
	for i := range n.Members {
		m := &n.Members[i]
		var s inet.Sysctl
		s.Family, s.Name, _ = strings.Cut(m.Name, ".")
		if err := jsonform.Read(m.Value, &s.Value); err != nil {
			return err
		}
		if fault := SysctlFault(s); fault != "" {
			return n.MemberFault(m, fault)
		}
		*all = append(*all, s)
	}
	return n.Want(jsonform.Object)
}

// Schema is part of jsonform.Value.
func (all *SysctlList) Schema() *jsonform.Schema {
	s := &jsonform.Schema{Type: "object", Properties: map[string]*jsonform.Schema{}, Additional: false}
	for of, limits := range SysctlLimits() {
		s.Properties[of.Family+"."+of.Name] = jsonform.Integer(limits[0], limits[1])
	}
	return s
}
