// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
)

// What this contract must know of docs/wire.md 4, 5 and 9.3. That a disclosure
// leads to the root of its head is the gateways' to check.

type head struct {
	network []byte
	typ, id string
	org     string
	state   string
	version uint64
}

func (h *head) place() string { return h.typ + "/" + h.id }

func parseHead(b []byte) (h head, good bool) {
	h, _, good = parseHeadOf(b)
	return h, good
}

func parseHeadOf(b []byte) (h head, fields uint64, good bool) {
	r := &reader{b: b}
	r.arrayOf(17)
	version := r.uint(1)
	h.network = r.id32()
	h.typ = r.str(typeMax)
	r.uint(numberMax) // of the type
	h.id = r.str(recordMax)
	h.org = r.str(orgMax)
	h.state = r.str(stateMax)
	h.version = r.uint(numberMax)
	for i := 0; i < 3; i++ {
		r.optional(r.time)
	}
	r.optional(r.region)
	r.uint(2) // sharing class
	suite := r.uint(1)
	fields = r.uint(256)
	r.id32()
	r.registryTags()
	good = r.done() && len(b) <= headMax && version == 1 && suite == 1 &&
		h.version > 0 && isType(h.typ)
	return h, fields, good
}

// 32 bytes that are not all zero.
func (r *reader) id32() []byte {
	b := r.bin(32, 32)
	if isZero(b) {
		r.bad = true
	}
	return b
}

func isZero(b []byte) bool {
	return bytes.Count(b, []byte{0}) == len(b)
}

func (r *reader) region() {
	s := r.str(6)
	if len(s) != 6 || strings.Trim(s, "0123456789") != "" {
		r.bad = true
	}
}

// Registries ascend, so none is there twice.
func (r *reader) registryTags() {
	n := r.want(isArray)
	if n > tagsMax {
		r.bad = true
	}
	last := ""
	for ; n > 0 && !r.bad; n-- {
		r.arrayOf(2)
		registry := r.str(typeMax)
		if registry <= last {
			r.bad = true
		}
		last = registry
		r.bin(32, 32)
	}
}

// The head of a payload and the source chain of its position.
func parsePayload(b []byte) (h head, source []byte, good bool) {
	r := &reader{b: b}
	r.arrayOf(7)
	version := r.uint(1)
	h, fields, good := parseHeadOf(r.bin(1, headMax))
	if r.want(isArray) != fields {
		r.bad = true
	}
	for ; fields > 0 && !r.bad; fields-- {
		r.skip(3)
	}
	assurance, validity, origin := r.uint(4), r.uint(3), r.uint(2)
	r.arrayOf(4)
	source = r.id32()
	r.uint(numberMax)
	r.bin(0, 64)
	r.uint(indexMax)
	good = good && r.done() && version == 1 && assurance > 0 &&
		validity > 0 && origin > 0
	return h, source, good
}

type checkpoint struct {
	network []byte
	gateway string
	size    uint64
	root    []byte
}

func parseCheckpoint(b []byte) (checkpoint, bool) {
	var p checkpoint
	r := &reader{b: b}
	r.arrayOf(6)
	version := r.uint(1)
	p.network = r.bin(32, 32)
	p.gateway = r.str(gatewayMax)
	p.size = r.uint(numberMax)
	p.root = r.bin(32, 32)
	r.time()
	return p, r.done() && version == 1
}

func (c *call) checkNetwork(network []byte) error {
	if !bytes.Equal(network, c.network) {
		return refuse("NETWORK", "it belongs to another network")
	}
	return nil
}
