import { dirname, isAbsolute, resolve } from 'node:path';
import { firstUnprintable } from '../policy/printable.js';
import { LONGEST_SOCKET_PATH } from '../server/wire/text-limits.js';
import type { DocumentPath } from '../policy/schema-fault.js';
import type { ListenAddress } from './listen-address.js';
import { parseListenAddress } from './listen-address.js';
import { oneLine } from './one-line.js';
import type { ProblemReport } from './problem-report.js';

/**
 * Reads the values of a settings document that need more than a schema. Where the schema check has already
 * found a fault, each method returns a harmless value and reports nothing more.
 */
export class SettingsReader {
  readonly #report: ProblemReport;
  readonly #directory: string;

  constructor(report: ProblemReport) {
    this.#report = report;
    this.#directory = dirname(resolve(report.document.source.file));
  }

  error(
    path: DocumentPath,
    message: string,
    expected: string | null = null,
    suggestion: string | null = null,
  ): void {
    this.#report.error({ path, message, expected, suggestion });
  }

  /** Reports an unknown word, and suggests the nearest known one. */
  unknown(path: DocumentPath, message: string, word: string, candidates: readonly string[]): void {
    this.#report.error({ path, message, word, candidates });
  }

  warn(path: DocumentPath, message: string): void {
    this.#report.warn({ path, message });
  }

  /** The entries of a list, each made from its path. */
  list<T>(path: DocumentPath, make: (path: DocumentPath) => T): readonly T[] {
    const value = this.#value(path);
    if (!Array.isArray(value)) return [];
    const paths = value.map((_, index) => [...path, String(index)]);
    return paths.filter((entry) => this.#report.sound(entry)).map((entry) => make(entry));
  }

  /** The entries of a mapping, each made from its name and path. */
  mapping<T>(path: DocumentPath, make: (name: string, path: DocumentPath) => T): Readonly<Record<string, T>> {
    const made: Record<string, T> = {};
    const value = this.#value(path);
    if (typeof value !== 'object' || value === null) return made;
    for (const name of Object.keys(value)) {
      const entry = [...path, name];
      if (this.#report.sound(entry)) made[name] = make(name, entry);
    }
    return made;
  }

  /** The text, unchanged. */
  text(path: DocumentPath): string {
    const value = this.#report.sound(path) ? this.#value(path) : undefined;
    return typeof value === 'string' ? value : '';
  }

  /** Whether the key is there. */
  has(path: DocumentPath): boolean {
    return this.#value(path) !== undefined;
  }

  flag(path: DocumentPath): boolean {
    return this.#report.sound(path) && this.#value(path) === true;
  }

  /** A printable line: for names and sentences that people read. */
  line(path: DocumentPath): string {
    const line = oneLine(this.text(path));
    this.#printable(path, line);
    return line;
  }

  /** Printable lines, joined by newlines, without empty ones at the end; null for null. */
  lines(path: DocumentPath): string | null {
    if (this.#value(path) === null) return null;
    const lines = this.text(path).trimEnd().split(/\r?\n/);
    for (const line of lines) this.#printable(path, line.replaceAll('\t', ' '));
    return lines.join('\n');
  }

  /** The path of a file or directory. A relative path starts at the directory of the settings file. */
  path(path: DocumentPath): string {
    const text = this.text(path);
    this.#printable(path, text);
    return resolve(this.#directory, text);
  }

  /** The path of a Unix socket, whose length is limited. */
  socket(path: DocumentPath): string {
    const socket = this.path(path);
    const length = Buffer.byteLength(socket);
    if (length > LONGEST_SOCKET_PATH) {
      this.error(path, `The socket's path has ${length} bytes.`, `at most ${LONGEST_SOCKET_PATH}: ${socket}`);
    }
    return socket;
  }

  /** A path that must be absolute: root will run or boot the file. */
  absolute(path: DocumentPath): string {
    const text = this.text(path);
    if (text === '' && !this.#report.sound(path)) return text;
    if (!isAbsolute(text)) this.error(path, `"${text}" is not absolute.`, 'a path that begins with /');
    this.#printable(path, text);
    return text;
  }

  /** The result of `make`, or null when the value is null. */
  orNull<T>(path: DocumentPath, make: (path: DocumentPath) => T): T | null {
    return this.#value(path) === null ? null : make(path);
  }

  /** A glob for files: `*` and `?` are allowed only in the last part of the path. */
  fileGlob(path: DocumentPath): string {
    const text = this.text(path);
    if (/[*?]/.test(dirname(text))) this.error(path, 'Only the last part of the path may be a glob.');
    if (text.includes('**') || /[[\]{}!]/.test(text))
      this.error(path, 'Only * and ? are special in a glob here.');
    this.#printable(path, text);
    return resolve(this.#directory, text);
  }

  /** An address to listen on. */
  address(path: DocumentPath): ListenAddress {
    const text = this.text(path);
    const parsed = parseListenAddress(text);
    if (parsed !== undefined) return parsed;
    const expected = 'an address and a port: 127.0.0.1:2222, 0.0.0.0:2222, [::1]:2222 or [::]:2222';
    this.error(path, `"${text}" cannot be listened on.`, expected);
    return { host: '127.0.0.1', port: 0 };
  }

  /** Reports duplicates. */
  unique<T>(
    entries: readonly T[],
    path: (entry: T) => DocumentPath,
    key: (entry: T) => string,
    what: string,
  ): void {
    const seen = new Set<string>();
    for (const entry of entries) {
      if (seen.has(key(entry))) this.error(path(entry), `${what} ${key(entry)} is there twice.`);
      seen.add(key(entry));
    }
  }

  #printable(path: DocumentPath, text: string): void {
    const bad = firstUnprintable(text);
    if (bad !== null) this.error(path, `The text holds ${bad}, which does not print.`);
  }

  #value(path: DocumentPath): unknown {
    let value: unknown = this.#report.document.value;
    for (const part of path) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[part];
    }
    return value;
  }
}
