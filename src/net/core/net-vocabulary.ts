/** Words of protocols and addresses that settings name. */

/** TLS versions that may be configured, oldest first. */
export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

/** Protocols of backends: HTTP/1.1, HTTP/2 over TLS, HTTP/2 without TLS (RFC 9113, 3.3). */
export const UPSTREAM_PROTOCOLS = ['http1', 'h2', 'h2c'] as const;
export type UpstreamProtocol = (typeof UPSTREAM_PROTOCOLS)[number];

/** Versions that are accepted; `any`: both. */
export const PROXY_VERSIONS = ['v1', 'v2', 'any'] as const;
export type ProxyVersions = (typeof PROXY_VERSIONS)[number];

/** Whether pages of other sites send a cookie. */
export const SAME_SITES = ['lax', 'strict', 'none'] as const;
export type SameSite = (typeof SAME_SITES)[number];

/** `sslmode` of a postgres:// URL. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** `target_session_attrs` of a postgres:// URL: those that work for the gateway, which needs to write. */
export const SESSION_TARGETS = ['any', 'read-write', 'primary'] as const;

/** Highest number of a Redis database that settings may name. */
export const MAX_DB = 65_535;

/** Codes of Node for a certificate whose authority is not trusted. */
export const UNTRUSTED_AUTHORITY_CODES: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** Which addresses of something that has both kinds; `any`: one of either. */
export const FAMILIES = ['any', 'ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];

/** The methods that requests usually have (RFC 9110, 9.1; RFC 5789). */
export const USUAL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
