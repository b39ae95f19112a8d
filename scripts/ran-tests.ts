/** Where `npm test` leaves the list of the tests that it ran, from the project's folder. Every run rewrites it. */
export const ranTestsPath = 'coverage/ran-tests.json';

export interface RanTest {
  /** From the project's folder. The file that contains the test: a shared suite's, not the one that ran it. */
  readonly file: string;
  /** Its own name, or a suite's, without those around it. */
  readonly name: string;
  readonly passed: boolean;
  readonly ms: number;
}
