// SPDX-License-Identifier: GPL-3.0-or-later
//
// noise_vectors.go does with flynn/noise what noise_vectors.py does with
// dissononce; see there.
package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/flynn/noise"
	"golang.org/x/crypto/blake2b"
)

var payloads = [][]byte{{}, []byte("second"), []byte("after the handshake"),
	make([]byte, 470), []byte("x"), {}}

func secret(name string) []byte {
	sum := blake2b.Sum256([]byte("umbel vector " + name))
	return sum[:]
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func pair(name string) noise.DHKey {
	key, err := noise.DH25519.GenerateKeypair(bytes.NewReader(secret(name)))
	check(err)
	return key
}

func run(pattern noise.HandshakePattern, protocol string, oneWay bool) {
	suite := noise.NewCipherSuite(noise.DH25519, noise.CipherChaChaPoly,
		noise.HashBLAKE2b)
	prologue := []byte("umbel vector " + protocol)
	si, sr := pair("s initiator"), pair("s responder")
	ci := noise.Config{CipherSuite: suite, Pattern: pattern, Initiator: true,
		Random:   bytes.NewReader(secret("e initiator")),
		Prologue: prologue, PresharedKey: secret("psk"), PeerStatic: sr.Public}
	cr := noise.Config{CipherSuite: suite, Pattern: pattern,
		Random:   bytes.NewReader(secret("e responder")),
		Prologue: prologue, PresharedKey: secret("psk"), StaticKeypair: sr}
	if !strings.HasPrefix(protocol, "N") {
		ci.StaticKeypair, cr.PeerStatic = si, si.Public
	}
	initiator, err := noise.NewHandshakeState(ci)
	check(err)
	responder, err := noise.NewHandshakeState(cr)
	check(err)

	count := len(payloads)
	if oneWay {
		count = 3
	}
	var first, second *noise.CipherState
	var messages [][]byte
	for i := 0; i < count; i++ {
		writer, reader := initiator, responder
		if !oneWay && i%2 == 1 {
			writer, reader = responder, initiator
		}
		var out []byte
		if first == nil {
			out, first, second, err = writer.WriteMessage(nil, payloads[i])
			check(err)
			_, _, _, err = reader.ReadMessage(nil, out)
		} else if writer == initiator {
			out, err = first.Encrypt(nil, nil, payloads[i])
		} else {
			out, err = second.Encrypt(nil, nil, payloads[i])
		}
		check(err)
		messages = append(messages, out)
	}
	fmt.Printf("    {\n\t.protocol = \"Noise_%s_25519_ChaChaPoly_BLAKE2b\",\n",
		protocol)
	field("prologue", prologue)
	field("h", initiator.ChannelBinding())
	for i, m := range messages {
		field(fmt.Sprintf("messages[%d].payload", i), payloads[i])
		field(fmt.Sprintf("messages[%d].bytes", i), m)
	}
	fmt.Println("    },")
}

func field(name string, value []byte) {
	text := hex.EncodeToString(value)
	fmt.Printf("\t.%s =\n", name)
	for len(text) > 60 {
		fmt.Printf("\t    \"%s\"\n", text[:60])
		text = text[60:]
	}
	fmt.Printf("\t    \"%s\",\n", text)
}

func main() {
	fmt.Println("/* SPDX-License-Identifier: GPL-3.0-or-later\n *\n" +
		" * noise_vectors - made by gen/noise_vectors.py and .go, which " +
		"agree.\n */")
	for _, name := range []string{"s initiator", "s responder",
		"e initiator", "e responder", "psk"} {
		macro := strings.ToUpper(strings.ReplaceAll(name, " ", "_"))
		fmt.Printf("#define VECTOR_%s \\\n\t\"%s\"\n", macro,
			hex.EncodeToString(secret(name)))
	}
	fmt.Println("\nstatic const struct vector vectors[] = {")
	run(noise.HandshakeKK, "KKpsk0", false)
	run(noise.HandshakeNK, "NKpsk0", false)
	run(noise.HandshakeK, "Kpsk0", true)
	fmt.Println("};")
}
