/**
 * The metrics of /metrics as OTLP has them: same names, labels and values. Counters and histograms are cumulative since the
 * start of the process.
 */
import type { MetricType } from './otlp-vocabulary.ts';
import { AttributeText, doubleText, nanoText } from './otlp-json.ts';

const CUMULATIVE = 2;

interface Family {
  readonly kind: MetricType;
  readonly head: string;
  readonly points: string[];
}

/** Of a summary, whose parts come one by one. */
interface SummaryParts {
  readonly attributes: string;
  readonly quantiles: string[];
  sum: number;
  count: number;
}

export interface MetricPiece {
  /** JSON objects with commas in between. */
  readonly text: string;
  /** Data points. */
  readonly count: number;
}

export class MetricText {
  readonly #families: Family[] = [];
  readonly #times: string;
  #summaries = new Map<string, SummaryParts>();

  /**
   * @param startMs of the process, since the epoch
   * @param nowMs since the epoch
   */
  constructor(startMs: number, nowMs: number) {
    this.#times = `"startTimeUnixNano":${nanoText(startMs)},"timeUnixNano":${nanoText(nowMs)}`;
  }

  /** Begins a family: all its samples follow before the next begins. */
  family(name: string, kind: MetricType, help: string): void {
    this.#endSummaries();
    const unit = unitOf(name);
    const head = `{"name":"${name}","description":${JSON.stringify(help)},"unit":"${unit}"`;
    this.#families.push({ kind, head, points: [] });
  }

  /** @param labels `pool="web",backend="b1"`, as Prometheus has them */
  sample(labels: string, value: number, suffix = ''): void {
    const family = this.#families.at(-1)!;
    if (family.kind === 'summary') return this.#addToSummary(labels, value, suffix);
    this.#add(family, `{"attributes":${attributesOf(labels)},${this.#times},"asDouble":${doubleText(value)}}`);
  }

  /** @param counts cumulative: one for each bound, then one for all values */
  histogram(labels: string, bounds: readonly number[], counts: readonly number[], sum: number): void {
    const buckets = counts.map((count, at) => count - (counts[at - 1] ?? 0));
    this.#add(
      this.#families.at(-1)!,
      `{"attributes":${attributesOf(labels)},"bucketCounts":[${buckets.join(',')}]` +
        `,"explicitBounds":[${bounds.join(',')}],"count":${counts.at(-1)!},"sum":${doubleText(sum)},${this.#times}}`,
    );
  }

  /** In pieces of at most so many data points: a large family is in several. */
  pieces(maxPoints: number): readonly MetricPiece[] {
    this.#endSummaries();
    const pieces: { text: string; count: number }[] = [];
    for (const { kind, head, points } of this.#families) {
      for (let from = 0; from < points.length;) {
        let piece = pieces.at(-1);
        if (piece === undefined || piece.count >= maxPoints) {
          piece = { text: '', count: 0 };
          pieces.push(piece);
        }
        const part = points.slice(from, from + maxPoints - piece.count);
        piece.text += `${piece.count === 0 ? '' : ','}${head},${dataOf(kind, part.join(','))}}`;
        piece.count += part.length;
        from += part.length;
      }
    }
    return pieces;
  }

  #add({ points }: Family, point: string): void {
    points.push(point);
  }

  #addToSummary(labels: string, value: number, suffix: string): void {
    const quantile = /,?quantile="([^"]*)"/.exec(labels);
    const others = quantile === null ? labels : labels.replace(quantile[0], '');
    let summary = this.#summaries.get(others);
    if (summary === undefined) {
      summary = { attributes: attributesOf(others), quantiles: [], sum: 0, count: 0 };
      this.#summaries.set(others, summary);
    }
    if (suffix === '_sum') summary.sum = value;
    else if (suffix === '_count') summary.count = value;
    else summary.quantiles.push(`{"quantile":${quantile![1]!},"value":${doubleText(value)}}`);
  }

  #endSummaries(): void {
    for (const { attributes, quantiles, sum, count } of this.#summaries.values()) {
      this.#add(
        this.#families.at(-1)!,
        `{"attributes":${attributes},${this.#times},"count":${count},"sum":${doubleText(sum)},"quantileValues":[${quantiles.join(',')}]}`,
      );
    }
    this.#summaries = new Map();
  }
}

function dataOf(kind: MetricType, points: string): string {
  switch (kind) {
    case 'counter':
      return `"sum":{"aggregationTemporality":${CUMULATIVE},"isMonotonic":true,"dataPoints":[${points}]}`;
    case 'gauge':
      return `"gauge":{"dataPoints":[${points}]}`;
    case 'histogram':
      return `"histogram":{"aggregationTemporality":${CUMULATIVE},"dataPoints":[${points}]}`;
    case 'summary':
      return `"summary":{"dataPoints":[${points}]}`;
  }
}

/** In the terms of UCUM; empty: things that are counted. */
function unitOf(name: string): string {
  if (/_seconds(_total)?$/.test(name)) return 's';
  if (/_bytes(_total)?$/.test(name)) return 'By';
  return name.endsWith('_ratio') ? '1' : '';
}

const LABEL = /([^=,]+)="((?:[^"\\]|\\.)*)"/g;

function attributesOf(labels: string): string {
  const attributes = new AttributeText();
  for (const [, name, value] of labels.matchAll(LABEL)) {
    attributes.add(
      name!,
      value!.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    );
  }
  return attributes.text;
}
