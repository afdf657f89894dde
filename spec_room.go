package iplink

import (
	"fmt"

	"github.com/iplink-go/iplink/internal/attr"
	"github.com/iplink-go/iplink/internal/wire"
)

// mostOfKind is how many bytes the settings of a kind, or of a port, may take: they
// lie in an attribute, whose length has 16 bits, together with all else that the
// kernel then says of the kind and of the port, which is less than 1 KiB.
const mostOfKind = wire.MaxLen - 1<<10

// mostAltNames is how many alternative names a link has at most: the kernel counts
// 132 bytes for each, whatever its length, and takes 65 535.
const mostAltNames = 496

// checkRoom refuses settings that do not fit a request, or that the kernel could not
// say again.
func (s *spec) checkRoom() error {
	if s.Info != nil {
		if err := roomFault(s.about().table(), s.Set, s.info()); err != nil {
			return err
		}
	}
	if s.port != nil {
		return roomFault(kindOf(s.port.Kind).portTable(), s.port.Set, infoOf(s.port))
	}
	return nil
}

// roomFault names the longest row if all together are too long.
func roomFault(t *attr.Layout, set attr.Set, v info) error {
	var c attr.Codec
	var room [512]byte
	if len(t.Encode(&c, room[:0], set, nil, v)) <= mostOfKind {
		return nil
	}
	longest, most := uint16(0), 0
	for typ := range set.All() {
		if n := len(t.Encode(&c, nil, attr.SetOf(typ), nil, v)); n > most {
			longest, most = typ, n
		}
	}
	return &attr.Error{Name: rowName(v.attrs, longest), Text: tooLong(most)}
}

func tooLong(bytes int) string {
	return fmt.Sprintf("%d bytes, where all settings of a kind may have %d in a request", bytes, mostOfKind)
}
