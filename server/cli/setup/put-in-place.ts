import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { HostKey } from '../../gate/ssh/host-key.js';
import type { Machine } from './machine.js';
import type { Owner, Piece } from './piece.js';
import type { Standing } from './survey.js';

/** Does what a piece's standing asks for. @throws as the file system does */
export function putInPlace(piece: Piece, standing: Standing, machine: Machine): void {
  const path = machine.root.at(piece.path);
  if (standing.kind === 'mend' && piece.kind !== 'link') {
    tighten(path, piece.mode, piece.owner, machine);
  } else if (standing.kind === 'make' || standing.kind === 'replace') {
    make(piece, path, machine);
  }
}

function make(piece: Piece, path: string, machine: Machine): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  switch (piece.kind) {
    case 'directory':
      mkdirSync(path, { recursive: true });
      chmodSync(path, piece.mode);
      give(path, piece.owner, machine);
      return;
    case 'file':
      writeWhole(path, piece.text, piece.mode, piece.owner, machine);
      return;
    case 'link':
      rmSync(path, { force: true });
      symlinkSync(piece.target, path);
      return;
    case 'host-key': {
      const from = machine.root.at(piece.from);
      const { publicLine } = HostKey.read(from);
      writeWhole(`${path}.pub`, `${publicLine}\n`, 0o644, piece.owner, machine);
      writeWhole(path, readFileSync(from), piece.mode, piece.owner, machine);
    }
  }
}

/** Whole or not at all: whoever reads it meanwhile reads the one before. */
export function writeWhole(
  path: string,
  content: string | Buffer,
  mode: number,
  owner: Owner,
  machine: Machine,
): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, content as string);
    const numbers = machine.numbers(owner);
    if (numbers !== null) fchownSync(descriptor, numbers.uid, numbers.gid);
    fchmodSync(descriptor, mode);
    fsyncSync(descriptor);
    renameSync(temporary, path);
  } finally {
    closeSync(descriptor);
    if (existsSync(temporary)) rmSync(temporary);
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
