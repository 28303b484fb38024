import { EXIT } from '../../gate/exec/exit-status.js';

/** The exit statuses of the admin's commands are those of the customer's. */
export { EXIT };

/** One clear sentence for the admin, and the status to leave with. Reaches the one catch in postern.ts. */
export class CliError extends Error {
  readonly exitStatus: number;

  constructor(sentence: string, exitStatus: number = EXIT.failed) {
    super(sentence);
    this.exitStatus = exitStatus;
  }
}
