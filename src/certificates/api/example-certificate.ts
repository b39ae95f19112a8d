/**
 * The pair that the OpenAPI document shows: self-signed, for www.example.com, until 2126, so that the example of an upload can be
 * sent as it stands. Its key is public and protects nothing.
 */
export const EXAMPLE_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBpzCCAU2gAwIBAgIUcp/bCPs5L6WuEhY0IqWtKjgiCqcwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPd3d3LmV4YW1wbGUuY29tMCAXDTI2MTIwMTE2MTYzOVoYDzIx
MjYxMTA3MTYxNjM5WjAaMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5jb20wWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAASakYKYPNyIElraTmQbq9m8cKyg/zqBk49GUcSh
P5qfPxuKH3pXcqqr0Wi6vCWHM1PryL3zsGpcgAdVptuRx26ao28wbTAdBgNVHQ4E
FgQU9SSq6CCbneN1Uy3Hccwmq+47IVMwHwYDVR0jBBgwFoAU9SSq6CCbneN1Uy3H
ccwmq+47IVMwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgg93d3cuZXhhbXBs
ZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIgGXpwvdBKgDCexgcJnfyTIcXKfdWf/qaC
QMFZET7HLIYCIQCWjbvDdHy/6mUqrk+EhFoeYOh/u64rDDoPCTqZRWVThw==
-----END CERTIFICATE-----
`;

export const EXAMPLE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgB5XCmvicvaqioChC
qIbOY34iwiqGeTkj8tkwPpVj0uahRANCAASakYKYPNyIElraTmQbq9m8cKyg/zqB
k49GUcShP5qfPxuKH3pXcqqr0Wi6vCWHM1PryL3zsGpcgAdVptuRx26a
-----END PRIVATE KEY-----
`;
