// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// The encoding of docs/wire.md 1: msgpack arrays, each value in one form only.

const depthMax = 8

type kind int

const (
	none kind = iota
	isNil
	isBool
	isUint
	isInt
	isStr
	isBin
	isArray
)

// The reader's failure is sticky: look at bad, or done, once at the end.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	got := r.b[:n]
	r.b = r.b[n:]
	return got
}

func (r *reader) number(width uint64) uint64 {
	var wide [8]byte
	copy(wide[8-width:], r.take(width))
	return binary.BigEndian.Uint64(wide[:])
}

// A number that did not fit the next shorter form.
func (r *reader) longer(width, least uint64) uint64 {
	n := r.number(width)
	if n < least {
		r.bad = true
	}
	return n
}

func (r *reader) negative(width uint64, least int64) uint64 {
	shift := 64 - 8*width
	n := int64(r.number(width)<<shift) >> shift
	if n >= least {
		r.bad = true
	}
	return uint64(n)
}

// The next head: its kind and its value or length.
func (r *reader) head() (kind, uint64) {
	first := r.take(1)
	if r.bad {
		return none, 0
	}
	switch t := first[0]; {
	case t < 0x80:
		return isUint, uint64(t)
	case t&0xf0 == 0x90:
		return isArray, uint64(t & 0x0f)
	case t&0xe0 == 0xa0:
		return isStr, uint64(t & 0x1f)
	case t >= 0xe0:
		return isInt, uint64(int64(int8(t)))
	default:
		return r.headOf(t)
	}
}

func (r *reader) headOf(t byte) (kind, uint64) {
	switch t {
	case 0xc0:
		return isNil, 0
	case 0xc2, 0xc3:
		return isBool, uint64(t & 1)
	case 0xc4:
		return isBin, r.number(1)
	case 0xc5:
		return isBin, r.longer(2, 1<<8)
	case 0xc6:
		return isBin, r.longer(4, 1<<16)
	case 0xcc:
		return isUint, r.longer(1, 1<<7)
	case 0xcd:
		return isUint, r.longer(2, 1<<8)
	case 0xce:
		return isUint, r.longer(4, 1<<16)
	case 0xcf:
		return isUint, r.longer(8, 1<<32)
	case 0xd0:
		return isInt, r.negative(1, -32)
	case 0xd1:
		return isInt, r.negative(2, -1<<7)
	case 0xd2:
		return isInt, r.negative(4, -1<<15)
	case 0xd3:
		return isInt, r.negative(8, -1<<31)
	case 0xd9:
		return isStr, r.longer(1, 1<<5)
	case 0xda:
		return isStr, r.longer(2, 1<<8)
	case 0xdb:
		return isStr, r.longer(4, 1<<16)
	case 0xdc:
		return isArray, r.longer(2, 1<<4)
	case 0xdd:
		return isArray, r.longer(4, 1<<16)
	}
	r.bad = true
	return none, 0
}

func (r *reader) want(k kind) uint64 {
	got, n := r.head()
	if got != k {
		r.bad = true
		return 0
	}
	return n
}

func (r *reader) arrayOf(n int) {
	if r.want(isArray) != uint64(n) {
		r.bad = true
	}
}

func (r *reader) uint(max uint64) uint64 {
	n := r.want(isUint)
	if n > max {
		r.bad = true
	}
	return n
}

func (r *reader) bin(min, max int) []byte {
	b := r.take(r.want(isBin))
	if len(b) < min || len(b) > max {
		r.bad = true
	}
	return b
}

// A name: 1 to max bytes of UTF-8 without NUL.
func (r *reader) str(max int) string {
	b := r.take(r.want(isStr))
	if len(b) == 0 || len(b) > max || !isName(b) {
		r.bad = true
	}
	return string(b)
}

func isName(b []byte) bool {
	return utf8.Valid(b) && !strings.ContainsRune(string(b), 0)
}

func (r *reader) bool() bool {
	return r.want(isBool) == 1
}

// Milliseconds since 1970 in the years 1 to 9999.
func (r *reader) time() {
	k, n := r.head()
	if k != isInt && (k != isUint || n > timeMax) ||
		k == isInt && int64(n) < timeMin {
		r.bad = true
	}
}

// nil, or what read takes.
func (r *reader) optional(read func()) {
	if !r.bad && len(r.b) > 0 && r.b[0] == 0xc0 {
		r.take(1)
		return
	}
	read()
}

// Any value in its one form.
func (r *reader) skip(depth int) {
	k, n := r.head()
	switch k {
	case isStr:
		if !utf8.Valid(r.take(n)) {
			r.bad = true
		}
	case isBin:
		r.take(n)
	case isArray:
		if depth == depthMax || n > uint64(len(r.b)) {
			r.bad = true
		}
		for ; n > 0 && !r.bad; n-- {
			r.skip(depth + 1)
		}
	}
}

// All of it was read, and all of it was good.
func (r *reader) done() bool {
	return !r.bad && len(r.b) == 0
}

type writer []byte

func (w *writer) wide(tag byte, width int, n uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	*w = append(append(*w, tag), b[8-width:]...)
}

// tag of the one-byte form; there is none for small numbers of bytes (bin).
func (w *writer) length(small uint64, tag, tag8, tag16, tag32 byte, n uint64) {
	switch {
	case n < small:
		*w = append(*w, tag|byte(n))
	case n < 1<<8 && tag8 != 0:
		w.wide(tag8, 1, n)
	case n < 1<<16:
		w.wide(tag16, 2, n)
	default:
		w.wide(tag32, 4, n)
	}
}

func (w *writer) array(n int) { w.length(16, 0x90, 0, 0xdc, 0xdd, uint64(n)) }

func (w *writer) uint(n uint64) {
	if n < 1<<32 {
		w.length(1<<7, 0, 0xcc, 0xcd, 0xce, n)
	} else {
		w.wide(0xcf, 8, n)
	}
}

func (w *writer) bin(b []byte) {
	w.length(0, 0, 0xc4, 0xc5, 0xc6, uint64(len(b)))
	*w = append(*w, b...)
}

func (w *writer) str(s string) {
	w.length(32, 0xa0, 0xd9, 0xda, 0xdb, uint64(len(s)))
	*w = append(*w, s...)
}

func (w *writer) bool(b bool) {
	if b {
		*w = append(*w, 0xc3)
	} else {
		*w = append(*w, 0xc2)
	}
}
