/** The ports of a source that asks a registry, with a clock that the test moves. Sockets are real. */
import { lookup } from 'node:dns';
import type { Source, SourceAnswer, SourcePorts } from '../../src/discovery/control/source.ts';
import type { RegistryPorts } from '../../src/discovery/control/sources/registry-rounds.ts';
import { eventually } from './eventually.ts';
import { keptLog } from './kept-log.ts';

interface Task {
  readonly run: () => void;
  readonly atMs: number;
}

export interface RegistryWorld {
  readonly ports: RegistryPorts;
  /** Its log lines. */
  readonly log: ReturnType<typeof keptLog>;
  /** The next report that was not taken yet. */
  next(): Promise<SourceAnswer>;
  /** The next one that lists, whatever failed before; as `address:port`, sorted. */
  nextMembers(): Promise<readonly string[]>;
  /** The next one that failed: its reason. */
  nextFailure(): Promise<string>;
  /** Reports that were not taken. */
  readonly waiting: readonly SourceAnswer[];
  /** Until the next task is due, ms; null: there is none. */
  untilNextTask(): number | null;
  /** Moves the clock, and runs what is due. */
  advance(ms: number): void;
  /** After a failure: when it will ask again has come. */
  retry(): Promise<void>;
  /** Starts it; stopped after the test. */
  start(t: { after(task: () => void): void }, source: Source): void;
}

export function registryWorld(): RegistryWorld {
  let nowMs = 0;
  let tasks: Task[] = [];
  const reports: SourceAnswer[] = [];
  const log = keptLog();
  const ports: RegistryPorts = {
    report: (answer) => void reports.push(answer),
    nowMs: () => nowMs,
    schedule: (run, ms) => {
      const task = { run, atMs: nowMs + ms };
      tasks.push(task);
      return () => void (tasks = tasks.filter((each) => each !== task));
    },
    random: () => 0.5,
    lookup,
    log: log as unknown as SourcePorts['log'],
  };
  const next = async (): Promise<SourceAnswer> => {
    await eventually('the source reports', () => reports.length > 0);
    return reports.shift()!;
  };
  const untilNextTask = (): number | null =>
    tasks.length === 0 ? null : Math.min(...tasks.map(({ atMs }) => atMs)) - nowMs;
  const advance = (ms: number): void => {
    const untilMs = nowMs + ms;
    for (;;) {
      const [due] = tasks.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (due === undefined) break;
      tasks = tasks.filter((each) => each !== due);
      nowMs = Math.max(nowMs, due.atMs);
      due.run();
    }
    nowMs = untilMs;
  };
  return {
    ports,
    log,
    next,
    nextMembers: async () => {
      for (;;) {
        const answer = await next();
        if (answer.kind === 'list') return answer.members.map(({ address, port }) => `${address}:${port}`).sort();
      }
    },
    nextFailure: async () => {
      for (;;) {
        const answer = await next();
        if (answer.kind === 'failed') return answer.reason;
      }
    },
    waiting: reports,
    untilNextTask,
    advance,
    retry: async () => {
      await eventually('it will ask again', () => tasks.length === 1);
      advance(untilNextTask()!);
    },
    start: (t, source) => {
      t.after(() => source.stop());
      source.start();
    },
  };
}
