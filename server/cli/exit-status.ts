/**
 * The exit statuses of the admin's commands and, over exec, of the customer's. The same list as the README's.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  noSuchDomain: 4,
  busy: 5,
  unreachable: 6,
} as const;

/** One clear sentence for the admin, and the status to leave with. Reaches the one catch in postern.ts. */
export class CliError extends Error {
  readonly exitStatus: number;

  constructor(sentence: string, exitStatus: number = EXIT.failed) {
    super(sentence);
    this.exitStatus = exitStatus;
  }
}
