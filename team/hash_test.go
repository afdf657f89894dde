package team_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/iplink-go/iplink/team"
)

// disassembled writes a program as tcpdump -ddd does.
func disassembled(program []team.Instruction) string {
	var b strings.Builder
	for _, i := range program {
		fmt.Fprintf(&b, "%x %d %d %x; ", i.Op, i.JT, i.JF, i.K)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// TestTxHash compares short programs with what teamd gives the kernel, and long
// ones by their length, which is known for the default.
func TestTxHash(t *testing.T) {
	const mix = "30 0 0 fffff028; 7 0 0 0"
	const ret = "87 0 0 0; 16 0 0 0"
	eth := strings.Join([]string{"20 0 0 2", mix, "28 0 0 0", mix, "20 0 0 8", mix, "28 0 0 6", mix}, "; ")
	for _, c := range []struct {
		fragments []team.Fragment
		want      string
	}{
		{nil, ret},
		{[]team.Fragment{team.HashEth}, eth + "; " + ret},
	} {
		if got := disassembled(team.TxHash(c.fragments...)); got != c.want {
			t.Errorf("%v:\n got %s\nwant %s", c.fragments, got, c.want)
		}
	}
	if n := len(team.TxHash(team.HashEth, team.HashIPv4, team.HashIPv6)); n != 163 {
		t.Errorf("the default program has %d instructions, want 163", n)
	}
}

// TestTxHashJumps walks all programs: jumps stay inside, and no path reads past
// the end.
func TestTxHashJumps(t *testing.T) {
	for n := range 1 << 10 {
		program := team.TxHash(subset(n)...)
		for at, i := range program {
			next := []int{at + 1}
			switch i.Op {
			case 0x15, 0x45:
				next = []int{at + 1 + int(i.JT), at + 1 + int(i.JF)}
			case 0x05:
				next = []int{at + 1 + int(i.K)}
			case 0x16:
				next = nil
			}
			for _, to := range next {
				if to >= len(program) {
					t.Fatalf("%v: instruction %d goes on at %d of %d", subset(n), at, to, len(program))
				}
			}
		}
	}
}

// subset returns the fragments whose bits are in n.
func subset(n int) []team.Fragment {
	fragments := []team.Fragment{}
	for f := team.HashEth; f <= team.HashL4; f++ {
		if n>>f&1 != 0 {
			fragments = append(fragments, f)
		}
	}
	return fragments
}

// TestTxHashOrder gives the same fragments in another order, and by their other
// names.
func TestTxHashOrder(t *testing.T) {
	same := [][2][]team.Fragment{
		{{team.HashEth, team.HashUDP}, {team.HashUDP, team.HashEth, team.HashUDP}},
		{{team.HashIP}, {team.HashIPv6, team.HashIPv4}},
		{{team.HashL3}, {team.HashIP}},
		{{team.HashL4}, {team.HashSCTP, team.HashTCP, team.HashUDP}},
	}
	for _, s := range same {
		if a, b := disassembled(team.TxHash(s[0]...)), disassembled(team.TxHash(s[1]...)); a != b || len(a) < 100 {
			t.Errorf("%v and %v differ:\n%s\n%s", s[0], s[1], a, b)
		}
	}
}

// hash runs a program, as the kernel would, on a frame without a VLAN tag beside
// it.
func hash(t *testing.T, program []team.Instruction, frame []byte) uint32 {
	t.Helper()
	var a, x, mem uint32
	read := func(at uint32, n int) (v uint32) {
		for _, b := range frame[at : int(at)+n] {
			v = v<<8 | uint32(b)
		}
		return v
	}
	for at := 0; at < len(program); at++ {
		i := program[at]
		switch i.Op {
		case 0x20:
			a = read(i.K, 4)
		case 0x28:
			a = read(i.K, 2)
		case 0x30:
			switch i.K {
			case 0xfffff028:
				a ^= x
			case 0xfffff02c, 0xfffff030:
				a = 0
			default:
				a = read(i.K, 1)
			}
		case 0x48:
			a = read(x+i.K, 2)
		case 0x54:
			a &= i.K
		case 0x02:
			mem = a
		case 0x03:
			mem = x
		case 0x61:
			x = mem
		case 0xb1:
			x = 4 * (read(i.K, 1) & 15)
		case 0x05:
			at += int(i.K)
		case 0x07:
			x = a
		case 0x87:
			a = x
		case 0x15:
			at += jump(a == i.K, i)
		case 0x45:
			at += jump(a&i.K != 0, i)
		case 0x16:
			return a
		default:
			t.Fatalf("operation %#x", i.Op)
		}
	}
	t.Fatal("the program does not return")
	return 0
}

func jump(yes bool, i team.Instruction) int {
	if yes {
		return int(i.JT)
	}
	return int(i.JF)
}

// TestTxHashOfFrames hashes frames, and compares with the exclusive or of what
// counts, worked out by hand.
func TestTxHashOfFrames(t *testing.T) {
	const macs = "020000000a01" + "020000000b02"
	const ipv4 = "4500001c0000000040110000" + "c0000201" + "c6336407"
	const ports = "1234" + "0035"
	for _, c := range []struct {
		frame     string
		fragments []team.Fragment
		want      uint32
	}{
		{macs + "0800" + ipv4 + ports, []team.Fragment{team.HashEth}, 0x00000a01 ^ 0x0200 ^ 0x00000b02 ^ 0x0200},
		{macs + "0800" + ipv4 + ports, []team.Fragment{team.HashIPv4}, 0xc0000201 ^ 0xc6336407},
		{macs + "0800" + ipv4 + ports, []team.Fragment{team.HashUDP}, 0x1234 ^ 0x0035},
		{macs + "0800" + ipv4 + ports, []team.Fragment{team.HashTCP}, 0},
		{macs + "0800" + "4500001c0000200140110000" + "c0000201" + "c6336407" + ports, []team.Fragment{team.HashL4}, 0},
		{macs + "8100" + "0155" + "0800" + ipv4 + ports, []team.Fragment{team.HashVLAN}, 0x155},
		{macs + "8100" + "0155" + "0800" + ipv4 + ports, []team.Fragment{team.HashL4}, 0x1234 ^ 0x0035},
		{macs + "0806" + ipv4 + ports, []team.Fragment{team.HashL3, team.HashL4}, 0},
	} {
		frame, err := hex.DecodeString(c.frame)
		if err != nil {
			t.Fatal(err)
		}
		if got := hash(t, team.TxHash(c.fragments...), frame); got != c.want {
			t.Errorf("%v of %s: %#x, want %#x", c.fragments, c.frame, got, c.want)
		}
	}
}
