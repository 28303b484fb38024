import { statSync } from 'node:fs';
import { reason } from '../../wire/reason.js';
import type { NoticeSettings } from '../../gate/notices/notice-settings.js';
import { readSecret } from '../../gate/notices/webhook-channel.js';
import { asOwner } from '../admin/as-owner.js';
import { ok, warn } from '../installation/diagnosis.js';
import type { Diagnosis } from '../installation/diagnosis.js';

/**
 * Looks at the programs and the secrets of the notices as the gate's user. It sends nothing and asks no network.
 *
 * @param state the gate's state directory, whose owner the gate runs as
 */
export function checkNotices(settings: NoticeSettings, state: string): Promise<Diagnosis[]> {
  return asOwner(state, async () => {
    const found: Diagnosis[] = [];
    for (const { name, way } of settings.channels) {
      const subject = `notices ${name}`;
      if (way.way === 'command') found.push(checkProgram(subject, way.command[0]));
      if (way.way === 'webhook') found.push(await checkSecret(subject, way.secretFile));
    }
    const { sendmail, from } = settings.mail;
    if (from !== null && (settings.customers || settings.channels.some(({ way }) => way.way === 'mail')))
      found.push(checkSendmail(sendmail[0]));
    return found;
  });
}

async function checkSecret(subject: string, file: string): Promise<Diagnosis> {
  const secret = await readSecret(file);
  if (typeof secret !== 'string') return ok(subject, `the secret ${file} can be read`);
  return warn(
    subject,
    `${secret}; nothing is sent there`,
    'make the file as docs/notices.md says, under A webhook',
  );
}

function checkSendmail(file: string): Diagnosis {
  const found = checkProgram('notices by mail', file);
  if (found.level !== 'ok' || (statSync(file).mode & 0o6000) === 0) return found;
  return warn(
    found.subject,
    `${file} has a set-user-ID or set-group-ID bit, which counts for nothing in the gate's unit (NoNewPrivileges)`,
    'set notices.mail.sendmail to a program without one, such as msmtp: docs/notices.md, Mail',
  );
}

function checkProgram(subject: string, file: string): Diagnosis {
  const mend =
    'install it, or mend its path in gate.yaml; then `postern notice list` and `postern notice test`';
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return warn(subject, `${file} is not a file; nothing is sent`, mend);
    // The gate may be in the file's group by a supplementary group, which only the gate itself knows.
    const bits = stat.uid === process.geteuid?.() ? 0o100 : 0o011;
    if ((stat.mode & bits) !== 0) return ok(subject, file);
    return warn(subject, `the gate may not execute ${file}; nothing is sent`, `chmod 755 ${file}`);
  } catch (error) {
    return warn(subject, `${file} cannot be used: ${reason(error)}; nothing is sent`, mend);
  }
}
