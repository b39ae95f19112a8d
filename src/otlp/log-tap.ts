/** Between a logger and its destination: somebody else may also get each line, as JSON whatever the destination shows. */

interface LogDestination {
  write(line: string): void;
}

export class LogTap implements LogDestination {
  /** Null: nobody. @param line ends with a newline */
  onLine: ((line: string) => void) | null = null;
  readonly #destination: LogDestination;

  constructor(destination: LogDestination) {
    this.#destination = destination;
  }

  write(line: string): void {
    this.#destination.write(line);
    if (this.onLine !== null) this.onLine(line);
  }
}
