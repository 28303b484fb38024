import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { reason } from '../../wire/reason.js';
import { HostKeyError } from '../../gate/ssh/host-key-error.js';
import { HostKey } from '../../gate/ssh/host-key.js';
import { octal } from './files.js';
import type { InstalledSums } from './installed-sums.js';
import { lineDifference } from './line-difference.js';
import type { Machine } from './machine.js';
import type { Link, Piece, ProgramFile } from './piece.js';

/** The state of a piece. Setup acts on `make`, `remove`, `replace` and `mend`; it leaves `kept` and `wrong` alone. */
export type PieceState =
  | { readonly kind: 'done' }
  | { readonly kind: 'make' }
  /** It hides what the package has, and is as setup wrote it. */
  | { readonly kind: 'remove' }
  /** It is as an earlier version wrote it. */
  | { readonly kind: 'replace'; readonly difference: readonly string[] }
  /** Its mode or owner is wrong. */
  | { readonly kind: 'mend'; readonly what: string }
  /**
   * It is the admin's, and stays. `difference` is that of an edited program's file; empty for a file that was
   * always the admin's.
   */
  | { readonly kind: 'kept'; readonly difference: readonly string[] }
  /** Something else is in its place. */
  | { readonly kind: 'wrong'; readonly why: string };

/** Compares a piece with the machine. Writes nothing. */
export function stateOfPiece(piece: Piece, machine: Machine, sums: InstalledSums): PieceState {
  const path = machine.root.at(piece.path);
  if (!machine.root.wouldHold(dirname(path))) {
    return wrong(`its directory is a link that leads out of ${machine.root.path}`);
  }
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (piece.kind === 'link') return linkState(path, piece.target, stats);
  if (piece.kind === 'host-key') return hostKeyState(machine.root.at(piece.from), path, stats);
  if (piece.kind === 'former') return formerState(path, piece.was, stats, sums);
  if (stats === undefined) return { kind: 'make' };
  if (piece.kind === 'directory') {
    return stats.isDirectory() ? access(piece, stats, machine) : wrong('it is there, and no directory');
  }
  if (!stats.isFile()) return wrong('it is there, and no regular file: it was left as it is');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return wrong(`it cannot be read: ${reason(error)}`);
  }
  if (text === piece.text) return access(piece, stats, machine);
  if (piece.whose === 'admin') return { kind: 'kept', difference: [] };
  const difference = lineDifference(text, piece.text);
  const ours = sums.knows(piece.path, text);
  return { kind: ours ? 'replace' : 'kept', difference };
}

/** Tightens only modes that are too open: an admin who closed more had a reason. */
function access(piece: Piece & { readonly mode: number }, stats: Stats, machine: Machine): PieceState {
  const excess = stats.mode & 0o777 & ~piece.mode;
  if (excess !== 0) {
    return { kind: 'mend', what: `mode ${octal(stats.mode)}, to be ${octal(stats.mode & piece.mode)}` };
  }
  const numbers = machine.numbers(ownerOf(piece));
  if (numbers === null || (numbers.uid === stats.uid && numbers.gid === stats.gid)) return { kind: 'done' };
  const { user, group } = ownerOf(piece);
  return { kind: 'mend', what: `owner ${stats.uid}:${stats.gid}, to be ${user}:${group}` };
}

function ownerOf(piece: Piece): { user: 'root' | 'postern'; group: 'root' | 'postern' } {
  return 'owner' in piece ? piece.owner : { user: 'root', group: 'root' };
}

function linkState(path: string, target: string, stats: Stats | undefined): PieceState {
  if (stats === undefined) return { kind: 'make' };
  if (!stats.isSymbolicLink()) return wrong('it is there, and no link of ours');
  const is = readlinkSync(path);
  if (is === target) return { kind: 'done' };
  // The program was moved.
  if (basename(is) === basename(target)) {
    return { kind: 'replace', difference: [`- ${is}`, `+ ${target}`] };
  }
  return wrong(`it leads to ${is}, not to ${target}`);
}

function formerState(
  path: string,
  was: ProgramFile | Link,
  stats: Stats | undefined,
  sums: InstalledSums,
): PieceState {
  if (stats === undefined) return { kind: 'done' };
  if (stats.isSymbolicLink()) {
    const target = readlinkSync(path);
    if (was.kind === 'link' && target.endsWith('/server/postern')) return { kind: 'remove' };
    // A unit that is masked, or a link to the package's own file.
    if (target === '/dev/null' || target.startsWith('/usr/')) return { kind: 'done' };
    return wrong(`it leads to ${target}, and hides what the package has: see what it is for, and remove it`);
  }
  const text = was.kind === 'file' && stats.isFile() ? readFileSync(path, 'utf8') : null;
  if (text !== null && was.kind === 'file' && (text === was.text || sums.knows(was.path, text)))
    return { kind: 'remove' };
  return wrong(
    path.endsWith('.service')
      ? `it was edited, and hides the unit of the package: put your lines into a drop-in (systemctl edit ${basename(path)}), and remove it`
      : 'it is not as setup wrote it, and hides what the package has: see what it is for, and remove it',
  );
}

function hostKeyState(from: string, path: string, stats: Stats | undefined): PieceState {
  try {
    const wanted = HostKey.read(from);
    if (stats === undefined) return { kind: 'make' };
    if (HostKey.read(path).fingerprint === wanted.fingerprint) return { kind: 'done' };
    return wrong(
      `there is another host key already: customers who know that one would be warned; move it and its .pub away to import ${from}`,
    );
  } catch (error) {
    if (error instanceof HostKeyError) return wrong(error.message);
    throw error;
  }
}

function wrong(why: string): PieceState {
  return { kind: 'wrong', why };
}
