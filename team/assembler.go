package team

// An assembler writes a program of classic BPF, with labels as the targets of jumps.
type assembler struct {
	program []Instruction
	labels  map[string]int
	jumps   []jump
}

// A jump is an instruction with targets to be filled in; an empty target is the next
// instruction.
type jump struct {
	at     int
	yes    string
	no     string
	always string
}

// Operations (linux/bpf_common.h).
const (
	opLoadHalfX  = 0x48 // A = two bytes at K + X
	opStoreA     = 0x02 // memory = A
	opStoreX     = 0x03 // memory = X
	opLoadX      = 0x61 // X = memory
	opIPv4Len    = 0xb1 // X = length of the IPv4 header at K
	opAnd        = 0x54 // A &= K
	opJumpAlways = 0x05
	opReturn     = 0x06 // K
	opReturnA    = 0x16
	opAToX       = 0x07
	opXToA       = 0x87

	word32    = 0x20 // A = four bytes at K
	half      = 0x28 // A = two bytes at K
	octet     = 0x30 // A = a byte at K
	ancillary = octet

	equal  = 0x15 // A == K
	anyBit = 0x45 // A & K != 0
)

// Properties of a frame known to the kernel, in place of an offset (SKF_AD_*).
const (
	ancillaryBase  = 0xfffff000
	protocol       = ancillaryBase + 0
	packetType     = ancillaryBase + 4
	xorX           = ancillaryBase + 40 // A ^= X
	vlanTag        = ancillaryBase + 44
	vlanTagPresent = ancillaryBase + 48
)

func (a *assembler) emit(op uint16, k uint32) {
	a.program = append(a.program, Instruction{Op: op, K: k})
}

func (a *assembler) load(op uint16, at uint32) {
	a.emit(op, at)
}

// mix adds A to the hash in X.
func (a *assembler) mix() {
	a.load(ancillary, xorX)
	a.emit(opAToX, 0)
}

// ret returns the hash.
func (a *assembler) ret() {
	a.emit(opXToA, 0)
	a.emit(opReturnA, 0)
}

func (a *assembler) label(name string) {
	a.labels[name] = len(a.program)
}

func (a *assembler) jump(op uint16, k uint32, yes, no string) {
	a.jumps = append(a.jumps, jump{at: len(a.program), yes: yes, no: no})
	a.emit(op, k)
}

func (a *assembler) jumpAlways(to string) {
	a.jumps = append(a.jumps, jump{at: len(a.program), always: to})
	a.emit(opJumpAlways, 0)
}

// resolve fills in the jumps, which are all forward and shorter than 256
// instructions.
func (a *assembler) resolve() []Instruction {
	for _, j := range a.jumps {
		distance := func(to string) uint8 {
			if to == "" {
				return 0
			}
			return uint8(a.labels[to] - j.at - 1)
		}
		i := &a.program[j.at]
		i.JT, i.JF = distance(j.yes), distance(j.no)
		if j.always != "" {
			i.K = uint32(distance(j.always))
		}
	}
	return a.program
}
