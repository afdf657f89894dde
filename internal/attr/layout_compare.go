package attr

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// Compare is Codec.CompareReported for want and have. It walks the table only for
// rows that a quick test does not show to be equal.
func (l *Layout) Compare(c *Codec, set, reported Set, refs []Ref, want, have any) []Difference {
	w, ok := l.base(want)
	h, both := l.base(have)
	if ok && both {
		set = l.doubtful(set, func(f *field, typ uint16) bool {
			return f.alike(typ, reported, refs, unsafe.Add(w, f.at), unsafe.Add(h, f.at))
		})
	}
	if set.Empty() {
		return nil
	}
	return c.CompareReported(set, reported, refs, l.of(want), l.of(have))
}

// Check is Codec.Check for v. It walks the table only for rows that a quick test
// does not show to be valid.
func (l *Layout) Check(c *Codec, set Set, refs []Ref, v any) error {
	if base, ok := l.base(v); ok {
		set = l.doubtful(set, func(f *field, typ uint16) bool {
			return f.bits&readOnly != 0 || f.good(typ, refs, unsafe.Add(base, f.at))
		})
	}
	if set.Empty() {
		return nil
	}
	return c.Check(set, refs, l.of(v))
}

// doubtful returns the rows of set that need the table: rows of unknown shape, and
// rows for which clear returns false.
func (l *Layout) doubtful(set Set, clear func(*field, uint16) bool) Set {
	for typ := range set.And(l.laid).All() {
		if clear(l.fields[typ], typ) {
			set.Remove(typ)
		}
	}
	return set
}

// alike reports whether the two fields are known to be equal for a comparison. False
// does not mean that they differ.
func (f *field) alike(typ uint16, reported Set, refs []Ref, want, have unsafe.Pointer) bool {
	switch {
	case f.bits&(readOnly|createOnly|writeOnly) == writeOnly, f.bits&readOnly != 0, f.bits&mayHide != 0 && !reported.Has(typ):
		return true
	case f.shape <= big64:
		return f.sameNumber(want, have)
	}
	switch f.shape {
	case boolean, flag:
		return *(*bool)(want) == *(*bool)(have)
	case ifindex:
		return indexIn(refs, typ, *(*int)(want)) == *(*int)(have)
	case textNUL, textBare:
		return *(*string)(want) == *(*string)(have)
	case hardware:
		return slices.Equal(*(*net.HardwareAddr)(want), *(*net.HardwareAddr)(have))
	case addr4:
		return *(*netip.Addr)(want) == *(*netip.Addr)(have)
	case duration:
		return *(*time.Duration)(want) == *(*time.Duration)(have)
	}
	return false
}

func (f *field) sameNumber(want, have unsafe.Pointer) bool {
	switch f.shape {
	case number8:
		return *(*uint8)(want) == *(*uint8)(have)
	case number16, big16:
		return *(*uint16)(want) == *(*uint16)(have)
	case number32, big32:
		return *(*uint32)(want) == *(*uint32)(have)
	case number64, big64:
		return *(*uint64)(want) == *(*uint64)(have)
	}
	return false
}

// good reports whether the field at v is known to be valid. False does not mean that
// it is invalid.
func (f *field) good(typ uint16, refs []Ref, v unsafe.Pointer) bool {
	switch f.shape {
	case boolean, flag:
		return true
	case ifindex:
		return indexIn(refs, typ, *(*int)(v)) >= 0 && indexIn(refs, typ, *(*int)(v)) <= 1<<31-1
	case textNUL, textBare:
		return len(*(*string)(v)) <= int(f.most) && strings.IndexByte(*(*string)(v), 0) < 0
	case hardware:
		return f.within(uint64(len(*(*net.HardwareAddr)(v))))
	case addr4:
		a := *(*netip.Addr)(v)
		return a.IsValid() && a.Zone() == "" && !a.Is4In6()
	case duration:
		return f.goodTime(*(*time.Duration)(v))
	case payload:
		return f.own(v).Check() == nil
	}
	return f.shape <= big64 && f.goodNumber(f.number(v))
}

func (f *field) within(v uint64) bool {
	return f.least <= v && v <= f.most
}

func (f *field) goodNumber(v uint64) bool {
	if f.words == nil {
		return f.within(v)
	}
	_, ok := f.words.of(v)
	return ok
}

func (f *field) goodTime(v time.Duration) bool {
	return v >= 0 && f.within(uint64(v)) && v%f.unit.of == 0 && (f.unit.format.bytes == 8 || v/f.unit.of <= 1<<32-1)
}

// number returns the number at v.
func (f *field) number(v unsafe.Pointer) uint64 {
	switch f.shape {
	case number8:
		return uint64(*(*uint8)(v))
	case number16, big16:
		return uint64(*(*uint16)(v))
	case number32, big32:
		return uint64(*(*uint32)(v))
	}
	return *(*uint64)(v)
}
