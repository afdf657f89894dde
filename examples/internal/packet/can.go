package packet

import (
	"encoding/binary"
	"fmt"
)

// A CANFrame is a classical CAN frame with an identifier of 11 bits and up to
// 8 bytes of data.
type CANFrame struct {
	ID   uint16
	Data []byte
}

// Bytes returns the frame in the kernel's format, a struct can_frame: identifier and
// flags, length, 3 unused bytes, and 8 bytes for the data.
func (f CANFrame) Bytes() []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(f.ID))
	b = append(b, byte(len(f.Data)), 0, 0, 0)
	return append(b, append(f.Data, make([]byte, 8-len(f.Data))...)...)
}

// ParseCAN returns the frame in a struct can_frame, or the zero frame if b is too
// short.
func ParseCAN(b []byte) CANFrame {
	if len(b) < 16 || b[4] > 8 {
		return CANFrame{}
	}
	return CANFrame{uint16(binary.NativeEndian.Uint32(b) & 0x7ff), b[8 : 8+b[4]]}
}

// String returns the frame in the notation of can-utils, such as 123#73706565.
func (f CANFrame) String() string {
	return fmt.Sprintf("%03X#%X %q", f.ID, f.Data, f.Data)
}

// SameID reports whether a struct can_frame has the identifier of f.
func (f CANFrame) SameID(frame []byte) bool {
	return len(frame) >= 16 && ParseCAN(frame).ID == f.ID
}
