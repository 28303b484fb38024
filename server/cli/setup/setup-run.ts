import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { reason } from '../../wire/reason.js';
import { InstalledSums, SUMS } from '../installation/installed-sums.js';
import { GATE_USER } from '../installation/machine.js';
import type { Machine } from '../installation/machine.js';
import { ROOT } from '../installation/piece.js';
import type { Piece } from '../installation/piece.js';
import { putInPlace, writeWhole } from './put-in-place.js';
import { stateOfPiece } from '../installation/survey.js';
import type { PieceState } from '../installation/survey.js';

/** One step of a setup, with the state before it. */
export interface Step {
  /** A path, or a command. */
  readonly what: string;
  readonly standing: PieceState;
  /** Why the step failed; null when it succeeded or was not taken. */
  readonly failed: string | null;
}

const SYSUSERS = ['systemd-sysusers', 'postern.conf'];
const TMPFILES = ['systemd-tmpfiles', '--create', 'postern.conf'];
const RELOAD = ['systemctl', 'daemon-reload'];
const TMPFILES_PIECE = '/etc/tmpfiles.d/postern.conf';
/** Exists while systemd runs the machine: sd_booted(3). */
const SYSTEMD = '/run/systemd/system';

/** Takes the steps of a setup one after the other, or only lists them. */
export class SetupRun {
  readonly #machine: Machine;
  readonly #apply: boolean;
  readonly #sums: InstalledSums;
  readonly #steps: Step[] = [];

  constructor(machine: Machine, apply: boolean) {
    this.#machine = machine;
    this.#apply = apply;
    this.#sums = new InstalledSums(machine.root);
  }

  /** @param pieces those that make the user come first: later pieces are given to it */
  run(pieces: readonly Piece[]): readonly Step[] {
    const changed = new Set<string>();
    for (const piece of pieces) {
      const standing = this.#piece(piece);
      if (['make', 'remove', 'replace'].includes(standing.kind)) changed.add(piece.path);
      if (
        piece.path === '/etc/sysusers.d/postern.conf' &&
        piece.kind === 'file' &&
        !this.#machine.hasGateUser
      )
        this.#command(SYSUSERS);
      if (piece.path === TMPFILES_PIECE && piece.kind === 'file' && changed.has(TMPFILES_PIECE))
        this.#command(TMPFILES);
    }
    const units = [...changed].some((path) => path.endsWith('.service'));
    if (units && existsSync(SYSTEMD)) this.#command(RELOAD);
    if (this.#apply) this.#keepSums(pieces);
    return this.#steps;
  }

  #piece(piece: Piece): PieceState {
    const standing = stateOfPiece(piece, this.#machine, this.#sums);
    const does = this.#apply && !['done', 'kept', 'wrong'].includes(standing.kind);
    let failed: string | null = null;
    if (does) {
      try {
        putInPlace(piece, standing, this.#machine);
      } catch (error) {
        failed = reason(error);
      }
    }
    // Nothing is there, and nothing is meant to be there.
    if (piece.kind === 'former' && standing.kind === 'done') return standing;
    this.#steps.push({ what: piece.path, standing, failed });
    return standing;
  }

  /**
   * Records the checksums of all files that are as this version writes them, whoever wrote them: nobody has
   * edited these.
   */
  #keepSums(pieces: readonly Piece[]): void {
    const before = this.#sums.text;
    for (const piece of pieces) {
      if (piece.kind !== 'file' || piece.whose !== 'program') continue;
      const { kind } = stateOfPiece(piece, this.#machine, this.#sums);
      if (kind === 'done') this.#sums.note(piece.path, piece.text);
    }
    const { text } = this.#sums;
    const file = this.#machine.root.at(SUMS);
    if (text === before || !this.#machine.root.wouldHold(file)) return;
    writeWhole(file, text, 0o644, ROOT, this.#machine);
  }

  /** Runs a command, on this machine only. Another machine does the same when it boots. */
  #command([program = '', ...args]: readonly string[]): void {
    if (!this.#machine.root.isThisMachine) return;
    let failed: string | null = null;
    if (this.#apply) {
      const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
      if (error !== undefined) failed = `${program} cannot be run (${error.message}): ${instead(program)}`;
      else if (status !== 0) failed = stderr.trim().split('\n', 1)[0] ?? `status ${status ?? ''}`;
    }
    this.#steps.push({ what: [program, ...args].join(' '), standing: { kind: 'make' }, failed });
  }
}

function instead(program: string): string {
  return program === 'systemd-sysusers'
    ? `make a system user and group ${GATE_USER} without a shell, and run this again`
    : 'see docs/install-dom0.md for what it would do';
}
