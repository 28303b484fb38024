import { reason } from '../../wire/reason.js';
import type { HostKeyList } from '../../gate/control/host-key-answers.js';
import { HostKeyError } from '../../gate/ssh/host-key-error.js';
import type { StoredHostKey } from '../../gate/ssh/host-key-rotation.js';
import { HostKeys, type HostKeyPaths } from '../../gate/ssh/host-keys.js';
import { utc } from '../command/table.js';
import { fail, ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';
import { checkMode, exists } from '../installation/files.js';

const SUBJECT = 'host key';

/**
 * Checks the host keys, their files and a rotation that has begun.
 *
 * @param used what the running gate uses; null when it cannot be asked
 */
export function checkHostKeys(paths: HostKeyPaths, used: HostKeyList | null): Diagnosis[] {
  if (!exists(paths.hostKey))
    return [
      warn(
        SUBJECT,
        `there is no ${paths.hostKey}`,
        'nothing to do: the gate makes it when it is started for the first time',
      ),
    ];
  try {
    const keys = new HostKeys(paths);
    return [
      ...keys.stored.flatMap((one) => [found(one), ...checkPublicHalf(one)]),
      ...(used === null ? [] : compare(keys, used)),
      ...keys.problems.map((problem) =>
        fail(
          SUBJECT,
          problem.message,
          'mend the file; a next key that cannot be mended: postern hostkey rotate --cancel',
        ),
      ),
    ];
  } catch (error) {
    if (!(error instanceof HostKeyError)) throw error;
    return [
      fail(
        SUBJECT,
        reason(error),
        'mend the file, or move it away: the gate then makes a new key, and ssh warns the customers',
      ),
    ];
  }
}

function found({ use, file, key, madeAt }: StoredHostKey): Diagnosis {
  switch (use) {
    case 'offered':
      return ok(SUBJECT, `${key.fingerprint} (${file})`);
    case 'retired':
      return ok(SUBJECT, `${key.fingerprint} is retired (${file})`);
    case 'next':
      return warn(
        SUBJECT,
        `a rotation to ${key.fingerprint} was begun on ${utc(madeAt.toISOString())} and is not finished`,
        'look who has logged in since (postern hostkey list), then: postern hostkey rotate --finish, or --cancel',
      );
  }
}

function compare(keys: HostKeys, used: HostKeyList): Diagnosis[] {
  const inFiles = keys.stored.map(({ use, key }) => `${use} ${key.fingerprint}`);
  const inUse = used.keys.map(({ use, fingerprint }) => `${use} ${fingerprint}`);
  if (inFiles.join() === inUse.join()) return [];
  return [
    warn(
      SUBJECT,
      'the files hold other keys than the running gate uses',
      'if you have changed them: systemctl reload postern-gate; else ask who has, before the gate is started again',
    ),
  ];
}

/** Others may read a public key; who can write it can make an admin publish another. */
function checkPublicHalf({ file }: StoredHostKey): Diagnosis[] {
  if (!exists(`${file}.pub`)) return [];
  const mode = checkMode(SUBJECT, `${file}.pub`, 0o022, '644');
  return mode.level === 'ok' ? [] : [mode];
}
