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
	if err := shim.Start(contract{}); err != nil {
		fmt.Fprintln(os.Stderr, "qiao chaincode:", err)
		os.Exit(1)
	}
}
