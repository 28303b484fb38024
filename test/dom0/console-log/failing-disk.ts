import type { LogDisk } from '../../../server/dom0/console-log/log-disk.js';
import { LocalDisk } from '../../../server/dom0/console-log/log-disk.js';

/**
 * A disk with room for a number of bytes. A write beyond it is cut short and fails, as with ENOSPC. The disk
 * can also hang.
 */
export class FailingDisk extends LocalDisk implements LogDisk {
  writeBudget = Infinity;
  /** Writes wait for this. */
  hang: Promise<void> = Promise.resolve();
  tries = 0;

  override async append(file: string, bytes: Buffer): Promise<void> {
    this.tries += 1;
    await this.hang;
    const fits = Math.min(bytes.length, this.writeBudget);
    this.writeBudget -= fits;
    if (fits > 0) await super.append(file, bytes.subarray(0, fits));
    if (fits < bytes.length) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }
}
