import { EXIT } from '../../wire/exit-status.js';

/** Admins' commands have the exit statuses of the customers' commands. */
export { EXIT };

/** A failure in one clear sentence for the admin, with the exit status. `runCommandLine` catches it. */
export class CliError extends Error {
  readonly exitStatus: number;

  constructor(sentence: string, exitStatus: number = EXIT.failed) {
    super(sentence);
    this.exitStatus = exitStatus;
  }
}
