// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/hex"
)

func grantKey(id string) string       { return "grant/" + id }
func reservationKey(id string) string { return "reservation/" + id }

const (
	reserved = 1
	used     = 2
	released = 3
)

type grant struct {
	digest, account []byte
	uses, taken     uint64
	revoked         bool
	payload         []byte
}

// Nil when there is none.
func (c *call) grant(id string) (*grant, error) {
	r, err := c.readArray(grantKey(id), 7, 8)
	if err != nil || r == nil {
		return nil, err
	}
	g := &grant{digest: r.bin(32, 32), account: r.bin(16, 16)}
	g.uses, g.taken = r.uint(1<<31), r.uint(1<<31)
	g.revoked = r.bool()
	g.payload = r.bin(0, payloadMax)
	if !r.done() || g.taken > g.uses {
		return nil, damaged(grantKey(id))
	}
	return g, nil
}

func (c *call) putGrant(id string, g *grant) error {
	var w writer
	w.array(7)
	w.uint(8)
	w.bin(g.digest)
	w.bin(g.account)
	w.uint(g.uses)
	w.uint(g.taken)
	w.bool(g.revoked)
	w.bin(g.payload)
	return c.stub.PutState(grantKey(id), w)
}

func putGrant(c *call) ([]byte, error) {
	if _, err := c.hash(0, "grant id"); err != nil {
		return nil, err
	}
	id := string(c.args[0])
	g := &grant{account: c.caller.id}
	var err error
	if g.digest, g.payload, err = c.payload(1, 3); err != nil {
		return nil, err
	}
	if g.uses, err = c.count(2, "uses"); err != nil {
		return nil, err
	}
	old, err := c.grant(id)
	if err != nil {
		return nil, err
	}
	if old != nil && bytes.Equal(old.digest, g.digest) && old.uses == g.uses {
		return nil, refuse("EXISTS", "this grant was put before")
	}
	if old != nil {
		return nil, refuse("CONFLICT", "this id is another grant's")
	}
	return nil, c.putGrant(id, g)
}

func (c *call) needGrant(arg int) (string, *grant, error) {
	id, err := c.hexText(arg, 32, "grant id")
	if err != nil {
		return "", nil, err
	}
	g, err := c.grant(id)
	if err == nil && g == nil {
		err = refuse("NOTFOUND", "there is no such grant")
	}
	return id, g, err
}

func revokeGrant(c *call) ([]byte, error) {
	id, g, err := c.needGrant(0)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(g.account, c.caller.id) {
		return nil, refuse("DENIED", "another account put this grant")
	}
	if g.revoked {
		return nil, refuse("EXISTS", "it is revoked already")
	}
	g.revoked = true
	return nil, c.putGrant(id, g)
}

type reservation struct {
	grant, account []byte
	state          uint64
}

func (c *call) reservation(id string) (*reservation, error) {
	r, err := c.readArray(reservationKey(id), 4, 9)
	if err != nil || r == nil {
		return nil, err
	}
	v := &reservation{r.bin(32, 32), r.bin(16, 16), r.uint(released)}
	if !r.done() || v.state == 0 {
		return nil, damaged(reservationKey(id))
	}
	return v, nil
}

func (c *call) putReservation(id string, v *reservation) error {
	var w writer
	w.array(4)
	w.uint(9)
	w.bin(v.grant)
	w.bin(v.account)
	w.uint(v.state)
	return c.stub.PutState(reservationKey(id), w)
}

func reserve(c *call) ([]byte, error) {
	grantID, g, err := c.needGrant(0)
	if err != nil {
		return nil, err
	}
	if _, err = c.hash(1, "reservation id"); err != nil {
		return nil, err
	}
	id := string(c.args[1])
	old, err := c.reservation(id)
	if err != nil {
		return nil, err
	}
	if old != nil {
		return nil, reservedBefore(c, old, grantID)
	}
	if g.revoked {
		return nil, refuse("ENDED", "the grant is revoked")
	}
	if g.taken == g.uses {
		return nil, refuse("ENDED", "the grant is used up")
	}
	g.taken++
	raw, err := hex.DecodeString(grantID)
	if err != nil {
		return nil, err
	}
	if err := c.putGrant(grantID, g); err != nil {
		return nil, err
	}
	return nil, c.putReservation(id, &reservation{raw, c.caller.id, reserved})
}

func reservedBefore(c *call, old *reservation, grantID string) error {
	if hex.EncodeToString(old.grant) == grantID &&
		bytes.Equal(old.account, c.caller.id) {
		return refuse("EXISTS", "this reservation was made before")
	}
	return refuse("CONFLICT", "this id is another reservation's")
}

func (c *call) endReservation(state uint64) (*reservation, error) {
	id, err := c.hexText(0, 32, "reservation id")
	if err != nil {
		return nil, err
	}
	v, err := c.reservation(id)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, refuse("NOTFOUND", "there is no such reservation")
	}
	if !bytes.Equal(v.account, c.caller.id) {
		return nil, refuse("DENIED", "another account made this reservation")
	}
	if v.state == state {
		return nil, refuse("EXISTS", "it ended so before")
	}
	if v.state != reserved {
		return nil, refuse("ENDED", "it ended otherwise")
	}
	v.state = state
	return v, c.putReservation(id, v)
}

func confirm(c *call) ([]byte, error) {
	_, err := c.endReservation(used)
	return nil, err
}

func release(c *call) ([]byte, error) {
	v, err := c.endReservation(released)
	if err != nil {
		return nil, err
	}
	id := hex.EncodeToString(v.grant)
	g, err := c.grant(id)
	if err != nil {
		return nil, err
	}
	if g == nil || g.taken == 0 {
		return nil, damaged(grantKey(id))
	}
	g.taken--
	return nil, c.putGrant(id, g)
}
