import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectorySync } from '../server/wire/make-directory.js';
import { schemaCheck } from '../policy/schema-check.js';
import type { LoadedPolicy, PolicySource } from './policy-document.js';
import { readPolicy } from './policy-document.js';
import { syncDirectory, write as writeFile } from './replacement.js';
import { readTextFile } from './text-file.js';

/**
 * The accepted policies, so that a gate can start while the present files are broken. Each is a directory
 * `REVISION-DIGEST` with the files' texts and a manifest. Anything named otherwise is left alone.
 */

/** How many revisions are kept. */
export const KEPT_REVISIONS = 10;

const MANIFEST = 'manifest.json';
const PRIVATE = { mode: 0o600 };
const ENTRY = /^([0-9]{10})-[0-9a-f]{12}$/;
const UNFINISHED = '.unfinished-';

interface Manifest {
  readonly revision: number;
  readonly digest: string;
  /** ISO 8601, UTC. */
  readonly acceptedAt: string;
  /** The login of the admin who loaded it; null or absent when no admin did, as at a start. */
  readonly by?: string | null;
  /** The files' paths in reading order; their texts are in `000.yaml`, `001.yaml` … */
  readonly files: readonly string[];
}

/** The manifest of an accepted policy. */
export const MANIFEST_SCHEMA = {
  type: 'object',
  required: ['revision', 'digest', 'acceptedAt', 'files'],
  properties: {
    revision: { type: 'integer', minimum: 0 },
    digest: { type: 'string' },
    acceptedAt: { type: 'string' },
    by: { type: ['string', 'null'] },
    files: { type: 'array', maxItems: 1000, items: { type: 'string' } },
  },
};

/** A policy that was accepted earlier, read again and found sound. */
export interface AcceptedPolicy {
  readonly loaded: LoadedPolicy;
  readonly revision: number;
  readonly acceptedAt: Date;
  /** The admin who loaded it; null when no admin did, as at a start. */
  readonly by: string | null;
}

/** A kept revision, or the reason why it cannot be used. */
export interface KeptRevision {
  readonly revision: number;
  readonly found: AcceptedPolicy | string;
}

interface AcceptedPolicies {
  /** The complete and sound one with the highest revision. */
  readonly accepted: AcceptedPolicy | null;
  /** Higher revisions that cannot be used, with the reasons. They deserve a loud line in the log. */
  readonly passedOver: readonly { readonly entry: string; readonly why: string }[];
}

/**
 * Keeps an accepted policy. It is stored completely or not at all, even after a power cut. Only the last ten
 * remain.
 *
 * @param directory used only for this; made when it does not exist
 * @throws Error of the system call when it cannot be written; the directory is as it was
 */
export function saveAccepted(
  directory: string,
  loaded: LoadedPolicy,
  revision: number,
  { by = null, now = new Date() }: { readonly by?: string | null; readonly now?: Date } = {},
): void {
  makeDirectorySync(directory, 0o700);
  const name = `${String(revision).padStart(10, '0')}-${loaded.digest.slice(0, 12)}`;
  const entry = join(directory, name);
  if (typeof readEntry(entry) === 'string')
    write(directory, entry, loaded.sources, manifest(loaded, revision, by, now));
  const old = entries(directory)
    .filter((other) => other !== name)
    .slice(KEPT_REVISIONS - 1);
  const unfinished = readdirSync(directory).filter((other) => other.startsWith(UNFINISHED));
  for (const other of [...old, ...unfinished])
    rmSync(join(directory, other), { recursive: true, force: true });
}

/** Finds the last accepted policy. Never throws because of the directory's content, or when there is none. */
export function loadAccepted(directory: string): AcceptedPolicies {
  const passedOver: { entry: string; why: string }[] = [];
  for (const entry of entries(directory)) {
    const found = readEntry(join(directory, entry));
    if (typeof found !== 'string') return { accepted: found, passedOver };
    passedOver.push({ entry, why: found });
  }
  return { accepted: null, passedOver };
}

/** All kept revisions, newest first. Never throws because of the directory's content. */
export function keptRevisions(directory: string): readonly KeptRevision[] {
  return entries(directory).map((entry) => ({
    revision: Number(ENTRY.exec(entry)?.[1]),
    found: readEntry(join(directory, entry)),
  }));
}

function manifest(
  { digest, sources }: LoadedPolicy,
  revision: number,
  by: string | null,
  now: Date,
): Manifest {
  return { revision, digest, acceptedAt: now.toISOString(), by, files: sources.map(({ file }) => file) };
}

function write(directory: string, entry: string, sources: readonly PolicySource[], about: Manifest): void {
  const unfinished = join(directory, `${UNFINISHED}${randomUUID()}`);
  try {
    mkdirSync(unfinished, { mode: 0o700 });
    sources.forEach(({ text }, index) => {
      writeFile(join(unfinished, textName(index)), Buffer.from(text), PRIVATE);
    });
    writeFile(join(unfinished, MANIFEST), Buffer.from(`${JSON.stringify(about, null, 2)}\n`), PRIVATE);
    syncDirectory(unfinished);
    // Only a broken entry can have this name already.
    rmSync(entry, { recursive: true, force: true });
    renameSync(unfinished, entry);
    syncDirectory(directory);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** Newest first; empty when the directory cannot be read. */
function entries(directory: string): readonly string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => ENTRY.test(name))
    .sort()
    .reverse();
}

/** @returns the reason when it is incomplete or not sound */
function readEntry(entry: string): AcceptedPolicy | string {
  const about = readManifest(join(entry, MANIFEST));
  if (typeof about === 'string') return about;
  const sources: PolicySource[] = [];
  for (const [index, file] of about.files.entries()) {
    const read = readTextFile(join(entry, textName(index)));
    if (!read.ok) return `${textName(index)}: ${read.problem.message}`;
    sources.push({ file, text: read.source.text });
  }
  const loaded = readPolicy(sources, { tested: false });
  if (!loaded.ok) return loaded.problems[0]?.message ?? 'It is not sound.';
  if (loaded.digest !== about.digest) return 'Its texts are not those that were accepted.';
  const { revision, acceptedAt, by = null } = about;
  return { loaded, revision, acceptedAt: new Date(acceptedAt), by };
}

function readManifest(file: string): Manifest | string {
  const read = readTextFile(file);
  if (!read.ok) return `${MANIFEST}: ${read.problem.message}`;
  try {
    const about: unknown = JSON.parse(read.source.text);
    const [fault] = schemaCheck(MANIFEST_SCHEMA)(about);
    return fault === undefined ? (about as Manifest) : `${MANIFEST}: ${fault.message}`;
  } catch {
    return `${MANIFEST}: It is not JSON.`;
  }
}

function textName(index: number): string {
  return `${String(index).padStart(3, '0')}.yaml`;
}
