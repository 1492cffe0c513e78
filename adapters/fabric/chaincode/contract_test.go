// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"go/ast"
	"go/parser"
	"go/token"
	"math/big"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/golang/protobuf/proto"
	"github.com/hyperledger/fabric-chaincode-go/shim"
	"github.com/hyperledger/fabric-chaincode-go/shimtest"
	"github.com/hyperledger/fabric-protos-go/msp"
	pb "github.com/hyperledger/fabric-protos-go/peer"
)

// An identity: what a peer gives as creator, and its account id.
type person struct {
	creator []byte
	spki    []byte
	id      string
}

func newPerson(t *testing.T, mspID, ou string) person {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return personOf(t, key, mspID, ou, 1)
}

func personOf(t *testing.T, key *ecdsa.PrivateKey, mspID, ou string,
	serial int64) person {
	t.Helper()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject: pkix.Name{CommonName: "x",
			OrganizationalUnit: []string{ou}},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: mspID,
		IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE",
			Bytes: der})})
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return person{creator, spki, hex.EncodeToString(accountOf(mspID, spki))}
}

// A channel with its people.
type channel struct {
	t                             *testing.T
	stub                          *shimtest.MockStub
	n                             int
	admin, gateway, other, issuer person
	network, source               []byte
	event                         string
	eventPayload                  []byte
}

func fill(n int) []byte  { return bytes.Repeat([]byte{byte(n)}, 32) }
func hx(b []byte) string { return hex.EncodeToString(b) }

func newChannel(t *testing.T) *channel {
	c := &channel{t: t, stub: shimtest.NewMockStub("qiao", contract{}),
		network: fill(0x11), source: fill(0x22)}
	c.admin = newPerson(t, "CityMSP", "admin")
	c.gateway = newPerson(t, "CityMSP", "client")
	c.other = newPerson(t, "CourtMSP", "client")
	c.issuer = newPerson(t, "CityMSP", "client")
	c.must(c.admin, "Setup", hx(c.network))
	c.must(c.admin, "PutAccount", c.gateway.id, "CityMSP", "gateway", "city.bureau")
	c.must(c.admin, "PutAccount", c.other.id, "CourtMSP", "gateway", "court")
	c.must(c.admin, "PutAccount", c.issuer.id, "CityMSP", "issuer", "city.market")
	return c
}

func (c *channel) tx() string {
	return hx(tagged("test tx", []byte{byte(c.n >> 8), byte(c.n)}))
}

// A peer is stricter than the mock. Of two transactions in one block that write
// a key, the second is invalid only if it read the key, so all must.
type strict struct {
	shim.ChaincodeStubInterface
	t             *testing.T
	args          [][]byte
	signed        *pb.SignedProposal
	read, written map[string]bool
	events        int
}

func (s *strict) GetArgs() [][]byte { return s.args }

func (s *strict) GetSignedProposal() (*pb.SignedProposal, error) {
	return s.signed, nil
}

func (s *strict) GetState(key string) ([]byte, error) {
	if s.written[key] || !utf8.ValidString(key) {
		s.t.Errorf("%s: no peer can read %q", s.args[0], key)
	}
	s.read[key] = true
	return s.ChaincodeStubInterface.GetState(key)
}

func (s *strict) write(key string) {
	if !s.read[key] && string(s.args[0]) != "PutAccount" {
		s.t.Errorf("%s: %q was not read before", s.args[0], key)
	}
	if len(key) > keyMax || !utf8.ValidString(key) {
		s.t.Errorf("%s: a key of %d bytes", s.args[0], len(key))
	}
	s.written[key] = true
}

func (s *strict) PutState(key string, value []byte) error {
	s.write(key)
	return s.ChaincodeStubInterface.PutState(key, value)
}

func (s *strict) DelState(key string) error {
	s.write(key)
	return s.ChaincodeStubInterface.DelState(key)
}

func (s *strict) SetEvent(name string, payload []byte) error {
	if s.events++; s.events > 1 {
		s.t.Errorf("%s: only the last event of a transaction counts", s.args[0])
	}
	return s.ChaincodeStubInterface.SetEvent(name, payload)
}

