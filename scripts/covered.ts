/** What the unit suite must cover: algorithms, and everything in shared memory. */
export const COVERED = ['src/**/core/**/*.ts', 'src/{backends,balancing,breaker,limits,routing,runtime,threads}/*.ts'];
