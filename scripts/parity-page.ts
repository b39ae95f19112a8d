/**
 * All rows: what users of five other balancers can do, middlewares of gateways, what the balancers list as their next
 * steps, and the gateways whose configuration is imported.
 */
export const ROW_IDS: readonly string[] = [...ids('R', 99), ...ids('M', 25), ...ids('F', 30), ...ids('I', 5)];

/** `later`: an issue of its own. `not ours`: not a gateway's job. Only the first two need a proof. */
const STATES = ['done', 'partly', 'later', 'not ours'] as const;

export interface ParityRow {
  readonly id: string;
  readonly state: (typeof STATES)[number];
  /** The feature, and after ` · ` the call or key that provides it. */
  readonly text: string;
  readonly line: number;
  readonly tests: readonly TestName[];
}

export interface TestName {
  readonly file: string;
  /** As in the source: template placeholders stay as `${…}`. */
  readonly name: string;
  readonly line: number;
}

export interface ParityPage {
  readonly rows: readonly ParityRow[];
  /** Mistakes in the page itself, each with its line. */
  readonly problems: readonly string[];
}

const ROW = /^- \*\*(?<id>[A-Z]\d+)\*\* (?<state>[a-z ]+): (?<text>.+)$/;
const TEST = /^ {2}- `(?<file>test\/[^`:]+\.ts): (?<name>[^`]+)`$/;
const isState = (text: string): text is ParityRow['state'] => STATES.some((state) => state === text);

/**
 * Reads docs/parity.md: a list item is a row, `- **R1** done: what it is · what does it`, and an item below it a test,
 * `  - ` and in backquotes `test/…/x.test.ts: its name`. Anything else is prose, unless it begins like one of these.
 */
export function parseParityPage(text: string): ParityPage {
  const rows: (ParityRow & { tests: TestName[] })[] = [];
  const problems: string[] = [];
  for (const [at, content] of text.split('\n').entries()) {
    const line = at + 1;
    if (content.startsWith('- ')) {
      const { id, state, text: words } = ROW.exec(content)?.groups ?? {};
      if (!id || !state || !words) problems.push(`${line}: no row: expected "- **R1** done: what it is · by what"`);
      else if (!isState(state)) problems.push(`${line}: ${id}: no state: ${state}; there are ${STATES.join(', ')}`);
      else rows.push({ id, state, text: words, line, tests: [] });
    } else if (/^\s+[-*] /.test(content)) {
      const { file, name } = TEST.exec(content)?.groups ?? {};
      const row = rows.at(-1);
      if (!file || !name || !row) problems.push(`${line}: no test: expected "  - \`test/…/x.test.ts: its name\`"`);
      else row.tests.push({ file, name, line });
    }
  }
  return { rows, problems: [...problems, ...incomplete(rows)] };
}

function incomplete(rows: readonly ParityRow[]): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const { id, state, text, line, tests } of rows) {
    if (!ROW_IDS.includes(id)) problems.push(`${line}: ${id}: no such row`);
    if (seen.has(id)) problems.push(`${line}: ${id} is there twice`);
    seen.add(id);
    if (state !== 'done' && state !== 'partly') continue;
    if (tests.length === 0) problems.push(`${line}: ${id}: ${state}, and no test proves it`);
    if (!text.includes(' · ')) problems.push(`${line}: ${id}: ${state}, and nothing behind " · " says by what`);
  }
  const missing = ROW_IDS.filter((id) => !seen.has(id));
  return [...problems, ...missing.map((id) => `${id} is missing`)];
}

function ids(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${letter}${at + 1}`);
}
