// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/hex"
	"strconv"
)

// Limits of gateway/include/qiao/limits.h.
const (
	headMax    = 4 << 10
	payloadMax = 128 << 10
	typeMax    = 64
	recordMax  = 128
	stateMax   = 64
	gatewayMax = 64
	tagsMax    = 8
	keyMax     = 512 // no key of README.md 3 is longer

	numberMax = 1<<53 - 1 // heights, versions, sizes
	indexMax  = 1<<32 - 1
	timeMin   = -62135596800000 // ms, the years 1 to 9999
	timeMax   = 253402300799999
)

// Lower-case hex of n bytes, as text.
func (c *call) hexText(arg, n int, what string) (string, error) {
	text := string(c.args[arg])
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != n || hex.EncodeToString(b) != text {
		return "", refuse("MALFORMED", "the %s is not %d lower-case hex digits",
			what, 2*n)
	}
	return text, nil
}

// 32 bytes that are not all zero.
func (c *call) hash(arg int, what string) ([]byte, error) {
	text, err := c.hexText(arg, 32, what)
	if err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(text)
	if err == nil && isZero(b) {
		return nil, refuse("MALFORMED", "the %s is zero", what)
	}
	return b, err
}

func (c *call) name(arg, max int, what string) (string, error) {
	b := c.args[arg]
	if len(b) == 0 || len(b) > max || !isName(b) {
		return "", refuse("MALFORMED", "the %s is not 1 to %d bytes of text",
			what, max)
	}
	return string(b), nil
}

// No '/' in a type, so that "type/id" has one meaning.
func isType(s string) bool {
	for _, ch := range []byte(s) {
		if !('a' <= ch && ch <= 'z' || '0' <= ch && ch <= '9' ||
			ch == '.' || ch == '_' || ch == '-') {
			return false
		}
	}
	return s != "" && len(s) <= typeMax
}

// type and record id, as the tail of a key.
func (c *call) place(arg int) (string, error) {
	kind := string(c.args[arg])
	if !isType(kind) {
		return "", refuse("MALFORMED", "a type is 1 to %d of a-z 0-9 . _ -",
			typeMax)
	}
	id, err := c.name(arg+1, recordMax, "record id")
	return kind + "/" + id, err
}

func (c *call) count(arg int, what string) (uint64, error) {
	text := string(c.args[arg])
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != text {
		return 0, refuse("MALFORMED", "%s is not a number from 1 to 2147483647",
			what)
	}
	return n, nil
}

// A digest argument and the payload that it must be of.
func (c *call) payload(digestArg, payloadArg int) (digest, payload []byte,
	err error) {
	if digest, err = c.hash(digestArg, "payload digest"); err != nil {
		return nil, nil, err
	}
	payload = c.args[payloadArg]
	if len(payload) > payloadMax {
		return nil, nil, refuse("MALFORMED", "the payload has more than %d bytes",
			payloadMax)
	}
	if !bytes.Equal(tagged(payloadTag, payload), digest) {
		return nil, nil, refuse("DIGEST", "the digest is not that of the payload")
	}
	return digest, payload, nil
}
