import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GATE_SCHEMA } from '../../../config/gate-schema.js';
import { FOR_THE_GATE, ROOT, THE_GATES } from './piece.js';
import type { Link, Piece, ProgramFile } from './piece.js';
import { isPackaged, THIS_PROGRAM, USUAL_PLACE } from './place.js';

/** Which halves are set up. */
export type Halves = 'gate' | 'dom0' | 'both';
export const HALVES: readonly Halves[] = ['gate', 'dom0', 'both'];

/** The program that starts Postern, below the program's directory. It brings its own Node.js. */
const LAUNCHER = 'server/postern';

const CONFIGURATION = '/etc/postern';
export const POLICY = GATE_SCHEMA.properties.policy.default;
/** The policy that is installed first, from policy/examples. */
export const FIRST_POLICY = '10-default.yaml';
export const UNITS = '/etc/systemd/system';

/**
 * The program's part of an installation: units, user, directories, the command. Settings and policy are not
 * included. The Debian package has units, user and command of its own; what a setup from source made of them would
 * hide those, so it goes.
 *
 * @param program the program's directory
 */
export function programPieces(halves: Halves, program: string): readonly Piece[] {
  const files = builtPieces(halves, isPackaged(program) ? USUAL_PLACE : program);
  return [
    ...(isPackaged(program) ? files.map((was): Piece => ({ kind: 'former', path: was.path, was })) : files),
    { kind: 'directory', path: CONFIGURATION, mode: 0o755, owner: FOR_THE_GATE },
    ...(halves === 'dom0'
      ? []
      : ([
          { kind: 'directory', path: POLICY, mode: 0o750, owner: FOR_THE_GATE },
          { kind: 'directory', path: GATE_SCHEMA.properties.state.default, mode: 0o700, owner: THE_GATES },
        ] as const)),
  ];
}

/** What a program that was built from source needs of the machine. */
function builtPieces(halves: Halves, program: string): readonly (ProgramFile | Link)[] {
  const unit = (name: string): ProgramFile => shipped(`${UNITS}/${name}`, `config/systemd/${name}`, program);
  return [
    shipped('/etc/sysusers.d/postern.conf', 'config/systemd/postern.sysusers.conf', program),
    ...(halves === 'gate'
      ? []
      : [
          shipped('/etc/tmpfiles.d/postern.conf', 'config/systemd/postern.tmpfiles.conf', program),
          unit('postern-dom0.service'),
        ]),
    ...(halves === 'dom0' ? [] : [unit('postern-gate.service'), unit('postern-host@.service')]),
    {
      kind: 'link',
      path: '/usr/local/sbin/postern',
      target: join(program, LAUNCHER),
    },
  ];
}

/** A settings or policy file. Setup makes it once. */
export function adminFile(path: string, text: string): Piece {
  return { kind: 'file', path, text, mode: 0o640, owner: FOR_THE_GATE, whose: 'admin' };
}

export function defaultPolicyText(): string {
  return readFileSync(join(THIS_PROGRAM, 'policy/examples', FIRST_POLICY), 'utf8');
}

function shipped(path: string, source: string, program: string): ProgramFile {
  const text = readFileSync(join(THIS_PROGRAM, source), 'utf8').replaceAll(`${USUAL_PLACE}/`, `${program}/`);
  return { kind: 'file', path, text, mode: 0o644, owner: ROOT, whose: 'program' };
}
