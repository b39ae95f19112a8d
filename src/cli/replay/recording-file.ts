/** Reads a recording: every line is checked before anything is sent. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  RECORDING_FORMAT,
  type RecordedRequest,
  type RecordingTail,
} from '../../recording/core/recording-vocabulary.ts';
import { fileReason } from '../../runtime/file-reason.ts';
import { CommandFailure } from '../read-words.ts';

export interface FiledRequest {
  readonly line: number;
  readonly recorded: RecordedRequest;
}

export interface Recording {
  /** By the time they came. */
  readonly requests: readonly FiledRequest[];
  /** Null: the file is cut off. */
  readonly tail: RecordingTail | null;
}

/** Throws a CommandFailure that names the line. */
export async function readRecording(path: string): Promise<Recording> {
  const requests: FiledRequest[] = [];
  let tail: RecordingTail | null = null;
  let line = 0;
  const fault = (message: string): CommandFailure => new CommandFailure(`${path}:${line}: ${message}`);
  try {
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
      line += 1;
      if (text.trim() === '') continue;
      const value = parse(text);
      if (line === 1) {
        if (value?.['type'] !== 'recording')
          throw fault('is not a recording: the first line must be of type recording');
        if (value['format'] !== RECORDING_FORMAT)
          throw fault(`is of format ${JSON.stringify(value['format'])}; this version reads ${RECORDING_FORMAT}`);
      } else if (value?.['type'] === 'end') tail = value as unknown as RecordingTail;
      else if (isRequest(value)) requests.push({ line, recorded: value });
      else throw fault('is neither a recorded request nor the end of a recording');
    }
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(`${path} cannot be read: ${fileReason(error)}`);
  }
  if (line === 0) throw new CommandFailure(`${path} is empty`);
  return { requests: requests.toSorted((one, other) => one.recorded.offset_ms - other.recorded.offset_ms), tail };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isRequest(value: Record<string, unknown> | undefined): value is Record<string, unknown> & RecordedRequest {
  if (value?.['type'] !== 'request') return false;
  const { offset_ms: offset, method, host, target, headers, status } = value;
  const areTexts = [method, host, target].every((each) => typeof each === 'string');
  const areFields =
    Array.isArray(headers) &&
    headers.every(
      (field) => Array.isArray(field) && field.length === 2 && field.every((part) => typeof part === 'string'),
    );
  return areTexts && areFields && typeof offset === 'number' && typeof status === 'number';
}
