import { statSync } from 'node:fs';

/**
 * Runs the work as the directory's owner when root calls this: files that it makes there must not become
 * root's. Any other user keeps their own id.
 */
export async function asOwner<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const owner = statSync(directory, { throwIfNoEntry: false });
  const { geteuid, getegid, seteuid, setegid } = process;
  if (owner === undefined || owner.uid === 0 || geteuid?.() !== 0) return work();
  const group = getegid?.() ?? 0;
  setegid?.(owner.gid);
  seteuid?.(owner.uid);
  try {
    return await work();
  } finally {
    seteuid?.(0);
    setegid?.(group);
  }
}
