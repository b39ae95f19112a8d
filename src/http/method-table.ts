/** Which methods a path has, to tell "not here" (404) from "not like this" (405 with Allow, RFC 9110, 15.5.6). */
export class MethodTable {
  readonly #routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();

  /** `url` as Fastify's routes name it: `/a/:b`, `/a/*`. */
  add(url: string, methods: string | readonly string[]): void {
    const route = this.#routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const method of [methods].flat()) route.methods.add(method.toUpperCase());
    this.#routes.set(url, route);
  }

  /** Sorted; empty when no route has this path. A final slash makes no difference. */
  allowed(path: string): string[] {
    const bare = withoutSlash(path);
    const found = new Set<string>();
    for (const { pattern, methods } of this.#routes.values()) {
      if (pattern.test(bare)) for (const method of methods) found.add(method);
    }
    return [...found].toSorted();
  }
}

function patternOf(url: string): RegExp {
  const segments = withoutSlash(url).split('/');
  const parts = segments.map((segment) => {
    if (segment === '*') return '.+';
    return segment.startsWith(':') && !segment.startsWith('::')
      ? '[^/]+'
      : segment.replace(/^::/, ':').replace(/[^\w-]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}

const withoutSlash = (path: string): string => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
