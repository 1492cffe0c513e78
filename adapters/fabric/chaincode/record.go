// SPDX-License-Identifier: Apache-2.0

package main

import "bytes"

func recordKey(place string) string { return "record/" + place }

// Version of the record that stands; 0: none.
func (c *call) standing(place string) (uint64, error) {
	key := recordKey(place)
	r, err := c.readArray(key, 3, 5)
	if err != nil || r == nil {
		return 0, err
	}
	h, good := parseHead(r.bin(1, headMax))
	r.bin(16, 16)
	if !good || !r.done() {
		return 0, damaged(key)
	}
	return h.version, nil
}

func putRecord(c *call) ([]byte, error) {
	h, good := parseHead(c.args[0])
	if !good {
		return nil, refuse("MALFORMED", "no head of docs/wire.md 4")
	}
	if err := c.checkNetwork(h.network); err != nil {
		return nil, err
	}
	if h.org != c.caller.org {
		return nil, refuse("DENIED", "account %s issues for %s, not for %s",
			c.caller.hex(), c.caller.org, h.org)
	}
	old, err := c.standing(h.place())
	if err != nil {
		return nil, err
	}
	if h.version <= old {
		return nil, refuse("VERSION", "version %d stands already", old)
	}
	var w writer
	w.array(3)
	w.uint(5)
	w.bin(c.args[0])
	w.bin(c.caller.id)
	if err := c.stub.PutState(recordKey(h.place()), w); err != nil {
		return nil, err
	}
	var said writer
	said.array(3)
	said.str(h.typ)
	said.str(h.id)
	said.uint(h.version)
	return nil, c.stub.SetEvent("Recorded", said)
}

func lockKey(place string) string { return "lock/" + place }

type lock struct {
	id, account []byte
	version     uint64
}

func (c *call) lock(place string) (*lock, error) {
	key := lockKey(place)
	r, err := c.readArray(key, 6, 10)
	if err != nil || r == nil {
		return nil, err
	}
	l := &lock{id: r.bin(32, 32)}
	r.bin(32, 32)
	l.account = r.bin(16, 16)
	l.version = r.uint(numberMax)
	r.bin(0, payloadMax)
	if !r.done() {
		return nil, damaged(key)
	}
	return l, nil
}

// A lock is void once the record has a newer version: the issuer is never held
// up.
func putLock(c *call) ([]byte, error) {
	id, err := c.hash(0, "lock id")
	if err != nil {
		return nil, err
	}
	digest, payload, err := c.payload(1, 4)
	if err != nil {
		return nil, err
	}
	place, err := c.place(2)
	if err != nil {
		return nil, err
	}
	version, err := c.standing(place)
	if err != nil {
		return nil, err
	}
	if version == 0 {
		return nil, refuse("NOTFOUND", "there is no such record")
	}
	old, err := c.lock(place)
	if err != nil {
		return nil, err
	}
	if old != nil && old.version == version {
		return nil, lockedBy(c, old, id)
	}
	var w writer
	w.array(6)
	w.uint(10)
	w.bin(id)
	w.bin(digest)
	w.bin(c.caller.id)
	w.uint(version)
	w.bin(payload)
	return nil, c.stub.PutState(lockKey(place), w)
}

func lockedBy(c *call, old *lock, id []byte) error {
	if bytes.Equal(old.id, id) && bytes.Equal(old.account, c.caller.id) {
		return refuse("EXISTS", "this lock stands")
	}
	return refuse("LOCKED", "the record is locked by account %x", old.account)
}

func unlock(c *call) ([]byte, error) {
	id, err := c.hash(0, "lock id")
	if err != nil {
		return nil, err
	}
	place, err := c.place(1)
	if err != nil {
		return nil, err
	}
	old, err := c.lock(place)
	if err != nil {
		return nil, err
	}
	if old == nil || !bytes.Equal(old.id, id) {
		return nil, refuse("NOTFOUND", "there is no such lock")
	}
	if !bytes.Equal(old.account, c.caller.id) {
		return nil, refuse("LOCKED", "the record is locked by account %x",
			old.account)
	}
	return nil, c.stub.DelState(lockKey(place))
}
