/** Which of the chains that an authority offers for a certificate is served (RFC 8555, 7.4.2). */
import { parseCertificates } from '../../../certificates/pem-files.ts';
import type { AcmeAnswer } from './acme-http.ts';

/** Authorities offer two or three. */
const MAX_ALTERNATES = 5;

/** URLs of the other chains. @param base URL of the answer */
export function alternatesIn({ headers: { link } }: Pick<AcmeAnswer, 'headers'>, base: string): readonly string[] {
  const text = typeof link === 'string' ? link : (link ?? []).join(', ');
  const urls = [...text.matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g)].flatMap(([, target, parameters]) => {
    const isAlternate = /;\s*rel\s*=\s*"?alternate"?\s*(;|$)/i.test(parameters!);
    const url = isAlternate ? URL.parse(target!, base) : null;
    return url?.protocol === 'https:' ? [url.href] : [];
  });
  return urls.slice(0, MAX_ALTERNATES);
}

/**
 * Whether the chain leads to a root of this common name: the issuer of its last certificate, as roots are not sent.
 *
 * @param chainPem false if it cannot be read
 */
export function leadsTo(chainPem: string, commonName: string): boolean {
  try {
    const last = parseCertificates(chainPem).at(-1)!;
    return last.issuer.split('\n').includes(`CN=${commonName}`);
  } catch {
    return false;
  }
}
