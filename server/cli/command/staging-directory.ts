import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A directory in which a command makes something large, beside the place that it will have. Its name has the
 * process that works in it, so the next command removes what a killed one left.
 */
export class StagingDirectory {
  readonly path: string;

  /** Use `make`. */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes an empty one, and removes those of processes that have ended.
   *
   * @param parent must exist
   * @param kind letters: the name is `.KIND-PID-ID`
   * @throws as the file system does
   */
  static async make(parent: string, kind: string, mode: number): Promise<StagingDirectory> {
    await sweep(parent, new RegExp(`^\\.${kind}-(\\d+)-[0-9a-f]{16}$`));
    const path = join(parent, `.${kind}-${process.pid}-${randomBytes(8).toString('hex')}`);
    await mkdir(path, { mode });
    return new StagingDirectory(path);
  }

  /** Removes it with all that is in it. A directory that was renamed stays. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function sweep(parent: string, form: RegExp): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = form.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid)))
      await rm(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
