import { readFileSync } from 'node:fs';
import type { Dom0Settings } from '../../../config/dom0-settings.js';
import type { GateSettings } from '../../../config/gate-settings.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { ownerOf } from '../installation/files.js';

const MEND = 'set socketGroup: postern in dom0.yaml, and restart the dom0 half';

/** Whether the dom0 half's socket lets the gate's user in. */
export function checkSocketGroup(
  { socketGroup, state }: Pick<Dom0Settings, 'socketGroup' | 'state'>,
  gate: Pick<GateSettings, 'state'> | null,
  files: { readonly passwd: string; readonly group: string } = {
    passwd: '/etc/passwd',
    group: '/etc/group',
  },
): Diagnosis[] {
  const owner = ownerOf(state) ?? 0;
  const user = gate === null ? null : ownerOf(gate.state);
  if (socketGroup === null) {
    if (user === owner || (user === null && owner !== 0)) return [];
    const finding = 'socketGroup is not set: only root may use the socket of the dom0 half';
    return [user === null ? warn('socket group', finding, MEND) : fail('socket group', finding, MEND)];
  }
  const groups = rows(files.group);
  const group = groups.find(([name, , gid]) => name === socketGroup || gid === socketGroup);
  if (group === undefined && !/^\d+$/.test(socketGroup))
    return [fail('socket group', `there is no group ${socketGroup} in ${files.group}`, MEND)];
  if (user === null || user === owner) return [];
  const gid = group?.[2] ?? socketGroup;
  const account = rows(files.passwd).find(([, , uid]) => uid === String(user));
  if (account === undefined) return [];
  const isMember = account[3] === gid || (group?.[3] ?? '').split(',').includes(account[0] ?? '');
  const name = account[0] ?? '';
  return [
    isMember
      ? ok('socket group', `${name}, the gate's user, is in the group ${socketGroup}`)
      : fail(
          'socket group',
          `${name}, the gate's user, is not in the group ${socketGroup}: it cannot use the socket of the dom0 half`,
          `usermod -a -G ${socketGroup} ${name}, and restart the gate`,
        ),
  ];
}

/** The rows of passwd(5) or group(5); none when the file cannot be read. */
function rows(file: string): readonly string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}
