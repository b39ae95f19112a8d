/** How the system completes names, which Node's resolver does not: resolv.conf(5). */
export interface SearchRules {
  readonly search: readonly string[];
  /** A name with fewer dots is first searched in the domains of `search`. Default 1. */
  readonly ndots: number;
}

export function parseResolvConf(text: string): SearchRules {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    // The last of these lines counts.
    if (keyword === 'search' || keyword === 'domain') search = words.map((word) => word.toLowerCase());
    if (keyword !== 'options') continue;
    for (const word of words) {
      const found = /^ndots:(\d+)$/.exec(word);
      if (found !== null) ndots = Math.min(15, Number(found[1]));
    }
  }
  return { search, ndots };
}

/** The names to look up, in order, until one exists. */
export function candidateNames(name: string, { search, ndots }: SearchRules): readonly string[] {
  if (name.endsWith('.')) return [name];
  const completed = search.filter((domain) => domain !== '.').map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...completed] : [...completed, name];
}
