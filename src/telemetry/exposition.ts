/**
 * The Prometheus text format, version 0.0.4.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
import type { MetricType } from '../otlp/core/otlp-vocabulary.ts';

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `pool="web",backend="b1"`; empty without labels. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',');
}

/** Where metrics are written to, whatever the format. */
export interface MetricWriter {
  /** Begins a family: all its samples follow before the next begins. */
  family(name: string, type: MetricType, help: string): void;
  /** @param labels of labelText() */
  sample(labels: string, value: number, suffix?: string): void;
  /** @param counts cumulative: one for each bound, then one for all values */
  histogram(labels: string, bounds: readonly number[], counts: readonly number[], sum: number): void;
}

export class Exposition implements MetricWriter {
  #text = '';
  #name = '';

  get text(): string {
    return this.#text;
  }

  /** Begins a family: all its samples follow before the next begins. */
  family(name: string, type: MetricType, help: string): void {
    this.#name = name;
    this.#text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
  }

  /** @param labels of labelText() */
  sample(labels: string, value: number, suffix = ''): void {
    const braces = labels === '' ? '' : `{${labels}}`;
    this.#text += `${this.#name}${suffix}${braces} ${numberText(value)}\n`;
  }

  /** @param counts cumulative: one for each bound, then one for all values */
  histogram(labels: string, bounds: readonly number[], counts: readonly number[], sum: number): void {
    const before = labels === '' ? '' : `${labels},`;
    for (const [at, bound] of bounds.entries()) this.sample(`${before}le="${bound}"`, counts[at]!, '_bucket');
    const count = counts.at(-1)!;
    this.sample(`${before}le="+Inf"`, count, '_bucket');
    this.sample(labels, sum, '_sum');
    this.sample(labels, count, '_count');
  }
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

const SPECIAL = /[\\"\n]/g;

function escaped(value: string): string {
  return value.replace(SPECIAL, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
