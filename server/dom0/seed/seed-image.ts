import { runCommand } from '../process/run-command.js';

const TIMEOUT_MS = 20_000;
/** A seed disk has some hundred kilobytes at most. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Makes the image of a seed disk from files. */
export interface SeedImage {
  /**
   * @param target absolute path of an empty file, which becomes the image
   * @param files absolute paths, by their names on the disk
   * @returns why there is no image, in the program's words; null when there is one
   */
  make(target: string, files: ReadonlyMap<string, string>): Promise<string | null>;
}

/** xorriso(1), which makes an ISO 9660 image with the volume name `CIDATA`. Root owns the files, anybody may read. */
export class XorrisoImage implements SeedImage {
  readonly #command: string;

  /** @param command absolute path of xorriso */
  constructor(command: string) {
    this.#command = command;
  }

  async make(target: string, files: ReadonlyMap<string, string>): Promise<string | null> {
    const grafts = [...files].map(([name, path]) => `${name}=${grafted(path)}`);
    const { ended, code, stderr } = await runCommand({
      file: this.#command,
      // -as mkisofs: the options of mkisofs(8), as xorrisofs(1) has them.
      args: [
        ...['-no_rc', '-as', 'mkisofs', '-quiet', '-V', 'CIDATA', '-r', '-J', '-no-pad'],
        ...['-o', target, '-graft-points', ...grafts],
      ],
      environment: { PATH, LANG: 'C', HOME: '/' },
      timeoutMs: TIMEOUT_MS,
    });
    if (ended === 'exit' && code === 0) return null;
    const reason = stderr.split('\n').find((line) => / : (?:FAILURE|FATAL|ABORT|SORRY) : /.test(line));
    return `${this.#command}, ${ended} ${code ?? ''}: ${reason ?? stderr.trim().slice(0, 300)}`;
  }
}

/** mkisofs(8): `=` and `\` are escaped in a graft point. */
function grafted(path: string): string {
  return path.replace(/[\\=]/g, '\\$&');
}
