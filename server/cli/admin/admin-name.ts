import { userInfo } from 'node:os';

/** The admin's name for the audit log: the user who called sudo, else the login of this process. */
export function adminName(environment: NodeJS.ProcessEnv = process.env): string {
  const behind = environment['SUDO_USER'];
  if (behind !== undefined && behind !== '') return behind;
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
