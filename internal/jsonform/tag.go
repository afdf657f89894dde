package jsonform

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A fieldTag is the tag of a field: its word, and options after commas.
//
//	flags     a set of bits, as a list of words
//	secret    read and never written, and not in errors
//	hidden    not in errors
//	short     the field alone may stand for the whole struct
//	always    written also if it is zero
//	required  read only with a value
//	ns        a duration in nanoseconds; without it, one in seconds
//	forever   the longest duration is the word "forever"
//	off       a duration that is negative is the word "off"
//	default   the zero prefix is the word "default"
//	thousandths  a number of thousandths, as a fraction
type fieldTag struct {
	name    string
	options []string
	limits  []int64 // the bounds of a number, or nil
}

func (t fieldTag) has(option string) bool { return slices.Contains(t.options, option) }

func (t fieldTag) unit() time.Duration {
	if t.has("ns") {
		return time.Nanosecond
	}
	return time.Second
}

// fieldsOf returns the tags of the fields of a struct. The name of a field without JSON
// form is empty.
func fieldsOf(t reflect.Type) []fieldTag {
	all := make([]fieldTag, t.NumField())
	for i := range all {
		f := t.Field(i)
		parts := strings.Split(f.Tag.Get("word"), ",")
		all[i] = fieldTag{name: parts[0], options: parts[1:]}
		if low, high, ok := strings.Cut(f.Tag.Get("range"), "-"); ok {
			from, _ := strconv.ParseInt(low, 10, 64)
			to, _ := strconv.ParseInt(high, 10, 64)
			all[i].limits = []int64{from, to}
		}
	}
	return all
}

func names(tags []fieldTag) (all []string) {
	for _, t := range tags {
		if t.name != "" {
			all = append(all, t.name)
		}
	}
	return all
}

var valueType = reflect.TypeFor[Value]()

// asValue returns v or its address as a Value.
func asValue(v reflect.Value) (Value, bool) {
	if v.CanAddr() && v.Addr().Type().Implements(valueType) {
		v = v.Addr()
	}
	own, ok := v.Interface().(Value)
	return own, ok
}
