import { statSync } from 'node:fs';

/**
 * Does what writes into a directory as its owner when root runs this: what it makes there must not become root's. Whoever else runs
 * this stays who they are.
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
