/** Takes over a terminal and restores it: alternate screen, keys, size. */

const ENTER = '\x1B[?1049h\x1B[?25l';
const LEAVE = '\x1B[?25h\x1B[?1049l';
const HOME = '\x1B[H';
const TO_LINE_END = '\x1B[K';
const TO_SCREEN_END = '\x1B[J';

/** process.stdin and process.stdout, or a test's. */
export interface TerminalStreams {
  readonly input: NodeJS.ReadableStream & {
    readonly isTTY?: boolean;
    setRawMode?(isRaw: boolean): unknown;
    unref?(): unknown;
  };
  readonly output: NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };
}

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  draw(lines: readonly string[]): void;
  /** Restores the screen; a second call does nothing. */
  restore(): void;
}

export interface TerminalEvents {
  /** q, Esc or Ctrl-C. */
  readonly onQuit: () => void;
  readonly onResize: () => void;
}

export function openTerminal({ input, output }: TerminalStreams, { onQuit, onResize }: TerminalEvents): Terminal {
  let isOpen = true;
  const onKey = (keys: Buffer | string): void => {
    const text = keys.toString();
    if (text === 'q' || text === 'Q' || text === '\x03' || text === '\x1B') onQuit();
  };
  output.write(ENTER);
  input.setRawMode?.(true);
  input.on('data', onKey);
  input.resume();
  output.on('resize', onResize);
  return {
    get columns() {
      return output.columns ?? 80;
    },
    get rows() {
      return output.rows ?? 24;
    },
    draw: (lines) => {
      if (isOpen) output.write(HOME + lines.map((line) => line + TO_LINE_END).join('\r\n') + TO_SCREEN_END);
    },
    restore: () => {
      if (!isOpen) return;
      isOpen = false;
      output.off('resize', onResize);
      input.off('data', onKey);
      input.setRawMode?.(false);
      input.pause();
      output.write(LEAVE);
    },
  };
}
