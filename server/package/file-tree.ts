import { chmod, copyFile, lutimes, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What stands at one path of a package. */
export type Entry =
  | { readonly kind: 'copy'; readonly from: string; readonly mode: number }
  | { readonly kind: 'text'; readonly content: string | Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string; readonly mode?: undefined };

/** The files of a package, by their paths without a first slash. Directories come with their files. */
export class FileTree {
  readonly #entries = new Map<string, Entry>();

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  copy(path: string, from: string, mode = 0o644): void {
    this.#add(path, { kind: 'copy', from, mode });
  }

  text(path: string, content: string | Buffer, mode = 0o644): void {
    this.#add(path, { kind: 'text', content, mode });
  }

  link(path: string, target: string): void {
    this.#add(path, { kind: 'link', target });
  }

  /** Adds all entries of another tree below a directory. */
  graft(directory: string, tree: FileTree): void {
    for (const [path, entry] of tree.entries) this.#add(join(directory, path), entry);
  }

  /** Every directory that the files need, each after those above it. */
  get directories(): readonly string[] {
    const found = new Set<string>();
    for (const path of this.#entries.keys())
      for (let at = dirname(path); at !== '.'; at = dirname(at)) found.add(at);
    return [...found].sort();
  }

  /**
   * Writes the tree. Modes do not depend on the umask. Directories have 0755.
   *
   * @param seconds the time of every file and directory, since 1970
   * @throws as the file system does
   */
  async writeTo(directory: string, seconds: number): Promise<void> {
    await mkdir(directory, { recursive: true });
    for (const path of this.directories) await mkdir(join(directory, path), { recursive: true });
    for (const [path, entry] of this.#entries) await write(join(directory, path), entry, seconds);
    for (const path of ['.', ...this.directories].reverse()) {
      await chmod(join(directory, path), 0o755);
      await utimes(join(directory, path), seconds, seconds);
    }
  }

  #add(path: string, entry: Entry): void {
    if (this.#entries.has(path)) throw new Error(`${path} is in the package twice`);
    this.#entries.set(path, entry);
  }
}

async function write(path: string, entry: Entry, seconds: number): Promise<void> {
  if (entry.kind === 'link') {
    await symlink(entry.target, path);
    await lutimes(path, seconds, seconds);
    return;
  }
  if (entry.kind === 'copy') await copyFile(entry.from, path);
  else await writeFile(path, entry.content);
  await chmod(path, entry.mode);
  await utimes(path, seconds, seconds);
}
