import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, ok, warn } from './diagnosis.js';
import type { Diagnosis } from './diagnosis.js';
import type { HostFindings } from './host-findings.js';

/** Directories that the gate's unit cannot see (`ProtectHome=` of systemd.exec(5)). */
const UNSEEN = /^\/(?:home|root|run\/user)(?:\/|$)/;

/** Whether the units can run the program where it lies, and only root can change it. */
export function checkProgram(program: string): readonly Diagnosis[] {
  return [
    ['program', program, 'put it into /opt/postern'] as const,
    ['node', process.execPath, 'start Postern as server/postern: it brings its own Node.js'] as const,
  ].map(([subject, path, mend]) => {
    if (UNSEEN.test(path)) return fail(subject, `${path} lies in a home, which the gate cannot see`, mend);
    const open = writableBy(path);
    if (open !== null)
      return fail(subject, `users other than root can write to ${open}, and root runs it`, mend);
    return ok(subject, path);
  });
}

/** Reports what was found of Xen, as doctor does. */
export function tellFound(found: HostFindings): readonly Diagnosis[] {
  const { toolstack, domains, count, rescueImage, rescue, pvgrub, pvhgrub, consoled } = found;
  const kernels = [rescueImage, rescue?.kernel, pvgrub, pvhgrub].filter(
    (path) => path !== undefined && path !== null,
  );
  return [
    toolstack === null
      ? fail(
          'toolstack',
          'there is neither xl nor xm',
          'install the Xen tools, or mend toolstack.command in dom0.yaml',
        )
      : ok('toolstack', toolstack.command),
    consoled === null
      ? warn('console', 'no xenconsoled was found', 'see that the Xen tools are whole: consoles come from it')
      : ok('console', consoled),
    count === 0
      ? warn('domains', `no file of /etc/xen has a domain's name`, 'mend domains in dom0.yaml')
      : ok('domains', `${domains.join(', ')}: ${count} domains`),
    kernels.length === 0
      ? warn(
          'rescue',
          'no rescue system was found',
          'make one with `postern rescue-image build`, or put a kernel and a ramdisk into /srv/xen/rescue',
        )
      : ok('rescue', kernels.join(', ')),
  ];
}

/**
 * The first of the path and the directories above it that others than root can write to; null when there is
 * none.
 */
function writableBy(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    const stats = lstatSync(at, { throwIfNoEntry: false });
    const sticky = ((stats?.mode ?? 0) & 0o1000) !== 0 && at !== path;
    if (stats !== undefined && !stats.isSymbolicLink()) {
      if (stats.uid !== 0) return at;
      if ((stats.mode & 0o022) !== 0 && !sticky) return at;
    }
    if (at === '/') return null;
  }
}
