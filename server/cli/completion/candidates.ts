import type { Command } from 'commander';
import { KNOWN_STATES } from '../../../policy/conditions.js';
import { printable } from '../../../policy/printable.js';
import { ROLES } from '../../../policy/roles.js';
import { DOM0_SETTINGS } from '../command/settings-option.js';
import type { TypedLine } from './command-words.js';
import { liveNames, namesOfHost } from './live-names.js';
import { givenArguments, wantedAt } from './wanted.js';
import type { Candidate } from './wanted.js';

/** The words that a shell may offer at the cursor. */
interface Candidates {
  /** Whether it may also offer the names of files, or of directories. */
  readonly kind: 'words' | 'files' | 'directories';
  readonly candidates: readonly Candidate[];
}

const FILES: ReadonlySet<string> = new Set(['file', 'path', 'source', 'key', 'sum']);
const DIRECTORIES: ReadonlySet<string> = new Set(['directory']);
/** Commands that ask the dom0 half of this machine, and whose settings are its. */
const OF_DOM0: ReadonlySet<string> = new Set(['console']);
/** Values that are always the same, by their placeholder. */
const FIXED: Readonly<Record<string, readonly string[]>> = { role: ROLES, state: KNOWN_STATES };

/**
 * The words that can stand at the cursor and begin like what is typed there.
 *
 * @param settings the gate's settings, unless the line names others
 */
export async function candidatesAt(program: Command, line: TypedLine, settings: string): Promise<Candidates> {
  const wanted = wantedAt(program, line);
  const fits = (one: Candidate): boolean => one.word.startsWith(line.partial);
  if (wanted.kind === 'words') return { kind: 'words', candidates: wanted.words.filter(fits) };
  const { noun, words } = wanted;
  const fixed = (Object.hasOwn(FIXED, noun) ? (FIXED[noun] ?? []) : []).map((word) => ({ word, about: '' }));
  const names =
    noun === 'domain' && OF_DOM0.has(wanted.command.name())
      ? await namesOfHost(settingsOf(line) ?? DOM0_SETTINGS)
      : await liveNames(noun, givenArguments(program, line.before), settingsOf(line) ?? settings);
  const prefix = /^--[\w-]+=/.exec(line.partial)?.[0] ?? '';
  const candidates = [
    ...words,
    ...[...fixed, ...names].map(({ word, about }) => ({ word: prefix + word, about })),
  ]
    .map(({ word, about }) => ({ word: printable(word), about: printable(about, 60) }))
    .filter(fits);
  if (FILES.has(noun)) return { kind: 'files', candidates };
  return { kind: DIRECTORIES.has(noun) ? 'directories' : 'words', candidates };
}

/** The file behind `--settings` on the line. */
function settingsOf({ before }: TypedLine): string | undefined {
  const joined = before.find((word) => word.startsWith('--settings='));
  if (joined !== undefined) return joined.slice('--settings='.length);
  const at = before.indexOf('--settings');
  return at === -1 ? undefined : before[at + 1];
}
