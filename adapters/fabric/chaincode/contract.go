// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"

	"github.com/golang/protobuf/proto"
	"github.com/hyperledger/fabric-chaincode-go/shim"
	pb "github.com/hyperledger/fabric-protos-go/peer"
)

// Endorsers must write the same bytes: nothing here may look at a clock, draw a
// random number or iterate over a map. A state that was written in a
// transaction cannot be read in it, so every function checks first and writes
// last.
type contract struct{}

// A call under way.
type call struct {
	stub    shim.ChaincodeStubInterface
	args    [][]byte
	network []byte // of setup; empty before
	caller  caller
}

// A refusal with its code (README.md 5). Anything else is an error of the peer.
type refusal struct {
	code, text string
}

func (r *refusal) Error() string { return r.code + ": " + r.text }

func refuse(code, format string, args ...interface{}) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// Who may call a function; roles are those of accounts.
const (
	anybody     = ""
	anyAdmin    = "any admin"
	admin       = "admin"
	roleGateway = "gateway"
	roleIssuer  = "issuer"
)

type function struct {
	args int
	who  string
	run  func(*call) ([]byte, error)
}

var functions = map[string]function{
	"Setup":         {1, anyAdmin, setup},
	"PutAccount":    {4, admin, putAccount},
	"RemoveAccount": {1, admin, removeAccount},
	"Deliver":       {4, roleGateway, deliver},
	"State":         {4, roleGateway, deliverState},
	"Usage":         {4, roleGateway, putUsage},
	"Anchor":        {4, roleGateway, putAnchor},
	"PutRecord":     {1, roleIssuer, putRecord},
	"Grant":         {4, roleGateway, putGrant},
	"RevokeGrant":   {1, roleGateway, revokeGrant},
	"Reserve":       {2, roleGateway, reserve},
	"Confirm":       {1, roleGateway, confirm},
	"Release":       {1, roleGateway, release},
	"Lock":          {5, roleGateway, putLock},
	"Unlock":        {3, roleGateway, unlock},
	"Lookup":        {1, anybody, lookup},
	"Get":           {1, anybody, get},
	"Account":       {0, anybody, whoAmI},
}

func (contract) Init(shim.ChaincodeStubInterface) pb.Response {
	return shim.Success(nil)
}

func (contract) Invoke(stub shim.ChaincodeStubInterface) pb.Response {
	answer, err := invoke(stub)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(answer)
}

func invoke(stub shim.ChaincodeStubInterface) ([]byte, error) {
	args := stub.GetArgs()
	if len(args) == 0 {
		return nil, refuse("MALFORMED", "no function is named")
	}
	f, ok := functions[string(args[0])]
	if !ok {
		return nil, refuse("MALFORMED", "there is no such function")
	}
	if len(args) != 1+f.args {
		return nil, refuse("MALFORMED", "%s takes %d arguments", args[0], f.args)
	}
	c := &call{stub: stub, args: args[1:]}
	if err := c.begin(f.who); err != nil {
		return nil, err
	}
	return f.run(c)
}

func (c *call) begin(who string) (err error) {
	if c.caller, err = callerOf(c.stub); err != nil {
		return err
	}
	if who == anybody {
		return nil
	}
	if err = c.checkDirect(); err != nil {
		return err
	}
	if who == anyAdmin {
		return c.caller.checkAdmin(c.caller.msp)
	}
	s, err := c.setup()
	if err != nil {
		return err
	}
	c.network = s.network
	if who == admin {
		return c.caller.checkAdmin(s.msp)
	}
	return c.caller.checkRole(c.stub, who)
}

// When another chaincode calls this one, the creator is whoever signed the call
// of that other: its account must not write what it did not sign.
func (c *call) checkDirect() error {
	var proposal pb.Proposal
	var payload pb.ChaincodeProposalPayload
	var signed pb.ChaincodeInvocationSpec
	s, err := c.stub.GetSignedProposal()
	if err != nil {
		return err
	}
	if proto.Unmarshal(s.GetProposalBytes(), &proposal) != nil ||
		proto.Unmarshal(proposal.Payload, &payload) != nil ||
		proto.Unmarshal(payload.Input, &signed) != nil {
		return refuse("MALFORMED", "the signed proposal cannot be read")
	}
	args := signed.GetChaincodeSpec().GetInput().GetArgs()
	same := len(args) == 1+len(c.args)
	for i, arg := range c.stub.GetArgs() {
		same = same && bytes.Equal(args[i], arg)
	}
	if !same {
		return refuse("DENIED", "the caller signed another call than this")
	}
	return nil
}

func whoAmI(c *call) ([]byte, error) {
	return []byte(c.caller.hex()), nil
}

// The shim panics, which ends the process, on a key that is not UTF-8.
func get(c *call) ([]byte, error) {
	key, err := c.name(0, keyMax, "key")
	if err != nil {
		return nil, err
	}
	return c.read(key)
}

// Nil when there is no such key.
func (c *call) read(key string) ([]byte, error) {
	return c.stub.GetState(key)
}

// The entries of this contract are its own writing: one that cannot be read is
// an error, never "absent".
func (c *call) readArray(key string, n int, kind uint64) (*reader, error) {
	value, err := c.read(key)
	if err != nil || value == nil {
		return nil, err
	}
	r := &reader{b: value}
	r.arrayOf(n)
	if r.uint(1<<63) != kind || r.bad {
		return nil, fmt.Errorf("the value of %s is damaged", key)
	}
	return r, nil
}

func damaged(key string) error {
	return fmt.Errorf("the value of %s is damaged", key)
}
