// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/hex"
)

const (
	kindDelivered = 2
	kindUsage     = 3
	kindAnchor    = 4
)

// A key space for each kind: nothing that is written under a transfer id can
// keep a delivery out, or hide it.
var spaces = []struct {
	kind   uint64
	prefix string
	event  string
}{
	{kindDelivered, "entry/", "Delivered"},
	{kindUsage, "usage/", "Used"},
	{kindAnchor, "anchor/", "Anchored"},
}

// What gateways write under an id: once, and never again.
type entry struct {
	kind               uint64
	id, digest, source []byte
	payload            []byte
	idText             string
}

func entryKey(kind uint64, id string) string {
	return spaces[kind-kindDelivered].prefix + id
}

func entryOf(c *call, kind uint64) (*entry, error) {
	e := &entry{kind: kind}
	var err error
	if e.id, err = c.hash(0, "id"); err != nil {
		return nil, err
	}
	e.idText = string(c.args[0])
	if e.source, err = c.hash(2, "source chain identity"); err != nil {
		return nil, err
	}
	e.digest, e.payload, err = c.payload(1, 3)
	return e, err
}

// Digest, source, submitter, tx id of an entry; nil when there is none.
type stored struct {
	digest, source, submitter, tx []byte
}

func (c *call) stored(kind uint64, id string) (*stored, error) {
	key := entryKey(kind, id)
	r, err := c.readArray(key, 7, kind)
	if err != nil || r == nil {
		return nil, err
	}
	s := &stored{}
	r.bin(32, 32)
	s.digest = r.bin(32, 32)
	s.source = r.bin(32, 32)
	s.submitter = r.bin(16, 16)
	r.bin(0, payloadMax)
	s.tx = r.bin(32, 32)
	if !r.done() {
		return nil, damaged(key)
	}
	return s, nil
}

func (c *call) checkNew(e *entry) error {
	old, err := c.stored(e.kind, e.idText)
	if err != nil || old == nil {
		return err
	}
	if bytes.Equal(old.digest, e.digest) && bytes.Equal(old.source, e.source) {
		return refuse("EXISTS", "this id was written before, the same")
	}
	return refuse("CONFLICT", "this id was written before, with other content")
}

func (c *call) put(e *entry) error {
	tx, err := hex.DecodeString(c.stub.GetTxID())
	if err != nil || len(tx) != 32 {
		return refuse("MALFORMED", "the transaction id is not 64 hex digits")
	}
	var w writer
	w.array(7)
	w.uint(e.kind)
	w.bin(e.id)
	w.bin(e.digest)
	w.bin(e.source)
	w.bin(c.caller.id)
	w.bin(e.payload)
	w.bin(tx)
	if err := c.stub.PutState(entryKey(e.kind, e.idText), w); err != nil {
		return err
	}
	var said writer
	said.array(3)
	said.bin(e.id)
	said.bin(e.digest)
	said.bin(c.caller.id)
	return c.stub.SetEvent(spaces[e.kind-kindDelivered].event, said)
}

func heldKey(source []byte, place string) string {
	return "held/" + hex.EncodeToString(source) + "/" + place
}

// Version of the record that is held; 0: none.
func (c *call) held(key string) (uint64, error) {
	r, err := c.readArray(key, 4, 6)
	if err != nil || r == nil {
		return 0, err
	}
	r.bin(32, 32)
	version := r.uint(numberMax)
	r.str(stateMax)
	if !r.done() || version == 0 {
		return 0, damaged(key)
	}
	return version, nil
}

func (c *call) putHeld(key string, e *entry, h *head) error {
	var w writer
	w.array(4)
	w.uint(6)
	w.bin(e.id)
	w.uint(h.version)
	w.str(h.state)
	return c.stub.PutState(key, w)
}

func deliver(c *call) ([]byte, error)      { return nil, deliverAs(c, false) }
func deliverState(c *call) ([]byte, error) { return nil, deliverAs(c, true) }

func deliverAs(c *call, change bool) error {
	e, err := entryOf(c, kindDelivered)
	if err != nil {
		return err
	}
	h, source, good := parsePayload(e.payload)
	if !good {
		return refuse("MALFORMED", "the payload is none of docs/wire.md 5")
	}
	if !bytes.Equal(source, e.source) {
		return refuse("SOURCE", "the payload comes from another chain")
	}
	if err := c.checkNetwork(h.network); err != nil {
		return err
	}
	if err := c.checkNew(e); err != nil {
		return err
	}
	key := heldKey(source, h.place())
	held, err := c.held(key)
	if err != nil {
		return err
	}
	if change && held == 0 {
		return refuse("NOTFOUND", "this record was not delivered here")
	}
	if change && h.version <= held {
		return refuse("VERSION", "version %d is held already", held)
	}
	if h.version > held {
		if err := c.putHeld(key, e, &h); err != nil {
			return err
		}
	}
	return c.put(e)
}

func putUsage(c *call) ([]byte, error) {
	e, err := entryOf(c, kindUsage)
	if err != nil {
		return nil, err
	}
	if err := c.checkNew(e); err != nil {
		return nil, err
	}
	return nil, c.put(e)
}

func putAnchor(c *call) ([]byte, error) {
	e, err := entryOf(c, kindAnchor)
	if err != nil {
		return nil, err
	}
	p, good := parseCheckpoint(e.payload)
	if !good {
		return nil, refuse("MALFORMED", "the payload is no checkpoint of "+
			"docs/wire.md 9.3")
	}
	if err := c.checkNetwork(p.network); err != nil {
		return nil, err
	}
	if err := c.checkNew(e); err != nil {
		return nil, err
	}
	key := "anchored/" + c.caller.hex() + "/" + p.gateway
	if err := c.checkGrows(key, &p); err != nil {
		return nil, err
	}
	var w writer
	w.array(4)
	w.uint(11)
	w.uint(p.size)
	w.bin(p.root)
	w.bin(e.id)
	if err := c.stub.PutState(key, w); err != nil {
		return nil, err
	}
	return nil, c.put(e)
}

func (c *call) checkGrows(key string, p *checkpoint) error {
	r, err := c.readArray(key, 4, 11)
	if err != nil || r == nil {
		return err
	}
	size, root := r.uint(numberMax), r.bin(32, 32)
	r.bin(32, 32)
	if !r.done() {
		return damaged(key)
	}
	if p.size < size {
		return refuse("VERSION", "a tree of %d entries was anchored", size)
	}
	if p.size == size && !bytes.Equal(p.root, root) {
		return refuse("CONFLICT", "this size was anchored with another root")
	}
	return nil
}

// The delivery of an id, else its usage record, else its anchor.
func lookup(c *call) ([]byte, error) {
	id, err := c.hexText(0, 32, "id")
	if err != nil {
		return nil, err
	}
	for _, space := range spaces {
		s, err := c.stored(space.kind, id)
		if err != nil {
			return nil, err
		}
		if s != nil {
			return s.answer(space.kind), nil
		}
	}
	return nil, nil
}

func (s *stored) answer(kind uint64) []byte {
	var w writer
	w.array(5)
	w.uint(kind)
	w.bin(s.digest)
	w.bin(s.source)
	w.bin(s.submitter)
	w.bin(s.tx)
	return w
}
