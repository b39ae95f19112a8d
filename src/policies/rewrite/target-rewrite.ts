/**
 * The rewritten target of a request, or the verdict that it must not be sent.
 *
 * A rewritten path is new text, made of parts that the client chose: it could climb out of the path that the route
 * leads to once a backend resolves it. So the forms of the path that were routed (ADR 0006) are all rewritten, and a
 * backend that resolves what is sent must arrive at the same path as with the plainest of them.
 */
import { hasDotSegment } from '../../http/dot-segment.ts';
import { barePath, canonicalPath, pathEnd } from '../../routing/request-path.ts';
import { LONG_REWRITE, OUTSIDE_REWRITE, type RouteFault } from '../../routing/route-fault.ts';
import type { TargetRewrite } from '../../routing/route-policies.ts';
import { type DescribedRequest, RequestValues } from '../request-values.ts';
import type { PathRewrite } from './path-rewrite.ts';

/** Characters of a path; `{path}{path}` may double it. As long as the largest head by default. */
const MAX_PATH = 16_384;
/** What is in no valid path: white space, control characters, the beginning of a query or fragment. Bytes above 0x7f may be. */
const FOREIGN = /[^\x21\x22\x24-\x3e\x40-\x7e\x80-\xff]/;

export class CheckedRewrite implements TargetRewrite {
  readonly #rewrite: PathRewrite;

  constructor(rewrite: PathRewrite) {
    this.#rewrite = rewrite;
  }

  rewrittenFor(exchange: DescribedRequest, basePaths: () => readonly string[]): string | RouteFault {
    const { target } = exchange;
    const end = pathEnd(target);
    const path = target.slice(0, end);
    // The router has refused a path without one.
    const canonical = canonicalPath(path)!;
    const bare = barePath(path, canonical);
    const sent = this.#form(path, exchange);
    if (sent.length > MAX_PATH) return LONG_REWRITE;
    const plain = canonical === path ? sent : this.#form(canonical, exchange);
    const barest = bare === canonical ? plain : this.#form(bare, exchange);
    if (![sent, plain, barest].every(isPath) || hasDotSegment(plain) || hasDotSegment(barest)) return OUTSIDE_REWRITE;
    // Nearly every path: there is nothing in it that a backend could resolve, whatever comes before it.
    if (sent === plain && sent === barest && isPlain(sent)) return sent + target.slice(end);
    const isInside = ['', ...basePaths()].every((base) => leadsTo(base + sent, base + plain, base + barest));
    return isInside ? sent + target.slice(end) : OUTSIDE_REWRITE;
  }

  #form(path: string, exchange: DescribedRequest): string {
    return this.#rewrite.rewritten(path, new FormValues(exchange, path));
  }
}

/** Begins with one slash: `//host` could be read as the name of a server, as could `/\\host`. */
function isPath(text: string): boolean {
  return /^\/(?![/\\])/.test(text) && !FOREIGN.test(text);
}

function isPlain(path: string): boolean {
  return canonicalPath(path) === path && barePath(path, path) === path;
}

/** A value that the rewrite adds may end a path for some servers, too; then it does in all forms. */
function leadsTo(sent: string, plain: string, barest: string): boolean {
  const resolved = canonicalPath(sent);
  const barestThere = canonicalPath(barest);
  if (resolved === undefined || barestThere === undefined) return false;
  if (sent !== plain && resolved !== canonicalPath(plain)) return false;
  return sent === barest || barePath(sent, resolved) === barePath(barest, barestThere);
}

/** The values of a request whose path is in another form. */
class FormValues extends RequestValues {
  readonly #path: string;

  constructor(exchange: DescribedRequest, path: string) {
    super(exchange);
    this.#path = path;
  }

  protected override get path(): string {
    return this.#path;
  }
}
