package iplink_test

import (
	"net"
	"net/netip"
	"reflect"
	"testing"

	"github.com/iplink-go/iplink"
	"github.com/iplink-go/iplink/bond"
	"github.com/iplink-go/iplink/bridge"
	"github.com/iplink-go/iplink/can"
	"github.com/iplink-go/iplink/dummy"
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/uapi"
	"github.com/iplink-go/iplink/ipoib"
	"github.com/iplink-go/iplink/ipvlan"
	"github.com/iplink-go/iplink/ipvtap"
	"github.com/iplink-go/iplink/macsec"
	"github.com/iplink-go/iplink/macvlan"
	"github.com/iplink-go/iplink/macvtap"
	"github.com/iplink-go/iplink/veth"
	"github.com/iplink-go/iplink/vlan"
	"github.com/iplink-go/iplink/vxcan"
	"github.com/iplink-go/iplink/vxlan"
)

// constructors are the functions that return the builder of a kind, or that of
// its ports.
var constructors = map[string]any{
	"bond":        bond.New,
	"bond port":   bond.Port,
	"bridge":      bridge.New,
	"bridge port": bridge.Port,
	"can":         can.New,
	"ipoib":       ipoib.New,
	"ipvlan":      ipvlan.New,
	"ipvtap":      ipvtap.New,
	"macsec":      macsec.New,
	"macvlan":     macvlan.New,
	"macvtap":     macvtap.New,
	"veth":        veth.New,
	"vlan":        vlan.New,
	"vxcan":       vxcan.New,
	"vxlan":       vxlan.New,
}

// TestCodecSetters calls every setter of every builder: each settable row of a
// table must be among what they set.
func TestCodecSetters(t *testing.T) {
	for name, rows := range iplink.TableRows() {
		if name == "link" || name == "inet6" {
			continue
		}
		constructor, ok := constructors[name]
		if !ok {
			t.Errorf("%s: its constructor is not in the list above", name)
			continue
		}
		set := setBy(constructor)
		for _, r := range rows {
			if r.Settable() && !set.Has(r.Type) {
				t.Errorf("%s: there is no setter for %s", name, r.Name)
			}
		}
	}
	var common attr.Set
	for _, s := range builders(dummy.New) {
		_, set, inet6 := iplink.SetOf(s.Interface().(iplink.Spec))
		common = common.Or(set)
		if !inet6.Empty() && inet6 != attr.SetOf(uapi.IFLA_INET6_ADDR_GEN_MODE) {
			t.Errorf("inet6: %v", inet6)
		}
	}
	for _, r := range iplink.CommonRows() {
		if r.Settable() && !common.Has(r.Type) && r.Type != uapi.IFLA_IFNAME {
			t.Errorf("link: there is no setter for %s", r.Name)
		}
	}
}

// setBy returns the rows that the setters of a builder set.
func setBy(constructor any) (set attr.Set) {
	for _, b := range builders(constructor) {
		switch b := b.Interface().(type) {
		case iplink.Spec:
			kind, _, _ := iplink.SetOf(b)
			set = set.Or(kind)
		case iplink.PortSpec:
			set = set.Or(b.Own().Set)
		}
	}
	return set
}

// builders returns builders after a call of one setter each, with 1 and with 2
// where it takes a number.
func builders(constructor any) (all []reflect.Value) {
	build := reflect.ValueOf(constructor)
	self := build.Type().Out(0)
	for i := range 2 * self.NumMethod() {
		m := self.Method(i / 2)
		if m.Type.NumOut() == 1 && m.Type.Out(0) == self && m.Name != "Clone" {
			b := build.Call(samples(build.Type(), 0, 1))[0]
			m.Func.Call(append([]reflect.Value{b}, samples(m.Type, 1, 1+i%2)...))
			all = append(all, b)
		}
	}
	return all
}

// samples returns a value for each parameter of a function from skip on.
func samples(f reflect.Type, skip, number int) (values []reflect.Value) {
	for i := skip; i < f.NumIn(); i++ {
		in := f.In(i)
		if f.IsVariadic() && i == f.NumIn()-1 {
			in = in.Elem()
		}
		values = append(values, sample(in, number))
	}
	return values
}

// sample returns a value of type t, filled with numbers.
func sample(t reflect.Type, number int) reflect.Value {
	for _, v := range []any{net.HardwareAddr{2, 0, 0, 0, 0, 1}, netip.MustParseAddr("192.0.2.1"), bridge.Port()} {
		if reflect.TypeOf(v).AssignableTo(t) {
			return reflect.ValueOf(v)
		}
	}
	v := reflect.New(t).Elem()
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(number))
	case v.CanUint():
		v.SetUint(uint64(number))
	case v.Kind() == reflect.String:
		v.SetString("x")
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(sample(t.Key(), number), sample(t.Elem(), number))
	case v.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[iplink.Link]().PkgPath():
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				v.Field(i).Set(sample(v.Field(i).Type(), number))
			}
		}
	}
	return v
}
