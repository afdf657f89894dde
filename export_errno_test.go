package iplink

import (
	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/own"
	"github.com/iplink-go/iplink/internal/wire"
)

// KindRefusal returns what is wrong with a link of the kind for which an attribute
// has a payload, by the attribute's row alone; nil if nothing is.
func KindRefusal(kind string, row attr.Row, payload []byte) error {
	return rowRefusal(newInfo(kind).attrs, row, payload)
}

// PortRefusal is KindRefusal for the ports of a kind of master.
func PortRefusal(kind string, row attr.Row, payload []byte) error {
	return rowRefusal(newPortInfo(kind).attrs, row, payload)
}

// CommonRefusal is KindRefusal for what every link has.
func CommonRefusal(row attr.Row, payload []byte) error {
	return rowRefusal(new(Link).settable, row, payload)
}

func rowRefusal(t attr.Table, row attr.Row, payload []byte) error {
	var c attr.Codec
	if _, err := c.Decode(wire.AppendAttr(nil, row.Type, payload), t, nil); err != nil {
		return nil
	}
	if err := c.Check(attr.SetOf(row.Type), nil, t); err != nil {
		return (&spec{Settings: own.Settings{Name: "t0"}}).invalidAttrs("create", err)
	}
	return nil
}