func bytesOf(f string, args []string) [][]byte {
	all := [][]byte{[]byte(f)}
	for _, a := range args {
		all = append(all, []byte(a))
	}
	return all
}

func packed(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func signedCall(t *testing.T, chaincode string, args [][]byte) *pb.SignedProposal {
	spec := &pb.ChaincodeSpec{ChaincodeId: &pb.ChaincodeID{Name: chaincode},
		Input: &pb.ChaincodeInput{Args: args}}
	input := packed(t, &pb.ChaincodeInvocationSpec{ChaincodeSpec: spec})
	payload := packed(t, &pb.ChaincodeProposalPayload{Input: input})
	return &pb.SignedProposal{ProposalBytes: packed(t,
		&pb.Proposal{Payload: payload})}
}

func (c *channel) call(who person, f string, args ...string) ([]byte, string) {
	c.t.Helper()
	all := bytesOf(f, args)
	return c.callSigned(signedCall(c.t, "qiao", all), who, all)
}

// The answer, or the code of the refusal. A refusal must have written nothing.
func (c *channel) callSigned(signed *pb.SignedProposal, who person,
	all [][]byte) ([]byte, string) {
	c.t.Helper()
	f := string(all[0])
	before := map[string][]byte{}
	for k, v := range c.stub.State {
		before[k] = v
	}
	c.n++
	c.stub.Creator = who.creator
	c.stub.MockTransactionStart(c.tx())
	r := contract{}.Invoke(&strict{ChaincodeStubInterface: c.stub, t: c.t,
		args: all, signed: signed, read: map[string]bool{},
		written: map[string]bool{}})
	c.stub.MockTransactionEnd(c.tx())
	c.event = ""
	select {
	case e := <-c.stub.ChaincodeEventsChannel:
		c.event, c.eventPayload = e.EventName, e.Payload
	default:
	}
	if r.Status == 200 {
		return r.Payload, ""
	}
	if !reflect.DeepEqual(before, c.stub.State) || c.event != "" {
		c.t.Fatalf("%s was refused (%s) and wrote all the same", f, r.Message)
	}
	i := strings.Index(r.Message, ": ")
	if i < 0 || r.Message[:i] != strings.ToUpper(r.Message[:i]) {
		c.t.Fatalf("%s: not a refusal with a code: %s", f, r.Message)
	}
	return nil, r.Message[:i]
}

func (c *channel) must(who person, f string, args ...string) []byte {
	c.t.Helper()
	got, code := c.call(who, f, args...)
	if code != "" {
		c.t.Fatalf("%s was refused: %s", f, code)
	}
	return got
}

func (c *channel) refused(want string, who person, f string, args ...string) {
	c.t.Helper()
	if _, code := c.call(who, f, args...); code != want {
		c.t.Fatalf("%s: got %q, want %q", f, code, want)
	}
}

type headOf struct {
	network []byte
	id, org string
	state   string
	version uint64
}

func (h headOf) bytes() []byte {
	var w writer
	w.array(17)
	w.uint(1)
	w.bin(h.network)
	w.str("licence.business")
	w.uint(1)
	w.str(h.id)
	w.str(h.org)
	w.str(h.state)
	w.uint(h.version)
	w = append(w, 0xc0, 0xc0, 0xc0, 0xc0)
	w.uint(0)
	w.uint(1)
	w.uint(0)
	w.bin(fill(7))
	w.array(0)
	return w
}

func (c *channel) payload(version uint64, state string) string {
	h := headOf{c.network, "LIC-1", "city.market", state, version}
	var w writer
	w.array(7)
	w.uint(1)
	w.bin(h.bytes())
	w.array(0)
	w.uint(4)
	w.uint(3)
	w.uint(1)
	w.array(4)
	w.bin(c.source)
	w.uint(9)
	w.bin(nil)
	w.uint(0)
	return string(w)
}

func digest(payload string) string { return hx(tagged(payloadTag, []byte(payload))) }

// The arguments of Deliver and its like.
func (c *channel) under(id int, payload string) []string {
	return []string{hx(fill(id)), digest(payload), hx(c.source), payload}
}

func TestADeliveryIsStoredOnceAndFoundAgain(t *testing.T) {
	c := newChannel(t)
	args := c.under(1, c.payload(1, "valid"))
	if got := c.must(c.gateway, "Lookup", args[0]); got != nil {
		t.Fatal("found before it was written")
	}
	c.must(c.gateway, "Deliver", args...)
	tx := c.tx()
	if c.event != "Delivered" {
		t.Fatal("no event")
	}
	var event writer
	event.array(3)
	event.bin(fill(1))
	digestRaw, _ := hex.DecodeString(args[1])
	event.bin(digestRaw)
	submitter, _ := hex.DecodeString(c.gateway.id)
	event.bin(submitter)
	if !bytes.Equal(event, c.eventPayload) {
		t.Fatal("another event payload")
	}
	txRaw, _ := hex.DecodeString(tx)
	want := "97" + "02" + "c420" + args[0] + "c420" + args[1] + "c420" + args[2] +
		"c410" + c.gateway.id + "c4" + hx([]byte{byte(len(args[3]))}) +
		hx([]byte(args[3])) + "c420" + tx
	if len(args[3]) > 255 || hx(c.stub.State["entry/"+args[0]]) != want {
		t.Fatal("the stored value is not that of README.md 3")
	}
	var found writer
	found.array(5)
	found.uint(2)
	found.bin(digestRaw)
	found.bin(c.source)
	found.bin(submitter)
	found.bin(txRaw)
	if got := c.must(c.other, "Lookup", args[0]); !bytes.Equal(got, found) {
		t.Fatal("Lookup says something else")
	}

	c.refused("EXISTS", c.gateway, "Deliver", args...)
	c.refused("EXISTS", c.other, "Deliver", args...)
	c.refused("CONFLICT", c.gateway, "Deliver", c.under(1, c.payload(2, "valid"))...)
}

// Another account knows a transfer id and writes something else under it.
func TestNothingUnderATransferIDHidesItsDelivery(t *testing.T) {
	c := newChannel(t)
	kind := func() byte { return c.must(c.gateway, "Lookup", hx(fill(1)))[1] }
	anchor := c.under(1, c.checkpoint(c.network, 10, 1))
	c.must(c.other, "Anchor", anchor...)
	if kind() != kindAnchor {
		t.Fatal("the anchor is not found")
	}
	c.must(c.other, "Usage", c.under(1, "usage")...)
	c.refused("EXISTS", c.gateway, "Usage", c.under(1, "usage")...)
	c.refused("CONFLICT", c.gateway, "Usage", c.under(1, "other")...)
	c.refused("EXISTS", c.other, "Anchor", anchor...)
	if kind() != kindUsage {
		t.Fatal("the usage record is not found")
	}
	c.must(c.gateway, "Deliver", c.under(1, c.payload(1, "valid"))...)
	if kind() != kindDelivered {
		t.Fatal("the delivery is hidden")
	}
	for _, key := range []string{"entry/", "usage/", "anchor/"} {
		if c.must(c.other, "Get", key+hx(fill(1))) == nil {
			t.Errorf("%s is empty", key)
		}
	}
}

// A chaincode that somebody calls may call this one in his name.
func TestNobodyWritesWhatHeDidNotSign(t *testing.T) {
	c := newChannel(t)
	deliver := bytesOf("Deliver", c.under(1, c.payload(1, "valid")))
	put := bytesOf("PutAccount", []string{c.other.id, "CourtMSP", "gateway", "x"})
	for _, signed := range [][][]byte{
		nil,
		bytesOf("Deliver", nil),
		bytesOf("Deliver", c.under(2, c.payload(1, "valid"))),
		bytesOf("Play", []string{"a", "b", "c", "d"}),
		append(append([][]byte{}, deliver...), []byte("more")),
	} {
		s := signedCall(t, "game", signed)
		if _, code := c.callSigned(s, c.gateway, deliver); code != "DENIED" {
			t.Errorf("a gateway's call for another chaincode: %q", code)
		}
		if _, code := c.callSigned(s, c.admin, put); code != "DENIED" {
			t.Errorf("an admin's call for another chaincode: %q", code)
		}
		get := bytesOf("Get", []string{"setup"})
		if _, code := c.callSigned(s, c.admin, get); code != "" {
			t.Errorf("other chaincodes may read: %q", code)
		}
	}
	for _, s := range []*pb.SignedProposal{nil, {}, {ProposalBytes: []byte{0xff}}} {
		if _, code := c.callSigned(s, c.gateway, deliver); code == "" {
			t.Error("taken without a readable proposal")
		}
	}
	c.must(c.gateway, "Deliver", c.under(1, c.payload(1, "valid"))...)
}

func TestHowItIsStarted(t *testing.T) {
	dir := t.TempDir()
	pem := dir + "/empty.pem"
	if err := os.WriteFile(pem, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		says string
		env  map[string]string
	}{
		{"CHAINCODE_ID is not set", map[string]string{}},
		{"CHAINCODE_TLS_KEY is not set", map[string]string{"CHAINCODE_ID": "q:1"}},
		{"not true or false", map[string]string{"CHAINCODE_ID": "q:1",
			"CHAINCODE_TLS_DISABLED": "yes"}},
		{"CHAINCODE_TLS_CERT is not set", map[string]string{"CHAINCODE_ID": "q:1",
			"CHAINCODE_TLS_DISABLED": "false", "CHAINCODE_TLS_KEY": pem}},
		{"CHAINCODE_CLIENT_CA_CERT: open", map[string]string{"CHAINCODE_ID": "q:1",
			"CHAINCODE_TLS_KEY": pem, "CHAINCODE_TLS_CERT": pem,
			"CHAINCODE_CLIENT_CA_CERT": dir + "/none"}},
		{"key pair", map[string]string{"CHAINCODE_ID": "q:1",
			"CHAINCODE_TLS_KEY": pem, "CHAINCODE_TLS_CERT": pem}},
		{"listen", map[string]string{"CHAINCODE_ID": "q:1",
			"CHAINCODE_TLS_DISABLED": "true"}},
	} {
		v.env["CHAINCODE_SERVER_ADDRESS"] = "127.0.0.1:none"
		err := run(func(name string) string { return v.env[name] })
		if err == nil || !strings.Contains(err.Error(), v.says) {
			t.Errorf("%q, not %q", err, v.says)
		}
	}
}

func TestADeliveryIsCheckedBeforeItIsWritten(t *testing.T) {
	c := newChannel(t)
	good := c.under(1, c.payload(1, "valid"))
	elsewhere := newChannel(t)
	elsewhere.source = fill(0x33)
	foreign := newChannel(t)
	foreign.network = fill(0x44)
	p := c.payload(1, "valid")
	with := func(arg int, v string) []string {
		a := append([]string{}, good...)
		a[arg] = v
		return a
	}
	for _, v := range []struct {
		what, code string
		args       []string
	}{
		{"id too short", "MALFORMED", with(0, hx(fill(1))[2:])},
		{"id in upper case", "MALFORMED", with(0, strings.ToUpper(hx(fill(0xab))))},
		{"id of zeros", "MALFORMED", with(0, hx(fill(0)))},
		{"digest of something else", "DIGEST", with(1, hx(fill(9)))},
		{"digest of zeros", "MALFORMED", with(1, hx(fill(0)))},
		{"source of zeros", "MALFORMED", with(2, hx(fill(0)))},
		{"source is another's", "SOURCE", with(2, hx(fill(8)))},
		{"payload changed", "DIGEST", with(3, p[:len(p)-1]+"\x01")},
		{"payload with more behind", "MALFORMED", c.under(1, p+"\x00")},
		{"payload empty", "MALFORMED", c.under(1, "")},
		{"payload too long", "MALFORMED", c.under(1, strings.Repeat("x", payloadMax+1))},
		{"payload from elsewhere", "SOURCE", c.under(1, elsewhere.payload(1, "valid"))},
		{"payload of another network", "NETWORK", c.under(1, foreign.payload(1, "valid"))},
		{"version 0", "MALFORMED", c.under(1, c.payload(0, "valid"))},
		{"an argument less", "MALFORMED", good[:3]},
		{"an argument more", "MALFORMED", append(with(0, good[0]), "")},
	} {
		if _, code := c.call(c.gateway, "Deliver", v.args...); code != v.code {
			t.Errorf("%s: got %q, want %q", v.what, code, v.code)
		}
	}
	c.must(c.gateway, "Deliver", good...)
}

func TestOnlyRegisteredAccountsWrite(t *testing.T) {
	c := newChannel(t)
	args := c.under(1, c.payload(1, "valid"))
	stranger := newPerson(t, "CityMSP", "client")
	c.refused("DENIED", stranger, "Deliver", args...)
	c.refused("DENIED", c.issuer, "Deliver", args...)
	c.refused("DENIED", c.admin, "Deliver", args...)
	c.refused("DENIED", c.gateway, "PutAccount", stranger.id, "CityMSP", "gateway", "x")
	c.refused("DENIED", newPerson(t, "CourtMSP", "admin"), "PutAccount",
		stranger.id, "CityMSP", "gateway", "x")
	c.must(c.admin, "RemoveAccount", c.gateway.id)
	c.refused("DENIED", c.gateway, "Deliver", args...)
	c.refused("NOTFOUND", c.admin, "RemoveAccount", c.gateway.id)
	c.refused("MALFORMED", c.admin, "PutAccount", c.gateway.id, "CityMSP", "root", "x")
	c.refused("MALFORMED", c.admin, "PutAccount", "00", "CityMSP", "gateway", "x")
	c.refused("MALFORMED", c.admin, "PutAccount", c.gateway.id, "", "gateway", "x")
	c.refused("MALFORMED", c.admin, "PutAccount", c.gateway.id, "CityMSP", "gateway", "a\x00b")
	c.refused("MALFORMED", c.gateway, "NoSuchFunction")
	for _, key := range []string{"", "\x00a\x00", "account/\xff",
		strings.Repeat("x", keyMax+1)} {
		c.refused("MALFORMED", c.gateway, "Get", key)
	}
}

func TestTheAccountIsTheKeyUnderItsMSP(t *testing.T) {
	c := newChannel(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	first := personOf(t, key, "CityMSP", "client", 1)
	renewed := personOf(t, key, "CityMSP", "client", 2)
	elsewhere := personOf(t, key, "CourtMSP", "client", 1)
	if bytes.Equal(first.creator, renewed.creator) || first.id != renewed.id ||
		first.id == elsewhere.id {
		t.Fatal("the account is not (MSP, key)")
	}
	if got := c.must(renewed, "Account"); string(got) != first.id {
		t.Fatal("Account says something else")
	}
	// by hand, so that no change of the writer goes unseen
	raw := append([]byte("qiao/fabric/account/1\x00\x92\xa7CityMSP\xc4"),
		byte(len(first.spki)))
	if hx(hashOf(append(raw, first.spki...)))[:32] != first.id {
		t.Fatal("the account id is not that of README.md 1")
	}
}

func TestSetupIsDoneOnceByAnAdmin(t *testing.T) {
	c := newChannel(t)
	c.refused("SETUP", c.admin, "Setup", hx(c.network))
	c.stub = shimtest.NewMockStub("qiao", contract{})
	c.refused("SETUP", c.gateway, "Deliver", c.under(1, c.payload(1, "valid"))...)
	c.refused("SETUP", c.admin, "PutAccount", c.gateway.id, "CityMSP", "gateway", "x")
	c.refused("DENIED", c.gateway, "Setup", hx(c.network))
	c.refused("MALFORMED", c.admin, "Setup", hx(fill(0)))
	c.must(c.admin, "Setup", hx(c.network))
	if got := c.must(c.other, "Get", "setup"); hx(got) !=
		"9301c420"+hx(c.network)+"a7"+hx([]byte("CityMSP")) {
		t.Fatal("setup is stored otherwise")
	}
}

func TestStatesOfADeliveredRecordOnlyGoUp(t *testing.T) {
	c := newChannel(t)
	key := "held/" + hx(c.source) + "/licence.business/LIC-1"
	held := func(id int, version byte, state string) string {
		return "9406c420" + hx(fill(id)) + hx([]byte{version, byte(0xa0 + len(state))}) +
			hx([]byte(state))
	}
	c.refused("NOTFOUND", c.gateway, "State", c.under(1, c.payload(1, "valid"))...)
	c.must(c.gateway, "Deliver", c.under(1, c.payload(2, "valid"))...)
	c.refused("VERSION", c.gateway, "State", c.under(2, c.payload(2, "revoked"))...)
	c.refused("VERSION", c.gateway, "State", c.under(2, c.payload(1, "revoked"))...)
	// another organisation gets the same version; an older one arrives late
	c.must(c.gateway, "Deliver", c.under(3, c.payload(2, "valid"))...)
	c.must(c.gateway, "Deliver", c.under(4, c.payload(1, "valid"))...)
	if hx(c.stub.State[key]) != held(1, 2, "valid") {
		t.Fatal("what is held went down or sideways")
	}
	c.must(c.gateway, "State", c.under(5, c.payload(3, "revoked"))...)
	c.must(c.other, "Deliver", c.under(6, c.payload(4, "valid"))...)
	if hx(c.stub.State[key]) != held(6, 4, "valid") {
		t.Fatal("what is held is not the newest")
	}
}

func TestRecordsHaveTheirIssuerAndRisingVersions(t *testing.T) {
	c := newChannel(t)
	h := headOf{c.network, "LIC/9 号", "city.market", "valid", 1}
	c.refused("DENIED", c.gateway, "PutRecord", string(h.bytes()))
	c.must(c.issuer, "PutRecord", string(h.bytes()))
	if c.event != "Recorded" {
		t.Fatal("no event")
	}
	got := c.must(c.other, "Get", "record/licence.business/LIC/9 号")
	r := &reader{b: got}
	r.arrayOf(3)
	if r.uint(9) != 5 || !bytes.Equal(r.bin(0, headMax), h.bytes()) ||
		hx(r.bin(16, 16)) != c.issuer.id || !r.done() {
		t.Fatal("stored otherwise")
	}
	c.refused("VERSION", c.issuer, "PutRecord", string(h.bytes()))
	h.version = 3
	c.must(c.issuer, "PutRecord", string(h.bytes()))
	h.version = 2
	c.refused("VERSION", c.issuer, "PutRecord", string(h.bytes()))
	h.version = 4
	other := h
	other.org = "court"
	c.refused("DENIED", c.issuer, "PutRecord", string(other.bytes()))
	other = h
	other.network = fill(0x55)
	c.refused("NETWORK", c.issuer, "PutRecord", string(other.bytes()))
	c.refused("MALFORMED", c.issuer, "PutRecord", string(append(h.bytes(), 0)))
	c.must(c.issuer, "PutRecord", string(h.bytes()))
}

func TestALockHoldsGatewaysBackAndNeverTheIssuer(t *testing.T) {
	c := newChannel(t)
	h := headOf{c.network, "F-1", "city.market", "claimed", 1}
	lock := func(id int) []string {
		return []string{hx(fill(id)), digest("p"), "licence.business", "F-1", "p"}
	}
	un := func(id int) []string { return []string{hx(fill(id)), "licence.business", "F-1"} }
	c.refused("NOTFOUND", c.gateway, "Lock", lock(1)...)
	c.must(c.issuer, "PutRecord", string(h.bytes()))
	c.must(c.gateway, "Lock", lock(1)...)
	c.refused("EXISTS", c.gateway, "Lock", lock(1)...)
	c.refused("LOCKED", c.other, "Lock", lock(1)...)
	c.refused("LOCKED", c.other, "Lock", lock(2)...)
	c.refused("LOCKED", c.gateway, "Lock", lock(2)...)
	c.refused("LOCKED", c.other, "Unlock", un(1)...)
	c.refused("NOTFOUND", c.gateway, "Unlock", un(2)...)
	c.refused("MALFORMED", c.gateway, "Lock", hx(fill(3)), digest("p"), "a/b", "F-1", "p")
	c.refused("DIGEST", c.gateway, "Lock", hx(fill(3)), digest("q"), "a", "F-1", "p")
	c.must(c.gateway, "Unlock", un(1)...)
	c.refused("NOTFOUND", c.gateway, "Unlock", un(1)...)
	c.must(c.gateway, "Lock", lock(3)...)
	h.version, h.state = 2, "red_lettered"
	c.must(c.issuer, "PutRecord", string(h.bytes()))
	c.must(c.other, "Lock", lock(4)...) // 3 is void
	c.refused("LOCKED", c.gateway, "Lock", lock(5)...)
}

func TestAGrantIsUsedSoOftenAndNoMore(t *testing.T) {
	c := newChannel(t)
	grant := []string{hx(fill(1)), digest("g"), "2", "g"}
	res := func(id int) []string { return []string{hx(fill(1)), hx(fill(id))} }
	c.refused("NOTFOUND", c.gateway, "Reserve", res(9)...)
	for _, n := range []string{"0", "01", "-1", "+1", "", "2147483648", "x"} {
		c.refused("MALFORMED", c.gateway, "Grant", hx(fill(1)), digest("g"), n, "g")
	}
	c.must(c.gateway, "Grant", grant...)
	c.refused("EXISTS", c.gateway, "Grant", grant...)
	c.refused("CONFLICT", c.gateway, "Grant", hx(fill(1)), digest("g"), "3", "g")
	c.must(c.gateway, "Reserve", res(2)...)
	c.refused("EXISTS", c.gateway, "Reserve", res(2)...)
	c.refused("CONFLICT", c.other, "Reserve", res(2)...)
	c.must(c.other, "Reserve", res(3)...)
	c.refused("ENDED", c.gateway, "Reserve", res(4)...)
	c.refused("DENIED", c.gateway, "Release", hx(fill(3)))
	c.must(c.other, "Release", hx(fill(3)))
	c.refused("EXISTS", c.other, "Release", hx(fill(3)))
	c.refused("ENDED", c.other, "Confirm", hx(fill(3)))
	c.must(c.gateway, "Reserve", res(4)...)
	c.must(c.gateway, "Confirm", hx(fill(2)))
	c.refused("ENDED", c.gateway, "Release", hx(fill(2)))
	c.refused("NOTFOUND", c.gateway, "Confirm", hx(fill(7)))
	c.refused("DENIED", c.other, "RevokeGrant", hx(fill(1)))
	c.must(c.gateway, "RevokeGrant", hx(fill(1)))
	c.refused("EXISTS", c.gateway, "RevokeGrant", hx(fill(1)))
	c.must(c.gateway, "Release", hx(fill(4)))
	c.refused("ENDED", c.gateway, "Reserve", res(5)...)
}

func (c *channel) checkpoint(network []byte, size uint64, root int) string {
	var w writer
	w.array(6)
	w.uint(1)
	w.bin(network)
	w.str("city")
	w.uint(size)
	w.bin(fill(root))
	w.uint(1700000000000)
	return string(w)
}

func TestAnchorsGrow(t *testing.T) {
	c := newChannel(t)
	at := c.checkpoint
	c.refused("MALFORMED", c.gateway, "Anchor", c.under(1, at(c.network, 1<<53, 1))...)
	c.must(c.gateway, "Anchor", c.under(1, at(c.network, 10, 1))...)
	if c.event != "Anchored" {
		t.Fatal("no event")
	}
	c.refused("VERSION", c.gateway, "Anchor", c.under(2, at(c.network, 9, 2))...)
	c.refused("CONFLICT", c.gateway, "Anchor", c.under(2, at(c.network, 10, 2))...)
	c.must(c.gateway, "Anchor", c.under(2, at(c.network, 10, 1))...)
	c.must(c.other, "Anchor", c.under(3, at(c.network, 5, 9))...)
	c.refused("NETWORK", c.gateway, "Anchor", c.under(4, at(fill(9), 11, 1))...)
	c.refused("MALFORMED", c.gateway, "Anchor", c.under(4, "no checkpoint")...)
	c.must(c.gateway, "Usage", c.under(5, "anything")...)
	if c.event != "Used" {
		t.Fatal("no event")
	}
}

func hashOf(b []byte) []byte {
	i := bytes.IndexByte(b, 0)
	return tagged(string(b[:i]), b[i+1:])
}

// The vectors of docs/wire.md, made without any of this code.
func vectors(t *testing.T, name string) (good [][]byte, bad map[string][]byte) {
	t.Helper()
	text, err := os.ReadFile("../../../tests/vectors/wire/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Cases   []struct{ Bytes string }
		Refused []struct{ Name, Bytes string }
	}
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	bad = map[string][]byte{}
	for _, c := range v.Cases {
		b, _ := hex.DecodeString(c.Bytes)
		good = append(good, b)
	}
	for _, c := range v.Refused {
		b, _ := hex.DecodeString(c.Bytes)
		bad[c.Name] = b
	}
	return good, bad
}

func TestHeadsAndPayloadsOfTheWireFormat(t *testing.T) {
	heads, badHeads := vectors(t, "head.json")
	payloads, badPayloads := vectors(t, "payload.json")
	if len(heads) == 0 || len(payloads) == 0 || len(badHeads) == 0 ||
		len(badPayloads) == 0 {
		t.Fatal("no vectors")
	}
	for i, b := range heads {
		if _, good := parseHead(b); !good {
			t.Errorf("head %d is refused", i)
		}
	}
	for name, b := range badHeads {
		if _, good := parseHead(b); good {
			t.Errorf("taken: %s", name)
		}
	}
	for i, b := range payloads {
		if _, _, good := parsePayload(b); !good {
			t.Errorf("payload %d is refused", i)
		}
		for n := range b {
			if _, _, good := parsePayload(b[:n]); good {
				t.Fatalf("payload %d cut at %d is taken", i, n)
			}
			for bit := 0; bit < 8; bit++ {
				flipped := append([]byte{}, b...)
				flipped[n] ^= 1 << bit
				parsePayload(flipped) // must return
			}
		}
	}
	for name, b := range badPayloads {
		// fields and their root are the gateways' to check
		if _, _, good := parsePayload(b); good && name != "head of another record" {
			t.Errorf("taken: %s", name)
		}
	}
}

// Endorsers must come to the same bytes.
func TestNothingHereDependsOnTimeChanceOrOrder(t *testing.T) {
	allowed := map[string]bool{"bytes": true, "crypto/sha256": true,
		"encoding/binary": true, "encoding/hex": true, "fmt": true, "os": true,
		"strconv": true, "strings": true, "unicode/utf8": true,
		"github.com/golang/protobuf/proto":                   true,
		"github.com/hyperledger/fabric-chaincode-go/shim":    true,
		"github.com/hyperledger/fabric-chaincode-go/pkg/cid": true,
		"github.com/hyperledger/fabric-protos-go/peer":       true}
	parsed, err := parser.ParseDir(token.NewFileSet(), ".", func(f os.FileInfo) bool {
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range parsed {
		ast.Inspect(pkg, func(n ast.Node) bool {
			switch v := n.(type) {
			case *ast.ImportSpec:
				if name := strings.Trim(v.Path.Value, `"`); !allowed[name] {
					t.Errorf("imports %s", name)
				}
			case *ast.GoStmt, *ast.SelectStmt:
				t.Error("no threads here")
			case *ast.SelectorExpr:
				if v.Sel.Name == "GetTxTimestamp" || v.Sel.Name == "GetPrivateData" {
					t.Errorf("calls %s", v.Sel.Name)
				}
			}
			return true
		})
	}
}
