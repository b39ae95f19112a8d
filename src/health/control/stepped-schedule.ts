/**
 * Delays that end in steps: tasks due near each other run together. Of a thousand evenly spread probes, each would find
 * cold processor caches, and cost three times as much as the tenth of ten.
 */

/** Runs `task` after `ms`; the returned function cancels it. */
export type Schedule = (task: () => void, ms: number) => () => void;

const STEP_MS = 100;
/** Shorter delays, ms, are not stepped: a step would be a large part of them. */
const SHORT_MS = 1000;

/** A delay is off by half a step, 50 ms, at most. Pending tasks do not keep the process alive. */
export function steppedSchedule(nowMs: () => number = () => performance.now()): Schedule {
  const due = new Map<number, Set<() => void>>();
  const tasksOf = (step: number): Set<() => void> => {
    const known = due.get(step);
    if (known !== undefined) return known;
    const tasks = new Set<() => void>();
    due.set(step, tasks);
    const run = (): void => {
      due.delete(step);
      for (const task of tasks) task();
    };
    setTimeout(run, step * STEP_MS - nowMs()).unref();
    return tasks;
  };
  return (task, ms) => {
    if (ms < SHORT_MS) {
      const timer = setTimeout(task, ms).unref();
      return () => clearTimeout(timer);
    }
    const tasks = tasksOf(Math.round((nowMs() + ms) / STEP_MS));
    tasks.add(task);
    return () => void tasks.delete(task);
  };
}
