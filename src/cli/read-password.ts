/** A password from a terminal, which does not show it, or from a pipe. */
import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { CommandFailure } from './read-words.ts';

/** process.stdin and process.stderr, or a test's. */
type Input = Readable & { readonly isTTY?: boolean };
type Prompts = Pick<NodeJS.WritableStream, 'write'>;

/** The first line of a pipe; on a terminal, what is typed twice alike. Rejects with CommandFailure. */
export async function readPassword(input: Input, prompts: Prompts): Promise<string> {
  const isTerminal = input.isTTY === true;
  const lines = createInterface({
    input,
    // It would echo what is typed.
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    terminal: isTerminal,
    historySize: 0,
  });
  // Both may arrive at once, if they are pasted.
  const typed: string[] = [];
  let isOver = false;
  let wake = (): void => {};
  lines.on('line', (text) => {
    typed.push(text);
    wake();
  });
  lines.on('SIGINT', () => lines.close());
  lines.on('close', () => {
    isOver = true;
    wake();
  });
  const line = async (prompt: string): Promise<string> => {
    if (isTerminal) prompts.write(prompt);
    if (typed.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve));
    const text = typed.shift();
    if (text === undefined) throw new CommandFailure('there is no password');
    return text;
  };
  try {
    const password = await line('Password: ');
    if (!isTerminal) return password;
    const again = await line('\nAgain: ');
    if (password !== again) throw new CommandFailure('the two passwords differ');
    return password;
  } finally {
    if (isTerminal) prompts.write('\n');
    lines.close();
  }
}
