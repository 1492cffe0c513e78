// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/hyperledger/fabric-chaincode-go/pkg/cid"
	"github.com/hyperledger/fabric-chaincode-go/shim"
)

const (
	accountTag = "qiao/fabric/account/1"
	payloadTag = "qiao/payload/1"
	mspMax     = 128
	orgMax     = 96
)

func tagged(tag string, b []byte) []byte {
	h := sha256.New()
	h.Write([]byte(tag))
	h.Write([]byte{0})
	h.Write(b)
	return h.Sum(nil)
}

// The identity that signed the transaction; the peer has verified it.
type caller struct {
	id      []byte // account id, 16 bytes
	msp     string
	isAdmin bool   // has organisational unit admin
	org     string // of its account
}

func callerOf(stub shim.ChaincodeStubInterface) (caller, error) {
	id, err := cid.New(stub)
	if err != nil {
		return caller{}, err
	}
	msp, err := id.GetMSPID()
	if err != nil {
		return caller{}, err
	}
	cert, err := id.GetX509Certificate()
	if err != nil {
		return caller{}, err
	}
	if cert == nil {
		return caller{}, refuse("DENIED", "the caller has no X.509 certificate")
	}
	c := caller{id: accountOf(msp, cert.RawSubjectPublicKeyInfo), msp: msp}
	for _, ou := range cert.Subject.OrganizationalUnit {
		c.isAdmin = c.isAdmin || ou == "admin"
	}
	return c, nil
}

func accountOf(msp string, spki []byte) []byte {
	var w writer
	w.array(2)
	w.str(msp)
	w.bin(spki)
	return tagged(accountTag, w)[:16]
}

func (c *caller) hex() string { return hex.EncodeToString(c.id) }

func (c *caller) checkAdmin(msp string) error {
	if c.msp != msp || !c.isAdmin {
		return refuse("DENIED", "only an admin of %s may do that", msp)
	}
	return nil
}

func accountKey(id string) string { return "account/" + id }

func (c *caller) checkRole(stub shim.ChaincodeStubInterface, role string) error {
	key := accountKey(c.hex())
	value, err := stub.GetState(key)
	if err != nil {
		return err
	}
	if value == nil {
		return refuse("DENIED", "account %s is not registered", c.hex())
	}
	r := &reader{b: value}
	r.arrayOf(4)
	kind, msp, has := r.uint(7), r.str(mspMax), r.str(orgMax)
	c.org = r.str(orgMax)
	if !r.done() || kind != 7 || msp != c.msp {
		return damaged(key)
	}
	if has != role {
		return refuse("DENIED", "account %s is registered as %s, not as %s",
			c.hex(), has, role)
	}
	return nil
}

const setupKey = "setup"

type setupValue struct {
	network []byte
	msp     string
}

func (c *call) setup() (setupValue, error) {
	r, err := c.readArray(setupKey, 3, 1)
	if err != nil {
		return setupValue{}, err
	}
	if r == nil {
		return setupValue{}, refuse("SETUP", "an admin must call Setup first")
	}
	s := setupValue{r.bin(32, 32), r.str(mspMax)}
	if !r.done() {
		return setupValue{}, damaged(setupKey)
	}
	return s, nil
}

func setup(c *call) ([]byte, error) {
	network, err := c.hash(0, "network id")
	if err != nil {
		return nil, err
	}
	old, err := c.read(setupKey)
	if err != nil {
		return nil, err
	}
	if old != nil {
		return nil, refuse("SETUP", "it was set up before")
	}
	var w writer
	w.array(3)
	w.uint(1)
	w.bin(network)
	w.str(c.caller.msp)
	return nil, c.stub.PutState(setupKey, w)
}

func putAccount(c *call) ([]byte, error) {
	id, err := c.hexText(0, 16, "account id")
	if err != nil {
		return nil, err
	}
	msp, err := c.name(1, mspMax, "MSP id")
	if err != nil {
		return nil, err
	}
	role := string(c.args[2])
	if role != roleGateway && role != roleIssuer {
		return nil, refuse("MALFORMED", "a role is gateway or issuer")
	}
	org, err := c.name(3, orgMax, "organisation")
	if err != nil {
		return nil, err
	}
	var w writer
	w.array(4)
	w.uint(7)
	w.str(msp)
	w.str(role)
	w.str(org)
	return nil, c.stub.PutState(accountKey(id), w)
}

func removeAccount(c *call) ([]byte, error) {
	id, err := c.hexText(0, 16, "account id")
	if err != nil {
		return nil, err
	}
	value, err := c.read(accountKey(id))
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, refuse("NOTFOUND", "no account %s", id)
	}
	return nil, c.stub.DelState(accountKey(id))
}
