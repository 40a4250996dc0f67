#!/bin/sh
# Makes timestamps.json: time-stamps by OpenSSL's authority, with keys and chains of the kinds that are in use.
# Run: sh make-timestamps.sh   (needs openssl 3; the times and keys are new each time, so commit the result once)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

digest=$(printf 'what was committed to' | openssl dgst -sha256 -r | cut -d' ' -f1)
hex() { od -An -v -tx1 | tr -d ' \n'; }

# name, key options, digest of signatures, digest in the certificate's name, extended key usage, with the chain or not
stamp() {
  name=$1 key=$2 md=$3 ess=$4 usage=$5 chain=$6
  mkdir "$name"
  for who in root middle tsa; do
    # shellcheck disable=SC2086
    openssl genpkey $key -out "$name/$who.key" 2>/dev/null
  done
  printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n' >"$name/ca.ext"
  printf 'extendedKeyUsage=%s\nkeyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\n' "$usage" >"$name/tsa.ext"
  sign() { openssl x509 -req -"$md" -days 36500 -set_serial "$4" -in "$name/$1.csr" -extfile "$name/$3.ext" "$2" "$5" ${6:+"$6" "$7"} -out "$name/$1.pem" 2>/dev/null; }
  for who in root middle tsa; do
    openssl req -new -key "$name/$who.key" -subj "/O=Test vectors/CN=$name $who" -out "$name/$who.csr"
  done
  sign root -signkey ca 1 "$name/root.key"
  sign middle -CA ca 2 "$name/root.pem" -CAkey "$name/root.key"
  sign tsa -CA tsa 3 "$name/middle.pem" -CAkey "$name/middle.key"
  cat >"$name/ts.cnf" <<CONF
[tsa]
default_tsa = own
[own]
serial = $name/serial
signer_cert = $name/tsa.pem
signer_key = $name/tsa.key
signer_digest = $md
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ess_cert_id_alg = $ess
ess_cert_id_chain = no
CONF
  if [ "$usage" = critical,timeStamping ]; then authority; else impostor; fi
  printf ' {"name": "%s", "digest": "%s", "token": "%s"' "$name" "$digest" "$(hex <"$name/token")"
  for who in root middle tsa; do
    printf ', "%s": "%s"' "$who" "$(openssl x509 -in "$name/$who.pem" -outform DER | hex)"
  done
  printf '}'
}

authority() {
  openssl ts -query -digest "$digest" -sha256 -cert -out "$name/query" 2>/dev/null
  openssl ts -reply -config "$name/ts.cnf" -section own -queryfile "$name/query" ${chain:+-chain "$name/middle.pem"} -token_out -out "$name/token" 2>/dev/null
}

# OpenSSL's authority refuses to run with such a certificate, so the content of another stamp is signed with it.
impostor() {
  openssl cms -verify -noverify -inform DER -in rsa-sha256/token -out "$name/info" 2>/dev/null
  openssl cms -sign -binary -nodetach -nosmimecap -cades -md "$md" -econtent_type id-smime-ct-TSTInfo -outform DER \
    -signer "$name/tsa.pem" -inkey "$name/tsa.key" -certfile "$name/middle.pem" -in "$name/info" -out "$name/token"
}

rsa='-algorithm RSA -pkeyopt rsa_keygen_bits:2048'
p256='-algorithm EC -pkeyopt ec_paramgen_curve:P-256'
p384='-algorithm EC -pkeyopt ec_paramgen_curve:P-384'
{
  printf '[\n'
  stamp rsa-sha256 "$rsa" sha256 sha256 critical,timeStamping yes; printf ',\n'
  stamp rsa-sha512-old-name "$rsa" sha512 sha1 critical,timeStamping yes; printf ',\n'
  stamp p256-sha256 "$p256" sha256 sha256 critical,timeStamping yes; printf ',\n'
  stamp p384-sha384 "$p384" sha384 sha512 critical,timeStamping yes; printf ',\n'
  stamp without-middle "$p256" sha256 sha256 critical,timeStamping ''; printf ',\n'
  stamp usage-not-critical "$p256" sha256 sha256 timeStamping yes; printf ',\n'
  stamp other-usage "$p256" sha256 sha256 critical,timeStamping,codeSigning yes; printf '\n]\n'
} >"$here/timestamps.json"
