/** Executes a Dockerfile's instructions in plain folders, one for each stage: what an image build would do. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readDockerfile, textsOf } from './dockerfile.ts';

export interface ReplayedImage {
  /** Its root folder. */
  readonly root: string;
  /** Working directory of its processes, within root. */
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
}

/** @param into an empty folder */
export function replayImage(project: string, dockerfile: string, into: string): ReplayedImage {
  const { stages } = readDockerfile(readFileSync(join(project, dockerfile), 'utf8'));
  const context = join(into, 'context');
  copyContext(project, context);
  for (const { name, instructions } of stages) {
    const root = join(into, name);
    let workdir = root;
    for (const { keyword, text } of instructions) {
      if (keyword === 'WORKDIR') {
        workdir = join(root, text);
        mkdirSync(workdir, { recursive: true });
      } else if (keyword === 'COPY') copy(text, { into, context, workdir });
      else if (keyword === 'RUN') run(text, workdir);
    }
  }
  const last = stages.at(-1)!;
  return {
    root: join(into, last.name),
    workdir: textsOf(last, 'WORKDIR').at(-1)!,
    env: Object.fromEntries(textsOf(last, 'ENV').flatMap((text) => text.split(' ').map((pair) => pair.split('=')))),
    entrypoint: JSON.parse(textsOf(last, 'ENTRYPOINT').at(-1)!) as string[],
    healthcheck: JSON.parse(
      textsOf(last, 'HEALTHCHECK')
        .at(-1)!
        .replace(/^.*CMD /, ''),
    ) as string[],
  };
}

/** Files that .dockerignore admits: ours lists them after a `*`. */
function copyContext(project: string, context: string): void {
  const lines = readFileSync(join(project, '.dockerignore'), 'utf8').split('\n');
  const never = lines.filter((line) => line.startsWith('**/')).map((line) => line.slice('**/'.length));
  for (const line of lines.filter((each) => each.startsWith('!'))) {
    const from = join(project, line.slice(1));
    if (!existsSync(from)) continue;
    cpSync(from, join(context, line.slice(1)), {
      recursive: true,
      filter: (path) => !never.includes(basename(path)),
    });
  }
}

/** `[--from=STAGE] SOURCE… TARGET`. The content of a folder is copied, not the folder, as COPY does it. */
function copy(text: string, at: { into: string; context: string; workdir: string }): void {
  const words = text.split(/\s+/);
  const stage = words[0]!.startsWith('--from=') ? words.shift()!.slice('--from='.length) : null;
  const target = words.pop()!;
  for (const source of words) {
    const from = join(stage === null ? at.context : join(at.into, stage), source);
    const to = join(at.workdir, target);
    const isInto = target.endsWith('/') && source !== '.';
    cpSync(from, isInto ? join(to, basename(source)) : to, { recursive: true, verbatimSymlinks: true });
  }
}

function run(command: string, cwd: string): void {
  // Of this run of npm, not of the one that is started.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(lifecycle|package|command|execpath)|INIT_CWD|NODE_)/.test(name),
    ),
  );
  // Only root may change the owner of files.
  const shell = process.getuid?.() === 0 ? command : `chown() { :; }; ${command}`;
  execFileSync('/bin/sh', ['-ec', shell], {
    cwd,
    env: { ...env, npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
