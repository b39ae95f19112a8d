/**
 * The history of the gateway as bytes: a header, then a ring of records for each level. A record is its time, its
 * numbers as 32-bit floats, and a checksum of both. Its place follows from its time, so there is no pointer that a crash
 * could leave behind; a record that was written in part fails its checksum and is left out.
 */
import { crc32 } from 'node:zlib';
import { HISTORY_FIELDS, HISTORY_LEVELS } from './history-points.ts';

export interface StoredPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** NaN: not known. */
  readonly figures: readonly number[];
}

export interface ByteRange {
  readonly from: number;
  readonly length: number;
}

/** What it holds, and its version: another layout is another word. */
const HEADER = Buffer.from(
  `sluice history 1 ${HISTORY_LEVELS.map(({ seconds, points }) => `${points}x${seconds}s`).join(' ')}\n`.padEnd(64),
);
const CHECKED_BYTES = 8 + 4 * HISTORY_FIELDS;
export const RECORD_BYTES = CHECKED_BYTES + 4;
const STARTS = HISTORY_LEVELS.map((_, level) =>
  HISTORY_LEVELS.slice(0, level).reduce((at, { points }) => at + points * RECORD_BYTES, HEADER.length),
);
export const IMAGE_BYTES = STARTS.at(-1)! + HISTORY_LEVELS.at(-1)!.points * RECORD_BYTES;

export function emptyImage(): Buffer {
  const image = Buffer.alloc(IMAGE_BYTES);
  HEADER.copy(image);
  return image;
}

/** @param level index in HISTORY_LEVELS; @returns the bytes that changed */
export function putPoint(image: Buffer, level: number, { at, figures }: StoredPoint): ByteRange {
  const { seconds, points } = HISTORY_LEVELS[level]!;
  const from = STARTS[level]! + (Math.floor(at / 1000 / seconds) % points) * RECORD_BYTES;
  image.writeDoubleLE(at, from);
  figures.forEach((value, field) => image.writeFloatLE(value, from + 8 + 4 * field));
  image.writeUInt32LE(crc32(image.subarray(from, from + CHECKED_BYTES)), from + CHECKED_BYTES);
  return { from, length: RECORD_BYTES };
}

/**
 * The points of each level, oldest first: whole ones that are not older than the level keeps, and not of the future.
 * Undefined: these bytes are not such a history.
 */
export function readImage(image: Buffer, nowMs: number): readonly (readonly StoredPoint[])[] | undefined {
  if (!image.subarray(0, HEADER.length).equals(HEADER)) return undefined;
  return HISTORY_LEVELS.map(({ seconds, points }, level) => {
    const found: StoredPoint[] = [];
    for (let place = 0; place < points; place += 1) {
      const from = STARTS[level]! + place * RECORD_BYTES;
      const point = readPoint(image.subarray(from, from + RECORD_BYTES));
      if (point !== undefined && point.at <= nowMs && point.at > nowMs - seconds * points * 1000) found.push(point);
    }
    return found.toSorted((one, other) => one.at - other.at);
  });
}

function readPoint(record: Buffer): StoredPoint | undefined {
  if (record.length < RECORD_BYTES) return undefined;
  if (record.readUInt32LE(CHECKED_BYTES) !== crc32(record.subarray(0, CHECKED_BYTES))) return undefined;
  const figures = Array.from({ length: HISTORY_FIELDS }, (_, field) => record.readFloatLE(8 + 4 * field));
  return { at: record.readDoubleLE(0), figures };
}
