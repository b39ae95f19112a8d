/** Vocabulary of certificates for clients: for the file, the API and the command line. */

/**
 * `file`: an operator's own; `internal`: issued by this gateway, for development; `acme`: from an authority; `uploaded`:
 * an operator's own, by the API; `on_demand`: from an authority, because a client asked for it.
 */
export const CERTIFICATE_SOURCES = ['file', 'internal', 'acme', 'uploaded', 'on_demand'] as const;
export type CertificateSourceKind = (typeof CERTIFICATE_SOURCES)[number];

/** `expiring`: so late that a renewal, which is due after two thirds of its life, must have failed. */
const CERTIFICATE_STATES = ['ok', 'expiring', 'expired', 'not_yet_valid'] as const;
export type CertificateState = (typeof CERTIFICATE_STATES)[number];

/** `pending`: there is none yet. */
export const REPORTED_STATES = ['pending', ...CERTIFICATE_STATES] as const;
export type ReportedState = (typeof REPORTED_STATES)[number];
