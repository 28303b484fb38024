import { userInfo } from 'node:os';

/** Who runs this command, for the audit log: who called sudo, or the login of this process. */
export function adminName(environment: NodeJS.ProcessEnv = process.env): string {
  const behind = environment['SUDO_USER'];
  if (behind !== undefined && behind !== '') return behind;
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
