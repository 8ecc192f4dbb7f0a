#!/bin/sh
# Made the certificates and keys of this case, once, with OpenSSL.
openssl req -x509 -newkey rsa:1024 -nodes -keyout ca.key -out ca.pem -days 36500 -subj '/C=DE/ST=Hessen/L=Frankfurt/O=Test, Inc./OU=One+CN=A CA/emailAddress=ca@example.com' -multivalue-rdn
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.csr -subj '/CN=leaf'
cat > leaf.ext <<X
subjectAltName=DNS:example.com,DNS:*.example.com,DNS:f*.test.example,IP:127.0.0.1,IP:::1,email:me@example.com,URI:http://example.com/
extendedKeyUsage=serverAuth,clientAuth
keyUsage=digitalSignature
authorityInfoAccess=OCSP;URI:http://ocsp.example.com/,caIssuers;URI:http://ca.example.com/ca.cert
authorityKeyIdentifier=keyid
X
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 0x0123456789abcdef -days 36000 -extfile leaf.ext -out leaf.pem
openssl spkac -key ca.key -challenge 'a challenge' | sed 's/^SPKAC=//' > key.spkac
rm leaf.csr leaf.ext
