import { dirname } from 'node:path';
import type { StateDisk, StateFile } from '../../server/dom0/state/state-disk.js';

/** Thrown after a power cut: nothing more happens, and nobody is told. */
export class PowerCutError extends Error {}

type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };
type NameChange =
  | { readonly kind: 'make'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string };

/** The content of a file: the durable bytes, and the changes since. Nobody writes to a buffer of it again. */
class Inode {
  #durable: Buffer;
  #changes: Change[] = [];
  /** The content after all changes. */
  #now: Buffer;

  constructor(durable: Buffer = Buffer.alloc(0)) {
    this.#durable = durable;
    this.#now = durable;
  }

  get now(): Buffer {
    return this.#now;
  }

  get changes(): readonly Change[] {
    return this.#changes;
  }

  change(change: Change): void {
    this.#changes.push(change);
    this.#now = applied(this.#now, change);
  }

  sync(): void {
    this.#durable = this.#now;
    this.#changes = [];
  }

  /**
   * The content after the first `count` changes, and `torn` bytes of the next one. With null, the next one's
   * bytes are zeros.
   */
  after(count: number, torn: number | null = 0): Buffer {
    let data = this.#durable;
    for (const change of this.#changes.slice(0, count)) data = applied(data, change);
    const next = this.#changes[count];
    if (next === undefined || !('bytes' in next) || torn === 0) return data;
    const bytes = torn === null ? Buffer.alloc(next.bytes.length) : next.bytes.subarray(0, torn);
    return applied(data, { at: next.at, bytes });
  }
}

/** The unsynced changes that a power cut leaves. */
export interface Leftover {
  /** The number of changes of every file. */
  readonly changes: number;
  /** Bytes of the next change; null leaves its length, filled with zeros. */
  readonly torn?: number | null;
  /** The number of name changes, in order. */
  readonly names: number;
}

export const NOTHING_MORE: Leftover = { changes: 0, names: 0 };
export const EVERYTHING: Leftover = { changes: Infinity, names: Infinity };

/**
 * A disk in memory. Writes and names are durable only after a sync; the test chooses what a power cut leaves
 * of the rest. It can fail, take fewer bytes than it is given, or lose power before any operation.
 */
export class MemoryDisk implements StateDisk {
  /** The number of changing operations so far. */
  operations = 0;
  /** The power is cut before this operation. */
  cutBefore = Infinity;
  /** The most bytes that one write takes. */
  mostAtOnce = Infinity;
  /** Returns the error code for an operation that should fail; null otherwise. */
  fault: (what: keyof StateDisk, path: string) => string | null = () => null;
  #names = new Map<string, Inode>();
  #folders = new Set<string>(['/']);
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];

  async makeFolder(folder: string): Promise<void> {
    await this.#do('makeFolder', folder);
    for (let at = folder; !this.#folders.has(at); at = dirname(at)) this.#folders.add(at);
  }

  async list(folder: string): Promise<readonly StateFile[]> {
    await this.#look('list', folder);
    return [...this.#names]
      .filter(([path]) => dirname(path) === folder)
      .map(([path, inode]) => ({ name: path.slice(folder.length + 1), size: inode.now.length }))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  async read(file: string, from: number, length: number): Promise<Buffer | null> {
    await this.#look('read', file);
    return this.#names.get(file)?.now.subarray(from, from + length) ?? null;
  }

  async write(file: string, at: number, bytes: Buffer): Promise<number> {
    await this.#do('write', file);
    if (!this.#folders.has(dirname(file))) throw failure('ENOENT', file);
    let inode = this.#names.get(file);
    if (inode === undefined) {
      inode = new Inode();
      this.#names.set(file, inode);
      this.#nameChanges.push({ kind: 'make', path: file, inode });
    }
    const taken = Math.min(bytes.length, this.mostAtOnce);
    if (taken > 0) inode.change({ at, bytes: bytes.subarray(0, taken) });
    return taken;
  }

  async truncate(file: string, size: number): Promise<void> {
    await this.#do('truncate', file);
    this.#inode(file).change({ size });
  }

  async sync(path: string): Promise<void> {
    await this.#do('sync', path);
    if (this.#folders.has(path)) {
      this.#durableNames = new Map(this.#names);
      this.#nameChanges = [];
      return;
    }
    this.#inode(path).sync();
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#do('rename', from);
    const inode = this.#inode(from);
    this.#names.delete(from);
    this.#names.set(to, inode);
    this.#nameChanges.push({ kind: 'rename', from, to });
  }

  async remove(file: string): Promise<void> {
    await this.#do('remove', file);
    if (this.#names.delete(file)) this.#nameChanges.push({ kind: 'remove', path: file });
  }

  /** The present text of a file; null when it does not exist. */
  text(file: string): string | null {
    return this.#names.get(file)?.now.toString() ?? null;
  }

  /** The sizes of the unsynced writes to a file. */
  unsynced(file: string): readonly number[] {
    const changes = this.#names.get(file)?.changes ?? [];
    return changes.map((change) => ('bytes' in change ? change.bytes.length : 0));
  }

  /** The number of unsynced name changes. */
  get unsyncedNames(): number {
    return this.#nameChanges.length;
  }

  /** The disk after a power cut. */
  afterPowerCut({ changes, torn = 0, names }: Leftover): MemoryDisk {
    const found = new MemoryDisk();
    found.#folders = new Set(this.#folders);
    const kept = new Map(this.#durableNames);
    for (const change of this.#nameChanges.slice(0, names)) {
      if (change.kind === 'make') kept.set(change.path, change.inode);
      if (change.kind === 'remove') kept.delete(change.path);
      if (change.kind === 'rename') {
        const inode = kept.get(change.from);
        kept.delete(change.from);
        if (inode !== undefined) kept.set(change.to, inode);
      }
    }
    for (const [path, inode] of kept) {
      found.#names.set(path, new Inode(inode.after(changes, torn)));
    }
    found.#durableNames = new Map(found.#names);
    return found;
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode;
  }

  async #do(what: keyof StateDisk, path: string): Promise<void> {
    await Promise.resolve();
    if (this.operations >= this.cutBefore) throw new PowerCutError();
    this.operations += 1;
    await this.#look(what, path);
  }

  async #look(what: keyof StateDisk, path: string): Promise<void> {
    await Promise.resolve();
    const code = this.fault(what, path);
    if (code !== null) throw failure(code, path);
  }
}

/** The content after one change; `data` stays as it is. */
function applied(data: Buffer, change: Change): Buffer {
  if ('size' in change) return sized(data, change.size);
  const { at, bytes } = change;
  if (at === 0 && bytes.length >= data.length) return bytes;
  const grown = sized(data, Math.max(data.length, at + bytes.length));
  bytes.copy(grown, at);
  return grown;
}

/** A copy of this size, with zeros after the end. Small ones share Node's pool: it is a hundred thousand of them. */
function sized(data: Buffer, size: number): Buffer {
  const copy = Buffer.allocUnsafe(size);
  data.copy(copy);
  return data.length < size ? copy.fill(0, data.length) : copy;
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
