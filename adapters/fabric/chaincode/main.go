// SPDX-License-Identifier: Apache-2.0

// The reference contract of Qiao for Hyperledger Fabric. README.md beside this
// file is its specification.
package main

import (
	"fmt"
	"os"

	"github.com/hyperledger/fabric-chaincode-go/shim"
)

func main() {
	if err := run(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "qiao chaincode:", err)
		os.Exit(1)
	}
}

// A peer starts the process and says where it listens, or the process serves
// and peers come (README.md 6).
func run(env func(string) string) error {
	address := env("CHAINCODE_SERVER_ADDRESS")
	if address == "" {
		return shim.Start(contract{})
	}
	if env("CHAINCODE_ID") == "" {
		return fmt.Errorf("CHAINCODE_ID is not set: the package id that " +
			"`peer lifecycle chaincode install` printed")
	}
	tls, err := tlsOf(env)
	if err != nil {
		return err
	}
	server := shim.ChaincodeServer{CCID: env("CHAINCODE_ID"), Address: address,
		CC: contract{}, TLSProps: tls}
	return server.Start()
}

// Not set is TLS: a peer takes for this contract whoever answers at its
// address, so only `true` switches it off.
func tlsOf(env func(string) string) (p shim.TLSProperties, err error) {
	switch disabled := env("CHAINCODE_TLS_DISABLED"); disabled {
	case "true":
		return shim.TLSProperties{Disabled: true}, nil
	case "", "false":
	default:
		return p, fmt.Errorf("CHAINCODE_TLS_DISABLED is %q, not true or false",
			disabled)
	}
	if p.Key, err = fileOf(env, "CHAINCODE_TLS_KEY"); err != nil {
		return p, err
	}
	if p.Cert, err = fileOf(env, "CHAINCODE_TLS_CERT"); err != nil {
		return p, err
	}
	if env("CHAINCODE_CLIENT_CA_CERT") != "" {
		p.ClientCACerts, err = fileOf(env, "CHAINCODE_CLIENT_CA_CERT")
	}
	return p, err
}

func fileOf(env func(string) string, name string) ([]byte, error) {
	path := env(name)
	if path == "" {
		return nil, fmt.Errorf("%s is not set: a PEM file, needed unless "+
			"CHAINCODE_TLS_DISABLED is true", name)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}
