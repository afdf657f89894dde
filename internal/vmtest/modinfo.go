package vmtest

import (
	"debug/elf"
	"errors"
	"fmt"
	"strings"

	"github.com/iplink-go/iplink/internal/vmtest/guest"
)

// readModinfo returns the information in a .ko file about itself.
func readModinfo(file string) (guest.Module, error) {
	f, err := elf.Open(file)
	if err != nil {
		return guest.Module{}, fmt.Errorf("%s: %w", file, err)
	}
	defer f.Close()
	section := f.Section(".modinfo")
	if section == nil {
		return guest.Module{}, fmt.Errorf("%s: no .modinfo section", file)
	}
	b, err := section.Data()
	if err != nil {
		return guest.Module{}, fmt.Errorf("%s: %w", file, err)
	}
	m, err := parseModinfo(b)
	if err != nil {
		return guest.Module{}, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}

// parseModinfo reads the section: strings KEY=VALUE, each followed by a NUL.
func parseModinfo(section []byte) (guest.Module, error) {
	var m guest.Module
	for entry := range strings.SplitSeq(string(section), "\x00") {
		key, value, _ := strings.Cut(entry, "=")
		switch key {
		case "name":
			m.Name = guest.ModuleName(value)
		case "alias":
			m.Aliases = append(m.Aliases, value)
		case "depends":
			m.Needs = append(m.Needs, strings.FieldsFunc(value, func(r rune) bool { return r == ',' })...)
		case "softdep":
			addSoftdep(&m, strings.Fields(value))
		}
	}
	if m.Name == "" {
		return m, errors.New("module information without a name")
	}
	return m, nil
}

// addSoftdep reads "pre: a b post: c", where either part may be missing.
func addSoftdep(m *guest.Module, words []string) {
	list := &m.Pre
	for _, word := range words {
		switch word {
		case "pre:":
			list = &m.Pre
		case "post:":
			list = &m.Post
		default:
			*list = append(*list, word)
		}
	}
}
