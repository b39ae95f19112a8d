/** Threads, connections and the process. Names without `sluice_` are those every Prometheus client library uses. */
import type { Metric } from './metric.ts';
import type { ScrapeReport } from '../../control/scrape-report.ts';

const THREAD = ['thread'];

export const THREAD_METRICS: readonly Metric[] = [
  {
    name: 'sluice_thread_up',
    type: 'gauge',
    help: '1 while the traffic thread runs',
    labels: THREAD,
    write: ({ report }, into, labels) =>
      report.threads.forEach(({ state }, at) => into.sample(labels.threads[at]!, Number(state === 'running'))),
  },
  {
    name: 'sluice_thread_restarts_total',
    type: 'counter',
    help: 'Times the traffic thread died and was replaced',
    labels: THREAD,
    write: ({ threads }, into, labels) =>
      threads.forEach(({ restartsTotal }, at) => into.sample(labels.threads[at]!, restartsTotal)),
  },
  {
    name: 'sluice_shedding_level',
    type: 'gauge',
    help: 'Requests of routes with a lower priority are refused, because the thread is overloaded; 0: none',
    labels: ['thread'],
    write: ({ threads }, into, labels) =>
      threads.forEach(({ sheddingLevel }, at) => into.sample(labels.threads[at]!, sheddingLevel)),
  },
  {
    name: 'sluice_thread_stuck',
    type: 'gauge',
    help: '1 while the traffic thread has hung for two seconds or more; after ten it is replaced',
    labels: THREAD,
    write: ({ threads }, into, labels) =>
      threads.forEach(({ isStuck }, at) => into.sample(labels.threads[at]!, Number(isStuck))),
  },
  {
    name: 'sluice_thread_stalls_total',
    type: 'counter',
    help: 'Times the traffic thread hung for two seconds',
    labels: THREAD,
    write: ({ threads }, into, labels) =>
      threads.forEach(({ stallsTotal }, at) => into.sample(labels.threads[at]!, stallsTotal)),
  },
  {
    name: 'sluice_log_lines_dropped_total',
    type: 'counter',
    help: 'Log lines dropped because they were not read in time; thread is a number or control',
    labels: THREAD,
    write: ({ threads, control }, into, labels) => {
      threads.forEach(({ droppedLogLines }, at) => into.sample(labels.threads[at]!, droppedLogLines));
      into.sample('thread="control"', control.droppedLogLines);
    },
  },
  {
    name: 'sluice_event_loop_active_seconds_total',
    type: 'counter',
    help: "Time the thread's event loop was busy; its rate is the utilization; thread is a number or control",
    labels: THREAD,
    write: ({ threads, control }, into, labels) => {
      threads.forEach(({ loop }, at) => into.sample(labels.threads[at]!, loop.active));
      into.sample('thread="control"', control.loop.active);
    },
  },
  {
    name: 'sluice_event_loop_idle_seconds_total',
    type: 'counter',
    help: "Time the thread's event loop was idle",
    labels: THREAD,
    write: ({ threads, control }, into, labels) => {
      threads.forEach(({ loop }, at) => into.sample(labels.threads[at]!, loop.idle));
      into.sample('thread="control"', control.loop.idle);
    },
  },
  {
    name: 'sluice_event_loop_delay_seconds',
    type: 'summary',
    help: 'How late timers of the control thread are; the quantiles are of the last ten seconds',
    labels: THREAD,
    write: ({ control: { delay } }, into) => {
      for (const { quantile, delay: late } of delay.quantiles) {
        into.sample(`thread="control",quantile="${quantile}"`, late);
      }
      into.sample('thread="control"', delay.sum, '_sum');
      into.sample('thread="control"', delay.count, '_count');
    },
  },
  perThread('sluice_connections', 'gauge', 'Open client connections', ({ connections }) => connections),
  perThread('sluice_tunnels', 'gauge', 'Upgraded connections, mostly WebSockets', ({ tunnels }) => tunnels),
  {
    name: 'sluice_connections_refused_total',
    type: 'counter',
    help: 'Connections closed without an answer, by a limit or for their PROXY header; thread control: of the admin port, because no file descriptor was left',
    labels: THREAD,
    write: ({ report, control }, into, labels) => {
      report.threads.forEach(({ refusedConnections }, at) => into.sample(labels.threads[at]!, refusedConnections));
      into.sample('thread="control"', control.refusedConnections);
    },
  },
];

export const PROCESS_METRICS: readonly Metric[] = [
  ofProcess('process_cpu_seconds_total', 'counter', 'User and system time, all threads', 'cpuSeconds'),
  ofProcess('process_resident_memory_bytes', 'gauge', 'Resident memory, all threads', 'residentBytes'),
  ofProcess('process_open_fds', 'gauge', 'Open file descriptors; Linux only', 'openFds'),
  ofProcess('process_max_fds', 'gauge', 'Maximum number of open file descriptors; Linux only', 'maxFds'),
  ofProcess(
    'process_start_time_seconds',
    'gauge',
    'Start of the process, in seconds since the epoch',
    'startTimeSeconds',
  ),
  ofProcess('nodejs_heap_size_used_bytes', 'gauge', 'Used heap of the control thread', 'heapUsedBytes'),
  ofProcess('nodejs_heap_size_total_bytes', 'gauge', 'Heap of the control thread', 'heapTotalBytes'),
  ofProcess('nodejs_external_memory_bytes', 'gauge', 'Memory outside the heap of the control thread', 'externalBytes'),
];

function perThread(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  value: (thread: ScrapeReport['report']['threads'][number]) => number,
): Metric {
  return {
    name,
    type,
    help,
    labels: THREAD,
    write: ({ report }, into, labels) =>
      report.threads.forEach((thread, at) => into.sample(labels.threads[at]!, value(thread))),
  };
}

function ofProcess(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  key: Exclude<keyof ScrapeReport['process'], 'nodeVersion'>,
): Metric {
  return {
    name,
    type,
    help,
    labels: [],
    write: ({ process }, into) => {
      const value = process[key];
      if (value !== null) into.sample('', value);
    },
  };
}
