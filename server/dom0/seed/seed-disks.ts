import { join } from 'node:path';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Logger } from '../../wire/logger.js';
import { seedAmong } from '../boot/seed-drive.js';
import type { HostClock } from '../scheduling/host-clock.js';
import { writeAll } from '../state/state-disk.js';
import type { StateDisk } from '../state/state-disk.js';
import type { Toolstack } from '../toolstack/toolstack.js';
import { seedFiles } from './seed-files.js';
import type { SeedFacts } from './seed-files.js';
import type { SeedImage } from './seed-image.js';

/** The volume descriptor of an ISO 9660 image: at byte 32,768 `\x01CD001`, and at its byte 40 the volume's name. */
const DESCRIPTOR = { at: 32_768, length: 2_048 };
const VOLUME = 40;

/** How often disks in use are looked at when nothing is heard of their domains, as after `xl rename`. */
const SELDOM_MS = 600_000;

interface SeedDisksParts {
  /** Absolute path of the half's state directory. */
  readonly state: string;
  readonly disk: StateDisk;
  readonly image: SeedImage;
  readonly toolstack: Pick<Toolstack, 'longListAll'>;
  readonly host: Pick<HostClock, 'uptime' | 'after'>;
  readonly logger: Logger;
  /** A disk that no domain has for so long is removed. Milliseconds; longer than a guest's reboot takes. */
  readonly absence: number;
  /** Whether an operation is under way: its disk stays. */
  readonly isOpen: (operation: string) => boolean;
}

/**
 * The seed disks: one for each boot that wants one, named by its operation, in a directory of their own. A disk is
 * there before anything is done to the domain, and stays as long as Xen shows a domain with it. The toolstack's
 * listing decides, so nothing is remembered, and a start of the half removes what an earlier one left.
 */
export class SeedDisks {
  readonly #parts: SeedDisksParts;
  readonly #directory: string;
  /** When each disk was first seen without a domain, by uptime. */
  readonly #unused = new Map<string, number>();
  #isStarted = false;
  #isStopped = false;
  #cancel: (() => void) | null = null;
  #tidying: Promise<void> | null = null;
  #isAsked = false;

  constructor(parts: SeedDisksParts) {
    this.#parts = parts;
    this.#directory = join(parts.state, 'seeds');
  }

  /** The file of an operation's seed disk. */
  pathOf(operation: string): string {
    return join(this.#directory, `${operation}.iso`);
  }

  /**
   * Makes the disk of an operation, unless it is there. Whatever goes wrong, there is no half a disk.
   *
   * @param facts its instance is the operation's id
   */
  async make(facts: SeedFacts): Promise<Refusal | null> {
    const { disk } = this.#parts;
    const { instance } = facts;
    const path = this.pathOf(instance);
    const parts = new Map([...seedFiles(facts)].map(([name, text]) => [this.#part(instance, name), text]));
    try {
      if (await this.#isWhole(path)) return null;
      await disk.makeFolder(this.#directory);
      for (const [part, text] of parts) {
        await disk.remove(part);
        await writeAll(disk, part, 0, Buffer.from(text));
      }
      await this.#write(path, instance, [...seedFiles(facts).keys()]);
      return null;
    } catch (error) {
      this.#parts.logger.error({ err: error, operation: instance }, 'seed.unwritable');
      return refusal(
        'toolstack-failed',
        "Its host cannot make the seed disk for this boot. Ask the host's operators.",
        String(error),
      );
    } finally {
      for (const part of [...parts.keys(), `${path}.new`]) await disk.remove(part).catch(() => undefined);
    }
  }

  /**
   * To be called once the open operations are known: from then on disks that no domain has are removed. After
   * `stop` it does nothing, because files may be read only then.
   */
  start(): void {
    this.#isStarted = !this.#isStopped;
    this.tidy();
  }

  /** To be called when a domain or an operation has changed. */
  tidy(): void {
    if (!this.#isStarted) return;
    this.#isAsked = true;
    this.#tidying ??= this.#tidyAll()
      .catch((error: unknown) => {
        this.#parts.logger.warn({ err: error }, 'seed.not-tidied');
        this.#later(this.#parts.absence);
      })
      .finally(() => {
        this.#tidying = null;
        if (this.#isAsked) this.tidy();
      });
  }

  /** From now on nothing is removed. A listing that hangs is not waited for. */
  stop(): void {
    this.#isStopped = true;
    this.#isStarted = false;
    this.#cancel?.();
    this.#cancel = null;
  }

  #part(operation: string, name: string): string {
    return join(this.#directory, `${operation}.${name}`);
  }

  async #write(path: string, operation: string, names: readonly string[]): Promise<void> {
    const { disk, image } = this.#parts;
    const fresh = `${path}.new`;
    await disk.remove(fresh);
    // The program keeps the mode of a file that is there: 0600.
    await disk.write(fresh, 0, Buffer.alloc(0));
    const failed = await image.make(fresh, new Map(names.map((name) => [name, this.#part(operation, name)])));
    if (failed !== null) throw new Error(failed);
    if (!(await this.#isWhole(fresh))) throw new Error('the program made no ISO 9660 image');
    await disk.sync(fresh);
    await disk.rename(fresh, path);
    await disk.sync(this.#directory);
  }

  async #isWhole(path: string): Promise<boolean> {
    const read = await this.#parts.disk.read(path, DESCRIPTOR.at, DESCRIPTOR.length);
    if (read?.length !== DESCRIPTOR.length) return false;
    const text = read.toString('latin1');
    return text.startsWith('\u0001CD001') && text.slice(VOLUME, VOLUME + 32).trimEnd() === 'CIDATA';
  }

  async #tidyAll(): Promise<void> {
    this.#isAsked = false;
    this.#cancel?.();
    this.#cancel = null;
    const { disk, toolstack, host, absence, isOpen } = this.#parts;
    const files = (await disk.list(this.#directory)).map(({ name }) => name);
    const closed = files.filter((name) => !isOpen(name.split('.')[0] ?? ''));
    if (closed.length === 0) {
      this.#unused.clear();
      return;
    }
    const listed = await toolstack.longListAll();
    if (!this.#isStarted) return;
    if (isRefusal(listed)) throw new Error(listed.detail);
    const used = new Set(listed.map(({ boot }) => seedAmong(boot.disks)));
    const unused = closed.filter((name) => !used.has(join(this.#directory, name)));
    for (const name of this.#unused.keys()) if (!unused.includes(name)) this.#unused.delete(name);
    const now = host.uptime();
    for (const name of unused) {
      const since = this.#unused.get(name) ?? now;
      this.#unused.set(name, since);
      if (now - since < absence) continue;
      await disk.remove(join(this.#directory, name));
      this.#unused.delete(name);
    }
    this.#later(this.#unused.size > 0 ? absence : SELDOM_MS);
  }

  #later(ms: number): void {
    if (!this.#isStarted) return;
    this.#cancel?.();
    this.#cancel = this.#parts.host.after(ms, () => {
      this.tidy();
    });
  }
}
