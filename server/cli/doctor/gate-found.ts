import { shortList } from '../../../policy/listing.js';
import type { GateStatus } from '../../gate/control/status-answers.js';
import { missingText } from '../domain/missing-reason.js';
import { fail, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';

/** The part of a gate's status that is about names. */
type Names = Pick<GateStatus, 'hosts' | 'domains'>;

/** @param trouble why the audit log cannot be written; null when it can */
export function auditFound(trouble: string | null): Diagnosis[] {
  if (trouble === null) return [];
  return [
    fail(
      'audit log',
      `it cannot be written (${trouble}): customers can look, but changes are refused`,
      "make room on the disk of the gate's state directory, or make it writable; no restart is needed",
    ),
  ];
}

/** Problems with the names of domains that an admin has to decide or mend. */
export function namesFound({ hosts, domains: { waiting, held } }: Names): Diagnosis[] {
  const found: Diagnosis[] = [];
  if (waiting.length > 0)
    found.push(
      fail(
        'domains',
        `${shortList(waiting)} ${waiting.length === 1 ? 'is' : 'are'} gone, more than retire without an admin`,
        'put the configuration files back (is a file system not mounted?), or: postern domain retire --waiting, or postern domain keep --waiting',
      ),
    );
  if (held.length > 0)
    found.push(
      warn(
        'domains',
        `the roles on ${shortList(held)} do not count: the name went and came back`,
        'if it is the same domain: postern domain adopt NAME; if it is another: postern role add',
      ),
    );
  for (const { name, reachable, tellsNames, missing } of hosts) {
    if (reachable && !tellsNames)
      found.push(
        warn(
          `host ${name}`,
          'it does not list the domains that run there without a configuration file, so nothing is started on other hosts',
          'upgrade the dom0 half there',
        ),
      );
    for (const text of new Set(missing.map(missingText))) {
      const names = missing.filter((one) => missingText(one) === text).map((one) => one.name);
      found.push(
        fail(
          `host ${name}`,
          `${shortList(names)}: ${text}`,
          'mend it there; if the domains are gone: postern domain retire NAME',
        ),
      );
    }
  }
  return found;
}
