/** What an authority is answered when it validates a name: on every thread of every gateway. */

export type Challenge =
  /** RFC 8555, 8.3. */
  | { readonly type: 'http-01'; readonly token: string; readonly keyAuthorization: string }
  /** RFC 8737. */
  | {
      readonly type: 'tls-alpn-01';
      /** As the authority asks for it: for an address, its name in the reverse DNS (RFC 8738, 6). */
      readonly serverName: string;
      readonly certificate: ChallengeCertificate;
    };

export interface ChallengeCertificate {
  readonly certPem: string;
  readonly keyPem: string;
}
