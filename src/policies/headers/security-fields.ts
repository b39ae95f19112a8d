/** Header fields that make browsers more careful with answers (OWASP Secure Headers Project). */
import { hasField } from '../../http/fields/has-field.ts';
import type { AnswerRule } from '../../routing/route-policies.ts';

/** Strict-Transport-Security is not among them: tls.hsts sends it. What depends on the application, such as a policy for content, is not either. */
const FIELDS = [
  // The declared type is the type: nothing is guessed to be a script.
  ['x-content-type-options', 'nosniff'],
  // Pages of other origins cannot put it into a frame and trick their visitors into clicks.
  ['x-frame-options', 'SAMEORIGIN'],
  // Other origins learn this one, not paths and queries, and nothing without TLS.
  ['referrer-policy', 'strict-origin-when-cross-origin'],
  // A page that opens it has no handle of it; windows that it opens, as for a login, still have.
  ['cross-origin-opener-policy', 'same-origin-allow-popups'],
  // Documents of Flash and PDF viewers read nothing from other origins.
  ['x-permitted-cross-domain-policies', 'none'],
] as const;

/** What the backend says itself, applies. */
export const SECURITY_FIELDS: AnswerRule = {
  applyTo: (fields) => {
    const given = fields.length;
    for (const [name, value] of FIELDS) if (!hasField(fields, name, given)) fields.push(name, value);
  },
};
