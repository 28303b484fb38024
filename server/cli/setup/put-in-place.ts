import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Replacement } from '../../../config/replacement.js';
import { HostKey } from '../../gate/ssh/host-key.js';
import type { Machine } from '../installation/machine.js';
import type { Owner, Piece } from '../installation/piece.js';
import type { PieceState } from '../installation/survey.js';
import { makeDirectorySync } from '../../wire/make-directory.js';

/** Makes, removes, replaces or mends a piece, as its state asks. @throws as the file system does */
export function putInPlace(piece: Piece, standing: PieceState, machine: Machine): void {
  const path = machine.root.at(piece.path);
  if (standing.kind === 'remove') {
    rmSync(path);
  } else if (standing.kind === 'mend' && piece.kind !== 'link' && piece.kind !== 'former') {
    tighten(path, piece.mode, piece.owner, machine);
  } else if (standing.kind === 'make' || standing.kind === 'replace') {
    make(piece, path, machine);
  }
}

function make(piece: Piece, path: string, machine: Machine): void {
  makeDirectorySync(dirname(path), 0o755);
  switch (piece.kind) {
    case 'directory':
      makeDirectorySync(path, 0o777);
      chmodSync(path, piece.mode);
      give(path, piece.owner, machine);
      return;
    case 'file':
      writeWhole(path, piece.text, piece.mode, piece.owner, machine);
      return;
    case 'former':
      return;
    case 'link':
      linkTo(piece.target, path);
      return;
    case 'host-key': {
      const from = machine.root.at(piece.from);
      const { publicLine } = HostKey.read(from);
      writeWhole(`${path}.pub`, `${publicLine}\n`, 0o644, piece.owner, machine);
      writeWhole(path, readFileSync(from), piece.mode, piece.owner, machine);
    }
  }
}

/** Writes a file in one step: readers see the old one or the new one. */
export function writeWhole(
  path: string,
  content: string | Buffer,
  mode: number,
  owner: Owner,
  machine: Machine,
): void {
  makeDirectorySync(dirname(path), 0o755);
  const access = { mode, ...machine.numbers(owner) };
  // In another machine's tree a link may lead out of it.
  new Replacement(path, content, { access, followLink: false }).commit();
}

/** Replaces a link in one step: readers follow the old one or the new one. */
function linkTo(target: string, path: string): void {
  const beside = `${path}.new`;
  rmSync(beside, { force: true });
  symlinkSync(target, beside);
  try {
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function tighten(path: string, mode: number, owner: Owner, machine: Machine): void {
  if (lstatSync(path).isSymbolicLink()) return;
  const numbers = machine.numbers(owner);
  if (numbers !== null) chownSync(path, numbers.uid, numbers.gid);
  chmodSync(path, lstatSync(path).mode & mode);
}

function give(path: string, owner: Owner, machine: Machine): void {
  const numbers = machine.numbers(owner);
  if (numbers !== null) lchownSync(path, numbers.uid, numbers.gid);
}
