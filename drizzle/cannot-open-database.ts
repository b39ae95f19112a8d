/** Why a gateway does not start that an operator can mend: told in one line, without a stack. */
export class CannotOpenDatabase extends Error {
  override readonly name = 'CannotOpenDatabase';
}
