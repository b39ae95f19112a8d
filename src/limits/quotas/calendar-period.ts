/** Days and months of a time zone: which one a moment is in, and when that one ends. */
import type { QuotaPeriod } from '../core/limits-vocabulary.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A local day begins at most this far from the same date in UTC (time zones are within UTC−12 and UTC+14). */
const MAX_OFFSET_MS = 15 * HOUR_MS;

interface LocalDate {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  readonly day: number;
}

export class CalendarPeriod {
  /** Of the latest moment: a number that grows by 1 with each period. Days since 1970, or months since the year 0. */
  index = 0;
  startMs = Infinity;
  /** The first moment after it, ms since 1970. */
  endMs = -Infinity;
  readonly #per: QuotaPeriod;
  readonly #format: Intl.DateTimeFormat;

  /** @param timezone of the IANA database, such as `Europe/Berlin`; throws RangeError for another */
  constructor(per: QuotaPeriod, timezone: string) {
    this.#per = per;
    const numeric = 'numeric';
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      calendar: 'gregory',
      year: numeric,
      month: numeric,
      day: numeric,
    });
  }

  /** Makes this the period of the moment. @param wallMs since 1970 */
  moveTo(wallMs: number): void {
    if (wallMs >= this.startMs && wallMs < this.endMs) return;
    const { year, month, day } = this.#dateAt(wallMs);
    if (this.#per === 'day') {
      this.index = Date.UTC(year, month - 1, day) / DAY_MS;
      this.startMs = this.#startOf(Date.UTC(year, month - 1, day));
      this.endMs = this.#startOf(Date.UTC(year, month - 1, day + 1));
    } else {
      this.index = year * 12 + month - 1;
      this.startMs = this.#startOf(Date.UTC(year, month - 1, 1));
      this.endMs = this.#startOf(Date.UTC(year, month, 1));
    }
  }

  /**
   * The first moment of a local date. Not always midnight: where clocks go forward at midnight, the day begins at one.
   *
   * @param utcMs the date at midnight in UTC
   */
  #startOf(utcMs: number): number {
    let before = utcMs - MAX_OFFSET_MS;
    let within = utcMs + MAX_OFFSET_MS;
    while (within - before > 1) {
      const middle = Math.floor((before + within) / 2);
      const { year, month, day } = this.#dateAt(middle);
      if (Date.UTC(year, month - 1, day) >= utcMs) within = middle;
      else before = middle;
    }
    return within;
  }

  #dateAt(wallMs: number): LocalDate {
    const parts = this.#format.formatToParts(wallMs);
    const number = (type: string): number => Number(parts.find((part) => part.type === type)!.value);
    return { year: number('year'), month: number('month'), day: number('day') };
  }
}
