import { dirname } from 'node:path';
import type { StateDisk, StateFile } from '../../server/dom0/state/state-disk.js';
import { BEGUN } from '../../server/dom0/process/run-command.js';
import type { Chance } from './chance.js';
import { never } from './life.js';
import type { Life } from './life.js';

interface Inode {
  /** The content as readers see it. */
  held: Buffer;
  /** The content after a power cut. */
  kept: Buffer;
  dirty: boolean;
}

/** A change of names in a folder. It happens completely or not at all. */
interface NameChange {
  readonly folder: string;
  readonly names: readonly (readonly [path: string, inode: Inode | null])[];
}

export type DiskMood = 'well' | 'slow' | 'full' | 'read-only' | 'failing';

/** Bytes that writes still find free on a full disk. */
const LAST_BYTES = 100;
const BLOCK_BYTES = 4_096;

/**
 * A disk in memory that promises only what POSIX does. Written data outlasts a power cut only after a sync of
 * the file, and names only after a sync of the folder. A failed sync forgets its data, and the next sync does
 * not report it.
 */
export class ModelDisk {
  #mood: DiskMood = 'well';
  #wasUnwell = false;
  #hasLostWords = false;
  readonly #chance: Chance;
  #names = new Map<string, Inode>();
  #keptNames = new Map<string, Inode>();
  #changes: NameChange[] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  get mood(): DiskMood {
    return this.#mood;
  }

  set mood(mood: DiskMood) {
    this.#mood = mood;
    if (mood !== 'well' && mood !== 'slow') this.#wasUnwell = true;
    if (mood === 'failing' || mood === 'read-only') this.#hasLostWords = true;
  }

  /** Whether a program's output was ever lost after its transcript was begun. */
  get hasLostWords(): boolean {
    return this.#hasLostWords;
  }

  /** Whether it ever refused an operation. */
  get wasUnwell(): boolean {
    return this.#wasUnwell;
  }

  /** Cuts the power. Some of the unsynced changes survive, and a write may survive in part. */
  cutPower(): void {
    const count = this.#chance.below(this.#changes.length + 1);
    for (const change of this.#changes.slice(0, count)) applyChange(this.#keptNames, change);
    this.#names = new Map(this.#keptNames);
    this.#changes = [];
    for (const inode of this.#names.values()) {
      if (inode.dirty) inode.kept = this.#left(inode);
      inode.held = inode.kept;
      inode.dirty = false;
    }
  }

  /** Makes everything durable, as an orderly shutdown does. */
  syncAll(): void {
    for (const change of this.#changes) applyChange(this.#keptNames, change);
    this.#changes = [];
    for (const inode of this.#names.values()) {
      inode.kept = inode.held;
      inode.dirty = false;
    }
  }

  /** The names of a folder's files. */
  names(folder: string): readonly string[] {
    return [...this.#names.keys()].filter((path) => dirname(path) === folder).sort();
  }

  text(path: string): string {
    return this.#names.get(path)?.held.toString('utf8') ?? '';
  }

  /** Whether a file of this folder contains a text that would outlast a power cut. */
  keeps(folder: string, text: string): boolean {
    for (const [path, { kept }] of this.#keptNames) {
      if (dirname(path) === folder && kept.includes(text)) return true;
    }
    return false;
  }

  /** Makes an empty transcript, as a program does. @returns whether the disk allows it */
  begin(path: string): boolean {
    if (this.mood === 'read-only') return false;
    const inode = this.#make(path);
    if (inode.held.length > BEGUN.length) inode.held = Buffer.alloc(0);
    inode.dirty = true;
    return true;
  }

  /**
   * Appends a program's output to its transcript. On a full disk it is lost, unless the file already has a
   * block.
   */
  append(path: string, text: string): void {
    const inode = this.#names.get(path);
    if (inode === undefined || this.mood === 'read-only' || this.mood === 'failing') return;
    const hasBlock = inode.held.length > 0 && inode.held.length + text.length <= BLOCK_BYTES;
    if (this.mood === 'full' && !hasBlock) return;
    inode.held = Buffer.concat([inode.held, Buffer.from(text)]);
    inode.dirty = true;
  }

  /** The disk as one run of a half sees it. */
  of(life: Life): StateDisk {
    const op = <T>(ms: number, work: () => T): Promise<T> => {
      if (!life.may()) return never();
      let result: T;
      try {
        result = work();
      } catch (error) {
        return life.answer(ms, () => {
          throw error as Error;
        });
      }
      return life.answer(ms, () => result);
    };
    const wait = (): number => (this.mood === 'slow' ? this.#chance.below(3_000) : 0);
    return {
      makeFolder: () => op(0, () => undefined),
      list: (folder) => op(0, () => this.#list(folder)),
      read: (file, from, length) => op(0, () => this.#read(file, from, length)),
      write: (file, at, bytes) => op(wait(), () => this.#write(file, at, bytes)),
      truncate: (file, size) =>
        op(0, () => {
          this.#truncate(file, size);
        }),
      sync: (path) => {
        if (!life.may()) return never();
        return life.answer(1 + wait(), () => {
          this.#sync(path);
        });
      },
      rename: (from, to) =>
        op(0, () => {
          this.#rename(from, to);
        }),
      remove: (file) =>
        op(0, () => {
          this.#remove(file);
        }),
    };
  }

  #list(folder: string): readonly StateFile[] {
    this.#mayFail(folder, 8);
    return this.names(folder).map((path) => ({
      name: path.slice(folder.length + 1),
      size: this.#names.get(path)!.held.length,
    }));
  }

  #read(file: string, from: number, length: number): Buffer | null {
    const inode = this.#names.get(file);
    if (inode === undefined) return null;
    this.#mayFail(file, 8);
    return Buffer.from(inode.held.subarray(from, from + length));
  }

  #write(file: string, at: number, bytes: Buffer): number {
    this.#mayChange(file);
    const inode = this.#make(file);
    const end = Math.max(inode.held.length, at);
    const room = this.mood === 'full' ? Math.max(0, end + this.#chance.below(LAST_BYTES) - at) : bytes.length;
    const count = Math.min(bytes.length, room);
    if (bytes.length > 0 && count === 0) throw failure('ENOSPC', file);
    inode.held = written(inode.held, at, bytes.subarray(0, count));
    inode.dirty = true;
    return count;
  }

  #truncate(file: string, size: number): void {
    this.#mayChange(file);
    const inode = this.#names.get(file);
    if (inode === undefined) throw failure('ENOENT', file);
    inode.held = sized(inode.held, size);
    inode.dirty = true;
  }

  #sync(path: string): void {
    const inode = this.#names.get(path);
    if (this.mood === 'failing' && this.#chance.oneIn(2)) {
      if (inode !== undefined) inode.dirty = false;
      throw failure('EIO', path);
    }
    if (inode !== undefined) {
      if (inode.dirty) inode.kept = inode.held;
      inode.dirty = false;
      return;
    }
    for (const change of this.#changes) if (change.folder === path) applyChange(this.#keptNames, change);
    this.#changes = this.#changes.filter(({ folder }) => folder !== path);
  }

  #rename(from: string, to: string): void {
    this.#mayChange(from);
    const inode = this.#names.get(from);
    if (inode === undefined) throw failure('ENOENT', from);
    this.#change(from, [
      [from, null],
      [to, inode],
    ]);
  }

  #remove(file: string): void {
    if (!this.#names.has(file)) return;
    this.#mayChange(file);
    this.#change(file, [[file, null]]);
  }

  #make(file: string): Inode {
    const known = this.#names.get(file);
    if (known !== undefined) return known;
    const inode: Inode = { held: Buffer.alloc(0), kept: Buffer.alloc(0), dirty: false };
    this.#change(file, [[file, inode]]);
    return inode;
  }

  #change(path: string, names: NameChange['names']): void {
    const change = { folder: dirname(path), names };
    applyChange(this.#names, change);
    this.#changes.push(change);
  }

  #left({ held, kept }: Inode): Buffer {
    const part = this.#chance.below(4);
    if (part === 0) return kept;
    if (part === 1) return held;
    const split = this.#chance.below(Math.max(held.length, kept.length) + 1);
    const torn = Buffer.concat([held.subarray(0, split), kept.subarray(split)]);
    // The new size may be on the disk without the bytes.
    return part === 2 ? torn : Buffer.concat([torn, Buffer.alloc(Math.max(0, held.length - torn.length))]);
  }

  #mayChange(path: string): void {
    if (this.mood === 'read-only') throw failure('EROFS', path);
    this.#mayFail(path, 2);
  }

  #mayFail(path: string, oneIn: number): void {
    if (this.mood === 'failing' && this.#chance.oneIn(oneIn)) throw failure('EIO', path);
  }
}

function applyChange(names: Map<string, Inode>, change: NameChange): void {
  for (const [path, inode] of change.names) {
    if (inode === null) names.delete(path);
    else names.set(path, inode);
  }
}

/** The content after a write; `held` stays as it is. Nobody writes to `bytes` again either. */
function written(held: Buffer, at: number, bytes: Buffer): Buffer {
  if (at === 0 && bytes.length >= held.length) return bytes;
  const result = sized(held, Math.max(held.length, at + bytes.length));
  bytes.copy(result, at);
  return result;
}

/** A copy of this size, with zeros after the end. Small ones share Node's pool, which is much cheaper. */
function sized(held: Buffer, size: number): Buffer {
  const copy = Buffer.allocUnsafe(size);
  held.copy(copy);
  return held.length < size ? copy.fill(0, held.length) : copy;
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
