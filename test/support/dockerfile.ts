/** Parses a Dockerfile into its instructions: as much of the syntax as ours uses. */

export interface Instruction {
  readonly keyword: string;
  /** Continued lines joined; variables as written. */
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  /** An image, or the name of an earlier stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** `ARG`s before the first `FROM`, with their defaults. */
  readonly args: ReadonlyMap<string, string>;
  readonly stages: readonly Stage[];
}

export function readDockerfile(source: string): Dockerfile {
  const lines = source.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  const args = new Map<string, string>();
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of lines.split('\n').filter((each) => each.trim() !== '')) {
    const [, keyword, text] = /^([A-Z]+)\s+(.+)$/.exec(line.trim()) ?? [];
    if (keyword === undefined || text === undefined) throw new Error(`no instruction: ${line}`);
    if (keyword === 'FROM') {
      const [, from, name] = /^(\S+) AS (\S+)$/.exec(text) ?? [];
      if (from === undefined || name === undefined) throw new Error(`FROM without a name: ${text}`);
      stages.push({ from: filled(from, args), name, instructions: [] });
    } else if (stages.length === 0) {
      const [name, value = ''] = text.split('=') as [string, string?];
      args.set(name, value);
    } else {
      stages.at(-1)!.instructions.push({ keyword, text });
    }
  }
  return { args, stages };
}

/** All of one kind, in order. */
export function textsOf(stage: Stage, keyword: string): readonly string[] {
  return stage.instructions.filter((each) => each.keyword === keyword).map(({ text }) => text);
}

function filled(text: string, args: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => args.get(name) ?? '');
}
