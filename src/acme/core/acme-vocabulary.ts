/** Vocabulary of automatic certificates (ACME, RFC 8555): for the file, the API and the command line. */

/** In order of preference; `dns-01` is the only one for wildcards. RFC 8737, and RFC 8555, 8.3 and 8.4. */
export const CHALLENGE_TYPES = ['tls-alpn-01', 'http-01', 'dns-01'] as const;
export type ChallengeType = (typeof CHALLENGE_TYPES)[number];

/** Authorities that need no settings of their own, by the name that certificates refer to them with. */
export const KNOWN_ISSUERS: Readonly<Record<string, string>> = {
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
};

/** Domains of directories whose certificates everyone trusts: bound by the CA/Browser Forum's Baseline Requirements. */
export const PUBLIC_AUTHORITIES = ['letsencrypt.org', 'zerossl.com', 'pki.goog', 'ssl.com'] as const;
