/** Why a gateway does not start, if an operator can fix it: printed in one line, without a stack. */
export class CannotOpenDatabase extends Error {
  override readonly name: string = 'CannotOpenDatabase';
}

/** Another process has the database open. */
export class DataFolderLocked extends CannotOpenDatabase {
  override readonly name = 'DataFolderLocked';

  constructor(dataDir: string, pid: number | undefined) {
    super(`data folder ${dataDir} is already in use by ${pid === undefined ? 'another process' : `process ${pid}`}`);
  }
}
